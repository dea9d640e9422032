# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 in the sandbox: owners, Regions, absent buckets, the reads of the bucket check, and the rights beside s3:*."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.user import User

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
BUCKET = "arn:aws:s3:::results"


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    """The status and code of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], str(caught.value.response["Error"]["Code"])


@pytest.fixture
def s3(clean_sandbox: Sandbox) -> Any:
    """S3 as the account root, with a bucket `results` that holds an object."""
    client = clean_sandbox.client("s3")
    client.create_bucket(Bucket="results")
    client.put_object(Bucket="results", Key="a", Body=b"x")
    return client


@pytest.fixture
def frankfurt(clean_sandbox: Sandbox) -> str:
    """A bucket in another Region."""
    client = clean_sandbox.client("s3", region="eu-central-1")
    client.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    client.put_object(Bucket="elsewhere", Key="a", Body=b"x")
    return "elsewhere"


OWNED: dict[str, Callable[[Any, str], Any]] = {
    "HeadBucket": lambda s3, owner: s3.head_bucket(Bucket="results", ExpectedBucketOwner=owner),
    "GetBucketLocation": lambda s3, owner: s3.get_bucket_location(Bucket="results", ExpectedBucketOwner=owner),
    "GetBucketEncryption": lambda s3, owner: s3.get_bucket_encryption(Bucket="results", ExpectedBucketOwner=owner),
    "ListObjectsV2": lambda s3, owner: s3.list_objects_v2(Bucket="results", ExpectedBucketOwner=owner),
    "PutObject": lambda s3, owner: s3.put_object(Bucket="results", Key="b", ExpectedBucketOwner=owner),
    "GetObject": lambda s3, owner: s3.get_object(Bucket="results", Key="a", ExpectedBucketOwner=owner),
    "DeleteObject": lambda s3, owner: s3.delete_object(Bucket="results", Key="b", ExpectedBucketOwner=owner),
    "CopyObject": lambda s3, owner: s3.copy_object(
        Bucket="results", Key="c", CopySource="results/a", ExpectedSourceBucketOwner=owner
    ),
}


@pytest.mark.parametrize("operation", OWNED)
def test_an_owner_other_than_expected_is_refused(s3: Any, operation: str) -> None:
    OWNED[operation](s3, ACCOUNT)
    status, code = refusal(lambda: OWNED[operation](s3, OTHER_ACCOUNT))
    assert (status, code) == (403, "403" if operation == "HeadBucket" else "AccessDenied")


def test_a_bucket_of_another_account_is_refused_and_its_name_taken(s3: Any, clean_sandbox: Sandbox) -> None:
    theirs = clean_sandbox.client("s3", OTHER_ACCOUNT, "secret")
    theirs.create_bucket(Bucket="foreign")
    assert refusal(lambda: s3.head_bucket(Bucket="foreign")) == (403, "403")
    assert refusal(lambda: s3.get_bucket_location(Bucket="foreign")) == (403, "AccessDenied")
    assert refusal(lambda: s3.create_bucket(Bucket="foreign")) == (409, "BucketAlreadyExists")
    theirs.head_bucket(Bucket="foreign", ExpectedBucketOwner=OTHER_ACCOUNT)


def test_an_absent_bucket_is_404_whatever_the_rights(s3: Any, user: User) -> None:
    owner = {"ExpectedBucketOwner": OTHER_ACCOUNT}
    for client in (s3, user.client("s3")):
        assert refusal(partial(client.head_bucket, Bucket="absent")) == (404, "404")
        assert refusal(partial(client.list_objects_v2, Bucket="absent")) == (404, "NoSuchBucket")
        assert refusal(partial(client.get_bucket_encryption, Bucket="absent")) == (404, "NoSuchBucket")
        assert refusal(partial(client.get_bucket_location, Bucket="absent", **owner)) == (404, "NoSuchBucket")


def test_head_bucket_tells_the_region_even_to_who_is_denied(s3: Any, frankfurt: str, user: User) -> None:
    for bucket, region in (("results", "us-east-1"), (frankfurt, "eu-central-1")):
        with pytest.raises(ClientError) as caught:
            user.client("s3", region).head_bucket(Bucket=bucket)
        metadata = caught.value.response["ResponseMetadata"]
        assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["x-amz-bucket-region"]) == (403, region)


def test_head_bucket_needs_list_bucket(s3: Any, user: User) -> None:
    user.may("s3:HeadBucket", BUCKET)
    assert refusal(lambda: user.client("s3").head_bucket(Bucket="results")) == (403, "403")
    user.may("s3:ListBucket", BUCKET)
    assert user.client("s3").head_bucket(Bucket="results")["BucketRegion"] == "us-east-1"


@pytest.mark.parametrize("operation", ["list_objects_v2", "head_bucket", "get_bucket_encryption"])
def test_the_wrong_region_is_redirected_and_the_sdk_follows(
    clean_sandbox: Sandbox, frankfurt: str, operation: str
) -> None:
    clean_sandbox.clear_calls()
    answer = getattr(clean_sandbox.client("s3"), operation)(Bucket=frankfurt)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [call["status"] for call in clean_sandbox.calls()] == [301, 200]


def test_a_redirect_names_the_region(clean_sandbox: Sandbox, frankfurt: str) -> None:
    client = clean_sandbox.client("s3")
    client.meta.events.unregister("needs-retry.s3")
    seen: list[Any] = []
    client.meta.events.register("before-parse.s3.ListObjectsV2", lambda response_dict, **_: seen.append(response_dict))
    client.list_objects_v2(Bucket=frankfurt)
    assert seen[0]["status_code"] == 301
    assert seen[0]["headers"]["x-amz-bucket-region"] == "eu-central-1"
    assert b"<Code>PermanentRedirect</Code>" in seen[0]["body"]


def test_location_of_a_bucket_elsewhere(clean_sandbox: Sandbox, s3: Any, frankfurt: str) -> None:
    assert s3.get_bucket_location(Bucket=frankfurt)["LocationConstraint"] == "eu-central-1"
    assert s3.get_bucket_location(Bucket="results")["LocationConstraint"] is None


READS = {
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "get_bucket_policy": "s3:GetBucketPolicy",
    "get_bucket_policy_status": "s3:GetBucketPolicyStatus",
    "get_object_lock_configuration": "s3:GetBucketObjectLockConfiguration",
    "get_bucket_request_payment": "s3:GetBucketRequestPayment",
    "get_bucket_location": "s3:GetBucketLocation",
    "get_bucket_ownership_controls": "s3:GetBucketOwnershipControls",
    "get_public_access_block": "s3:GetBucketPublicAccessBlock",
    "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "get_bucket_versioning": "s3:GetBucketVersioning",
}
ABSENT = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_policy_status": "NoSuchBucketPolicy",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
}


@pytest.mark.parametrize("operation", READS)
def test_bucket_reads_are_authorised_by_their_own_action(s3: Any, user: User, operation: str) -> None:
    call = getattr(user.client("s3"), operation)
    others = [action for action in READS.values() if action != READS[operation]]
    user.may(others, BUCKET)
    with pytest.raises(ClientError) as caught:
        call(Bucket="results")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == (
        f'User: {user.arn} is not authorized to perform: {READS[operation]} on resource: "{BUCKET}" because no '
        f"identity-based policy allows the {READS[operation]} action"
    )
    user.may(READS[operation], BUCKET)
    if operation in ABSENT:
        assert refusal(lambda: call(Bucket="results")) == (404, ABSENT[operation])
    else:
        call(Bucket="results")


def test_defaults_of_a_new_bucket(s3: Any) -> None:
    (rule,) = s3.get_bucket_encryption(Bucket="results")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    block = s3.get_public_access_block(Bucket="results")["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    (ownership,) = s3.get_bucket_ownership_controls(Bucket="results")["OwnershipControls"]["Rules"]
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}
    assert s3.get_bucket_request_payment(Bucket="results")["Payer"] == "BucketOwner"


def test_what_is_set_reads_back(s3: Any) -> None:
    s3.put_bucket_request_payment(Bucket="results", RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket="results")["Payer"] == "Requester"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/secret/*"}
    s3.put_bucket_policy(Bucket="results", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert s3.get_bucket_policy_status(Bucket="results")["PolicyStatus"] == {"IsPublic": False}
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    lock = s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert lock == {"ObjectLockEnabled": "Enabled"}
    assert refusal(lambda: s3.list_bucket_metrics_configurations(Bucket="results")) == (501, "NotImplemented")


def test_a_bucket_of_another_account_lets_in_whom_its_policy_names(clean_sandbox: Sandbox, user: User) -> None:
    owner = clean_sandbox.client("s3", OTHER_ACCOUNT, "the-root-of-another-account")
    owner.create_bucket(Bucket="theirs")
    owner.put_object(Bucket="theirs", Key="a", Body=b"x")
    client = user.may("s3:*", "*").client("s3")

    def let_in(*named: tuple[str, str]) -> None:
        resource = "arn:aws:s3:::theirs/*"
        statements = [
            {"Effect": effect, "Principal": {"AWS": arn}, "Action": "s3:GetObject", "Resource": resource}
            for effect, arn in named
        ]
        owner.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    let_in(("Allow", f"{user.arn}-else"))
    assert refusal(lambda: client.get_object(Bucket="theirs", Key="a")) == (403, "AccessDenied")
    let_in(("Allow", user.arn))
    client.get_object(Bucket="theirs", Key="a")
    let_in(("Allow", ACCOUNT), ("Deny", user.arn))
    assert refusal(lambda: client.get_object(Bucket="theirs", Key="a")) == (403, "AccessDenied")
    let_in(("Allow", ACCOUNT))
    client.get_object(Bucket="theirs", Key="a")


def test_a_bucket_policy_can_deny_and_can_allow(s3: Any, user: User) -> None:
    client = user.may("s3:*", "*").client("s3")
    deny = {"Effect": "Deny", "Principal": {"AWS": user.arn}, "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}
    s3.put_bucket_policy(Bucket="results", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        client.put_object(Bucket="results", Key="b", Body=b"x")
    client.get_object(Bucket="results", Key="a")

    allow = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    s3.put_bucket_policy(Bucket="results", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    user.may("s3:ListBucket", BUCKET)
    client.get_object(Bucket="results", Key="a")
    assert refusal(lambda: client.put_object(Bucket="results", Key="b")) == (403, "AccessDenied")


@pytest.mark.parametrize("key", ["a//b", "folder/", "a b/ü"])
def test_a_key_is_authorised_as_it_is(s3: Any, user: User, key: str) -> None:
    client = user.may("s3:PutObject", f"{BUCKET}/{key}").client("s3")
    client.put_object(Bucket="results", Key=key, Body=b"x")
    assert refusal(lambda: client.put_object(Bucket="results", Key=key.replace("/", ""))) == (403, "AccessDenied")


def test_an_acl_header_needs_its_own_right(s3: Any, user: User) -> None:
    client = user.may("s3:PutObject", f"{BUCKET}/*").client("s3")
    put = {"Bucket": "results", "Key": "b", "ACL": "bucket-owner-full-control"}
    with pytest.raises(ClientError, match="s3:PutObjectAcl"):
        client.put_object(**put)
    user.may(["s3:PutObject", "s3:PutObjectAcl"], f"{BUCKET}/*")
    client.put_object(**put)


def test_an_object_under_a_key_takes_the_right_to_the_key(s3: Any, user: User, clean_sandbox: Sandbox) -> None:
    key = clean_sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(Bucket="results", ServerSideEncryptionConfiguration=rules)
    client = user.client("s3")
    objects = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{BUCKET}/*"}
    calls: dict[str, Callable[[], Any]] = {
        "kms:GenerateDataKey": lambda: client.put_object(Bucket="results", Key="b", Body=b"x"),
        "kms:Decrypt": lambda: client.get_object(Bucket="results", Key="b"),
    }
    for action, call in calls.items():
        user.may("kms:DescribeKey", key, objects)
        with pytest.raises(ClientError, match=f"perform: {action} on resource: {key} because no identity-based"):
            call()
        through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
        allow = {"Effect": "Allow", "Action": action, "Resource": key, "Condition": through_s3}
        user.may("kms:DescribeKey", key, objects, allow)
        call()


def test_a_multipart_upload_under_a_key_takes_decrypt_too(s3: Any, user: User, clean_sandbox: Sandbox) -> None:
    key = clean_sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    client = user.client("s3")
    objects = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}
    user.may("kms:GenerateDataKey", key, objects)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    upload = client.create_multipart_upload(Bucket="results", Key="big", **encryption)["UploadId"]
    part = {"Bucket": "results", "Key": "big", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    with pytest.raises(ClientError, match="kms:Decrypt"):
        client.upload_part(**part)
    user.may(["kms:GenerateDataKey", "kms:Decrypt"], key, objects)
    client.upload_part(**part)
