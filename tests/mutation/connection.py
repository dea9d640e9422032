# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to what is tested: a connection that is compared, or provisioned, as a whole.

Whatever runs the steps (modules by themselves, one module for all, the role) is chosen here and nowhere else.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.qualytics.athena.tests.integration.module_runs import Modules, Run, is_write
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
        """In check mode."""

    def provision(self) -> Outcome:
        """For real; ends with the first step that fails."""


class ByModules:
    """The steps' modules one after the other, with what the role gives them."""

    def __init__(self, sandbox: Sandbox, options: Options) -> None:
        self._sandbox = sandbox
        self._modules = Modules(sandbox)
        self._steps = list(_steps(options))

    def compare(self) -> Outcome:
        # They only read, so that none has to wait for another.
        self._sandbox.clear_calls()
        started = [self._modules.start(name, given, check=True) for name, given in self._steps]
        return self._outcome([process.wait() for process in started])

    def provision(self) -> Outcome:
        self._sandbox.clear_calls()
        runs = []
        for name, given in self._steps:
            runs.append(self._modules.start(name, given).wait())
            if runs[-1].failed:
                break
        return self._outcome(runs)

    def _outcome(self, runs: list[Run]) -> Outcome:
        for run in runs:
            assert run.status == run.failed, run.output
        calls = [f"{call['service']}:{call['operation']}" for call in self._sandbox.calls()]
        return Outcome(
            tuple(Row(**row) for run in runs for row in run.result.get("drift", [])),
            any(run.result.get("changed") for run in runs),
            tuple(filter(is_write, calls)),
            "; ".join(run.message for run in runs if run.failed),
        )


def _steps(options: Options) -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules with their options, as roles/athena_access/tasks has them."""
    given = collections.defaultdict(lambda: None, options)

    def same(*names: str) -> dict[str, Any]:
        return {name: given[name] for name in names}

    is_role = given["auth_mode"] == "iam_role"
    identity = {"iam_type": "role" if is_role else "user", "iam_name": given["role_name" if is_role else "user_name"]}
    path = given["role_path"] or given["path"]
    if is_role:
        yield (
            "athena_role_trust",
            {
                **same("role_name", "trusted_principals", "permissions_boundary", "max_session_duration", "purge_tags"),
                **same("external_id", "purge_trust", "base_role_name"),
                "path": path,
                "description": given["role_description"] or given["description"],
                "tags": given["role_tags"] or given["tags"],
            },
        )
    grants = given["lake_formation_grants"]
    yield (
        "athena_perm_policy",
        {
            **identity,
            **same("output_location", "policy_type", "path", "description", "tags", "purge_tags", "workgroups"),
            **same("data_catalogs", "databases", "kms_keys", "source_locations", "restrict_listing"),
            "name": given["policy_name"] or f"qualytics-athena-{identity['iam_name']}",
            "lake_formation": bool(given["lake_formation"] or grants),
            "result_streaming": options.get("result_streaming", True),
        },
    )
    if grants is not None:
        yield (
            "lf_grant",
            {
                **identity,
                "iam_path": path if is_role else None,
                "grants": [*grants, {"database": "default", "if_exists": True, "purge": False}],
                "purge": given["lake_formation_purge"],
                "purge_scope": given["lake_formation_purge_scope"],
                "purge_databases": given["lake_formation_purge_databases"],
                "output_location": given["output_location"],
            },
        )
