# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of versions: what is in it, and what of it comes on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from tools.matrix import LINES, PAGE, Line, Row, all_cells, on_page, printed
from tools.paths import REQUIREMENTS, ROOT
from tools.results import Outcome

GOOD = Row("2.21.5", "3.13.0", "11.4.0", "1.44.5", Outcome(24), Outcome(100, skipped=1))
ABSENT = Row("2.21", "3.14")
EMPTY = "Before.\n\n.. matrix: begin\n.. matrix: end\n\nAfter.\n"


def test_the_oldest_line_is_what_the_collection_asks_for() -> None:
    runtime = (ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8")
    assert f'requires_ansible: ">={LINES[0].core}.0"' in runtime


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.core)
def test_a_line_is_locked_to_a_release_of_it(line: Line) -> None:
    lock = (REQUIREMENTS / f"matrix-{line.core}.txt").read_text(encoding="utf-8")
    assert re.search(rf"^ansible-core=={re.escape(line.core)}\.\d+ ", lock, re.MULTILINE)
    # The package "ansible" of the time: 12 for 2.19, and so on.
    assert int(line.carrier.removeprefix("ansible-")) == int(line.core.split(".")[1]) - 7
    assert (REQUIREMENTS / f"{line.carrier}.txt").exists()


def test_the_cells_have_names_of_their_own() -> None:
    names = [cell.name for cell in all_cells()]
    assert len(names) == len(set(names)) == sum(len(line.pythons) for line in LINES)


def test_the_table_takes_the_place_of_the_one_before() -> None:
    once = on_page(EMPTY, [GOOD], date(2026, 1, 2))
    assert once.startswith("Before.\n")
    assert once.endswith("\nAfter.\n")
    assert "Run on 2026-01-02:" in once
    assert "     - 100 passed, 0 failed, 1 skipped" in once
    again = on_page(once, [replace(GOOD, units=Outcome(7, 3))], date(2026, 1, 3))
    assert "7 passed, 3 failed" in again
    assert "100 passed" not in again
    assert "2026-01-02" not in again


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places"):
        on_page("Nothing here.\n", [GOOD], date(2026, 1, 2))


def test_a_python_that_is_not_there_is_no_success() -> None:
    lines = list(printed([GOOD, ABSENT]))
    assert "passed" in lines[1]
    assert "passed" not in lines[2]
    assert "not run" in lines[2]


def test_the_page_tells_of_every_cell_and_of_no_failure() -> None:
    text = PAGE.read_text(encoding="utf-8")
    told = set(re.findall(r"\* - (2\.\d+)[.\d]*\n     - (3\.\d+)[.\d]*\n", text))
    assert told == {(cell.line.core, ".".join(map(str, cell.python))) for cell in all_cells()}
    assert not re.search(r"[1-9]\d* failed", text)
