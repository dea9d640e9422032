# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snippets of the guides, so that their tests run what a reader would."""

from __future__ import annotations

from ..examples.blocks import ROOT, blocks_of


def snippets(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in their order."""
    blocks = blocks_of(ROOT / "docs" / "docsite" / "rst" / f"{page}.rst")
    return [block.text for block in blocks if block.language == language]
