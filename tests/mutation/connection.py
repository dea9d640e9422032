# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to what is tested: a connection that is compared, or provisioned, as a whole.

Whatever runs the steps is chosen here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.qualytics.athena.tests.integration.module_runs import Modules, Run
from athena_sandbox import Sandbox

from .rows import Row

# The variables of the role without their prefix.
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What one run said of the whole connection. failure: why it failed; empty where it did not."""

    rows: tuple[Row, ...]
    changed: bool
    writes: tuple[str, ...]
    failure: str = ""


class Connection(Protocol):
    """A connection as its options have it."""

    def compare(self) -> Outcome:
        """What provisioning would change."""

    def provision(self) -> Outcome:
        """For real; ends with the first step that fails."""


class ByModule:
    """The module that has the whole connection."""

    def __init__(self, sandbox: Sandbox, options: Options) -> None:
        self._modules = Modules(sandbox)
        self._options = {"connection": "mutated", **options}

    def compare(self) -> Outcome:
        return _outcome(self._modules.run("athena_connection", {**self._options, "state": "compared"}))

    def provision(self) -> Outcome:
        return _outcome(self._modules.run("athena_connection", self._options))


def _outcome(run: Run) -> Outcome:
    assert run.status == run.failed, run.output
    rows = tuple(Row(**row) for row in run.result["drift"])
    return Outcome(rows, run.result["changed"], run.writes, run.message if run.failed else "")
