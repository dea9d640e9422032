# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that planning takes for each grant does not grow with their number."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._grants import grant_entries, row_atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import (
    compare,
    narrowing,
    plan_units,
    swapping,
    widening,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_words import grant_drift
from ansible_collections.qualytics.athena.plugins.module_utils._report import drift_result
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import ACCOUNT, READER

# For each of ten times as many grants it may take somewhat longer; what is quadratic takes ten times as long.
SMALL, LARGE, SLACK = 1_000, 10_000, 2.5

Row = dict[str, t.Any]


def rows(count: int, permission: str) -> list[Row]:
    """One of ten on each table of few databases, as Lake Formation lists it."""
    return [
        {
            "Principal": {"DataLakePrincipalIdentifier": READER},
            "Resource": {"Table": {"CatalogId": ACCOUNT, "DatabaseName": f"db_{it % 10}", "Name": f"table_{it}"}},
            "Permissions": [permission],
            "PermissionsWithGrantOption": [],
        }
        for it in range(count)
    ]


def options(count: int, **more: t.Any) -> Row:
    tables = [[f"table_{it}" for it in range(count) if it % 10 == number] for number in range(10)]
    grants = [
        {"database": f"db_{number}", "tables": names, "permissions": ["SELECT", "DESCRIBE"]}
        for number, names in enumerate(tables)
    ]
    return {"principal": READER, "grants": grants, "purge": True, "purge_scope": "principal", **more}


def plan(given: Row, listed: list[Row]) -> int:
    """From options and listing to batches and drift; how many entries the batches have."""
    wanted = read_wanted(given, ACCOUNT)
    held = [row_atoms(row, ACCOUNT) for row in listed]
    difference = compare(wanted.atoms, frozenset().union(*held), wanted.scope)
    units = plan_units(wanted.atoms, difference, held, {})
    batches = [*widening(units), *(batch for group in swapping(units) for batch in group), *narrowing(units)]
    drift_result(grant_drift(READER, difference.to_grant, difference.to_revoke, ACCOUNT))
    grant_entries(difference.to_grant)
    return sum(len(batch.entries) for batch in batches)


def seconds(work: Callable[[], object], times: int) -> float:
    """The shortest of some times: what else runs on the machine only adds to it."""
    found = []
    for _time in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.usefixtures("without_garbage_collection")
@pytest.mark.parametrize(
    ("held", "entries"),
    [
        pytest.param(None, 1, id="everything to grant"),
        pytest.param("DESCRIBE", 1, id="some to grant"),
        pytest.param("DROP", 2, id="to grant and to revoke"),
    ],
)
def test_planning_is_linear(held: str | None, entries: int) -> None:
    def work(count: int) -> Callable[[], int]:
        given, listed = options(count), rows(count, held) if held else []
        assert plan(given, listed) == count * entries
        return lambda: plan(given, listed)

    small, large = seconds(work(SMALL), 5), seconds(work(LARGE), 2)
    assert large / LARGE < SLACK * small / SMALL
