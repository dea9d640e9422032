# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every single mutation of a policy document, and every rewrite of it that means the same. Pure.

They are derived from the document itself: an action, resource, principal or condition that it comes to have tomorrow
is mutated tomorrow.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .rows import Document, Row, different, exchanged, extra, listed, missing, principal_text, principals, said


@dataclass(frozen=True)
class Language:
    """What a kind of document may be made to say. strangers: values that a document of ours never has, by element."""

    strangers: Mapping[str, tuple[str, ...]]
    statements: tuple[Document, ...]
    conditions: tuple[tuple[str, str, Any], ...]

    @property
    def elements(self) -> Iterable[str]:
        return self.strangers


IDENTITY = Language(
    {
        "Action": ("s3:DeleteObject", "s3:*", "*"),
        "Resource": ("arn:aws:s3:::stranger/*", "*"),
    },
    (
        {"Sid": "Backdoor", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["iam:PassRole", "iam:GetRole"], "Resource": "arn:aws:iam::*:role/x"},
        {"Effect": "Deny", "Action": "athena:StartQueryExecution", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::stranger"},
    ),
    (("Bool", "aws:SecureTransport", "true"), ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "198.51.100.0/24"])),
)


def trust_language(*strangers: str) -> Language:
    """The language of trust policies; strangers: ARNs of identities that exist, or accounts."""
    return Language(
        {"Action": ("sts:TagSession", "sts:*"), "Principal": (*strangers, "*")},
        (
            {"Sid": "Backdoor", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": strangers[0]}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"AWS": strangers[0]}},
        ),
        (("Bool", "aws:SecureTransport", "true"), ("StringEquals", "aws:PrincipalOrgID", "o-stranger00")),
    )


_ASPECTS = {"Action": "action", "Resource": "resource", "Principal": "principal"}
# What an operator is taken for by whoever is careless.
_OPERATORS = {"StringLike": "StringEquals", "StringEquals": "StringLike"}


class Mutation(NamedTuple):
    """A document that says something else, and the rows that say what."""

    kind: str
    name: str
    document: Document
    rows: list[Row]


class Alteration(NamedTuple):
    """One statement that became another; rows without their subject."""

    kind: str
    name: str
    statement: Document
    rows: Callable[[str, bool], list[Row]]


# Mutations -----------------------------------------------------------------------------------------------------------


def mutations(
    document: Document, subject: str, language: Language, ours: int | None = None, named: bool = False
) -> Iterator[Mutation]:
    """ours: the only statement that is looked at, where the others are not ours. named: whether a row about a part of a
    statement begins with its Sid."""
    statements = document["Statement"]
    for number, statement in enumerate(statements):
        if ours not in (None, number):
            continue
        label = statement.get("Sid") or f"statement {number}"
        for kind, name, altered, rows in _alterations(statement, language):
            yield Mutation(kind, f"{label}: {name}", _with(document, number, altered), rows(subject, named))
        if len(statements) > 1:
            gone = [missing(subject, "statement", said(statement))]
            yield Mutation("statement", f"{label}: gone", _with(document, number), gone)
    if ours is None:
        yield from _additions(document, subject, language)
        yield from _versions(document, subject)


def _with(document: Document, number: int, *instead: Document) -> Document:
    statements = document["Statement"]
    return {**document, "Statement": [*statements[:number], *instead, *statements[number + 1 :]]}


def _additions(document: Document, subject: str, language: Language) -> Iterator[Mutation]:
    """A statement more: one of a stranger, and ones that are nearly one of ours."""
    added = [(said(it), it) for it in language.statements]
    for number, statement in enumerate(document["Statement"]):
        label = statement.get("Sid") or f"statement {number}"
        again = {**statement, "Sid": f"Again{number}"}
        added.append((f"{label} denied", {**again, "Effect": "Deny"}))
        added.append(
            (f"{label} and more", {**again, "Action": [*listed(statement["Action"]), "sts:SetSourceIdentity"]})
        )
        if "Resource" in statement and "*" not in listed(statement["Resource"]):
            added.append((f"{label} on everything", {**again, "Resource": "*"}))
    for name, statement in added:
        whole = {**document, "Statement": [*document["Statement"], statement]}
        yield Mutation("statement", f"added: {name}", whole, [extra(subject, "statement", said(statement))])


def _versions(document: Document, subject: str) -> Iterator[Mutation]:
    older = "2008-10-17"
    rows = [different(subject, "version", document["Version"], older)]
    yield Mutation("version", "an older language", {**document, "Version": older}, rows)
    unnamed = {key: value for key, value in document.items() if key != "Version"}
    yield Mutation("version", "no language named", unnamed, rows)


def _alterations(statement: Document, language: Language) -> Iterator[Alteration]:
    for element in language.elements:
        yield from _of_sets(statement, element, language.strangers[element])
    other = {"Allow": "Deny", "Deny": "Allow"}[statement["Effect"]]
    yield _whole(statement, "effect", f"became {other}", {**statement, "Effect": other})
    for name, condition in _conditions(statement.get("Condition", {}), language):
        altered = {key: value for key, value in statement.items() if key != "Condition"}
        yield _whole(statement, "condition", name, {**altered, "Condition": condition} if condition else altered)


def _whole(before: Document, aspect: str, name: str, after: Document) -> Alteration:
    """An alteration that is shown with the whole statement."""
    return Alteration(
        aspect, name, after, lambda subject, _named: [different(subject, aspect, said(before), said(after))]
    )


def _values(statement: Document, element: str) -> list[Any]:
    return principals(statement) if element == "Principal" else listed(statement[element])


def _given(statement: Document, element: str, values: list[Any]) -> Document:
    """The statement with these values in the place of what it has there."""
    if element != "Principal":
        return {**statement, element: values[0] if len(values) == 1 else values}
    by_kind: dict[str, list[str]] = {}
    for kind, value in values:
        by_kind.setdefault(kind, []).append(value)
    return {**statement, element: {kind: there[0] if len(there) == 1 else there for kind, there in by_kind.items()}}


def _of_sets(statement: Document, element: str, strangers: tuple[str, ...]) -> Iterator[Alteration]:
    """Each value gone, each one altered, and one that does not belong there."""
    there = _values(statement, element)
    come = [("AWS", it) if element == "Principal" else it for it in strangers]
    come = [value for value in come if value not in there]

    def altered(name: str, values: list[Any]) -> Alteration:
        gone, new = [it for it in there if it not in values], [it for it in values if it not in there]

        def rows(subject: str, named: bool) -> list[Row]:
            def text(value: Any) -> str:
                return said(_given(statement, element, [value]), named)

            return exchanged(subject, _ASPECTS[element], map(text, gone), map(text, new))

        return Alteration(_ASPECTS[element], name, _given(statement, element, values), rows)

    for value in there:
        rest = [other for other in there if other != value]
        if rest:
            yield altered(f"without {_name(value)}", rest)
        for other in dict.fromkeys([*_near(element, value), *come[:1]]):
            yield altered(f"{_name(value)} became {_name(other)}", [other if it == value else it for it in there])
    for value in come:
        yield altered(f"with {_name(value)}", [*there, value])
        if len(there) > 1:
            yield altered(f"only {_name(value)}", [value])
    if element != "Principal":
        yield _negated(statement, element)


def _name(value: Any) -> str:
    return principal_text(value) if isinstance(value, tuple) else str(value)


def _near(element: str, value: Any) -> list[Any]:
    """What is nearly the same: an action that takes in its neighbours, a resource that is longer or in another case."""
    if element == "Action" and not value.endswith("*"):
        return [f"{value[:-1]}*"]
    if element == "Resource" and value != "*":
        head, colon, name = value.rpartition(":")
        return [f"{value}x", *([f"{head}{colon}{name.swapcase()}"] if name.swapcase() != name else [])]
    return []


def _negated(statement: Document, element: str) -> Alteration:
    """All but what is there."""
    there = listed(statement[element])
    after = {f"Not{key}" if key == element else key: value for key, value in statement.items()}

    def rows(subject: str, named: bool) -> list[Row]:
        gone = [said(_given(statement, element, [value]), named) for value in there]
        return exchanged(subject, _ASPECTS[element], gone, [said(after, named)])

    return Alteration(_ASPECTS[element], f"all but its {element}", after, rows)


def _conditions(there: Mapping[str, Mapping[str, Any]], language: Language) -> Iterator[tuple[str, Document]]:
    """Each operator, key and value altered or gone, and ones that do not belong there."""

    def without(operator: str, key: str) -> Document:
        rest = {
            name: {it: values for it, values in keys.items() if (name, it) != (operator, key)}
            for name, keys in there.items()
        }
        return {name: keys for name, keys in rest.items() if keys}

    def instead(operator: str, key: str, new_operator: str, new_key: str, values: Any) -> Document:
        condition = without(operator, key)
        return {**condition, new_operator: {**condition.get(new_operator, {}), new_key: values}}

    for operator, key in [(operator, key) for operator, keys in there.items() for key in keys]:
        values = listed(there[operator][key])
        yield f"without {operator} {key}", without(operator, key)
        for other in (
            _OPERATORS[operator],
            f"{operator}IfExists",
            f"ForAllValues:{operator}",
            f"{operator[:6]}Not{operator[6:]}",
        ):
            yield f"{operator} became {other}", instead(operator, key, other, key, there[operator][key])
        yield f"{key} became aws:userid", instead(operator, key, operator, "aws:userid", there[operator][key])
        yield f"{key} with a stranger", instead(operator, key, operator, key, [*values, "stranger"])
        for value in values:
            rest = [it for it in values if it != value]
            if rest:
                yield f"{key} without {value}", instead(operator, key, operator, key, rest)
            for other in dict.fromkeys((f"{value}x", value.swapcase())):
                yield f"{value} became {other}", instead(operator, key, operator, key, [*rest, other])
    for operator, key, new in language.conditions:
        yield f"if {operator} {key}", {**there, operator: {**there.get(operator, {}), key: new}}


# Rewrites ------------------------------------------------------------------------------------------------------------

# A test that is met by one of its values may be written as so many statements
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html).
_ONE_IS_ENOUGH = ("StringLike", "StringEquals")


