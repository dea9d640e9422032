# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_role_trust when a call is denied, when it is killed between two calls, and when IAM does not know yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .module_runs import Hook, Modules, Run, in_a_hurry, is_write, killed_at, provisioner
from .trusts import statement

MODULE = "athena_role_trust"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
LOADER = f"arn:aws:iam::{ACCOUNT_ID}:user/loader"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
BASE_POLICY = "qualytics-athena-assume-target"
OPTIONS: dict[str, Any] = {
    "role_name": "target",
    "trusted_principals": [BASE, LOADER],
    "external_id": "acme-3f1c7a52",
    "description": "Reads with Athena",
    "permissions_boundary": BOUNDARY,
    "max_session_duration": 7200,
    "tags": {"team": "data-platform"},
    "base_role_name": "dataplane",
}
ABSENT = {"state": "absent"}


class Scenario(NamedTuple):
    """What is there, what is asked for, and the calls that it takes."""

    prepare: Callable[[Account], object]
    options: dict[str, Any]
    calls: set[str]


def nothing(_account: Account) -> None:
    return


def drifted(account: Account) -> None:
    """Everything differs, and the trust shows the ids of principals that were made anew."""
    trust = {"Version": "2012-10-17", "Statement": [statement([BASE, LOADER], Sid="QualyticsAthenaAssumeRole")]}
    tags = [{"Key": "team", "Value": "x"}, {"Key": "by", "Value": "hand"}]
    account.make_role("target", trust, Description="x", Tags=tags)
    account.remake_role("dataplane")


def bounded(account: Account) -> None:
    drifted(account)
    account.iam.put_role_permissions_boundary(RoleName="target", PermissionsBoundary=BOUNDARY)


def there(account: Account) -> None:
    drifted(account)
    account.iam.put_role_policy(
        RoleName="dataplane",
        PolicyName=BASE_POLICY,
        PolicyDocument='{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}',
    )


READ = {"GetRole", "GetRolePolicy"}
UPDATE = {"UpdateAssumeRolePolicy", "UpdateRole", "TagRole", "UntagRole"}
SCENARIOS = {
    "create": Scenario(nothing, OPTIONS, READ | {"CreateRole", "ListRolePolicies", "PutRolePolicy"}),
    "update": Scenario(
        drifted, OPTIONS, READ | UPDATE | {"GetUser", "PutRolePermissionsBoundary", "ListRolePolicies", "PutRolePolicy"}
    ),
    "unbound": Scenario(
        bounded,
        OPTIONS | {"permissions_boundary": ""},
        READ | UPDATE | {"GetUser", "DeleteRolePermissionsBoundary", "ListRolePolicies", "PutRolePolicy"},
    ),
    "absent": Scenario(
        there,
        OPTIONS | ABSENT,
        READ
        | {"ListAttachedRolePolicies", "ListRolePolicies", "ListInstanceProfilesForRole"}
        | {"DeleteRolePolicy", "DeleteRole"},
    ),
}
DENIALS = [(name, f"iam:{call}") for name, scenario in SCENARIOS.items() for call in sorted(scenario.calls)]


def prepared(sandbox: Sandbox, scenario: Scenario) -> Account:
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    account.make_identity("user", "loader")
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    account.make_policy("boundary", everything)
    scenario.prepare(account)
    return account


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> dict[str, tuple[Run, dict[str, Any]]]:
    """Each scenario's run when nothing goes wrong, and what it leaves behind."""
    outcomes = {}
    for name, scenario in SCENARIOS.items():
        account = prepared(sandbox, scenario)
        run = Modules(sandbox).run(MODULE, scenario.options).ok()
        outcomes[name] = run, account.roles()
    return outcomes


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_call_is_forgotten_here(undisturbed: dict[str, tuple[Run, Any]], name: str) -> None:
    run, _state = undisturbed[name]
    assert set(run.calls) - {"sts:GetCallerIdentity"} == {f"iam:{call}" for call in SCENARIOS[name].calls}


def drift_of(run: Run) -> list[str]:
    """The drift as text, whatever the unique ids of this run were."""
    return [re.sub(r"A(ROA|IDA)[A-Z0-9]{15,}", "ID", str(row)) for row in run.result.get("drift", [])]


