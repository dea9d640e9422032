# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's Lake Formation beside its grants: settings, registrations, opt-ins, filters, tags; and as a whole."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

import athena_sandbox.lake_formation as package
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    ADMIN,
    EVERYBODY,
    FEDERATED,
    OTHER,
    OTHER_ACCOUNT,
    READER,
    Lake,
    Shape,
    cells_filter,
    columns,
    database,
    lf_tag,
    lf_tag_policy,
    location,
    refusal,
    sdk_client,
    table,
)
from athena_sandbox.lake_formation import Behaviour, LakeFormation, MemoryCatalog, MemoryPrincipals
from athena_sandbox.lake_formation.behaviour import behaviour
from athena_sandbox.lake_formation.service import OPERATIONS

DENIED = (
    "AccessDeniedException: Resource does not exist or requester is not authorized to access requested permissions."
)
ARN = "arn:aws:s3:::acme-data-lake"
NAME = "arn:aws:s3:::acme-data-lake/sales"


# ---- settings ----


def test_m37_the_settings_of_a_fresh_account_and_all_their_fields() -> None:
    settings = LakeFormation(MemoryCatalog(), MemoryPrincipals()).call("GetDataLakeSettings", {}, READER)
    everybody = [{"Principal": {"DataLakePrincipalIdentifier": EVERYBODY}, "Permissions": ["ALL"]}]
    assert settings["DataLakeSettings"] == {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": everybody,
        "CreateTableDefaultPermissions": everybody,
        "Parameters": {"CROSS_ACCOUNT_VERSION": "4", "SET_CONTEXT": "TRUE"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "AllowFullTableExternalDataAccess": False,
        "ExternalDataFilteringAllowList": [],
        "AuthorizedSessionTagValueList": [],
    }


def test_m37_new_settings_replace_all() -> None:
    lake = Lake()
    admins = [{"DataLakePrincipalIdentifier": ADMIN}]
    lake("PutDataLakeSettings", DataLakeSettings={"DataLakeAdmins": admins})
    settings = lake("GetDataLakeSettings")["DataLakeSettings"]
    assert (settings["DataLakeAdmins"], settings["CreateTableDefaultPermissions"]) == (admins, [])


@pytest.mark.parametrize(
    "settings",
    [
        {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/absent"}]},
        {"ReadOnlyAdmins": [{"DataLakePrincipalIdentifier": ADMIN}] * 31},
        {"CreateTableDefaultPermissions": [{"Principal": {}, "Permissions": ["READ"]}]},
        {"Colour": "blue"},
    ],
)
def test_bad_settings_are_refused(settings: dict[str, t.Any]) -> None:
    assert refusal(lambda: Lake()("PutDataLakeSettings", DataLakeSettings=settings)).startswith("InvalidInputException")


def test_m36_the_caller_is_told_who_it_is() -> None:
    assert Lake()("GetDataLakePrincipal", READER) == {"Identity": READER}


# ---- registrations ----


def test_m36_registrations() -> None:
    lake = Lake()
    lake("RegisterResource", ResourceArn=f"{ARN}/hr/", RoleArn=ADMIN, HybridAccessEnabled=True)
    found = lake("DescribeResource", ResourceArn=f"{ARN}/hr")["ResourceInfo"]
    assert (found["ResourceArn"], found["RoleArn"], found["HybridAccessEnabled"]) == (f"{ARN}/hr", ADMIN, True)
    assert [each["ResourceArn"] for each in lake("ListResources")["ResourceInfoList"]] == [NAME, f"{ARN}/hr"]
    lake("UpdateResource", ResourceArn=f"{ARN}/hr", RoleArn=ADMIN, HybridAccessEnabled=False)
    assert lake("DescribeResource", ResourceArn=f"{ARN}/hr")["ResourceInfo"]["HybridAccessEnabled"] is False
    lake("DeregisterResource", ResourceArn=f"{ARN}/hr")
    assert (
        refusal(lambda: lake("DescribeResource", ResourceArn=f"{ARN}/hr"))
        == "EntityNotFoundException: Entity not found"
    )


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ResourceArn": NAME, "UseServiceLinkedRole": True}, "AlreadyExistsException"),
        ({"ResourceArn": ARN}, "InvalidInputException"),
        ({"ResourceArn": ARN, "UseServiceLinkedRole": True, "RoleArn": ADMIN}, "InvalidInputException"),
        ({"ResourceArn": ARN, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "InvalidInputException"),
        ({"ResourceArn": "s3://acme", "UseServiceLinkedRole": True}, "InvalidInputException"),
    ],
)
def test_bad_registrations_are_refused(parameters: dict[str, t.Any], code: str) -> None:
    assert refusal(lambda: Lake()("RegisterResource", **parameters)).startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("field", "operator", "value", "count"),
    [
        ("RESOURCE_ARN", "EQ", NAME, 1),
        ("RESOURCE_ARN", "NE", NAME, 1),
        ("RESOURCE_ARN", "CONTAINS", "/hr", 1),
        ("RESOURCE_ARN", "NOT_CONTAINS", "/", 0),
        ("RESOURCE_ARN", "BEGINS_WITH", ARN, 2),
        ("ROLE_ARN", "IN", ADMIN, 1),
    ],
)
def test_registrations_are_filtered(field: str, operator: str, value: str, count: int) -> None:
    lake = Lake()
    lake("RegisterResource", ResourceArn=f"{ARN}/hr", RoleArn=ADMIN)
    condition = {"Field": field, "ComparisonOperator": operator, "StringValueList": [value]}
    assert len(lake("ListResources", FilterConditionList=[condition])["ResourceInfoList"]) == count


