# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Include the role athena_access many times in one play, and see what each time left behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION

from .playbook_runs import Play, run_playbook

# Name, variables, whether in check mode.
Include = tuple[str, dict[str, Any], bool]


def run_includes(sandbox: Sandbox, directory: Path, includes: Sequence[Include]) -> Play:
    """One play that includes the role in this order; a failure ends that inclusion and not the play."""
    tasks = [_include(*include) for include in includes]
    variables = {"athena_access_region": REGION, "ansible_connection": "local"}
    plays = [{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": tasks}]
    play = run_playbook(sandbox, directory, plays, "--diff", "--inventory=localhost,")
    assert play.status == 0, play.output[-4000:]
    return play


def _include(name: str, variables: dict[str, Any], check: bool) -> dict[str, Any]:
    include: dict[str, Any] = {"name": "qualytics.athena.athena_access"}
    if check:
        include["apply"] = {"check_mode": True, "diff": True}
    seen = {f"seen_{name}": "{{ athena_access_result | default({}) }}"}
    failed = {f"failed_{name}": "{{ ansible_failed_result.msg }}"}
    return {
        "name": name,
        "block": [{"name": f"Include {name}", "ansible.builtin.include_role": include, "vars": variables}],
        "rescue": [{"name": f"Rescue {name}", "ansible.builtin.set_fact": failed}],
        "always": [{"name": f"Look at {name}", "ansible.builtin.set_fact": seen}],
    }


def seen(play: Play, name: str) -> dict[str, Any]:
    """The result of an inclusion."""
    result: dict[str, Any] = play.facts(f"seen_{name}")["localhost"]
    return result


def failed(play: Play, name: str) -> str:
    """Why an inclusion failed; empty where it did not."""
    return str(play.facts(f"failed_{name}").get("localhost", ""))