@pytest.mark.parametrize(("name", "action"), DENIALS)
def test_a_denied_call(
    sandbox: Sandbox, undisturbed: dict[str, tuple[Run, dict[str, Any]]], name: str, action: str
) -> None:
    scenario = SCENARIOS[name]
    account = prepared(sandbox, scenario)
    user, modules = provisioner(sandbox)
    user.may("*", "*", {"Effect": "Deny", "Action": action, "Resource": "*"})
    before = account.roles()

    run = modules.run(MODULE, scenario.options).refused()
    assert f"Grant {action} to the identity that runs this task" in run.message
    assert "does not exist" not in run.message
    assert run.calls[-1] == action

    full = undisturbed[name][0]
    assert run.calls == full.calls[: len(run.calls)]
    changed = any(map(is_write, run.calls[:-1]))
    assert bool(run.result.get("changed")) is changed
    assert (account.roles() != before) is changed
    drift = drift_of(run)
    assert all(row in drift_of(full) for row in drift)
    assert bool(drift) is changed

    user.may("*", "*")
    modules.run(MODULE, scenario.options).ok()
    assert account.roles() == undisturbed[name][1]
    assert not modules.run(MODULE, scenario.options).ok().result["changed"]


WRITES = {"create": 2, "update": 6, "unbound": 6, "absent": 2}
KILLS = [(name, number, done) for name, count in WRITES.items() for number in range(count) for done in (False, True)]


@pytest.mark.parametrize(("name", "number", "done"), KILLS)
def test_a_run_killed_at_a_write(
    sandbox: Sandbox,
    undisturbed: dict[str, tuple[Run, dict[str, Any]]],
    name: str,
    number: int,
    done: bool,
) -> None:
    scenario = SCENARIOS[name]
    account = prepared(sandbox, scenario)
    modules = Modules(sandbox)
    killed = modules.run(MODULE, scenario.options, **killed_at(number, done=done))
    assert killed.status == -9
    assert len(killed.writes) == number + done
    last = done and number == WRITES[name] - 1
    assert modules.run(MODULE, scenario.options).ok().result["changed"] is not last
    assert account.roles() == undisturbed[name][1]
    assert not modules.run(MODULE, scenario.options, check=True).ok().result["changed"]


@pytest.mark.parametrize("name", WRITES)
def test_every_write_is_one_that_a_run_was_killed_at(undisturbed: dict[str, tuple[Run, Any]], name: str) -> None:
    assert len(undisturbed[name][0].writes) == WRITES[name]


# Eventual consistency ------------------------------------------------------------------------------------------------


INVALID = {"code": "MalformedPolicyDocument", "message": f'Invalid principal in policy: "AWS":"{BASE}"'}
THROTTLED = {"code": "Throttling", "status": 400, "message": "Rate exceeded"}
UNKNOWN = {"code": "NoSuchEntity", "status": 404, "message": "The role with name dataplane cannot be found."}


@pytest.mark.parametrize(
    ("scenario", "operation", "failure"),
    [
        ("create", "CreateRole", INVALID),
        ("create", "CreateRole", UNKNOWN),
        ("create", "PutRolePolicy", UNKNOWN),
        ("update", "UpdateAssumeRolePolicy", INVALID),
        ("update", "PutRolePermissionsBoundary", UNKNOWN),
        ("update", "TagRole", UNKNOWN),
        ("update", "UpdateRole", UNKNOWN),
        ("absent", "DeleteRolePolicy", THROTTLED),
        (
            "absent",
            "DeleteRole",
            {"code": "DeleteConflict", "status": 409, "message": "must detach all policies first"},
        ),
    ],
)
def test_what_iam_does_not_know_yet_is_tried_again(
    sandbox: Sandbox, undisturbed: dict[str, tuple[Run, Any]], scenario: str, operation: str, failure: dict[str, Any]
) -> None:
    account = prepared(sandbox, SCENARIOS[scenario])
    sandbox.switch("fail", times=3, service="iam", operation=operation, **failure)
    run = Modules(sandbox).run(MODULE, SCENARIOS[scenario].options, before=in_a_hurry).ok()
    assert run.calls.count(f"iam:{operation}") == 4
    assert account.roles() == undisturbed[scenario][1]


