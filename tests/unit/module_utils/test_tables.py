# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._tables import (
    Table,
    database_link_of,
    has_partitions_to_list,
    partition_location,
    s3_location,
    table_of,
    with_locations,
)
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption

ACCOUNT, OTHER = "123456789012", "210987654321"


def row(location: str | None = "s3://lake/sales/orders", **more: Any) -> dict[str, Any]:
    storage = {} if location is None else {"StorageDescriptor": {"Location": location}}
    return {"Name": "orders", "DatabaseName": "sales", "CatalogId": ACCOUNT, **storage, **more}


def read(*args: Any, **more: Any) -> Table:
    return table_of(ACCOUNT, "sales", row(*args, **more))


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://lake", "s3://lake/"),
        ("s3://lake/", "s3://lake/"),
        ("s3://lake/a/b", "s3://lake/a/b/"),
        ("s3a://lake/a/b/", "s3://lake/a/b/"),
        ("s3n://lake/a/b/", "s3://lake/a/b/"),
        ("S3://lake/A/b/", "s3://lake/A/b/"),
        ("s3://lake/day=1/x y/$folder$", "s3://lake/day=1/x y/$folder$/"),
    ],
)
def test_places_in_s3(text: str, uri: str) -> None:
    assert s3_location(text).uri == uri
    assert read(text).locations == (uri,)


@pytest.mark.parametrize(
    "text",
    [
        "s3://lake/../other",
        "s3://lake/./a",
        "s3://lake/a/..",
        "s3://lake*/",
        "s3://lake/a*",
        "s3://lake/a?",
        "s3://*",
        "s3://lake@evil/a",
        "s3://LAKE/a",
        "s3://lake.example.com:443/a",
        "s3://lake/${aws:username}/",
        "s3://lake/a\n",
        "s3://lake/a\x00b",
        "s3://lake/a\u202eb",
        "s3://lake/" + "a" * 2000,
        "s3://lake//a",
        "s3:///a",
        "s3://",
        "s3:/lake/a",
        "s3b://lake/a",
        " s3://lake/a",
        "s3://la\u212ae/a",
        "s3://lake/ a ",
        "s3://alias-s3alias/a",
        "s3://table--table-s3/a",
        "s3://arn:aws:s3:us-east-1:1:accesspoint/x",
        "arn:aws:s3:::lake/a",
        "hdfs://lake/a",
        "jdbc.schema.table",
        "file:///etc",
    ],
)
def test_places_that_no_policy_could_name_are_kept_as_written(text: str) -> None:
    with pytest.raises(InvalidOption):
        s3_location(text)
    table = read(text)
    assert (table.locations, table.others) == ((), (text,))


def test_a_table_without_a_location() -> None:
    assert read(None) == read("") == Table(ACCOUNT, "sales", "orders")


