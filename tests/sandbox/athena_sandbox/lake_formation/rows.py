# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants in the rows in which AWS lists them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from . import principal as principals_
from .grants import Entry, Key
from .permissions import parts_of_all
from .resources import Resource, listed
from .state import State

_SELECT = frozenset({"SELECT"})


def rows_of(state: State, key: Key, entry: Entry) -> Iterator[dict[str, Any]]:
    """The rows in which one grant is listed."""
    principal, resource, condition = key
    shown = _with_all_expanded(state, principal, resource, entry)
    for names, as_columns in _split(state, resource, shown):
        permissions, grantable = shown.permissions & names, shown.grantable & names
        if not permissions and not grantable:
            continue
        if state.behaviour.super_user_echo:
            grantable |= permissions & {"SUPER_USER"}
        row = {
            "Principal": {"DataLakePrincipalIdentifier": principal},
            "Resource": _shuffled_columns(state, listed(resource, as_columns)),
            "Permissions": _shuffled(state, permissions, principal),
            "PermissionsWithGrantOption": _shuffled(state, grantable, f"{principal}!"),
            "LastUpdated": entry.updated,
            "LastUpdatedBy": entry.updated_by,
        }
        if condition:
            row["Condition"] = {"Expression": condition}
        if principals_.is_external(principal, state.account) and resource.table:
            # A share is per resource, whoever holds it.
            number = zlib.crc32(f"{resource.catalog}/{resource.database}/{resource.name}".encode())
            share = f"arn:aws:ram:{state.region}:{state.account}:resource-share/{number:08x}"
            row["AdditionalDetails"] = {"ResourceShare": [share]}
        yield row


def _with_all_expanded(state: State, principal: str, resource: Resource, entry: Entry) -> Entry:
    """ALL with what is listed beside it; never for the groups, which are listed with ALL alone."""
    mode = state.behaviour.all_expands
    if principals_.kind(principal) in ("everybody", "group") or mode in ("no", "stored"):
        return entry
    if mode == "listed":
        return with_parts(resource, entry)
    extra = _SELECT & parts_of_all(resource)
    permissions = entry.permissions | (extra if "ALL" in entry.permissions else frozenset())
    return replace(entry, permissions=permissions)


def _split(state: State, resource: Resource, entry: Entry) -> Sequence[tuple[frozenset[str], bool]]:
    """The permissions of each row; True where it is the one about all columns."""
    names = entry.permissions | entry.grantable
    if resource.kind in ("table", "all_tables"):
        return (names - _SELECT, False), (names & _SELECT, True)
    if resource.kind == "lf_tag":
        return [(frozenset({name}), False) for name in sorted(names)]
    if resource.kind == "lf_tag_policy" and state.behaviour.lf_tag_policy_select_row == "apart":
        return (names - _SELECT, False), (names & _SELECT, False)
    return [(names, False)]


def _shuffled(state: State, names: Iterable[str], salt: str) -> list[str]:
    """In an order that means nothing, though always the same one."""
    if not state.behaviour.shuffle_permissions:
        return sorted(names)
    return sorted(names, key=lambda name: zlib.crc32(f"{salt}/{name}".encode()))


def _shuffled_columns(state: State, resource: dict[str, Any]) -> dict[str, Any]:
    table = resource.get("TableWithColumns", {})
    for holder, name in ((table, "ColumnNames"), (table.get("ColumnWildcard", {}), "ExcludedColumnNames")):
        if name in holder:
            holder[name] = _shuffled(state, holder[name], table["Name"])
    return resource


def with_parts(resource: Resource, entry: Entry) -> Entry:
    parts = parts_of_all(resource)
    permissions = entry.permissions | (parts if "ALL" in entry.permissions else frozenset())
    grantable = entry.grantable | (parts if "ALL" in entry.grantable else frozenset())
    return replace(entry, permissions=permissions, grantable=grantable)
