# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Lake Formation in this process with a small catalog, called in the API's own shapes."""

from __future__ import annotations

import dataclasses
import io
import json
import typing as t

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from athena_sandbox.lake_formation import (
    Behaviour,
    Fault,
    LakeFormation,
    LakeFormationError,
    MemoryCatalog,
    MemoryPrincipals,
)

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
FEDERATED = f"{ACCOUNT}:s3tablescatalog/lake"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
READER = f"arn:aws:iam::{ACCOUNT}:role/clients/reader"
OTHER = f"arn:aws:iam::{ACCOUNT}:user/other"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
GROUP = f"{ACCOUNT}:IAMPrincipals"
IDENTITY_GROUP = "arn:aws:identitystore:::group/1111aaaa-22bb-33cc-44dd-5555eeee6666"
IDENTITY_USER = "arn:aws:identitystore:::user/1111aaaa-22bb-33cc-44dd-5555eeee6666"
COLUMNS = ("id", "amount", "ssn", "dob")

Shape = dict[str, t.Any]


def database(name: str = "sales", **fields: t.Any) -> Shape:
    return {"Database": {"Name": name, **fields}}


def table(name: str = "orders", in_database: str = "sales", **fields: t.Any) -> Shape:
    return {"Table": {"DatabaseName": in_database, "Name": name, **fields}}


def all_tables(in_database: str = "sales", **fields: t.Any) -> Shape:
    return {"Table": {"DatabaseName": in_database, "TableWildcard": {}, **fields}}


def columns(*names: str, of: str = "orders", in_database: str = "sales") -> Shape:
    return {"TableWithColumns": {"DatabaseName": in_database, "Name": of, "ColumnNames": list(names)}}


def all_columns(*but: str, of: str = "orders", in_database: str = "sales") -> Shape:
    wildcard = {"ExcludedColumnNames": list(but)} if but else {}
    return {"TableWithColumns": {"DatabaseName": in_database, "Name": of, "ColumnWildcard": wildcard}}


def cells_filter(name: str = "eu_only", of: str = "orders", in_database: str = "sales") -> Shape:
    fields = {"TableCatalogId": ACCOUNT, "DatabaseName": in_database, "TableName": of, "Name": name}
    return {"DataCellsFilter": fields}


def location(path: str = "acme-data-lake/sales") -> Shape:
    return {"DataLocation": {"ResourceArn": f"arn:aws:s3:::{path}"}}


def lf_tag(key: str = "domain", *values: str) -> Shape:
    return {"LFTag": {"TagKey": key, "TagValues": list(values or ("*",))}}


def lf_tag_policy(resource_type: str = "TABLE", **expression: list[str]) -> Shape:
    tags = [{"TagKey": key, "TagValues": values} for key, values in (expression or {"domain": ["sales"]}).items()]
    return {"LFTagPolicy": {"ResourceType": resource_type, "Expression": tags}}


def catalog_of_tests() -> MemoryCatalog:
    """Two databases, a view, links to both kinds in another account, a federated catalog."""
    catalog = MemoryCatalog(ACCOUNT)
    catalog.add_database("sales", location="s3://acme-data-lake/sales")
    catalog.add_table("sales", "orders", COLUMNS, location="s3://acme-data-lake/sales/orders")
    catalog.add_table("sales", "customers", ("id", "name"), location="s3://acme-data-lake/sales/customers")
    catalog.add_table("sales", "recent_orders", COLUMNS, is_view=True)
    catalog.add_table("hr", "orders", COLUMNS)
    catalog.add_table("shared", "orders", COLUMNS, catalog=OTHER_ACCOUNT)
    catalog.add_database("shared_link", target=(OTHER_ACCOUNT, "shared"))
    catalog.add_table("sales", "orders_link", target=(OTHER_ACCOUNT, "shared", "orders"))
    return catalog.add_table("ns", "orders", COLUMNS, catalog=FEDERATED)


