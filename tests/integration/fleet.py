# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections as an inventory has them, and a data lake in which they can be provisioned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION

from .account import Account
from .lake import Lake

BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
HR_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/target"

Variables = dict[str, Any]


def connection(**variables: Any) -> Variables:
    """The variables of a connection, by their names without the prefix."""
    given = {"output_location": "s3://acme-athena-results/athena", "region": REGION, **variables}
    return {f"athena_access_{name}": value for name, value in given.items()}


SALES = connection(auth_mode="access_key", user_name="sales")
# Without a path, so that the policy of the role can be put there by hand under the same ARN.
HR = connection(
    auth_mode="iam_role",
    role_name="target",
    trusted_principals=[BASE],
    external_id="acme-3f1c7a52",
    base_role_name="dataplane",
    description="Reads with Athena",
    tags={"team": "data"},
    databases=["hr", "sales"],
    lake_formation_grants=[
        {"database": "sales"},
        {"database": "sales", "tables": ["orders"], "columns": ["amount", "id"]},
        {"database": "hr", "tables": "*"},
    ],
    lake_formation_purge=True,
)


def make_world(sandbox: Sandbox) -> tuple[Account, Lake]:
    """A results bucket, a user, a base role and a data lake: all that the connections need, and nothing of them."""
    lake, account = Lake(sandbox), Account(sandbox)
    account.make_identity("user", "sales")
    account.make_identity("role", "dataplane", "/vendor/")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    return account, lake


def write_inventory(path: Path, connections: dict[str, Variables]) -> Path:
    path.write_text(json.dumps({"all": {"hosts": connections}}), encoding="utf-8")
    return path