def rewrites(document: Document, language: Language) -> Iterator[tuple[str, str]]:
    """(name, text) of the document in other words, each text once."""
    text = json.dumps(document)
    texts = {name: json.dumps(rewritten) for name, rewritten in _other_words(document, language)}
    texts["written with white space"] = json.dumps(document, indent="\t").replace("\n", "\r\n")
    texts["keys sorted"] = json.dumps(document, sort_keys=True)
    texts["keys turned"] = json.dumps(_turned(document))
    # None of these letters is outside of a string.
    texts["escaped"] = "".join(f"\\u{ord(letter):04x}" if letter in "a*/" else letter for letter in text)
    seen = {text}
    for name, rewritten in texts.items():
        if rewritten not in seen:
            yield name, rewritten
        seen.add(rewritten)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _other_words(document: Document, language: Language) -> Iterator[tuple[str, Document]]:
    statements = document["Statement"]

    def of(statements: Iterable[Document]) -> Document:
        return {**document, "Statement": list(statements)}

    def every(change: Callable[[Document], Document]) -> Document:
        return of(change(copy.deepcopy(statement)) for statement in statements)

    def values(change: Callable[[list[Any]], Any], *only: str) -> Document:
        """The lists of each statement changed."""

        def changed(statement: Document) -> Document:
            for element in only or language.elements:
                if element == "Principal" and isinstance(statement.get("Principal"), dict):
                    statement["Principal"] = {kind: change(listed(it)) for kind, it in statement["Principal"].items()}
                elif element in statement and element != "Principal":
                    statement[element] = change(listed(statement[element]))
            return statement

        return every(changed)

    def conditions(change: Callable[[str, str, Any], tuple[str, Any]]) -> Document:
        def changed(statement: Document) -> Document:
            there = statement.get("Condition")
            if there:
                statement["Condition"] = {
                    operator: dict(change(operator, key, it) for key, it in keys.items())
                    for operator, keys in there.items()
                }
            return statement

        return every(changed)

    yield "statements turned", of(statements[::-1])
    yield "statements shifted", of([*statements[1:], statements[0]])
    yield "lists turned", values(lambda there: there[::-1])
    yield "lists of one", values(lambda there: there)
    yield "one where there is one", values(lambda there: there[0] if len(there) == 1 else there)
    yield "everything twice", values(lambda there: there * 2)
    yield "actions in lower case", values(lambda there: [it.lower() for it in there], "Action")
    yield "actions in upper case", values(lambda there: [it.upper() for it in there], "Action")
    yield "without Sids", every(_without_sid)
    yield "numbered Sids", of({**it, "Sid": f"Stmt{number}"} for number, it in enumerate(statements))
    yield "an Id", {"Id": "by-hand", **document}
    yield "an empty condition", every(lambda it: it if "Condition" in it else {**it, "Condition": {}})
    yield "an empty operator", every(lambda it: {**it, "Condition": {**it.get("Condition", {}), "StringNotLike": {}}})
    yield "keys of conditions in upper case", conditions(lambda _operator, key, it: (key.upper(), it))
    yield "values of conditions turned", conditions(lambda _operator, key, it: (key, listed(it)[::-1]))
    yield "values of conditions twice", conditions(lambda _operator, key, it: (key, listed(it) * 2))
    for element in language.elements:
        yield f"split by {element}", of(part for it in statements for part in _split(it, element))
    yield "split by condition", of(_without_sid(part) for it in statements for part in _by_condition(it))
    yield "wildcards doubled", every(_doubled)
    yield "halves that overlap", of(_without_sid(part) for it in statements for part in _halves(it))
    for number, statement in enumerate(statements):
        again = {**statement, "Sid": f"Again{number}"}
        label = statement.get("Sid") or f"statement {number}"
        for element in language.elements:
            parts = _split(statement, element)
            yield f"{label} split by {element}", of([*statements[:number], *parts, *statements[number + 1 :]])
        yield f"{label} twice", of([*statements, again])
        yield f"a part of {label} twice", of([{**again, "Action": listed(statement["Action"])[0]}, *statements])
    for (first, one), (second, other) in itertools.combinations(enumerate(statements), 2):
        for element in language.elements:
            if _same_but_for(element, one, other):
                both = _given(one, element, [*_values(one, element), *_values(other, element)])
                rest = [it for number, it in enumerate(statements) if number not in (first, second)]
                yield f"{one.get('Sid')} and {other.get('Sid')} merged", of([both, *rest])
    if len(statements) == 1:
        yield "no list of statements", {**document, "Statement": statements[0]}


