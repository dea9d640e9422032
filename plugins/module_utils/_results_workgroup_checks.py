# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workgroup: whether queries run in it, and what it makes of the connection's output location and encryption.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _guides,
    _report,
    _results_bucket_facts,
    _results_checks,
    _words,
)


def workgroup_state(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup | _report.Denied | None
) -> _report.Check:
    name, reference = "workgroup_state", f"{_guides.ATHENA_API}API_WorkGroup.html"
    if isinstance(workgroup, _report.Denied):
        return _report.Check(
            name,
            "unknown",
            f"the workgroup {wanted.workgroup!r} may not be looked at: neither whether it is enabled nor whether it "
            "enforces another output location, encryption or managed query results",
            _words.grant_to_caller(workgroup.permission, f"the workgroup {wanted.workgroup!r}"),
            reference,
        )
    if workgroup is None:
        return _report.Check(
            name,
            "fail",
            f"there is no workgroup {wanted.workgroup!r} in {wanted.region}",
            "Create it, or correct workgroup",
            reference,
        )
    if workgroup.state == "ENABLED":
        return _report.Check(name, "pass", f"the workgroup {workgroup.name!r} is enabled", reference=reference)
    return _report.Check(
        name,
        "fail",
        f"the workgroup {workgroup.name!r} is {workgroup.state.lower() or 'in no known state'} and runs no queries",
        "Enable it",
        reference,
    )


def workgroup_engine(wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup) -> _report.Check:
    name, reference = "workgroup_engine", f"{_guides.ATHENA_API}API_EngineVersion.html"
    if "spark" not in workgroup.engine.lower():
        return _report.Check(name, "pass", f"the workgroup {workgroup.name!r} runs SQL", reference=reference)
    return _report.Check(
        name,
        "fail",
        f"the workgroup {workgroup.name!r} has the engine {workgroup.engine!r}, which runs no SQL queries",
        "Use a workgroup with an Athena SQL engine",
        reference,
    )


def workgroup_managed_results(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup
) -> _report.Check:
    name, reference = "workgroup_managed_results", f"{_guides.ATHENA}managed-results.html"
    if not workgroup.managed_query_results:
        return _report.Check(name, "pass", f"{workgroup.name!r} has no managed query results", reference=reference)
    return _report.Check(
        name,
        "fail",
        f"{workgroup.name!r} has managed query results, and Athena refuses every query that also brings an output "
        "location, as this connection does",
        "Turn managed query results off for the workgroup",
        reference,
    )


def workgroup_location(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup
) -> _report.Check:
    """An enforced location replaces the form's without an error."""
    name, reference = "workgroup_location", f"{_guides.ATHENA}workgroups-settings-override.html"
    if not workgroup.enforced:
        detail = f"{workgroup.name!r} does not enforce its settings: results go to {wanted.location.uri}"
        return _report.Check(name, "pass", detail, reference=reference)
    enforced = _enforced_location(workgroup)
    if enforced is None:
        return _report.Check(
            name,
            "warn",
            f"{workgroup.name!r} enforces its settings and has no output location; "
            "AWS does not document that the location of the connection is used then",
            f"Set the output location of the workgroup to {wanted.location.uri}, or let it not enforce its settings",
            reference,
        )
    if enforced == wanted.location.uri:
        return _report.Check(name, "pass", f"{workgroup.name!r} enforces this very location", reference=reference)
    if enforced.startswith(wanted.location.uri):
        return _report.Check(
            name,
            "warn",
            f"{workgroup.name!r} enforces {enforced}: results do not go to {wanted.location.uri} itself, "
            "though still to where its policy allows",
            f"Set output_location to {enforced}, also in the connection form",
            reference,
        )
    return _report.Check(
        name,
        "fail",
        f"{workgroup.name!r} enforces {enforced} and ignores {wanted.location.uri}, so that a policy for the latter "
        "is for the wrong place",
        f"Set output_location to {enforced}, also in the connection form, or let the workgroup enforce nothing",
        reference,
    )


def workgroup_bucket_owner(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup
) -> _report.Check:
    """A mismatch shows as a missing permission, although all are there."""
    name, reference = "workgroup_bucket_owner", f"{_guides.ATHENA_API}API_ResultConfiguration.html"
    expected = workgroup.expected_bucket_owner
    if expected in (None, wanted.owner):
        detail = f"{workgroup.name!r} expects no other owner of the bucket"
        return _report.Check(name, "pass", detail, reference=reference)
    return _report.Check(
        name,
        "fail" if workgroup.enforced else "warn",
        f"{workgroup.name!r} expects the bucket to belong to {expected}, not to {wanted.owner}",
        f"Set the expected bucket owner of the workgroup to {wanted.owner}",
        reference,
    )


