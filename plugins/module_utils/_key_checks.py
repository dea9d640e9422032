# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an identity may use the KMS keys of a connection, and which side is missing where it may not.

The two sides are the key's, which is its policy and its grants, and the IAM policies of the identity.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import types
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _identity,
    _key_policy,
    _key_words as words,
    _location,
    _permissions,
    _report,
    _resource_policy,
    _words,
)

CHECK_NAMES: t.Final[Mapping[_key_policy.KeyUse, str]] = {
    "results": "results_key",
    "sources": "source_keys",
    "catalog": "catalog_key",
    "lake_formation": "lake_formation_keys",
}
_TARGETS: t.Final[Mapping[_key_policy.KeyUse, _permissions.Target]] = {
    "results": "results_key",
    "sources": "source_key",
    "catalog": "catalog_key",
    "lake_formation": "source_key",
}

# AWS lists them for encrypted catalogs; reading probably needs kms:Decrypt only
# (https://docs.aws.amazon.com/athena/latest/ug/access-encrypted-data-glue-data-catalog.html).
_HARDLY_NEEDED: t.Final = frozenset({("catalog", "kms:Encrypt"), ("catalog", "kms:GenerateDataKey")})

# A key that is being updated can be used (https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html).
_USABLE_STATES: t.Final = ("Enabled", "Updating")

# What IAM says of registration roles, by their ARNs.
Roles: t.TypeAlias = "Mapping[str, _decisions.Decisions | _report.Denied | None]"
NO_ROLES: t.Final[Roles] = types.MappingProxyType({})

# The worst comes first. What cannot be told may be a failure, so it is worse than a warning.
_SEVERITY: t.Final[tuple[_report.CheckStatus, ...]] = ("fail", "unknown", "warn", "pass")


@dataclasses.dataclass(frozen=True)
class KeyNeed:
    """That somebody must be able to use a key.

    arn: the key's own. why: for the texts, as in C(the default encryption of the bucket acme-results). holder: the
    connection's identity; the registration role of the location for C(lake_formation). s3_arns: what S3 may give as
    encryption context, the ARN of the bucket with an S3 Bucket Key, those of objects without; empty where that is not
    known. client_side: whether Athena encrypts by itself (CSE_KMS).
    """

    arn: str
    use: _key_policy.KeyUse
    actions: tuple[str, ...]
    why: str
    holder: _identity.IdentityArn
    s3_arns: tuple[str, ...] = ()
    client_side: bool = False

    @property
    def account_id(self) -> str:
        """The account of the key."""
        return _location.parse_key_arn("kms_keys", self.arn).account_id

    @property
    def region(self) -> str:
        return _location.parse_key_arn("kms_keys", self.arn).region

    @property
    def is_foreign(self) -> bool:
        return self.account_id != self.holder.account_id


def key_actions(use: _key_policy.KeyUse) -> tuple[str, ...]:
    """The actions that a use of a key needs."""
    return tuple(_permissions.actions_on([_TARGETS[use]], ["kms_keys"]))


def no_key(use: _key_policy.KeyUse, reason: str) -> _report.Check:
    """The check of a use for which no permission on a key is needed; reason says why, as a sentence."""
    return _report.Check(
        CHECK_NAMES[use], "pass", f"{reason}; no permission on a KMS key is needed", reference=words.REFERENCES[use]
    )


def side_of(need: KeyNeed, facts: _key_policy.KeyFacts) -> dict[str, _key_policy.KeySide]:
    """What the key's side says to the holder, by action."""
    context = _key_policy.key_context(need.use, facts.parts, need.holder, need.s3_arns, need.client_side)
    return _key_policy.key_side(facts, need.holder, need.actions, context)


def is_settled(
    need: KeyNeed,
    facts: _key_policy.KeyFacts,
    decisions: _decisions.Decisions | _report.Denied,
    roles: Roles = NO_ROLES,
) -> bool:
    """Whether the holder may surely use the key by what is known of it; no grant could add to that."""
    return all(
        _case(need, side, _decision(need, action, decisions, roles)).answer
        for action, side in side_of(need, facts).items()
    )


def key_checks(
    needs: Sequence[KeyNeed],
    keys: Mapping[str, _key_policy.KeyFacts],
    decisions: _decisions.Decisions | _report.Denied,
    region: str,
    roles: Roles = NO_ROLES,
) -> list[_report.Check]:
    """One check for each use that occurs, in the order in which a query meets them.

    keys: by ARN; what is not there was not looked at. decisions: those of the connection's identity. region: that of
    the queries. roles: the decisions of registration roles, as far as they were asked for.
    """
    return [
        _check(use, [finding for need in merged for finding in _findings(need, keys, decisions, region, roles)])
        for use in CHECK_NAMES
        if (merged := _merged(need for need in needs if need.use == use))
    ]


