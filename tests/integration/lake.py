# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data lake of an account, set up and read behind the module's back by its root, who administers it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, row_atoms, row_principal
from athena_sandbox import Sandbox
from athena_sandbox.lake_formation import Behaviour
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account

OTHER_ACCOUNT_ID = "210987654321"
READER = f"arn:aws:iam::{ACCOUNT_ID}:role/reader"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
OTHER = f"arn:aws:iam::{ACCOUNT_ID}:role/other"
COLUMNS = ("id", "amount", "ssn", "dob")

Settings = dict[str, Any]

# What was granted, whatever Lake Formation shows of it.
_PLAIN: Settings = {
    "short_pages": False,
    "all_expands": "no",
    "scan_lists_cells_filters": True,
    "absent_resource_rows": True,
    "admin_rows": False,
    "list_lag": 0,
}
_USUAL: Settings = {name: getattr(Behaviour(), name) for name in _PLAIN}


@functools.cache
def _client(sandbox: Sandbox, service: str, account_id: str) -> Any:
    return sandbox.client(service, account_id, "any") if account_id else sandbox.client(service)


class Lake:
    """Databases and tables on which nobody has rights, with all that the situations in lake_formation.json name."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = _client(sandbox, "lakeformation", "")
        self.glue = _client(sandbox, "glue", "")
        self._settings: Settings = {}
        sandbox.reset()
        self._make_settings()
        self._make_catalog()
        self._make_names()

    def _make_settings(self) -> None:
        iam = Account(self.sandbox)
        for name in ("reader", "other"):
            iam.make_identity("role", name)
        self.administered_by()
        self.client.register_resource(ResourceArn="arn:aws:s3:::lake/sales", UseServiceLinkedRole=True)

    def administered_by(self, *arns: str) -> None:
        """Make these administrators beside the root, and let nobody have rights on what is created."""
        names = [{"DataLakePrincipalIdentifier": arn} for arn in (f"arn:aws:iam::{ACCOUNT_ID}:root", *arns)]
        nobody: dict[str, Any] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
        self.client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": names, **nobody})

    def _make_catalog(self) -> None:
        for database in ("sales", "hr", "ns"):
            self.glue.create_database(DatabaseInput={"Name": database})
        for name in ("orders", "salaries", "customers"):
            self.create_table("sales", name)
        for database in ("hr", "ns"):
            self.create_table(database, "orders")
        target = {"CatalogId": OTHER_ACCOUNT_ID, "DatabaseName": "sales"}
        self.glue.create_database(DatabaseInput={"Name": "sales_link", "TargetDatabase": target})
        others = _client(self.sandbox, "glue", OTHER_ACCOUNT_ID)
        others.create_database(DatabaseInput={"Name": "sales"})
        others.create_table(DatabaseName="sales", TableInput=_table("sales", "orders"))

    def _make_names(self) -> None:
        for key, values in (("domain", ["sales", "orders", "private"]), ("tier", ["gold"]), ("category", ["a", "b"])):
            self.client.create_lf_tag(TagKey=key, TagValues=values)
        gold = [{"TagKey": "tier", "TagValues": ["gold"]}]
        self.client.create_lf_tag_expression(Name="gold_sales", Expression=gold)
        for name in ("eu_only", "us_only"):
            table = {"TableCatalogId": ACCOUNT_ID, "DatabaseName": "sales", "TableName": "orders", "Name": name}
            rows = {"RowFilter": {"FilterExpression": "amount > 10"}, "ColumnNames": ["id"]}
            self.client.create_data_cells_filter(TableData={**table, **rows})

    def create_table(self, database: str, name: str) -> None:
        self.glue.create_table(DatabaseName=database, TableInput=_table(database, name))

    def create_many(self, count: int) -> list[str]:
        """A database C(many) with so many tables; returns their names."""
        self.glue.create_database(DatabaseInput={"Name": "many"})
        names = [f"table_{number}" for number in range(count)]
        for name in names:
            self.create_table("many", name)
        return names

    def behave(self, settings: Settings) -> None:
        """Turn switches of Lake Formation to this, until it is made anew; what was said before stays."""
        self._settings |= settings
        if settings:
            self.sandbox.switch("lake_formation", **settings)

    def fail(self, operation: str, code: str, times: int = 1, **more: Any) -> None:
        """Have the next call, or the next single write or entry of a batch, refused."""
        self.sandbox.switch("lake_formation_fault", times, operation=operation, code=code, **more)

    def grant(
        self, resource: dict[str, Any], permissions: Iterable[str], grantable: Iterable[str] = (), to: str = READER
    ) -> None:
        self.client.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": to},
            Resource=resource,
            Permissions=list(permissions),
            PermissionsWithGrantOption=list(grantable),
        )

    def rows(self) -> list[dict[str, Any]]:
        """Everything that is granted, in the catalogs of both accounts."""
        self.sandbox.switch("lake_formation", **_PLAIN)
        for _listing in range(self._settings.get("list_lag", 0)):
            self._rows(ACCOUNT_ID)
        rows = [*self._rows(ACCOUNT_ID), *self._rows(OTHER_ACCOUNT_ID)]
        self.sandbox.switch("lake_formation", **{**_USUAL, **self._settings})
        return rows

    def _rows(self, catalog_id: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.client.list_permissions(CatalogId=catalog_id, MaxResults=1000, **token)
            rows += page["PrincipalResourcePermissions"]
            if "NextToken" not in page:
                return rows
            token = {"NextToken": page["NextToken"]}

    def held(self, principal: str = READER) -> frozenset[Atom]:
        """What was granted to a principal, each permission by itself."""
        rows = [row for row in self.rows() if row_principal(row) == principal]
        return frozenset[Atom]().union(*(row_atoms(row, ACCOUNT_ID) for row in rows))


def _table(database: str, name: str) -> dict[str, Any]:
    columns = [{"Name": column, "Type": "string"} for column in COLUMNS]
    return {"Name": name, "StorageDescriptor": {"Columns": columns, "Location": f"s3://lake/{database}/{name}"}}
