# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the changelog of a release: from the fragments, of the version in galaxy.yml, with the date that is given."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

from .environment import Environment, SetupFailed
from .paths import ROOT
from .private import private_environment
from .tree import copy_tree

_CHANGELOG, _PAGE, _FRAGMENTS = "changelogs/changelog.yaml", "CHANGELOG.rst", "changelogs/fragments"
_VERSION = re.compile(r"^version: (\S+)$", re.MULTILINE)


def release(environment: Environment, day: date, say: Callable[[str], object]) -> None:
    """Write the changelog of the version in galaxy.yml into the checkout, and take away the fragments it is made of."""
    copy = copy_tree(environment, "release")
    for name, text in make_changelog(environment, copy, day).items():
        say(f"told nowhere, as this is the first release: {name}\n{text}")
    for name in (_CHANGELOG, _PAGE):
        shutil.copyfile(copy / name, ROOT / name)
    for fragment in _fragments(ROOT):
        fragment.unlink()
    say(f"{_PAGE} and {_CHANGELOG} tell of {version(copy)}, released on {day}; look at them and commit")


def make_changelog(environment: Environment, copy: Path, day: date) -> dict[str, str]:
    """Release in a copy of the checkout; returns the fragments that are told nowhere, with their text."""
    number = version(copy)
    left_out = leave_out_development(copy)
    command = ["antsibull-changelog", "release", "--version", number, "--date", day.isoformat()]
    environ = private_environment(environment, "release") | {"ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2])}
    done = subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, check=False)
    page = copy / _PAGE
    if done.returncode or not page.exists() or f"\nv{number}\n" not in page.read_text(encoding="utf-8"):
        raise SetupFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return left_out


def leave_out_development(copy: Path) -> dict[str, str]:
    """Before a first release, take away the fragments but the one with the version for a name; returns their text.

    There is nothing before a first release to compare with: what came to be on the way is no change to anybody.
    """
    told = copy / _FRAGMENTS / f"{version(copy)}.yml"
    if "\nreleases: {}\n" not in (copy / _CHANGELOG).read_text(encoding="utf-8"):
        return {}
    if not told.exists():
        raise SetupFailed(f"a first release is told of in {_FRAGMENTS}/{told.name}, which is not there")
    left_out = {}
    for fragment in _fragments(copy):
        if fragment != told:
            left_out[fragment.name] = fragment.read_text(encoding="utf-8")
            fragment.unlink()
    return left_out


def has_fragments(copy: Path) -> bool:
    """Whether there is something to release."""
    return bool(_fragments(copy))


def version(copy: Path) -> str:
    """The version in galaxy.yml."""
    found = _VERSION.search((copy / "galaxy.yml").read_text(encoding="utf-8"))
    if not found:
        raise SetupFailed("galaxy.yml has no version")
    return found[1]


def _fragments(root: Path) -> list[Path]:
    return sorted((root / _FRAGMENTS).glob("*.y*ml"))
