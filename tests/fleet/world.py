# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that docs/examples/fleet is about: who works in them, and what its connections need."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema

from ansible_collections.qualytics.athena.tests.integration.module_runs import is_write
from ansible_collections.qualytics.athena.tests.integration.playbook_runs import Play, run_playbook
from athena_sandbox import Sandbox
from athena_sandbox.launcher import client_environment
from athena_sandbox.user import User

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SCHEMA = json.loads((ROOT / "docs" / "docsite" / "report.schema.json").read_text(encoding="utf-8"))
# Connection -> account and identity, as the example has them.
ACCOUNTS = {"analytics": "111122223333", "people": "444455556666"}
CONNECTIONS = {
    "sales": ("analytics", "user/qualytics-sales"),
    "web-logs": ("analytics", "role/qualytics-athena-web-logs"),
    "forecast": ("analytics", "role/qualytics-athena-forecast"),
    "payroll": ("people", "role/qualytics-athena-payroll"),
    "recruiting": ("people", "user/qualytics-recruiting"),
}
_USED = ("athena", "glue", "iam", "kms", "lakeformation", "s3")
_READS = [f"{service}:{verb}*" for service in _USED for verb in ("Describe", "Get", "List")]
_RIGHTS = {"athena-provisioner": [f"{service}:*" for service in _USED], "athena-reader": _READS}


class Fleet:
    """A copy of the example, and its accounts in a sandbox."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox, self.directory = sandbox, directory
        self.project = directory / "project"
        shutil.copytree(EXAMPLES / "fleet", self.project)
        sandbox.reset()
        self.pipeline = User(sandbox, "pipeline")
        roles = [f"arn:aws:iam::{account}:role/{name}" for account in ACCOUNTS.values() for name in _RIGHTS]
        self.pipeline.may("sts:AssumeRole", roles)
        base = sandbox.client("iam", "210987654321")
        base.create_role(
            RoleName="qualytics-dataplane", Path="/dataplane/", AssumeRolePolicyDocument=_trust(self.pipeline.arn)
        )
        for name, account in ACCOUNTS.items():
            self._make_account(name, account)

    def _make_account(self, name: str, account: str) -> None:
        iam = self.client("iam", name)
        for role, actions in _RIGHTS.items():
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust(self.pipeline.arn))
            rights = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
            iam.put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=json.dumps(rights))
        self.client("s3", name).create_bucket(Bucket=f"example-{name}-athena-results")
        for where, identity in CONNECTIONS.values():
            if where == name and identity.startswith("user/"):
                iam.create_user(UserName=identity.removeprefix("user/"))

    def client(self, service: str, account: str) -> Any:
        """As the root of one of the accounts."""
        return self.sandbox.client(service, ACCOUNTS[account])

    def environment(self, profiles: str) -> dict[str, str]:
        """The environment of a run: the sandbox, the settings of the project, and keys that may assume roles.

        profiles: the file in which it is said as whom.
        """
        key = self.pipeline.key
        return client_environment(self.sandbox.environment) | {
            "ANSIBLE_CONFIG": str(self.project / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "home"),
            "ANSIBLE_NOCOLOR": "true",
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_CONFIG_FILE": str(self.project / "aws" / f"{profiles}.config"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def run(self, playbook: str, *arguments: str, profiles: str = "provision") -> Play:
        """Run a playbook of the project with its own inventory, and record its tasks."""
        path = str(self.project / f"{playbook}.yml")
        environment = self.environment(profiles)
        return run_playbook(self.sandbox, self.directory / "run", path, *arguments, variables=environment)

    def policies(self, account: str) -> dict[str, list[str]]:
        """The identities to which policies of the collection are attached, by the policies' names."""
        iam = self.client("iam", account)
        found = {}
        for policy in iam.list_policies(Scope="Local")["Policies"]:
            entities = iam.list_entities_for_policy(PolicyArn=policy["Arn"])
            found[policy["PolicyName"]] = [f"user/{it['UserName']}" for it in entities["PolicyUsers"]] + [
                f"role/{it['RoleName']}" for it in entities["PolicyRoles"]
            ]
        return found


def without_becoming(calls: Iterable[str]) -> tuple[str, ...]:
    """What of the calls was written; to assume a role is no more than to become it."""
    return tuple(call for call in calls if is_write(call) and call != "sts:AssumeRole")


def read_report(directory: Path) -> dict[str, Any]:
    """A report as the schema has it."""
    report: dict[str, Any] = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, SCHEMA)
    return report


def statuses(directory: Path) -> dict[str, str]:
    """How each connection of a report stands."""
    return {it["connection"]: it["status"] for it in read_report(directory)["connections"]}


def _trust(principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
