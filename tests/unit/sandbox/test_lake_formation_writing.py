# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the sandbox's Lake Formation grants, revokes and refuses: M, B and U as in the tests of its listings."""

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

INVALID = "InvalidInputException: Permissions modification is invalid"
NOTHING = (
    "InvalidInputException: No permissions revoked. Grantee has no permissions and no grantable permissions on "
    "resource."
)
NO_TAGS = (
    "InvalidInputException: No permissions revoked. Revoking Tag permissions on Tags that grantee does not have "
    "permissions on."
)
NO_COLUMN = "InvalidInputException: Unsupported modification: cannot grant/revoke permission on non-existent column."
DENIED = (
    "AccessDeniedException: Resource does not exist or requester is not authorized to access requested permissions."
)


# ---- granting ----


def test_grants_add_up_and_may_be_repeated() -> None:
    lake = Lake()
    for permissions in (["DESCRIBE"], ["DESCRIBE"], ["ALTER", "DESCRIBE"]):
        lake.grant(database(), *permissions)
    lake.grant(database(), "ALTER", grantable=["ALTER"])
    (found,) = lake.listed(database())
    assert (found["permissions"], found["grantable"]) == (["ALTER", "DESCRIBE"], ["ALTER"])


VALID: dict[str, tuple[Shape, set[str]]] = {
    "database": (database(), {"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}),
    "table": (table(), {"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}),
    "all tables": (all_tables(), {"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}),
    "view": (table("recent_orders"), {"ALL", "DESCRIBE", "DROP", "SELECT"}),
    "columns": (columns("id"), {"SELECT"}),
    "excluded columns": (all_columns("ssn"), {"SELECT"}),
    "cells filter": (cells_filter(), {"DESCRIBE", "DROP", "SELECT"}),
    "location": (location(), {"DATA_LOCATION_ACCESS"}),
    "tag": (lf_tag(), {"ALTER", "ASSOCIATE", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "table policy": (lf_tag_policy(), {"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}),
    "database policy": (lf_tag_policy("DATABASE"), {"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}),
    "link to a database": (database("shared_link"), {"DESCRIBE", "DROP"}),
    "link to a table": (table("orders_link"), {"DESCRIBE", "DROP"}),
    "default catalog": (
        {"Catalog": {}},
        {"ALL", "ALTER", "CREATE_DATABASE", "DESCRIBE", "DROP"}
        | {"CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION", "CREATE_CATALOG"},
    ),
    "federated catalog": (
        {"Catalog": {"Id": FEDERATED}},
        {"ALL", "ALTER", "CREATE_DATABASE", "DESCRIBE", "DROP", "SUPER_USER"},
    ),
}
EVERY = sorted(set().union(*(permissions for _resource, permissions in VALID.values())))


@pytest.mark.parametrize("case", VALID)
def test_m14_m30_each_kind_of_resource_takes_its_permissions(case: str) -> None:
    resource, permissions = VALID[case]
    accepted = {name for name in EVERY if refusal(lambda name=name: Lake().grant(resource, name)) == ""}
    assert accepted == permissions


def test_m14_a_permission_that_is_none_is_refused() -> None:
    assert "READ" in refusal(lambda: Lake().grant(database(), "READ"))
    assert refusal(lambda: Lake().grant(database())).startswith("InvalidInputException: ")


@pytest.mark.parametrize(
    "principal",
    [
        READER,
        OTHER,
        OTHER_ACCOUNT,
        EVERYBODY,
        GROUP,
        IDENTITY_GROUP,
        IDENTITY_USER,
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/never-seen",
        f"arn:aws:organizations::{ACCOUNT}:ou/o-1/ou-1",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/p:group/g",
    ],
)
def test_m15_who_can_be_granted_to(principal: str) -> None:
    lake = Lake()
    lake.grant(database(), "DESCRIBE", to=principal)
    assert lake.of(principal, database()) == [("Database", ["DESCRIBE"])]


@pytest.mark.parametrize(
    "principal",
    [
        f"arn:aws:iam::{ACCOUNT}:role/absent",
        f"arn:aws:iam::{ACCOUNT}:role/reader",
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/session",
        "reader",
    ],
)
def test_m15_who_cannot(principal: str) -> None:
    refused = refusal(lambda: Lake().grant(database(), "DESCRIBE", to=principal))
    assert refused == f"InvalidInputException: Invalid principal, arn: {principal}"


@pytest.mark.parametrize("length", [0, 256])
def test_m15_a_principal_has_1_to_255_characters(length: int) -> None:
    assert "255" in refusal(lambda: Lake().grant(database(), "DESCRIBE", to="x" * length))


ABSENT: dict[str, tuple[Shape, str]] = {
    "database": (database("gone"), "EntityNotFoundException: Database not found."),
    "table": (table("gone"), "EntityNotFoundException: Table not found."),
    "its database": (table("orders", "gone"), "EntityNotFoundException: Database not found."),
    "all tables": (all_tables("gone"), "EntityNotFoundException: Database not found."),
    "column": (columns("id", "gone"), NO_COLUMN),
    "excluded column": (all_columns("gone"), NO_COLUMN),
    "column of a link": (columns("id", of="orders_link"), NO_COLUMN),
    "cells filter": (cells_filter("gone"), "InvalidInputException: Cell Filter not found"),
    "tag": (lf_tag("gone"), "EntityNotFoundException: Tag key or value does not exist."),
    "tag value": (lf_tag("domain", "gone"), "EntityNotFoundException: Tag key or value does not exist."),
    "policy": (lf_tag_policy(gone=["x"]), "EntityNotFoundException: Tag key or value does not exist."),
    "saved expression": (
        {"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": "gone"}},
        "EntityNotFoundException: LF-Tag expression not found.",
    ),
    "catalog": ({"Catalog": {"Id": f"{ACCOUNT}:gone"}}, "EntityNotFoundException: Catalog not found."),
}


@pytest.mark.parametrize("case", ABSENT)
def test_m15_what_is_not_there_is_refused(case: str) -> None:
    resource, message = ABSENT[case]
    assert refusal(lambda: Lake().grant(resource, "SELECT")) == message


def test_b33_a_location_must_be_registered() -> None:
    refused = refusal(lambda: Lake().grant(location("elsewhere"), "DATA_LOCATION_ACCESS"))
    assert "register the S3 path" in refused
    lake = Lake()
    lake.grant(location("acme-data-lake/sales/orders"), "DATA_LOCATION_ACCESS")
    assert lake.of(READER, location("acme-data-lake/sales/orders/")) == [("DataLocation", ["DATA_LOCATION_ACCESS"])]


def test_m16_the_grant_option_is_for_what_is_granted() -> None:
    refused = refusal(lambda: Lake().grant(database(), "DESCRIBE", grantable=["DROP"]))
    assert refused.startswith("InvalidInputException: ")


def test_b20_excluded_columns_take_no_grant_option() -> None:
    lake = Lake()
    assert refusal(lambda: lake.grant(all_columns("ssn"), "SELECT", grantable=["SELECT"])) == INVALID
    lake.grant(columns("id"), "SELECT", grantable=["SELECT"])


CONFLICTS: list[tuple[tuple[Shape, str], tuple[Shape, str], bool]] = [
    ((table(), "DESCRIBE"), (columns("id"), "SELECT"), True),
    ((table(), "SELECT"), (columns("id"), "SELECT"), True),
    ((table(), "INSERT"), (all_columns("ssn"), "SELECT"), True),
    ((columns("id"), "SELECT"), (table(), "DESCRIBE"), True),
    ((columns("id"), "SELECT"), (all_columns("ssn"), "SELECT"), True),
    ((all_columns("ssn"), "SELECT"), (all_columns("dob"), "SELECT"), True),
    ((all_columns("ssn"), "SELECT"), (all_columns(), "SELECT"), True),
    ((columns("id"), "SELECT"), (columns("amount"), "SELECT"), False),
    ((all_columns("ssn"), "SELECT"), (all_columns("ssn"), "SELECT"), False),
    ((all_tables(), "SELECT"), (columns("id"), "SELECT"), False),
    ((cells_filter(), "SELECT"), (table(), "SELECT"), False),
    ((table(in_database="hr"), "SELECT"), (columns("id"), "SELECT"), False),
]


@pytest.mark.parametrize("is_refused", [True, False])
@pytest.mark.parametrize(("held", "wanted", "conflicts"), CONFLICTS)
def test_m17_a_table_and_columns_of_it_exclude_each_other(
    held: tuple[Shape, str], wanted: tuple[Shape, str], conflicts: bool, is_refused: bool
) -> None:
    lake = Lake(table_and_columns_conflict=is_refused)
    lake.grant(*held)
    assert refusal(lambda: lake.grant(*wanted)) == (INVALID if conflicts and is_refused else "")
    assert refusal(lambda: lake.grant(*wanted, to=OTHER)) == ""
    assert refusal(lambda: lake.grant(*wanted, condition="context.a")) == ""


@pytest.mark.parametrize("is_refused", [True, False])
def test_m17_columns_with_other_permissions(is_refused: bool) -> None:
    lake = Lake(table_and_columns_conflict=is_refused)
    assert refusal(lambda: lake.grant(all_columns("ssn"), "SELECT", "DESCRIBE")) == (INVALID if is_refused else "")
    assert lake.of(READER, table()) == (
        [] if is_refused else [("Table", ["DESCRIBE"]), ("TableWithColumns", ["SELECT"])]
    )
    if not is_refused:
        lake.revoke(all_columns("ssn"), "SELECT", "DESCRIBE")
        assert lake.rows(table()) == []


def test_m17_a_refused_grant_changes_nothing() -> None:
    lake = Lake()
    lake.grant(columns("id"), "SELECT")
    before = lake.listed()
    assert refusal(lambda: lake.grant(table(), "SELECT", "DESCRIBE")) == INVALID
    assert lake.listed() == before


def test_b28_some_permissions_do_not_leave_the_account() -> None:
    for resource, permission in ((database(), "ALL"), (database(), "DROP"), (table(), "ALL"), (lf_tag(), "ALTER")):
        assert refusal(lambda r=resource, p=permission: Lake().grant(r, p, to=OTHER_ACCOUNT)) == INVALID
    lake = Lake()
    for resource, permission in ((database(), "ALTER"), (table(), "DROP"), (lf_tag(), "ASSOCIATE")):
        lake.grant(resource, permission, to=OTHER_ACCOUNT)


def test_b33_a_table_that_is_everybodys_is_not_shared() -> None:
    lake = Lake()
    lake.grant(table(), "ALL", to=EVERYBODY)
    refused = "InvalidInputException: Please revoke permission(s) for IAM_ALLOWED_PRINCIPALS on the table"
    for resource in (table(), columns("id")):
        assert refusal(lambda r=resource: lake.grant(r, "SELECT", to=OTHER_ACCOUNT)) == refused
    lake.grant(table(), "SELECT")
    lake.revoke(table(), "ALL", of=EVERYBODY)
    lake.grant(table(), "SELECT", to=OTHER_ACCOUNT)


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {**database(), **table()},
        {"Table": {"DatabaseName": "sales"}},
        {"Table": {"DatabaseName": "sales", "Name": "orders", "TableWildcard": {}}},
        {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders"}},
        {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnNames": ["id"], "ColumnWildcard": {}}},
        {"Database": {}},
        {"Database": {"Name": "x" * 256}},
        {"DataLocation": {"ResourceArn": "s3://bucket"}},
        {"LFTagPolicy": {"ResourceType": "COLUMN", "Expression": [{"TagKey": "tier", "TagValues": ["gold"]}]}},
        {"LFTagPolicy": {"ResourceType": "TABLE"}},
        {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "tier", "TagValues": ["gold"]}] * 2}},
        {"View": {"Name": "x"}},
    ],
)
def test_a_shape_that_is_no_resource_is_refused(resource: Shape) -> None:
    assert refusal(lambda: Lake().grant(resource, "SELECT")).startswith("InvalidInputException: ")


# ---- who may ----


def test_who_is_no_administrator_needs_the_grant_option() -> None:
    lake = Lake()
    assert refusal(lambda: lake.grant(table(), "SELECT", to=OTHER, caller=READER)) == DENIED
    lake.grant(table(), "SELECT", "DROP", grantable=["SELECT"])
    lake.grant(table(), "SELECT", to=OTHER, caller=READER)
    lake.grant(columns("id"), "SELECT", to=GROUP, caller=READER)
    assert refusal(lambda: lake.grant(table(), "SELECT", "DROP", to=OTHER, caller=READER)) == DENIED
    assert refusal(lambda: lake.grant(table("customers"), "SELECT", to=OTHER, caller=READER)) == DENIED
    assert refusal(lambda: lake.revoke(table(), "DROP", caller=READER)) == DENIED
    lake.revoke(table(), "SELECT", of=OTHER, caller=READER)


@pytest.mark.parametrize(
    ("held", "wanted", "is_wide_enough"),
    [
        (all_tables(), table(), True),
        (all_tables(), columns("id"), True),
        (columns("id", "amount"), columns("id"), True),
        (columns("id"), columns("id", "amount"), False),
        (table(), all_tables(), False),
    ],
)
def test_the_grant_option_reaches_what_lies_within(held: Shape, wanted: Shape, is_wide_enough: bool) -> None:
    lake = Lake()
    lake.grant(held, "SELECT", grantable=["SELECT"])
    refused = refusal(lambda: lake.grant(wanted, "SELECT", to=OTHER, caller=READER))
    assert refused == ("" if is_wide_enough else DENIED)


def test_all_with_the_grant_option_is_for_every_permission() -> None:
    lake = Lake()
    lake.grant(table(), "ALL", grantable=["ALL"])
    lake.grant(table(), "INSERT", to=OTHER, caller=READER)


# ---- revoking ----


@pytest.mark.parametrize("resource", [database(), table(), all_tables(), columns("id"), all_columns("ssn")])
def test_m12_what_is_not_held_cannot_be_revoked(resource: Shape) -> None:
    lake = Lake()
    permission = "DESCRIBE" if "Database" in resource else "SELECT"
    assert refusal(lambda: lake.revoke(resource, permission)) == NOTHING
    lake.grant(resource, permission, to=OTHER)
    assert refusal(lambda: lake.revoke(resource, permission)) == NOTHING


@pytest.mark.parametrize("is_strict", [True, False])
def test_m13_u5_a_revoke_of_more_than_is_held(is_strict: bool) -> None:
    lake = Lake(strict_revoke=is_strict)
    lake.grant(database(), "DESCRIBE", "ALTER", grantable=["ALTER"])
    assert refusal(lambda: lake.revoke(database(), "DESCRIBE", "DROP")) == (NOTHING if is_strict else "")
    assert refusal(lambda: lake.revoke(database(), "ALTER", grantable=["ALTER", "DROP"])) == (
        NOTHING if is_strict else ""
    )
    assert lake.of(READER, database()) == ([("Database", ["ALTER", "DESCRIBE"])] if is_strict else [])


@pytest.mark.parametrize("is_strict", [True, False])
def test_m13_b22_all_is_no_shorthand(is_strict: bool) -> None:
    lake = Lake(strict_revoke=is_strict)
    lake.grant(table(), "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
    assert refusal(lambda: lake.revoke(table(), "ALL")) == NOTHING
    assert refusal(lambda: lake.revoke(table(), "ALL", "SELECT")) == NOTHING
    lake.grant(table(), "ALL", to=OTHER)
    assert refusal(lambda: lake.revoke(table(), "SELECT", of=OTHER)) == NOTHING
    assert lake.of(OTHER, table()) == [("Table", ["ALL"])]


@pytest.mark.parametrize("is_strict", [True, False])
def test_m13_b21_tags_are_always_strict(is_strict: bool) -> None:
    lake = Lake(strict_revoke=is_strict)
    lake.grant(lf_tag(), "DESCRIBE", "ASSOCIATE")
    assert refusal(lambda: lake.revoke(lf_tag(), "DESCRIBE", "ASSOCIATE", "DROP")) == NO_TAGS
    assert refusal(lambda: lake.revoke(lf_tag("tier"), "DESCRIBE")) == NO_TAGS
    lake.revoke(lf_tag(), "DESCRIBE", "ASSOCIATE")
    assert lake.rows(lf_tag()) == []


def test_tag_values_are_revoked_from_the_row_that_has_them() -> None:
    lake = Lake()
    lake.grant(lf_tag("domain", "sales", "orders"), "DESCRIBE", "ASSOCIATE")
    lake.revoke(lf_tag("domain", "sales"), "DESCRIBE")
    found = [(row["resource"]["LFTag"]["TagValues"], row["permissions"]) for row in lake.listed(lf_tag())]
    assert sorted(found) == [(["orders"], ["ASSOCIATE"]), (["orders"], ["DESCRIBE"]), (["sales"], ["ASSOCIATE"])]
    lake.grant(lf_tag("tier"), "DESCRIBE")
    assert refusal(lambda: lake.revoke(lf_tag("tier", "gold"), "DESCRIBE")) == NO_TAGS


@pytest.mark.parametrize("keeps", [False, True])
def test_m38_u2_a_revoked_permission_may_leave_its_grant_option(keeps: bool) -> None:
    lake = Lake(revoke_keeps_grant_option=keeps)
    lake.grant(database(), "DESCRIBE", grantable=["DESCRIBE"])
    lake.revoke(database(), "DESCRIBE")
    found = [(row["permissions"], row["grantable"]) for row in lake.listed(database())]
    assert found == ([([], ["DESCRIBE"])] if keeps else [])
    lake.grant(table(), "SELECT", grantable=["SELECT"])
    lake.revoke(table(), "SELECT", grantable=["SELECT"])
    assert lake.rows(table()) == []


@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.parametrize(
    "resource", [database(), table(), all_tables(), columns("id"), lf_tag(), cells_filter(), lf_tag_policy()]
)
def test_u1_a_revoke_of_the_grant_option_alone(resource: Shape, is_accepted: bool) -> None:
    lake = Lake(empty_permissions_revoke=is_accepted)
    permission = "SELECT" if "TableWithColumns" in resource else "DESCRIBE"
    lake.grant(resource, permission, grantable=[permission])
    refused = refusal(lambda: lake.revoke(resource, grantable=[permission]))
    assert refused == ("" if is_accepted else "InvalidInputException: Permissions must not be empty.")
    (found,) = lake.listed()[:1] or lake.listed(resource)
    assert (found["permissions"], found["grantable"]) == ([permission], [] if is_accepted else [permission])


@pytest.mark.parametrize("merges", [True, False])
@pytest.mark.parametrize("takes_subset", [True, False])
def test_u4_a_revoke_of_some_columns(merges: bool, takes_subset: bool) -> None:
    lake = Lake(columns_merge=merges, revoke_column_subset=takes_subset)
    lake.grant(columns("id", "amount"), "SELECT")
    assert refusal(lambda: lake.revoke(columns("amount"), "SELECT")) == ("" if takes_subset else NOTHING)
    expected = ["id"] if takes_subset else ["amount", "id"]
    assert [row["resource"]["TableWithColumns"]["ColumnNames"] for row in lake.listed(table())] == [expected]
    assert refusal(lambda: lake.revoke(columns("id", "dob"), "SELECT")) == NOTHING
    lake.revoke(columns(*expected), "SELECT")
    assert lake.rows(table()) == []


def test_u4_merged_columns_that_are_grantable_or_not_are_two_rows() -> None:
    lake = Lake()
    lake.grant(columns("id", "amount"), "SELECT")
    lake.grant(columns("id"), "SELECT", grantable=["SELECT"])
    lake.revoke(columns("id"), grantable=["SELECT"])
    (found,) = lake.listed(table())
    assert (found["resource"]["TableWithColumns"]["ColumnNames"], found["grantable"]) == (["amount", "id"], [])


@pytest.mark.parametrize("matches", [True, False])
def test_b23_the_plain_form_of_the_row_of_all_columns(matches: bool) -> None:
    lake = Lake(plain_revoke_matches_all_columns=matches)
    lake.grant(table(), "SELECT", "DESCRIBE")
    assert refusal(lambda: lake.revoke(table(), "SELECT")) == ("" if matches else NOTHING)
    assert refusal(lambda: lake.revoke(all_columns(), "SELECT")) == (NOTHING if matches else "")
    assert lake.of(READER, table()) == [("Table", ["DESCRIBE"])]
    lake.grant(all_tables(), "SELECT")
    lake.revoke(all_tables(), "SELECT")


def test_b23_the_plain_form_never_means_columns() -> None:
    lake = Lake()
    lake.grant(columns("id"), "SELECT")
    assert refusal(lambda: lake.revoke(table(), "SELECT")) == NOTHING
    assert refusal(lambda: lake.revoke(all_columns(), "SELECT")) == NOTHING


def test_b21_what_is_gone_from_the_table() -> None:
    lake = Lake()
    lake.grant(columns("id", "amount"), "SELECT")
    lake.grant(cells_filter(), "SELECT")
    lake.catalog.add_table("sales", "orders", ("id",))
    assert refusal(lambda: lake.revoke(columns("id", "amount"), "SELECT")) == NO_COLUMN
    lake("DeleteDataCellsFilter", **cells_filter()["DataCellsFilter"])
    assert refusal(lambda: lake.revoke(cells_filter(), "SELECT")) == "InvalidInputException: Cell Filter not found"


@pytest.mark.parametrize("may", [False, True])
def test_b39_revoking_on_what_was_deleted(may: bool) -> None:
    lake = Lake(revoke_on_absent_resource=may)
    lake.grant(table("customers"), "SELECT")
    lake.catalog.remove_table("sales", "customers")
    refused = refusal(lambda: lake.revoke(table("customers"), "SELECT"))
    assert refused == ("" if may else "EntityNotFoundException: Table not found.")
    assert len(lake.rows()) == (not may)


# ---- batches ----


def test_m19_m20_entries_succeed_or_fail_on_their_own() -> None:
    lake = Lake()
    entries = [
        entry(1, table(), "SELECT", PermissionsWithGrantOption=["SELECT"]),
        entry(2, database(), "SELECT"),
        entry(3, table("gone"), "SELECT"),
        entry(4, database(), "DESCRIBE"),
    ]
    failures = lake("BatchGrantPermissions", Entries=entries)["Failures"]
    assert [(each["RequestEntry"]["Id"], each["Error"]["ErrorCode"]) for each in failures] == [
        ("2", "InvalidInputException"),
        ("3", "EntityNotFoundException"),
    ]
    assert failures[0]["RequestEntry"] == entries[1]
    assert failures[0]["Error"]["ErrorMessage"] == "Permissions modification is invalid"
    assert [row["grantable"] for row in lake.listed(table())] == [["SELECT"]]
    failures = lake("BatchRevokePermissions", Entries=entries)["Failures"]
    assert [each["RequestEntry"]["Id"] for each in failures] == ["2", "3"]
    assert lake.rows() == []


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(number, database(), "DESCRIBE") for number in range(21)],
        [entry(1, database(), "DESCRIBE"), entry(1, table(), "SELECT")],
        [entry(1, database(), "DESCRIBE") | {"Id": ""}],
        [entry(1, database(), "DESCRIBE") | {"Id": "x" * 256}],
    ],
)
@pytest.mark.parametrize("operation", ["BatchGrantPermissions", "BatchRevokePermissions"])
def test_m20_bad_batches_are_refused_whole(operation: str, entries: list[t.Any]) -> None:
    lake = Lake()
    assert refusal(lambda: lake(operation, Entries=entries)).startswith("InvalidInputException: ")
    assert lake.rows() == []


def test_m20_twenty_entries_are_taken() -> None:
    lake = Lake()
    entries = [entry(number, table(), "SELECT", "DROP") for number in range(20)]
    assert lake("BatchGrantPermissions", Entries=entries) == {"Failures": []}


# ---- faults ----


def test_m29_the_nth_write_meets_another() -> None:
    lake = Lake()
    message = "Permission update/Delete failed for Resource"
    lake.fail("write", "ConcurrentModificationException", message=message, after=1)
    lake.grant(database(), "DESCRIBE")
    refused = refusal(lambda: lake.revoke(database(), "DESCRIBE"))
    assert refused == f"ConcurrentModificationException: {message}"
    lake.revoke(database(), "DESCRIBE")


def test_m29_the_nth_entry_fails_and_is_not_done() -> None:
    lake = Lake()
    lake.fail("grant", "ConcurrentModificationException", after=1, times=2)
    entries = [entry(number, table(), name) for number, name in enumerate(("SELECT", "DROP", "ALTER", "DELETE"))]
    failures = lake("BatchGrantPermissions", Entries=entries)["Failures"]
    assert [(each["RequestEntry"]["Id"], each["Error"]["ErrorCode"]) for each in failures] == [
        ("1", "ConcurrentModificationException"),
        ("2", "ConcurrentModificationException"),
    ]
    assert lake.of(READER, table()) == [("Table", ["DELETE"]), ("TableWithColumns", ["SELECT"])]


def test_m29_a_whole_call_or_one_about_something_fails() -> None:
    lake = Lake()
    lake.fail("ListPermissions", "ThrottlingException", status=400)
    lake.fail("write", "ConcurrentModificationException", contains="customers", times=2)
    assert refusal(lake.rows) == "ThrottlingException: "
    assert lake.rows() == []
    lake.grant(table(), "SELECT")
    for _attempt in range(2):
        assert refusal(lambda: lake.grant(table("customers"), "SELECT")) == "ConcurrentModificationException: "
    lake.grant(table("customers"), "SELECT")


# ---- what is created ----


def rows_of_created(**settings: t.Any) -> dict[str, list[tuple[str, list[str], bool]]]:
    behaviour = {name: settings.pop(name) for name in list(settings) if name == "creator_rows"}
    lake = Lake(**behaviour)
    lake.set(**settings)
    lake.catalog.add_table("new", "events", ("id",))
    lake.service.database_created("new", READER)
    lake.service.table_created("new", "events", READER)
    return {
        name: [(row["principal"], row["permissions"], bool(row["grantable"])) for row in lake.listed(resource)]
        for name, resource in (("database", database("new")), ("table", table("events", "new")))
    }


DATABASE = ["ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"]
TABLE = ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"]


def test_m25_a_fresh_account_gives_new_things_to_everybody() -> None:
    expected = [(EVERYBODY, ["ALL"], False)]
    assert rows_of_created() == {"database": expected, "table": expected}


def test_m25_without_defaults_their_creator_has_them() -> None:
    found = rows_of_created(CreateDatabaseDefaultPermissions=[], CreateTableDefaultPermissions=[])
    assert found == {
        "database": [(READER, DATABASE, True)],
        "table": [(READER, TABLE, True), (READER, ["SELECT"], True)],
    }


@pytest.mark.parametrize(("mode", "count"), [("always", 2), ("never", 1), ("without_defaults", 1)])
def test_b32_when_creators_get_rows(mode: str, count: int) -> None:
    assert len(rows_of_created(creator_rows=mode)["database"]) == count


def test_m25_the_root_user_gets_none() -> None:
    lake = Lake()
    lake.set(CreateDatabaseDefaultPermissions=[])
    lake.service.database_created("sales", f"arn:aws:iam::{ACCOUNT}:root")
    assert lake.rows() == []


def test_an_unknown_operation_is_refused() -> None:
    assert refusal(lambda: Lake()("StartTransaction")).startswith("UnknownOperationException: ")


def test_an_administrator_is_who_the_settings_say() -> None:
    lake = Lake()
    lake.set(DataLakeAdmins=[])
    assert refusal(lambda: lake.grant(database(), "DESCRIBE", caller=ADMIN)) == DENIED
