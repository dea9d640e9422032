# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small evaluator of identity policies, written from IAM's rules and knowing nothing of the collection.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Iterable, Mapping

Decision = t.Literal["Allow", "Deny", "ImplicitDeny"]


def decide(
    document: Mapping[str, t.Any], action: str, resource: str, context: Mapping[str, str] | None = None
) -> Decision:
    """What IAM says of one action on one resource ("*" where the action knows none); context: condition keys."""
    effects = {
        statement["Effect"]
        for statement in _listed(document["Statement"])
        if _applies(statement, action, resource, context or {})
    }
    if "Deny" in effects:
        return "Deny"
    return "Allow" if "Allow" in effects else "ImplicitDeny"


def may(document: Mapping[str, t.Any], action: str, resources: Iterable[str]) -> bool:
    """Whether a call that is checked against several resources is allowed: all of them must be."""
    return all(decide(document, action, resource) == "Allow" for resource in resources)


def _applies(statement: Mapping[str, t.Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        _element(statement, "Action", action, re.IGNORECASE)
        and _element(statement, "Resource", resource, re.NOFLAG)
        and all(
            _condition(operator, context.get(key.lower()), _listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _element(statement: Mapping[str, t.Any], name: str, value: str, flags: re.RegexFlag) -> bool:
    if name in statement:
        return any(_like(value, pattern, flags) for pattern in _listed(statement[name]))
    return not any(_like(value, pattern, flags) for pattern in _listed(statement[f"Not{name}"]))


def _condition(operator: str, actual: str | None, expected: list[str]) -> bool:
    """A key that the request does not carry fails every condition without IfExists."""
    if operator not in ("StringEquals", "StringLike"):
        raise NotImplementedError(operator)
    patterns = expected if operator == "StringLike" else []
    return actual is not None and (actual in expected or any(_like(actual, pattern) for pattern in patterns))


def _like(value: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    return _expression(pattern, flags).fullmatch(value) is not None


@functools.cache
def _expression(pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(it, re.escape(it)) for it in pattern), flags | re.DOTALL)


def _listed(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else [value]
