# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents drawn at random, what they mean, rewrites that keep the meaning and mutations that alter it.

Documents are drawn and altered in one plain form, in which every value is a list; `rewrite` gives them the many
forms that IAM takes for the same.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
import typing as t
from collections.abc import Callable, Iterator

from hypothesis import strategies as st

from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS, listed

Document = dict[str, t.Any]
Statement = dict[str, t.Any]

_ACCOUNTS = ("123456789012", "210987654321")
_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:*", "athena:GetWorkGroup", "sts:AssumeRole", "kms:Decrypt")
_RESOURCES = (
    "*",
    "arn:aws:s3:::one",
    "arn:aws:s3:::one/*",
    "arn:aws:s3:::one/Upper/*",
    "arn:aws:iam::123456789012:role/one",
    # As a resource the root user is not the account.
    "arn:aws:iam::123456789012:root",
)
_PRINCIPALS: tuple[dict[str, list[str]], ...] = (
    {"AWS": ["*"]},
    {"AWS": [_ACCOUNTS[0]]},
    {"AWS": [*_ACCOUNTS]},
    {"AWS": ["arn:aws:iam::123456789012:role/base", "arn:aws-cn:iam::123456789012:user/base"]},
    {"Service": ["athena.amazonaws.com"]},
    {"AWS": [_ACCOUNTS[1]], "Service": ["athena.amazonaws.com"]},
)
_CONDITIONS: tuple[dict[str, dict[str, list[str]]], ...] = (
    {"StringEquals": {"sts:ExternalId": ["one"]}},
    {"StringEquals": {"sts:ExternalId": ["One"]}},
    {"StringLike": {"s3:prefix": ["a", "a/*"]}},
    {"Bool": {"aws:SecureTransport": ["true"]}},
    {"NumericLessThan": {"s3:max-keys": ["10"]}, "StringEquals": {"aws:PrincipalTag/Team": ["one", "two"]}},
)