class Lake:
    """Lake Formation with an administrator, LF-tags, a data cells filter and a registered location."""

    def __init__(self, **behaviour: t.Any) -> None:
        self.catalog = catalog_of_tests()
        self.principals = MemoryPrincipals(ADMIN, READER, OTHER)
        self.service = LakeFormation(self.catalog, self.principals, behaviour=Behaviour(**behaviour))
        self.set(DataLakeAdmins=[{"DataLakePrincipalIdentifier": ADMIN}])
        for key, values in (("domain", ["sales", "orders", "private"]), ("tier", ["gold", "silver"])):
            self("CreateLFTag", TagKey=key, TagValues=values)
        rows = {"RowFilter": {"FilterExpression": "amount > 10"}, "ColumnNames": ["id", "amount"]}
        self("CreateDataCellsFilter", TableData=cells_filter()["DataCellsFilter"] | rows)
        self("RegisterResource", ResourceArn="arn:aws:s3:::acme-data-lake/sales", UseServiceLinkedRole=True)

    def __call__(self, operation: str, caller: str = ADMIN, **parameters: t.Any) -> dict[str, t.Any]:
        return self.service.call(operation, parameters, caller)

    def behave(self, **settings: t.Any) -> None:
        """Change how it behaves."""
        self.service.behaviour = dataclasses.replace(self.service.behaviour, **settings)

    def fail(self, operation: str, code: str, **settings: t.Any) -> None:
        """Let a call or write fail."""
        self.service.faults.append(Fault(operation, code, **settings))

    def set(self, **settings: t.Any) -> None:
        """Change some of the data lake's settings."""
        current = self.service.call("GetDataLakeSettings", {}, ADMIN)["DataLakeSettings"]
        self.service.call("PutDataLakeSettings", {"DataLakeSettings": current | settings}, ADMIN)

    def grant(
        self,
        resource: Shape,
        *permissions: str,
        grantable: t.Iterable[str] = (),
        to: str = READER,
        condition: str = "",
        caller: str = ADMIN,
    ) -> None:
        self("GrantPermissions", caller, **_request(resource, permissions, grantable, to, condition))

    def revoke(
        self,
        resource: Shape,
        *permissions: str,
        grantable: t.Iterable[str] = (),
        of: str = READER,
        condition: str = "",
        caller: str = ADMIN,
    ) -> None:
        self("RevokePermissions", caller, **_request(resource, permissions, grantable, of, condition))

    def rows(self, resource: Shape | None = None, caller: str = ADMIN, **parameters: t.Any) -> list[dict[str, t.Any]]:
        """All rows of a listing, page after page."""
        if resource:
            parameters["Resource"] = resource
        found: list[dict[str, t.Any]] = []
        while True:
            page = self("ListPermissions", caller, **parameters)
            found += page["PrincipalResourcePermissions"]
            if "NextToken" not in page:
                return found
            parameters["NextToken"] = page["NextToken"]

    def listed(self, resource: Shape | None = None, **parameters: t.Any) -> list[Shape]:
        """The rows without their times, sorted within: {principal, resource, permissions, grantable}."""
        return [
            {
                "principal": row["Principal"]["DataLakePrincipalIdentifier"],
                "resource": _sorted(row["Resource"]),
                "permissions": sorted(row["Permissions"]),
                "grantable": sorted(row["PermissionsWithGrantOption"]),
            }
            | ({"condition": row["Condition"]["Expression"]} if "Condition" in row else {})
            for row in self.rows(resource, **parameters)
        ]

    def of(self, principal: str, resource: Shape | None = None, **parameters: t.Any) -> list[tuple[str, list[str]]]:
        """The rows of one principal in short: the shape of the resource, the permissions."""
        rows = self.listed(resource, **parameters)
        return [(next(iter(row["resource"])), row["permissions"]) for row in rows if row["principal"] == principal]


def _sorted(resource: Shape) -> Shape:
    text = json.dumps(resource)
    copy = json.loads(text)
    with_columns = copy.get("TableWithColumns", {})
    for holder, name in (
        (with_columns, "ColumnNames"),
        (with_columns.get("ColumnWildcard", {}), "ExcludedColumnNames"),
    ):
        if name in holder:
            holder[name] = sorted(holder[name])
    return copy


def _request(
    resource: Shape, permissions: t.Iterable[str], grantable: t.Iterable[str], principal: str, condition: str
) -> dict[str, t.Any]:
    request = {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource,
        "Permissions": list(permissions),
        "PermissionsWithGrantOption": list(grantable),
    }
    return request | ({"Condition": {"Expression": condition}} if condition else {})


def entry(number: int, resource: Shape, *permissions: str, to: str = READER, **more: t.Any) -> dict[str, t.Any]:
    """An entry of a batch."""
    return {"Id": str(number), **_request(resource, permissions, (), to, "")} | more


def refusal(call: t.Callable[[], t.Any]) -> str:
    """The error a call ends with, `code: message`; empty when it succeeds."""
    try:
        call()
    except LakeFormationError as error:
        return str(error)
    return ""


class _Raw(io.BytesIO):
    def stream(self, **_options: t.Any) -> t.Iterator[bytes]:
        yield self.read()


_SESSION = boto3.session.Session()


def sdk_client(service: LakeFormation, caller: str = ADMIN) -> t.Any:
    """A boto3 client whose requests this Lake Formation answers, as `caller`; without a network."""
    client = _SESSION.client(
        "lakeformation",
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def send(request: AWSPreparedRequest, event_name: str, **_options: t.Any) -> AWSResponse:
        body = request.body or b"{}"
        try:
            answer, status = service.call(event_name.rpartition(".")[2], json.loads(body), caller), 200
        except LakeFormationError as error:
            answer, status = {"__type": error.code, "Message": error.message}, error.status
        headers = {"content-type": "application/json"}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(answer).encode()))

    client.meta.events.register("before-send", send)
    return client