def test_what_glue_says_of_lake_formation_and_of_lists_of_files() -> None:
    storage = {"Location": "s3://lake/a", "InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}
    table = read(None, StorageDescriptor=storage, IsRegisteredWithLakeFormation=True)
    assert (table.is_registered, table.has_manifests) == (True, True)
    assert not read().is_registered
    assert not read().has_manifests


def test_views() -> None:
    table = read("s3://lake/a", TableType="VIRTUAL_VIEW", PartitionKeys=[{"Name": "x"}])
    assert table == Table(ACCOUNT, "sales", "orders", kind="view", columns=("x",))


def test_links() -> None:
    """AWS may show the target's own properties with a link, its location among them."""
    target = {"CatalogId": OTHER, "DatabaseName": "shared", "Name": "orders"}
    names = (OTHER, "shared", "orders")
    assert read(TargetTable=target) == Table(ACCOUNT, "sales", "orders", kind="link", target=names)
    followed = table_of(ACCOUNT, "sales_link", {**row(), "CatalogId": OTHER, "DatabaseName": "shared"})
    assert followed == Table(ACCOUNT, "sales_link", "orders", kind="link", target=names)
    assert followed.words == "sales_link.orders"


@pytest.mark.parametrize(
    "database",
    [
        {"Name": "link", "TargetDatabase": {"CatalogId": OTHER, "DatabaseName": "shared"}},
        {"Name": "shared", "CatalogId": OTHER},
    ],
)
def test_links_to_databases(database: dict[str, Any]) -> None:
    link = database_link_of(ACCOUNT, database, "link")
    assert link == Table(ACCOUNT, "link", "", kind="link", target=(OTHER, "shared"))
    assert link.words == "link"


@pytest.mark.parametrize("database", [{"Name": "sales"}, {"Name": "sales", "CatalogId": ACCOUNT}])
def test_a_database_that_is_no_link(database: dict[str, Any]) -> None:
    assert database_link_of(ACCOUNT, database, "sales") is None


@pytest.mark.parametrize(
    ("template", "locations", "others"),
    [
        ("s3://lake/x/${day}/", ("s3://lake/sales/orders/", "s3://lake/x/"), ()),
        ("s3://lake/x/day-${day}/", ("s3://lake/sales/orders/", "s3://lake/x/"), ()),
        ("s3://lake/sales/orders/${day}/", ("s3://lake/sales/orders/",), ()),
        ("s3://lake/fixed", ("s3://lake/sales/orders/", "s3://lake/fixed/"), ()),
        # What is before the variable is a whole bucket, or not even that.
        ("s3://lake/${day}/", ("s3://lake/sales/orders/",), ("s3://lake/${day}/",)),
        ("s3://lake/x${day}/", ("s3://lake/sales/orders/",), ("s3://lake/x${day}/",)),
        ("s3://${bucket}/x/", ("s3://lake/sales/orders/",), ("s3://${bucket}/x/",)),
        ("${anywhere}", ("s3://lake/sales/orders/",), ("${anywhere}",)),
    ],
)
def test_partitions_that_athena_works_out(template: str, locations: tuple[str, ...], others: tuple[str, ...]) -> None:
    parameters = {"projection.enabled": "TRUE", "storage.location.template": template}
    table = read(Parameters=parameters, PartitionKeys=[{"Name": "day"}])
    assert (table.locations, table.others) == (locations, others)
    assert not has_partitions_to_list(row(Parameters=parameters, PartitionKeys=[{"Name": "day"}]))
    off = read(Parameters={**parameters, "projection.enabled": "false"})
    assert off.locations == ("s3://lake/sales/orders/",)


def test_iceberg() -> None:
    parameters = {
        "table_type": "iceberg",
        "metadata_location": "s3://lake/sales/orders/metadata/0001.metadata.json",
        "write.data.path": "s3://lake/data/orders",
    }
    table = read(Parameters=parameters, PartitionKeys=[{"Name": "day"}])
    assert table.locations == ("s3://lake/sales/orders/", "s3://lake/data/orders/")
    elsewhere = {**parameters, "metadata_location": "s3://lake/meta/orders/0001.json"}
    assert read(Parameters=elsewhere).locations[1] == "s3://lake/meta/orders/"
    assert not has_partitions_to_list(row(Parameters=parameters, PartitionKeys=[{"Name": "day"}]))


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({}, False),
        ({"PartitionKeys": []}, False),
        ({"PartitionKeys": [{"Name": "day"}]}, True),
        ({"PartitionKeys": [{"Name": "day"}], "TableType": "VIRTUAL_VIEW"}, False),
        ({"PartitionKeys": [{"Name": "day"}], "TargetTable": {"Name": "x"}}, False),
    ],
)
def test_whose_partitions_are_listed(more: dict[str, Any], asked: bool) -> None:
    assert has_partitions_to_list(row(**more)) is asked


def test_partitions_within_the_table_add_nothing() -> None:
    places = ["s3://lake/sales/orders/day=1", "s3a://lake/sales/orders/", "s3://lake/sales/orders-old/1", "hdfs://x"]
    table = with_locations(with_locations(read(), places), places)
    assert table.locations == ("s3://lake/sales/orders/", "s3://lake/sales/orders-old/1/")
    assert table.others == ("hdfs://x",)
    assert partition_location({"StorageDescriptor": {"Location": "s3://lake/a"}}) == "s3://lake/a"
    assert partition_location({}) == ""
