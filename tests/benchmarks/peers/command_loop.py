# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook with amazon.aws, and a task that loops over `aws lakeformation grant-permissions`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..world import Connection, World
from . import amazon_aws
from .peer import Task, write_playbook

_ARGUMENTS = {
    "--principal": "DataLakePrincipalIdentifier={{ arn }}",
    "--resource": "{{ item.resource }}",
    "--permissions": "{{ item.permissions }}",
}


def tasks() -> list[dict[str, Any]]:
    words = ["aws", "lakeformation", "grant-permissions"]
    words += [word for argument in _ARGUMENTS.items() for word in argument]
    grant = {"ansible.builtin.command": {"argv": words}, "loop": "{{ grants }}"}
    return [*amazon_aws.tasks(), {**grant, "loop_control": {"label": "{{ item.resource }}"}}]


def variables(connection: Connection) -> dict[str, Any]:
    # Each of the benchmark's resources has one permission.
    grants = [
        {"resource": json.dumps(resource), "permissions": permission} for resource, [permission] in connection.resources
    ]
    return {**amazon_aws.variables(connection), "arn": connection.arn, "grants": grants}


class CommandLoop(amazon_aws.AmazonAws):
    name = "loop"
    title = "the same, and a loop of aws commands"
    # It does not look what is there: every run is a first one. A second and more for each grant.
    tasks = (Task.FIRST,)
    grants = True
    takes_minutes = True

    def missing(self) -> str:
        return "" if shutil.which("aws") else "the AWS CLI is not installed"

    def prepare(self, world: World, directory: Path) -> None:
        write_playbook(directory, world, tasks(), variables)
