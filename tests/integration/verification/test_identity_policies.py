# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading all policies of an identity, whole or as far as it is permitted."""

from __future__ import annotations

import json
import types
from collections import Counter
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._beyond import beyond
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._identity_policies import (
    IdentityPolicies,
    read_policies,
)
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from athena_sandbox import Sandbox, sample
from athena_sandbox.launcher import ACCOUNT_ID, REGION
from athena_sandbox.user import User

from ..access_world import POLICY_ARN, ROLE, USER, AccessWorld, Mode

GROUP = "readers"


def policy(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:policy/{name}"


def session_of(iam: Any) -> Any:
    """The session of somebody, which has a client for IAM only."""
    return types.SimpleNamespace(client={"iam": iam}.__getitem__)


class Account:
    """A user in a group and a role, each with policies of every kind."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam = iam = sandbox.client("iam")
        for name in ("attached", "shared", "boundary"):
            iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy(f"s3:{name}")))
        boundary = {"PermissionsBoundary": arn("boundary")}
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}]}
        iam.create_user(UserName=USER, **boundary)
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust), **boundary)
        iam.create_group(GroupName=GROUP)
        iam.add_user_to_group(GroupName=GROUP, UserName=USER)
        for name in ("attached", "shared"):
            iam.attach_user_policy(UserName=USER, PolicyArn=arn(name))
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn(name))
        iam.attach_group_policy(GroupName=GROUP, PolicyArn=arn("shared"))
        iam.put_user_policy(UserName=USER, PolicyName="own", PolicyDocument=json.dumps(policy("s3:own")))
        iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=json.dumps(policy("s3:own")))
        iam.put_group_policy(GroupName=GROUP, PolicyName="common", PolicyDocument=json.dumps(policy("s3:common")))
        sandbox.clear_calls()

    def read(self, identity: Identity, iam: Any = None) -> IdentityPolicies:
        found = self.iam.get_user(UserName=USER)["User"] if identity.type == "user" else {}
        if identity.type == "role":
            found = self.iam.get_role(RoleName=ROLE)["Role"]
        self.sandbox.clear_calls()
        return read_policies(identity, found, session_of(iam or self.iam))

    def calls(self) -> Counter[str]:
        return Counter(str(call["operation"]) for call in self.sandbox.calls())


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    return Account(clean_sandbox)


def by_name(found: IdentityPolicies) -> dict[str, Any]:
    assert len({it.name for it in found.policies}) == len(found.policies)
    return {it.name: it.document["Statement"][0]["Action"] for it in found.policies}


def test_all_policies_of_a_user_and_its_groups(account: Account) -> None:
    found = account.read(Identity("user", USER))
    assert by_name(found) == {
        arn("attached"): "s3:attached",
        arn("shared"): "s3:shared",
        f"inline policy own of user/{USER}": "s3:own",
        f"inline policy common of the group {GROUP}": "s3:common",
    }
    assert found.boundary == policy("s3:boundary")
    assert found.denied == ()
    # What comes by two ways is read once.
    assert account.calls() == {
        "ListGroupsForUser": 1,
        "ListAttachedUserPolicies": 1,
        "ListAttachedGroupPolicies": 1,
        "ListUserPolicies": 1,
        "ListGroupPolicies": 1,
        "GetUserPolicy": 1,
        "GetGroupPolicy": 1,
        "GetPolicy": 3,
        "GetPolicyVersion": 3,
    }


def test_all_policies_of_a_role(account: Account) -> None:
    found = account.read(Identity("role", ROLE))
    assert by_name(found) == {
        arn("attached"): "s3:attached",
        arn("shared"): "s3:shared",
        f"inline policy own of role/{ROLE}": "s3:own",
    }
    assert found.boundary == policy("s3:boundary")
    assert sum(account.calls().values()) == 9
    assert not [name for name in account.calls() if "Group" in name]


def test_the_default_version_counts(account: Account) -> None:
    newer = json.dumps(policy("s3:newer"))
    account.iam.create_policy_version(PolicyArn=arn("attached"), PolicyDocument=newer, SetAsDefault=False)
    assert by_name(account.read(Identity("role", ROLE)))[arn("attached")] == "s3:attached"
    account.iam.set_default_policy_version(PolicyArn=arn("attached"), VersionId="v2")
    assert by_name(account.read(Identity("role", ROLE)))[arn("attached")] == "s3:newer"


def test_an_identity_without_policies_has_none(account: Account) -> None:
    account.iam.create_user(UserName="bare")
    found = read_policies(Identity("user", "bare"), {}, session_of(account.iam))
    assert found == IdentityPolicies((), None, ())


def test_an_identity_that_is_gone_has_none(account: Account) -> None:
    assert account.read(Identity("user", "nobody")).policies == ()


@pytest.mark.parametrize(
    ("lacking", "unread"),
    [
        ("iam:ListGroupsForUser", {"s3:common"}),
        ("iam:ListAttachedUserPolicies", {"s3:attached"}),
        ("iam:ListAttachedGroupPolicies", set()),
        ("iam:ListUserPolicies", {"s3:own"}),
        ("iam:ListGroupPolicies", {"s3:common"}),
        ("iam:GetUserPolicy", {"s3:own"}),
        ("iam:GetGroupPolicy", {"s3:common"}),
        ("iam:GetPolicy", {"s3:attached", "s3:shared", "s3:boundary"}),
        ("iam:GetPolicyVersion", {"s3:attached", "s3:shared", "s3:boundary"}),
    ],
)
def test_what_may_be_read_is_read_and_what_is_lacking_is_named(
    account: Account, lacking: str, unread: set[str]
) -> None:
    whole = {"s3:attached", "s3:shared", "s3:own", "s3:common", "s3:boundary"}
    checker = User(account.sandbox, "checker")
    checker.may(["iam:Get*", "iam:List*"], "*", {"Effect": "Deny", "Action": lacking, "Resource": "*"})
    found = account.read(Identity("user", USER), checker.client("iam"))
    read = set(by_name(found).values())
    read |= {found.boundary["Statement"][0]["Action"]} if found.boundary else set()
    assert whole - read == unread
    assert found.denied == (Denied(lacking),)


def test_one_policy_that_may_not_be_read_hides_no_other(account: Account) -> None:
    checker = User(account.sandbox, "checker")
    denial = {"Effect": "Deny", "Action": "iam:GetPolicy", "Resource": arn("attached")}
    checker.may(["iam:Get*", "iam:List*"], "*", denial)
    found = account.read(Identity("user", USER), checker.client("iam"))
    assert arn("attached") not in by_name(found)
    assert arn("shared") in by_name(found)
    assert found.denied == (Denied("iam:GetPolicy"),)


def test_from_the_account_to_what_is_beyond(account: Account) -> None:
    wanted = {"Statement": [*policy("s3:attached")["Statement"], *policy("s3:own")["Statement"]]}
    found = account.read(Identity("user", USER))
    rows = [(it.policy, it.action) for it in beyond(wanted, found.policies)]
    assert rows == [(arn("shared"), "s3:shared"), (f"inline policy common of the group {GROUP}", "s3:common")]
    assert beyond(wanted, found.policies, found.boundary) == []


@pytest.mark.parametrize("mode", ["access_key", "iam_role"])
def test_a_connection_that_was_provisioned_has_nothing_beyond(sandbox: Sandbox, mode: Mode) -> None:
    world = AccessWorld(sandbox, mode)
    identity = Identity("user", USER) if mode == "access_key" else Identity("role", ROLE)
    wanted = build_policy(read_options(world.policy_options), Scope("aws", ACCOUNT_ID, REGION))
    iam = world.client("iam")

    def rows() -> list[tuple[str, str, str]]:
        found = read_policies(identity, {}, session_of(iam))
        assert found.denied == ()
        return [(it.policy, it.action, it.resource) for it in beyond(wanted, found.policies)]

    assert rows() == []
    more = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{sample.RESULTS_BUCKET}/*"}
    world.rewrite_policy(lambda statements: [*statements, more])
    assert rows() == [(POLICY_ARN, "s3:DeleteObject", f"arn:aws:s3:::{sample.RESULTS_BUCKET}/*")]
