# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the target role that is wanted and the one that is there to the changes between them.

With the role goes the policy that lets the base role assume it, an inline policy of the base role.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _comparison,
    _diff_text,
    _identity,
    _policy_language,
    _policy_plan,
    _report,
    _tags,
    _trust,
)

# What IAM gives a role for which nothing is said
# (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
DEFAULT_MAX_SESSION_DURATION: t.Final = 3600


@dataclasses.dataclass(frozen=True)
class WantedRole:
    """What the task asks for; None stands for what it leaves alone. A role that is to be absent needs no trust.

    permissions_boundary: the ARN of a policy, or empty for none. base_role: the role, of the same account, whose right
    to assume the target role is managed too. gone: the ARNs and names of the managed and inline policies that an
    earlier task of the same run takes from the role.
    """

    name: str
    trust: _trust.Trust = dataclasses.field(default_factory=lambda: _trust.Trust(()))
    path: str | None = None
    description: str | None = None
    permissions_boundary: str | None = None
    max_session_duration: int | None = None
    tags: _tags.WantedTags = _tags.TAGS_LEFT_ALONE
    base_role: _identity.Identity | None = None
    gone: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class LiveRole:
    """A role as AWS has it, or as it will be; its id is None where only AWS can tell it.

    trust_policy: as AWS shows it, but with the ARNs of live principals that AWS shows by their unique ids.
    """

    name: str
    arn: str
    trust_policy: Mapping[str, t.Any]
    id: str | None = None
    path: str = "/"
    description: str = ""
    permissions_boundary: str = ""
    max_session_duration: int = DEFAULT_MAX_SESSION_DURATION
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class World:
    """The role and the base role's policy as they are before the task, or will be after it."""

    role: LiveRole | None = None
    base_policy: _policy_plan.LivePolicy | None = None


@dataclasses.dataclass(frozen=True)
class Contents:
    """What AWS wants gone before it deletes a role: ARNs of managed policies, and names."""

    attached_policies: tuple[str, ...] = ()
    inline_policies: tuple[str, ...] = ()
    instance_profiles: tuple[str, ...] = ()


def base_policy_name(role_name: str) -> str:
    """The name of the base role's inline policy: one for each target role, so that others stay what they are."""
    return f"qualytics-athena-assume-{role_name}"


