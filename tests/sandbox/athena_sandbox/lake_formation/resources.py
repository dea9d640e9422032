# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources in one canonical form, whatever the shape of a request, and in the shape of a listing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .errors import INVALID_MODIFICATION, invalid

Shape = Mapping[str, Any]
Tag = tuple[str, frozenset[str]]

ALL_TABLES = "ALL_TABLES"
_MAX_NAME = 255
_KINDS = {
    "Catalog",
    "Database",
    "Table",
    "TableWithColumns",
    "DataLocation",
    "DataCellsFilter",
    "LFTag",
    "LFTagPolicy",
    "LFTagExpression",
}
_REQUIRED = {
    "Database": ("Name",),
    "Table": ("DatabaseName",),
    "TableWithColumns": ("DatabaseName", "Name"),
    "DataLocation": ("ResourceArn",),
    "DataCellsFilter": ("DatabaseName", "TableName", "Name"),
    "LFTag": ("TagKey", "TagValues"),
    "LFTagPolicy": ("ResourceType",),
    "LFTagExpression": ("Name",),
}


@dataclass(frozen=True)
class Resource:
    """One grantable resource. Equal resources are the same to Lake Formation, however they were written.

    `kind`: catalog, database, table (with all its columns), all_tables, columns, excluded_columns, location,
    cells_filter, lf_tag, lf_tag_policy or lf_tag_expression. `name` is the table's but for kinds without one.
    """

    kind: str
    catalog: str
    database: str = ""
    name: str = ""
    filter_name: str = ""
    columns: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    resource_type: str = ""
    expression: frozenset[Tag] = frozenset()

    @property
    def table(self) -> Resource | None:
        """The whole table that this is or is a part of."""
        if self.kind in ("table", "columns", "excluded_columns", "cells_filter"):
            return Resource("table", self.catalog, self.database, self.name)
        return None

    def with_columns(self, columns: frozenset[str]) -> Resource:
        """The same with another list of columns."""
        return replace(self, columns=columns)

    def with_values(self, values: frozenset[str]) -> Resource:
        """The same with other values of the LF-tag."""
        return replace(self, values=values)


@dataclass(frozen=True)
class Requested:
    """A resource as a request has it: which shape was used matters to some revokes."""

    resource: Resource
    shape: str


def account_of(catalog: str) -> str:
    """The account that a catalog belongs to."""
    return catalog.partition(":")[0]


def parse(shape: Any, default_catalog: str, folds_tags: bool) -> Requested:
    """The resource of a request; raises InvalidInputException where its shape is none."""
    if not isinstance(shape, Mapping) or len(shape) != 1 or not shape.keys() <= _KINDS:
        raise invalid("Resource must have exactly one of the catalog, table or database fields populated.")
    ((kind, fields),) = shape.items()
    for name in _REQUIRED.get(kind, ()):
        if not fields.get(name):
            raise invalid(f"Resource.{kind}.{name} must not be empty.")
    for name, value in fields.items():
        if isinstance(value, str) and name != "ResourceArn" and not 1 <= len(value) <= _MAX_NAME:
            raise invalid(f"Resource.{kind}.{name} must have between 1 and {_MAX_NAME} characters.")
    catalog = str(fields.get("Id" if kind == "Catalog" else "CatalogId") or default_catalog)
    return Requested(_PARSERS[kind](fields, catalog, folds_tags), kind)


def _database(fields: Shape, catalog: str, _folds: bool) -> Resource:
    return Resource("database", catalog, fields["Name"].lower())


def _table(fields: Shape, catalog: str, _folds: bool) -> Resource:
    database, name = fields["DatabaseName"].lower(), fields.get("Name")
    if (name is None) == ("TableWildcard" not in fields):
        raise invalid("Table resource must have exactly one of Name and TableWildcard.")
    if name is None:
        return Resource("all_tables", catalog, database)
    return Resource("table", catalog, database, name.lower())


def _columns(fields: Shape, catalog: str, _folds: bool) -> Resource:
    names, wildcard = fields.get("ColumnNames"), fields.get("ColumnWildcard")
    if fields["Name"] == ALL_TABLES:
        # The form in which all tables are listed; https://github.com/aws/aws-cdk/issues/16477
        raise invalid(INVALID_MODIFICATION)
    if (not names) == (wildcard is None):
        raise invalid("TableWithColumns resource must have exactly one of ColumnNames and ColumnWildcard.")
    table = Resource("table", catalog, fields["DatabaseName"].lower(), fields["Name"].lower())
    if names:
        return replace(table, kind="columns", columns=_lower(names))
    excluded = _lower((wildcard or {}).get("ExcludedColumnNames") or ())
    return replace(table, kind="excluded_columns", columns=excluded) if excluded else table