def test_the_nearest_registration_above_a_location_covers_it() -> None:
    lake = Lake()
    lake("RegisterResource", ResourceArn=f"{ARN}/sales/orders", RoleArn=ADMIN)

    def covering(path: str) -> str | None:
        found = lake.service.registration(path)
        return found and found["ResourceArn"]

    assert covering("acme-data-lake/sales/orders/2026/") == f"{ARN}/sales/orders"
    assert covering("acme-data-lake/sales/customers") == NAME
    assert covering("acme-data-lake/sales") == NAME
    assert covering("acme-data-lake/sales-archive") is None
    assert covering("acme-data-lake") is None


# ---- opt-ins ----


def test_m36_opt_ins() -> None:
    lake = Lake()
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Resource": table()}
    lake("CreateLakeFormationOptIn", **asked)
    shared = {"Principal": {"DataLakePrincipalIdentifier": OTHER_ACCOUNT}, "Resource": database()}
    lake("CreateLakeFormationOptIn", **shared)
    (found,) = lake("ListLakeFormationOptIns", Principal=asked["Principal"])["LakeFormationOptInsInfoList"]
    assert found["Resource"] == {"Table": {"CatalogId": ACCOUNT, "DatabaseName": "sales", "Name": "orders"}}
    assert found["LastUpdatedBy"] == ADMIN
    assert len(lake("ListLakeFormationOptIns", Resource=database())["LakeFormationOptInsInfoList"]) == 1
    assert len(lake("ListLakeFormationOptIns")["LakeFormationOptInsInfoList"]) == 2
    refused = refusal(lambda: lake("ListLakeFormationOptIns", Principal=shared["Principal"]))
    assert refused == f"InvalidInputException: Invalid principal, arn: {OTHER_ACCOUNT}"
    lake("DeleteLakeFormationOptIn", **asked)
    assert refusal(lambda: lake("DeleteLakeFormationOptIn", **asked)).startswith("EntityNotFoundException: ")


@pytest.mark.parametrize(
    "operation", ["CreateLakeFormationOptIn", "DeleteLakeFormationOptIn", "ListLakeFormationOptIns"]
)
def test_b36_opt_ins_are_for_administrators(operation: str) -> None:
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Resource": table()}
    assert refusal(lambda: Lake()(operation, READER, **asked)) == DENIED


# ---- data cells filters ----


def filter_of(name: str = "all_rows", **changes: t.Any) -> dict[str, t.Any]:
    fields = cells_filter(name)["DataCellsFilter"] | {"RowFilter": {"AllRowsWildcard": {}}, "ColumnNames": ["id"]}
    return {key: value for key, value in (fields | changes).items() if value is not None}


def test_m36_data_cells_filters() -> None:
    lake = Lake()
    lake("CreateDataCellsFilter", TableData=filter_of())
    listed = lake("ListDataCellsFilter", Table=table()["Table"])["DataCellsFilters"]
    assert [each["Name"] for each in listed] == ["eu_only", "all_rows"]
    asked = cells_filter("all_rows")["DataCellsFilter"]
    first = lake("GetDataCellsFilter", **asked)["DataCellsFilter"]
    assert {key: first[key] for key in filter_of()} == filter_of()
    lake("UpdateDataCellsFilter", TableData=filter_of(ColumnNames=["amount"], VersionId=first["VersionId"]))
    refused = refusal(lambda: lake("UpdateDataCellsFilter", TableData=filter_of(VersionId=first["VersionId"])))
    assert refused.startswith("ConcurrentModificationException: ")
    assert lake("GetDataCellsFilter", **asked)["DataCellsFilter"]["ColumnNames"] == ["amount"]
    lake("DeleteDataCellsFilter", **asked)
    assert refusal(lambda: lake("GetDataCellsFilter", **asked)) == "EntityNotFoundException: Cell Filter not found"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Name": "eu_only"}, "AlreadyExistsException"),
        ({"TableName": "gone"}, "EntityNotFoundException"),
        ({"ColumnNames": ["gone"]}, "InvalidInputException"),
        ({"ColumnNames": None}, "InvalidInputException"),
        ({"ColumnWildcard": {}}, "InvalidInputException"),
        ({"RowFilter": {}}, "InvalidInputException"),
        ({"RowFilter": {"FilterExpression": "id > 1", "AllRowsWildcard": {}}}, "InvalidInputException"),
        ({"Name": ""}, "InvalidInputException"),
    ],
)
def test_bad_filters_are_refused(changes: dict[str, t.Any], code: str) -> None:
    refused = refusal(lambda: Lake()("CreateDataCellsFilter", TableData=filter_of(**changes)))
    assert refused.startswith(f"{code}: ")


