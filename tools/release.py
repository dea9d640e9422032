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
    for name in make_changelog(environment, copy, day, say):
        say(f"left out: {name}")
    for name in (_CHANGELOG, _PAGE):
        shutil.copyfile(copy / name, ROOT / name)
    for fragment in (ROOT / _FRAGMENTS).glob("*.yml"):
        fragment.unlink()
    say(f"{_PAGE} and {_CHANGELOG} tell of {version(copy)}, released on {day}; look at them and commit")


def make_changelog(environment: Environment, copy: Path, day: date, say: Callable[[str], object]) -> list[str]:
    """Release in a copy of the checkout; returns what of its fragments is told nowhere.

    Before a first release there is nothing to compare with: what came to be on the way is no change to anybody. So its
    changelog is the one fragment with the version for a name, and the others are left out.
    """
    number = version(copy)
    told = copy / _FRAGMENTS / f"{number}.yml"
    left_out = []
    if is_first(copy):
        if not told.exists():
            raise SetupFailed(f"a first release is told of in {_FRAGMENTS}/{number}.yml, which there is not")
        for fragment in sorted((copy / _FRAGMENTS).glob("*.yml")):
            if fragment != told:
                left_out.append(fragment.name)
                fragment.unlink()
    command = ["antsibull-changelog", "release", "--version", number, "--date", day.isoformat()]
    environ = private_environment(environment, "release") | {"ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2])}
    done = subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    say(f"antsibull-changelog: {number}, {day}")
    return left_out


def version(copy: Path) -> str:
    """The version in galaxy.yml."""
    found = _VERSION.search((copy / "galaxy.yml").read_text(encoding="utf-8"))
    if not found:
        raise SetupFailed("galaxy.yml has no version")
    return found[1]


def is_first(copy: Path) -> bool:
    """Whether nothing was released yet."""
    return "\nreleases: {}\n" in (copy / _CHANGELOG).read_text(encoding="utf-8")
