# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role athena_access with a target role, in one play with a connection of the other authentication mode."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .playbook_runs import Play
from .role_runs import Include, failed, run_includes, seen

BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/data-quality/target"
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/data-quality/qualytics-athena-target"
ROLE: dict[str, Any] = {
    "athena_access_connection": "target",
    "athena_access_auth_mode": "iam_role",
    "athena_access_role_name": "target",
    "athena_access_trusted_principals": [BASE],
    "athena_access_external_id": "acme-3f1c7a52",
    "athena_access_base_role_name": "dataplane",
    "athena_access_output_location": "s3://acme-athena-results/target",
    "athena_access_path": "/data-quality/",
    "athena_access_role_description": "Reads with Athena",
    "athena_access_max_session_duration": 7200,
    "athena_access_tags": {"team": "data"},
    "athena_access_databases": ["sales"],
}
USER: dict[str, Any] = {
    "athena_access_connection": "user",
    "athena_access_auth_mode": "access_key",
    "athena_access_user_name": "person",
    "athena_access_output_location": "s3://acme-athena-results/user",
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ROLE.items() if key != f"athena_access_{name}"}


ABSENT = {"athena_access_state": "absent"}
INCLUDES: list[Include] = [
    ("predicted", ROLE, True),
    ("created", ROLE, False),
    ("user_created", USER, False),
    ("again", ROLE, False),
    ("no_role_name", without("role_name"), False),
    ("no_principals", without("trusted_principals"), False),
    ("bad_principal", ROLE | {"athena_access_trusted_principals": ["*"]}, False),
    ("no_base_role", ROLE | {"athena_access_base_role_name": "nobody"}, False),
    ("user_again", USER, False),
    ("drifted", ROLE | {"athena_access_external_id": "acme-other"}, True),
    ("removal_predicted", ROLE | ABSENT, True),
    ("removed", ROLE | ABSENT, False),
    ("removed_again", ROLE | ABSENT, False),
    ("user_removed", USER | ABSENT, False),
]


@pytest.fixture(scope="module")
def account(sandbox: Sandbox) -> Account:
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("user", "person")
    account.make_identity("role", "dataplane", "/vendor/")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    return account


@pytest.fixture(scope="module")
def play(sandbox: Sandbox, account: Account, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """One play with all includes, whose results the tests look at."""
    return run_includes(sandbox, tmp_path_factory.mktemp("iam-role"), INCLUDES)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("predicted", "drift"),
        ("created", "changed"),
        ("user_created", "changed"),
        ("again", "in_sync"),
        ("no_role_name", "failed"),
        ("no_principals", "failed"),
        ("bad_principal", "failed"),
        ("no_base_role", "failed"),
        ("user_again", "in_sync"),
        ("drifted", "drift"),
        ("removal_predicted", "drift"),
        ("removed", "changed"),
        ("removed_again", "in_sync"),
        ("user_removed", "changed"),
    ],
)
def test_the_status(play: Play, name: str, status: str) -> None:
    result = seen(play, name)
    assert result["status"] == status, result["drift"]
    assert bool(result["drift"]) is (status in ("drift", "changed"))
    assert bool(failed(play, name)) is (status == "failed")
    assert result["auth_mode"] == ("access_key" if name.startswith("user") else "iam_role")


def test_check_mode_reaches_the_end_of_an_empty_account_and_predicts_what_is_done(play: Play) -> None:
    predicted, created = seen(play, "predicted"), seen(play, "created")
    assert predicted["drift"] == created["drift"]
    assert {(row["subject"], row["aspect"], row["kind"]) for row in created["drift"]} == {
        (TARGET, "role", "missing"),
        ("role/dataplane/qualytics-athena-assume-target", "policy", "missing"),
        (POLICY, "policy", "missing"),
        (POLICY, "attachment", "missing"),
    }
    assert predicted["role"] == created["role"] | {"id": None}
    assert predicted["policy"]["arn"] == created["policy"]["arn"] == POLICY


def test_the_role_is_what_the_variables_say(play: Play) -> None:
    role = seen(play, "again")["role"]
    assert role["arn"] == TARGET
    assert role["id"].startswith("AROA")
    assert role["description"] == "Reads with Athena"
    assert role["max_session_duration"] == 7200
    assert role["tags"] == {"team": "data"}
    (statement,) = role["trust_policy"]["Statement"]
    assert statement["Principal"] == {"AWS": BASE}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "acme-3f1c7a52"}}
    assert seen(play, "again")["base_role_policy"]["Statement"][0]["Resource"] == TARGET


def test_the_modes_do_not_leak_into_each_other(play: Play) -> None:
    for name in ("user_created", "user_again"):
        result = seen(play, name)
        assert result["role"] is None
        assert result["base_role_policy"] is None
        assert "/data-quality/" not in str(result)
    assert "person" not in str(seen(play, "again"))
    assert seen(play, "removed_again")["role"] is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_role_name", "athena_access_role_name: must be set"),
        ("no_principals", "athena_access_trusted_principals: must be set"),
        ("bad_principal", "athena_access_trusted_principals: "),
        ("no_base_role", "'nobody' is none of the trusted_principals"),
    ],
)
def test_a_failure_says_why(play: Play, name: str, words: str) -> None:
    assert words in failed(play, name)
    assert seen(play, name)["policy"] is None


def test_drift_of_the_trust_is_named(play: Play) -> None:
    (row,) = seen(play, "drifted")["drift"]
    assert (row["subject"], row["aspect"], row["kind"]) == (TARGET, "condition", "different")
    assert "acme-other" in row["expected"]
    assert "acme-3f1c7a52" in row["actual"]


def test_removal_goes_the_other_way_and_is_predicted(play: Play, account: Account) -> None:
    assert seen(play, "removal_predicted")["drift"] == seen(play, "removed")["drift"]
    writes = [call for call in play.writes if call.startswith("iam:De")]
    assert writes == [
        "iam:DetachRolePolicy",
        "iam:DeletePolicy",
        "iam:DeleteRolePolicy",
        "iam:DeleteRole",
        "iam:DetachUserPolicy",
        "iam:DeletePolicy",
    ]
    assert account.state() == {"managed": {}, "inline": {}}
    assert [role["RoleName"] for role in account.iam.list_roles()["Roles"]] == ["dataplane"]


def test_nobody_is_warned_of_nothing(play: Play) -> None:
    """Only the first check of an empty account says that the role is yet to come."""
    warnings = [line for line in play.output.splitlines() if "[WARNING]" in line]
    assert len(warnings) == 1
    assert "may be one that an earlier task would create" in play.output
    assert "[DEPRECATION" not in play.output
