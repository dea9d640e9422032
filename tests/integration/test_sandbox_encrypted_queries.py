# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries of the sandbox on encrypted results and sources: which key each step uses, and who must be allowed to."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.sample import RESULTS_BUCKET, SOURCE_BUCKET, User, document, seed, statement

ACCOUNT = "123456789012"
OUTPUT = f"s3://{RESULTS_BUCKET}/team/"
SMALL = "SELECT 1"
# More than fits into one part of a multipart upload.
LARGE = "SELECT lpad('x', 6000000, 'x')"
COUNT = "SELECT count(*) FROM sales.customers"
THROUGH_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SERVICE_LINKED = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
)
DENIED_WRITE = "FAILED: Access denied when writing output to url: s3://acme-athena-results/team/"
DENIED_READ = "GetQueryResults InvalidRequestException: You do not seem to have access to the S3 location"


class World:
    """An account with the sample data, a reader with every right but those on keys, and keys."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.kms, self.s3, self.iam = (sandbox.client(service) for service in ("kms", "s3", "iam"))
        self.reader = User(sandbox, "reader")
        self.may()

    def may(self, *statements: dict[str, Any]) -> None:
        """Give the reader these rights beside all others."""
        rest = statement(["athena:*", "glue:*", "s3:*", "lakeformation:*"], "*")
        self.reader.may([rest, *statements])

    def key(self, *principals: str) -> str:
        """A new key, open to these principals; without any, to whom the account's IAM policies let in."""
        allow = {"Effect": "Allow", "Principal": {"AWS": list(principals) or ROOT}, "Action": "kms:*", "Resource": "*"}
        return str(self.kms.create_key(Policy=document([allow]))["KeyMetadata"]["Arn"])

    def default_key(self, bucket: str, key: str) -> None:
        """Encrypt what is written to a bucket from now on."""
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)

    def encrypt_sources(self, key: str) -> None:
        """Put the sample data under a key."""
        self.default_key(SOURCE_BUCKET, key)
        for found in self.s3.list_objects_v2(Bucket=SOURCE_BUCKET)["Contents"]:
            body = self.s3.get_object(Bucket=SOURCE_BUCKET, Key=found["Key"])["Body"].read()
            self.s3.put_object(Bucket=SOURCE_BUCKET, Key=found["Key"], Body=body)

    def execution(self, sql: str, **arguments: Any) -> dict[str, Any]:
        """A query of the reader that has ended."""
        athena = self.reader.client("athena")
        configuration = {"OutputLocation": OUTPUT} | arguments.pop("ResultConfiguration", {})
        query = athena.start_query_execution(QueryString=sql, ResultConfiguration=configuration, **arguments)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            execution = athena.get_query_execution(QueryExecutionId=query["QueryExecutionId"])["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return dict(execution)
            time.sleep(0.01)
        raise AssertionError("the query does not end")

    def outcome(self, sql: str, **arguments: Any) -> str:
        """`read` for a query whose result the reader gets, or why it does not."""
        execution = self.execution(sql, **arguments)
        if execution["Status"]["State"] == "FAILED":
            return f"FAILED: {execution['Status']['StateChangeReason']}"
        try:
            self.reader.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        except ClientError as error:
            return f"{error.operation_name} {error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return "read"


@pytest.fixture
def world(clean_sandbox: Sandbox) -> World:
    """The sample data, and a reader who may do everything but use keys."""
    seed(clean_sandbox)
    return World(clean_sandbox)


def use(actions: str | list[str], key: str, **more: Any) -> dict[str, Any]:
    """A statement that lets use a key."""
    return statement(actions, key) | more


# ---- results ----


def test_each_right_on_the_key_of_the_results(world: World) -> None:
    key = world.key()
    world.default_key(RESULTS_BUCKET, key)
    assert world.outcome(SMALL).startswith(DENIED_WRITE)
    world.may(use("kms:Decrypt", key))
    assert world.outcome(SMALL).startswith(DENIED_WRITE)
    world.may(use("kms:GenerateDataKey", key))
    assert world.outcome(SMALL).startswith(DENIED_READ)
    assert world.outcome(LARGE).startswith(DENIED_WRITE)
    world.may(use(["kms:GenerateDataKey", "kms:Decrypt"], key))
    assert (world.outcome(SMALL), world.outcome(LARGE)) == ("read", "read")


def test_a_client_that_reads_the_result_itself_needs_decrypt(world: World) -> None:
    key = world.key()
    world.default_key(RESULTS_BUCKET, key)
    world.may(use("kms:GenerateDataKey", key))
    execution = world.execution(SMALL)
    assert execution["Status"]["State"] == "SUCCEEDED"
    name = execution["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{RESULTS_BUCKET}/")
    head = world.s3.head_object(Bucket=RESULTS_BUCKET, Key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
        world.reader.client("s3").get_object(Bucket=RESULTS_BUCKET, Key=name)


def test_rights_limited_to_s3_are_enough(world: World) -> None:
    key = world.key()
    world.default_key(RESULTS_BUCKET, key)
    rights = ["kms:GenerateDataKey", "kms:Decrypt"]
    world.may(use(rights, key, Condition=THROUGH_S3))
    assert world.outcome(LARGE) == "read"
    elsewhere = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    world.may(use(rights, key, Condition=elsewhere))
    assert world.outcome(LARGE).startswith(DENIED_WRITE)


def test_iam_policies_alone_do_not_open_a_key_that_does_not_delegate(world: World) -> None:
    somebody = User(world.sandbox, "somebody")
    key = world.key(somebody.arn)
    world.default_key(RESULTS_BUCKET, key)
    world.may(use("kms:*", key))
    assert world.outcome(SMALL).startswith(DENIED_WRITE)


def test_a_key_policy_that_names_the_reader_is_enough(world: World) -> None:
    world.default_key(RESULTS_BUCKET, world.key(world.reader.arn))
    assert world.outcome(LARGE) == "read"


def test_a_grant_is_enough(world: World) -> None:
    key = world.key()
    world.default_key(RESULTS_BUCKET, key)
    operations = ["GenerateDataKey", "Decrypt"]
    grant = world.kms.create_grant(KeyId=key, GranteePrincipal=world.reader.arn, Operations=operations[:1])["GrantId"]
    assert world.outcome(SMALL).startswith(DENIED_READ)
    world.kms.create_grant(KeyId=key, GranteePrincipal=world.reader.arn, Operations=operations[1:])
    assert world.outcome(LARGE) == "read"
    world.may({**use("kms:Decrypt", key), "Effect": "Deny"})
    assert world.outcome(LARGE).startswith(DENIED_WRITE)
    world.may()
    world.kms.revoke_grant(KeyId=key, GrantId=grant)
    assert world.outcome(SMALL).startswith(DENIED_WRITE)


def test_the_key_is_that_of_the_settings_in_force(world: World) -> None:
    asked, enforced = world.key(), world.key()
    world.may(use(["kms:GenerateDataKey", "kms:Decrypt"], asked))
    encryption = {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": asked}}
    assert world.outcome(LARGE, ResultConfiguration=encryption) == "read"
    configuration = {
        "OutputLocation": OUTPUT,
        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": enforced},
    }
    world.sandbox.client("athena").create_work_group(
        Name="team", Configuration={"ResultConfiguration": configuration, "EnforceWorkGroupConfiguration": True}
    )
    assert world.outcome(SMALL, ResultConfiguration=encryption, WorkGroup="team").startswith(DENIED_WRITE)
    world.may(use(["kms:GenerateDataKey", "kms:Decrypt"], enforced))
    assert world.outcome(SMALL, ResultConfiguration=encryption, WorkGroup="team") == "read"


def test_results_that_athena_encrypts_itself(world: World) -> None:
    key = world.key()
    encryption = {"EncryptionConfiguration": {"EncryptionOption": "CSE_KMS", "KmsKey": key}}
    assert world.outcome(SMALL, ResultConfiguration=encryption).startswith(DENIED_WRITE)
    world.may(use("kms:GenerateDataKey", key))
    assert world.outcome(SMALL, ResultConfiguration=encryption).startswith(DENIED_READ)
    world.may(use(["kms:GenerateDataKey", "kms:Decrypt"], key))
    assert world.outcome(SMALL, ResultConfiguration=encryption) == "read"
    # S3 asks for no key, and whoever reads the object alone gets nothing of use.
    execution = world.execution("SELECT 'plain'", ResultConfiguration=encryption)
    name = execution["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{RESULTS_BUCKET}/")
    found = world.s3.get_object(Bucket=RESULTS_BUCKET, Key=name)
    assert "SSEKMSKeyId" not in found
    assert found["Metadata"]["x-amz-wrap-alg"] == "kms+context"
    assert b"plain" not in found["Body"].read()


def test_the_key_that_aws_manages_takes_no_right(world: World) -> None:
    managed = world.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"
    world.default_key(RESULTS_BUCKET, managed["Arn"])
    assert world.outcome(LARGE) == "read"


@pytest.mark.parametrize(
    ("operation", "arguments", "text"),
    [
        ("disable_key", {}, "is disabled. (Service: Amazon S3; Status Code: 400; Error Code: KMS.DisabledException;"),
        (
            "schedule_key_deletion",
            {"PendingWindowInDays": 7},
            "is pending deletion. (Service: Amazon S3; Status Code: 400; Error Code: KMS.KMSInvalidStateException;",
        ),
    ],
)
def test_a_key_out_of_use(world: World, operation: str, arguments: dict[str, Any], text: str) -> None:
    key = world.key()
    world.default_key(RESULTS_BUCKET, key)
    world.encrypt_sources(key)
    world.may(use("kms:*", key))
    assert world.outcome(COUNT) == "read"
    execution = world.execution(SMALL)
    getattr(world.kms, operation)(KeyId=key, **arguments)
    with pytest.raises(ClientError, match="You do not seem to have access"):
        world.reader.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert f"{key} {text}" in world.outcome(SMALL)
    assert world.outcome(COUNT).startswith("FAILED: com.amazonaws.services.s3.model.AmazonS3Exception: ")
    with pytest.raises(ClientError, match=rf"\(KMS\.{text.partition('KMS.')[2].rstrip(';')}\)"):
        world.s3.get_object(Bucket=SOURCE_BUCKET, Key="hr/employees/employees.csv")


# ---- sources ----


def test_reading_sources_takes_decrypt_and_the_missing_side_is_named(world: World) -> None:
    key = world.key()
    world.encrypt_sources(key)
    start = (
        f"FAILED: com.amazonaws.services.s3.model.AmazonS3Exception: User: {world.reader.arn} is not authorized to "
        f"perform: kms:Decrypt on resource: {key} because no"
    )
    assert world.outcome(COUNT).startswith(f"{start} identity-based policy allows the kms:Decrypt action")
    world.may(use("kms:Decrypt", key, Condition=THROUGH_S3))
    assert world.outcome(COUNT) == "read"
    somebody = User(world.sandbox, "somebody")
    allow = {"Effect": "Allow", "Principal": {"AWS": somebody.arn}, "Action": "kms:*", "Resource": "*"}
    world.kms.put_key_policy(KeyId=key, Policy=document([allow]))
    assert world.outcome(COUNT).startswith(f"{start} resource-based policy allows the kms:Decrypt action")


def test_copying_takes_the_key_of_the_source(world: World) -> None:
    key = world.key()
    world.encrypt_sources(key)
    client = world.reader.client("s3")
    copy = {"Bucket": RESULTS_BUCKET, "Key": "copy", "CopySource": f"{SOURCE_BUCKET}/hr/employees/employees.csv"}
    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
        client.copy_object(**copy)
    world.may(use("kms:Decrypt", key))
    client.copy_object(**copy)


# ---- sources that Lake Formation vends ----


class Governed:
    """The sample data registered with Lake Formation, under a key, and all of it granted to the reader."""

    def __init__(self, world: World, key: str, role: str | None) -> None:
        world.encrypt_sources(key)
        client = world.sandbox.client("lakeformation")
        registration: dict[str, Any] = {"RoleArn": role} if role else {"UseServiceLinkedRole": True}
        client.register_resource(ResourceArn=f"arn:aws:s3:::{SOURCE_BUCKET}", **registration)
        client.put_data_lake_settings(
            DataLakeSettings={"DataLakeAdmins": [{"DataLakePrincipalIdentifier": ROOT}]},
        )
        table = {"Table": {"DatabaseName": "sales", "Name": "customers"}}
        everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
        client.revoke_permissions(Principal=everybody, Resource=table, Permissions=["ALL"])
        reader = {"DataLakePrincipalIdentifier": world.reader.arn}
        client.grant_permissions(Principal=reader, Resource=table, Permissions=["SELECT", "DESCRIBE"])


def test_the_registration_role_is_asked_and_not_the_reader(world: World) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lakeformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = world.iam.create_role(RoleName="lake", AssumeRolePolicyDocument=document([trust]))["Role"]["Arn"]
    key = world.key()
    Governed(world, key, role)

    def role_may(*statements: dict[str, Any]) -> None:
        world.iam.put_role_policy(RoleName="lake", PolicyName="data", PolicyDocument=document(statements))

    on_keys = use("kms:Decrypt", key)
    world.reader.may([statement(["athena:*", "glue:*", "lakeformation:GetDataAccess"], "*"), on_keys])
    world.reader.iam.put_user_policy(
        UserName="reader",
        PolicyName="results",
        PolicyDocument=document([statement("s3:*", [f"arn:aws:s3:::{RESULTS_BUCKET}{end}" for end in ("", "/*")])]),
    )
    assert world.outcome(COUNT).startswith("FAILED: Permission denied on S3 path: s3://acme-data-lake/sales/customers/")
    on_data = statement(["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{SOURCE_BUCKET}{end}" for end in ("", "/*")])
    role_may(on_data)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/lake/AWSLF-00-AT-{ACCOUNT}"
    assert (
        f"AmazonS3Exception: User: {session} is not authorized to perform: kms:Decrypt on resource: {key} because no "
        "identity-based policy allows the kms:Decrypt action"
    ) in world.outcome(COUNT)
    role_may(on_data, on_keys)
    assert world.outcome(COUNT) == "read"
    # The reader's own right to the key is none of its concern.
    world.reader.may([statement(["athena:*", "glue:*", "lakeformation:GetDataAccess"], "*")])
    assert world.outcome(COUNT) == "read"
    # The organization binds the role as any other.
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
    world.sandbox.switch("organization_policy", document=json.loads(document([allow, deny])))
    assert "with an explicit deny in a service control policy" in world.outcome(COUNT)


def test_of_the_service_linked_role_only_the_key_policy_matters(world: World) -> None:
    key = world.key()
    Governed(world, key, None)
    world.may(use("kms:*", key))
    refused = world.outcome(COUNT)
    assert "assumed-role/AWSServiceRoleForLakeFormationDataAccess/AWSLF-00-AT-" in refused
    assert "is not authorized to perform: kms:Decrypt" in refused
    allow = {"Effect": "Allow", "Principal": {"AWS": SERVICE_LINKED}, "Action": "kms:Decrypt", "Resource": "*"}
    world.kms.put_key_policy(KeyId=key, Policy=document([allow]))
    assert world.outcome(COUNT) == "read"
    by_condition = {"Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": SERVICE_LINKED}}}
    world.kms.put_key_policy(KeyId=key, Policy=document([allow | by_condition]))
    assert world.outcome(COUNT) == "read"


def test_the_service_linked_role_may_use_the_key_that_aws_manages(world: World) -> None:
    Governed(world, world.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"], None)
    assert world.outcome(COUNT) == "read"
