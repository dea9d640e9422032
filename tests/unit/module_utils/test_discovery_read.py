# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of AWS, and what is made of its answers."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._discovery import (
    Absent,
    CatalogEncryption,
    FoundKey,
    Unknown,
)
from ansible_collections.qualytics.athena.plugins.module_utils._discovery_read import (
    KeyReader,
    discover,
)
from ansible_collections.qualytics.athena.plugins.module_utils._glue import GlueError
from ansible_collections.qualytics.athena.plugins.module_utils._grants_findings import Registrations
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._s3 import S3Error

ACCOUNT, OTHER = "123456789012", "210987654321"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"
FOREIGN_KEY = KEY.replace(ACCOUNT, OTHER)
ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/lake"


class FakeSession:
    """The caller's account in us-east-1."""

    partition, region = "aws", "us-east-1"
    progress = Progress()

    def __init__(self, aws: Any, arn: str = f"arn:aws:iam::{ACCOUNT}:user/provisioner") -> None:
        self._aws = aws
        self._clients: dict[str, Any] = {}
        self.caller = {"Account": ACCOUNT, "Arn": arn}

    def client(self, service: str) -> Any:
        return self._clients.setdefault(service, self._aws.client(service))


def session_of(aws: Any) -> Any:
    return cast(Any, FakeSession(aws))


def refusal(code: str, message: str = "told so") -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


def s3_error(code: str, status: int = 403) -> tuple[int, str, dict[str, str]]:
    return (status, f"<Error><Code>{code}</Code><Message>told so</Message></Error>", {})


def encrypted_with(key: str | None) -> tuple[int, str, dict[str, str]]:
    named = f"<KMSMasterKeyID>{key}</KMSMasterKeyID>" if key else ""
    default = f"<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>{named}"
    rule = f"<Rule>{default}</ApplyServerSideEncryptionByDefault></Rule>"
    return (200, f"<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>", {})


def described(arn: str = KEY, manager: str = "CUSTOMER") -> tuple[int, dict[str, Any], dict[str, str]]:
    metadata = {"KeyId": KEY_ID, "Arn": arn, "KeyState": "Enabled", "KeyManager": manager}
    return (200, {"KeyMetadata": metadata}, {})


@pytest.fixture
def aws(fake_aws: Any) -> Any:
    """An account in which there is nothing, and nothing is forbidden."""
    fake_aws.answer("GetDatabase", (200, {"Database": {"Name": "sales"}}, {}))
    fake_aws.answer("GetTables", (200, {"TableList": []}, {}))
    fake_aws.answer("GetDataCatalogEncryptionSettings", (200, {"DataCatalogEncryptionSettings": {}}, {}))
    fake_aws.answer("ListResources", (200, {"ResourceInfoList": []}, {}))
    fake_aws.answer("GetDataLakeSettings", (200, {"DataLakeSettings": {}}, {}))
    fake_aws.answer("GetBucketEncryption", s3_error("ServerSideEncryptionConfigurationNotFoundError", 404))
    fake_aws.answer("DescribeKey", described())
    return fake_aws


def table(name: str, location: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "StorageDescriptor": {"Location": location}, **more}


def tables(*rows: dict[str, Any], token: str | None = None) -> tuple[int, dict[str, Any], dict[str, str]]:
    return (200, {"TableList": list(rows), **({"NextToken": token} if token else {})}, {})


@pytest.mark.parametrize(
    ("named", "is_own", "answer", "found", "asked"),
    [
        (None, True, None, None, None),
        ("", True, None, None, None),
        (KEY, True, described(), KEY, KEY),
        (ALIAS, True, described(), KEY, ALIAS),
        ("alias/lake", True, described(), KEY, ALIAS),
        (KEY_ID, True, described(), KEY, KEY),
        (KEY, True, described(manager="AWS"), None, KEY),
        ("alias/aws/glue", True, described(manager="AWS"), None, ALIAS.replace("lake", "aws/glue")),
        (KEY, True, refusal("NotFoundException"), None, KEY),
        (KEY, True, refusal("AccessDeniedException"), KEY, KEY),
        (FOREIGN_KEY, False, refusal("AccessDeniedException"), FOREIGN_KEY, FOREIGN_KEY),
        (ALIAS, True, refusal("AccessDeniedException"), Denied("kms:DescribeKey"), ALIAS),
        # Who looks it up here would find a key of another name's owner.
        ("alias/lake", False, None, Denied("kms:DescribeKey in the account that names the key"), None),
        (KEY_ID, False, None, Denied("kms:DescribeKey in the account that names the key"), None),
        # Nobody to ask in this Region.
        (KEY.replace("us-east-1", "eu-west-1"), True, None, KEY.replace("us-east-1", "eu-west-1"), None),
        ("arn:aws:kms:us-east-1:*:key/*", True, refusal("InvalidArnException"), None, "arn:aws:kms:us-east-1:*:key/*"),
    ],
)
def test_a_key_is_known_by_its_arn(
    aws: Any, named: str | None, is_own: bool, answer: Any, found: FoundKey, asked: str | None
) -> None:
    if answer:
        aws.answer("DescribeKey", answer)
    keys = KeyReader(session_of(aws))
    assert [keys.resolve(named, is_own) for _time in range(2)] == [found, found]
    assert [json.loads(request.body)["KeyId"] for request in aws.requests["DescribeKey"]] == ([asked] if asked else [])


