# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role says of a connection, put together from what its steps returned.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import itertools
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils._report import CHECK_STATUSES, DRIFT_KINDS

Status = t.Literal["in_sync", "changed", "drift", "failed"]


def connection_result(
    steps: Mapping[str, Mapping[str, t.Any]],
    connection: str,
    auth_mode: str,
    failure: Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The fact C(athena_access_result).

    steps: the result of every module by the name of its step; empty for a step that did not run.
    The steps say themselves whether they ran in check mode: the magic variable knows only of the whole run's.
    failure: the result of the task that failed; it stands for that task's step.
    """
    results = [step for step in steps.values() if step and not step.get("failed")]
    failed = bool(failure) or any(step.get("failed") for step in steps.values())
    if failure:
        results.append(failure)
    drift = list(itertools.chain.from_iterable(result.get("drift") or [] for result in results))
    checks = list(itertools.chain.from_iterable(result.get("checks") or [] for result in results))
    changed = any(result.get("changed") for result in results)
    return {
        "connection": connection,
        "auth_mode": auth_mode,
        "status": _status(results, changed, failed),
        "changed": changed,
        "drift": drift,
        "counts": _counts(drift, checks),
        "checks": checks,
        "warnings": list(itertools.chain.from_iterable(result.get("warnings") or [] for result in results)),
        "policy": _first(results, "policy"),
        "role": _first(results, "role"),
        "base_role_policy": _first(results, "base_role_policy"),
        "bucket": _first(results, "bucket"),
        "granted": _first(results, "granted") or [],
        "revoked": _first(results, "revoked") or [],
        "error": failure.get("msg", "") if failure else "",
    }


def _status(results: list[Mapping[str, t.Any]], changed: bool, failed: bool) -> Status:
    if failed:
        return "failed"
    if not changed:
        return "in_sync"
    return "drift" if any(result.get("check_mode") for result in results) else "changed"


def _counts(drift: list[Mapping[str, t.Any]], checks: list[Mapping[str, t.Any]]) -> dict[str, int]:
    """How many of each kind of drift and of each status of a check."""
    found = collections.Counter([row["kind"] for row in drift] + [check["status"] for check in checks])
    return {name: found[name] for name in (*DRIFT_KINDS, *CHECK_STATUSES)}


def _first(results: list[Mapping[str, t.Any]], key: str) -> t.Any:
    return next((result[key] for result in results if result.get(key)), None)
