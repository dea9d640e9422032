# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks provision and remove over an inventory whose hosts are connections, at the highest verbosity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from athena_sandbox.user import User

from .account import Account
from .playbook_runs import Play, run_playbook

SESSION_TOKEN = "session-token-of-whoever-provisions"
LIVE_SECRET_KEY = "secret-access-key-of-what-connects"
LIVE_SESSION_TOKEN = "session-token-of-what-connects"
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/qualytics-athena-"


def connection(user: str, **more: Any) -> dict[str, Any]:
    return {
        "athena_access_auth_mode": "access_key",
        "athena_access_user_name": user,
        "athena_access_output_location": f"s3://acme-athena-results/{user}",
        "athena_access_region": REGION,
        **more,
    }


class Story(NamedTuple):
    """What happened, in its order, and the state of the account after it."""

    provisioned: Play
    halfway: dict[str, Any]
    checked: Play
    after_check: dict[str, Any]
    verified: Play
    completed: Play
    complete: dict[str, Any]
    removed: Play
    empty: dict[str, Any]
    secrets: list[str]


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Two connections, of which the second has no user at first; each is provisioned with credentials of its own."""
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("user", "sales")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    provisioner = User(sandbox, "provisioner").may("*", "*")
    own = {
        "athena_access_access_key": provisioner.key["AccessKeyId"],
        "athena_access_secret_key": provisioner.key["SecretAccessKey"],
        "athena_access_endpoint_url": sandbox.url,
    }
    root = {"athena_access_access_key": ROOT_ACCESS_KEY_ID, "athena_access_secret_key": ROOT_SECRET_ACCESS_KEY}
    # The root of the sandbox needs no session token, so that it takes any.
    hosts = {
        "sales": connection("sales", **own),
        "hr": connection("hr", **root, athena_access_session_token=SESSION_TOKEN),
    }
    directory = tmp_path_factory.mktemp("playbooks")
    # What the product has; that of the second connection is of nobody, with a token that AWS does not know.
    key = sandbox.client("iam").create_access_key(UserName="sales")["AccessKey"]
    live = {
        "sales": {
            "athena_access_live": True,
            "athena_access_live_access_key": key["AccessKeyId"],
            "athena_access_live_secret_key": key["SecretAccessKey"],
        },
        "hr": {
            "athena_access_live": True,
            "athena_access_live_access_key": "ASIAIOSFODNN7EXAMPLE",
            "athena_access_live_secret_key": LIVE_SECRET_KEY,
            "athena_access_live_session_token": LIVE_SESSION_TOKEN,
        },
    }

    def write_inventory(name: str, variables: dict[str, dict[str, Any]]) -> Path:
        inventory = directory / name
        inventory.write_text(json.dumps({"all": {"hosts": variables}}), encoding="utf-8")
        return inventory

    inventory = write_inventory("inventory.json", hosts)
    live_inventory = write_inventory("live.json", {host: {**hosts[host], **live[host]} for host in hosts})

    def play(name: str, *arguments: str, of: Path = inventory) -> tuple[Play, dict[str, Any]]:
        given = (f"--inventory={of}", "-vvvv", *arguments)
        ended = run_playbook(sandbox, Path(directory), f"qualytics.athena.{name}", *given, with_keys=False)
        return ended, account.state("provisioner")

    provisioned, halfway = play("provision", "--diff")
    verified, _state = play("verify", of=live_inventory)
    account.make_identity("user", "hr")
    checked, after_check = play("provision", "--check", "--diff")
    completed, complete = play("provision")
    removed, empty = play("remove", "--diff")
    secrets = [provisioner.key["SecretAccessKey"], ROOT_SECRET_ACCESS_KEY, SESSION_TOKEN]
    secrets += [key["SecretAccessKey"], LIVE_SECRET_KEY, LIVE_SESSION_TOKEN]
    return Story(provisioned, halfway, checked, after_check, verified, completed, complete, removed, empty, secrets)


def status_of(play: Play) -> dict[str, str]:
    return {host: result["status"] for host, result in play.facts("athena_access_result").items()}


def test_one_connection_fails_and_the_other_is_served(story: Story) -> None:
    assert story.provisioned.status == 2
    assert status_of(story.provisioned) == {"sales": "changed", "hr": "failed"}
    assert list(story.halfway["managed"]) == [f"{POLICY}sales"]
    message = story.provisioned.failures()[-1]
    assert message["host"] == "hr"
    assert message["result"]["msg"].startswith("hr: Keep the policy: the IAM user 'hr' does not exist")
    assert "sales: changed" in story.provisioned.output


def test_check_mode_reports_and_writes_nothing(story: Story) -> None:
    assert story.checked.status == 0, story.checked.output[-2000:]
    assert status_of(story.checked) == {"sales": "in_sync", "hr": "drift"}
    assert story.checked.writes == ()
    assert story.after_check == story.halfway
    # The diff names what is to come.
    assert f"+++ after: policy {POLICY}hr" in story.checked.output
    assert "+attached to: user/hr" in story.checked.output


def test_the_next_run_completes(story: Story) -> None:
    assert story.completed.status == 0, story.completed.output[-2000:]
    assert status_of(story.completed) == {"sales": "in_sync", "hr": "changed"}
    assert set(story.complete["managed"]) == {f"{POLICY}sales", f"{POLICY}hr"}
    assert sorted(story.completed.writes) == ["iam:AttachUserPolicy", "iam:CreatePolicy"]
    predicted = story.checked.facts("athena_access_result")["hr"]["drift"]
    assert story.completed.facts("athena_access_result")["hr"]["drift"] == predicted


def test_remove_takes_everything_away(story: Story) -> None:
    assert story.removed.status == 0, story.removed.output[-2000:]
    assert status_of(story.removed) == {"sales": "changed", "hr": "changed"}
    assert story.empty == {"managed": {}, "inline": {}}


def test_of_two_connections_the_one_that_works_is_verified_too(story: Story) -> None:
    assert story.verified.status == 2
    found = story.verified.facts("athena_access_result")
    checks = {host: {row["name"]: row["status"] for row in result["checks"]} for host, result in found.items()}
    assert found["sales"]["status"] != "failed"
    # There is no database in this account.
    assert {name: status for name, status in checks["sales"].items() if status != "pass"} == {"live_databases": "warn"}
    assert checks["sales"]["live_query"] == "pass"
    assert found["hr"]["status"] == "failed"
    assert checks["hr"]["identity"] == "fail"
    messages = [str(task["result"].get("msg", "")) for task in story.verified.failures() if task["host"] == "hr"]
    assert [message for message in messages if "identity: there is no user 'hr'" in message]
    shown = [line for line in story.verified.output.splitlines() if '"msg": ' in line]
    assert [line for line in shown if "sales: works, with 1 warning" in line]
    assert [line for line in shown if "hr: does not work: identity: " in line]
    assert story.verified.writes == (
        "athena:StartQueryExecution",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
    )


@pytest.mark.parametrize("name", ["provisioned", "checked", "verified", "completed", "removed"])
def test_no_secret_is_shown(story: Story, name: str) -> None:
    play: Play = getattr(story, name)
    assert "EXEC" in play.output, "the output is not that of -vvvv"
    for secret in story.secrets:
        assert secret not in play.output
        assert secret not in json.dumps(play.tasks)


def test_calls_are_as_few_as_designed(story: Story) -> None:
    """For each connection: the bucket's facts once each, then the identity, policy, version and attachments."""
    policy = ["GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy"]
    in_sync = [call for call in story.checked.calls if call.startswith("iam:")]
    created = ["GetPolicy", "GetUser", "ListPolicies"]
    assert sorted(in_sync) == sorted(f"iam:{call}" for call in policy + created)
    others = [call for call in story.checked.calls if not call.startswith(("iam:", "sts:"))]
    assert {others.count(call) for call in others} == {2}
    assert story.checked.calls.count("sts:GetCallerIdentity") == 2
