# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is a list of changes; every change is one API call and the drift that the call repairs.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _report


class Refused(Exception):
    """What was asked for cannot be done as things are; the text says why and what to do. Nothing was changed."""


@dataclasses.dataclass(frozen=True)
class Change:
    """One API call and the drift that it repairs.

    call: the name of the call in its service's file; empty where AWS cannot change this in place, and then remedy
    says how to do it by hand. arguments: its keyword arguments, the client aside.
    """

    call: str
    drift: tuple[_report.Drift, ...]
    arguments: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    remedy: str = ""


def drift_of(changes: Iterable[Change]) -> list[_report.Drift]:
    return [row for change in changes for row in change.drift]


def refuse_unrepairable(changes: Sequence[Change]) -> None:
    """Raise Refused where a change has no call: nothing may be written then, not even the rest."""
    by_hand = [change for change in changes if not change.call]
    if by_hand:
        raise Refused("; ".join(f"{_differences(change)}. {change.remedy}" for change in by_hand))


def _differences(change: Change) -> str:
    return ", ".join(f"the {row.aspect} of {row.subject} is {_how(row)}" for row in change.drift)


def _how(row: _report.Drift) -> str:
    if row.actual is None:
        return f"missing: {row.expected}"
    return f"{row.actual!r}, not {row.expected!r}" if row.expected is not None else f"too much: {row.actual}"
