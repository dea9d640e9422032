# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorisation in the sandbox: the resource ARNs a call needs, held against AWS's, allowed and denied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.user import User

GLUE = "arn:aws:glue:us-east-1:123456789012"
ATHENA = "arn:aws:athena:us-east-1:123456789012"
TABLE_INPUT = {
    "Name": "orders",
    "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}], "Location": "s3://b/o/"},
}


def code(call: Callable[[], Any]) -> str:
    """The error code of a call, empty when it succeeds."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def message(call: Callable[[], Any]) -> str:
    """The error message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return str(error.get("Message") or error.get("message"))


@pytest.fixture
def catalog(clean_sandbox: Sandbox) -> Sandbox:
    """A database with a table, and a work group beside `primary`."""
    glue = clean_sandbox.client("glue")
    glue.create_database(DatabaseInput={"Name": "sales"})
    glue.create_table(DatabaseName="sales", TableInput=TABLE_INPUT)
    clean_sandbox.client("athena").create_work_group(Name="team")
    return clean_sandbox


GLUE_CALLS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "GetDatabases": ({}, ["catalog", "database/*"]),
    "GetDatabase": ({"Name": "sales"}, ["catalog", "database/sales"]),
    "GetTables": ({"DatabaseName": "sales"}, ["catalog", "database/sales", "table/sales/*"]),
    "GetTable": ({"DatabaseName": "sales", "Name": "orders"}, ["catalog", "database/sales", "table/sales/orders"]),
    "GetPartitions": (
        {"DatabaseName": "sales", "TableName": "orders"},
        ["catalog", "database/sales", "table/sales/orders"],
    ),
    "BatchGetPartition": (
        {"DatabaseName": "sales", "TableName": "orders", "PartitionsToGet": []},
        ["catalog", "database/sales", "table/sales/orders"],
    ),
    "CreateTable": (
        {"DatabaseName": "sales", "TableInput": {"Name": "new"}},
        ["catalog", "database/sales", "table/sales/new"],
    ),
}


@pytest.mark.parametrize("operation", GLUE_CALLS)
def test_glue_needs_the_action_on_the_resource_and_all_above_it(catalog: Sandbox, operation: str) -> None:
    parameters, needed = GLUE_CALLS[operation]
    user = User(catalog, "reader")
    glue = user.client("glue")
    method = {"GetDatabases": "get_databases", "GetDatabase": "get_database", "GetTables": "get_tables"}
    method |= {"GetTable": "get_table", "GetPartitions": "get_partitions", "BatchGetPartition": "batch_get_partition"}
    call = getattr(glue, method.get(operation, "create_table"))
    arns = [f"{GLUE}:{name}" for name in needed]

    user.may(f"glue:{operation}", arns)
    call(**parameters)
    for missing in arns:
        user.may(f"glue:{operation}", [arn for arn in arns if arn != missing] + [f"{GLUE}:table/other/*"])
        refused = message(lambda: call(**parameters))
        assert refused == (
            f"User: {user.arn} is not authorized to perform: glue:{operation} on resource: {missing} because no "
            f"identity-based policy allows the glue:{operation} action"
        )
    assert catalog.calls()[-1]["status"] == 400
    user.may("glue:*", arns, {"Effect": "Deny", "Action": f"glue:{operation}", "Resource": arns[-1]})
    assert message(lambda: call(**parameters)).endswith(
        f"on resource: {arns[-1]} with an explicit deny in an identity-based policy"
    )


def test_glue_narrowed_to_one_database_cannot_list_all(catalog: Sandbox) -> None:
    user = User(catalog, "reader").may("glue:GetDatabases", [f"{GLUE}:catalog", f"{GLUE}:database/sales"])
    assert code(user.client("glue").get_databases) == "AccessDeniedException"


WORKGROUP_CALLS: dict[str, Callable[[Any, str], Any]] = {
    "GetQueryExecution": lambda athena, query: athena.get_query_execution(QueryExecutionId=query),
    "GetQueryResults": lambda athena, query: athena.get_query_results(QueryExecutionId=query),
    "StopQueryExecution": lambda athena, query: athena.stop_query_execution(QueryExecutionId=query),
    "BatchGetQueryExecution": lambda athena, query: athena.batch_get_query_execution(QueryExecutionIds=[query]),
    "GetWorkGroup": lambda athena, _: athena.get_work_group(WorkGroup="team"),
    "ListQueryExecutions": lambda athena, _: athena.list_query_executions(WorkGroup="team"),
    "StartQueryExecution": lambda athena, _: athena.start_query_execution(QueryString="SELECT 1", WorkGroup="team"),
}


