# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a connection, put together from what its steps returned.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import itertools
import typing as t
from collections.abc import Iterable, Mapping, Sized

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _diff_text,
    _report,
)

Status = t.Literal["in_sync", "changed", "drift", "failed"]
STATUSES: t.Final[tuple[Status, ...]] = t.get_args(Status)


# Whoever has queried and read a row as the identity itself need not know more to say that it works.
_PROOF: t.Final = frozenset({"live_query", "live_read"})


def connection_result(
    steps: Mapping[str, Mapping[str, t.Any]],
    connection: str,
    auth_mode: str,
    failure: Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The fact C(athena_access_result).

    steps: the result of every step by its name, that of one that failed included; none of a step that did not run.
    failure: has the C(msg) of what failed.
    """
    results = [*steps.values()]
    failed = bool(failure) or any(step.get("failed") for step in results)
    drift = list(itertools.chain.from_iterable(result.get("drift") or [] for result in results))
    checks = list(itertools.chain.from_iterable(result.get("checks") or [] for result in results))
    changed = any(result.get("changed") for result in results)
    verified: Mapping[str, t.Any] = next((result for result in results if "beyond" in result), {})
    status, counts = _status(results, changed, failed), _counts(drift, checks)
    error = str(failure.get("msg") or "") if failure else ""
    return {
        "connection": connection,
        "auth_mode": auth_mode,
        "status": status,
        "summary": _summary(connection, status, counts, error),
        "changed": changed,
        "check_mode": any(bool(result.get("check_mode")) for result in results),
        "drift": drift,
        "drift_lines": [_report.drift_line(row) for row in drift],
        "counts": counts,
        "checks": checks,
        "warnings": list(itertools.chain.from_iterable(result.get("warnings") or [] for result in results)),
        "policy": _first(results, "policy"),
        "role": _first(results, "role"),
        "base_role_policy": _first(results, "base_role_policy"),
        "bucket": _first(results, "bucket"),
        "observed_policy": _first(results, "observed_policy"),
        "observed_trust": _first(results, "observed_trust"),
        "principal": _first(results, "principal"),
        "grants": _first(results, "grants") or [],
        "observed_grants": _first(results, "observed_grants") or [],
        "granted": _first(results, "granted") or [],
        "revoked": _first(results, "revoked") or [],
        "tables": verified.get("tables") or [],
        "discovered": verified.get("discovered") or _discovered(results),
        "beyond": verified.get("beyond") or [],
        "live": verified.get("live"),
        "verdict": _verdict(verified.get("checks") or []),
        "findings": _findings(checks),
        "error": error,
    }


def fleet_summary(results: Iterable[Mapping[str, t.Any]]) -> str:
    """How many connections there are and how they stand, in a line for people and for programs that look for it."""
    found = collections.Counter(result["status"] for result in results)
    # Whoever looks for these three finds them always; what was changed is of other playbooks.
    told = [status for status in STATUSES if found[status] or status != "changed"]
    counts = ", ".join(f"{found[status]} {status}" for status in told)
    return f"{found.total()} connection{'' if found.total() == 1 else 's'}: {counts}"


def _status(results: list[Mapping[str, t.Any]], changed: bool, failed: bool) -> Status:
    if failed:
        return "failed"
    if not changed:
        return "in_sync"
    return "drift" if any(result.get("check_mode") for result in results) else "changed"


def _counts(drift: list[Mapping[str, t.Any]], checks: list[Mapping[str, t.Any]]) -> dict[str, int]:
    """How many of each kind of drift and of each status of a check."""
    found = collections.Counter([row["kind"] for row in drift] + [check["status"] for check in checks])
    return {name: found[name] for name in (*_report.DRIFT_KINDS, *_report.CHECK_STATUSES)}


def _summary(connection: str, status: Status, counts: Mapping[str, int], error: str) -> str:
    """For instance C(sales: drift: 2 missing, 1 extra; checks: 1 warn); a check that passed is not worth a word."""
    drift = _counted(counts, _report.DRIFT_KINDS)
    checks = _counted(counts, [name for name in _report.CHECK_STATUSES if name != "pass"])
    found = "; ".join(part for part in (" ".join(error.split()), drift, checks and f"checks: {checks}") if part)
    return _diff_text.one_line(f"{connection}: {status}" + (f": {found}" if found else ""))


def _counted(counts: Mapping[str, int], names: Iterable[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in names if counts[name])


def _discovered(results: list[Mapping[str, t.Any]]) -> dict[str, t.Any] | None:
    """What was found beside what was given; None where nobody looked."""
    for result in results:
        if "found" in result:
            return {name: result[name] for name in ("found", "not_allowed", "unknown")}
    return None


def _verdict(checks: list[Mapping[str, t.Any]]) -> str:
    """What a verification comes to, in a line for people; empty where there was none."""
    if not checks:
        return ""
    by_status: dict[str, list[Mapping[str, t.Any]]] = {status: [] for status in _report.CHECK_STATUSES}
    for check in checks:
        by_status[check["status"]].append(check)
    failed, unknown, warnings = by_status["fail"], by_status["unknown"], by_status["warn"]
    counts = f"{len(by_status['pass'])} of {len(checks)} checks passed"
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"does not work: {failed[0]['name']}: {failed[0]['detail']}{more}"
    passed = {check["name"] for check in by_status["pass"]}
    if unknown and not passed >= _PROOF:
        return f"cannot be told whether it works: {_count(unknown, 'check')} could not be made; {counts}"
    with_warnings = f", with {_count(warnings, 'warning')}" if warnings else ""
    return f"works{with_warnings}; {counts}"


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}" + ("" if len(things) == 1 else "s")


def _findings(checks: list[Mapping[str, t.Any]]) -> list[str]:
    """A line for each check that did not pass: failures first, then what is not known, then warnings."""
    order = ("fail", "unknown", "warn")
    found = [(order.index(check["status"]), check) for check in checks if check["status"] in order]
    return [
        f"{check['status']} {check['name']}: {check['detail']}. {check['remedy']}".rstrip()
        for _place, check in sorted(found, key=lambda item: item[0])
    ]


def _first(results: list[Mapping[str, t.Any]], key: str) -> t.Any:
    return next((result[key] for result in results if result.get(key)), None)
