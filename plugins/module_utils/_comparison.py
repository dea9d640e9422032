# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do two policy documents mean the same, and if not, which single thing differs?

A statement is taken apart into grants: one effect, principal, action, resource and condition each. Documents with
the same grants mean the same, however their statements are ordered, split, merged, named or written.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift

# operator, key in lowercase, values: sorted, so that equal conditions are equal values.
Condition = tuple[tuple[str, str, tuple[str, ...]], ...]

# Where a document names no version, IAM takes the older one
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
_DEFAULT_VERSION = "2008-10-17"

_ACCOUNT_ROOT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")


class Grant(t.NamedTuple):
    """What one statement says of one principal, action and resource. Actions are in lowercase, as IAM compares them."""

    effect: str
    principal: str
    action: str
    resource: str
    condition: Condition


@dataclasses.dataclass(frozen=True)
class Statement:
    """A statement as the sets that it multiplies; every element is the text of one Grant field."""

    sid: str
    effect: str
    principals: frozenset[str]
    actions: frozenset[str]
    resources: frozenset[str]
    condition: Condition

    def grants(self) -> frozenset[Grant]:
        product = itertools.product([self.effect], self.principals, self.actions, self.resources, [self.condition])
        return frozenset(itertools.starmap(Grant, product))


def statements_of(document: Mapping[str, t.Any]) -> list[Statement]:
    """The statements of a policy document, in their order and in canonical form."""
    return [_statement(statement) for statement in _as_list(document.get("Statement"))]


def grants_of(document: Mapping[str, t.Any]) -> frozenset[Grant]:
    return frozenset(itertools.chain.from_iterable(statement.grants() for statement in statements_of(document)))


def same_meaning(wanted: Mapping[str, t.Any], live: t.Any) -> bool:
    return not document_drift("", wanted, live)


def _as_list(value: t.Any) -> list[t.Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _texts(value: t.Any) -> list[str]:
    """Scalars as IAM stores them: booleans and numbers are text."""
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in _as_list(value)]


def _statement(statement: t.Any) -> Statement:
    if not isinstance(statement, Mapping):
        # Not a statement of any policy language we know: kept whole, so that it can only be equal to itself.
        text, nothing = json.dumps(statement, sort_keys=True, default=str), frozenset({""})
        return Statement("", text, nothing, nothing, nothing, condition=())
    return Statement(
        sid=str(statement.get("Sid") or ""),
        effect=str(statement.get("Effect")),
        principals=_element(statement, "Principal", _principals),
        actions=_element(statement, "Action", lambda value: [_wildcards(text.lower()) for text in _texts(value)]),
        resources=_element(statement, "Resource", lambda value: [_wildcards(text) for text in _texts(value)]),
        condition=_condition(statement.get("Condition")),
    )


def _element(statement: Mapping[str, t.Any], name: str, read: t.Callable[[t.Any], Iterable[str]]) -> frozenset[str]:
    """The values of an element; a negated one (C(NotAction)) holds for all its values at once, so it stays whole."""
    negated = f"Not{name}"
    if negated in statement:
        return frozenset({f"{negated} {', '.join(sorted(set(read(statement[negated]))))}"})
    return frozenset(read(statement[name])) if name in statement else frozenset({""})


def _wildcards(text: str) -> str:
    return re.sub(r"\*+", "*", text)


