# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lock`: pin what requirements/*.in name, and all that needs, with hashes, for every platform."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from .paths import REQUIREMENTS

_UV = "uv==0.13.9"
_HEADER = '# Made by "make lock" from {source}; do not edit.\n'

# Each lock and the oldest Python it is for. The packages that carry amazon.aws are never installed, only unpacked, so
# what they depend on is left out.
_LOCKS = {
    "python-3.11": ("3.11", True),
    "python-3.12": ("3.12", True),
    "floor": ("3.11", True),
    "matrix-2.19": ("3.11", True),
    "matrix-2.20": ("3.12", True),
    "matrix-2.21": ("3.12", True),
    "importer": ("3.12", True),
    "ansible-12": ("3.11", False),
    "ansible-13": ("3.12", False),
    "ansible-14": ("3.12", False),
}


def write_locks() -> None:
    """Make every lock anew, keeping the versions that its present text still allows."""
    with tempfile.TemporaryDirectory(prefix="athena-lock-") as scratch:
        venv.create(scratch, with_pip=True)
        binaries = Path(scratch, "bin")
        subprocess.run([binaries / "python", "-m", "pip", "install", "--quiet", _UV], check=True)
        for name, (oldest_python, with_dependencies) in _LOCKS.items():
            source, lock = REQUIREMENTS / f"{name}.in", REQUIREMENTS / f"{name}.txt"
            command = [str(binaries / "uv"), "pip", "compile", "--quiet", "--no-config", "--universal"]
            command += ["--python", sys.executable, "--python-version", oldest_python, "--generate-hashes"]
            # Wheels only, or a set-up would build packages from what is pinned nowhere.
            command += ["--only-binary", ":all:", "--no-header", "--output-file", lock.name]
            command += [] if with_dependencies else ["--no-deps"]
            subprocess.run([*command, source.name], cwd=REQUIREMENTS, stdout=subprocess.DEVNULL, check=True)
            lock.write_text(_HEADER.format(source=source.name) + lock.read_text(encoding="utf-8"), encoding="utf-8")
            print(f"requirements/{lock.name}")
