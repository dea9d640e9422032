# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the sandbox's Lake Formation lists. M: where moto departs from AWS; B: what AWS does; U: an open question."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    ADMIN,
    EVERYBODY,
    FEDERATED,
    GROUP,
    IDENTITY_GROUP,
    IDENTITY_USER,
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
    entry,
    lf_tag,
    lf_tag_policy,
    location,
    refusal,
    table,
)

IN_SALES = {"CatalogId": ACCOUNT, "DatabaseName": "sales"}
TABLE = ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"]


def row(resource: Shape, *permissions: str, grantable: t.Iterable[str] = (), principal: str = READER) -> Shape:
    return {
        "principal": principal,
        "resource": resource,
        "permissions": sorted(permissions),
        "grantable": sorted(grantable),
    }


# ---- tables, all tables, columns ----


def test_m1_select_of_a_table_is_a_row_of_all_columns_of_its_own() -> None:
    lake = Lake()
    lake.grant(table(), *TABLE, grantable=["SELECT", "DROP"])
    others = [name for name in TABLE if name != "SELECT"]
    assert lake.listed(table()) == [
        row({"Table": IN_SALES | {"Name": "orders"}}, *others, grantable=["DROP"]),
        row({"TableWithColumns": IN_SALES | {"Name": "orders", "ColumnWildcard": {}}}, "SELECT", grantable=["SELECT"]),
    ]
    lake.revoke(table(), *others, grantable=["DROP"])
    assert lake.of(READER, table()) == [("TableWithColumns", ["SELECT"])]


@pytest.mark.parametrize("resource", [table(), all_columns()])
def test_m1_a_table_and_all_its_columns_are_one_resource(resource: Shape) -> None:
    lake = Lake()
    lake.grant(resource, "SELECT", "DESCRIBE")
    assert lake.of(READER, table()) == [("Table", ["DESCRIBE"]), ("TableWithColumns", ["SELECT"])]


def test_m2_all_tables_have_a_name_in_listings() -> None:
    lake = Lake()
    lake.grant(all_tables(), "SELECT", "DESCRIBE")
    assert lake.listed(all_tables()) == [
        row({"Table": IN_SALES | {"Name": "ALL_TABLES", "TableWildcard": {}}}, "DESCRIBE"),
        row({"TableWithColumns": IN_SALES | {"Name": "ALL_TABLES", "ColumnWildcard": {}}}, "SELECT"),
    ]


@pytest.mark.parametrize("index", [0, 1])
def test_m2_the_listed_rows_of_all_tables_cannot_be_sent_back(index: int) -> None:
    lake = Lake()
    lake.grant(all_tables(), "SELECT", "DESCRIBE")
    listed = lake.rows(all_tables())[index]
    assert refusal(lambda: lake.revoke(listed["Resource"], *listed["Permissions"])).startswith("InvalidInput")
    lake.revoke(all_tables(), "SELECT", "DESCRIBE")
    assert lake.rows(all_tables()) == []


def test_m3_the_catalog_is_filled_in_and_the_same_when_it_is_given() -> None:
    lake = Lake()
    lake.grant(table(), "DESCRIBE")
    lake.grant(table(CatalogId=ACCOUNT), "DROP")
    assert lake.listed(table(CatalogId=ACCOUNT)) == lake.listed(table())
    assert lake.of(READER, table()) == [("Table", ["DESCRIBE", "DROP"])]
    lake.revoke(table(CatalogId=ACCOUNT), "DESCRIBE", "DROP")
    assert lake.rows(table()) == []


