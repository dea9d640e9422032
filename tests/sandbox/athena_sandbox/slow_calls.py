# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch `slow`: the next n calls are answered so many seconds later, as those to a Region far away are.

Installed around the handlers of all services; calls that come together wait together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from ministack import app

from . import switches


def _check(settings: Mapping[str, Any]) -> None:
    seconds = settings["seconds"]
    if not isinstance(seconds, int | float) or seconds < 0:
        raise ValueError(f"slow: seconds is {seconds!r}, expected a number from 0")


async def _after_a_while(original: Any, *request: Any) -> Any:
    if settings := switches.take("slow"):
        await asyncio.sleep(settings["seconds"])
    return await original(*request)


def install() -> None:
    """Offer the switch, for every service."""
    switches.offer("slow", {"seconds"}, check=_check)
    for service, original in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[service] = partial(_after_a_while, original)
