# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of Lake Formation in one canonical form, read from and written in the API's own shape.

A column is a resource of its own, and so is a value of an LF-tag: lists of them are sets, whatever their order, and
however Lake Formation merges or splits them. SELECT on a whole table has three shapes in requests and listings, which
are one resource here.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _validation

Kind = t.Literal[
    "catalog",
    "database",
    "table",
    "all_tables",
    "column",
    "excluded_columns",
    "data_cells_filter",
    "data_location",
    "lf_tag",
    "lf_tag_policy",
    "lf_tag_expression",
]
ApiResource = dict[str, t.Any]

# How Lake Formation lists a grant on all tables of a database
# (https://github.com/hashicorp/terraform-provider-aws/issues/46245). Glue keeps names in lowercase, so that no table
# is called this.
ALL_TABLES_NAME: t.Final = "ALL_TABLES"
EVERY_VALUE: t.Final = "*"
# Of one tag, in a resource and in an expression
# (https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_LFTagKeyResource.html and API_LFTag.html).
MOST_TAG_VALUES: t.Final = 50


class UnknownResource(ValueError):
    """A resource in a shape that is none of the API's, or in more than one."""


@dataclasses.dataclass(frozen=True)
class Resource:
    """One resource that permissions are held on.

    path: what tells it from the others of its kind and catalog, folded as AWS folds it. written: the same as it is
    sent. For the kinds: database and all_tables (database), table (database, table), column (database, table,
    column), excluded_columns (database, table, each column), data_cells_filter (database, table, filter),
    data_location (ARN), lf_tag (key, value), lf_tag_policy (resource type, saved expression, expression),
    lf_tag_expression (name).
    """

    kind: Kind
    catalog_id: str
    path: tuple[t.Any, ...] = ()
    written: tuple[t.Any, ...] = dataclasses.field(default=(), compare=False)

    @property
    def database(self) -> tuple[str, str] | None:
        """(catalog, database) of what lies in a database, and of the database itself."""
        if self.kind in _IN_A_DATABASE:
            return (self.catalog_id, self.path[0])
        return None

    @functools.cached_property
    def base(self) -> Resource:
        """What is listed, locked and refused as one: the table of a column, the key of an LF-tag's value."""
        if self.kind in ("column", "excluded_columns"):
            return Resource("table", self.catalog_id, self.path[:2], self.written[:2])
        if self.kind == "lf_tag":
            return Resource("lf_tag", self.catalog_id, (self.path[0], EVERY_VALUE), (self.written[0], EVERY_VALUE))
        return self

    @functools.cached_property
    def sort_key(self) -> tuple[str, ...]:
        return (self.catalog_id, _ORDER[self.kind], *map(str, self.path))


_IN_A_DATABASE: t.Final = frozenset(
    {"database", "table", "all_tables", "column", "excluded_columns", "data_cells_filter"}
)
# The order in which a reader would look for them, and in which they are written.
_ORDER: t.Final[Mapping[str, str]] = {kind: f"{number:02}" for number, kind in enumerate(t.get_args(Kind))}


def _folds_names(catalog_id: str) -> bool:
    """Whether the catalog keeps names in lowercase: Glue's own does, and S3 Tables'."""
    return _validation.is_account_id(catalog_id) or ":s3tablescatalog" in catalog_id


def _name(catalog_id: str, name: str) -> str:
    return name.lower() if _folds_names(catalog_id) else name


def catalog(catalog_id: str, default: bool) -> Resource:
    """default: whether the request needs no id to name it."""
    return Resource("catalog", catalog_id, (), () if default else (catalog_id,))


def database(catalog_id: str, name: str) -> Resource:
    name = _name(catalog_id, name)
    return Resource("database", catalog_id, (name,), (name,))


def all_tables(catalog_id: str, database_name: str) -> Resource:
    name = _name(catalog_id, database_name)
    return Resource("all_tables", catalog_id, (name,), (name,))


def table(catalog_id: str, database_name: str, name: str) -> Resource:
    path = (_name(catalog_id, database_name), _name(catalog_id, name))
    return Resource("table", catalog_id, path, path)


def columns(whole: Resource, names: Iterable[str]) -> list[Resource]:
    """One resource for each column of a table."""
    return [Resource("column", whole.catalog_id, (*whole.path, name.lower()), (*whole.written, name)) for name in names]


def excluded_columns(whole: Resource, names: Iterable[str]) -> Resource:
    """All columns of a table but those."""
    written = sorted({name.lower(): name for name in names}.values(), key=str.lower)
    path = (*whole.path, *(name.lower() for name in written))
    return Resource("excluded_columns", whole.catalog_id, path, (*whole.written, *written))


