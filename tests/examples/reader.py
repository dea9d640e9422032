# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a document as its reader does: each block in its order, in one directory, against one account."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment

from .blocks import ROOT, Block
from .console import Done, Shell
from .kinds import Commands, HostVariables, Inventory, Plays, Policy, read
from .memory import Memory
from .not_run import is_command_run, is_run

_CONNECTIONS = "connections.yml"
DRIFT = "ansible-playbook -i connections.yml qualytics.athena.drift"
PROVISION = "ansible-playbook -i connections.yml qualytics.athena.provision"
VERIFY = "ansible-playbook -i connections.yml qualytics.athena.verify"
_COMPARES = re.compile(r"qualytics\.athena\.drift\b")
_IN_SYNC_OR_DRIFT = re.compile(r"drift: \d+ connections?: \d+ in_sync, \d+ drift, 0 failed")
# Where the crontab of a guide keeps its inventory.
_ELSEWHERE = "/srv/athena"
# Programs that development does not ask for; where one is not on the machine, what it is used for is not run.
OPTIONAL = ("jq",)


class Reader:
    """A directory in which a checkout seems to lie, with an inventory and the credentials of its profiles."""

    def __init__(
        self, sandbox: Sandbox, directory: Path, credentials: Path, keys: dict[str, str], bare: str, empty: str
    ) -> None:
        self._sandbox = sandbox
        self._directory = directory
        self._bare, self._empty = bare, empty
        self._memory = Memory(sandbox)
        # What is called otherwise here than in the documents.
        self._names = keys | {_ELSEWHERE: str(directory)}
        for name in ("docs", "extensions", "playbooks", "plugins", "roles", "tests", "tools", "Makefile"):
            (directory / name).symlink_to(ROOT / name)
        (directory / ".cache").mkdir()
        (directory / ".venv").symlink_to(sys.prefix)
        (directory / "ansible.cfg").write_text("[defaults]\ninterpreter_python = auto_silent\n", encoding="utf-8")
        self._checkout = set(directory.iterdir())
        environment = client_environment(sandbox.environment) | {
            "ANSIBLE_HOME": str(directory / ".cache" / "home"),
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
            "PATH": f"{Path(sys.executable).parent}:{client_environment({})['PATH']}",
        }
        self._shell = Shell(directory, environment)

    def failures(self, blocks: list[Block], inventory: str, provisioned: str) -> list[str]:
        """What does not end well, with its place.

        inventory: for a document that has none itself; its connections are there already, as provisioned says.
        """
        examples = [(block, read(block)) for block in filter(is_run, blocks)]
        own = [example for _block, example in examples if isinstance(example, Inventory)]
        self._begin(self._bare if own else provisioned, inventory)
        return [failure for block, example in examples for failure in self._try(block, example)]

    def type_all(self, inventory: str, lines: list[str], account: str = "") -> list[Done]:
        """What commands come to for an inventory; its connections have nothing yet, where no account is given."""
        self._begin(account or self._bare, inventory)
        return [self._type(line) for line in lines]

    @property
    def account(self) -> str:
        """What the account is called as it is now."""
        return self._memory.account

    def _begin(self, account: str, inventory: str) -> None:
        for path in set(self._directory.iterdir()) - self._checkout:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._memory.forget_files()
        self._write(_CONNECTIONS, inventory)
        self._memory.go_to(account)
        self._shell.begin()

    def _try(self, block: Block, example: Any) -> Iterator[str]:
        if isinstance(example, Commands):
            yield from self._type_all(block, example.lines)
        elif isinstance(example, Inventory):
            self._write(example.name, example.text)
        elif isinstance(example, HostVariables):
            self._add(example)
        elif isinstance(example, Plays):
            self._write(example.name, example.text)
            yield from self._type_all(block, [f"ansible-playbook -i {_CONNECTIONS} {example.name}"])
        elif isinstance(example, Policy):
            yield from self._create_policy(block)

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._as_here(text), encoding="utf-8")

    def _as_here(self, text: str) -> str:
        for theirs, ours in self._names.items():
            text = text.replace(theirs, ours)
        return text

    def _add(self, more: HostVariables) -> None:
        path = self._directory / more.name
        inventory = yaml.safe_load(path.read_text(encoding="utf-8"))
        for host, variables in more.hosts.items():
            inventory["all"]["hosts"][host] |= variables
        path.write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def _create_policy(self, block: Block) -> Iterator[str]:
        """IAM looks at the grammar and the size of a document."""
        try:
            self._sandbox.client("iam").create_policy(PolicyName=f"line-{block.line}", PolicyDocument=block.text)
        except ClientError as refused:
            yield f"{block.place}: {refused}"

    def _type_all(self, block: Block, lines: list[str]) -> Iterator[str]:
        lines = [line for line in lines if _can_be_run(block, line)]
        account = self._memory.account
        # It is meant for a sandbox that has just been started, beside the account that the document is about.
        seeds = any("tests/sandbox/seed.yml" in line for line in lines)
        if seeds:
            self._memory.go_to(self._empty)
        self._shell.begin()
        for line in lines:
            done = self._type(self._as_here(line))
            if not _ended_well(done):
                yield f"{block.place}: {done.command}: exit code {done.status}\n{done.output[-3000:]}"
        if seeds:
            self._memory.go_to(account)

    def _type(self, line: str) -> Done:
        named = [self._directory / word for word in line.split() if word.endswith((".yml", ".yaml"))]
        files = [path.read_text(encoding="utf-8") for path in named if path.is_file()]
        return self._memory.type(self._shell, line, "\0".join(files))


def _can_be_run(block: Block, line: str) -> bool:
    program = line.split()[0]
    is_there = program not in OPTIONAL or shutil.which(program)
    return bool(is_there) and is_command_run(block.document, line)


def _ended_well(done: Done) -> bool:
    """With the exit code 0; a comparison ends well with 2 too, where it could compare everything and says so last."""
    compares = _COMPARES.search(done.command)
    if compares and (done.status == 2 or "PLAY RECAP" in done.output):
        return _IN_SYNC_OR_DRIFT.search(done.output) is not None
    return done.status == 0
