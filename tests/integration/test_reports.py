# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks write the reports on all their hosts: of those that are in order, that failed, and that never began."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION

from .account import Account
from .playbook_runs import Play, run_playbook

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "report.schema.json"
NAMES = ["report.html", "report.json", "report.xml"]
# A template in a name of somebody else is text, whoever shows it.
HOSTS: dict[str, dict[str, Any]] = {
    "sales": {"athena_access_user_name": "sales", "athena_access_description": "{{ 1 + 1 }} <b>"},
    "hr": {"athena_access_user_name": "no such name"},
    "gone": {"athena_access_user_name": "nobody"},
    "broken": {"athena_access_user_name": "sales", "athena_access_auth_mode": "by_wish"},
}


@pytest.fixture
def sandbox_with_user(clean_sandbox: Sandbox) -> Sandbox:
    Account(clean_sandbox).make_identity("user", "sales")
    clean_sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    return clean_sandbox


def play(sandbox: Sandbox, directory: Path, name: str, hosts: list[str], *arguments: str, to: str = "reports") -> Play:
    common = {
        "athena_access_auth_mode": "access_key",
        "athena_access_output_location": "s3://acme-athena-results/dq",
        "athena_access_region": REGION,
    }
    directory.mkdir(exist_ok=True)
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {host: common | HOSTS[host] for host in hosts}}}))
    where = [f"--extra-vars=athena_report_directory={directory / to}"] if to else []
    return run_playbook(sandbox, directory, f"qualytics.athena.{name}", f"--inventory={inventory}", *where, *arguments)


def read_report(directory: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((directory / "reports" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return report


def changed_reports(run: Play) -> list[str]:
    return [task["task"] for task in run.tasks if "report" in task["task"] and task["result"].get("changed")]


def test_check_mode_writes_the_reports_and_nothing_else(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    run = play(sandbox_with_user, tmp_path, "provision", ["sales", "hr", "broken"], "--check", "--diff")
    assert run.status == 2
    assert run.writes == ()
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == NAMES
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "reports").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o700

    report = read_report(tmp_path)
    assert {it["connection"]: it["status"] for it in report["connections"]} == {
        "broken": "failed",
        "hr": "failed",
        "sales": "drift",
    }
    errors = {it["connection"]: it["error"] for it in report["connections"]}
    assert "policy name must match" in errors["hr"]
    assert errors["broken"].startswith("no result: ")
    suites = ElementTree.parse(tmp_path / "reports" / "report.xml").getroot()
    assert {it.get("name"): (it.get("errors"), it.get("failures")) for it in suites} == {
        "broken": ("1", "0"),
        "hr": ("1", "0"),
        "sales": ("0", "2"),
    }
    page = (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h2" in page


def test_a_second_run_writes_the_same_and_changes_nothing(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    first = play(sandbox_with_user, tmp_path, "provision", ["sales"])
    assert len(changed_reports(first)) == 4
    assert read_report(tmp_path)["summary"]["statuses"]["changed"] == 1
    in_sync = play(sandbox_with_user, tmp_path, "provision", ["sales"])
    assert len(changed_reports(in_sync)) == 3
    assert read_report(tmp_path)["summary"]["statuses"]["in_sync"] == 1
    assert changed_reports(play(sandbox_with_user, tmp_path, "provision", ["sales"])) == []


def test_the_reports_are_there_where_every_host_fails(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o755)
    run = play(sandbox_with_user, tmp_path, "verify", ["gone", "broken"])
    assert run.status == 2
    assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o755
    report = read_report(tmp_path)
    assert [it["status"] for it in report["connections"]] == ["failed", "failed"]
    checks = {check["name"]: check["status"] for it in report["connections"] for check in it["checks"]}
    assert checks["identity"] == "fail"


def test_nothing_is_written_where_no_directory_is_named(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    run = play(sandbox_with_user, tmp_path, "provision", ["sales"], to="")
    assert run.status == 0, run.output
    assert list(tmp_path.rglob("report.*")) == []
