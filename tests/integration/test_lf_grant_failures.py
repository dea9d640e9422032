# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lf_grant when it is killed at a write, when a call is denied, and when Lake Formation answers as it does at times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_cases import rows_of_others
from athena_sandbox import Sandbox

from .lake import EVERYBODY, OTHER, READER, Lake
from .module_runs import Modules, Run, in_a_hurry, is_write, killed_at, provisioner

MODULE = "lf_grant"
GRANT, REVOKE = "lakeformation:BatchGrantPermissions", "lakeformation:BatchRevokePermissions"
SETTINGS, LIST = "lakeformation:GetDataLakeSettings", "lakeformation:ListPermissions"
FILTERS = "lakeformation:ListDataCellsFilter"
# What only warnings need: a denial of it is one more warning.
FOR_WARNINGS = {"lakeformation:ListResources", "lakeformation:ListLakeFormationOptIns"}

# More than one batch takes.
MANY = [f"table_{number}" for number in range(22)]
ALL_TABLES = {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}
ALL_OF_SALES = {"database": "sales", "tables": "*", "permissions": ["DESCRIBE", "SELECT"]}
PURGE = {"purge": True, "purge_scope": "principal"}


def table(name: str, database: str = "sales") -> dict[str, Any]:
    return {"Table": {"DatabaseName": database, "Name": name}}


def columns(name: str, **which: Any) -> dict[str, Any]:
    return {"TableWithColumns": {"DatabaseName": "sales", "Name": name, **which}}


class Scenario(NamedTuple):
    """What the reader holds, what is asked for, and the calls that it takes beside GetCallerIdentity."""

    prepare: Callable[[Lake], object]
    options: dict[str, Any]
    calls: set[str]
    writes: tuple[str, ...]


def nothing(lake: Lake) -> None:
    # Opt-ins are looked at where everybody has rights.
    lake.grant({"Database": {"Name": "hr"}}, ["ALL"], to=EVERYBODY)


def too_much(lake: Lake) -> None:
    lake.grant(ALL_TABLES, ["DESCRIBE", "SELECT", "INSERT"], ["INSERT"])
    lake.grant(table("orders", "hr"), ["DELETE"])
    for name in MANY:
        lake.grant(table(name, "many"), ["SELECT", "DESCRIBE"])


def other_shapes(lake: Lake) -> None:
    lake.grant(columns("orders", ColumnNames=["id"]), ["SELECT"])
    lake.grant(table("customers"), ["SELECT", "DESCRIBE"])
    lake.grant(table("salaries"), ["SELECT"])


def more_than_listed(lake: Lake) -> None:
    lake.grant(ALL_TABLES, ["DESCRIBE", "SELECT"], ["SELECT"])
    lake.grant({"Database": {"Name": "sales"}}, ["DESCRIBE"])
    lake.grant(columns("orders", ColumnNames=["id", "amount"]), ["SELECT"])


