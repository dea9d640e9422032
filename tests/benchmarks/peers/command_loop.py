# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook with amazon.aws, and after it `aws lakeformation grant-permissions` for each grant."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

from ..measure import Command
from ..world import World
from .amazon_aws import AmazonAws
from .peer import Task, ansible


class CommandLoop(AmazonAws):
    name = "loop"
    title = "the same, and a loop of aws commands"
    # It does not look what is there: every run is a first one. A second and more for each grant.
    tasks = (Task.FIRST,)
    grants = True
    takes_minutes = True

    def missing(self) -> str:
        return "" if shutil.which("aws") else "the AWS CLI is not installed"

    def prepare(self, world: World, directory: Path) -> None:
        super().prepare(world, directory)
        lines = [
            shlex.join(
                [
                    *("aws", "lakeformation", "grant-permissions"),
                    *("--principal", f"DataLakePrincipalIdentifier={connection.arn}"),
                    *("--resource", json.dumps(resource)),
                    *("--permissions", *permissions),
                ]
            )
            for connection in world.connections
            for resource, permissions in connection.resources
        ]
        playbook = shlex.join(ansible(directory, Task.FIRST).words)
        (directory / "loop.sh").write_text("\n".join(["set -e", playbook, *lines, ""]), encoding="utf-8")

    def command(self, directory: Path, task: Task) -> Command:
        return Command(["sh", "loop.sh"], ansible(directory, task).variables)
