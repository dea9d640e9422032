# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts with a provisioned connection each, from which everything else is derived."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.qualytics.athena.tests.integration.account import Account
from ansible_collections.qualytics.athena.tests.integration.lake import OTHER, Lake
from ansible_collections.qualytics.athena.tests.integration.trusts import statement
from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION

from .connection import ByModule, Options

IAM = f"arn:aws:iam::{ACCOUNT_ID}"
# A user and roles that are in every account, and no part of a connection until a mutation makes them one.
STRANGER, STRANGER_USER = OTHER, f"{IAM}:user/stranger"
BASE, LOADER = f"{IAM}:role/vendor/dataplane", f"{IAM}:user/loader"
BOUNDARY, OTHER_BOUNDARY = f"{IAM}:policy/boundary", f"{IAM}:policy/other-boundary"
KEYS = {use: f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{use}" for use in ("results", "sources", "catalog")}

# Statements that stand in the trust of a role whose trust is not purged.
MACHINES = statement({"Service": "ec2.amazonaws.com"}, Sid="Machines")
COLLEAGUE = statement(STRANGER_USER, Sid="Colleague", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})

# In Cedar, of which the collection knows nothing.
CONDITION = 'principal has "department" && context has "purpose"'

GRANTS: list[dict[str, Any]] = [
    {"database": "sales", "permissions": ["DESCRIBE", "CREATE_TABLE"], "grantable": ["DESCRIBE"]},
    {"database": "hr"},
    {"database": "sales", "tables": ["orders"], "columns": ["id", "amount", "dob"]},
    {"database": "sales", "tables": ["customers"], "excluded_columns": ["ssn", "dob"]},
    {"database": "sales", "tables": ["salaries"], "data_cells_filter": "no_ssn"},
    {"database": "hr", "tables": "*", "permissions": ["SELECT", "DESCRIBE"], "grantable": ["SELECT"]},
    {"database": "ns", "tables": ["orders"], "permissions": ["ALL"]},
    {"database": "ns", "condition": CONDITION},
    {"lf_tags": {"domain": ["sales", "orders"], "tier": "gold"}, "permissions": ["SELECT", "DESCRIBE"]},
    {"lf_tags": {"domain": ["sales"]}, "resource_type": "database", "grantable": ["DESCRIBE"]},
    {"resource": {"LFTag": {"TagKey": "category", "TagValues": ["a", "b"]}}, "permissions": ["DESCRIBE"]},
    {"resource": {"Catalog": {}}, "permissions": ["CREATE_DATABASE"]},
    {"resource": {"DataLocation": {"ResourceArn": "arn:aws:s3:::lake/sales"}}},
    {"database": "hr", "tables": ["orders"], "permissions": ["SELECT", "DESCRIBE"], "grantable": ["DESCRIBE"]},
]


@dataclass(frozen=True)
class World:
    """One connection. The options are the role's variables without their prefix."""

    name: str
    options: Options
    # Statements of others that are in the trust of the role.
    trusted_beside: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_role(self) -> bool:
        return bool(self.options["auth_mode"] == "iam_role")

    @property
    def identity(self) -> str:
        """The name of the user or role."""
        return str(self.options["role_name" if self.is_role else "user_name"])

    @property
    def identity_path(self) -> str:
        if not self.is_role:
            return "/people/"
        return str(self.options.get("role_path") or self.options.get("path") or "/")

    @property
    def principal(self) -> str:
        return f"{IAM}:{'role' if self.is_role else 'user'}{self.identity_path}{self.identity}"

    @property
    def is_managed(self) -> bool:
        return bool(self.options.get("policy_type", "managed") == "managed")

    @property
    def policy_name(self) -> str:
        return str(self.options.get("policy_name") or f"qualytics-athena-{self.identity}")

    @property
    def policy_subject(self) -> str:
        """What drift of the policy is about."""
        if self.is_managed:
            return f"{IAM}:policy{self.options.get('path') or '/'}{self.policy_name}"
        return f"{'role' if self.is_role else 'user'}/{self.identity}/{self.policy_name}"

    @property
    def base_role(self) -> str | None:
        return self.options.get("base_role_name")

    @property
    def base_policy_name(self) -> str:
        return f"qualytics-athena-assume-{self.identity}"


