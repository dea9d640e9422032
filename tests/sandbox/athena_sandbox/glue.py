# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ministack lacks of the Glue Data Catalog: some calls, absences, names in lower case, listings in pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import glue as ministack_glue

from .pin import wrap

Answer = tuple[int, dict[str, str], bytes]

_encryption_settings = AccountRegionScopedDict()


def _root_catalog() -> dict[str, Any]:
    account = get_account_id()
    return {
        "CatalogId": account,
        "Name": account,
        "ResourceArn": f"arn:aws:glue:{get_region()}:{account}:catalog",
        "Parameters": {},
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
    }


def _get_catalog(data: dict[str, Any]) -> Answer:
    catalog = data.get("CatalogId") or get_account_id()
    if catalog != get_account_id():
        return _not_found(f"Catalog {catalog} not found.")
    return json_response({"Catalog": _root_catalog()})


def _get_catalogs(data: dict[str, Any]) -> Answer:
    """The catalogs under the root: there are none here, so all there is to list is the root itself, where wanted."""
    return json_response({"CatalogList": [_root_catalog()] if data.get("IncludeRoot") else []})


def _get_encryption_settings(_data: dict[str, Any]) -> Answer:
    default = {
        "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
    }
    return json_response({"DataCatalogEncryptionSettings": default | _encryption_settings.get("settings", {})})


def encryption_at_rest() -> dict[str, str]:
    """How the catalog of the current account and Region is encrypted; empty for not at all."""
    settings = dict(_encryption_settings.get("settings", {}).get("EncryptionAtRest") or {})
    return {} if settings.get("CatalogEncryptionMode", "DISABLED") == "DISABLED" else settings


def _put_encryption_settings(data: dict[str, Any]) -> Answer:
    _encryption_settings["settings"] = data["DataCatalogEncryptionSettings"]
    return json_response({})


_ADDED: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "GetCatalog": _get_catalog,
    "GetCatalogs": _get_catalogs,
    "GetDataCatalogEncryptionSettings": _get_encryption_settings,
    "PutDataCatalogEncryptionSettings": _put_encryption_settings,
}

# Calls for which ministack never looks whether the database or the table they name is there.
_NEEDS_DATABASE = ("GetTables",)
_NEEDS_TABLE = ("CreatePartition", "BatchCreatePartition", "GetPartition", "GetPartitions", "BatchGetPartition")

# What listings give, and how many of it at once at most
# (https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html and the like).
_PAGED = {
    "GetDatabases": ("DatabaseList", 100),
    "GetTables": ("TableList", 100),
    "GetPartitions": ("Partitions", 1000),
}

# Calls about databases and tables, whose names are stored in lower case.
_OF_CATALOG = re.compile(
    r"(Batch)?(Get|Create|Update|Delete|Search)(Database|Table|Partition)(s|Versions?|Index(es)?)?"
)
_NAMES = ("Name", "DatabaseName", "TableName")


def _folded(data: dict[str, Any]) -> dict[str, Any]:
    """A request with the names of databases and tables as Glue stores them."""
    folded = data | {name: data[name].lower() for name in _NAMES if isinstance(data.get(name), str)}
    for part in ("DatabaseInput", "TableInput"):
        if isinstance(data.get(part), dict):
            folded[part] = _folded(data[part])
    if "TablesToDelete" in data:
        folded["TablesToDelete"] = [name.lower() for name in data["TablesToDelete"]]
    return folded


def _not_found(message: str) -> Answer:
    return error_response_json("EntityNotFoundException", message, 400)


def _page(data: dict[str, Any], answer: Answer, member: str, most: int) -> Answer:
    """So much of a listing as was asked for, from where the token says."""
    if answer[0] != 200:
        return answer
    start = int(data.get("NextToken") or 0)
    end = start + min(data.get("MaxResults") or most, most)
    listed = json.loads(answer[2])
    more = {"NextToken": str(end)} if end < len(listed[member]) else {}
    return json_response({**listed, member: listed[member][start:end], **more})


def _handle_request_sync(
    original: Callable[..., Answer], method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any
) -> Answer:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if path.startswith("/iceberg") or not (action in _ADDED or _OF_CATALOG.fullmatch(action)):
        return original(method, path, headers, body, query_params)
    data = _folded(json.loads(body or b"{}"))
    body = json.dumps(data).encode()
    database, table = data.get("DatabaseName", ""), data.get("TableName", "")
    if action in _ADDED:
        return _ADDED[action](data)
    if action in _NEEDS_DATABASE and database not in ministack_glue._databases:
        return _not_found(f"Database {database} not found.")
    if action in _NEEDS_TABLE and f"{database}/{table}" not in ministack_glue._tables:
        return _not_found(f"Table {table} not found.")
    answer = original(method, path, headers, body, query_params)
    return _page(data, answer, *_PAGED[action]) if action in _PAGED else answer


def install() -> None:
    """Answer these calls before ministack does."""
    wrap("ministack.services.glue:_handle_request_sync", _handle_request_sync)


def reset() -> None:
    """Forget the encryption settings."""
    _encryption_settings.clear()
