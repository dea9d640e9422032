# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a block for a shell, and the shell in which somebody would type them."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROMPT = "$ "
_SCHEDULE = re.compile(r"^(?:[\d*,/-]+ ){5}")
_COMMENT = re.compile(r"\s+#.*$")


@dataclass(frozen=True)
class Done:
    """A command that was run."""

    command: str
    status: int
    output: str


def commands(text: str) -> list[str]:
    """The commands of a block: where there is a prompt, what follows it; and what goes on over several lines is one.

    A line of a crontab is its command.
    """
    lines = text.splitlines()
    if any(line.startswith(_PROMPT) for line in lines):
        lines = _typed(lines)
    found: list[str] = []
    open_ = ""
    for line in lines:
        open_ = f"{open_}\n{line}" if open_ else line
        if not line.strip() or (line.lstrip().startswith("#") and open_ == line):
            open_ = open_ if open_.strip() and open_ != line else ""
        elif _is_whole(open_):
            found.append(_SCHEDULE.sub("", _COMMENT.sub("", open_)))
            open_ = ""
    return [*found, open_] if open_ else found


def _typed(lines: list[str]) -> list[str]:
    """What follows a prompt, with the lines that a backslash joins to it; what a command printed is left out."""
    typed, joined = [], False
    for line in lines:
        if joined or line.startswith(_PROMPT):
            typed.append(line if joined else line.removeprefix(_PROMPT))
            joined = line.endswith("\\")
    return typed


def _is_whole(command: str) -> bool:
    if command.endswith("\\"):
        return False
    read = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)
    return read.returncode == 0 and not read.stderr


class Shell:
    """A shell in a directory: what a command exports, and where it goes to, lasts until the next shell begins."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)
        self._left = directory / ".shell"
        self.begin()

    def begin(self) -> None:
        """Open another one."""
        self._left.unlink(missing_ok=True)
        self.run(":")

    @property
    def state(self) -> str:
        """What is exported, and where the commands so far have gone to."""
        return self._left.read_text(encoding="utf-8")

    def run(self, line: str) -> Done:
        left = shlex.quote(str(self._left))
        # OLDPWD would be another after each command.
        leave = f'status=$?\nunset OLDPWD\n{{ export -p; echo "cd $(printf %q "$PWD")"; }} >{left}\nexit $status'
        script = f"[ ! -e {left} ] || . {left}\n{{ {line}\n}}\n{leave}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return Done(line, done.returncode, done.stdout.decode(errors="replace"))
