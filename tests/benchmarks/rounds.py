# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every peer does every task in turn, round after round, so that what else the machine does befalls all alike."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from athena_sandbox import Sandbox

from .measure import Sample, measure
from .peers import PEERS, Peer, Task
from .world import World

_ALWAYS = 10**9


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    """So many tables that each of so many connections reads, and seconds added to each call."""

    tables: int
    connections: int = 1
    added: float = 0

    @property
    def is_large(self) -> bool:
        """Whether a round takes minutes: one is enough, as what else the machine does then matters less."""
        return self.tables > 1000 or self.connections > 1

    def __str__(self) -> str:
        of = f"{self.connections} connections of " if self.connections > 1 else ""
        slow = f", {self.added * 1000:.0f} ms added to each call" if self.added else ""
        return f"{of}{self.tables:,} tables{slow}"


@dataclasses.dataclass
class Results:
    """All samples, by case, peer and task; why a peer was left out."""

    samples: dict[tuple[Case, str, Task], list[Sample]] = dataclasses.field(default_factory=dict)
    skipped: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def cases(self) -> list[Case]:
        """Those of which there are samples."""
        return list(dict.fromkeys(case for case, _peer, _task in self.samples))

    @property
    def largest(self) -> Case:
        """Of those with one connection."""
        return max(case for case in self.cases if case.connections == 1)

    def has(self, case: Case, peer: str, task: Task) -> bool:
        return (case, peer, task) in self.samples

    def median(self, case: Case, peer: str, task: Task, what: Callable[[Sample], float]) -> float:
        return statistics.median(map(what, self.samples[case, peer, task]))

    def wall(self, case: Case, peer: str, task: Task) -> float:
        return self.median(case, peer, task, lambda sample: sample.wall)

    def cpu(self, case: Case, peer: str, task: Task) -> float:
        return self.median(case, peer, task, lambda sample: sample.cpu)

    def memory(self, case: Case, peer: str, task: Task) -> float:
        return self.median(case, peer, task, lambda sample: sample.memory)

    def calls(self, case: Case, peer: str, task: Task) -> dict[str, int]:
        """Of the last round: retries aside, all rounds make the same."""
        return self.samples[case, peer, task][-1].calls

    def count(self, case: Case, peer: str, task: Task) -> int:
        return sum(self.calls(case, peer, task).values())


def run_rounds(
    sandbox: Sandbox, directory: Path, cases: Iterable[Case], names: Iterable[str], rounds: int, results: Results
) -> Iterator[str]:
    """Measure these peers in these cases, and add what was measured to the results; says what is done."""
    asked = [PEERS[name] for name in names]
    results.skipped = {peer.title: missing for peer in asked if (missing := peer.missing())}
    for case in cases:
        world = World(sandbox, case.tables, case.connections)
        usual = case == Case(100)
        for number in range(1 if case.is_large else rounds):
            for peer in asked:
                if peer.missing() or (peer.takes_minutes and (number or not usual)):
                    continue
                home = directory / f"{case.tables}-{case.connections}" / peer.name
                home.mkdir(parents=True, exist_ok=True)
                _run(results, world, case, peer, home)
            yield f"{case}: round {number + 1}"


def _run(results: Results, world: World, case: Case, peer: Peer, directory: Path) -> None:
    """All tasks of a peer, from an empty account on."""
    world.empty()
    peer.prepare(world, directory)
    if case.added:
        world.sandbox.switch("slow", _ALWAYS, seconds=case.added)
    for task in peer.tasks:
        if task is Task.REVOKED:
            world.revoke_one()
        sample = measure(world.sandbox, peer.command(directory, task), directory, peer.status(task))
        results.samples.setdefault((case, peer.name, task), []).append(sample)
        if peer.grants and task is not Task.REVOKED:
            # Or one that does nothing would be the fastest.
            for connection in world.connections:
                assert world.held(connection) == len(connection.resources), f"{peer.title}, {case}: not all is granted"
