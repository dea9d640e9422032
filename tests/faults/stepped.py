# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module run that waits before and after each of its writes until it is let go, or killed."""

from __future__ import annotations

import dataclasses
import os
import signal
from typing import Any

from ..integration.module_runs import Modules, Run, in_a_hurry, is_write


@dataclasses.dataclass(frozen=True)
class Boundary:
    """Where a run waits: before or after its write of this number, counted from 0."""

    number: int
    is_done: bool
    call: str

    def __str__(self) -> str:
        return f"{'after' if self.is_done else 'before'} write {self.number}, {self.call}"


class SteppedRun:
    """The run of a module, from one boundary of its writes to the next."""

    def __init__(self, modules: Modules, module: str, options: dict[str, Any]) -> None:
        says_read, says_write = os.pipe()
        go_read, go_write = os.pipe()
        number = -1

        def wait(call: str, is_done: bool) -> None:
            nonlocal number
            if is_write(call):
                number += not is_done
                os.write(says_write, f"{number} {is_done:d} {call}\n".encode())
                os.read(go_read, 1)

        def before(call: str) -> None:
            in_a_hurry(call)
            wait(call, False)

        self._process = modules.start(module, options, before=before, after=lambda call: wait(call, True))
        # What the run alone holds ends with it.
        os.close(says_write)
        os.close(go_read)
        self._says = os.fdopen(says_read, encoding="utf-8")
        self._go = go_write
        self._waits = self._has_ended = False

    def next(self) -> Boundary | None:
        """Let it go on to the next boundary; None when it has ended."""
        if self._waits:
            os.write(self._go, b".")
        said = self._says.readline().split()
        self._waits = bool(said)
        self._has_ended = not said
        return Boundary(int(said[0]), said[1] == "1", said[2]) if said else None

    def until(self, number: int, is_done: bool) -> Boundary:
        """Let it go on until it waits there."""
        while boundary := self.next():
            if (boundary.number, boundary.is_done) == (number, is_done):
                return boundary
        raise AssertionError(f"the run ended before write {number}: {self.end()}")

    def kill(self) -> None:
        """Kill it where it waits: nothing is tidied up."""
        os.kill(self._process.pid, signal.SIGKILL)
        killed = self.end()
        assert killed.status == -signal.SIGKILL
        assert killed.result == {}

    def end(self) -> Run:
        """Let it go on to its end; its calls are not told."""
        while not self._has_ended and self.next():
            pass
        self._says.close()
        os.close(self._go)
        return self._process.wait()
