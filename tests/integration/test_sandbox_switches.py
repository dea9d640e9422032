# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's switches: what AWS does now and then, for the next n calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import SandboxError
from athena_sandbox.user import User


def outcome(call: Callable[[], Any]) -> tuple[int, str, str]:
    """The status, error code and message of a call; 200 and nothing when it succeeds."""
    try:
        call()
    except ClientError as error:
        shown = error.response["Error"]
        return (
            error.response["ResponseMetadata"]["HTTPStatusCode"],
            str(shown["Code"]),
            str(shown.get("Message") or error.response.get("message")),
        )
    return 200, "", ""


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "iam": ("GetAccountSummary", {}),
    "sts": ("GetCallerIdentity", {}),
    "glue": ("GetDatabases", {}),
    "athena": ("ListWorkGroups", {}),
    "kms": ("ListKeys", {}),
}


@pytest.mark.parametrize("service", CALLS)
def test_the_next_calls_of_an_operation_fail_as_told_in_the_protocol_of_the_service(
    clean_sandbox: Sandbox, service: str
) -> None:
    operation, parameters = CALLS[service]
    method = {"GetAccountSummary": "get_account_summary", "GetCallerIdentity": "get_caller_identity"}
    method |= {"GetDatabases": "get_databases", "ListWorkGroups": "list_work_groups", "ListKeys": "list_keys"}
    call = partial(getattr(clean_sandbox.client(service), method[operation]), **parameters)
    error = {"code": "SomeException", "status": 409, "message": 'not <yet> & "there"'}
    clean_sandbox.switch("fail", times=2, service=service, operation=operation, **error)
    assert [outcome(call) for _call in range(3)] == [
        (409, "SomeException", error["message"]),
        (409, "SomeException", error["message"]),
        (200, "", ""),
    ]
    assert [recorded["status"] for recorded in clean_sandbox.calls()] == [409, 409, 200]
    assert clean_sandbox.switches() == []


def test_only_the_operation_and_text_that_are_named_fail(clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    for name in ("one", "two"):
        iam.create_user(UserName=name, Path="/clients/")
    clean_sandbox.switch("fail", service="iam", operation="GetUser", code="NoSuchEntity", status=404, contains="two")
    assert outcome(partial(iam.list_access_keys, UserName="two"))[0] == 200
    assert outcome(partial(iam.get_user, UserName="one"))[0] == 200
    assert [left["times"] for left in clean_sandbox.switches()] == [1]
    assert outcome(partial(iam.get_user, UserName="two"))[:2] == (404, "NoSuchEntity")
    assert outcome(partial(iam.get_user, UserName="two"))[0] == 200


def test_what_is_not_authorised_is_denied_and_leaves_the_switch_on(user: User, clean_sandbox: Sandbox) -> None:
    clean_sandbox.switch("fail", service="glue", operation="GetDatabases", code="InternalServiceException", status=500)
    assert outcome(user.client("glue").get_databases)[1] == "AccessDeniedException"
    assert outcome(clean_sandbox.client("glue").get_databases)[:2] == (500, "InternalServiceException")


def test_reset_turns_switches_off(clean_sandbox: Sandbox) -> None:
    clean_sandbox.switch("fail", times=9, service="sts", operation="GetCallerIdentity", code="Throttling")
    clean_sandbox.reset()
    assert clean_sandbox.switches() == []
    assert outcome(clean_sandbox.client("sts").get_caller_identity)[0] == 200


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("no_such_switch", {}, "there is no switch 'no_such_switch', only ["),
        ("fail", {"service": "iam", "operation": "GetUser"}, "fail: ['code'] must be given"),
        ("fail", {"service": "iam", "operation": "GetUser", "code": "x", "colour": 1}, "['colour'] are not settings"),
        ("fail", {"service": "s3", "operation": "GetObject", "code": "x"}, "fail: service is 's3', expected one of"),
        ("fail", {"times": 0}, "fail: times is 0"),
    ],
)
def test_a_switch_that_cannot_work_is_refused(
    clean_sandbox: Sandbox, name: str, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SandboxError) as refused:
        clean_sandbox.switch(name, **settings)
    assert "answered 400" in str(refused.value)
    assert reason in str(refused.value).replace("\\'", "'")
    assert clean_sandbox.switches() == []


def test_slow_calls_wait_together_and_are_answered(clean_sandbox: Sandbox) -> None:
    client = clean_sandbox.client("sts")

    def seconds(_number: int) -> float:
        started = time.monotonic()
        client.get_caller_identity()
        return time.monotonic() - started

    clean_sandbox.switch("slow", times=4, seconds=0.5)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(seconds, range(4)))
    assert min(taken) >= 0.5
    assert time.monotonic() - started < sum(taken)
    assert clean_sandbox.switches() == []


def test_slow_calls_take_a_time_that_is_one(clean_sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="seconds"):
        clean_sandbox.switch("slow", seconds=-1)
