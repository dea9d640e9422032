# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Will the S3 Output Location work? Every check is a function from facts to one answer.

What makes queries fail for sure is C(fail), and so is a bucket whose existence, owner or Region is not established.
What may make them fail, or in time, is C(warn). A setting that may not be looked at is C(unknown).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils._bucket_policy import Answer, Denial, allows, denials
from ansible_collections.qualytics.athena.plugins.module_utils._location import account_regional_owner
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, CheckStatus
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import (
    BucketSettings,
    Denied,
    Encryption,
    Head,
    ObjectLock,
    Observed,
    Wanted,
    Workgroup,
)
from ansible_collections.qualytics.athena.plugins.module_utils._results_requests import athena_requests, client_requests

_ATHENA: t.Final = "https://docs.aws.amazon.com/athena/latest/ug/"
_ATHENA_API: t.Final = "https://docs.aws.amazon.com/athena/latest/APIReference/"
_S3: t.Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_S3_API: t.Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/"

_KEY_NEEDS: t.Final = "the identity needs kms:GenerateDataKey and kms:Decrypt on it"


def judge(wanted: Wanted, observed: Observed) -> list[Check]:
    """All checks, in the order in which they are best repaired."""
    checks = [bucket_name(wanted), bucket_exists(wanted, observed.head)]
    if observed.head.answer != "absent":
        checks += [check(wanted, observed.head) for check in (bucket_owner, bucket_region, bucket_kind)]
    if observed.settings:
        checks += _settings_checks(wanted, observed.settings, observed.workgroup)
    if wanted.workgroup:
        checks += _workgroup_checks(wanted, observed.workgroup)
    return checks


def _settings_checks(wanted: Wanted, settings: BucketSettings, workgroup: Workgroup | Denied | None) -> list[Check]:
    known_workgroup = workgroup if isinstance(workgroup, Workgroup) else None
    return [
        bucket_encryption(wanted, settings.encryption),
        bucket_requester_pays(wanted, settings.payer),
        bucket_object_lock(wanted, settings.object_lock),
        bucket_policy_grants(wanted, settings.policy),
        bucket_policy_athena(wanted, settings.policy, known_workgroup),
        bucket_policy_client(wanted, settings.policy),
    ]


def _workgroup_checks(wanted: Wanted, workgroup: Workgroup | Denied | None) -> list[Check]:
    checks = [workgroup_state(wanted, workgroup)]
    if isinstance(workgroup, Workgroup):
        every = (
            workgroup_engine,
            workgroup_managed_results,
            workgroup_location,
            workgroup_bucket_owner,
            workgroup_encryption,
            workgroup_acl,
            workgroup_identity_center,
        )
        checks += [check(wanted, workgroup) for check in every]
    return checks


def bucket_result(wanted: Wanted, observed: Observed) -> dict[str, t.Any]:
    """The C(bucket) return value; what is not known is None."""
    found = observed.settings.encryption if observed.settings else None
    encryption = None
    if isinstance(found, Encryption):
        encryption = {
            "algorithm": found.algorithm,
            "kms_key_arn": found.kms_key,
            "bucket_key_enabled": found.bucket_key_enabled,
        }
    return {
        "name": wanted.bucket,
        "prefix": wanted.location.prefix,
        "region": observed.head.region,
        "encryption": encryption,
    }


def effective_location(wanted: Wanted, workgroup: Workgroup | Denied | None) -> str | None:
    """Where results will be written, or None where that is nowhere or cannot be told."""
    if not wanted.workgroup:
        return wanted.location.uri
    if not isinstance(workgroup, Workgroup) or workgroup.managed_query_results:
        return None
    return _enforced_location(workgroup) or wanted.location.uri


def _enforced_location(workgroup: Workgroup) -> str | None:
    if not workgroup.enforced or not workgroup.output_location:
        return None
    return workgroup.output_location.rstrip("/") + "/"


# The bucket itself


def bucket_name(wanted: Wanted) -> Check:
    """The naming rules were checked when the option was read; what is left is a name that is legal but unwise."""
    name, reference = "bucket_name", f"{_S3}bucketnamingrules.html"
    if "." not in wanted.bucket:
        return Check(name, "pass", f"{wanted.bucket!r} follows the naming rules", reference=reference)
    return Check(
        name,
        "warn",
        f"{wanted.bucket!r} has a dot, so that the TLS certificate of S3 does not cover the bucket's own host name",
        "Use a bucket without a dot in its name",
        reference,
    )


