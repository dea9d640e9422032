# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a line is due, what it says, and where it goes."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.qualytics.athena.plugins.module_utils import _progress
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress, is_due, line, progress_of


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def progress(told: list[str], clock: Clock) -> Progress:
    return Progress(told.append, clock)


# Now, the last line of any kind, that of this kind, and when the kind began.
@pytest.mark.parametrize(
    ("times", "due"),
    [
        ((1.9, 0, 0, 0), False),
        ((2.0, 0, 0, 0), True),
        ((3.9, 2, 2, 0), False),
        ((4.0, 2, 2, 0), True),
        # Another kind has just spoken.
        ((9.0, 8, 2, 0), False),
        # A kind that begins when nothing was said for long speaks at once.
        ((9.0, 2, 9, 9), True),
        # A tenth of the time that it takes already.
        ((1099.0, 1000, 1000, 0), False),
        ((1112.0, 1000, 1000, 0), True),
    ],
)
def test_a_line_is_due_after_two_seconds_and_later_the_longer_it_takes(
    times: tuple[float, float, float, float], due: bool
) -> None:
    assert is_due(*times) == due


def test_an_hour_of_counting_is_some_fifty_lines(progress: Progress, clock: Clock, told: list[str]) -> None:
    counter = progress.count("discovery", "tables listed")
    for _tenth_of_a_second in range(36_000):
        clock.now += 0.1
        counter.add()
    assert 40 <= len(told) <= 70


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (400, 1000, "grants: 400 of 1,000 sent"),
        (1200, None, "grants: 1,200 sent"),
        (0, 7, "grants: 0 of 7 sent"),
        (8, 7, "grants: 8 of 8 sent"),
    ],
)
def test_a_line_says_how_many_of_how_many(done: int, total: int | None, text: str) -> None:
    assert line("grants", "sent", done, total) == text


def test_what_is_done_at_once_is_not_told(progress: Progress, clock: Clock, told: list[str]) -> None:
    counter = progress.count("grants", "sent", 1000)
    for _batch in range(50):
        clock.now += 0.03
        counter.add(20)
    assert told == []


def test_who_saw_lines_sees_that_all_is_done(progress: Progress, clock: Clock, told: list[str]) -> None:
    counter = progress.count("grants", "sent", 60)
    for seconds in (2.5, 0.1, 0.1):
        clock.now += seconds
        counter.add(20)
    assert told == ["grants: 20 of 60 sent", "grants: 60 of 60 sent"]
    counter.add(0)
    assert len(told) == 2


def test_that_it_goes_on_is_told_too(progress: Progress, clock: Clock, told: list[str]) -> None:
    counter = progress.count("verification", "queries ended")
    for _look in range(3):
        clock.now += 2
        counter.add(0)
    assert told == ["verification: 0 queries ended"] * 3


def test_two_kinds_share_the_pause(progress: Progress, clock: Clock, told: list[str]) -> None:
    tables, partitions = progress.count("discovery", "tables"), progress.count("discovery", "partitions")
    for _second in range(8):
        clock.now += 1
        tables.add()
        partitions.add()
    assert len(told) == 4


def test_threads_lose_no_count(told: list[str]) -> None:
    ticks = iter(range(10**6))
    progress = Progress(told.append, lambda: float(next(ticks)))
    counter = progress.count("discovery", "tables read", 8 * 500)
    threads = [threading.Thread(target=lambda: [counter.add() for _table in range(500)]) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told[-1] == "discovery: 4,000 of 4,000 tables read"
    done = [int(text.split()[1].replace(",", "")) for text in told]
    assert done == sorted(set(done))


def test_without_a_listener_no_clock_is_asked_when_counting() -> None:
    asked = []
    counter = Progress(clock=lambda: float(asked.append(1) or 0)).count("grants", "sent")
    before = len(asked)
    counter.add(20)
    assert len(asked) == before


# The file -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """That of a module, with the file of somebody who listens."""
    (tmp_path / _progress.FILE_NAME).touch()
    return tmp_path


def module_in(directory: Path | None, verbosity: int = 1) -> Any:
    """A real module: what is read of it is private, and another ansible-core might call it otherwise."""
    given = {"_ansible_tmpdir": directory and str(directory), "_ansible_verbosity": verbosity}
    with patch_module_args(given):
        return AnsibleModule(argument_spec={})


def say(progress: Progress) -> None:
    """Count one after so long that it is told."""
    progress.told -= 60
    progress.count("grants", "sent", 2).add()


@pytest.fixture
def lines(directory: Path) -> Iterator[list[str]]:
    """What the file has at the end of the test, one by one."""
    found: list[str] = []
    yield found
    assert (directory / _progress.FILE_NAME).read_text(encoding="utf-8").splitlines() == found


def test_lines_go_to_the_end_of_the_file(directory: Path, lines: list[str]) -> None:
    progress = progress_of(module_in(directory))
    say(progress)
    say(progress)
    lines += ["grants: 1 of 2 sent"] * 2


def test_without_v_nothing_is_written(directory: Path, lines: list[str]) -> None:
    say(progress_of(module_in(directory, verbosity=0)))
    assert lines == []


def test_without_a_file_none_is_made(tmp_path: Path) -> None:
    say(progress_of(module_in(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_without_a_directory_none_is_made() -> None:
    module = module_in(None)
    say(progress_of(module))
    assert module._tmpdir is None


def test_a_module_that_keeps_neither_is_silent() -> None:
    assert progress_of(object()).write is None


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    (tmp_path / _progress.FILE_NAME).symlink_to(target)
    say(progress_of(module_in(tmp_path)))
    assert target.read_bytes() == b""


def test_a_full_disk_costs_the_line_and_nothing_else(
    directory: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    progress = progress_of(module_in(directory))
    with monkeypatch.context() as full:
        full.setattr(os, "write", no_room)
        say(progress)
    say(progress)
    lines += ["grants: 1 of 2 sent"]
