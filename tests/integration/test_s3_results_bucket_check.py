# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""s3_results_bucket_check against the sandbox: what it says of a world, and whether queries there do as it says."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY, client_environment
from athena_sandbox.user import User

from .module_runs import Modules, Run
from .playbook_runs import run_playbook

OTHER_ACCOUNT = "210987654321"
BUCKET, LOCATION = "acme-results", "s3://acme-results/athena/"
ARN = f"arn:aws:s3:::{BUCKET}"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"
CALLS = [
    "sts:GetCallerIdentity",
    "s3:HeadBucket",
    "s3:GetBucketEncryption",
    "s3:GetBucketRequestPayment",
    "s3:GetObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "athena:GetWorkGroup",
]


@pytest.fixture
def results(clean_sandbox: Sandbox) -> Sandbox:
    """An account with an empty results bucket."""
    clean_sandbox.client("s3").create_bucket(Bucket=BUCKET)
    return clean_sandbox


@pytest.fixture
def check(results: Sandbox) -> Callable[..., Run]:
    """Run the module as the account root, or with other options."""
    modules = Modules(results)

    def run(check_mode: bool = False, **options: Any) -> Run:
        return modules.run("s3_results_bucket_check", {"output_location": LOCATION, **options}, check=check_mode)

    return run


def statuses(run: Run) -> dict[str, str]:
    return {row["name"]: row["status"] for row in run.result["checks"]}


def row(run: Run, name: str) -> dict[str, str]:
    return next(found for found in run.result["checks"] if found["name"] == name)


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_plain_bucket_is_in_order_for_one_call_each(check: Callable[..., Run], check_mode: bool) -> None:
    run = check(check_mode)
    assert not run.failed, run.message
    assert set(statuses(run).values()) == {"pass"}
    assert sorted(run.calls) == sorted(CALLS)
    assert run.writes == ()
    assert run.result["changed"] is False
    assert run.result["bucket"] == {
        "name": BUCKET,
        "prefix": "athena",
        "region": "us-east-1",
        "encryption": {"algorithm": "AES256", "kms_key_arn": None, "bucket_key_enabled": False},
    }
    assert run.result["effective_location"] == LOCATION


def test_an_absent_bucket_is_reported_and_not_created(check: Callable[..., Run], results: Sandbox) -> None:
    run = check(output_location="s3://no-such-results/athena")
    assert run.failed
    assert statuses(run)["bucket_exists"] == "fail"
    assert "there is no bucket 'no-such-results'" in run.message
    assert sorted(run.calls) == sorted(["sts:GetCallerIdentity", "s3:HeadBucket", "athena:GetWorkGroup"])
    assert [bucket["Name"] for bucket in results.client("s3").list_buckets()["Buckets"]] == [BUCKET]


def test_an_absent_bucket_is_a_warning_in_check_mode(check: Callable[..., Run]) -> None:
    run = check(True, output_location="s3://no-such-results/athena")
    assert not run.failed, run.message
    found = statuses(run)
    assert (found.pop("bucket_exists"), set(found.values())) == ("warn", {"pass"})
    assert "bucket_policy_athena" not in found
    assert sorted(run.calls) == sorted(["sts:GetCallerIdentity", "s3:HeadBucket", "athena:GetWorkGroup"])


def test_a_bucket_of_another_account_is_not_ours(check: Callable[..., Run], results: Sandbox) -> None:
    results.client("s3", OTHER_ACCOUNT, "a-secret").create_bucket(Bucket="their-results")
    run = check(output_location="s3://their-results/athena")
    found = statuses(run)
    assert (found["bucket_exists"], found["bucket_owner"], found["bucket_region"]) == ("fail", "fail", "pass")
    assert "set expected_bucket_owner" in row(run, "bucket_owner")["remedy"]
    # Our own bucket, expected to be theirs, is as little trusted.
    assert statuses(check(expected_bucket_owner=OTHER_ACCOUNT))["bucket_owner"] == "fail"


def test_a_bucket_in_another_region_is_found_there(check: Callable[..., Run], results: Sandbox) -> None:
    frankfurt = {"LocationConstraint": "eu-central-1"}
    results.client("s3", region="eu-central-1").create_bucket(Bucket="far-results", CreateBucketConfiguration=frankfurt)
    run = check(output_location="s3://far-results/athena")
    assert run.failed
    found = statuses(run)
    assert (found.pop("bucket_region"), set(found.values())) == ("fail", {"pass"})
    assert "eu-central-1" in row(run, "bucket_region")["detail"]
    assert run.result["bucket"]["region"] == "eu-central-1"
    # Once redirected, the other reads go there directly.
    assert sorted(run.calls) == sorted([*CALLS, "s3:HeadBucket"])
    assert not check(output_location="s3://far-results/athena", region="eu-central-1").failed


