# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check in both directions, then what the checks say together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _results_bucket_checks as bucket_checks,
    _results_key_checks as key_checks,
    _results_policy_checks as policy_checks,
    _results_workgroup_checks as workgroup_checks,
)
from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket import bucket_result, judge
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import (
    BucketSettings,
    Encryption,
    Head,
    KmsKey,
    ObjectLock,
    Observed,
    Wanted,
    Workgroup,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
USER = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:user/qualytics")
ROLE = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:role/qualytics")
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DENIED = Denied("s3:GetSomething")

WANTED = Wanted(
    location=S3Location("example-results", "athena"),
    owner=ACCOUNT,
    account_id=ACCOUNT,
    partition="aws",
    region="us-east-1",
)
CROSS_ACCOUNT = dataclasses.replace(WANTED, owner=OTHER_ACCOUNT)
FOUND = Head("found", "us-east-1")
PRIMARY = Workgroup("primary", "ENABLED")
PLAIN = BucketSettings(Encryption("AES256"), "BucketOwner", None, None)


def in_order(check: Check, status: str, *words: str) -> None:
    """A check is as expected, and complete: what is not in order has a remedy, everything has a source at AWS."""
    assert check.status == status, check
    text = f"{check.detail} {check.remedy}"
    assert [word for word in words if word not in text] == []
    assert check.detail
    assert bool(check.remedy) is (status != "pass")
    assert check.reference.startswith("https://docs.aws.amazon.com/")
    assert check.reference.endswith(".html")


@pytest.mark.parametrize(("bucket", "status"), [("example-results", "pass"), ("example.results", "warn")])
def test_bucket_name(bucket: str, status: str) -> None:
    in_order(bucket_checks.bucket_name(dataclasses.replace(WANTED, location=S3Location(bucket))), status, bucket)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ("found", "pass", ()),
        ("moved", "pass", ()),
        ("absent", "fail", ("there is no bucket", "Create it", ACCOUNT, "us-east-1")),
        ("denied", "fail", ("403", "another account", "s3:ListBucket on arn:aws:s3:::example-results", ACCOUNT)),
    ],
)
def test_bucket_exists(answer: Any, status: str, words: tuple[str, ...]) -> None:
    check = bucket_checks.bucket_exists(WANTED, Head(answer, "us-east-1"))
    in_order(check, status, "example-results", *words)
    assert ("there is no bucket" in check.detail) is (answer == "absent")
    assert "check mode" not in check.detail

    # Check mode only predicts the task that creates the bucket; a refusal means the same in both.
    predicted = bucket_checks.bucket_exists(dataclasses.replace(WANTED, predicts=True), Head(answer, "us-east-1"))
    in_order(predicted, "warn" if answer == "absent" else status, "example-results", *words)
    assert ("in check mode" in predicted.detail) is (answer == "absent")


@pytest.mark.parametrize(
    ("bucket", "answer", "status"),
    [
        ("example-results", "found", "pass"),
        ("example-results", "denied", "fail"),
        ("example-results", "moved", "fail"),
        (f"results-{ACCOUNT}-us-east-1-an", "found", "pass"),
        (f"results-{OTHER_ACCOUNT}-us-east-1-an", "found", "fail"),
        (f"results-{OTHER_ACCOUNT}-us-east-1-an", "denied", "fail"),
    ],
)
def test_bucket_owner(bucket: str, answer: Any, status: str) -> None:
    wanted = dataclasses.replace(WANTED, location=S3Location(bucket))
    in_order(
        bucket_checks.bucket_owner(wanted, Head(answer)),
        status,
        ACCOUNT,
        OTHER_ACCOUNT if OTHER_ACCOUNT in bucket else "",
    )


@pytest.mark.parametrize("answer", ["found", "denied", "moved"])
@pytest.mark.parametrize(
    ("region", "status", "words"),
    [
        ("us-east-1", "pass", ("us-east-1",)),
        ("eu-west-1", "fail", ("eu-west-1", "us-east-1")),
        (None, "fail", ("could not be established",)),
    ],
)
def test_bucket_region(answer: Any, region: str | None, status: str, words: tuple[str, ...]) -> None:
    in_order(bucket_checks.bucket_region(WANTED, Head(answer, region)), status, *words)


@pytest.mark.parametrize(
    ("kind", "status"), [("", "pass"), ("a directory bucket", "fail"), ("an access point", "fail")]
)
def test_bucket_kind(kind: Any, status: str) -> None:
    in_order(bucket_checks.bucket_kind(WANTED, Head("found", "us-east-1", kind)), status, kind)


def settings_with(encryption: Any, default_key: Any = "not asked for") -> BucketSettings:
    return dataclasses.replace(PLAIN, encryption=encryption, default_key=default_key)