def bucket_exists(wanted: Wanted, head: Head) -> Check:
    """Only 404 means that there is no bucket (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html)."""
    name, reference = "bucket_exists", f"{_S3_API}API_HeadBucket.html"
    if head.answer in ("found", "moved"):
        return Check(name, "pass", f"the bucket {wanted.bucket!r} exists", reference=reference)
    if head.answer == "absent":
        return Check(
            name,
            "fail",
            f"there is no bucket {wanted.bucket!r}",
            f"Create it in the account {wanted.owner} and the Region {wanted.region}, or correct output_location",
            reference,
        )
    return Check(
        name,
        "fail",
        f"S3 refused to show the bucket {wanted.bucket!r} (403): it belongs to another account than {wanted.owner}, "
        "or the identity that runs this task may not look at it",
        f"Grant s3:ListBucket on {_bucket_arn(wanted)} to the identity that runs this task; "
        "if the bucket belongs to another account, set expected_bucket_owner to that account",
        reference,
    )


def bucket_owner(wanted: Wanted, head: Head) -> Check:
    name, reference = "bucket_owner", f"{_S3}bucket-owner-condition.html"
    named = account_regional_owner(wanted.bucket)
    if named and named[0] != wanted.owner:
        return Check(
            name,
            "fail",
            f"the name {wanted.bucket!r} belongs to the account {named[0]}, not to {wanted.owner}",
            f"Use a bucket of {wanted.owner}, or set expected_bucket_owner to {named[0]}",
            reference,
        )
    if head.answer == "found":
        return Check(name, "pass", f"the account {wanted.owner} owns the bucket", reference=reference)
    return Check(
        name,
        "fail",
        f"whether the account {wanted.owner} owns the bucket could not be established",
        "Repair the checks bucket_exists and bucket_region first; "
        "if the bucket belongs to another account, set expected_bucket_owner to that account",
        reference,
    )


def bucket_region(wanted: Wanted, head: Head) -> Check:
    name, reference = "bucket_region", f"{_ATHENA}troubleshooting-athena.html"
    if head.region == wanted.region:
        return Check(name, "pass", f"the bucket is in {wanted.region}, where the queries run", reference=reference)
    if head.region:
        return Check(
            name,
            "fail",
            f"the bucket is in {head.region} and the queries run in {wanted.region}; Athena then calls it invalid",
            f"Use a bucket in {wanted.region}, or run the queries (and this task) in {head.region}",
            reference,
        )
    return Check(
        name,
        "fail",
        "the Region of the bucket could not be established: S3 did not say it",
        "Repair the check bucket_exists first; if this goes through a proxy or an endpoint_url, "
        "see that it passes the header x-amz-bucket-region on",
        reference,
    )


def bucket_kind(wanted: Wanted, head: Head) -> Check:
    name, reference = "bucket_kind", f"{_S3}creating-buckets-s3.html"
    if not head.kind:
        return Check(name, "pass", f"{wanted.bucket!r} names a general purpose bucket", reference=reference)
    return Check(
        name,
        "fail",
        f"{wanted.bucket!r} names {head.kind}, which Athena does not document as an output location",
        "Use a general purpose bucket",
        reference,
    )


def bucket_encryption(wanted: Wanted, encryption: Encryption | Denied | None) -> Check:
    name, reference = "bucket_encryption", f"{_ATHENA}encrypting-query-results-stored-in-s3.html"
    if isinstance(encryption, Denied):
        return _unknown(name, encryption, "the default encryption", wanted, reference)
    if encryption is None or encryption.algorithm == "AES256":
        return Check(name, "pass", "S3 encrypts new objects with its own keys (SSE-S3)", reference=reference)
    if encryption.algorithm not in ("aws:kms", "aws:kms:dsse"):
        return Check(
            name,
            "warn",
            f"the default encryption is {encryption.algorithm!r}, which AWS does not document for results of Athena",
            "Use SSE-S3 or SSE-KMS as the bucket's default encryption",
            reference,
        )
    return _kms_encryption(wanted, encryption, name)