def put_encryption(sandbox: Sandbox, algorithm: str, key: str = "") -> None:
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    sandbox.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=rules)


def test_the_default_key_is_reported(check: Callable[..., Run], results: Sandbox) -> None:
    put_encryption(results, "aws:kms", KEY)
    run = check()
    encryption = run.result["bucket"]["encryption"]
    assert encryption == {"algorithm": "aws:kms", "kms_key_arn": KEY, "bucket_key_enabled": True}
    assert statuses(run)["bucket_encryption"] == "pass"
    assert KEY in row(run, "bucket_encryption")["detail"]


@pytest.fixture
def named_key(results: Sandbox) -> str:
    """The ARN of a customer managed key with the alias alias/results, which the bucket has as its default."""
    kms = results.client("kms")
    arn = str(kms.create_key()["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName="alias/results", TargetKeyId=arn)
    put_encryption(results, "aws:kms", "alias/results")
    return arn


def test_a_key_behind_an_alias_or_an_id_is_resolved_by_one_call(
    check: Callable[..., Run], results: Sandbox, named_key: str
) -> None:
    for name in ("alias/results", named_key.rpartition("/")[2], named_key.partition(":key/")[0] + ":alias/results"):
        put_encryption(results, "aws:kms", name)
        run = check()
        assert set(statuses(run).values()) == {"pass"}
        assert run.result["bucket"]["encryption"]["kms_key_arn"] == named_key
        assert sorted(run.calls) == sorted([*CALLS, "kms:DescribeKey"])


def test_a_key_that_is_disabled_or_gone_is_found_out(
    check: Callable[..., Run], results: Sandbox, named_key: str
) -> None:
    results.client("kms").disable_key(KeyId=named_key)
    run = check()
    assert run.failed
    assert statuses(run)["bucket_encryption"] == "fail"
    assert "'Disabled'" in row(run, "bucket_encryption")["detail"]
    assert run.result["bucket"]["encryption"]["kms_key_arn"] == named_key

    put_encryption(results, "aws:kms", "alias/nothing")
    run = check()
    assert statuses(run)["bucket_encryption"] == "fail"
    assert "no such key" in row(run, "bucket_encryption")["detail"]
    assert run.result["bucket"]["encryption"]["kms_key_arn"] is None


def test_a_key_that_may_not_be_looked_at_is_unknown(
    check: Callable[..., Run], results: Sandbox, named_key: str
) -> None:
    checker = User(results, "checker").may("*", "*", {"Effect": "Deny", "Action": "kms:DescribeKey", "Resource": "*"})
    run = check(access_key=checker.key["AccessKeyId"], secret_key=checker.key["SecretAccessKey"])
    assert not run.failed
    found = statuses(run)
    assert (found.pop("bucket_encryption"), set(found.values())) == ("unknown", {"pass"})
    assert "Grant kms:DescribeKey on the KMS key 'alias/results'" in row(run, "bucket_encryption")["remedy"]
    assert run.result["bucket"]["encryption"]["kms_key_arn"] is None


def test_the_role_passes_the_keys_that_its_policy_grants(results: Sandbox, named_key: str, tmp_path: Path) -> None:
    User(results, "qualytics")
    by_keys: dict[str, tuple[Any, bool]] = {
        "unset": (None, False),
        "for_sources": ({"sources": [named_key]}, False),
        "another": ({"results": [KEY]}, False),
        "this": ({"results": [named_key]}, True),
        "one_text": ({"results": named_key}, True),
    }
    tasks = []
    for name, (keys, _granted) in by_keys.items():
        variables = {
            "athena_access_connection": name,
            "athena_access_auth_mode": "access_key",
            "athena_access_user_name": "qualytics",
            "athena_access_output_location": LOCATION,
            "athena_access_region": "us-east-1",
            **({} if keys is None else {"athena_access_kms_keys": keys}),
        }
        include = {"name": "qualytics.athena.athena_access", "apply": {"check_mode": True}}
        tasks.append(
            {
                "block": [{"ansible.builtin.include_role": include, "vars": variables}],
                "rescue": [{"ansible.builtin.set_fact": {f"failed_{name}": "{{ ansible_failed_result.msg }}"}}],
            }
        )
    plays = [{"hosts": "all", "gather_facts": False, "vars": {"ansible_connection": "local"}, "tasks": tasks}]
    play = run_playbook(results, tmp_path, plays, "--inventory=localhost,")
    assert play.status == 0, play.output[-4000:]
    for name, (_keys, granted) in by_keys.items():
        failure = str(play.facts(f"failed_{name}").get("localhost", ""))
        expected = "" if granted else f"Let the identity use {named_key}: add it to kms_keys.results"
        assert expected in failure
        assert bool(failure) is not granted, failure


def test_requester_pays_and_object_lock_are_warned_of(check: Callable[..., Run], results: Sandbox) -> None:
    s3 = results.client("s3")
    s3.put_bucket_request_payment(Bucket=BUCKET, RequestPaymentConfiguration={"Payer": "Requester"})
    assert statuses(check())["bucket_requester_pays"] == "warn"

    s3.create_bucket(Bucket="locked-results", ObjectLockEnabledForBucket=True)
    locked = {"output_location": "s3://locked-results/"}
    assert statuses(check(**locked))["bucket_object_lock"] == "pass"
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
    s3.put_object_lock_configuration(
        Bucket="locked-results", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    run = check(**locked)
    assert not run.failed
    assert statuses(run)["bucket_object_lock"] == "warn"
    assert "GOVERNANCE 3 days" in row(run, "bucket_object_lock")["detail"]
    assert check(**locked, fail_on=["warn"]).failed


DENIED = {
    "s3:ListBucket": ({"bucket_exists": "fail", "bucket_owner": "fail"}, "bucket_exists"),
    "s3:GetEncryptionConfiguration": ({"bucket_encryption": "unknown"}, "bucket_encryption"),
    "s3:GetBucketRequestPayment": ({"bucket_requester_pays": "unknown"}, "bucket_requester_pays"),
    "s3:GetBucketObjectLockConfiguration": ({"bucket_object_lock": "unknown"}, "bucket_object_lock"),
    "s3:GetBucketPolicy": (
        {"bucket_policy_athena": "unknown", "bucket_policy_client": "unknown"},
        "bucket_policy_athena",
    ),
    "athena:GetWorkGroup": ({"workgroup_state": "unknown"}, "workgroup_state"),
}


@pytest.mark.parametrize("action", DENIED)
def test_each_call_denied_in_turn(check: Callable[..., Run], results: Sandbox, action: str) -> None:
    checker = User(results, "checker").may("*", "*", {"Effect": "Deny", "Action": action, "Resource": "*"})
    run = check(access_key=checker.key["AccessKeyId"], secret_key=checker.key["SecretAccessKey"])
    expected, name = DENIED[action]
    assert {check: status for check, status in statuses(run).items() if status != "pass"} == expected
    assert f"Grant {action} on " in row(run, name)["remedy"]
    assert run.failed is ("fail" in expected.values())


def test_the_permissions_named_in_the_documentation_are_enough(check: Callable[..., Run], results: Sandbox) -> None:
    of_s3 = [action for action in DENIED if action.startswith("s3:")]
    workgroup = {
        "Effect": "Allow",
        "Action": "athena:GetWorkGroup",
        "Resource": f"arn:aws:athena:us-east-1:{ACCOUNT_ID}:workgroup/primary",
    }
    checker = User(results, "checker").may(of_s3, ARN, workgroup)
    run = check(access_key=checker.key["AccessKeyId"], secret_key=checker.key["SecretAccessKey"])
    assert set(statuses(run).values()) == {"pass"}


# What AWS does is the judge of what the module says: the query runs as the identity, through Athena, and the read of
# its result comes from the client.


class World:
    """A user with all rights on the results, in an account that a test alters."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.user = User(sandbox, "qualytics").may("*", "*")

    def put_policy(self, *statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.sandbox.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=document)

    def put_workgroup(self, state: str = "ENABLED", **updates: Any) -> None:
        """Alter the workgroup `primary`; updates are those of the Athena API."""
        self.sandbox.client("athena").update_work_group(WorkGroup="primary", State=state, ConfigurationUpdates=updates)

    def query(self) -> str:
        """Where SELECT 1 with the connection's location put its result, or an empty text where it failed."""
        athena = self.user.client("athena")
        try:
            started = athena.start_query_execution(
                QueryString="SELECT 1", ResultConfiguration={"OutputLocation": LOCATION}
            )
        except ClientError:
            return ""
        while True:
            execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
            if execution["Status"]["State"] == "SUCCEEDED":
                return str(execution["ResultConfiguration"]["OutputLocation"])
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return ""
            time.sleep(0.02)

    def read(self) -> bool:
        """Whether the client itself can read a result (put there by the account root) from S3."""
        self.sandbox.client("s3").put_object(Bucket=BUCKET, Key="athena/a.csv", Body=b"1")
        try:
            self.user.client("s3").get_object(Bucket=BUCKET, Key="athena/a.csv")
        except ClientError:
            return False
        return True


@pytest.fixture
def world(results: Sandbox) -> World:
    return World(results)


def deny(actions: str | list[str] = "s3:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": [ARN, f"{ARN}/*"], **more}


USER = f"arn:aws:iam::{ACCOUNT_ID}:user/qualytics"
VPC = {"StringNotEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}
VIA = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
NO_HEADER = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
ENFORCED = {"EnforceWorkGroupConfiguration": True}
SSE_S3 = {"EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}

POLICIES: dict[str, tuple[dict[str, Any], str]] = {
    "everything": (deny(), "fail"),
    "writing": (deny("s3:PutObject"), "fail"),
    "locating": (deny("s3:GetBucketLocation"), "fail"),
    "reading": (deny("s3:GetObject"), "fail"),
    "deleting": (deny("s3:DeleteObject"), "pass"),
    "elsewhere": (deny(Resource=f"{ARN}/raw/*"), "pass"),
    "a-prefix-that-looks-alike": (deny(Resource=f"{ARN}/athena-2/*"), "pass"),
    "all-but-the-prefix": ({**deny("s3:PutObject"), "Resource": f"{ARN}/raw/*"}, "pass"),
    "plain-http": (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), "pass"),
    "another-vpc": (deny(Condition=VPC), "fail"),
    "another-vpc-but-not-via-aws": (deny(Condition={**VPC, **VIA}), "pass"),
    "another-address": (deny(Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "fail"),
    "this-address": (deny(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "pass"),
    "not-called-via-athena": (
        deny(Condition={"ForAllValues:StringNotEquals": {"aws:CalledVia": "athena.amazonaws.com"}}),
        "pass",
    ),
    "called-via-athena": (
        deny(Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}),
        "fail",
    ),
    "no-encryption-header": (deny("s3:PutObject", Condition=NO_HEADER), "fail"),
    "no-prefix-asked-for": (deny(Condition={"StringNotLike": {"s3:prefix": "athena/*"}}), "fail"),
    "no-acl": (deny("s3:PutObject", Condition={"Null": {"s3:x-amz-acl": "true"}}), "fail"),
    "customer-keys": (
        deny("s3:PutObject", Condition={"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}),
        "pass",
    ),
    "the-user": (deny(Principal={"AWS": USER}), "fail"),
    "the-account": (deny(Principal={"AWS": ACCOUNT_ID}), "fail"),
    "another-user": (deny(Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/other"}), "pass"),
    "a-role-of-that-name": (deny(Condition={"ArnEquals": {"aws:PrincipalArn": USER.replace("user", "role")}}), "pass"),
    "all-but-the-user": (deny(Condition={"ArnNotEquals": {"aws:PrincipalArn": USER}}), "pass"),
    "all-but-another": (deny(Condition={"StringNotEquals": {"aws:username": "other"}}), "fail"),
    "another-account": (deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}}), "fail"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_query_does_what_was_said_of_the_bucket_policy(check: Callable[..., Run], world: World, name: str) -> None:
    statement, expected = POLICIES[name]
    User(world.sandbox, "other")
    world.put_policy({**statement, "Sid": "UnderTest"})
    run = check(principal=world.user.arn, fail_on=[])
    assert statuses(run)["bucket_policy_athena"] == expected
    assert ("'UnderTest'" in row(run, "bucket_policy_athena")["detail"]) is (expected == "fail")
    # To read results is Athena's part too, which the query itself does not show.
    if name != "reading":
        assert bool(world.query()) is (expected == "pass")
    # The sandbox's own clients come over plain HTTP.
    client = statuses(run)["bucket_policy_client"]
    if client != "warn" and name != "plain-http":
        assert world.read() is (client == "pass")


@pytest.mark.parametrize(
    ("configuration", "status"),
    [
        ({}, "fail"),
        (
            {**ENFORCED, "ResultConfigurationUpdates": {"OutputLocation": LOCATION, **SSE_S3}},
            "pass",
        ),
        ({**ENFORCED, "ResultConfigurationUpdates": {"OutputLocation": LOCATION}}, "fail"),
    ],
)
def test_a_query_does_what_was_said_of_policy_and_workgroup(
    check: Callable[..., Run], world: World, configuration: dict[str, Any], status: str
) -> None:
    world.put_policy(deny("s3:PutObject", Condition=NO_HEADER))
    world.put_workgroup(**configuration)
    assert statuses(check(principal=world.user.arn, fail_on=[]))["bucket_policy_athena"] == status
    assert bool(world.query()) is (status == "pass")


WORKGROUPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "as-it-comes": ({}, "", LOCATION),
    "disabled": ({"state": "DISABLED"}, "workgroup_state", LOCATION),
    "managed-results": (
        {"ManagedQueryResultsConfigurationUpdates": {"Enabled": True}},
        "workgroup_managed_results",
        "",
    ),
    "elsewhere-enforced": (
        {**ENFORCED, "ResultConfigurationUpdates": {"OutputLocation": "s3://acme-other/x"}},
        "workgroup_location",
        "s3://acme-other/x/",
    ),
    "elsewhere-not-enforced": ({"ResultConfigurationUpdates": {"OutputLocation": "s3://acme-other/x"}}, "", LOCATION),
    "here-enforced": (
        {**ENFORCED, "ResultConfigurationUpdates": {"OutputLocation": LOCATION}},
        "",
        LOCATION,
    ),
    "another-owner-enforced": (
        {
            **ENFORCED,
            "ResultConfigurationUpdates": {"OutputLocation": LOCATION, "ExpectedBucketOwner": OTHER_ACCOUNT},
        },
        "workgroup_bucket_owner",
        LOCATION,
    ),
}


@pytest.mark.parametrize("name", WORKGROUPS)
def test_a_query_does_what_was_said_of_the_workgroup(
    check: Callable[..., Run], world: World, results: Sandbox, name: str
) -> None:
    results.client("s3").create_bucket(Bucket="acme-other")
    settings, failing, effective = WORKGROUPS[name]
    world.put_workgroup(**settings)
    run = check()
    assert {check for check, status in statuses(run).items() if status == "fail"} == ({failing} if failing else set())
    assert run.failed is bool(failing)
    assert (run.result["effective_location"] or "") == effective
    where = world.query()
    if failing in ("", "workgroup_location"):
        assert where.startswith(effective)
    else:
        assert where == ""


def test_a_workgroup_that_does_not_exist(check: Callable[..., Run]) -> None:
    run = check(workgroup="nowhere")
    assert run.failed
    assert statuses(run)["workgroup_state"] == "fail"
    assert "there is no workgroup 'nowhere'" in run.message
    assert "athena:GetWorkGroup" not in check(workgroup="").calls


def test_ansible_fails_the_task_and_keeps_the_answers(results: Sandbox, tmp_path: Path) -> None:
    task = {"output_location": "s3://no-such-results/", "fail_on": ["fail"]}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {
            "group/qualytics.athena.athena": {
                "region": "us-east-1",
                "endpoint_url": results.url,
                "access_key": ROOT_ACCESS_KEY_ID,
                "secret_key": ROOT_SECRET_ACCESS_KEY,
            }
        },
        "tasks": [
            {"qualytics.athena.s3_results_bucket_check": task, "register": "checked", "ignore_errors": True},
            {"ansible.builtin.assert": {"that": ["checked is failed", "checked is not changed"]}},
            {
                "ansible.builtin.assert": {
                    "that": [
                        "'bucket_exists: there is no bucket' in checked.msg",
                        "['bucket_exists'] == failing",
                    ]
                },
                "vars": {
                    "failing": "{{ checked.checks | selectattr('status', 'eq', 'fail') | map(attribute='name') }}"
                },
            },
        ],
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "--connection", "local", "--inventory", "localhost,", os.fspath(playbook)],
        capture_output=True,
        text=True,
        check=False,
        env=client_environment({}),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ignored=1" in done.stdout