def workgroup_encryption(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup
) -> _report.Check:
    """The connection form has no field for encryption, so that the workgroup's or the bucket's decides."""
    name, reference = "workgroup_encryption", f"{_guides.ATHENA}workgroups-minimum-encryption.html"
    option = workgroup.encryption_option
    text = f"{option} with the key {workgroup.kms_key!r}" if workgroup.kms_key else option
    if option is None:
        detail = f"{workgroup.name!r} sets no encryption: the bucket's default encryption applies"
        return _report.Check(name, "pass", detail, reference=reference)
    if workgroup.enforced and option == "CSE_KMS" and not wanted.result_streaming:
        return _report.Check(
            name,
            "fail",
            f"{workgroup.name!r} enforces {text}, and such results a driver cannot read from S3 itself",
            "Let the identity use athena:GetQueryResultsStream (option result_streaming), or enforce SSE_KMS",
            reference,
        )
    key = workgroup.kms_key
    if workgroup.enforced and key and _results_bucket_facts.is_key_arn(key) and wanted.lacks_key(key):
        detail = f"{workgroup.name!r} enforces {text}; {_results_checks.KEY_NEEDS}, and may not use it"
        return _report.Check(name, "fail", detail, _results_checks.grant_key(key), reference)
    if workgroup.enforced:
        key_needs = f"; {_results_checks.KEY_NEEDS}" if workgroup.kms_key else ""
        return _report.Check(name, "pass", f"{workgroup.name!r} enforces {text}{key_needs}", reference=reference)
    if workgroup.minimum_encryption:
        return _report.Check(
            name,
            "warn",
            f"{workgroup.name!r} asks for {text} at least, and the connection form has no field for encryption",
            "See with a query that results are written; where the workgroup's encryption has a KMS key, "
            f"{_results_checks.KEY_NEEDS}",
            reference,
        )
    if option == "SSE_S3":
        return _report.Check(name, "pass", f"{workgroup.name!r} sets {text} and enforces nothing", reference=reference)
    return _report.Check(
        name,
        "warn",
        f"{workgroup.name!r} sets {text} without enforcing it; whether that or the bucket's default encryption applies "
        "to a connection that asks for none, AWS does not say clearly",
        "Let the identity use both keys, or let the workgroup enforce its settings",
        f"{_guides.ATHENA}workgroups-settings-override.html",
    )


def workgroup_acl(wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup) -> _report.Check:
    name, reference = "workgroup_acl", f"{_guides.ATHENA_API}API_AclConfiguration.html"
    if not workgroup.acl:
        return _report.Check(name, "pass", f"{workgroup.name!r} sets no ACL on results", reference=reference)
    return _report.Check(
        name,
        "warn",
        f"{workgroup.name!r} has results written with the ACL {workgroup.acl}, for which s3:PutObject is not enough",
        f"Grant the identity s3:PutObjectAcl on {wanted.bucket_arn}/{wanted.location.key_pattern}, "
        "or remove the ACL from the workgroup",
        reference,
    )


def workgroup_identity_center(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup
) -> _report.Check:
    name, reference = "workgroup_identity_center", f"{_guides.ATHENA}workgroups-identity-center.html"
    if not workgroup.identity_center and not workgroup.s3_access_grants:
        return _report.Check(name, "pass", f"{workgroup.name!r} works with IAM identities", reference=reference)
    what = (
        "is enabled for IAM Identity Center" if workgroup.identity_center else "writes results through S3 Access Grants"
    )
    return _report.Check(
        name,
        "fail",
        f"{workgroup.name!r} {what}, for which an access key or an assumed role is not enough",
        "Use a workgroup with IAM authentication",
        reference,
    )


def effective_location(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup | _report.Denied | None
) -> str | None:
    """Where results will be written, or None where that is nowhere or cannot be told."""
    if not wanted.workgroup:
        return wanted.location.uri
    if not isinstance(workgroup, _results_bucket_facts.Workgroup) or workgroup.managed_query_results:
        return None
    return _enforced_location(workgroup) or wanted.location.uri


def _enforced_location(workgroup: _results_bucket_facts.Workgroup) -> str | None:
    if not workgroup.enforced or not workgroup.output_location:
        return None
    return workgroup.output_location.rstrip("/") + "/"
