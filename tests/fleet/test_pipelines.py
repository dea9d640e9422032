# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of pipelines are what their services read, run what is there, and leave reports where they say.

The night of these tests runs the command that compares the connections, and sees it fail on drift.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .night import Night
from .pipelines import SCHEMAS, drift_command, job_of, path_of, shell_lines
from .world import EXAMPLES

PROJECT = EXAMPLES / "fleet"
CHECK = str(Path(sys.executable).with_name("check-jsonschema"))


def accepted(name: str, path: Path) -> bool:
    """By the published schema, in the version that check-jsonschema brings."""
    done = subprocess.run([CHECK, "--builtin-schema", SCHEMAS[name], str(path)], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_what_the_schema_of_its_service_says(name: str) -> None:
    assert accepted(name, path_of(name))


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("github_actions", "runs-on:", "run-on:"), ("gitlab_ci", "when: always", "when: sometimes")],
)
def test_the_schema_refuses_what_is_misspelt(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    text = path_of(name).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "pipeline.yml").write_text(text.replace(right, wrong), encoding="utf-8")
    assert not accepted(name, tmp_path / "pipeline.yml")


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_it_names_is_in_the_project(name: str) -> None:
    job = job_of(name)
    environment = job.get("env") or job["variables"]
    for variable in ("ANSIBLE_CONFIG", "AWS_CONFIG_FILE"):
        # Behind the directory of the checkout, which each service names in its own way.
        assert (PROJECT / environment[variable].split("}}/")[-1].removeprefix("$CI_PROJECT_DIR/")).is_file()
    named = [word for line in shell_lines(name) for word in line.split() if word.endswith(".yml")]
    assert sorted(named) == ["collections/requirements.yml", "drift.yml"]
    assert [word for word in named if not (PROJECT / word).is_file()] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_its_shell_parses(name: str) -> None:
    script = "\n".join(shell_lines(name))
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_both_run_the_same_which_fails_on_drift(night: Night) -> None:
    assert drift_command("github_actions") == drift_command("gitlab_ci")
    assert drift_command("github_actions")[-1] == "athena_report_directory=reports"
    assert night.pipeline.status == 2


def test_the_reports_are_kept_also_of_a_run_that_failed() -> None:
    steps = job_of("github_actions")["steps"]
    assert steps[-1]["with"]["path"] == "reports"
    assert steps[-1]["if"] == "${{ !cancelled() }}"
    artifacts = job_of("gitlab_ci")["artifacts"]
    assert (artifacts["when"], artifacts["paths"]) == ("always", ["reports"])
    assert artifacts["reports"] == {"junit": "reports/report.xml"}