def test_m3_a_catalog_given_at_the_top_is_the_resources_too() -> None:
    lake = Lake()
    asked = {"CatalogId": OTHER_ACCOUNT, "Resource": table("orders", "shared")}
    request = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Permissions": ["SELECT"]}
    lake("GrantPermissions", **asked, **request)
    batch = {"CatalogId": OTHER_ACCOUNT, "Entries": [entry(1, table("orders", "shared"), "DROP")]}
    assert lake("BatchGrantPermissions", **batch) == {"Failures": []}
    for found in (lake.listed(**asked), lake.listed(table("orders", "shared", CatalogId=OTHER_ACCOUNT))):
        assert [row["permissions"] for row in found] == [["SELECT"], ["DROP"]][::-1]
    assert len(lake.listed(CatalogId=OTHER_ACCOUNT)) == 2
    assert lake.listed() == []


def test_m4_a_table_is_listed_with_its_columns() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT", to=OTHER)
    lake.grant(columns("id", "amount"), "SELECT")
    lake.grant(all_columns("ssn"), "SELECT", to=GROUP)
    lake.grant(columns("id", in_database="hr"), "SELECT")
    assert [found["resource"]["TableWithColumns"] for found in lake.listed(table())] == [
        IN_SALES | {"Name": "orders", "ColumnWildcard": {}},
        IN_SALES | {"Name": "orders", "ColumnNames": ["amount", "id"]},
        IN_SALES | {"Name": "orders", "ColumnWildcard": {"ExcludedColumnNames": ["ssn"]}},
    ]


def test_m5_only_columns_cannot_be_asked_about() -> None:
    lake = Lake()
    refused = "InvalidInputException: Cannot list permissions on a TableWithColumns Resource"
    assert refusal(lambda: lake.rows(columns("id"))) == refused
    lake.grant(cells_filter(), "SELECT")
    lake.grant(lf_tag("domain"), "DESCRIBE")
    lake.grant(lf_tag_policy(), "SELECT")
    lake("CreateLFTagExpression", Name="gold", Expression=[{"TagKey": "tier", "TagValues": ["gold"]}])
    expression = {"LFTagExpression": {"Name": "gold"}}
    lake.grant(expression, "DESCRIBE")
    for resource in (cells_filter(), lf_tag("domain"), lf_tag_policy(), expression):
        assert [found[0] for found in lake.of(READER, resource)] == list(resource)


RESOURCE_TYPES: dict[str, list[str]] = {
    "CATALOG": ["Catalog"],
    "DATABASE": ["Database"],
    "TABLE": ["Table", "TableWithColumns"],
    "DATA_LOCATION": ["DataLocation"],
    "LF_TAG": ["LFTag"],
    "LF_TAG_POLICY": ["LFTagPolicy DATABASE"],
    "LF_TAG_POLICY_DATABASE": ["LFTagPolicy DATABASE"],
    "LF_TAG_POLICY_TABLE": ["LFTagPolicy TABLE"],
    "LF_NAMED_TAG_EXPRESSION": ["LFTagExpression"],
}


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES)
def test_m6_resource_types(resource_type: str) -> None:
    lake = Lake()
    lake("CreateLFTagExpression", Name="gold", Expression=[{"TagKey": "tier", "TagValues": ["gold"]}])
    lake.grant({"Catalog": {}}, "CREATE_DATABASE")
    lake.grant(database(), "DESCRIBE")
    lake.grant(all_tables("hr"), "DESCRIBE")
    lake.grant(columns("id"), "SELECT")
    lake.grant(cells_filter(), "SELECT")
    lake.grant(location(), "DATA_LOCATION_ACCESS")
    lake.grant(lf_tag(), "DESCRIBE")
    lake.grant(lf_tag_policy("DATABASE"), "DESCRIBE")
    lake.grant(lf_tag_policy("TABLE"), "SELECT")
    lake.grant({"LFTagExpression": {"Name": "gold"}}, "DESCRIBE")
    kinds = [
        " ".join(filter(None, (kind, fields.get("ResourceType"))))
        for found in lake.listed(ResourceType=resource_type)
        for kind, fields in found["resource"].items()
    ]
    assert kinds == RESOURCE_TYPES[resource_type]


