# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing how far a module is while it runs: what the action plugins of the modules that may take long share.

This is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible.plugins.action import normal
from ansible.utils.display import Display

from ansible_collections.qualytics.athena.plugins.module_utils import _diff_text, _progress

Show = Callable[[str], None]

_display = Display()

# Seconds between two looks at the file.
_PAUSE: t.Final = 0.5
# No more is taken at a look, and shown of a line: what the module writes in that time is a few hundred bytes.
_BYTES_AT_ONCE: t.Final = 65536
_LONGEST_LINE: t.Final = 200


class ProgressAction(normal.ActionModule):
    """Runs the module as Ansible runs any other and, with C(-v), shows the lines in which it says how far it is."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """What the module returns; showing its progress neither fails nor changes that."""
        file = self._new_file() if self._is_shown() else None
        if file is None:
            return super().run(tmp, task_vars)
        host = (task_vars or {}).get("inventory_hostname")
        with followed(file, lambda line: _display.v(line, host=host)):
            return super().run(tmp, task_vars)

    def _is_shown(self) -> bool:
        """Whether somebody looks, and the module runs here, now and as the same user."""
        is_asked_for = _display.verbosity > 0 and not self._task.no_log
        is_ours = self._connection.transport == "local" and not self._connection.become
        return bool(is_asked_for and is_ours and not self._task.async_val)

    def _new_file(self) -> int | None:
        """The file for the module to write to, in the directory that Ansible makes for it and takes away again."""
        try:
            directory = self._connection._shell.tmpdir or self._make_tmp_path()
            return new_file(directory)
        except Exception:
            # What is wrong with the directory is the module's concern, if it needs one.
            return None


def new_file(directory: str) -> int:
    """The file of that directory, empty and open for reading."""
    flags = os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.open(Path(directory, _progress.FILE_NAME), flags, 0o600)


@contextlib.contextmanager
def followed(file: int, show: Show) -> Iterator[None]:
    """Show the lines of the file as they come, as long as the block runs, and then the last ones.

    The file is kept open, so that it may be deleted meanwhile.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_follow, args=(file, show, ended), daemon=True)
    try:
        with contextlib.suppress(RuntimeError):
            # No more threads are to be had; then nothing is shown.
            thread.start()
        yield
    finally:
        ended.set()
        if thread.ident is not None:
            thread.join()
        os.close(file)


def _follow(file: int, show: Show, ended: threading.Event) -> None:
    rest, is_last = b"", False
    # What goes wrong ends the showing, and not the task.
    with contextlib.suppress(Exception):
        while not is_last:
            is_last = ended.wait(_PAUSE)
            *lines, rest = (rest + os.read(file, _BYTES_AT_ONCE)).split(b"\n")
            for line in lines:
                show(_diff_text.one_line(line.decode(errors="replace"))[:_LONGEST_LINE])
