# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins show of a module that runs, and that they leave the task as it is."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import normal

from ansible_collections.qualytics.athena.plugins.module_utils._progress import FILE_NAME
from ansible_collections.qualytics.athena.plugins.plugin_utils import _progress_shown

RESULT = {"changed": True}
ACTIONS = sorted((Path(_progress_shown.__file__).parent.parent / "action").glob("*.py"))
Module = Callable[[Path], None]


class FakeDisplay:
    """Keeps what is shown, as (host, line); seen: set with every line."""

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity
        self.lines: list[tuple[str | None, str]] = []
        self.seen = threading.Event()

    def v(self, line: str, host: str | None = None) -> None:
        self.lines.append((host, line))
        self.seen.set()


class Run:
    """One task, run by the action with a module that is a function of its directory."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.made = 0
        self.display = FakeDisplay(verbosity=1)
        self.task = SimpleNamespace(no_log=False, async_val=0)
        self.connection = SimpleNamespace(transport="local", become=None, _shell=SimpleNamespace(tmpdir=None))
        self._monkeypatch = monkeypatch

    def make_directory(self) -> str:
        self.made += 1
        self.directory.mkdir(mode=0o700, exist_ok=True)
        return f"{self.directory}/"

    def __call__(self, module: Module = lambda _directory: None) -> dict[str, Any]:
        def run(_action: Any, _tmp: Any = None, _task_vars: Any = None) -> dict[str, Any]:
            module(self.directory)
            return RESULT

        self._monkeypatch.setattr(_progress_shown, "_display", self.display)
        self._monkeypatch.setattr(_progress_shown, "_PAUSE", 0.01)
        self._monkeypatch.setattr(normal.ActionModule, "run", run)
        self._monkeypatch.setattr(normal.ActionModule, "_make_tmp_path", self.make_directory)
        nothing: Any = None
        action = _progress_shown.ProgressAction(self.task, self.connection, nothing, nothing, nothing)
        return action.run(task_vars={"inventory_hostname": "sales"})


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(tmp_path / "module", monkeypatch)


def write(directory: Path, text: bytes) -> None:
    with (directory / FILE_NAME).open("ab") as file:
        file.write(text)


def test_lines_are_shown_in_their_order_while_the_module_runs(task: Run) -> None:
    def module(directory: Path) -> None:
        for number in (1, 2):
            task.display.seen.clear()
            write(directory, b"grants: %d of 2 sent\n" % number)
            # A module that nobody follows would wait in vain.
            assert task.display.seen.wait(60)

    assert task(module) == RESULT
    assert task.display.lines == [("sales", "grants: 1 of 2 sent"), ("sales", "grants: 2 of 2 sent")]


def test_what_is_written_last_is_shown_although_the_directory_is_gone(task: Run) -> None:
    def module(directory: Path) -> None:
        write(directory, b"grants: 2 of 2 sent\n")
        (directory / FILE_NAME).unlink()
        directory.rmdir()

    assert task(module) == RESULT
    assert task.display.lines == [("sales", "grants: 2 of 2 sent")]


def test_the_file_is_for_nobody_else(task: Run) -> None:
    modes = []
    task(lambda directory: modes.append((directory / FILE_NAME).stat().st_mode & 0o777))
    assert modes == [0o600]


def test_a_directory_that_is_there_already_is_taken(task: Run) -> None:
    task.directory.mkdir()
    task.connection._shell.tmpdir = str(task.directory)
    task(lambda directory: write(directory, b"line\n"))
    assert task.made == 0
    assert task.display.lines == [("sales", "line")]


def quiet(task: Run) -> None:
    task.display.verbosity = 0


def secret(task: Run) -> None:
    task.task.no_log = True


def in_the_background(task: Run) -> None:
    task.task.async_val = 60


def elsewhere(task: Run) -> None:
    task.connection.transport = "ssh"


def as_somebody_else(task: Run) -> None:
    task.connection.become = object()


@pytest.mark.parametrize("turn", [quiet, secret, in_the_background, elsewhere, as_somebody_else])
def test_otherwise_it_is_what_ansible_does_anyway(task: Run, turn: Callable[[Run], None]) -> None:
    turn(task)
    threads = []
    assert task(lambda _directory: threads.append(threading.active_count())) == RESULT
    assert threads == [threading.active_count()]
    assert task.made == 0
    assert not task.directory.exists()
    assert task.display.lines == []


def test_where_no_directory_can_be_made_the_task_runs_all_the_same(task: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise AnsibleConnectionFailure("Failed to create temporary directory.")

    monkeypatch.setattr(task, "make_directory", fail)
    assert task() == RESULT
    assert task.display.lines == []


def test_a_file_that_is_there_already_is_nobody_s_to_show(task: Run) -> None:
    task.directory.mkdir()
    write(task.directory, b"not ours\n")
    assert task() == RESULT
    assert task.display.lines == []


def test_where_no_thread_is_to_be_had_the_task_runs_all_the_same(task: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert task(lambda directory: write(directory, b"line\n")) == RESULT
    assert task.display.lines == []


def test_a_line_that_cannot_be_shown_does_not_fail_the_task(task: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(line: str, host: str | None = None) -> None:
        raise BrokenPipeError(f"{host}: {line}")

    monkeypatch.setattr(task.display, "v", fail)
    assert task(lambda directory: write(directory, b"line\n")) == RESULT


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_task_that_fails_leaves_neither_thread_nor_file_open(task: Run) -> None:
    def module(_directory: Path) -> None:
        raise AnsibleConnectionFailure("gone")

    threads, files = threading.active_count(), open_files()
    with pytest.raises(AnsibleConnectionFailure, match="gone"):
        task(module)
    assert threading.active_count() == threads
    assert open_files() == files


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"one\ntw", ["one"]),
        (b"", []),
        (b"\x1b[31mred\x1b[0m\n", ["\\x1b[31mred\\x1b[0m"]),
        (b"a\rb\n", ["a\\rb"]),
        (b"\xff\n", ["\N{REPLACEMENT CHARACTER}"]),
        (b"x" * 5000 + b"\n", ["x" * 200]),
    ],
)
def test_a_line_is_shown_when_it_is_whole_and_steers_no_terminal(task: Run, written: bytes, shown: list[str]) -> None:
    task(lambda directory: write(directory, written))
    assert [line for _host, line in task.display.lines] == shown


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.stem)
def test_an_action_has_the_name_of_a_module_and_is_this_one(path: Path) -> None:
    assert (path.parent.parent / "modules" / path.name).exists()
    action = importlib.import_module(f"ansible_collections.qualytics.athena.plugins.action.{path.stem}")
    assert issubclass(action.ActionModule, _progress_shown.ProgressAction)
