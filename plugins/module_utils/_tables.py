# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the chosen databases in plain data, as far as reading them is concerned.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _location,
    _validation,
)

# Engines that write s3a or s3n mean the same place.
_SCHEME = re.compile(r"s3[an]?://", re.IGNORECASE)

# Where Apache Iceberg keeps files that are not below the table's location
# (https://iceberg.apache.org/docs/latest/configuration/).
_ICEBERG_PATHS: t.Final = (
    "write.data.path",
    "write.metadata.path",
    "write.object-storage.path",
    "write.folder-storage.path",
)


@dataclasses.dataclass(frozen=True, order=True)
class Table:
    """A table of the Glue Data Catalog.

    locations: where its files are, as s3://bucket/prefix/ with the slash at its end: its own location, and those of
    partitions that lie outside it. A view has none, nor has a resource link, whose target is (catalog id, database,
    table), without the table where the database is the link; its name is then empty. others: locations that are not in
    S3, or that no policy could name, as they were written. is_registered: what Glue says in
    IsRegisteredWithLakeFormation. has_manifests: whether its location holds lists of files, which may be anywhere.
    columns: their names, with those of partitions; empty where they are not known.
    """

    catalog_id: str
    database: str
    name: str
    locations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    kind: t.Literal["table", "view", "link"] = "table"
    target: tuple[str, ...] = ()
    is_registered: bool = False
    has_manifests: bool = False
    columns: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return f"{self.database}.{self.name}" if self.name else self.database


@dataclasses.dataclass(frozen=True)
class TableAccess:
    """What Lake Formation lets the identity do with a table.

    governed_by: "iam" where IAM_ALLOWED_PRINCIPALS (or hybrid access mode without an opt-in) leaves it to IAM and S3
    alone; otherwise "lake_formation". may_describe, may_select: of a table that Lake Formation governs; always True
    where IAM decides. hidden_columns: those that the identity may not read, sorted (in words, where the columns of
    the table are not known). row_filters: the data cells filters
    that limit the rows. unknown: why it could not be told: the permission that the checker lacks, or a reason in words
    (_lake_formation_access.lacking says what to do).
    """

    governed_by: t.Literal["iam", "lake_formation"]
    may_describe: bool = True
    may_select: bool = True
    hidden_columns: tuple[str, ...] = ()
    row_filters: tuple[str, ...] = ()
    unknown: str = ""


def s3_location(text: str) -> _location.S3Location:
    """The place that the catalog names, or InvalidOption where it is not in S3, or no policy could name it exactly.

    Whoever may create a table writes what he likes here: wildcards, policy variables, C(..) and names that no bucket
    can have are refused, as they are in options.
    """
    return _location.parse_s3_location("location", _SCHEME.sub("s3://", text, count=1) if _SCHEME.match(text) else text)


def table_of(catalog_id: str, database: str, row: Mapping[str, t.Any]) -> Table:
    """A table as Glue lists it. What a database that is a resource link lists are tables of another database."""
    target = row.get("TargetTable") or {}
    home = (row.get("CatalogId") or catalog_id, row.get("DatabaseName") or database)
    if target or home != (catalog_id, database):
        target = target or dict(zip(("CatalogId", "DatabaseName", "Name"), (*home, row["Name"]), strict=True))
        names = tuple(target[key] for key in ("CatalogId", "DatabaseName", "Name") if target.get(key))
        return Table(catalog_id, database, row["Name"], kind="link", target=names)
    if row.get("TableType") == "VIRTUAL_VIEW":
        return Table(catalog_id, database, row["Name"], kind="view", columns=_columns(row))
    table = Table(
        catalog_id,
        database,
        row["Name"],
        is_registered=bool(row.get("IsRegisteredWithLakeFormation")),
        has_manifests="SymlinkTextInputFormat" in ((row.get("StorageDescriptor") or {}).get("InputFormat") or ""),
        columns=_columns(row),
    )
    return with_locations(table, _written_locations(row))


def _columns(row: Mapping[str, t.Any]) -> tuple[str, ...]:
    listed = [*((row.get("StorageDescriptor") or {}).get("Columns") or ()), *(row.get("PartitionKeys") or ())]
    return tuple(column["Name"].lower() for column in listed if column.get("Name"))


def database_link_of(catalog_id: str, row: Mapping[str, t.Any], name: str) -> Table | None:
    """The stand-in for what a database that is a resource link has, else None.

    Glue follows the link where the caller has permissions on the target, and then names the target's catalog
    (https://docs.aws.amazon.com/lake-formation/latest/dg/resource-links-glue-apis.html).
    """
    target = row.get("TargetDatabase") or {}
    if not target and row.get("CatalogId", catalog_id) != catalog_id:
        target = {"CatalogId": row["CatalogId"], "DatabaseName": row["Name"]}
    if not target:
        return None
    names = tuple(target[key] for key in ("CatalogId", "DatabaseName") if target.get(key))
    return Table(catalog_id, name, "", kind="link", target=names)


def with_locations(table: Table, texts: Iterable[str]) -> Table:
    """The table with more locations, but for those that lie within one that it has."""
    locations = dict.fromkeys(table.locations)
    others = dict.fromkeys(table.others)
    known = {s3_location(uri) for uri in locations}
    for text in texts:
        try:
            location = s3_location(text)
        except _validation.InvalidOption:
            others[text] = None
            continue
        if known.isdisjoint(location.around()):
            known.add(location)
            locations[location.uri] = None
    return dataclasses.replace(table, locations=tuple(locations), others=tuple(others))


def _written_locations(row: Mapping[str, t.Any]) -> list[str]:
    """Where the table says that its files are, without its partitions."""
    parameters = row.get("Parameters") or {}
    found = [(row.get("StorageDescriptor") or {}).get("Location") or ""]
    if has_projection(row) and (template := parameters.get("storage.location.template")):
        found.append(_before_variables(template))
    if is_iceberg(row):
        metadata = parameters.get("metadata_location") or ""
        found += [metadata.rpartition("/")[0], *(parameters.get(name) or "" for name in _ICEBERG_PATHS)]
    return [text for text in found if text]


def _before_variables(template: str) -> str:
    """The folder around all that the template can stand for, or the template itself where that is a whole bucket.

    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
    """
    fixed, variable, _rest = template.partition("${")
    folder = fixed.rpartition("/")[0]
    # Less than a folder of a bucket is never meant to be opened for the sake of a template.
    return (folder if folder.count("/") > 2 else template) if variable else template


def is_iceberg(row: Mapping[str, t.Any]) -> bool:
    return ((row.get("Parameters") or {}).get("table_type") or "").upper() == "ICEBERG"


def has_projection(row: Mapping[str, t.Any]) -> bool:
    """Whether Athena works out the partitions by itself, and never asks Glue for them."""
    return ((row.get("Parameters") or {}).get("projection.enabled") or "").lower() == "true"


def has_partitions_to_list(row: Mapping[str, t.Any]) -> bool:
    """Whether Glue may know of files outside the table's own location."""
    return bool(row.get("PartitionKeys")) and not (
        row.get("TargetTable") or row.get("TableType") == "VIRTUAL_VIEW" or has_projection(row) or is_iceberg(row)
    )


def partition_location(row: Mapping[str, t.Any]) -> str:
    return (row.get("StorageDescriptor") or {}).get("Location") or ""