def data_cells_filter(whole: Resource, name: str) -> Resource:
    return Resource("data_cells_filter", whole.catalog_id, (*whole.path, name), (*whole.written, name))


def data_location(catalog_id: str, arn: str) -> Resource:
    return Resource("data_location", catalog_id, (arn.rstrip("/"),), (arn,))


def lf_tag_values(catalog_id: str, key: str, values: Iterable[str]) -> list[Resource]:
    """One resource for each value of an LF-tag. Lake Formation may list keys and values in lowercase."""
    return [Resource("lf_tag", catalog_id, (key.lower(), value.lower()), (key, value)) for value in values]


def lf_tag_policy(
    catalog_id: str, resource_type: str, expression_name: str, expression: Mapping[str, Iterable[str]]
) -> Resource:
    written = tuple(sorted((key, tuple(sorted(set(values)))) for key, values in expression.items()))
    folded = tuple(sorted((key.lower(), tuple(sorted({value.lower() for value in values}))) for key, values in written))
    return Resource(
        "lf_tag_policy",
        catalog_id,
        (resource_type, expression_name, folded),
        (resource_type, expression_name, written),
    )


def lf_tag_expression(catalog_id: str, name: str) -> Resource:
    return Resource("lf_tag_expression", catalog_id, (name,), (name,))


# From the API's shape --------------------------------------------------------------------------------------------


def read_resource(shape: Mapping[str, t.Any], default_catalog: str) -> list[Resource]:
    """What a C(Resource) of the API stands for, in a listing or in a request; UnknownResource where it is none.

    Members that are not known are ignored, as a listing may come to have more of them. What options say has passed
    C(_grants_shape.check_shape) before, which does not.

    default_catalog: the catalog that is meant where the shape names none, as requests may and some listings do.
    """
    given = {kind: value for kind, value in shape.items() if value is not None}
    if len(given) != 1:
        raise UnknownResource(f"{', '.join(sorted(given)) or 'nothing'} is named; name one resource")
    [(kind, value)] = given.items()
    if kind not in _READERS:
        raise UnknownResource(f"{kind!r} is not one of {', '.join(_READERS)}")
    if not isinstance(value, Mapping):
        raise UnknownResource(f"{kind} is not a dictionary")
    try:
        return _READERS[kind](value, value.get("CatalogId") or default_catalog, default_catalog)
    except KeyError as error:
        raise UnknownResource(f"{kind} lacks {error.args[0]}") from error


def _read_table(value: Mapping[str, t.Any], catalog_id: str, _default: str) -> list[Resource]:
    if value.get("TableWildcard") is not None or value.get("Name") == ALL_TABLES_NAME:
        return [all_tables(catalog_id, value["DatabaseName"])]
    return [table(catalog_id, value["DatabaseName"], value["Name"])]


def _read_columns(value: Mapping[str, t.Any], catalog_id: str, _default: str) -> list[Resource]:
    [whole] = _read_table(value, catalog_id, _default)
    named, wildcard = value.get("ColumnNames"), value.get("ColumnWildcard")
    if not named and wildcard is None:
        raise UnknownResource("TableWithColumns lacks ColumnNames or ColumnWildcard")
    excluded = (wildcard or {}).get("ExcludedColumnNames")
    if whole.kind != "table" and (named or excluded):
        raise UnknownResource("TableWithColumns names columns of all tables")
    if named:
        return columns(whole, named)
    return [excluded_columns(whole, excluded)] if excluded else [whole]


def _read_catalog(value: Mapping[str, t.Any], _catalog_id: str, default: str) -> list[Resource]:
    catalog_id = value.get("Id") or default
    return [catalog(catalog_id, catalog_id == default)]


def _read_filter(value: Mapping[str, t.Any], _catalog_id: str, default: str) -> list[Resource]:
    whole = table(value.get("TableCatalogId") or default, value["DatabaseName"], value["TableName"])
    return [data_cells_filter(whole, value["Name"])]


def _read_policy(value: Mapping[str, t.Any], catalog_id: str, _default: str) -> list[Resource]:
    """Beside a name, an expression is what the name stands for today, and no part of what was granted."""
    name, parts = value.get("ExpressionName") or "", value.get("Expression") or ()
    if not name and not parts:
        raise UnknownResource("LFTagPolicy lacks Expression or ExpressionName")
    values: dict[str, list[str]] = {}
    for part in parts if not name else ():
        values.setdefault(part["TagKey"], []).extend(part["TagValues"])
    return [lf_tag_policy(catalog_id, value["ResourceType"], name, values)]


