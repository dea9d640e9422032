# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: one process with boto3 that asks for the same facts as the collection, and pages the same lists.

It reports nothing, checks nothing that it is told, and gives up at the first error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

BATCH = 20
ABSENT = ("NoSuchEntity", "NoSuchBucketPolicy", "ObjectLockConfigurationNotFoundError")

SESSION = boto3.session.Session()
STS, S3, ATHENA, IAM, LAKE_FORMATION, GLUE = map(
    SESSION.client, ("sts", "s3", "athena", "iam", "lakeformation", "glue")
)


def ask(call: Any, **parameters: Any) -> Any:
    """The answer, or None where there is no such thing."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise


def bucket(name: str, account: str) -> None:
    for call in (
        S3.head_bucket,
        S3.get_bucket_encryption,
        S3.get_bucket_request_payment,
        S3.get_object_lock_configuration,
        S3.get_bucket_policy,
    ):
        ask(call, Bucket=name, ExpectedBucketOwner=account)
    ATHENA.get_work_group(WorkGroup="primary")


def role(wanted: dict[str, Any], check: bool) -> bool:
    """Whether anything differed."""
    name, trust, assume = f"assume-{wanted['role']}", json.dumps(wanted["trust"]), wanted["assume"]
    base_role = wanted["base_role"]
    found = ask(IAM.get_role, RoleName=wanted["role"])
    base = ask(IAM.get_role_policy, RoleName=base_role, PolicyName=name)
    differs = [
        not found or found["Role"]["AssumeRolePolicyDocument"] != wanted["trust"],
        not base or base["PolicyDocument"] != assume,
    ]
    if differs[0] and not check:
        IAM.create_role(RoleName=wanted["role"], AssumeRolePolicyDocument=trust)
    if differs[1] and not check:
        # What else it has, so that nobody's rights are written over; and that it is there.
        IAM.get_role(RoleName=base_role)
        IAM.list_role_policies(RoleName=base_role)
        IAM.put_role_policy(RoleName=base_role, PolicyName=name, PolicyDocument=json.dumps(assume))
    return any(differs)


def policy(wanted: dict[str, Any], account: str, check: bool) -> bool:
    arn = f"arn:aws:iam::{account}:policy/{wanted['policy']}"
    found = ask(IAM.get_policy, PolicyArn=arn)
    if found:
        version = IAM.get_policy_version(PolicyArn=arn, VersionId=found["Policy"]["DefaultVersionId"])
        attached = IAM.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]
        differs = version["PolicyVersion"]["Document"] != wanted["document"]
        return differs or wanted["role"] not in [it["RoleName"] for it in attached]
    # The same name under another path.
    IAM.list_policies(Scope="Local")
    if not check:
        IAM.get_role(RoleName=wanted["role"])
        IAM.create_policy(PolicyName=wanted["policy"], PolicyDocument=json.dumps(wanted["document"]))
        IAM.attach_role_policy(RoleName=wanted["role"], PolicyArn=arn)
    return True


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = LAKE_FORMATION.list_permissions(MaxResults=1000, **token)
        found += page["PrincipalResourcePermissions"]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def named(resource: dict[str, Any]) -> tuple[str, str]:
    if "Database" in resource:
        return resource["Database"]["Name"], ""
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    return table.get("DatabaseName", ""), table.get("Name", "")


def grants(wanted: dict[str, Any], check: bool) -> bool:
    LAKE_FORMATION.get_data_lake_settings()
    held = {named(it["Resource"]) for it in rows() if it["Principal"]["DataLakePrincipalIdentifier"] == wanted["arn"]}
    ask_default()
    missing = [entry for entry in wanted["resources"] if named(entry[0]) not in held]
    if not missing:
        return False
    LAKE_FORMATION.list_resources()
    for database in {named(resource)[0] for resource, _permissions in missing}:
        GLUE.get_database(Name=database)
        for _page in GLUE.get_paginator("get_tables").paginate(DatabaseName=database):
            pass
    if check:
        return True
    principal = {"DataLakePrincipalIdentifier": wanted["arn"]}
    entries = [
        {"Id": str(number), "Principal": principal, "Resource": resource, "Permissions": permissions}
        for number, (resource, permissions) in enumerate(missing)
    ]
    for start in range(0, len(entries), BATCH):
        failures = LAKE_FORMATION.batch_grant_permissions(Entries=entries[start : start + BATCH])["Failures"]
        assert not failures, failures
    # Whether it was granted is seen only in a list.
    assert len(rows()) >= len(entries)
    return True


def ask_default() -> None:
    """Athena looks at the database default, whatever is queried."""
    try:
        GLUE.get_database(Name="default")
    except GLUE.exceptions.EntityNotFoundException:
        return


def main() -> int:
    everything = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    check = "--check" in sys.argv
    account = STS.get_caller_identity()["Account"]
    differed = False
    for wanted in everything["connections"]:
        bucket(everything["bucket"], account)
        differed |= role(wanted, check)
        differed |= policy(wanted, account, check)
        differed |= grants(wanted, check)
    return 2 if check and differed else 0


if __name__ == "__main__":
    sys.exit(main())
