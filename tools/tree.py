# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout where ansible-test and others want it: .../ansible_collections/NAMESPACE/NAME.

A link will not do for ansible-test, and what git ignores is not to be looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .environment import AMAZON_AWS, Environment
from .paths import CACHE, COLLECTION, ROOT


def copy_tree(environment: Environment, step: str) -> Path:
    """Copy what git tracks, or would track, into a tree of the step's own with amazon.aws beside; returns the copy."""
    tree = CACHE / "trees" / step
    shutil.rmtree(tree, ignore_errors=True)
    copy = tree.joinpath("ansible_collections", *COLLECTION)
    for name in project_files():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    amazon_aws = tree / AMAZON_AWS
    amazon_aws.parent.mkdir(parents=True)
    amazon_aws.symlink_to(environment.amazon_aws, target_is_directory=True)
    # ansible-test asks git for the files, and the checkout around this copy ignores them all.
    subprocess.run(["git", "init", "--quiet", "."], cwd=copy, check=True)
    return copy


def project_files() -> list[str]:
    """The files that git tracks, or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    # One that git still tracks may be deleted already.
    return [name for name in names if (ROOT / name).is_symlink() or (ROOT / name).is_file()]
