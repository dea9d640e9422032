# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Athena's metadata calls: it reads Glue as the caller, and passes on what Glue refuses as a MetadataException."""

from __future__ import annotations

import re
from typing import Any

from ministack.services import athena as ministack_athena, glue as ministack_glue

from . import lake_formation_rights
from .athena_answers import NotInGlue, Request, replace
from .query_rights import require_glue
from .query_statement import CATALOG


def _database(data: Request) -> str:
    """The name of the database, once the catalog is seen to be Glue's own; raises NotInGlue."""
    catalog = data.get("CatalogName", "")
    if catalog.lower() != CATALOG:
        raise NotInGlue(f"Catalog {catalog} Not Found.")
    return str(data.get("DatabaseName", "")).lower()


def _page(name: str, items: list[dict[str, Any]], data: Request) -> dict[str, Any]:
    start = int(data.get("NextToken") or 0)
    end = start + int(data.get("MaxResults") or 50)
    return {name: items[start:end]} | ({"NextToken": str(end)} if end < len(items) else {})


def _existing_database(name: str) -> dict[str, Any]:
    if name not in ministack_glue._databases:
        raise NotInGlue(f"Database {name} not found.")
    return ministack_glue._databases[name]


def _get_database(data: Request) -> dict[str, Any]:
    name = _database(data)
    require_glue("glue:GetDatabase", name)
    database = _existing_database(name)
    lake_formation_rights.require_database(name)
    return {"Database": ministack_athena._athena_database(database)}


def _list_databases(data: Request) -> dict[str, Any]:
    _database(data)
    require_glue("glue:GetDatabases", "*")
    databases = [
        ministack_athena._athena_database(database)
        for name, database in ministack_glue._databases.items()
        if lake_formation_rights.sees_database(name)
    ]
    return _page("DatabaseList", databases, data)


def _get_table_metadata(data: Request) -> dict[str, Any]:
    database, name = _database(data), data.get("TableName", "").lower()
    require_glue("glue:GetTable", database, name)
    table = ministack_glue._tables.get(f"{database}/{name}")
    if table is None:
        raise NotInGlue("Entity Not Found")
    return {"TableMetadata": ministack_athena._glue_table_to_metadata(lake_formation_rights.require_visible(table))}


def _list_table_metadata(data: Request) -> dict[str, Any]:
    database = _database(data)
    require_glue("glue:GetTables", database, "*")
    _existing_database(database)
    lake_formation_rights.require_database(database)
    expression = data.get("Expression") or ".*"
    found = [
        lake_formation_rights.visible(table)
        for table in ministack_glue._tables.values()
        if table["DatabaseName"] == database and re.fullmatch(expression, table["Name"])
    ]
    tables = [ministack_athena._glue_table_to_metadata(table) for table in found if table is not None]
    return _page("TableMetadataList", tables, data)


def install() -> None:
    """Put these in the place of ministack's."""
    for handler in (_get_database, _list_databases, _get_table_metadata, _list_table_metadata):
        replace(handler)