def test_m6_an_unknown_resource_type_is_refused() -> None:
    assert refusal(lambda: Lake().rows(ResourceType="VIEW")).startswith("InvalidInputException: ")


@pytest.mark.parametrize("is_shown", [False, True])
def test_m7_u3_a_table_and_all_tables_are_two_resources(is_shown: bool) -> None:
    lake = Lake(named_table_lists_all_tables=is_shown)
    lake.grant(table(), "DESCRIBE")
    lake.grant(all_tables(), "DROP")
    assert lake.of(READER, all_tables()) == [("Table", ["DROP"])]
    assert lake.of(READER, table()) == [("Table", ["DESCRIBE"])] + [("Table", ["DROP"])] * is_shown


def test_m18_m33_lists_are_sets() -> None:
    lake = Lake()
    lake.grant(columns("id", "amount"), "SELECT")
    lake.grant(columns("amount", "id"), "SELECT")
    lake.grant(lf_tag_policy(domain=["sales", "orders"], tier=["gold"]), "SELECT")
    lake.grant(lf_tag_policy(tier=["gold"], domain=["orders", "sales"]), "DESCRIBE")
    assert lake.of(READER, table()) == [("TableWithColumns", ["SELECT"])]
    policy = lf_tag_policy(tier=["gold"], domain=["sales", "orders"])
    assert lake.of(READER, policy) == [("LFTagPolicy", ["DESCRIBE", "SELECT"])]
    assert lake.rows(lf_tag_policy(domain=["sales", "orders"])) == []
    assert lake.rows(lf_tag_policy("DATABASE", tier=["gold"], domain=["sales", "orders"])) == []


@pytest.mark.parametrize("merges", [True, False])
def test_u4_column_grants_merge_or_stay_apart(merges: bool) -> None:
    lake = Lake(columns_merge=merges)
    lake.grant(columns("id"), "SELECT")
    lake.grant(columns("amount", "id"), "SELECT")
    lake.grant(columns("ssn"), "SELECT", grantable=["SELECT"])
    listed = [
        (found["resource"]["TableWithColumns"]["ColumnNames"], bool(found["grantable"]))
        for found in lake.listed(table())
    ]
    apart = [(["id"], False), (["amount", "id"], False), (["ssn"], True)]
    assert listed == ([(["amount", "id"], False), (["ssn"], True)] if merges else apart)


def test_m24_federated_catalogs_belong_into_the_resource() -> None:
    lake = Lake()
    refused = "InvalidInputException: Catalog id must be a valid AWS account id."
    assert refusal(lambda: lake("ListPermissions", CatalogId=FEDERATED)) == refused
    request = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Permissions": ["SELECT"], "CatalogId": FEDERATED}
    for operation in ("GrantPermissions", "RevokePermissions"):
        assert refusal(lambda name=operation: lake(name, **request, Resource=all_tables("ns"))) == refused
    lake.grant(all_tables("ns", CatalogId=FEDERATED), "SELECT")
    (found,) = lake.listed(all_tables("ns", CatalogId=FEDERATED))
    assert found["resource"]["TableWithColumns"]["CatalogId"] == FEDERATED
    assert lake.listed() == [found]


def test_m26_names_are_folded_to_lower_case() -> None:
    lake = Lake()
    lake.grant(table("Orders", "Sales"), "SELECT")
    (found,) = lake.listed(table("ORDERS", "SALES"))
    assert found["resource"]["TableWithColumns"] == IN_SALES | {"Name": "orders", "ColumnWildcard": {}}


def test_m34_the_default_catalog_with_and_without_id() -> None:
    lake = Lake()
    lake.grant({"Catalog": {}}, "CREATE_DATABASE")
    lake.grant({"Catalog": {"Id": ACCOUNT}}, "DESCRIBE")
    assert lake.listed({"Catalog": {}}) == [row({"Catalog": {"Id": ACCOUNT}}, "CREATE_DATABASE", "DESCRIBE")]


