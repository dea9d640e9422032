# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation page on faults, made from the outcomes that were recorded: python -m tests.faults.page"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from pathlib import Path

from .cells import Outcome
from .columns import COLUMNS, EVERY_READ
from .matrix import Matrix, read_matrix

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "faults.rst"

_HEAD = """\
..
  Copyright: (c) 2026, qualytics.athena contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made from tests/faults/matrix.json by: sh tools/start.sh fault-page

.. _ansible_collections.qualytics.athena.docsite.faults:

When calls to AWS fail
======================

Calls to IAM, S3, Glue, Athena, KMS and Lake Formation fail at times: they are throttled, their answers are lost, or a
proxy answers in the place of AWS. The modules try again what a later try may not meet again, and nothing else:

- What AWS refuses for now is tried eight times, with random waits that grow from half a second to fifteen seconds, 46
  seconds together at most. That is throttling, HTTP 500 to 504, concurrent modifications, and where something was made
  a moment ago, that it is not known yet.
- What is lost on the way is tried four times: connections that are reset or time out, answers that are cut off, and
  answers that are not from AWS. Such an answer is never taken for an absence, an empty list or a denial.
- A denial, a quota, and an invalid request are not tried again.

The SDK's own retries are turned off, as the two would multiply; :code:`aws_config` with :code:`retries` turns them on.
What does not pass ends the task with one error that names the call and what to do. What was done before stays, and the
next run does the rest: nothing is undone, and nothing has to be cleaned up.

The matrix
----------

The calls that provision, update, remove and verify a connection, in both authentication modes, have met the faults
that they can meet, in front of a local AWS. Of what only looks, the queries of a live verification included, that is a
choice of the faults, and where several modules do it in the same way, one of them; so it is of the module that does a
whole connection, as its steps are those of the other modules. After each fault a run without faults made everything as
it was asked for, and one after that made no write.
"""

_LETTERS = {Outcome.NO_MATTER: "=", Outcome.RETRIED: "r", Outcome.ERROR: "E", Outcome.CHECK: "c"}
_LEGEND = {
    "=": "the run does not notice",
    "r": "tried again, and the run ends well",
    "E": "the task fails with one error that names the call and what to do",
    "c": "the verification goes on, and says which check it could not make, and what to do",
    "r E": "one or the other, depending on the module or on what was there",
}
_ACTIONS = {
    "provision": "Provision",
    "update": "Update",
    "remove": "Remove",
    "verify": "Verify",
}


def page(matrix: Matrix) -> str:
    """The page as it should be."""
    parts = [_HEAD, *_figures(matrix), *_legend()]
    for action, title in _ACTIONS.items():
        parts += _table(title, _merged(matrix, action))
    return "\n".join(parts)


def _figures(matrix: Matrix) -> list[str]:
    counts = collections.Counter(
        outcome for rows in matrix.values() for row in rows.values() for outcome in row.values()
    )
    del counts[Outcome.NOT_MET]
    text = (
        f"Of {counts.total():,} cells {counts[Outcome.NO_MATTER]:,} did not matter, {counts[Outcome.RETRIED]:,} were "
        f"absorbed by trying again, {counts[Outcome.ERROR]:,} ended in an error, and {counts[Outcome.CHECK]:,} in the "
        "answer of a check."
    )
    return [text, ""]


def _legend() -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", "", "   * - Column", "     - What the call meets"]
    for column in COLUMNS.values():
        lines += [f"   * - {column.title}", f"     - {column.text}"]
    lines += ["", ".. list-table::", "   :header-rows: 1", "", "   * - Cell", "     - What comes of it"]
    for letter, text in _LEGEND.items():
        lines += [f"   * - ``{letter}``", f"     - {text}"]
    return [*lines, "", "An empty cell is a fault that the call cannot meet there.", ""]


def _merged(matrix: Matrix, action: str) -> dict[str, dict[str, set[str]]]:
    """The outcomes for each call and column, over modules, modes and types of policies."""
    merged: dict[str, dict[str, set[str]]] = {}
    for name, rows in matrix.items():
        if action in name.split("/"):
            for call, row in rows.items():
                cells = merged.setdefault(call, collections.defaultdict(set))
                for column, outcome in row.items():
                    if outcome != Outcome.NOT_MET:
                        cells[column].add(_LETTERS[Outcome(outcome)])
    return merged


def _table(title: str, rows: dict[str, dict[str, set[str]]]) -> list[str]:
    used = [name for name in COLUMNS if any(row.get(name) for row in rows.values())]
    lines = [title, "^" * len(title), "", ".. csv-table::", "   :header-rows: 1", ""]
    lines.append(_line(["Call", *(COLUMNS[name].title for name in used)]))
    for call in sorted(rows, key=lambda call: (call == EVERY_READ, call)):
        shown = "every read at once" if call == EVERY_READ else f"``{call}``"
        lines.append(_line([shown, *(" ".join(sorted(rows[call].get(name, ()), key="=rEc".index)) for name in used)]))
    return [*lines, ""]


def _line(cells: Iterable[str]) -> str:
    return "   " + ", ".join(f'"{cell}"' for cell in cells)


def write_page() -> None:
    PAGE.write_text(page(read_matrix()), encoding="utf-8")


if __name__ == "__main__":
    write_page()
