# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a reader's access is what its queries meet; and what a checker needs to tell it."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, cast

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import (
    LakeFormationFacts,
    access_of,
    database_access,
)
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_checks import lake_formation_checks
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_read import read_lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table
from athena_sandbox import Sandbox
from athena_sandbox.sample import RESULTS_BUCKET, SOURCE_BUCKET, seed
from athena_sandbox.user import User

from ..test_sandbox_lake_formation_queries import (
    ACCOUNT,
    ALL_CUSTOMERS,
    ALL_OF_SALES,
    COUNT,
    CUSTOMERS,
    DEFAULT,
    EVERYBODY,
    SALES,
    Lake,
    columns,
    principal,
)

RESULTS = S3Location(RESULTS_BUCKET, "team")
READS = [
    "lakeformation:ListPermissions",
    "lakeformation:ListResources",
    "lakeformation:ListLakeFormationOptIns",
    "lakeformation:GetDataLakeSettings",
    "lakeformation:ListDataCellsFilter",
]

World = Callable[[Lake], None]


class Checked:
    """One look at the lake: facts, verdicts and checks."""

    def __init__(self, lake: Lake, client: Callable[[str], Any]) -> None:
        listed = lake.sandbox.client("glue").get_tables(DatabaseName="sales")["TableList"]
        tables = [
            Table(
                ACCOUNT,
                "sales",
                it["Name"],
                columns=tuple(
                    column["Name"]
                    for column in [
                        *(it.get("StorageDescriptor") or {}).get("Columns", ()),
                        *it.get("PartitionKeys", ()),
                    ]
                ),
            )
            for it in listed
        ]
        session = types.SimpleNamespace(client=client, caller=client("sts").get_caller_identity(), progress=Progress())
        self.facts: LakeFormationFacts = read_lake_formation(
            tables, ["sales"], lake.reader.arn, None, cast(Any, session)
        )
        self.access = {it.name: access for it, access in access_of(self.facts, tables).items()}
        checks = lake_formation_checks(self.facts, tables, ["sales"], RESULTS)
        self.checks = {check.name: check for check in checks}

    @property
    def not_passed(self) -> dict[str, str]:
        return {name: check.status for name, check in self.checks.items() if check.status != "pass"}


def look(lake: Lake) -> Checked:
    """As the administrator."""
    return Checked(lake, lake.sandbox.client)


@pytest.fixture
def lake(clean_sandbox: Sandbox) -> Lake:
    """The sample data, with IAM_ALLOWED_PRINCIPALS as in an account that never heard of Lake Formation."""
    seed(clean_sandbox)
    return Lake(clean_sandbox)


@pytest.fixture
def governed(lake: Lake) -> Lake:
    """The same, where IAM_ALLOWED_PRINCIPALS has rights on C(default) alone."""
    lake.take_from_everybody(but=("default",))
    return lake


def tagged(lake: Lake, resource: dict[str, Any]) -> None:
    lake.client.create_lf_tag(TagKey="domain", TagValues=["sales"])
    tag = [{"TagKey": "domain", "TagValues": ["sales"]}]
    lake.grant({"LFTagPolicy": {"ResourceType": "DATABASE", "Expression": tag}}, "DESCRIBE")
    lake.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": tag}}, "SELECT")
    lake.client.add_lf_tags_to_resource(Resource=resource, LFTags=tag)


def filtered(lake: Lake) -> None:
    name = {"TableCatalogId": ACCOUNT, "DatabaseName": "sales", "TableName": "customers", "Name": "first"}
    rows = {"ColumnNames": ["customer_id", "country"], "RowFilter": {"FilterExpression": "customer_id <= 2"}}
    lake.client.create_data_cells_filter(TableData=name | rows)
    lake.grant(SALES, "DESCRIBE")
    lake.grant({"DataCellsFilter": name}, "SELECT")


def open_to_everybody(lake: Lake) -> None:
    for resource in (SALES, CUSTOMERS):
        lake.grant(resource, "ALL", to=EVERYBODY)


def opted_in(lake: Lake) -> None:
    open_to_everybody(lake)
    lake.client.create_lake_formation_opt_in(Principal=principal(lake.reader.arn), Resource=SALES)


def grants(*resources: tuple[dict[str, Any], str]) -> World:
    def make(lake: Lake) -> None:
        for resource, permission in resources:
            lake.grant(resource, permission)

    return make