def test_m21_a_condition_is_part_of_a_grants_identity() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT", condition="context.a")
    lake.grant(table(), "SELECT", "DESCRIBE")
    lake.grant(table(), "DROP", condition="context.a")
    conditions = [(found.get("condition"), found["permissions"]) for found in lake.listed(table())]
    assert conditions == [("context.a", ["DROP"]), ("context.a", ["SELECT"]), (None, ["DESCRIBE"]), (None, ["SELECT"])]
    nothing = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
    assert nothing in refusal(lambda: lake.revoke(table(), "DESCRIBE", condition="context.a"))
    lake.revoke(table(), "SELECT", "DROP", condition="context.a")
    assert [found.get("condition") for found in lake.listed(table())] == [None, None]


def test_m22_rows_say_who_changed_them_when_and_how_they_are_shared() -> None:
    lake = Lake()
    lake.grant(table(), "DESCRIBE", grantable=["DESCRIBE"], to=OTHER_ACCOUNT)
    lake.grant(table(), "DESCRIBE", to=OTHER)
    shared, own = lake.rows(table())
    assert shared["LastUpdatedBy"] == ADMIN
    assert shared["LastUpdated"] < own["LastUpdated"]
    (share,) = shared["AdditionalDetails"]["ResourceShare"]
    assert share.startswith(f"arn:aws:ram:us-east-1:{ACCOUNT}:resource-share/")
    assert "AdditionalDetails" not in own


def test_m23_permissions_come_in_any_order() -> None:
    orders = set()
    for principal in (READER, OTHER, GROUP, IDENTITY_GROUP):
        lake = Lake()
        lake.grant(table(), *TABLE, to=principal)
        orders.add(tuple(lake.rows(table())[0]["Permissions"]))
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(name for name in TABLE if name != "SELECT")}
    lake.behave(shuffle_permissions=False)
    assert lake.rows(table())[0]["Permissions"] == [name for name in TABLE if name != "SELECT"]


# ---- ALL, SUPER_USER ----


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("no", [("Table", ["ALL"])]),
        ("select_row", [("Table", ["ALL"]), ("TableWithColumns", ["SELECT"])]),
        ("listed", [("Table", [name for name in TABLE if name != "SELECT"]), ("TableWithColumns", ["SELECT"])]),
        ("stored", [("Table", [name for name in TABLE if name != "SELECT"]), ("TableWithColumns", ["SELECT"])]),
    ],
)
def test_m31_all_is_listed_alone_or_with_what_it_stands_for(mode: str, expected: list[t.Any]) -> None:
    lake = Lake(all_expands=mode)
    lake.grant(table(), "ALL")
    for principal in (EVERYBODY, GROUP):
        lake.grant(table(), "ALL", to=principal)
    assert lake.of(READER, table()) == expected
    assert lake.of(EVERYBODY, table()) == lake.of(GROUP, table()) == [("Table", ["ALL"])]
    lake.revoke(table(), "ALL")
    left = [("Table", expected[0][1][1:]), expected[1]] if mode == "stored" else []
    assert lake.of(READER, table()) == left


@pytest.mark.parametrize("mode", ["no", "select_row", "listed", "stored"])
def test_m31_all_is_apart_from_its_parts(mode: str) -> None:
    lake = Lake(all_expands=mode)
    lake.grant(database(), "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP")
    assert lake.of(READER, database()) == [("Database", ["ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"])]
    lake.grant(database(), "ALL")
    lake.revoke(database(), "ALL")
    assert lake.of(READER, database()) == [("Database", ["ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"])]


@pytest.mark.parametrize("echoes", [True, False])
def test_m35_super_user_shows_a_grant_option_it_has_not(echoes: bool) -> None:
    lake = Lake(super_user_echo=echoes)
    resource = {"Catalog": {"Id": FEDERATED}}
    lake.grant(resource, "SUPER_USER", "DESCRIBE")
    (found,) = lake.listed(resource)
    assert found["grantable"] == (["SUPER_USER"] if echoes else [])


