# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of KMS keys say: the missing permission first, then the side that is missing, then what to do.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _guides,
    _identity,
    _key_policy,
    _report,
    _resource_policy,
    _words,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _key_checks

_ENCRYPTED_LOCATIONS: t.Final = f"{_guides.LAKE_FORMATION}register-encrypted.html"
_OTHER_ACCOUNTS: t.Final = f"{_guides.KMS}key-policy-modifying-external-accounts.html"
_POLICY_EVALUATION: t.Final = f"{_guides.KMS}policy-evaluation.html"

REFERENCES: t.Final[Mapping[_key_policy.KeyUse, str]] = {
    "results": f"{_guides.ATHENA}encrypting-query-results-stored-in-s3.html",
    "sources": f"{_guides.ATHENA}encryption.html",
    "catalog": f"{_guides.ATHENA}access-encrypted-data-glue-data-catalog.html",
    "lake_formation": _ENCRYPTED_LOCATIONS,
}
_REMEDY_OF_STATE: t.Final[Mapping[str, str]] = {
    "Creating": "Wait until KMS has made the key",
    "Disabled": "Enable the key",
    "PendingDeletion": "Cancel the deletion of the key and enable it, or what it encrypts is lost",
    "PendingImport": "Import the key material",
    "PendingReplicaDeletion": "Cancel the deletion of the key and enable it",
    "Unavailable": "Connect the custom key store of the key",
}


