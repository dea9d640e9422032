# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This collection: its role, and its module without the role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from athena_sandbox.launcher import REGION

from ..measure import Command
from ..world import BUCKET, EXTERNAL_ID, Connection, World
from .peer import Peer, Task, ansible, write_playbook


def options(connection: Connection) -> dict[str, Any]:
    """What the role and the module call by the same names."""
    tables = [{"database": database, "tables": names} for database, names in connection.tables.items() if names]
    return {
        "auth_mode": "iam_role",
        "role_name": connection.role,
        "trusted_principals": [connection.base_arn],
        "external_id": EXTERNAL_ID,
        "base_role_name": connection.base_role,
        "output_location": f"s3://{BUCKET}/athena",
        "lake_formation_grants": [*({"database": database} for database in connection.tables), *tables],
        "region": REGION,
    }


class OurRole(Peer):
    name = "role"
    title = "role athena_access"

    def prepare(self, world: World, directory: Path) -> None:
        tasks = [{"ansible.builtin.import_role": {"name": "qualytics.athena.athena_access"}}]
        write_playbook(directory, world, tasks, _role_variables)

    def command(self, directory: Path, task: Task) -> Command:
        return ansible(directory, task)


class BareModule(Peer):
    name = "module"
    title = "module athena_connection"

    def prepare(self, world: World, directory: Path) -> None:
        given = {name: "{{ options." + name + " }}" for name in options(world.connections[0])}
        given["connection"] = "{{ inventory_hostname }}"
        tasks = [{"qualytics.athena.athena_connection": given}]
        write_playbook(directory, world, tasks, lambda connection: {"options": options(connection)})

    def command(self, directory: Path, task: Task) -> Command:
        return ansible(directory, task)


def _role_variables(connection: Connection) -> dict[str, Any]:
    return {f"athena_access_{name}": value for name, value in options(connection).items()}
