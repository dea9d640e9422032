# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket's default encryption: whether its KMS key can be found, is usable, and is the identity's to use.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _guides,
    _report,
    _resource_policy,
    _results_bucket_facts,
    _results_checks,
    _words,
)

_NAME = "bucket_encryption"
# Whom a default key serves, and where S3 looks it up.
_REFERENCE = f"{_guides.S3_API}API_ServerSideEncryptionByDefault.html"


def bucket_encryption(
    wanted: _results_bucket_facts.Wanted,
    settings: _results_bucket_facts.BucketSettings,
    workgroup: _results_bucket_facts.Workgroup | _report.Denied | None,
) -> _report.Check:
    encryption, reference = (
        settings.encryption,
        f"{_guides.ATHENA}encrypting-query-results-stored-in-s3.html",
    )
    if isinstance(encryption, _report.Denied):
        return _results_checks.unknown(_NAME, encryption, "the default encryption", wanted, reference)
    if encryption is None or encryption.algorithm == "AES256":
        return _report.Check(_NAME, "pass", "S3 encrypts new objects with its own keys (SSE-S3)", reference=reference)
    if not encryption.uses_kms:
        return _report.Check(
            _NAME,
            "warn",
            f"the default encryption is {encryption.algorithm!r}, which AWS does not document for results of Athena",
            "Use SSE-S3 or SSE-KMS as the bucket's default encryption",
            reference,
        )
    applies = _default_applies(wanted, workgroup)
    if applies is False:
        return _report.Check(
            _NAME,
            "pass",
            f"results are not encrypted with the bucket's default key, as {wanted.workgroup!r} enforces an encryption",
            reference=reference,
        )
    return _default_key(wanted, encryption, settings, applies)


def _default_applies(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup | _report.Denied | None
) -> _resource_policy.Answer:
    """Whether results are written without a header that asks for another encryption; None where that is not known.

    With CSE_KMS Athena encrypts first, and S3 encrypts what it gets as it does every object.
    """
    if not wanted.workgroup:
        return True
    if not isinstance(workgroup, _results_bucket_facts.Workgroup):
        return None
    if workgroup.encryption_option in (None, "CSE_KMS"):
        return True
    return False if workgroup.enforced else None


def _default_key(
    wanted: _results_bucket_facts.Wanted,
    encryption: _results_bucket_facts.Encryption,
    settings: _results_bucket_facts.BucketSettings,
    applies: _resource_policy.Answer,
) -> _report.Check:
    named, found = encryption.named_key, settings.default_key
    if named is None or (isinstance(found, _results_bucket_facts.KmsKey) and found.is_aws_managed):
        return _aws_managed_key(wanted)
    if isinstance(found, _report.Denied) and not _results_bucket_facts.is_key_arn(named):
        return _report.Check(
            _NAME,
            "unknown",
            f"the default key is written as {named!r}, and which key that is may not be looked at",
            f"{_words.grant_to_caller(found.permission, f'the KMS key {named!r} of {wanted.owner}')}, "
            "or write the ARN of the key in the bucket's default encryption",
            _REFERENCE,
        )
    if found == "absent":
        return _report.Check(
            _NAME,
            "fail",
            f"the default key is written as {named!r}, and KMS has no such key",
            "Write the ARN of a KMS key that exists in the bucket's default encryption",
            _REFERENCE,
        )
    if isinstance(found, _results_bucket_facts.KmsKey) and found.state != "Enabled":
        return _report.Check(
            _NAME,
            "fail",
            f"S3 encrypts new objects with the KMS key {found.arn!r}, whose state is {found.state!r}",
            "Enable the key, or give the bucket another one as its default encryption",
            f"{_guides.KMS}key-state.html",
        )
    arn = settings.kms_key_arn
    return _not_looked_up(wanted, named) if arn is None else _customer_managed_key(wanted, arn, applies)


def _aws_managed_key(wanted: _results_bucket_facts.Wanted) -> _report.Check:
    if not wanted.is_cross_account:
        detail = "S3 encrypts new objects with the key aws/s3, which needs no grant"
        return _report.Check(_NAME, "pass", detail, reference=_REFERENCE)
    return _report.Check(
        _NAME,
        "fail",
        f"S3 encrypts new objects with the key aws/s3 of {wanted.owner}, which no identity of "
        f"{wanted.account_id} can be allowed to use",
        "Give the bucket a customer managed key as its default encryption, and share that key",
        _REFERENCE,
    )


def _not_looked_up(wanted: _results_bucket_facts.Wanted, named: str) -> _report.Check:
    if wanted.is_cross_account and not named.startswith("arn:"):
        return _report.Check(
            _NAME,
            "warn",
            f"the default key is written as {named!r}, which KMS looks up in the account of the request: "
            f"in {wanted.account_id} that may be another key or none",
            "Write the ARN of the key in the bucket's default encryption",
            _REFERENCE,
        )
    return _report.Check(
        _NAME,
        "warn",
        f"the default key is written as {named!r}, which is not known to be a key of {wanted.region}, "
        "where the queries run",
        "Repair the check bucket_region first; write the ARN of a key of the bucket's Region in its default encryption",
        f"{_guides.S3}UsingKMSEncryption.html",
    )


def _customer_managed_key(
    wanted: _results_bucket_facts.Wanted, arn: str, applies: _resource_policy.Answer
) -> _report.Check:
    detail = f"S3 encrypts new objects with the KMS key {arn!r}; {_results_checks.KEY_NEEDS}"
    if not wanted.lacks_key(arn):
        return _report.Check(_NAME, "pass", detail, reference=_REFERENCE)
    return _report.Check(
        _NAME,
        "fail" if applies else "warn",
        f"{detail}, and may not use it",
        _results_checks.grant_key(arn),
        _REFERENCE,
    )
