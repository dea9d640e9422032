# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _results_bucket_facts as facts
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption

OPTIONS = {"output_location": "s3://example-results/athena/", "expected_bucket_owner": None, "workgroup": "primary"}
REGIONAL = "s3://results-123456789012-us-east-1-an/athena"


@pytest.mark.parametrize(
    ("options", "location"),
    [
        ({}, S3Location("example-results", "athena")),
        ({"expected_bucket_owner": "012345678901"}, S3Location("example-results", "athena")),
        ({"output_location": "s3://example.results"}, S3Location("example.results")),
        ({"output_location": REGIONAL}, S3Location("results-123456789012-us-east-1-an", "athena")),
        (
            {"output_location": REGIONAL, "expected_bucket_owner": "123456789012"},
            S3Location("results-123456789012-us-east-1-an", "athena"),
        ),
    ],
)
def test_a_location_is_read(options: dict[str, Any], location: S3Location) -> None:
    assert facts.read_location({**OPTIONS, **options}, "us-east-1") == location


@pytest.mark.parametrize(
    ("options", "region", "message"),
    [
        ({"output_location": "https://example-results/"}, "us-east-1", "^output_location: .*s3://"),
        ({"output_location": "s3://example-results--x-s3/"}, "us-east-1", "directory bucket"),
        ({"output_location": "s3://example-results--table-s3/"}, "us-east-1", "table bucket"),
        ({"output_location": "s3://example-results/a*"}, "us-east-1", "wildcard"),
        ({"expected_bucket_owner": "12345678901"}, "us-east-1", "^expected_bucket_owner: .*12 digits"),
        ({"expected_bucket_owner": ""}, "us-east-1", "^expected_bucket_owner: "),
        ({"expected_bucket_owner": "12345678901x"}, "us-east-1", "^expected_bucket_owner: "),
        ({"expected_bucket_owner": "123456789012\n"}, "us-east-1", "^expected_bucket_owner: "),
        ({"expected_bucket_owner": "١٢٣٤٥٦٧٨٩٠١٢"}, "us-east-1", "^expected_bucket_owner: "),
        ({}, None, "^region: "),
        ({}, "", "^region: "),
        (
            {"output_location": REGIONAL, "expected_bucket_owner": "210987654321"},
            "us-east-1",
            "^output_location: .*123456789012.*210987654321",
        ),
        ({"output_location": REGIONAL}, "eu-west-1", "^output_location: .*us-east-1.*eu-west-1"),
    ],
)
def test_a_location_that_cannot_work_is_refused(options: dict[str, Any], region: str | None, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        facts.read_location({**OPTIONS, **options}, region)


@pytest.mark.parametrize("name", ["primary", "", "a", "A.b_c-1", "x" * 128])
def test_a_workgroup_is_read(name: str) -> None:
    assert facts.read_workgroup({"workgroup": name}) == name


@pytest.mark.parametrize(
    "name", ["a b", "x" * 129, "arn:aws:athena:us-east-1:123456789012:workgroup/primary", "*", "a/b", "primary\n"]
)
def test_what_is_no_workgroup_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match=r"^workgroup: "):
        facts.read_workgroup({"workgroup": name})


def test_an_identity_is_of_the_partition_of_the_region() -> None:
    arn = "arn:aws:iam::123456789012:role/qualytics"
    identity = facts.read_identity({"principal": arn}, "aws")
    assert identity is not None
    assert identity.arn == arn
    assert facts.read_identity({"principal": None}, "aws") is None
    with pytest.raises(InvalidOption, match=r"^principal: .*'aws-us-gov'"):
        facts.read_identity({"principal": arn}, "aws-us-gov")


def test_an_identity_is_of_the_account_whose_workgroup_is_seen() -> None:
    identity = facts.read_identity({"principal": "arn:aws:iam::210987654321:user/qualytics"}, "aws")
    facts.require_same_account(None, "123456789012", "primary")
    facts.require_same_account(identity, "210987654321", "primary")
    facts.require_same_account(identity, "123456789012", "")
    with pytest.raises(InvalidOption, match=r"^principal: .*210987654321.*123456789012"):
        facts.require_same_account(identity, "123456789012", "primary")


def answer(status: int, headers: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}, **members}


