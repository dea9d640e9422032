# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_role_trust from an empty account to an empty account: check, apply, apply again, remove."""

from __future__ import annotations

import json
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .module_runs import Modules, in_a_hurry
from .trusts import OTHER_ACCOUNT, statement

MODULE = "athena_role_trust"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
FOREIGN = f"arn:aws:iam::{OTHER_ACCOUNT}:role/vendor/dataplane"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/loader"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
BASE_POLICY = "qualytics-athena-assume-target"
OPTIONS: dict[str, Any] = {"role_name": "target", "trusted_principals": [BASE], "external_id": "acme-3f1c7a52"}
EVERYTHING: dict[str, Any] = {
    "path": "/data-quality/",
    "description": "What Qualytics reads <with> Athena & Glue",
    "permissions_boundary": BOUNDARY,
    "max_session_duration": 7200,
    "tags": {"team": "data-platform", "cost center": "42"},
    "base_role_name": "dataplane",
}
CONNECTIONS = [
    pytest.param({**OPTIONS}, id="least"),
    pytest.param({**OPTIONS, **EVERYTHING}, id="everything"),
    pytest.param({**OPTIONS, "purge_trust": True, "base_role_name": "dataplane"}, id="purge"),
    pytest.param({**OPTIONS, "trusted_principals": [BASE, USER], "external_id": None}, id="no-external-id"),
    pytest.param({**OPTIONS, "trusted_principals": [FOREIGN], "base_role_name": "dataplane"}, id="foreign"),
    pytest.param({**OPTIONS, "trusted_principals": [ACCOUNT_ID], "base_role_name": "dataplane"}, id="account"),
]
ABSENT = {"state": "absent"}


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    """An account with base roles, its own and a foreign one, a user, and a policy that can be a boundary."""
    account = Account(clean_sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    account.make_identity("user", "loader")
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    account.make_policy("boundary", {"Version": "2012-10-17", **everything})
    foreign = clean_sandbox.client("iam", OTHER_ACCOUNT, "an-owner-of-another-account")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement(OTHER_ACCOUNT)]})
    foreign.create_role(RoleName="dataplane", Path="/vendor/", AssumeRolePolicyDocument=trust)
    return account


@pytest.fixture
def modules(clean_sandbox: Sandbox) -> Modules:
    return Modules(clean_sandbox)