def _kms_encryption(wanted: Wanted, encryption: Encryption, name: str) -> Check:
    """Whom the key serves (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html)."""
    reference = f"{_S3_API}API_ServerSideEncryptionByDefault.html"
    key = encryption.kms_key
    if key is None or key.endswith("alias/aws/s3"):
        if not wanted.is_cross_account:
            return Check(
                name, "pass", "S3 encrypts new objects with the key aws/s3, which needs no grant", reference=reference
            )
        return Check(
            name,
            "fail",
            f"S3 encrypts new objects with the key aws/s3 of {wanted.owner}, which no identity of "
            f"{wanted.account_id} can be allowed to use",
            "Give the bucket a customer managed key as its default encryption, and share that key",
            reference,
        )
    if wanted.is_cross_account and not key.startswith("arn:"):
        return Check(
            name,
            "warn",
            f"the default key is written as {key!r}, which KMS looks up in the account of the request: "
            f"in {wanted.account_id} that may be another key or none",
            "Write the ARN of the key in the bucket's default encryption",
            reference,
        )
    detail = f"S3 encrypts new objects with the KMS key {key!r}; {_KEY_NEEDS}"
    return Check(name, "pass", detail, reference=reference)


def bucket_requester_pays(wanted: Wanted, payer: str | Denied) -> Check:
    name, reference = "bucket_requester_pays", f"{_S3}RequesterPaysBuckets.html"
    if isinstance(payer, Denied):
        return _unknown(name, payer, "who pays for requests", wanted, reference)
    if payer != "Requester":
        return Check(name, "pass", "the owner of the bucket pays for requests", reference=reference)
    if wanted.is_cross_account:
        return Check(
            name,
            "fail",
            f"requesters pay, so that S3 refuses the requests of {wanted.account_id} that do not accept the charge, "
            "as those of a driver that reads results",
            "Turn Requester Pays off, or use another bucket",
            reference,
        )
    return Check(
        name,
        "warn",
        "requesters pay; requests of the owning account still pass, but AWS documents Requester Pays for data that "
        "Athena reads, not for its results",
        "Turn Requester Pays off, or use another bucket",
        reference,
    )


def bucket_object_lock(wanted: Wanted, lock: ObjectLock | Denied | None) -> Check:
    name, reference = "bucket_object_lock", f"{_S3}object-lock.html"
    if isinstance(lock, Denied):
        return _unknown(name, lock, "object lock", wanted, reference)
    if lock is None or lock.default_retention is None:
        return Check(name, "pass", "new objects are not locked by default", reference=reference)
    return Check(
        name,
        "warn",
        f"new objects are locked by default ({lock.default_retention}): every result of every query stays until then, "
        "and S3 asks for a checksum with each write",
        "Use a bucket without a default retention",
        reference,
    )


# The bucket policy


def bucket_policy_grants(wanted: Wanted, policy: Mapping[str, t.Any] | Denied | None) -> Check:
    """Within an account the identity's own policy is enough; across accounts the bucket has to agree."""
    name, reference = "bucket_policy_grants", f"{_ATHENA}cross-account-permissions.html"
    if not wanted.is_cross_account:
        return Check(name, "pass", "bucket and identity are in the same account", reference=reference)
    if isinstance(policy, Denied):
        return _unknown(name, policy, "the bucket policy", wanted, reference)
    answers: dict[str, Answer] = {}
    for request in athena_requests(wanted, None):
        answers.setdefault(request.action, allows(policy or {}, wanted.identity, request))
    refused = [action for action, answer in answers.items() if answer is False]
    unsure = [action for action, answer in answers.items() if answer is None]
    if not refused and not unsure:
        return Check(name, "pass", f"the bucket policy lets {_who(wanted)} in", reference=reference)
    status: CheckStatus = "fail" if refused else "warn"
    verb = "does not allow" if refused else "may not allow"
    remedy = f"Allow {_who(wanted)} these actions in the policy of the bucket"
    if not refused and not wanted.identity:
        remedy = f"{remedy}; set principal to have this judged for sure"
    detail = (
        f"the bucket belongs to {wanted.owner}, and its policy {verb} {_who(wanted)} {', '.join(refused or unsure)}"
    )
    return Check(name, status, detail, remedy, reference)


