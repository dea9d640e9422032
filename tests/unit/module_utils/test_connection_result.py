# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._connection_result import (
    connection_result,
    fleet_summary,
)

DRIFT = [
    {"subject": "a", "aspect": "action", "kind": "missing", "expected": "x", "actual": None},
    {"subject": "a", "aspect": "tag", "kind": "extra", "expected": None, "actual": "y"},
    {"subject": "b", "aspect": "effect", "kind": "different", "expected": "x", "actual": "y"},
]
CHECKS = [
    {"name": "bucket_exists", "status": "pass", "detail": "", "remedy": "", "reference": ""},
    {"name": "bucket_policy", "status": "unknown", "detail": "", "remedy": "", "reference": ""},
    {"name": "object_lock", "status": "warn", "detail": "", "remedy": "", "reference": ""},
]
KEYS = [
    *("connection", "auth_mode", "status", "summary", "changed", "check_mode", "drift", "drift_lines", "counts"),
    *("checks", "warnings", "policy", "role", "base_role_policy", "bucket"),
    *("observed_policy", "observed_trust", "principal", "grants", "observed_grants", "granted", "revoked"),
    *("tables", "discovered", "beyond", "live", "verdict", "findings", "error"),
]
NONE = dict.fromkeys(["missing", "extra", "different", "pass", "warn", "fail", "unknown"], 0)


def result(steps: dict[str, t.Any], failure: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    return connection_result(steps, connection="sales", auth_mode="access_key", failure=failure)


def test_a_connection_in_sync() -> None:
    steps = {
        "bucket": {"changed": False, "bucket": {"name": "b"}, "checks": CHECKS},
        "policy": {
            "changed": False,
            "check_mode": False,
            "drift": [],
            "policy": {"arn": "arn"},
            "observed_policy": {"Statement": []},
            "warnings": ["the keys"],
        },
    }
    assert result(steps) == {
        "connection": "sales",
        "auth_mode": "access_key",
        "status": "in_sync",
        "summary": "sales: in_sync: checks: 1 warn, 1 unknown",
        "changed": False,
        "check_mode": False,
        "drift": [],
        "drift_lines": [],
        "counts": {**NONE, "pass": 1, "warn": 1, "unknown": 1},
        "checks": CHECKS,
        "warnings": ["the keys"],
        "policy": {"arn": "arn"},
        "role": None,
        "base_role_policy": None,
        "bucket": {"name": "b"},
        "discovered": None,
        "observed_policy": {"Statement": []},
        "observed_trust": None,
        "principal": None,
        "grants": [],
        "observed_grants": [],
        "granted": [],
        "revoked": [],
        "tables": [],
        "beyond": [],
        "live": None,
        "verdict": "",
        "findings": ["unknown bucket_policy: .", "warn object_lock: ."],
        "error": "",
    }


@pytest.mark.parametrize(
    ("steps", "failure", "summary"),
    [
        ({}, None, "sales: in_sync"),
        (
            {"policy": {"changed": True, "check_mode": True, "drift": DRIFT}},
            None,
            "drift: 1 missing, 1 extra, 1 different",
        ),
        ({"policy": {"changed": True, "check_mode": False, "drift": DRIFT[:1]}}, None, "changed: 1 missing"),
        (
            {"bucket": {"changed": False, "checks": CHECKS}, "policy": {"changed": True, "drift": DRIFT[1:2]}},
            {"failed": True, "msg": "two\nlines of\x1b an error"},
            r"failed: two lines of\x1b an error; 1 extra; checks: 1 warn, 1 unknown",
        ),
        ({}, {"failed": True}, "sales: failed"),
    ],
)
def test_the_summary_is_one_line(steps: dict[str, t.Any], failure: dict[str, t.Any] | None, summary: str) -> None:
    assert result(steps, failure)["summary"] == "sales: " + summary.removeprefix("sales: ")


def test_each_drift_has_its_line() -> None:
    assert result({"policy": {"changed": True, "drift": DRIFT}})["drift_lines"] == [
        "missing action: x (a)",
        "extra tag: y (a)",
        "different effect: y, and should be x (b)",
    ]


@pytest.mark.parametrize(
    ("statuses", "summary"),
    [
        ([], "0 connections: 0 in_sync, 0 drift, 0 failed"),
        (["in_sync"], "1 connection: 1 in_sync, 0 drift, 0 failed"),
        (["drift", "failed", "in_sync", "drift"], "4 connections: 1 in_sync, 2 drift, 1 failed"),
        (["changed", "in_sync"], "2 connections: 1 in_sync, 1 changed, 0 drift, 0 failed"),
    ],
)
def test_how_a_fleet_stands(statuses: list[str], summary: str) -> None:
    assert fleet_summary({"status": status} for status in statuses) == summary


def check(name: str, status: str) -> dict[str, str]:
    return {"name": name, "status": status, "detail": f"{name} is so", "remedy": "Do it", "reference": ""}


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        (["pass", "pass"], "works; 2 of 2 checks passed"),
        (["pass", "warn"], "works, with 1 warning; 1 of 2 checks passed"),
        (["pass", "unknown"], "cannot be told whether it works: 1 check could not be made; 1 of 2 checks passed"),
        (["warn", "fail", "unknown", "fail"], "does not work: check_1: check_1 is so (and 1 more)"),
    ],
)
def test_the_verdict_of_a_verification(statuses: list[str], verdict: str) -> None:
    checks = [check(f"check_{number}", status) for number, status in enumerate(statuses)]
    assert result({"checked": {"changed": False, "checks": checks, "beyond": []}})["verdict"] == verdict


