# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a block is: how an example is run depends on it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from .blocks import Block
from .console import commands

_SHELLS = ("console", "sh", "bash", "shell")
_NAMED = re.compile(r"^#\s*(?P<inside>in )?(?P<name>[\w./-]+\.(ya?ml|json|toml|ini|cfg))\b")
_PREFIX = "athena_"


class NotAnExample(Exception):
    """A block of which it cannot be said how a reader would use it."""


@dataclass(frozen=True)
class Commands:
    """What is typed into a shell."""

    lines: list[str]


@dataclass(frozen=True)
class Tasks:
    """Tasks for a play."""

    tasks: list[dict[str, Any]]


@dataclass(frozen=True)
class Plays:
    """A playbook; its file, where the block says one."""

    text: str
    name: str


@dataclass(frozen=True)
class Inventory:
    """An inventory of connections, and the file it is in."""

    text: str
    name: str


@dataclass(frozen=True)
class HostVariables:
    """More variables of hosts that are in an inventory already."""

    hosts: dict[str, dict[str, Any]]
    name: str


@dataclass(frozen=True)
class Variables:
    """Variables of a connection; the file of a group or a host, where the block says one."""

    variables: dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """A policy document of IAM."""

    document: dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """A statement for a policy of somebody else's: of a bucket, or of a key."""

    statement: dict[str, Any]


Example = Commands | Tasks | Plays | Inventory | HostVariables | Variables | Policy | Statement


def read(block: Block) -> Example:
    """What a block is; NotAnExample where that cannot be said."""
    if block.language in _SHELLS:
        return Commands(commands(block.text))
    if block.language in ("yaml", "yaml+jinja", "ansible"):
        return _of_yaml(block)
    if block.language == "json":
        data = json.loads(block.text)
        if "Statement" in data:
            return Policy(data)
        if "Effect" in data:
            return Statement(data)
    raise NotAnExample(f"{block.place}: neither run nor in not_run.toml: {block.first_line}")


def _of_yaml(block: Block) -> Example:
    data = yaml.safe_load(block.text)
    named = _NAMED.match(block.first_line)
    name = named["name"] if named else ""
    if isinstance(data, list) and all(isinstance(item, dict) for item in data):
        return Plays(block.text, name or "play.yml") if any("hosts" in item for item in data) else Tasks(data)
    if isinstance(data, dict):
        if _is_inventory(data):
            return Inventory(block.text, name or "connections.yml")
        if pipeline := commands_of_pipeline(data):
            return Commands([line for text in pipeline for line in commands(text)])
        if all(str(key).startswith(_PREFIX) for key in data):
            return Variables(data)
        if all(isinstance(value, dict) and all(key.startswith(_PREFIX) for key in value) for value in data.values()):
            return HostVariables(data, name or "connections.yml")
    raise NotAnExample(f"{block.place}: neither run nor in not_run.toml: {block.first_line}")


def _is_inventory(data: dict[str, Any]) -> bool:
    return all(isinstance(group, dict) and group.keys() & {"hosts", "children"} for group in data.values())


def commands_of_pipeline(data: dict[str, Any]) -> list[str]:
    """The commands of a pipeline of GitHub Actions or GitLab."""
    if "jobs" in data:
        return [step["run"] for job in data["jobs"].values() for step in job["steps"] if "run" in step]
    jobs = [job for job in data.values() if isinstance(job, dict)]
    return [line for job in jobs for line in (*job.get("before_script", ()), *job.get("script", ()))]