# ---- LF-tags ----


def test_m32_each_permission_on_a_tag_is_a_row() -> None:
    lake = Lake()
    lake.grant(lf_tag("domain"), "DESCRIBE", "ASSOCIATE", grantable=["DESCRIBE", "ASSOCIATE"])
    everything = {"LFTag": {"CatalogId": ACCOUNT, "TagKey": "domain", "TagValues": ["*"]}}
    assert lake.listed(lf_tag("domain")) == [
        row(everything, "ASSOCIATE", grantable=["ASSOCIATE"]),
        row(everything, "DESCRIBE", grantable=["DESCRIBE"]),
    ]


def test_m32_listing_some_values_finds_grants_on_all_and_the_reverse() -> None:
    lake = Lake()
    lake.grant(lf_tag("domain"), "DESCRIBE")
    lake.grant(lf_tag("domain", "sales", "orders"), "ASSOCIATE")
    lake.grant(lf_tag("tier"), "DESCRIBE")

    def values(*asked: str) -> list[list[str]]:
        return [found["resource"]["LFTag"]["TagValues"] for found in lake.listed(lf_tag("domain", *asked))]

    assert values("private") == [["*"]]
    assert values("sales") == values("*") == [["*"], ["orders", "sales"]]


@pytest.mark.parametrize("folds", [True, False])
def test_u6_tags_are_folded_to_lower_case(folds: bool) -> None:
    lake = Lake(lf_tags_fold=folds)
    lake("CreateLFTag", TagKey="Team", TagValues=["Risk"])
    lake.grant(lf_tag("Team", "Risk"), "DESCRIBE")
    lake.grant(lf_tag_policy("TABLE", Team=["Risk"]), "SELECT")
    tag, policy = (found["resource"] for found in lake.listed())
    key, value = ("team", "risk") if folds else ("Team", "Risk")
    assert (tag["LFTag"]["TagKey"], tag["LFTag"]["TagValues"]) == (key, [value])
    assert policy["LFTagPolicy"]["Expression"] == [{"TagKey": key, "TagValues": [value]}]


@pytest.mark.parametrize(
    ("shape", "expected"), [("together", [["DESCRIBE", "SELECT"]]), ("apart", [["DESCRIBE"], ["SELECT"]])]
)
def test_u7_select_of_a_policy_is_one_row_or_two(shape: str, expected: list[list[str]]) -> None:
    lake = Lake(lf_tag_policy_select_row=shape)
    lake.grant(lf_tag_policy(), "SELECT", "DESCRIBE")
    assert [found["permissions"] for found in lake.listed(lf_tag_policy())] == expected
    assert {next(iter(found["resource"])) for found in lake.listed(lf_tag_policy())} == {"LFTagPolicy"}


# ---- pages ----


def pages(lake: Lake, **parameters: t.Any) -> list[int]:
    sizes = []
    while True:
        page = lake("ListPermissions", **parameters)
        sizes.append(len(page["PrincipalResourcePermissions"]))
        if "NextToken" not in page:
            return sizes
        parameters["NextToken"] = page["NextToken"]


def lake_of_rows(count: int, **behaviour: t.Any) -> Lake:
    lake = Lake(**behaviour)
    for number in range(count):
        lake.principals.add(f"arn:aws:iam::{ACCOUNT}:role/r{number}")
        lake.grant(database(), "DESCRIBE", to=f"arn:aws:iam::{ACCOUNT}:role/r{number}")
    return lake