@pytest.mark.parametrize(
    ("encryption", "status", "status_across_accounts", "words"),
    [
        (None, "pass", "pass", ("SSE-S3",)),
        (Encryption("AES256"), "pass", "pass", ("SSE-S3",)),
        (Encryption("aws:kms"), "pass", "fail", ("aws/s3",)),
        (Encryption("aws:kms", "alias/aws/s3"), "pass", "fail", ("aws/s3",)),
        (Encryption("aws:kms", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"), "pass", "fail", ("aws/s3",)),
        (Encryption("aws:kms:dsse"), "pass", "fail", ("aws/s3",)),
        (Encryption("aws:kms", KEY), "pass", "pass", (KEY, "kms:GenerateDataKey", "kms:Decrypt")),
        (Encryption("aws:kms:dsse", KEY), "pass", "pass", (KEY,)),
        # Names that were not looked up, as KMS would answer for another account or another Region.
        (Encryption("aws:kms", "alias/results"), "warn", "warn", ("'alias/results'",)),
        (Encryption("aws:kms", "1234abcd"), "warn", "warn", ("'1234abcd'",)),
        (Encryption("aws:kms", "arn:aws:kms:eu-west-1:1:alias/x"), "warn", "warn", ("bucket_region", "us-east-1")),
        (Encryption("aws:fsx"), "warn", "warn", ("aws:fsx",)),
        (DENIED, "unknown", "unknown", ("s3:GetSomething", "arn:aws:s3:::example-results")),
    ],
)
def test_bucket_encryption(encryption: Any, status: str, status_across_accounts: str, words: tuple[str, ...]) -> None:
    settings = settings_with(encryption)
    in_order(key_checks.bucket_encryption(WANTED, settings, PRIMARY), status, *words)
    in_order(key_checks.bucket_encryption(CROSS_ACCOUNT, settings, PRIMARY), status_across_accounts, *words)


@pytest.mark.parametrize("named", ["alias/results", "1234abcd", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/results"])
@pytest.mark.parametrize(
    ("found", "status", "words", "arn"),
    [
        (KmsKey(KEY, "Enabled", "CUSTOMER"), "pass", (KEY, "kms:GenerateDataKey"), KEY),
        (KmsKey(KEY, "Disabled", "CUSTOMER"), "fail", (KEY, "'Disabled'", "Enable the key"), KEY),
        (KmsKey(KEY, "PendingDeletion", "CUSTOMER"), "fail", (KEY, "'PendingDeletion'"), KEY),
        (KmsKey(KEY, "Enabled", "AWS"), "pass", ("aws/s3", "no grant"), None),
        ("absent", "fail", ("no such key",), None),
        (Denied("kms:DescribeKey"), "unknown", ("Grant kms:DescribeKey on the KMS key", ACCOUNT), None),
    ],
)
def test_a_default_key_that_was_looked_up(
    named: str, found: Any, status: str, words: tuple[str, ...], arn: str | None
) -> None:
    settings = settings_with(Encryption("aws:kms", named, True), found)
    check = key_checks.bucket_encryption(WANTED, settings, PRIMARY)
    in_order(check, status, *words)
    assert (repr(named) in check.detail) is (found == "absent" or isinstance(found, Denied))
    result = bucket_result(WANTED, Observed(FOUND, settings, PRIMARY))
    assert result["encryption"] == {"algorithm": "aws:kms", "kms_key_arn": arn, "bucket_key_enabled": True}


def test_an_aws_managed_key_cannot_be_shared_by_whatever_name() -> None:
    settings = settings_with(
        Encryption("aws:kms", f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/x"), KmsKey(KEY, "Enabled", "AWS")
    )
    in_order(key_checks.bucket_encryption(CROSS_ACCOUNT, settings, PRIMARY), "fail", "aws/s3", ACCOUNT, OTHER_ACCOUNT)


@pytest.mark.parametrize(
    ("encryption", "arn"),
    [
        (Encryption("AES256"), None),
        (Encryption("aws:kms"), None),
        (Encryption("aws:kms", KEY), KEY),
        (Encryption("aws:kms:dsse", KEY), KEY),
        (Encryption("aws:kms", "alias/results"), None),
        (Encryption("aws:kms", "1234abcd"), None),
        (Encryption("aws:kms", "alias/aws/s3"), None),
        (Encryption("aws:kms", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"), None),
        (Encryption("aws:kms", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/key/results"), None),
    ],
)
def test_a_key_is_returned_by_its_arn_or_not_at_all(encryption: Encryption, arn: str | None) -> None:
    result = bucket_result(WANTED, Observed(FOUND, settings_with(encryption), PRIMARY))
    assert result["encryption"]["kms_key_arn"] == arn


# Each with whether results are written with the bucket's default encryption.
@pytest.mark.parametrize(
    ("workgroup", "applies"),
    [
        ({}, True),
        ({"enforced": True}, True),
        ({"enforced": True, "encryption_option": "CSE_KMS", "kms_key": "1234abcd"}, True),
        ({"enforced": True, "encryption_option": "SSE_S3"}, False),
        ({"enforced": True, "encryption_option": "SSE_KMS", "kms_key": "1234abcd"}, False),
        ({"encryption_option": "SSE_S3"}, None),
        ({"encryption_option": "SSE_KMS", "kms_key": "1234abcd", "minimum_encryption": True}, None),
        (None, None),
    ],
)
def test_a_default_key_that_the_identity_may_not_use(workgroup: Any, applies: bool | None) -> None:
    of_workgroup = DENIED if workgroup is None else dataclasses.replace(PRIMARY, **workgroup)
    by_granted: dict[Any, str] = {}
    for granted in (None, (KEY,), ("another", KEY), (), ("another",)):
        wanted = dataclasses.replace(WANTED, granted_keys=granted)
        by_name = settings_with(Encryption("aws:kms", "alias/results"), KmsKey(KEY, "Enabled", "CUSTOMER"))
        for settings in (settings_with(Encryption("aws:kms", KEY)), by_name):
            check = key_checks.bucket_encryption(wanted, settings, of_workgroup)
            words = () if check.status == "pass" else (KEY, f"{KEY}: add it to kms_keys.results")
            in_order(check, check.status, *words)
            assert by_granted.setdefault(granted, check.status) == check.status
    refused = {True: "fail", None: "warn", False: "pass"}[applies]
    assert by_granted == {None: "pass", (KEY,): "pass", ("another", KEY): "pass", (): refused, ("another",): refused}


def test_a_default_key_where_no_workgroup_is_looked_at() -> None:
    wanted = dataclasses.replace(WANTED, granted_keys=(), workgroup="")
    in_order(key_checks.bucket_encryption(wanted, settings_with(Encryption("aws:kms", KEY)), None), "fail", KEY)


def test_what_the_workgroup_enforces_makes_the_default_key_void() -> None:
    enforced = dataclasses.replace(PRIMARY, enforced=True, encryption_option="SSE_S3")
    disabled = settings_with(Encryption("aws:kms", "alias/x"), KmsKey(KEY, "Disabled", "CUSTOMER"))
    in_order(key_checks.bucket_encryption(WANTED, disabled, PRIMARY), "fail")
    in_order(key_checks.bucket_encryption(WANTED, disabled, enforced), "pass", "'primary' enforces")
    in_order(key_checks.bucket_encryption(CROSS_ACCOUNT, settings_with(Encryption("aws:kms")), enforced), "pass")


@pytest.mark.parametrize("encryption", [None, Encryption("AES256"), Encryption("aws:kms")])
def test_no_grant_is_asked_for_where_no_key_needs_one(encryption: Any) -> None:
    wanted = dataclasses.replace(WANTED, granted_keys=())
    in_order(key_checks.bucket_encryption(wanted, settings_with(encryption), PRIMARY), "pass")


@pytest.mark.parametrize(
    ("settings", "key", "granted", "status"),
    [
        ({"encryption_option": "SSE_KMS", "enforced": True}, KEY, None, "pass"),
        ({"encryption_option": "SSE_KMS", "enforced": True}, KEY, (KEY,), "pass"),
        ({"encryption_option": "SSE_KMS", "enforced": True}, KEY, (), "fail"),
        ({"encryption_option": "SSE_KMS", "enforced": True}, KEY, ("another",), "fail"),
        ({"encryption_option": "CSE_KMS", "enforced": True}, KEY, (), "fail"),
        ({"encryption_option": "CSE_KMS", "enforced": True}, KEY, (KEY,), "pass"),
        # Not known by its ARN
        ({"encryption_option": "SSE_KMS", "enforced": True}, "1234abcd", (), "pass"),
        ({"encryption_option": "SSE_KMS", "enforced": True}, f"arn:aws:kms:r:{ACCOUNT}:alias/x", (), "pass"),
        ({"encryption_option": "SSE_S3", "enforced": True}, None, (), "pass"),
        ({"enforced": True}, None, (), "pass"),
        # Not for sure
        ({"encryption_option": "SSE_KMS"}, KEY, (), "warn"),
        ({"encryption_option": "SSE_KMS", "minimum_encryption": True}, KEY, (), "warn"),
    ],
)
def test_an_enforced_key_that_the_identity_may_not_use(
    settings: dict[str, Any], key: str | None, granted: tuple[str, ...] | None, status: str
) -> None:
    wanted = dataclasses.replace(WANTED, granted_keys=granted, result_streaming=True)
    check = workgroup_checks.workgroup_encryption(wanted, dataclasses.replace(PRIMARY, kms_key=key, **settings))
    in_order(check, status, *([f"{KEY}: add it to kms_keys.results"] if status == "fail" else []))


@pytest.mark.parametrize(
    ("payer", "status", "status_across_accounts"),
    [("BucketOwner", "pass", "pass"), ("Requester", "warn", "fail"), (DENIED, "unknown", "unknown")],
)
def test_bucket_requester_pays(payer: Any, status: str, status_across_accounts: str) -> None:
    in_order(bucket_checks.bucket_requester_pays(WANTED, payer), status)
    in_order(bucket_checks.bucket_requester_pays(CROSS_ACCOUNT, payer), status_across_accounts)


@pytest.mark.parametrize(
    ("lock", "status", "words"),
    [
        (None, "pass", ()),
        (ObjectLock(None), "pass", ()),
        (ObjectLock("GOVERNANCE 30 days"), "warn", ("GOVERNANCE 30 days",)),
        (DENIED, "unknown", ("s3:GetSomething",)),
    ],
)
def test_bucket_object_lock(lock: Any, status: str, words: tuple[str, ...]) -> None:
    in_order(bucket_checks.bucket_object_lock(WANTED, lock), status, *words)


def statement(effect: str = "Deny", **members: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"Sid": "Fence", "Effect": effect, "Principal": "*", "Action": "s3:*"}
    whole["Resource"] = ["arn:aws:s3:::example-results", "arn:aws:s3:::example-results/*"]
    whole.update(members)
    for element in ("Principal", "Action", "Resource"):
        if f"Not{element}" in members:
            del whole[element]
    return whole


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


VPC = {"StringNotEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}
VPCE = {"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}
ADDRESS = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
VIA = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
NO_HEADER = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
OTHER_ALGORITHM = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
OTHER_KEY = {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}}
ORGANIZATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}
OTHER_PRINCIPAL = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/other-*"}}


@pytest.mark.parametrize(
    ("denying", "athena", "client"),
    [
        # Harmless worlds
        (statement(Condition={"Bool": {"aws:SecureTransport": "false"}}), "pass", "pass"),
        (statement(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}), "pass", "pass"),
        (statement(Action="s3:DeleteObject"), "pass", "pass"),
        (statement(Action=["s3:PutBucketPolicy", "s3:DeleteBucket*"]), "pass", "pass"),
        (statement(Action="s3:PutObjectAcl"), "pass", "pass"),
        (statement(Resource="arn:aws:s3:::example-results/other/*"), "pass", "pass"),
        (statement(Resource="arn:aws:s3:::example-results/athena-2/*"), "pass", "pass"),
        (statement(Principal={"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}), "pass", "pass"),
        (statement(Principal={"Service": "cloudtrail.amazonaws.com"}), "pass", "pass"),
        (statement(Effect="Allow"), "pass", "pass"),
        (
            statement(Condition={"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}),
            "pass",
            "pass",
        ),
        (statement(Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}), "pass", "pass"),
        (statement(Condition={"StringEquals": {"aws:ResourceAccount": OTHER_ACCOUNT}}), "pass", "pass"),
        (statement(NotPrincipal={"AWS": [USER.arn, f"arn:aws:iam::{ACCOUNT}:root"]}), "pass", "pass"),
        (statement(Condition={"ArnNotEquals": {"aws:PrincipalArn": USER.arn}}), "pass", "pass"),
        (statement(Condition={"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}), "pass", "pass"),
        (statement(Condition={"StringEquals": {"s3:signatureversion": "AWS"}}), "pass", "pass"),
        (
            statement(Condition={"StringNotLike": {"aws:userid": "AIDA*"}, "StringEquals": {"aws:username": "x"}}),
            "pass",
            "pass",
        ),
        # Everyone
        (statement(), "fail", "fail"),
        (statement(Action="s3:GetObject"), "fail", "fail"),
        (statement(Action="s3:PutObject"), "fail", "pass"),
        (statement(Action="s3:GetBucketLocation"), "fail", "pass"),
        (statement(Action="s3:ListBucket"), "fail", "pass"),
        (statement(Action="s3:AbortMultipartUpload"), "fail", "pass"),
        (statement(Action="s3:ListMultipartUploadParts"), "fail", "pass"),
        (statement(Action="s3:ListBucketMultipartUploads"), "fail", "pass"),
        (statement(NotAction="s3:GetObject"), "fail", "pass"),
        (statement(Resource="arn:aws:s3:::example-results/athena/*", Action="s3:PutObject"), "fail", "pass"),
        (statement(NotResource="arn:aws:s3:::example-results/raw/*", Action="s3:PutObject"), "fail", "pass"),
        (statement(Resource="arn:aws:s3:::*/*.metadata"), "fail", "fail"),
        # Networks: Athena's own is none of the customer's, the client's is not known
        (statement(Condition=VPC), "fail", "warn"),
        (statement(Condition=VPCE), "fail", "warn"),
        (statement(Condition=ADDRESS), "fail", "warn"),
        (statement(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "pass", "warn"),
        (statement(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}), "pass", "warn"),
        (statement(Condition={**ADDRESS, **VIA}), "pass", "warn"),
        (statement(Condition={**VPC, "Bool": {"aws:ViaAWSService": "false"}}), "pass", "warn"),
        (
            statement(Condition={**VPC, "ForAllValues:StringNotEquals": {"aws:CalledVia": "athena.amazonaws.com"}}),
            "pass",
            "warn",
        ),
        (
            statement(Condition={**ADDRESS, "StringNotEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"}}),
            "pass",
            "warn",
        ),
        (
            statement(Condition={**ADDRESS, "StringNotEquals": {"aws:CalledViaLast": "glue.amazonaws.com"}}),
            "fail",
            "warn",
        ),
        (statement(Condition=VIA), "pass", "fail"),
        (statement(Condition={"Bool": {"aws:ViaAWSService": "true"}}), "fail", "pass"),
        (statement(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "warn", "warn"),
        # What Athena writes
        (statement(Action="s3:PutObject", Condition=NO_HEADER), "fail", "pass"),
        (statement(Action="s3:PutObject", Condition=OTHER_ALGORITHM), "fail", "pass"),
        (statement(Action="s3:PutObject", Condition=OTHER_KEY), "fail", "pass"),
        (
            statement(
                Action="s3:PutObject",
                Condition={"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            ),
            "fail",
            "pass",
        ),
        (
            statement(Action="s3:PutObject", Condition={"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}),
            "pass",
            "pass",
        ),
        (
            statement(
                Action="s3:PutObject", Condition={"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
            ),
            "fail",
            "pass",
        ),
        (statement(Action="s3:PutObject", Condition={"StringEquals": {"s3:x-amz-acl": "public-read"}}), "pass", "pass"),
        # The identity and what is around it
        (statement(Principal={"AWS": USER.arn}), "fail", "fail"),
        (statement(Principal={"AWS": ACCOUNT}, Action="s3:GetObject"), "fail", "fail"),
        (statement(NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/someone"}), "fail", "fail"),
        (statement(NotPrincipal={"AWS": USER.arn}), "warn", "warn"),
        (statement(Condition=OTHER_PRINCIPAL), "fail", "fail"),
        (statement(Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}}), "fail", "fail"),
        (statement(Condition={"StringNotEquals": {"aws:PrincipalType": "AssumedRole"}}), "fail", "fail"),
        (statement(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), "fail", "fail"),
        (statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), "pass", "pass"),
        (statement(Condition=ORGANIZATION), "warn", "warn"),
        (statement(Condition={"StringNotLike": {"aws:PrincipalTag/team": "data-*"}}), "warn", "warn"),
        (statement(Condition={"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}), "fail", "fail"),
        (statement(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}), "pass", "pass"),
        (statement(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:*:*:*:*"}}), "pass", "pass"),
        (statement(Action="s3:ListBucket", Condition={"StringNotLike": {"s3:prefix": "athena/*"}}), "warn", "pass"),
        # Only a listing has a prefix, only a write a header: without, every other request is hit.
        (statement(Condition={"StringNotLike": {"s3:prefix": "athena/*"}}), "fail", "fail"),
        (statement(Condition={"StringLike": {"s3:prefix": "raw/*"}}), "warn", "pass"),
        (statement(Action="s3:GetBucketLocation", Condition={"Null": {"s3:prefix": "true"}}), "fail", "pass"),
        (statement(Condition=NO_HEADER), "fail", "fail"),
        (statement(Condition={"StringEquals": {"s3:x-amz-acl": "public-read"}}), "pass", "pass"),
        (statement(Resource="arn:aws:s3:::example-results/${aws:PrincipalTag/team}/*"), "warn", "warn"),
        (
            statement(Condition={"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-example/r-1/*"}}),
            "warn",
            "warn",
        ),
        (statement(Condition={"ForAllValues:StringNotLike": {"aws:CalledVia": "glue.amazonaws.com"}}), "fail", "fail"),
        (statement(Condition={"ForAnyValue:StringNotLike": {"aws:CalledVia": "glue.amazonaws.com"}}), "fail", "pass"),
        (statement(Condition={"SomethingNew": {"aws:SecureTransport": "true"}}), "warn", "warn"),
    ],
)
def test_bucket_policy_for_a_user(denying: dict[str, Any], athena: str, client: str) -> None:
    wanted = dataclasses.replace(WANTED, identity=USER)
    for document in (policy(denying), policy(statement("Allow"), denying), {"Statement": denying}):
        words = ("'Fence'",) if athena != "pass" else ()
        in_order(policy_checks.bucket_policy_athena(wanted, document, PRIMARY), athena, *words)
        words = ("'Fence'",) if client != "pass" else ()
        in_order(policy_checks.bucket_policy_client(wanted, document), client, *words)


@pytest.mark.parametrize(
    ("denying", "unknown", "role"),
    [
        (statement(), "fail", "fail"),
        (statement(Principal={"AWS": USER.arn}), "warn", "pass"),
        (statement(Principal={"AWS": ROLE.arn}), "warn", "fail"),
        (statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), "warn", "fail"),
        (statement(NotPrincipal={"AWS": ROLE.arn}), "warn", "warn"),
        (statement(NotPrincipal={"AWS": [ROLE.arn, ACCOUNT]}), "warn", "pass"),
        (statement(Condition=OTHER_PRINCIPAL), "warn", "fail"),
        (statement(Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}), "warn", "pass"),
        (statement(Condition={"StringNotEquals": {"aws:PrincipalType": "AssumedRole"}}), "warn", "pass"),
        (statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), "warn", "fail"),
        (statement(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), "fail", "fail"),
        (statement(Condition={"Null": {"aws:username": "true"}}), "warn", "fail"),
        (statement(Condition=VPC), "fail", "fail"),
        (statement(Condition={"Bool": {"aws:SecureTransport": "false"}}), "pass", "pass"),
    ],
)
def test_bucket_policy_without_an_identity_and_for_a_role(denying: dict[str, Any], unknown: str, role: str) -> None:
    in_order(policy_checks.bucket_policy_athena(WANTED, policy(denying), PRIMARY), unknown)
    in_order(
        policy_checks.bucket_policy_athena(dataclasses.replace(WANTED, identity=ROLE), policy(denying), PRIMARY), role
    )


@pytest.mark.parametrize(
    ("key", "athena", "client"),
    [
        # Not in any request of a query
        ("aws:PrincipalServiceName", "pass", "pass"),
        ("aws:PrincipalServiceNamesList", "pass", "pass"),
        ("aws:SourceAccount", "pass", "pass"),
        ("aws:SourceArn", "pass", "pass"),
        ("aws:SourceOrgID", "pass", "pass"),
        ("aws:SourceOrgPaths", "pass", "pass"),
        ("s3:AccessGrantsInstanceArn", "pass", "pass"),
        ("s3:DataAccessPointAccount", "pass", "pass"),
        ("s3:DataAccessPointArn", "pass", "pass"),
        ("s3:object-lock-legal-hold", "pass", "pass"),
        ("s3:object-lock-mode", "pass", "pass"),
        ("s3:object-lock-retain-until-date", "pass", "pass"),
        ("s3:RequestObjectTagKeys", "pass", "pass"),
        ("s3:VersionId", "pass", "pass"),
        ("s3:x-amz-copy-source", "pass", "pass"),
        ("s3:x-amz-grant-full-control", "pass", "pass"),
        ("s3:x-amz-grant-read", "pass", "pass"),
        ("s3:x-amz-grant-read-acp", "pass", "pass"),
        ("s3:x-amz-grant-write", "pass", "pass"),
        ("s3:x-amz-grant-write-acp", "pass", "pass"),
        ("s3:x-amz-server-side-encryption-customer-algorithm", "pass", "pass"),
        ("s3:x-amz-website-redirect-location", "pass", "pass"),
        # Only in a listing, which may be of anything, or in a write
        ("s3:delimiter", "warn", "pass"),
        ("s3:max-keys", "warn", "pass"),
        ("s3:prefix", "warn", "pass"),
        ("s3:x-amz-acl", "pass", "pass"),
        ("s3:x-amz-server-side-encryption", "pass", "pass"),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", "pass", "pass"),
        # Only in what Athena does
        ("aws:CalledVia", "fail", "pass"),
        ("aws:CalledViaFirst", "fail", "pass"),
        ("aws:CalledViaLast", "fail", "pass"),
        # In every request
        ("aws:PrincipalAccount", "fail", "fail"),
        ("aws:PrincipalArn", "fail", "fail"),
        ("aws:PrincipalIsAWSService", "fail", "fail"),
        ("aws:PrincipalType", "fail", "fail"),
        ("aws:RequestedRegion", "fail", "fail"),
        ("aws:ResourceAccount", "fail", "fail"),
        ("aws:SecureTransport", "fail", "fail"),
        ("aws:username", "fail", "fail"),
        ("aws:ViaAWSService", "fail", "fail"),
        ("s3:authType", "fail", "fail"),
        ("s3:ResourceAccount", "fail", "fail"),
        ("s3:signatureversion", "fail", "fail"),
        ("s3:TlsVersion", "fail", "fail"),
        # Perhaps
        ("aws:SourceIp", "warn", "warn"),
        ("aws:SourceVpc", "warn", "warn"),
        ("aws:SourceVpcArn", "warn", "warn"),
        ("aws:SourceVpce", "warn", "warn"),
        ("aws:VpceAccount", "warn", "warn"),
        ("aws:VpceOrgID", "warn", "warn"),
        ("aws:VpceOrgPaths", "warn", "warn"),
        ("aws:VpcSourceIp", "warn", "warn"),
        ("aws:PrincipalOrgID", "warn", "warn"),
    ],
)
def test_what_requests_carry(key: str, athena: str, client: str) -> None:
    """A statement that denies whatever carries the key."""
    wanted = dataclasses.replace(WANTED, identity=USER)
    document = policy(statement(Condition={"Null": {key: "false"}}))
    assert policy_checks.bucket_policy_athena(wanted, document, PRIMARY).status == athena
    assert policy_checks.bucket_policy_client(wanted, document).status == client


@pytest.mark.parametrize(
    ("key", "value", "athena", "client"),
    [
        ("aws:SourceVpc", "vpc-1", "fail", "warn"),
        ("aws:SourceVpcArn", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", "fail", "warn"),
        ("aws:SourceVpce", "vpce-1", "fail", "warn"),
        ("aws:VpceAccount", ACCOUNT, "fail", "warn"),
        ("aws:VpceOrgID", "o-example", "fail", "warn"),
        ("aws:VpceOrgPaths", "o-example/r-1/*", "fail", "warn"),
        ("aws:PrincipalAccount", ACCOUNT, "pass", "pass"),
        ("aws:PrincipalIsAWSService", "false", "pass", "pass"),
        ("aws:PrincipalType", "User", "pass", "pass"),
        ("aws:RequestedRegion", "us-east-1", "pass", "pass"),
        ("aws:ResourceAccount", ACCOUNT, "pass", "pass"),
        ("aws:username", "qualytics", "pass", "pass"),
        ("s3:authType", "REST-HEADER", "pass", "pass"),
        ("s3:ResourceAccount", ACCOUNT, "pass", "pass"),
        ("s3:signatureversion", "AWS4-HMAC-SHA256", "pass", "pass"),
    ],
)
def test_what_requests_are_held_to(key: str, value: str, athena: str, client: str) -> None:
    """A statement that denies whatever is not as it should be."""
    wanted = dataclasses.replace(WANTED, identity=USER)
    document = policy(statement(Condition={"StringNotLike": {key: value}}))
    assert policy_checks.bucket_policy_athena(wanted, document, PRIMARY).status == athena
    assert policy_checks.bucket_policy_client(wanted, document).status == client


SSE_S3 = {"encryption_option": "SSE_S3"}
SSE_KMS = {"encryption_option": "SSE_KMS", "kms_key": KEY}
OTHER_SSE_KMS = {"encryption_option": "SSE_KMS", "kms_key": KEY.replace("1234abcd", "ffffffff")}
CSE_KMS = {"encryption_option": "CSE_KMS", "kms_key": KEY}
ACL = {"acl": "BUCKET_OWNER_FULL_CONTROL"}
NEEDS_ACL = {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
ENFORCED, MINIMUM = {"enforced": True}, {"minimum_encryption": True}


@pytest.mark.parametrize(
    ("condition", "settings", "status"),
    [
        (NO_HEADER, {}, "fail"),
        (NO_HEADER, ENFORCED, "fail"),
        (NO_HEADER, {**SSE_S3, **ENFORCED}, "pass"),
        (NO_HEADER, {**SSE_S3, **MINIMUM}, "pass"),
        (NO_HEADER, SSE_S3, "warn"),
        (NO_HEADER, {**CSE_KMS, **ENFORCED}, "fail"),
        (NO_HEADER, None, "warn"),
        (OTHER_ALGORITHM, {**SSE_S3, **ENFORCED}, "fail"),
        (OTHER_ALGORITHM, {**SSE_KMS, **ENFORCED}, "pass"),
        (OTHER_ALGORITHM, SSE_KMS, "warn"),
        (OTHER_KEY, {**SSE_KMS, **ENFORCED}, "pass"),
        (OTHER_KEY, {**OTHER_SSE_KMS, **ENFORCED}, "fail"),
        (OTHER_KEY, {**OTHER_SSE_KMS, **MINIMUM}, "fail"),
        (OTHER_KEY, {**CSE_KMS, **ENFORCED}, "fail"),
        (OTHER_KEY, {**SSE_S3, **ENFORCED}, "fail"),
        (OTHER_KEY, {"encryption_option": "SSE_KMS", "kms_key": "alias/results", **ENFORCED}, "warn"),
        (OTHER_KEY, {"encryption_option": "SSE_KMS", "kms_key": KEY.partition("/")[2], **ENFORCED}, "warn"),
        (NEEDS_ACL, ENFORCED, "fail"),
        (NEEDS_ACL, {**ACL, **ENFORCED}, "pass"),
        (NEEDS_ACL, {**ACL, **MINIMUM}, "warn"),
        (NEEDS_ACL, None, "warn"),
    ],
)
def test_what_the_workgroup_makes_athena_write(
    condition: dict[str, Any], settings: dict[str, Any] | None, status: str
) -> None:
    document = policy(statement(Action="s3:PutObject", Condition=condition))
    workgroup = None if settings is None else dataclasses.replace(PRIMARY, **settings)
    in_order(policy_checks.bucket_policy_athena(WANTED, document, workgroup), status)


@pytest.mark.parametrize(
    ("condition", "athena", "client"),
    [
        # The perimeters that AWS proposes (https://github.com/aws-samples/data-perimeter-policy-examples)
        (
            {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
            "warn",
            "warn",
        ),
        (
            {
                "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
                "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/aws:ec2-infrastructure"]},
            },
            "pass",
            "warn",
        ),
        # The same for somebody who is exempt, and with the exemption of services forgotten
        (
            {
                "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
                "BoolIfExists": {"aws:ViaAWSService": "false"},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": [USER.arn]},
            },
            "pass",
            "pass",
        ),
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, "fail", "warn"),
        # Policy variables
        ({"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, "pass", "pass"),
        ({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, "fail", "fail"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, "warn", "warn"),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:ResourceAccount}:user/*"}}, "pass", "pass"),
    ],
)
def test_perimeters(condition: dict[str, Any], athena: str, client: str) -> None:
    wanted = dataclasses.replace(WANTED, identity=USER)
    document = policy(statement(Condition=condition))
    in_order(policy_checks.bucket_policy_athena(wanted, document, PRIMARY), athena)
    in_order(policy_checks.bucket_policy_client(wanted, document), client)


@pytest.mark.parametrize(("prefix", "status"), [("athena", "pass"), ("qualytics", "fail")])
def test_a_directory_for_each_user(prefix: str, status: str) -> None:
    document = policy(statement(Resource="arn:aws:s3:::example-results/${aws:username}/*"))
    wanted = dataclasses.replace(WANTED, location=S3Location("example-results", prefix))
    in_order(policy_checks.bucket_policy_client(dataclasses.replace(wanted, identity=USER), document), status)
    in_order(policy_checks.bucket_policy_client(wanted, document), "warn")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (VPC, ("StringNotEquals aws:SourceVpc", "aws:ViaAWSService")),
        (ADDRESS, ("NotIpAddress aws:SourceIp", "aws:ViaAWSService")),
        (NO_HEADER, ("Null s3:x-amz-server-side-encryption", "enforce an encryption")),
        (NEEDS_ACL, ("s3:x-amz-acl", "s3:PutObjectAcl")),
        (ORGANIZATION, ("depending on StringNotEquals aws:PrincipalOrgID", "Exempt the identity")),
        (OTHER_PRINCIPAL, ("aws:PrincipalArn", "Exempt the identity")),
        ({"StringEquals": {"aws:UserAgent": "x"}}, ("depending on StringEquals aws:UserAgent",)),
    ],
)
def test_a_denial_names_statement_condition_actions_and_remedy(
    condition: dict[str, Any], words: tuple[str, ...]
) -> None:
    document = policy(statement(Action="s3:PutObject", Condition=condition))
    check = policy_checks.bucket_policy_athena(WANTED, document, PRIMARY)
    in_order(check, check.status, "'Fence'", "s3:PutObject", *words)
    assert check.status in ("fail", "warn")


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("aws:PrincipalTag/team", "Exempt the identity in the statement"),
        ("aws:userid", "Exempt the identity in the statement"),
        ("aws:username", "Exempt the identity in the statement"),
        ("aws:UserAgent", "Exempt the identity in the statement, or remove it"),
        ("s3:x-amz-grant-read", "Let the workgroup set the ACL that the statement asks for"),
        ("aws:VpceOrgID", "Exempt in the statement what Athena does for the identity"),
        ("aws:VpcSourceIp", "Exempt in the statement what Athena does for the identity"),
    ],
)
def test_the_remedy_is_that_of_the_key(key: str, remedy: str) -> None:
    document = policy(statement(Condition={"StringNotEquals": {key: "x"}}))
    found = policy_checks.bucket_policy_athena(WANTED, document, PRIMARY).remedy
    assert found.partition(" (")[0].partition(" and grant")[0] == remedy


def test_sure_denials_come_first_and_all_are_named() -> None:
    document = policy(
        statement(Sid="Perhaps", Condition=ORGANIZATION),
        statement(Sid="", Principal={"AWS": USER.arn}, Action="s3:ListBucket"),
        statement(Sid="Surely", Action="s3:PutObject"),
    )
    check = policy_checks.bucket_policy_athena(WANTED, document, PRIMARY)
    in_order(check, "fail", "statement number 2", "its principals", "Set principal")
    assert check.detail.startswith("statement 'Surely' of the bucket policy denies Athena s3:PutObject; ")
    assert "; statement 'Perhaps' of the bucket policy may deny Athena s3:" in check.detail
    in_order(policy_checks.bucket_policy_athena(dataclasses.replace(WANTED, identity=ROLE), document, PRIMARY), "fail")
    assert (
        "number 2"
        not in policy_checks.bucket_policy_athena(dataclasses.replace(WANTED, identity=ROLE), document, PRIMARY).detail
    )


@pytest.mark.parametrize(
    ("condition", "without", "streaming"), [(VIA, "fail", "warn"), (VPC, "warn", "warn"), (None, "fail", "warn")]
)
def test_streaming_makes_up_for_the_client(condition: dict[str, Any] | None, without: str, streaming: str) -> None:
    document = policy(statement(**({"Condition": condition} if condition else {})))
    in_order(
        policy_checks.bucket_policy_client(WANTED, document),
        without,
        "result_streaming",
        "athena:GetQueryResultsStream",
    )
    wanted = dataclasses.replace(WANTED, result_streaming=True)
    in_order(policy_checks.bucket_policy_client(wanted, document), streaming, "port 444")
    # What is denied to Athena itself, streaming cannot save.
    assert policy_checks.bucket_policy_athena(wanted, policy(statement()), PRIMARY).status == "fail"


def test_a_bucket_policy_that_is_not_there_or_not_shown() -> None:
    for document, status in ((None, "pass"), (policy(), "pass"), (Denied("s3:GetBucketPolicy"), "unknown")):
        words = ("s3:GetBucketPolicy on arn:aws:s3:::example-results",) if status == "unknown" else ()
        in_order(policy_checks.bucket_policy_athena(WANTED, document, PRIMARY), status, *words)
        in_order(policy_checks.bucket_policy_client(WANTED, document), status, *words)
        in_order(policy_checks.bucket_policy_grants(WANTED, document), "pass")
        in_order(policy_checks.bucket_policy_grants(CROSS_ACCOUNT, document), "unknown" if words else "fail", *words)


def test_the_whole_bucket_is_a_location_too() -> None:
    wanted = dataclasses.replace(WANTED, location=S3Location("example-results"))
    put = statement(Action="s3:PutObject", Resource="arn:aws:s3:::example-results/athena/*")
    in_order(policy_checks.bucket_policy_athena(wanted, policy(put), PRIMARY), "pass")
    put = statement(Action="s3:PutObject", Resource="arn:aws:s3:::example-results/*.csv")
    in_order(policy_checks.bucket_policy_athena(wanted, policy(put), PRIMARY), "fail")


def test_other_partitions() -> None:
    wanted = dataclasses.replace(WANTED, partition="aws-cn", region="cn-north-1")
    in_order(policy_checks.bucket_policy_athena(wanted, policy(statement()), PRIMARY), "pass")
    document = policy(statement(Resource="arn:aws-cn:s3:::example-results/*"))
    in_order(policy_checks.bucket_policy_athena(wanted, document, PRIMARY), "fail")
    assert "arn:aws-cn:s3:::example-results" in bucket_checks.bucket_exists(wanted, Head("denied")).remedy


OBJECTS = ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
ESSENTIAL = ["s3:GetBucketLocation", "s3:ListBucket", "s3:PutObject", "s3:GetObject"]
ALL_ALLOWED = statement("Allow", Principal={"AWS": ACCOUNT})


@pytest.mark.parametrize(
    ("document", "user", "unknown"),
    [
        (policy(ALL_ALLOWED), "pass", "warn"),
        (policy(statement("Allow")), "pass", "pass"),
        (policy(statement("Allow", Principal={"AWS": USER.arn})), "pass", "warn"),
        (policy(statement("Allow", Principal={"AWS": ROLE.arn})), "fail", "warn"),
        (policy(statement("Allow", Action=OBJECTS)), "fail", "fail"),
        (
            policy(statement("Allow", Action=OBJECTS), statement("Allow", Action=["s3:GetBucketLocation", "s3:List*"])),
            "pass",
            "pass",
        ),
        # Without the multipart actions, small results can be written.
        (policy(statement("Allow", NotAction=["s3:AbortMultipartUpload", "s3:ListB*Uploads"])), "warn", "warn"),
        (policy(statement("Allow", Action=ESSENTIAL)), "warn", "warn"),
        (policy(statement("Allow", Action=ESSENTIAL), statement("Allow", Condition=ORGANIZATION)), "warn", "warn"),
        (policy(statement("Allow", Action=ESSENTIAL[:1])), "fail", "fail"),
        (policy(statement("Allow", NotAction=ESSENTIAL[0])), "fail", "fail"),
        (policy(statement("Allow", NotAction=ESSENTIAL[1])), "fail", "fail"),
        (policy(statement("Allow", NotAction=ESSENTIAL[2])), "fail", "fail"),
        (policy(statement("Allow", NotAction=ESSENTIAL[3])), "fail", "fail"),
        (policy(statement("Allow", Condition={"Bool": {"aws:SecureTransport": "true"}})), "pass", "pass"),
        (policy(statement("Allow", Condition=ORGANIZATION)), "warn", "warn"),
        (policy(statement("Allow", Resource="arn:aws:s3:::example-results/*")), "fail", "fail"),
        (policy(statement("Deny")), "fail", "fail"),
        # Of what a query writes, not all.
        (
            policy(
                statement("Allow", NotAction="s3:PutObject"),
                statement("Allow", Action="s3:PutObject", Resource="arn:aws:s3:::example-results/*.csv"),
            ),
            "fail",
            "fail",
        ),
    ],
)
def test_bucket_policy_grants_across_accounts(document: dict[str, Any], user: str, unknown: str) -> None:
    in_order(policy_checks.bucket_policy_grants(dataclasses.replace(CROSS_ACCOUNT, identity=USER), document), user)
    check = policy_checks.bucket_policy_grants(CROSS_ACCOUNT, document)
    in_order(check, unknown)
    assert ("set principal" in check.remedy) is (unknown == "warn" and "may not allow" in check.detail)


def test_what_is_granted_but_for_large_results_is_told_apart() -> None:
    document = policy(
        statement("Allow", Action=ESSENTIAL), statement("Allow", Action="s3:List*", Condition=ORGANIZATION)
    )
    check = policy_checks.bucket_policy_grants(dataclasses.replace(CROSS_ACCOUNT, identity=USER), document)
    in_order(check, "warn", "large ones in several parts")
    assert f"does not allow {USER.arn} s3:AbortMultipartUpload and may not allow {USER.arn} s3:List" in check.detail


def test_what_is_not_granted_across_accounts_is_named() -> None:
    document = policy(
        statement("Allow", Action=OBJECTS), statement("Allow", Action="s3:ListBucket", Condition=ORGANIZATION)
    )
    check = policy_checks.bucket_policy_grants(CROSS_ACCOUNT, document)
    in_order(check, "fail", "does not allow", "s3:GetBucketLocation, s3:ListBucketMultipartUploads")
    assert "may not allow identities of 123456789012 s3:ListBucket" in check.detail
    document["Statement"].append(statement("Allow", Action=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]))
    in_order(policy_checks.bucket_policy_grants(CROSS_ACCOUNT, document), "warn", "may not allow", "s3:ListBucket")


@pytest.mark.parametrize(
    ("workgroup", "status", "words"),
    [
        (PRIMARY, "pass", ()),
        (dataclasses.replace(PRIMARY, state="DISABLED"), "fail", ("disabled",)),
        (dataclasses.replace(PRIMARY, state=""), "fail", ("no known state",)),
        (None, "fail", ("there is no workgroup 'primary'", "us-east-1")),
        (Denied("athena:GetWorkGroup"), "unknown", ("athena:GetWorkGroup",)),
    ],
)
def test_workgroup_state(workgroup: Any, status: str, words: tuple[str, ...]) -> None:
    in_order(workgroup_checks.workgroup_state(WANTED, workgroup), status, "primary", *words)


@pytest.mark.parametrize(
    ("engine", "status"),
    [("", "pass"), ("AUTO", "pass"), ("Athena engine version 3", "pass"), ("PySpark engine version 3", "fail")],
)
def test_workgroup_engine(engine: str, status: str) -> None:
    in_order(
        workgroup_checks.workgroup_engine(WANTED, dataclasses.replace(PRIMARY, engine=engine)),
        status,
        engine if status == "fail" else "",
    )


@pytest.mark.parametrize(("enabled", "status"), [(False, "pass"), (True, "fail")])
def test_workgroup_managed_results(enabled: bool, status: str) -> None:
    workgroup = dataclasses.replace(PRIMARY, managed_query_results=enabled)
    in_order(workgroup_checks.workgroup_managed_results(WANTED, workgroup), status)
    assert workgroup_checks.effective_location(WANTED, workgroup) == (
        None if enabled else "s3://example-results/athena/"
    )


@pytest.mark.parametrize(
    ("enforced", "location", "status", "effective"),
    [
        (False, None, "pass", "s3://example-results/athena/"),
        (False, "s3://elsewhere/", "pass", "s3://example-results/athena/"),
        (True, "s3://example-results/athena", "pass", "s3://example-results/athena/"),
        (True, "s3://example-results/athena/", "pass", "s3://example-results/athena/"),
        (True, "s3://example-results/athena/primary", "warn", "s3://example-results/athena/primary/"),
        (True, "s3://example-results/athena-2", "fail", "s3://example-results/athena-2/"),
        (True, "s3://example-results/", "fail", "s3://example-results/"),
        (True, "s3://elsewhere/athena/", "fail", "s3://elsewhere/athena/"),
        (True, None, "warn", "s3://example-results/athena/"),
    ],
)
def test_workgroup_location(enforced: bool, location: str | None, status: str, effective: str) -> None:
    workgroup = dataclasses.replace(PRIMARY, enforced=enforced, output_location=location)
    words = (effective,) if status != "pass" else ()
    in_order(workgroup_checks.workgroup_location(WANTED, workgroup), status, *words)
    assert workgroup_checks.effective_location(WANTED, workgroup) == effective


@pytest.mark.parametrize(
    ("workgroup", "name", "effective"),
    [
        (None, "", "s3://example-results/athena/"),
        (None, "primary", None),
        (Denied("athena:GetWorkGroup"), "primary", None),
    ],
)
def test_the_effective_location_where_there_is_no_workgroup_to_see(
    workgroup: Any, name: str, effective: str | None
) -> None:
    assert workgroup_checks.effective_location(dataclasses.replace(WANTED, workgroup=name), workgroup) == effective


@pytest.mark.parametrize(
    ("expected", "enforced", "status"),
    [
        (None, True, "pass"),
        (ACCOUNT, True, "pass"),
        (OTHER_ACCOUNT, True, "fail"),
        (OTHER_ACCOUNT, False, "warn"),
    ],
)
def test_workgroup_bucket_owner(expected: str | None, enforced: bool, status: str) -> None:
    workgroup = dataclasses.replace(PRIMARY, expected_bucket_owner=expected, enforced=enforced)
    in_order(
        workgroup_checks.workgroup_bucket_owner(WANTED, workgroup), status, OTHER_ACCOUNT if status != "pass" else ""
    )


@pytest.mark.parametrize(
    ("settings", "status", "streaming", "words"),
    [
        ({}, "pass", "pass", ("bucket's default",)),
        (ENFORCED, "pass", "pass", ("bucket's default",)),
        (MINIMUM, "pass", "pass", ("bucket's default",)),
        ({**SSE_S3, **ENFORCED}, "pass", "pass", ("SSE_S3",)),
        ({**SSE_KMS, **ENFORCED}, "pass", "pass", (KEY, "kms:GenerateDataKey")),
        ({**CSE_KMS, **ENFORCED}, "fail", "pass", (KEY,)),
        # Enforcement makes the minimum void.
        ({**SSE_S3, **ENFORCED, **MINIMUM}, "pass", "pass", ("enforces SSE_S3",)),
        ({**SSE_S3, **MINIMUM}, "warn", "warn", ("SSE_S3 at least",)),
        ({**SSE_KMS, **MINIMUM}, "warn", "warn", (KEY, "kms:GenerateDataKey")),
        ({**CSE_KMS, **MINIMUM}, "warn", "warn", (KEY,)),
        (SSE_S3, "pass", "pass", ("SSE_S3",)),
        (SSE_KMS, "warn", "warn", (KEY,)),
        (CSE_KMS, "warn", "warn", (KEY,)),
    ],
)
def test_workgroup_encryption(settings: dict[str, Any], status: str, streaming: str, words: tuple[str, ...]) -> None:
    workgroup = dataclasses.replace(PRIMARY, **settings)
    in_order(workgroup_checks.workgroup_encryption(WANTED, workgroup), status, *words)
    in_order(
        workgroup_checks.workgroup_encryption(dataclasses.replace(WANTED, result_streaming=True), workgroup),
        streaming,
        *words,
    )


@pytest.mark.parametrize(("acl", "status"), [(None, "pass"), ("BUCKET_OWNER_FULL_CONTROL", "warn")])
def test_workgroup_acl(acl: str | None, status: str) -> None:
    words = ("s3:PutObjectAcl on arn:aws:s3:::example-results/athena/*",) if acl else ()
    in_order(workgroup_checks.workgroup_acl(WANTED, dataclasses.replace(PRIMARY, acl=acl)), status, *words)


@pytest.mark.parametrize(
    ("settings", "status", "words"),
    [
        ({}, "pass", ()),
        ({"identity_center": True}, "fail", ("IAM Identity Center",)),
        ({"s3_access_grants": True}, "fail", ("S3 Access Grants",)),
    ],
)
def test_workgroup_identity_center(settings: dict[str, Any], status: str, words: tuple[str, ...]) -> None:
    in_order(
        workgroup_checks.workgroup_identity_center(WANTED, dataclasses.replace(PRIMARY, **settings)), status, *words
    )


HEAD_CHECKS = ["bucket_name", "bucket_exists", "bucket_owner", "bucket_region", "bucket_kind"]
SETTINGS_CHECKS = [
    "bucket_encryption",
    "bucket_requester_pays",
    "bucket_object_lock",
    "bucket_policy_grants",
    "bucket_policy_athena",
    "bucket_policy_client",
]
WORKGROUP_CHECKS = [
    "workgroup_state",
    "workgroup_engine",
    "workgroup_managed_results",
    "workgroup_location",
    "workgroup_bucket_owner",
    "workgroup_encryption",
    "workgroup_acl",
    "workgroup_identity_center",
]


@pytest.mark.parametrize(
    ("observed", "workgroup", "names"),
    [
        (Observed(FOUND, PLAIN, PRIMARY), "primary", HEAD_CHECKS + SETTINGS_CHECKS + WORKGROUP_CHECKS),
        (Observed(FOUND, PLAIN, None), "", HEAD_CHECKS + SETTINGS_CHECKS),
        (Observed(FOUND, PLAIN, None), "primary", [*HEAD_CHECKS, *SETTINGS_CHECKS, "workgroup_state"]),
        (Observed(FOUND, PLAIN, DENIED), "primary", [*HEAD_CHECKS, *SETTINGS_CHECKS, "workgroup_state"]),
        (Observed(Head("denied"), PLAIN, PRIMARY), "primary", HEAD_CHECKS + SETTINGS_CHECKS + WORKGROUP_CHECKS),
        (Observed(Head("moved"), None, PRIMARY), "primary", HEAD_CHECKS + WORKGROUP_CHECKS),
        (Observed(Head("absent"), None, PRIMARY), "primary", HEAD_CHECKS[:2] + WORKGROUP_CHECKS),
    ],
)
def test_which_checks_are_made(observed: Observed, workgroup: str, names: list[str]) -> None:
    assert [check.name for check in judge(dataclasses.replace(WANTED, workgroup=workgroup), observed)] == names


def test_a_plain_bucket_is_in_order() -> None:
    assert {check.status for check in judge(WANTED, Observed(FOUND, PLAIN, PRIMARY))} == {"pass"}


def test_what_may_not_be_looked_at_is_unknown_and_nothing_else() -> None:
    denied = BucketSettings(DENIED, DENIED, DENIED, DENIED)
    statuses = {check.name: check.status for check in judge(WANTED, Observed(FOUND, denied, DENIED))}
    unknown = {name for name, status in statuses.items() if status == "unknown"}
    assert unknown == {*SETTINGS_CHECKS, "workgroup_state"} - {"bucket_policy_grants"}
    assert {status for name, status in statuses.items() if name not in unknown} == {"pass"}


WORKGROUPS = st.one_of(
    st.none(),
    st.just(DENIED),
    st.builds(
        Workgroup,
        name=st.just("primary"),
        state=st.sampled_from(["ENABLED", "DISABLED", ""]),
        enforced=st.booleans(),
        output_location=st.sampled_from([None, "s3://example-results/athena/", "s3://elsewhere"]),
        expected_bucket_owner=st.sampled_from([None, ACCOUNT, OTHER_ACCOUNT]),
        acl=st.sampled_from([None, "BUCKET_OWNER_FULL_CONTROL"]),
        encryption_option=st.sampled_from([None, "SSE_S3", "SSE_KMS", "CSE_KMS"]),
        kms_key=st.sampled_from([None, KEY]),
        minimum_encryption=st.booleans(),
        managed_query_results=st.booleans(),
        identity_center=st.booleans(),
        s3_access_grants=st.booleans(),
        engine=st.sampled_from(["", "AUTO", "PySpark engine version 3"]),
    ),
)
SETTINGS = st.builds(
    BucketSettings,
    st.sampled_from(
        [
            None,
            DENIED,
            Encryption("AES256"),
            Encryption("aws:kms"),
            Encryption("aws:kms", KEY, True),
            Encryption("aws:kms", "alias/results"),
        ]
    ),
    st.sampled_from([DENIED, "BucketOwner", "Requester"]),
    st.sampled_from([None, DENIED, ObjectLock(None), ObjectLock("GOVERNANCE 1 days")]),
    st.sampled_from(
        [None, DENIED, policy(), policy(statement()), policy(statement("Allow"), statement(Condition=VPC))]
    ),
    st.sampled_from(["not asked for", "absent", DENIED, KmsKey(KEY, "Enabled", "CUSTOMER"), KmsKey(KEY, "x", "AWS")]),
)
HEADS = st.builds(
    Head,
    st.sampled_from(["found", "denied", "moved", "absent"]),
    st.sampled_from([None, "us-east-1", "eu-west-1"]),
    st.sampled_from(["", "a directory bucket"]),
)


@examples(400)
@given(
    HEADS,
    SETTINGS,
    WORKGROUPS,
    st.sampled_from([None, USER, ROLE]),
    st.sampled_from([None, (), (KEY,)]),
    st.booleans(),
    st.booleans(),
)
def test_in_any_world(
    head: Head,
    settings: BucketSettings,
    workgroup: Any,
    identity: Any,
    granted: Any,
    is_cross_account: bool,
    streaming: bool,
) -> None:
    wanted = dataclasses.replace(
        CROSS_ACCOUNT if is_cross_account else WANTED,
        identity=identity,
        result_streaming=streaming,
        granted_keys=granted,
    )
    settings_there = settings if head.answer in ("found", "denied") else None
    observed = Observed(head, settings_there, workgroup)
    made = judge(wanted, observed)
    assert len({check.name for check in made}) == len(made)
    for check in made:
        in_order(check, check.status)
    by_name = {check.name: check.status for check in made}
    # Whether it is there, whose it is and where it is: never unknown, and never taken for granted.
    for name in ("bucket_exists", "bucket_owner", "bucket_region"):
        assert by_name.get(name) in ("pass", "fail", None)
    if head != Head("found", "us-east-1", head.kind):
        assert "fail" in by_name.values()
    # In check mode, only that there is no bucket is another answer.
    predicted = judge(dataclasses.replace(wanted, predicts=True), observed)
    differing = {check.name for check, other in zip(made, predicted, strict=True) if check != other}
    assert differing == ({"bucket_exists"} if head.answer == "absent" else set())
    result = bucket_result(wanted, observed)
    assert set(result) == {"name", "prefix", "region", "encryption"}
    assert result["encryption"] is None or set(result["encryption"]) == {
        "algorithm",
        "kms_key_arn",
        "bucket_key_enabled",
    }
    assert (result["encryption"] is None) is (settings_there is None or not isinstance(settings.encryption, Encryption))
