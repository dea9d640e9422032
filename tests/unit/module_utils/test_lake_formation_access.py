# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of an identity's access: rule by rule, and against what the sandbox lets its queries read."""

from __future__ import annotations

import dataclasses
import random
import typing as t
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._grants_findings import holders
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import (
    DatabaseAccess,
    access_of,
    database_access,
    lacking,
    table_access,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table, TableAccess
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_drawn import SWITCHES
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    ADMIN,
    COLUMNS,
    EVERYBODY,
    FEDERATED,
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
    table,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation_access import (
    BOTH,
    CUSTOMERS,
    ORDERS,
    Reads,
    facts_of,
    granted,
    open_to_everybody,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples
from athena_sandbox.lake_formation import LakeFormationError

NOTHING = TableAccess("lake_formation", False, False)
SEEN = TableAccess("lake_formation", True, False)
READ = TableAccess("lake_formation")
BY_IAM = TableAccess("iam")
CONDITION = 'context.iam.principalTags.hasTag("team")'


def access(lake: Lake, of: Table = ORDERS, principal: str = READER, **how: t.Any) -> TableAccess:
    return table_access(Reads(lake, **how).facts([of], principal=principal), of)


def without(*hidden: str, filters: tuple[str, ...] = ()) -> TableAccess:
    return dataclasses.replace(READ, hidden_columns=hidden, row_filters=filters)


def opt_in(lake: Lake, resource: Shape, principal: str = READER, **more: t.Any) -> None:
    lake("CreateLakeFormationOptIn", Principal={"DataLakePrincipalIdentifier": principal}, Resource=resource, **more)


def tagged(lake: Lake, resource: Shape, **tags: str) -> None:
    pairs = [{"TagKey": key, "TagValues": [value]} for key, value in tags.items()]
    assert lake("AddLFTagsToResource", Resource=resource, LFTags=pairs) == {"Failures": []}


# Grants by name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [READER, GROUP])
@pytest.mark.parametrize(
    ("resource", "permission", "expected"),
    [
        (table(), "SELECT", READ),
        (table(), "ALL", READ),
        (table(), "DESCRIBE", SEEN),
        (table(), "INSERT", SEEN),
        (all_tables(), "SELECT", READ),
        (all_tables(), "ALL", READ),
        (all_tables(), "DROP", SEEN),
        (all_columns(), "SELECT", READ),
        (columns("id", "amount"), "SELECT", without("dob", "ssn")),
        (columns(*COLUMNS), "SELECT", READ),
        (all_columns("ssn"), "SELECT", without("ssn")),
        (cells_filter(), "SELECT", without("dob", "ssn", filters=("eu_only",))),
        (cells_filter(), "DESCRIBE", NOTHING),
        (database(), "ALL", NOTHING),
        (table("customers"), "ALL", NOTHING),
        (table(in_database="hr"), "ALL", NOTHING),
        (all_tables("hr"), "ALL", NOTHING),
    ],
)
def test_a_grant(resource: Shape, permission: str, expected: TableAccess, to: str) -> None:
    lake = Lake()
    lake.grant(resource, permission, to=to)
    assert access(lake) == expected


def test_without_grants_nothing_is_seen_and_others_do_not_count() -> None:
    lake = Lake()
    lake.grant(table(), "ALL", to=OTHER)
    assert access(lake) == NOTHING


def test_a_grant_option_alone_reads_nothing() -> None:
    lake = Lake(revoke_keeps_grant_option=True)
    lake.grant(table(), "SELECT", grantable=["SELECT"])
    lake.revoke(table(), "SELECT")
    assert access(lake) == NOTHING


def test_parts_add_up() -> None:
    lake = Lake(table_and_columns_conflict=False)
    lake.grant(columns("id", "amount"), "SELECT")
    lake.grant(all_columns("amount", "ssn"), "SELECT", to=GROUP)
    assert access(lake) == without("ssn")


def test_columns_that_are_granted_as_such_have_all_their_rows() -> None:
    lake = Lake()
    lake.grant(cells_filter(), "SELECT")
    lake.grant(columns("id"), "SELECT", to=GROUP)
    assert access(lake) == without("dob", "ssn", filters=("eu_only",))
    lake.grant(columns("amount"), "SELECT", to=GROUP)
    assert access(lake) == without("dob", "ssn")


def test_a_filter_may_limit_the_columns_alone() -> None:
    lake = Lake()
    fields = cells_filter("no_ssn")["DataCellsFilter"]
    rows = {"ColumnWildcard": {"ExcludedColumnNames": ["SSN"]}, "RowFilter": {"AllRowsWildcard": {}}}
    lake("CreateDataCellsFilter", TableData=fields | rows)
    lake.grant(cells_filter("no_ssn"), "SELECT")
    assert access(lake) == without("ssn")


@pytest.mark.parametrize(
    ("resource", "hidden"),
    [
        (columns("id", "amount"), ("all but amount, id",)),
        (all_columns("ssn"), ("ssn",)),
        (all_columns(), ()),
    ],
)
def test_columns_of_a_table_whose_columns_are_not_known(resource: Shape, hidden: tuple[str, ...]) -> None:
    lake = Lake()
    lake.grant(resource, "SELECT")
    assert access(lake, Table(ACCOUNT, "sales", "orders")) == without(*hidden)


def test_hidden_columns_are_spelled_as_in_the_catalog() -> None:
    lake = Lake()
    lake.grant(all_columns("ssn"), "SELECT")
    assert access(lake, Table(ACCOUNT, "sales", "orders", columns=("Id", "SSN"))) == without("SSN")


def test_a_condition_is_not_judged() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT", condition=CONDITION)
    found = access(lake)
    assert not found.may_select
    assert CONDITION in found.unknown
    lake.grant(table(), "DESCRIBE", condition=CONDITION)
    lake.grant(all_tables(), "SELECT")
    assert access(lake) == READ


def test_a_condition_on_what_reads_nothing_is_no_doubt() -> None:
    lake = Lake()
    lake.grant(table(), "INSERT", condition=CONDITION)
    lake.grant(table(), "DESCRIBE")
    assert access(lake) == SEEN


def test_an_administrator_sees_everything_and_reads_what_it_was_granted() -> None:
    lake = Lake()
    assert access(lake, principal=ADMIN) == SEEN
    assert database_access(Reads(lake).facts(principal=ADMIN), "sales") == DatabaseAccess("lake_formation")
    lake.grant(columns("id"), "SELECT", to=ADMIN)
    assert access(lake, principal=ADMIN) == without("amount", "dob", "ssn")


def test_the_group_of_all_users_and_roles_is_of_one_account() -> None:
    assert holders(READER, ACCOUNT) == (READER, GROUP, "ALLIAMPrincipals")
    assert holders(READER, OTHER_ACCOUNT) == (READER,)


# IAM_ALLOWED_PRINCIPALS and hybrid access mode -----------------------------------------------------------------------


@pytest.mark.parametrize("resource", [table(), all_tables()])
@pytest.mark.parametrize("permission", ["ALL", "SELECT"])
def test_where_everybody_may_read_iam_decides(resource: Shape, permission: str) -> None:
    lake = Lake()
    lake.grant(resource, permission, to=EVERYBODY)
    assert access(lake) == BY_IAM


def test_what_everybody_holds_beside_is_held_too() -> None:
    lake = Lake()
    lake.grant(table(), "DESCRIBE", to=EVERYBODY)
    assert access(lake) == SEEN


@pytest.mark.parametrize("to", [READER, GROUP])
@pytest.mark.parametrize("resource", [table(), all_tables(), database(), {"Catalog": {}}])
def test_who_opted_in_is_bound_all_the_same(resource: Shape, to: str) -> None:
    lake = open_to_everybody(Lake())
    opt_in(lake, resource, to)
    assert access(lake) == NOTHING
    lake.grant(columns("id"), "SELECT")
    assert access(lake) == without("amount", "dob", "ssn")
    assert access(lake, principal=f"arn:aws:iam::{OTHER_ACCOUNT}:role/other") == BY_IAM


def test_an_opt_in_elsewhere_or_of_others_binds_nobody_here() -> None:
    lake = open_to_everybody(Lake())
    opt_in(lake, table("customers"))
    opt_in(lake, table(), OTHER)
    assert access(lake) == BY_IAM


def test_an_opt_in_under_a_condition_is_a_doubt() -> None:
    lake = open_to_everybody(Lake())
    opt_in(lake, table(), Condition={"Expression": CONDITION})
    assert "condition" in access(lake).unknown


# Databases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "permission", "may_describe"),
    [
        (database(), "DESCRIBE", True),
        (database(), "CREATE_TABLE", True),
        (all_tables(), "SELECT", True),
        (table(), "SELECT", False),
        (database("hr"), "DESCRIBE", False),
    ],
)
def test_a_database_is_seen_with_any_right_on_it_or_on_all_its_tables(
    resource: Shape, permission: str, may_describe: bool
) -> None:
    lake = Lake()
    lake.grant(resource, permission)
    assert database_access(facts_of(lake), "sales") == DatabaseAccess("lake_formation", may_describe)


def test_a_table_in_a_hidden_database_cannot_be_read() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT")
    lake.grant(table("customers"), "ALL", to=EVERYBODY)
    facts = facts_of(lake)
    assert access_of(facts, BOTH) == {ORDERS: NOTHING, CUSTOMERS: NOTHING}
    assert (table_access(facts, ORDERS), table_access(facts, CUSTOMERS)) == (READ, BY_IAM)
    lake.grant(database(), "DESCRIBE")
    assert access_of(facts_of(lake), BOTH) == {ORDERS: READ, CUSTOMERS: BY_IAM}


def test_whether_a_database_exists_is_asked_where_nothing_is_granted_on_it() -> None:
    lake = Lake()
    assert not database_access(facts_of(lake), "default").exists
    lake.catalog.add_database("default")
    assert database_access(facts_of(lake), "default") == DatabaseAccess("lake_formation", False)


# LF-tags -------------------------------------------------------------------------------------------------------------


def test_grants_by_lf_tags_show_tables_columns_and_databases() -> None:
    lake = Lake()
    lake.grant(lf_tag_policy("TABLE", tier=["gold"]), "SELECT")
    lake.grant(lf_tag_policy("DATABASE", domain=["sales"]), "DESCRIBE")
    assert access_of(facts_of(lake), BOTH) == {ORDERS: NOTHING, CUSTOMERS: NOTHING}
    tagged(lake, database(), domain="sales")
    tagged(lake, table("customers"), tier="gold")
    tagged(lake, columns("id"), tier="gold")
    facts = facts_of(lake)
    assert access_of(facts, BOTH) == {ORDERS: without("amount", "dob", "ssn"), CUSTOMERS: READ}


def test_effective_permissions_are_no_answer_for_an_administrator_or_beside_everybodys() -> None:
    lake = Lake()
    for principal in (ADMIN, READER):
        lake.grant(lf_tag_policy(), "SELECT", to=principal)
    assert "LF-tags" in access(lake, principal=ADMIN).unknown
    open_to_everybody(lake)
    opt_in(lake, table())
    assert "LF-tags" in access(lake).unknown


def test_grants_by_lf_tags_under_a_condition_are_a_doubt() -> None:
    lake = Lake()
    lake.grant(lf_tag_policy(), "SELECT", condition=CONDITION)
    assert "LF-tags under a condition" in access(lake).unknown


# Links and other catalogs --------------------------------------------------------------------------------------------


def link_to(*target: str) -> Table:
    return Table(ACCOUNT, "sales", "orders_link", kind="link", target=target)


def test_a_link_to_another_account_is_not_judged() -> None:
    lake = Lake()
    lake.grant(table("orders_link"), "DESCRIBE")
    found = access(lake, link_to(OTHER_ACCOUNT, "shared", "orders"))
    assert not found.may_select
    assert f"SELECT on {OTHER_ACCOUNT}.shared.orders" in found.unknown


def test_a_link_takes_describe_on_itself_and_its_target_the_rest() -> None:
    lake = Lake()
    lake.catalog.add_table("hr", "link", target=(ACCOUNT, "sales", "orders"))
    link = Table(ACCOUNT, "hr", "link", kind="link", target=(ACCOUNT, "sales", "orders"), columns=COLUMNS)
    lake.grant(columns("id"), "SELECT")
    assert access(lake, link) == NOTHING
    lake.grant(table("link", "hr"), "DESCRIBE")
    assert access(lake, link) == without("amount", "dob", "ssn")


def test_a_link_without_a_target_is_not_judged() -> None:
    assert "target" in access(Lake(), link_to()).unknown


def test_tables_of_another_account_are_not_judged() -> None:
    assert OTHER_ACCOUNT in access(Lake(), Table(OTHER_ACCOUNT, "shared", "orders")).unknown


def test_tables_of_a_federated_catalog_are_judged() -> None:
    lake = Lake()
    lake.grant(table(in_database="ns", CatalogId=FEDERATED), "SELECT")
    assert access(lake, Table(FEDERATED, "ns", "orders", columns=COLUMNS)) == READ


def test_a_table_that_is_gone_is_no_refusal() -> None:
    assert "gone" in access(Lake(), Table(ACCOUNT, "sales", "gone")).unknown


# Blindness -----------------------------------------------------------------------------------------------------------


def filtered(lake: Lake) -> Lake:
    lake.grant(cells_filter(), "SELECT")
    return lake


@pytest.mark.parametrize(
    ("operation", "world", "permission", "is_told"),
    [
        ("ListPermissions", granted, "lakeformation:ListPermissions", False),
        ("ListPermissions", open_to_everybody, "lakeformation:ListPermissions", False),
        ("ListLakeFormationOptIns", open_to_everybody, "lakeformation:ListLakeFormationOptIns", False),
        ("ListLakeFormationOptIns", granted, "", True),
        ("GetDataLakeSettings", granted, "", True),
        ("GetDataLakeSettings", open_to_everybody, "", True),
        ("GetDataLakeSettings", filtered, "lakeformation:GetDataLakeSettings", False),
        ("ListDataCellsFilter", granted, "", True),
        ("ListDataCellsFilter", filtered, "lakeformation:ListDataCellsFilter", False),
        ("ListResources", granted, "", True),
    ],
)
def test_what_may_not_be_read_is_unknown_where_it_matters(
    operation: str, world: Callable[[Lake], Lake], permission: str, is_told: bool
) -> None:
    found = access(world(Lake()), denied=[operation])
    assert found.unknown == permission
    assert found.may_select or not is_told


def test_denied_facts_are_told_apart() -> None:
    facts = facts_of(Lake(), denied=["ListResources", "GetDataLakeSettings"])
    assert facts.registrations == Denied("lakeformation:ListResources")
    assert facts.settings == Denied("lakeformation:GetDataLakeSettings")
    assert not facts.denied


@pytest.mark.parametrize("blind_listing", ["empty", "denied"])
def test_a_caller_that_is_no_administrator_takes_nothing_for_absent(blind_listing: str) -> None:
    lake = granted(Lake(blind_listing=blind_listing))
    facts = facts_of(lake, caller=OTHER)
    for of in BOTH:
        found = table_access(facts, of)
        assert f"{OTHER} is not a data lake administrator" in found.unknown
        assert "administrator" in lacking(found.unknown)
    assert database_access(facts, "sales").unknown
    assert database_access(facts, "default").unknown


def test_the_identity_itself_sees_what_it_holds() -> None:
    lake = granted(Lake())
    assert access(lake, caller=READER) == READ


def test_a_read_only_administrator_sees_all() -> None:
    lake = Lake()
    lake.set(ReadOnlyAdmins=[{"DataLakePrincipalIdentifier": OTHER}])
    assert access(lake, caller=OTHER) == NOTHING


# Against the sandbox -------------------------------------------------------------------------------------------------

# What changes how grants are listed, or which are there; not how requests to write are taken.
_LISTING = (
    "table_and_columns_conflict",
    "columns_merge",
    "all_expands",
    "named_table_lists_all_tables",
    "scan_lists_cells_filters",
    "admin_rows",
    "lf_tags_fold",
    "lf_tag_policy_select_row",
    "short_pages",
    "shuffle_permissions",
)
_switches = st.fixed_dictionaries({name: st.sampled_from(SWITCHES[name]) for name in _LISTING})
_TABLE_PERMISSIONS = ("ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")


def _draw(lake: Lake, source: random.Random) -> None:
    """Some grants to the identity and its group, by name, column, filter and LF-tag, and to everybody."""

    def grant(resource: Shape, *permissions: str, to: str) -> None:
        try:
            lake.grant(resource, *permissions, to=to)
        except LakeFormationError:
            # It does not go together with what is there.
            return

    for name in ("all_rows", "own"):
        fields = cells_filter(name)["DataCellsFilter"]
        shown = source.sample(COLUMNS, source.randint(1, 3))
        which = {"ColumnNames": shown} if source.random() < 0.5 else {"ColumnWildcard": {"ExcludedColumnNames": shown}}
        rows: Shape = {"AllRowsWildcard": {}} if name == "all_rows" else {"FilterExpression": "id = 1"}
        lake("CreateDataCellsFilter", TableData=fields | which | {"RowFilter": rows})
    for resource in (database(), table(), columns(source.choice(COLUMNS)), columns("id", "dob")):
        if source.random() < 0.4:
            tagged(lake, resource, **source.choice(({"domain": "sales"}, {"domain": "private"}, {"tier": "gold"})))
    drawn: list[tuple[Shape, t.Sequence[str]]] = [
        (database(), ("ALL", "DESCRIBE", "CREATE_TABLE")),
        (table(), _TABLE_PERMISSIONS),
        (all_tables(), _TABLE_PERMISSIONS),
        (columns(*source.sample(COLUMNS, source.randint(1, 4))), ("SELECT",)),
        (all_columns(*source.sample(COLUMNS, source.randint(1, 3))), ("SELECT",)),
        *((cells_filter(name), ("SELECT", "DESCRIBE")) for name in ("eu_only", "all_rows", "own")),
        (lf_tag_policy("TABLE", domain=["sales"]), _TABLE_PERMISSIONS),
        (lf_tag_policy("TABLE", tier=["gold"]), _TABLE_PERMISSIONS),
        (lf_tag_policy("DATABASE", domain=["sales"]), ("DESCRIBE", "DROP")),
    ]
    source.shuffle(drawn)
    for resource, permissions in drawn:
        if source.random() < 0.25:
            grant(resource, *source.sample(permissions, 1), to=source.choice((READER, READER, GROUP)))
    for resource in (database(), table()):
        if source.random() < 0.2:
            grant(resource, "ALL", to=EVERYBODY)
        if source.random() < 0.15:
            opt_in(lake, resource, source.choice((READER, GROUP, OTHER)))


@given(seed=st.integers(0, 2**32), switches=_switches)
@examples(400)
def test_the_verdict_is_what_queries_meet(seed: int, switches: dict[str, t.Any]) -> None:
    lake = Lake(**switches)
    _draw(lake, random.Random(seed))
    facts = facts_of(lake, ORDERS)
    found, around = table_access(facts, ORDERS), database_access(facts, "sales")
    if not around.unknown:
        assert around.may_describe == lake.service.may_describe_database(READER, "sales")
    truth = lake.service.table_access(READER, "sales", "orders")
    if found.unknown:
        # Only what an effective listing cannot answer.
        assert "LF-tags" in found.unknown
        assert truth
        return
    if truth is None:
        assert found == BY_IAM
        return
    assert found.governed_by == "lake_formation"
    assert found.may_describe == truth.may_describe
    assert found.may_select == bool(truth.columns)
    if truth.columns:
        assert set(found.hidden_columns) == set(COLUMNS) - set(truth.columns)
        assert bool(found.row_filters) == any("" not in rows for rows in truth.columns.values())


# Cost ----------------------------------------------------------------------------------------------------------------


def many(lake: Lake, count: int) -> list[Table]:
    names = [f"table_{number}" for number in range(count)]
    for name in names:
        lake.catalog.add_table("sales", name, COLUMNS)
    return [Table(ACCOUNT, "sales", name, columns=COLUMNS) for name in names]


def test_tables_that_one_grant_explains_take_one_list_however_many() -> None:
    lake = granted(Lake())
    tables = many(lake, 3000)
    reads = Reads(lake)
    assert set(access_of(reads.facts(tables), tables).values()) == {READ}
    # The account-wide list, and the database default, which is not in it.
    assert reads.calls == {"GetDataLakeSettings": 1, "ListResources": 1, "ListPermissions": 2}


def test_tables_that_are_left_to_iam_take_the_pages_of_one_list() -> None:
    lake = open_to_everybody(Lake(page_size=1000))
    tables = many(lake, 3000)
    for it in tables:
        lake.grant(table(it.name), "ALL", to=EVERYBODY)
    reads = Reads(lake)
    assert set(access_of(reads.facts(tables), tables).values()) == {BY_IAM}
    assert reads.calls == {
        "GetDataLakeSettings": 1,
        "ListResources": 1,
        "ListLakeFormationOptIns": 1,
        "ListPermissions": 4 + 1,
    }


def test_few_tables_of_a_large_account_take_one_list_each() -> None:
    lake = granted(Lake())
    for it in many(lake, 1000):
        lake.grant(table(it.name), "DESCRIBE", to=OTHER)
    reads = Reads(lake)
    assert set(access_of(reads.facts(BOTH), BOTH).values()) == {READ}
    # Two tables, all tables of their database, the database, and the database default.
    assert reads.calls["ListPermissions"] == 5


def test_filters_take_one_list_for_each_table_that_has_some_and_is_not_read_as_a_whole() -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    tables = many(lake, 30)
    for it in tables[:20]:
        fields = cells_filter("own", it.name)["DataCellsFilter"]
        rows = {"RowFilter": {"FilterExpression": "id = 1"}, "ColumnWildcard": {}}
        lake("CreateDataCellsFilter", TableData=fields | rows)
        lake.grant(cells_filter("own", it.name), "SELECT")
    for it in tables[10:]:
        lake.grant(table(it.name), "SELECT")
    reads = Reads(lake)
    found = access_of(reads.facts(tables), tables)
    assert [found[it].row_filters for it in tables] == [("own",)] * 10 + [()] * 20
    assert reads.calls["ListDataCellsFilter"] == 1
    # The account-wide list, the database default, the filters, and the policies of both kinds.
    assert reads.calls["ListPermissions"] == 1 + 1 + 10 + 2


def test_effective_permissions_are_asked_only_for_tables_that_are_not_explained() -> None:
    lake = granted(Lake())
    lake.grant(lf_tag_policy("TABLE"), "SELECT")
    explained, unexplained = many(lake, 10), [Table(ACCOUNT, "hr", "orders", columns=COLUMNS)]
    lake.grant(database("hr"), "DESCRIBE")
    reads = Reads(lake)
    reads.facts([*explained, *unexplained])
    assert reads.calls["ListPermissions"] == 1 + 1 + 2 + 1
    # Those of others do not matter, nor any where everything is explained.
    lake.revoke(lf_tag_policy("TABLE"), "SELECT")
    lake.grant(lf_tag_policy("TABLE"), "SELECT", to=OTHER)
    reads = Reads(lake)
    reads.facts([*explained, *unexplained])
    assert reads.calls["ListPermissions"] == 1 + 1 + 2
    reads = Reads(lake)
    reads.facts(explained)
    assert reads.calls["ListPermissions"] == 1 + 1


def test_as_many_effective_permissions_as_tables_are_asked_some_at_a_time() -> None:
    lake = Lake()
    tables = many(lake, 100)
    lake.grant(lf_tag_policy("TABLE"), "SELECT")
    lake.grant(database(), "DESCRIBE")
    for it in tables[:90]:
        tagged(lake, table(it.name), domain="sales")
    reads = Reads(lake)
    found = access_of(reads.facts(tables), tables)
    assert [found[it] for it in tables] == [READ] * 90 + [NOTHING] * 10
    assert reads.calls["ListPermissions"] == 1 + 1 + 2 + 100
    assert 1 < reads.most_at_once <= 8
