# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages: every listing hands out its items in parts, with a token for the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .errors import invalid
from .state import MAX_RESULTS, Parameters, State

# The share of a page that is filled, page after page, with `short_pages`.
_SHORT = (0.0, 0.5, 0.0, 1.0)
# Listings of which the next page can still be asked for.
_KEPT = 256
_OF_PAGE = ("NextToken", "MaxResults")


def first_page(state: State, name: str, items: Sequence[Any], parameters: Parameters) -> dict[str, Any]:
    """The first page of a listing; the rest of it is kept as it is now."""
    return _page(state, name, list(items), parameters, 0)


def next_page(state: State, name: str, parameters: Parameters) -> dict[str, Any] | None:
    """The page that a NextToken names, None where the request has none."""
    token = parameters.get("NextToken")
    if not token:
        size(state, parameters)
        return None
    kept = state.pages.get(str(token))
    if kept is None or kept[0] != _question(parameters):
        raise invalid("Invalid NextToken.")
    return _page(state, name, kept[1], parameters, kept[2])


def size(state: State, parameters: Parameters) -> int:
    """How many items a page may have; raises InvalidInputException."""
    asked = parameters.get("MaxResults")
    if asked is None:
        return state.behaviour.page_size
    if not isinstance(asked, int) or isinstance(asked, bool) or not 1 <= asked <= MAX_RESULTS:
        raise invalid(f"MaxResults must be between 1 and {MAX_RESULTS}.")
    return min(asked, state.behaviour.page_size)


def _question(parameters: Parameters) -> str:
    """What is listed: a token is good for the same question only."""
    asked = {name: value for name, value in parameters.items() if name not in _OF_PAGE}
    return json.dumps(asked, sort_keys=True, default=str)


def _page(state: State, name: str, items: list[Any], parameters: Parameters, number: int) -> dict[str, Any]:
    wanted = size(state, parameters)
    if state.behaviour.short_pages:
        wanted = int(wanted * _SHORT[number % len(_SHORT)])
    page, rest = items[:wanted], items[wanted:]
    if not rest:
        return {name: page}
    token = f"page-{state.clock():.6f}-{len(state.pages)}-{number}"
    state.pages[token] = _question(parameters), rest, number + 1
    while len(state.pages) > _KEPT:
        del state.pages[next(iter(state.pages))]
    return {name: page, "NextToken": token}
