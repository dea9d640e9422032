# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of pipelines, read as their services would."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from ..examples.kinds import commands_of_pipeline
from .world import EXAMPLES

# Example -> the schema of check-jsonschema.
SCHEMAS = {"github_actions": "vendor.github-workflows", "gitlab_ci": "vendor.gitlab-ci"}


def path_of(name: str) -> Path:
    return EXAMPLES / "pipelines" / f"{name}.yml"


def job_of(name: str) -> dict[str, Any]:
    """The one job of a pipeline."""
    pipeline = yaml.safe_load(path_of(name).read_text(encoding="utf-8"))
    (job,) = pipeline.get("jobs", pipeline).values()
    return dict(job)


def shell_lines(name: str) -> list[str]:
    """All that a pipeline runs."""
    pipeline = yaml.safe_load(path_of(name).read_text(encoding="utf-8"))
    return [line for text in commands_of_pipeline(pipeline) for line in text.splitlines()]


def drift_command(name: str) -> list[str]:
    """The line that compares the connections, in words."""
    (line,) = (line for line in shell_lines(name) if line.startswith("ansible-playbook "))
    return shlex.split(line)
