# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The encrypted Data Catalog of the sandbox: who must be allowed to use its key, and how Glue and Athena refuse."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.sample import RESULTS_BUCKET, User, document, seed, statement

ACCOUNT = "123456789012"
THROUGH_GLUE = {"StringEquals": {"kms:ViaService": "glue.us-east-1.amazonaws.com"}}
TABLE = {"DatabaseName": "sales", "TableName": "orders"}
IN_CATALOG = {"CatalogName": "AwsDataCatalog"}


class World:
    """The sample data, a key for the catalog, and a reader with every right but that to use keys."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.kms, self.glue = sandbox.client("kms"), sandbox.client("glue")
        self.key: str = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.reader = User(sandbox, "reader")
        self.may()

    def may(self, *statements: dict[str, Any]) -> None:
        """Give the reader these rights beside all others."""
        self.reader.may([statement(["athena:*", "glue:*", "s3:*"], "*"), *statements])

    def encrypt(self, mode: str = "SSE-KMS", **more: str) -> None:
        """Encrypt the catalog."""
        settings = {"CatalogEncryptionMode": mode, "SseAwsKmsKeyId": self.key} | more
        self.glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": settings})

    def reads(self) -> list[Callable[[], Any]]:
        """Each way in which the reader reads the catalog."""
        glue, athena = self.reader.client("glue"), self.reader.client("athena")
        return [
            lambda: glue.get_database(Name="sales"),
            glue.get_databases,
            lambda: glue.get_table(DatabaseName="sales", Name="orders"),
            lambda: glue.get_tables(DatabaseName="sales"),
            lambda: glue.get_partitions(**TABLE),
            lambda: glue.get_partition(**TABLE, PartitionValues=["2026-01"]),
            lambda: glue.batch_get_partition(**TABLE, PartitionsToGet=[{"Values": ["2026-01"]}]),
            lambda: athena.list_databases(**IN_CATALOG),
            lambda: athena.get_database(**IN_CATALOG, DatabaseName="sales"),
            lambda: athena.list_table_metadata(**IN_CATALOG, DatabaseName="sales"),
            lambda: athena.get_table_metadata(**IN_CATALOG, **TABLE),
        ]

    def failure(self, sql: str) -> str:
        """Why a query of the reader fails, empty where it does not."""
        athena = self.reader.client("athena")
        output = {"OutputLocation": f"s3://{RESULTS_BUCKET}/"}
        query = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)["QueryExecutionId"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return str(status.get("StateChangeReason", ""))
            time.sleep(0.01)
        raise AssertionError("the query does not end")


@pytest.fixture
def world(clean_sandbox: Sandbox) -> World:
    """The sample data, in a catalog that is not encrypted yet."""
    seed(clean_sandbox)
    return World(clean_sandbox)


def refusals(world: World) -> list[tuple[str, str]]:
    """The code and the message of each read that is refused."""
    found = []
    for read in world.reads():
        try:
            read()
        except ClientError as error:
            found.append((error.response["Error"]["Code"], error.response["Error"]["Message"]))
    return found


def test_every_read_takes_the_callers_right_to_the_key(world: World) -> None:
    assert refusals(world) == []
    world.encrypt()
    denial = (
        f"User: {world.reader.arn} is not authorized to perform: kms:Decrypt on resource: {world.key} because no "
        "identity-based policy allows the kms:Decrypt action (Service: AWSKMS; Status Code: 400; Error Code: "
        "AccessDeniedException; Request ID: "
    )
    refused = refusals(world)
    assert [code for code, _message in refused] == ["GlueEncryptionException"] * 7 + ["MetadataException"] * 4
    assert all(message.startswith(denial) for _code, message in refused)
    athena = [message for code, message in refused if code == "MetadataException"]
    assert all("(Service: AmazonDataCatalog; Status Code: 400; Error Code: GlueEncryptionExcep" in it for it in athena)
    world.may(statement("kms:Decrypt", world.key) | {"Condition": THROUGH_GLUE})
    assert refusals(world) == []


def test_queries_read_the_catalog_too(world: World) -> None:
    world.encrypt()
    for sql in ("SELECT count(*) FROM sales.orders", "SHOW DATABASES", "SHOW TABLES IN sales"):
        assert "kms:Decrypt" in world.failure(sql)
        assert "Error Code: GlueEncryptionException" in world.failure(sql)
    # It names no table.
    assert world.failure("SELECT 1") == ""
    world.may(statement("kms:Decrypt", world.key))
    assert world.failure("SELECT count(*) FROM sales.orders") == ""


def test_the_key_policy_must_delegate(world: World) -> None:
    world.encrypt()
    world.may(statement("kms:Decrypt", world.key))
    somebody = User(world.sandbox, "somebody")
    allow = {"Effect": "Allow", "Principal": {"AWS": somebody.arn}, "Action": "kms:*", "Resource": "*"}
    world.kms.put_key_policy(KeyId=world.key, Policy=document([allow]))
    assert {code for code, _message in refusals(world)} == {"GlueEncryptionException", "MetadataException"}
    assert "no resource-based policy allows the kms:Decrypt action" in refusals(world)[0][1]


def test_with_a_service_role_the_caller_needs_no_right(world: World) -> None:
    iam = world.sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="catalog", AssumeRolePolicyDocument=document([trust]))["Role"]["Arn"]
    world.encrypt("SSE-KMS-WITH-SERVICE-ROLE", CatalogEncryptionServiceRole=role)
    world.may(statement("kms:Decrypt", world.key))
    session = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/catalog/"
    assert [message[: len(session)] for _code, message in refusals(world)] == [session] * 11
    text = document([statement("kms:Decrypt", world.key)])
    iam.put_role_policy(RoleName="catalog", PolicyName="key", PolicyDocument=text)
    world.may()
    assert refusals(world) == []


def test_a_key_that_is_disabled(world: World) -> None:
    world.encrypt()
    world.may(statement("kms:Decrypt", world.key))
    world.kms.disable_key(KeyId=world.key)
    code, message = refusals(world)[0]
    assert code == "GlueEncryptionException"
    assert message.startswith(f"{world.key} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: Disabled")


@pytest.mark.parametrize("name", ["id", "alias"])
def test_the_key_may_be_named_otherwise(world: World, name: str) -> None:
    world.kms.create_alias(AliasName="alias/catalog", TargetKeyId=world.key)
    world.encrypt(SseAwsKmsKeyId=world.key.rpartition("/")[2] if name == "id" else "alias/catalog")
    assert len(refusals(world)) == 11
    world.may(statement("kms:Decrypt", world.key))
    assert refusals(world) == []


def test_the_key_of_aws_takes_no_right(world: World) -> None:
    settings = {"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS"}}
    world.glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=settings)
    assert refusals(world) == []
    world.encrypt(SseAwsKmsKeyId="alias/aws/glue")
    assert refusals(world) == []
