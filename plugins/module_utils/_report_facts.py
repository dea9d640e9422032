# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is made of: the facts C(athena_access_result) of a fleet, the broken connections first.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _connection_result,
    _report,
    _role_plan,
)

# The worst first.
STATUSES: t.Final = _connection_result.STATUSES[::-1]

# What is provisioned, each part with the aspects in which it may differ.
Part = t.Literal["policy", "trust", "grants"]
ASPECTS: t.Final[Mapping[Part, tuple[str, ...]]] = {
    "policy": (
        *("policy", "attachment", "statement", "action", "resource", "condition", "effect", "principal"),
        *("version", "document", "tag", "path", "description", "name"),
    ),
    "trust": (
        *("role", "principal", "condition", "statement", "action", "effect", "version", "resource", "policy"),
        *("permissions_boundary", "max_session_duration", "tag", "path", "description"),
    ),
    "grants": ("grant", "grant_option"),
}

# What is verified, in the order in which a query meets it.
Area = t.Literal["identity", "results", "keys", "permissions", "data", "query"]
AREAS: t.Final[tuple[Area, ...]] = t.get_args(Area)
_AREA_OF_NAME: t.Final[Mapping[str, Area]] = {
    "access_key": "identity",
    "at_most": "permissions",
    "base_role_permission": "identity",
    "identity": "identity",
    "live_assume_role": "identity",
    "live_databases": "data",
    "live_identity": "identity",
    "live_read": "data",
    "live_tables": "data",
    "source_data": "data",
}
_AREA_OF_BEGIN: t.Final[Mapping[str, Area]] = {
    "identity_": "identity",
    "trust": "identity",
    "bucket_": "results",
    "results_": "results",
    "workgroup_": "results",
    "lake_formation_": "data",
    "live_": "query",
}

_DEFAULTS: t.Final[Mapping[str, t.Any]] = {
    **dict.fromkeys(["connection", "auth_mode", "summary", "verdict", "error"], ""),
    **dict.fromkeys(["policy", "role", "base_role_policy", "bucket", "observed_policy", "observed_trust"], None),
    **dict.fromkeys(["principal", "discovered", "live"], None),
    "changed": False,
    "check_mode": False,
    "status": "failed",
}
_LISTS: t.Final = (
    *("drift", "drift_lines", "checks", "warnings", "grants", "observed_grants", "granted", "revoked"),
    *("tables", "beyond", "findings"),
)


class NotAResult(ValueError):
    """What was given is not a list of facts C(athena_access_result)."""


@dataclasses.dataclass(frozen=True)
class Connection:
    """One connection. fact: C(athena_access_result) as plain data, with every key that it may have."""

    fact: Mapping[str, t.Any]

    @property
    def name(self) -> str:
        return str(self.fact["connection"])

    @property
    def status(self) -> str:
        return str(self.fact["status"])

    @property
    def has_failed(self) -> bool:
        """Whether its run failed, or ended in a way that is new to this report."""
        return self.status not in STATUSES or self.status == "failed"

    @property
    def is_repaired(self) -> bool:
        """Whether the drift is what this run has repaired, all of it or up to where it failed."""
        return self.status == "changed" or (self.status == "failed" and not self.fact["check_mode"])

    @functools.cached_property
    def drift(self) -> list[_report.Drift]:
        return [_row(_report.Drift, row) for row in _dicts(self.fact["drift"])]

    @functools.cached_property
    def checks(self) -> list[_report.Check]:
        return [_row(_report.Check, row) for row in _dicts(self.fact["checks"])]

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """How many of each kind of drift and of each status of a check."""
        found = [*(row.kind for row in self.drift), *(check.status for check in self.checks)]
        return {name: found.count(name) for name in (*_report.DRIFT_KINDS, *_report.CHECK_STATUSES)}

    def dictionary(self, key: str) -> dict[str, t.Any] | None:
        value = self.fact[key]
        return value if isinstance(value, dict) else None

    def dictionaries(self, key: str) -> list[dict[str, t.Any]]:
        return _dicts(self.fact[key])

    def texts(self, key: str) -> list[str]:
        return [str(item) for item in self.fact[key]]

    def drift_of(self, part: Part) -> list[_report.Drift]:
        return [row for row in self.drift if self._part_of(row) == part]

    def looked_at(self, part: Part) -> bool:
        """Whether the run came to that part of the connection; a run that verifies has none, an access key no role."""
        wanted, observed = _FACTS_OF[part]
        return bool(self.fact[wanted] or self.fact[observed] or self.drift_of(part))

    def checks_of(self, area: Area | None) -> list[_report.Check]:
        """The checks of an area; those of None are new to this report."""
        return [check for check in self.checks if area_of(check.name) == area]

    @property
    def rank(self) -> tuple[t.Any, ...]:
        """What is broken first: a run that failed, a check that failed, drift, what may not be looked at, the rest."""
        fails, unknown = self.counts["fail"], self.counts["unknown"]
        if self.has_failed:
            place = 0
        elif fails:
            place = 1
        elif self.status == "drift":
            place = 2
        else:
            place = 3 if unknown else 4 if self.status == "changed" else 5
        return (place, -fails, -len(self.drift), -unknown, -self.counts["warn"], self.name)

    def _part_of(self, row: _report.Drift) -> Part:
        if row.aspect in ASPECTS["grants"]:
            return "grants"
        role = (self.dictionary("role") or {}).get("arn")
        of_base_role = row.subject.rpartition("/")[2].startswith(_role_plan.base_policy_name(""))
        return "trust" if row.subject == role or ":role/" in row.subject or of_base_role else "policy"


