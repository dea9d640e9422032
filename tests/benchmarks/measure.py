# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command against the sandbox: how long it takes, what it costs, and which calls reach the sandbox."""

from __future__ import annotations

import collections
import dataclasses
import os
import subprocess
import time
from pathlib import Path

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line, and the variables that it needs beside those that lead to the sandbox."""

    words: list[str]
    variables: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Sample:
    """One run: seconds on the clock and of the processor, megabytes of its largest process, calls by their names.

    The processor's seconds are those of the command and all that it started, without the sandbox's.
    """

    wall: float
    cpu: float
    memory: float
    calls: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.calls.values())


def measure(sandbox: Sandbox, command: Command, directory: Path, status: int = 0) -> Sample:
    """Run a command to its end, which must be this exit status."""
    sandbox.clear_calls()
    environment = client_environment(sandbox.environment) | command.variables
    with open(directory / "output.txt", "w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        # Not Popen.wait(): what the kernel says of this process and its children is told only here.
        _pid, wait_status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(wait_status)
        output.seek(0)
        assert process.returncode == status, f"{command.words}: {process.returncode}\n{output.read()[-4000:]}"
    calls = collections.Counter(f"{call['service']}:{call['operation']}" for call in sandbox.calls())
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, dict(calls))
