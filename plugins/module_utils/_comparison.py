# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do two policy documents mean the same, and if not, which single thing differs?

A statement is taken apart into grants: one effect, principal, action, resource and condition each. Documents with
the same grants mean the same, however their statements are ordered, split, merged, named or written.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _policy_language,
    _report,
)

# operator, key in lowercase, values: sorted, so that equal conditions are equal values.
ConditionPart = tuple[str, str, tuple[str, ...]]
Condition = tuple[ConditionPart, ...]

# Where a document names no version, IAM takes the older one
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
_DEFAULT_VERSION = "2008-10-17"


# Of the values of these operators one is enough, so that a statement may be split by them. All values of a negated
# operator count together (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html).
_ONE_VALUE_IS_ENOUGH = re.compile(
    r"(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress|Bool|NumericEquals|DateEquals)"
    r"(IfExists)?"
)


def alternatives(part: ConditionPart) -> list[ConditionPart]:
    """The part for each of its values by itself, where one of them is enough."""
    operator, key, values = part
    if len(values) < 2 or not _ONE_VALUE_IS_ENOUGH.fullmatch(operator):
        return [part]
    return [(operator, key, (value,)) for value in values]


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
        conditions = itertools.product(*map(alternatives, self.condition))
        product = itertools.product([self.effect], self.principals, self.actions, self.resources, conditions)
        return frozenset(itertools.starmap(Grant, product))


def statements_of(document: Mapping[str, t.Any]) -> list[Statement]:
    """The statements of a policy document, in their order and in canonical form."""
    return [_statement(statement) for statement in _policy_language.as_list(document.get("Statement"))]


def grants_of(document: Mapping[str, t.Any]) -> frozenset[Grant]:
    return frozenset(itertools.chain.from_iterable(statement.grants() for statement in statements_of(document)))


def _statement(statement: t.Any) -> Statement:
    if not isinstance(statement, Mapping):
        # Not a statement of any policy language we know: kept whole, so that it can only be equal to itself.
        text, nothing = json.dumps(statement, sort_keys=True, default=str), frozenset({""})
        return Statement("", text, nothing, nothing, nothing, condition=())
    return Statement(
        sid=str(statement.get("Sid") or ""),
        effect=str(statement.get("Effect")),
        principals=_element(statement, "Principal", _principals),
        actions=_element(
            statement, "Action", lambda value: [_wildcards(text.lower()) for text in _policy_language.as_texts(value)]
        ),
        resources=_element(
            statement, "Resource", lambda value: [_wildcards(text) for text in _policy_language.as_texts(value)]
        ),
        condition=condition_of(statement.get("Condition")),
    )


def _element(statement: Mapping[str, t.Any], name: str, read: t.Callable[[t.Any], Iterable[str]]) -> frozenset[str]:
    """The values of an element; a negated one (C(NotAction)) holds for all its values at once, so it stays whole."""
    negated = f"Not{name}"
    if negated in statement:
        return frozenset({f"{negated} {', '.join(sorted(set(read(statement[negated]))))}"})
    if name not in statement:
        return frozenset({""})
    # Nothing where something belongs is rubbish that AWS never has; it must not vanish beside what is right.
    return frozenset(read(statement[name])) or frozenset({f"no {name}"})


def _wildcards(text: str) -> str:
    return re.sub(r"\*+", "*", text)


