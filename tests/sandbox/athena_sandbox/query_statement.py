# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SQL statement is and which tables it names. Pure: nothing is read and nobody is asked.

DuckDB's own parser reads a query (its grammar is close to Trino's); a few statements of the catalog are read here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from ministack.services import athena as ministack_athena

CATALOG = "awsdatacatalog"


class MalformedQuery(Exception):
    """A statement that Athena refuses when it is submitted."""


class QueryFailed(Exception):
    """The query fails; the text is its StateChangeReason."""


@dataclass(frozen=True)
class TableName:
    """A table as a query names it, resolved against the database of the session; lower case as in Glue."""

    database: str
    name: str
    catalog: str = CATALOG


@dataclass(frozen=True)
class Query:
    """SELECT, WITH or VALUES; `is_named` says of a column, counted from either end, whether the query names it."""

    sql: str
    tables: tuple[TableName, ...]
    is_named: dict[int, bool]


@dataclass(frozen=True)
class Show:
    """SHOW and DESCRIBE: `kind` is databases, tables or columns."""

    kind: str
    table: TableName
    pattern: str


@dataclass(frozen=True)
class Definition:
    """CREATE EXTERNAL TABLE or DROP TABLE, as ministack reads it."""

    ddl: Any
    table: TableName
    action: str


Statement = Query | Show | Definition

_NAME = r"[`\"]?(?P<{}>[\w-]+)[`\"]?"
_TABLE = rf"(?:{_NAME.format('database')}\.)?{_NAME.format('table')}"
_PATTERN = r"(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"
_SHOW = {
    "databases": r"SHOW\s+(?:DATABASES|SCHEMAS)" + _PATTERN,
    "tables": rf"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+{_NAME.format('database')})?" + _PATTERN,
    "columns": r"(?:SHOW\s+COLUMNS\s+(?:IN|FROM)|DESCRIBE|DESC)\s+" + _TABLE,
}
# Table functions that Trino has too; DuckDB's others read files.
_TABLE_FUNCTIONS = ("unnest",)


def parse(sql: str, database: str, parameters: Sequence[str] = ()) -> Statement:
    """The statement of `sql` in a session on `database`; `parameters` are SQL literals for its question marks.

    Raises MalformedQuery.
    """
    sql = sql.strip().rstrip(";").strip()
    for kind, pattern in _SHOW.items():
        if found := re.fullmatch(pattern, sql, re.IGNORECASE):
            named = {"database": None, "table": None, "pattern": None} | found.groupdict()
            table = TableName((named["database"] or database).lower(), (named["table"] or "").lower())
            return Show(kind, table, named["pattern"] or "*")
    ddl = ministack_athena._parse_ddl(sql)
    if ddl is not None:
        is_new = isinstance(ddl, ministack_athena._CreateTable)
        if is_new and not ddl.external:
            raise MalformedQuery("External keyword required for table type HIVE")
        table = TableName((ddl.database or database).lower(), ddl.table.lower())
        return Definition(ddl, table, "glue:CreateTable" if is_new else "glue:DeleteTable")
    return _parse_query(_with_parameters(_quoting_default(sql), parameters), database)


def _parse_query(sql: str, database: str) -> Query:
    first = next((text for _kind, text, _start, _end in ministack_athena._sql_tokens(sql) if text != "("), "")
    if first not in ("select", "with", "values", "table"):
        raise MalformedQuery(f"line 1:1: '{first}' does not start a statement that the sandbox runs")
    with duckdb.connect(":memory:") as connection:
        (text,) = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone() or ("{}",)
    tree = json.loads(text)
    if tree["error"]:
        raise MalformedQuery(f"line 1:{int(tree.get('position', 0)) + 1}: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise MalformedQuery("Only one sql statement is allowed.")
    found = dict.fromkeys(_tables(tree, frozenset(), database.lower()))
    return Query(sql, tuple(found), _is_named(tree["statements"][0]["node"]))


def _is_named(node: dict[str, Any]) -> dict[int, bool]:
    """Trino calls a column that is an expression without alias _colN, DuckDB by its text."""
    # Of a UNION the first SELECT names the columns; DuckDB 2 keeps its sides in `children`.
    while first := node.get("left") or next(iter(node.get("children") or ()), None):
        node = first
    selected = node.get("select_list") or []
    stars = [index for index, column in enumerate(selected) if column["class"] == "STAR"] or [len(selected)]
    named = [bool(column["alias"]) or column["class"] == "COLUMN_REF" for column in selected]
    from_left = {index: named[index] for index in range(stars[0])}
    return from_left | {index - len(named): named[index] for index in range(stars[-1] + 1, len(named))}


def _tables(node: Any, bound: frozenset[str], database: str) -> Iterator[TableName]:
    """The tables a syntax tree names, without those its WITH clauses (`bound`) define."""
    if isinstance(node, list):
        for child in node:
            yield from _tables(child, bound, database)
    if not isinstance(node, dict):
        return
    # A name of a WITH clause is bound after its own query, unless that is recursive.
    for entry in (node.get("cte_map") or {}).get("map", ()):
        yield from _tables(entry["value"], bound, database)
        bound |= {entry["key"].lower()}
    if node.get("type") == "RECURSIVE_CTE_NODE":
        bound |= {node["cte_name"].lower()}
    if node.get("type") == "TABLE_FUNCTION":
        function = node["function"]["function_name"].lower()
        if function not in _TABLE_FUNCTIONS:
            raise MalformedQuery(f"line 1:1: Table function '{function}' not registered")
    if node.get("type") == "BASE_TABLE":
        catalog, schema, name = (node[part].lower() for part in ("catalog_name", "schema_name", "table_name"))
        if schema or name not in bound:
            yield TableName(schema or database, name, catalog or CATALOG)
    for key, child in node.items():
        if key != "cte_map":
            yield from _tables(child, bound, database)


def quoted(identifier: str) -> str:
    """An identifier as DuckDB takes it whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'


def _replaced(sql: str, replacements: dict[tuple[int, int], str]) -> str:
    for (start, end), text in sorted(replacements.items(), reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _quoting_default(sql: str) -> str:
    """`default.table` quoted: Athena's database is a reserved word to DuckDB."""
    tokens = list(ministack_athena._sql_tokens(sql))
    names = {
        (start, end): '"default"'
        for (kind, text, start, end), after in itertools.pairwise(tokens)
        if (kind, text) == ("name", "default") and after[:2] == ("punct", ".")
    }
    return _replaced(sql, names)


def _with_parameters(sql: str, parameters: Sequence[str]) -> str:
    places = [
        (start, end) for kind, text, start, end in ministack_athena._sql_tokens(sql) if (kind, text) == ("punct", "?")
    ]
    if len(places) != len(parameters):
        raise MalformedQuery(f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}")
    return _replaced(sql, dict(zip(places, parameters, strict=True)))
