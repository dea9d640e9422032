# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _s3
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for

BUCKET = ("example-athena-results", "123456789012")


def error(code: str, region: str = "") -> str:
    more = f"<Region>{region}</Region>" if region else ""
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told so</Message>{more}</Error>"


READS: dict[str, Callable[..., Any]] = {
    "GetBucketEncryption": _s3.get_bucket_encryption,
    "GetBucketRequestPayment": _s3.get_bucket_payer,
    "GetObjectLockConfiguration": _s3.get_object_lock,
    "GetBucketPolicy": _s3.get_bucket_policy,
}


@pytest.mark.parametrize("status", [301, 403, 404])
def test_refusals_of_head_bucket_are_answers(fake_aws: Any, status: int) -> None:
    headers = {"x-amz-bucket-region": "eu-west-1"}
    fake_aws.answer("HeadBucket", (status, "", headers))
    answer = _s3.head_bucket(fake_aws.client("s3"), *BUCKET)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["HTTPHeaders"] == headers
    assert fake_aws.calls == {"HeadBucket": 2 if status == 301 else 1}


@pytest.mark.parametrize("status", [301, 400])
def test_a_bucket_is_followed_to_its_region(fake_aws: Any, status: int) -> None:
    moved = {"x-amz-bucket-region": "eu-west-1"}
    fake_aws.answer("HeadBucket", (status, "", moved), (200, "", moved))
    fake_aws.answer("GetBucketPolicy", (200, "{}", {}))
    client = fake_aws.client("s3")
    assert _s3.head_bucket(client, *BUCKET)["BucketRegion"] == "eu-west-1"
    assert fake_aws.calls == {"HeadBucket": 2}
    assert "us-east-1/s3" in str(fake_aws.requests["HeadBucket"][0].headers["Authorization"])
    assert "eu-west-1/s3" in str(fake_aws.requests["HeadBucket"][1].headers["Authorization"])

    assert _s3.get_bucket_policy(client, *BUCKET) == {}
    assert "eu-west-1/s3" in str(fake_aws.requests["GetBucketPolicy"][0].headers["Authorization"])


def test_a_bare_400_says_what_it_may_mean(fake_aws: Any) -> None:
    fake_aws.answer("HeadBucket", (400, "", {}))
    with pytest.raises(_s3.S3Error, match="session token") as raised:
        _s3.head_bucket(fake_aws.client("s3"), *BUCKET)
    assert not is_denied(raised.value)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_is_no_answer(fake_aws: Any, status: int) -> None:
    fake_aws.answer("HeadBucket", (status, "", {}))
    with pytest.raises(_s3.S3Error) as raised:
        _s3.head_bucket(fake_aws.client("s3"), *BUCKET)
    assert code_of(raised.value) == str(status)


def test_every_call_names_the_expected_owner(fake_aws: Any) -> None:
    fake_aws.answer("HeadBucket", (200, "", {}))
    for operation in READS:
        fake_aws.answer(operation, (403, error("AccessDenied"), {}))
    client = fake_aws.client("s3")
    _s3.head_bucket(client, *BUCKET)
    for read in READS.values():
        with pytest.raises(_s3.S3Error):
            read(client, *BUCKET)
    owners = {request.headers["x-amz-expected-bucket-owner"] for sent in fake_aws.requests.values() for request in sent}
    assert len(fake_aws.requests) == 5
    assert {owner.decode() if isinstance(owner, bytes) else owner for owner in owners} == {"123456789012"}


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("GetBucketRequestPayment", "s3:GetBucketRequestPayment"),
        ("GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
        ("GetBucketPolicy", "s3:GetBucketPolicy"),
    ],
)
def test_denied_names_the_iam_action(fake_aws: Any, operation: str, permission: str) -> None:
    fake_aws.answer(operation, (403, error("AccessDenied"), {}))
    with pytest.raises(_s3.S3Error) as raised:
        READS[operation](fake_aws.client("s3"), *BUCKET)
    assert is_denied(raised.value)
    assert permission_for(raised.value) == permission
    assert fake_aws.calls == {operation: 1}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
    ],
)
def test_a_setting_that_the_bucket_does_not_have_is_none(fake_aws: Any, operation: str, code: str) -> None:
    fake_aws.answer(operation, (404, error(code), {}))
    assert READS[operation](fake_aws.client("s3"), *BUCKET) is None


@pytest.mark.parametrize("operation", READS)
def test_a_bucket_that_is_gone_is_not_a_bucket_without_a_setting(fake_aws: Any, operation: str) -> None:
    fake_aws.answer(operation, (404, error("NoSuchBucket"), {}))
    with pytest.raises(_s3.S3Error) as raised:
        READS[operation](fake_aws.client("s3"), *BUCKET)
    assert code_of(raised.value) == "NoSuchBucket"


ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
PAYER = "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"
LOCK = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"


@pytest.mark.parametrize(
    ("operation", "body", "value"),
    [
        (
            "GetBucketEncryption",
            ENCRYPTION,
            {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]},
        ),
        ("GetBucketRequestPayment", PAYER, "Requester"),
        ("GetObjectLockConfiguration", LOCK, {"ObjectLockEnabled": "Enabled"}),
        ("GetBucketPolicy", '{"Statement": []}', {"Statement": []}),
    ],
)
def test_a_value_is_read(fake_aws: Any, operation: str, body: str, value: Any) -> None:
    fake_aws.answer(operation, (200, body, {}))
    assert READS[operation](fake_aws.client("s3"), *BUCKET) == value
    assert fake_aws.calls == {operation: 1}


def test_throttling_is_tried_again(fake_aws: Any) -> None:
    fake_aws.answer("GetBucketPolicy", (503, error("SlowDown"), {}), (200, "{}", {}))
    assert _s3.get_bucket_policy(fake_aws.client("s3"), *BUCKET) == {}
    assert fake_aws.calls == {"GetBucketPolicy": 2}


def test_throttling_that_persists_is_an_error(fake_aws: Any) -> None:
    fake_aws.answer("GetBucketPolicy", (503, error("SlowDown"), {}))
    with pytest.raises(_s3.S3Error) as raised:
        _s3.get_bucket_policy(fake_aws.client("s3"), *BUCKET)
    assert not is_denied(raised.value)
    assert fake_aws.calls["GetBucketPolicy"] > 2


def test_a_little_of_an_object_is_read(fake_aws: Any) -> None:
    fake_aws.answer("GetObject", (206, "x", {}))
    _s3.get_first_bytes(fake_aws.client("s3"), BUCKET[0], "team/1.csv")
    assert fake_aws.calls == {"GetObject": 1}
    assert fake_aws.requests["GetObject"][0].headers["Range"] == b"bytes=0-15"


def test_an_object_that_may_not_be_read_says_why(fake_aws: Any) -> None:
    fake_aws.answer("GetObject", (403, error("AccessDenied"), {}))
    with pytest.raises(_s3.S3Error, match="read the object") as raised:
        _s3.get_first_bytes(fake_aws.client("s3"), BUCKET[0], "team/1.csv")
    assert is_denied(raised.value)
    assert permission_for(raised.value) == "s3:GetObject"
    assert "told so" in str(raised.value.exception)
