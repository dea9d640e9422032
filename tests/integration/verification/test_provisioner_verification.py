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
from ..least_privilege import Goal, Provisioner, Step, noticed, of_uses

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


@pytest.mark.parametrize("mode", ["access_key", "iam_role"])
def test_a_verification_takes_each_of_its_permissions_and_no_other(sandbox: Sandbox, mode: Mode) -> None:
    world = AccessWorld(sandbox, mode)
    complicate(world)
    goal = Goal(
        mode,
        about=("results_bucket", "encryption", "discovery", "all_databases", f"verification_{mode}"),
        steps=(Step("verified", options(world)),),
    )
    provisioner = Provisioner(sandbox, goal.about, NAMES)
    lake = world.client("lakeformation")
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    readers = [{"DataLakePrincipalIdentifier": provisioner.arn}]
    lake.put_data_lake_settings(DataLakeSettings={**settings, "ReadOnlyAdmins": readers})
    run = provisioner.run(goal.steps[0].options).ok()
    print([c for c in run.result["checks"] if c["status"] != "pass"])
    used = of_uses(provisioner.used(), goal.about)
    assert set(used) == goal.permissions
    for lacking in used:
        noticed(provisioner.run_without(lacking, goal.steps[0].options), lacking.action)
