# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an identity may do beyond what its connection needs, told from the text of its policies.

No call of AWS answers this for nothing: Access Analyzer's checks are charged
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-checks-validating-policies.html). Every doubt counts
as beyond, so that nothing beyond is passed over.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _comparison,
    _guides,
    _policy_language,
    _report,
    _words,
)

_LEAST_PRIVILEGE: t.Final = f"{_guides.IAM}best-practices.html#grant-least-privilege"
_ROWS_TOLD: t.Final = 10


@dataclasses.dataclass(frozen=True)
class NamedPolicy:
    """A policy of the identity. name: the ARN of a managed policy; an inline policy is named in words."""

    name: str
    document: Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True, order=True)
class Beyond:
    """One action on one resource that the connection does not need, as the policy writes them."""

    policy: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} ({self.policy})"

    @property
    def row(self) -> dict[str, str]:
        return dataclasses.asdict(self)


def beyond(
    wanted: Mapping[str, t.Any], live: Sequence[NamedPolicy], boundary: Mapping[str, t.Any] | None = None
) -> list[Beyond]:
    """What the policies allow and the wanted document does not.

    Left out is what the identity certainly may not do after all: because a policy of its own, or its boundary, denies
    it whole and on no other condition, or because all that the boundary leaves of it is wanted, if that is anything.
    """
    needed = list(_statements(wanted, "Allow"))
    documents = [*(policy.document for policy in live), *([boundary] if boundary else [])]
    denials = [statement for document in documents for statement in _statements(document, "Deny")]
    limits = None if boundary is None else _unwanted(boundary, needed, denials)
    found = {
        Beyond(policy.name, action.text, resource.text)
        for policy in live
        for statement in _statements(policy.document, "Allow")
        for action, resource in _parts_beyond(statement, needed, denials, limits)
    }
    return sorted(found)


def _unwanted(
    boundary: Mapping[str, t.Any], needed: Sequence[_Statement], denials: Sequence[_Statement]
) -> list[_Statement]:
    """What a boundary lets pass that is not wanted, as statements of one action and one resource."""
    return [
        statement.only(action, resource)
        for statement in _statements(boundary, "Allow")
        for action, resource in _parts_beyond(statement, needed, denials, limits=None)
    ]


def _parts_beyond(
    statement: _Statement,
    needed: Sequence[_Statement],
    denials: Sequence[_Statement],
    limits: Sequence[_Statement] | None,
) -> Iterator[tuple[_Entry, _Entry]]:
    """The actions and resources of one statement that are neither needed nor void."""
    may_serve = [it for it in (*needed, *denials) if it.asks_no_more_than(statement.condition)]
    for action in statement.actions.entries():
        # What covers a resource, or touches it, has to do so for this action.
        covering = [it.resources for it in may_serve if it.actions.covers(action.pattern)]
        touching = [it.resources for it in limits or () if it.actions.touches(action.pattern)]
        for resource in statement.resources.entries():
            is_left_out = limits is not None and not any(it.touches(resource.pattern) for it in touching)
            if not is_left_out and not any(it.covers(resource.pattern) for it in covering):
                yield action, resource


def at_most(found: Sequence[Beyond], denied: Sequence[_report.Denied]) -> _report.Check:
    """Whether the identity has no more than the connection needs. Denied: the policies that may not be read."""
    permissions = ", ".join(dict.fromkeys(it.permission for it in denied))
    if found:
        told = "; ".join(map(str, found[:_ROWS_TOLD]))
        if len(found) > _ROWS_TOLD:
            told = f"{told}; and {len(found) - _ROWS_TOLD} more"
        unread = f"; policies that may not be read may allow more ({permissions})" if denied else ""
        return _report.Check(
            "at_most",
            "warn",
            f"the identity may do what the connection does not need: {told}{unread}",
            "Narrow or detach the policy if that is not meant; another connection of the identity may need it",
            _LEAST_PRIVILEGE,
        )
    if denied:
        return _report.Check(
            "at_most",
            "unknown",
            "not all policies of the identity may be read",
            _words.grant_to_caller(permissions),
            _LEAST_PRIVILEGE,
        )
    return _report.Check(
        "at_most", "pass", "the identity may do no more than the connection needs", "", _LEAST_PRIVILEGE
    )


# Statements --------------------------------------------------------------------------------------------------------


class _Entry(t.NamedTuple):
    """One action or resource. text: as the policy writes it. pattern: of all that it may stand for."""

    text: str
    pattern: str


@dataclasses.dataclass(frozen=True)
class _Element:
    """C(Action) or C(NotAction), C(Resource) or C(NotResource)."""

    name: str
    patterns: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def is_negated(self) -> bool:
        return self.name.startswith("Not")

    def entries(self) -> list[_Entry]:
        if self.is_negated:
            # That it stands for less than everything makes no difference: no connection needs nearly everything.
            return [_Entry(f"{self.name} {', '.join(self.texts)}", "*")]
        return [_Entry(text, _widened(pattern)) for text, pattern in zip(self.texts, self.patterns, strict=True)]

    def only(self, entry: _Entry) -> _Element:
        """A negated element holds for all its values at once, and stays whole."""
        return self if self.is_negated else dataclasses.replace(self, patterns=(entry.pattern,), texts=(entry.text,))

    def covers(self, pattern: str) -> bool:
        """Whether it certainly holds for all that the pattern stands for."""
        if self.is_negated:
            return not any(overlaps(_widened(it), pattern) for it in self.patterns)
        return any(_certainly_includes(it, pattern) for it in self.patterns)

    def touches(self, pattern: str) -> bool:
        """Whether it may hold for some of what the pattern stands for."""
        if self.is_negated:
            return not any(_certainly_includes(it, pattern) for it in self.patterns)
        return any(overlaps(_widened(it), pattern) for it in self.patterns)


