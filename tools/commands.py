# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands: what they print goes to a log, and to the terminal where a step runs alone."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from .paths import ROOT

# Some times what the longest step needs: one that hangs must not hang the whole run.
_SECONDS = 5400

_running: set[subprocess.Popen[str]] = set()
_running_lock = threading.Lock()


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    returncode: int
    output: str


class Transcript:
    """The log of one step."""

    def __init__(self, path: Path, echo: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._echo = echo
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def close(self) -> None:
        """Close the log."""
        self._file.close()

    def write(self, line: str) -> None:
        """Add one line."""
        print(line, file=self._file)
        if self._echo:
            print(line, flush=True)

    def run(self, command: list[str], environ: dict[str, str], directory: Path = ROOT) -> Finished:
        """Run a command to its end, or end it (and its children) when its time is over."""
        self.write(f"$ {shlex.join(command)}")
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A group of its own, so that its children can be ended with it.
            start_new_session=True,
        )
        with _running_lock:
            _running.add(process)
        overdue = threading.Timer(_SECONDS, _end, [process])
        overdue.start()
        lines = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                self.write(line.rstrip("\n"))
            returncode = process.wait()
        finally:
            if not overdue.is_alive():
                self.write(f"ended after {_SECONDS} s: {shlex.join(command)}")
            overdue.cancel()
            with _running_lock:
                _running.discard(process)
        return Finished(returncode, "".join(lines))


def become(command: list[str], environ: dict[str, str]) -> None:
    """Replace this process by a command that talks to the terminal itself."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execvpe(command[0], command, environ)


def end_all() -> None:
    """End every command that still runs."""
    with _running_lock:
        processes = list(_running)
    for process in processes:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
