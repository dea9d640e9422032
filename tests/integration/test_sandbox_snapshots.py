# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of the sandbox: what was there is there again, and what came since is gone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import SandboxError

from .lake import READER, Lake
from .trusts import new_role, rights, session, statement, trust


def everything(lake: Lake) -> dict[str, Any]:
    """Something of every service that is altered in between."""
    sandbox = lake.sandbox
    client = sandbox.client
    return {
        "roles": client("iam").list_roles()["Roles"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "objects": [it["Key"] for it in client("s3").list_objects_v2(Bucket="kept").get("Contents", [])],
        "databases": client("glue").get_databases()["DatabaseList"],
        "keys": client("kms").list_keys()["Keys"],
        "workgroups": [it["Name"] for it in client("athena").list_work_groups()["WorkGroups"]],
        "grants": sorted(map(str, lake.held())),
        "settings": client("lakeformation").get_data_lake_settings()["DataLakeSettings"],
    }


def test_what_was_kept_is_there_again_and_nothing_else(clean_sandbox: Sandbox) -> None:
    lake = Lake(clean_sandbox)
    client = clean_sandbox.client
    client("s3").create_bucket(Bucket="kept")
    client("s3").put_object(Bucket="kept", Key="a", Body=b"a")
    client("kms").create_key()
    lake.grant({"Database": {"Name": "sales"}}, ["DESCRIBE"])
    before = everything(lake)
    clean_sandbox.keep("before")
    for _time in range(2):
        client("iam").delete_role(RoleName="other")
        new_role(client("iam"), "new")
        client("s3").delete_object(Bucket="kept", Key="a")
        client("s3").create_bucket(Bucket="new")
        client("glue").delete_database(Name="ns")
        client("kms").create_key()
        client("athena").create_work_group(Name="new")
        lake.grant({"Database": {"Name": "sales"}}, ["ALTER"])
        lake.administered_by(READER)
        changed = everything(lake)
        assert all(changed[what] != before[what] for what in before)
        clean_sandbox.switch("lake_formation", admin_rows=True)
        clean_sandbox.restore("before")
        assert clean_sandbox.calls() == []
        assert clean_sandbox.switches() == []
        assert everything(lake) == before
    clean_sandbox.reset()
    clean_sandbox.restore("before")
    assert everything(lake) == before


def test_sessions_of_roles_are_kept_too(clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    user = iam.create_user(UserName="person")["User"]["Arn"]
    key = iam.create_access_key(UserName="person")["AccessKey"]
    arn = new_role(iam, "reader", trust(statement(user)))
    rights(iam, "reader", {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    sts = clean_sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    kept = session(clean_sandbox, sts, arn)
    clean_sandbox.keep("with a session")
    iam.delete_role_policy(RoleName="reader", PolicyName="rights")
    with pytest.raises(ClientError, match="AccessDenied"):
        kept("s3").list_buckets()
    clean_sandbox.reset()
    clean_sandbox.restore("with a session")
    kept("s3").list_buckets()


def test_a_snapshot_that_was_not_taken_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="there is no snapshot"):
        sandbox.restore("nothing")
