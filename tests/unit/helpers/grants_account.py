# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account in this process: the sandbox's Lake Formation, a small Data Catalog, and runs of the module's concern."""

from __future__ import annotations

import collections
import dataclasses
import functools
import types
import typing as t
from collections.abc import Callable, Iterable, Sequence
from unittest import mock

from botocore.exceptions import ClientError

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, row_atoms, row_principal
from ansible_collections.qualytics.athena.plugins.module_utils._grants_run import prepare_grants
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress
from athena_sandbox.lake_formation import (
    Behaviour,
    LakeFormation,
    LakeFormationError,
    MemoryCatalog,
    MemoryPrincipals,
    Table,
)

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
FEDERATED = f"{ACCOUNT}:s3tablescatalog/lake"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
READER = f"arn:aws:iam::{ACCOUNT}:role/reader"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
COLUMNS = ("id", "amount", "ssn", "dob")

Grant = dict[str, t.Any]


class Killed(Exception):
    """The run ends here, as if somebody had pulled the plug."""


def _operation(method: str) -> str:
    return "".join(part.title() for part in method.split("_"))


class _Client:
    """A client of the SDK, as far as errors and answers go."""

    def __init__(self, call: Callable[[str, dict[str, t.Any]], t.Any]) -> None:
        self._call = call
        self.meta = types.SimpleNamespace(partition="aws")

    def __getattr__(self, method: str) -> Callable[..., t.Any]:
        return lambda **parameters: self._call(_operation(method), parameters)


@dataclasses.dataclass
class Session:
    """What `_aws_module.Session` is to a run."""

    account: GrantsAccount
    caller_arn: str
    check_mode: bool = False
    warnings: list[str] = dataclasses.field(default_factory=list)
    region: str | None = "us-east-1"
    partition: str = "aws"
    progress: Progress = dataclasses.field(default_factory=Progress)

    @property
    def predicts(self) -> bool:
        return self.check_mode

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def client(self, service: str) -> t.Any:
        return self.account.client(service, self.caller_arn)

    @functools.cached_property
    def caller(self) -> dict[str, str]:
        self.account.calls["GetCallerIdentity"] += 1
        return {"Account": ACCOUNT, "Arn": self.caller_arn}


class Result(dict[str, t.Any]):
    """The result of a run, with its warnings and its calls."""

    warnings: Sequence[str]
    calls: collections.Counter[str]

    @property
    def writes(self) -> int:
        return sum(count for call, count in self.calls.items() if call.startswith("Batch"))

    def drift(self) -> set[tuple[str, str, str]]:
        return {(row["aspect"], row["kind"], row["expected"] or row["actual"]) for row in self["drift"]}


