# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of the documentation to others: what can be said of them without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tools.paths import ROOT

# Who documents what the collection relies on.
_HOSTS = {
    "docs.ansible.com",
    "docs.aws.amazon.com",
    "docs.github.com",
    "docs.gitlab.com",
    # Threads in which users report what AWS does not document.
    "github.com",
    "repost.aws",
    "semver.org",
}
_ADDRESS = re.compile(r"<(https?://[^>\s]+)>|\]\((https?://[^)\s]+)\)")


def _links() -> Iterator[tuple[str, str]]:
    pages = [*ROOT.glob("docs/docsite/rst/*.rst"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for page in sorted(pages):
        for found in _ADDRESS.finditer(page.read_text(encoding="utf-8")):
            yield page.name, found[1] or found[2]


def test_the_pages_have_links() -> None:
    assert len(list(_links())) > 50


@pytest.mark.parametrize(("page", "address"), sorted(set(_links())))
def test_a_link_goes_to_a_known_host_over_https(page: str, address: str) -> None:
    parts = urlsplit(address)
    assert parts.scheme == "https", page
    assert parts.hostname in _HOSTS, page