_READERS: t.Final[Mapping[str, t.Callable[[Mapping[str, t.Any], str, str], list[Resource]]]] = {
    "Catalog": _read_catalog,
    "Database": lambda value, catalog_id, _default: [database(catalog_id, value["Name"])],
    "Table": _read_table,
    "TableWithColumns": _read_columns,
    "DataCellsFilter": _read_filter,
    "DataLocation": lambda value, catalog_id, _default: [data_location(catalog_id, value["ResourceArn"])],
    "LFTag": lambda value, catalog_id, _default: lf_tag_values(catalog_id, value["TagKey"], value["TagValues"]),
    "LFTagPolicy": _read_policy,
    "LFTagExpression": lambda value, catalog_id, _default: [lf_tag_expression(catalog_id, value["Name"])],
}


# To the API's shape ----------------------------------------------------------------------------------------------


def write_resource(resources: Sequence[Resource]) -> ApiResource:
    """The C(Resource) of a request: of one resource, of columns of one table, or of values of one LF-tag."""
    first = resources[0]
    return _WRITERS[first.kind](first, resources)


def _write_table(first: Resource, **more: t.Any) -> ApiResource:
    return {"CatalogId": first.catalog_id, "DatabaseName": first.written[0], "Name": first.written[1], **more}


def _write_columns(first: Resource, resources: Sequence[Resource]) -> ApiResource:
    return {"TableWithColumns": _write_table(first, ColumnNames=sorted(it.written[2] for it in resources))}


def _write_excluded(first: Resource, _resources: Sequence[Resource]) -> ApiResource:
    return {"TableWithColumns": _write_table(first, ColumnWildcard={"ExcludedColumnNames": list(first.written[2:])})}


def write_listed_select(whole: Resource) -> ApiResource:
    """The shape in which Lake Formation lists SELECT on a whole table."""
    return {"TableWithColumns": _write_table(whole, ColumnWildcard={})}


def _write_policy(first: Resource, _resources: Sequence[Resource]) -> ApiResource:
    resource_type, name, expression = first.written
    body: ApiResource = {"CatalogId": first.catalog_id, "ResourceType": resource_type}
    if name:
        body["ExpressionName"] = name
    else:
        body["Expression"] = [{"TagKey": key, "TagValues": list(values)} for key, values in expression]
    return {"LFTagPolicy": body}


def _write_tag(first: Resource, resources: Sequence[Resource]) -> ApiResource:
    values = sorted(it.written[1] for it in resources)
    return {"LFTag": {"CatalogId": first.catalog_id, "TagKey": first.written[0], "TagValues": values}}


def _write_filter(first: Resource, _resources: Sequence[Resource]) -> ApiResource:
    names = dict(zip(("DatabaseName", "TableName", "Name"), first.written, strict=True))
    return {"DataCellsFilter": {"TableCatalogId": first.catalog_id, **names}}


def _named(kind: str, member: str) -> t.Callable[[Resource, Sequence[Resource]], ApiResource]:
    return lambda first, _resources: {kind: {"CatalogId": first.catalog_id, member: first.written[0]}}


_WRITERS: t.Final[Mapping[str, t.Callable[[Resource, Sequence[Resource]], ApiResource]]] = {
    "catalog": lambda first, _resources: {"Catalog": {"Id": first.written[0]} if first.written else {}},
    "database": _named("Database", "Name"),
    "table": lambda first, _resources: {"Table": _write_table(first)},
    "all_tables": lambda first, _resources: {
        "Table": {"CatalogId": first.catalog_id, "DatabaseName": first.written[0], "TableWildcard": {}}
    },
    "column": _write_columns,
    "excluded_columns": _write_excluded,
    "data_cells_filter": _write_filter,
    "data_location": _named("DataLocation", "ResourceArn"),
    "lf_tag": _write_tag,
    "lf_tag_policy": _write_policy,
    "lf_tag_expression": _named("LFTagExpression", "Name"),
}


# In words --------------------------------------------------------------------------------------------------------


def _table_words(resource: Resource) -> str:
    return f"table {resource.written[0]}.{resource.written[1]}"


def _policy_words(resource: Resource, _parts: str) -> str:
    resource_type, name, expression = resource.written
    tags = " and ".join(f"{key}={'|'.join(values)}" for key, values in expression)
    return f"{resource_type.lower()}s tagged {tags or f'as in expression {name}'}"


def _tag_words(resource: Resource, parts: str) -> str:
    values = "every value" if parts == EVERY_VALUE else f"values {parts}"
    return f"LF-tag {resource.written[0]} ({values})"


