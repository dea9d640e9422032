# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Data Catalog under Lake Formation: default grants on what is created, and what is hidden from whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue as ministack_glue

from . import lake_formation_rights
from .lake_formation_account import caller, lake
from .pin import wrap
from .query_rights import AccessDenied

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, Any]], Answer]

_GLUE = "ministack.services.glue"
_DEFAULTS = "CreateTableDefaultPermissions"


def _create_database(original: Handler, data: dict[str, Any]) -> Answer:
    answer = original(data)
    if answer[0] == 200:
        created = data["DatabaseInput"]
        stored = ministack_glue._databases[created["Name"]]
        if target := created.get("TargetDatabase"):
            stored["TargetDatabase"] = target
        # Later settings are for later databases: https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
        stored[_DEFAULTS] = created.get(_DEFAULTS, lake().table_defaults())
        lake().database_created(created["Name"], caller())
    return answer


def _update_database(original: Handler, data: dict[str, Any]) -> Answer:
    answer = original(data)
    if answer[0] == 200 and _DEFAULTS in data["DatabaseInput"]:
        ministack_glue._databases[data["Name"]][_DEFAULTS] = data["DatabaseInput"][_DEFAULTS]
    return answer


def _create_table(original: Handler, data: dict[str, Any]) -> Answer:
    answer = original(data)
    if answer[0] == 200:
        created = data["TableInput"]
        if target := created.get("TargetTable"):
            ministack_glue._tables[f"{data['DatabaseName']}/{created['Name']}"]["TargetTable"] = target
        defaults = ministack_glue._databases[data["DatabaseName"]].get(_DEFAULTS)
        lake().table_created(data["DatabaseName"], created["Name"], caller(), defaults)
    return answer


def _denied(denied: AccessDenied) -> Answer:
    return error_response_json("AccessDeniedException", str(denied), 400, message_key="Message")


def _get_database(original: Handler, data: dict[str, Any]) -> Answer:
    lake_formation_rights.require_database(data.get("Name", ""))
    return original(data)


def _get_databases(original: Handler, data: dict[str, Any]) -> Answer:
    answer = original(data)
    found = json.loads(answer[2])["DatabaseList"]
    return json_response(
        {"DatabaseList": [each for each in found if lake_formation_rights.sees_database(each["Name"])]}
    )


def _get_table(original: Handler, data: dict[str, Any]) -> Answer:
    lake_formation_rights.require_database(data.get("DatabaseName", ""))
    answer = original(data)
    if answer[0] != 200:
        return answer
    return json_response({"Table": lake_formation_rights.require_visible(json.loads(answer[2])["Table"])})


def _get_tables(original: Handler, data: dict[str, Any]) -> Answer:
    lake_formation_rights.require_database(data.get("DatabaseName", ""))
    answer = original(data)
    if answer[0] != 200:
        return answer
    shown = [lake_formation_rights.visible(table) for table in json.loads(answer[2])["TableList"]]
    return json_response({"TableList": [table for table in shown if table is not None]})


def _of_table(original: Handler, data: dict[str, Any]) -> Answer:
    """A call about the partitions of a table."""
    table = ministack_glue._tables.get(f"{data.get('DatabaseName')}/{data.get('TableName')}")
    if table:
        lake_formation_rights.require_visible(table)
    return original(data)


_WRAPPERS: dict[str, Callable[[Handler, dict[str, Any]], Answer]] = {
    "_create_database": _create_database,
    "_create_table": _create_table,
    "_update_database": _update_database,
    "_get_database": _get_database,
    "_get_databases": _get_databases,
    "_get_table": _get_table,
    "_get_tables": _get_tables,
    "_get_partition": _of_table,
    "_get_partitions": _of_table,
    "_batch_get_partition": _of_table,
}


def _guarded(wrapper: Callable[[Handler, dict[str, Any]], Answer]) -> Callable[[Handler, dict[str, Any]], Answer]:
    def guarded(original: Handler, data: dict[str, Any]) -> Answer:
        try:
            return wrapper(original, data)
        except AccessDenied as denied:
            return _denied(denied)

    return guarded


def install() -> None:
    """Put these around ministack's handlers."""
    for name, wrapper in _WRAPPERS.items():
        wrap(f"{_GLUE}:{name}", _guarded(wrapper))
