# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role athena_access, included many times in one play: each connection is told apart from all others."""

from __future__ import annotations

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .playbook_runs import Play
from .role_runs import Include, failed, run_includes, seen

KEYS = {
    "connection",
    "auth_mode",
    "status",
    "changed",
    "check_mode",
    "drift",
    "counts",
    "checks",
    "warnings",
    "policy",
    "role",
    "base_role_policy",
    "bucket",
    "observed_policy",
    "observed_trust",
    "principal",
    "grants",
    "observed_grants",
    "granted",
    "revoked",
}
SALES = {
    "athena_access_connection": "sales",
    "athena_access_auth_mode": "access_key",
    "athena_access_user_name": "sales",
    "athena_access_output_location": "s3://acme-athena-results/sales",
    "athena_access_path": "/data-quality/",
    "athena_access_tags": {"team": "sales"},
    "athena_access_databases": ["sales"],
    "athena_access_workgroups": ["primary"],
    "athena_access_source_locations": ["s3://acme-data-lake/sales"],
}
HR = {
    "athena_access_connection": "hr",
    "athena_access_auth_mode": "access_key",
    "athena_access_user_name": "hr",
    "athena_access_output_location": "s3://acme-athena-results/hr",
}
INCLUDES: list[Include] = [
    ("sales_created", SALES, False),
    ("sales_again", SALES, False),
    ("no_bucket", HR | {"athena_access_output_location": "s3://acme-absent/hr"}, False),
    ("sales_drifted", SALES | {"athena_access_result_streaming": False}, True),
    ("no_user_name", {key: value for key, value in HR.items() if key != "athena_access_user_name"}, False),
    ("no_location", {key: value for key, value in HR.items() if key != "athena_access_output_location"}, False),
    ("bad_location", HR | {"athena_access_output_location": "s3://acme-athena-results/*"}, False),
    ("no_user", HR | {"athena_access_user_name": "nobody"}, False),
    ("hr_created", HR, False),
    ("no_such_mode", HR | {"athena_access_connection": "x", "athena_access_auth_mode": "password"}, False),
    ("no_such_state", HR | {"athena_access_connection": "x", "athena_access_state": "gone"}, False),
    ("sales_removed", SALES | {"athena_access_state": "absent"}, False),
]


@pytest.fixture(scope="module")
def account(sandbox: Sandbox) -> Account:
    sandbox.reset()
    account = Account(sandbox)
    for name in ("sales", "hr"):
        account.make_identity("user", name)
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    return account


@pytest.fixture(scope="module")
def play(sandbox: Sandbox, account: Account, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """One play with all includes, whose results the tests look at."""
    return run_includes(sandbox, tmp_path_factory.mktemp("role"), INCLUDES)


@pytest.mark.parametrize(
    ("name", "connection", "status", "changed"),
    [
        ("sales_created", "sales", "changed", True),
        ("sales_again", "sales", "in_sync", False),
        ("no_bucket", "hr", "failed", False),
        ("sales_drifted", "sales", "drift", True),
        ("no_user_name", "hr", "failed", False),
        ("no_location", "hr", "failed", False),
        ("bad_location", "hr", "failed", False),
        ("no_user", "hr", "failed", False),
        ("hr_created", "hr", "changed", True),
        ("sales_removed", "sales", "changed", True),
    ],
)
def test_the_result(play: Play, name: str, connection: str, status: str, changed: bool) -> None:
    result = seen(play, name)
    assert set(result) >= KEYS
    assert result["connection"] == connection
    assert result["auth_mode"] == "access_key"
    assert result["status"] == status
    assert result["changed"] is changed
    assert bool(result["drift"]) is changed
    assert bool(failed(play, name)) is (status == "failed")
    counted = {kind: [row["kind"] for row in result["drift"]].count(kind) for kind in ("missing", "extra", "different")}
    checked = {status: [it["status"] for it in result["checks"]].count(status) for status in ("pass", "warn", "fail")}
    assert result["counts"].items() >= (counted | checked).items()


def test_a_connection_that_is_in_order(play: Play) -> None:
    result = seen(play, "sales_again")
    assert result["policy"]["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:policy/data-quality/qualytics-athena-sales"
    assert result["policy"]["tags"] == {"team": "sales"}
    assert "athena:GetQueryResultsStream" in str(result["policy"]["document"])
    assert result["bucket"]["name"] == "acme-athena-results"
    assert result["bucket"]["prefix"] == "sales"
    assert result["checks"]
    assert {check["status"] for check in result["checks"]} == {"pass"}
    assert result["granted"] == result["revoked"] == []
    assert result["role"] is None


def test_drift_is_named(play: Play) -> None:
    (row,) = seen(play, "sales_drifted")["drift"]
    assert (row["aspect"], row["kind"]) == ("action", "extra")
    assert "athena:GetQueryResultsStream" in row["actual"]


def test_nothing_of_an_earlier_connection_is_in_the_next(play: Play, account: Account) -> None:
    result = seen(play, "hr_created")
    assert "sales" not in str(result)
    assert result["policy"]["path"] == "/"
    assert result["policy"]["tags"] == {}
    statements = result["policy"]["document"]["Statement"]
    assert [it["Resource"] for it in statements[:2]] == ["*", "*"]
    state = account.state()["managed"]
    assert list(state) == [f"arn:aws:iam::{ACCOUNT_ID}:policy/qualytics-athena-hr"]
    assert state[result["policy"]["arn"]]["users"] == ["hr"]


@pytest.mark.parametrize(
    ("name", "words", "has_bucket"),
    [
        ("no_bucket", ["acme-absent"], True),
        ("no_user_name", ["athena_access_user_name: must be set with athena_access_auth_mode"], False),
        ("no_location", ["athena_access_output_location: must be set"], False),
        ("bad_location", ["athena_access_output_location", "wildcard"], False),
        ("no_user", ["'nobody' does not exist", "create it first"], True),
    ],
)
def test_a_failure_is_the_connections_own(play: Play, name: str, words: list[str], has_bucket: bool) -> None:
    result = seen(play, name)
    assert "sales" not in str(result)
    assert result["policy"] is None
    assert bool(result["bucket"]) is has_bucket
    assert bool(result["checks"]) is has_bucket
    assert failed(play, name).startswith("hr: ")
    for word in words:
        assert word in result["error"]
        assert word in failed(play, name)
    if name == "no_bucket":
        assert result["counts"]["fail"] >= 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_mode", ["athena_access_auth_mode", "access_key", "password"]),
        ("no_such_state", ["athena_access_state", "present, absent", "gone"]),
    ],
)
def test_arguments_are_validated(play: Play, name: str, words: list[str]) -> None:
    details = [task["result"].get("argument_errors") or task["result"]["msg"] for task in play.failures()]
    assert any(all(word in str(detail) for word in words) for detail in details)
    assert failed(play, name)


def test_removal_leaves_the_user_and_the_bucket(play: Play, account: Account, sandbox: Sandbox) -> None:
    result = seen(play, "sales_removed")
    assert result["policy"] is None
    assert {row["kind"] for row in result["drift"]} == {"extra"}
    assert account.iam.get_user(UserName="sales")
    assert sandbox.client("s3").head_bucket(Bucket="acme-athena-results")


def test_there_are_no_warnings(play: Play) -> None:
    assert "[WARNING]" not in play.output
    assert "[DEPRECATION" not in play.output
