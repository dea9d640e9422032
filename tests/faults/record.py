# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try every cell of the fault matrix, keep the outcomes, make the page: python -m tests.faults.record [UNIT...]

Some units at a time, each with a sandbox of its own. What is not as it should be is printed, and kept as such.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from athena_sandbox import Sandbox
from fault_proxy import Proxy

from .cells import Bench
from .matrix import Matrix, read_matrix, write_matrix
from .page import write_page
from .units import UNITS

_AT_A_TIME = 4


def rows_of(name: str) -> dict[str, dict[str, str]]:
    """All outcomes of a unit; one that is none is the text of what went wrong."""
    unit, rows = UNITS[name], {}
    with Sandbox() as sandbox, Proxy(sandbox.url) as proxy:
        bench = Bench(sandbox, proxy)
        for call, columns in bench.rows(unit).items():
            rows[call] = {}
            for column in columns:
                try:
                    rows[call][column.name] = str(bench.outcome(unit, call, column))
                except AssertionError as error:
                    rows[call][column.name] = f"WRONG: {error}"
                    print(name, call, column.name, str(error)[:600], flush=True)
    return rows


def main(names: Sequence[str]) -> int:
    """Record the units named, or all; returns the exit code."""
    matrix: Matrix = read_matrix()
    with ProcessPoolExecutor(_AT_A_TIME) as pool:
        started = {pool.submit(rows_of, name): name for name in names or UNITS}
        for done in as_completed(started):
            name, rows = started[done], done.result()
            matrix[name] = rows
            print(name, sum(map(len, rows.values())), "cells", flush=True)
            write_matrix({unit: matrix[unit] for unit in UNITS if unit in matrix})
    wrong = any("WRONG" in outcome for rows in matrix.values() for row in rows.values() for outcome in row.values())
    if not wrong:
        write_page()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
