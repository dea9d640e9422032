# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's Glue Data Catalog, and Athena's metadata calls, which read it as the caller."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.sample import SOURCE_BUCKET, User, seed, statement

ACCOUNT = "123456789012"
GLUE = f"arn:aws:glue:us-east-1:{ACCOUNT}"
CATALOG = f"{GLUE}:catalog"
DATA_CATALOG = f"arn:aws:athena:us-east-1:{ACCOUNT}:datacatalog/AwsDataCatalog"

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def account(sandbox: Sandbox) -> Sandbox:
    """The sample data in an account of this module's own; its tests add to it and remove nothing."""
    sandbox.reset()
    seed(sandbox)
    return sandbox


@pytest.fixture
def glue(account: Sandbox) -> Any:
    """Glue as the account root."""
    return account.client("glue")


@pytest.fixture
def user(account: Sandbox) -> User:
    """A user without rights."""
    return User(account, f"catalog-reader-{next(_numbers)}")


def error_of(call: Callable[..., Any], **arguments: Any) -> str:
    """`code: message` of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


# ---- Glue ----


def test_the_root_catalog(glue: Any) -> None:
    catalog = glue.get_catalog(CatalogId=ACCOUNT)["Catalog"]
    assert (catalog["CatalogId"], catalog["ResourceArn"]) == (ACCOUNT, CATALOG)
    assert glue.get_catalogs()["CatalogList"] == []
    assert [each["CatalogId"] for each in glue.get_catalogs(IncludeRoot=True)["CatalogList"]] == [ACCOUNT]


def test_catalog_encryption_settings(clean_glue: Any) -> None:
    settings = clean_glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    assert settings == {
        "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
    }
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/catalog"}
    clean_glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})
    settings = clean_glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    assert settings["EncryptionAtRest"] == at_rest
    assert settings["ConnectionPasswordEncryption"] == {"ReturnConnectionPasswordEncrypted": False}


@pytest.fixture
def clean_glue(account: Sandbox) -> Any:
    """Glue of a Region in which nothing else is done."""
    return account.client("glue", region="eu-central-1")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_catalog", {"CatalogId": "nothing"}),
        ("get_database", {"Name": "nothing"}),
        ("get_table", {"DatabaseName": "sales", "Name": "nothing"}),
        ("get_tables", {"DatabaseName": "nothing"}),
        ("get_partitions", {"DatabaseName": "sales", "TableName": "nothing"}),
        ("get_partition", {"DatabaseName": "sales", "TableName": "orders", "PartitionValues": ["nothing"]}),
        ("get_partition", {"DatabaseName": "sales", "TableName": "nothing", "PartitionValues": ["nothing"]}),
        ("create_partition", {"DatabaseName": "sales", "TableName": "nothing", "PartitionInput": {"Values": ["x"]}}),
        (
            "batch_get_partition",
            {"DatabaseName": "sales", "TableName": "nothing", "PartitionsToGet": [{"Values": ["x"]}]},
        ),
    ],
)
def test_what_is_absent_is_not_found(glue: Any, operation: str, arguments: dict[str, Any]) -> None:
    assert error_of(getattr(glue, operation), **arguments).startswith("EntityNotFoundException: ")


def test_the_sample_catalog(glue: Any) -> None:
    assert sorted(each["Name"] for each in glue.get_databases()["DatabaseList"]) == ["default", "hr", "sales"]
    tables = {each["Name"]: each for each in glue.get_tables(DatabaseName="sales")["TableList"]}
    assert sorted(tables) == ["active_customers", "customers", "orders", "shipments"]
    home = tables["shipments"]["StorageDescriptor"]["Location"]
    partitions = glue.get_partitions(DatabaseName="sales", TableName="shipments")["Partitions"]
    places = {each["Values"][0]: each["StorageDescriptor"]["Location"] for each in partitions}
    assert home == f"s3://{SOURCE_BUCKET}/sales/shipments/"
    assert {values: place.startswith(home) for values, place in places.items()} == {
        "north": True,
        "south": True,
        "west": False,
    }


@pytest.mark.parametrize(
    ("action", "operation", "arguments", "arns"),
    [
        ("GetCatalog", "get_catalog", {"CatalogId": ACCOUNT}, [CATALOG]),
        ("GetCatalogs", "get_catalogs", {}, [CATALOG]),
        ("GetDatabase", "get_database", {"Name": "sales"}, [CATALOG, f"{GLUE}:database/sales"]),
        ("GetDatabases", "get_databases", {}, [CATALOG, f"{GLUE}:database/*"]),
        (
            "GetTable",
            "get_table",
            {"DatabaseName": "sales", "Name": "orders"},
            [CATALOG, f"{GLUE}:database/sales", f"{GLUE}:table/sales/orders"],
        ),
        (
            "GetTables",
            "get_tables",
            {"DatabaseName": "sales"},
            [CATALOG, f"{GLUE}:database/sales", f"{GLUE}:table/sales/*"],
        ),
        (
            "GetPartitions",
            "get_partitions",
            {"DatabaseName": "sales", "TableName": "orders"},
            [CATALOG, f"{GLUE}:database/sales", f"{GLUE}:table/sales/orders"],
        ),
        ("GetDataCatalogEncryptionSettings", "get_data_catalog_encryption_settings", {}, ["*"]),
    ],
)
def test_a_catalog_call_needs_each_of_its_arns(
    user: User, action: str, operation: str, arguments: dict[str, Any], arns: list[str]
) -> None:
    call = getattr(user.client("glue"), operation)
    for missing in arns:
        rest = [arn for arn in arns if arn != missing]
        user.may([statement("s3:GetObject", "*")] + [statement(f"glue:{action}", rest)] * bool(rest))
        assert error_of(call, **arguments).startswith("AccessDeniedException: "), missing
    user.may([statement(f"glue:{action}", arns)])
    call(**arguments)


# ---- Athena's metadata calls ----

METADATA: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("list_databases", {}, "glue:GetDatabases", [CATALOG, f"{GLUE}:database/*"]),
    ("get_database", {"DatabaseName": "sales"}, "glue:GetDatabase", [CATALOG, f"{GLUE}:database/sales"]),
    (
        "list_table_metadata",
        {"DatabaseName": "sales"},
        "glue:GetTables",
        [CATALOG, f"{GLUE}:database/sales", f"{GLUE}:table/sales/*"],
    ),
    (
        "get_table_metadata",
        {"DatabaseName": "sales", "TableName": "orders"},
        "glue:GetTable",
        [CATALOG, f"{GLUE}:database/sales", f"{GLUE}:table/sales/orders"],
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "glue_action", "arns"), METADATA, ids=[row[0] for row in METADATA])
def test_a_metadata_call_needs_the_data_catalog_and_glue(
    user: User, operation: str, arguments: dict[str, Any], glue_action: str, arns: list[str]
) -> None:
    athena_action = "athena:" + "".join(word.capitalize() for word in operation.split("_"))
    call = getattr(user.client("athena"), operation)
    arguments = {"CatalogName": "AwsDataCatalog"} | arguments
    of_athena, of_glue = statement(athena_action, DATA_CATALOG), statement(glue_action, arns)

    user.may([of_glue, statement(athena_action, f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/*")])
    assert error_of(call, **arguments).startswith(
        f"AccessDeniedException: You are not authorized to perform: {athena_action}"
    )
    for missing in arns:
        user.may([of_athena, statement(glue_action, [arn for arn in arns if arn != missing])])
        denied = f"User: {user.arn} is not authorized to perform: {glue_action} on resource: {missing} because"
        assert error_of(call, **arguments).startswith(f"MetadataException: {denied}")
    user.may([of_athena, of_glue])
    call(**arguments)


def test_metadata_of_what_is_there(account: Sandbox) -> None:
    athena = account.client("athena")
    listed = athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert sorted(each["Name"] for each in listed) == ["default", "hr", "sales"]
    tables = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="sales")["TableMetadataList"]
    assert sorted(each["Name"] for each in tables) == ["active_customers", "customers", "orders", "shipments"]
    some = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="sales", Expression=".*ers")
    assert sorted(each["Name"] for each in some["TableMetadataList"]) == ["active_customers", "customers", "orders"]
    arguments = {"CatalogName": "awsdatacatalog", "DatabaseName": "sales", "TableName": "Orders"}
    table = athena.get_table_metadata(**arguments)["TableMetadata"]
    assert table["Columns"][3] == {"Name": "amount", "Type": "decimal(10,2)"}
    assert table["PartitionKeys"] == [{"Name": "order_month", "Type": "string"}]


def test_pages_of_tables(account: Sandbox) -> None:
    pages = (
        account.client("athena")
        .get_paginator("list_table_metadata")
        .paginate(CatalogName="AwsDataCatalog", DatabaseName="sales", PaginationConfig={"PageSize": 3})
    )
    assert [len(page["TableMetadataList"]) for page in pages] == [3, 1]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_table_metadata", {"CatalogName": "AwsDataCatalog", "DatabaseName": "sales", "TableName": "nothing"}),
        ("get_table_metadata", {"CatalogName": "AwsDataCatalog", "DatabaseName": "nothing", "TableName": "orders"}),
        ("get_database", {"CatalogName": "AwsDataCatalog", "DatabaseName": "nothing"}),
        ("list_table_metadata", {"CatalogName": "AwsDataCatalog", "DatabaseName": "nothing"}),
        ("list_databases", {"CatalogName": "nothing"}),
    ],
)
def test_metadata_of_what_is_absent(account: Sandbox, operation: str, arguments: dict[str, Any]) -> None:
    error = error_of(getattr(account.client("athena"), operation), **arguments)
    assert error.startswith("MetadataException: ")
    assert "(Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException;" in error
