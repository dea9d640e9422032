# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the role costs beside what people use today: ratios with slack, and calls; never times.

The bounds that this was built for are tighter by a quarter: a machine that does other things widens ratios.
"""

from __future__ import annotations

import os

import pytest

from .peers import PEERS, Task
from .rounds import Case, Results

ROLE, MODULE, AMAZON, TERRAFORM, LOOP, FLOOR = PEERS
SLACK = 1.25
SMALL, MANY = Case(100), Case(1000)


def needs(results: Results, case: Case, *peers: str) -> None:
    """Skip where somebody was not measured, and say who."""
    for peer in peers:
        if not results.has(case, peer, Task.FIRST):
            title = PEERS[peer].title
            pytest.skip(f"{title} was not measured with {case}: {results.skipped.get(title, 'not asked for')}")


def test_nothing_to_do_beside_a_playbook_that_grants_nothing(results: Results) -> None:
    needs(results, SMALL, ROLE, AMAZON)
    peer = results.wall(SMALL, AMAZON, Task.AGAIN)
    for task in (Task.AGAIN, Task.CHECK, Task.REVOKED):
        assert results.wall(SMALL, ROLE, task) <= 0.65 * SLACK * peer, task


def test_nothing_to_do_beside_a_plan_of_terraform(results: Results) -> None:
    needs(results, SMALL, ROLE, TERRAFORM)
    assert results.wall(SMALL, ROLE, Task.AGAIN) <= 0.5 * SLACK * results.wall(SMALL, TERRAFORM, Task.CHECK)


def test_first_apply_beside_a_playbook_that_grants_nothing(results: Results) -> None:
    needs(results, SMALL, ROLE, AMAZON)
    assert results.wall(SMALL, ROLE, Task.FIRST) <= 0.75 * SLACK * results.wall(SMALL, AMAZON, Task.FIRST)


def test_first_apply_beside_a_loop_of_commands(results: Results) -> None:
    needs(results, SMALL, ROLE, LOOP)
    assert results.wall(SMALL, ROLE, Task.FIRST) <= SLACK / 40 * results.wall(SMALL, LOOP, Task.FIRST)


def test_ten_times_the_grants(results: Results) -> None:
    needs(results, SMALL, ROLE)
    needs(results, MANY, ROLE)
    assert results.wall(MANY, ROLE, Task.FIRST) <= 1.6 * SLACK * results.wall(SMALL, ROLE, Task.FIRST)


@pytest.mark.parametrize("task", Task)
def test_calls_beside_a_script_that_asks_for_the_same_facts(results: Results, task: Task) -> None:
    alone = [case for case in results.cases if case.connections == 1]
    for case in alone:
        needs(results, case, ROLE, FLOOR)
        calls, floor = results.calls(case, ROLE, task), results.calls(case, FLOOR, task)
        assert sum(calls.values()) <= 1.2 * sum(floor.values()), (case, calls, floor)
        # The same facts, or the script would not be the floor. Before grants, whether the tables are there is asked one
        # by one where that may be less than all pages of a database.
        if task in (Task.AGAIN, Task.CHECK):
            assert calls == floor, case


def test_each_further_grant_that_is_there_already(results: Results) -> None:
    # What else the machine does weighs less the more there are.
    largest = results.largest
    if largest.tables <= SMALL.tables:
        pytest.skip("no more than 100 tables were asked for")
    needs(results, SMALL, MODULE)
    needs(results, largest, MODULE)
    more = results.cpu(largest, MODULE, Task.AGAIN) - results.cpu(SMALL, MODULE, Task.AGAIN)
    assert more / (largest.tables - SMALL.tables) < 0.0002 * SLACK


def test_memory(results: Results) -> None:
    needs(results, results.largest, ROLE)
    assert results.memory(results.largest, ROLE, Task.AGAIN) < 150


def test_many_connections_in_one_run(results: Results) -> None:
    one, many = Case(10), max(results.cases, key=lambda case: case.connections)
    if many.connections == 1:
        pytest.skip("no more than one connection was asked for")
    needs(results, one, ROLE)
    needs(results, many, ROLE)
    work = many.connections * results.wall(one, ROLE, Task.AGAIN) / min(os.cpu_count() or 1, many.connections)
    assert results.wall(many, ROLE, Task.AGAIN) <= 1.3 * SLACK * work
