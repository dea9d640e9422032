# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A script with boto3 alone: the floor under all who use the SDK."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..measure import Command
from ..world import BUCKET, World
from .peer import Peer, Task, assume_document, policy_document, trust_document

_SCRIPT = Path(__file__).with_name("floor.py")


class Boto3Script(Peer):
    name = "boto3"
    title = "boto3 script, one process"

    def prepare(self, world: World, directory: Path) -> None:
        connections = [
            {
                "role": it.role,
                "arn": it.arn,
                "policy": it.policy,
                "trust": trust_document(it),
                "base_role": it.base_role,
                "document": policy_document(),
                "assume": assume_document(it),
                "resources": it.resources,
            }
            for it in world.connections
        ]
        everything = {"bucket": BUCKET, "connections": connections}
        (directory / "connections.json").write_text(json.dumps(everything), encoding="utf-8")

    def command(self, directory: Path, task: Task) -> Command:
        check = ["--check"] if task in (Task.CHECK, Task.REVOKED) else []
        return Command([sys.executable, str(_SCRIPT), str(directory / "connections.json"), *check])

    def status(self, task: Task) -> int:
        return 2 if task is Task.REVOKED else 0