@dataclasses.dataclass(frozen=True)
class _Statement:
    actions: _Element
    resources: _Element
    condition: _comparison.Condition

    def only(self, action: _Entry, resource: _Entry) -> _Statement:
        """What it says of one of its actions and one of its resources."""
        return dataclasses.replace(self, actions=self.actions.only(action), resources=self.resources.only(resource))

    def asks_no_more_than(self, condition: _comparison.Condition) -> bool:
        """Whether every request that meets the condition meets that of the statement too."""
        return all(any(_is_within(it, asked) for it in condition) for asked in self.condition)


def _statements(document: Mapping[str, t.Any], effect: str) -> Iterator[_Statement]:
    for statement in _policy_language.as_list(document.get("Statement")):
        if statement.get("Effect") == effect:
            # IAM compares actions without letter case, and ARNs with it.
            yield _Statement(
                _element(statement, "Action", str.lower),
                _element(statement, "Resource", str),
                _comparison.condition_of(statement.get("Condition")),
            )


def _element(statement: Mapping[str, t.Any], name: str, fold: t.Callable[[str], str]) -> _Element:
    name = f"Not{name}" if f"Not{name}" in statement else name
    texts = tuple(_policy_language.as_texts(statement.get(name)))
    return _Element(name, tuple(map(fold, texts)), texts)


def _is_within(part: _comparison.ConditionPart, asked: _comparison.ConditionPart) -> bool:
    """Whether a condition of the same operator and key lets the same values pass, or fewer."""
    return part[:2] == asked[:2] and all(
        any(one == other or _is_narrower(other, one) for one in _comparison.alternatives(asked))
        for other in _comparison.alternatives(part)
    )


def _is_narrower(part: _comparison.ConditionPart, asked: _comparison.ConditionPart) -> bool:
    """Of two conditions of the same operator and key, each with one value."""
    operator, _key, values = part
    if not operator.removesuffix("IfExists").endswith("StringLike") or len(values) != 1 or len(asked[2]) != 1:
        return False
    return _certainly_includes(asked[2][0], _widened(values[0]))


# Patterns ----------------------------------------------------------------------------------------------------------

_WILDCARDS: t.Final = frozenset("*?")
# Stands for every letter that no pattern names.
_OTHER: t.Final = "\0"
# So many states are looked at before it counts as not told; policies that people write need a few hundred.
_STATES: t.Final = 1_000
_VARIABLE: t.Final = re.compile(r"\$\{[^}]*\}")


def _widened(text: str) -> str:
    """A policy variable can come to anything.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return _VARIABLE.sub("*", text) if "${" in text else text


def _certainly_includes(outer: str, inner: str) -> bool:
    """What a variable comes to is not known, so that a pattern with one is sure to include nothing."""
    return "${" not in outer and includes(outer, inner)


@functools.lru_cache(maxsize=10_000)
def includes(outer: str, inner: str) -> bool:
    """Whether all texts that the inner pattern matches are matched by the outer one.

    Both are read together, letter by letter: where the inner one may stand, and all places where the outer one may then
    stand. It fails where the inner one is at its end, and the outer one cannot be.
    """
    if outer == inner or not inner.startswith(_beginning(outer)):
        return outer == inner
    letters = {*outer, _OTHER} - _WILDCARDS
    seen: set[tuple[int, frozenset[int]]] = set()
    to_do = [(0, _skipping_stars(outer, [0]))]
    while to_do:
        state = to_do.pop()
        if state in seen:
            continue
        seen.add(state)
        position, reached = state
        if not reached or len(seen) > _STATES:
            return False
        if position == len(inner):
            if len(outer) not in reached:
                return False
            continue
        token = inner[position]
        if token == "*":
            to_do.append((position + 1, reached))
        onwards = position if token == "*" else position + 1
        to_do += [(onwards, _after(outer, reached, it)) for it in (letters if token in _WILDCARDS else token)]
    return True


@functools.lru_cache(maxsize=10_000)
def _beginning(pattern: str) -> str:
    """The letters with which all texts begin that the pattern matches. Most patterns differ in them already."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def _after(pattern: str, reached: Iterable[int], letter: str) -> frozenset[int]:
    """Where a pattern may stand after one more letter."""
    matching = (it for it in reached if it < len(pattern) and pattern[it] in ("*", "?", letter))
    return _skipping_stars(pattern, [it if pattern[it] == "*" else it + 1 for it in matching])


def _skipping_stars(pattern: str, places: Iterable[int]) -> frozenset[int]:
    """The places, and those behind stars that match nothing."""
    reached: set[int] = set()
    for place in places:
        reached.add(place)
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            reached.add(place)
    return frozenset(reached)


def overlaps(one: str, other: str) -> bool:
    """Whether some text is matched by both patterns."""
    beginnings = sorted((_beginning(one), _beginning(other)), key=len)
    if not beginnings[1].startswith(beginnings[0]):
        return False
    seen: set[tuple[int, int]] = set()
    to_do = [(0, 0)]
    while to_do:
        place = to_do.pop()
        if place in seen:
            continue
        seen.add(place)
        first, second = place
        if first == len(one) and second == len(other):
            return True
        mine, yours = one[first : first + 1], other[second : second + 1]
        if mine == "*":
            to_do.append((first + 1, second))
        if yours == "*":
            to_do.append((first, second + 1))
        if mine and yours and (mine == yours or mine in _WILDCARDS or yours in _WILDCARDS):
            to_do.append((first if mine == "*" else first + 1, second if yours == "*" else second + 1))
    return False
