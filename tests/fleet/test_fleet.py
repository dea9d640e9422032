# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of a fleet: one run provisions all connections, one compares them, and one that fails ends no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.qualytics.athena.tests.integration.playbook_runs import Play
from athena_sandbox.launcher import ACCOUNT_ID

from .world import ACCOUNTS, CONNECTIONS, Fleet, read_report, statuses

IN_SYNC = dict.fromkeys(CONNECTIONS, "in_sync")


def drift(fleet: Fleet, profiles: str = "drift") -> Play:
    """The nightly run."""
    return fleet.run("drift", "-e", f"athena_report_directory={fleet.directory / 'nightly'}", profiles=profiles)


def writes(play: Play) -> tuple[str, ...]:
    """What a run wrote; to assume a role is no more than to become it."""
    return tuple(call for call in play.writes if call != "sts:AssumeRole")


def errors(fleet: Fleet) -> dict[str, str]:
    report = read_report(fleet.directory / "nightly")
    return {it["connection"]: it["error"] for it in report["connections"] if it["status"] == "failed"}


def test_one_run_provisions_every_connection_in_its_own_account(provisioned: Fleet) -> None:
    assert statuses(provisioned.directory / "reports") == dict.fromkeys(CONNECTIONS, "changed")
    for account in ACCOUNTS:
        identities = sorted(identity for where, identity in CONNECTIONS.values() if where == account)
        attached = provisioned.policies(account)
        assert sorted(identity for found in attached.values() for identity in found) == identities
    assert provisioned.sandbox.client("iam").list_policies(Scope="Local")["Policies"] == []
    assert provisioned.sandbox.client("iam").list_roles()["Roles"] == []


def test_the_nightly_run_compares_every_connection_as_somebody_who_may_only_read(provisioned: Fleet) -> None:
    play = drift(provisioned)
    assert (play.status, writes(play)) == (0, ())
    assert "drift: 5 connections: 5 in_sync, 0 drift, 0 failed" in play.output
    assert statuses(provisioned.directory / "nightly") == IN_SYNC
    written = sorted(path.name for path in (provisioned.directory / "nightly").iterdir())
    assert written == ["report.html", "report.json", "report.xml"]


@pytest.fixture
def broken(provisioned: Fleet) -> Any:
    """One has drifted, one has no bucket any more, and into the other account nobody gets."""
    fleet = provisioned
    fleet.sandbox.keep("whole")
    analytics, people = fleet.client("iam", "analytics"), fleet.client("iam", "people")
    (arn,) = (
        it["Arn"] for it in analytics.list_policies(Scope="Local")["Policies"] if it["PolicyName"].endswith("sales")
    )
    analytics.detach_user_policy(UserName="qualytics-sales", PolicyArn=arn)
    (fleet.project / "inventory" / "host_vars").mkdir()
    (fleet.project / "inventory" / "host_vars" / "forecast.yml").write_text(
        "athena_access_output_location: s3://example-analytics-no-such-bucket\n"
    )
    for role in ("athena-provisioner", "athena-reader"):
        nobody = {"Effect": "Deny", "Principal": {"AWS": fleet.pipeline.arn}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
        people.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    yield fleet
    (fleet.project / "inventory" / "host_vars" / "forecast.yml").unlink()
    (fleet.project / "inventory" / "host_vars").rmdir()
    fleet.sandbox.restore("whole")


def test_a_connection_that_fails_does_not_stop_the_others(broken: Fleet) -> None:
    play = drift(broken)
    assert (play.status, writes(play)) == (2, ())
    assert "drift: 5 connections: 1 in_sync, 1 drift, 3 failed" in play.output
    assert statuses(broken.directory / "nightly") == IN_SYNC | {
        "sales": "drift",
        "forecast": "failed",
        "payroll": "failed",
        "recruiting": "failed",
    }
    told = errors(broken)
    assert "example-analytics-no-such-bucket" in told["forecast"]
    for name in ("payroll", "recruiting"):
        assert "not authorized to perform: sts:AssumeRole" in told[name], told[name]

    repaired = broken.run("provision", "-e", f"athena_report_directory={broken.directory / 'repaired'}")
    assert repaired.status == 2
    assert statuses(broken.directory / "repaired") == statuses(broken.directory / "nightly") | {"sales": "changed"}


def test_credentials_of_the_wrong_account_write_nothing(provisioned: Fleet) -> None:
    fleet = provisioned
    config = fleet.project / "aws" / "wrong.config"
    right = (fleet.project / "aws" / "provision.config").read_text(encoding="utf-8")
    config.write_text(right.replace(ACCOUNTS["people"], ACCOUNTS["analytics"]), encoding="utf-8")
    before = {account: fleet.policies(account) for account in ACCOUNTS}
    play = fleet.run("provision", profiles="wrong")
    assert (play.status, writes(play)) == (2, ())
    assert {failure["host"] for failure in play.failures()} == {"payroll", "recruiting"}
    assert {account: fleet.policies(account) for account in ACCOUNTS} == before


def test_without_the_profiles_nobody_works_as_the_pipeline_itself(provisioned: Fleet) -> None:
    play = drift(provisioned, profiles="absent")
    assert play.status == 2
    assert play.calls == ()
    assert all("could not be found" in error for error in errors(provisioned).values())
    assert sorted(errors(provisioned)) == sorted(CONNECTIONS)


def test_the_account_of_the_pipeline_is_none_of_the_fleet() -> None:
    assert ACCOUNT_ID not in ACCOUNTS.values()
