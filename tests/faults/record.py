# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try every cell of the fault matrix, keep the outcomes, make the page: python -m tests.faults.record [--resume]

Some rows at a time, each process with a sandbox of its own. What is not as it should be is printed, and kept as such;
with --resume only such cells, and those that are missing, are tried.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from athena_sandbox import Sandbox
from fault_proxy import Proxy

from .cells import Bench, Outcome
from .columns import COLUMNS
from .matrix import Matrix, read_matrix, write_matrix
from .page import write_page
from .units import UNITS

_AT_A_TIME = 4
_RESUME = "--resume"


@functools.cache
def _bench() -> Bench:
    """That of this process; sandbox and proxy end with it."""
    sandbox = Sandbox()
    return Bench(sandbox, Proxy(sandbox.url))


def columns_of(unit: str) -> dict[str, list[str]]:
    """The columns of each call of a unit."""
    return {call: [column.name for column in row] for call, row in _bench().rows(UNITS[unit]).items()}


def outcomes_of(unit: str, call: str, columns: Sequence[str]) -> dict[str, str]:
    """The outcomes of a row; one that is none is the text of what went wrong."""
    outcomes = {}
    for column in columns:
        try:
            outcomes[column] = str(_bench().outcome(UNITS[unit], call, COLUMNS[column]))
        except AssertionError as error:
            outcomes[column] = f"WRONG: {error}"
            print(unit, call, column, str(error)[:600], flush=True)
    return outcomes


def main(arguments: Sequence[str]) -> int:
    """Record all, or what is missing; returns the exit code."""
    known = read_matrix() if _RESUME in arguments else {}
    with ProcessPoolExecutor(_AT_A_TIME) as pool:
        asked = dict(zip(UNITS, pool.map(columns_of, UNITS), strict=True))
        matrix: Matrix = {
            unit: {
                call: {it: known.get(unit, {}).get(call, {}).get(it, "") for it in columns}
                for call, columns in rows.items()
            }
            for unit, rows in asked.items()
        }
        started = {}
        for unit, rows in matrix.items():
            for call, row in rows.items():
                left = [column for column, outcome in row.items() if outcome not in set(Outcome)]
                if left:
                    started[pool.submit(outcomes_of, unit, call, left)] = (unit, call)
        for done in as_completed(started):
            unit, call = started[done]
            matrix[unit][call] |= done.result()
            print(unit, call, len(matrix[unit][call]), "cells", flush=True)
            write_matrix(matrix)
    wrong = any(
        outcome not in set(Outcome) for rows in matrix.values() for row in rows.values() for outcome in row.values()
    )
    if not wrong:
        write_page()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
