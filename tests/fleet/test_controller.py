# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks under ansible-runner in slices, what its events tell, and the slices' reports joined to one."""

from __future__ import annotations

import shlex

from ansible_collections.qualytics.athena.tests.integration.guides import snippets

from .commands import run_command
from .night import Night
from .test_fleet import STATUSES, errors
from .world import Fleet, read_report, statuses


def test_a_fleet_is_cut_into_slices_of_connections(night: Night) -> None:
    assert [job.hosts for job in night.slices] == [["forecast", "recruiting", "web-logs"], ["payroll", "sales"]]


def test_the_events_have_the_result_of_each_connection(night: Night) -> None:
    told = {host: it["status"] for job in night.slices for host, it in job.results().items()}
    assert told == STATUSES
    assert [sorted(job.results()) for job in night.slices] == [job.hosts for job in night.slices]


def test_the_events_have_the_failures_and_the_job_fails_after_all_its_connections(night: Night) -> None:
    assert [(job.status, job.exit_code) for job in night.slices] == [("failed", 2)] * 2
    failed = {host: message for job in night.slices for host, message in job.failed().items()}
    assert failed.keys() == STATUSES.keys() - {"web-logs"}
    assert failed["sales"].startswith("sales: drift: ")
    assert failed["payroll"].startswith("payroll: failed: ")


def test_the_counts_of_each_host_say_which_are_not_in_order(night: Night) -> None:
    first, second = (job.stats for job in night.slices)
    assert (first["failures"], second["failures"]) == ({"forecast": 1, "recruiting": 1}, {"payroll": 1, "sales": 1})
    assert first["ok"]["web-logs"] > 0
    # What failed was rescued once, so that it could be reported.
    assert set(first["rescued"]) == {"forecast", "recruiting"}


def test_no_event_has_the_secret_key_of_the_pipeline(night: Night, fleet: Fleet) -> None:
    events = [event for job in night.slices for event in job.events]
    assert len(events) > 50
    assert [event["event"] for event in events if fleet.pipeline.key["SecretAccessKey"] in str(event)] == []


def test_the_reports_of_the_slices_joined_are_the_report_of_an_unsliced_run(night: Night) -> None:
    assert read_report(night.directory / "joined") == read_report(night.pipeline_report)
    for name in ("report.json", "report.xml", "report.html"):
        joined, whole = night.directory / "joined" / name, night.pipeline_report / name
        assert joined.read_text(encoding="utf-8") == whole.read_text(encoding="utf-8"), name
    assert (night.joined.status, night.joined.writes) == (2, ())
    assert "joined: 5 connections: 1 in_sync, 1 drift, 3 failed" in night.joined.output


def test_a_slice_without_a_report_is_missed(night: Night) -> None:
    assert night.lost.status == 2
    assert statuses(night.directory / "lost") == STATUSES | {"payroll": "failed", "sales": "failed"}
    told = errors(night.directory / "lost")
    assert {told[name] for name in ("payroll", "sales")} == {"no report tells of it"}


def test_two_reports_of_one_connection_are_refused(night: Night, fleet: Fleet) -> None:
    sources = f"athena_report_sources={night.directory}"
    done = run_command(fleet, ["ansible-playbook", "join_reports.yml", "-e", sources])
    assert done.status == 2
    assert "are there twice; remove what is of other runs" in done.output


def command_of_the_guide(program: str) -> list[str]:
    """The first command of the guide with a program."""
    lines = [line for text in snippets("controller", "console") for line in text.splitlines()]
    return shlex.split(next(line for line in lines if line.startswith(f"$ {program} ")).removeprefix("$ "))


def test_the_navigator_runs_the_playbook_without_a_container(fleet: Fleet) -> None:
    reports = fleet.directory / "navigator"
    command = [*command_of_the_guide("ansible-navigator"), "-e", f"athena_report_directory={reports}"]
    done = run_command(fleet, [*command, "--limit", "sales,payroll"])
    assert (done.status, done.writes) == (0, ()), done.output
    assert "drift: 2 connections: 2 in_sync, 0 drift, 0 failed" in done.output
    assert statuses(reports) == {"sales": "in_sync", "payroll": "in_sync"}


def test_the_command_of_the_runner_runs_the_playbook_in_the_project(fleet: Fleet) -> None:
    command = [part.replace("$PWD", str(fleet.project)) for part in command_of_the_guide("ansible-runner")]
    done = run_command(fleet, [*command, "--limit", "payroll"])
    assert (done.status, done.writes) == (0, ()), done.output
    assert "drift: 1 connection: 1 in_sync, 0 drift, 0 failed" in done.output
