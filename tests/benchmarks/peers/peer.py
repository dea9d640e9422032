# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all peers are, and the policy that those give the roles who do not build one."""

from __future__ import annotations

import abc
import enum
import json
import sys
from pathlib import Path
from typing import Any, ClassVar

from ..measure import Command
from ..world import BUCKET, EXTERNAL_ID, Connection, World


class Task(enum.StrEnum):
    """What is measured, in this order."""

    FIRST = "first"
    AGAIN = "again"
    # Without writing: nothing differs, and one grant was revoked behind everybody's back.
    CHECK = "check"
    REVOKED = "revoked"


class Peer(abc.ABC):
    """Something that makes connections.

    title: as the table calls it. tasks: those that it can do. grants: whether it grants in Lake Formation.
    takes_minutes: it is measured once, with a hundred tables.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = tuple(Task)
    grants: ClassVar[bool] = True
    takes_minutes: ClassVar[bool] = False

    def missing(self) -> str:
        """Why it cannot be measured here; empty where it can."""
        return ""

    @abc.abstractmethod
    def prepare(self, world: World, directory: Path) -> None:
        """Write what it reads, and forget what it knew of earlier runs."""

    @abc.abstractmethod
    def command(self, directory: Path, task: Task) -> Command:
        """What does a task, once it is prepared."""

    def status(self, task: Task) -> int:
        """The exit status with which the task is done."""
        del task
        return 0


def ansible(directory: Path, task: Task) -> Command:
    """Run the playbook of a directory on its inventory, as somebody with an empty configuration does."""
    variables = {
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    check = ["--check"] if task in (Task.CHECK, Task.REVOKED) else []
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    return Command([program, "--inventory=inventory.json", "playbook.json", *check], variables)


def write_playbook(directory: Path, world: World, tasks: list[dict[str, Any]], variables: Any) -> None:
    """A play on one host for each connection; variables: a function from a connection to those of its host."""
    hosts = {it.role: {"ansible_connection": "local", **variables(it)} for it in world.connections}
    (directory / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    (directory / "playbook.json").write_text(json.dumps([play]), encoding="utf-8")


def trust_document(connection: Connection) -> dict[str, Any]:
    principal = {"AWS": connection.base_arn}
    condition = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def assume_document(connection: Connection) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": connection.arn}
    return {"Version": "2012-10-17", "Statement": [statement]}


def policy_document() -> dict[str, Any]:
    """As people write it by hand."""
    bucket = f"arn:aws:s3:::{BUCKET}"
    actions = {
        "*": ["athena:*QueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup", "lakeformation:GetDataAccess"],
        bucket: ["s3:GetBucketLocation", "s3:ListBucket"],
        f"{bucket}/*": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        "arn:aws:glue:*:*:*": ["glue:GetDatabase*", "glue:GetTable*", "glue:GetPartition*"],
    }
    statements = [{"Effect": "Allow", "Action": value, "Resource": key} for key, value in actions.items()]
    return {"Version": "2012-10-17", "Statement": statements}
