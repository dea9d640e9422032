# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AssumeRole in the sandbox: who may, for how long, and what becomes of a session when its role is deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID
from athena_sandbox.user import User

from .trusts import OTHER_ACCOUNT, ROOT, allow, new_role, refusal, rights, session, statement, trust

TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/athena/target"
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "secret-1"}}


@pytest.fixture
def iam(clean_sandbox: Sandbox) -> Any:
    """IAM as the account root, with a target role that may list databases."""
    client = clean_sandbox.client("iam")
    new_role(client, "target", Path="/athena/")
    rights(client, "target", allow("glue:GetDatabases"))
    return client


@pytest.fixture
def operator(clean_sandbox: Sandbox) -> User:
    """A user without rights."""
    return User(clean_sandbox, "operator", "/people/")


@pytest.fixture
def base(iam: Any, operator: User, clean_sandbox: Sandbox) -> Any:
    """STS with the session of a base role that has no rights of its own."""
    arn = new_role(iam, "base", trust(statement(operator.arn)), Path="/data/plane/")
    return session(clean_sandbox, operator.client("sts"), arn, "dataplane")("sts")


BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/data/plane/base"
BASE_SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/base/dataplane"


def assume(sts: Any, arn: str = TARGET, **more: Any) -> Callable[[], Any]:
    """The call that assumes a role."""
    return partial(sts.assume_role, **{"RoleArn": arn, "RoleSessionName": "test"} | more)


def trust_only(iam: Any, *statements: dict[str, Any]) -> None:
    """Make these statements the whole trust of the target."""
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trust(*statements))


def denial(caller: str, action: str = "sts:AssumeRole", arn: str = TARGET) -> tuple[int, str, str]:
    """How a call is denied."""
    return 403, "AccessDenied", f"User: {caller} is not authorized to perform: {action} on resource: {arn}"


ALLOWED = (0, "", "")

# Whom the trust names, and what the caller's own policies say


@pytest.mark.parametrize("principal", ["*", BASE, BASE_SESSION], ids=["everybody", "its role", "itself"])
def test_in_its_account_a_caller_that_is_named_needs_no_right_of_its_own(iam: Any, base: Any, principal: str) -> None:
    assert refusal(assume(base)) == denial(BASE_SESSION)
    trust_only(iam, statement(principal))
    assert refusal(assume(base)) == ALLOWED


def test_a_user_that_is_named_needs_no_right_of_its_own(iam: Any, operator: User) -> None:
    assert refusal(assume(operator.client("sts"))) == denial(operator.arn)
    trust_only(iam, statement(operator.arn))
    assert refusal(assume(operator.client("sts"))) == ALLOWED


def test_an_account_only_delegates_to_its_own_policies(iam: Any, base: Any) -> None:
    for resource in (f"arn:aws:iam::{ACCOUNT_ID}:role/target", TARGET + "2", "arn:aws:iam::*:role/other/*"):
        rights(iam, "base", allow("sts:AssumeRole", resource))
        assert refusal(assume(base)) == denial(BASE_SESSION)
    for resource in (TARGET, "arn:aws:iam::*:role/athena/*"):
        rights(iam, "base", allow("sts:AssumeRole", resource))
        assert refusal(assume(base)) == ALLOWED


def test_the_right_without_the_trust_is_not_enough(iam: Any, base: Any, operator: User) -> None:
    rights(iam, "base", allow("sts:*"))
    trust_only(iam, statement(operator.arn))
    assert refusal(assume(base)) == denial(BASE_SESSION)


def test_an_explicit_deny_of_either_side_denies(iam: Any, base: Any) -> None:
    trust_only(iam, statement(BASE))
    rights(iam, "base", allow("sts:*"), allow("sts:AssumeRole", TARGET, "Deny"))
    status, code, message = denial(BASE_SESSION)
    assert refusal(assume(base)) == (status, code, f"{message} with an explicit deny in an identity-based policy")
    rights(iam, "base", allow("sts:*"))
    trust_only(iam, statement(BASE), statement(ROOT, Effect="Deny"))
    assert refusal(assume(base)) == denial(BASE_SESSION)


def test_a_permissions_boundary_limits_a_role_that_is_named(iam: Any, base: Any) -> None:
    trust_only(iam, statement(BASE))
    document: dict[str, Any] = {"Statement": allow("athena:*")}
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="base", PermissionsBoundary=boundary)
    assert refusal(assume(base)) == denial(BASE_SESSION)
    document = {"Statement": [allow("athena:*"), allow("sts:AssumeRole", TARGET)]}
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=json.dumps(document), SetAsDefault=True)
    assert refusal(assume(base)) == ALLOWED