def _principals(value: t.Any) -> list[str]:
    """C("*") is C({"AWS": "*"}), and an account is its root user, in every partition.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    by_kind = value if isinstance(value, Mapping) else {"AWS": value}
    return [f"{kind}:{_account(text)}" for kind, texts in by_kind.items() for text in _policy_language.as_texts(texts)]


def _account(principal: str) -> str:
    root = _identity.ACCOUNT_ROOT_ARN.fullmatch(principal)
    return root["account_id"] if root else principal


def condition_of(value: t.Any) -> Condition:
    """A Condition element in canonical form."""
    if not isinstance(value, Mapping):
        return () if not value else (("", "", (json.dumps(value, sort_keys=True, default=str),)),)
    return tuple(
        sorted(
            (str(operator), str(key).lower(), tuple(sorted(set(_policy_language.as_texts(values)))))
            for operator, keys in value.items()
            for key, values in (keys.items() if isinstance(keys, Mapping) else [("", keys)] if keys else [])
        )
    )


@dataclasses.dataclass(frozen=True)
class _Row:
    """One thing in which the documents differ: a statement, or what is said of one action, resource or principal."""

    aspect: str
    missing: str | None = None
    extra: str | None = None

    def drift(self, subject: str) -> _report.Drift:
        kind: _report.DriftKind = "different" if self.missing and self.extra else "missing" if self.missing else "extra"
        return _report.Drift(subject, self.aspect, kind, expected=self.missing, actual=self.extra)


def document_drift(subject: str, wanted: Mapping[str, t.Any], live: t.Any) -> list[_report.Drift]:
    """One Drift for every action, resource, principal, condition, effect or statement in which live differs.

    Statements that differ in a single aspect are explained as one that was altered; what remains is explained by what
    each document says and the other does not.
    """
    if not isinstance(live, Mapping):
        return [_report.Drift(subject, "document", "different", "a policy document", str(live))]
    names = {**names_of(live), **names_of(wanted)}
    missing, extra = grants_of(wanted) - grants_of(live), grants_of(live) - grants_of(wanted)
    rows = []
    for before, after in _altered(statements_of(wanted), statements_of(live)):
        rows += _alteration(before, after, missing, extra, names)
        missing, extra = missing - before.grants(), extra - after.grants()
    rows += [_Row(aspect, missing=text) for aspect, text in _explained(wanted, missing, names)]
    rows += [_Row(aspect, extra=text) for aspect, text in _explained(live, extra, names)]
    drift = [row.drift(subject) for row in dict.fromkeys(rows)]
    return [*_version_drift(subject, wanted, live), *drift]


def statement_drift(subject: str, wanted: Mapping[str, t.Any], live: Mapping[str, t.Any]) -> list[_report.Drift]:
    """In what the single statement of live differs from the single one of wanted, aspect by aspect."""
    names = {**names_of(live), **names_of(wanted)}
    ((before,), (after,)) = statements_of(wanted), statements_of(live)
    rows = [row for field in _differing(before, after) for row in _aspect(field, before, after, names)]
    return [row.drift(subject) for row in rows]


def document_lines(document: Mapping[str, t.Any], like: Mapping[str, t.Any] | None = None) -> list[str]:
    """The document as sorted lines, one for each grant, so that a diff shows one change a line.

    like: a document whose way of writing actions is kept, so that letter case alone is no difference.
    """
    names = {**names_of(document), **names_of(like or {})}
    return sorted(_text(_statement_of(grant), names) for grant in grants_of(document))


def _version_drift(subject: str, wanted: Mapping[str, t.Any], live: Mapping[str, t.Any]) -> list[_report.Drift]:
    expected, actual = version_of(wanted), version_of(live)
    return [] if expected == actual else [_report.Drift(subject, "version", "different", expected, actual)]


def version_of(document: Mapping[str, t.Any]) -> str:
    """The version of the policy language."""
    return str(document.get("Version", _DEFAULT_VERSION))


def names_of(document: Mapping[str, t.Any]) -> dict[str, str]:
    """Actions as they were written, by their canonical form."""
    statements = [it for it in _policy_language.as_list(document.get("Statement")) if isinstance(it, Mapping)]
    written = [
        _wildcards(text)
        for it in statements
        for name in ("Action", "NotAction")
        for text in _policy_language.as_texts(it.get(name))
    ]
    return {text.lower(): text for text in written}


def _written(action: str, names: Mapping[str, str]) -> str:
    """One action, or all that a NotAction leaves out, as it was written."""
    element, _space, actions = action.partition(" ")
    if element != "NotAction":
        return names.get(action, action)
    return f"NotAction {', '.join(sorted(names.get(it, it) for it in actions.split(', ')))}"


def _altered(wanted: Sequence[Statement], live: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """The statements that only one document has, in pairs that differ in one aspect; only where the pair is certain."""

    def without(statements: Sequence[Statement], others: Sequence[Statement]) -> list[Statement]:
        known = {dataclasses.replace(other, sid="") for other in others}
        return [statement for statement in statements if dataclasses.replace(statement, sid="") not in known]

    pairs = [
        (before, after)
        for before, after in itertools.product(without(wanted, live), without(live, wanted))
        if len(_differing(before, after)) == 1
    ]
    befores = collections.Counter(before for before, _after in pairs)
    afters = collections.Counter(after for _before, after in pairs)
    return [(before, after) for before, after in pairs if befores[before] == 1 and afters[after] == 1]


_SET_ASPECTS: t.Final = {"principals": "principal", "actions": "action", "resources": "resource"}


def _differing(before: Statement, after: Statement) -> list[str]:
    fields = ("effect", "condition", *_SET_ASPECTS)
    return [field for field in fields if getattr(before, field) != getattr(after, field)]


def _alteration(
    before: Statement,
    after: Statement,
    missing: AbstractSet[Grant],
    extra: AbstractSet[Grant],
    names: Mapping[str, str],
) -> list[_Row]:
    """What the alteration of one statement in one aspect takes away and gives.

    Another statement may say the same, so that nothing is taken away or given: then there is no row.
    """
    [field] = _differing(before, after)
    if field not in _SET_ASPECTS:
        if not (before.grants() & missing or after.grants() & extra):
            return []
        return [_Row(field, _text(before, names), _text(after, names))]
    lost, gained = getattr(before, field) - getattr(after, field), getattr(after, field) - getattr(before, field)
    taken = _texts_of([_only(before, field, it) for it in lost], missing, names)
    given = _texts_of([_only(after, field, it) for it in gained], extra, names)
    return _rows(_SET_ASPECTS[field], taken, given)


def _aspect(field: str, before: Statement, after: Statement, names: Mapping[str, str]) -> list[_Row]:
    if field not in _SET_ASPECTS:
        return [_Row(field, _text(before, names), _text(after, names))]
    lost, gained = getattr(before, field) - getattr(after, field), getattr(after, field) - getattr(before, field)
    taken = sorted(_text(_only(before, field, it), names) for it in lost)
    given = sorted(_text(_only(after, field, it), names) for it in gained)
    return _rows(_SET_ASPECTS[field], taken, given)


def _rows(aspect: str, taken: Sequence[str], given: Sequence[str]) -> list[_Row]:
    if len(taken) == len(given) == 1:
        return [_Row(aspect, taken[0], given[0])]
    return [*(_Row(aspect, missing=text) for text in taken), *(_Row(aspect, extra=text) for text in given)]


def _only(statement: Statement, field: str, value: str) -> Statement:
    """What the statement says of one principal, action or resource."""
    narrowed: dict[str, t.Any] = {field: frozenset({value})}
    return dataclasses.replace(statement, **narrowed)


def _texts_of(parts: Iterable[Statement], grants: AbstractSet[Grant], names: Mapping[str, str]) -> list[str]:
    narrowed = (_narrowed(part, part.grants() & grants) for part in parts)
    return sorted(_text(part, names) for part in narrowed if part)


def _narrowed(part: Statement, grants: AbstractSet[Grant]) -> Statement | None:
    """The part with only those principals, actions and resources that the grants speak of."""
    if not grants:
        return None
    return dataclasses.replace(
        part,
        sid="",
        principals=frozenset(grant.principal for grant in grants),
        actions=frozenset(grant.action for grant in grants),
        resources=frozenset(grant.resource for grant in grants),
        condition=_merged(part.condition, grants),
    )


def _merged(condition: Condition, grants: AbstractSet[Grant]) -> Condition:
    """The condition with only those values that the grants speak of."""
    spoken_of = {
        (operator, key, value) for grant in grants for operator, key, values in grant.condition for value in values
    }
    return tuple(
        (operator, key, tuple(value for value in values if (operator, key, value) in spoken_of))
        for operator, key, values in condition
    )


def _explained(
    document: Mapping[str, t.Any], grants: AbstractSet[Grant], names: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """(aspect, text) for every part of the document's statements that the grants make up, in as few as will do."""
    statements = statements_of(document) if grants else []
    said = collections.Counter(grant for statement in statements for grant in statement.grants())
    for statement in statements:
        within = statement.grants() & grants
        only_here = {grant for grant in statement.grants() if said[grant] == 1}
        if not within:
            continue
        if within == statement.grants() or only_here == within:
            yield "statement", _text(statement, names)
        else:
            yield from min(
                (_by("actions", statement, within, names), _by("resources", statement, within, names)), key=len
            )


