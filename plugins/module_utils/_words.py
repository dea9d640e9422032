# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all texts for people are made of.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable


def some(texts: Iterable[str], most: int = 10, between: str = ", ") -> str:
    """The first of them, and how many more there are."""
    given = list(texts)
    more = len(given) - most
    return between.join(given[:most]) + (f" and {more} more" if more > 0 else "")


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def grant_to_caller(permission: str, on: str = "") -> str:
    """What to do where the identity that runs the task lacks a permission."""
    return f"Grant {permission}{f' on {on}' if on else ''} to the identity that runs this task"