@pytest.mark.parametrize(
    ("response", "head"),
    [
        (answer(200, BucketRegion="eu-west-1"), facts.Head("found", "eu-west-1")),
        (answer(200, {"x-amz-bucket-region": "eu-west-1"}), facts.Head("found", "eu-west-1")),
        (answer(200, BucketRegion="us-east-1", AccessPointAlias=False), facts.Head("found", "us-east-1")),
        (answer(200, BucketRegion="r", AccessPointAlias=True), facts.Head("found", "r", "an access point")),
        (answer(200, BucketLocationType="AvailabilityZone"), facts.Head("found", None, "a directory bucket")),
        (answer(403, {"x-amz-bucket-region": "eu-west-1"}), facts.Head("denied", "eu-west-1")),
        (answer(403), facts.Head("denied", None)),
        (answer(301, {"x-amz-bucket-region": "eu-west-1"}), facts.Head("moved", "eu-west-1")),
        (answer(404), facts.Head("absent", None)),
        ({"ResponseMetadata": {"HTTPStatusCode": 404}}, facts.Head("absent", None)),
    ],
)
def test_the_answer_of_head_bucket(response: dict[str, Any], head: facts.Head) -> None:
    assert facts.head_of(response) == head


def rule(algorithm: str, **members: Any) -> dict[str, Any]:
    key = {"KMSMasterKeyID": members.pop("key")} if "key" in members else {}
    return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **key}, **members}


@pytest.mark.parametrize(
    ("configuration", "encryption"),
    [
        (None, None),
        ({"Rules": []}, None),
        ({"Rules": [{"BucketKeyEnabled": True}]}, None),
        ({"Rules": [rule("AES256")]}, facts.Encryption("AES256")),
        ({"Rules": [rule("aws:kms", BucketKeyEnabled=True)]}, facts.Encryption("aws:kms", None, True)),
        ({"Rules": [rule("aws:kms", key="alias/results")]}, facts.Encryption("aws:kms", "alias/results")),
        (
            {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}, rule("aws:kms:dsse", key="1")]},
            facts.Encryption("aws:kms:dsse", "1"),
        ),
    ],
)
def test_encryption(configuration: dict[str, Any] | None, encryption: facts.Encryption | None) -> None:
    assert facts.encryption_of(configuration) == encryption


KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KMS = "arn:aws:kms:us-east-1:123456789012"
THEIR_KMS = "arn:aws:kms:us-east-1:210987654321"


@pytest.mark.parametrize(
    ("named", "ours", "theirs"),
    [
        (None, None, None),
        ("alias/aws/s3", None, None),
        (f"{KMS}:alias/aws/s3", None, None),
        (f"{KMS}:key/{KEY_ID}", None, None),
        (KEY_ID, f"{KMS}:key/{KEY_ID}", None),
        ("mrk-1234", f"{KMS}:key/mrk-1234", None),
        ("alias/results", f"{KMS}:alias/results", None),
        # The ARN of an alias says whose it is.
        (f"{KMS}:alias/results", f"{KMS}:alias/results", f"{KMS}:alias/results"),
        (f"{THEIR_KMS}:alias/key/results", f"{THEIR_KMS}:alias/key/results", f"{THEIR_KMS}:alias/key/results"),
        ("arn:aws:kms:eu-west-1:123456789012:alias/results", None, None),
    ],
)
def test_which_key_is_looked_up(named: str | None, ours: str | None, theirs: str | None) -> None:
    wanted = facts.Wanted(S3Location("example-results"), "123456789012", "123456789012", "aws", "us-east-1")
    across = dataclasses.replace(wanted, owner="210987654321")
    for algorithm in ("aws:kms", "aws:kms:dsse"):
        encryption = facts.Encryption(algorithm, named)
        assert facts.key_to_look_up(wanted, "us-east-1", encryption) == ours
        assert facts.key_to_look_up(across, "us-east-1", encryption) == theirs
    assert facts.key_to_look_up(wanted, "us-east-1", facts.Encryption("AES256", named)) is None


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_the_key_of_a_bucket_that_is_elsewhere_is_not_looked_up(region: str | None) -> None:
    wanted = facts.Wanted(S3Location("example-results"), "123456789012", "123456789012", "aws", "us-east-1")
    assert facts.key_to_look_up(wanted, region, facts.Encryption("aws:kms", "alias/results")) is None