def _by(
    field: str, statement: Statement, within: AbstractSet[Grant], names: Mapping[str, str]
) -> list[tuple[str, str]]:
    texts = _texts_of([_only(statement, field, value) for value in sorted(getattr(statement, field))], within, names)
    return [(_SET_ASPECTS[field], text) for text in texts]


def _statement_of(grant: Grant) -> Statement:
    principals, actions, resources = ({grant.principal}, {grant.action}, {grant.resource})
    return Statement("", grant.effect, frozenset(principals), frozenset(actions), frozenset(resources), grant.condition)


def _text(statement: Statement, names: Mapping[str, str]) -> str:
    """For instance C(Allow s3:GetObject on arn:aws:s3:::bucket/*), after the Sid where there is one."""
    actions = ", ".join(sorted(_written(action, names) for action in statement.actions))
    text = f"{statement.effect} {actions}"
    if statement.resources != {""}:
        text += f" on {', '.join(sorted(statement.resources))}"
    if statement.principals != {""}:
        text += f" by {', '.join(sorted(statement.principals))}"
    if statement.condition:
        text += f" if {condition_text(statement.condition)}"
    return f"{statement.sid}: {text}" if statement.sid else text


def condition_text(condition: Condition) -> str:
    """For instance C(StringEquals aws:username alice, bob)."""
    return " and ".join(f"{operator} {key} {', '.join(values)}" for operator, key, values in condition)
