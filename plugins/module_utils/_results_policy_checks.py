# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket policy: whether it lets the identity in, and what it denies to Athena and to the client.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _guides,
    _report,
    _resource_policy,
    _results_bucket_facts,
    _results_checks,
    _results_requests,
)

# Without these no query works; the rest of what Athena asks for is needed for results in several parts only.
_ESSENTIAL_ACTIONS: t.Final = frozenset({"s3:GetBucketLocation", "s3:ListBucket", "s3:PutObject", "s3:GetObject"})


def bucket_policy_grants(
    wanted: _results_bucket_facts.Wanted, policy: Mapping[str, t.Any] | _report.Denied | None
) -> _report.Check:
    """Within an account the identity's own policy is enough; across accounts the bucket has to agree."""
    name, reference = "bucket_policy_grants", f"{_guides.ATHENA}cross-account-permissions.html"
    if not wanted.is_cross_account:
        return _report.Check(name, "pass", "bucket and identity are in the same account", reference=reference)
    if isinstance(policy, _report.Denied):
        return _results_checks.unknown(name, policy, "the policy", wanted, reference)
    answers = [
        (request.action, _resource_policy.allows(policy or {}, wanted.identity, request))
        for request in _results_requests.athena_requests(wanted, None)
    ]
    refused = list(dict.fromkeys(action for action, answer in answers if answer is False))
    unsure = list(dict.fromkeys(action for action, answer in answers if answer is None))
    if not refused and not unsure:
        return _report.Check(name, "pass", f"the bucket policy lets {_who(wanted)} in", reference=reference)
    status: _report.CheckStatus = "fail" if _ESSENTIAL_ACTIONS.intersection(refused) else "warn"
    remedy = f"Allow {_who(wanted)} these actions in the policy of the bucket"
    if status == "warn" and unsure and not wanted.identity:
        remedy = f"{remedy}; set principal to have this judged for sure"
    parts = [
        f"{verb} {_who(wanted)} {', '.join(actions)}"
        for verb, actions in (("does not allow", refused), ("may not allow", unsure))
        if actions
    ]
    detail = f"the bucket belongs to {wanted.owner}, and its policy {' and '.join(parts)}"
    if status == "warn" and refused:
        detail = f"{detail}; small results are written without, large ones in several parts"
    return _report.Check(name, status, detail, remedy, reference)


def bucket_policy_athena(
    wanted: _results_bucket_facts.Wanted,
    policy: Mapping[str, t.Any] | _report.Denied | None,
    workgroup: _results_bucket_facts.Workgroup | None,
) -> _report.Check:
    """What the policy denies to Athena, which acts as the identity, from AWS's own network."""
    name, reference = "bucket_policy_athena", f"{_guides.ATHENA}s3-permissions.html"
    if isinstance(policy, _report.Denied):
        return _results_checks.unknown(name, policy, "the policy", wanted, reference)
    found = _resource_policy.denials(
        policy or {}, wanted.identity, _results_requests.athena_requests(wanted, workgroup)
    )
    if not found:
        return _report.Check(
            name, "pass", "no statement of the bucket policy denies Athena's own requests", reference=reference
        )
    status: _report.CheckStatus = "fail" if any(denial.sure for denial in found) else "warn"
    return _report.Check(name, status, _denied_text("Athena", found), _athena_remedy(wanted, found), reference)


def bucket_policy_client(
    wanted: _results_bucket_facts.Wanted, policy: Mapping[str, t.Any] | _report.Denied | None
) -> _report.Check:
    """What the policy denies to the client's driver, which reads results from S3 itself, from its own network.

    Refused, the driver falls back to athena:GetQueryResultsStream, if the identity may use that.
    """
    name, reference = (
        "bucket_policy_client",
        f"{_guides.ATHENA}jdbc-v3-driver-advanced-connection-parameters.html",
    )
    if isinstance(policy, _report.Denied):
        return _results_checks.unknown(name, policy, "the policy", wanted, reference)
    found = _resource_policy.denials(policy or {}, wanted.identity, _results_requests.client_requests(wanted))
    if not found:
        return _report.Check(
            name, "pass", "no statement of the bucket policy denies the client's reads", reference=reference
        )
    is_fatal = any(denial.sure for denial in found) and not wanted.result_streaming
    remedy = "Exempt the identity, or the client's network, in the statement"
    if wanted.result_streaming:
        remedy = f"{remedy}; or see that the client can reach port 444 of Athena, from which it then streams results"
    else:
        remedy = f"{remedy}; or let the identity use athena:GetQueryResultsStream (option result_streaming)"
    return _report.Check(name, "fail" if is_fatal else "warn", _denied_text("the client", found), remedy, reference)


def _denied_text(whom: str, found: Sequence[_resource_policy.Denial]) -> str:
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


def _athena_remedy(wanted: _results_bucket_facts.Wanted, found: Sequence[_resource_policy.Denial]) -> str:
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


def _who(wanted: _results_bucket_facts.Wanted) -> str:
    return wanted.identity.arn if wanted.identity else f"identities of {wanted.account_id}"