def test_a_source_bucket_may_be_anybodys(aws: Any) -> None:
    """It is asked as one of the account first, as an alias there is one of the account; then as anybody's."""
    aws.answer("GetBucketEncryption", s3_error("AccessDenied"), encrypted_with("alias/lake"))
    found = KeyReader(session_of(aws)).of_buckets(["shared"])
    assert found == {"shared": Denied("kms:DescribeKey in the account that names the key")}
    owners = [request.headers.get("x-amz-expected-bucket-owner") for request in aws.requests["GetBucketEncryption"]]
    assert [owner and owner.decode() if isinstance(owner, bytes) else owner for owner in owners] == [ACCOUNT, None]

    aws.answer("GetBucketEncryption", encrypted_with("alias/lake"))
    assert KeyReader(session_of(aws)).of_buckets(["own"]) == {"own": KEY}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (encrypted_with(None), None),
        (encrypted_with("alias/aws/s3"), None),
        (s3_error("ServerSideEncryptionConfigurationNotFoundError", 404), None),
        (s3_error("AccessDenied"), Denied("s3:GetEncryptionConfiguration")),
        # A Region that the account has not opted in to, or another partition.
        (s3_error("InvalidAccessKeyId"), Denied("s3:GetEncryptionConfiguration")),
        (s3_error("IllegalLocationConstraintException", 400), Denied("s3:GetEncryptionConfiguration")),
    ],
)
def test_the_default_key_of_a_source_bucket(aws: Any, answer: Any, found: FoundKey) -> None:
    aws.answer("GetBucketEncryption", answer)
    # Where another Region may be meant, the SDK asks which.
    aws.answer("HeadBucket", (403, "", {}))
    assert KeyReader(session_of(aws)).of_buckets(["lake"]) == {"lake": found}


def test_buckets_that_are_not_there(aws: Any) -> None:
    aws.answer("GetBucketEncryption", s3_error("NoSuchBucket", 404))
    keys = KeyReader(session_of(aws))
    assert keys.of_buckets(["gone"]) == {"gone": None}
    assert keys.of_bucket("results", ACCOUNT) is None
    assert keys.absent == (Absent("bucket", "gone"), Absent("bucket", "results"))


def test_any_other_refusal_is_an_error(aws: Any) -> None:
    aws.answer("GetBucketEncryption", s3_error("MalformedXML", 400))
    with pytest.raises(S3Error):
        KeyReader(session_of(aws)).of_buckets(["lake"])


@pytest.mark.parametrize(
    ("at_rest", "expected"),
    [
        ({}, CatalogEncryption("DISABLED")),
        ({"CatalogEncryptionMode": "SSE-KMS"}, CatalogEncryption("SSE-KMS")),
        ({"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/lake"}, CatalogEncryption("SSE-KMS", KEY)),
        (
            {"CatalogEncryptionMode": "SSE-KMS-WITH-SERVICE-ROLE", "SseAwsKmsKeyId": KEY},
            CatalogEncryption("SSE-KMS-WITH-SERVICE-ROLE"),
        ),
    ],
)
def test_the_encryption_of_the_catalog(aws: Any, at_rest: dict[str, str], expected: CatalogEncryption) -> None:
    settings = {"DataCatalogEncryptionSettings": {"EncryptionAtRest": at_rest}}
    aws.answer("GetDataCatalogEncryptionSettings", (200, settings, {}))
    assert discover(["sales"], ACCOUNT, session_of(aws)).catalog == expected


def test_a_name_in_the_settings_of_another_accounts_catalog_is_not_looked_up_here(aws: Any) -> None:
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/lake"}
    settings = {"DataCatalogEncryptionSettings": {"EncryptionAtRest": at_rest}}
    aws.answer("GetDataCatalogEncryptionSettings", (200, settings, {}))
    catalog = discover(["sales"], OTHER, session_of(aws)).catalog
    assert isinstance(catalog, CatalogEncryption)
    assert isinstance(catalog.key, Denied)
    assert "DescribeKey" not in aws.calls
    # Whom its Lake Formation shows what is for its account.
    assert "GetDataLakeSettings" not in aws.calls


def test_pages_may_be_empty_and_not_the_last(aws: Any) -> None:
    first, second = table("a", "s3://lake/a"), table("b", "s3://lake/b")
    aws.answer("GetTables", tables(token="1"), tables(first, token="2"), tables(token="3"), tables(second))
    roots = [{"ResourceArn": "arn:aws:s3:::lake/a"}]
    aws.answer("ListResources", (200, {"NextToken": "1"}, {}), (200, {"ResourceInfoList": roots}, {}))
    found = discover(["sales"], ACCOUNT, session_of(aws))
    assert [it.name for it in found.tables] == ["a", "b"]
    assert isinstance(found.registrations, Registrations)
    assert found.registrations.around("s3://lake/a/x")
    assert aws.calls["GetTables"] == 4
    assert aws.calls["GetBucketEncryption"] == 1


