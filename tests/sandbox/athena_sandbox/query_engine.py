# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a statement on the catalog and the files, with the rights of the caller."""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
from ministack.services import athena as ministack_athena, glue as ministack_glue

from . import lake_formation_rights, query_rights, query_statement
from .query_source import Source
from .query_statement import CATALOG, Definition, Query, QueryFailed, Show, Statement, TableName, quoted


@dataclass
class Result:
    """A result as text, None for NULL; `types` are Athena's."""

    columns: list[str]
    types: list[str]
    rows: list[list[str | None]] = field(default_factory=list)
    bytes_scanned: int = 0


def run(statement: Statement, database: str, on_start: Callable[[duckdb.DuckDBPyConnection], None]) -> Result:
    """Run a statement; `on_start` gets the connection whose interrupt() cancels it.

    Raises QueryFailed, query_rights.AccessDenied.
    """
    lake_formation_rights.require_default_database()
    if isinstance(statement, Query):
        return _run_query(statement, database, on_start)
    if isinstance(statement, Show):
        return _SHOW[statement.kind](statement)
    return _run_definition(statement)


# ---- queries ----


def _run_query(query: Query, database: str, on_start: Callable[[duckdb.DuckDBPyConnection], None]) -> Result:
    with tempfile.TemporaryDirectory(prefix="athena-query-") as directory, duckdb.connect(":memory:") as connection:
        connection.execute(
            "SET threads = 1; SET memory_limit = '512MB'; SET python_enable_replacements = false;"
            "SET autoinstall_known_extensions = false; SET autoload_known_extensions = false;"
            "SET integer_division = true; SET TimeZone = 'UTC';"
            f"SET temp_directory = '{directory}'; ATTACH ':memory:' AS {CATALOG}"
        )
        on_start(connection)
        tables = _Tables(connection, Source(directory))
        try:
            for name in query.tables:
                tables.load(name)
            # The tables are in memory now, and the files of this machine are none of the query's business.
            connection.execute("SET enable_external_access = false; SET lock_configuration = true")
            tables.use(database)
            names, types, rows = _fetch(connection, query.sql)
        except duckdb.InterruptException as interrupted:
            raise QueryFailed("Query was cancelled") from interrupted
        except duckdb.Error as error:
            raise QueryFailed(_trino_error(str(error))) from error
    for index, is_named in query.is_named.items():
        if not is_named:
            names[index] = f"_col{index % len(names)}"
    return Result(names, types, rows, tables.source.bytes_read)


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[str], list[list[str | None]]]:
    """The columns of a query, their Athena types and the rows as text."""
    cursor = connection.execute(sql)
    columns = cursor.description or []
    types = [str(column[1]) for column in columns]
    if _ZONED in types:
        # DuckDB would hand these over as Python values only with a package that is not needed otherwise.
        as_text = [
            f"strftime(c{i}, '%Y-%m-%d %H:%M:%S.%g UTC')" if t == _ZONED else f"c{i}" for i, t in enumerate(types)
        ]
        aliases = ", ".join(f"c{i}" for i in range(len(types)))
        cursor = connection.execute(f"SELECT {', '.join(as_text)} FROM ({sql}\n) AS result({aliases})")
    rows = [[_text(value) for value in row] for row in cursor.fetchall()]
    return [column[0] for column in columns], [_athena_type(name) for name in types], rows


