# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lf_grant costs, counted at the endpoint, where each page holds 100 rows or tables."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from athena_sandbox import Sandbox

from .lake import OTHER, READER, Lake
from .module_runs import Modules, Run, is_write

MODULE = "lf_grant"
GRANT, REVOKE = "lakeformation:BatchGrantPermissions", "lakeformation:BatchRevokePermissions"
SETTINGS, LIST = "lakeformation:GetDataLakeSettings", "lakeformation:ListPermissions"
# Whoever is asked what: the caller's identity and the settings, once.
ONCE = 2
PAGE, BATCH = 100, 20


def run(modules: Modules, grants: list[dict[str, Any]], check: bool = False, **options: Any) -> Run:
    return modules.run(MODULE, {"principal": READER, "grants": grants, **options}, check=check).ok()


def put(lake: Lake, names: list[str], principal: str, permission: str = "SELECT") -> None:
    """Grant on tables of the database C(many), a batch at a time."""
    for start in range(0, len(names), BATCH):
        entries = [
            {
                "Id": name,
                "Principal": {"DataLakePrincipalIdentifier": principal},
                "Resource": {"Table": {"DatabaseName": "many", "Name": name}},
                "Permissions": [permission],
            }
            for name in names[start : start + BATCH]
        ]
        assert not lake.client.batch_grant_permissions(Entries=entries)["Failures"]


def around_writes(calls: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """The calls before the first write, from there to the last, and after that."""
    before = list(itertools.takewhile(lambda call: not is_write(call), calls))
    after = list(itertools.takewhile(lambda call: not is_write(call), reversed(calls)))
    return before, list(calls[len(before) : len(calls) - len(after)]), after


def test_a_thousand_grants_on_an_empty_account(sandbox: Sandbox) -> None:
    lake, modules, count = Lake(sandbox), Modules(sandbox), 1000
    grants = [{"database": "many", "tables": lake.create_many(count)}]
    pages = math.ceil(count / PAGE)

    before, writes, after = around_writes(run(modules, grants).calls)
    # The one page of the empty account, and the database "default". Where the tables are there, and where their data is
    # registered, is asked beside.
    assert before.count(LIST) == 2
    assert before.count("glue:GetTables") <= pages
    assert before.count("glue:GetTable") == 0
    assert len(before) <= ONCE + 2 + pages + 1
    assert writes == [GRANT] * (count // BATCH)
    assert after.count(LIST) == len(after) <= pages

    again = run(modules, grants)
    assert not again.result["changed"]
    assert not again.writes
    assert again.calls.count(LIST) <= pages
    assert len(again.calls) <= ONCE + pages

    before, writes, after = around_writes(run(modules, [], purge=True, purge_scope="principal").calls)
    # What the account-wide list may not show: four types of grants by LF-tags, and a table with data cells filters.
    # Whether the tables are there is asked too, as nothing is revoked on those that are not.
    assert before.count("glue:GetTable") == 0
    assert before.count("glue:GetTables") <= pages
    assert len(before) <= ONCE + pages + 4 + 2 + pages
    assert writes == [REVOKE] * (count // BATCH)
    assert after.count(LIST) == len(after) <= pages
    assert not lake.held()


def listings(named: int, pages: int) -> int:
    """How many pages there are is not known before: as many as there are resources are tried."""
    if named <= 5:
        return named
    return pages if pages <= named else 2 * named


@pytest.mark.parametrize("named", [1, 5, 12, 40])
def test_nothing_to_do_reads_by_resource_or_all_pages_whichever_is_less(sandbox: Sandbox, named: int) -> None:
    lake, modules = Lake(sandbox), Modules(sandbox)
    names = lake.create_many(100)
    for permission in ("SELECT", "INSERT"):
        # In all 200 rows of others, before those of the reader.
        put(lake, names, OTHER, permission)
    put(lake, names[:named], READER)
    pages = math.ceil((200 + named) / PAGE)
    for check in (True, False):
        done = run(modules, [{"database": "many", "tables": names[:named]}], check)
        assert not done.result["changed"]
        assert not done.writes
        assert done.calls.count(SETTINGS) == 1
        assert done.calls.count(LIST) <= listings(named, pages)
        assert len(done.calls) <= ONCE + listings(named, pages)


@pytest.mark.parametrize("missing", [1, 21, 45])
def test_what_is_written_is_read_again_once(sandbox: Sandbox, missing: int) -> None:
    lake, modules = Lake(sandbox), Modules(sandbox)
    names = lake.create_many(60)
    put(lake, names[missing:], READER)
    done = run(modules, [{"database": "many", "tables": names}])
    before, writes, after = around_writes(done.calls)
    assert writes == [GRANT] * math.ceil(missing / BATCH)
    assert after.count(LIST) == len(after) <= min(missing, math.ceil(len(names) / PAGE))
    assert before.count("glue:GetTable") + before.count("glue:GetTables") <= min(missing, 1)


def test_each_fact_is_asked_once(sandbox: Sandbox) -> None:
    """Two databases, tables of both, all tables and a filter: no call is made twice with the same request."""
    lake, modules = Lake(sandbox), Modules(sandbox)
    grants = [
        {"database": "sales"},
        {"database": "hr"},
        {"database": "sales", "tables": "*"},
        {"database": "sales", "tables": ["orders", "customers"], "permissions": ["DESCRIBE"]},
        {"database": "sales", "tables": ["orders"], "data_cells_filter": "eu_only"},
        {"database": "hr", "tables": ["orders"]},
    ]
    before, writes, after = around_writes(run(modules, grants).calls)
    assert writes == [GRANT]
    assert len(after) <= 7
    # One for each of six resources, the database "default", and all tables of hr for grants to everybody there.
    assert before.count(LIST) <= 8
    assert before.count("glue:GetDatabase") == 2
    assert before.count("glue:GetTable") == 3
    assert before.count("glue:GetTables") == 1
    assert before.count("lakeformation:ListDataCellsFilter") == 1
    assert before.count("lakeformation:ListResources") == 1
    assert lake.held()
