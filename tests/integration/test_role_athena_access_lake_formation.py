# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role athena_access with grants in Lake Formation, from an empty account to an empty account."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .playbook_runs import Play
from .role_runs import Include, run_includes, seen

BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/data-quality/target"
GRANTS = [{"database": "sales"}, {"database": "sales", "tables": ["orders"]}]
ROLE: dict[str, Any] = {
    "athena_access_connection": "target",
    "athena_access_auth_mode": "iam_role",
    "athena_access_role_name": "target",
    "athena_access_path": "/data-quality/",
    "athena_access_trusted_principals": [BASE],
    "athena_access_external_id": "acme-3f1c7a52",
    "athena_access_base_role_name": "dataplane",
    "athena_access_output_location": "s3://acme-athena-results/target",
    "athena_access_lake_formation_grants": GRANTS,
}
PURGED = {
    "athena_access_lake_formation_grants": GRANTS[:1],
    "athena_access_lake_formation_purge": True,
    "athena_access_lake_formation_purge_scope": "principal",
}
ABSENT = {"athena_access_state": "absent"}
INCLUDES: list[Include] = [
    ("predicted", ROLE, True),
    ("created", ROLE, False),
    ("again", ROLE, False),
    ("purge_predicted", ROLE | PURGED, True),
    ("purged", ROLE | PURGED, False),
    ("removal_predicted", ROLE | ABSENT, True),
    ("removed", ROLE | ABSENT, False),
    ("removed_again", ROLE | ABSENT, False),
]


@pytest.fixture(scope="module")
def play(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """One play with all includes, by a data lake administrator in an account with the database default."""
    sandbox.reset()
    Account(sandbox).make_identity("role", "dataplane", "/vendor/")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    client, glue = sandbox.client("lakeformation"), sandbox.client("glue")
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT_ID}:root"}]
    settings["CreateDatabaseDefaultPermissions"] = settings["CreateTableDefaultPermissions"] = []
    client.put_data_lake_settings(DataLakeSettings=settings)
    for name in ("default", "sales"):
        glue.create_database(DatabaseInput={"Name": name})
    storage = {"Columns": [{"Name": "id", "Type": "int"}], "Location": "s3://acme-data-lake/sales/orders"}
    glue.create_table(DatabaseName="sales", TableInput={"Name": "orders", "StorageDescriptor": storage})
    client.register_resource(ResourceArn="arn:aws:s3:::acme-data-lake", UseServiceLinkedRole=True)
    return run_includes(sandbox, tmp_path_factory.mktemp("lake-formation"), INCLUDES)


def grants_in(result: dict[str, Any]) -> list[str]:
    return sorted(row["expected"] or row["actual"] for row in result["drift"] if row["aspect"] == "grant")


@pytest.mark.parametrize(
    ("name", "status", "grants"),
    [
        ("predicted", "drift", ["default", "sales", "sales.orders"]),
        ("created", "changed", ["default", "sales", "sales.orders"]),
        ("again", "in_sync", []),
        ("purge_predicted", "drift", ["sales.orders"]),
        ("purged", "changed", ["sales.orders"]),
        ("removal_predicted", "drift", ["default", "sales"]),
        ("removed", "changed", ["default", "sales"]),
        ("removed_again", "in_sync", []),
    ],
)
def test_the_status_and_the_grants(play: Play, name: str, status: str, grants: list[str]) -> None:
    """DESCRIBE on default comes with the others, stays when the rest is purged, and goes with the connection."""
    result = seen(play, name)
    assert (result["status"], result["error"]) == (status, "")
    assert [text.rpartition(" ")[2] for text in grants_in(result)] == grants


def test_what_is_predicted_is_what_is_done(play: Play) -> None:
    for predicted, done in (("predicted", "created"), ("purge_predicted", "purged"), ("removal_predicted", "removed")):
        assert seen(play, predicted)["drift"] == seen(play, done)["drift"]
        assert seen(play, predicted)["granted"] == seen(play, done)["granted"]
        assert seen(play, predicted)["revoked"] == seen(play, done)["revoked"]


def test_the_grants_are_those_of_the_role(play: Play) -> None:
    granted = seen(play, "created")["granted"]
    assert {entry["Principal"]["DataLakePrincipalIdentifier"] for entry in granted} == {TARGET}
    assert "lakeformation:GetDataAccess" in str(seen(play, "created")["policy"]["document"])


def test_grants_go_first(play: Play) -> None:
    writes = [call for call in play.writes if "Revoke" in call or ":De" in call]
    assert writes == [
        "lakeformation:BatchRevokePermissions",
        "lakeformation:BatchRevokePermissions",
        "iam:DetachRolePolicy",
        "iam:DeletePolicy",
        "iam:DeleteRolePolicy",
        "iam:DeleteRole",
    ]
