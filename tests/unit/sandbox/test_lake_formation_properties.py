# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grant, list and revoke agree with each other whatever is granted, and whatever the switches say."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    COLUMNS,
    FEDERATED,
    OTHER,
    READER,
    Lake,
    Shape,
    all_columns,
    all_tables,
    cells_filter,
    columns,
    database,
    entry,
    lf_tag,
    lf_tag_policy,
    location,
    refusal,
    table,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples
from athena_sandbox.lake_formation.permissions import TABLE, valid
from athena_sandbox.lake_formation.resources import Resource, parse

# One of its own each: in none of these shapes is one resource a part of another.
RESOURCES = [
    {"Catalog": {}},
    {"Catalog": {"Id": FEDERATED}},
    database("sales"),
    database("hr"),
    table("customers"),
    table("orders", "hr"),
    table("orders", "ns", CatalogId=FEDERATED),
    all_tables("sales"),
    all_tables("ns", CatalogId=FEDERATED),
    columns("id", "amount"),
    location(),
    cells_filter(),
    lf_tag("domain"),
    lf_tag("tier", "gold"),
    lf_tag_policy("DATABASE", tier=["gold"]),
    lf_tag_policy("TABLE", tier=["gold"], domain=["sales", "orders"]),
]
SWITCHES = st.fixed_dictionaries(
    {
        "strict_revoke": st.booleans(),
        "plain_revoke_matches_all_columns": st.just(True),
        "table_and_columns_conflict": st.booleans(),
        "columns_merge": st.booleans(),
        "revoke_column_subset": st.booleans(),
        "lf_tag_policy_select_row": st.sampled_from(["together", "apart"]),
        "named_table_lists_all_tables": st.booleans(),
        "shuffle_permissions": st.booleans(),
        "short_pages": st.booleans(),
        "page_size": st.sampled_from([2, 100]),
        "super_user_echo": st.just(False),
        "scan_lists_cells_filters": st.just(True),
    }
)


@st.composite
def writes(draw: st.DrawFn) -> tuple[bool, Shape, list[str], list[str], str, str]:
    """A grant (True) or revoke: resource, permissions it takes, grant options, principal, condition."""
    resource = draw(st.sampled_from(RESOURCES))
    possible = sorted(valid(parse(resource, ACCOUNT, True).resource))
    permissions = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=4, unique=True))
    grantable = draw(st.lists(st.sampled_from(permissions), unique=True))
    condition = draw(st.sampled_from(["", "", "context.a"]))
    return draw(st.booleans()), resource, permissions, grantable, draw(st.sampled_from([READER, OTHER])), condition


Atom = tuple[str, Resource, str, str]


def atoms(lake: Lake) -> dict[Atom, bool]:
    """Every listed permission by principal, resource, condition and name; and whether it may be passed on."""
    found: dict[Atom, bool] = {}
    for row in lake.listed():
        resource = parse(sendable(row["resource"]), ACCOUNT, True).resource
        for name in row["permissions"]:
            atom = row["principal"], resource, row.get("condition", ""), name
            assert atom not in found, "listed twice"
            found[atom] = name in row["grantable"]
        assert set(row["grantable"]) <= set(row["permissions"])
    return found


def sendable(listed: Shape) -> Shape:
    """A listed resource in a form that AWS takes."""
    ((_kind, fields),) = json.loads(json.dumps(listed)).items()
    if fields.get("Name") != "ALL_TABLES":
        return listed
    return all_tables(fields["DatabaseName"], CatalogId=fields["CatalogId"])


@examples(300)
@given(st.lists(writes(), max_size=14), SWITCHES)
def test_what_is_listed_is_what_was_granted_and_not_revoked(
    steps: list[tuple[bool, Shape, list[str], list[str], str, str]], switches: dict[str, t.Any]
) -> None:
    """Against a model: a set of permissions, where a revoke is refused whole or takes what is held."""
    lake = Lake(**switches)
    model: dict[Atom, bool] = {}
    for is_grant, resource, permissions, grantable, principal, condition in steps:
        place = parse(resource, ACCOUNT, True).resource
        named = {name: (principal, place, condition, name) for name in permissions}
        if is_grant:
            lake.grant(resource, *permissions, grantable=grantable, to=principal, condition=condition)
            model |= {atom: model.get(atom, False) or name in grantable for name, atom in named.items()}
            continue
        held = [name for name, atom in named.items() if atom in model]
        options = [name for name in grantable if model.get(named[name])]
        is_lenient = not switches["strict_revoke"] and "LFTag" not in resource and "ALL" not in {*named} - {*held}
        is_whole = len(held) == len(named) and len(options) == len(grantable)
        options_of = {"grantable": grantable, "of": principal, "condition": condition}
        refused = refusal(lambda r=resource, p=permissions, o=options_of: lake.revoke(r, *p, **o))
        assert not refused or refused.startswith("InvalidInputException: No permissions revoked.")
        assert (refused == "") == (is_whole or (is_lenient and bool(held)))
        for name in [] if refused else held:
            del model[named[name]]
    assert atoms(lake) == model


