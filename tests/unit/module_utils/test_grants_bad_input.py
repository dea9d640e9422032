# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module refuses: before any call where the options show it, before any write where the account does."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._change import Refused
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import check_principal
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import (
    ACCOUNT,
    FEDERATED,
    OTHER_ACCOUNT,
    READER,
    GrantsAccount,
)

SALES = {"database": "sales"}
ORDERS = {**SALES, "tables": ["orders"]}
ALL_TABLES = {**SALES, "tables": "*"}


def table(**more: t.Any) -> dict[str, t.Any]:
    return {"resource": {"Table": {"DatabaseName": "sales", "Name": "orders", **more}}}


REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "SELECT on a database": ({**SALES, "permissions": ["SELECT"]}, 'tables: "\\*"'),
    "CREATE_TABLE on a table": ({**ORDERS, "permissions": ["CREATE_TABLE"]}, "'CREATE_TABLE' is none of"),
    "what the console calls ALL": ({**ORDERS, "permissions": ["Super"]}, '"Super" is ALL'),
    "permission in lowercase": ({**ORDERS, "permissions": ["select"]}, "'select' is none of"),
    "no permissions": ({**ORDERS, "permissions": []}, "name at least one permission"),
    "SELECT on a data location": (
        {"resource": {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake"}}, "permissions": ["SELECT"]},
        "DATA_LOCATION_ACCESS",
    ),
    "SUPER_USER on the default catalog": ({"resource": {"Catalog": {}}, "permissions": ["SUPER_USER"]}, "SUPER_USER"),
    "CREATE_CATALOG on a federated catalog": (
        {"resource": {"Catalog": {"Id": FEDERATED}}, "permissions": ["CREATE_CATALOG"]},
        "CREATE_CATALOG",
    ),
    "no default permission": ({"resource": {"Catalog": {}}}, "permissions: is needed"),
    "columns with DESCRIBE": ({**ORDERS, "columns": ["id"], "permissions": ["DESCRIBE"]}, "columns take SELECT only"),
    "excluded columns with DESCRIBE": (
        {**ORDERS, "excluded_columns": ["id"], "permissions": ["SELECT", "DESCRIBE"]},
        "columns take SELECT only",
    ),
    "columns of several tables": ({**SALES, "tables": ["orders", "salaries"], "columns": ["id"]}, "of one table"),
    "columns of all tables": ({**ALL_TABLES, "columns": ["id"]}, "of one table"),
    "columns without a table": ({**SALES, "columns": ["id"]}, "tables: is needed"),
    "both lists of columns": ({**ORDERS, "columns": ["id"], "excluded_columns": ["ssn"]}, "beside columns"),
    "columns and a filter": ({**ORDERS, "columns": ["id"], "data_cells_filter": "eu_only"}, "beside columns"),
    "no columns": ({**ORDERS, "columns": []}, "the list is empty"),
    "no tables": ({**SALES, "tables": []}, "the list is empty"),
    "a blank table": ({**SALES, "tables": ["orders", " "]}, "tables\\[1\\]: is empty"),
    "all tables and another": ({**SALES, "tables": ["*", "orders"]}, "stands for all tables"),
    "a wildcard in a name": ({**SALES, "tables": ["order*"]}, "wildcard"),
    "a wildcard in a database": ({"database": "sal?s"}, "wildcard"),
    "a control character": ({**SALES, "tables": ["or\nders"]}, "grants\\[0\\].tables"),
    "an ARN for a name": ({"database": "arn:aws:glue:us-east-1:123456789012:database/sales"}, "not an ARN"),
    "tables without a database": ({"tables": ["orders"]}, "names no resource"),
    "nothing": ({}, "names no resource"),
    "a resource and words": ({**table(), **SALES}, "leave database out"),
    "a resource and a catalog": ({**table(), "catalog_id": ACCOUNT}, "leave catalog_id out"),
    "a resource of two": ({"resource": {"Database": {"Name": "a"}, "Catalog": {}}}, "name one resource"),
    "a resource of none": ({"resource": {}}, "name one resource"),
    "a resource of another kind": ({"resource": {"View": {"Name": "a"}}}, "'View' is not one of Catalog"),
    "a table without a name": (
        {"resource": {"Table": {"DatabaseName": "sales"}}},
        "resource.Table: takes one of Name and",
    ),
    "columns that are not said": (
        {"resource": {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders"}}},
        "takes one of ColumnNames and ColumnWildcard",
    ),
    "a wildcard in a resource": (table(Name="order*"), "wildcard"),
    "a catalog that is none": (table(CatalogId="lake"), "not the id of a catalog"),
    "a catalog of an entry that is none": ({**SALES, "catalog_id": "lake"}, "not the id of a catalog"),
    "a policy without expression": ({"resource": {"LFTagPolicy": {"ResourceType": "TABLE"}}}, "one of Expression"),
    "tags and a database": ({**SALES, "lf_tags": {"domain": "sales"}}, "leave database out"),
    "tags of nothing": ({"lf_tags": {}}, "write each tag's key"),
    "tags without values": ({"lf_tags": {"domain": []}}, "the list is empty"),
    "tags in half the API's shape": ({"lf_tags": [{"TagKey": "domain"}]}, "lf_tags\\[0\\]: lacks TagValues"),
    "a resource type for nothing": ({**SALES, "resource_type": "table"}, "for lf_tags only"),
    "grantable, not granted": ({**ORDERS, "grantable": ["DESCRIBE"]}, "DESCRIBE is not among the permissions"),
    "an empty condition": ({**ORDERS, "condition": " "}, "condition: is empty"),
    "a long condition": ({**ORDERS, "condition": "x" * 3001}, "3,001 characters"),
}


@pytest.mark.parametrize(("entry", "says"), REFUSED.values(), ids=REFUSED)
def test_bad_entries_are_refused_before_any_call(entry: dict[str, t.Any], says: str) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=says) as raised:
        account.run(entry)
    assert raised.value.option.startswith("grants[0]")
    assert not account.calls


OPTIONS: dict[str, tuple[dict[str, t.Any], str]] = {
    "a federated catalog above": ({"catalog_id": FEDERATED}, "catalog_id: .* not the id of an account"),
    "databases without purge": ({"purge_databases": ["hr"]}, "purge_databases"),
    "databases in another scope": ({"purge": True, "purge_databases": ["hr"]}, "purge_databases"),
    "purge of what is absent": ({"purge": True, "state": "absent"}, "purge: "),
    "an output location that is none": ({"output_location": "results"}, "output_location"),
    "a wildcard to purge": (
        {"purge": True, "purge_scope": "databases", "purge_databases": ["*"]},
        "purge_databases: .* wildcard",
    ),
}


@pytest.mark.parametrize(("options", "says"), OPTIONS.values(), ids=OPTIONS)
def test_bad_options_are_refused_before_any_call(options: dict[str, t.Any], says: str) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=says):
        account.run(SALES, **options)
    assert not account.calls


@pytest.mark.parametrize("options", [{"purge": True}, {"purge": True, "purge_scope": "databases"}])
def test_an_empty_list_wants_a_scope_to_purge(options: dict[str, t.Any]) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=r"purge_scope|purge_databases"):
        account.run(**options)
    assert not account.calls