def test_filters_are_for_who_may_grant_select() -> None:
    lake = Lake()
    assert refusal(lambda: lake("CreateDataCellsFilter", READER, TableData=filter_of())) == DENIED
    assert lake("ListDataCellsFilter", READER)["DataCellsFilters"] == []
    lake.grant(table(), "SELECT", grantable=["SELECT"])
    lake("CreateDataCellsFilter", READER, TableData=filter_of())
    assert len(lake("ListDataCellsFilter", READER)["DataCellsFilters"]) == 2


# ---- LF-tags ----


def test_m36_tags() -> None:
    lake = Lake()
    lake("UpdateLFTag", TagKey="tier", TagValuesToAdd=["bronze"], TagValuesToDelete=["gold"])
    assert lake("GetLFTag", TagKey="tier")["TagValues"] == ["silver", "bronze"]
    assert [each["TagKey"] for each in lake("ListLFTags")["LFTags"]] == ["domain", "tier"]
    assert refusal(lambda: lake("CreateLFTag", TagKey="tier", TagValues=["x"])).startswith("AlreadyExistsException: ")
    lake("DeleteLFTag", TagKey="tier")
    assert refusal(lambda: lake("GetLFTag", TagKey="tier")).startswith("EntityNotFoundException: ")


def test_tags_are_for_administrators_creators_and_who_was_granted_them() -> None:
    lake = Lake()
    assert refusal(lambda: lake("CreateLFTag", READER, TagKey="team", TagValues=["risk"])) == DENIED
    assert lake("ListLFTags", READER)["LFTags"] == []
    lake.grant({"Catalog": {}}, "CREATE_LF_TAG")
    lake("CreateLFTag", READER, TagKey="team", TagValues=["risk"])
    lake.grant(lf_tag("tier"), "DESCRIBE")
    assert [each["TagKey"] for each in lake("ListLFTags", READER)["LFTags"]] == ["tier", "team"]
    lake("UpdateLFTag", READER, TagKey="team", TagValuesToAdd=["fraud"])
    assert refusal(lambda: lake("UpdateLFTag", READER, TagKey="tier", TagValuesToAdd=["x"])) == DENIED
    assert refusal(lambda: lake("GetLFTag", OTHER, TagKey="tier")) == DENIED


def test_m36_saved_expressions() -> None:
    lake = Lake()
    expression = [{"TagKey": "tier", "TagValues": ["gold"]}]
    lake("CreateLFTagExpression", Name="gold", Description="Gold", Expression=expression)
    assert lake("GetLFTagExpression", Name="gold") == {
        "Name": "gold",
        "CatalogId": ACCOUNT,
        "Description": "Gold",
        "Expression": expression,
    }
    policy = {"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": "gold"}}
    lake.grant(policy, "SELECT")
    assert lake.of(READER, policy) == [("LFTagPolicy", ["SELECT"])]
    lake("UpdateLFTagExpression", Name="gold", Expression=[{"TagKey": "tier", "TagValues": ["gold", "silver"]}])
    assert len(lake("ListLFTagExpressions")["LFTagExpressions"]) == 1
    again = {"Name": "gold", "Expression": expression}
    assert refusal(lambda: lake("CreateLFTagExpression", **again)).startswith("AlreadyExistsException: ")
    assert refusal(lambda: lake("DeleteLFTagExpression", READER, Name="gold")) == DENIED
    lake.grant({"LFTagExpression": {"Name": "gold"}}, "DROP")
    lake("DeleteLFTagExpression", READER, Name="gold")
    assert lake.of(READER) == [("LFTagExpression", ["DROP"])]
    assert refusal(lambda: lake("GetLFTagExpression", Name="gold")).startswith("EntityNotFoundException: ")


def tag(lake: Lake, resource: Shape, key: str, value: str) -> list[t.Any]:
    failures = lake("AddLFTagsToResource", Resource=resource, LFTags=[{"TagKey": key, "TagValues": [value]}])
    return t.cast("list[t.Any]", failures["Failures"])


