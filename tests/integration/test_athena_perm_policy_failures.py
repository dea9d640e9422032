# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_perm_policy when a call is denied, when it is killed between two calls, and when AWS does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox

from .account import Account, Document, arn_of
from .module_runs import Modules, Run, is_write, killed_at, provisioner

MODULE = "athena_perm_policy"
NAME = "qualytics-athena"
ARN = arn_of(NAME)
OPTIONS: dict[str, Any] = {
    "name": NAME,
    "iam_type": "user",
    "iam_name": "qualytics",
    "output_location": "s3://acme-athena-results/qualytics",
}
ROLE = {"iam_type": "role"}
INLINE = {"policy_type": "inline"}
ABSENT = {"state": "absent"}
OLD: Document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-athena-results/*"},
}


class Scenario(NamedTuple):
    """What is there, what is asked for, and the calls that it takes; an unnamed service is IAM."""

    prepare: Callable[[Account], object]
    options: dict[str, Any]
    calls: set[str]


def nothing(_account: Account) -> None:
    return


def drifted(account: Account) -> None:
    """Detached, five versions, an old document, one tag to change and one to remove."""
    tags = [{"Key": "team", "Value": "x"}, {"Key": "by", "Value": "hand"}]
    account.make_policy(NAME, OLD, Tags=tags)
    account.add_versions(ARN, 4, OLD)


def attached(account: Account) -> None:
    account.make_policy(NAME, OLD)
    account.add_versions(ARN, 1, OLD)
    account.attach(ARN)


def attached_to_role(account: Account) -> None:
    account.make_policy(NAME, OLD)
    account.iam.attach_role_policy(RoleName="qualytics", PolicyArn=ARN)


def inline_of_user(account: Account) -> None:
    _put(account, "user")


def inline_of_role(account: Account) -> None:
    _put(account, "role")


def _put(account: Account, iam_type: str) -> None:
    put = {"user": account.iam.put_user_policy, "role": account.iam.put_role_policy}[iam_type]
    for name in (NAME, "another"):
        put(**{f"{iam_type.title()}Name": "qualytics"}, PolicyName=name, PolicyDocument=json.dumps(OLD))


def another_data_catalog(account: Account) -> None:
    account.athena.create_data_catalog(Name="shared", Type="GLUE", Parameters={"catalog-id": "210987654321"})


TAGS = {"tags": {"team": "data-platform"}}
CREATE = {"GetPolicy", "ListPolicies", "CreatePolicy"}
READ = {"GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy"}
SCENARIOS = {
    "create": Scenario(nothing, OPTIONS | TAGS, CREATE | {"GetUser", "AttachUserPolicy"}),
    "create-role": Scenario(nothing, OPTIONS | ROLE, CREATE | {"GetRole", "AttachRolePolicy"}),
    "data-catalog": Scenario(
        another_data_catalog,
        OPTIONS | {"data_catalogs": ["AwsDataCatalog", "shared"], "databases": ["sales"]},
        CREATE | {"GetUser", "AttachUserPolicy", "athena:GetDataCatalog"},
    ),
    "update": Scenario(
        drifted,
        OPTIONS | TAGS,
        READ
        | {"GetUser", "CreatePolicyVersion", "ListPolicyVersions", "DeletePolicyVersion"}
        | {"AttachUserPolicy", "TagPolicy", "UntagPolicy"},
    ),
    "absent": Scenario(
        attached,
        OPTIONS | ABSENT,
        READ | {"ListPolicyVersions", "DetachUserPolicy", "DeletePolicyVersion", "DeletePolicy"},
    ),
    "absent-role": Scenario(
        attached_to_role,
        OPTIONS | ROLE | ABSENT,
        READ | {"ListPolicyVersions", "DetachRolePolicy", "DeletePolicy"},
    ),
    "inline-create": Scenario(
        nothing, OPTIONS | INLINE, {"GetUserPolicy", "GetUser", "ListUserPolicies", "PutUserPolicy"}
    ),
    "inline-create-role": Scenario(
        nothing, OPTIONS | INLINE | ROLE, {"GetRolePolicy", "GetRole", "ListRolePolicies", "PutRolePolicy"}
    ),
    "inline-update": Scenario(inline_of_user, OPTIONS | INLINE, {"GetUserPolicy", "ListUserPolicies", "PutUserPolicy"}),
    "inline-absent": Scenario(inline_of_user, OPTIONS | INLINE | ABSENT, {"GetUserPolicy", "DeleteUserPolicy"}),
    "inline-absent-role": Scenario(
        inline_of_role, OPTIONS | INLINE | ROLE | ABSENT, {"GetRolePolicy", "DeleteRolePolicy"}
    ),
}
DENIALS = [
    (name, call if ":" in call else f"iam:{call}")
    for name, scenario in SCENARIOS.items()
    for call in sorted(scenario.calls)
]


def prepared(sandbox: Sandbox, scenario: Scenario) -> Account:
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("user", "qualytics")
    account.make_identity("role", "qualytics")
    scenario.prepare(account)
    return account


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> dict[str, tuple[Run, dict[str, Any]]]:
    """Each scenario's run when nothing goes wrong, and what it leaves in force."""
    outcomes = {}
    for name, scenario in SCENARIOS.items():
        account = prepared(sandbox, scenario)
        run = Modules(sandbox).run(MODULE, scenario.options).ok()
        outcomes[name] = run, account.in_force()
    return outcomes


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_call_is_forgotten_here(undisturbed: dict[str, tuple[Run, Any]], name: str) -> None:
    run, _state = undisturbed[name]
    expected = {call if ":" in call else f"iam:{call}" for call in SCENARIOS[name].calls}
    assert set(run.calls) - {"sts:GetCallerIdentity"} == expected


@pytest.mark.parametrize(("name", "action"), DENIALS)
def test_a_denied_call(
    sandbox: Sandbox, undisturbed: dict[str, tuple[Run, dict[str, Any]]], name: str, action: str
) -> None:
    scenario = SCENARIOS[name]
    account = prepared(sandbox, scenario)
    user, modules = provisioner(sandbox)
    user.may("*", "*", {"Effect": "Deny", "Action": action, "Resource": "*"})
    before = account.state("provisioner")

    run = modules.run(MODULE, scenario.options).refused()
    assert f"Grant {action} to the identity that runs this task" in run.message
    assert "does not exist" not in run.message
    assert "not found" not in run.message
    assert run.calls[-1] == action

    # The denied call, and where there is no room the call that says so, changed nothing.
    full = undisturbed[name][0]
    assert run.calls == full.calls[: len(run.calls)]
    attempts = ["iam:CreatePolicyVersion"] if name == "update" else []
    done = [call for call in run.calls[:-1] if is_write(call)]
    changed = done != attempts[: len(done)]
    assert bool(run.result.get("changed")) is changed
    assert (account.state("provisioner") != before) is changed
    drift = run.result.get("drift", [])
    assert all(row in full.result["drift"] for row in drift)
    assert bool(drift) is changed

    user.may("*", "*")
    repaired = modules.run(MODULE, scenario.options).ok()
    assert repaired.result["changed"]
    rows = [*drift, *repaired.result["drift"]]
    assert all(row in rows for row in full.result["drift"])
    account.iam.delete_user_policy(UserName="provisioner", PolicyName="rights")
    assert account.in_force() == undisturbed[name][1]


def test_without_a_right_to_create_versions_none_is_deleted(sandbox: Sandbox) -> None:
    account = prepared(sandbox, SCENARIOS["update"])
    user, modules = provisioner(sandbox)
    user.may("*", "*", {"Effect": "Deny", "Action": "iam:CreatePolicyVersion", "Resource": "*"})
    run = modules.run(MODULE, SCENARIOS["update"].options).refused()
    assert "iam:DeletePolicyVersion" not in run.calls
    assert set(account.versions(ARN)) == {"v1", "v2", "v3", "v4", "v5"}


def test_the_permission_is_the_one_that_aws_names(sandbox: Sandbox) -> None:
    """AWS asks for iam:TagPolicy when a policy is created with tags; to grant iam:CreatePolicy would not help."""
    account = prepared(sandbox, SCENARIOS["create"])
    message = (
        "User: arn:aws:iam::123456789012:user/provisioner is not authorized to perform: iam:TagPolicy on resource: "
        f"policy {NAME} because no identity-based policy allows the iam:TagPolicy action"
    )

    def deny(call: str) -> None:
        if call == "iam:CreatePolicy":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "CreatePolicy")

    run = Modules(sandbox).run(MODULE, SCENARIOS["create"].options, before=deny).refused()
    assert "Grant iam:TagPolicy to the identity" in run.message
    assert account.state()["managed"] == {}


KILLED = [("create", 2), ("update", 5), ("absent", 3), ("inline-update", 1)]


@pytest.mark.parametrize(("name", "number"), [(name, number) for name, writes in KILLED for number in range(writes)])
def test_a_run_killed_after_a_write(
    sandbox: Sandbox, undisturbed: dict[str, tuple[Run, dict[str, Any]]], name: str, number: int
) -> None:
    scenario = SCENARIOS[name]
    account = prepared(sandbox, scenario)
    modules = Modules(sandbox)
    killed = modules.run(MODULE, scenario.options, **killed_at(number, done=True))
    assert killed.status == -9
    assert killed.result == {}
    if name != "absent":
        # The next run finishes the work, however much of it is left.
        assert modules.run(MODULE, scenario.options).ok().result["changed"] is (number < dict(KILLED)[name] - 1)
    else:
        modules.run(MODULE, scenario.options).ok()
    assert account.in_force() == undisturbed[name][1]
    assert not modules.run(MODULE, scenario.options, check=True).ok().result["changed"]


@pytest.mark.parametrize("number", range(4))
def test_access_is_there_at_every_moment_of_an_update(sandbox: Sandbox, number: int) -> None:
    """Killed at any write of a run that replaces the document, the policy stays attached with a whole document."""
    options = OPTIONS | TAGS | {"result_streaming": True}
    modules = Modules(sandbox)
    account = prepared(sandbox, SCENARIOS["create"])
    modules.run(MODULE, OPTIONS).ok()
    documents = [account.document(ARN)]
    account.add_versions(ARN, 4, documents[0])
    wanted = modules.run(MODULE, options, check=True).ok().result["policy"]["document"]
    killed = modules.run(MODULE, options, **killed_at(number, done=False))
    assert killed.status == -9
    state = account.state()["managed"][ARN]
    assert state["users"] == ["qualytics"]
    assert state["documents"][state["default"]] == (wanted if number == 3 else documents[0])
    assert modules.run(MODULE, options).ok().result["changed"]
    assert account.document(ARN) == wanted


def test_a_run_that_fails_in_the_middle_says_what_was_done(sandbox: Sandbox) -> None:
    account = prepared(sandbox, SCENARIOS["update"])
    user, modules = provisioner(sandbox)
    user.may("*", "*", {"Effect": "Deny", "Action": "iam:TagPolicy", "Resource": "*"})
    run = modules.run(MODULE, SCENARIOS["update"].options).refused()
    assert run.result["changed"]
    aspects = {row["aspect"] for row in run.result["drift"]}
    assert "attachment" in aspects
    # Tags are removed before others are set, and it is the setting that was denied.
    assert {row["kind"] for row in run.result["drift"] if row["aspect"] == "tag"} == {"extra"}
    assert len(run.result["drift"]) >= 2
    assert account.state("provisioner")["managed"][ARN]["users"] == ["qualytics"]


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "ServiceUnavailable", "ConcurrentModification"])
def test_what_passes_is_tried_again(sandbox: Sandbox, code: str) -> None:
    prepared(sandbox, SCENARIOS["create"])
    failures = {"iam:GetPolicy": 1, "iam:CreatePolicy": 1}

    def fail(call: str) -> None:
        if failures.get(call):
            failures[call] -= 1
            raise ClientError({"Error": {"Code": code, "Message": "later"}}, call.partition(":")[2])

    run = Modules(sandbox).run(MODULE, SCENARIOS["create"].options, before=fail).ok()
    assert run.result["changed"]


def test_a_policy_that_was_made_a_moment_ago_is_not_known_yet(sandbox: Sandbox) -> None:
    account = prepared(sandbox, SCENARIOS["create"])
    unknown = 2

    def attach(call: str) -> None:
        nonlocal unknown
        if call == "iam:AttachUserPolicy" and unknown:
            unknown -= 1
            error = {"Code": "NoSuchEntity", "Message": f"Policy {ARN} does not exist or is not attachable."}
            raise ClientError({"Error": error}, "AttachUserPolicy")

    Modules(sandbox).run(MODULE, SCENARIOS["create"].options, before=attach).ok()
    assert account.state()["managed"][ARN]["users"] == ["qualytics"]


def test_credentials_that_aws_does_not_know(sandbox: Sandbox) -> None:
    prepared(sandbox, SCENARIOS["create"])
    modules = Modules(sandbox)
    modules.credentials = {"access_key": "AKIAUNKNOWNUNKNOWNKE", "secret_key": "unknown-secret-of-the-provisioner"}
    run = modules.run(MODULE, OPTIONS).refused()
    assert "unknown-secret-of-the-provisioner" not in str(run)
    assert "security token" in run.message or "InvalidClientTokenId" in run.message
    assert "Grant" not in run.message
    assert run.writes == ()


def test_no_credentials(sandbox: Sandbox) -> None:
    modules = Modules(sandbox)
    modules.credentials = {}
    run = modules.run(MODULE, OPTIONS).refused()
    assert run.calls == ()
    assert "credentials" in run.message
    assert "get the caller's identity" in run.message


def test_no_region(sandbox: Sandbox) -> None:
    run = Modules(sandbox).run(MODULE, OPTIONS | {"region": None}).refused()
    assert run.calls == ()
    assert "region" in run.message


def test_nobody_answers(sandbox: Sandbox) -> None:
    fast = {"retries": {"total_max_attempts": 1}}
    options = OPTIONS | {"endpoint_url": "http://127.0.0.1:9", "aws_config": fast}
    run = Modules(sandbox).run(MODULE, options).refused()
    assert "Could not connect" in run.message
    assert "Grant" not in run.message
