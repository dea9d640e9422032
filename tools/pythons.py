# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python to make the environment with: the newest supported one that really runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SUPPORTED = ((3, 14), (3, 13), (3, 12), (3, 11))

# Importing these tells a complete installation from one without its libraries or without Debian's python3-venv. An
# active virtual environment answers with the Python it was made from, so that ours does not depend on it. Neither for a
# release candidate nor for the free-threaded build are there packages.
_PROBE = """
import ctypes, ensurepip, json, os, ssl, sys, sysconfig, venv, zlib
usual = sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final"
usual = usual and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(json.dumps([usual, sys.version_info[:3], os.path.realpath(sys._base_executable or sys.executable)]))
"""


class NoPython(Exception):
    """No Python that can be used; the message says what was looked for."""


@dataclass(frozen=True)
class Python:
    """A Python that ran: where it lies and its version, as three numbers."""

    path: str
    version: tuple[int, int, int]

    @property
    def line(self) -> tuple[int, int]:
        """Major and minor version."""
        return self.version[:2]

    @property
    def text(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


def probe(path: str) -> Python | None:
    """Run the Python at `path`; None when it does not run, is not a CPython release or lacks a library."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", _PROBE], capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=30, check=True
        )
        usual, version, executable = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(executable, tuple(version)) if usual else None


def candidates(environ: Mapping[str, str], lines: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Every file that may be a Python of one of the version `lines`, those on PATH before those of pyenv."""
    names = ["python3", "python", *(f"python{major}.{minor}" for major, minor in lines)]
    directories = [Path(directory) for directory in environ.get("PATH", os.defpath).split(os.pathsep) if directory]
    roots = [directory.parent for directory in directories if directory.name == "shims"]
    if environ.get("PYENV_ROOT"):
        roots.append(Path(environ["PYENV_ROOT"]))
    if environ.get("HOME"):
        roots.append(Path(environ["HOME"], ".pyenv"))
    for name in names:
        yield from (str(directory / name) for directory in directories)
    for root in dict.fromkeys(roots):
        for major, minor in lines:
            yield from map(str, sorted(root.glob(f"versions/{major}.{minor}*/bin/python"), reverse=True))


def choose(environ: Mapping[str, str], supported: tuple[tuple[int, int], ...] = SUPPORTED) -> Python:
    """The Python that `PYTHON` names, or else the newest of the `supported` lines that runs (the first found wins)."""
    spelled = ", ".join(f"{major}.{minor}" for major, minor in supported)
    override = environ.get("PYTHON")
    if override:
        python = probe(override)
        if python is None or python.line not in supported:
            found = "does not run or lacks venv or ensurepip" if python is None else f"is Python {python.text}"
            raise NoPython(f"PYTHON={override} {found}; one of {spelled} is needed")
        return python
    files = dict.fromkeys(file for file in candidates(environ, supported) if os.access(file, os.X_OK))
    found_here = [python for python in map(probe, files) if python is not None and python.line in supported]
    if not found_here:
        raise NoPython(f"none of Python {spelled} runs here with venv and ensurepip; name one: make PYTHON=/path ...")
    return max(found_here, key=lambda python: python.version)
