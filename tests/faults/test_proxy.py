# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy does to calls what its rules say, neither more nor less, and counts them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from fault_proxy import Fault, Proxy
from fault_proxy.rules import Rules

from ..integration.moto_server import Moto, running_moto

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
EVERYBODY = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def client(proxy: Proxy, service: str, **config: Any) -> Any:
    """A client behind the proxy that tries nothing again."""
    return boto3.client(
        service,
        endpoint_url=proxy.url,
        region_name=REGION,
        aws_access_key_id=ROOT_ACCESS_KEY_ID,
        aws_secret_access_key=ROOT_SECRET_ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}, proxies={}, **config),
    )


def get_user(proxy: Proxy) -> Any:
    return client(proxy, "iam").get_user(UserName="somebody")


def make_user(proxy: Proxy, **config: Any) -> Any:
    return client(proxy, "iam", **config).create_user(UserName="somebody")


def user_names(sandbox: Sandbox) -> list[str]:
    return [user["UserName"] for user in sandbox.client("iam").list_users()["Users"]]


CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "iam": (lambda it: it.list_users(), "ListUsers"),
    "sts": (lambda it: it.get_caller_identity(), "GetCallerIdentity"),
    "s3": (lambda it: it.get_bucket_location(Bucket="lake"), "GetBucketLocation"),
    "glue": (lambda it: it.get_databases(), "GetDatabases"),
    "athena": (lambda it: it.get_work_group(WorkGroup="primary"), "GetWorkGroup"),
    "kms": (lambda it: it.list_keys(), "ListKeys"),
    "lakeformation": (lambda it: it.get_data_lake_settings(), "GetDataLakeSettings"),
}


@pytest.mark.parametrize("service", CALLS)
def test_without_rules_calls_pass_and_are_named(proxy: Proxy, sandbox: Sandbox, service: str) -> None:
    sandbox.client("s3").create_bucket(Bucket="lake")
    call, operation = CALLS[service]
    call(client(proxy, service))
    assert proxy.calls() == [{"service": service, "operation": operation, "status": 200, "fault": None}]


@pytest.mark.parametrize(
    ("service", "codes"),
    {
        "iam": ["Throttling", "ServiceFailure", "ServiceUnavailable"],
        "sts": ["Throttling", "ServiceFailure", "ServiceUnavailable"],
        "s3": ["SlowDown", "InternalError", "ServiceUnavailable"],
        "glue": ["ThrottlingException", "InternalServiceException", "ServiceUnavailableException"],
        "athena": ["TooManyRequestsException", "InternalServerException", "ServiceUnavailableException"],
        "kms": ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException"],
        "lakeformation": ["ThrottledException", "InternalServiceException", "ServiceUnavailableException"],
    }.items(),
)
def test_each_service_refuses_in_its_own_shape(proxy: Proxy, sandbox: Sandbox, service: str, codes: list[str]) -> None:
    sandbox.client("s3").create_bucket(Bucket="lake")
    sandbox.clear_calls()
    call, operation = CALLS[service]
    for fault, code in zip((Fault.THROTTLED, Fault.INTERNAL_ERROR, Fault.UNAVAILABLE), codes, strict=True):
        proxy.rule(fault, service=service, operation=operation)
        with pytest.raises(ClientError) as refused:
            call(client(proxy, service))
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["Error"]["Message"]
    assert sandbox.calls() == []
    assert not proxy.rules()
    call(client(proxy, service))


def test_a_refused_head_has_no_body(proxy: Proxy) -> None:
    proxy.rule(Fault.THROTTLED)
    with pytest.raises(ClientError) as refused:
        client(proxy, "s3").head_bucket(Bucket="lake")
    assert refused.value.response["Error"]["Code"] == "503"


def test_a_rule_is_for_some_calls_of_some_operation(proxy: Proxy) -> None:
    proxy.rule(Fault.THROTTLED, operation="GetUser", after=1, times=2, contains="UserName=somebody")
    iam = client(proxy, "iam")
    iam.create_user(UserName="somebody")
    iam.create_user(UserName="another")
    met = []
    for name in ("somebody", "another", "somebody", "another", "somebody", "somebody"):
        try:
            iam.get_user(UserName=name)
            met.append(False)
        except ClientError:
            met.append(True)
    assert met == [False, False, True, False, True, False]
    assert [call["fault"] for call in proxy.calls()].count("throttled") == 2


def test_a_reset_is_before_the_call_is_applied_or_after_it(proxy: Proxy, sandbox: Sandbox) -> None:
    proxy.rule(Fault.RESET_BEFORE)
    with pytest.raises(ConnectionClosedError):
        make_user(proxy)
    assert user_names(sandbox) == []
    proxy.rule(Fault.RESET_AFTER)
    with pytest.raises(ConnectionClosedError):
        make_user(proxy)
    assert user_names(sandbox) == ["somebody"]
    assert [call["status"] for call in proxy.calls()] == [0, 0]


