# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in the project of the fleet, as a pipeline or an administrator would give them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from .world import Fleet, without_becoming


class Finished(NamedTuple):
    """The exit code of a command, its output, and what it wrote to AWS."""

    status: int
    output: str
    writes: tuple[str, ...]


def run_command(fleet: Fleet, command: Sequence[str], profiles: str = "drift") -> Finished:
    """Run a command in the directory of the project."""
    fleet.sandbox.clear_calls()
    done = subprocess.run(
        command, cwd=fleet.project, env=fleet.environment(profiles), capture_output=True, text=True, check=False
    )
    calls = tuple(f"{call['service']}:{call['operation']}" for call in fleet.sandbox.calls())
    return Finished(done.returncode, done.stdout + done.stderr, without_becoming(calls))
