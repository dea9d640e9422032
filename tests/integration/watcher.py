# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look on while something runs: at the processes of this machine, and at the files that come and go."""

from __future__ import annotations

import contextlib
import stat
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType


class Watcher:
    """As a context: looks again and again for secrets in command lines, environments and files below directories.

    found: where a secret was seen, in words. open_to_others: files whose content others could have read. rounds, files:
    how often it looked, and how many files it saw.
    """

    def __init__(self, secrets: Iterable[str], directories: Iterable[Path]) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._directories = list(directories)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on)
        self.found: set[str] = set()
        self.open_to_others: set[str] = set()
        self.seen: set[Path] = set()
        self.rounds = 0

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._stop.wait(0.02):
            self.rounds += 1
            for process in Path("/proc").iterdir():
                if process.name.isdecimal():
                    self._look(process / "cmdline", f"the command line of {process.name}")
                    self._look(process / "environ", f"the environment of {process.name}")
            for directory in self._directories:
                self._look_into(directory)

    def _look_into(self, directory: Path) -> None:
        # What was there a moment ago may be gone.
        with contextlib.suppress(OSError):
            for path in directory.iterdir():
                mode = path.lstat().st_mode
                if stat.S_ISDIR(mode):
                    # Nobody gets at what is below a directory that is closed to them, but we do.
                    self._look_into(path)
                elif stat.S_ISREG(mode):
                    self.seen.add(path)
                    self._look(path, str(path))
                    if mode & 0o077 and not self._is_closed(path):
                        self.open_to_others.add(str(path))

    def _is_closed(self, path: Path) -> bool:
        """Whether a directory between the file and what is watched lets nobody else in."""
        for parent in path.parents:
            if not parent.stat().st_mode & 0o077:
                return True
            if parent in self._directories:
                return False
        return False

    def _look(self, path: Path, words: str) -> None:
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            self.found.update(words for secret in self._secrets if secret in content)