def bucket_policy_athena(
    wanted: Wanted, policy: Mapping[str, t.Any] | Denied | None, workgroup: Workgroup | None
) -> Check:
    """What the policy denies to Athena, which acts as the identity, from AWS's own network."""
    name, reference = "bucket_policy_athena", f"{_ATHENA}s3-permissions.html"
    if isinstance(policy, Denied):
        return _unknown(name, policy, "the bucket policy", wanted, reference)
    found = denials(policy or {}, wanted.identity, athena_requests(wanted, workgroup))
    if not found:
        return Check(
            name, "pass", "no statement of the bucket policy denies Athena's own requests", reference=reference
        )
    status: CheckStatus = "fail" if any(denial.sure for denial in found) else "warn"
    return Check(name, status, _denied_text("Athena", found), _athena_remedy(wanted, found), reference)


def bucket_policy_client(wanted: Wanted, policy: Mapping[str, t.Any] | Denied | None) -> Check:
    """What the policy denies to the client's driver, which reads results from S3 itself, from its own network.

    Refused, the driver falls back to athena:GetQueryResultsStream, if the identity may use that.
    """
    name, reference = "bucket_policy_client", f"{_ATHENA}jdbc-v3-driver-advanced-connection-parameters.html"
    if isinstance(policy, Denied):
        return _unknown(name, policy, "the bucket policy", wanted, reference)
    found = denials(policy or {}, wanted.identity, client_requests(wanted))
    if not found:
        return Check(name, "pass", "no statement of the bucket policy denies the client's reads", reference=reference)
    is_fatal = any(denial.sure for denial in found) and not wanted.result_streaming
    remedy = "Exempt the identity, or the client's network, in the statement"
    if wanted.result_streaming:
        remedy = f"{remedy}; or see that the client can reach port 444 of Athena, from which it then streams results"
    else:
        remedy = f"{remedy}; or let the identity use athena:GetQueryResultsStream (option result_streaming)"
    return Check(name, "fail" if is_fatal else "warn", _denied_text("the client", found), remedy, reference)


def _denied_text(whom: str, found: Sequence[Denial]) -> str:
    return "; ".join(
        f"{denial.statement} of the bucket policy {'denies' if denial.sure else 'may deny'} {whom} "
        + ", ".join(denial.actions)
        + (f", {'by' if denial.sure else 'depending on'} {', '.join(denial.depends_on)}" if denial.depends_on else "")
        for denial in sorted(found, key=lambda denial: not denial.sure)
    )


_NETWORK_KEYS: t.Final = ("aws:sourceip", "aws:sourcevpc", "aws:vpc")
_ENCRYPTION_KEYS: t.Final = ("s3:x-amz-server-side-encryption",)
_ACL_KEYS: t.Final = ("s3:x-amz-acl", "s3:x-amz-grant")
_IDENTITY_KEYS: t.Final = ("aws:principal", "aws:userid", "aws:username")


def _athena_remedy(wanted: Wanted, found: Sequence[Denial]) -> str:
    def hinges_on(prefixes: tuple[str, ...]) -> bool:
        return any(key.startswith(prefixes) for denial in found for key in denial.keys)

    remedies = []
    if hinges_on(_NETWORK_KEYS):
        remedies.append(
            "Exempt in the statement what Athena does for the identity (BoolIfExists aws:ViaAWSService 'false'), "
            "as its requests come from addresses of AWS's own"
        )
    if hinges_on(_ENCRYPTION_KEYS):
        remedies.append("Let the workgroup enforce an encryption that the statement accepts, or drop the statement")
    if hinges_on(_ACL_KEYS):
        remedies.append(
            "Let the workgroup set the ACL that the statement asks for and grant s3:PutObjectAcl, or drop it"
        )
    if hinges_on(_IDENTITY_KEYS):
        remedies.append("Exempt the identity in the statement")
    if not wanted.identity and any("its principals" in denial.depends_on for denial in found):
        remedies.append("Set principal to have this judged for sure")
    return "; ".join(remedies or ["Exempt the identity in the statement, or remove it"])