# What was asked for, and what was there before.
_FACTS_OF: t.Final[Mapping[Part, tuple[str, str]]] = {
    "policy": ("policy", "observed_policy"),
    "trust": ("role", "observed_trust"),
    "grants": ("grants", "observed_grants"),
}


def area_of(check: str) -> Area | None:
    """Which area a check belongs to by its name, for instance C(bucket_region) or C(glue:GetTable)."""
    if ":" in check or check.startswith("iam_"):
        return "permissions"
    if check in _AREA_OF_NAME:
        return _AREA_OF_NAME[check]
    if check.endswith(("_key", "_keys")):
        return "keys"
    return next((area for begin, area in _AREA_OF_BEGIN.items() if check.startswith(begin)), None)


def read_connections(facts: t.Any) -> list[Connection]:
    """The connections of the facts, the broken ones first; NotAResult where they are none.

    facts: a list, one of them, or a dictionary of them by the name of the host, where an empty one stands for a host
    that did not come to the role.
    """
    data = plain(facts)
    if isinstance(data, dict):
        is_by_host = all(isinstance(fact, dict) for fact in data.values())
        data = [fact or _no_result(host) for host, fact in data.items()] if is_by_host else [data]
    if not isinstance(data, list) or not all(isinstance(fact, dict) for fact in data):
        raise NotAResult("expected athena_access_result, or a list or dictionary of them")
    connections = [Connection(_complete(fact)) for fact in data]
    return sorted(connections, key=lambda connection: connection.rank)


def _no_result(host: str) -> dict[str, t.Any]:
    error = "no result: the host could not be reached, or failed before the role ran"
    return {"connection": host, "status": "failed", "error": error}


def count_statuses(connections: Iterable[Connection]) -> dict[str, int]:
    found = [connection.status for connection in connections]
    return {status: found.count(status) for status in STATUSES}


def plain(value: t.Any) -> t.Any:
    """The value as data of JSON only.

    What Ansible hands to a filter are subclasses that fill in their values when they are read.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    # Not str(value), which leaves a subclass what it is.
    return "".join([str(value)])


def _complete(fact: Mapping[str, t.Any]) -> dict[str, t.Any]:
    lists = {name: fact[name] if isinstance(fact.get(name), list) else [] for name in _LISTS}
    return {**_DEFAULTS, **fact, **lists}


def _dicts(rows: Iterable[t.Any]) -> list[dict[str, t.Any]]:
    return [row for row in rows if isinstance(row, dict)]


Row = t.TypeVar("Row", _report.Drift, _report.Check)


def _row(kind: type[Row], row: Mapping[str, t.Any]) -> Row:
    """A row of a fact; what it lacks is empty, and what is new in it is left to the JSON report."""
    values: dict[str, t.Any] = {}
    for field in dataclasses.fields(kind):
        value = row.get(field.name)
        is_optional = field.name in ("expected", "actual")
        values[field.name] = None if value is None and is_optional else "" if value is None else str(value)
    return kind(**values)
