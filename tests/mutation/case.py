# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case: something done behind the collection's back, and what it must say to that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .rows import Row
from .worlds import Hands

Alter = Callable[[Hands], object]


@dataclass(frozen=True)
class Case:
    """kind: what it counts as in the score. rows: the drift that it is; none for a rewrite, which must not be seen.

    by_hand: words of the refusal where no run can repair it.
    """

    kind: str
    name: str
    alter: Alter
    rows: tuple[Row, ...] = ()
    by_hand: str = ""

    @property
    def is_rewrite(self) -> bool:
        return not self.rows


def mutation(kind: str, name: str, alter: Alter, rows: Iterable[Row], by_hand: str = "") -> Case:
    return Case(kind, name, alter, tuple(rows), by_hand)


def rewrite(kind: str, name: str, alter: Alter) -> Case:
    return Case(kind, name, alter)


def call(service: str, operation: str, **arguments: Any) -> Alter:
    """One call of the account's root."""
    return lambda hands: getattr(getattr(hands, service), operation)(**arguments)


def in_turn(*alters: Alter) -> Alter:
    return lambda hands: [alter(hands) for alter in alters]
