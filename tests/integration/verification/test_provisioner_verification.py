# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies documented for a provisioner that verifies are enough for that, and no action of them is too many."""

from __future__ import annotations

import json
from typing import Any

import pytest

from athena_sandbox import Sandbox, sample

from ..access_world import ARCHIVE, BASE_ROLE, GRANTS, POLICY, REGISTRATION_ROLE, ROLE, SALES, USER, AccessWorld, Mode
from ..least_privilege import Goal, Permission, Provisioner, Step, noticed, of_uses

NAMES = {
    "BASE_ROLE_NAME": BASE_ROLE,
    "DATABASE_NAME": "*",
    "KEY_ID": "*",
    "REGISTRATION_ROLE_NAME": REGISTRATION_ROLE,
    "RESULTS_BUCKET": sample.RESULTS_BUCKET,
    "ROLE_NAME": ROLE,
    "SOURCE_BUCKET": sample.SOURCE_BUCKET,
    "USER_NAME": USER,
    "WORKGROUP": "primary",
}
# What is granted is not held against a list then, but against what a query needs.
FOUND_OUT = {"databases": ["sales", "hr"], "lake_formation": True, "lake_formation_grants": None}
ANYTHING = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


def options(world: AccessWorld) -> dict[str, Any]:
    """The connection, as its verification is asked for."""
    of_mode = {"user_name": USER} if world.mode == "access_key" else {"role_name": ROLE, **world.trust_options}
    found = {"source_locations": [SALES, ARCHIVE], "kms_keys": {use: [arn] for use, arn in world.keys.items()}}
    return {
        "connection": "sales",
        "state": "verified",
        "auth_mode": world.mode,
        "output_location": world.policy_options["output_location"],
        "policy_name": POLICY,
        "lake_formation_grants": GRANTS,
        "fail_on": [],
        **of_mode,
        **found,
    }


def complicate(world: AccessWorld) -> None:
    """Have all there that a verification looks at where it is there."""
    world.add_rights(ANYTHING)
    world.set_boundary({"Effect": "Allow", "Action": "*", "Resource": "*"})
    if world.mode == "access_key":
        iam = world.client("iam")
        iam.create_group(GroupName="analysts")
        document = json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]})
        iam.put_group_policy(GroupName="analysts", PolicyName="inline", PolicyDocument=document)
        iam.add_user_to_group(GroupName="analysts", UserName=USER)


def break_off(world: AccessWorld) -> None:
    """Have it lack what a verification then looks for elsewhere: in grants of keys, in data cells filters."""
    world.detach_policy()
    world.revoke({"Table": {"DatabaseName": "hr", "Name": "employees"}}, "SELECT", "DESCRIBE")


@pytest.mark.parametrize("mode", ["access_key", "iam_role"])
def test_a_verification_takes_each_of_its_permissions_and_no_other(sandbox: Sandbox, mode: Mode) -> None:
    world = AccessWorld(sandbox, mode)
    complicate(world)
    goal = Goal(
        mode,
        about=("results_bucket", "encryption", "discovery", "all_databases", f"verification_{mode}"),
        steps=(
            Step("verified", options(world)),
            Step("broken", {**options(world), **FOUND_OUT}, break_off),
        ),
    )
    provisioner = Provisioner(sandbox, goal.about, NAMES)
    administer(world, provisioner.arn)
    tried: set[Permission] = set()
    for step in goal.steps:
        step.before(world)
        usual = provisioner.run(step.options).ok()
        for lacking in of_uses(provisioner.used(), goal.about):
            if lacking not in tried:
                noticed(provisioner.run_without(lacking, step.options), lacking.action, usual)
                tried.add(lacking)
    assert tried == goal.permissions


def administer(world: AccessWorld, arn: str) -> None:
    """Let somebody see all of Lake Formation, and change nothing."""
    lake = world.client("lakeformation")
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    readers = [{"DataLakePrincipalIdentifier": arn}]
    lake.put_data_lake_settings(DataLakeSettings={**settings, "ReadOnlyAdmins": readers})
