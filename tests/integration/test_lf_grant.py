# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lf_grant from options to calls over HTTP: check, apply, apply again, purge, kill, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID
from athena_sandbox.user import User

from .account import Account
from .module_runs import Modules, Run, killed_at

MODULE = "lf_grant"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/reader"
COLUMNS = ("id", "amount", "ssn")
GRANTS: list[dict[str, Any]] = [
    {"database": "sales"},
    {"database": "sales", "tables": "*", "permissions": ["DESCRIBE", "SELECT"], "grantable": ["DESCRIBE"]},
    {"database": "sales", "tables": ["orders"], "columns": ["id", "amount"]},
    {"database": "sales", "tables": ["customers"], "excluded_columns": ["ssn"]},
    {"lf_tags": {"domain": ["sales"]}, "permissions": ["SELECT", "DESCRIBE"]},
    {"resource": {"LFTag": {"TagKey": "domain", "TagValues": ["*"]}}, "permissions": ["DESCRIBE", "ASSOCIATE"]},
    {"resource": {"DataLocation": {"ResourceArn": "arn:aws:s3:::acme-data-lake/sales"}}},
    {"resource": {"Catalog": {}}, "permissions": ["CREATE_DATABASE"]},
]


@pytest.fixture
def lake(clean_sandbox: Sandbox) -> Sandbox:
    """Two tables nobody has rights on, an LF-tag, a role; the caller is the data lake administrator."""
    client, glue = clean_sandbox.client("lakeformation"), clean_sandbox.client("glue")
    Account(clean_sandbox).make_identity("role", "reader")
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    caller = clean_sandbox.client("sts").get_caller_identity()["Arn"]
    settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": caller}]
    settings["CreateDatabaseDefaultPermissions"] = settings["CreateTableDefaultPermissions"] = []
    client.put_data_lake_settings(DataLakeSettings=settings)
    client.create_lf_tag(TagKey="domain", TagValues=["sales", "hr"])
    client.register_resource(ResourceArn="arn:aws:s3:::acme-data-lake/sales", UseServiceLinkedRole=True)
    glue.create_database(DatabaseInput={"Name": "sales"})
    for name in ("orders", "customers"):
        create_table(glue, name)
    return clean_sandbox


def create_table(glue: Any, name: str) -> None:
    columns = [{"Name": column, "Type": "string"} for column in COLUMNS]
    storage = {"Columns": columns, "Location": f"s3://acme-data-lake/sales/{name}"}
    glue.create_table(DatabaseName="sales", TableInput={"Name": name, "StorageDescriptor": storage})


@pytest.fixture
def modules(lake: Sandbox) -> Modules:
    return Modules(lake)


def grant(modules: Modules, grants: list[dict[str, Any]], check: bool = False, **options: Any) -> Run:
    return modules.run(MODULE, {"principal": ROLE, "grants": grants, **options}, check=check)


def test_from_nothing_to_everything_to_nothing(modules: Modules) -> None:
    predicted = grant(modules, GRANTS, check=True).ok()
    assert not predicted.writes
    done = grant(modules, GRANTS).ok()
    assert done.result["changed"]
    assert done.writes == ("lakeformation:BatchGrantPermissions",)
    for key in ("drift", "granted", "revoked", "diff"):
        assert predicted.result[key] == done.result[key]
    again = grant(modules, GRANTS, purge=True, purge_scope="principal").ok()
    assert not again.result["changed"]
    assert not again.writes
    assert not again.warnings
    removed = grant(modules, [], purge=True, purge_scope="principal").ok()
    assert removed.result["changed"]
    assert not grant(modules, [], purge=True, purge_scope="principal").ok().result["changed"]
    assert not grant(modules, GRANTS, state="absent").ok().result["changed"]


