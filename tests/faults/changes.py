# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to a whole connection: what is there before, and the module runs that make it another one.

The module that does a whole connection fits in as changes of one step.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from ..integration.access_world import (
    GRANTS,
    POLICY,
    POLICY_ARN,
    ROLE,
    SALES,
    AccessWorld,
    Mode,
)
from ..integration.module_runs import is_write

Step = tuple[str, dict[str, Any]]

EMPLOYEES = {"Table": {"DatabaseName": "hr", "Name": "employees"}}
COLUMNS = ["employee_id", "name", "department"]
OF_EMPLOYEES = {"database": "hr", "tables": ["employees"]}
DATABASES = [{"database": "default"}, {"database": "hr"}]


@dataclasses.dataclass(frozen=True)
class Change:
    """One change: prepare alters the world behind the modules' back, the steps are what is then run.

    before, after: whether the connection may query. excepted: the table whose queries may be refused in between.
    """

    name: str
    steps: Callable[[AccessWorld], Sequence[Step]]
    prepare: Callable[[AccessWorld], object] = lambda _world: None
    modes: Sequence[Mode] = ("access_key", "iam_role")
    before: bool = True
    after: bool = True
    excepted: str = ""

    def world(self, sandbox: Sandbox, mode: Mode) -> AccessWorld:
        """The world before the change."""
        world = AccessWorld(sandbox, mode)
        self.prepare(world)
        return world


def is_changed(world: AccessWorld, steps: Sequence[Step]) -> list[str]:
    """The modules of steps that would still change something."""
    runs = [(module, world.modules.run(module, options, check=True).ok()) for module, options in steps]
    assert not any(is_write(call) for _module, run in runs for call in run.calls)
    return [module for module, run in runs if run.result["changed"]]


# Steps -------------------------------------------------------------------------------------------------------------


def policy(world: AccessWorld, **more: Any) -> Step:
    return "athena_perm_policy", {"name": POLICY, **world.identity, **world.policy_options, **more}


def trust(world: AccessWorld, **more: Any) -> Step:
    return "athena_role_trust", {"role_name": ROLE, **world.trust_options, **more}


def grants(world: AccessWorld, listed: Sequence[Any] = GRANTS, **more: Any) -> Step:
    return "lf_grant", {**world.identity, "grants": list(listed), **more}


def provisioning(world: AccessWorld) -> list[Step]:
    first = [trust(world)] if world.mode == "iam_role" else []
    return [*first, policy(world), grants(world)]


def removal(world: AccessWorld) -> list[Step]:
    absent = {"state": "absent"}
    steps = [grants(world, **absent), ("athena_perm_policy", {"name": POLICY, **world.identity, **absent})]
    return [*steps, trust(world, **absent)] if world.mode == "iam_role" else steps


# What is there before ----------------------------------------------------------------------------------------------


def removed(world: AccessWorld) -> None:
    for module, options in removal(world):
        world.modules.run(module, options).ok()


def drifted(world: AccessWorld) -> None:
    """More is allowed than asked for, there is no room for another version, and the tags are another's."""
    wider = {"Sid": "Wider", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    world.rewrite_policy(lambda statements: [*statements, wider])
    iam = world.client("iam")
    document = json.dumps(world.policy)
    while len(iam.list_policy_versions(PolicyArn=POLICY_ARN)["Versions"]) < 5:
        iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=document, SetAsDefault=False)
    iam.tag_policy(PolicyArn=POLICY_ARN, Tags=[{"Key": "by", "Value": "hand"}])


def bounded(world: AccessWorld) -> None:
    world.client("iam").create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
    )


def trusted_by_others(world: AccessWorld) -> None:
    iam = world.client("iam")
    document = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    other = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"}
    document["Statement"].append({"Sid": "Another", **other})
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))


def granted(world: AccessWorld, resource: dict[str, Any], *permissions: str) -> None:
    world.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": world.arn}, Resource=resource, Permissions=list(permissions)
    )


def all_tables(world: AccessWorld) -> None:
    """All tables of hr are granted, and not the one by itself."""
    world.revoke(EMPLOYEES, "SELECT", "DESCRIBE")
    granted(world, {"Table": {"DatabaseName": "hr", "TableWildcard": {}}}, "SELECT", "DESCRIBE")


def some_columns(world: AccessWorld) -> None:
    world.revoke(EMPLOYEES, "SELECT", "DESCRIBE")
    granted(world, {"TableWithColumns": {"DatabaseName": "hr", "Name": "employees", "ColumnNames": COLUMNS}}, "SELECT")


# Changes -----------------------------------------------------------------------------------------------------------

_PURGE = {"purge": True, "purge_scope": "principal"}
_ONLY_ROLE: Sequence[Mode] = ("iam_role",)

CHANGES = {
    change.name: change
    for change in (
        Change("provision", provisioning, removed, before=False),
        Change("policy-widened", lambda it: [policy(it, list_data_catalogs=True)]),
        Change("policy-narrowed", lambda it: [policy(it, source_locations=[SALES])]),
        Change("policy-drifted", lambda it: [policy(it, tags={"team": "data"})], drifted),
        Change(
            "trust-settings",
            lambda it: [
                trust(
                    it,
                    description="Reads",
                    max_session_duration=7200,
                    tags={"team": "data"},
                    permissions_boundary=f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary",
                )
            ],
            bounded,
            _ONLY_ROLE,
        ),
        Change("trust-narrowed", lambda it: [trust(it, purge_trust=True)], trusted_by_others, _ONLY_ROLE),
        Change("grants-widened", lambda it: [grants(it, [*GRANTS, {"database": "sales"}])]),
        Change("grants-narrowed", lambda it: [grants(it, **_PURGE)], all_tables),
        Change("grants-wildcard", lambda it: [grants(it, [*DATABASES, {**OF_EMPLOYEES, "tables": "*"}], **_PURGE)]),
        Change(
            "grants-table-to-columns",
            lambda it: [grants(it, [*DATABASES, {**OF_EMPLOYEES, "columns": COLUMNS}], **_PURGE)],
            excepted="hr.employees",
        ),
        Change("grants-columns-to-table", lambda it: [grants(it, **_PURGE)], some_columns, excepted="hr.employees"),
        Change("remove", removal, after=False),
    )
}
CASES = [(name, mode) for name, change in CHANGES.items() for mode in change.modes]
