# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules against moto, a stand-in that others wrote: requests are understood, answers are read.

Only what moto 5.2.5 does as AWS does. Its Lake Formation knows neither grant options in batches nor the rows that
Lake Formation makes of SELECT, of all tables and of ALL, nor does it refuse anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from athena_sandbox.launcher import ACCOUNT_ID

from .module_runs import Modules, Run
from .moto_server import Moto, running_moto

READER = f"arn:aws:iam::{ACCOUNT_ID}:role/reader"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/base"


@pytest.fixture(scope="session")
def started_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with running_moto(tmp_path_factory.mktemp("moto") / "calls") as moto:
        yield moto


@pytest.fixture
def moto(started_moto: Moto) -> Moto:
    started_moto.reset()
    return started_moto


def run(moto: Moto, module: str, options: dict[str, Any], check: bool = False) -> Run:
    return Modules(moto).run(module, options, check=check, before=moto.note).ok()


def assert_made_once(moto: Moto, module: str, options: dict[str, Any]) -> Run:
    """Check mode writes nothing, the run does what was predicted, and a second one nothing; returns the first."""
    predicted = run(moto, module, options, check=True)
    assert predicted.result["changed"]
    assert not predicted.writes
    made = run(moto, module, options)
    assert made.writes
    assert made.result["drift"] == predicted.result["drift"]
    again = run(moto, module, options)
    assert not again.result["changed"]
    assert not again.drift
    assert not again.writes
    return made


POLICY = {
    "name": "qualytics-athena",
    "iam_type": "user",
    "iam_name": "qualytics",
    "output_location": "s3://acme-athena-results/qualytics",
}


def test_managed_policy(moto: Moto) -> None:
    """Not its removal: moto lists every attachment as a permissions boundary too."""
    iam = moto.client("iam")
    iam.create_user(UserName="qualytics")
    options = {**POLICY, "tags": {"team": "data"}}
    assert_made_once(moto, "athena_perm_policy", options)
    made = assert_made_once(moto, "athena_perm_policy", {**options, "result_streaming": True}).result["policy"]
    attached = iam.list_attached_user_policies(UserName="qualytics")["AttachedPolicies"]
    assert [it["PolicyArn"] for it in attached] == [made["arn"]]
    version = iam.get_policy_version(PolicyArn=made["arn"], VersionId=made["version_id"])["PolicyVersion"]
    assert version["Document"] == made["document"]
    assert version["IsDefaultVersion"]
    assert iam.list_policy_tags(PolicyArn=made["arn"])["Tags"] == [{"Key": "team", "Value": "data"}]


def test_inline_policy(moto: Moto) -> None:
    iam = moto.client("iam")
    iam.create_user(UserName="qualytics")
    options = {**POLICY, "policy_type": "inline"}
    assert_made_once(moto, "athena_perm_policy", options)
    made = assert_made_once(moto, "athena_perm_policy", {**options, "result_streaming": True}).result["policy"]
    found = iam.get_user_policy(UserName="qualytics", PolicyName="qualytics-athena")
    assert found["PolicyDocument"] == made["document"]
    assert_made_once(moto, "athena_perm_policy", {**options, "state": "absent"})
    assert not iam.list_user_policies(UserName="qualytics")["PolicyNames"]


def test_trust(moto: Moto) -> None:
    iam = moto.client("iam")
    iam.create_role(RoleName="base", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    options = {
        "role_name": "target",
        "trusted_principals": [BASE],
        "external_id": "a-secret-between-two",
        "base_role_name": "base",
        "tags": {"team": "data"},
    }
    made = assert_made_once(moto, "athena_role_trust", options).result["role"]
    role = iam.get_role(RoleName="target")["Role"]
    assert role["Arn"] == made["arn"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": BASE}
    assert iam.list_role_policies(RoleName="base")["PolicyNames"]
    assert_made_once(moto, "athena_role_trust", {**options, "max_session_duration": 7200})
    assert_made_once(moto, "athena_role_trust", {**options, "state": "absent"})
    assert [it["RoleName"] for it in iam.list_roles()["Roles"]] == ["base"]
    assert not iam.list_role_policies(RoleName="base")["PolicyNames"]


def test_grants(moto: Moto) -> None:
    glue, lake = moto.client("glue"), moto.client("lakeformation")
    glue.create_database(DatabaseInput={"Name": "sales"})
    for name in ("orders", "customers"):
        columns = [{"Name": "id", "Type": "string"}]
        glue.create_table(
            DatabaseName="sales", TableInput={"Name": name, "StorageDescriptor": {"Columns": columns, "Location": ""}}
        )
    grants: list[dict[str, Any]] = [
        {"database": "sales"},
        {"database": "sales", "tables": ["orders", "customers"], "permissions": ["DESCRIBE", "INSERT", "ALTER"]},
    ]
    assert_made_once(moto, "lf_grant", {"principal": READER, "grants": grants})
    assert granted(lake) == {
        ("sales", ("DESCRIBE",)),
        ("sales.customers", ("ALTER", "DESCRIBE", "INSERT")),
        ("sales.orders", ("ALTER", "DESCRIBE", "INSERT")),
    }
    narrower = [grants[0], {**grants[1], "permissions": ["DESCRIBE"]}]
    narrowed = assert_made_once(moto, "lf_grant", {"principal": READER, "grants": narrower, "purge": True})
    assert {kind for _aspect, kind, _expected, _actual in narrowed.drift} == {"extra"}
    assert granted(lake) == {
        ("sales", ("DESCRIBE",)),
        ("sales.customers", ("DESCRIBE",)),
        ("sales.orders", ("DESCRIBE",)),
    }
    assert_made_once(moto, "lf_grant", {"principal": READER, "grants": narrower, "state": "absent"})
    assert not granted(lake)


def granted(lake: Any) -> set[tuple[str, tuple[str, ...]]]:
    """What the reader holds: database or database.table, with the permissions."""
    found = set()
    for row in lake.list_permissions()["PrincipalResourcePermissions"]:
        assert row["Principal"] == {"DataLakePrincipalIdentifier": READER}
        [names] = row["Resource"].values()
        name = f"{names['DatabaseName']}.{names['Name']}" if "DatabaseName" in names else names["Name"]
        found.add((name, tuple(sorted(row["Permissions"]))))
    return found
