# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has, read and altered behind the modules' back, as its root."""

from __future__ import annotations

import functools
import json
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

Document = dict[str, Any]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


@functools.cache
def _client(sandbox: Sandbox, service: str) -> Any:
    return sandbox.client(service)


def arn_of(name: str, path: str = "/") -> str:
    """The ARN of a managed policy of the account."""
    return f"arn:aws:iam::{ACCOUNT_ID}:policy{path}{name}"


class Account:
    """The IAM side of an account, in the words of the tests."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.iam = _client(sandbox, "iam")
        self.athena = _client(sandbox, "athena")

    def make_identity(self, iam_type: str, name: str, path: str = "/") -> None:
        if iam_type == "user":
            self.iam.create_user(UserName=name, Path=path)
        else:
            self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)

    def make_policy(self, name: str, document: Document, path: str = "/", **more: Any) -> str:
        """Create a managed policy; returns its ARN."""
        created = self.iam.create_policy(PolicyName=name, Path=path, PolicyDocument=json.dumps(document), **more)
        return str(created["Policy"]["Arn"])

    def add_versions(self, arn: str, count: int, document: Document) -> None:
        """Add versions that do not become the default."""
        for _number in range(count):
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=False)

    def set_document(self, arn: str, document: Document) -> None:
        """Make a document the default one, as somebody in the console would."""
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)

    def attach(self, arn: str, user: str = "qualytics") -> None:
        self.iam.attach_user_policy(UserName=user, PolicyArn=arn)

    def detach(self, arn: str, user: str = "qualytics") -> None:
        self.iam.detach_user_policy(UserName=user, PolicyArn=arn)

    def document(self, arn: str) -> Document:
        """The document of the default version."""
        default = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found: Document = self.iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"]
        return found

    def versions(self, arn: str) -> dict[str, bool]:
        """Whether each version is the default one."""
        listed = self.iam.list_policy_versions(PolicyArn=arn)["Versions"]
        return {it["VersionId"]: it["IsDefaultVersion"] for it in listed}

    def state(self, ignoring: str = "") -> dict[str, Any]:
        """All policies of the account, managed and inline, with all that there is about them.

        ignoring: the name of a user who is not part of what is tested.
        """
        policies = {}
        for policy in self.iam.list_policies(Scope="Local")["Policies"]:
            arn = policy["Arn"]
            entities = self.iam.list_entities_for_policy(PolicyArn=arn)
            policies[arn] = {
                "documents": {
                    version: self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
                    for version in self.versions(arn)
                },
                "default": policy["DefaultVersionId"],
                "tags": {tag["Key"]: tag["Value"] for tag in self.iam.list_policy_tags(PolicyArn=arn)["Tags"]},
                "users": sorted(it["UserName"] for it in entities["PolicyUsers"]),
                "roles": sorted(it["RoleName"] for it in entities["PolicyRoles"]),
                "groups": sorted(it["GroupName"] for it in entities["PolicyGroups"]),
            }
        inline = {}
        for user in self.iam.list_users()["Users"]:
            names = self.iam.list_user_policies(UserName=user["UserName"])["PolicyNames"]
            for name in names if user["UserName"] != ignoring else ():
                found = self.iam.get_user_policy(UserName=user["UserName"], PolicyName=name)
                inline[f"user/{user['UserName']}/{name}"] = found["PolicyDocument"]
        for role in self.iam.list_roles()["Roles"]:
            for name in self.iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                found = self.iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)
                inline[f"role/{role['RoleName']}/{name}"] = found["PolicyDocument"]
        return {"managed": policies, "inline": inline}

    def in_force(self) -> dict[str, Any]:
        """The part of the state that decides what is allowed and how it is labelled: without older versions."""
        state = self.state()
        for policy in state["managed"].values():
            policy["document"] = policy.pop("documents")[policy.pop("default")]
        return state

    def make_role(self, name: str, trust: Document, path: str = "/", **more: Any) -> str:
        """Create a role; returns its ARN."""
        created = self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust), **more)
        return str(created["Role"]["Arn"])

    def remake_role(self, name: str) -> str:
        """Delete a role with all that is in it, and make it anew under its name and path; returns its ARN."""
        role = self.iam.get_role(RoleName=name)["Role"]
        for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]:
            self.iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for attached in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            self.iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        self.iam.delete_role(RoleName=name)
        return self.make_role(name, json.loads(TRUST), role["Path"])

    def trust(self, name: str) -> Document:
        """The trust policy of a role, as IAM shows it."""
        found: Document = self.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        return found

    def set_trust(self, name: str, *statements: Document, **more: Any) -> None:
        document = {"Version": "2012-10-17", **more, "Statement": list(statements)}
        self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))

    def roles(self, ignoring: str = "") -> dict[str, Any]:
        """All roles of the account with all that is theirs, but for their unique ids."""
        found = {}
        for listed in self.iam.list_roles()["Roles"]:
            role = self.iam.get_role(RoleName=listed["RoleName"])["Role"]
            name = role["RoleName"]
            policies = self.iam.list_role_policies(RoleName=name)["PolicyNames"]
            found[name] = {
                "arn": role["Arn"],
                "description": role.get("Description", ""),
                "duration": role["MaxSessionDuration"],
                "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
                "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
                "trust": role["AssumeRolePolicyDocument"],
                "inline": {
                    policy: self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                    for policy in policies
                },
            }
        found.pop(ignoring, None)
        return found
