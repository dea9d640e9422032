# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module from its options to what it prints; only AWS is made up."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session
from ansible_collections.qualytics.athena.plugins.modules import s3_results_bucket_check

ACCOUNT = "123456789012"
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><UserId>AIDAEXAMPLE</UserId>"
    f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/checker</Arn>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
    f"<KMSMasterKeyID>arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd</KMSMasterKeyID>"
    "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
    "</ServerSideEncryptionConfiguration>"
)
# Each fact is asked for once.
ONE_CALL_EACH = {
    "GetCallerIdentity": 1,
    "HeadBucket": 1,
    "GetBucketEncryption": 1,
    "GetBucketRequestPayment": 1,
    "GetObjectLockConfiguration": 1,
    "GetBucketPolicy": 1,
    "GetWorkGroup": 1,
}


def s3_error(status: int, code: str) -> tuple[int, str, dict[str, str]]:
    return (status, f"<Error><Code>{code}</Code><Message>told so</Message></Error>", {})


def json_error(code: str, message: str = "told so") -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


def workgroup(state: str = "ENABLED", **configuration: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    return (200, {"WorkGroup": {"Name": "primary", "State": state, "Configuration": configuration}}, {})


@pytest.fixture
def aws(fake_aws: Any) -> Any:
    """An account in which everything is in order; the bucket has a key of its own and no policy."""
    fake_aws.answer("GetCallerIdentity", (200, IDENTITY, {}))
    fake_aws.answer("HeadBucket", (200, "", {"x-amz-bucket-region": "us-east-1"}))
    fake_aws.answer("GetBucketEncryption", (200, ENCRYPTION, {}))
    payer = "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"
    fake_aws.answer("GetBucketRequestPayment", (200, payer, {}))
    fake_aws.answer("GetObjectLockConfiguration", s3_error(404, "ObjectLockConfigurationNotFoundError"))
    fake_aws.answer("GetBucketPolicy", s3_error(404, "NoSuchBucketPolicy"))
    fake_aws.answer("GetWorkGroup", workgroup())
    return fake_aws


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(aws: Any, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module with options; its result, as Ansible gets it."""

    def run_module(**options: Any) -> dict[str, Any]:
        arguments = {"output_location": "s3://example-results/athena/", "region": "us-east-1", **options}
        with (
            patch_module_args({name: value for name, value in arguments.items() if value is not None}),
            mock.patch.object(Session, "client", lambda _session, service: aws.client(service)),
            contextlib.suppress(SystemExit),
        ):
            s3_results_bucket_check.main()
        return json.loads(capsys.readouterr().out)

    return run_module


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in result["checks"]}


def remedy(result: dict[str, Any], name: str) -> str:
    return next(check["remedy"] for check in result["checks"] if check["name"] == name)


def test_a_location_that_works(run: Run, aws: Any) -> None:
    result = run()
    assert not result.get("failed")
    assert result["changed"] is False
    assert set(statuses(result).values()) == {"pass"}
    assert result["bucket"] == {
        "name": "example-results",
        "prefix": "athena",
        "region": "us-east-1",
        "encryption": {
            "algorithm": "aws:kms",
            "kms_key_arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd",
            "bucket_key_enabled": True,
        },
    }
    assert result["effective_location"] == "s3://example-results/athena/"
    assert aws.calls == ONE_CALL_EACH


def test_check_mode_is_the_same(run: Run, aws: Any) -> None:
    result = run()
    predicted = run(_ansible_check_mode=True)
    assert {**predicted, "invocation": None} == {**result, "invocation": None}
    assert aws.calls == {operation: 2 * count for operation, count in ONE_CALL_EACH.items()}


def test_the_result_is_what_is_documented(run: Run) -> None:
    result = run()
    documented = yaml.safe_load(s3_results_bucket_check.RETURN)
    # With ansible-core 2.20, amazon.aws itself imports what is deprecated.
    assert set(documented) == set(result) - {"changed", "invocation", "deprecations"}
    assert set(documented["checks"]["contains"]) == set(result["checks"][0])
    assert set(documented["bucket"]["contains"]) == set(result["bucket"])
    assert set(documented["bucket"]["contains"]["encryption"]["contains"]) == set(result["bucket"]["encryption"])
    names = " ".join(documented["checks"]["contains"]["name"]["description"])
    assert [name for name in statuses(result) if f"V({name})" not in names] == []


def test_nothing_is_asked_of_a_workgroup_that_is_left_out(run: Run, aws: Any) -> None:
    result = run(workgroup="")
    assert not result.get("failed")
    assert not any(name.startswith("workgroup") for name in statuses(result))
    assert result["effective_location"] == "s3://example-results/athena/"
    assert aws.calls == {operation: 1 for operation in ONE_CALL_EACH if operation != "GetWorkGroup"}


@pytest.mark.parametrize(("owner", "sent"), [(None, ACCOUNT), ("210987654321", "210987654321")])
def test_the_expected_owner_is_sent_with_every_call(run: Run, aws: Any, owner: str | None, sent: str) -> None:
    run(expected_bucket_owner=owner)
    of_s3 = [
        requests[0] for operation, requests in aws.requests.items() if "Bucket" in operation or "Lock" in operation
    ]
    assert len(of_s3) == 5
    assert {bytes(request.headers["x-amz-expected-bucket-owner"]) for request in of_s3} == {sent.encode()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output_location": "example-results/athena"}, "output_location: "),
        ({"output_location": "s3://Example-Results/"}, "output_location: "),
        ({"output_location": "s3://example-results/${aws:username}/"}, "output_location: "),
        ({"output_location": "s3://example--use1-az1--x-s3/"}, "output_location: "),
        ({"output_location": f"s3://r-{ACCOUNT}-eu-west-1-an/"}, "output_location: "),
        (
            {"output_location": f"s3://r-{ACCOUNT}-us-east-1-an/", "expected_bucket_owner": "210987654321"},
            "output_location: ",
        ),
        ({"expected_bucket_owner": "1234"}, "expected_bucket_owner: "),
        ({"workgroup": "arn:aws:athena:us-east-1:123456789012:workgroup/primary"}, "workgroup: "),
        ({"principal": "arn:aws:sts::123456789012:assumed-role/a/b"}, "principal: "),
        ({"principal": "arn:aws-cn:iam::123456789012:user/a"}, "principal: "),
        ({"fail_on": ["pass"]}, "fail_on"),
    ],
)
def test_what_the_options_show_is_refused_before_any_call(
    run: Run, aws: Any, options: dict[str, Any], message: str
) -> None:
    result = run(**options)
    assert result["failed"]
    assert message in result["msg"]
    assert aws.calls == {}


def test_a_region_is_needed(run: Run, aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    result = run(region=None)
    assert result["failed"]
    assert result["msg"].startswith("region: ")
    assert aws.calls == {}


def test_an_identity_of_another_account_is_refused_unless_the_workgroup_is_left_out(run: Run, aws: Any) -> None:
    principal = "arn:aws:iam::210987654321:role/qualytics"
    result = run(principal=principal)
    assert result["failed"]
    assert result["msg"].startswith("principal: ")
    assert aws.calls == {"GetCallerIdentity": 1}
    assert statuses(run(principal=principal, workgroup=""))["bucket_policy_grants"] == "fail"


def test_only_404_is_absent(run: Run, aws: Any) -> None:
    aws.answer("HeadBucket", (404, "", {}))
    result = run()
    assert result["failed"]
    assert "there is no bucket" in result["msg"]
    assert statuses(result)["bucket_exists"] == "fail"
    assert result["bucket"] == {"name": "example-results", "prefix": "athena", "region": None, "encryption": None}
    # Nothing more is asked of what is not there, and the workgroup is looked at all the same.
    assert aws.calls == {"GetCallerIdentity": 1, "HeadBucket": 1, "GetWorkGroup": 1}


def test_in_check_mode_an_absent_bucket_may_be_about_to_be_created(run: Run, aws: Any) -> None:
    aws.answer("HeadBucket", (404, "", {}))
    result = run(_ansible_check_mode=True)
    assert not result.get("failed")
    found = statuses(result)
    assert found.pop("bucket_exists") == "warn"
    assert set(found.values()) == {"pass"}
    assert {name for name in found if name.startswith("bucket")} == {"bucket_name"}
    assert run(_ansible_check_mode=True, fail_on=["warn"])["failed"]


def key_named(name: str) -> tuple[int, str, dict[str, str]]:
    return (200, ENCRYPTION.replace(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd", name), {})


def kms_key(**metadata: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    known = {"KeyId": "5678", "Arn": RESOLVED_KEY, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}
    return (200, {"KeyMetadata": {**known, **metadata}}, {})


RESOLVED_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/5678"


@pytest.mark.parametrize(
    ("answer", "status", "arn"),
    [
        (kms_key(), "pass", RESOLVED_KEY),
        (kms_key(KeyState="PendingDeletion"), "fail", RESOLVED_KEY),
        (kms_key(KeyManager="AWS"), "pass", None),
        (json_error("NotFoundException"), "fail", None),
        (json_error("AccessDeniedException"), "unknown", None),
    ],
)
def test_a_key_that_the_bucket_names_otherwise_is_resolved_by_one_call(
    run: Run, aws: Any, answer: Any, status: str, arn: str | None
) -> None:
    aws.answer("GetBucketEncryption", key_named("alias/results"))
    aws.answer("DescribeKey", answer)
    result = run()
    found = statuses(result)
    assert found.pop("bucket_encryption") == status
    assert set(found.values()) == {"pass"}
    assert bool(result.get("failed")) is (status == "fail")
    assert result["bucket"]["encryption"]["kms_key_arn"] == arn
    assert aws.calls == {**ONE_CALL_EACH, "DescribeKey": 1}
    asked = json.loads(aws.requests["DescribeKey"][0].body)
    assert asked == {"KeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/results"}
    if status == "unknown":
        assert "Grant kms:DescribeKey on " in remedy(result, "bucket_encryption")


def test_a_key_of_another_account_is_not_resolved_in_this_one(run: Run, aws: Any) -> None:
    aws.answer("GetBucketEncryption", key_named("alias/results"))
    result = run(expected_bucket_owner="210987654321", fail_on=[])
    assert statuses(result)["bucket_encryption"] == "warn"
    assert result["bucket"]["encryption"]["kms_key_arn"] is None
    assert aws.calls == ONE_CALL_EACH


def test_the_key_aws_s3_is_not_resolved(run: Run, aws: Any) -> None:
    aws.answer("GetBucketEncryption", key_named(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"))
    result = run(granted_keys=[])
    assert set(statuses(result).values()) == {"pass"}
    assert result["bucket"]["encryption"]["kms_key_arn"] is None
    assert aws.calls == ONE_CALL_EACH


def test_the_key_must_be_one_of_those_that_are_granted(run: Run, aws: Any) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"
    aws.answer("DescribeKey", kms_key(Arn=key))
    by_granted = [run(granted_keys=granted) for granted in (None, [key], key, f"x,{key}", [], [RESOLVED_KEY])]
    found = [statuses(result)["bucket_encryption"] for result in by_granted]
    assert found == ["pass", "pass", "pass", "pass", "fail", "fail"]
    for result in by_granted[-2:]:
        assert result["failed"]
        assert f"{key}: add it to kms_keys.results" in result["msg"]

    # The workgroup's key, where that is enforced, comes before the bucket's.
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": RESOLVED_KEY}
    enforced = {"OutputLocation": "s3://example-results/athena/", "EncryptionConfiguration": encryption}
    aws.answer("GetWorkGroup", workgroup(EnforceWorkGroupConfiguration=True, ResultConfiguration=enforced))
    for granted, failing in (([key], {"workgroup_encryption"}), ([RESOLVED_KEY], set())):
        found = statuses(run(granted_keys=granted))
        assert {name for name, status in found.items() if status == "fail"} == failing


@pytest.mark.parametrize(
    ("answer", "status"), [(kms_key(KeyManager="AWS"), "pass"), (json_error("AccessDeniedException"), "fail")]
)
def test_a_key_that_is_not_granted_is_asked_whether_it_is_the_one_of_aws(
    run: Run, aws: Any, answer: Any, status: str
) -> None:
    aws.answer("DescribeKey", answer)
    result = run(granted_keys=[])
    assert statuses(result)["bucket_encryption"] == status
    assert aws.calls == {**ONE_CALL_EACH, "DescribeKey": 1}


def test_a_denied_bucket_is_not_absent(run: Run, aws: Any) -> None:
    aws.answer("HeadBucket", (403, "", {"x-amz-bucket-region": "us-east-1"}))
    result = run()
    assert result["failed"]
    found = statuses(result)
    assert (found["bucket_exists"], found["bucket_owner"], found["bucket_region"]) == ("fail", "fail", "pass")
    assert "there is no bucket" not in result["msg"]
    assert "s3:ListBucket" in remedy(result, "bucket_exists")
    assert aws.calls == ONE_CALL_EACH


def test_a_region_that_s3_does_not_say_is_not_established(run: Run, aws: Any) -> None:
    aws.answer("HeadBucket", (200, "", {}))
    result = run()
    assert result["failed"]
    assert statuses(result)["bucket_region"] == "fail"
    assert result["bucket"]["region"] is None


def test_a_bucket_in_another_region_is_found_there(run: Run, aws: Any) -> None:
    there = {"x-amz-bucket-region": "eu-west-1"}
    aws.answer("HeadBucket", (301, "", there), (200, "", there))
    result = run()
    assert result["failed"]
    found = statuses(result)
    assert (found["bucket_exists"], found["bucket_owner"], found["bucket_region"]) == ("pass", "pass", "fail")
    assert "eu-west-1" in remedy(result, "bucket_region")
    assert found["bucket_encryption"] == "pass"
    # The redirect is the only call more.
    assert aws.calls == {**ONE_CALL_EACH, "HeadBucket": 2}


@pytest.mark.parametrize(
    ("operation", "unknown", "permission"),
    [
        ("GetBucketEncryption", {"bucket_encryption"}, "s3:GetEncryptionConfiguration"),
        ("GetBucketRequestPayment", {"bucket_requester_pays"}, "s3:GetBucketRequestPayment"),
        ("GetObjectLockConfiguration", {"bucket_object_lock"}, "s3:GetBucketObjectLockConfiguration"),
        ("GetBucketPolicy", {"bucket_policy_athena", "bucket_policy_client"}, "s3:GetBucketPolicy"),
        ("GetWorkGroup", {"workgroup_state"}, "athena:GetWorkGroup"),
    ],
)
def test_a_setting_that_may_not_be_looked_at_is_unknown(
    run: Run, aws: Any, operation: str, unknown: set[str], permission: str
) -> None:
    denied = json_error("AccessDeniedException") if operation == "GetWorkGroup" else s3_error(403, "AccessDenied")
    aws.answer(operation, denied)
    result = run()
    assert not result.get("failed")
    found = statuses(result)
    assert {name for name, status in found.items() if status == "unknown"} == unknown
    assert {status for name, status in found.items() if name not in unknown} == {"pass"}
    for name in unknown:
        assert f"Grant {permission} on " in remedy(result, name)
    assert (result["effective_location"] is None) is (operation == "GetWorkGroup")
    assert (result["bucket"]["encryption"] is None) is (operation == "GetBucketEncryption")
    assert aws.calls == ONE_CALL_EACH

    failing = run(fail_on=["unknown"])
    assert failing["failed"]
    assert permission in failing["msg"]
    assert failing["checks"] == result["checks"]


def test_a_policy_that_s3_shows_to_the_owner_only_is_unknown(run: Run, aws: Any) -> None:
    aws.answer("GetBucketPolicy", s3_error(405, "MethodNotAllowed"))
    result = run()
    assert not result.get("failed")
    assert statuses(result)["bucket_policy_athena"] == "unknown"


@pytest.mark.parametrize(
    ("operation", "answer", "code"),
    [
        (
            "GetCallerIdentity",
            (403, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", {}),
            "ExpiredToken",
        ),
        ("HeadBucket", (400, "", {}), "400"),
        ("HeadBucket", (503, "", {}), "503"),
        ("GetBucketEncryption", s3_error(500, "InternalError"), "InternalError"),
        ("GetBucketRequestPayment", s3_error(503, "SlowDown"), "SlowDown"),
        ("GetObjectLockConfiguration", s3_error(404, "NoSuchBucket"), "NoSuchBucket"),
        ("GetBucketPolicy", s3_error(503, "ServiceUnavailable"), "ServiceUnavailable"),
        ("DescribeKey", json_error("KMSInternalException"), "KMSInternalException"),
        ("GetWorkGroup", json_error("ThrottlingException"), "ThrottlingException"),
        ("GetWorkGroup", json_error("InvalidRequestException", "something else"), "InvalidRequestException"),
    ],
)
def test_a_call_that_fails_is_an_error_and_no_answer(
    run: Run, aws: Any, operation: str, answer: Any, code: str
) -> None:
    aws.answer(operation, answer)
    if operation == "DescribeKey":
        aws.answer("GetBucketEncryption", key_named("alias/results"))
    result = run(fail_on=[])
    assert result["failed"]
    assert code in result["msg"]
    assert "checks" not in result


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [
        ([], False),
        (["warn"], True),
        (["unknown"], True),
        (["fail"], True),
        (None, True),
        (["warn", "fail", "unknown"], True),
    ],
)
def test_what_fails_is_up_to_the_user(run: Run, aws: Any, fail_on: list[str] | None, failed: bool) -> None:
    aws.answer("GetWorkGroup", workgroup("DISABLED", ResultConfiguration={"AclConfiguration": {"S3AclOption": "x"}}))
    aws.answer("GetBucketEncryption", s3_error(403, "AccessDenied"))
    result = run(fail_on=fail_on)
    found = statuses(result)
    assert (found["workgroup_state"], found["workgroup_acl"], found["bucket_encryption"]) == ("fail", "warn", "unknown")
    assert bool(result.get("failed")) is failed
    for status, name in (("fail", "workgroup_state"), ("warn", "workgroup_acl"), ("unknown", "bucket_encryption")):
        is_listed = status in (["fail"] if fail_on is None else fail_on)
        assert (f"{name}: " in result.get("msg", "")) is is_listed


def test_a_policy_and_a_workgroup_are_judged_for_the_principal(run: Run, aws: Any) -> None:
    document = {
        "Statement": [
            {
                "Sid": "OnlyTheVendor",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/qualytics", f"arn:aws:iam::{ACCOUNT}:root"]},
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::example-results/*",
            }
        ]
    }
    aws.answer("GetBucketPolicy", (200, document, {}))
    aws.answer(
        "GetWorkGroup",
        workgroup(EnforceWorkGroupConfiguration=True, ResultConfiguration={"OutputLocation": "s3://elsewhere/x"}),
    )
    by_principal = {
        principal: run(principal=principal, fail_on=[])
        for principal in (None, f"arn:aws:iam::{ACCOUNT}:user/qualytics", f"arn:aws:iam::{ACCOUNT}:role/qualytics")
    }
    assert [statuses(result)["bucket_policy_athena"] for result in by_principal.values()] == ["warn", "pass", "fail"]
    for result in by_principal.values():
        assert statuses(result)["workgroup_location"] == "fail"
        assert result["effective_location"] == "s3://elsewhere/x/"


def test_managed_query_results_are_seen(run: Run, aws: Any) -> None:
    aws.answer("GetWorkGroup", workgroup(ManagedQueryResultsConfiguration={"Enabled": True}))
    result = run()
    assert result["failed"]
    assert "workgroup_managed_results: " in result["msg"]
    assert result["effective_location"] is None


def test_streaming_is_an_option(run: Run, aws: Any) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    only_athena = {**statement, "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
    aws.answer("GetBucketPolicy", (200, {"Statement": [only_athena]}, {}))
    found = [statuses(run(result_streaming=streaming, fail_on=[])) for streaming in (False, True)]
    assert [it["bucket_policy_client"] for it in found] == ["fail", "warn"]
    assert [it["bucket_policy_athena"] for it in found] == ["pass", "pass"]