def test_m8_pages() -> None:
    lake = lake_of_rows(7)
    assert pages(lake) == [7]
    assert pages(lake, MaxResults=3) == [3, 3, 1]
    assert pages(lake, Resource=database(), MaxResults=7) == [7]
    lake.behave(page_size=2)
    assert pages(lake, MaxResults=1000) == [2, 2, 2, 1]
    lake.behave(page_size=100, short_pages=True)
    assert pages(lake, MaxResults=4) == [0, 2, 0, 4, 0, 1]


@pytest.mark.parametrize("size", [0, 1001, "2", True])
def test_m8_a_bad_page_size_is_refused(size: t.Any) -> None:
    assert "MaxResults" in refusal(lambda: Lake()("ListPermissions", MaxResults=size))


def test_m8_a_token_is_for_the_same_question() -> None:
    lake = lake_of_rows(3)
    token = lake("ListPermissions", MaxResults=1)["NextToken"]
    assert "NextToken" in refusal(lambda: lake("ListPermissions", MaxResults=1, NextToken="else"))
    assert "NextToken" in refusal(lambda: lake("ListPermissions", Resource=database(), NextToken=token))
    assert len(lake("ListPermissions", MaxResults=2, NextToken=token)["PrincipalResourcePermissions"]) == 2


def test_m8_a_listing_shows_what_was_there_when_it_began() -> None:
    lake = lake_of_rows(4)
    first = lake("ListPermissions", MaxResults=2)
    lake.revoke(database(), "DESCRIBE", of=f"arn:aws:iam::{ACCOUNT}:role/r0")
    rest = lake("ListPermissions", MaxResults=2, NextToken=first["NextToken"])
    assert len({str(found["Principal"]) for found in (first | rest)["PrincipalResourcePermissions"]}) == 2
    assert len(lake.rows()) == 3


# ---- principal and resource: effective permissions ----


def test_m9_with_principal_and_resource_the_effective_permissions_are_listed() -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}}
    assert lake.of(READER, database(), **asked) == [("Database", ["DESCRIBE"])]
    lake.grant(database(), "ALL", to=EVERYBODY)
    assert lake.of(READER, database(), **asked) == [("Database", ["ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"])]
    nothing = "InvalidInputException: No permissions revoked."
    assert refusal(lambda: lake.revoke(database(), "ALL", "ALTER", "CREATE_TABLE", "DROP")).startswith(nothing)


def test_m9_columns_become_all_columns_where_everybody_has_the_table() -> None:
    lake = Lake()
    lake.grant(columns("id"), "SELECT")
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}}
    assert lake.listed(table(), **asked)[0]["resource"]["TableWithColumns"]["ColumnNames"] == ["id"]
    lake.grant(table(), "ALL", to=EVERYBODY)
    select = [found for found in lake.listed(table(), **asked) if found["permissions"] == ["SELECT"]]
    assert [found["resource"]["TableWithColumns"]["ColumnWildcard"] for found in select] == [{}]


def test_m9_all_tables_and_the_accounts_group_count_too() -> None:
    lake = Lake()
    lake.grant(all_tables(), "DROP")
    lake.grant(table(), "ALTER", to=GROUP)
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}}
    assert lake.of(READER, table(), **asked) == [("Table", ["ALTER", "DROP"])]


def test_m27_administrators_have_everything_and_nothing_to_revoke() -> None:
    lake = Lake()
    found = lake.listed(table(), Principal={"DataLakePrincipalIdentifier": ADMIN})
    assert sorted(name for each in found for name in each["permissions"]) == TABLE
    assert sorted(name for each in found for name in each["grantable"]) == TABLE
    assert lake.rows(table()) == []
    assert "No permissions revoked" in refusal(lambda: lake.revoke(table(), *TABLE, of=ADMIN))


def test_b32_administrators_may_show_in_listings_without_principal() -> None:
    lake = Lake(admin_rows=True)
    every = [("Database", ["ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"])]
    assert lake.of(ADMIN, database()) == every
    lake.grant(database(), "DESCRIBE", to=ADMIN)
    lake.grant(database(), "DESCRIBE")
    assert (lake.of(ADMIN, database()), lake.of(READER, database())) == (every, [("Database", ["DESCRIBE"])])
    assert [found["permissions"] for found in lake.listed()] == [["DESCRIBE"], ["DESCRIBE"]]


REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "without resource": ({}, "Resource is mandatory if Principal is set in the input."),
    "cells filter": (
        {"Resource": cells_filter()},
        "Cannot specify filter by Principal for Data Filter List Permissions",
    ),
    "related": (
        {"Resource": table(), "IncludeRelated": "TRUE"},
        "Principal must not be specified when requesting cell filter information.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_m10_questions_about_a_principal_that_are_refused(case: str) -> None:
    parameters, message = REFUSED[case]
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}}
    assert refusal(lambda: Lake()("ListPermissions", **asked, **parameters)) == f"InvalidInputException: {message}"


def test_grants_by_lf_tags_are_among_the_effective_permissions() -> None:
    """https://github.com/hashicorp/terraform-provider-aws/issues/44574: after evaluating all possible grants."""
    lake = Lake()
    lake.grant(lf_tag_policy("TABLE", domain=["sales"]), "SELECT", "INSERT")
    lake.grant(lf_tag_policy("DATABASE", domain=["sales"]), "DESCRIBE")
    asked = {"Principal": {"DataLakePrincipalIdentifier": READER}}
    sales = [{"TagKey": "domain", "TagValues": ["sales"]}]
    lake("AddLFTagsToResource", Resource=columns("id", "dob"), LFTags=sales)
    assert lake.rows(database(), **asked) == []
    (row,) = lake.listed(table(), **asked)
    assert row["resource"]["TableWithColumns"]["ColumnNames"] == ["dob", "id"]
    lake("AddLFTagsToResource", Resource=database(), LFTags=sales)
    assert lake.of(READER, database(), **asked) == [("Database", ["DESCRIBE"])]
    assert lake.of(READER, table(), **asked) == [("Table", ["INSERT"]), ("TableWithColumns", ["SELECT"])]
    assert lake.of(READER, table()) == []


def test_m10_identity_center_and_other_accounts_have_no_effective_permissions() -> None:
    lake = Lake()
    foreign = f"arn:aws:iam::{OTHER_ACCOUNT}:role/reader"
    for principal in (IDENTITY_GROUP, foreign):
        lake.grant(database(), "DESCRIBE", to=principal)
        assert lake.rows(database(), Principal={"DataLakePrincipalIdentifier": principal}) == []
        assert lake.of(principal, database()) == [("Database", ["DESCRIBE"])]
    refused = refusal(lambda: lake.rows(database(), Principal={"DataLakePrincipalIdentifier": IDENTITY_USER}))
    assert refused == "InvalidInputException: AccountId cannot be null or empty"


# ---- data cells filters ----


def test_m11_filters_are_shown_with_their_table_only_on_request() -> None:
    lake = Lake()
    lake.grant(cells_filter(), "SELECT", "DESCRIBE", "DROP")
    assert lake.rows(table()) == []
    assert lake.rows(table(), IncludeRelated="FALSE") == []
    assert lake.of(READER, table(), IncludeRelated="TRUE") == [("DataCellsFilter", ["DESCRIBE", "DROP", "SELECT"])]
    assert lake.of(READER, cells_filter()) == [("DataCellsFilter", ["DESCRIBE", "DROP", "SELECT"])]


@pytest.mark.parametrize("is_shown", [False, True])
def test_b17_an_account_wide_listing_may_show_filters(is_shown: bool) -> None:
    lake = Lake(scan_lists_cells_filters=is_shown)
    lake.grant(cells_filter(), "SELECT")
    assert len(lake.rows()) == is_shown


# ---- who sees what ----