@pytest.mark.parametrize("operation", WORKGROUP_CALLS)
def test_athena_calls_on_queries_are_authorised_on_their_work_group(catalog: Sandbox, operation: str) -> None:
    catalog.client("s3").create_bucket(Bucket="outputs")
    location = {"OutputLocation": "s3://outputs/"}
    catalog.client("athena").update_work_group(
        WorkGroup="team", ConfigurationUpdates={"ResultConfigurationUpdates": location}
    )
    query = catalog.client("athena").start_query_execution(QueryString="SELECT 1", WorkGroup="team")["QueryExecutionId"]
    user = User(catalog, "client")
    call = WORKGROUP_CALLS[operation]
    athena = user.client("athena")

    for elsewhere in (f"{ATHENA}:workgroup/primary", f"{ATHENA}:datacatalog/AwsDataCatalog"):
        user.may(f"athena:{operation}", elsewhere)
        refused = message(lambda: call(athena, query))
        assert refused.startswith(f"You are not authorized to perform: athena:{operation} on the resource.")
    user.may([f"athena:{operation}", "s3:*"], [f"{ATHENA}:workgroup/team", "arn:aws:s3:::outputs*"])
    assert code(lambda: call(athena, query)) != "AccessDeniedException"


def test_a_query_without_work_group_is_authorised_on_primary(catalog: Sandbox) -> None:
    user = User(catalog, "client").may("athena:*", f"{ATHENA}:workgroup/team")
    athena = user.client("athena")
    start = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://nowhere-at-all/"}}
    assert code(lambda: athena.start_query_execution(**start)) == "AccessDeniedException"
    user.may("athena:*", f"{ATHENA}:workgroup/primary")
    # The next thing that is wrong: there is no such bucket.
    assert code(lambda: athena.start_query_execution(**start)) == "InvalidRequestException"


METADATA_CALLS: dict[str, Callable[[Any], Any]] = {
    "ListDatabases": lambda athena: athena.list_databases(CatalogName="AwsDataCatalog"),
    "ListTableMetadata": lambda athena: athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="sales"),
    "GetTableMetadata": lambda athena: athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="sales", TableName="orders"
    ),
    "GetDataCatalog": lambda athena: athena.get_data_catalog(Name="AwsDataCatalog"),
}


@pytest.mark.parametrize("operation", METADATA_CALLS)
def test_athena_metadata_calls_are_authorised_on_the_data_catalog(catalog: Sandbox, operation: str) -> None:
    user = User(catalog, "client")
    call = METADATA_CALLS[operation]
    athena = user.client("athena")
    for elsewhere in (f"{ATHENA}:workgroup/*", f"{ATHENA}:datacatalog/other"):
        user.may([f"athena:{operation}", "glue:*"], [elsewhere, f"{GLUE}:*"])
        refused = message(lambda: call(athena))
        assert refused.startswith(f"You are not authorized to perform: athena:{operation} on the resource.")
    user.may([f"athena:{operation}", "glue:*"], [f"{ATHENA}:datacatalog/AwsDataCatalog", f"{GLUE}:*"])
    call(athena)


@pytest.mark.parametrize("operation", ["ListDataCatalogs", "ListWorkGroups"])
def test_athena_listings_need_every_resource(catalog: Sandbox, operation: str) -> None:
    user = User(catalog, "client")
    athena = user.client("athena")
    call = athena.list_data_catalogs if operation == "ListDataCatalogs" else athena.list_work_groups
    user.may(f"athena:{operation}", f"{ATHENA}:*")
    assert code(call) == "AccessDeniedException"
    user.may(f"athena:{operation}", "*")
    call()


def test_kms_is_authorised_on_the_key_never_on_its_alias(user: User, clean_sandbox: Sandbox) -> None:
    kms = clean_sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/results", TargetKeyId=key)
    client = user.client("kms")
    user.may("kms:GenerateDataKey", "arn:aws:kms:us-east-1:123456789012:alias/results")
    for name in ("alias/results", key, key.rpartition("/")[2]):
        refused = message(partial(client.generate_data_key, KeyId=name, KeySpec="AES_256"))
        assert refused == (
            f"User: {user.arn} is not authorized to perform: kms:GenerateDataKey on resource: {key} because no "
            "identity-based policy allows the kms:GenerateDataKey action"
        )
    user.may("kms:GenerateDataKey", key)
    client.generate_data_key(KeyId="alias/results", KeySpec="AES_256")


def test_a_key_policy_that_does_not_delegate_is_named_as_the_reason(user: User, clean_sandbox: Sandbox) -> None:
    policy = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "kms:*", "Resource": "*"}]}'
    kms = clean_sandbox.client("kms")
    somebody = User(clean_sandbox, "owner")
    key = kms.create_key(Policy=policy % somebody.arn)["KeyMetadata"]["Arn"]
    user.may("kms:*", "*")
    assert message(lambda: user.client("kms").describe_key(KeyId=key)).endswith(
        "because no resource-based policy allows the kms:DescribeKey action"
    )
    somebody.client("kms").describe_key(KeyId=key)


