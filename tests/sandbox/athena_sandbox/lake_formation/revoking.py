# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a revoke takes away: explicitly held permissions, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import principal as principals_
from .errors import NOTHING_REVOKED, LakeFormationError, invalid
from .grants import Entry
from .state import Parameters, State
from .storing import NOTHING, add, column_rows, columns_of, put, store_columns
from .write_request import Write, by_resource, read, require_authority, require_valid

_TAG_NOTHING_REVOKED = (
    "No permissions revoked. Revoking Tag permissions on Tags that grantee does not have permissions on."
)


def revoke(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Take explicitly held permissions away."""
    write = read(state, parameters, caller)
    if not write.permissions and not (write.grantable and state.behaviour.empty_permissions_revoke):
        raise invalid("Permissions must not be empty.")
    if not principals_.kind(write.principal):
        raise invalid(f"Invalid principal, arn: {write.principal}")
    absence = state.absence(write.resource)
    is_forgiven = state.behaviour.revoke_on_absent_resource and absence and absence.code == "EntityNotFoundException"
    if absence and not is_forgiven:
        raise absence
    require_authority(state, write)
    parts = by_resource(state, write)
    for part in parts:
        require_valid(state, part)
    changes = [change for part in parts for change in _REVOKES.get(part.resource.kind, _revoke_row)(state, part)]
    for change in changes:
        change()
    return {}


_Changes = list[Callable[[], None]]


def _nothing_revoked(write: Write) -> LakeFormationError:
    return invalid(_TAG_NOTHING_REVOKED if write.resource.kind == "lf_tag" else NOTHING_REVOKED)


def _require_held(state: State, write: Write, held: Entry) -> None:
    """Raise InvalidInputException unless what is revoked is held: all of it, or any where revokes are lenient."""
    missing = write.permissions - held.permissions, write.grantable - held.grantable
    is_strict = state.behaviour.strict_revoke or write.resource.kind == "lf_tag" or "ALL" in missing[0]
    has_any = write.permissions & held.permissions or write.grantable & held.grantable
    if not has_any or (is_strict and any(missing)):
        raise _nothing_revoked(write)


def _left(state: State, write: Write, held: Entry) -> tuple[frozenset[str], frozenset[str]]:
    with_them = NOTHING if state.behaviour.revoke_keeps_grant_option else write.permissions
    return held.permissions - write.permissions, held.grantable - write.grantable - with_them


def _revoke_row(state: State, write: Write) -> _Changes:
    held = state.grants.get(write.key)
    found = held
    is_plain = write.requested.shape == "Table" and write.resource.kind == "table"
    if is_plain and not state.behaviour.plain_revoke_matches_all_columns:
        found = replace(held, permissions=held.permissions - {"SELECT"}, grantable=held.grantable - {"SELECT"})
    _require_held(state, write, found)
    if found is not held:
        write = replace(write, permissions=write.permissions - {"SELECT"}, grantable=write.grantable - {"SELECT"})
    permissions, grantable = _left(state, write, held)
    return [lambda: put(state, write.key, permissions, grantable, write.caller)]


def _revoke_columns(state: State, write: Write) -> _Changes:
    wanted, rows = write.resource.columns, column_rows(state, write.key)
    is_row = write.key in rows
    if not is_row and not state.behaviour.revoke_column_subset:
        raise _nothing_revoked(write)
    if not state.behaviour.columns_merge:
        rows = [write.key] if is_row else [row for row in rows if wanted <= row[1].columns][:1]
    columns = {column: flag for row in rows for column, flag in columns_of(state, row).items()}
    missing = wanted - columns.keys()
    if write.grantable:
        missing |= {column for column in wanted if not columns.get(column)}
    found = wanted - missing
    if not found or (missing and state.behaviour.strict_revoke):
        raise _nothing_revoked(write)
    if write.permissions:
        left = {column: flag for column, flag in columns.items() if column not in found}
    else:
        left = columns | dict.fromkeys(found, False)
    return [lambda: store_columns(state, write.key, rows, left, write.caller)]


def _revoke_tag_values(state: State, write: Write) -> _Changes:
    """Values may be revoked from the row that has exactly these, else from one that has more."""
    principal, resource, condition = write.key
    rows = [
        key
        for key in state.grants.of_tag(resource.catalog, resource.name)
        if key[0] == principal and key[2] == condition and resource.values <= key[1].values
    ]
    row = write.key if write.key in rows else next(iter(rows), None)
    if row is None:
        raise _nothing_revoked(write)
    held = state.grants.get(row)
    _require_held(state, write, held)
    permissions, grantable = _left(state, write, held)
    rest = row[1].values - resource.values

    def change() -> None:
        if rest:
            put(state, row, NOTHING, NOTHING, write.caller)
            for values, names, options in (
                (rest, held.permissions, held.grantable),
                (resource.values, permissions, grantable),
            ):
                add(state, (principal, resource.with_values(values), condition), names, options, write.caller)
        else:
            put(state, row, permissions, grantable, write.caller)

    return [change]


_REVOKES: dict[str, Callable[[State, Write], _Changes]] = {
    "columns": _revoke_columns,
    "lf_tag": _revoke_tag_values,
}
