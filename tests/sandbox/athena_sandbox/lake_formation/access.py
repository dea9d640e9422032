# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What grants let a principal see and read: asked by the Data Catalog and by queries.

Grants under a condition open nothing here: Cedar expressions are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import principal as principals_
from .lf_tags import effective_tags
from .opt_ins import is_opted_in
from .permissions import TABLE
from .resources import Resource, tags
from .state import State

# A row filter that lets every row pass.
EVERY_ROW = ""


@dataclass(frozen=True)
class TableAccess:
    """What a principal may do with a table.

    It sees the table where `may_describe`, with all columns where `sees_all_columns`, else with the readable ones.
    `columns`: those, each with the row filters (SQL) under one of which it is shown; with EVERY_ROW among
    them it is shown always.
    """

    may_describe: bool
    sees_all_columns: bool
    columns: dict[str, frozenset[str]]


def is_governed(state: State, principal: str, resource: Resource) -> bool:
    """Whether grants decide about a database or table: IAM_ALLOWED_PRINCIPALS has no rights, or it is opted in."""
    places = [resource]
    if resource.kind == "table":
        places.append(Resource("all_tables", resource.catalog, resource.database))
    is_open = any(state.grants.get((principals_.EVERYBODY, place, "")).permissions for place in places)
    return not is_open or is_opted_in(state, principal, resource)


def _held(state: State, principal: str, resource: Resource) -> frozenset[str]:
    """The permissions on exactly this resource, its own and those of the account's group."""
    own = state.grants.get((principal, resource, "")).permissions
    return own | state.grants.get((principals_.group(state.account), resource, "")).permissions


def by_lf_tags(state: State, principal: str, resource_type: str, carried: dict[str, str]) -> frozenset[str]:
    """The permissions that LF-tag policies give on something that carries these tags."""
    found: frozenset[str] = frozenset()
    for holder in (principal, principals_.group(state.account)):
        for key in state.grants.policies_of_principal(holder):
            policy = key[1]
            if policy.resource_type != resource_type or key[2]:
                continue
            expression = policy.expression
            if policy.name:
                saved = state.expressions.get((policy.catalog, policy.name), {"Expression": []})
                expression = tags(saved["Expression"], state.behaviour.lf_tags_fold)
            matches = all(
                carried.get(name) in values or (name in carried and "*" in values) for name, values in expression
            )
            if expression and matches:
                found |= state.grants.get(key).permissions
    return found


def columns_by_lf_tags(state: State, principal: str, table: Resource, columns: Iterable[str]) -> list[str]:
    """The columns with tags of their own that LF-tag policies let a principal read."""
    tagged = {column: replace(table, kind="columns", columns=frozenset({column})) for column in columns}
    return [
        column
        for column, resource in tagged.items()
        if resource in state.tagged
        and "SELECT" in by_lf_tags(state, principal, "TABLE", effective_tags(state, resource))
    ]


def may_describe_database(state: State, principal: str, catalog: str, name: str) -> bool:
    """Whether a principal sees a database: any permission on it or on all its tables."""
    database = Resource("database", catalog, name)
    if state.sees_all(principal) or not is_governed(state, principal, database):
        return True
    if _held(state, principal, database) or _held(state, principal, Resource("all_tables", catalog, name)):
        return True
    return bool(by_lf_tags(state, principal, "DATABASE", effective_tags(state, database)))


def table_access(state: State, principal: str, catalog: str, database: str, name: str) -> TableAccess:
    """What a principal may do with a table that Lake Formation governs for it."""
    table = Resource("table", catalog, database, name)
    found = state.table(table)
    columns = [column.lower() for column in (found.columns if found else None) or ()]
    held = _held(state, principal, table) | _held(state, principal, Resource("all_tables", catalog, database))
    held |= by_lf_tags(state, principal, "TABLE", effective_tags(state, table))
    sees_all_columns = bool(held & TABLE) or state.sees_all(principal)
    readable: dict[str, set[str]] = {}
    if held & {"SELECT", "ALL"}:
        _show(readable, columns, EVERY_ROW)
    for holder in (principal, principals_.group(state.account)):
        for key in state.grants.of_principal_on_table(holder, table):
            part = key[1]
            permissions = state.grants.get(key).permissions
            if "SELECT" not in permissions or key[2]:
                continue
            held |= {"DESCRIBE"}
            if part.kind == "columns":
                _show(readable, [column for column in columns if column in part.columns], EVERY_ROW)
            elif part.kind == "excluded_columns":
                _show(readable, [column for column in columns if column not in part.columns], EVERY_ROW)
            elif part.kind == "cells_filter":
                _show_filtered(state, readable, columns, part)
    for column in columns_by_lf_tags(state, principal, table, columns):
        held |= {"DESCRIBE"}
        _show(readable, [column], EVERY_ROW)
    ordered = {column: frozenset(readable[column]) for column in columns if column in readable}
    return TableAccess(sees_all_columns or bool(held & TABLE), sees_all_columns, ordered)


def _show(readable: dict[str, set[str]], columns: list[str], rows: str) -> None:
    for column in columns:
        readable.setdefault(column, set()).add(rows)


def _show_filtered(state: State, readable: dict[str, set[str]], columns: list[str], part: Resource) -> None:
    where = part.catalog, part.database, part.name
    data = state.cells_filters.get(where, {}).get(part.filter_name)
    if data is None:
        return
    if data.get("ColumnNames"):
        names = {name.lower() for name in data["ColumnNames"]}
        shown = [column for column in columns if column in names]
    else:
        excluded = {name.lower() for name in (data.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()}
        shown = [column for column in columns if column not in excluded]
    _show(readable, shown, (data.get("RowFilter") or {}).get("FilterExpression") or EVERY_ROW)
