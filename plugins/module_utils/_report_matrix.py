# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two policy documents, the one that is wanted and the one that was there, as matrices of actions by resources.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _comparison,
    _trust,
)

Document = Mapping[str, t.Any]
# in_place: wanted and there. missing: wanted and not there. extra: there and not wanted.
State = t.Literal["in_place", "missing", "extra"]
STATES: t.Final[tuple[State, ...]] = t.get_args(State)
# kept: in a statement that is not of this collection, and left alone.
TrustState = t.Literal["in_place", "missing", "extra", "kept"]


@dataclasses.dataclass(frozen=True)
class Row:
    """What is said of one resource under one condition: the state of each action."""

    effect: str
    resource: str
    condition: str
    states: Mapping[str, State]

    @property
    def differs(self) -> bool:
        return any(state != "in_place" for state in self.states.values())


@dataclasses.dataclass(frozen=True)
class Matrix:
    """The actions of one service, and its resources; those that differ first."""

    service: str
    actions: tuple[str, ...]
    rows: tuple[Row, ...]

    def count(self, state: State) -> int:
        return sum(list(row.states.values()).count(state) for row in self.rows)

    @property
    def differs(self) -> bool:
        return any(row.differs for row in self.rows)


@dataclasses.dataclass(frozen=True)
class Trusted:
    """Who may do what with a role, if what; statements: the Sids of the statements that say so."""

    effect: str
    principal: str
    action: str
    condition: str
    state: TrustState
    statements: tuple[str, ...]


def permission_matrices(wanted: Document, observed: Document) -> list[Matrix]:
    """A matrix for each service, sorted; each permission of either document is exactly one state in one of them."""
    names = {**_comparison.names_of(observed), **_comparison.names_of(wanted)}
    rows: dict[str, dict[tuple[str, str, str], dict[str, State]]] = collections.defaultdict(dict)
    for grant, state in _states(wanted, observed).items():
        row = (grant.effect, grant.resource, _comparison.condition_text(grant.condition))
        rows[_service(grant.action)].setdefault(row, {})[names.get(grant.action, grant.action)] = state
    return [_matrix(service, by_row) for service, by_row in sorted(rows.items())]


def trusted(wanted: Document, observed: Document) -> list[Trusted]:
    """A row for each principal and action of either trust policy; what differs first."""
    names = {**_comparison.names_of(observed), **_comparison.names_of(wanted)}
    sids: dict[_comparison.Grant, list[str]] = collections.defaultdict(list)
    for document in (wanted, observed):
        for statement in _comparison.statements_of(document):
            for grant in statement.grants():
                if statement.sid not in sids[grant]:
                    sids[grant].append(statement.sid)
    # Where no statement has our Sid, one that was written by hand may be ours.
    is_ours_known = any(statement.sid == _trust.SID for statement in _comparison.statements_of(wanted))

    def trust_state(grant: _comparison.Grant, state: State) -> TrustState:
        return "kept" if state == "in_place" and is_ours_known and _trust.SID not in sids[grant] else state

    rows = [
        Trusted(
            grant.effect,
            grant.principal,
            names.get(grant.action, grant.action),
            _comparison.condition_text(grant.condition),
            trust_state(grant, state),
            tuple(filter(None, sids[grant])),
        )
        for grant, state in _states(wanted, observed).items()
    ]
    order = ("missing", "extra", "in_place", "kept")
    return sorted(rows, key=lambda it: (order.index(it.state), it.principal, it.action, it.condition))


def _states(wanted: Document, observed: Document) -> dict[_comparison.Grant, State]:
    asked, there = _comparison.grants_of(wanted), _comparison.grants_of(observed)
    found: dict[_comparison.Grant, State] = dict.fromkeys(asked & there, "in_place")
    found.update(dict.fromkeys(asked - there, "missing"))
    found.update(dict.fromkeys(there - asked, "extra"))
    return found


def _service(action: str) -> str:
    """C(s3) of C(s3:getobject); what names no single service is C(other)."""
    found = re.match(r"([a-z0-9-]+):", action)
    return found[1] if found else "other"


def _matrix(service: str, by_row: Mapping[tuple[str, str, str], Mapping[str, State]]) -> Matrix:
    rows = [Row(*key, states) for key, states in by_row.items()]
    rows.sort(key=lambda row: (not row.differs, row.effect, row.resource, row.condition))
    actions = sorted({action for row in rows for action in row.states}, key=str.lower)
    return Matrix(service, tuple(actions), tuple(rows))