@examples(150)
@given(st.lists(writes(), max_size=12), SWITCHES)
def test_revoking_each_listed_row_leaves_nothing(
    steps: list[tuple[bool, Shape, list[str], list[str], str, str]], switches: dict[str, t.Any]
) -> None:
    lake = Lake(**switches)
    for _is_grant, resource, permissions, grantable, principal, condition in steps:
        lake.grant(resource, *permissions, grantable=grantable, to=principal, condition=condition)
    for row in lake.listed():
        who = {"of": row["principal"], "condition": row.get("condition", "")}
        lake.revoke(sendable(row["resource"]), *row["permissions"], grantable=row["grantable"], **who)
    assert lake.listed() == []


@examples(150)
@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(COLUMNS), min_size=1), st.booleans()), max_size=10))
def test_merged_columns_are_those_granted_and_not_revoked(steps: list[tuple[bool, set[str], bool]]) -> None:
    lake = Lake()
    model: dict[str, bool] = {}
    for is_grant, names, is_grantable in steps:
        option = ["SELECT"] if is_grantable else []
        if is_grant:
            lake.grant(columns(*names), "SELECT", grantable=option)
            model |= {name: model.get(name, False) or is_grantable for name in names}
        elif names <= model.keys() and (not is_grantable or all(model[name] for name in names)):
            lake.revoke(columns(*names), "SELECT", grantable=option)
            model = {name: flag for name, flag in model.items() if name not in names}
    rows = lake.listed(table())
    assert len({bool(row["grantable"]) for row in rows}) == len(rows)
    found = [
        (name, bool(row["grantable"])) for row in rows for name in row["resource"]["TableWithColumns"]["ColumnNames"]
    ]
    assert sorted(found) == sorted(model.items())


@examples(100)
@given(st.lists(st.sampled_from([table(), columns("id"), columns("amount"), all_columns("ssn"), all_columns("dob")])))
def test_a_principal_never_holds_two_shapes_of_a_table(resources: list[Shape]) -> None:
    lake = Lake()
    for resource in resources:
        refused = refusal(lambda wanted=resource: lake.grant(wanted, "SELECT"))
        assert refused in ("", "InvalidInputException: Permissions modification is invalid")
    rows = lake.listed(table())
    assert len(rows) == bool(resources)
    assert not resources or lake.service.table_access(READER, "sales", "orders")


@examples(100)
@given(
    st.integers(0, 40),
    st.integers(1, 12),
    st.booleans(),
)
def test_all_pages_together_are_the_listing(count: int, size: int, are_short: bool) -> None:
    lake = Lake(short_pages=are_short)
    principals = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(count)]
    for principal in principals:
        lake.principals.add(principal)
        lake.grant(database(), "DESCRIBE", to=principal)
    found = lake.rows(database(), MaxResults=size)
    assert [row["Principal"]["DataLakePrincipalIdentifier"] for row in found] == principals


# ---- scale ----


def filled(count: int) -> Lake:
    """A lake with a table for every two grants."""
    lake = Lake()
    for number in range(count // 2):
        lake.catalog.add_table("sales", f"t{number}", COLUMNS)
    return lake


def grant_many(lake: Lake, count: int) -> float:
    """Seconds for `count` grants in batches of 20, a listing of each table, and a revoke of every tenth."""
    started = time.process_time()
    entries = [
        entry(number, resource, *sorted(TABLE - {"SELECT"}) if "Table" in resource else ["SELECT"], to=principal)
        for number in range(count // 2)
        for resource, principal in ((table(f"t{number}"), READER), (columns("id", of=f"t{number}"), OTHER))
    ]
    batch = [each | {"Id": str(index)} for index, each in enumerate(entries)]
    for start in range(0, count, 20):
        assert lake("BatchGrantPermissions", Entries=batch[start : start + 20]) == {"Failures": []}
    for number in range(0, count // 2, 10):
        assert len(lake.rows(table(f"t{number}"))) == 2
        lake.revoke(columns("id", of=f"t{number}"), "SELECT", of=OTHER)
    return time.process_time() - started


@pytest.mark.usefixtures("without_garbage_collection")
def test_ten_thousand_grants_cost_no_more_each_than_a_thousand() -> None:
    small = min(grant_many(filled(1_000), 1_000) for _attempt in range(3))
    large = grant_many(lake := filled(10_000), 10_000)
    assert large / 10_000 <= 3 * small / 1_000
    assert len(lake.rows(MaxResults=1000)) == 10_000 - 500


@pytest.mark.usefixtures("without_garbage_collection")
def test_many_principals_on_one_table_do_not_slow_each_other() -> None:
    """The check for conflicting shapes looks at the principal's own grants."""

    def seconds(count: int) -> float:
        lake = Lake()
        names = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(count)]
        for name in names:
            lake.principals.add(name)
        started = time.process_time()
        for name in names:
            lake.grant(columns("id"), "SELECT", to=name)
        return time.process_time() - started

    small = min(seconds(100) for _attempt in range(5))
    large = min(seconds(1_000) for _attempt in range(2))
    assert large / 1_000 <= 3 * small / 100
