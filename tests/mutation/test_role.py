# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A handful of the cases through the playbook drift and the role, with ansible-playbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.qualytics.athena.tests.integration.fleet import write_inventory
from ansible_collections.qualytics.athena.tests.integration.playbook_runs import Play, run_playbook
from ansible_collections.qualytics.athena.tests.integration.role_runs import failed, run_includes, seen
from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION

from .case import Case
from .cases import judge
from .connection import Outcome
from .rows import Row
from .worlds import WORLDS, Hands, World

Derive = Callable[[World], list[Case]]
USER, ROLE = (next(world for world in WORLDS if world.name == f"{mode}, everything") for mode in ("access key", "role"))

# A play takes some seconds, and a case up to three: a sample has the first of them.
_HANDFUL = ((USER, "column"), (USER, "policy: condition"), (ROLE, "trust: principal"), (ROLE, "policy in other words"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        chosen = _HANDFUL if metafunc.config.getoption("--every") == 1 else _HANDFUL[:1]
        metafunc.parametrize(("world", "kind"), chosen, ids=[f"{world.name}: {kind}" for world, kind in chosen])


class ByRole:
    """A connection that the playbook drift compares and the role provisions, a play each time."""

    def __init__(self, sandbox: Sandbox, world: World, directory: Path) -> None:
        self._sandbox = sandbox
        self._variables = {f"athena_access_{name}": value for name, value in world.options.items()}
        self._directory = directory
        self.result: dict[str, Any] = {}

    def compare(self) -> Outcome:
        hosts = {"connection": {**self._variables, "athena_access_region": REGION}}
        inventory = write_inventory(self._directory / "connections.json", hosts)
        play = run_playbook(self._sandbox, self._directory, "qualytics.athena.drift", f"--inventory={inventory}")
        self.result = play.facts("athena_access_result")["connection"]
        assert play.status == (0 if self.result["status"] == "in_sync" else 2), play.output[-4000:]
        return self._outcome(play, self.result["error"])

    def provision(self) -> Outcome:
        play = run_includes(self._sandbox, self._directory, [("connection", self._variables, False)])
        self.result = seen(play, "connection")
        # What a refused run would have done is in the failure, so that nothing of it is changed.
        return self._outcome(play, failed(play, "connection"))

    def _outcome(self, play: Play, failure: str) -> Outcome:
        rows = tuple(Row(**row) for row in self.result["drift"])
        return Outcome(rows, self.result["changed"], play.writes, failure)


def test_the_role_says_the_same(hands: Hands, derive: Derive, tmp_path: Path, world: World, kind: str) -> None:
    case = next(it for it in derive(world) if it.kind == kind)
    hands.sandbox.restore(world.name)
    case.alter(hands)
    assert judge(case, ByRole(hands.sandbox, world, tmp_path)) == []


def test_a_bucket_that_is_gone_is_a_failed_check_and_nothing_is_written(
    hands: Hands, derive: Derive, tmp_path: Path
) -> None:
    derive(USER)
    hands.sandbox.restore(USER.name)
    hands.s3.delete_bucket(Bucket="acme-results")
    connection = ByRole(hands.sandbox, USER, tmp_path)
    for outcome in (connection.provision(), connection.compare()):
        assert "acme-results" in outcome.failure
        assert connection.result["status"] == "failed"
        assert not outcome.writes
        assert not outcome.rows
