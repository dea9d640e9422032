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

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "docsite" / "report.schema.json"
NAMES = ["report.html", "report.json", "report.xml"]
HOSTS: dict[str, dict[str, Any]] = {
    "sales": {"athena_access_user_name": "sales"},
    "hr": {"athena_access_user_name": "no such name"},
    "gone": {"athena_access_user_name": "nobody"},
    "broken": {"athena_access_user_name": "sales", "athena_access_auth_mode": "by_wish"},
}


@pytest.fixture
def sandbox_with_user(clean_sandbox: Sandbox) -> Sandbox:
    Account(clean_sandbox).make_identity("user", "sales")
    clean_sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    return clean_sandbox


def play(sandbox: Sandbox, directory: Path, name: str, hosts: list[str], *arguments: str) -> Play:
    common = {
        "athena_access_auth_mode": "access_key",
        "athena_access_output_location": "s3://acme-athena-results/dq",
        "athena_access_region": REGION,
    }
    directory.mkdir(exist_ok=True)
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {host: common | HOSTS[host] for host in hosts}}}))
    where = f"--extra-vars=athena_report_directory={directory / 'reports'}"
    return run_playbook(sandbox, directory, f"qualytics.athena.{name}", f"--inventory={inventory}", where, *arguments)


def read_report(directory: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((directory / "reports" / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return report


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
    # The policy that is not there yet, as the modules returned it.
    assert page.count('title="missing"') > 20


def report_only(sandbox: Sandbox, directory: Path, results: Any, **variables: Any) -> list[str]:
    """Include the tasks in a play of one's own; the tasks that changed something."""
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"athena_report_results": results, **variables},
            "tasks": [{"ansible.builtin.import_tasks": str(ROOT / "playbooks" / "tasks" / "report.yml")}],
        }
    ]
    run = run_playbook(sandbox, directory, plays, "--inventory=localhost,")
    assert run.status == 0, run.output
    return [task["task"] for task in run.tasks if task["result"].get("changed")]


def test_what_says_the_same_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    # A template in what is not of one's own is text.
    fact = {"connection": "{{ 1 + 1 }} <b>", "status": "in_sync"}
    (tmp_path / "result.json").write_text(json.dumps(fact), encoding="utf-8")
    result = f"{{{{ lookup('ansible.builtin.file', '{tmp_path / 'result.json'}') | from_json }}}}"
    to = {"athena_report_directory": str(tmp_path / "reports")}
    to |= {"athena_report_generated": "today"}
    assert len(report_only(sandbox, tmp_path, result, **to)) == 4
    assert report_only(sandbox, tmp_path, [result], **to) == []
    assert read_report(tmp_path)["connections"][0]["connection"] == "{{ 1 + 1 }} <b>"
    assert "{{ 1 + 1 }} &lt;b&gt;" in (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert read_report(tmp_path)["generated"] == "today"


def test_the_reports_are_there_where_every_host_fails(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o755)
    run = play(sandbox_with_user, tmp_path, "verify", ["gone", "broken"])
    assert run.status == 2
    assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o755
    report = read_report(tmp_path)
    assert [it["status"] for it in report["connections"]] == ["failed", "failed"]
    checks = {check["name"]: check["status"] for it in report["connections"] for check in it["checks"]}
    assert checks["identity"] == "fail"


def test_nothing_is_written_where_no_directory_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert report_only(sandbox, tmp_path, []) == []
    assert list(tmp_path.rglob("report.*")) == []


def test_a_comparison_reports_on_all_its_connections(sandbox_with_user: Sandbox, tmp_path: Path) -> None:
    run = play(sandbox_with_user, tmp_path, "drift", ["sales", "hr", "broken"])
    assert (run.status, run.writes) == (2, ())
    found = {it["connection"]: (it["status"], bool(it["drift_lines"])) for it in read_report(tmp_path)["connections"]}
    assert found == {"sales": ("drift", True), "hr": ("failed", False), "broken": ("failed", False)}
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == NAMES
