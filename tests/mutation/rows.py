# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drift row must say, in the words of the documentation: the oracle's own, not those of the collection.

Statements are given as IAM takes them, an element being one value or a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Document = dict[str, Any]
_ROOT = re.compile(r"arn:aws:iam::(\d{12}):root")


class Row(NamedTuple):
    """A row of drift; expected is None for an extra one, actual for a missing one."""

    subject: str
    aspect: str
    kind: str
    expected: str | None
    actual: str | None


def missing(subject: str, aspect: str, text: str) -> Row:
    return Row(subject, aspect, "missing", text, None)


def extra(subject: str, aspect: str, text: str) -> Row:
    return Row(subject, aspect, "extra", None, text)


def different(subject: str, aspect: str, expected: str, actual: str) -> Row:
    return Row(subject, aspect, "different", expected, actual)


def exchanged(subject: str, aspect: str, gone: Iterable[str], come: Iterable[str]) -> list[Row]:
    """What is gone is missing and what came is extra; one for one it is the same thing, altered."""
    gone, come = list(gone), list(come)
    if len(gone) == len(come) == 1:
        return [different(subject, aspect, gone[0], come[0])]
    return [*(missing(subject, aspect, text) for text in gone), *(extra(subject, aspect, text) for text in come)]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def said(statement: Mapping[str, Any], sid: bool = True) -> str:
    """A statement in one line: C(Sid: Allow ACTIONS on RESOURCES by PRINCIPALS if CONDITIONS)."""
    text = f"{statement['Effect']} {_elements(statement, 'Action')}"
    if resources := _elements(statement, "Resource"):
        text += f" on {resources}"
    if "Principal" in statement:
        text += f" by {', '.join(sorted(map(principal_text, principals(statement))))}"
    conditions = sorted(
        (operator, key.lower(), ", ".join(sorted(set(map(_condition_value, listed(values))))))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )
    if conditions:
        text += f" if {' and '.join(' '.join(condition) for condition in conditions)}"
    return f"{statement['Sid']}: {text}" if sid and statement.get("Sid") else text


def _elements(statement: Mapping[str, Any], name: str) -> str:
    if f"Not{name}" in statement:
        return f"Not{name} {', '.join(sorted(listed(statement[f'Not{name}'])))}"
    return ", ".join(sorted(listed(statement.get(name, []))))


def principals(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind, value) of each principal."""
    by_kind = statement["Principal"]
    if by_kind == "*":
        return [("AWS", "*")]
    return [(kind, value) for kind, values in by_kind.items() for value in listed(values)]


def principal_text(principal: tuple[str, str]) -> str:
    """An account is its number, whichever way it is written."""
    kind, value = principal
    root = _ROOT.fullmatch(value)
    return f"{kind}:{root.group(1) if root else value}"


def _condition_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