def test_m36_what_carries_tags_inherits_and_overrides_them() -> None:
    lake = Lake()
    for resource, value in ((database(), "sales"), (table(), "orders"), (columns("ssn"), "private")):
        assert tag(lake, resource, "domain", value) == []
    found = lake("GetResourceLFTags", Resource=table())
    assert [each["TagValues"] for each in found["LFTagOnDatabase"] + found["LFTagsOnTable"]] == [["sales"], ["orders"]]
    own = {each["Name"]: each["LFTags"][0]["TagValues"] for each in found["LFTagsOnColumns"]}
    assert own == {"id": ["orders"], "amount": ["orders"], "ssn": ["private"], "dob": ["orders"]}
    assigned = lake("GetResourceLFTags", Resource=table(), ShowAssignedLFTags=True)["LFTagsOnColumns"]
    assert [each["Name"] for each in assigned] == ["ssn"]


def test_tags_that_cannot_be_given_or_taken_are_failures() -> None:
    lake = Lake()
    tags = [{"TagKey": "domain", "TagValues": ["sales"]}, {"TagKey": "gone", "TagValues": ["x"]}]
    failures = lake("AddLFTagsToResource", Resource=table(), LFTags=tags)["Failures"]
    assert [(each["LFTag"], each["Error"]["ErrorCode"]) for each in failures] == [(tags[1], "EntityNotFoundException")]
    assert tag(lake, table(), "domain", "no such value")[0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    assert refusal(lambda: lake("UpdateLFTag", TagKey="domain", TagValuesToDelete=["sales"])).startswith("InvalidInput")
    assert lake("RemoveLFTagsFromResource", Resource=table(), LFTags=tags[:1]) == {"Failures": []}
    assert len(lake("RemoveLFTagsFromResource", Resource=table(), LFTags=tags[:1])["Failures"]) == 1
    denied = lake("AddLFTagsToResource", READER, Resource=table(), LFTags=tags[:1])["Failures"]
    assert denied[0]["Error"]["ErrorCode"] == "AccessDeniedException"
    assert refusal(lambda: lake("AddLFTagsToResource", Resource=location(), LFTags=tags)).startswith("InvalidInput")


# ---- paths ----


def test_b35_the_grants_that_a_path_is_about() -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    lake.grant(table(), "DESCRIBE")
    lake.grant(columns("id"), "SELECT", to=OTHER)
    lake.grant(table("customers"), "SELECT")
    lake.grant(location(), "DATA_LOCATION_ACCESS")
    lake.grant(lf_tag_policy(), "SELECT")
    path = f"{NAME}/orders/2026"
    found = lake("GetEffectivePermissionsForPath", ResourceArn=path)["Permissions"]
    kinds = [next(iter(row["Resource"])) for row in found]
    assert kinds == ["Database", "Table", "TableWithColumns", "DataLocation"]
    assert all("CatalogId" not in fields for row in found for fields in row["Resource"].values())
    assert refusal(lambda: lake("GetEffectivePermissionsForPath", ResourceArn="sales")).startswith("InvalidInput")


# ---- the whole ----


def test_the_package_needs_nothing_but_python() -> None:
    """It runs where neither ministack nor an SDK is."""
    for file in Path(t.cast(str, package.__file__)).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
        imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert not {name.partition(".")[0] for name in imported} & {"ministack", "boto3", "botocore", "duckdb"}, file


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"colour": 1}, "'colour' is not a switch"),
        ({"all_expands": "yes"}, "all_expands is 'yes', expected one of"),
        ({"strict_revoke": 1}, "strict_revoke is 1, expected a bool"),
        ({"list_lag": True}, "list_lag is True, expected a int"),
    ],
)
def test_switches_that_cannot_be_are_refused(settings: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        behaviour(settings)
    assert reason in str(refused.value)
    assert behaviour({"strict_revoke": False}) == Behaviour(strict_revoke=False)


def test_an_sdk_client_reads_its_answers_and_errors() -> None:
    lake = Lake()
    client = sdk_client(lake.service)
    principal = {"DataLakePrincipalIdentifier": READER}
    client.grant_permissions(Principal=principal, Resource=table(), Permissions=["SELECT"])
    (row,) = client.list_permissions(Resource=table())["PrincipalResourcePermissions"]
    assert (row["Permissions"], row["LastUpdated"].year) == (["SELECT"], 2026)
    with pytest.raises(ClientError) as refused:
        client.list_permissions(CatalogId=FEDERATED)
    assert refused.value.response["Error"] == {
        "Code": "InvalidInputException",
        "Message": "Catalog id must be a valid AWS account id.",
    }


def test_its_operations_are_aws_own() -> None:
    assert set(OPERATIONS) <= set(sdk_client(Lake().service).meta.service_model.operation_names)