def _merged(needs: Iterable[KeyNeed]) -> list[KeyNeed]:
    """One need for each key and holder: many tables may have their files under one key."""
    alike: dict[tuple[str, str, bool], list[KeyNeed]] = {}
    for need in needs:
        alike.setdefault((need.arn, need.holder.arn, need.client_side), []).append(need)
    return [_as_one(group) for group in alike.values()]


def _as_one(needs: Sequence[KeyNeed]) -> KeyNeed:
    s3_arns = [need.s3_arns for need in needs]
    return dataclasses.replace(
        needs[0],
        actions=tuple(dict.fromkeys(action for need in needs for action in need.actions)),
        why=_words.some(dict.fromkeys(need.why for need in needs), 3),
        s3_arns=tuple(dict.fromkeys(arn for arns in s3_arns for arn in arns)) if all(s3_arns) else (),
    )


def _check(use: _key_policy.KeyUse, findings: Sequence[words.Finding]) -> _report.Check:
    """Of all findings the worst status; what is in order is told only where all is."""
    findings = sorted(findings, key=lambda finding: _SEVERITY.index(finding.status))
    worst = findings[0]
    shown = [finding for finding in findings if finding.status != "pass"] or findings
    return _report.Check(
        CHECK_NAMES[use],
        worst.status,
        "; ".join(finding.detail for finding in shown),
        "; ".join(dict.fromkeys(finding.remedy for finding in shown if finding.remedy)),
        worst.reference,
    )


def _findings(
    need: KeyNeed,
    keys: Mapping[str, _key_policy.KeyFacts],
    decisions: _decisions.Decisions | _report.Denied,
    region: str,
    roles: Roles,
) -> list[words.Finding]:
    facts = keys.get(need.arn, _key_policy.KeyFacts(need.arn))
    if need.region != region:
        return [words.other_region(need, region)]
    if facts.state == _key_policy.ABSENT_KEY:
        return [words.absent(need)]
    if facts.is_aws_managed and need.is_foreign:
        return [words.managed_elsewhere(need)]
    findings = _permission_findings(need, facts, decisions, roles)
    if isinstance(facts.state, _report.Denied):
        return [words.state_unseen(need, facts.state), *findings]
    if facts.state is None or facts.state in _USABLE_STATES:
        return findings
    return [words.unusable(need, facts.state), *findings]


def _permission_findings(
    need: KeyNeed, facts: _key_policy.KeyFacts, decisions: _decisions.Decisions | _report.Denied, roles: Roles
) -> list[words.Finding]:
    """One finding for all actions of which the same is to be said."""
    alike: dict[tuple[words.Case, bool], list[str]] = {}
    for action, side in side_of(need, facts).items():
        case = _case(need, side, _decision(need, action, decisions, roles))
        is_minor = case.answer is False and (need.use, action) in _HARDLY_NEEDED
        alike.setdefault((case, is_minor), []).append(action)
    return [
        dataclasses.replace(finding, status="warn") if is_minor else finding
        for (case, is_minor), actions in alike.items()
        for finding in [words.finding(need, case, actions)]
    ]


def _decision(
    need: KeyNeed, action: str, decisions: _decisions.Decisions | _report.Denied, roles: Roles
) -> _decisions.Decision | None:
    """None where it is not known."""
    of_holder = roles.get(need.holder.arn) if need.use == "lake_formation" else decisions
    return of_holder.of(action, need.arn) if isinstance(of_holder, _decisions.Decisions) else None


def _case(need: KeyNeed, side: _key_policy.KeySide, decision: _decisions.Decision | None) -> words.Case:
    depends_on = decision.depends_on if decision else ()
    verdict = decision.verdict if decision and not depends_on else None
    ways = [(way, _resource_policy.every([way.sure or None, _iam_lets(need, way, decision)])) for way in side.ways]
    if side.unseen or side.policy == "hidden":
        unseen = _key_policy.Way("delegated" if need.is_foreign else "direct", "", sure=False)
        ways.append((unseen, _resource_policy.every([None, _iam_lets(need, unseen, decision)])))
    answer = _resource_policy.every(
        [
            False if side.is_prohibited else None if side.may_be_prohibited else True,
            None if depends_on else verdict not in ("denied", "organization"),
            _resource_policy.some(is_passable for _way, is_passable in ways),
        ]
    )
    return words.Case(
        answer=answer,
        side=side,
        verdict=verdict,
        policies=decision.policies if decision else (),
        depends_on=depends_on,
        way=next((way for way, is_passable in ways if is_passable), None),
    )


def _iam_lets(need: KeyNeed, way: _key_policy.Way, decision: _decisions.Decision | None) -> _resource_policy.Answer:
    """Whether the identity's own policies leave a way open.

    In one account what a key policy gives to an identity needs no IAM policy
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html).
    """
    if way.kind == "delegated":
        if decision is None:
            return True if need.use == "lake_formation" else None
        return None if decision.depends_on else decision.is_allowed
    is_limited = decision is not None and decision.verdict == "boundary" and way.is_bounded
    return None if decision and decision.depends_on and is_limited else not is_limited
