# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release tells, and what galaxy-importer is shown; `make docs` and `make importer` try the tools themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.environment import SetupFailed
from tools.importer import with_repository
from tools.release import has_fragments, leave_out_development, version


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout before its first release."""
    (tmp_path / "changelogs" / "fragments").mkdir(parents=True)
    (tmp_path / "changelogs" / "changelog.yaml").write_text("---\nancestor: null\nreleases: {}\n")
    (tmp_path / "galaxy.yml").write_text('name: athena\nversion: 1.2.3\nrepository: ""\n')
    return tmp_path


def fragment(copy: Path, name: str, text: str = "---\n") -> Path:
    path = copy / "changelogs" / "fragments" / name
    path.write_text(text)
    return path


def test_a_first_release_is_told_in_one_fragment(copy: Path) -> None:
    told, other = fragment(copy, "1.2.3.yml"), fragment(copy, "other.yml", "what came to be")
    assert leave_out_development(copy) == {"other.yml": "what came to be"}
    assert told.exists()
    assert not other.exists()


def test_a_first_release_that_is_told_nowhere_is_refused(copy: Path) -> None:
    other = fragment(copy, "other.yml")
    with pytest.raises(SetupFailed, match=r"1\.2\.3\.yml"):
        leave_out_development(copy)
    assert other.exists()


def test_a_later_release_is_made_of_all_fragments(copy: Path) -> None:
    (copy / "changelogs" / "changelog.yaml").write_text("---\nancestor: null\nreleases:\n  1.0.0: {}\n")
    other = fragment(copy, "other.yml")
    assert leave_out_development(copy) == {}
    assert other.exists()


def test_what_waits_for_a_release_is_seen(copy: Path) -> None:
    assert not has_fragments(copy)
    fragment(copy, "other.yaml")
    assert has_fragments(copy)


def test_the_version_is_that_of_galaxy_yml(copy: Path) -> None:
    assert version(copy) == "1.2.3"
    (copy / "galaxy.yml").write_text("name: athena\n")
    with pytest.raises(SetupFailed, match="no version"):
        version(copy)


def test_only_a_collection_without_a_repository_gets_one_for_an_example(copy: Path) -> None:
    assert with_repository(copy)
    given = (copy / "galaxy.yml").read_text()
    assert "example.com" in given
    assert not with_repository(copy)
    assert (copy / "galaxy.yml").read_text() == given