class GrantsAccount:
    """An account whose caller is a data lake administrator; everything that the cases name exists in it."""

    def __init__(self, **behaviour: t.Any) -> None:
        self.catalog = _catalog()
        self.principals = MemoryPrincipals()
        self.lake = LakeFormation(self.catalog, self.principals, behaviour=Behaviour(**behaviour))
        self.calls: collections.Counter[str] = collections.Counter()
        self.kill_at: int | None = None
        self.denied: set[str] = set()
        self.after_write: Callable[[], None] | None = None
        self.settings(DataLakeAdmins=[{"DataLakePrincipalIdentifier": ADMIN}])
        for key, values in (("domain", ["sales", "orders", "private"]), ("tier", ["gold"]), ("category", ["a", "b"])):
            self.call("CreateLFTag", TagKey=key, TagValues=values)
        gold = [{"TagKey": "tier", "TagValues": ["gold"]}]
        self.call("CreateLFTagExpression", Name="gold_sales", Expression=gold)
        for name in ("eu_only", "us_only"):
            table = {"TableCatalogId": ACCOUNT, "DatabaseName": "sales", "TableName": "orders", "Name": name}
            rows = {"RowFilter": {"FilterExpression": "amount > 10"}, "ColumnNames": ["id"]}
            self.call("CreateDataCellsFilter", TableData={**table, **rows})
        self.call("RegisterResource", ResourceArn="arn:aws:s3:::lake/sales", UseServiceLinkedRole=True)

    # The account itself ------------------------------------------------------------------------------------------

    def call(self, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
        """A call of the administrator, which is not counted."""
        return self.lake.call(operation, parameters, ADMIN)

    def settings(self, **settings: t.Any) -> None:
        current = self.call("GetDataLakeSettings")["DataLakeSettings"]
        self.lake.call("PutDataLakeSettings", {"DataLakeSettings": {**current, **settings}}, ADMIN)

    def grant(self, principal: str, resource: Grant, permissions: Iterable[str], options: Iterable[str] = ()) -> None:
        self.call(
            "GrantPermissions",
            Principal={"DataLakePrincipalIdentifier": principal},
            Resource=resource,
            Permissions=list(permissions),
            PermissionsWithGrantOption=list(options),
        )

    def rows(self) -> list[dict[str, t.Any]]:
        """Everything that is granted, from the store itself."""
        switches = self.lake.behaviour
        self.lake.behaviour = dataclasses.replace(
            switches, list_lag=0, short_pages=False, all_expands="no", scan_lists_cells_filters=True, page_size=1000
        )
        rows = [row for catalog_id in (ACCOUNT, OTHER_ACCOUNT) for row in self._whole_list(catalog_id)]
        self.lake.behaviour = switches
        return rows

    def _whole_list(self, catalog_id: str) -> list[dict[str, t.Any]]:
        token: dict[str, str] = {}
        rows: list[dict[str, t.Any]] = []
        while True:
            page = self.call("ListPermissions", CatalogId=catalog_id, MaxResults=1000, **token)
            rows += page["PrincipalResourcePermissions"]
            if not page.get("NextToken"):
                return rows
            token = {"NextToken": page["NextToken"]}

    def held(self, principal: str = READER) -> frozenset[Atom]:
        rows = [row for row in self.rows() if row_principal(row) == principal]
        return frozenset().union(*(row_atoms(row, ACCOUNT) for row in rows))

    # What a run sees ---------------------------------------------------------------------------------------------

    def client(self, service: str, caller: str) -> t.Any:
        if service == "glue":
            return _Client(self._glue)
        return _Client(lambda operation, parameters: self._lake_formation(operation, parameters, caller))

    def _count(self, operation: str) -> None:
        self.calls[operation] += 1
        if operation in self.denied:
            message = f"User: somebody is not authorized to perform: lakeformation:{operation}"
            raise _client_error("AccessDeniedException", message, operation)

    def _lake_formation(self, operation: str, parameters: dict[str, t.Any], caller: str) -> t.Any:
        if operation.startswith("Batch"):
            if self.kill_at is not None and self.calls["writes"] >= self.kill_at:
                raise Killed
            self.calls["writes"] += 1
        self._count(operation)
        try:
            answer = self.lake.call(operation, parameters, caller)
        except LakeFormationError as error:
            raise _client_error(error.code, error.message, operation) from error
        if operation.startswith("Batch") and self.after_write:
            self.after_write()
        return answer

    def _glue(self, operation: str, parameters: dict[str, t.Any]) -> t.Any:
        self._count(operation)
        catalog_id = parameters["CatalogId"]
        database_name = parameters.get("DatabaseName") or parameters.get("Name", "")
        database = self.catalog.database(catalog_id, database_name)
        if database is None:
            raise _client_error("EntityNotFoundException", f"Database {database_name} not found.", operation)
        if operation == "GetDatabase":
            link = dict(zip(("CatalogId", "DatabaseName"), database.target or (), strict=False))
            return {"Database": {"Name": database.name, "LocationUri": database.location, "TargetDatabase": link}}
        if operation == "GetTables":
            tables = list(self.catalog.tables(catalog_id, database_name))
            start = int(parameters.get("NextToken", 0))
            more = {"NextToken": str(start + 100)} if len(tables) > start + 100 else {}
            return {"TableList": [_table(it) for it in tables[start : start + 100]], **more}
        table = self.catalog.table(catalog_id, database_name, parameters["Name"])
        if table is None:
            raise _client_error("EntityNotFoundException", f"Table {parameters['Name']} not found.", operation)
        return {"Table": _table(table)}

    # Runs --------------------------------------------------------------------------------------------------------

    def run(self, *grants: Grant, caller: str = ADMIN, check_mode: bool = False, **options: t.Any) -> Result:
        """Run the module's concern; the retries do not wait."""
        session = Session(self, caller, check_mode)
        before = self.calls.copy()
        params = {"principal": READER, "state": "present", "purge": False, "purge_scope": "resources", **options}
        with mock.patch("time.sleep"):
            result = Result(prepare_grants({**params, "grants": list(grants)}, t.cast(t.Any, session))())
        result.warnings = session.warnings
        result.calls = self.calls - before
        return result


def _client_error(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def _table(table: Table) -> dict[str, t.Any]:
    link = dict(zip(("CatalogId", "DatabaseName", "Name"), table.target or (), strict=False))
    storage = {"Location": table.location, "Columns": [{"Name": name} for name in table.columns or ()]}
    return {"Name": table.name, "DatabaseName": table.database, "StorageDescriptor": storage, "TargetTable": link}


def _catalog() -> MemoryCatalog:
    catalog = MemoryCatalog(ACCOUNT)
    catalog.add_database("sales", location="s3://lake/sales")
    for name in ("orders", "salaries", "customers"):
        catalog.add_table("sales", name, COLUMNS, location=f"s3://lake/sales/{name}")
    catalog.add_table("hr", "orders", COLUMNS, location="s3://elsewhere/hr/orders")
    catalog.add_database("sales_link", target=(OTHER_ACCOUNT, "sales"))
    catalog.add_table("sales", "orders_link", target=(OTHER_ACCOUNT, "sales", "orders"))
    catalog.add_table("sales", "orders", COLUMNS, catalog=OTHER_ACCOUNT)
    catalog.add_table("ns", "orders", COLUMNS)
    return catalog.add_table("ns", "orders", COLUMNS, catalog=FEDERATED)
