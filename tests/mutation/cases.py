# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All cases of a world, each under a name of its own, and how they are counted."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from .case import Case
from .connection import Connection, Outcome
from .grant_cases import grant_cases
from .identity_cases import identity_cases
from .policy_cases import policy_cases
from .role_cases import role_cases
from .worlds import Hands, World, provision


def cases_of(world: World, hands: Hands) -> list[Case]:
    """Provision the world, keep it, and derive what may be done to it."""
    provision(world, hands)
    derive = [identity_cases, policy_cases, grant_cases, *([role_cases] if world.is_role else [])]
    cases = [case for derived in derive for case in derived(world, hands)]
    names = collections.Counter((case.kind, case.name) for case in cases)
    twice = [name for name, count in names.items() if count > 1]
    assert not twice, f"two cases of one name: {twice}"
    return cases


def sample(cases: Iterable[tuple[World, Case]], every: int) -> list[tuple[World, Case]]:
    """Every so many of each kind, and the first of each; the same ones each time."""
    in_order = sorted(cases, key=lambda it: (it[1].kind, it[1].name, it[0].name))
    kinds = itertools.groupby(in_order, key=lambda it: it[1].kind)
    return [case for _kind, of_kind in kinds for case in list(of_kind)[::every]]


def judge(case: Case, connection: Connection) -> list[str]:
    """What is wrong with how the connection takes the case, which has been made; nothing where all is right.

    A mutation is found, exactly and without a write, repaired by one run, and then forgotten. A rewrite is not seen.
    """
    found = connection.compare()
    wrong = _unlike(found, case)
    if found.writes:
        wrong.append(f"check mode wrote: {found.writes}")
    repaired = connection.provision()
    if case.by_hand:
        if case.by_hand not in repaired.failure:
            wrong.append(f"not refused for being {case.by_hand!r}: {repaired.failure!r}")
        if repaired.writes:
            wrong.append(f"written although refused: {repaired.writes}")
        return wrong
    if repaired.failure:
        wrong.append(f"not repaired: {repaired.failure}")
    if collections.Counter(repaired.rows) != collections.Counter(found.rows):
        wrong.append(f"repaired was something else than found: {repaired.rows}")
    if bool(repaired.writes) is case.is_rewrite:
        wrong.append(f"writes of the repair: {repaired.writes}")
    if not case.is_rewrite:
        after = connection.compare()
        if after.rows or after.changed or after.writes or after.failure:
            wrong.append(f"not silent after the repair: {after}")
    return wrong


def _unlike(found: Outcome, case: Case) -> list[str]:
    wrong = []
    if found.failure:
        wrong.append(f"failed: {found.failure}")
    expected, actual = collections.Counter(case.rows), collections.Counter(found.rows)
    wrong += [f"not found: {row}" for row in (expected - actual).elements()]
    wrong += [f"found without being there: {row}" for row in (actual - expected).elements()]
    if found.changed is not bool(case.rows):
        wrong.append(f"changed is {found.changed}")
    return wrong


@dataclass
class Score:
    """How many of each kind went well."""

    good: collections.Counter[tuple[bool, str]] = field(default_factory=collections.Counter)
    all: collections.Counter[tuple[bool, str]] = field(default_factory=collections.Counter)

    def count(self, case: Case, is_good: bool) -> None:
        key = (case.is_rewrite, case.kind)
        self.all[key] += 1
        self.good[key] += is_good

    def lines(self) -> Iterable[str]:
        """One for each kind, and one for all."""
        for is_rewrite, kind in sorted(self.all):
            yield f"{self._text(is_rewrite, kind)}  {kind}"
        yield self.total

    @property
    def total(self) -> str:
        return f"{self._text(False)}, {self._text(True)}"

    def _text(self, is_rewrite: bool, kind: str | None = None) -> str:
        good, all_ = (
            sum(count for (of, it), count in counts.items() if of is is_rewrite and kind in (None, it))
            for counts in (self.good, self.all)
        )
        return f"silent {good} / rewritten {all_}" if is_rewrite else f"found {good} / mutated {all_}"