def test_every_single_change_is_drift_that_one_run_repairs(modules: Modules, lake: Sandbox) -> None:
    grant(modules, GRANTS).ok()
    client = lake.client("lakeformation")
    table = {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}
    principal = {"DataLakePrincipalIdentifier": ROLE}
    client.grant_permissions(Principal=principal, Resource=table, Permissions=["INSERT"])
    client.revoke_permissions(Principal=principal, Resource=table, Permissions=["SELECT"])
    run = grant(modules, GRANTS, purge=True).ok()
    assert run.drift == [
        ("grant", "extra", None, "INSERT on all tables of database sales"),
        ("grant", "missing", "SELECT on all tables of database sales", None),
    ]
    assert not grant(modules, GRANTS, purge=True).ok().result["changed"]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_run_after_one_that_was_killed_finishes_it(modules: Modules, number: int, done: bool) -> None:
    grant(modules, GRANTS).ok()
    narrower = [GRANTS[0], {"database": "sales", "tables": ["orders", "customers"]}]
    options = {"principal": ROLE, "grants": narrower, "purge": True, "purge_scope": "principal"}
    modules.run(MODULE, options, **killed_at(number, done))
    modules.run(MODULE, options).ok()
    last = modules.run(MODULE, options).ok()
    assert not last.result["changed"]
    assert not last.writes


def test_a_refusal_names_the_shape_in_the_way(modules: Modules) -> None:
    grant(modules, [GRANTS[2]]).ok()
    run = grant(modules, [{"database": "sales", "tables": "orders"}]).refused()
    assert "the principal holds SELECT on table sales.orders (columns amount, id)" in run.message
    assert "set purge: true" in run.message
    assert run.result["changed"] is False
    assert [row["expected"] for row in run.result["not_done"]] == ["SELECT on table sales.orders"]


def test_what_does_not_exist_is_named_and_nothing_is_written(modules: Modules) -> None:
    run = grant(modules, [*GRANTS, {"database": "nope"}, {"database": "sales", "tables": ["gone"]}]).refused()
    assert "database nope, table sales.gone" in run.message
    assert not run.writes


def test_a_caller_without_a_permission_is_told_which(lake: Sandbox) -> None:
    # Not the fixture `user`, whose account is emptied when the lake is made.
    user = User(lake, "restricted").may(["lakeformation:GetDataLakeSettings", "glue:*"], "*")
    modules = Modules(lake)
    modules.credentials = {"access_key": user.key["AccessKeyId"], "secret_key": user.key["SecretAccessKey"]}
    run = grant(modules, GRANTS).refused()
    assert "Grant lakeformation:ListPermissions to the identity that runs this task" in run.message
    assert not run.writes


@pytest.mark.parametrize("count", [2, 5])
def test_tables_that_are_hidden_from_the_caller_are_not_called_absent(lake: Sandbox, count: int) -> None:
    user = User(lake, "restricted").may(["lakeformation:*", "glue:*"], "*")
    names = [f"hidden_{number}" for number in range(count)]
    for name in names:
        create_table(lake.client("glue"), name)
    lake.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": user.arn},
        Resource={"Database": {"Name": "sales"}},
        Permissions=["DESCRIBE"],
    )
    modules = Modules(lake)
    modules.credentials = {"access_key": user.key["AccessKeyId"], "secret_key": user.key["SecretAccessKey"]}
    run = grant(modules, [{"database": "sales", "tables": names}]).refused()
    assert "not in the Glue Data Catalog" not in run.message
    assert "glue:GetTable" in run.message
    assert "Lake Formation permission" in run.message
    assert not run.writes


def test_of_many_tables_the_absent_ones_are_named_for_one_call_more(modules: Modules, lake: Sandbox) -> None:
    for number in range(5):
        create_table(lake.client("glue"), f"table_{number}")
    named = [*(f"table_{number}" for number in range(5)), "gone", "lost"]
    run = grant(modules, [{"database": "sales", "tables": named}]).refused()
    assert "not in the Glue Data Catalog: table sales.gone, table sales.lost;" in run.message
    assert run.calls.count("glue:GetTable") == 1


def test_hundreds_of_grants_take_few_calls(modules: Modules, lake: Sandbox) -> None:
    for number in range(200):
        create_table(lake.client("glue"), f"table_{number}")
    grants = [{"database": "sales", "tables": [f"table_{number}" for number in range(200)]}]
    run = grant(modules, grants).ok()
    assert run.writes.count("lakeformation:BatchGrantPermissions") == len(run.writes) == 10
    assert run.calls.count("glue:GetTables") <= 3
    assert run.calls.count("glue:GetTable") == 0
    again = grant(modules, grants).ok()
    assert not again.result["changed"]
    assert len(again.calls) <= 4