def test_m28_others_see_their_own_rows_and_what_they_may_grant() -> None:
    lake = Lake()
    lake.grant(table(), "SELECT", "ALTER", "DROP", to=OTHER)
    lake.grant(table(), "ALTER")
    lake.grant(table(), "DESCRIBE", "ALTER", grantable=["DESCRIBE", "ALTER"])
    lake.grant(table(), "DESCRIBE", to=OTHER)
    found = lake.listed(table(), caller=READER)
    assert [(each["principal"], each["permissions"]) for each in found] == [
        (OTHER, ["ALTER", "DESCRIBE"]),
        (READER, ["ALTER", "DESCRIBE"]),
    ]
    lake.behave(caller_visibility=False)
    assert len(lake.rows(table(), caller=READER)) == 3


@pytest.mark.parametrize("mode", ["empty", "denied"])
def test_m28_who_may_see_nothing_is_answered_nothing_or_refused(mode: str) -> None:
    lake = Lake(blind_listing=mode)
    lake.grant(table(), "SELECT", to=OTHER)
    denied = (
        "AccessDeniedException: Resource does not exist or requester is not authorized to access requested permissions."
    )
    assert refusal(lambda: lake.rows(table(), caller=READER)) == (denied if mode == "denied" else "")
    assert lake.rows(caller=READER) == []
    lake.set(ReadOnlyAdmins=[{"DataLakePrincipalIdentifier": READER}])
    assert len(lake.rows(table(), caller=READER)) == 1


def test_m29_listings_lag_behind_writes() -> None:
    lake = Lake(list_lag=2)
    lake.grant(database(), "DESCRIBE")
    assert [len(lake.rows(database())) for _listing in range(4)] == [0, 0, 1, 1]
    lake.grant(database(), "DROP")
    lake.revoke(database(), "DESCRIBE")
    assert [lake.of(READER, database())[0][1] for _listing in range(3)] == [["DESCRIBE"], ["DESCRIBE"], ["DROP"]]
    lake.revoke(database(), "DROP")
    assert [len(lake.rows()) for _listing in range(3)] == [1, 1, 0]
    lake.grant(columns("id"), "SELECT")
    lake.revoke(columns("id"), "SELECT")
    assert [len(lake.rows(table())) for _listing in range(3)] == [0, 0, 0]


# ---- what is not there ----


@pytest.mark.parametrize(
    "resource",
    [database("gone"), table("gone"), table("orders", "gone"), all_tables("gone"), lf_tag("gone")],
)
def test_b39_listing_what_is_not_there_is_an_error(resource: Shape) -> None:
    assert refusal(lambda: Lake().rows(resource)).startswith("EntityNotFoundException: ")


@pytest.mark.parametrize("is_shown", [True, False])
def test_b39_grants_survive_their_resource(is_shown: bool) -> None:
    lake = Lake(absent_resource_rows=is_shown)
    lake.grant(table("customers"), "SELECT")
    lake.catalog.remove_table("sales", "customers")
    assert len(lake.rows()) == is_shown
    assert refusal(lambda: lake.revoke(table("customers"), "SELECT")) == "EntityNotFoundException: Table not found."
    lake.catalog.add_table("sales", "customers", ("id",))
    assert lake.of(READER, table("customers")) == [("TableWithColumns", ["SELECT"])]


def test_b39_grants_survive_their_principal() -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE")
    lake.principals.remove(READER)
    assert lake.of(READER, database()) == [("Database", ["DESCRIBE"])]
    lake.revoke(database(), "DESCRIBE")
    assert lake.rows(database()) == []


def test_m30_all_tables_of_a_linked_database_cannot_be_listed() -> None:
    lake = Lake()
    lake.grant(all_tables("shared_link"), "DESCRIBE")
    refused = "InvalidInputException: Database cannot be a link for this operation when called on a table."
    assert refusal(lambda: lake.rows(all_tables("shared_link"))) == refused
    assert lake.of(READER, ResourceType="TABLE") == [("Table", ["DESCRIBE"])]