def test_who_has_queried_knows_that_it_works() -> None:
    checks = [check("identity", "unknown"), check("live_query", "pass"), check("live_read", "pass")]
    found = result({"checked": {"changed": False, "checks": checks, "beyond": []}})
    assert found["verdict"] == "works; 2 of 3 checks passed"


def test_failures_are_told_first() -> None:
    checks = [check("a", "warn"), check("b", "pass"), check("c", "unknown"), check("d", "fail")]
    found = result({"checked": {"changed": False, "checks": checks, "beyond": []}})
    assert found["findings"] == [
        "fail d: d is so. Do it",
        "unknown c: c is so. Do it",
        "warn a: a is so. Do it",
    ]


def test_what_a_verification_found() -> None:
    checked = {
        "changed": False,
        "checks": CHECKS,
        "tables": [{"database": "sales", "table": "orders", "readable": "s3"}],
        "discovered": {"proposals": {"lake_formation": True}},
        "beyond": [{"policy": "p", "action": "s3:*", "resource": "*"}],
        "live": {"queries": [], "objects": []},
    }
    found = result({"discovery": {"found": {}, "not_allowed": [], "unknown": []}, "checked": checked})
    assert {name: found[name] for name in ("tables", "discovered", "beyond", "live")} == {
        name: checked[name] for name in ("tables", "discovered", "beyond", "live")
    }


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("failed", [False, True])
def test_the_status(changed: bool, check_mode: bool, failed: bool) -> None:
    steps = {
        "bucket": {"changed": False, "checks": CHECKS},
        "policy": {"changed": changed, "check_mode": check_mode, "drift": DRIFT if changed else []},
    }
    failure = {"failed": True, "msg": "it failed"} if failed else None
    expected = "failed" if failed else ("drift" if check_mode else "changed") if changed else "in_sync"
    found = result(steps, failure)
    assert found["status"] == expected
    assert found["changed"] == changed
    assert found["check_mode"] == check_mode
    assert found["error"] == ("it failed" if failed else "")


@pytest.mark.parametrize("steps", [{}, {"bucket": {}, "policy": {}, "trust": {}, "grants": {}}])
def test_steps_that_did_not_run(steps: dict[str, t.Any]) -> None:
    found = result(steps)
    assert list(found) == KEYS
    assert (found["status"], found["changed"], found["counts"]) == ("in_sync", False, NONE)


