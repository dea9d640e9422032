# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tasks of many examples in one process, each twice: what keeps a state has nothing to do the second time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from athena_sandbox import Sandbox

from ..integration.playbook_runs import Play, run_playbook

_LOCAL = {"gather_facts": False, "connection": "local"}


@dataclass(frozen=True)
class Tasks:
    """The tasks of one example, and the kept state of the sandbox in which they begin."""

    tasks: list[dict[str, Any]]
    world: str


@dataclass(frozen=True)
class Ran:
    """What came of the tasks of one example: why they failed, and what they showed.

    changed_again: the tasks that had something to do the second time.
    """

    failure: str
    changed_again: list[str]
    shown: list[str]


def run_all(
    sandbox: Sandbox, directory: Path, examples: Mapping[str, Tasks], variables: Mapping[str, str]
) -> dict[str, Ran]:
    """Run the tasks of all examples, by their names; one that fails does not keep the next from being run."""
    hosts = {name: f"example{number}" for number, name in enumerate(examples)}
    plays, account = [], ""
    for name, example in examples.items():
        restores = any(map(_meets_aws, example.tasks)) and account != example.world
        plays.append(_play(sandbox, hosts[name], example, restores))
        if any(map(_keeps_a_state, example.tasks)):
            account = ""
        elif restores:
            account = example.world
    inventory = ",".join(hosts.values()) + ","
    play = run_playbook(sandbox, directory, plays, f"--inventory={inventory}", variables=variables)
    assert play.status == 0, play.output[-4000:]
    return {name: _ran(play, host) for name, host in hosts.items()}


def _play(sandbox: Sandbox, host: str, example: Tasks, restores: bool) -> dict[str, Any]:
    restore = {
        "url": f"{sandbox.url}/_sandbox/snapshot",
        "method": "POST",
        "body_format": "json",
        "body": {"name": example.world},
    }
    tasks: list[dict[str, Any]] = []
    for task in example.tasks:
        tasks += [_mark("first"), task]
        if _keeps_a_state(task):
            tasks += [_mark("again"), task]
    failed = {"failed": "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg | default('') }}"}
    return {
        "hosts": host,
        **_LOCAL,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "ansible_pipelining": True},
        "tasks": [
            *([{"name": "Begin in the world of the example", "ansible.builtin.uri": restore}] if restores else []),
            {"block": [*tasks, _mark("done")], "rescue": [{"name": "Keep why", "ansible.builtin.set_fact": failed}]},
        ],
    }


def _meets_aws(task: dict[str, Any]) -> bool:
    return "ansible.builtin.include_role" in task or any(action.startswith("qualytics.athena.") for action in task)


def _keeps_a_state(task: dict[str, Any]) -> bool:
    """Whether a second run must find nothing to do: not where a task only looks, or reports what it would do."""
    for action, options in task.items():
        if action == "ansible.builtin.include_role":
            return True
        if action.startswith("qualytics.athena.") and not action.endswith(("_info", "_check")):
            return not task.get("check_mode") and options.get("state") not in ("compared", "verified")
    return False


def _mark(word: str) -> dict[str, Any]:
    return {"name": f"mark: {word}", "ansible.builtin.set_fact": {"mark": word}}


def _ran(play: Play, host: str) -> Ran:
    failure = str(play.facts("failed").get(host, ""))
    mark, changed, shown = "", [], []
    for task in (task for task in play.tasks if task["host"] == host):
        mark = task["result"].get("ansible_facts", {}).get("mark", mark)
        if mark == "again" and task["result"].get("changed"):
            changed.append(task["task"])
        if task["action"] == "ansible.builtin.debug" and "msg" in task["result"]:
            shown.append(str(task["result"]["msg"]))
    if not failure and mark != "done":
        failure = f"it came no further than: {mark or 'nothing'}"
    return Ran(failure, changed, shown)