SCENARIOS = {
    "grant": Scenario(
        nothing,
        {
            "grants": [
                {"database": "hr"},
                ALL_OF_SALES,
                {"database": "sales", "tables": ["orders"], "data_cells_filter": "eu_only"},
                {"lf_tags": {"domain": ["sales"]}, "permissions": ["DESCRIBE", "SELECT"]},
                {"resource": {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake/sales"}}},
                {"database": "many", "tables": MANY},
            ]
        },
        {SETTINGS, LIST, FILTERS, *FOR_WARNINGS, "glue:GetDatabase", "glue:GetTable", "glue:GetTables", GRANT},
        (GRANT, GRANT),
    ),
    "narrow": Scenario(
        too_much,
        {"grants": [ALL_OF_SALES], **PURGE},
        {SETTINGS, LIST, FILTERS, "glue:GetTable", "glue:GetTables", REVOKE},
        (REVOKE,) * 3,
    ),
    "swap": Scenario(
        other_shapes,
        {
            "grants": [
                {"database": "sales", "tables": ["orders", "salaries"]},
                {"database": "sales", "tables": ["customers"], "excluded_columns": ["ssn"]},
            ],
            "purge": True,
        },
        {SETTINGS, LIST, "lakeformation:ListResources", "glue:GetTable", REVOKE, GRANT},
        (REVOKE, GRANT),
    ),
    "absent": Scenario(
        more_than_listed,
        {"grants": [ALL_OF_SALES, {"database": "sales", "tables": "orders", "columns": ["id"]}], "state": "absent"},
        {SETTINGS, LIST, REVOKE},
        (REVOKE,),
    ),
}
DENIALS = [(name, action) for name, scenario in SCENARIOS.items() for action in sorted(scenario.calls)]
KILLS = [(name, number) for name, scenario in SCENARIOS.items() for number in range(len(scenario.writes))]


def prepared(sandbox: Sandbox, name: str) -> Lake:
    """A lake in which the reader holds what the scenario says, and somebody else has rights on the same tables."""
    lake = Lake(sandbox)
    lake.create_many(len(MANY))
    lake.grant(ALL_TABLES, ["ALL"], to=OTHER)
    lake.grant(columns("orders", ColumnNames=["id", "ssn"]), ["SELECT"], ["SELECT"], to=OTHER)
    lake.grant(table("table_3", "many"), ["SELECT", "INSERT"], to=OTHER)
    SCENARIOS[name].prepare(lake)
    return lake


def run(modules: Modules, name: str, **more: Any) -> Run:
    return modules.run(MODULE, {"principal": READER, **SCENARIOS[name].options}, **{"before": in_a_hurry, **more})


class Undisturbed(NamedTuple):
    """A run when nothing goes wrong, and what the reader holds before and after it."""

    run: Run
    before: frozenset[Atom]
    after: frozenset[Atom]


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> dict[str, Undisturbed]:
    outcomes = {}
    for name in SCENARIOS:
        lake = prepared(sandbox, name)
        before = lake.held()
        outcomes[name] = Undisturbed(run(Modules(sandbox), name).ok(), before, lake.held())
    return outcomes


def assert_next_run_finishes(lake: Lake, modules: Modules, name: str, after: frozenset[Atom]) -> None:
    """The next run does what is left, and the one after it has nothing to do."""
    others = rows_of_others(lake.rows(), READER)
    run(modules, name).ok()
    assert lake.held() == after
    last = run(modules, name).ok()
    assert not last.result["changed"]
    assert not last.writes
    assert rows_of_others(lake.rows(), READER) == others


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_call_is_forgotten_here(undisturbed: dict[str, Undisturbed], name: str) -> None:
    done = undisturbed[name].run
    assert set(done.calls) - {"sts:GetCallerIdentity"} == SCENARIOS[name].calls
    assert done.writes == SCENARIOS[name].writes
    assert undisturbed[name].before != undisturbed[name].after


# Kills ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "number"), KILLS)
def test_a_run_killed_at_a_write(
    sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str, number: int, done: bool
) -> None:
    lake, modules = prepared(sandbox, name), Modules(sandbox)
    others = rows_of_others(lake.rows(), READER)
    _run, before, after = undisturbed[name]
    killed = run(modules, name, **{"before": None, **killed_at(number, done)})
    assert killed.status == -9
    assert killed.writes == SCENARIOS[name].writes[: number + done]
    left = lake.held()
    assert before & after <= left <= before | after
    assert (left == before) is (number == 0 and not done)
    assert rows_of_others(lake.rows(), READER) == others
    assert_next_run_finishes(lake, modules, name, after)


# Denials -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "action"), DENIALS)
def test_a_denied_call(sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str, action: str) -> None:
    lake = prepared(sandbox, name)
    user, modules = provisioner(sandbox)
    lake.administered_by(user.arn)
    user.may("*", "*", {"Effect": "Deny", "Action": action, "Resource": "*"})
    others = rows_of_others(lake.rows(), READER)
    full, before, after = undisturbed[name]

    purges = SCENARIOS[name].options.get("purge")
    # Whether that exists on which something is revoked is good to know.
    is_good_to_know = name == "narrow" and action.startswith("glue:")
    if action in FOR_WARNINGS or (action == SETTINGS and not purges) or is_good_to_know:
        denied = run(modules, name).ok()
        assert any(action in warning for warning in denied.warnings)
        assert lake.held() == after
    else:
        denied = run(modules, name).refused()
        assert f"Grant {action} to the identity that runs this task" in denied.message
        assert "not in the Glue Data Catalog" not in denied.message
        written = [call for call in denied.calls if is_write(call) and call != action]
        assert tuple(written) == (() if not is_write(action) else full.writes[: full.writes.index(action)])
        assert before & after <= lake.held() <= before | after
        assert (lake.held() == before) is not written
        assert denied.result.get("changed", False) is bool(written)
    assert rows_of_others(lake.rows(), READER) == others

    user.may("*", "*")
    assert_next_run_finishes(lake, modules, name, after)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_listing_that_is_denied_is_not_an_absence_of_grants(sandbox: Sandbox, name: str, check: bool) -> None:
    """Lake Formation itself may deny it too, beside IAM."""
    lake = prepared(sandbox, name)
    lake.fail("ListPermissions", "AccessDeniedException", 1000, message="Insufficient Lake Formation permission(s)")
    denied = run(Modules(sandbox), name, check=check).refused()
    assert "Grant lakeformation:ListPermissions" in denied.message
    assert not denied.writes
    assert not denied.result.get("changed", False)


def test_a_swap_that_may_not_grant_says_what_is_left(sandbox: Sandbox) -> None:
    lake = prepared(sandbox, "swap")
    user, modules = provisioner(sandbox)
    lake.administered_by(user.arn)
    user.may("*", "*", {"Effect": "Deny", "Action": GRANT, "Resource": "*"})
    denied = run(modules, "swap").refused()
    assert denied.result["changed"]
    assert {row["kind"] for row in denied.result["drift"]} == {"extra"}
    assert [row["expected"] for row in denied.result["not_done"]] == [
        "SELECT on table sales.customers (all columns but ssn)",
        "SELECT on table sales.orders",
    ]


# What Lake Formation answers at times --------------------------------------------------------------------------------

# What the API's reference names for these calls, and what comes with it.
PASSING = {
    "ConcurrentModificationException": 400,
    "OperationTimeoutException": 400,
    "ThrottlingException": 400,
    "InternalServiceException": 500,
}


@pytest.mark.parametrize("number", [0, 1, 19, 20])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_concurrent_modification_of_one_entry_is_tried_again(
    sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str, number: int
) -> None:
    lake, modules = prepared(sandbox, name), Modules(sandbox)
    lake.fail("write", "ConcurrentModificationException", 2, after=number, message="Permission update/Delete failed")
    done = run(modules, name).ok()
    full = undisturbed[name].run
    assert lake.held() == undisturbed[name].after
    for key in ("changed", "drift", "granted", "revoked"):
        assert done.result[key] == full.result[key]
    if not sandbox.switches():
        assert len(done.writes) > len(full.writes)
    last = run(modules, name).ok()
    assert not last.writes


@pytest.mark.parametrize("code", PASSING)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_call_is_tried_again_where_that_may_help(
    sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str, code: str
) -> None:
    lake = prepared(sandbox, name)
    for call in sorted(SCENARIOS[name].calls):
        service, operation = call.split(":")
        if service == "lakeformation":
            lake.fail(operation, code, 2, message="later", status=PASSING[code])
        else:
            sandbox.switch("fail", 2, service=service, operation=operation, code=code, status=PASSING[code])
    done = run(Modules(sandbox), name).ok()
    assert not sandbox.switches()
    assert lake.held() == undisturbed[name].after
    assert done.result["drift"] == undisturbed[name].run.result["drift"]


@pytest.mark.parametrize("operation", ["ListPermissions", "GetDataLakeSettings", "BatchRevokePermissions"])
def test_what_does_not_pass_ends_after_some_tries(sandbox: Sandbox, operation: str) -> None:
    lake = prepared(sandbox, "narrow")
    lake.fail(operation, "ThrottlingException", 1000, message="Rate exceeded")
    stopped = run(Modules(sandbox), "narrow").refused()
    assert "Rate exceeded" in stopped.message
    assert "Grant" not in stopped.message
    assert 1 < stopped.calls.count(f"lakeformation:{operation}") < 100
    assert not [it for it in sandbox.calls() if is_write(f":{it['operation']}") and it["status"] == 200]


def test_a_conflict_that_does_not_pass_names_the_entry(sandbox: Sandbox, undisturbed: dict[str, Undisturbed]) -> None:
    lake, modules = prepared(sandbox, "narrow"), Modules(sandbox)
    lake.fail("revoke", "ConcurrentModificationException", 1000, contains="table_7", message="Permission update failed")
    stopped = run(modules, "narrow").refused()
    assert "SELECT on table many.table_7" in stopped.message
    assert "something else writes on the same resource" in stopped.message
    assert "table_8" not in stopped.message
    lost = undisturbed["narrow"].before - lake.held()
    assert undisturbed["narrow"].before - undisturbed["narrow"].after - lost == {
        atom for atom in undisturbed["narrow"].before if atom.resource.path == ("many", "table_7")
    }
    assert stopped.result["changed"]
    assert {row["actual"] for row in stopped.result["not_done"]} == {
        "DESCRIBE on table many.table_7",
        "SELECT on table many.table_7",
    }


@pytest.mark.parametrize("code", ["InvalidInputException", "ResourceNumberLimitExceededException"])
def test_one_entry_that_fails_leaves_the_rest_done(
    sandbox: Sandbox, undisturbed: dict[str, Undisturbed], code: str
) -> None:
    lake, modules = prepared(sandbox, "grant"), Modules(sandbox)
    lake.fail("grant", code, contains="table_7", message="Not today.")
    stopped = run(modules, "grant").refused()
    full, before, after = undisturbed["grant"]
    missing = {atom for atom in after if atom.resource.path == ("many", "table_7")}
    assert lake.held() == after - missing
    assert f"SELECT on table many.table_7 was not granted: Not today. ({code})" in stopped.message
    assert stopped.result["changed"]
    assert [row["expected"] for row in stopped.result["not_done"]] == ["SELECT on table many.table_7"]
    assert [row for row in full.result["drift"] if row not in stopped.result["drift"]] == stopped.result["not_done"]
    assert not any("table_7" in str(entry) for entry in stopped.result["granted"])
    finished = run(modules, "grant").ok()
    assert finished.drift == [("grant", "missing", "SELECT on table many.table_7", None)]
    assert lake.held() == after
    assert before <= after
    assert not run(modules, "grant").ok().writes


def test_nothing_is_revoked_once_a_grant_has_failed(sandbox: Sandbox) -> None:
    lake, modules = prepared(sandbox, "narrow"), Modules(sandbox)
    before = lake.held()
    lake.fail("grant", "InvalidInputException", message="Not today.")
    wider = [ALL_OF_SALES, {"database": "hr"}]
    stopped = modules.run(MODULE, {"principal": READER, "grants": wider, **PURGE}).refused()
    assert lake.held() == before
    assert REVOKE not in stopped.calls
    assert stopped.result["changed"] is False


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_listing_may_lag_behind(sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str) -> None:
    lake, modules = prepared(sandbox, name), Modules(sandbox)
    lake.behave({"list_lag": 3})
    run(modules, name).ok()
    assert lake.held() == undisturbed[name].after
    lake.behave({"list_lag": 0})
    assert not run(modules, name).ok().writes


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_listing_that_lags_too_long_is_said_and_does_no_harm(
    sandbox: Sandbox, undisturbed: dict[str, Undisturbed], name: str
) -> None:
    lake, modules = prepared(sandbox, name), Modules(sandbox)
    lake.behave({"list_lag": 500})
    if name == "absent":
        # AWS took the revokes, and says afterwards that there is nothing left to revoke.
        assert run(modules, name).ok().result["changed"]
    else:
        stopped = run(modules, name).refused()
        said = "still lists otherwise" if name == "grant" else "the next run finds it gone"
        assert stopped.message.count(said) == 1
    assert lake.held() == undisturbed[name].after
    lake.behave({"list_lag": 0})
    assert not run(modules, name).ok().writes