# The workgroup


def workgroup_state(wanted: Wanted, workgroup: Workgroup | Denied | None) -> Check:
    name, reference = "workgroup_state", f"{_ATHENA_API}API_WorkGroup.html"
    if isinstance(workgroup, Denied):
        return Check(
            name,
            "unknown",
            f"the workgroup {wanted.workgroup!r} may not be looked at: neither whether it is enabled nor whether it "
            "enforces another output location, encryption or managed query results",
            f"Grant {workgroup.permission} on the workgroup {wanted.workgroup!r} to the identity that runs this task",
            reference,
        )
    if workgroup is None:
        return Check(
            name,
            "fail",
            f"there is no workgroup {wanted.workgroup!r} in {wanted.region}",
            "Create it, or correct workgroup",
            reference,
        )
    if workgroup.state == "ENABLED":
        return Check(name, "pass", f"the workgroup {workgroup.name!r} is enabled", reference=reference)
    return Check(
        name,
        "fail",
        f"the workgroup {workgroup.name!r} is {workgroup.state.lower() or 'in no known state'} and runs no queries",
        "Enable it",
        reference,
    )


def workgroup_engine(wanted: Wanted, workgroup: Workgroup) -> Check:
    name, reference = "workgroup_engine", f"{_ATHENA_API}API_EngineVersion.html"
    if "spark" not in workgroup.engine.lower():
        return Check(name, "pass", f"the workgroup {workgroup.name!r} runs SQL", reference=reference)
    return Check(
        name,
        "fail",
        f"the workgroup {workgroup.name!r} has the engine {workgroup.engine!r}, which runs no SQL queries",
        "Use a workgroup with an Athena SQL engine",
        reference,
    )


def workgroup_managed_results(wanted: Wanted, workgroup: Workgroup) -> Check:
    name, reference = "workgroup_managed_results", f"{_ATHENA}managed-results.html"
    if not workgroup.managed_query_results:
        return Check(name, "pass", f"{workgroup.name!r} has no managed query results", reference=reference)
    return Check(
        name,
        "fail",
        f"{workgroup.name!r} has managed query results, and Athena refuses every query that also brings an output "
        "location, as this connection does",
        "Turn managed query results off for the workgroup",
        reference,
    )


def workgroup_location(wanted: Wanted, workgroup: Workgroup) -> Check:
    """An enforced location replaces the form's without an error."""
    name, reference = "workgroup_location", f"{_ATHENA}workgroups-settings-override.html"
    if not workgroup.enforced:
        detail = f"{workgroup.name!r} does not enforce its settings: results go to {wanted.location.uri}"
        return Check(name, "pass", detail, reference=reference)
    enforced = _enforced_location(workgroup)
    if enforced is None:
        return Check(
            name,
            "warn",
            f"{workgroup.name!r} enforces its settings and has no output location; "
            "AWS does not document that the location of the connection is used then",
            f"Set the output location of the workgroup to {wanted.location.uri}, or let it not enforce its settings",
            reference,
        )
    if enforced == wanted.location.uri:
        return Check(name, "pass", f"{workgroup.name!r} enforces this very location", reference=reference)
    if enforced.startswith(wanted.location.uri):
        return Check(
            name,
            "warn",
            f"{workgroup.name!r} enforces {enforced}: results do not go to {wanted.location.uri} itself, "
            "though still to where its policy allows",
            f"Set output_location to {enforced}, also in the connection form",
            reference,
        )
    return Check(
        name,
        "fail",
        f"{workgroup.name!r} enforces {enforced} and ignores {wanted.location.uri}, so that a policy for the latter "
        "is for the wrong place",
        f"Set output_location to {enforced}, also in the connection form, or let the workgroup enforce nothing",
        reference,
    )


def workgroup_bucket_owner(wanted: Wanted, workgroup: Workgroup) -> Check:
    """A mismatch shows as a missing permission, although all are there."""
    name, reference = "workgroup_bucket_owner", f"{_ATHENA_API}API_ResultConfiguration.html"
    expected = workgroup.expected_bucket_owner
    if expected in (None, wanted.owner):
        detail = f"{workgroup.name!r} expects no other owner of the bucket"
        return Check(name, "pass", detail, reference=reference)
    return Check(
        name,
        "fail" if workgroup.enforced else "warn",
        f"{workgroup.name!r} expects the bucket to belong to {expected}, not to {wanted.owner}",
        f"Set the expected bucket owner of the workgroup to {wanted.owner}",
        reference,
    )


