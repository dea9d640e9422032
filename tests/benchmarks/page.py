# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured part of the documentation page on performance."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from .peers import PEERS, Task
from .rounds import Case, Results

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "performance.rst"
_BEGIN, _END = ".. measured: begin", ".. measured: end"

_COLUMNS = {
    Task.FIRST: "first apply",
    Task.AGAIN: "nothing to do",
    Task.CHECK: "check, nothing to do",
    Task.REVOKED: "check, one grant revoked",
}


def write(results: Results, rounds: int) -> None:
    """Put these results in the place of those on the page."""
    text = PAGE.read_text(encoding="utf-8")
    measured = "\n".join([_BEGIN, "", *_lines(results, rounds), _END])
    found = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    PAGE.write_text(found.sub(lambda _match: measured, text), encoding="utf-8")


def table(results: Results, case: Case) -> list[list[str]]:
    """A head, and a row for each peer."""
    rows = [["", *_COLUMNS.values(), "CPU", "memory"]]
    for name, peer in PEERS.items():
        if not results.has(case, name, Task.FIRST):
            continue
        cells = [_cell(results, case, name, task) for task in _COLUMNS]
        # The processor's time of a run without changes, where there is one.
        usual = Task.AGAIN if results.has(case, name, Task.AGAIN) else Task.FIRST
        cost = [f"{results.cpu(case, name, usual):.2f} s", f"{results.memory(case, name, usual):.0f} MB"]
        rows.append([peer.title, *cells, *cost])
    return rows


def printed(results: Results) -> Iterator[str]:
    """The tables, for a terminal."""
    for case in results.cases:
        yield f"{case} (seconds / calls):"
        rows = table(results, case)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    yield from (f"{title}: skipped, {why}" for title, why in results.skipped.items())


def _cell(results: Results, case: Case, peer: str, task: Task) -> str:
    if not results.has(case, peer, task):
        return "-"
    return f"{results.wall(case, peer, task):.2f} s / {results.count(case, peer, task):,}"


def _lines(results: Results, rounds: int) -> Iterator[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("ansible-core", "boto3", "ministack"))
    yield (
        f"Measured on {datetime.datetime.now(datetime.UTC):%Y-%m-%d} with Python {platform.python_version()}, "
        f"{versions}, on {os.cpu_count()} cores with a load of {os.getloadavg()[2]:.1f}: medians of "
        f"{rounds} round(s), one of the large cases, seconds on the clock and the number of calls. CPU and memory are "
        "those of a run with nothing to do (where a peer has none, of the first), without the local AWS, which runs on "
        "the same cores."
    )
    yield ""
    for case in results.cases:
        yield f".. list-table:: {case}"
        yield "   :header-rows: 1"
        yield ""
        yield from _rst(table(results, case))
        yield ""
    for title, why in results.skipped.items():
        yield f"- {title}: not measured, {why}."
    if results.skipped:
        yield ""


def _rst(rows: Iterable[list[str]]) -> Iterator[str]:
    for row in rows:
        yield from (f"   {'* -' if index == 0 else '  -'} {cell}".rstrip() for index, cell in enumerate(row))