WORLDS: dict[str, World] = {
    "nothing": grants(),
    "the database alone": grants((SALES, "DESCRIBE")),
    "the table alone": grants((CUSTOMERS, "SELECT")),
    "no SELECT": grants((SALES, "DESCRIBE"), (CUSTOMERS, "DESCRIBE")),
    "the table": grants((SALES, "DESCRIBE"), (CUSTOMERS, "SELECT")),
    "all tables": grants((ALL_OF_SALES, "SELECT")),
    "all": grants((ALL_OF_SALES, "ALL")),
    "columns": grants((SALES, "DESCRIBE"), (columns(ColumnNames=["customer_id", "country"]), "SELECT")),
    "excluded columns": grants(
        (SALES, "DESCRIBE"), (columns(ColumnWildcard={"ExcludedColumnNames": ["credit"]}), "SELECT")
    ),
    "a filter": filtered,
    "LF-tags": lambda lake: tagged(lake, SALES),
    "LF-tags elsewhere": lambda lake: tagged(lake, DEFAULT),
    "everybody": open_to_everybody,
    "everybody, but opted in": opted_in,
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_verdict_is_what_a_query_meets(governed: Lake, name: str) -> None:
    WORLDS[name](governed)
    access = look(governed).access["customers"]
    assert not access.unknown
    rows = governed.run(COUNT)
    assert isinstance(rows, list) is access.may_select, rows
    if access.may_select:
        shown = governed.columns("SELECT * FROM customers")
        every = {"customer_id", "name", "country", "credit", "signed_up", "is_active"}
        assert every - set(shown) == set(access.hidden_columns)
        assert (rows != ALL_CUSTOMERS) is bool(access.row_filters)


def test_an_account_that_never_heard_of_lake_formation_passes(lake: Lake) -> None:
    assert not look(lake).not_passed
    assert {access.governed_by for access in look(lake).access.values()} == {"iam"}


def test_default_is_told_where_queries_are_refused_for_it(governed: Lake) -> None:
    governed.grant(ALL_OF_SALES, "SELECT")
    assert not look(governed).not_passed
    governed.take_from_everybody()
    assert "Required Describe on default" in governed.run(COUNT)
    assert look(governed).not_passed == {"lake_formation_default": "fail"}
    governed.sandbox.client("glue").delete_database(Name="default")
    assert governed.run(COUNT) == ALL_CUSTOMERS
    assert not look(governed).not_passed


def test_registered_results_are_told_where_they_cannot_be_written(lake: Lake) -> None:
    lake.client.register_resource(ResourceArn=f"arn:aws:s3:::{RESULTS_BUCKET}", UseServiceLinkedRole=True)
    assert isinstance(lake.run("SELECT 1"), str)
    assert look(lake).not_passed == {"results_not_registered": "fail"}


def test_registered_sources_are_known(governed: Lake) -> None:
    governed.register()
    registrations = cast(Any, look(governed).facts.registrations)
    assert registrations.around(f"s3://{SOURCE_BUCKET}/sales/customers/")
    assert not registrations.around(f"s3://{SOURCE_BUCKET}/archive/")


def checker(lake: Lake, but: str = "") -> Checked:
    """As a read-only administrator that may not make one of the calls."""
    user = User(lake.sandbox, "checker").may([it for it in READS if it != but], "*")
    settings = lake.client.get_data_lake_settings()["DataLakeSettings"]
    lake.client.put_data_lake_settings(DataLakeSettings=settings | {"ReadOnlyAdmins": [principal(user.arn)]})
    return Checked(lake, user.client)


@pytest.mark.parametrize("world", [filtered, opted_in])
def test_a_read_only_administrator_with_five_reads_tells_all(governed: Lake, world: World) -> None:
    world(governed)
    assert checker(governed).access == look(governed).access


@pytest.mark.parametrize("denied", READS)
def test_a_read_that_is_denied_is_named_and_the_rest_told(governed: Lake, denied: str) -> None:
    filtered(governed)
    governed.sandbox.client("lakeformation").grant_permissions(
        Principal=principal(EVERYBODY), Resource=DEFAULT, Permissions=["ALL"]
    )
    checked = checker(governed, denied)
    unknown = [check for check in checked.checks.values() if check.status == "unknown"]
    assert unknown
    assert all(denied in check.remedy for check in unknown)
    assert len(unknown) < len(checked.checks)
    assert database_access(checked.facts, "sales").unknown in ("", denied)
