# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the report in the documentation, made anew by: sh tools/start.sh pictures"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.qualytics.athena.plugins.module_utils._report_html import report_html
from ansible_collections.qualytics.athena.tests.browser.chromium import Chromium, find_chromium
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import fleet

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "site" / "images"
# Their width, height and colour scheme.
PICTURES = {
    "report-wide-light": (1180, 900, "light"),
    "report-wide-dark": (1180, 900, "dark"),
    "report-phone": (390, 900, "light"),
}


def main() -> None:
    """Take the pictures."""
    program = find_chromium()
    if program is None:
        sys.exit("there is no Chromium on this machine; CHROMIUM may name one")
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "report.html"
        page.write_text(report_html(fleet()), encoding="utf-8")
        browser = Chromium(program, Path(scratch) / "profile")
        try:
            for name, (width, height, scheme) in PICTURES.items():
                browser.open(page, width, scheme, height)
                browser.screenshot(IMAGES / f"{name}.png", height)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