# What only the key's side could make up for.
_NOT_ENOUGH: t.Final[Mapping[_decisions.Verdict, str]] = {
    "not_allowed": "the IAM policies of {who} do not allow it",
    "boundary": "the permissions boundary of {who} does not allow it",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is said of one key."""

    status: _report.CheckStatus
    detail: str
    remedy: str
    reference: str


@dataclasses.dataclass(frozen=True)
class Case:
    """How it stands with an action on a key.

    answer: whether both sides together allow it. verdict, policies: of the holder's IAM policies, None where that is
    not known. depends_on: the condition keys on which it hinges, where it is not known for that. way: what lets the
    holder use the key, where something does for sure.
    """

    answer: _resource_policy.Answer
    side: _key_policy.KeySide
    verdict: _decisions.Verdict | None = None
    policies: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    way: _key_policy.Way | None = None


def other_region(need: _key_checks.KeyNeed, region: str) -> Finding:
    return Finding(
        "fail",
        f"{_key(need)} is in {need.region}, and the queries run in {region}; "
        "Athena does not use encrypted data of another Region",
        f"Use data and keys of {region}, or run the queries in {need.region}",
        f"{_guides.ATHENA}encryption.html",
    )


def absent(need: _key_checks.KeyNeed) -> Finding:
    return Finding(
        "fail",
        f"{_key(need)} does not exist",
        "Name a key that exists; what is encrypted with a key that is gone cannot be read any more",
        f"{_guides.KMS}deleting-keys.html",
    )


def managed_elsewhere(need: _key_checks.KeyNeed) -> Finding:
    return Finding(
        "fail",
        f"{_key(need)} is one that AWS manages for {need.account_id}, which no identity of {need.holder.account_id} "
        "can be allowed to use",
        "Encrypt with a customer managed key, and share that key",
        _OTHER_ACCOUNTS,
    )


def unusable(need: _key_checks.KeyNeed, state: str) -> Finding:
    remedy = _REMEDY_OF_STATE.get(state, "Bring the key into the state 'Enabled'")
    return Finding(
        "fail", f"{_key(need)} cannot be used: its state is {state!r}", remedy, f"{_guides.KMS}key-state.html"
    )


def state_unseen(need: _key_checks.KeyNeed, denied: _report.Denied) -> Finding:
    return Finding(
        "unknown",
        f"whether {_key(need)} is enabled may not be looked at",
        _let_look([denied.permission], need),
        f"{_guides.KMS}key-state.html",
    )


def finding(need: _key_checks.KeyNeed, case: Case, actions: Sequence[str]) -> Finding:
    """What is said of actions with which it stands alike."""
    asked = ", ".join(actions)
    judge = {True: _allowed, False: _refused, None: _unsure}[case.answer]
    found = judge(need, case, asked)
    return dataclasses.replace(found, detail=f"{asked} on {need.arn} ({need.why}): {found.detail}")


def _key(need: _key_checks.KeyNeed) -> str:
    return f"the KMS key {need.arn} ({need.why})"


def _who(need: _key_checks.KeyNeed) -> str:
    return f"the {need.holder.type} {need.holder.name!r}"


def _let_look(permissions: Sequence[str], need: _key_checks.KeyNeed) -> str:
    return _words.grant_to_caller(" and ".join(permissions), need.arn)


def _allow_in_iam(need: _key_checks.KeyNeed, asked: str) -> str:
    return f"add {need.arn} to kms_keys.{need.use}, or allow {asked} on it in another IAM policy of {_who(need)}"


def _allowed(need: _key_checks.KeyNeed, case: Case, asked: str) -> Finding:
    way = t.cast(_key_policy.Way, case.way)
    if way.kind != "delegated":
        detail = f"{way.by} allows it to {_who(need)}"
    elif need.use != "lake_formation" or case.verdict == "allowed":
        detail = f"{way.by} leaves it to IAM policies, and those of {_who(need)} allow it"
    elif _identity.role_of_aws(need.holder.name, need.holder.path) == "a service-linked role":
        return Finding(
            "warn",
            f"{way.by} leaves it to IAM policies, and {_who(need)}, a service-linked role, has none for keys",
            f"Allow {need.holder.arn} {asked} in the key policy of {need.arn}",
            _ENCRYPTED_LOCATIONS,
        )
    else:
        detail = f"{way.by} leaves it to the IAM policies of {_who(need)}, which are not looked at here"
    return Finding("pass", detail, "", REFERENCES[need.use])


def _refused(need: _key_checks.KeyNeed, case: Case, asked: str) -> Finding:
    who, side = _who(need), case.side
    if side.is_prohibited:
        sure = [_by(prohibition) for prohibition in side.prohibitions if prohibition.sure]
        detail = f"{' and '.join(sure)} {'denies' if len(sure) == 1 else 'deny'} it to {who}"
        return Finding("fail", detail, f"Exempt {who} there, or remove the statement", _POLICY_EVALUATION)
    if case.verdict == "denied":
        policies = f" ({', '.join(case.policies)})" if case.policies else ""
        return Finding(
            "fail",
            f"an IAM policy of {who} denies it{policies}",
            f"Remove the Deny, or exempt {need.arn} there",
            f"{_guides.IAM}reference_policies_evaluation-logic.html",
        )
    if case.verdict == "organization":
        return Finding(
            "fail",
            f"the IAM policies of {who} allow it, but the policies of the organization do not",
            f"Have {asked} on {need.arn} allowed by the service control policies of {need.holder.account_id}",
            f"{_guides.IAM}reference_policies_evaluation-logic.html",
        )
    if side.answer == "not_allowed":
        return _key_side_missing(need, case, asked)
    if case.verdict == "boundary":
        return Finding(
            "fail",
            f"the permissions boundary of {who} does not allow it",
            f"Allow {asked} on {need.arn} in the permissions boundary",
            f"{_guides.IAM}access_policies_boundaries.html",
        )
    return _iam_side_missing(need, asked)


def _key_side_missing(need: _key_checks.KeyNeed, case: Case, asked: str) -> Finding:
    also = {
        None: "",
        "allowed": ", although its IAM policies do",
        "boundary": ", and its permissions boundary does not either",
        "not_allowed": ", and its IAM policies do not either",
    }[t.cast(t.Any, case.verdict)]
    deleted = ", ".join(case.side.deleted)
    remedy = f"Allow {need.holder.arn} {asked} in the key policy of {need.arn}"
    if deleted:
        remedy = f"{remedy}, in the place of {deleted}"
    elif case.verdict == "allowed":
        root = f"arn:{need.holder.partition}:iam::{need.holder.account_id}:root"
        remedy = f"{remedy}, or let that leave it to IAM policies (Principal {root})"
    return Finding(
        "fail",
        f"neither the key policy nor a grant allows it to {_who(need)}{also}"
        + (f"; the key policy names {deleted}, the id of a user or role that was deleted" if deleted else ""),
        remedy,
        f"{_guides.KMS}key-policy-default.html",
    )


def _iam_side_missing(need: _key_checks.KeyNeed, asked: str) -> Finding:
    remedy = _words.sentence(_allow_in_iam(need, asked))
    if need.use == "lake_formation":
        remedy = (
            f"Allow {asked} on {need.arn} in an IAM policy of {_who(need)}, with which Lake Formation reads the files"
        )
    if need.is_foreign:
        return Finding(
            "fail",
            f"the IAM policies of {_who(need)} do not allow it, and a key of another account ({need.account_id}) is "
            "not opened by its key policy alone",
            remedy,
            _OTHER_ACCOUNTS,
        )
    return Finding(
        "fail",
        f"the IAM policies of {_who(need)} do not allow it, although the key policy leaves it to them",
        remedy,
        _POLICY_EVALUATION,
    )


def _unsure(need: _key_checks.KeyNeed, case: Case, asked: str) -> Finding:
    """What it depends on: how the holder gets in, unless that is sure, and what may keep it out."""
    if case.depends_on and case.side.is_open:
        found = [_hinges(need, case)]
    else:
        found = [] if case.way and case.side.policy == "read" else [_unsure_way(need, case, asked)]
    possible = [_by(prohibition) for prohibition in case.side.prohibitions]
    if possible:
        who = _who(need)
        detail = f"{' and '.join(possible)} may deny it to {who}"
        found.append(Finding("unknown", detail, f"See that it does not hit {who}", _POLICY_EVALUATION))
    return Finding(
        found[0].status if len(found) == 1 else "unknown",
        "; ".join(it.detail for it in found),
        "; ".join(it.remedy for it in found),
        found[0].reference,
    )


def _hinges(need: _key_checks.KeyNeed, case: Case) -> Finding:
    """As for any other action, that may be allowed after all."""
    keys = ", ".join(case.depends_on)
    return Finding(
        "warn",
        f"the policies of {_who(need)} may not allow it, depending on {keys} of the request",
        "See with live whether requests of the connection meet the condition",
        f"{_guides.IAM}access_policies_testing-policies.html",
    )


def _unsure_way(need: _key_checks.KeyNeed, case: Case, asked: str) -> Finding:
    who, side = _who(need), case.side
    lack = _NOT_ENOUGH.get(case.verdict) if case.verdict else None
    although = f", and {lack.format(who=who)}" if lack else ""
    if side.policy == "denied":
        return _unseen(need, case, asked, f"whether the key policy allows it to {who} may not be looked at{although}")
    if side.policy == "hidden":
        detail = (
            f"the key belongs to {need.account_id}, and no other account can read its key policy; whether that allows "
            f"it to {who} only the live step or a query tells"
        )
        remedy = f"See that the key policy of {need.arn} allows {asked} to {need.holder.arn}"
        if case.verdict is None:
            detail = f"{detail}, and what the IAM policies of {who} allow is not known either"
            remedy = f"{remedy}, and that its IAM policies do"
        return Finding(
            "unknown",
            detail,
            remedy,
            _OTHER_ACCOUNTS,
        )
    if side.is_open and case.verdict is None:
        return Finding(
            "unknown",
            f"the key policy leaves it to the IAM policies of {who}, and what they allow is not known",
            _words.grant_to_caller("iam:SimulatePrincipalPolicy"),
            f"{_guides.IAM}access_policies_testing-policies.html",
        )
    if side.unseen:
        return _unseen(need, case, asked, f"whether a grant allows it to {who} may not be looked at{although}")
    ways = " or ".join(_by(way) for way in side.ways)
    return Finding(
        "unknown",
        f"only {ways} may allow it to {who}{although}",
        f"See that this holds for {who}, or allow {need.holder.arn} {asked} in the key policy without a condition",
        f"{_guides.KMS}policy-conditions.html",
    )


def _unseen(need: _key_checks.KeyNeed, case: Case, asked: str, detail: str) -> Finding:
    remedy = _let_look(case.side.unseen, need)
    if case.verdict == "not_allowed":
        remedy = f"{remedy}; {_allow_in_iam(need, asked)}"
    return Finding("unknown", detail, remedy, _POLICY_EVALUATION)


def _by(part: _key_policy.Way | _key_policy.Prohibition) -> str:
    return (
        f"{part.by}, {'by' if part.sure else 'depending on'} {', '.join(part.depends_on)},"
        if part.depends_on
        else part.by
    )
