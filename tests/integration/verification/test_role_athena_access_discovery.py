# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role athena_access where keys and source data are discovered, in both authentication modes."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from ..account import Account
from ..playbook_runs import Play
from ..role_runs import Include, failed, run_includes, seen
from .test_athena_discovery_info import DATA, OTHER, RESULTS, World

GIVEN = "s3://acme-archive/old/"
USER: dict[str, Any] = {
    "athena_access_connection": "user",
    "athena_access_auth_mode": "access_key",
    "athena_access_user_name": "person",
    "athena_access_output_location": f"s3://{RESULTS}/user",
    "athena_access_databases": ["sales"],
    "athena_access_source_locations": [GIVEN],
}
FOUND = USER | {
    "athena_access_use_discovered": True,
    "athena_access_allowed_source_buckets": [f"s3://{DATA}/sales"],
}
ROLE = {
    **{name: value for name, value in FOUND.items() if not name.endswith(("user_name", "source_locations"))},
    "athena_access_connection": "target",
    "athena_access_auth_mode": "iam_role",
    "athena_access_role_name": "target",
    "athena_access_trusted_principals": [f"arn:aws:iam::{ACCOUNT_ID}:role/dataplane"],
}
# With everything whole: what the key of the results is has to be known before the bucket is checked.
STRICT = {"athena_access_fail_on": ["warn", "fail", "unknown"]}
NOT_ALLOWED = {"athena_access_allowed_source_buckets": []}
INCLUDES: list[Include] = [
    ("without", USER | {"athena_access_fail_on": []}, False),
    ("predicted", FOUND | STRICT, True),
    ("found", FOUND | STRICT, False),
    ("again", FOUND | STRICT, False),
    ("nothing_allowed", FOUND | NOT_ALLOWED, True),
    ("told_as_text", USER | {"athena_access_use_discovered": "no", "athena_access_fail_on": []}, True),
    ("of_role_predicted", ROLE, True),
    ("of_role", ROLE, False),
    ("of_role_without_sources", ROLE | NOT_ALLOWED, True),
    ("blind", FOUND | {"athena_access_data_catalogs": ["shared", "AwsDataCatalog"]}, False),
    ("refused", FOUND | {"athena_access_allowed_source_buckets": ["*"]}, False),
    ("no_bucket", FOUND | {"athena_access_output_location": "s3://acme-not-there/", "athena_access_fail_on": []}, True),
]


@pytest.fixture(scope="module")
def world(sandbox: Sandbox) -> World:
    return World(sandbox)


@pytest.fixture(scope="module")
def keys(world: World) -> dict[str, str]:
    keys = {"results": world.key(), "sources": world.key()}
    world.encrypt(RESULTS, keys["results"])
    world.encrypt(DATA, keys["sources"])
    return keys


@pytest.fixture(scope="module")
def play(world: World, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Play:
    """One play with all includes, in an account with a table that is allowed and two that are not."""
    assert keys
    account = Account(world.sandbox)
    account.make_identity("user", "person")
    account.make_identity("role", "dataplane")
    world.table("orders", f"s3://{DATA}/sales/orders")
    world.table("planted", f"s3://{DATA}/sales-secret/x")
    world.table("foreign", f"s3://{OTHER}/x")
    return run_includes(world.sandbox, tmp_path_factory.mktemp("discovery"), INCLUDES)


def resources(play: Play, name: str) -> str:
    return str(seen(play, name)["policy"]["document"])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("without", "changed"),
        ("predicted", "drift"),
        ("found", "changed"),
        ("again", "in_sync"),
        ("nothing_allowed", "drift"),
        ("told_as_text", "drift"),
        ("of_role_predicted", "drift"),
        ("of_role", "changed"),
        ("of_role_without_sources", "drift"),
        ("blind", "failed"),
        ("refused", "failed"),
    ],
)
def test_the_status(play: Play, name: str, status: str) -> None:
    result = seen(play, name)
    assert (result["status"], bool(result["error"])) == (status, status == "failed"), result["error"]


def test_what_is_predicted_is_what_is_done(play: Play) -> None:
    assert seen(play, "predicted")["drift"] == seen(play, "found")["drift"]
    assert seen(play, "of_role_predicted")["drift"] == seen(play, "of_role")["drift"]


def test_what_is_found_and_allowed_is_in_the_policy(play: Play, keys: dict[str, str]) -> None:
    for name in ("found", "of_role"):
        assert f"arn:aws:s3:::{DATA}/sales/orders/*" in resources(play, name)
        assert keys["results"] in resources(play, name)
        assert keys["sources"] in resources(play, name)
        assert ("acme-archive/old/*" in resources(play, name)) is (name == "found")


@pytest.mark.parametrize("name", ["without", "predicted", "found", "again", "nothing_allowed", "of_role"])
def test_what_is_not_allowed_never_is(play: Play, name: str) -> None:
    assert "sales-secret" not in resources(play, name)
    assert OTHER not in resources(play, name)


def test_without_it_nothing_is_asked_and_nothing_is_written(play: Play, keys: dict[str, str]) -> None:
    for name in ("without", "told_as_text"):
        assert seen(play, name)["discovered"] is None
        assert keys["results"] not in resources(play, name)
        assert DATA not in resources(play, name)
    # Two do not discover, and what is refused asks nothing.
    assert play.calls.count("glue:GetDatabase") == len(INCLUDES) - 2 - 1


def test_sources_that_are_not_allowed_any_more_are_drift(play: Play, keys: dict[str, str]) -> None:
    rows = {(row["kind"], row["actual"]) for row in seen(play, "nothing_allowed")["drift"]}
    assert any(kind == "extra" and f"{DATA}/sales/orders/*" in actual for kind, actual in rows)
    assert any(kind == "extra" and keys["sources"] in actual for kind, actual in rows)
    assert not any("acme-archive" in actual for _kind, actual in rows)
    of_role = seen(play, "of_role_without_sources")["drift"]
    assert any(f"{DATA}/sales/orders/*" in str(row["actual"]) for row in of_role)


def test_what_was_found_is_in_the_result(play: Play) -> None:
    discovered = seen(play, "found")["discovered"]
    assert set(discovered) == {"found", "not_allowed", "unknown"}
    assert discovered["unknown"] == []
    assert [row["location"] for row in discovered["not_allowed"]] == [
        f"s3://{DATA}/sales-secret/x/",
        f"s3://{OTHER}/x/",
    ]


def test_a_policy_is_not_made_of_half_a_look(play: Play) -> None:
    result = seen(play, "blind")
    assert "the data catalog shared" in result["error"]
    assert "the data catalog shared" in failed(play, "blind")
    assert result["discovered"]["unknown"]
    assert result["policy"] is None
    assert result["drift"] == []


def test_bad_input_is_refused(play: Play) -> None:
    assert "allowed_source_buckets" in seen(play, "refused")["error"]


def test_a_bucket_that_is_not_there_yet_is_a_warning(play: Play) -> None:
    result = seen(play, "no_bucket")
    assert result["status"] == "drift"
    assert any("acme-not-there" in text for text in result["warnings"])
