# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a document as its reader does: each block in its order, in one directory, against one account."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment

from . import not_run
from .blocks import ROOT, Block
from .console import Done, run
from .kinds import Commands, Data, HostVariables, Inventory, Plays, Policy, read

_PLAYBOOK = re.compile(r"qualytics\.athena\.(provision|drift|verify|remove)\b")
_IN_SYNC_OR_DRIFT = re.compile(r"drift: \d+ connections?: \d+ in_sync, \d+ drift, 0 failed")
# Where the crontab of a guide keeps its inventory.
_ELSEWHERE = "/srv/athena"
_PROVISION = "ansible-playbook -i connections.yml qualytics.athena.provision"


class Reader:
    """A directory in which a checkout seems to lie, with an inventory and the credentials of its profiles."""

    def __init__(self, sandbox: Sandbox, directory: Path, credentials: Path, bare: str, provisioned: str) -> None:
        self._sandbox = sandbox
        self._directory = directory
        self._bare, self._provisioned = bare, provisioned
        for name in ("docs", "extensions", "playbooks", "plugins", "roles", "tests", "tools", "Makefile"):
            (directory / name).symlink_to(ROOT / name)
        (directory / ".cache").mkdir()
        (directory / ".venv").symlink_to(sys.prefix)
        (directory / "ansible.cfg").write_text("[defaults]\ninterpreter_python = auto_silent\n", encoding="utf-8")
        self._environment = client_environment(sandbox.environment) | {
            "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
            "PATH": f"{Path(sys.executable).parent}:{client_environment({})['PATH']}",
        }

    def failures(self, blocks: list[Block], inventory: str) -> list[str]:
        """What does not end well, with its place; the inventory is for a document that has none itself."""
        examples = [(block, read(block)) for block in blocks if not any(it.is_block(block) for it in not_run.BLOCKS)]
        own = [example for _block, example in examples if isinstance(example, Inventory)]
        (self._directory / "connections.yml").write_text(inventory, encoding="utf-8")
        self._sandbox.restore(self._bare if own else self._provisioned)
        return [failure for block, example in examples for failure in self._try(block, example)]

    def _try(self, block: Block, example: Any) -> Iterator[str]:
        if isinstance(example, Commands):
            yield from self._type(block, example.lines)
        elif isinstance(example, Inventory):
            self._write(example.name, example.text)
            yield from self._type(block, [f"ansible-inventory -i {example.name} --list"])
        elif isinstance(example, HostVariables):
            self._add(example)
        elif isinstance(example, Plays):
            self._write(example.name, example.text)
            unset = "-e drift_webhook_url=http://127.0.0.1:9"
            yield from self._type(block, [f"ansible-playbook -i connections.yml {example.name} {unset}"])
        elif isinstance(example, Policy):
            yield from self._create_policy(block, example)
        elif isinstance(example, Data):
            return

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _add(self, more: HostVariables) -> None:
        path = self._directory / more.name
        inventory = yaml.safe_load(path.read_text(encoding="utf-8"))
        for host, variables in more.hosts.items():
            inventory["all"]["hosts"][host] |= variables
        path.write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def _create_policy(self, block: Block, example: Policy) -> Iterator[str]:
        """IAM looks at the grammar and the size of a document."""
        name = f"line-{block.line}"
        try:
            self._sandbox.client("iam").create_policy(PolicyName=name, PolicyDocument=block.text)
        except Exception as refused:
            yield f"{block.place}: {refused}"

    def _type(self, block: Block, lines: list[str]) -> Iterator[str]:
        lines = [line for line in lines if not any(it.is_command(block.document, line) for it in not_run.COMMANDS)]
        if any("tests/sandbox/seed.yml" in line for line in lines):
            # It is meant for a sandbox that has just been started, beside the account that the document is about.
            self._sandbox.keep("examples-aside")
            self._sandbox.reset()
        lines = [line.replace(_ELSEWHERE, str(self._directory)) for line in lines]
        done = run(lines, self._directory, self._environment)
        for each in done:
            if not _ended_well(each):
                yield f"{block.place}: {each.command}: exit code {each.status}\n{each.output[-3000:]}"
        if len(done) < len(lines):
            yield f"{block.place}: {lines[len(done)]}: was not come to"
        if any("tests/demo/inventory.yml" in line for line in lines):
            self._sandbox.restore("examples-aside")
        if any("qualytics.athena.remove" in line for line in lines):
            # Whoever reads on has connections again.
            run([_PROVISION], self._directory, self._environment)


def _ended_well(done: Done) -> bool:
    """With the exit code 0; a comparison ends well with 2 too, where it could compare everything and says so last."""
    playbook = _PLAYBOOK.search(done.command)
    if done.status == 2 and playbook and playbook[1] == "drift":
        return _IN_SYNC_OR_DRIFT.search(done.output) is not None
    return done.status == 0