def _principals(value: t.Any) -> list[str]:
    """C("*") is C({"AWS": "*"}), and an account is its root user, in every partition.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    by_kind = value if isinstance(value, Mapping) else {"AWS": value}
    return [f"{kind}:{_account(text)}" for kind, texts in by_kind.items() for text in _texts(texts)]


def _account(principal: str) -> str:
    root = _ACCOUNT_ROOT.fullmatch(principal)
    return root[1] if root else principal


def _condition(value: t.Any) -> Condition:
    if not isinstance(value, Mapping):
        return () if not value else (("", "", (json.dumps(value, sort_keys=True, default=str),)),)
    return tuple(
        sorted(
            (str(operator), str(key).lower(), tuple(sorted(set(_texts(values)))))
            for operator, keys in value.items()
            for key, values in (keys.items() if isinstance(keys, Mapping) else [("", keys)] if keys else [])
        )
    )


@dataclasses.dataclass(frozen=True)
class _Part:
    """A part of one statement that only one of the documents has: C(actions) times C(resources)."""

    aspect: t.Literal["statement", "action", "resource"]
    sid: str
    effect: str
    principals: frozenset[str]
    actions: frozenset[str]
    resources: frozenset[str]
    condition: Condition


def document_drift(subject: str, wanted: Mapping[str, t.Any], live: t.Any) -> list[Drift]:
    """One Drift for every action, resource, condition, effect or statement in which live differs from wanted."""
    if not isinstance(live, Mapping):
        return [Drift(subject, "document", "different", "a policy document", str(live))]
    names = _names_of(wanted) | _names_of(live)
    missing = _parts(wanted, grants_of(wanted) - grants_of(live))
    extra = _parts(live, grants_of(live) - grants_of(wanted))
    drift = [*_version_drift(subject, wanted, live)]
    for part in list(missing):
        partner = next((other for other in extra if _altered_aspect(part, other)), None)
        if partner and sum(bool(_altered_aspect(other, partner)) for other in missing) == 1:
            missing.remove(part)
            extra.remove(partner)
            aspect = _altered_aspect(part, partner)
            drift.append(Drift(subject, aspect, "different", _text(part, names), _text(partner, names)))
    drift.extend(Drift(subject, part.aspect, "missing", expected=_text(part, names)) for part in missing)
    drift.extend(Drift(subject, part.aspect, "extra", actual=_text(part, names)) for part in extra)
    return list(dict.fromkeys(drift))


def document_lines(document: Mapping[str, t.Any]) -> list[str]:
    """The document as sorted lines, one for each grant, so that a diff shows one change a line."""
    names = _names_of(document)
    return sorted(
        {
            _text(_part(statement, "action", {action}, {resource}), names)
            for statement in statements_of(document)
            for action, resource in itertools.product(statement.actions, statement.resources)
        }
    )


def _version_drift(subject: str, wanted: Mapping[str, t.Any], live: Mapping[str, t.Any]) -> list[Drift]:
    expected, actual = (str(document.get("Version", _DEFAULT_VERSION)) for document in (wanted, live))
    return [] if expected == actual else [Drift(subject, "version", "different", expected, actual)]


def _names_of(document: Mapping[str, t.Any]) -> dict[str, str]:
    """Actions as they were written, by their lowercase form."""
    statements = [it for it in _as_list(document.get("Statement")) if isinstance(it, Mapping)]
    return {text.lower(): text for it in statements for text in _texts(it.get("Action"))}


def _parts(document: Mapping[str, t.Any], grants: frozenset[Grant]) -> list[_Part]:
    """The grants, gathered into the largest parts of the document's statements that a person would name."""
    parts: list[_Part] = []
    for statement in statements_of(document):
        within = statement.grants() & grants
        if within == statement.grants():
            parts.append(_part(statement, "statement", statement.actions, statement.resources))
            continue
        by_action: dict[str, frozenset[str]] = {
            action: frozenset(grant.resource for grant in within if grant.action == action)
            for action in statement.actions
        }
        whole_actions = {action for action, resources in by_action.items() if resources == statement.resources}
        parts.extend(_part(statement, "action", {action}, statement.resources) for action in whole_actions)
        rest = statement.actions - whole_actions
        for resource in statement.resources:
            actions = {action for action in rest if resource in by_action[action]}
            if actions == rest and actions:
                parts.append(_part(statement, "resource", actions, {resource}))
            else:
                parts.extend(_part(statement, "action", {action}, {resource}) for action in actions)
    return list(dict.fromkeys(parts))


def _part(
    statement: Statement,
    aspect: t.Literal["statement", "action", "resource"],
    actions: Iterable[str],
    resources: Iterable[str],
) -> _Part:
    sid = statement.sid if aspect == "statement" else ""
    return _Part(
        aspect,
        sid,
        statement.effect,
        statement.principals,
        frozenset(actions),
        frozenset(resources),
        statement.condition,
    )


def _altered_aspect(one: _Part, other: _Part) -> str:
    """The single aspect in which two parts differ, or nothing where they are not the same part, altered."""
    differing = [
        name
        for name in ("effect", "principals", "actions", "resources", "condition")
        if getattr(one, name) != getattr(other, name)
    ]
    aspects = {"effect": "effect", "principals": "principal", "actions": "action", "resources": "resource"}
    if len(differing) != 1:
        return ""
    if differing[0] in ("actions", "resources") and len(getattr(one, differing[0])) != 1:
        return ""
    return aspects.get(differing[0], "condition")


def _text(part: _Part, names: Mapping[str, str]) -> str:
    """For instance C(Allow s3:GetObject on arn:aws:s3:::bucket/*)."""
    actions = ", ".join(names.get(action, action) for action in sorted(part.actions))
    text = f"{part.effect} {actions}"
    if part.resources != {""}:
        text += f" on {', '.join(sorted(part.resources))}"
    if part.principals != {""}:
        text += f" by {', '.join(sorted(part.principals))}"
    if part.condition:
        text += f" if {_condition_text(part.condition)}"
    return f"{part.sid}: {text}" if part.sid else text


def _condition_text(condition: Condition) -> str:
    return " and ".join(f"{operator} {key} {', '.join(values)}" for operator, key, values in condition)
