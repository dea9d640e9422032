# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out one round of a plan, in its order, whatever it is that sends the batches.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_failures,
    _grants_plan,
    _grants_resources,
)

# Sends one batch and says what of it was not done; raises where AWS refused the call.
Send = Callable[[_grants_plan.Batch], Sequence[_grants_failures.Failure]]


@dataclasses.dataclass
class Outcome:
    """What AWS said to the batches so far: kept while they are sent, so that it is there when a call fails.

    granted, revoked: what it acknowledged, and has not since acknowledged the contrary of.
    """

    granted: set[_grants.Atom] = dataclasses.field(default_factory=set)
    revoked: set[_grants.Atom] = dataclasses.field(default_factory=set)
    failures: list[_grants_failures.Failure] = dataclasses.field(default_factory=list)
    # Where something was sent to be revoked, in this round.
    narrowed: set[_grants_resources.Resource] = dataclasses.field(default_factory=set)

    def next_round(self) -> None:
        self.failures.clear()
        self.narrowed.clear()

    @property
    def changed(self) -> bool:
        return bool(self.granted or self.revoked)

    def add(self, batch: _grants_plan.Batch, failures: Sequence[_grants_failures.Failure]) -> None:
        failed = {failure.entry for failure in failures}
        done = [atom for entry in batch.entries if entry not in failed for atom in entry.atoms]
        gained, lost = (self.granted, self.revoked) if batch.verb == "grant" else (self.revoked, self.granted)
        gained.update(done)
        lost.difference_update(done)
        self.failures.extend(failures)
        if batch.verb == "revoke":
            self.narrowed.update(entry.base for entry in batch.entries)

    def failed_grants(self) -> list[_grants_failures.Failure]:
        return [failure for failure in self.failures if failure.verb == "grant"]


def apply_round(units: Sequence[_grants_plan.Unit], send: Send, outcome: Outcome) -> None:
    """Widen, then swap where AWS refuses both at once, then narrow; no narrowing once a grant has failed."""

    def run(batches: Sequence[_grants_plan.Batch]) -> None:
        for batch in batches:
            outcome.add(batch, send(batch))

    run(_grants_plan.widening(units))
    units = _after_widening(units, outcome)
    if outcome.failed_grants():
        return
    for group in _grants_plan.swapping(units):
        run(group)
        if outcome.failed_grants():
            return
    run(_grants_plan.narrowing(units))


def _after_widening(units: Sequence[_grants_plan.Unit], outcome: Outcome) -> list[_grants_plan.Unit]:
    """The units, those revoked first where AWS refused what was granted beside that."""
    failed: dict[_grants_resources.Resource, list[_grants_failures.Failure]] = collections.defaultdict(list)
    for failure in outcome.failed_grants():
        failed[failure.entry.base].append(failure)
    turned = {
        unit.base
        for unit in units
        if unit.revoke and failed.get(unit.base) and all(it.is_invalid_modification for it in failed[unit.base])
    }
    outcome.failures = [it for it in outcome.failures if it.verb != "grant" or it.entry.base not in turned]
    return [
        unit.revoked_first(failure.entry for failure in failed[unit.base]) if unit.base in turned else unit
        for unit in units
    ]