def test_partitions_are_asked_for_without_their_columns(aws: Any) -> None:
    keys = [{"Name": "day", "Type": "string"}]
    aws.answer("GetTables", tables(table("a", "s3://lake/a", PartitionKeys=keys), table("b", "s3://lake/b")))
    partition = {"StorageDescriptor": {"Location": "s3://old/a"}}
    aws.answer(
        "GetPartitions", (200, {"Partitions": [{}], "NextToken": "1"}, {}), (200, {"Partitions": [partition]}, {})
    )
    found = discover(["sales"], ACCOUNT, session_of(aws))
    assert [it.locations for it in found.tables] == [("s3://lake/a/", "s3://old/a/"), ("s3://lake/b/",)]
    asked = [json.loads(request.body) for request in aws.requests["GetPartitions"]]
    assert [(it["TableName"], it["ExcludeColumnSchema"], it["MaxResults"]) for it in asked] == [("a", True, 1000)] * 2
    assert set(found.source_keys) == {"lake", "old"}


def test_only_keys_that_are_of_interest_are_looked_at(aws: Any) -> None:
    aws.answer("GetTables", tables(table("a", "s3://lake/a"), table("b", "s3://evil/b")))
    found = discover(["sales"], ACCOUNT, session_of(aws), wants_key=lambda bucket: bucket == "lake")
    assert set(found.source_keys) == {"lake"}
    assert aws.calls["GetBucketEncryption"] == 1


@pytest.mark.parametrize(
    ("operation", "answer", "expected"),
    [
        ("GetDatabase", refusal("AccessDeniedException"), ("the database sales", "glue:GetDatabase")),
        (
            "GetDatabase",
            refusal("AccessDeniedException", "Insufficient Lake Formation permission(s): Required Describe on sales"),
            ("the database sales", "DESCRIBE in Lake Formation"),
        ),
        (
            "GetTables",
            refusal("GlueEncryptionException", "may not use the key"),
            ("the tables of the database sales", "kms:Decrypt on the key of the Data Catalog"),
        ),
        (
            "GetDataLakeSettings",
            refusal("AccessDeniedException"),
            ("tables that Lake Formation may hide from the caller", "lakeformation:GetDataLakeSettings"),
        ),
    ],
)
def test_what_may_not_be_looked_at_is_not_absent(aws: Any, operation: str, answer: Any, expected: Any) -> None:
    aws.answer(operation, answer)
    found = discover(["sales"], ACCOUNT, session_of(aws))
    assert Unknown(*expected) in found.unknown
    assert found.absent == ()


@pytest.mark.parametrize(
    ("setting", "admin", "caller", "is_blind"),
    [
        (
            "DataLakeAdmins",
            f"arn:aws:iam::{ACCOUNT}:user/provisioner",
            f"arn:aws:iam::{ACCOUNT}:user/provisioner",
            False,
        ),
        ("ReadOnlyAdmins", f"arn:aws:iam::{ACCOUNT}:role/ops/p", f"arn:aws:sts::{ACCOUNT}:assumed-role/p/s", False),
        ("ReadOnlyAdmins", f"arn:aws:iam::{ACCOUNT}:role/ops/p", f"arn:aws:sts::{ACCOUNT}:assumed-role/q/s", True),
        ("DataLakeAdmins", f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:user/provisioner", True),
    ],
)
def test_from_whom_lake_formation_may_hide_tables(
    aws: Any, setting: str, admin: str, caller: str, is_blind: bool
) -> None:
    """Where it has no administrators it is not in use."""
    somebody = [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/somebody"}]
    settings = {"DataLakeAdmins": somebody, setting: [{"DataLakePrincipalIdentifier": admin}]}
    aws.answer("GetDataLakeSettings", (200, {"DataLakeSettings": settings}, {}))
    unknown = discover(["sales"], ACCOUNT, cast(Any, FakeSession(aws, caller))).unknown
    assert [it.what for it in unknown] == (["tables that Lake Formation may hide from the caller"] if is_blind else [])


def test_databases_that_are_not_there(aws: Any) -> None:
    aws.answer("GetDatabase", refusal("EntityNotFoundException"))
    found = discover(["sales", "hr"], ACCOUNT, session_of(aws))
    assert found.absent == (Absent("database", "sales"), Absent("database", "hr"))
    assert (found.unknown, found.tables) == ((), ())


def test_any_other_failure_of_a_page_is_an_error(aws: Any) -> None:
    aws.answer("GetTables", tables(table("a", "s3://lake/a"), token="1"), refusal("InvalidInputException"))
    with pytest.raises(GlueError):
        discover(["sales"], ACCOUNT, session_of(aws))