class _Tables:
    """Makes the tables and views a query names real, each once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source) -> None:
        self._connection = connection
        self._loaded: set[TableName] = set()
        self.source = source

    def use(self, database: str) -> None:
        schema = f"{CATALOG}.{quoted(database.lower())}"
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}; USE {schema}")

    def load(self, name: TableName) -> None:
        if name in self._loaded:
            return
        if name.catalog != CATALOG:
            raise QueryFailed(f"CATALOG_NOT_FOUND: Catalog '{name.catalog}' does not exist")
        self._loaded.add(name)
        find_table(name)
        table = ministack_glue._tables[f"{name.database}/{name.name}"]
        lake_formation_rights.require_select(table)
        view = self.source.view(table)
        # What is hidden from the caller lies in the same files, so all is read first.
        relation = lake_formation_rights.restricted(table, self._view(*view) if view else self.source.relation(table))
        self._connection.execute(
            f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{quoted(name.database)};"
            f"CREATE TABLE {CATALOG}.{quoted(name.database)}.{quoted(name.name)} AS {relation}"
        )

    def _view(self, sql: str, database: str) -> str:
        """The query of a view, once the tables it names are there and its own database is the one of the session."""
        query = query_statement.parse(sql, database)
        if not isinstance(query, Query):
            raise QueryFailed("INVALID_VIEW: Failed analyzing stored view")
        for name in query.tables:
            self.load(name)
        self.use(database)
        return query.sql


def find_table(name: TableName) -> dict[str, Any]:
    """The Glue table as the caller may see it; raises AccessDenied, QueryFailed."""
    query_rights.require_table(name.database, name.name)
    if name.database not in ministack_glue._databases:
        raise QueryFailed(f"SCHEMA_NOT_FOUND: line 1:1: Schema '{name.database}' does not exist")
    lake_formation_rights.require_database(name.database)
    found = ministack_glue._tables.get(f"{name.database}/{name.name}")
    table = lake_formation_rights.visible(found) if found else None
    if table is None:
        raise QueryFailed(f"TABLE_NOT_FOUND: line 1:1: Table '{CATALOG}.{name.database}.{name.name}' does not exist")
    return table


# DuckDB's message -> Trino's.
_COLUMN_NOT_FOUND = (
    "COLUMN_NOT_FOUND: line 1:1: Column '{name}' cannot be resolved or requester is not authorized to access "
    "requested resources"
)
_ERRORS = {
    r"Referenced column \"(?P<name>.*?)\" not found": _COLUMN_NOT_FOUND,
    r"does not have a column named \"(?P<name>.*?)\"": _COLUMN_NOT_FOUND,
    r"Function with name (?P<name>\S+) does not": "FUNCTION_NOT_FOUND: line 1:1: Function '{name}' not registered",
    r"Conversion Error: (?P<name>.*)": "INVALID_CAST_ARGUMENT: {name}",
}


def _trino_error(message: str) -> str:
    """A DuckDB error in Trino's words."""
    for pattern, text in _ERRORS.items():
        if found := re.search(pattern, message):
            return text.format(**found.groupdict())
    return f"GENERIC_USER_ERROR: {message.splitlines()[0]}"


_ZONED = "TIMESTAMP WITH TIME ZONE"
_NESTED = {"LIST": "array", "STRUCT": "row", "MAP": "map"}


def _athena_type(duckdb_type: str) -> str:
    if duckdb_type == _ZONED:
        return duckdb_type.lower()
    if duckdb_type.endswith("]"):
        return "array"
    base = duckdb_type.split("(")[0].strip()
    return _NESTED.get(base) or ministack_athena._DUCKDB_TYPE_MAP.get(base, "varchar")


def _text(value: Any) -> str | None:
    """A value as Athena writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) or "null" for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_text(item) or 'null'}" for key, item in value.items()) + "}"
    return str(value)


# ---- the catalog ----


def _matching(names: list[str], pattern: str) -> list[list[str | None]]:
    """Hive's patterns: `*` is anything, `|` is or."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\|", "|")
    return [[name] for name in sorted(names) if re.fullmatch(expression, name, re.IGNORECASE)]


def _show_databases(show: Show) -> Result:
    query_rights.require_glue("glue:GetDatabases", "*")
    names = [name for name in ministack_glue._databases if lake_formation_rights.sees_database(name)]
    return Result(["database_name"], ["string"], _matching(names, show.pattern))


def _show_tables(show: Show) -> Result:
    database = show.table.database
    query_rights.require_glue("glue:GetDatabase", database)
    query_rights.require_glue("glue:GetTables", database, "*")
    if database not in ministack_glue._databases:
        raise QueryFailed(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
    lake_formation_rights.require_database(database)
    names = [
        table["Name"]
        for table in ministack_glue._tables.values()
        if table["DatabaseName"] == database and lake_formation_rights.visible(table)
    ]
    return Result(["tab_name"], ["string"], _matching(names, show.pattern))


def _show_columns(show: Show) -> Result:
    table = find_table(show.table)
    columns = [*(table["StorageDescriptor"].get("Columns") or []), *(table.get("PartitionKeys") or [])]
    rows: list[list[str | None]] = [
        [column["Name"], column.get("Type", ""), column.get("Comment", "")] for column in columns
    ]
    return Result(["col_name", "data_type", "comment"], ["string"] * 3, rows)


_SHOW: dict[str, Callable[[Show], Result]] = {
    "databases": _show_databases,
    "tables": _show_tables,
    "columns": _show_columns,
}


def _run_definition(definition: Definition) -> Result:
    query_rights.require_glue(definition.action, definition.table.database, definition.table.name)
    lake_formation_rights.require_database(definition.table.database)
    try:
        ministack_athena._run_ddl(definition.ddl, definition.table.database)
    except ValueError as error:
        raise QueryFailed(f"FAILED: {error}") from error
    return Result([], [])
