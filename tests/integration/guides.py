# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snippets of the guides, so that their tests run what a reader would."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_PAGES = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst"


def snippets(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in their order."""
    text = (_PAGES / f"{page}.rst").read_text(encoding="utf-8")
    found = re.findall(rf"(?m)^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", text)
    return [textwrap.dedent(block).strip() + "\n" for block in found]
