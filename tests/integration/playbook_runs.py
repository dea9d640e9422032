# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-playbook against a sandbox, and see what its tasks returned and which calls reached the sandbox."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment

from .module_runs import is_write


@dataclasses.dataclass(frozen=True)
class Play:
    """One run of ansible-playbook: exit code, output, {host, task, action, status, result} of each task, and calls."""

    status: int
    output: str
    tasks: list[dict[str, Any]]
    calls: tuple[str, ...]

    @property
    def writes(self) -> tuple[str, ...]:
        return tuple(filter(is_write, self.calls))

    def facts(self, name: str) -> dict[str, Any]:
        """The last value of a fact by host."""
        found = {}
        for task in self.tasks:
            facts = task["result"].get("ansible_facts", {})
            if name in facts:
                found[task["host"]] = facts[name]
        return found

    def failures(self) -> list[dict[str, Any]]:
        return [task for task in self.tasks if task["status"] == "failed"]


def run_playbook(
    sandbox: Sandbox,
    directory: Path,
    playbook: str | list[dict[str, Any]],
    *arguments: str,
    with_keys: bool = True,
    variables: Mapping[str, str] | None = None,
    watch: Callable[[str], None] | None = None,
) -> Play:
    """Run a playbook, by its name or as data, in a directory of its own.

    with_keys: whether the environment has the root's access key, or only the endpoint and the Region. variables: what
    the environment has beside it. watch: is called with each line of the output as it comes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    record = directory / "record.jsonl"
    record.unlink(missing_ok=True)
    if not isinstance(playbook, str):
        (directory / "playbook.yml").write_text(json.dumps(playbook), encoding="utf-8")
        playbook = str(directory / "playbook.yml")
    environment = client_environment(sandbox.environment) | {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "recorder",
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "RECORDER_FILE": str(record),
    }
    if not with_keys:
        del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    environment |= variables or {}
    sandbox.clear_calls()
    command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, *arguments]
    status, output, errors = _run(command, environment, watch)
    calls = tuple(f"{call['service']}:{call['operation']}" for call in sandbox.calls())
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return Play(status, output + errors, [json.loads(line) for line in lines], calls)


def _run(
    command: list[str], environment: Mapping[str, str], watch: Callable[[str], None] | None
) -> tuple[int, str, str]:
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            if watch:
                watch(line.rstrip("\n"))
        status = process.wait()
        errors.seek(0)
        return status, "".join(lines), errors.read()
