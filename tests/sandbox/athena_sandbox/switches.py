# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches: what AWS does now and then, done by the sandbox on request, for the next n times.

A file that can do such a thing offers a switch by name at its start, and takes one each time it could do it:

    switches.offer("slow_grants", required={"operation"})
    if switch := switches.take("slow_grants", operation=operation): ...

A setting that a test gives must equal what the taker says; what the taker does not know about, it reads itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True)
class _Offer:
    required: frozenset[str]
    optional: frozenset[str]
    check: Check | None


@dataclass
class _Switch:
    name: str
    settings: dict[str, Any]
    times: int


_offers: dict[str, _Offer] = {}
_switches: list[_Switch] = []


def offer(
    name: str, required: Collection[str] = (), optional: Collection[str] = (), check: Check | None = None
) -> None:
    """Let a switch be turned on, with the settings it must and may have; `check` raises ValueError for bad ones."""
    _offers[name] = _Offer(frozenset(required), frozenset(optional), check)


def turn_on(request: Mapping[str, Any]) -> None:
    """Turn on {"switch": name, "times": n, **settings}; ValueError says what is wrong with it."""
    settings = dict(request)
    name, times = settings.pop("switch", None), settings.pop("times", 1)
    if name not in _offers:
        raise ValueError(f"there is no switch {name!r}, only {sorted(_offers)}")
    if not isinstance(times, int) or times < 1:
        raise ValueError(f"{name}: times is {times!r}, expected a number from 1")
    offered = _offers[name]
    if missing := offered.required - settings.keys():
        raise ValueError(f"{name}: {sorted(missing)} must be given")
    if unknown := settings.keys() - offered.required - offered.optional:
        raise ValueError(f"{name}: {sorted(unknown)} are not settings of it")
    if offered.check:
        offered.check(settings)
    _switches.append(_Switch(name, settings, times))


def take(
    name: str, accept: Callable[[Mapping[str, Any]], bool] = lambda _settings: True, **situation: Any
) -> Mapping[str, Any] | None:
    """The first switch that fits, as it was turned on but with one time less from now on; None when none does."""
    for switch in _switches:
        fits = all(switch.settings.get(key, value) == value for key, value in situation.items())
        if switch.name == name and switch.times and fits and accept(switch.settings):
            switch.times -= 1
            return {"switch": name} | switch.settings
    return None


def left() -> list[dict[str, Any]]:
    """The switches that are still on, as they were turned on, with the times that are left."""
    return [{"switch": switch.name, "times": switch.times} | switch.settings for switch in _switches if switch.times]


def reset() -> None:
    """Turn all off."""
    _switches.clear()
