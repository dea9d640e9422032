# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded outcomes of the fault matrix."""

from __future__ import annotations

import json
from pathlib import Path

# unit -> call -> column -> outcome
Matrix = dict[str, dict[str, dict[str, str]]]

MATRIX = Path(__file__).parent / "matrix.json"


def read_matrix() -> Matrix:
    """The outcomes; none where nothing was recorded yet."""
    return json.loads(MATRIX.read_text(encoding="utf-8")) if MATRIX.exists() else {}


def write_matrix(matrix: Matrix) -> None:
    MATRIX.write_text(json.dumps(matrix, indent=1) + "\n", encoding="utf-8")
