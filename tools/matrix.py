# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of versions: which lines of ansible-core are supported, on which Pythons, and how each one did."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from .environment import Environment, pinned
from .paths import REQUIREMENTS, ROOT
from .pythons import NoPython, Python, choose
from .results import Outcome

PAGE = ROOT / "docs" / "docsite" / "rst" / "releases.rst"
ENVIRONMENTS = ROOT / ".venv-matrix"
_BEGIN, _END = ".. matrix: begin", ".. matrix: end"


@dataclass(frozen=True)
class Line:
    """A line of ansible-core, the Pythons it runs on, and the package that carries the amazon.aws of its time."""

    core: str
    pythons: tuple[tuple[int, int], ...]
    carrier: str


# What ansible-core itself supports on the controller, from Python 3.11 on.
LINES = (
    Line("2.19", ((3, 11), (3, 12), (3, 13)), "ansible-12"),
    Line("2.20", ((3, 12), (3, 13), (3, 14)), "ansible-13"),
    Line("2.21", ((3, 12), (3, 13), (3, 14)), "ansible-14"),
)


@dataclass(frozen=True)
class Cell:
    """A line of ansible-core on one Python."""

    line: Line
    python: tuple[int, int]

    @property
    def name(self) -> str:
        """A name for its files."""
        return f"{self.line.core}-python{self.python[0]}.{self.python[1]}"

    def environment(self) -> Environment | None:
        """Its environment; None where this machine has no such Python."""
        python = _found(self.python)
        if python is None:
            return None
        lock, carrier = f"matrix-{self.line.core}.txt", f"{self.line.carrier}.txt"
        return Environment(ENVIRONMENTS / self.name, python, REQUIREMENTS / lock, REQUIREMENTS / carrier)


@dataclass(frozen=True)
class Row:
    """What came of a cell, and with which versions; no outcomes where its Python is not on this machine."""

    core: str
    python: str
    amazon_aws: str = ""
    boto3: str = ""
    sanity: Outcome | None = None
    units: Outcome | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What it says in the table."""
        if self.sanity is None or self.units is None:
            missing = "not run: no such Python on the machine"
            return (self.core, self.python, "", "", missing, missing)
        return (self.core, self.python, self.amazon_aws, self.boto3, str(self.sanity), str(self.units))


_HEAD = ("ansible-core", "Python", "amazon.aws", "boto3", "ansible-test sanity", "unit tests")


def all_cells() -> list[Cell]:
    """Every supported line on every supported Python."""
    return [Cell(line, python) for line in LINES for python in line.pythons]


def row(cell: Cell, environment: Environment | None, sanity: Outcome | None, units: Outcome | None) -> Row:
    """The row of a cell, with the versions that its environment holds."""
    if environment is None:
        return Row(cell.line.core, ".".join(map(str, cell.python)))
    pins = pinned(environment.lock)
    versions = (pins["ansible-core"], environment.python.text, environment.amazon_aws_version, pins["boto3"])
    return Row(*versions, sanity, units)


def printed(rows: Iterable[Row]) -> Iterator[str]:
    """The table, for a terminal."""
    table = [_HEAD, *(each.cells for each in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def on_page(text: str, rows: Iterable[Row], day: date) -> str:
    """The page with this table in the place of the one that it has."""
    lines = [
        _BEGIN,
        "",
        f"Run on {day:%Y-%m-%d}:",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
    ]
    for cells in (_HEAD, *(each.cells for each in rows)):
        lines += [f"   {'* -' if index == 0 else '  -'} {cell}".rstrip() for index, cell in enumerate(cells)]
    made = "\n".join([*lines, "", _END])
    found = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    replaced, count = found.subn(lambda _match: made, text)
    if count != 1:
        raise ValueError(f"{PAGE.name} has {count} places for the table")
    return replaced


def _found(line: tuple[int, int]) -> Python | None:
    try:
        return choose({**os.environ, "PYTHON": ""}, (line,))
    except NoPython:
        return None
