# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket's default encryption: whether its KMS key can be found, is usable, and is the identity's to use.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._resource_policy import Answer
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import (
    BucketSettings,
    Encryption,
    KmsKey,
    Wanted,
    Workgroup,
    is_key_arn,
)
from ansible_collections.qualytics.athena.plugins.module_utils._results_checks import (
    ATHENA_GUIDE,
    KEY_NEEDS,
    S3_API,
    S3_GUIDE,
    grant_key,
    unknown,
)

_NAME = "bucket_encryption"
# Whom a default key serves, and where S3 looks it up.
_REFERENCE = f"{S3_API}API_ServerSideEncryptionByDefault.html"


def bucket_encryption(wanted: Wanted, settings: BucketSettings, workgroup: Workgroup | Denied | None) -> Check:
    encryption, reference = settings.encryption, f"{ATHENA_GUIDE}encrypting-query-results-stored-in-s3.html"
    if isinstance(encryption, Denied):
        return unknown(_NAME, encryption, "the default encryption", wanted, reference)
    if encryption is None or encryption.algorithm == "AES256":
        return Check(_NAME, "pass", "S3 encrypts new objects with its own keys (SSE-S3)", reference=reference)
    if not encryption.uses_kms:
        return Check(
            _NAME,
            "warn",
            f"the default encryption is {encryption.algorithm!r}, which AWS does not document for results of Athena",
            "Use SSE-S3 or SSE-KMS as the bucket's default encryption",
            reference,
        )
    applies = _default_applies(wanted, workgroup)
    if applies is False:
        return Check(
            _NAME,
            "pass",
            f"results are not encrypted with the bucket's default key, as {wanted.workgroup!r} enforces an encryption",
            reference=reference,
        )
    return _default_key(wanted, encryption, settings, applies)


def _default_applies(wanted: Wanted, workgroup: Workgroup | Denied | None) -> Answer:
    """Whether results are written without a header that asks for another encryption; None where that is not known.

    With CSE_KMS Athena encrypts first, and S3 encrypts what it gets as it does every object.
    """
    if not wanted.workgroup:
        return True
    if not isinstance(workgroup, Workgroup):
        return None
    if workgroup.encryption_option in (None, "CSE_KMS"):
        return True
    return False if workgroup.enforced else None


def _default_key(wanted: Wanted, encryption: Encryption, settings: BucketSettings, applies: Answer) -> Check:
    named, found = encryption.named_key, settings.default_key
    if named is None or (isinstance(found, KmsKey) and found.is_aws_managed):
        return _aws_managed_key(wanted)
    if isinstance(found, Denied) and not is_key_arn(named):
        return Check(
            _NAME,
            "unknown",
            f"the default key is written as {named!r}, and which key that is may not be looked at",
            f"Grant {found.permission} on the KMS key {named!r} of {wanted.owner} to the identity that runs this task, "
            "or write the ARN of the key in the bucket's default encryption",
            _REFERENCE,
        )
    if found == "absent":
        return Check(
            _NAME,
            "fail",
            f"the default key is written as {named!r}, and KMS has no such key",
            "Write the ARN of a KMS key that exists in the bucket's default encryption",
            _REFERENCE,
        )
    if isinstance(found, KmsKey) and found.state != "Enabled":
        return Check(
            _NAME,
            "fail",
            f"S3 encrypts new objects with the KMS key {found.arn!r}, whose state is {found.state!r}",
            "Enable the key, or give the bucket another one as its default encryption",
            "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
        )
    arn = settings.kms_key_arn
    return _not_looked_up(wanted, named) if arn is None else _customer_managed_key(wanted, arn, applies)


def _aws_managed_key(wanted: Wanted) -> Check:
    if not wanted.is_cross_account:
        detail = "S3 encrypts new objects with the key aws/s3, which needs no grant"
        return Check(_NAME, "pass", detail, reference=_REFERENCE)
    return Check(
        _NAME,
        "fail",
        f"S3 encrypts new objects with the key aws/s3 of {wanted.owner}, which no identity of "
        f"{wanted.account_id} can be allowed to use",
        "Give the bucket a customer managed key as its default encryption, and share that key",
        _REFERENCE,
    )


def _not_looked_up(wanted: Wanted, named: str) -> Check:
    if wanted.is_cross_account and not named.startswith("arn:"):
        return Check(
            _NAME,
            "warn",
            f"the default key is written as {named!r}, which KMS looks up in the account of the request: "
            f"in {wanted.account_id} that may be another key or none",
            "Write the ARN of the key in the bucket's default encryption",
            _REFERENCE,
        )
    return Check(
        _NAME,
        "warn",
        f"the default key is written as {named!r}, which is not known to be a key of {wanted.region}, "
        "where the queries run",
        "Repair the check bucket_region first; write the ARN of a key of the bucket's Region in its default encryption",
        f"{S3_GUIDE}UsingKMSEncryption.html",
    )


def _customer_managed_key(wanted: Wanted, arn: str, applies: Answer) -> Check:
    detail = f"S3 encrypts new objects with the KMS key {arn!r}; {KEY_NEEDS}"
    if not wanted.lacks_key(arn):
        return Check(_NAME, "pass", detail, reference=_REFERENCE)
    return Check(_NAME, "fail" if applies else "warn", f"{detail}, and may not use it", grant_key(arn), _REFERENCE)