PRINCIPALS = (
    READER,
    "arn:aws:iam::123456789012:user/path/to/somebody",
    "arn:aws-us-gov:iam::123456789012:role/reader",
    "arn:aws:iam::123456789012:saml-provider/idp:user/somebody",
    "arn:aws:organizations::123456789012:organization/o-abc123",
    "arn:aws:organizations::123456789012:ou/o-abc123/ou-ab12-cd34",
    "arn:aws:identitystore:::group/1111aaaa-22bb-33cc-44dd-5555eeee6666",
    "arn:aws:identitystore:::user/1111aaaa-22bb-33cc-44dd-5555eeee6666",
    "arn:aws:quicksight:us-east-1:123456789012:group/default/readers",
    OTHER_ACCOUNT,
    "IAM_ALLOWED_PRINCIPALS",
    f"{ACCOUNT}:IAMPrincipals",
)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_principals_of_every_kind(principal: str) -> None:
    assert check_principal(principal) == principal


@pytest.mark.parametrize(
    ("principal", "says"),
    [
        ("reader", "is not a principal"),
        ("12345678901", "is not a principal"),
        ("\u0661" * 12, "which may not stand"),
        ("EVERYONE", "is not a principal"),
        ("arn:aws:iam::123456789012:group/readers", "is not a principal"),
        ("arn:aws:s3:::bucket", "is not a principal"),
        ("arn:aws:iam::123456789012:root", "12 digits"),
        ("arn:aws:sts::123456789012:assumed-role/reader/session", "name its role"),
        ("arn:aws:iam::123456789012:role/*", "wildcard"),
        ("arn:aws:iam::123456789012:role/" + "r" * 255, "is not a principal"),
        ("", "is not a principal"),
    ],
)
def test_what_is_no_principal_is_refused_before_any_call(principal: str, says: str) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=says):
        account.run(SALES, principal=principal)
    assert not account.calls


def test_all_that_does_not_exist_is_named_in_one_error_and_nothing_is_written() -> None:
    account = GrantsAccount()
    wanted = [
        {"database": "nope"},
        {"database": "none", "tables": "*"},
        {**SALES, "tables": ["orders", "gone"]},
        {**SALES, "tables": ["customers"], "columns": ["id", "age"]},
        {"database": "hr", "tables": ["orders"], "excluded_columns": ["wage"]},
        {**ORDERS, "data_cells_filter": "all_but_eu"},
    ]
    with pytest.raises(Refused) as raised:
        account.run(*wanted)
    for name in (
        "database nope",
        "database none",
        "table sales.gone",
        "column age of table sales.customers",
        "column wage of table hr.orders",
        "data cells filter all_but_eu of table sales.orders",
    ):
        assert name in str(raised.value)
    assert not account.calls["writes"]
    assert not account.held()


def test_in_check_mode_what_does_not_exist_may_be_about_to_be_created() -> None:
    result = GrantsAccount().run({"database": "nope"}, check_mode=True)
    assert result["changed"]
    assert any("not in the Glue Data Catalog: database nope" in warning for warning in result.warnings)


def test_a_missing_database_is_named_where_its_tables_are_paged_through() -> None:
    account = GrantsAccount()
    with pytest.raises(Refused, match="database nope"):
        account.run({"database": "nope", "tables": ["a", "b", "c", "d", "e"]})
    assert account.calls["GetTables"] == 1
    assert account.calls["GetTable"] == 0


@pytest.mark.parametrize("more", [{}, {"columns": ["id"]}])
def test_a_resource_link_takes_no_select(more: dict[str, t.Any]) -> None:
    account = GrantsAccount()
    with pytest.raises(Refused, match=r"a resource link takes DESCRIBE and DROP only.*orders_link"):
        account.run({**SALES, "tables": ["orders_link"], **more})
    assert not account.calls["writes"]


def test_names_in_upper_case_are_folded() -> None:
    account = GrantsAccount()
    account.run({"database": "Sales"}, {"database": "SALES", "tables": ["Orders"], "columns": ["ID"]})
    assert account.run({**ORDERS, "columns": ["id"]}, SALES)["changed"] is False
