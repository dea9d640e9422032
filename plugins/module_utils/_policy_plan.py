# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the policy that is wanted and the one that is there to the changes between them.

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
    _report,
    _tags,
)


@dataclasses.dataclass(frozen=True)
class WantedPolicy:
    """What the task asks for; None stands for what it leaves alone."""

    name: str
    identity: _identity.Identity
    document: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    path: str | None = None
    description: str | None = None
    tags: _tags.WantedTags = _tags.TAGS_LEFT_ALONE


@dataclasses.dataclass(frozen=True)
class LivePolicy:
    """A policy as AWS has it, or as it will be; an inline policy has no ARN and what comes with one.

    boundary_of and spare_versions are looked up only for a policy that is to be deleted.
    """

    name: str
    document: t.Any
    attached_to: tuple[_identity.Identity, ...]
    arn: str | None = None
    path: str | None = None
    description: str | None = None
    version_id: str | None = None
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    boundary_of: tuple[_identity.Identity, ...] = ()
    spare_versions: tuple[str, ...] = ()

    def is_attached_to(self, identity: _identity.Identity) -> bool:
        return any(identity.is_same(other) for other in self.attached_to)


def plan_managed(wanted: WantedPolicy, live: LivePolicy | None, arn: str) -> list[_change.Change]:
    """The changes that make the managed policy what is wanted; arn is the one that it will have when it is created."""
    if live is None:
        return [
            _change.Change(
                "create_policy",
                (_report.Drift(arn, "policy", "missing", expected=wanted.name),),
                {
                    "name": wanted.name,
                    "path": wanted.path or "/",
                    "document": _policy_language.policy_text(wanted.document),
                    "description": wanted.description,
                    "tags": wanted.tags.after({}),
                },
            ),
            _attach(wanted, arn),
        ]
    arn = live.arn or arn
    changes = _unrepairable(wanted, live, arn)
    rewritten = _comparison.document_drift(arn, wanted.document, live.document)
    if rewritten:
        arguments = {"arn": arn, "document": _policy_language.policy_text(wanted.document)}
        changes.append(_change.Change("replace_default_version", tuple(rewritten), arguments))
    if not live.is_attached_to(wanted.identity):
        changes.append(_attach(wanted, arn))
    return [*changes, *wanted.tags.changes(arn, live.tags, "tag_policy", "untag_policy", arn=arn)]


def _attach(wanted: WantedPolicy, arn: str) -> _change.Change:
    drift = _report.Drift(arn, "attachment", "missing", expected=str(wanted.identity))
    return _change.Change("attach_policy", (drift,), {"identity": wanted.identity, "arn": arn})


def _unrepairable(wanted: WantedPolicy, live: LivePolicy, arn: str) -> list[_change.Change]:
    """AWS has no call that changes a managed policy's name, path or description."""
    remedy = (
        "AWS cannot change it in place: attach another policy to the identity, delete this one by hand "
        "and run again, or ask for what is there"
    )
    asked = {"name": wanted.name, "path": wanted.path, "description": wanted.description}
    there = {"name": live.name, "path": live.path, "description": live.description or ""}
    return [
        _change.Change("", (_report.Drift(arn, aspect, "different", value, there[aspect]),), remedy=remedy)
        for aspect, value in asked.items()
        if value is not None and value != there[aspect]
    ]


def plan_managed_absent(wanted: WantedPolicy, live: LivePolicy | None) -> list[_change.Change]:
    """The changes that remove the managed policy, or Refused where others use it too."""
    if live is None:
        return []
    arn = t.cast(str, live.arn)
    others = [str(other) for other in live.attached_to if not other.is_same(wanted.identity)]
    others += [f"{other} (as permissions boundary)" for other in live.boundary_of]
    if others:
        raise _change.Refused(f"the policy {arn} is not removed, as it is attached elsewhere too: {', '.join(others)}")
    attached = [identity for identity in live.attached_to if identity.is_same(wanted.identity)]
    return [
        *(
            _change.Change(
                "detach_policy",
                (_report.Drift(arn, "attachment", "extra", actual=str(identity)),),
                {"identity": identity, "arn": arn},
            )
            for identity in attached
        ),
        *(
            _change.Change(
                "delete_policy_version",
                (_report.Drift(arn, "version", "extra", actual=version_id),),
                {"arn": arn, "version_id": version_id},
            )
            for version_id in live.spare_versions
        ),
        _change.Change("delete_policy", (_report.Drift(arn, "policy", "extra", actual=live.name),), {"arn": arn}),
    ]


