# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection and what was found about it, in order unless a test says otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.qualytics.athena.plugins.module_utils import _access_facts as _facts
from ansible_collections.qualytics.athena.plugins.module_utils._access_facts import Facts
from ansible_collections.qualytics.athena.plugins.module_utils._access_options import Connection, read_connection
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import (
    CatalogEncryption,
    Discovered,
    ResultsKeys,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_findings import Registrations
from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._identity_policies import IdentityPolicies
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import KeyFacts
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import LakeFormationFacts
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import (
    BucketSettings,
    Encryption,
    Head,
    Observed,
    Workgroup,
)
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import (
    Simulation,
    assume_role_simulation,
    simulations,
)
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table, TableAccess

ACCOUNT, OTHER_ACCOUNT, REGION = "123456789012", "210987654321", "us-east-1"
SCOPE = Scope("aws", ACCOUNT, REGION)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/target"
BASE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/dataplane"
REGISTRATION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/lake-registration"

BY_IAM = TableAccess("iam")
GRANTED = TableAccess("lake_formation")
SEEN = TableAccess("lake_formation", may_select=False)
HIDDEN = TableAccess("lake_formation", may_describe=False, may_select=False)
UNKNOWN = TableAccess("lake_formation", False, False, unknown="lakeformation:ListPermissions")

ORDERS = Table(ACCOUNT, "sales", "orders", ("s3://lake/sales/orders/",))
RECENT = Table(ACCOUNT, "sales", "a_view", kind="view")
EMPLOYEES = Table(ACCOUNT, "hr", "employees", ("s3://lake/hr/employees/",))


def key(name: str, account_id: str = ACCOUNT, region: str = REGION) -> str:
    return f"arn:aws:kms:{region}:{account_id}:key/{name}"


def options(**given: Any) -> dict[str, Any]:
    """All options of the module, as Ansible hands them over."""
    texts = ("workgroups", "data_catalogs", "databases", "source_locations", "trusted_principals")
    names = (*texts, "iam_path", "expected_bucket_owner", "catalog_id", "kms_keys", "lake_formation_grants")
    flags = ("restrict_listing", "lake_formation", "result_streaming", "list_data_catalogs")
    return {
        **dict.fromkeys((*names, "external_id", "base_role_name")),
        **dict.fromkeys(flags, False),
        "iam_type": "user",
        "iam_name": "qualytics",
        "output_location": "s3://results/athena",
        "workgroup": "primary",
        "kms_key_accounts": [],
        **given,
    }


def role_options(**given: Any) -> dict[str, Any]:
    return options(**{"iam_type": "role", "iam_name": "target", "trusted_principals": [BASE_ROLE], **given})


def connect(given: Mapping[str, Any], check_mode: bool = False) -> Connection:
    """The connection, which knows its identity."""
    connection = read_connection(given, SCOPE, check_mode)
    return connection.with_identity(parse_identity_arn("identity", connection.expected_arn))


def registered(*locations: str, hybrid: bool = False, role: str = REGISTRATION_ROLE) -> Registrations:
    """s3://bucket/prefix/ registered with Lake Formation."""
    arns = [f"arn:aws:s3:::{it.removeprefix('s3://').removesuffix('/')}" for it in locations]
    return Registrations({"ResourceArn": arn, "RoleArn": role, "HybridAccessEnabled": hybrid} for arn in arns)


def settings(algorithm: str = "AES256", kms_key: str | None = None, **more: Any) -> BucketSettings:
    return BucketSettings(Encryption(algorithm, kms_key, **more), "BucketOwner", None, None)


def observed(bucket: BucketSettings | None = None, **of_workgroup: Any) -> Observed:
    workgroup = Workgroup("primary", "ENABLED", engine="AUTO", **of_workgroup)
    return Observed(Head("found", REGION), bucket or settings(), workgroup)


def found(connection: Connection, access: Mapping[Table, TableAccess], **facts: Any) -> Facts:
    """Nothing is encrypted, nothing registered, nobody has said anything yet."""
    identity = parse_identity_arn("identity", connection.expected_arn)
    given: dict[str, Any] = {
        "arn": identity,
        "found": {"Arn": identity.arn},
        "results": observed(),
        "results_keys": ResultsKeys(),
        "discovered": Discovered(tables=tuple(sorted(access)), catalog=CatalogEncryption("DISABLED")),
        "lake_formation": LakeFormationFacts(identity.arn, ACCOUNT, "checker", settings={"DataLakeAdmins": []}),
        "access": access,
        "policies": IdentityPolicies((), None, ()),
    }
    if identity.type == "user":
        given["access_keys"] = [{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active"}]
    else:
        given["trust_policy"] = trust(BASE_ROLE)
    return Facts(**{**given, **facts})


def with_discovered(facts: Facts, **discovered: Any) -> Facts:
    return dataclasses.replace(facts, discovered=dataclasses.replace(facts.discovered, **discovered))


def trust(*principals: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _allowed(asked: Iterable[Simulation]) -> list[Decision]:
    return [
        Decision(action, f"{resource} below {it.below}" if it.below else resource, "allowed")
        for it in asked
        for action in it.actions
        for resource in it.resources
    ]


def allowed(connection: Connection, facts: Facts, *but: str) -> Decisions:
    """All that is asked is allowed, but some actions."""
    asked = _allowed(simulations(_facts.reach_of(connection, facts), SCOPE, "amazonaws.com"))
    return Decisions(dataclasses.replace(it, verdict="not_allowed") if it.action in but else it for it in asked)


def may_assume(verdict: Any = "allowed") -> Decisions:
    asked = _allowed([assume_role_simulation(ROLE, SCOPE, None)])
    return Decisions(dataclasses.replace(it, verdict=verdict) for it in asked)


def key_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def usable(arn: str, *statements: dict[str, Any]) -> KeyFacts:
    """A key that is enabled, and leaves it to IAM who may use it unless statements say otherwise."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return KeyFacts(arn, "Enabled", "CUSTOMER", key_policy(*(statements or (root,))))
