# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lake Formation lets the caller of the current request see and read.

Source: https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html and
https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import glue as ministack_glue

from .lake_formation.access import EVERY_ROW, TableAccess
from .lake_formation_account import caller, lake
from .query_rights import AccessDenied, Location, ServiceRole, require, require_source
from .query_statement import QueryFailed, quoted

_NO_PRIVILEGE = (
    "Insufficient permissions to execute the query. Principal does not have any privilege on specified resource"
)


def _required(name: str) -> AccessDenied:
    """How Glue refuses what is hidden but was named."""
    return AccessDenied(
        "lakeformation:Describe", name, f"Insufficient Lake Formation permission(s): Required Describe on {name}"
    )


def sees_database(name: str) -> bool:
    """Whether a database is listed for the caller."""
    return lake().may_describe_database(caller(), name)


def require_database(name: str) -> None:
    """Raise AccessDenied for a database that is there but hidden from the caller."""
    if name in ministack_glue._databases and not sees_database(name):
        raise _required(name)


def require_default_database() -> None:
    """Athena looks at the database `default`, where there is one, whatever it is asked."""
    require_database("default")


def access_to(table: dict[str, Any]) -> TableAccess | None:
    """What grants let the caller do with a table; None where IAM alone decides."""
    return lake().table_access(caller(), table["DatabaseName"], table["Name"])


def visible(table: dict[str, Any]) -> dict[str, Any] | None:
    """A table as the caller may see it: None where it is hidden, without the columns that are."""
    access = access_to(table)
    if access and not access.may_describe:
        return None
    storage = dict(table.get("StorageDescriptor") or {})
    location = (storage.get("Location") or "").partition("://")[2]
    is_registered = bool(location and lake().registration(location))
    shown = table | {"IsRegisteredWithLakeFormation": is_registered}
    if access is None or access.sees_all_columns:
        return shown
    if "Columns" in storage:
        storage["Columns"] = _readable(access, storage["Columns"])
    keys = _readable(access, table.get("PartitionKeys") or [])
    return shown | {"StorageDescriptor": storage, "PartitionKeys": keys}


def _readable(access: TableAccess, columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [column for column in columns if column["Name"].lower() in access.columns]


def require_visible(table: dict[str, Any]) -> dict[str, Any]:
    """A table as the caller may see it; raises AccessDenied where it is hidden."""
    require_database(table["DatabaseName"])
    shown = visible(table)
    if shown is None:
        raise _required(table["Name"])
    return shown


# ---- queries ----


def require_select(table: dict[str, Any]) -> None:
    """Raise QueryFailed for a table that the caller sees, but none of whose columns it may read."""
    access = access_to(table)
    if access and not access.columns:
        raise QueryFailed(_NO_PRIVILEGE)


def restricted(table: dict[str, Any], relation: str) -> str:
    """A query for what the caller may read of a relation with all of a table's columns and rows."""
    access = access_to(table)
    if access is None:
        return relation
    filters = {rows for of_column in access.columns.values() for rows in of_column}
    columns = [_column(name, rows) for name, rows in access.columns.items()]
    where = "" if EVERY_ROW in filters else f" WHERE {_any_of(filters)}"
    return f"SELECT {', '.join(columns)} FROM ({relation}){where}"


def _column(name: str, rows: frozenset[str]) -> str:
    if EVERY_ROW in rows:
        return quoted(name)
    return f"CASE WHEN {_any_of(rows)} THEN {quoted(name)} END AS {quoted(name)}"


def _any_of(filters: set[str] | frozenset[str]) -> str:
    return " OR ".join(f"({rows})" for rows in sorted(filters))


def require_data(table: dict[str, Any], location: Location, keys: list[str]) -> None:
    """The right to a table's data under a location: Lake Formation's to give where that is registered with it.

    There lakeformation:GetDataAccess takes the place of the caller's own rights in S3 and KMS: those that are used are
    the registration role's. In hybrid access mode that is so only for whom Lake Formation governs. That the role is
    asked for the key is what was seen (https://github.com/data-dot-all/dataall/issues/1210); the Athena user guide
    (lf-athena-user-permissions) says that the user needs it. Raises AccessDenied, QueryFailed.
    """
    registered = lake().registration(location.uri().partition("://")[2])
    if registered is None or (registered["HybridAccessEnabled"] and access_to(table) is None):
        require_source(location, keys)
        return
    try:
        require("lakeformation:GetDataAccess", "*")
    except AccessDenied as denied:
        envelope = "(Service: AWSLakeFormation; Status Code: 400; Error Code: AccessDeniedException)"
        raise QueryFailed(f"{denied} {envelope}") from denied
    role = ServiceRole(registered["RoleArn"], f"AWSLF-00-AT-{get_account_id()}")
    require_source(location, keys, role)


def is_registered(location: Location) -> bool:
    """Whether a location is registered: Athena cannot write results there."""
    return lake().registration(location.uri().partition("://")[2]) is not None
