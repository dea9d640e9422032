# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks say of a lake: nothing where it is whole, and the one thing that is broken where it is not."""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Callable

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_checks import lake_formation_checks
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    ADMIN,
    COLUMNS,
    EVERYBODY,
    GROUP,
    OTHER,
    OTHER_ACCOUNT,
    READER,
    Lake,
    Shape,
    all_columns,
    all_tables,
    cells_filter,
    columns,
    database,
    lf_tag_policy,
    location,
    table,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation_access import (
    BOTH,
    Reads,
    granted,
    open_to_everybody,
)

NAMES = [
    "results_not_registered",
    "lake_formation_default",
    "lake_formation_databases",
    "lake_formation_grants",
    "lake_formation_filters",
]
RESULTS = S3Location("acme-results", "athena")
# The entries of the role's variable that stand for what `granted` grants.
WANTED: list[Shape] = [{"database": "sales"}, {"database": "sales", "tables": "*"}]

World = Callable[[Lake], Lake]


def atoms(*entries: Shape) -> frozenset[Atom]:
    return read_wanted({"principal": READER, "grants": list(entries)}, ACCOUNT).atoms


def checks(
    lake: Lake,
    wanted: frozenset[Atom] | None = None,
    tables: t.Sequence[Table] = BOTH,
    databases: t.Sequence[str] = ("sales",),
    results: S3Location | None = RESULTS,
    principal: str = READER,
    **how: t.Any,
) -> dict[str, Check]:
    facts = Reads(lake, **how).facts(tables, databases, principal, wanted or frozenset())
    found = lake_formation_checks(facts, tables, databases, results, wanted)
    assert [check.name for check in found] == NAMES
    for check in found:
        assert check.reference.startswith("https://docs.aws.amazon.com/")
        assert bool(check.remedy) == (check.status != "pass")
    return {check.name: check for check in found}


def not_passed(found: dict[str, Check]) -> dict[str, str]:
    return {name: check.status for name, check in found.items() if check.status != "pass"}


def with_default(lake: Lake) -> Lake:
    lake.catalog.add_database("default")
    return lake


# No false alarm ------------------------------------------------------------------------------------------------------


def with_harmless_rights(lake: Lake) -> Lake:
    lake.grant(table(), "ALL")
    lake.grant(database("hr"), "ALL")
    lake.grant(location(), "DATA_LOCATION_ACCESS")
    lake.grant(lf_tag_policy(), "SELECT")
    lake.grant(cells_filter(), "SELECT", to=OTHER)
    return granted(lake)


def by_the_group(lake: Lake) -> Lake:
    lake.grant(database(), "DESCRIBE", to=GROUP)
    lake.grant(all_tables(), "ALL", to=GROUP)
    return lake


def table_by_table(lake: Lake) -> Lake:
    lake.grant(database(), "DESCRIBE")
    for name in ("orders", "customers", "orders_link", "recent_orders"):
        lake.grant(table(name), *(["DESCRIBE"] if name == "orders_link" else ["SELECT"]))
    return lake


WHOLE: t.Final[list[World]] = [open_to_everybody, granted, with_harmless_rights, by_the_group, table_by_table]


@pytest.mark.parametrize("world", WHOLE)
def test_a_whole_world_passes(world: World) -> None:
    assert not not_passed(checks(world(Lake())))


@pytest.mark.parametrize("world", [open_to_everybody, granted, with_harmless_rights, by_the_group])
def test_a_whole_world_passes_with_its_wanted_grants(world: World) -> None:
    assert not not_passed(checks(world(Lake()), atoms(*WANTED)))


def test_a_whole_world_passes_with_the_database_default() -> None:
    lake = with_default(granted(Lake()))
    lake.grant(database("default"), "DESCRIBE")
    assert not not_passed(checks(lake, atoms(*WANTED, {"database": "default"})))


@pytest.mark.parametrize(
    ("lake", "words"),
    [
        (open_to_everybody(Lake()), "leaves the tables to IAM and S3"),
        (granted(Lake()), "may read 2 tables by its grants"),
    ],
)
def test_what_passes_says_why(lake: Lake, words: str) -> None:
    assert words in checks(lake)["lake_formation_grants"].detail


# Where results are written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered", "results", "status"),
    [
        ("acme-results", RESULTS, "fail"),
        ("acme-results/athena", RESULTS, "fail"),
        ("acme-results/athena/", RESULTS, "fail"),
        ("acme-results/ath", RESULTS, "pass"),
        ("acme-results-old", RESULTS, "pass"),
        ("acme-results/athena/below", RESULTS, "pass"),
        ("acme-results", S3Location("acme-results"), "fail"),
        ("acme-results", None, "pass"),
    ],
)
def test_results_do_not_lie_in_a_registered_location(registered: str, results: S3Location | None, status: str) -> None:
    lake = granted(Lake())
    lake("RegisterResource", ResourceArn=f"arn:aws:s3:::{registered}", UseServiceLinkedRole=True)
    check = checks(lake, results=results)["results_not_registered"]
    assert check.status == status
    assert status == "pass" or f"arn:aws:s3:::{registered.rstrip('/')}" in check.detail


