# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX and the automation controller do with a project: they import its inventory and run slices of it.

The inventory is imported with `ansible-inventory --list --export`. A slice is every so many of the hosts in the order
of their names. ansible-runner gets it as a script that prints it, and the job's number as the variable awx_job_id.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
import yaml

from ansible_collections.qualytics.athena.tests.integration.guides import snippets

from .world import Fleet

Inventory = dict[str, Any]


class Job(NamedTuple):
    """What ansible-runner says of a run: status (successful, failed), exit code, events, counts by host."""

    hosts: list[str]
    status: str
    exit_code: int
    events: list[dict[str, Any]]
    stats: dict[str, dict[str, int]]

    def results(self) -> dict[str, dict[str, Any]]:
        """The fact athena_access_result of each host, as events have it."""
        found = {}
        for event in self.events:
            facts = event.get("event_data", {}).get("res", {}).get("ansible_facts", {})
            if "athena_access_result" in facts:
                found[event["event_data"]["host"]] = facts["athena_access_result"]
        return found

    def failed(self) -> dict[str, str]:
        """The message of the last failure of each host that was not rescued."""
        failures = (event["event_data"] for event in self.events if event["event"] == "runner_on_failed")
        return {it["host"]: it["res"]["msg"] for it in failures if self.stats["failures"].get(it["host"])}


def import_inventory(fleet: Fleet) -> Inventory:
    """The inventory of the project as a controller keeps it."""
    command = ["ansible-inventory", "--inventory=inventory", "--list", "--export"]
    environment = fleet.environment("drift")
    done = subprocess.run(command, cwd=fleet.project, env=environment, capture_output=True, text=True, check=True)
    inventory: Inventory = json.loads(done.stdout)
    return inventory


def slice_of(inventory: Inventory, number: int, count: int) -> Inventory:
    """A slice: all groups with their variables, and of the hosts every so many."""
    variables = inventory["_meta"]["hostvars"]
    groups = {name: group for name, group in inventory.items() if name != "_meta"}
    hosts = sorted(host for group in groups.values() for host in group.get("hosts", []))
    kept = sorted(set(hosts))[number - 1 :: count]
    cut = {
        name: {**group, "hosts": [host for host in group.get("hosts", []) if host in kept]}
        for name, group in groups.items()
    }
    return {**cut, "_meta": {"hostvars": {host: variables.get(host, {}) for host in kept}}}


def run_sliced(fleet: Fleet, reports: Path, count: int) -> list[Job]:
    """The nightly job in slices, of which each leaves its report in a directory of its own below `reports`."""
    inventory = import_inventory(fleet)
    cut = [slice_of(inventory, number, count) for number in range(1, count + 1)]
    return [_run(fleet, part, 11 + index, reports) for index, part in enumerate(cut)]


def _extra_variables(reports: Path) -> dict[str, str]:
    """Those of the guide, with another directory."""
    (text,) = (it for it in snippets("controller", "yaml") if "awx_job_id" in it)
    return {name: value.replace("/reports", str(reports)) for name, value in yaml.safe_load(text).items()}


def _run(fleet: Fleet, inventory: Inventory, job_id: int, reports: Path) -> Job:
    private = fleet.directory / f"job-{job_id}"
    script = private / "inventory" / "hosts"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/usr/bin/env python3\nprint(r'''{json.dumps(inventory)}''')\n", encoding="utf-8")
    script.chmod(0o700)
    (private / "project").symlink_to(fleet.project)
    run = ansible_runner.run(
        private_data_dir=str(private),
        playbook="drift.yml",
        envvars=fleet.environment("drift"),
        extravars={**_extra_variables(reports), "awx_job_id": job_id},
        quiet=True,
    )
    return Job(sorted(inventory["_meta"]["hostvars"]), run.status, run.rc, list(run.events), run.stats)
