# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reads were answered before the last write, to answer them so again: eventual consistency."""

from __future__ import annotations

import threading

from .messages import Answer, Request

Key = tuple[str, ...]


class Memory:
    """Answers to reads, those from before the last write kept apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: dict[Key, Answer] = {}
        self._before: dict[Key, Answer] = {}

    def clear(self) -> None:
        with self._lock:
            self._now.clear()
            self._before.clear()

    def note(self, request: Request, answer: Answer) -> None:
        """Keep what a call was really answered."""
        with self._lock:
            if not request.is_write:
                self._now[request.asks_for] = answer
            elif answer.status < 300:
                self._before.update(self._now)
                self._now.clear()

    def before(self, request: Request) -> Answer | None:
        """What the same was answered before the last write, if it was asked then and is a read."""
        with self._lock:
            return self._before.get(request.asks_for)
