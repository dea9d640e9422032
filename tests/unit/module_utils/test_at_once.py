# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._at_once import AT_ONCE, at_once
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress


def test_so_many_calls_are_under_way_at_once_and_no_more() -> None:
    """They wait for each other until all that may run do; one more would be seen."""
    together = threading.Barrier(AT_ONCE)
    lock = threading.Lock()
    running = most = 0

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=60)
        with lock:
            running -= 1
        return number

    assert at_once(call, range(3 * AT_ONCE)) == list(range(3 * AT_ONCE))
    assert most == AT_ONCE


def test_the_first_error_ends_it() -> None:
    begun: list[int] = []

    def call(number: int) -> None:
        begun.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        at_once(call, range(10_000))
    assert len(begun) < 10_000


def test_a_single_call_takes_no_thread() -> None:
    assert at_once(lambda _item: threading.current_thread(), [1]) == [threading.current_thread()]
    assert at_once(len, []) == []


@pytest.mark.parametrize("number", [1, 5])
def test_the_answers_are_counted_as_they_come(number: int) -> None:
    told: list[str] = []
    ticks = iter(range(0, 10**6, 1000))
    progress = Progress(told.append, lambda: float(next(ticks)))
    at_once(len, [""] * number, progress.count("discovery", "tables read", number))
    assert told == [f"discovery: {done} of {number} tables read" for done in range(1, number + 1)]
