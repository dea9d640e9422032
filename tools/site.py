# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: antsibull-docs writes pages of plugins, role and guides, and Sphinx makes HTML of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from .paths import CACHE, COLLECTION, ROOT

SITE = CACHE / "site"
_SOURCE = ROOT / "docs" / "site"


def build_site(run: Callable[..., bool], tree: Path) -> bool:
    """Make the site in .cache/site of a copy of the collection; returns whether that went without a warning."""
    pages, doctrees = CACHE / "site-pages", CACHE / "site-doctrees"
    for directory in (pages, doctrees, SITE):
        shutil.rmtree(directory, ignore_errors=True)
    # antsibull-docs wants a directory that nobody else may write to.
    pages.mkdir(parents=True, mode=0o755)
    _leave_out_empty_link(tree.joinpath("ansible_collections", *COLLECTION, "galaxy.yml"))
    write = ["antsibull-docs", "--config-file", str(_SOURCE / "antsibull-docs.cfg"), "collection", "--use-current"]
    write += ["--squash-hierarchy", "--fail-on-error", "--dest-dir", str(pages), ".".join(COLLECTION)]
    # Warnings are errors, and so is a reference to what is not there.
    sphinx = ["sphinx-build", "-b", "html", "-W", "--keep-going", "-n", "-q", "-j", "2", "-d", str(doctrees)]
    here = {"ANSIBLE_COLLECTIONS_PATH": str(tree), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
    if not run(*write, **here):
        return False
    # antsibull-docs takes over text only.
    shutil.copytree(_SOURCE / "images", pages / "docsite" / "images")
    return run(*sphinx, "-c", str(_SOURCE), str(pages), str(SITE))


def _leave_out_empty_link(galaxy: Path) -> None:
    """Without a public home `repository` is empty, and the index would show a link to nowhere."""
    lines = galaxy.read_text(encoding="utf-8").splitlines(keepends=True)
    galaxy.write_text("".join(line for line in lines if line != 'repository: ""\n'), encoding="utf-8")


def where() -> str:
    """Where the site is, for people."""
    return f"the site is in {os.path.relpath(SITE / 'index.html', ROOT)}"
