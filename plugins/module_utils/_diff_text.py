# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(diff) as text, so that what C(--diff) prints is one line for each change.

Ansible prints a unified diff of the two texts (C(CallbackBase._get_diff) in ansible-core). It is as short as can be
where both have their lines once and in one order, and each line says all there is to one fact: the lines around a
change are not printed.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping


def diff_text(name: str, before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    """The return value C(diff) of a thing by its name; before and after are its facts, in any order."""
    return {
        "before_header": one_line(name),
        "before": _text(before),
        "after_header": one_line(name),
        "after": _text(after),
    }


def facts(values: Mapping[str, t.Any]) -> list[str]:
    """A fact for each thing that has a value, for instance C(path: /)."""
    return [f"{name}: {value}" for name, value in values.items() if value not in (None, "")]


def one_line(text: str) -> str:
    """The text without what would break the line or steer a terminal; no two texts become the same."""
    return "".join(
        char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode("ascii") for char in text
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in sorted({one_line(line) for line in lines}))