@pytest.mark.parametrize("options", CONNECTIONS)
def test_from_an_empty_account_and_back(account: Account, modules: Modules, options: dict[str, Any]) -> None:
    manages_base = "base_role_name" in options and FOREIGN not in options["trusted_principals"]
    reads = ["sts:GetCallerIdentity", "iam:GetRole"] + ["iam:GetRolePolicy"] * manages_base
    empty = account.roles()

    predicted = modules.run(MODULE, options, check=True).ok()
    assert predicted.result["changed"]
    assert predicted.writes == ()
    assert account.roles() == empty

    applied = modules.run(MODULE, options).ok()
    assert applied.writes == ("iam:CreateRole",) + ("iam:PutRolePolicy",) * manages_base
    for name in ("drift", "diff", "base_role_policy"):
        assert applied.result[name] == predicted.result[name]
    assert predicted.result["role"] == applied.result["role"] | {"id": None}
    assert predicted.warnings == applied.warnings
    assert len(applied.warnings) == ("base_role_name" in options and not manages_base)

    role = applied.result["role"]
    found = account.roles()["target"]
    assert role["arn"] == found["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role{options.get('path', '/')}target"
    assert role["id"] == account.iam.get_role(RoleName="target")["Role"]["RoleId"]
    assert role["trust_policy"] == found["trust"]
    assert found["description"] == role["description"] == options.get("description", "")
    assert found["duration"] == role["max_session_duration"] == options.get("max_session_duration", 3600)
    assert found["boundary"] == role["permissions_boundary"] == options.get("permissions_boundary")
    assert found["tags"] == role["tags"] == options.get("tags", {})
    base = account.roles()["dataplane"]["inline"]
    assert base == ({BASE_POLICY: applied.result["base_role_policy"]} if manages_base else {})
    assert applied.result["base_role_policy"]["Statement"][0]["Resource"] == role["arn"]

    for check in (False, True):
        again = modules.run(MODULE, options, check=check).ok()
        assert not again.result["changed"]
        assert again.result["drift"] == []
        assert again.result["diff"]["before"] == again.result["diff"]["after"] == applied.result["diff"]["after"]
        assert again.result["role"] == role
        assert list(again.calls) == reads

    gone = modules.run(MODULE, options | ABSENT, check=True).ok()
    assert gone.writes == ()
    removed = modules.run(MODULE, options | ABSENT).ok()
    assert removed.result["drift"] == gone.result["drift"]
    assert removed.result["role"] is removed.result["base_role_policy"] is None
    assert removed.writes == ("iam:DeleteRolePolicy",) * manages_base + ("iam:DeleteRole",)
    assert account.roles() == empty
    assert not modules.run(MODULE, options | ABSENT).ok().result["changed"]


def test_absent_needs_nothing_but_names(account: Account, modules: Modules) -> None:
    empty = account.roles()
    modules.run(MODULE, OPTIONS | EVERYTHING).ok()
    modules.run(MODULE, {"role_name": "target", "base_role_name": "dataplane", **ABSENT}).ok()
    assert account.roles() == empty


# What is in the way of a removal -------------------------------------------------------------------------------------


def test_a_role_with_something_in_it_is_not_deleted(account: Account, modules: Modules) -> None:
    modules.run(MODULE, OPTIONS | EVERYTHING).ok()
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    attached = account.make_policy("attached", document, "/of-others/")
    account.iam.attach_role_policy(RoleName="target", PolicyArn=attached)
    account.iam.put_role_policy(RoleName="target", PolicyName="written", PolicyDocument=json.dumps(document))
    account.iam.create_instance_profile(InstanceProfileName="machines")
    account.iam.add_role_to_instance_profile(InstanceProfileName="machines", RoleName="target")
    before = account.roles()
    absent = OPTIONS | EVERYTHING | ABSENT
    for check in (True, False):
        run = modules.run(MODULE, absent, check=check).refused()
        assert run.writes == ()
        for words in (attached, "inline policy written", "instance profile machines", "role/data-quality/target"):
            assert words in run.message
    assert account.roles() == before

    account.iam.remove_role_from_instance_profile(InstanceProfileName="machines", RoleName="target")
    detached = absent | {"detached_policies": [attached, "written"]}
    assert modules.run(MODULE, detached, check=True).ok().result["changed"]
    # What is said to be gone and is not, is in the way all the same.
    still_there = modules.run(MODULE, detached, before=in_a_hurry).refused()
    assert still_there.writes == ()
    assert attached in still_there.message
    account.iam.detach_role_policy(RoleName="target", PolicyArn=attached)
    account.iam.delete_role_policy(RoleName="target", PolicyName="written")
    modules.run(MODULE, detached).ok()
    assert "target" not in account.roles()


def test_a_role_under_another_path_is_another_role(account: Account, modules: Modules) -> None:
    options = OPTIONS | {"base_role_name": "dataplane"}
    modules.run(MODULE, options).ok()
    before = account.roles()
    run = modules.run(MODULE, options | ABSENT | {"path": "/other/"}).ok()
    assert not run.result["changed"]
    assert any("left alone" in warning for warning in run.warnings)
    assert run.result["diff"]["before"] == run.result["diff"]["after"]
    assert run.result["role"] is None
    assert account.roles() == before


def test_what_was_just_detached_may_still_be_listed(account: Account, modules: Modules) -> None:
    """IAM shows the old state for some seconds; the module looks again."""
    modules.run(MODULE, OPTIONS).ok()
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    attached = account.make_policy("attached", document)
    account.iam.attach_role_policy(RoleName="target", PolicyArn=attached)
    looks = 0

    def detach_late(call: str) -> None:
        nonlocal looks
        in_a_hurry(call)
        if call == "iam:ListAttachedRolePolicies":
            looks += 1
            if looks == 3:
                account.iam.detach_role_policy(RoleName="target", PolicyArn=attached)

    run = modules.run(MODULE, OPTIONS | ABSENT | {"detached_policies": [attached]}, before=detach_late).ok()
    assert run.calls.count("iam:ListAttachedRolePolicies") == 3
    assert "target" not in account.roles()


@pytest.mark.parametrize("foreign", [FOREIGN, OTHER_ACCOUNT])
def test_a_foreign_base_role_is_left_to_its_owner(account: Account, modules: Modules, foreign: str) -> None:
    run = modules.run(MODULE, OPTIONS | {"trusted_principals": [foreign], "base_role_name": "dataplane"}).ok()
    assert run.result["base_role_policy"]["Statement"][0]["Action"] == "sts:AssumeRole"
    assert "iam:GetRolePolicy" not in run.calls
    (warning,) = run.warnings
    assert "another account" in warning
    assert "base_role_policy" in warning


# Warnings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("principal", [FOREIGN, f"arn:aws:iam::{OTHER_ACCOUNT}:root", OTHER_ACCOUNT])
def test_a_foreign_account_without_external_id_is_warned_of(
    account: Account, modules: Modules, principal: str, check: bool
) -> None:
    options = OPTIONS | {"trusted_principals": [principal], "external_id": None}
    (warning,) = modules.run(MODULE, options, check=check).ok().warnings
    assert OTHER_ACCOUNT in warning
    assert "external_id" in warning


def test_statements_of_others_that_defeat_ours_are_warned_of(account: Account, modules: Modules) -> None:
    modules.run(MODULE, OPTIONS).ok()
    (ours,) = account.trust("target")["Statement"]
    account.set_trust("target", ours, statement("*", Sid="Everybody"))
    run = modules.run(MODULE, OPTIONS, check=True).ok()
    assert not run.result["changed"]
    (warning,) = run.warnings
    assert "'Everybody'" in warning
    assert "purge_trust" in warning
    purged = modules.run(MODULE, OPTIONS | {"purge_trust": True}).ok()
    assert purged.warnings == []
    assert [row[:2] for row in purged.drift] == [("statement", "extra")]
    assert account.trust("target")["Statement"] == [ours]


def test_in_check_mode_a_base_role_may_be_yet_to_come(account: Account, modules: Modules) -> None:
    new = f"arn:aws:iam::{ACCOUNT_ID}:role/new"
    options = OPTIONS | {"trusted_principals": [new], "base_role_name": "new"}
    run = modules.run(MODULE, options, check=True).ok()
    assert any("'new' does not exist" in warning for warning in run.warnings)
    refused = modules.run(MODULE, options).refused()
    assert "the IAM role 'new' does not exist" in refused.message
    assert "base_role_name" in refused.message
    assert refused.writes == ()


@pytest.mark.parametrize("check", [True, False])
def test_a_base_role_without_room_is_refused_before_any_write(account: Account, modules: Modules, check: bool) -> None:
    resources = [f"arn:aws:s3:::{'a' * 60}{number:03}/*" for number in range(125)]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": resources}}
    account.iam.put_role_policy(RoleName="dataplane", PolicyName="large", PolicyDocument=json.dumps(document))
    run = modules.run(MODULE, OPTIONS | {"base_role_name": "dataplane"}, check=check).refused()
    assert run.writes == ()
    for words in ("role/dataplane", "10,240", "large"):
        assert words in run.message


def test_a_base_role_without_room_for_one_more_connection_is_refused_before_any_write(
    account: Account, modules: Modules
) -> None:
    # As much as some sixty connections take of the 10,240 characters.
    resources = [f"arn:aws:iam::{ACCOUNT_ID}:role/{number:060}" for number in range(107)]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": resources}]}
    account.iam.put_role_policy(RoleName="dataplane", PolicyName="others", PolicyDocument=json.dumps(document))
    run = modules.run(MODULE, OPTIONS | {"base_role_name": "dataplane"}).refused()
    assert "one policy of yours allow the base role sts:AssumeRole on all its target roles" in run.message
    assert "leave base_role_name out, or remove one of the others (others)" in run.message
    assert run.writes == ()