def base_policy_document(role_arn: str) -> dict[str, t.Any]:
    """What a base role needs to become the target role: the one action on exactly that role."""
    statement = {
        "Sid": "AssumeAthenaTargetRole",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": role_arn,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def plan(wanted: WantedRole, before: World, arn: str) -> list[_change.Change]:
    """The changes that make the role what is wanted; arn is the ARN that it will have when it is created.

    A boundary is set before the trust is written and taken away after it, so that whoever is newly let in meets it;
    the trust changes in one call, so that whoever may assume the role before and after it may do so in between.
    """
    role = before.role
    changes = [_create(wanted, arn)] if role is None else _role_changes(wanted, role)
    base_policy = wanted_base_policy(wanted, role.arn if role else arn)
    return [*changes, *(_policy_plan.plan_inline(base_policy, before.base_policy) if base_policy else [])]


def wanted_base_policy(wanted: WantedRole, arn: str) -> _policy_plan.WantedPolicy | None:
    if wanted.base_role is None:
        return None
    return _policy_plan.WantedPolicy(base_policy_name(wanted.name), wanted.base_role, base_policy_document(arn))


def _create(wanted: WantedRole, arn: str) -> _change.Change:
    arguments = {
        "name": wanted.name,
        "path": wanted.path or "/",
        "trust_policy": _policy_language.policy_text(wanted.trust.document),
        "description": wanted.description,
        "permissions_boundary": wanted.permissions_boundary,
        "max_session_duration": wanted.max_session_duration,
        "tags": wanted.tags.after({}),
    }
    return _change.Change("create_role", (_report.Drift(arn, "role", "missing", expected=wanted.name),), arguments)


def _role_changes(wanted: WantedRole, role: LiveRole) -> list[_change.Change]:
    put, delete = _boundary_changes(wanted, role)
    return [
        *_unrepairable(wanted, role),
        *put,
        *_trust_changes(wanted, role),
        *_update(wanted, role),
        *delete,
        *wanted.tags.changes(role.arn, role.tags, "tag_role", "untag_role", name=role.name),
    ]


def _unrepairable(wanted: WantedRole, role: LiveRole) -> list[_change.Change]:
    """AWS has no call that changes a role's path."""
    if wanted.path in (None, role.path):
        return []
    remedy = (
        "AWS cannot change it in place: use another role_name, delete this role by hand and run again, "
        "or ask for the path that is there"
    )
    return [_change.Change("", (_report.Drift(role.arn, "path", "different", wanted.path, role.path),), remedy=remedy)]


def _boundary_changes(wanted: WantedRole, role: LiveRole) -> tuple[list[_change.Change], list[_change.Change]]:
    """(to put, to delete)."""
    asked, there = wanted.permissions_boundary, role.permissions_boundary
    if asked is None or asked == there:
        return [], []
    if asked:
        drift = _report.Drift(
            role.arn, "permissions_boundary", "different" if there else "missing", asked, there or None
        )
        return [_change.Change("put_boundary", (drift,), {"name": role.name, "arn": asked})], []
    drift = _report.Drift(role.arn, "permissions_boundary", "extra", actual=there)
    return [], [_change.Change("delete_boundary", (drift,), {"name": role.name})]


def _trust_changes(wanted: WantedRole, role: LiveRole) -> list[_change.Change]:
    drift = tuple(_trust.trust_drift(role.arn, wanted.trust, role.trust_policy))
    if not drift:
        return []
    unsavable = _trust.unsavable(wanted.trust, role.trust_policy)
    if unsavable:
        remedy = (
            f"AWS does not save the trust policy as long as {', and '.join(unsavable)}: that is the unique id of a "
            "principal that was deleted. Name the one that is there now, remove the statement, or set purge_trust"
        )
        return [_change.Change("", drift, remedy=remedy)]
    document = _policy_language.policy_text(_trust.merged(wanted.trust, role.trust_policy))
    return [_change.Change("update_trust_policy", drift, {"name": role.name, "trust_policy": document})]


def _update(wanted: WantedRole, role: LiveRole) -> list[_change.Change]:
    """One call for both, and always with both: AWS documents that a duration that is left out is set to its default.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
    """
    asked = {"description": wanted.description, "max_session_duration": wanted.max_session_duration}
    there = {"description": role.description, "max_session_duration": role.max_session_duration}
    drift = tuple(
        _report.Drift(role.arn, aspect, "different", str(value), str(there[aspect]))
        for aspect, value in asked.items()
        if value is not None and value != there[aspect]
    )
    if not drift:
        return []
    arguments = {aspect: there[aspect] if value is None else value for aspect, value in asked.items()}
    return [_change.Change("update_role", drift, {"name": role.name, **arguments})]


def in_the_way_of(contents: Contents, gone: frozenset[str]) -> list[str]:
    """What keeps AWS from deleting the role, in words, but for what is gone: policies by ARN, or inline by name."""
    return [
        *(f"the policy {arn}" for arn in contents.attached_policies if arn not in gone),
        *(f"the inline policy {name}" for name in contents.inline_policies if name not in gone),
        *(f"the instance profile {name}" for name in contents.instance_profiles),
    ]


def plan_absent(wanted: WantedRole, before: World, contents: Contents) -> list[_change.Change]:
    """The changes that remove the base role's right and then the role, or Refused where something is in the way."""
    base_policy = wanted_base_policy(wanted, "")
    changes = _policy_plan.plan_inline_absent(base_policy, before.base_policy) if base_policy else []
    role = before.role
    if role is None:
        return changes
    in_the_way = in_the_way_of(contents, wanted.gone)
    if in_the_way:
        raise _change.Refused(
            f"the role {role.arn} is not deleted, as something is in it that this run did not put there: "
            f"{', '.join(in_the_way)}; remove what is no longer needed and run again, or keep the role"
        )
    drift = _report.Drift(role.arn, "role", "extra", actual=role.name)
    return [*changes, _change.Change("delete_role", (drift,), {"name": role.name})]


def after(wanted: WantedRole, before: World, arn: str, role_id: str | None) -> World:
    """The world once the plan is carried out; role_id is None where check mode cannot know it."""
    role = before.role or LiveRole(wanted.name, arn, {}, path=wanted.path or "/")
    trust_policy = role.trust_policy
    if before.role is None or _trust.trust_drift(role.arn, wanted.trust, trust_policy):
        trust_policy = _trust.merged(wanted.trust, role.trust_policy if before.role else None)
    base_policy = wanted_base_policy(wanted, role.arn)
    return World(
        dataclasses.replace(
            role,
            id=role_id,
            # AWS would have to be asked for another one by hand; the diff shows that it differs.
            path=wanted.path or role.path,
            trust_policy=trust_policy,
            description=role.description if wanted.description is None else wanted.description,
            permissions_boundary=(
                role.permissions_boundary if wanted.permissions_boundary is None else wanted.permissions_boundary
            ),
            max_session_duration=wanted.max_session_duration or role.max_session_duration,
            tags=wanted.tags.after(role.tags),
        ),
        _policy_plan.LivePolicy(base_policy.name, base_policy.document, (base_policy.identity,))
        if base_policy
        else None,
    )


def role_diff(arn: str, before: World, after: World) -> dict[str, str]:
    """C(diff): a line for each thing that the role is, each principal that it trusts and each tag.

    arn: the ARN of the role; the diff of a base role's right is part of it.
    """
    return _diff_text.diff_text(f"role {arn}", _world_lines(before, after), _world_lines(after, after))


def _world_lines(world: World, like: World) -> list[str]:
    return [*_role_lines(world.role, like.role), *_base_policy_lines(world.base_policy)]


def _role_lines(role: LiveRole | None, like: LiveRole | None) -> list[str]:
    if role is None:
        return []
    settings = {
        "description": role.description,
        "maximum session duration": role.max_session_duration,
        "name": role.name,
        "path": role.path,
        "permissions boundary": role.permissions_boundary,
        "trust policy version": _comparison.version_of(role.trust_policy),
    }
    trusted = _comparison.document_lines(role.trust_policy, like.trust_policy if like else {})
    return [
        *_diff_text.facts(settings),
        *(f"tag: {key}={value}" for key, value in role.tags.items()),
        *(f"trust: {line}" for line in trusted),
    ]


def _base_policy_lines(policy: _policy_plan.LivePolicy | None) -> list[str]:
    if policy is None:
        return []
    (identity,) = policy.attached_to
    document = policy.document if isinstance(policy.document, Mapping) else {}
    lines, version = _comparison.document_lines(document), _comparison.version_of(document)
    # So that the one thing that it allows is one line.
    if version != base_policy_document("")["Version"]:
        lines.append(f"document version: {version}")
    return [f"{identity}/{policy.name}: {line}" for line in lines]


def role_facts(role: LiveRole | None) -> dict[str, t.Any] | None:
    """The C(role) return value."""
    if role is None:
        return None
    return {
        "arn": role.arn,
        "name": role.name,
        "id": role.id,
        "path": role.path,
        "description": role.description,
        "permissions_boundary": role.permissions_boundary or None,
        "max_session_duration": role.max_session_duration,
        "tags": dict(role.tags),
        "trust_policy": dict(role.trust_policy),
    }