def plan_inline(wanted: WantedPolicy, live: LivePolicy | None) -> list[_change.Change]:
    """The change that makes the inline policy what is wanted."""
    subject = inline_subject(wanted)
    if live is None:
        drift = [_report.Drift(subject, "policy", "missing", expected=wanted.name)]
    else:
        drift = _comparison.document_drift(subject, wanted.document, live.document)
    if not drift:
        return []
    arguments = {
        "identity": wanted.identity,
        "name": wanted.name,
        "document": _policy_language.policy_text(wanted.document),
    }
    return [_change.Change("put_inline_policy", tuple(drift), arguments)]


def plan_inline_absent(wanted: WantedPolicy, live: LivePolicy | None) -> list[_change.Change]:
    if live is None:
        return []
    drift = _report.Drift(inline_subject(wanted), "policy", "extra", actual=wanted.name)
    return [_change.Change("delete_inline_policy", (drift,), {"identity": wanted.identity, "name": wanted.name})]


def inline_subject(wanted: WantedPolicy) -> str:
    return f"{wanted.identity}/{wanted.name}"


def after_managed(wanted: WantedPolicy, live: LivePolicy | None, arn: str, version_id: str | None) -> LivePolicy:
    """The managed policy once the plan is carried out; version_id is None where check mode cannot know it."""
    before = live or LivePolicy(wanted.name, None, (), arn=arn, path=wanted.path or "/", description=wanted.description)
    attached_to = (
        before.attached_to if before.is_attached_to(wanted.identity) else (*before.attached_to, wanted.identity)
    )
    return dataclasses.replace(
        before,
        # AWS would have to be asked for these by hand, with another policy; the diff shows that they differ.
        name=wanted.name,
        path=wanted.path or before.path,
        description=before.description if wanted.description is None else wanted.description,
        document=wanted.document,
        attached_to=attached_to,
        tags=wanted.tags.after(before.tags),
        version_id=version_id,
    )


def after_inline(wanted: WantedPolicy) -> LivePolicy:
    return LivePolicy(wanted.name, wanted.document, (wanted.identity,))


def policy_diff(wanted: WantedPolicy, before: LivePolicy | None, after: LivePolicy | None) -> dict[str, str]:
    """C(diff): a line for each thing that one of the documents allows or denies, each attachment and each tag."""
    arns = [policy.arn for policy in (before, after) if policy and policy.arn]
    name = f"policy {arns[0]}" if arns else f"inline policy {inline_subject(wanted)}"
    like = after.document if after else {}
    return _diff_text.diff_text(name, policy_lines(before, like), policy_lines(after, like))


def policy_lines(policy: LivePolicy | None, like: Mapping[str, t.Any]) -> list[str]:
    """The facts of a policy, none of one that is not there; like: see C(document_lines)."""
    if policy is None:
        return []
    document = policy.document if isinstance(policy.document, Mapping) else {}
    return [
        *_diff_text.facts({"description": policy.description, "name": policy.name, "path": policy.path}),
        *(f"attached to: {identity}" for identity in policy.attached_to),
        *(f"tag: {key}={value}" for key, value in policy.tags.items()),
        *_comparison.document_lines(document, like),
        f"document version: {_comparison.version_of(document)}",
    ]


def policy_facts(policy: LivePolicy | None) -> dict[str, t.Any] | None:
    """The C(policy) return value."""
    if policy is None:
        return None
    return {
        "arn": policy.arn,
        "name": policy.name,
        "path": policy.path,
        "document": policy.document,
        "version_id": policy.version_id,
        "size": _policy_language.policy_size(policy.document),
        "tags": dict(policy.tags),
    }


def attached_facts(policy: LivePolicy | None) -> list[dict[str, str]]:
    """The C(attached_to) return value."""
    entries = policy.attached_to if policy else ()
    return [{"type": entry.type, "name": entry.name} for entry in sorted(entries, key=str)]
