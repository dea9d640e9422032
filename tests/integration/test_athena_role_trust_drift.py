# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_role_trust finds every single change of what it keeps, names it, and repairs it in one run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .module_runs import Modules, Run
from .trusts import OTHER_ACCOUNT, statement

MODULE = "athena_role_trust"
TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/data-quality/target"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/loader"
OTHER = f"arn:aws:iam::{ACCOUNT_ID}:role/other"
BOUNDARY, ANOTHER = (f"arn:aws:iam::{ACCOUNT_ID}:policy/{name}" for name in ("boundary", "another"))
BASE_POLICY = "qualytics-athena-assume-target"
OPTIONS: dict[str, Any] = {
    "role_name": "target",
    "trusted_principals": [BASE, USER],
    "external_id": "acme-3f1c7a52",
    "path": "/data-quality/",
    "description": "Reads with Athena",
    "permissions_boundary": BOUNDARY,
    "max_session_duration": 7200,
    "tags": {"team": "data-platform"},
    "base_role_name": "dataplane",
}
EC2 = statement({"Service": "ec2.amazonaws.com"}, Sid="Machines", Condition={"Bool": {"aws:SecureTransport": "true"}})
SAML = {
    "Effect": "Allow",
    "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/idp"},
    "Action": "sts:AssumeRoleWithSAML",
    "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
}


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    """A connection that is as it should be, with the trust of others beside."""
    account = Account(clean_sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    account.make_identity("role", "other")
    account.make_identity("user", "loader")
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    for name in ("boundary", "another"):
        account.make_policy(name, everything)
    Modules(clean_sandbox).run(MODULE, OPTIONS).ok()
    account.set_trust("target", EC2, *account.trust("target")["Statement"], SAML)
    return account


@pytest.fixture
def modules(clean_sandbox: Sandbox) -> Modules:
    return Modules(clean_sandbox)


def ours(account: Account) -> dict[str, Any]:
    return next(dict(it) for it in account.trust("target")["Statement"] if str(it.get("Sid")).startswith("Qualytics"))


def altered(**changes: Any) -> Callable[[Account], None]:
    """Our statement of the trust with some elements altered; None removes one."""

    def alter(account: Account) -> None:
        own = {name: value for name, value in {**ours(account), **changes}.items() if value is not None}
        account.set_trust("target", EC2, own, SAML)

    return alter


def role(call: str, **arguments: Any) -> Callable[[Account], None]:
    return lambda account: getattr(account.iam, call)(RoleName="target", **arguments)


def base_policy(**changes: Any) -> Callable[[Account], None]:
    def alter(account: Account) -> None:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": TARGET, **changes}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        account.iam.put_role_policy(RoleName="dataplane", PolicyName=BASE_POLICY, PolicyDocument=document)

    return alter


def no_base_policy(account: Account) -> None:
    account.iam.delete_role_policy(RoleName="dataplane", PolicyName=BASE_POLICY)


def principal_remade(account: Account) -> None:
    account.remake_role("dataplane")


def user_remade(account: Account) -> None:
    account.iam.delete_user(UserName="loader")
    account.make_identity("user", "loader")


def without_ours(account: Account) -> None:
    account.set_trust("target", EC2, SAML)


class Change(NamedTuple):
    """Something done behind the module's back, and the drift: (aspect, kind) and words of expected or actual."""

    alter: Callable[[Account], object]
    drift: list[tuple[str, str, str]]


CHANGES = {
    "everybody": Change(
        altered(Principal="*"),
        [("principal", "missing", BASE), ("principal", "missing", USER), ("principal", "extra", "AWS:*")],
    ),
    "another-principal": Change(altered(Principal={"AWS": [BASE, USER, OTHER]}), [("principal", "extra", OTHER)]),
    "the-account": Change(altered(Principal={"AWS": [BASE, USER, ACCOUNT_ID]}), [("principal", "extra", ACCOUNT_ID)]),
    "foreign-account": Change(
        altered(Principal={"AWS": [BASE, USER, OTHER_ACCOUNT]}), [("principal", "extra", OTHER_ACCOUNT)]
    ),
    "principal-removed": Change(altered(Principal={"AWS": BASE}), [("principal", "missing", USER)]),
    "principal-exchanged": Change(altered(Principal={"AWS": [BASE, OTHER]}), [("principal", "different", OTHER)]),
    "no-external-id": Change(altered(Condition=None), [("condition", "different", "acme-3f1c7a52")]),
    "like": Change(
        altered(Condition={"StringLike": {"sts:ExternalId": "acme-3f1c7a52"}}),
        [("condition", "different", "StringLike")],
    ),
    "another-external-id": Change(
        altered(Condition={"StringEquals": {"sts:ExternalId": "acme-other"}}),
        [("condition", "different", "acme-other")],
    ),
    "extra-action": Change(
        altered(Action=["sts:AssumeRole", "sts:TagSession"]), [("action", "extra", "sts:TagSession")]
    ),
    "denied": Change(altered(Effect="Deny"), [("effect", "different", "Deny")]),
    "statement-removed": Change(without_ours, [("statement", "missing", BASE)]),
    "description": Change(role("update_role", Description="x"), [("description", "different", "Reads with Athena")]),
    "duration": Change(role("update_role", MaxSessionDuration=3600), [("max_session_duration", "different", "7200")]),
    "opened-and-let-in": Change(
        altered(Principal={"AWS": [BASE, USER, OTHER]}, Condition=None),
        [("condition", "different", "acme-3f1c7a52"), ("principal", "extra", OTHER)],
    ),
    "sid-removed-and-widened": Change(
        altered(Sid=None, Principal={"AWS": [BASE, USER, OTHER]}), [("principal", "extra", OTHER)]
    ),
    "boundary-removed": Change(
        role("delete_role_permissions_boundary"), [("permissions_boundary", "missing", BOUNDARY)]
    ),
    "boundary-exchanged": Change(
        role("put_role_permissions_boundary", PermissionsBoundary=ANOTHER),
        [("permissions_boundary", "different", ANOTHER)],
    ),
    "tag-altered": Change(
        role("tag_role", Tags=[{"Key": "team", "Value": "x"}]), [("tag", "different", "team=data-platform")]
    ),
    "tag-added": Change(role("tag_role", Tags=[{"Key": "by", "Value": "hand"}]), [("tag", "extra", "by=hand")]),
    "tag-removed": Change(role("untag_role", TagKeys=["team"]), [("tag", "missing", "team=data-platform")]),
    "base-policy-removed": Change(no_base_policy, [("policy", "missing", BASE_POLICY)]),
    "base-policy-widened": Change(base_policy(Resource="*"), [("resource", "different", "on *")]),
    "base-policy-for-another": Change(base_policy(Resource=[TARGET, OTHER]), [("resource", "extra", f"on {OTHER}")]),
    "base-policy-extra": Change(
        base_policy(Action=["sts:AssumeRole", "iam:PassRole"]), [("action", "extra", "iam:PassRole")]
    ),
    "user-remade": Change(user_remade, [("principal", "different", "AIDA")]),
    "principal-remade": Change(
        principal_remade, [("principal", "different", "AROA"), ("policy", "missing", BASE_POLICY)]
    ),
}


def in_any_order(roles: dict[str, Any]) -> dict[str, Any]:
    """The roles, with the statements of their trust policies sorted."""
    for role in roles.values():
        role["trust"]["Statement"] = sorted(role["trust"]["Statement"], key=json.dumps)
    return roles


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_and_repaired(account: Account, modules: Modules, name: str) -> None:
    whole = account.roles()
    CHANGES[name].alter(account)
    broken = account.roles()
    assert broken != whole

    predicted = modules.run(MODULE, OPTIONS, check=True).ok()
    assert predicted.writes == ()
    assert account.roles() == broken
    found = sorted(predicted.drift)
    for (aspect, kind, words), row in zip(sorted(CHANGES[name].drift), found, strict=True):
        assert (row[0], row[1]) == (aspect, kind)
        assert words in f"{row[2]} {row[3]}"

    repaired = modules.run(MODULE, OPTIONS).ok()
    assert repaired.result["drift"] == predicted.result["drift"]
    assert repaired.result["role"] == predicted.result["role"]
    assert in_any_order(account.roles()) == in_any_order(whole)
    assert len(repaired.writes) == (2 if name == "principal-remade" else 1)
    silent = modules.run(MODULE, OPTIONS).ok()
    assert not silent.result["changed"]
    assert silent.writes == ()


def test_a_role_that_was_made_anew_is_repaired(account: Account, modules: Modules) -> None:
    whole = account.roles()
    account.remake_role("target")
    predicted = modules.run(MODULE, OPTIONS, check=True).ok()
    aspects = {row[0] for row in predicted.drift}
    assert aspects == {"statement", "description", "permissions_boundary", "max_session_duration", "tag"}
    found = account.trust("target")
    repaired = modules.run(MODULE, OPTIONS).ok()
    assert repaired.result["drift"] == predicted.result["drift"]
    assert repaired.result["observed_trust"] == predicted.result["observed_trust"] == found
    left = account.roles()
    # The trust that it was made with is not ours; whoever was trusted before it was made anew is gone.
    assert left["target"].pop("trust")["Statement"][1:] == [ours(account)]
    whole["target"].pop("trust")
    assert left == whole
    assert not modules.run(MODULE, OPTIONS).ok().result["changed"]


def test_statements_of_others_survive_a_repair_to_the_letter(account: Account, modules: Modules) -> None:
    CHANGES["everybody"].alter(account)
    modules.run(MODULE, OPTIONS).ok()
    others = [it for it in account.trust("target")["Statement"] if it != ours(account)]
    assert json.dumps(others) == json.dumps([EC2, SAML])
    purged = modules.run(MODULE, OPTIONS | {"purge_trust": True}).ok()
    assert {row[1] for row in purged.drift} == {"extra"}
    assert account.trust("target")["Statement"] == [ours(account)]


def test_a_path_cannot_be_repaired_and_nothing_is_written(account: Account, modules: Modules) -> None:
    CHANGES["everybody"].alter(account)
    broken = account.roles()
    options = OPTIONS | {"path": "/elsewhere/"}
    predicted = modules.run(MODULE, options, check=True).ok()
    assert ("path", "different", "/elsewhere/", "/data-quality/") in predicted.drift
    before, after = (predicted.result["diff"][side].splitlines() for side in ("before", "after"))
    assert "path: /data-quality/" in before
    assert "path: /elsewhere/" in after
    refused = modules.run(MODULE, options).refused()
    assert "'/elsewhere/'" in refused.message
    assert "by hand" in refused.message
    assert account.roles() == broken


HARMLESS: dict[str, Callable[[Account], object]] = {
    "no-sid": altered(Sid=None),
    "another-sid": altered(Sid="Statement1"),
    "order": lambda account: account.set_trust("target", SAML, ours(account), EC2),
    "principals-turned": altered(Principal={"AWS": [USER, BASE]}),
    "letter-case": altered(
        Action=["STS:ASSUMEROLE"], Condition={"StringEquals": {"STS:externalid": ["acme-3f1c7a52"]}}
    ),
    "split": lambda account: account.set_trust(
        "target",
        *({**ours(account), "Sid": f"S{number}", "Principal": {"AWS": arn}} for number, arn in enumerate([BASE, USER])),
    ),
    "others-gone": lambda account: account.set_trust("target", ours(account)),
    "others-added": lambda account: account.set_trust(
        "target",
        EC2,
        ours(account),
        SAML,
        statement(OTHER, Sid="Other", Condition={"Bool": {"aws:ViaAWSService": "true"}}),
    ),
    "older-language": lambda account: account.set_trust("target", EC2, ours(account), Version="2008-10-17"),
    "base-policy-in-other-words": base_policy(Sid="Other", Action=["STS:AssumeRole"], Resource=[TARGET]),
    "ids-of-the-living": lambda account: None,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_the_same_in_other_words_is_no_drift(account: Account, modules: Modules, sandbox: Sandbox, name: str) -> None:
    HARMLESS[name](account)
    if name.startswith("ids"):
        sandbox.switch("unique_ids", role_name="target")
    before = account.roles() if not name.startswith("ids") else None
    run = modules.run(MODULE, OPTIONS).ok()
    assert run.drift == []
    assert run.writes == ()
    assert run.warnings == []
    assert before is None or account.roles() == before
    assert BASE in json.dumps(run.result["role"]["trust_policy"])


def asked_for(run: Run) -> list[str]:
    return [call.partition(":")[2] for call in run.calls]


def test_ids_are_looked_up_only_where_they_are_shown(account: Account, modules: Modules, sandbox: Sandbox) -> None:
    assert asked_for(modules.run(MODULE, OPTIONS).ok()) == ["GetCallerIdentity", "GetRole", "GetRolePolicy"]
    sandbox.switch("unique_ids", role_name="target")
    shown = asked_for(modules.run(MODULE, OPTIONS).ok())
    assert sorted(shown) == ["GetCallerIdentity", "GetRole", "GetRole", "GetRolePolicy", "GetUser"]


# Hand-made trusts ----------------------------------------------------------------------------------------------------


def test_a_hand_made_trust_is_taken_over(clean_sandbox: Sandbox, modules: Modules) -> None:
    account = Account(clean_sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    trust = {"Version": "2012-10-17", "Statement": [EC2, statement(BASE, Sid="Statement1")]}
    account.make_role("target", trust, "/data-quality/")
    least = {"role_name": "target", "trusted_principals": [BASE]}
    assert not modules.run(MODULE, least).ok().result["changed"]
    with_id = least | {"external_id": "acme-3f1c7a52"}
    (row,) = modules.run(MODULE, with_id).ok().drift
    assert row[:2] == ("condition", "different")
    assert account.trust("target")["Statement"] == [EC2, ours(account)]


def test_a_hand_made_trust_whose_principal_was_remade_is_taken_over(clean_sandbox: Sandbox, modules: Modules) -> None:
    account = Account(clean_sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    by_hand = statement(BASE, Condition={"StringEquals": {"sts:ExternalId": "acme-3f1c7a52"}})
    account.make_role("target", {"Version": "2012-10-17", "Statement": [by_hand]})
    account.remake_role("dataplane")
    assert "AROA" in json.dumps(account.trust("target"))
    options = {"role_name": "target", "trusted_principals": [BASE], "external_id": "acme-3f1c7a52"}
    (row,) = modules.run(MODULE, options).ok().drift
    assert row[:2] == ("principal", "different")
    assert account.trust("target")["Statement"] == [ours(account)]
