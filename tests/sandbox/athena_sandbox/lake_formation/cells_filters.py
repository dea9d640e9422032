# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data cells filters: named sets of columns and rows of a table, to be granted like a table."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from .errors import LakeFormationError, denied, invalid, not_found
from .paging import first_page, next_page
from .resources import Resource
from .state import Parameters, State

Where = tuple[str, str, str]


def _where(state: State, fields: Parameters) -> Where:
    catalog = str(fields.get("TableCatalogId") or fields.get("CatalogId") or state.account)
    table = str(fields.get("TableName") or fields.get("Name") or "")
    return catalog, str(fields.get("DatabaseName") or "").lower(), table.lower()


def _require_rights(state: State, where: Where, caller: str) -> None:
    """Administrators, and who may grant SELECT on the table."""
    if not state.may_grant(caller, Resource("table", *where), "SELECT"):
        raise denied()


def _checked(state: State, data: Parameters) -> tuple[Where, dict[str, Any]]:
    """A filter that the table can have; raises InvalidInputException, EntityNotFoundException."""
    where = _where(state, data)
    table = Resource("table", *where)
    if absence := state.absence(table):
        raise absence
    if not data.get("Name"):
        raise invalid("Name must not be empty.")
    names, wildcard = data.get("ColumnNames"), data.get("ColumnWildcard")
    if (not names) == (wildcard is None):
        raise invalid("A data cells filter must have exactly one of ColumnNames and ColumnWildcard.")
    columns = names or (wildcard or {}).get("ExcludedColumnNames") or ()
    found = state.table(table)
    known = found.columns if found else None
    if known is not None and not {name.lower() for name in columns} <= {name.lower() for name in known}:
        raise invalid("Column does not exist in the table.")
    rows = data.get("RowFilter") or {}
    if bool(rows.get("FilterExpression")) == ("AllRowsWildcard" in rows):
        raise invalid("RowFilter must have exactly one of FilterExpression and AllRowsWildcard.")
    stored = copy.deepcopy(dict(data)) | {"TableCatalogId": where[0], "DatabaseName": where[1], "TableName": where[2]}
    return where, stored | {"VersionId": str(uuid.uuid5(uuid.NAMESPACE_OID, repr(state.clock())))}


def create_data_cells_filter(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Make a filter."""
    where, data = _checked(state, parameters.get("TableData") or {})
    _require_rights(state, where, caller)
    filters = state.cells_filters.setdefault(where, {})
    if data["Name"] in filters:
        raise LakeFormationError("AlreadyExistsException", f"Data cells filter {data['Name']} already exists.")
    filters[data["Name"]] = data
    return {}


def update_data_cells_filter(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Change a filter; with VersionId only if nobody else did."""
    asked = parameters.get("TableData") or {}
    where, data = _checked(state, asked)
    _require_rights(state, where, caller)
    known = _known(state, where, data["Name"])
    if asked.get("VersionId", known["VersionId"]) != known["VersionId"]:
        raise LakeFormationError("ConcurrentModificationException", "The data cells filter was changed meanwhile.")
    state.cells_filters[where][data["Name"]] = data
    return {}


def _known(state: State, where: Where, name: str) -> dict[str, Any]:
    found = state.cells_filters.get(where, {}).get(name)
    if found is None:
        raise not_found("Cell Filter not found")
    return found


def get_data_cells_filter(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """One filter."""
    where = _where(state, parameters)
    _require_rights(state, where, caller)
    return {"DataCellsFilter": copy.deepcopy(_known(state, where, parameters["Name"]))}


def delete_data_cells_filter(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Forget a filter; grants on it are of no use from now on."""
    where = _where(state, parameters)
    _require_rights(state, where, caller)
    _known(state, where, str(parameters.get("Name")))
    del state.cells_filters[where][parameters["Name"]]
    return {}


def list_data_cells_filter(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """The filters of a table, or all that the caller may see."""
    page = next_page(state, "DataCellsFilters", parameters)
    if page is not None:
        return page
    table = parameters.get("Table")
    found = [
        copy.deepcopy(data)
        for where, filters in state.cells_filters.items()
        if (table is None or where == _where(state, table))
        and (state.sees_all(caller) or state.may_grant(caller, Resource("table", *where), "SELECT"))
        for data in filters.values()
    ]
    return first_page(state, "DataCellsFilters", found, parameters)