# Databases -----------------------------------------------------------------------------------------------------------


def test_default_must_be_described_where_it_exists() -> None:
    lake = with_default(granted(Lake()))
    found = checks(lake)
    assert not_passed(found) == {"lake_formation_default": "fail"}
    check = found["lake_formation_default"]
    assert "Required Describe on default" in check.detail
    assert "{database: default}" in check.remedy
    lake.grant(all_tables("default"), "SELECT")
    assert not not_passed(checks(lake))


def test_default_that_is_everybodys_passes() -> None:
    lake = with_default(granted(Lake()))
    lake.grant(database("default"), "ALL", to=EVERYBODY)
    assert not not_passed(checks(lake))


def test_each_chosen_database_must_be_described() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT")
    lake.grant(table("customers"), "SELECT")
    found = checks(lake, databases=("sales", "hr", "gone"))
    assert not_passed(found) == {"lake_formation_databases": "fail"}
    check = found["lake_formation_databases"]
    assert "2 databases (hr, sales)" in check.detail
    assert "{database: hr}, {database: sales}" in check.remedy


# Grants --------------------------------------------------------------------------------------------------------------


def test_a_database_of_which_nothing_may_be_read_fails() -> None:
    lake = Lake()
    lake.grant(all_tables(), "DESCRIBE")
    found = checks(lake)
    assert not_passed(found) == {"lake_formation_grants": "fail"}
    check = found["lake_formation_grants"]
    assert "none of the tables that Lake Formation governs in the database sales" in check.detail
    assert '{database: sales, tables: "*"}' in check.remedy


def test_a_table_that_may_not_be_read_is_named() -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    lake.grant(table(), "SELECT")
    found = checks(lake)
    assert not_passed(found) == {"lake_formation_grants": "warn"}
    assert "the table sales.customers" in found["lake_formation_grants"].detail
    assert "{database: sales, tables: customers}" in found["lake_formation_grants"].remedy


def test_a_table_that_is_not_judged_is_no_refusal() -> None:
    link = Table(ACCOUNT, "sales", "orders_link", kind="link", target=(OTHER_ACCOUNT, "shared", "orders"))
    found = checks(granted(Lake()), tables=(*BOTH, link))
    assert not_passed(found) == {"lake_formation_grants": "unknown"}
    assert "sales.orders_link" in found["lake_formation_grants"].detail
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    lake.grant(table(), "SELECT")
    check = checks(lake, tables=(*BOTH, link))["lake_formation_grants"]
    assert check.status == "warn"
    assert "of the table sales.orders_link it could not be told" in check.detail


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        ([(database(), "DESCRIBE")], WANTED, "SELECT on all tables of database sales"),
        ([(all_tables(), "SELECT")], WANTED, ""),
        ([(table(), "SELECT")], WANTED, "DESCRIBE on database sales; SELECT on all tables of database sales"),
        ([], [{"database": "sales", "tables": "orders"}], "SELECT on table sales.orders"),
        ([(all_tables(), "SELECT")], [{"database": "sales", "tables": "orders"}], ""),
        ([(table(), "ALL")], [{"database": "sales", "tables": "orders"}], ""),
        ([(table(), "SELECT")], [{"database": "sales", "tables": "orders", "permissions": ["DESCRIBE"]}], ""),
        ([(table(), "SELECT")], [{"database": "sales", "tables": "orders", "columns": ["ID"]}], ""),
        ([(table(), "SELECT")], [{"database": "sales", "tables": "orders", "excluded_columns": ["ssn"]}], ""),
        (
            [(columns("id"), "SELECT")],
            [{"database": "sales", "tables": "orders", "columns": ["id", "dob"]}],
            "SELECT on table sales.orders (columns dob)",
        ),
        (
            [(all_columns("ssn"), "SELECT")],
            [{"database": "sales", "tables": "orders"}],
            "SELECT on table sales.orders",
        ),
        (
            [(table(), "SELECT")],
            [{"database": "sales", "tables": "orders", "grantable": ["SELECT"]}],
            "SELECT on table sales.orders, with grant option",
        ),
        (
            [(table(), "SELECT")],
            [{"database": "sales", "tables": "orders", "permissions": ["DESCRIBE"], "grantable": ["DESCRIBE"]}],
            "DESCRIBE on table sales.orders, with grant option",
        ),
        ([], [{"database": "hr", "tables": "*"}], "SELECT on all tables of database hr"),
        (
            [],
            [{"database": "sales", "tables": "orders", "data_cells_filter": "eu_only"}],
            "SELECT on data cells filter eu_only of table sales.orders",
        ),
        ([(cells_filter(), "SELECT")], [{"database": "sales", "tables": "orders", "data_cells_filter": "eu_only"}], ""),
        ([], [{"lf_tags": {"domain": "sales"}, "permissions": ["SELECT"]}], "SELECT on tables tagged domain=sales"),
        ([(lf_tag_policy(), "SELECT")], [{"lf_tags": {"domain": "sales"}, "permissions": ["SELECT"]}], ""),
        ([], [{"database": "gone"}], ""),
    ],
)
def test_each_wanted_permission_must_be_held(held: list[tuple[Shape, str]], wanted: list[Shape], missing: str) -> None:
    lake = Lake()
    for resource, permission in held:
        lake.grant(resource, permission)
    check = checks(lake, atoms(*wanted))["lake_formation_grants"]
    assert check.status == ("fail" if missing else "pass")
    assert check.detail.removeprefix(f"{READER} lacks ") == missing or not missing


