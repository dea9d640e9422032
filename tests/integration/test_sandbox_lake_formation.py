# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lake Formation over HTTP: authorisation, errors, the record of calls, switches, and what Glue tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import SandboxError
from athena_sandbox.user import User

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
ORDERS = {"Table": {"DatabaseName": "sales", "Name": "orders"}}
SALES = {"Database": {"Name": "sales"}}


def principal(identifier: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": identifier}


def outcome(call: Callable[[], Any]) -> tuple[int, str, str]:
    """The status, error code and message of a call; 200 and nothing when it succeeds."""
    try:
        call()
    except ClientError as error:
        shown = error.response["Error"]
        return error.response["ResponseMetadata"]["HTTPStatusCode"], str(shown["Code"]), str(shown["Message"])
    return 200, "", ""


def change_settings(sandbox: Sandbox, **settings: Any) -> None:
    client = sandbox.client("lakeformation")
    current = client.get_data_lake_settings()["DataLakeSettings"]
    client.put_data_lake_settings(DataLakeSettings=current | settings)


def create_table(glue: Any, database: str, name: str, **fields: Any) -> None:
    columns = [{"Name": column, "Type": "int"} for column in ("id", "amount", "ssn")]
    storage = {"Columns": columns, "Location": f"s3://acme-data-lake/{database}/{name}"}
    glue.create_table(DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": storage, **fields})


@pytest.fixture
def lake(clean_sandbox: Sandbox) -> Sandbox:
    """A database and a table of a fresh account, whose root user is the data lake administrator."""
    glue = clean_sandbox.client("glue")
    glue.create_database(DatabaseInput={"Name": "sales"})
    create_table(glue, "sales", "orders")
    change_settings(clean_sandbox, DataLakeAdmins=[principal(ROOT)])
    return clean_sandbox


@pytest.fixture
def client(lake: Sandbox) -> Any:
    """Lake Formation as its administrator."""
    return lake.client("lakeformation")


@pytest.fixture
def reader(lake: Sandbox) -> User:
    """A user without rights, with a path in its ARN."""
    return User(lake, "reader", "/clients/")


def rows(client: Any, resource: dict[str, Any] | None = None) -> list[tuple[str, str, list[str]]]:
    """The rows of a listing in short: principal, shape of the resource, permissions."""
    found = client.list_permissions(**({"Resource": resource} if resource else {}))["PrincipalResourcePermissions"]
    return [
        (row["Principal"]["DataLakePrincipalIdentifier"], next(iter(row["Resource"])), sorted(row["Permissions"]))
        for row in found
    ]


# ---- the wire ----


def test_it_is_authorised_as_iam_does_and_recorded(lake: Sandbox, reader: User) -> None:
    client = reader.client("lakeformation")
    lake.clear_calls()
    denied = outcome(client.list_permissions)
    action = "lakeformation:ListPermissions"
    assert denied[:2] == (400, "AccessDeniedException")
    assert denied[2].startswith(f"User: {reader.arn} is not authorized to perform: {action} on resource: * because ")
    reader.may(action, "arn:aws:s3:::bucket")
    assert outcome(client.list_permissions)[:2] == (400, "AccessDeniedException")
    reader.may(action, "*")
    assert outcome(client.list_permissions)[0] == 200
    recorded = [call for call in lake.calls() if call["service"] == "lakeformation"]
    assert [call["operation"] for call in recorded] == ["ListPermissions"] * 3
    assert [call["status"] for call in recorded] == [400, 400, 200]


def test_iam_is_not_enough_to_grant(client: Any, reader: User) -> None:
    reader.may("lakeformation:*", "*")
    asked = {"Principal": principal(reader.arn), "Resource": ORDERS, "Permissions": ["SELECT"]}
    refused = (
        400,
        "AccessDeniedException",
        "Resource does not exist or requester is not authorized to access requested permissions.",
    )
    assert outcome(partial(reader.client("lakeformation").grant_permissions, **asked)) == refused
    client.grant_permissions(**asked, PermissionsWithGrantOption=["SELECT"])
    assert outcome(partial(reader.client("lakeformation").grant_permissions, **asked))[0] == 200


def test_the_root_user_is_no_administrator_by_birth(lake: Sandbox, reader: User) -> None:
    change_settings(lake, DataLakeAdmins=[])
    asked = {"Principal": principal(reader.arn), "Resource": ORDERS, "Permissions": ["SELECT"]}
    assert outcome(partial(lake.client("lakeformation").grant_permissions, **asked))[1] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Resource": {"Database": {"Name": "gone"}}, "Permissions": ["DESCRIBE"]}, "EntityNotFoundException"),
        ({"Resource": SALES, "Permissions": ["SELECT"]}, "InvalidInputException"),
        ({"CatalogId": f"{ACCOUNT}:s3tablescatalog/lake", "Resource": SALES}, "InvalidInputException"),
    ],
)
def test_refusals_have_aws_own_codes(client: Any, reader: User, parameters: dict[str, Any], code: str) -> None:
    asked = {"Principal": principal(reader.arn), "Permissions": ["DESCRIBE"]} | parameters
    assert outcome(partial(client.grant_permissions, **asked))[:2] == (400, code)