def _subset(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


def _statements() -> st.SearchStrategy[Statement]:
    def put_together(effect: str, body: Statement, principal: t.Any, condition: t.Any) -> Statement:
        statement = {"Effect": effect, **body}
        if principal:
            statement["Principal"] = principal
        if condition:
            statement["Condition"] = condition
        return copy.deepcopy(statement)

    actions, resources = _subset(*_ACTIONS), _subset(*_RESOURCES)
    return st.builds(
        put_together,
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.fixed_dictionaries({"Action": actions, "Resource": resources})
        | st.fixed_dictionaries({"Action": actions})
        | st.fixed_dictionaries({"NotAction": actions, "Resource": resources})
        | st.fixed_dictionaries({"Action": actions, "NotResource": resources}),
        st.none() | st.sampled_from(_PRINCIPALS),
        st.none() | st.sampled_from(_CONDITIONS),
    )


def documents() -> st.SearchStrategy[Document]:
    """Documents of identity, trust and resource policies, in the plain form."""
    return st.builds(_document, st.lists(_statements(), min_size=1, max_size=4))


def _document(statements: list[Statement]) -> Document:
    numbered = [{"Sid": f"Statement{number}", **it} for number, it in enumerate(statements)]
    return {"Version": "2012-10-17", "Statement": numbered}


def plain(document: Document) -> Document:
    """A document of the builder in the plain form."""
    statements = copy.deepcopy(document["Statement"])
    for statement in statements:
        for name in {"Action", "Resource"} & statement.keys():
            statement[name] = listed(statement[name])
        if "Principal" in statement:
            statement["Principal"] = {kind: listed(values) for kind, values in statement["Principal"].items()}
        for keys in statement.get("Condition", {}).values():
            keys.update({key: listed(values) for key, values in keys.items()})
    return {"Version": document["Version"], "Statement": statements}


# What a document means ---------------------------------------------------------------------------------------------

# Effect, principal, action, resource and condition; each a tuple of the words that a person would look for.
Meaning = tuple[tuple[str, ...], ...]


def meaning(document: Document) -> set[Meaning]:
    """The single permissions of a document in the plain form."""
    return {
        combination
        for statement in document["Statement"]
        for combination in itertools.product(
            [(statement["Effect"],)],
            _principals(statement.get("Principal")),
            _element(statement, "Action", str.lower),
            _element(statement, "Resource", str),
            _conditions(statement.get("Condition", {})),
        )
    }


def _principals(principal: dict[str, list[str]] | None) -> list[tuple[str, ...]]:
    if principal is None:
        return [()]
    return [(f"{kind}:{value}",) for kind, values in principal.items() for value in values]


def _element(statement: Statement, name: str, fold: Callable[[str], str]) -> list[tuple[str, ...]]:
    if f"Not{name}" in statement:
        return [(f"Not{name}", *sorted(fold(value) for value in statement[f"Not{name}"]))]
    return [(fold(value),) for value in statement[name]] if name in statement else [()]


def _conditions(condition: dict[str, dict[str, list[str]]]) -> list[tuple[str, ...]]:
    """A condition of several values means one of them, or all of them where the operator is negated."""
    tests = [
        [(operator, key.lower(), *sorted(values))]
        if counts_together(operator)
        else [(operator, key.lower(), value) for value in values]
        for operator, keys in condition.items()
        for key, values in keys.items()
    ]
    return [tuple(itertools.chain.from_iterable(sorted(test))) for test in itertools.product(*tests)]


def counts_together(operator: str) -> bool:
    return "Not" in operator or operator.startswith(("ForAllValues", "Null"))


def is_named(permission: Meaning, text: str | None) -> bool:
    """Whether a text names all words of a permission, whole and in any letter case."""
    folded = (text or "").lower()
    words = set(re.split(r"[:,]? ", folded))
    wanted = {word.lower() for part in permission for word in part}
    return all(word in (folded if " " in word else words) for word in wanted)


# Rewrites that keep the meaning ------------------------------------------------------------------------------------


def rewrite(document: Document, seed: int, regroup: bool = True) -> Document:
    """The same in other words. regroup: also with statements split, merged and repeated."""
    chance = random.Random(seed)
    statements = copy.deepcopy(document["Statement"])
    if regroup and statements:
        for _round in range(3):
            statements = _regrouped(statements, chance)
    chance.shuffle(statements)
    written = [_written(statement, number, chance) for number, statement in enumerate(statements)]
    rewritten: Document = {"Version": document["Version"]}
    rewritten["Statement"] = written[0] if len(written) == 1 and chance.random() < 0.5 else written
    if chance.random() < 0.3:
        rewritten["Id"] = "Another"
    return dict(sorted(rewritten.items(), key=lambda _item: chance.random()))


def _regrouped(statements: list[Statement], chance: random.Random) -> list[Statement]:
    how = chance.choice([_split, _split, _split_by_values, _merge, _repeat])
    return how(statements, chance)


def _split(statements: list[Statement], chance: random.Random) -> list[Statement]:
    """One statement becomes two, by its actions, resources or principals."""
    position = chance.randrange(len(statements))
    statement = statements[position]
    name = chance.choice(["Action", "Resource", "Principal"])
    if name == "Principal":
        pairs = [(kind, value) for kind, values in statement.get(name, {}).items() for value in values]
    else:
        pairs = [(name, value) for value in statement.get(name, [])]
    if len(pairs) < 2:
        return statements
    cut = chance.randrange(1, len(pairs))
    halves = [_gathered(half) if name == "Principal" else _gathered(half)[name] for half in (pairs[:cut], pairs[cut:])]
    split = [{**copy.deepcopy(statement), name: half} for half in halves]
    return [*statements[:position], *split, *statements[position + 1 :]]


def _split_by_values(statements: list[Statement], chance: random.Random) -> list[Statement]:
    """One statement becomes one for each value of a condition."""
    position = chance.randrange(len(statements))
    for operator, keys in statements[position].get("Condition", {}).items():
        for key, values in keys.items():
            if counts_together(operator) or len(values) < 2:
                continue
            split = [copy.deepcopy(statements[position]) for _value in values]
            for statement, value in zip(split, values, strict=True):
                statement["Condition"][operator][key] = [value]
            return [*statements[:position], *split, *statements[position + 1 :]]
    return statements


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = {}
    for kind, value in pairs:
        gathered.setdefault(kind, []).append(value)
    return gathered


def _merge(statements: list[Statement], _chance: random.Random) -> list[Statement]:
    """Two statements that differ in nothing but their actions, or their resources, become one."""
    for first, second in itertools.permutations(range(len(statements)), 2):
        for name in ("Action", "Resource"):
            one, other = ({k: v for k, v in statements[it].items() if k not in ("Sid", name)} for it in (first, second))
            if one == other and name in statements[first] and name in statements[second]:
                merged = {**statements[first], name: [*statements[first][name], *statements[second][name]]}
                return [merged, *(it for number, it in enumerate(statements) if number not in (first, second))]
    return statements


def _repeat(statements: list[Statement], chance: random.Random) -> list[Statement]:
    return [*statements, copy.deepcopy(chance.choice(statements))]


def _written(statement: Statement, number: int, chance: random.Random) -> Statement:
    written: Statement = {"Effect": statement["Effect"]}
    sid = chance.choice([None, "", f"Other{number}"])
    if sid is not None:
        written["Sid"] = sid
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            fold: Callable[[str], str] = str
            if name.endswith("Action"):
                fold = (str, str.lower, str.upper)[chance.randrange(3)]
            written[name] = _values([fold(_starred(text, chance)) for text in statement[name]], chance)
    if "Principal" in statement:
        written["Principal"] = _principal(statement["Principal"], chance)
    condition = {
        operator: {
            chance.choice([key, key.lower(), key.upper()]): _values([_typed(it, chance) for it in values], chance)
            for key, values in keys.items()
        }
        for operator, keys in statement.get("Condition", {}).items()
    }
    if condition or chance.random() < 0.3:
        written["Condition"] = dict(sorted(condition.items(), key=lambda _item: chance.random()))
    return dict(sorted(written.items(), key=lambda _item: chance.random()))


def _values(values: list[t.Any], chance: random.Random) -> t.Any:
    """In another order, repeated, and as a scalar where there is but one."""
    if len(values) == 1 and chance.random() < 0.5:
        return values[0]
    repeated = [*values, chance.choice(values)] if chance.random() < 0.3 else list(values)
    chance.shuffle(repeated)
    return repeated


def _starred(text: str, chance: random.Random) -> str:
    return text.replace("*", "**") if chance.random() < 0.2 else text


def _typed(text: str, chance: random.Random) -> str | bool | int:
    if chance.random() < 0.5:
        return text
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def _principal(principal: dict[str, list[str]], chance: random.Random) -> t.Any:
    if principal == {"AWS": ["*"]} and chance.random() < 0.5:
        return "*"
    return {kind: _values([_account(it, chance) for it in values], chance) for kind, values in principal.items()}


def _account(value: str, chance: random.Random) -> str:
    if value in _ACCOUNTS and chance.random() < 0.5:
        return f"arn:{chance.choice(list(PARTITIONS))}:iam::{value}:root"
    return value


# Mutations ---------------------------------------------------------------------------------------------------------


class Mutation(t.NamedTuple):
    what: str
    document: Document


def mutations(document: Document) -> Iterator[Mutation]:
    """Every single change of a document in the plain form: something added, removed or altered."""
    yield Mutation("Version altered", {**document, "Version": "2008-10-17"})
    statements = document["Statement"]
    added = {"Sid": "Added", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["*"]}
    yield Mutation("statement added", {**document, "Statement": [*statements, added]})
    for position, statement in enumerate(statements):
        before, after = statements[:position], statements[position + 1 :]
        yield Mutation(f"statement {position} removed", {**document, "Statement": [*before, *after]})
        for what, altered in _mutated(statement):
            # As JSON: no two statements share a part.
            text = json.dumps({**document, "Statement": [*before, altered, *after]})
            yield Mutation(f"statement {position}: {what}", json.loads(text))


def _mutated(statement: Statement) -> Iterator[tuple[str, Statement]]:
    yield "Effect altered", {**statement, "Effect": "Deny" if statement["Effect"] == "Allow" else "Allow"}
    for name, addition in (("Action", "iam:PassRole"), ("Resource", "arn:aws:s3:::added/*")):
        for element in (name, f"Not{name}"):
            for what, values in _altered(statement.get(element, []), addition):
                yield f"{element} {what}", {**statement, element: values}
    for kind, texts in statement.get("Principal", {}).items():
        for what, values in _altered(texts, "arn:aws:iam::123456789012:role/added"):
            yield f"Principal {what}", {**statement, "Principal": {**statement["Principal"], kind: values}}
    condition = statement.get("Condition", {})
    another = {"StringEquals": {"aws:PrincipalAccount": ["123456789012"]}}
    yield "Condition added", {**statement, "Condition": _joined(condition, another)}
    for operator, keys in condition.items():
        others = {name: it for name, it in condition.items() if name != operator}
        yield f"Condition {operator} removed", {**statement, "Condition": others}
        yield f"Condition {operator} altered", {**statement, "Condition": {**others, f"{operator}IfExists": keys}}
        for key, texts in keys.items():
            for what, values in _altered(texts, "added"):
                yield f"Condition {key} {what}", {**statement, "Condition": {**others, operator: {**keys, key: values}}}
            renamed = {**{name: it for name, it in keys.items() if name != key}, f"{key}X": texts}
            yield f"Condition key {key} altered", {**statement, "Condition": {**others, operator: renamed}}


def _joined(one: dict[str, t.Any], other: dict[str, t.Any]) -> dict[str, t.Any]:
    return {operator: {**one.get(operator, {}), **other.get(operator, {})} for operator in {**one, **other}}


def _altered(values: list[str], addition: str) -> Iterator[tuple[str, list[str]]]:
    if not values:
        return
    if addition not in values:
        yield f"{addition} added", [*values, addition]
    for position, value in enumerate(values):
        rest = [*values[:position], *values[position + 1 :]]
        if rest:
            yield f"{value} removed", rest
        for other in (f"{value}Other", "*"):
            if other not in values:
                yield f"{value} altered to {other}", [*rest, other]


# Documents that nobody should have written ---------------------------------------------------------------------------

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


def rubbish() -> st.SearchStrategy[t.Any]:
    """Any JSON, leaning to the words of the policy language."""
    words = st.sampled_from(
        ["Version", "Statement", "Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition", "AWS"]
    )
    return st.recursive(
        _LEAVES | st.sampled_from(["Allow", "Deny", "*", "s3:GetObject", "2012-10-17"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
        max_leaves=12,
    )
