# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants that AWS refused, or may refuse, with the reason and what to do about it.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_failures,
    _grants_plan,
    _grants_resources,
    _grants_words,
    _words,
)

# So many reasons are told, each with so many grants.
_MOST: t.Final = 10

ByBase = Mapping[_grants_resources.Resource, _grants.Atoms]


def refusals(
    failures: Sequence[_grants_failures.Failure], held: _grants.Atoms, wanted: _grants.Atoms, catalog_id: str
) -> str:
    """What was refused, by reason. held: what the principal holds, as it was listed last."""
    held_there, wanted_there = _grants_plan.by_base(held - wanted), _grants_plan.by_base(wanted)
    by_reason: dict[str, list[str]] = collections.defaultdict(list)
    for failure in failures:
        done = "granted" if failure.verb == "grant" else "revoked"
        advice = failure.advice
        if failure.is_invalid_modification and not advice:
            advice = _of_conflict(failure.entry.base, failure.entry.atoms, held_there, wanted_there, catalog_id) or (
                "the permission does not fit the resource (a view or a resource link takes fewer), or the caller may "
                "not grant it"
            )
        reason = f"was not {done}: {failure.message} ({failure.code}){f'; {advice}' if advice else ''}"
        by_reason[reason] += _grants_words.grant_lines(failure.entry.atoms, catalog_id)
    texts = [f"{_words.some(lines, _MOST)} {reason}" for reason, lines in by_reason.items()]
    more = len(texts) - _MOST
    told = "; ".join(texts[:_MOST]) + (f"; and for {more} more reasons of the kind" if more > 0 else "")
    return f"Lake Formation refused {len(failures)} of the grants: {told}"


def of_conflicts(
    difference: _grants_plan.Difference, held: _grants.Atoms, wanted: _grants.Atoms, catalog_id: str
) -> str | None:
    """What AWS may refuse to grant, because of what stays held on the same table or is asked for beside it."""
    held_there, wanted_there = _grants_plan.by_base(held - wanted - difference.to_revoke), _grants_plan.by_base(wanted)
    found = []
    for base, atoms in sorted(_grants_plan.by_base(difference.to_grant).items(), key=lambda it: it[0].sort_key):
        if reason := _of_conflict(base, atoms, held_there, wanted_there, catalog_id):
            found.append(f"{', '.join(_grants_words.grant_lines(atoms, catalog_id))}: {reason}")
    return f"AWS may refuse to grant {_words.some(found, _MOST)}" if found else None


def _of_conflict(
    base: _grants_resources.Resource, atoms: _grants.Atoms, held: ByBase, wanted: ByBase, catalog_id: str
) -> str:
    """The shape that stands in the way, and how to have it removed."""

    def beside(others: ByBase) -> str:
        in_the_way = {atom for atom in others.get(base, ()) if _grants_plan.conflicts(atoms, {atom})}
        return ", ".join(_grants_words.grant_lines(in_the_way, catalog_id))

    if there := beside(held):
        return (
            f"the principal holds {there}, beside which AWS takes neither the table nor other columns; revoke that, or "
            "set purge: true to have it revoked"
        )
    if asked := beside(wanted):
        return f"grants asks for {asked} too, and AWS takes only one of both"
    return ""
