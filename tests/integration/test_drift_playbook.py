# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook drift: what it prints, how it ends, and that it never writes."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.user import User

from .account import Account, arn_of
from .fleet import HR, HR_ROLE, SALES, make_world, write_inventory
from .lake import Lake
from .playbook_runs import Play, run_playbook

WRONG = {
    "misspelt": {**SALES, "athena_access_databasses": ["sales"]},
    "unknown_mode": {**SALES, "athena_access_auth_mode": "password"},
    "undefined": {**SALES, "athena_access_auth_mode": "{{ nothing_of_this_name }}"},
    "unnamed": {**SALES, "athena_access_connection": "{{ nothing_of_this_name }}"},
    "empty": {},
}
POLICY = arn_of("qualytics-athena-sales")


def last_message(play: Play) -> str:
    """The last line that says something, before the recap of Ansible."""
    return re.findall(r'"msg": "(.*)"', play.output.partition("PLAY RECAP")[0])[-1]


def results(play: Play) -> dict[str, dict[str, Any]]:
    return play.facts("athena_access_result")


def statuses(play: Play) -> dict[str, str]:
    return {host: result["status"] for host, result in results(play).items()}


class Story(NamedTuple):
    """The runs in their order; of the drift by whether --check was given."""

    empty: Play
    in_sync: Play
    drifted: dict[bool, Play]
    one_works: Play
    all_wrong: Play
    before_and_after: list[tuple[str, str]]

    @property
    def plays(self) -> list[Play]:
        return [self.empty, self.in_sync, *self.drifted.values(), self.one_works, self.all_wrong]


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Connections that are not there, in sync, altered by hand, and beside others that cannot be compared."""
    account, lake = make_world(sandbox)
    directory = tmp_path_factory.mktemp("drift")
    before_and_after = []

    def run(playbook: str, connections: dict[str, dict[str, Any]], *arguments: str) -> Play:
        inventory = write_inventory(directory / "connections.yml", connections)
        return run_playbook(sandbox, directory, f"qualytics.athena.{playbook}", "-i", str(inventory), *arguments)

    def drift(connections: dict[str, dict[str, Any]], *arguments: str) -> Play:
        before = world(account, lake)
        play = run("drift", connections, *arguments)
        before_and_after.append((before, world(account, lake)))
        return play

    connections = {"sales": SALES, "hr": HR}
    empty = drift(connections)
    provisioned = run("provision", connections)
    assert provisioned.status == 0, provisioned.output[-3000:]
    in_sync = drift(connections)
    document = account.document(POLICY)
    document["Statement"][0]["Action"].remove("athena:GetWorkGroup")
    account.set_document(POLICY, document)
    account.iam.tag_role(RoleName="target", Tags=[{"Key": "team", "Value": "else"}])
    lake.grant({"Database": {"Name": "sales"}}, ["ALTER"], to=HR_ROLE)
    drifted = {False: drift(connections), True: drift(connections, "--check", "--diff")}
    account.set_document(POLICY, results(provisioned)["sales"]["policy"]["document"])
    key = User(sandbox, "without-rights").key
    keys = {"athena_access_access_key": key["AccessKeyId"], "athena_access_secret_key": key["SecretAccessKey"]}
    one_works = drift({"no_rights": {**SALES, **keys}, **WRONG, "hr": HR, "sales": SALES})
    return Story(empty, in_sync, drifted, one_works, drift(WRONG), before_and_after)


def world(account: Account, lake: Lake) -> str:
    return json.dumps([account.state(), account.roles(), lake.rows()], default=str, sort_keys=True)


def test_it_ends_with_0_only_where_all_is_in_sync(story: Story) -> None:
    assert [play.status for play in story.plays] == [2, 0, 2, 2, 2, 2]


def test_it_never_writes(story: Story) -> None:
    assert [play.writes for play in story.plays] == [()] * 6
    assert all(len(play.calls) > 20 for play in story.plays[:-1]), "nothing was looked at"
    assert all(before == after for before, after in story.before_and_after)


def test_the_last_line_tells_how_the_fleet_stands(story: Story) -> None:
    assert [last_message(play) for play in story.plays] == [
        "drift: 2 connections: 0 in_sync, 2 drift, 0 failed",
        "drift: 2 connections: 2 in_sync, 0 drift, 0 failed",
        *["drift: 2 connections: 0 in_sync, 2 drift, 0 failed"] * 2,
        "drift: 8 connections: 1 in_sync, 1 drift, 6 failed",
        "drift: 5 connections: 0 in_sync, 0 drift, 5 failed",
    ]


@pytest.mark.parametrize("check", [False, True])
def test_each_drift_is_a_line_on_the_screen(story: Story, check: bool) -> None:
    lines = {host: result["drift_lines"] for host, result in results(story.drifted[check]).items()}
    assert lines == {
        "sales": [f"missing action: Allow athena:GetWorkGroup on * ({POLICY})"],
        "hr": [
            f"different tag: team=else, and should be team=data ({HR_ROLE})",
            f"extra grant: ALTER on database sales ({HR_ROLE})",
        ],
    }
    printed = [line.strip().rstrip(",") for line in story.drifted[check].output.splitlines()]
    for line in (*lines["sales"], *lines["hr"]):
        assert printed.count(json.dumps(line)) == 1
    summaries = [result["summary"] for result in results(story.drifted[check]).values()]
    assert sorted(summaries) == ["hr: drift: 1 extra, 1 different", "sales: drift: 1 missing"]


def test_nothing_is_said_of_what_is_in_sync(story: Story) -> None:
    assert not [line for line in story.in_sync.output.splitlines() if "fatal" in line]
    assert [task["task"] for task in story.in_sync.tasks if task["task"].endswith("Show what differs")] == []


def test_a_connection_that_fails_does_not_end_the_others(story: Story) -> None:
    failed = dict.fromkeys(["no_rights", *WRONG], "failed")
    assert statuses(story.one_works) == failed | {"hr": "drift", "sales": "in_sync"}


def test_each_failure_says_why(story: Story) -> None:
    assert "S3 refused to show the bucket" in results(story.one_works)["no_rights"]["error"]
    for play in (story.one_works, story.all_wrong):
        errors = {host: result["error"] for host, result in results(play).items()}
        assert "athena_access_databasses: the role knows no such variable" in errors["misspelt"]
        assert "athena_access_auth_mode" in errors["unknown_mode"]
        assert "'nothing_of_this_name' is undefined" in errors["undefined"]
        assert "'nothing_of_this_name' is undefined" in errors["unnamed"]
        assert "athena_access_auth_mode" in errors["empty"]
        summaries = [result["summary"] for result in results(play).values()]
        assert [summary for summary in summaries if len(summary.splitlines()) != 1] == []


def test_what_is_printed_as_a_diff_is_that_of_the_modules(story: Story) -> None:
    assert "-tag: team=else\n+tag: team=data\n" in story.drifted[True].output
    assert "-tag: team=else" not in story.drifted[False].output