def workgroup_encryption(wanted: Wanted, workgroup: Workgroup) -> Check:
    """The connection form has no field for encryption, so that the workgroup's or the bucket's decides."""
    name, reference = "workgroup_encryption", f"{_ATHENA}workgroups-minimum-encryption.html"
    option = workgroup.encryption_option
    text = f"{option} with the key {workgroup.kms_key!r}" if workgroup.kms_key else option
    if option is None:
        detail = f"{workgroup.name!r} sets no encryption: the bucket's default encryption applies"
        return Check(name, "pass", detail, reference=reference)
    if workgroup.enforced and option == "CSE_KMS" and not wanted.result_streaming:
        return Check(
            name,
            "fail",
            f"{workgroup.name!r} enforces {text}, and such results a driver cannot read from S3 itself",
            "Let the identity use athena:GetQueryResultsStream (option result_streaming), or enforce SSE_KMS",
            reference,
        )
    if workgroup.enforced:
        key_needs = f"; {_KEY_NEEDS}" if workgroup.kms_key else ""
        return Check(name, "pass", f"{workgroup.name!r} enforces {text}{key_needs}", reference=reference)
    if workgroup.minimum_encryption:
        return Check(
            name,
            "warn",
            f"{workgroup.name!r} asks for {text} at least, and the connection form has no field for encryption",
            f"See with a query that results are written; where the workgroup's encryption has a KMS key, {_KEY_NEEDS}",
            reference,
        )
    if option == "SSE_S3":
        return Check(name, "pass", f"{workgroup.name!r} sets {text} and enforces nothing", reference=reference)
    return Check(
        name,
        "warn",
        f"{workgroup.name!r} sets {text} without enforcing it; whether that or the bucket's default encryption applies "
        "to a connection that asks for none, AWS does not say clearly",
        "Let the identity use both keys, or let the workgroup enforce its settings",
        f"{_ATHENA}workgroups-settings-override.html",
    )


def workgroup_acl(wanted: Wanted, workgroup: Workgroup) -> Check:
    name, reference = "workgroup_acl", f"{_ATHENA_API}API_AclConfiguration.html"
    if not workgroup.acl:
        return Check(name, "pass", f"{workgroup.name!r} sets no ACL on results", reference=reference)
    return Check(
        name,
        "warn",
        f"{workgroup.name!r} has results written with the ACL {workgroup.acl}, for which s3:PutObject is not enough",
        f"Grant the identity s3:PutObjectAcl on {_bucket_arn(wanted)}/{wanted.location.key_pattern}, "
        "or remove the ACL from the workgroup",
        reference,
    )


def workgroup_identity_center(wanted: Wanted, workgroup: Workgroup) -> Check:
    name, reference = "workgroup_identity_center", f"{_ATHENA}workgroups-identity-center.html"
    if not workgroup.identity_center and not workgroup.s3_access_grants:
        return Check(name, "pass", f"{workgroup.name!r} works with IAM identities", reference=reference)
    what = (
        "is enabled for IAM Identity Center" if workgroup.identity_center else "writes results through S3 Access Grants"
    )
    return Check(
        name,
        "fail",
        f"{workgroup.name!r} {what}, for which an access key or an assumed role is not enough",
        "Use a workgroup with IAM authentication",
        reference,
    )


def _unknown(name: str, denied: Denied, what: str, wanted: Wanted, reference: str) -> Check:
    return Check(
        name,
        "unknown",
        f"{what} of the bucket may not be looked at",
        f"Grant {denied.permission} on {_bucket_arn(wanted)} to the identity that runs this task, "
        f"one of the account {wanted.owner}",
        reference,
    )


def _bucket_arn(wanted: Wanted) -> str:
    return f"arn:{wanted.partition}:s3:::{wanted.bucket}"


def _who(wanted: Wanted) -> str:
    return wanted.identity.arn if wanted.identity else f"identities of {wanted.account_id}"