def test_principals_are_those_of_iam(client: Any, reader: User) -> None:
    asked = {"Resource": ORDERS, "Permissions": ["SELECT"]}
    client.grant_permissions(Principal=principal(reader.arn), **asked)
    absent = reader.arn.replace("/clients/", "/")
    message = f"Invalid principal, arn: {absent}"
    refused = outcome(partial(client.grant_permissions, Principal=principal(absent), **asked))
    assert refused == (400, "InvalidInputException", message)


def test_a_session_is_its_role(lake: Sandbox, client: Any) -> None:
    operator = User(lake, "operator")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": operator.arn}, "Action": "sts:AssumeRole"}]}
    iam = lake.client("iam")
    document = json.dumps({"Version": "2012-10-17", **trust})
    role = iam.create_role(RoleName="target", Path="/teams/a/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allow = {"Statement": [{"Effect": "Allow", "Action": "lakeformation:*", "Resource": "*"}]}
    iam.put_role_policy(
        RoleName="target", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", **allow})
    )
    client.grant_permissions(Principal=principal(role), Resource=ORDERS, Permissions=["SELECT"])
    key = operator.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    session = lake.client(
        "lakeformation", key["AccessKeyId"], key["SecretAccessKey"], session_token=key["SessionToken"]
    )
    assert session.get_data_lake_principal()["Identity"] == role
    assert rows(session) == [(role, "TableWithColumns", ["SELECT"])]


def test_accounts_and_regions_are_apart(lake: Sandbox, client: Any) -> None:
    assert len(rows(client)) == 2
    other_region = lake.client("lakeformation", region="eu-west-1")
    assert other_region.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"] == []
    other_account = lake.client("lakeformation", "210987654321", "x")
    assert other_account.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"] == []


def test_tables_of_other_accounts_and_of_federated_catalogs(lake: Sandbox, client: Any, reader: User) -> None:
    glue = lake.client("glue", "210987654321", "x")
    glue.create_database(DatabaseInput={"Name": "shared"})
    create_table(glue, "shared", "orders")
    asked = {"Principal": principal(reader.arn), "Permissions": ["SELECT"]}
    shared = {"Table": {"CatalogId": "210987654321", "DatabaseName": "shared", "Name": "orders"}}
    client.grant_permissions(**asked, Resource=shared)
    federated = {"CatalogId": f"{ACCOUNT}:s3tablescatalog/lake", "DatabaseName": "ns", "TableWildcard": {}}
    client.grant_permissions(**asked, Resource={"Table": federated})
    assert rows(client, shared) == rows(client, {"Table": federated}) == [(reader.arn, "TableWithColumns", ["SELECT"])]
    shared["Table"]["Name"] = "gone"
    assert outcome(partial(client.grant_permissions, **asked, Resource=shared))[1] == "EntityNotFoundException"


# ---- what Glue tells it ----


def test_new_databases_and_tables_are_everybodys(client: Any) -> None:
    assert rows(client) == [(EVERYBODY, "Database", ["ALL"]), (EVERYBODY, "Table", ["ALL"])]


def test_without_defaults_they_are_their_creators(lake: Sandbox, client: Any, reader: User) -> None:
    change_settings(lake, CreateDatabaseDefaultPermissions=[], CreateTableDefaultPermissions=[])
    reader.may("glue:*", "*")
    reader.client("glue").create_database(DatabaseInput={"Name": "own"})
    create_table(reader.client("glue"), "own", "events")
    own = {name for name, _kind, _permissions in rows(client, {"Database": {"Name": "own"}})}
    assert own == {reader.arn}
    assert len(rows(client, {"Table": {"DatabaseName": "own", "Name": "events"}})) == 2


def test_a_database_keeps_the_defaults_of_its_tables(lake: Sandbox, client: Any) -> None:
    change_settings(lake, CreateDatabaseDefaultPermissions=[], CreateTableDefaultPermissions=[])
    glue = lake.client("glue")
    assert glue.get_database(Name="sales")["Database"]["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]
    create_table(glue, "sales", "more")
    more = {"Table": {"DatabaseName": "sales", "Name": "more"}}
    assert rows(client, more) == [(EVERYBODY, "Table", ["ALL"])]
    glue.update_database(Name="sales", DatabaseInput={"Name": "sales", "CreateTableDefaultPermissions": []})
    create_table(glue, "sales", "most")
    assert rows(client, {"Table": {"DatabaseName": "sales", "Name": "most"}}) == []
    glue.create_database(DatabaseInput={"Name": "new"})
    assert glue.get_database(Name="new")["Database"]["CreateTableDefaultPermissions"] == []


def test_grants_survive_a_table_that_is_created_anew(lake: Sandbox, client: Any, reader: User) -> None:
    client.grant_permissions(Principal=principal(reader.arn), Resource=ORDERS, Permissions=["SELECT"])
    glue = lake.client("glue")
    glue.delete_table(DatabaseName="sales", Name="orders")
    assert outcome(partial(client.list_permissions, Resource=ORDERS))[1] == "EntityNotFoundException"
    create_table(glue, "sales", "orders")
    assert (reader.arn, "TableWithColumns", ["SELECT"]) in rows(client, ORDERS)


def test_names_are_folded_in_glue(lake: Sandbox) -> None:
    glue = lake.client("glue")
    glue.create_database(DatabaseInput={"Name": "HR"})
    create_table(glue, "Hr", "Staff")
    assert glue.get_database(Name="hR")["Database"]["Name"] == "hr"
    assert glue.get_table(DatabaseName="HR", Name="STAFF")["Table"]["Name"] == "staff"
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_database(DatabaseInput={"Name": "hr"})


def test_resource_links_are_known(lake: Sandbox, client: Any, reader: User) -> None:
    target = {"CatalogId": ACCOUNT, "DatabaseName": "sales"}
    lake.client("glue").create_database(DatabaseInput={"Name": "link", "TargetDatabase": target})
    asked = {"Principal": principal(reader.arn), "Resource": {"Database": {"Name": "link"}}}
    client.grant_permissions(**asked, Permissions=["DESCRIBE"])
    assert outcome(partial(client.grant_permissions, **asked, Permissions=["ALTER"])) == (
        400,
        "InvalidInputException",
        "Permissions modification is invalid",
    )


def test_a_reset_empties_it(lake: Sandbox, client: Any) -> None:
    client.register_resource(ResourceArn="arn:aws:s3:::acme-data-lake", UseServiceLinkedRole=True)
    lake.switch("lake_formation", strict_revoke=False)
    lake.reset()
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    assert settings["DataLakeAdmins"] == []
    assert [each["Permissions"] for each in settings["CreateTableDefaultPermissions"]] == [["ALL"]]
    assert client.list_resources()["ResourceInfoList"] == []
    change_settings(lake, DataLakeAdmins=[principal(ROOT)])
    assert rows(client) == []
    assert lake.switches() == []


# ---- switches ----


def test_switches_change_how_it_behaves(lake: Sandbox, client: Any, reader: User) -> None:
    asked = {"Principal": principal(reader.arn), "Resource": SALES}
    client.grant_permissions(**asked, Permissions=["DESCRIBE"])
    revoke = partial(client.revoke_permissions, **asked, Permissions=["DESCRIBE", "ALTER"])
    assert outcome(revoke)[1] == "InvalidInputException"
    lake.switch("lake_formation", strict_revoke=False, short_pages=True)
    assert outcome(revoke)[0] == 200
    page = client.list_permissions(MaxResults=2)
    assert (page["PrincipalResourcePermissions"], bool(page["NextToken"])) == ([], True)
    lake.switch("lake_formation", strict_revoke=True)
    client.grant_permissions(**asked, Permissions=["DESCRIBE"])
    assert outcome(revoke)[1] == "InvalidInputException"


@pytest.mark.parametrize("settings", [{"colour": "blue"}, {"strict_revoke": "yes"}, {"all_expands": "often"}])
def test_switches_that_cannot_be_are_refused(lake: Sandbox, settings: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        lake.switch("lake_formation", **settings)


def test_the_nth_entry_and_the_nth_call_fail(lake: Sandbox, client: Any, reader: User) -> None:
    code, message = "ConcurrentModificationException", "Permission update/Delete failed for Resource"
    lake.switch("lake_formation_fault", operation="grant", code=code, message=message, after=1)
    asked = {"Principal": principal(reader.arn), "Resource": ORDERS}
    names = ("SELECT", "DROP", "ALTER")
    entries = [{"Id": str(number), **asked, "Permissions": [name]} for number, name in enumerate(names)]
    (failure,) = client.batch_grant_permissions(Entries=entries)["Failures"]
    assert failure == {"RequestEntry": entries[1], "Error": {"ErrorCode": code, "ErrorMessage": message}}
    granted = [(reader.arn, "Table", ["ALTER"]), (reader.arn, "TableWithColumns", ["SELECT"])]
    assert [row for row in rows(client, ORDERS) if row[0] == reader.arn][-2:] == granted
    lake.switch("lake_formation_fault", operation="revoke", code=code, contains="orders")
    revoke = partial(client.revoke_permissions, **asked, Permissions=["SELECT"])
    assert [outcome(revoke)[:2] for _attempt in range(2)] == [(400, code), (200, "")]
    lake.switch("lake_formation_fault", operation="ListPermissions", code="ThrottlingException", status=429)
    assert [outcome(client.list_permissions)[:2] for _attempt in range(2)] == [(429, "ThrottlingException"), (200, "")]


def test_calls_can_be_made_to_fail_like_those_of_any_service(lake: Sandbox, client: Any) -> None:
    lake.switch("fail", service="lakeformation", operation="GetDataLakeSettings", code="InternalServiceException")
    assert outcome(client.get_data_lake_settings)[1] == "InternalServiceException"
    assert outcome(client.get_data_lake_settings)[0] == 200
