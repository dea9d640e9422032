# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on error messages is what its data makes."""

from __future__ import annotations

import yaml

from ansible_collections.qualytics.athena.plugins.module_utils._error_entries import ENTRIES
from tools.error_page import PAGE, page
from tools.paths import ROOT


def test_the_page_is_made_from_the_entries() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew: sh tools/start.sh error-page"


def test_the_page_is_listed_among_the_guides() -> None:
    listed = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    assert any(PAGE.stem in section["toctree"] for section in listed["sections"])


def test_every_entry_has_a_row_of_six_cells() -> None:
    made = page()
    for entry in ENTRIES:
        assert made.count(f"``{entry.name}``") == 1
        assert f"<{entry.reference}>" in made
    lines = made.splitlines()
    rows = sum(line.startswith("   * - ") for line in lines)
    assert rows == len(ENTRIES) + made.count(".. list-table::")
    assert sum(line.startswith("     - ") for line in lines) == 5 * rows
    assert not [line for line in lines if "{" in line and "{{" not in line]
