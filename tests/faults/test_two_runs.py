# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once on the same connection: both end well or one says why, and what they leave is right.

The second run goes through while the first waits at a boundary of its writes; or it has looked before the first went
on, and writes what it then planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from athena_sandbox import Sandbox

from ..integration.access_world import AccessWorld, Mode
from ..integration.module_runs import Run
from .changes import CASES, CHANGES, Change, Step, is_changed
from .clear_errors import assert_clear_error
from .querying import Client
from .stepped import SteppedRun
from .tally import INTERLEAVINGS, SAID_WHY, TALLY

SAMPLE = {("policy-widened", "access_key", True), ("trust-narrowed", "iam_role", False)}
RUNS = [(*case, both_look) for case in CASES for both_look in (False, True)]


def boundaries(world: AccessWorld, module: str, options: dict[str, Any]) -> list[tuple[int, bool]]:
    """(write, whether it is done) of a run, which is made."""
    run, found = SteppedRun(world.modules, module, options), []
    while boundary := run.next():
        found.append((boundary.number, boundary.is_done))
    run.end().ok()
    return found


def run_all(world: AccessWorld, steps: Sequence[Step]) -> list[Run]:
    return [world.modules.run(module, options) for module, options in steps]


def together(world: AccessWorld, steps: Sequence[Step], index: int, where: tuple[int, bool], both_look: bool) -> None:
    """Run the steps twice, the second time while the first run waits in one of its steps."""
    for run in run_all(world, steps[:index]):
        run.ok()
    module, options = steps[index]
    first = SteppedRun(world.modules, module, options)
    first.until(*where)
    if both_look:
        second = SteppedRun(world.modules, module, options)
        second.next()
        ended = [first.end(), second.end()]
    else:
        ended = run_all(world, steps)
        ended.append(first.end())
    failed = [run for run in ended if run.failed]
    assert len(failed) < len(ended)
    for run in failed:
        assert_clear_error(run)
    TALLY[SAID_WHY] += len(failed)
    TALLY[INTERLEAVINGS] += 1


def assert_right(world: AccessWorld, change: Change, steps: Sequence[Step]) -> None:
    """The next run does what is left, if anything is, and after it all is as it was asked for."""
    for run in run_all(world, steps):
        run.ok()
    assert not is_changed(world, steps)
    assert bool(Client.of(world).refusals()) is not change.after
    assert not [write for run in run_all(world, steps) for write in run.ok().writes]


@pytest.mark.parametrize(
    ("name", "mode", "both_look"),
    [
        pytest.param(
            *run, id=f"{run[0]}-{run[1]}-{'both look first' if run[2] else 'one passes the other'}", marks=marks
        )
        for run in RUNS
        for marks in ([] if run in SAMPLE else [pytest.mark.exhaustive],)
    ],
)
def test_two_runs_at_once(sandbox: Sandbox, name: str, mode: Mode, both_look: bool) -> None:
    change = CHANGES[name]
    world = change.world(sandbox, mode)
    steps = change.steps(world)
    found = [
        (index, where) for index, (module, options) in enumerate(steps) for where in boundaries(world, module, options)
    ]
    assert found
    for index, where in found:
        world = change.world(sandbox, mode)
        steps = change.steps(world)
        together(world, steps, index, where, both_look)
        assert_right(world, change, steps)


@pytest.mark.parametrize("both_look", [False, True], ids=["one passes the other", "both look first"])
def test_two_runs_that_want_different_things(sandbox: Sandbox, both_look: bool) -> None:
    """The last one wins as a whole: no mixture of both is left."""
    for number in (0, 1):
        world = AccessWorld(sandbox, "access_key")
        module, options = CHANGES["policy-widened"].steps(world)[0]
        other = CHANGES["policy-narrowed"].steps(world)[0][1]
        first = SteppedRun(world.modules, module, options)
        first.until(0, number == 1)
        second = SteppedRun(world.modules, module, other)
        if both_look:
            second.next()
            runs = [first.end(), second.end()]
        else:
            runs = [second.end(), first.end()]
        documents = [run.ok().result["policy"]["document"] for run in runs]
        assert documents[0] != documents[1]
        # Which write came last: with number 1 the first run has made its own before the second began.
        last = documents[0] if number == 1 and not both_look else documents[1]
        assert world.policy == last