WORLDS = (
    World(
        "access key, everything",
        {
            "auth_mode": "access_key",
            "user_name": "person",
            "output_location": "s3://acme-results/athena/person",
            "path": "/data-quality/",
            "description": "Reads with Athena",
            "tags": {"team": "data-platform", "stage": "live", "empty": ""},
            "workgroups": ["primary", "quality"],
            "data_catalogs": ["AwsDataCatalog"],
            "databases": ["sales", "hr"],
            "source_locations": ["s3://acme-lake/sales", "s3://acme-archive"],
            "kms_keys": {use: [arn] for use, arn in KEYS.items()},
            "restrict_listing": True,
            "lake_formation_grants": GRANTS,
            "lake_formation_purge": True,
            "lake_formation_purge_scope": "principal",
        },
    ),
    World(
        "access key, inline policy",
        {
            "auth_mode": "access_key",
            "user_name": "person",
            "policy_type": "inline",
            "output_location": "s3://acme-results/athena/person",
            "workgroups": ["primary"],
            "restrict_listing": True,
        },
    ),
    World(
        "access key, the vendor's policy",
        {
            "auth_mode": "access_key",
            "user_name": "person",
            "output_location": "s3://acme-results",
            "tags": {"team": "data-platform"},
            "purge_tags": False,
            "result_streaming": False,
        },
    ),
    World(
        "role, everything",
        {
            "auth_mode": "iam_role",
            "role_name": "target",
            "trusted_principals": [BASE, LOADER],
            "external_id": "acme-3f1c7a52",
            "base_role_name": "dataplane",
            "permissions_boundary": BOUNDARY,
            "max_session_duration": 7200,
            "role_path": "/data-quality/",
            "role_description": "Reads with Athena",
            "role_tags": {"team": "data-platform", "stage": "live"},
            "description": "What the role may do",
            "path": "/policies/",
            "tags": {"team": "data-platform"},
            "output_location": "s3://acme-results/athena/target",
            "databases": ["sales"],
            "source_locations": ["s3://acme-lake/sales", "s3://acme-lake/hr"],
            "kms_keys": {"results": [KEYS["results"]]},
            "restrict_listing": True,
            "lake_formation_grants": [GRANTS[number] for number in (0, 2, 5, 7, 8, 13)],
            "lake_formation_purge": True,
        },
        (MACHINES, COLLEAGUE),
    ),
    World(
        "role, purged trust, inline policy",
        {
            "auth_mode": "iam_role",
            "role_name": "target",
            "trusted_principals": [ACCOUNT_ID, BASE],
            "base_role_name": "dataplane",
            "purge_trust": True,
            "purge_tags": False,
            "permissions_boundary": "",
            "role_tags": {"team": "data-platform"},
            "policy_type": "inline",
            "output_location": "s3://acme-results/athena/target",
            "databases": ["hr"],
            "lake_formation_grants": [GRANTS[number] for number in (1, 3, 4, 9)],
        },
    ),
    World(
        "role, one principal and no external id",
        {
            "auth_mode": "iam_role",
            "role_name": "target",
            "trusted_principals": [BASE],
            "output_location": "s3://acme-results/athena/target",
        },
        (MACHINES,),
    ),
)


class Hands:
    """Those of the account's root, which do what they like behind the collection's back."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.account = Account(sandbox)
        self.iam = self.account.iam
        self.lake = _client(sandbox, "lakeformation")
        self.s3 = _client(sandbox, "s3")


@functools.cache
def _client(sandbox: Sandbox, service: str) -> Any:
    return sandbox.client(service)


def provision(world: World, hands: Hands) -> None:
    """Make the account and the connection, and keep them under the name of the world."""
    _prepare(world, hands)
    connection = ByModule(hands.sandbox, world.options)
    first = connection.provision()
    assert first.changed, first
    assert not first.failure, first
    if world.trusted_beside:
        account = hands.account
        machines, *others = world.trusted_beside
        account.set_trust(
            world.identity, dict(machines), *account.trust(world.identity)["Statement"], *map(dict, others)
        )
    second = connection.provision()
    assert (second.rows, second.writes, second.failure) == ((), (), ""), second
    hands.sandbox.keep(world.name)


def _prepare(world: World, hands: Hands) -> None:
    lake = Lake(hands.sandbox)
    # Athena looks at it whatever a query names, and the role grants on it where it is there.
    lake.glue.create_database(DatabaseInput={"Name": "default"})
    account = hands.account
    # Only the role looks for it.
    hands.s3.create_bucket(Bucket="acme-results")
    account.make_identity("role", "dataplane", "/vendor/")
    for name in ("loader", "stranger"):
        account.make_identity("user", name)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for name in ("boundary", "other-boundary", "another"):
        account.make_policy(name, everything)
    if not world.is_role:
        account.make_identity("user", world.identity, world.identity_path)
    place = {"TableCatalogId": ACCOUNT_ID, "DatabaseName": "sales", "TableName": "salaries"}
    for name in ("no_ssn", "other_filter"):
        columns = {"RowFilter": {"AllRowsWildcard": {}}, "ColumnWildcard": {"ExcludedColumnNames": ["ssn"]}}
        lake.client.create_data_cells_filter(TableData={**place, "Name": name, **columns})
