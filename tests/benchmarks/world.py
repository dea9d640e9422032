# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every peer finds: an account with a data lake, and the connections that it is to make there."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

DATABASES = [f"lake_{number}" for number in range(5)]
BUCKET = "acme-athena-results"
EXTERNAL_ID = "acme-3f1c7a52"

# The inline policies of a role have room for some sixty.
_CONNECTIONS_OF_A_BASE_ROLE = 50

_EMPTY, _MADE = "empty", "made"


@dataclasses.dataclass(frozen=True)
class Connection:
    """A connection in the mode iam_role: a role that reads these tables, by database."""

    role: str
    tables: dict[str, list[str]]
    base_role: str

    @property
    def base_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{self.base_role}"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{self.role}"

    @property
    def policy(self) -> str:
        return f"qualytics-athena-{self.role}"

    @property
    def resources(self) -> list[tuple[dict[str, Any], list[str]]]:
        """What is granted, in the API's own shape, with the permissions."""
        databases = [({"Database": {"Name": name}}, ["DESCRIBE"]) for name in self.tables]
        return databases + [
            ({"Table": {"DatabaseName": database, "Name": table}}, ["SELECT"])
            for database, tables in self.tables.items()
            for table in tables
        ]


class World:
    """An account whose lake has so many tables, and the roles of the dataplane; nothing of the connections."""

    def __init__(self, sandbox: Sandbox, tables: int, connections: int = 1) -> None:
        self.sandbox = sandbox
        names: dict[str, list[str]] = {database: [] for database in DATABASES}
        for number in range(tables):
            names[DATABASES[number % len(DATABASES)]].append(f"table_{number}")
        self.connections = [
            Connection(f"reader-{number}", names, f"dataplane-{number // _CONNECTIONS_OF_A_BASE_ROLE}")
            for number in range(connections)
        ]
        sandbox.reset()
        self._make(names)
        sandbox.keep(_EMPTY)

    def _make(self, names: dict[str, list[str]]) -> None:
        nobody: dict[str, Any] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
        root = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        lake_formation = self.sandbox.client("lakeformation")
        lake_formation.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [root], **nobody})
        glue = self.sandbox.client("glue")
        for database, tables in names.items():
            glue.create_database(DatabaseInput={"Name": database})
            for table in tables:
                location = f"s3://acme-lake/{database}/{table}"
                storage = {"Columns": [{"Name": "id", "Type": "string"}], "Location": location}
                glue.create_table(DatabaseName=database, TableInput={"Name": table, "StorageDescriptor": storage})
        lake_formation.register_resource(ResourceArn="arn:aws:s3:::acme-lake", UseServiceLinkedRole=True)
        self.sandbox.client("s3").create_bucket(Bucket=BUCKET)
        service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [service]}
        for base_role in {connection.base_role for connection in self.connections}:
            self.sandbox.client("iam").create_role(RoleName=base_role, AssumeRolePolicyDocument=json.dumps(trust))

    def empty(self) -> None:
        """As it was made."""
        self.sandbox.restore(_EMPTY)

    def held(self, connection: Connection) -> int:
        """The number of grants of a connection."""
        client = self.sandbox.client("lakeformation")
        count, token = 0, {}
        while True:
            page = client.list_permissions(MaxResults=1000, **token)
            rows = page["PrincipalResourcePermissions"]
            count += sum(row["Principal"]["DataLakePrincipalIdentifier"] == connection.arn for row in rows)
            if not page.get("NextToken"):
                return count
            token = {"NextToken": page["NextToken"]}

    def revoke_one(self) -> None:
        """Take a grant away from the first connection behind everybody's back."""
        connection = self.connections[0]
        resource, permissions = connection.resources[-1]
        self.sandbox.client("lakeformation").revoke_permissions(
            Principal={"DataLakePrincipalIdentifier": connection.arn}, Resource=resource, Permissions=permissions
        )
