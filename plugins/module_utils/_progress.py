# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long run is, in short lines for whoever listens.

A module says nothing before its end. With C(-v) its action plugin lays a file into the directory that Ansible gives the
module, and shows what is written there (C(plugin_utils/_progress_shown.py)). Where there is no such file, nobody
listens. The lines have counts, and no names. What goes wrong with them is no concern of the run.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import os
import threading
import time
import typing as t
from collections.abc import Callable
from pathlib import Path

FILE_NAME: t.Final = "athena_progress"

# The least seconds between two lines, whatever they are of, and before the first: what takes less need not be told.
_PAUSE: t.Final = 2.0
# The part of its time so far that passes before the next line of a kind: of an hour's counting there are some fifty.
_PART: t.Final = 0.1

Write = Callable[[str], None]
Clock = Callable[[], float]


def is_due(now: float, told: float, told_of_kind: float, began: float) -> bool:
    """Whether it is time for a line of a kind that began then.

    told: when the last line was, or the run began. told_of_kind: when the last one of this kind was, or the kind began.
    """
    return now - told >= _PAUSE and now - told_of_kind >= _PART * (now - began)


def line(subject: str, what: str, done: int, total: int | None) -> str:
    """For instance C(grants: 400 of 1,000 sent); what was thought to be all may turn out to be too little."""
    of = "" if total is None else f" of {max(done, total):,}"
    return f"{subject}: {done:,}{of} {what}"


class Progress:
    """What a run tells of itself. write: takes a line; None where nobody listens."""

    def __init__(self, write: Write | None = None, clock: Clock = time.monotonic) -> None:
        self.write = write
        self.clock = clock
        self.lock = threading.Lock()
        self.told = clock()

    def count(self, subject: str, what: str, total: int | None = None) -> Counter:
        """A counter for things of a kind. total: how many there are, where that is known."""
        return Counter(self, subject, what, total)


class Counter:
    """Counts the things of one kind, in one thread or several."""

    def __init__(self, progress: Progress, subject: str, what: str, total: int | None) -> None:
        self._progress = progress
        self._subject = subject
        self._what = what
        self._total = total
        self._done = 0
        self._told = self._began = progress.clock()

    def add(self, number: int = 1) -> None:
        """So many more are done; with 0, only that it goes on. Whoever saw lines sees the one for all of them too."""
        if not self._progress.write:
            return
        with self._progress.lock:
            self._done += number
            now = self._progress.clock()
            is_end = bool(number) and self._done == self._total and self._told > self._began
            if is_end or is_due(now, self._progress.told, self._told, self._began):
                self._told = self._progress.told = now
                self._progress.write(line(self._subject, self._what, self._done, self._total))


def progress_of(module: t.Any) -> Progress:
    """That of a run of this AnsibleModule.

    Its property C(tmpdir) would make a directory where Ansible gave none, and warn of it. Should what it keeps for
    itself be called otherwise one day, nothing is told.
    """
    directory = getattr(module, "_tmpdir", None) if getattr(module, "_verbosity", 0) else None
    return Progress(_writer(Path(directory, FILE_NAME)) if directory else None)


def _writer(path: Path) -> Write | None:
    """Writes lines to the end of a file that somebody else has made; None where there is none."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    return lambda text: _append(file, text)


def _append(file: int, text: str) -> None:
    try:
        os.write(file, f"{text}\n".encode())
    except OSError:
        # A full disk, for instance; the next line may find room again.
        return