def test_a_slow_answer_comes_too_late_for_what_was_applied(proxy: Proxy, sandbox: Sandbox) -> None:
    proxy.rule(Fault.SLOW, seconds=1.5)
    with pytest.raises(ReadTimeoutError):
        make_user(proxy, read_timeout=0.5)
    assert user_names(sandbox) == ["somebody"]


def test_an_answer_that_is_cut_off(proxy: Proxy, sandbox: Sandbox) -> None:
    proxy.rule(Fault.CUT)
    with pytest.raises(BotoCoreError):
        make_user(proxy)
    assert user_names(sandbox) == ["somebody"]
    proxy.rule(Fault.TRUNCATED)
    with pytest.raises(ResponseParserError):
        get_user(proxy)


def test_an_answer_of_somebody_else(proxy: Proxy) -> None:
    proxy.rule(Fault.WRONG_TYPE, operation="CreateUser")
    headers = make_user(proxy)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"].startswith("text/html")
    proxy.rule(Fault.FOREIGN_NOT_FOUND, service="glue")
    with pytest.raises(ClientError) as refused:
        client(proxy, "glue").get_databases()
    assert refused.value.response["Error"]["Code"] == "404"
    proxy.rule(Fault.FOREIGN, service="glue")
    assert "DatabaseList" not in client(proxy, "glue").get_databases()


def test_reads_are_answered_from_before_the_write(proxy: Proxy) -> None:
    proxy.rule(Fault.STALE, times=2)
    iam = client(proxy, "iam")
    with pytest.raises(ClientError):
        iam.get_user(UserName="somebody")
    iam.create_user(UserName="somebody")
    for _time in range(2):
        with pytest.raises(ClientError, match="NoSuchEntity"):
            iam.get_user(UserName="somebody")
    assert iam.get_user(UserName="somebody")
    # What was not asked before the write is not known from then.
    proxy.rule(Fault.STALE)
    iam.list_users()
    assert len(proxy.rules()) == 1


def test_reads_are_answered_from_before_the_write_for_some_seconds() -> None:
    now = 0.0
    rules = Rules(lambda: now)
    rules.add({"fault": "stale", "seconds": 2})
    assert all(rules.take("iam", "GetUser", "") for _time in range(5))
    now = 2.5
    assert rules.take("iam", "GetUser", "") is None
    assert rules.left() == []


@pytest.mark.parametrize("names", [["sales"], ["sales", "hr"]])
def test_an_entry_of_a_batch_is_not_done(proxy: Proxy, names: list[str]) -> None:
    glue, lake = client(proxy, "glue"), client(proxy, "lakeformation")
    root = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{client(proxy, 'sts').get_caller_identity()['Account']}:root"}
    settings: dict[str, Any] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [root], **settings})
    for name in names:
        glue.create_database(DatabaseInput={"Name": name})
    entries = [
        {"Id": name, "Principal": EVERYBODY, "Resource": {"Database": {"Name": name}}, "Permissions": ["DESCRIBE"]}
        for name in names
    ]
    proxy.rule(Fault.PARTIAL_FAILURE, contains="sales")
    failures = lake.batch_grant_permissions(Entries=entries)["Failures"]
    assert [failure["RequestEntry"]["Id"] for failure in failures] == ["sales"]
    assert failures[0]["Error"]["ErrorCode"] == "ConcurrentModificationException"
    listed = [
        row["Resource"]["Database"]["Name"]
        for row in lake.list_permissions()["PrincipalResourcePermissions"]
        if row["Principal"] == EVERYBODY
    ]
    assert listed == names[1:]


@pytest.mark.parametrize(
    "settings", [{"fault": "flood"}, {"fault": "slow", "colour": "red"}, {"fault": "slow", "times": 0}]
)
def test_a_rule_that_is_none_is_refused(proxy: Proxy, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the proxy answered 400"):
        proxy.rule(**settings)
    assert proxy.rules() == []


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with running_moto(tmp_path_factory.mktemp("moto") / "calls") as started:
        yield started


def test_in_front_of_moto(moto: Moto) -> None:
    with Proxy(moto.url) as proxy:
        proxy.rule(Fault.UNAVAILABLE, operation="CreateUser")
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            make_user(proxy)
        make_user(proxy)
        assert get_user(proxy)["User"]["UserName"] == "somebody"
        assert [call["operation"] for call in proxy.calls()] == ["CreateUser", "CreateUser", "GetUser"]
        pid = proxy._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
