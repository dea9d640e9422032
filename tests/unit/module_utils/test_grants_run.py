# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the module's concern: what it reads, writes, retries, reports and warns of."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._change import Refused
from ansible_collections.qualytics.athena.plugins.module_utils._errors import permission_for
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation import LakeFormationError
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import (
    ACCOUNT,
    ADMIN,
    COLUMNS,
    EVERYBODY,
    FEDERATED,
    OTHER,
    OTHER_ACCOUNT,
    READER,
    GrantsAccount,
)
from athena_sandbox.lake_formation import Fault

SALES = {"database": "sales"}
ORDERS = {**SALES, "tables": ["orders"]}
ALL_TABLES = {**SALES, "tables": "*"}
ORDERS_SHAPE = {"Table": {"DatabaseName": "sales", "Name": "orders"}}


def columns(*names: str) -> dict[str, t.Any]:
    return {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnNames": list(names)}}


@pytest.fixture
def account() -> GrantsAccount:
    return GrantsAccount()


# What need not exist -------------------------------------------------------------------------------------------------

DEFAULT = {"database": "default", "if_exists": True, "purge": False}


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_need_not_exist_is_left_out_where_it_does_not(account: GrantsAccount, check_mode: bool) -> None:
    result = account.run(SALES, DEFAULT, check_mode=check_mode)
    assert result.drift() == {("grant", "missing", "DESCRIBE on database sales")}
    assert not any("default" in warning and "Glue" in warning for warning in result.warnings)


def test_what_need_not_exist_is_granted_where_it_does_and_never_purged(account: GrantsAccount) -> None:
    account.catalog.add_database("default")
    expected = {("grant", "missing", f"DESCRIBE on database {name}") for name in ("default", "sales")}
    assert account.run(SALES, DEFAULT).drift() == expected
    assert not account.run(SALES, DEFAULT, purge=True, purge_scope="principal")["changed"]
    account.grant(READER, {"Database": {"Name": "default"}}, ["DROP"])
    assert not account.run(SALES, DEFAULT, purge=True, purge_scope="principal")["changed"]


def test_what_another_entry_names_must_exist(account: GrantsAccount) -> None:
    with pytest.raises(Refused, match="database default"):
        account.run(DEFAULT, {"database": "default"})


# Reading -------------------------------------------------------------------------------------------------------------


def test_nothing_to_do_takes_one_list_for_each_resource_and_the_settings(account: GrantsAccount) -> None:
    grants = [SALES, ALL_TABLES, ORDERS, {**ORDERS, "permissions": ["DESCRIBE"]}]
    account.run(*grants)
    result = account.run(*grants)
    assert not result["changed"]
    assert result.calls == {"GetCallerIdentity": 1, "GetDataLakeSettings": 1, "ListPermissions": 3}


def test_many_resources_take_the_pages_of_one_list(account: GrantsAccount) -> None:
    for number in range(50):
        account.catalog.add_table("sales", f"table_{number}")
    grants = {**SALES, "tables": [f"table_{number}" for number in range(50)]}
    account.run(grants)
    assert account.run(grants).calls["ListPermissions"] == 1


def test_the_list_of_a_large_account_is_given_up(account: GrantsAccount) -> None:
    for number in range(3000):
        account.catalog.add_table("hr", f"table_{number}")
        account.grant(OTHER, {"Table": {"DatabaseName": "hr", "Name": f"table_{number}"}}, ["SELECT"])
    grants = [{**SALES, "tables": ["orders", "salaries", "customers"]}, SALES, ALL_TABLES, {"database": "hr"}]
    for check_mode in (False, True):
        calls = account.run(*grants, check_mode=check_mode).calls
    # One for each, as many pages that were given up, and what only warnings are for.
    assert calls["ListPermissions"] <= 6 + 6 + 2


@pytest.mark.parametrize(("count", "pages"), [(3, 1), (6, 2), (10, 6), (100, 31), (100, 100), (100, 101), (200, 92)])
def test_reading_takes_one_list_each_or_the_pages_of_one_and_twice_the_smaller_at_most(count: int, pages: int) -> None:
    account = GrantsAccount(page_size=10)
    names = [f"table_{number}" for number in range(count)]
    for name in names:
        account.catalog.add_table("sales", name)
        account.grant(READER, {"Table": {"DatabaseName": "sales", "Name": name}}, ["DESCRIBE"])
    for number in range(count, pages * 10):
        account.catalog.add_table("hr", f"table_{number}")
        account.grant(OTHER, {"Table": {"DatabaseName": "hr", "Name": f"table_{number}"}}, ["DESCRIBE"])
    result = account.run({**SALES, "tables": names, "permissions": ["DESCRIBE"]}, SALES, check_mode=True)
    least = min(count + 1, pages)
    assert result.calls["ListPermissions"] <= (least if pages <= count + 1 and count > 5 else 2 * (count + 1))


def test_many_lf_tags_take_the_pages_of_one_list(account: GrantsAccount) -> None:
    keys = [f"key_{number}" for number in range(30)]
    for key in keys:
        account.call("CreateLFTag", TagKey=key, TagValues=["a"])
    grants = [{"resource": {"LFTag": {"TagKey": key, "TagValues": ["*"]}}} for key in keys]
    account.run(*grants)
    again = account.run(*grants)
    assert not again["changed"]
    assert again.calls["ListPermissions"] == 1


@pytest.mark.parametrize("short_pages", [False, True])
def test_rows_on_a_later_page_count(short_pages: bool) -> None:
    account = GrantsAccount(short_pages=short_pages, page_size=2)
    for number in range(9):
        account.grant(f"arn:aws:iam::{ACCOUNT}:role/other_{number}", ORDERS_SHAPE, ["SELECT"])
    account.run(ORDERS)
    assert not account.run(ORDERS)["changed"]


def test_a_denied_list_is_no_absence_of_grants(account: GrantsAccount) -> None:
    account.denied = {"ListPermissions"}
    with pytest.raises(LakeFormationError) as raised:
        account.run(ORDERS, purge=True)
    assert permission_for(raised.value) == "lakeformation:ListPermissions"
    assert not account.calls["writes"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_lake_formation_hides_is_no_absence_of_grants(state: str) -> None:
    account = GrantsAccount(blind_listing="denied")
    with pytest.raises(LakeFormationError):
        account.run(ORDERS, caller=OTHER, state=state)
    assert not account.calls["writes"]


def test_what_does_not_exist_holds_no_grants(account: GrantsAccount) -> None:
    result = account.run({**SALES, "tables": ["gone"]}, {"database": "nope"}, state="absent")
    assert not result["changed"]


def test_a_caller_that_may_be_blind_is_told_so(account: GrantsAccount) -> None:
    account.grant(OTHER, ORDERS_SHAPE, ["SELECT"], ["SELECT"])
    with_option = account.run(ORDERS, caller=OTHER, check_mode=True).warnings
    without = account.run(SALES, caller=OTHER, check_mode=True).warnings
    assert any("shows it only the permissions that it may grant" in it for it in with_option)
    assert not any("can grant nothing" in it for it in with_option)
    assert any("can grant nothing" in it for it in without)


def test_a_session_of_an_administrators_role_is_an_administrator(account: GrantsAccount) -> None:
    account.settings(DataLakeAdmins=[{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/path/admin"}])
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/somebody"
    assert account.run(check_mode=True, caller=session, purge=True, purge_scope="principal").warnings == []


def test_tables_of_a_link_database_are_listed_by_their_type(account: GrantsAccount) -> None:
    link = {"database": "sales_link", "tables": "*", "permissions": ["DESCRIBE"]}
    for state in ("present", "absent"):
        done, again = account.run(link, state=state), account.run(link, state=state)
        assert done["changed"]
        assert not done.get("failed")
        assert not again["changed"]


def test_federated_catalogs_and_other_accounts(account: GrantsAccount) -> None:
    grants = [
        {"database": "ns", "tables": ["orders"], "catalog_id": FEDERATED},
        {**ORDERS, "catalog_id": OTHER_ACCOUNT},
        {**ORDERS, "data_cells_filter": "eu_only"},
    ]
    result = account.run(*grants)
    catalogs = [next(iter(grant["Resource"].values())).get("CatalogId") for grant in result["granted"]]
    assert catalogs == [None, FEDERATED, OTHER_ACCOUNT]
    assert not account.run(*grants)["changed"]


# Purging -------------------------------------------------------------------------------------------------------------


def test_the_scopes_of_a_purge() -> None:
    def left(scope: str, **more: t.Any) -> set[tuple[str, ...]]:
        account = GrantsAccount()
        for database, name in (("sales", "orders"), ("sales", "salaries"), ("hr", "orders"), ("ns", "orders")):
            account.grant(READER, {"Table": {"DatabaseName": database, "Name": name}}, ["DESCRIBE"])
        account.run({**ORDERS, "permissions": ["SELECT"]}, purge=True, purge_scope=scope, **more)
        return {it.resource.path for it in account.held() if it.permission == "DESCRIBE"}

    assert left("resources") == {("sales", "salaries"), ("hr", "orders"), ("ns", "orders")}
    assert left("databases") == {("hr", "orders"), ("ns", "orders")}
    assert left("databases", purge_databases=["HR"]) == {("ns", "orders")}
    assert left("principal") == set()


@pytest.mark.parametrize("scope", ["databases", "principal"])
def test_a_purge_that_does_not_reach_another_catalog_is_told(account: GrantsAccount, scope: str) -> None:
    purge: dict[str, t.Any] = {"purge": True, "purge_scope": scope, "check_mode": True}
    federated = {"database": "ns", "tables": ["orders"], "catalog_id": FEDERATED}
    warnings = account.run(federated, SALES, **purge).warnings
    assert any(f"purge_scope={scope} reaches no more" in it and FEDERATED in it for it in warnings)
    assert not any("reaches no more" in it for it in account.run(SALES, **purge).warnings)
    assert not any("reaches no more" in it for it in account.run(federated, purge=True, check_mode=True).warnings)


def test_an_entry_may_stay_out_of_the_purge(account: GrantsAccount) -> None:
    account.grant(READER, {"Database": {"Name": "sales"}}, ["ALTER"])
    account.grant(READER, {"Database": {"Name": "hr"}}, ["ALTER"])
    account.run({**SALES, "purge": False}, ORDERS, purge=True, purge_scope="principal")
    assert {(it.resource.path, it.permission) for it in account.held()} == {
        (("sales",), "ALTER"),
        (("sales",), "DESCRIBE"),
        (("sales", "orders"), "SELECT"),
    }


def test_an_administrator_is_never_purged(account: GrantsAccount) -> None:
    account.grant(ADMIN, ORDERS_SHAPE, ["DROP"])
    result = account.run(ORDERS, principal=ADMIN, purge=True)
    assert not result["revoked"]
    assert any("is a data lake administrator" in it for it in result.warnings)


def test_nothing_is_purged_while_it_is_unknown_who_administrates(account: GrantsAccount) -> None:
    account.grant(READER, ORDERS_SHAPE, ["DROP"])
    account.denied = {"GetDataLakeSettings"}
    with pytest.raises(LakeFormationError) as raised:
        account.run(ORDERS, purge=True)
    assert permission_for(raised.value) == "lakeformation:GetDataLakeSettings"
    assert not account.calls["writes"]
    assert account.run(ORDERS)["changed"]


@pytest.mark.parametrize("settings", [{}, {"revoke_on_absent_resource": True}, {"absent_resource_rows": False}])
def test_grants_on_what_is_gone_are_named_and_are_no_difference(settings: dict[str, t.Any]) -> None:
    account = GrantsAccount(**settings)
    account.grant(READER, ORDERS_SHAPE, ["SELECT"])
    account.grant(READER, {"Database": {"Name": "hr"}}, ["ALTER"])
    account.catalog.remove_table("sales", "orders")
    for changed in (True, False):
        predicted = account.run(purge=True, purge_scope="principal", check_mode=True)
        result = account.run(purge=True, purge_scope="principal")
        assert result["changed"] == predicted["changed"] == changed
        assert result["drift"] == predicted["drift"]
        assert result.writes == (1 if changed else 0)
        named = any("SELECT on table sales.orders" in it for it in result.warnings)
        assert named == settings.get("absent_resource_rows", True)


def test_what_is_gone_and_cannot_be_looked_up_is_found_out_by_trying(account: GrantsAccount) -> None:
    account.grant(READER, {"Table": {"DatabaseName": "sales", "Name": "customers"}}, ["SELECT"])
    account.catalog.remove_table("sales", "customers")
    account.denied = {"GetTable"}
    result = account.run(purge=True, purge_scope="principal")
    assert not result["changed"]
    assert any("SELECT on table sales.customers" in it for it in result.warnings)


def test_absent_tries_to_revoke_what_is_left_on_a_resource_that_does_not_exist() -> None:
    def left(**settings: t.Any) -> tuple[bool, int, bool]:
        account = GrantsAccount(**settings)
        account.grant(READER, ORDERS_SHAPE, ["SELECT"])
        account.grant(READER, ORDERS_SHAPE, ["DESCRIBE"])
        account.catalog.remove_table("sales", "orders")
        assert not account.run(ORDERS, state="absent", check_mode=True)["changed"]
        result = account.run(ORDERS, state="absent")
        assert not result.get("failed")
        warned = any("still listed, but on nothing that exists: SELECT on table" in it for it in result.warnings)
        return result["changed"], len(account.held()), warned

    assert left() == (False, 2, True)
    assert left(revoke_on_absent_resource=True) == (True, 1, False)


def test_absent_does_not_look_for_what_is_left_through_a_long_list() -> None:
    account = GrantsAccount(page_size=1)
    for number in range(20):
        account.grant(f"arn:aws:iam::{ACCOUNT}:role/other_{number}", ORDERS_SHAPE, ["SELECT"])
    result = account.run({**SALES, "tables": ["gone"]}, state="absent")
    assert not result["changed"]
    assert result.calls["ListPermissions"] <= 11
    assert any("table sales.gone" in it and "too long to look through" in it for it in result.warnings)


@pytest.mark.parametrize(
    "resource",
    [
        {"LFTag": {"TagKey": "nope", "TagValues": ["*"]}},
        {"LFTagExpression": {"Name": "nope"}},
    ],
)
def test_what_lake_formation_does_not_find_is_no_silent_success(account: GrantsAccount, resource: t.Any) -> None:
    result = account.run({"resource": resource}, state="absent")
    assert not result["changed"]
    assert any("Lake Formation does not find" in it and "nope" in it for it in result.warnings)


# Columns that were dropped -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("denied", [set(), {"GetTable"}])
@pytest.mark.parametrize("settings", [{}, {"revoke_column_subset": False}, {"columns_merge": False}])
def test_columns_that_were_dropped_are_gone_and_the_others_untouched(
    settings: dict[str, t.Any], denied: set[str]
) -> None:
    account = GrantsAccount(**settings)
    account.catalog.add_table("sales", "w", ("id", "x", "y"))
    shape = {"DatabaseName": "sales", "Name": "w"}
    account.grant(READER, {"TableWithColumns": {**shape, "ColumnNames": ["id", "x", "y"]}}, ["SELECT"])
    account.catalog.remove_table("sales", "w")
    account.catalog.add_table("sales", "w", ("id",))
    account.denied = denied
    id_ = {**SALES, "tables": "w", "columns": ["id"]}
    lost: list[bool] = []
    account.after_write = lambda: lost.append("id" not in {it.resource.path[-1] for it in account.held()})
    for _run in range(2):
        predicted = account.run(id_, purge=True, check_mode=True)
        result = account.run(id_, purge=True)
        assert not result.get("failed")
        assert not result["changed"]
        assert predicted["changed"] == bool(denied)
        assert denied or not result.writes
        assert any("SELECT on table sales.w (columns x, y)" in it for it in result.warnings)
    assert not any(lost)


def test_what_went_with_its_list_and_did_not_come_back_is_named() -> None:
    account = GrantsAccount(revoke_column_subset=False)
    account.grant(READER, columns("id", "ssn", "dob"), ["SELECT"])
    account.lake.faults.append(Fault("grant", "AccessDeniedException", after=1))
    result = account.run({**ORDERS, "columns": ["id"]}, purge=True)
    assert not account.held()
    assert result["failed"]
    assert result["changed"]
    assert [row["expected"] for row in result["not_done"]] == ["SELECT on table sales.orders (columns id)"]
    assert [row["actual"] for row in result["drift"]] == ["SELECT on table sales.orders (columns dob, ssn)"]
    assert result["revoked"][0]["Resource"]["TableWithColumns"]["ColumnNames"] == ["dob", "id", "ssn"]
    assert result["diff"]["after"] == ""
    assert any("has lost SELECT on table sales.orders (columns id)" in it for it in result.warnings)
    assert account.run({**ORDERS, "columns": ["id"]}, purge=True)["changed"]
    assert len(account.held()) == 1


@pytest.mark.parametrize("expands", ["select_row", "listed"])
def test_what_is_listed_because_of_all_is_nothing_to_revoke(expands: str) -> None:
    account = GrantsAccount(all_expands=expands)
    account.grant(READER, ORDERS_SHAPE, ["ALL"])
    result = account.run(ORDERS, state="absent")
    assert not result.get("failed")
    assert not result["changed"]
    assert not result["drift"]
    assert any("not granted by itself: SELECT on table sales.orders" in it for it in result.warnings)
    assert {it.permission for it in account.held()} == {"ALL"}


# Writing -------------------------------------------------------------------------------------------------------------


def test_both_ways_to_say_it_are_one_grant(account: GrantsAccount) -> None:
    shape = {"resource": {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnWildcard": {}}}}
    result = account.run(ORDERS, {**shape, "permissions": ["SELECT"]}, {"resource": ORDERS_SHAPE})
    assert [grant["Permissions"] for grant in result["granted"]] == [["SELECT"]]


def test_the_result_names_single_permissions(account: GrantsAccount) -> None:
    account.grant(READER, ORDERS_SHAPE, ["DROP"])
    result = account.run({**ORDERS, "columns": ["id", "amount"], "grantable": ["SELECT"]}, SALES, purge=True)
    assert result.drift() == {
        ("grant", "missing", "DESCRIBE on database sales"),
        ("grant", "missing", "SELECT on table sales.orders (columns amount, id)"),
        ("grant_option", "missing", "SELECT on table sales.orders (columns amount, id)"),
        ("grant", "extra", "DROP on table sales.orders"),
    }
    assert {row["subject"] for row in result["drift"]} == {READER}
    assert result["diff"] == {
        "before_header": f"Lake Formation grants of {READER}",
        "before": "DROP on table sales.orders\n",
        "after_header": f"Lake Formation grants of {READER}",
        "after": "DESCRIBE on database sales\n"
        "SELECT on table sales.orders (columns amount)\n"
        "SELECT on table sales.orders (columns amount), with grant option\n"
        "SELECT on table sales.orders (columns id)\n"
        "SELECT on table sales.orders (columns id), with grant option\n",
    }
    assert result["revoked"] == [
        {
            "Principal": {"DataLakePrincipalIdentifier": READER},
            "Resource": {"Table": {"CatalogId": ACCOUNT, "DatabaseName": "sales", "Name": "orders"}},
            "Permissions": ["DROP"],
            "PermissionsWithGrantOption": [],
        }
    ]


def test_only_the_grant_option_goes_without_a_gap_where_aws_allows_that(account: GrantsAccount) -> None:
    account.grant(READER, ORDERS_SHAPE, ["SELECT"], ["SELECT"])
    result = account.run(ORDERS, purge=True)
    assert result.calls["BatchRevokePermissions"] == 1
    assert result.calls["BatchGrantPermissions"] == 0
    assert result["revoked"][0]["Permissions"] == []


def test_a_batch_refused_as_a_whole_is_sent_another_way() -> None:
    account = GrantsAccount()
    account.grant(READER, ORDERS_SHAPE, ["SELECT"], ["SELECT"])
    account.lake.faults.append(Fault("BatchRevokePermissions", "InvalidInputException", "Permissions is empty"))
    result = account.run(ORDERS, purge=True)
    assert not result.get("failed")
    assert {it.grantable for it in account.held()} == {False}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ConcurrentModificationException", "Permission update/Delete failed for Resource"),
        ("InternalFailure", "Internal failure"),
        ("InternalServiceException", "Internal failure"),
        ("InvalidInputException", f"Invalid principal, arn: {READER}"),
        ("InvalidInputException", "Please register the S3 path first"),
        ("InvalidInputException", "Grantee has no permissions yet"),
    ],
)
def test_what_may_pass_is_tried_again_entry_by_entry(account: GrantsAccount, code: str, message: str) -> None:
    account.lake.faults.append(Fault("grant", code, message, times=3, contains="orders"))
    result = account.run(SALES, ORDERS)
    assert not result.get("failed")
    assert result.calls["BatchGrantPermissions"] == 4
    assert len(account.held()) == 2


def test_retries_end(account: GrantsAccount) -> None:
    account.lake.faults.append(Fault("grant", "InvalidInputException", "Invalid principal, arn: x", times=99))
    result = account.run(ORDERS)
    assert result["failed"]
    assert "create the principal first" in result["msg"]
    assert result.calls["BatchGrantPermissions"] == 7


@pytest.mark.parametrize(
    "code",
    [
        "ConcurrentModificationException",
        "InternalServiceException",
        "OperationTimeoutException",
        "ThrottledException",
        "ThrottlingException",
    ],
)
def test_a_whole_call_is_tried_again_too(account: GrantsAccount, code: str) -> None:
    account.lake.faults.append(Fault("BatchGrantPermissions", code, "not now", times=2))
    account.lake.faults.append(Fault("ListPermissions", code, "not now", times=2))
    assert account.run(ORDERS)["changed"]


def test_a_partial_failure_says_what_was_done_and_what_was_not(account: GrantsAccount) -> None:
    account.grant(READER, {"Database": {"Name": "sales"}}, ["ALTER"])
    account.lake.faults.append(Fault("grant", "AccessDeniedException", "Insufficient permissions", contains="salaries"))
    grants = [SALES, {**SALES, "tables": ["orders", "salaries"]}]
    result = account.run(*grants, purge=True)
    assert result["failed"]
    assert result["changed"]
    assert result.drift() == {
        ("grant", "missing", "DESCRIBE on database sales"),
        ("grant", "missing", "SELECT on table sales.orders"),
    }
    assert {(row["kind"], row["expected"] or row["actual"]) for row in result["not_done"]} == {
        ("missing", "SELECT on table sales.salaries"),
        ("extra", "ALTER on database sales"),
    }
    assert "SELECT on table sales.salaries was not granted: Insufficient permissions" in result["msg"]
    assert "data lake administrator" in result["msg"]
    assert len(account.run(*grants, purge=True)["drift"]) == 2
    assert not account.run(*grants, purge=True)["changed"]


def test_an_error_in_the_middle_carries_what_was_done(account: GrantsAccount) -> None:
    account.grant(READER, {"Database": {"Name": "sales"}}, ["ALTER"])
    account.denied = {"BatchRevokePermissions"}
    with pytest.raises(LakeFormationError) as raised:
        account.run(SALES, purge=True)
    assert permission_for(raised.value) == "lakeformation:BatchRevokePermissions"
    told = raised.value.kwargs
    assert told["changed"]
    assert [row["expected"] for row in told["drift"]] == ["DESCRIBE on database sales"]
    assert [row["actual"] for row in told["not_done"]] == ["ALTER on database sales"]
    assert told["granted"]
    assert not told["revoked"]


def test_nothing_is_narrowed_after_a_grant_has_failed(account: GrantsAccount) -> None:
    account.grant(READER, {"Table": {"DatabaseName": "hr", "Name": "orders"}}, ["SELECT"])
    account.lake.faults.append(Fault("grant", "AccessDeniedException", "no"))
    result = account.run(ORDERS, purge=True, purge_scope="principal")
    assert result["failed"]
    assert account.calls["BatchRevokePermissions"] == 0


def test_a_shape_in_the_way_is_named_with_what_removes_it(account: GrantsAccount) -> None:
    account.grant(READER, columns("id"), ["SELECT"])
    result = account.run(ORDERS)
    assert result["failed"]
    assert not result["changed"]
    assert "the principal holds SELECT on table sales.orders (columns id)" in result["msg"]
    assert "set purge: true" in result["msg"]
    assert account.run(ORDERS, purge=True)["changed"]


def test_two_shapes_of_one_list_are_not_blocked_beforehand_but_named() -> None:
    grants = [{**ORDERS, "permissions": ["DESCRIBE"]}, {**ORDERS, "columns": ["id"]}]
    refused = GrantsAccount().run(*grants)
    assert refused["failed"]
    assert "grants asks for" in refused["msg"]
    assert GrantsAccount(table_and_columns_conflict=False).run(*grants)["changed"]


def test_check_mode_tells_of_shapes_that_an_apply_may_be_refused(account: GrantsAccount) -> None:
    both = [{**ORDERS, "permissions": ["DESCRIBE"]}, {**ORDERS, "columns": ["id"]}]
    assert any("grants asks for" in it for it in account.run(*both, check_mode=True).warnings)
    account.grant(READER, columns("id"), ["SELECT"])
    assert any("set purge: true" in it for it in account.run(ORDERS, check_mode=True).warnings)
    assert not any("may refuse" in it for it in account.run(ORDERS, check_mode=True, purge=True).warnings)
    assert not any("may refuse" in it for it in account.run({**ORDERS, "columns": ["ssn"]}, check_mode=True).warnings)


def test_refusals_without_number_are_told_in_few_words(account: GrantsAccount) -> None:
    names = [f"table_{number}" for number in range(200)]
    for name in names:
        account.catalog.add_table("sales", name, COLUMNS)
        part = {"TableWithColumns": {"DatabaseName": "sales", "Name": name, "ColumnNames": ["id"]}}
        account.grant(READER, part, ["SELECT"])
    message = account.run({**SALES, "tables": names})["msg"]
    assert "refused 200 of the grants" in message
    assert "and for 190 more reasons" in message
    assert len(message) < 5000


def test_a_list_that_fails_names_the_resource(account: GrantsAccount) -> None:
    account.denied = {"ListPermissions"}
    with pytest.raises(LakeFormationError, match=r"on table sales\.orders"):
        account.run(ORDERS)


def test_the_gap_of_a_swap_is_one_call(account: GrantsAccount) -> None:
    account.grant(READER, ORDERS_SHAPE, ["SELECT", "DESCRIBE"])
    order: list[str] = []
    account.after_write = lambda: order.append("held" if account.held() else "nothing")
    account.run({**ORDERS, "columns": ["id"]}, purge=True)
    assert order == ["nothing", "held"]


def test_what_never_shows_fails_and_says_so(account: GrantsAccount) -> None:
    account.after_write = lambda: account.call(
        "RevokePermissions",
        Principal={"DataLakePrincipalIdentifier": READER},
        Resource={"Database": {"Name": "sales"}},
        Permissions=["DESCRIBE"],
    )
    result = account.run(SALES)
    assert result["failed"]
    assert "still lists otherwise: missing DESCRIBE on database sales" in result["msg"]


def test_refusals_for_the_same_reason_are_told_as_one(account: GrantsAccount) -> None:
    """A list that shows for long what is gone leaves every revoke refused."""
    account.grant(READER, {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}, ["DESCRIBE"])
    account.grant(READER, {"Database": {"Name": "hr"}}, ["DESCRIBE"])
    account.lake.behaviour = dataclasses.replace(account.lake.behaviour, list_lag=1000)
    result = account.run(purge=True, purge_scope="principal")
    assert "DESCRIBE on database hr" in result["msg"]
    assert "DESCRIBE on all tables of database sales" in result["msg"]
    assert result["msg"].count("No permissions revoked") == 1
    assert "the next run finds it gone" in result["msg"]
    assert result["changed"]
    assert [row["actual"] for row in result["drift"]] == [
        "DESCRIBE on all tables of database sales",
        "DESCRIBE on database hr",
    ]


# Warnings ------------------------------------------------------------------------------------------------------------


def test_permissions_of_everybody_are_warned_of_and_left(account: GrantsAccount) -> None:
    account.grant(EVERYBODY, {"Database": {"Name": "sales"}}, ["ALL"])
    account.grant(EVERYBODY, ORDERS_SHAPE, ["ALL"])
    for _run in range(2):
        [warning] = [it for it in account.run(ORDERS, purge=True).warnings if "IAM_ALLOWED_PRINCIPALS" in it]
        assert "table sales.orders" in warning
    assert len(account.held(EVERYBODY)) == 2


@pytest.mark.parametrize(
    ("opted_in", "resource", "more", "is_bound"),
    [
        (READER, ORDERS_SHAPE, {}, True),
        (READER, {"Database": {"Name": "sales"}}, {}, True),
        (READER, {"Catalog": {}}, {}, True),
        (f"{ACCOUNT}:IAMPrincipals", ORDERS_SHAPE, {}, True),
        (READER, ORDERS_SHAPE, {"Condition": {"Expression": "context.ip == 1"}}, False),
        (READER, {"Database": {"Name": "hr"}}, {}, False),
        (OTHER, ORDERS_SHAPE, {}, False),
    ],
)
def test_who_is_opted_in_is_bound_by_its_grants(
    account: GrantsAccount, opted_in: str, resource: t.Any, more: dict[str, t.Any], is_bound: bool
) -> None:
    account.grant(EVERYBODY, ORDERS_SHAPE, ["ALL"])
    principal = {"DataLakePrincipalIdentifier": opted_in}
    account.call("CreateLakeFormationOptIn", Principal=principal, Resource=resource, **more)
    assert bool([it for it in account.run(ORDERS).warnings if "IAM_ALLOWED_PRINCIPALS" in it]) is not is_bound


TABLE = {"Table": {"DatabaseName": "sales", "Name": "salaries"}}


@pytest.mark.parametrize(
    ("held_on", "grant"),
    [
        pytest.param({"Database": {"Name": "sales"}}, ALL_TABLES, id="database, all tables"),
        pytest.param(TABLE, {**SALES, "tables": "*", "permissions": ["DESCRIBE"]}, id="a table, all tables"),
        pytest.param({"Database": {"Name": "sales"}}, ORDERS, id="database, a table"),
        pytest.param({"Table": {"DatabaseName": "sales", "TableWildcard": {}}}, ORDERS, id="all tables, a table"),
        pytest.param(ORDERS_SHAPE, {**ORDERS, "data_cells_filter": "eu_only"}, id="a table, its filter"),
        pytest.param(ORDERS_SHAPE, {**ORDERS, "columns": ["id"]}, id="a table, its columns"),
    ],
)
@pytest.mark.parametrize("everybody", [EVERYBODY, f"{ACCOUNT}:IAMPrincipals"])
def test_what_everybody_holds_around_a_grant_is_warned_of(everybody: str, held_on: t.Any, grant: t.Any) -> None:
    account = GrantsAccount()
    for name in ("orders", "salaries", "customers") if held_on == TABLE else ("",):
        on = {"Table": {"DatabaseName": "sales", "Name": name}} if name else held_on
        account.grant(everybody, on, ["ALL"])
    warning = f"{everybody} {'still ' if everybody == EVERYBODY else ''}holds permissions on"
    assert any(warning in it for it in account.run(grant).warnings)
    assert not any(warning in it for it in account.run({"database": "hr", "tables": "*"}).warnings)


def test_new_tables_that_are_open_to_everybody(account: GrantsAccount) -> None:
    default = [{"Principal": {"DataLakePrincipalIdentifier": EVERYBODY}, "Permissions": ["ALL"]}]
    grants = ALL_TABLES, {"lf_tags": {"domain": "sales"}}
    for settings, expected in ((default, True), ([], False)):
        account.settings(CreateTableDefaultPermissions=settings)
        for grant in grants:
            warned = [it for it in account.run(grant).warnings if "on every new table" in it]
            assert bool(warned) == expected
        assert not any("on every new table" in it for it in account.run(ORDERS).warnings)


def test_without_a_look_at_the_opt_ins_nothing_is_taken_for_a_fact(account: GrantsAccount) -> None:
    account.grant(EVERYBODY, ORDERS_SHAPE, ["ALL"])
    account.call("CreateLakeFormationOptIn", Principal={"DataLakePrincipalIdentifier": READER}, Resource=ORDERS_SHAPE)
    account.denied = {"ListLakeFormationOptIns"}
    for _run in range(2):
        [warning] = [it for it in account.run(ORDERS).warnings if "IAM_ALLOWED_PRINCIPALS" in it]
        assert "only if it is opted in" in warning
        assert "fence nobody" not in warning


def test_without_a_look_at_the_registrations_nothing_is_taken_for_unregistered(account: GrantsAccount) -> None:
    account.denied = {"ListResources"}
    warnings = account.run({"database": "hr", "tables": "orders"}).warnings
    assert any("lakeformation:ListResources is not allowed" in it for it in warnings)
    assert not any("not registered" in it for it in warnings)


def test_what_only_warnings_need_is_bounded(account: GrantsAccount) -> None:
    grants = []
    for number in range(5):
        account.catalog.add_table(f"db_{number}", "orders", ("id",))
        grants.append({"database": f"db_{number}", "tables": "*"})
    assert account.run(*grants, check_mode=True).calls["ListPermissions"] <= 5 + 5 + 1


def test_an_administrator_that_may_only_read_is_told_so(account: GrantsAccount) -> None:
    account.settings(ReadOnlyAdmins=[{"DataLakePrincipalIdentifier": OTHER}])
    [warning] = account.run(SALES, caller=OTHER, check_mode=True).warnings
    assert "is a read-only administrator" in warning
    assert "can grant nothing" in warning


def test_hybrid_access_mode_without_opt_in(account: GrantsAccount) -> None:
    account.call(
        "RegisterResource", ResourceArn="arn:aws:s3:::elsewhere", UseServiceLinkedRole=True, HybridAccessEnabled=True
    )
    hr = {"database": "hr", "tables": ["orders"]}
    assert any("in hybrid access mode" in it and "table hr.orders" in it for it in account.run(hr).warnings)


@pytest.mark.parametrize("tables", ["orders", "*"])
def test_a_location_that_is_not_registered(account: GrantsAccount, tables: str) -> None:
    hr = account.run({"database": "hr", "tables": tables}).warnings
    assert any("not registered with Lake Formation" in it and "source_locations" in it for it in hr)
    sales = account.run({"database": "sales", "tables": tables}).warnings
    assert not any("not registered" in it for it in sales)


def test_results_in_a_registered_location(account: GrantsAccount) -> None:
    warnings = account.run(ORDERS, output_location="s3://lake/sales/results").warnings
    assert any("cannot write results there" in it for it in warnings)
    assert not account.run({"database": "hr"}, output_location="s3://lake-results").warnings


def test_describe_on_default(account: GrantsAccount) -> None:
    assert not any("'default'" in it for it in account.run(ORDERS).warnings)
    account.catalog.add_database("default")
    assert any("Required Describe on default" in it for it in account.run({**SALES, "tables": ["customers"]}).warnings)
    all_tables = {"database": "default", "tables": "*"}
    assert not any("'default'" in it for it in account.run(ORDERS, all_tables, check_mode=True).warnings)
    account.grant(READER, {"Database": {"Name": "default"}}, ["DESCRIBE"])
    assert not any("'default'" in it for it in account.run({**SALES, "tables": ["salaries"]}).warnings)


@pytest.mark.parametrize("holder", [READER, f"{ACCOUNT}:IAMPrincipals", EVERYBODY])
def test_a_grant_on_all_tables_of_default_shows_it(account: GrantsAccount, holder: str) -> None:
    account.catalog.add_database("default")
    account.grant(holder, {"Table": {"DatabaseName": "default", "TableWildcard": {}}}, ["SELECT"])
    assert not any("'default'" in it for it in account.run(ORDERS).warnings)


def test_a_link_without_its_target(account: GrantsAccount) -> None:
    link = {"database": "sales_link"}
    assert any("is a resource link to" in it for it in account.run(link, check_mode=True).warnings)
    target = {**ORDERS, "catalog_id": OTHER_ACCOUNT}
    seen = {"database": "sales", "catalog_id": OTHER_ACCOUNT}
    assert any("is a resource link to" in it for it in account.run(link, seen, check_mode=True).warnings)
    table = {**SALES, "tables": "orders_link", "permissions": ["DESCRIBE"]}
    assert any("is a resource link to" in it for it in account.run(table, seen, check_mode=True).warnings)
    assert not any("is a resource link to" in it for it in account.run(table, target, check_mode=True).warnings)
    assert not any("is a resource link to" in it for it in account.run(link, target).warnings)


@pytest.mark.parametrize("call", ["ListResources", "ListLakeFormationOptIns"])
def test_what_only_warnings_need_may_be_denied(account: GrantsAccount, call: str) -> None:
    account.grant(EVERYBODY, ORDERS_SHAPE, ["ALL"])
    account.denied = {call}
    result = account.run(ORDERS)
    assert result["changed"]
    assert any(f"lakeformation:{call} is not allowed" in it for it in result.warnings)


def test_super_user_is_never_different_in_its_grant_option(account: GrantsAccount) -> None:
    entry = {"resource": {"Catalog": {"Id": FEDERATED}}, "permissions": ["SUPER_USER"], "grantable": ["SUPER_USER"]}
    assert account.run(entry)["changed"]
    again = account.run(entry, purge=True)
    assert not again["changed"]
    assert any("the grant option of SUPER_USER" in it for it in again.warnings)


def test_an_empty_list_does_nothing(account: GrantsAccount) -> None:
    result = account.run()
    assert not result["changed"]
    assert not result.calls
    assert result["principal"] == READER


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_database_that_need_not_exist_and_does_not_is_nothing_to_grant(
    account: GrantsAccount, check_mode: bool
) -> None:
    account.run(SALES, DEFAULT)
    again = account.run(SALES, DEFAULT, check_mode=check_mode)
    assert not again["changed"]
    assert set(again.calls) == {"GetCallerIdentity", "GetDataLakeSettings", "ListPermissions", "GetDatabase"}


def test_who_is_named_for_nothing_is_not_looked_up(account: GrantsAccount) -> None:
    result = account.run(principal=None, iam_type="role", iam_name="reader")
    assert not result.calls
    assert result["principal"] is None
    assert "000000000000" not in str(result)


def test_what_differs_is_shown_and_nothing_where_nothing_does(account: GrantsAccount) -> None:
    first, again = account.run(ORDERS), account.run(ORDERS)
    assert first["principal"] == again["principal"] == READER
    assert (first["diff"]["before"], first["diff"]["after"]) == ("", "SELECT on table sales.orders\n")
    assert (again["diff"]["before"], again["diff"]["after"]) == ("", "")
    assert again["observed_grants"] == again["grants"] == first["grants"] != []
    assert first["observed_grants"] == []


def test_the_catalog_is_named_in_what_was_requested_where_the_options_name_it(account: GrantsAccount) -> None:
    assert [row["CatalogId"] for row in account.run(ORDERS, catalog_id=ACCOUNT)["granted"]] == [ACCOUNT]
    assert [row.get("CatalogId") for row in account.run(SALES)["granted"]] == [None]
