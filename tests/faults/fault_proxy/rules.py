# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which call meets which fault: deterministic, by the order in which calls come."""

from __future__ import annotations

import dataclasses
import enum
import threading
import time
from collections.abc import Callable
from typing import Any


class Fault(enum.StrEnum):
    """What can happen to a call."""

    # Refused, in the service's own shape.
    THROTTLED = "throttled"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"
    CONCURRENT_MODIFICATION = "concurrent_modification"
    NOT_KNOWN_YET = "not_known_yet"
    # A batch of which entries are not done.
    PARTIAL_FAILURE = "partial_failure"
    # The connection: gone before the call was applied, gone after it, too slow.
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    SLOW = "slow"
    # The answer: cut off by the network, cut off with a length that fits, of another type, of somebody else.
    CUT = "cut"
    TRUNCATED = "truncated"
    WRONG_TYPE = "wrong_type"
    FOREIGN = "foreign"
    FOREIGN_NOT_FOUND = "foreign_not_found"
    # Answered from before the last write.
    STALE = "stale"


@dataclasses.dataclass
class Rule:
    """The calls that meet a fault: after so many, so many, of a service, of an operation, with a text in the body.

    seconds: how long a slow answer takes; for stale answers, how long they are given, and then times does not count.
    code: that of the refused entry of a batch.
    """

    fault: Fault
    service: str = ""
    operation: str = ""
    times: int = 1
    after: int = 0
    contains: str = ""
    seconds: float = 0
    code: str = "ConcurrentModificationException"

    def __post_init__(self) -> None:
        self.fault = Fault(self.fault)
        self.contains = str(self.contains)
        if self.times < 1 or self.after < 0 or self.seconds < 0:
            raise ValueError(f"times, after or seconds is too small in {self}")

    def fits(self, service: str, operation: str, text: str) -> bool:
        """Whether it is about such a call."""
        return self.service in ("", service) and self.operation in ("", operation) and self.contains in text


class Rules:
    """The rules in force; the first that fits a call and is not used up is the one that it meets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: list[tuple[Rule, float]] = []

    def add(self, settings: dict[str, Any]) -> None:
        """ValueError or TypeError where the settings are none of a rule."""
        with self._lock:
            self._rules.append((Rule(**settings), self._clock()))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def left(self) -> list[dict[str, Any]]:
        """The rules that are not used up, with what is left of them."""
        with self._lock:
            return [dataclasses.asdict(rule) for rule, _since in self._rules if rule.times]

    def take(
        self, service: str, operation: str, text: str, can: Callable[[Rule], bool] = lambda _rule: True
    ) -> Rule | None:
        """What a call meets; can: whether the fault can befall it, as there must be something stale to answer."""
        with self._lock:
            for rule, since in self._rules:
                if not rule.times or not rule.fits(service, operation, text) or not can(rule):
                    continue
                if rule.after:
                    rule.after -= 1
                    continue
                if rule.fault is Fault.STALE and rule.seconds:
                    if self._clock() - since < rule.seconds:
                        return rule
                    rule.times = 0
                    continue
                met = dataclasses.replace(rule)
                rule.times -= 1
                return met
        return None
