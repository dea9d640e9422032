# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files behind a Glue table, read with the caller's rights, as a relation DuckDB understands."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from ministack.services import athena as ministack_athena, glue as ministack_glue, s3 as ministack_s3

from .lake_formation_rights import require_data
from .query_rights import AccessDenied, KeyNotUsable, Location, require_glue, s3_error
from .query_statement import QueryFailed, quoted

_PRESTO_VIEW = re.compile(r"/\* Presto View: (\S+) \*/")
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "float": "FLOAT", "binary": "BLOB"}


class Source:
    """Copies a table's objects into `directory` and describes them in SQL."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)
        self._copies = 0
        self.bytes_read = 0

    def view(self, table: dict[str, Any]) -> tuple[str, str] | None:
        """The query and the database of a view, None for a table of files."""
        found = _PRESTO_VIEW.match(table.get("ViewOriginalText") or "")
        if found is None:
            return None
        definition = json.loads(base64.b64decode(found.group(1)))
        return definition["originalSql"], definition.get("schema") or table["DatabaseName"]

    def relation(self, table: dict[str, Any]) -> str:
        """A SELECT of the table's rows; raises AccessDenied, QueryFailed.

        A partitioned table has the rows of its registered partitions, wherever these lie, and no others.
        """
        keys = table.get("PartitionKeys") or []
        storage = table["StorageDescriptor"]
        if table["Parameters"].get("projection.enabled") == "true":
            raise QueryFailed("NOT_SUPPORTED: the sandbox does not project partitions")
        if keys:
            require_glue("glue:GetPartitions", table["DatabaseName"], table["Name"])
            partitions = ministack_glue._partitions.get(f"{table['DatabaseName']}/{table['Name']}") or []
            parts = [
                ((each.get("StorageDescriptor") or storage).get("Location"), each["Values"]) for each in partitions
            ]
        else:
            parts = [(storage.get("Location"), [])]
        nothing = [_cast("NULL", column) for column in [*(storage.get("Columns") or []), *keys]]
        selects = [f"SELECT {', '.join(nothing)} WHERE false"]
        selects += [self._part(table, location or "", values) for location, values in parts]
        return " UNION ALL ".join(filter(None, selects))

    def _part(self, table: dict[str, Any], uri: str, values: list[str]) -> str:
        """A SELECT of the rows under one location, empty where there is no object."""
        location = Location.parse(uri)
        files = self._copy(table, location) if location else []
        if not files:
            return ""
        columns = [_cast(quoted(column["Name"]), column) for column in table["StorageDescriptor"].get("Columns") or []]
        for key, value in zip(table.get("PartitionKeys") or [], values, strict=True):
            columns.append(_cast("'" + value.replace("'", "''") + "'", key))
        relation = ministack_athena._table_relation(table | {"PartitionKeys": []}, files)
        return f"SELECT {', '.join(columns)} FROM {relation}"

    def _copy(self, table: dict[str, Any], location: Location) -> list[str]:
        """Copies of the objects under a location that Athena reads: all but hidden and empty ones."""
        bucket = ministack_s3._buckets.get(location.bucket)
        if bucket is None:
            raise QueryFailed(f"The specified bucket does not exist (Service: S3, Status Code: 404): {location.uri()}")
        keys = sorted(
            key
            for key in bucket["objects"]
            if key.startswith(location.prefix) and not ministack_athena._hidden(key[len(location.prefix) :])
        )
        try:
            require_data(table, location, keys)
        except KeyNotUsable as unusable:
            raise QueryFailed(f"com.amazonaws.services.s3.model.AmazonS3Exception: {unusable}") from unusable
        except AccessDenied as denied:
            if denied.action.startswith("kms:"):
                raise QueryFailed(s3_error(denied)) from denied
            is_listing = denied.action == "s3:ListBucket"
            path = location.uri() if is_listing else "s3://" + denied.resource.removeprefix("arn:aws:s3:::")
            raise QueryFailed(f"Permission denied on S3 path: {path}") from denied
        files = []
        for key in keys:
            content = ministack_s3._get_object_data(location.bucket, key)
            if content:
                self._copies += 1
                self.bytes_read += len(content)
                copy = self._directory / str(self._copies)
                copy.write_bytes(content)
                files.append(str(copy))
        return files


def _cast(expression: str, column: dict[str, Any]) -> str:
    return f"CAST({expression} AS {duckdb_type(column.get('Type') or 'string')}) AS {quoted(column['Name'])}"


def duckdb_type(glue_type: str) -> str:
    """DuckDB's name of a Glue type: they share all but a few; raises QueryFailed for nested types."""
    if "<" in glue_type:
        raise QueryFailed(f"NOT_SUPPORTED: the sandbox does not read columns of type {glue_type}")
    if glue_type.startswith(("char", "varchar")):
        return "VARCHAR"
    return _TYPES.get(glue_type, glue_type.upper())