def test_what_everybody_may_needs_no_grant_unless_the_identity_opted_in() -> None:
    lake = open_to_everybody(Lake())
    by_tags = {"lf_tags": {"domain": "sales"}, "permissions": ["SELECT"]}
    wanted = atoms({"database": "sales"}, {"database": "sales", "tables": "orders"}, by_tags)
    assert not not_passed(checks(lake, wanted))
    lake("CreateLakeFormationOptIn", Principal={"DataLakePrincipalIdentifier": READER}, Resource=database())
    found = checks(lake, wanted)
    assert not_passed(found) == {"lake_formation_databases": "fail", "lake_formation_grants": "fail"}


def test_many_missing_grants_are_told_in_few_words() -> None:
    lake = Lake()
    names = [f"table_{number}" for number in range(200)]
    for name in names:
        lake.catalog.add_table("sales", name, COLUMNS)
    check = checks(lake, atoms({"database": "sales", "tables": names}))["lake_formation_grants"]
    assert check.status == "fail"
    assert "and 190 more" in check.detail


def test_an_administrator_needs_no_describe() -> None:
    found = checks(with_default(Lake()), atoms(*WANTED), principal=ADMIN)
    assert not_passed(found) == {"lake_formation_grants": "fail"}
    assert found["lake_formation_grants"].detail == f"{ADMIN} lacks SELECT on all tables of database sales"


# Filters -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (columns("id", "amount"), "sales.orders (columns dob, ssn)"),
        (all_columns("ssn"), "sales.orders (columns ssn)"),
        (cells_filter(), "sales.orders (columns dob, ssn, and rows by the data cells filters eu_only)"),
    ],
)
def test_what_is_held_back_is_named_with_what_that_does(resource: Shape, words: str) -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    lake.grant(table("customers"), "SELECT")
    lake.grant(resource, "SELECT")
    found = checks(lake)
    assert not_passed(found) == {"lake_formation_filters": "warn"}
    assert words in found["lake_formation_filters"].detail
    assert "see the granted part only" in found["lake_formation_filters"].detail


# Blindness -----------------------------------------------------------------------------------------------------------

_PER_PLACE = dict.fromkeys(NAMES[1:4], "unknown")


@pytest.mark.parametrize(
    ("world", "operation", "expected"),
    [
        (granted, "ListPermissions", _PER_PLACE),
        (open_to_everybody, "ListPermissions", _PER_PLACE),
        (granted, "ListResources", {"results_not_registered": "unknown"}),
        (granted, "ListLakeFormationOptIns", {}),
        (
            open_to_everybody,
            "ListLakeFormationOptIns",
            {"lake_formation_databases": "unknown", "lake_formation_grants": "unknown"},
        ),
        (granted, "ListDataCellsFilter", {}),
        (Lake, "ListDataCellsFilter", {"lake_formation_databases": "fail", "lake_formation_grants": "unknown"}),
        # That there is no database default is then not told from one that is not shown.
        (granted, "GetDataLakeSettings", {"lake_formation_default": "unknown"}),
    ],
)
def test_each_denied_read_leaves_the_rest_and_names_its_permission(
    world: Callable[..., Lake], operation: str, expected: dict[str, str]
) -> None:
    lake = Lake() if world is Lake else world(Lake())
    found = checks(lake, denied=[operation])
    assert not_passed(found) == expected
    for check in found.values():
        if check.status == "unknown":
            assert check.remedy == f"Grant lakeformation:{operation} to the identity that runs this task"


def test_wanted_grants_that_may_not_be_looked_at_are_unknown() -> None:
    found = checks(granted(Lake()), atoms(*WANTED), denied=["ListPermissions"])
    assert found["lake_formation_grants"].status == "unknown"


def test_whether_wanted_grants_are_needed_is_unknown_where_opt_ins_may_not_be_looked_at() -> None:
    wanted = atoms({"database": "sales", "tables": "orders"})
    denied = ["ListLakeFormationOptIns"]
    assert checks(open_to_everybody(Lake()), wanted, denied=denied)["lake_formation_grants"].status == "unknown"
    assert checks(granted(Lake()), wanted, denied=denied)["lake_formation_grants"].status == "pass"


def test_a_caller_that_is_not_shown_all_grants_takes_none_for_missing() -> None:
    for blind_listing, wanted in itertools.product(("empty", "denied"), (None, atoms(*WANTED))):
        found = checks(Lake(blind_listing=blind_listing), wanted, caller=OTHER)
        assert not_passed(found) == _PER_PLACE
        for name in _PER_PLACE:
            assert "data lake administrator" in found[name].remedy