def test_a_key_that_was_not_granted_may_be_the_one_of_aws() -> None:
    wanted = facts.Wanted(S3Location("example-results"), "123456789012", "123456789012", "aws", "us-east-1")
    arn = f"{KMS}:key/{KEY_ID}"
    for granted_keys, asked in ((None, None), ((arn,), None), ((), arn)):
        having = dataclasses.replace(wanted, granted_keys=granted_keys)
        assert facts.key_to_look_up(having, "us-east-1", facts.Encryption("aws:kms", arn)) == asked


def test_without_an_encryption_no_key_is_looked_up() -> None:
    wanted = facts.Wanted(S3Location("example-results"), "123456789012", "123456789012", "aws", "us-east-1")
    assert facts.key_to_look_up(wanted, "us-east-1", None) is None
    assert facts.key_to_look_up(wanted, "us-east-1", Denied("s3:GetEncryptionConfiguration")) is None


def test_the_answer_of_describe_key() -> None:
    metadata = {"Arn": f"{KMS}:key/{KEY_ID}", "KeyState": "Disabled", "KeyManager": "AWS", "KeyId": KEY_ID}
    assert facts.kms_key_of(metadata) == facts.KmsKey(f"{KMS}:key/{KEY_ID}", "Disabled", "AWS")
    assert facts.kms_key_of(metadata).is_aws_managed
    assert not facts.kms_key_of({**metadata, "KeyManager": "CUSTOMER"}).is_aws_managed
    assert facts.kms_key_of(None) == "absent"


@pytest.mark.parametrize(
    ("configuration", "lock"),
    [
        (None, None),
        ({}, None),
        ({"ObjectLockEnabled": "Enabled"}, facts.ObjectLock(None)),
        ({"ObjectLockEnabled": "Enabled", "Rule": {}}, facts.ObjectLock(None)),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}},
            facts.ObjectLock("GOVERNANCE 30 days"),
        ),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}},
            facts.ObjectLock("COMPLIANCE 7 years"),
        ),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"DefaultEventHold": {"Days": 1}}}},
            facts.ObjectLock("an event hold"),
        ),
    ],
)
def test_object_lock(configuration: dict[str, Any] | None, lock: facts.ObjectLock | None) -> None:
    assert facts.object_lock_of(configuration) == lock


def test_a_workgroup_with_everything() -> None:
    whole = {
        "Name": "reports",
        "State": "ENABLED",
        "Configuration": {
            "ResultConfiguration": {
                "OutputLocation": "s3://example-results/reports/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:r:1:key/2"},
                "ExpectedBucketOwner": "123456789012",
                "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"},
            },
            "ManagedQueryResultsConfiguration": {"Enabled": True},
            "EnforceWorkGroupConfiguration": True,
            "EnableMinimumEncryptionConfiguration": True,
            "IdentityCenterConfiguration": {"EnableIdentityCenter": True},
            "QueryResultsS3AccessGrantsConfiguration": {"EnableS3AccessGrants": True},
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        },
    }
    assert facts.workgroup_of(whole) == facts.Workgroup(
        name="reports",
        state="ENABLED",
        enforced=True,
        output_location="s3://example-results/reports/",
        expected_bucket_owner="123456789012",
        acl="BUCKET_OWNER_FULL_CONTROL",
        encryption_option="SSE_KMS",
        kms_key="arn:aws:kms:r:1:key/2",
        minimum_encryption=True,
        managed_query_results=True,
        identity_center=True,
        s3_access_grants=True,
        engine="AUTO",
    )


def test_a_workgroup_with_nothing() -> None:
    assert facts.workgroup_of(None) is None
    assert facts.workgroup_of({"Name": "primary", "State": "ENABLED"}) == facts.Workgroup("primary", "ENABLED")
    application = {
        "Name": "primary",
        "State": "ENABLED",
        "IdentityCenterApplicationArn": "arn:aws:sso::1:application/a/b",
    }
    assert facts.workgroup_of(application) == facts.Workgroup("primary", "ENABLED", identity_center=True)