def _lower(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _location(fields: Shape, catalog: str, _folds: bool) -> Resource:
    arn = fields["ResourceArn"].rstrip("/")
    if not re.fullmatch(r"arn:[\w-]+:s3:::[^/]+(/.*)?", arn):
        raise invalid(f"Invalid S3 location arn: {arn}")
    return Resource("location", catalog, name=arn)


def _cells_filter(fields: Shape, catalog: str, _folds: bool) -> Resource:
    catalog = fields.get("TableCatalogId") or catalog
    database, table = fields["DatabaseName"].lower(), fields["TableName"].lower()
    return Resource("cells_filter", catalog, database, table, filter_name=fields["Name"])


def fold(text: str, folds: bool) -> str:
    """An LF-tag's key or value as it is stored."""
    return text.lower() if folds else text


def _lf_tag(fields: Shape, catalog: str, folds: bool) -> Resource:
    values = frozenset(fold(value, folds) for value in fields["TagValues"])
    return Resource("lf_tag", catalog, name=fold(fields["TagKey"], folds), values=values)


def tags(expression: Sequence[Shape], folds: bool) -> frozenset[Tag]:
    """An expression of LF-tags: any order, each key once."""
    found = [
        (fold(tag["TagKey"], folds), frozenset(fold(value, folds) for value in tag["TagValues"])) for tag in expression
    ]
    if len({key for key, _values in found}) < len(found):
        raise invalid("The expression names a tag key more than once.")
    return frozenset(found)


def _lf_tag_policy(fields: Shape, catalog: str, folds: bool) -> Resource:
    expression, name = fields.get("Expression"), fields.get("ExpressionName")
    if bool(expression) == bool(name):
        raise invalid("LFTagPolicy resource must have exactly one of Expression and ExpressionName.")
    if fields["ResourceType"] not in ("DATABASE", "TABLE"):
        raise invalid(f"Invalid ResourceType: {fields['ResourceType']}")
    policy = Resource("lf_tag_policy", catalog, name=name or "", resource_type=fields["ResourceType"])
    return replace(policy, expression=tags(expression, folds)) if expression else policy


_PARSERS: dict[str, Callable[[Shape, str, bool], Resource]] = {
    "Catalog": lambda _fields, catalog, _folds: Resource("catalog", catalog),
    "Database": _database,
    "Table": _table,
    "TableWithColumns": _columns,
    "DataLocation": _location,
    "DataCellsFilter": _cells_filter,
    "LFTag": _lf_tag,
    "LFTagPolicy": _lf_tag_policy,
    "LFTagExpression": lambda fields, catalog, _folds: Resource("lf_tag_expression", catalog, name=fields["Name"]),
}


def listed(resource: Resource, as_columns: bool = False) -> dict[str, Any]:
    """A resource in the shape in which it is listed; `as_columns` for the SELECT of whole tables."""
    owner = {"CatalogId": resource.catalog}
    in_database = owner | {"DatabaseName": resource.database}
    columns = sorted(resource.columns)
    match resource.kind:
        case "catalog":
            return {"Catalog": {"Id": resource.catalog}}
        case "database":
            return {"Database": owner | {"Name": resource.database}}
        case "table" | "all_tables":
            table = in_database | {"Name": resource.name or ALL_TABLES}
            if as_columns:
                return {"TableWithColumns": table | {"ColumnWildcard": {}}}
            return {"Table": table if resource.name else table | {"TableWildcard": {}}}
        case "columns":
            return {"TableWithColumns": in_database | {"Name": resource.name, "ColumnNames": columns}}
        case "excluded_columns":
            wildcard = {"ExcludedColumnNames": columns}
            return {"TableWithColumns": in_database | {"Name": resource.name, "ColumnWildcard": wildcard}}
        case "location":
            return {"DataLocation": owner | {"ResourceArn": resource.name}}
        case "cells_filter":
            return {
                "DataCellsFilter": {
                    "TableCatalogId": resource.catalog,
                    "DatabaseName": resource.database,
                    "TableName": resource.name,
                    "Name": resource.filter_name,
                }
            }
        case "lf_tag":
            return {"LFTag": owner | {"TagKey": resource.name, "TagValues": sorted(resource.values)}}
        case "lf_tag_policy":
            policy = owner | {"ResourceType": resource.resource_type}
            if resource.name:
                return {"LFTagPolicy": policy | {"ExpressionName": resource.name}}
            return {"LFTagPolicy": policy | {"Expression": listed_tags(resource.expression)}}
        case _:
            return {"LFTagExpression": owner | {"Name": resource.name}}


def listed_tags(expression: frozenset[Tag]) -> list[dict[str, Any]]:
    """An expression in the shape in which it is listed."""
    return [{"TagKey": key, "TagValues": sorted(values)} for key, values in sorted(expression, key=lambda tag: tag[0])]
