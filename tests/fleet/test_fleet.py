# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of a fleet: one run provisions all connections, one compares them, and one that fails ends no other."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from .night import NO_BUCKET, Night
from .world import ACCOUNTS, CONNECTIONS, Fleet, read_report, statuses, without_becoming

STATUSES = {
    "sales": "drift",
    "web-logs": "in_sync",
    "forecast": "failed",
    "payroll": "failed",
    "recruiting": "failed",
}


def errors(directory: Path) -> dict[str, str]:
    """Why connections failed, by their names."""
    connections = read_report(directory)["connections"]
    return {it["connection"]: it["error"] for it in connections if it["status"] == "failed"}


def test_one_run_provisions_every_connection_in_its_own_account(fleet: Fleet) -> None:
    assert statuses(fleet.directory / "provisioned") == dict.fromkeys(CONNECTIONS, "changed")
    for account in ACCOUNTS:
        identities = sorted(identity for where, identity in CONNECTIONS.values() if where == account)
        attached = fleet.policies(account)
        assert sorted(identity for found in attached.values() for identity in found) == identities
    # Nothing of it is in the account of the pipeline.
    assert fleet.sandbox.client("iam").list_policies(Scope="Local")["Policies"] == []
    assert fleet.sandbox.client("iam").list_roles()["Roles"] == []


def test_a_connection_that_fails_stops_no_other(night: Night) -> None:
    assert (night.pipeline.status, night.pipeline.writes) == (2, ())
    assert "drift: 5 connections: 1 in_sync, 1 drift, 3 failed" in night.pipeline.output
    assert statuses(night.pipeline_report) == STATUSES


def test_each_failure_says_why(night: Night) -> None:
    told = errors(night.pipeline_report)
    assert NO_BUCKET in told["forecast"]
    for name in ("payroll", "recruiting"):
        assert "not authorized to perform: sts:AssumeRole" in told[name]


def test_all_reports_are_on_all_connections(night: Night) -> None:
    suites = ElementTree.parse(night.pipeline_report / "report.xml").getroot()
    assert {suite.get("name") for suite in suites} == set(CONNECTIONS)
    page = (night.pipeline_report / "report.html").read_text(encoding="utf-8")
    assert [name for name in CONNECTIONS if name not in page] == []


def test_the_run_that_repairs_is_not_stopped_either(night: Night) -> None:
    assert night.repaired.status == 2
    assert "iam:AttachUserPolicy" in night.repaired.writes
    assert statuses(night.directory / "repaired") == STATUSES | {"sales": "changed"}


def test_without_the_right_credentials_of_its_account_nothing_is_written_to_any(fleet: Fleet) -> None:
    """One profile is of the other account, and the other is not there: the pipeline itself works in none."""
    right = (fleet.project / "aws" / "provision.config").read_text(encoding="utf-8")
    wrong = right.replace(ACCOUNTS["people"], ACCOUNTS["analytics"]).replace("profile analytics", "profile of-another")
    (fleet.project / "aws" / "wrong.config").write_text(wrong, encoding="utf-8")
    play = fleet.run("provision", "--limit=payroll,sales", profiles="wrong")
    assert (play.status, without_becoming(play.calls)) == (2, ())
    failed = {failure["host"]: failure["result"]["msg"] for failure in play.failures()}
    assert sorted(failed) == ["payroll", "sales"]
    assert "example-people-athena-results" in failed["payroll"]
    assert "The config profile (analytics) could not be found" in failed["sales"]
