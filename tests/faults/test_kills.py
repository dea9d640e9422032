# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run is killed before and after each of its writes: the next one finishes, and access is there all the time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from athena_sandbox import Sandbox

from ..integration.access_world import AccessWorld, Mode
from ..integration.module_runs import is_write
from .changes import CASES, CHANGES, Change, Step, is_changed
from .querying import QUERIES, Client
from .stepped import Boundary, SteppedRun
from .tally import EXCEPTED, KILLS, REFUSED, TALLY

# With and without the exception, in both modes.
SAMPLE = {("policy-widened", "access_key"), ("grants-table-to-columns", "iam_role")}


class Watch:
    """What a client sees of a change."""

    def __init__(self, change: Change, world: AccessWorld) -> None:
        self._change = change
        self._client = Client.of(world)

    def expect(self, may_query: bool) -> None:
        """At the beginning and at the end: all is served, or nothing is."""
        assert set(self._client.refusals()) == (set() if may_query else set(QUERIES))

    def look(self, where: Boundary | str) -> None:
        """In between: nothing is refused to who may query before and after, but for the exception."""
        refusals = self._client.refusals()
        if not (self._change.before and self._change.after):
            return
        excepted = refusals.pop(self._change.excepted, None)
        TALLY[EXCEPTED] += excepted is not None
        TALLY[REFUSED] += len(refusals)
        assert not refusals, f"{where}: {refusals}"


def run_all(world: AccessWorld, steps: Sequence[Step]) -> list[int]:
    """The number of writes of each step."""
    return [len(world.modules.run(module, options).ok().writes) for module, options in steps]


def kill_points(world: AccessWorld, change: Change) -> list[tuple[int, int, bool]]:
    """(step, write, whether it is done) for every boundary of a run from beginning to end; a client looks at each."""
    steps = change.steps(world)
    watch = Watch(change, world)
    watch.expect(change.before)
    points = []
    for index, (module, options) in enumerate(steps):
        run = SteppedRun(world.modules, module, options)
        while boundary := run.next():
            watch.look(boundary)
            points.append((index, boundary.number, boundary.is_done))
        run.end().ok()
    watch.expect(change.after)
    assert not is_changed(world, steps)
    return points


@pytest.mark.parametrize(
    ("name", "mode"),
    [pytest.param(*case, marks=[] if case in SAMPLE else pytest.mark.exhaustive) for case in CASES],
)
def test_killed_at_every_boundary(sandbox: Sandbox, name: str, mode: Mode) -> None:
    change = CHANGES[name]
    points = kill_points(change.world(sandbox, mode), change)
    assert points
    for index, number, is_done in points:
        world = change.world(sandbox, mode)
        steps, watch = change.steps(world), Watch(change, world)
        run_all(world, steps[:index])
        module, options = steps[index]
        run = SteppedRun(world.modules, module, options)
        boundary = run.until(number, is_done)
        run.kill()
        watch.look(f"killed {boundary}")
        again = run_all(world, steps)
        watch.expect(change.after)
        assert not is_changed(world, steps), f"killed {boundary}"
        assert run_all(world, steps) == [0] * len(steps)
        assert (index, number, is_done) == points[-1] or any(again), f"killed {boundary}: nothing was left to do"
        TALLY[KILLS] += 1


def test_a_killed_run_is_killed_where_it_says(sandbox: Sandbox) -> None:
    """What is killed before a write did not make it, and what is killed after it did."""
    change = CHANGES["policy-widened"]
    for is_done in (False, True):
        world = change.world(sandbox, "access_key")
        [(module, options)] = change.steps(world)
        before = world.policy
        run = SteppedRun(world.modules, module, options)
        assert is_write(run.until(0, is_done).call)
        run.kill()
        assert (world.policy != before) is is_done


def test_the_client_is_refused_where_access_is_missing(sandbox: Sandbox) -> None:
    """Each half of the access by itself, so that a loss of it would be seen."""
    world = AccessWorld(sandbox, "access_key")
    client = Client.of(world)
    assert client.refusals() == {}
    world.revoke({"Table": {"DatabaseName": "hr", "Name": "employees"}}, "SELECT")
    assert set(client.refusals()) == {"hr.employees"}
    world.detach_policy()
    assert set(client.refusals()) == {"hr.employees", "sales.orders"}
