# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call meets every fault; the outcomes are the recorded ones, and the documentation says so.

All cells are marked exhaustive, but for some of each column.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from athena_sandbox import Sandbox
from fault_proxy import Proxy

from .cells import Bench, Outcome
from .columns import COLUMNS
from .matrix import read_matrix
from .page import PAGE, page
from .tally import CELLS, TALLY
from .units import ACTIONS, UNITS

MATRIX = read_matrix()
OUTCOMES = [
    (unit, call, column, outcome)
    for unit, rows in MATRIX.items()
    for call, row in rows.items()
    for column, outcome in row.items()
]
# A prime, so that the sample does not keep step with the columns.
_EVERY = 83
SAMPLE = {(unit, call, column) for unit, call, column, _outcome in OUTCOMES[::_EVERY]}


@pytest.fixture(scope="module")
def bench(sandbox: Sandbox, running_proxy: Proxy) -> Iterator[Bench]:
    """Where cells are tried."""
    running_proxy.clear_rules()
    yield Bench(sandbox, running_proxy)
    running_proxy.clear_rules()


@pytest.mark.parametrize(
    "unit", [pytest.param(it, marks=[] if "/provision/" in it else pytest.mark.exhaustive) for it in UNITS]
)
def test_no_call_and_no_fault_is_left_out(bench: Bench, unit: str) -> None:
    rows = {call: [column.name for column in columns] for call, columns in bench.rows(UNITS[unit]).items()}
    assert {call: list(row) for call, row in MATRIX[unit].items()} == rows


@pytest.mark.parametrize(
    ("unit", "call", "column", "outcome"),
    [
        pytest.param(*cell, marks=[] if cell[:3] in SAMPLE else pytest.mark.exhaustive, id="-".join(cell[:3]))
        for cell in OUTCOMES
    ],
)
def test_a_call_that_meets_a_fault(bench: Bench, unit: str, call: str, column: str, outcome: str) -> None:
    assert bench.outcome(UNITS[unit], call, COLUMNS[column]) == outcome
    TALLY[CELLS] += 1


def test_every_outcome_is_a_good_one() -> None:
    assert {outcome for *_cell, outcome in OUTCOMES} <= set(Outcome)
    for mode in ("access_key", "iam_role"):
        for action in ACTIONS:
            assert any(unit.startswith(f"{mode}/{action}/") for unit in MATRIX)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_fault_was_met(column: str) -> None:
    assert any(found == column and outcome != Outcome.NOT_MET for _unit, _call, found, outcome in OUTCOMES)


@pytest.mark.parametrize("column", ["throttled", "internal_error", "unavailable", "reset_before", "truncated", "html"])
def test_what_passes_without_having_been_applied_is_always_absorbed(column: str) -> None:
    lost = {"truncated"}
    for unit, call, found, outcome in OUTCOMES:
        if found == column and not (column in lost and call.partition(":")[2].startswith("Create")):
            assert outcome in (Outcome.RETRIED, Outcome.NO_MATTER), (unit, call)


@pytest.mark.parametrize("column", ["html_not_found", "html_always", "truncated_always", "reset_always"])
def test_what_is_not_from_aws_is_never_taken_for_an_answer(column: str) -> None:
    assert {outcome for _unit, _call, found, outcome in OUTCOMES if found == column} == {Outcome.ERROR, Outcome.CHECK}


def test_the_page_is_made_from_the_outcomes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(MATRIX), "make it anew: sh tools/start.sh fault-page"
    toctree = yaml.safe_load((PAGE.parent.parent / "extra-docs.yml").read_text(encoding="utf-8"))
    assert any(PAGE.stem in section["toctree"] for section in toctree["sections"])