MISSPELT = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/datplane"
NO_PATH = f"arn:aws:iam::{ACCOUNT_ID}:role/dataplane"


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        (MISSPELT, [f"{MISSPELT} does not exist"]),
        (NO_PATH, [f"{NO_PATH} does not exist, but {BASE} does"]),
        ("arn:aws:iam::210987654321:role/unknown", ["role/unknown"]),
    ],
)
def test_a_typo_fails_within_the_bound_and_says_why(sandbox: Sandbox, principal: str, words: list[str]) -> None:
    account = prepared(sandbox, SCENARIOS["create"])
    before = account.roles()
    options = {"role_name": "target", "trusted_principals": [principal], "external_id": "acme-3f1c7a52"}
    run = Modules(sandbox).run(MODULE, options, before=in_a_hurry).refused()
    assert run.calls.count("iam:CreateRole") == 8
    for word in [*words, f'"AWS":"{principal}"', "misspelt", "deleted", "path", "run again"]:
        assert word in run.message
    assert account.roles() == before


def test_another_malformed_document_is_not_tried_again(sandbox: Sandbox) -> None:
    prepared(sandbox, SCENARIOS["create"])
    sandbox.switch(
        "fail", times=9, service="iam", operation="CreateRole", code="MalformedPolicyDocument", message="Syntax errors."
    )
    run = Modules(sandbox).run(MODULE, OPTIONS).refused()
    assert run.calls.count("iam:CreateRole") == 1
    assert "Likely causes" not in run.message


def test_the_id_of_a_deleted_principal_in_the_statement_of_others_is_refused_before_any_write(sandbox: Sandbox) -> None:
    account = prepared(sandbox, SCENARIOS["create"])
    account.make_identity("role", "gone")
    gone = statement(f"arn:aws:iam::{ACCOUNT_ID}:role/gone", Sid="Gone", Condition={"Bool": {"x:y": "true"}})
    account.make_role("target", {"Version": "2012-10-17", "Statement": [gone]})
    account.iam.delete_role(RoleName="gone")
    options = {"role_name": "target", "trusted_principals": [BASE], "permissions_boundary": BOUNDARY}
    predicted = Modules(sandbox).run(MODULE, options, check=True).ok()
    assert ("statement", "missing") in [row[:2] for row in predicted.drift]
    run = Modules(sandbox).run(MODULE, options).refused()
    assert run.writes == ()
    for word in ("AROA", "'Gone'", "purge_trust"):
        assert word in run.message
    purge = {"role_name": "target", "trusted_principals": [BASE], "purge_trust": True}
    assert Modules(sandbox).run(MODULE, purge).ok().result["changed"]


@pytest.mark.parametrize("code", ["Throttling", "ServiceUnavailable", "ConcurrentModification"])
def test_what_passes_is_tried_again(sandbox: Sandbox, code: str) -> None:
    prepared(sandbox, SCENARIOS["create"])
    for operation in ("GetRole", "CreateRole", "PutRolePolicy"):
        sandbox.switch("fail", times=2, service="iam", operation=operation, code=code, status=400)
    # The SDK itself would retry some of these and not others.
    options = OPTIONS | {"aws_config": {"retries": {"total_max_attempts": 1}}}
    assert Modules(sandbox).run(MODULE, options, before=in_a_hurry).ok().result["changed"]


def at_first(call: str, do: Callable[[], object]) -> Hook:
    """A hook that does something before the first call of an operation."""
    done = False

    def hook(name: str) -> None:
        nonlocal done
        if name == call and not done:
            done = True
            do()

    return hook


def test_a_role_that_somebody_else_makes_meanwhile(sandbox: Sandbox) -> None:
    """The error says so, nothing is lost, and the next run converges."""
    account = prepared(sandbox, SCENARIOS["create"])
    trust = {"Version": "2012-10-17", "Statement": [statement("*")]}
    hook = at_first("iam:CreateRole", lambda: account.make_role("target", trust))
    run = Modules(sandbox).run(MODULE, OPTIONS, before=hook).refused()
    assert "already exists" in run.message
    assert "run again" in run.message
    assert Modules(sandbox).run(MODULE, OPTIONS | {"purge_trust": True}).ok().result["changed"]
    assert not Modules(sandbox).run(MODULE, OPTIONS | {"purge_trust": True}).ok().result["changed"]
