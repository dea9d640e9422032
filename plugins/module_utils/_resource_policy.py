# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a resource policy, as that of a bucket or a key, says to a request of which not everything is known.

IAM simulates resource policies for users only, so the policy is read here. Every answer is one of three: yes, no,
or None where it depends on something that cannot be seen from outside (an address, an organization, a tag).
Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import ipaddress
import operator
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _policy_language,
)

Answer: t.TypeAlias = "bool | None"

# The values a condition key has in a request; an empty tuple where the request does not carry the key.
Values = tuple[str, ...]
# Lowercase condition key -> all that it can be. A key that is not in the context can be anything.
Context = Mapping[str, Sequence[Values]]

Naming = t.Literal["identity", "session", "everybody", "account"]

# Older documents have no policy variables
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
_VERSION_WITH_VARIABLES: t.Final = "2012-10-17"
_VARIABLE: t.Final = re.compile(r"\$\{([^}]*)\}")

ABSENT: t.Final[tuple[Values, ...]] = ((),)

# The marks of an AWS service that acts for itself.
_OF_SERVICES: t.Final = (
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
)


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: the IAM action, the ARN it is authorised on, and what is known of its context."""

    action: str
    resource: str
    context: Context


@dataclasses.dataclass(frozen=True)
class Denial:
    """A statement that denies some requests, or may.

    depends_on: the conditions that make it so, as C(operator key); of a denial that is not sure only what cannot be
    told, which may also be the principals or the Resource. keys: the condition keys among them, in lowercase.
    """

    statement: str
    sure: bool
    actions: tuple[str, ...]
    depends_on: tuple[str, ...]
    keys: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Allowance:
    """A statement that allows a request to the identity, or may.

    by: how it names the identity: by its own ARN, by that of one session of the role, as everybody, or as its account.
    depends_on: as that of a denial, of an allowance that is not sure.
    """

    statement: str
    by: Naming
    sure: bool
    depends_on: tuple[str, ...] = ()


def denials(
    policy: Mapping[str, t.Any], identity: _identity.IdentityArn | None, requests: Iterable[Request]
) -> list[Denial]:
    """The Deny statements that hit one of the requests or may, in the order of the policy."""
    requests = list(requests)
    found = (
        _denial(label, [(request.action, _parts(policy, statement, identity, request)) for request in requests])
        for label, statement in _statements(policy)
        if statement.get("Effect") == "Deny"
    )
    return [denial for denial in found if denial]


def allows(policy: Mapping[str, t.Any], identity: _identity.IdentityArn | None, request: Request) -> Answer:
    """Whether an Allow statement covers the request; what denies it is not looked at."""
    return some(
        every(part.answer for part in _parts(policy, statement, identity, request))
        for _label, statement in _statements(policy)
        if statement.get("Effect") == "Allow"
    )


def allowances(policy: Mapping[str, t.Any], identity: _identity.IdentityArn, request: Request) -> list[Allowance]:
    """The Allow statements that cover the request or may, one for each way in which a statement names the identity."""
    return [
        allowance
        for label, statement in _statements(policy)
        if statement.get("Effect") == "Allow"
        for by, part_of_statement in _by_naming(statement, identity)
        if (allowance := _allowance(label, by, _parts(policy, part_of_statement, identity, request)))
    ]


def identity_context(identity: _identity.IdentityArn | None) -> Context:
    """What every request of the identity carries, or what Athena asks for it."""
    of_any: Context = {
        **dict.fromkeys(_OF_SERVICES, ABSENT),
        "aws:principalisawsservice": (("false",),),
        "aws:securetransport": (("true",),),
    }
    if identity is None:
        return {**of_any, "aws:multifactorauthpresent": ((), ("false",))}
    is_user = identity.type == "user"
    return {
        **of_any,
        "aws:principalarn": ((identity.arn,),),
        "aws:principalaccount": ((identity.account_id,),),
        "aws:principaltype": (("User" if is_user else "AssumedRole",),),
        "aws:username": ((identity.name,),) if is_user else ABSENT,
        # An access key of a user carries no such key; a role's session has it, and no program has a second factor.
        "aws:multifactorauthpresent": ABSENT if is_user else (("false",),),
    }


def every(answers: Iterable[Answer]) -> Answer:
    """Whether all are true: no where one is surely not."""
    seen = set(answers)
    return False if False in seen else None if None in seen else True


def some(answers: Iterable[Answer]) -> Answer:
    """Whether one is true: yes where one surely is."""
    seen = set(answers)
    return True if True in seen else None if None in seen else False


def _statements(policy: Mapping[str, t.Any]) -> Iterable[tuple[str, Mapping[str, t.Any]]]:
    for number, statement in enumerate(_policy_language.as_list(policy.get("Statement")), start=1):
        sid = statement.get("Sid")
        yield (f"statement {sid!r}" if sid else f"statement number {number}"), statement


def _denial(label: str, judged: Sequence[tuple[str, Sequence[_Part]]]) -> Denial | None:
    sure = [(action, parts) for action, parts in judged if every(part.answer for part in parts) is True]
    possible = [(action, parts) for action, parts in judged if every(part.answer for part in parts) is None]
    hit = sure or possible
    if not hit:
        return None
    answer = True if sure else None
    deciding = [part for _action, parts in hit for part in parts if part.name and part.answer is answer]
    return Denial(
        statement=label,
        sure=bool(sure),
        actions=tuple(sorted({action for action, _parts_of in hit})),
        depends_on=tuple(dict.fromkeys(part.name for part in deciding)),
        keys=frozenset(part.key for part in deciding if part.key),
    )


class _Part(t.NamedTuple):
    """Whether one part of a statement matches, the name of the part, and its condition key."""

    answer: Answer
    name: str = ""
    key: str = ""


def _parts(
    policy: Mapping[str, t.Any],
    statement: Mapping[str, t.Any],
    identity: _identity.IdentityArn | None,
    request: Request,
) -> list[_Part]:
    def filled(text: str) -> str:
        return _filled(text, request.context) if policy.get("Version") == _VERSION_WITH_VARIABLES else text

    resource = _covers(statement, "Resource", lambda pattern: _matches_arn(filled(pattern), request.resource))
    principal = _principal(statement, identity)
    parts = [
        _Part(_covers(statement, "Action", lambda pattern: _matches(pattern.lower(), request.action.lower()))),
        _Part(resource, "the policy variable in its Resource" if resource is None else ""),
        _Part(principal, "its principals" if principal is None else ""),
    ]
    for name, keys in (statement.get("Condition") or {}).items():
        for key, expected in keys.items():
            possible = request.context.get(key.lower())
            answer = _condition(name, list(map(filled, _policy_language.as_texts(expected))), possible)
            parts.append(_Part(answer, f"{name} {key}", key.lower()))
    return parts


def _covers(statement: Mapping[str, t.Any], element: str, matches: Callable[[str], Answer]) -> Answer:
    """C(Action) or C(NotAction), C(Resource) or C(NotResource)."""
    if f"Not{element}" in statement:
        return _not(some(map(matches, _policy_language.as_texts(statement[f"Not{element}"]))))
    return some(map(matches, _policy_language.as_texts(statement.get(element))))


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _by_naming(
    statement: Mapping[str, t.Any], identity: _identity.IdentityArn
) -> Iterable[tuple[Naming, Mapping[str, t.Any]]]:
    """The statement once for each way of naming, with the principals that are named so."""
    if "NotPrincipal" in statement:
        yield "everybody", statement
        return
    named: dict[Naming, dict[str, list[str]]] = {}
    for kind, value in _principals(statement.get("Principal")):
        named.setdefault(_naming(value, identity), {}).setdefault(kind, []).append(value)
    for by, principals in named.items():
        yield by, {**statement, "Principal": principals}


def _naming(value: str, identity: _identity.IdentityArn) -> Naming:
    if value == "*":
        return "everybody"
    if value in _account_forms(identity):
        return "account"
    return "session" if _is_session(value, identity) else "identity"


def _allowance(label: str, by: Naming, parts: Sequence[_Part]) -> Allowance | None:
    answer = every(part.answer for part in parts)
    if answer is False:
        return None
    unsure = (part.name for part in parts if part.answer is None)
    return Allowance(label, by, bool(answer), tuple(dict.fromkeys(unsure)))


def _principal(statement: Mapping[str, t.Any], identity: _identity.IdentityArn | None) -> Answer:
    if "NotPrincipal" in statement:
        return _outside(_principals(statement["NotPrincipal"]), identity)
    return some(_names(kind, value, identity) for kind, value in _principals(statement.get("Principal")))


def _principals(element: t.Any) -> list[tuple[str, str]]:
    if isinstance(element, Mapping):
        return [(kind, value) for kind, values in element.items() for value in _policy_language.as_texts(values)]
    return [("AWS", value) for value in _policy_language.as_texts(element)]


def _names(kind: str, value: str, identity: _identity.IdentityArn | None) -> Answer:
    if kind in ("Service", "Federated"):
        # Athena acts as the identity (a forward access session), not as a service.
        return False
    if value == "*":
        return True
    if identity is None or kind == "CanonicalUser":
        return None
    if value == identity.arn or value in _account_forms(identity):
        return True
    return None if _identity.UNIQUE_ID.fullmatch(value) or _is_session(value, identity) else False


def _account_forms(identity: _identity.IdentityArn) -> tuple[str, str]:
    return identity.account_id, f"arn:{identity.partition}:iam::{identity.account_id}:root"


def _is_session(value: str, identity: _identity.IdentityArn) -> bool:
    return identity.type == "role" and value.startswith(identity.sessions)


def _outside(principals: Sequence[tuple[str, str]], identity: _identity.IdentityArn | None) -> Answer:
    """Whether a Deny with NotPrincipal hits the identity.

    Safe from it is only who is named together with its account
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
    """
    values = {value for kind, value in principals if kind == "AWS"}
    if "*" in values:
        return False
    if identity is None:
        return None
    is_named = identity.arn in values
    if is_named and values.intersection(_account_forms(identity)):
        return False
    return None if is_named or any(_names(kind, value, identity) is None for kind, value in principals) else True


def _matches(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _matches_arn(pattern: str, arn: str) -> Answer:
    if "${" not in pattern:
        return _matches(pattern, arn)
    return None if _matches(_VARIABLE.sub("*", pattern), arn) else False


def _filled(text: str, context: Context) -> str:
    """The text with the values of the policy variables of which the value is known."""

    def value(found: re.Match[str]) -> str:
        possible = set(context.get(found[1].lower(), ()))
        values = possible.pop() if len(possible) == 1 else ()
        return values[0] if len(values) == 1 else found[0]

    return _VARIABLE.sub(value, text)


def _condition(name: str, expected: Sequence[str], possible: Sequence[Values] | None) -> Answer:
    """Whether a condition holds; C(possible) is None where nothing is known of its key."""
    if possible is None:
        return None
    answers = {_holds(name.lower(), expected, values) for values in possible}
    return answers.pop() if len(answers) == 1 else None


def _holds(name: str, expected: Sequence[str], values: Values) -> Answer:
    if name == "null":
        return any((text.lower() == "true") is not bool(values) for text in expected)
    quantifier, _colon, comparison = name.rpartition(":")
    base = comparison.removesuffix("ifexists")
    is_negated = "not" in base
    if not values:
        if quantifier:
            return quantifier == "forallvalues"
        return is_negated or base != comparison
    compare = _COMPARISONS.get(base.replace("not", ""))
    if compare is None:
        return None

    def holds(value: str) -> Answer:
        found = some(_compare(compare, text, value) for text in expected)
        return _not(found) if is_negated else found

    return (every if quantifier == "forallvalues" else some)(map(holds, values))


def _compare(compare: Callable[[str, str], Answer], expected: str, value: str) -> Answer:
    if "${" in expected:
        return None
    try:
        return compare(expected, value)
    except ValueError:
        # IAM compares what is no number or address with nothing.
        return False


def _matches_parts(pattern: str, arn: str) -> Answer:
    """IAM compares ARNs part by part; how one of fewer than six, as C(*), compares AWS does not say."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    if len(patterns) < 6:
        return None
    return len(patterns) == len(parts) and all(map(_matches, patterns, parts))


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda expected, value: compare(float(value), float(expected))


_COMPARISONS: t.Final[Mapping[str, Callable[[str, str], Answer]]] = {
    "stringequals": operator.eq,
    "stringequalsignorecase": lambda expected, value: expected.lower() == value.lower(),
    "stringlike": _matches,
    "arnequals": _matches_parts,
    "arnlike": _matches_parts,
    "bool": lambda expected, value: expected.lower() == value.lower(),
    "ipaddress": lambda expected, value: ipaddress.ip_address(value) in ipaddress.ip_network(expected, strict=False),
    "numericequals": _numbers(operator.eq),
    "numericlessthan": _numbers(operator.lt),
    "numericlessthanequals": _numbers(operator.le),
    "numericgreaterthan": _numbers(operator.gt),
    "numericgreaterthanequals": _numbers(operator.ge),
}