def test_drift_and_checks_are_those_of_all_steps_and_counted_once() -> None:
    steps = {
        "bucket": {"changed": False, "checks": CHECKS},
        "trust": {"changed": True, "check_mode": False, "drift": DRIFT[:1], "role": {"arn": "role"}},
        "policy": {"changed": True, "check_mode": False, "drift": DRIFT[1:], "policy": {"arn": "policy"}},
        "grants": {"changed": True, "check_mode": False, "drift": [], "granted": [1], "revoked": [2]},
        "verification": {"changed": False, "checks": CHECKS[:1]},
    }
    found = result(steps)
    assert found["drift"] == DRIFT
    assert found["checks"] == [*CHECKS, CHECKS[0]]
    assert found["counts"] == {**NONE, "missing": 1, "extra": 1, "different": 1, "pass": 2, "warn": 1, "unknown": 1}
    assert (found["role"], found["policy"]) == ({"arn": "role"}, {"arn": "policy"})
    assert (found["granted"], found["revoked"]) == ([1], [2])


def test_a_step_that_failed_is_counted_once_and_keeps_what_it_did() -> None:
    failed = {"failed": True, "msg": "Unable to tag the policy", "changed": True, "drift": DRIFT[:1]}
    steps = {"bucket": {"changed": False, "checks": CHECKS}, "policy": failed, "grants": {}}
    found = result(steps, failed)
    assert found["status"] == "failed"
    assert found["changed"] is True
    assert found["drift"] == DRIFT[:1]
    assert found["counts"]["missing"] == 1
    assert found["error"] == "Unable to tag the policy"
    assert found["checks"] == CHECKS


def test_a_failed_check_keeps_its_checks_once() -> None:
    checks = [{**CHECKS[0], "status": "fail"}]
    failed = {"failed": True, "msg": "bucket_exists: no", "changed": False, "checks": checks, "bucket": {"name": "b"}}
    found = result({"bucket": failed}, failed)
    assert found["checks"] == checks
    assert found["counts"] == {**NONE, "fail": 1}
    assert found["bucket"] == {"name": "b"}
    assert found["policy"] is None


@pytest.mark.parametrize("failure", [{"failed": True}, {"failed": True, "msg": ""}, {"msg": "only a message"}])
def test_a_failure_of_a_task_that_is_no_step(failure: dict[str, t.Any]) -> None:
    found = result({"policy": {"changed": True, "check_mode": False, "drift": DRIFT}}, failure)
    assert found["status"] == "failed"
    assert found["changed"] is True
    assert found["drift"] == DRIFT


def test_who_holds_the_grants_is_said() -> None:
    arn = "arn:aws:iam::123456789012:user/sales"
    assert result({"policy": {"changed": False}, "grants": {"principal": arn, "grants": []}})["principal"] == arn


def test_null_lists_are_empty() -> None:
    found = result({"policy": {"changed": False, "drift": None, "checks": None, "granted": None}})
    assert (found["drift"], found["checks"], found["granted"]) == ([], [], [])


def test_nothing_leaks_from_one_connection_to_the_next() -> None:
    steps = {"policy": {"changed": True, "check_mode": True, "drift": DRIFT, "checks": CHECKS, "granted": [1]}}
    before = copy.deepcopy(steps)
    first = result(steps)
    for name in ("drift", "checks"):
        first[name].append({"kind": "missing", "status": "fail"})
    first["counts"]["missing"] = 99
    assert steps == before
    second = connection_result({}, connection="hr", auth_mode="iam_role")
    assert (second["connection"], second["auth_mode"], second["status"]) == ("hr", "iam_role", "in_sync")
    assert (second["drift"], second["checks"], second["counts"], second["granted"]) == ([], [], NONE, [])
    assert result(steps)["counts"]["missing"] == 1


def test_other_keys_of_the_results_stay_out() -> None:
    found = result({"policy": {"changed": False, "invocation": {"module_args": {"secret_key": "s3cr3t"}}, "diff": {}}})
    assert list(found) == KEYS
    assert "s3cr3t" not in str(found)
