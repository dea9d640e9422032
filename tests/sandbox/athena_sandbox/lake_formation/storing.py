# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep grants as Lake Formation keeps them: permissions add up, lists of columns become one."""

from __future__ import annotations

from . import principal as principals_
from .grants import Entry, Key
from .permissions import parts_of_all
from .state import State

NOTHING: frozenset[str] = frozenset()


def add(state: State, key: Key, permissions: frozenset[str], grantable: frozenset[str], by: str) -> None:
    """Store a grant that was found right."""
    principal, resource, condition = key
    if resource.kind == "columns" and state.behaviour.columns_merge:
        rows = column_rows(state, key)
        columns = {column: flag for row in rows for column, flag in columns_of(state, row).items()}
        columns |= {column: bool(grantable) or columns.get(column, False) for column in resource.columns}
        store_columns(state, key, rows, columns, by)
        return
    if state.behaviour.all_expands == "stored" and "ALL" in permissions and _is_single(principal):
        parts = parts_of_all(resource)
        permissions, grantable = permissions | parts, grantable | (parts if "ALL" in grantable else NOTHING)
    held = state.grants.get(key)
    put(state, (principal, resource, condition), held.permissions | permissions, held.grantable | grantable, by)


def _is_single(principal: str) -> bool:
    return principals_.kind(principal) not in ("everybody", "group")


def put(state: State, key: Key, permissions: frozenset[str], grantable: frozenset[str], by: str) -> None:
    state.grants.put(key, Entry(permissions, grantable, state.clock(), by), state.behaviour.list_lag)


# ---- lists of columns ----


def column_rows(state: State, key: Key) -> list[Key]:
    """The rows of columns that the principal holds on the table under the condition."""
    principal, resource, condition = key
    assert resource.table
    held = state.grants.of_principal_on_table(principal, resource.table)
    return [row for row in held if row[1].kind == "columns" and row[2] == condition]


def columns_of(state: State, row: Key) -> dict[str, bool]:
    """The columns of a row, and whether they may be passed on."""
    return dict.fromkeys(row[1].columns, "SELECT" in state.grants.get(row).grantable)


def store_columns(state: State, key: Key, rows: list[Key], columns: dict[str, bool], by: str) -> None:
    """Make `columns` all that `rows` held: those with the grant option are a row, those without are one."""
    select = frozenset({"SELECT"})
    new: dict[Key, frozenset[str]] = {}
    for flag in (False, True):
        group = frozenset(column for column, is_grantable in columns.items() if is_grantable is flag)
        if group:
            new[key[0], key[1].with_columns(group), key[2]] = select if flag else NOTHING
    for row in rows:
        if row not in new:
            put(state, row, NOTHING, NOTHING, by)
    for row, grantable in new.items():
        if state.grants.get(row).permissions != select or state.grants.get(row).grantable != grantable:
            put(state, row, select, grantable, by)