# Of one resource, or of parts of one, which are given in words already.
WORDS: t.Final[Mapping[str, t.Callable[[Resource, str], str]]] = {
    "catalog": lambda it, parts: f"catalog {it.catalog_id}" if parts else "the catalog",
    "database": lambda it, _parts: f"database {it.written[0]}",
    "table": lambda it, _parts: _table_words(it),
    "all_tables": lambda it, _parts: f"all tables of database {it.written[0]}",
    "column": lambda it, parts: f"{_table_words(it)} (columns {parts})",
    "excluded_columns": lambda it, _parts: f"{_table_words(it)} (all columns but {', '.join(it.written[2:])})",
    "data_cells_filter": lambda it, _parts: f"data cells filter {it.written[2]} of {_table_words(it)}",
    "data_location": lambda it, _parts: f"data location {it.written[0]}",
    "lf_tag": _tag_words,
    "lf_tag_policy": _policy_words,
    "lf_tag_expression": lambda it, _parts: f"LF-tag expression {it.written[0]}",
}


# How it is listed ------------------------------------------------------------------------------------------------

# Which listing shows all resources of a kind in the account's own catalog: the one without resource and type, or that
# of a type. No listing is known to show all data cells filters. LF_TAG_POLICY shows the policies on databases only
# (https://github.com/aws/aws-sdk-js-v3/issues/4583).
_LISTINGS: t.Final[Mapping[str, str]] = {
    **dict.fromkeys(("catalog", "database", "table", "all_tables", "data_location"), ""),
    "lf_tag": "LF_TAG",
    "lf_tag_expression": "LF_NAMED_TAG_EXPRESSION",
}
POLICY_LISTINGS: t.Final[Mapping[str, str]] = {
    "DATABASE": "LF_TAG_POLICY_DATABASE",
    "TABLE": "LF_TAG_POLICY_TABLE",
}
# What else a principal may hold in the catalog, and the account-wide list may not show.
APART_LISTINGS: t.Final = (_LISTINGS["lf_tag"], *POLICY_LISTINGS.values(), _LISTINGS["lf_tag_expression"])


def listing_of(base: Resource) -> str | None:
    """The type of the listing that shows all resources like this one; empty for that without a type, None for none."""
    return POLICY_LISTINGS.get(base.path[0]) if base.kind == "lf_tag_policy" else _LISTINGS.get(base.kind)


# Permissions -----------------------------------------------------------------------------------------------------

_DATABASE_PERMISSIONS = frozenset({"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})
_TABLE_PERMISSIONS = frozenset({"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"})

# https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
_PERMISSIONS: t.Final[Mapping[str, frozenset[str]]] = {
    "catalog": frozenset(
        {
            "ALL",
            "ALTER",
            "CREATE_CATALOG",
            "CREATE_DATABASE",
            "CREATE_LF_TAG",
            "CREATE_LF_TAG_EXPRESSION",
            "DESCRIBE",
            "DROP",
            "SUPER_USER",
        }
    ),
    "database": _DATABASE_PERMISSIONS,
    "table": _TABLE_PERMISSIONS,
    "all_tables": _TABLE_PERMISSIONS,
    "column": frozenset({"SELECT"}),
    "excluded_columns": frozenset({"SELECT"}),
    "data_cells_filter": frozenset({"DESCRIBE", "DROP", "SELECT"}),
    "data_location": frozenset({"DATA_LOCATION_ACCESS"}),
    "lf_tag": frozenset({"ALTER", "ASSOCIATE", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    # https://docs.aws.amazon.com/lake-formation/latest/dg/managing-tag-expressions.html
    "lf_tag_expression": frozenset({"ALTER", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
}
_DEFAULT_PERMISSIONS: t.Final[Mapping[str, str]] = {
    "database": "DESCRIBE",
    "table": "SELECT",
    "all_tables": "SELECT",
    "column": "SELECT",
    "excluded_columns": "SELECT",
    "data_cells_filter": "SELECT",
    "data_location": "DATA_LOCATION_ACCESS",
    "lf_tag": "DESCRIBE",
    "lf_tag_expression": "DESCRIBE",
}


def permission_kind(resource: Resource) -> str:
    """The kind whose permissions a resource takes: a policy of LF-tags stands for databases or for tables."""
    return str(resource.path[0]).lower() if resource.kind == "lf_tag_policy" else resource.kind


def permissions_of(resource: Resource) -> frozenset[str]:
    return _PERMISSIONS[permission_kind(resource)]


def default_permission(resource: Resource) -> str | None:
    return _DEFAULT_PERMISSIONS.get(permission_kind(resource))
