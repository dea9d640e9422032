# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on PATH may be shims that do not run: the Python chosen is one that answered."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.private import read_settings
from tools.pythons import SUPPORTED, NoPython, candidates, choose, probe

HERE = tuple(sys.version_info[:2])


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def answering(path: Path, version: tuple[int, int, int], usual: bool = True) -> Path:
    """A Python that answers the probe with this version, and its own path."""
    return script(path, f"echo '[{str(usual).lower()}, {list(version)}, \"{path}\"]'")


def test_the_python_that_runs_these_tests_is_usable() -> None:
    python = probe(sys.executable)
    assert python is not None
    assert python.version == tuple(sys.version_info[:3])


def test_the_newest_supported_python_that_runs_is_chosen(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "python3.14", "echo 'pyenv: python3.14: command not found' >&2; exit 127")
    newest = answering(tmp_path / "bin" / "python3.13", (3, 13, 1))
    answering(tmp_path / "bin" / "python3", (3, 12, 9))
    answering(tmp_path / "bin" / "python", (3, 99, 0))
    assert choose({"PATH": str(tmp_path / "bin")}).path == str(newest)


def test_a_shim_that_does_not_run_leads_to_the_versions_beside_it(tmp_path: Path) -> None:
    script(tmp_path / "shims" / "python3.12", "exit 127")
    there = answering(tmp_path / "versions" / "3.12.4" / "bin" / "python", (3, 12, 4))
    assert choose({"PATH": str(tmp_path / "shims")}).path == str(there)


@pytest.mark.parametrize("variable", ["PYENV_ROOT", "HOME"])
def test_pyenv_is_found_without_a_shim_on_path(tmp_path: Path, variable: str) -> None:
    root = tmp_path if variable == "PYENV_ROOT" else tmp_path / ".pyenv"
    there = answering(root / "versions" / "3.13.2" / "bin" / "python", (3, 13, 2))
    assert choose({"PATH": "", variable: str(tmp_path)}).path == str(there)


def test_no_release_candidate_and_no_free_threaded_build_is_chosen(tmp_path: Path) -> None:
    answering(tmp_path / "python3.14", (3, 14, 0), usual=False)
    plain = answering(tmp_path / "python3.11", (3, 11, 2))
    assert choose({"PATH": str(tmp_path)}).path == str(plain)


def test_the_override_wins_over_a_newer_one(tmp_path: Path) -> None:
    answering(tmp_path / "python3.13", (3, 13, 1))
    named = answering(tmp_path / "mine", (3, 11, 5))
    assert choose({"PATH": str(tmp_path), "PYTHON": str(named)}).path == str(named)


def test_an_override_that_cannot_be_used_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    answering(tmp_path / "python3.13", (3, 13, 1))
    with pytest.raises(NoPython, match=r"is Python 3\.9\.1"):
        choose({"PATH": str(tmp_path), "PYTHON": str(answering(tmp_path / "old", (3, 9, 1)))})
    with pytest.raises(NoPython, match="does not run"):
        choose({"PATH": str(tmp_path), "PYTHON": str(tmp_path / "absent")})


def test_without_any_python_the_message_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(NoPython, match=r"3\.14, 3\.13, 3\.12, 3\.11"):
        choose({"PATH": str(tmp_path)})


def test_an_older_line_can_be_asked_for(tmp_path: Path) -> None:
    answering(tmp_path / "python3.14", (3, 14, 2))
    older = answering(tmp_path / "python3.12", (3, 12, 2))
    assert choose({"PATH": str(tmp_path)}, ((3, 13), (3, 12))).path == str(older)


def test_each_candidate_on_path_comes_before_those_of_pyenv(tmp_path: Path) -> None:
    answering(tmp_path / "versions" / "3.13.0" / "bin" / "python", (3, 13, 0))
    found = list(candidates({"PATH": str(tmp_path / "shims")}, SUPPORTED))
    assert found[-1] == str(tmp_path / "versions" / "3.13.0" / "bin" / "python")
    assert found[0] == str(tmp_path / "shims" / "python3")


def test_pip_settings_are_read_with_variables_over_files() -> None:
    lines = [
        "global.cert='/a.pem'",
        "global.index-url='file:///simple'",
        ":env:.cert='/b.pem'",
        "install.user='no'",
        "odd",
    ]
    assert read_settings(lines) == {
        "global": {"cert": "/b.pem", "index-url": "file:///simple"},
        "install": {"user": "no"},
    }