def test_iam_is_authorised_on_arns_with_their_path(user: User, clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    trust = '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}'
    iam.create_role(RoleName="target", Path="/athena/", AssumeRolePolicyDocument=trust)
    client = user.client("iam")

    user.may(["iam:GetRole", "iam:GetUser"], ["arn:aws:iam::123456789012:role/target"])
    assert " on resource: role target because " in message(lambda: client.get_role(RoleName="target"))
    assert " on resource: user restricted because " in message(client.get_user)
    user.may(["iam:GetRole", "iam:GetUser"], ["arn:aws:iam::123456789012:role/athena/*", user.arn])
    client.get_role(RoleName="target")
    assert client.get_user()["User"]["Arn"] == user.arn

    policy = {"PolicyName": "p", "Path": "/athena/", "PolicyDocument": document}
    user.may("iam:CreatePolicy", "arn:aws:iam::123456789012:policy/p")
    assert code(lambda: client.create_policy(**policy)) == "AccessDenied"
    user.may("iam:CreatePolicy", "arn:aws:iam::123456789012:policy/athena/p")
    client.create_policy(**policy)


TAGS = [{"Key": "team", "Value": "data"}]
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},'
    ' "Action": "sts:AssumeRole"}]}'
)
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
CREATIONS: dict[str, Callable[..., Any]] = {
    "Role": lambda iam, **more: iam.create_role(RoleName="new", AssumeRolePolicyDocument=TRUST, **more),
    "User": lambda iam, **more: iam.create_user(UserName="new", **more),
    "Policy": lambda iam, **more: iam.create_policy(PolicyName="new", PolicyDocument=POLICY, **more),
}


@pytest.mark.parametrize("kind", CREATIONS)
def test_what_is_created_with_tags_takes_the_right_to_tag_it(clean_sandbox: Sandbox, kind: str) -> None:
    create = CREATIONS[kind]
    iam = User(clean_sandbox, "maker").may(f"iam:Create{kind}", "*").client("iam")
    assert f"is not authorized to perform: iam:Tag{kind} on resource: " in message(lambda: create(iam, Tags=TAGS))
    listing = getattr(clean_sandbox.client("iam"), "list_policies" if kind == "Policy" else f"list_{kind.lower()}s")
    scope = {"Scope": "Local"} if kind == "Policy" else {}
    (listed,) = (value for value in listing(**scope).values() if isinstance(value, list))
    assert "new" not in [it[f"{kind}Name"] for it in listed]
    assert code(lambda: create(iam)) == ""
    other = User(clean_sandbox, "other").may([f"iam:Create{kind}", f"iam:Tag{kind}"], "*").client("iam")
    assert code(lambda: create(other, Tags=TAGS)) == "EntityAlreadyExists"


def test_attachments_are_narrowed_by_the_arn_of_the_policy(clean_sandbox: Sandbox) -> None:
    root = clean_sandbox.client("iam")
    arns = [root.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"] for name in ("ours", "theirs")]
    condition = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::123456789012:policy/ours*"}}
    actions = ["iam:AttachUserPolicy", "iam:DetachUserPolicy"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition}
    user = User(clean_sandbox, "maker").may("iam:GetUser", "*", allowed)
    for arn, outcome in zip(arns, ("", "AccessDenied"), strict=True):
        root.attach_user_policy(UserName=user.name, PolicyArn=arn)
        for operation in ("attach_user_policy", "detach_user_policy"):
            call = partial(getattr(user.client("iam"), operation), UserName=user.name, PolicyArn=arn)
            assert code(call) == outcome, (operation, arn)


def test_roles_are_held_within_a_permissions_boundary(clean_sandbox: Sandbox) -> None:
    root = clean_sandbox.client("iam")
    inner, outer = (
        root.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"] for name in ("inner", "outer")
    )
    outside = {"StringNotEquals": {"iam:PermissionsBoundary": inner}}
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": outside}
    iam = User(clean_sandbox, "maker").may("iam:*", "*", deny).client("iam")
    create = partial(iam.create_role, RoleName="target", AssumeRolePolicyDocument=TRUST)
    assert code(create) == "AccessDenied"
    assert code(partial(create, PermissionsBoundary=outer)) == "AccessDenied"
    assert code(partial(create, PermissionsBoundary=inner)) == ""
    put = partial(iam.put_role_permissions_boundary, RoleName="target")
    assert code(partial(put, PermissionsBoundary=outer)) == "AccessDenied"
    rights = partial(iam.put_role_policy, RoleName="target", PolicyName="rights", PolicyDocument=POLICY)
    assert code(rights) == ""
    root.put_role_permissions_boundary(RoleName="target", PermissionsBoundary=outer)
    assert code(rights) == "AccessDenied"
    assert code(partial(put, PermissionsBoundary=inner)) == ""
    assert code(rights) == ""
