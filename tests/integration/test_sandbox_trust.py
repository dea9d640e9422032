# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust policies in the sandbox: which are refused, whom they name, and what is shown when that one is deleted."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID
from athena_sandbox.user import User

from .trusts import OTHER_ACCOUNT, ROOT, new_role, refusal, session, statement, trust

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user"


@pytest.fixture
def iam(clean_sandbox: Sandbox) -> Any:
    """IAM as the account root, with a base role and a base user under a path, and a role to write trusts for."""
    client = clean_sandbox.client("iam")
    new_role(client, "base", Path="/data/plane/")
    client.create_user(UserName="worker", Path="/clients/")
    new_role(client, "target")
    return client


def shown(iam: Any, name: str = "target") -> Any:
    """The trust policy of a role as GetRole shows it."""
    return iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]


def principals(document: Any) -> list[Any]:
    """The AWS principals of the statements of a document."""
    return [each["Principal"]["AWS"] for each in document["Statement"]]


def invalid(value: str, kind: str = "AWS") -> str:
    """IAM's message about a principal."""
    return f'Invalid principal in policy: "{kind}":"{value}"'


# Documents

NO_PRINCIPALS = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement "
    "with no principals!"
)
FEDERATED = "Federated principals must be valid domain names or SAML metadata ARNs"
ONLY_STS = "AssumeRole policy may only specify STS AssumeRole actions."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
MALFORMED: dict[str, tuple[str, str]] = {
    "not JSON": ("{", "This policy contains invalid Json"),
    "no statement": ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
    "empty statements": (trust(), "Syntax errors in policy."),
    "unknown element": (trust(statement(ROOT, Principals="*")), "Syntax errors in policy."),
    "unknown effect": (trust(statement(ROOT, Effect="allow")), "Syntax errors in policy."),
    "the same statement id twice": (
        trust(statement(ROOT, Sid="a"), statement("*", Sid="a")),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    "no action": (trust({"Effect": "Allow", "Principal": "*"}), "Policy statement must contain actions."),
    "empty actions": (trust(statement(ROOT, Action=[])), "Policy statement must contain actions."),
    "Action and NotAction": (trust(statement(ROOT, NotAction="sts:TagSession")), "Syntax errors in policy."),
    "an action without a service": (trust(statement(ROOT, Action="AssumeRole")), VENDOR),
    "an action of another service": (trust(statement(ROOT, Action=["sts:AssumeRole", "s3:Get*"])), ONLY_STS),
    "an action of STS that is another": (trust(statement(ROOT, Action="sts:GetSessionToken")), ONLY_STS),
    "a misspelt action": (trust(statement(ROOT, Action=["sts:AssumeRole", "sts:TagSessions"])), ONLY_STS),
    "every action": (trust(statement(ROOT, Action="*")), ONLY_STS),
    "a resource": (trust(statement(ROOT, Resource="*")), "Has prohibited field Resource"),
    "no principal": (trust({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
    "an empty principal": (trust(statement({})), NO_PRINCIPALS),
    "an empty list of principals": (trust(statement({"AWS": []})), NO_PRINCIPALS),
    "a principal that is a text": (
        trust({"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}),
        "Syntax errors in policy.",
    ),
    "NotPrincipal that allows": (
        trust({"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}),
        "Allow with NotPrincipal is not allowed.",
    ),
    "NotPrincipal that denies": (
        trust({"Effect": "Deny", "NotPrincipal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}),
        "AssumeRole policy must not contain NotPrincipal field.",
    ),
    "a condition operator": (
        trust(statement(ROOT, Condition={"StringEqual": {"sts:ExternalId": "x"}})),
        "Invalid Condition type : StringEqual.",
    ),
    "a condition key": (trust(statement(ROOT, Condition={"StringEquals": {"ExternalId": "x"}})), VENDOR),
    "an unknown kind of principal": (trust(statement({"Aws": ROOT})), invalid(ROOT, "AWS")),
    "a service": (trust(statement({"Service": "amazonaws.com"})), invalid("amazonaws.com", "SERVICE")),
    "a service with a wildcard": (trust(statement({"Service": "*"})), invalid("*", "SERVICE")),
    "a role as Federated": (trust(statement({"Federated": f"{ROLE}/data/plane/base"})), FEDERATED),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_trust_policies_are_refused(iam: Any, what: str) -> None:
    document, message = MALFORMED[what]
    before = shown(iam)
    for call in (
        partial(iam.create_role, RoleName="new", AssumeRolePolicyDocument=document),
        partial(iam.update_assume_role_policy, RoleName="target", PolicyDocument=document),
    ):
        assert refusal(call) == (400, "MalformedPolicyDocument", message)
    assert shown(iam) == before
    assert refusal(partial(iam.get_role, RoleName="new"))[1] == "NoSuchEntity"


SOUND: dict[str, str] = {
    "an account": trust(statement(ROOT)),
    "another account": trust(statement(f"arn:aws:iam::{OTHER_ACCOUNT}:root")),
    "everybody": trust(statement("*"), statement({"AWS": "*"})),
    "a role and a user with their paths": trust(statement([f"{ROLE}/data/plane/base", f"{USER}/clients/worker"])),
    "a session, whatever its name": trust(statement(f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/base/any@session")),
    "a federated user": trust(statement(f"arn:aws:sts::{ACCOUNT_ID}:federated-user/somebody")),
    "services": trust(statement({"Service": ["ec2.amazonaws.com", "states.us-east-1.amazonaws.com"]})),
    "providers": trust(
        statement({"Federated": "cognito-identity.amazonaws.com"}, Action="sts:AssumeRoleWithWebIdentity"),
        statement({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/x"}, Action="sts:AssumeRoleWithSAML"),
    ),
    "all that STS has": trust(
        statement(
            ROOT,
            Action=["sts:AssumeRole*", "sts:tagsession", "sts:SetSourceIdentity"],
            Condition={"StringEquals": {"sts:ExternalId": ["one", "two"]}, "Bool": {"aws:ViaAWSService": False}},
        ),
        statement(ROOT, Effect="Deny", Sid="No"),
    ),
    "no list": json.dumps({"Statement": statement(ROOT)}),
}


@pytest.mark.parametrize("what", SOUND)
def test_sound_trust_policies_are_shown_as_they_were_written(iam: Any, what: str) -> None:
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=SOUND[what])
    assert shown(iam) == json.loads(SOUND[what])


def test_an_account_id_is_shown_as_the_arn_of_its_root(iam: Any) -> None:
    iam.update_assume_role_policy(
        RoleName="target", PolicyDocument=trust(statement(ACCOUNT_ID), statement([OTHER_ACCOUNT, "*"]))
    )
    assert principals(shown(iam)) == [ROOT, [f"arn:aws:iam::{OTHER_ACCOUNT}:root", "*"]]


# Principals

NOBODY = {
    "a role that is not there": f"{ROLE}/bas",
    "a user that is not there": f"{USER}/clients/nobody",
    "a role without its path": f"{ROLE}/base",
    "a role with another path": f"{ROLE}/data/base",
    "a user without its path": f"{USER}/worker",
    "a role in other letters": f"{ROLE}/data/plane/Base",
    "a role taken for a user": f"{USER}/data/plane/base",
    "a session of a role that is not there": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/bas/session",
    "a session without a name": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/base",
    "a group": f"arn:aws:iam::{ACCOUNT_ID}:group/g",
    "a wildcard in a name": f"{ROLE}/data/plane/*",
    "a wildcard as account": "arn:aws:iam::*:root",
    "a name alone": "base",
    "an account id that is too short": "12345678901",
    "another partition": f"arn:aws-cn:iam::{ACCOUNT_ID}:root",
    "a role of another partition": f"arn:aws-us-gov:iam::{ACCOUNT_ID}:role/data/plane/base",
    "a role of an account without it": f"arn:aws:iam::{OTHER_ACCOUNT}:role/data/plane/base",
    "a unique id that never was": "AROAEXAMPLEEXAMPLE123",
}


@pytest.mark.parametrize("what", NOBODY)
def test_a_principal_that_there_is_not_is_named(iam: Any, what: str) -> None:
    document = trust(statement([f"{ROLE}/data/plane/base", NOBODY[what]]))
    for call in (
        partial(iam.create_role, RoleName="new", AssumeRolePolicyDocument=document),
        partial(iam.update_assume_role_policy, RoleName="target", PolicyDocument=document),
    ):
        assert refusal(call) == (400, "MalformedPolicyDocument", invalid(NOBODY[what]))


def test_a_role_cannot_trust_itself_before_it_is_there(iam: Any) -> None:
    itself = trust(statement(f"{ROLE}/new"))
    create = partial(iam.create_role, RoleName="new", AssumeRolePolicyDocument=itself)
    assert refusal(create) == (400, "MalformedPolicyDocument", invalid(f"{ROLE}/new"))
    new_role(iam, "new")
    iam.update_assume_role_policy(RoleName="new", PolicyDocument=itself)


def test_a_principal_of_another_account_must_be_there(iam: Any, clean_sandbox: Sandbox) -> None:
    arn = new_role(clean_sandbox.client("iam", OTHER_ACCOUNT), "foreign", Path="/them/")
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trust(statement(arn)))
    assert principals(shown(iam)) == [arn]
    without_path = trust(statement(arn.replace("/them", "")))
    update = partial(iam.update_assume_role_policy, RoleName="target", PolicyDocument=without_path)
    assert refusal(update)[1] == "MalformedPolicyDocument"


# Unique ids


def test_a_deleted_role_is_shown_by_its_unique_id_also_when_its_name_is_taken_again(
    iam: Any, clean_sandbox: Sandbox
) -> None:
    arn = f"{ROLE}/data/plane/base"
    old_id = iam.get_role(RoleName="base")["Role"]["RoleId"]
    document = trust(statement(arn, Sid="Ours"), statement([ROOT, arn], Condition={"Null": {"sts:ExternalId": "true"}}))
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=document)
    assert shown(iam) == json.loads(document)

    iam.delete_role(RoleName="base")
    with_id = json.loads(document.replace(arn, old_id))
    assert shown(iam) == with_id
    new_role(iam, "base", Path="/data/plane/")
    new_id = iam.get_role(RoleName="base")["Role"]["RoleId"]
    assert old_id.startswith("AROA")
    assert new_id != old_id
    assert shown(iam) == with_id
    listed = {role["RoleName"]: role for role in iam.list_roles()["Roles"]}
    detailed = {role["RoleName"]: role for role in iam.get_account_authorization_details()["RoleDetailList"]}
    assert listed["target"]["AssumeRolePolicyDocument"] == with_id
    assert detailed["target"]["AssumeRolePolicyDocument"] == with_id

    # Only a document without the id of the deleted one can be saved.
    again = partial(iam.update_assume_role_policy, RoleName="target", PolicyDocument=json.dumps(with_id))
    assert refusal(again) == (400, "MalformedPolicyDocument", invalid(old_id))
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=document)
    assert shown(iam) == json.loads(document)


def test_a_recreated_role_is_trusted_again_when_the_policy_is_written_again(iam: Any, clean_sandbox: Sandbox) -> None:
    user = User(clean_sandbox, "operator").may("sts:AssumeRole", "*")
    document = trust(statement(f"{ROLE}/base"))

    def base() -> Any:
        arn = new_role(iam, "base", trust(statement(user.arn)))
        return session(clean_sandbox, user.client("sts"), arn)("sts")

    iam.delete_role(RoleName="base")
    assume = {"RoleArn": f"{ROLE}/target", "RoleSessionName": "chained"}
    first = base()
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=document)
    first.assume_role(**assume)
    iam.delete_role(RoleName="base")
    second = base()
    assert refusal(partial(second.assume_role, **assume))[:2] == (403, "AccessDenied")
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=document)
    second.assume_role(**assume)


def test_a_deleted_user_is_shown_by_its_unique_id_in_the_trusts_of_other_accounts_too(
    iam: Any, clean_sandbox: Sandbox
) -> None:
    foreign = clean_sandbox.client("iam", OTHER_ACCOUNT)
    user_id = iam.get_user(UserName="worker")["User"]["UserId"]
    new_role(foreign, "shared", trust(statement(f"{USER}/clients/worker")))
    iam.delete_user(UserName="worker")
    assert user_id.startswith("AIDA")
    assert principals(shown(foreign, "shared")) == [user_id]


def test_the_unique_id_of_a_living_principal_is_saved_as_its_arn(iam: Any) -> None:
    ids = [iam.get_role(RoleName="base")["Role"]["RoleId"], iam.get_user(UserName="worker")["User"]["UserId"]]
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trust(statement(ids)))
    assert principals(shown(iam)) == [[f"{ROLE}/data/plane/base", f"{USER}/clients/worker"]]


def test_for_a_moment_a_living_principal_may_be_shown_by_its_unique_id(iam: Any, clean_sandbox: Sandbox) -> None:
    arn = f"{ROLE}/data/plane/base"
    unique_id = iam.get_role(RoleName="base")["Role"]["RoleId"]
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trust(statement([arn, ROOT])))
    clean_sandbox.switch("unique_ids", times=2, role_name="target")
    iam.get_role(RoleName="base")
    seen = [principals(shown(iam))[0] for _read in range(3)]
    assert seen == [[unique_id, ROOT], [unique_id, ROOT], [arn, ROOT]]


# Eventual consistency


def test_a_principal_may_be_unknown_for_the_next_calls(iam: Any, clean_sandbox: Sandbox) -> None:
    arn = f"{ROLE}/data/plane/base"
    unknown = {"code": "MalformedPolicyDocument", "message": invalid(arn), "contains": arn}
    clean_sandbox.switch("fail", times=2, service="iam", operation="UpdateAssumeRolePolicy", **unknown)
    update = partial(iam.update_assume_role_policy, RoleName="target")
    update(PolicyDocument=trust(statement(ROOT)))
    refused = (400, "MalformedPolicyDocument", invalid(arn))
    seen = [refusal(partial(update, PolicyDocument=trust(statement(arn)))) for _call in range(3)]
    assert seen == [refused, refused, (0, "", "")]


def test_a_role_may_not_be_assumed_for_the_next_calls(iam: Any, clean_sandbox: Sandbox) -> None:
    user = User(clean_sandbox, "operator").may("sts:AssumeRole", f"{ROLE}/target")
    clean_sandbox.switch("fail", times=1, service="sts", operation="AssumeRole", code="AccessDenied", status=403)
    assume = partial(user.client("sts").assume_role, RoleArn=f"{ROLE}/target", RoleSessionName="s1")
    assert [refusal(assume)[:2] for _call in range(2)] == [(403, "AccessDenied"), (0, "")]


def test_a_switch_is_left_on_by_a_role_that_is_absent_or_trusts_no_principal_with_an_id(
    iam: Any, clean_sandbox: Sandbox
) -> None:
    clean_sandbox.switch("unique_ids")
    assert refusal(partial(iam.get_role, RoleName="absent"))[1] == "NoSuchEntity"
    assert principals(shown(iam)) == [ROOT]
    assert [left["times"] for left in clean_sandbox.switches()] == [1]