def test_across_accounts_both_must_allow(iam: Any, clean_sandbox: Sandbox) -> None:
    theirs = clean_sandbox.client("iam", OTHER_ACCOUNT)
    arn = str(theirs.create_user(UserName="vendor")["User"]["Arn"])
    key = theirs.create_access_key(UserName="vendor")["AccessKey"]
    sts = clean_sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    allowing = json.dumps({"Statement": allow("sts:AssumeRole", TARGET)})

    for principal in (arn, f"arn:aws:iam::{OTHER_ACCOUNT}:root"):
        trust_only(iam, statement(principal))
        assert refusal(assume(sts)) == denial(arn)
        theirs.put_user_policy(UserName="vendor", PolicyName="rights", PolicyDocument=allowing)
        granted = assume(sts)()
        assert granted["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/target/test"
        theirs.delete_user_policy(UserName="vendor", PolicyName="rights")
    theirs.put_user_policy(UserName="vendor", PolicyName="rights", PolicyDocument=allowing)
    trust_only(iam, statement(ROOT))
    assert refusal(assume(sts)) == denial(arn)


def test_an_absent_role_or_a_wrong_path_is_denied_like_any_other(iam: Any, base: Any) -> None:
    trust_only(iam, statement(BASE))
    rights(iam, "base", allow("sts:*"))
    for arn in (
        f"arn:aws:iam::{ACCOUNT_ID}:role/absent",
        f"arn:aws:iam::{ACCOUNT_ID}:role/target",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/athena/target",
    ):
        assert refusal(assume(base, arn)) == denial(BASE_SESSION, arn=arn)


def test_the_account_root_assumes_no_role(iam: Any, clean_sandbox: Sandbox) -> None:
    expected = (403, "AccessDenied", "Roles may not be assumed by root accounts.")
    assert refusal(assume(clean_sandbox.client("sts"))) == expected


def test_conditions_see_the_role_of_a_session_with_its_path(iam: Any, base: Any) -> None:
    trust_only(iam, statement(ROOT, Condition={"ArnEquals": {"aws:PrincipalArn": BASE}}))
    rights(iam, "base", allow("sts:AssumeRole", TARGET))
    assert refusal(assume(base)) == ALLOWED
    trust_only(iam, statement(ROOT, Condition={"ArnEquals": {"aws:PrincipalArn": BASE_SESSION}}))
    assert refusal(assume(base)) == denial(BASE_SESSION)


# External id, source identity, tags


def test_the_external_id_must_be_given_and_right(iam: Any, base: Any) -> None:
    trust_only(iam, statement(BASE, Condition=EXTERNAL_ID))
    assert refusal(assume(base)) == denial(BASE_SESSION)
    assert refusal(assume(base, ExternalId="secret-2")) == denial(BASE_SESSION)
    assert refusal(assume(base, ExternalId="SECRET-1")) == denial(BASE_SESSION)
    assert refusal(assume(base, ExternalId="secret-1")) == ALLOWED
    trust_only(iam, statement(BASE))
    assert refusal(assume(base, ExternalId="whatever")) == ALLOWED


def test_tags_and_source_identity_have_actions_of_their_own_in_the_trust(iam: Any, base: Any) -> None:
    tags: dict[str, Any] = {"Tags": [{"Key": "team", "Value": "data"}]}
    trust_only(iam, statement(BASE))
    assert refusal(assume(base, **tags)) == denial(BASE_SESSION, "sts:TagSession")
    assert refusal(assume(base, SourceIdentity="who")) == denial(BASE_SESSION, "sts:SetSourceIdentity")
    trust_only(iam, statement(BASE, Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    assert refusal(assume(base, **tags)) == ALLOWED
    assert refusal(assume(base, SourceIdentity="who")) == denial(BASE_SESSION, "sts:SetSourceIdentity")
    rights(iam, "base", allow("sts:SetSourceIdentity", TARGET))
    assert assume(base, SourceIdentity="who", **tags)()["SourceIdentity"] == "who"
    only_data = statement(BASE, Action="sts:TagSession", Condition={"StringEquals": {"aws:RequestTag/team": "data"}})
    trust_only(iam, statement(BASE), only_data)
    assert refusal(assume(base, **tags)) == ALLOWED
    assert refusal(assume(base, Tags=[{"Key": "team", "Value": "x"}])) == denial(BASE_SESSION, "sts:TagSession")


# Form and duration


@pytest.mark.parametrize(
    ("parameters", "constraint"),
    [
        ({"ExternalId": "x" * 1225}, "'externalId' failed to satisfy constraint: Member must have length less than"),
        ({"ExternalId": "a b"}, "'externalId' failed to satisfy constraint: Member must satisfy regular expression"),
        ({"RoleSessionName": "a b"}, "'roleSessionName' failed to satisfy constraint: Member must satisfy regular"),
        ({"RoleSessionName": "x" * 65}, "'roleSessionName' failed to satisfy constraint: Member must have length less"),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11},
            "'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            {"Tags": [{"Key": f"key-{number}", "Value": ""} for number in range(51)]},
            "'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
        ),
        ({"SourceIdentity": "a/b"}, "'sourceIdentity' failed to satisfy constraint: Member must satisfy regular"),
        (
            {"DurationSeconds": 43201},
            "'durationSeconds' failed to satisfy constraint: Member must have value less than",
        ),
        ({"RoleArn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/target/x"}, "assumed-role/target/x is invalid"),
        ({"RoleArn": "arn:aws:iam::12345:role/target"}, "arn:aws:iam::12345:role/target is invalid"),
    ],
)
def test_parameters_that_are_malformed_are_refused_first(
    iam: Any, operator: User, parameters: dict[str, Any], constraint: str
) -> None:
    status, code, message = refusal(assume(operator.client("sts"), **parameters))
    assert (status, code) == (400, "ValidationError")
    assert constraint in message


@pytest.mark.parametrize(
    ("parameter", "value", "least"),
    [("ExternalId", "x", 2), ("DurationSeconds", "899", 900), ("RoleSessionName", "x", 2)],
)
def test_what_the_sdk_itself_refuses_is_refused(
    iam: Any, operator: User, parameter: str, value: str, least: int
) -> None:
    sts = operator.client("sts")

    def replace(params: dict[str, Any], **_more: Any) -> None:
        params["body"][parameter] = value

    sts.meta.events.register("before-call.sts.AssumeRole", replace)
    status, code, message = refusal(assume(sts))
    assert (status, code) == (400, "ValidationError")
    assert message.endswith(f"greater than or equal to {least}")


def test_every_character_of_an_external_id_is_accepted(iam: Any, operator: User) -> None:
    trust_only(iam, statement(operator.arn, Condition={"StringEquals": {"sts:ExternalId": "aZ09_+=,.@:/-"}}))
    assert refusal(assume(operator.client("sts"), ExternalId="aZ09_+=,.@:/-")) == ALLOWED
    assert refusal(assume(operator.client("sts"), ExternalId="x" * 1224)) == denial(operator.arn)


def test_a_session_is_no_longer_than_the_role_allows(iam: Any, operator: User) -> None:
    sts = operator.client("sts")
    trust_only(iam, statement(operator.arn))
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert refusal(assume(sts, DurationSeconds=3601)) == (400, "ValidationError", message)
    iam.update_role(RoleName="target", MaxSessionDuration=7200)
    expires = assume(sts, DurationSeconds=7200)()["Credentials"]["Expiration"].timestamp()
    assert 7000 < expires - time.time() < 7300
    assert refusal(assume(sts, DurationSeconds=7201)) == (400, "ValidationError", message)


def test_role_chaining_is_limited_to_an_hour_whatever_the_role_allows(iam: Any, base: Any) -> None:
    trust_only(iam, statement(BASE))
    iam.update_role(RoleName="target", MaxSessionDuration=43200)
    message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    assert refusal(assume(base, DurationSeconds=3601)) == (400, "ValidationError", message)
    assert refusal(assume(base, DurationSeconds=3600)) == ALLOWED
    # Whoever may not assume the role does not learn about it.
    trust_only(iam, statement(ROOT))
    assert refusal(assume(base, DurationSeconds=3601)) == denial(BASE_SESSION)


# Sessions


def test_a_session_has_the_rights_of_its_role(iam: Any, base: Any, clean_sandbox: Sandbox) -> None:
    trust_only(iam, statement(BASE))
    client = session(clean_sandbox, base, TARGET, "query")
    identity = client("sts").get_caller_identity()
    role_id = iam.get_role(RoleName="target")["Role"]["RoleId"]
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/target/query"
    assert identity["UserId"] == f"{role_id}:query"
    assert refusal(client("glue").get_databases) == ALLOWED
    assert refusal(client("athena").list_work_groups)[1] == "AccessDeniedException"


def test_a_session_policy_limits_the_session(iam: Any, base: Any, clean_sandbox: Sandbox) -> None:
    trust_only(iam, statement(BASE))
    nothing_of_glue = json.dumps({"Version": "2012-10-17", "Statement": [allow("athena:*")]})
    client = session(clean_sandbox, base, TARGET, Policy=nothing_of_glue)
    assert refusal(client("glue").get_databases)[1] == "AccessDeniedException"


def test_a_session_ends_with_its_role_and_the_next_role_of_that_name_does_not_revive_it(
    iam: Any, base: Any, clean_sandbox: Sandbox
) -> None:
    trust_only(iam, statement(BASE))
    old = session(clean_sandbox, base, TARGET)
    assert refusal(old("glue").get_databases) == ALLOWED
    iam.delete_role_policy(RoleName="target", PolicyName="rights")
    iam.delete_role(RoleName="target")
    assert refusal(old("sts").get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    assert refusal(old("glue").get_databases)[1] == "UnrecognizedClientException"
    new_role(iam, "target", trust(statement(BASE)), Path="/athena/")
    rights(iam, "target", allow("glue:*"))
    assert refusal(old("glue").get_databases)[1] == "UnrecognizedClientException"
    assert refusal(session(clean_sandbox, base, TARGET)("glue").get_databases) == ALLOWED
