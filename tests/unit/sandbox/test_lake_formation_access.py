# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What grants in the sandbox's Lake Formation let a principal see and read."""

from __future__ import annotations

import pytest

from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ADMIN,
    COLUMNS,
    EVERYBODY,
    GROUP,
    READER,
    Lake,
    Shape,
    all_columns,
    all_tables,
    cells_filter,
    columns,
    database,
    lf_tag_policy,
    table,
)

ALWAYS = frozenset({""})


def readable(lake: Lake, principal: str = READER, name: str = "orders") -> dict[str, frozenset[str]]:
    access = lake.service.table_access(principal, "sales", name)
    assert access is not None
    return access.columns


def sees(lake: Lake, principal: str = READER) -> tuple[bool, bool]:
    """Whether it sees the table, and all its columns."""
    access = lake.service.table_access(principal, "sales", "orders")
    assert access is not None
    return access.may_describe, access.sees_all_columns


def test_without_grants_nothing_is_seen() -> None:
    lake = Lake()
    assert readable(lake) == {}
    assert sees(lake) == (False, False)
    assert not lake.service.may_describe_database(READER, "sales")


@pytest.mark.parametrize("resource", [table(), all_tables(), all_columns()])
@pytest.mark.parametrize("to", [READER, GROUP])
def test_select_on_the_table_is_for_all_columns(resource: Shape, to: str) -> None:
    lake = Lake()
    lake.grant(resource, "SELECT", to=to)
    assert readable(lake) == dict.fromkeys(COLUMNS, ALWAYS)
    assert sees(lake) == (True, True)


def test_all_includes_select_and_describe_does_not() -> None:
    lake = Lake()
    lake.grant(table(), "DESCRIBE")
    assert (readable(lake), sees(lake)) == ({}, (True, True))
    lake.grant(table(), "ALL")
    assert readable(lake) == dict.fromkeys(COLUMNS, ALWAYS)


def test_columns_and_excluded_columns() -> None:
    lake = Lake()
    lake.grant(columns("id", "amount"), "SELECT")
    assert (readable(lake), sees(lake)) == ({"id": ALWAYS, "amount": ALWAYS}, (True, False))
    lake.revoke(columns("id", "amount"), "SELECT")
    lake.grant(all_columns("ssn"), "SELECT")
    assert list(readable(lake)) == ["id", "amount", "dob"]


def test_filters_add_columns_under_conditions() -> None:
    lake = Lake()
    fields = cells_filter("own")["DataCellsFilter"]
    wildcard = {"ColumnWildcard": {"ExcludedColumnNames": ["ssn"]}, "RowFilter": {"FilterExpression": "id = 1"}}
    lake("CreateDataCellsFilter", TableData=fields | wildcard)
    lake.grant(cells_filter("own"), "SELECT")
    lake.grant(cells_filter("eu_only"), "SELECT")
    both = frozenset({"id = 1", "amount > 10"})
    assert readable(lake) == {"id": both, "amount": both, "dob": frozenset({"id = 1"})}
    assert sees(lake) == (True, False)
    lake.grant(columns("id"), "SELECT")
    assert "" in readable(lake)["id"]
    assert "" not in readable(lake)["amount"]


def test_a_filter_that_was_deleted_gives_nothing() -> None:
    lake = Lake()
    lake.grant(cells_filter(), "SELECT")
    lake("DeleteDataCellsFilter", **cells_filter()["DataCellsFilter"])
    assert readable(lake) == {}


def tagged(lake: Lake, resource: Shape, **tags: str) -> None:
    pairs = [{"TagKey": key, "TagValues": [value]} for key, value in tags.items()]
    assert lake("AddLFTagsToResource", Resource=resource, LFTags=pairs) == {"Failures": []}


def test_policies_match_all_keys_and_any_value() -> None:
    lake = Lake()
    lake.grant(lf_tag_policy("TABLE", domain=["sales", "orders"], tier=["gold"]), "SELECT")
    lake.grant(lf_tag_policy("DATABASE", domain=["sales"]), "DESCRIBE")
    assert not lake.service.may_describe_database(READER, "sales")
    tagged(lake, database(), domain="sales")
    assert lake.service.may_describe_database(READER, "sales")
    assert readable(lake) == {}
    tagged(lake, table(), tier="gold")
    assert readable(lake) == dict.fromkeys(COLUMNS, ALWAYS)
    tagged(lake, table(), tier="silver")
    assert readable(lake) == {}


def test_policies_on_columns_and_by_saved_expression() -> None:
    lake = Lake()
    lake("CreateLFTagExpression", Name="gold", Expression=[{"TagKey": "tier", "TagValues": ["gold"]}])
    lake.grant({"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": "gold"}}, "SELECT")
    tagged(lake, columns("id", "dob"), tier="gold")
    assert readable(lake) == {"id": ALWAYS, "dob": ALWAYS}
    assert sees(lake) == (True, False)


@pytest.mark.parametrize("resource", [table(), all_tables()])
def test_where_everybody_has_rights_iam_alone_decides(resource: Shape) -> None:
    lake = Lake()
    lake.grant(resource, "ALL", to=EVERYBODY)
    assert lake.service.table_access(READER, "sales", "orders") is None
    lake.revoke(resource, "ALL", of=EVERYBODY)
    assert readable(lake) == {}


@pytest.mark.parametrize("resource", [table(), all_tables(), database(), {"Catalog": {}}])
def test_who_opted_in_is_bound_all_the_same(resource: Shape) -> None:
    lake = Lake()
    lake.grant(table(), "ALL", to=EVERYBODY)
    principal = {"DataLakePrincipalIdentifier": READER}
    lake("CreateLakeFormationOptIn", Principal=principal, Resource=resource)
    assert readable(lake) == {}
    assert lake.service.table_access(ADMIN, "sales", "orders") is None


@pytest.mark.parametrize("resource", [database(), all_tables()])
def test_a_database_is_seen_with_any_right_on_it_or_all_its_tables(resource: Shape) -> None:
    lake = Lake()
    lake.grant(table(), "SELECT")
    assert not lake.service.may_describe_database(READER, "sales")
    lake.grant(resource, "DROP")
    assert lake.service.may_describe_database(READER, "sales")
    assert not lake.service.may_describe_database(READER, "hr")


def test_a_database_that_is_everybodys_is_seen() -> None:
    lake = Lake()
    lake.grant(database(), "ALL", to=EVERYBODY)
    assert lake.service.may_describe_database(READER, "sales")


def test_administrators_see_everything_and_read_what_they_were_granted() -> None:
    """https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html"""
    lake = Lake()
    assert lake.service.may_describe_database(ADMIN, "sales")
    assert (readable(lake, ADMIN), sees(lake, ADMIN)) == ({}, (True, True))


def test_a_read_only_administrator_sees_everything_too() -> None:
    """https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakeSettings.html"""
    lake = Lake()
    lake.set(ReadOnlyAdmins=[{"DataLakePrincipalIdentifier": READER}])
    assert lake.service.may_describe_database(READER, "sales")
    assert (readable(lake), sees(lake)) == ({}, (True, True))


def test_a_grant_under_a_condition_opens_nothing() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT", condition="context.a")
    assert sees(lake) == (False, False)
