# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user's, group's or role's policies make of a request that is not made: the decision behind the simulator.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html and the API reference of
EvaluationResult. A managed policy goes by its name, an inline one by `user_NAME_POLICY`, as IAM was seen to write it:
https://github.com/faiscadev/fakecloud/pull/1904.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, ParsedStatement
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from . import organization_policies
from .pin import wrap

_TYPES = {"user": "User", "role": "AssumedRole", "group": "Group"}


@dataclass
class Simulated(EvalContext):
    """A request that is not made: its condition keys are those of its principal, and those it is given."""

    entries: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """An identity policy, and how a result names it."""

    source: str
    statements: list[ParsedStatement]


@dataclass(frozen=True)
class Result:
    """The decision on one request; `matched` are the sources of the statements that made it."""

    resource: str
    decision: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    allowed_by_boundary: bool
    allowed_by_organizations: bool


# ---- the policies ----


def managed(arns: Iterable[str]) -> list[Policy]:
    """The default versions of managed policies."""
    account = get_account_id()
    documents = {arn: iam_evaluator._resolve_managed_policy_document(arn, account) for arn in arns}
    return [
        Policy(arn.rpartition("/")[2], iam_evaluator.parse_policy_document(text)) for arn, text in documents.items()
    ]


def _inline(kind: str, name: str, documents: Mapping[str, Any]) -> list[Policy]:
    return [
        Policy(f"{kind}_{name}_{policy}", iam_evaluator.parse_policy_document(text))
        for policy, text in documents.items()
    ]


def policies_of(kind: str, entity: Mapping[str, Any]) -> list[Policy]:
    """All identity policies of a user, role or group: of a user also those of its groups."""
    name = entity[f"{kind.title()}Name"]
    stores = {"user": iam._user_inline_policies, "group": iam._group_inline_policies}
    inline = entity["InlinePolicies"] if kind == "role" else stores[kind].get(name)
    found = _inline(kind, name, inline or {}) + managed(entity["AttachedPolicies"])
    groups = [group for group in iam._groups.values() if kind == "user" and name in group["Users"]]
    return found + [policy for group in groups for policy in policies_of("group", group)]


# ---- the decision ----


@dataclass(frozen=True)
class Principal:
    """The user, role or group that makes the requests, with its record."""

    arn: str
    kind: str
    entity: Mapping[str, Any]

    def request(self, action: str, resource: str, entries: Mapping[str, Any]) -> Simulated:
        """A request with the condition keys of this principal; `entries` are all others."""
        keys = {f"aws:principaltag/{tag['Key'].lower()}": tag["Value"] for tag in self.entity.get("Tags") or ()}
        if self.kind == "user":
            keys |= {"aws:username": self.entity["UserName"], "aws:userid": self.entity["UserId"]}
        return Simulated(
            principal_arn=self.arn,
            principal_type=_TYPES[self.kind],
            principal_account=self.arn.split(":")[4],
            action=action,
            resource_arn=resource,
            region=get_region(),
            principal_keys=keys,
            entries=entries,
        )


def _condition_key(original: Any, key: str, context: EvalContext) -> Any:
    """A condition key of a simulation: its principal's, or as given; the request that asks for it has no part in it."""
    if not isinstance(context, Simulated):
        return original(key, context)
    name = key.lower()
    if name in context.entries:
        return context.entries[name]
    if name in ("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalorgid"):
        return original(key, context)
    return context.principal_keys.get(name)


def _applies(statement: ParsedStatement, context: EvalContext) -> bool:
    """Whether a statement is about the action and the resource, whatever its conditions say."""
    return iam_evaluator._action_matches(
        context.action, statement.actions, statement.not_actions
    ) and iam_evaluator._resource_matches(context.resource_arn, statement.resources, statement.not_resources)


def _sources(policies: Iterable[Policy], effect: str, context: EvalContext) -> tuple[str, ...]:
    """The source of each statement of that effect that matches."""
    return tuple(
        policy.source
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect
        and _applies(statement, context)
        and iam_evaluator._conditions_met(statement.conditions, context)
    )


def _missing(policies: Iterable[Policy], context: EvalContext) -> tuple[str, ...]:
    """The condition keys that these policies ask for and nobody gave."""
    asked = {
        key
        for policy in policies
        for statement in policy.statements
        if _applies(statement, context)
        for keys in statement.conditions.values()
        for key in keys
    }
    return tuple(sorted(key for key in asked if iam_evaluator._resolve_condition_key(key, context) is None))


def decide(context: Simulated, policies: list[Policy], boundary: Policy | None) -> Result:
    """What these policies, a permissions boundary and the organization's policies make of a request."""
    denied, allowed = (_sources(policies, effect, context) for effect in ("Deny", "Allow"))
    bounds = [boundary] if boundary else []
    denied_by_boundary = bool(_sources(bounds, "Deny", context))
    within = not bounds or (bool(_sources(bounds, "Allow", context)) and not denied_by_boundary)
    organizations = organization_policies.denial(context)
    if organizations:
        # "The simulation ends. In this case, policy evaluation does not proceed any further" (EvaluationResult).
        decision = "explicitDeny" if organizations.decision == "Deny" else "implicitDeny"
        matched: tuple[str, ...] = ()
    elif denied or denied_by_boundary:
        decision, matched = "explicitDeny", denied
    else:
        decision, matched = ("allowed", allowed) if allowed and within else ("implicitDeny", ())
    missing = _missing([*policies, *bounds], context)
    return Result(context.resource_arn, decision, matched, missing, within, organizations is None)


def install() -> None:
    """Take the condition keys of a simulation from what it is given."""
    wrap("ministack.core.iam_evaluator:_resolve_condition_key", _condition_key)
