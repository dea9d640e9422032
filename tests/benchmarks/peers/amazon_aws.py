# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook of four tasks with amazon.aws, which has no module for Lake Formation: without any grants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..measure import Command
from ..world import BUCKET, Connection, World
from .peer import Peer, Task, ansible, assume_document, policy_document, trust_document, write_playbook


def tasks() -> list[dict[str, Any]]:
    return [
        {"amazon.aws.s3_bucket_info": {"name": BUCKET}},
        {"amazon.aws.iam_managed_policy": {"name": "{{ policy }}", "policy": policy_document(), "state": "present"}},
        {
            "amazon.aws.iam_role": {
                "name": "{{ inventory_hostname }}",
                "assume_role_policy_document": "{{ trust }}",
                "managed_policies": ["{{ policy }}"],
                "state": "present",
                # The module waits where it is told not to, twenty seconds long.
                "wait": True,
            }
        },
        {
            "amazon.aws.iam_policy": {
                "iam_type": "role",
                "iam_name": "{{ base_role }}",
                "policy_name": "assume-{{ inventory_hostname }}",
                "policy_json": "{{ assume }}",
                "state": "present",
            },
            # The module fails where a policy comes while it lists those of the role.
            "throttle": 1,
        },
    ]


def variables(connection: Connection) -> dict[str, Any]:
    return {
        "policy": connection.policy,
        "trust": trust_document(connection),
        "base_role": connection.base_role,
        "assume": assume_document(connection),
    }


class AmazonAws(Peer):
    name = "amazon.aws"
    title = "amazon.aws by hand, no Lake Formation"
    tasks = (Task.FIRST, Task.AGAIN, Task.CHECK)
    grants = False

    def prepare(self, world: World, directory: Path) -> None:
        write_playbook(directory, world, tasks(), variables)

    def command(self, directory: Path, task: Task) -> Command:
        return ansible(directory, task)