def _without_sid(statement: Document) -> Document:
    return {key: value for key, value in statement.items() if key != "Sid"}


def _split(statement: Document, element: str) -> list[Document]:
    """A statement for each of its values."""
    if element not in statement:
        return [statement]
    return [_without_sid(_given(statement, element, [value])) for value in _values(statement, element)]


def _by_condition(statement: Document) -> list[Document]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            if operator in _ONE_IS_ENOUGH and len(listed(values)) > 1:
                condition = statement["Condition"]
                return [
                    {**statement, "Condition": {**condition, operator: {**keys, key: value}}}
                    for value in listed(values)
                ]
    return [statement]


def _doubled(statement: Document) -> Document:
    for element in ("Action", "Resource"):
        if element in statement:
            # A resource that is all of them is written with one only.
            statement[element] = [it if it == "*" else it.replace("*", "**") for it in listed(statement[element])]
    return statement


def _halves(statement: Document) -> list[Document]:
    actions = listed(statement["Action"])
    middle = len(actions) // 2
    return [{**statement, "Action": part} for part in (actions[: middle + 1], actions[middle:]) if part]


def _same_but_for(element: str, one: Document, other: Document) -> bool:
    def rest(statement: Document) -> str:
        kept = {key: value for key, value in statement.items() if key not in (element, "Sid")}
        sets = {key: sorted(map(str, _values(statement, key))) for key in _ASPECTS if key in kept}
        return json.dumps({**kept, **sets}, sort_keys=True)

    return element in one and element in other and rest(one) == rest(other)
