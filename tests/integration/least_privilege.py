# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provisioner that has exactly the policies that the collection documents, or these without one action.

A goal is what such a provisioner does in the course of a connection's life, step by step. The sandbox tells for what
each call was authorised, so that it shows which action of which statement a step takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION
from tools.provisioner_policies import RESOURCES, USES, Statement, Use

from .module_runs import Modules, Run

USE_BY_NAME = {use.name: use for use in USES}
SCOPE = {"ACCOUNT_ID": ACCOUNT_ID, "REGION": REGION}


class Permission(NamedTuple):
    """One action of one statement of one policy."""

    use: str
    sid: str
    action: str


@dataclass(frozen=True)
class Step:
    """One run of athena_connection; before: what the account's root does first. refusal: words of the one expected."""

    name: str
    options: dict[str, Any]
    before: Callable[[Any], Any] = lambda _account: None
    refusal: str = ""

    @property
    def state(self) -> str:
        return str(self.options.get("state", "present"))


@dataclass(frozen=True)
class Goal:
    """Steps that a provisioner with these policies takes. about: those of the policies that the goal is to prove.

    names: what a user would fill in, where it is another name than in the other goals.
    """

    name: str
    about: tuple[str, ...]
    steps: tuple[Step, ...]
    also: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    @property
    def permissions(self) -> set[Permission]:
        """All that the goal is to prove the need of."""
        return {
            Permission(use, statement.sid, action)
            for use in self.about
            for statement in USE_BY_NAME[use].statements
            for action in statement.all_actions
            if statement.effect == "Allow"
        }


def filled(text: str, names: dict[str, str]) -> str:
    """The text with everything that a user fills in."""
    for name, value in {**SCOPE, **names}.items():
        text = text.replace(f"<{name}>", value)
    return text


class Provisioner:
    """A user with the policies of some uses, each attached as a managed one, and modules run with its key."""

    def __init__(self, sandbox: Sandbox, uses: Sequence[str], names: dict[str, str], only_reads: bool = False) -> None:
        self._sandbox = sandbox
        self._names = names
        self._only_reads = only_reads
        self._uses = [USE_BY_NAME[use] for use in uses]
        self._iam = sandbox.client("iam")
        self.arn: str = self._iam.create_user(UserName="provisioner", Path="/ops/")["User"]["Arn"]
        key = self._iam.create_access_key(UserName="provisioner")["AccessKey"]
        self.modules = Modules(sandbox)
        self.modules.credentials = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
        self._policies = {use.name: arn for use in self._uses if (arn := self._attach(use))}

    def _attach(self, use: Use) -> str:
        document = self._document(use)
        if not json.loads(document)["Statement"]:
            return ""
        made = self._iam.create_policy(PolicyName=f"provisioner-{use.name}", Path="/ops/", PolicyDocument=document)
        arn = str(made["Policy"]["Arn"])
        self._iam.attach_user_policy(UserName="provisioner", PolicyArn=arn)
        return arn

    def _statements(self, use: Use) -> list[Statement]:
        return [it for it in use.statements if not (self._only_reads and it.is_write)]

    def _document(self, use: Use, without: Permission | None = None) -> str:
        statements = []
        for statement in self._statements(use):
            document = statement.document()
            if without and (without.use, without.sid) == (use.name, statement.sid):
                document["Action"] = [action for action in document["Action"] if action != without.action]
            if document["Action"]:
                statements.append(document)
        return filled(json.dumps({"Version": "2012-10-17", "Statement": statements}), self._names)

    def run_without(self, lacking: Permission, options: dict[str, Any]) -> Run:
        """Run the module without one permission, which is there again afterwards."""
        use, arn = USE_BY_NAME[lacking.use], self._policies[lacking.use]
        document = self._document(use, lacking)
        if json.loads(document)["Statement"]:
            made = self._iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
            run = self.run(options)
            self._iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
            self._iam.delete_policy_version(PolicyArn=arn, VersionId=made["PolicyVersion"]["VersionId"])
            return run
        self._iam.detach_user_policy(UserName="provisioner", PolicyArn=arn)
        run = self.run(options)
        self._iam.attach_user_policy(UserName="provisioner", PolicyArn=arn)
        return run

    def run(self, options: dict[str, Any]) -> Run:
        return self.modules.run("athena_connection", options)

    def authorised(self) -> list[tuple[str, str]]:
        """What the calls of the last run were authorised for, each as (action, ARN), in their order."""
        mine = [
            call for call in self._sandbox.calls() if call["access_key_id"] == self.modules.credentials["access_key"]
        ]
        asked = [(str(action), str(arn)) for call in mine for action, arn in call["authorised_for"]]
        return [it for it in asked if it[0] != "sts:GetCallerIdentity"]

    def permissions_for(self, action: str, arn: str) -> list[Permission]:
        """Those that allow the action there, conditions apart."""
        return [
            Permission(use.name, statement.sid, action)
            for use in self._uses
            for statement in self._statements(use)
            if statement.effect == "Allow" and action in statement.all_actions
            if any(fnmatchcase(arn, filled(it, self._names)) for it in RESOURCES[statement.resource])
        ]

    def used(self) -> list[Permission]:
        """What the last run took, in the order of first use; fails where it took what no policy has."""
        used: dict[Permission, None] = {}
        for action, arn in self.authorised():
            found = self.permissions_for(action, arn)
            assert found, f"no policy has {action} on {arn}"
            used.update(dict.fromkeys(found))
        return list(used)


def noticed(run: Run, action: str, usual: Run | None = None) -> str:
    """How a run tells that an action is not allowed: as its error, in a check, or in a warning.

    usual: the same run with the permission, whose own checks say nothing of it.
    """
    if run.failed:
        message = run.refused().message
        is_of_call = "is not authorized to perform" in message
        assert (f"Grant {action} to the identity that runs this task" if is_of_call else action) in message
        return "error"
    told = [
        check["status"]
        for check in run.result["checks"]
        if check not in (usual.result["checks"] if usual else [])
        if check["status"] != "pass" and action in f"{check['detail']} {check['remedy']}"
    ]
    told += ["warning" for warning in run.warnings if action in warning]
    assert told, f"nothing tells that {action} is not allowed: {run.result['checks']} {run.warnings}"
    return str(told[0])


def outcome(run: Run, step: Step) -> None:
    """Fail where a step ended otherwise than it should."""
    if step.refusal:
        assert step.refusal in run.refused().message
    else:
        run.ok()


def of_uses(permissions: Iterable[Permission], uses: Iterable[str]) -> list[Permission]:
    """Those of the policies of these uses."""
    return [it for it in permissions if it.use in set(uses)]
