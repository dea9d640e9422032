# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SimulatePrincipalPolicy in the sandbox: one result per action, one per resource in it, and what each is made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.user import User

ACCOUNT = "123456789012"
OBJECT = "arn:aws:s3:::lake/orders"
OTHER = "arn:aws:s3:::attic/orders"
TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy of these statements, as data."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: str, resource: str = "*") -> dict[str, Any]:
    """A statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def entry(name: str, *values: str, kind: str = "string") -> dict[str, Any]:
    """A context entry."""
    return {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


class Simulator:
    """IAM as the account root, and simulations of one principal."""

    def __init__(self, sandbox: Sandbox, arn: str) -> None:
        self.sandbox = sandbox
        self.iam = sandbox.client("iam")
        self.arn = arn

    def results(self, actions: list[str], resources: list[str] | None = None, **more: Any) -> list[dict[str, Any]]:
        """The results, one for each action."""
        more |= {"ResourceArns": resources} if resources else {}
        answer = self.iam.simulate_principal_policy(PolicySourceArn=self.arn, ActionNames=actions, **more)
        return list(answer["EvaluationResults"])

    def result(self, action: str, resources: list[str] | None = None, **more: Any) -> dict[str, Any]:
        """The only result."""
        [result] = self.results([action], resources, **more)
        return result

    def decision(self, action: str, **more: Any) -> str:
        """The decision on the one object."""
        return str(self.result(action, [OBJECT], **more)["EvalDecision"])


@pytest.fixture
def simulator(user: User, clean_sandbox: Sandbox) -> Simulator:
    """Simulations of a user without rights."""
    return Simulator(clean_sandbox, user.arn)


def test_one_result_per_action_with_one_per_resource(simulator: Simulator, user: User) -> None:
    user.may("s3:GetObject", OBJECT, deny("s3:PutObject", OTHER), allow("s3:PutObject"))
    read, write, delete = simulator.results(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [OBJECT, OTHER])
    template = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert {each["EvalResourceName"] for each in (read, write, delete)} == {template}
    assert [each["EvalActionName"] for each in (read, write, delete)] == [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
    ]
    # The one of all resources is the most restrictive.
    assert [each["EvalDecision"] for each in (read, write, delete)] == ["implicitDeny", "explicitDeny", "implicitDeny"]
    per_resource = {
        (each["EvalActionName"], one["EvalResourceName"]): one["EvalResourceDecision"]
        for each in (read, write, delete)
        for one in each["ResourceSpecificResults"]
    }
    assert per_resource == {
        ("s3:GetObject", OBJECT): "allowed",
        ("s3:GetObject", OTHER): "implicitDeny",
        ("s3:PutObject", OBJECT): "allowed",
        ("s3:PutObject", OTHER): "explicitDeny",
        ("s3:DeleteObject", OBJECT): "implicitDeny",
        ("s3:DeleteObject", OTHER): "implicitDeny",
    }


def test_all_resources_have_no_results_of_their_own(simulator: Simulator, user: User) -> None:
    user.may("lakeformation:GetDataAccess", "*")
    result = simulator.result("lakeformation:GetDataAccess")
    assert (result["EvalResourceName"], result["EvalDecision"]) == ("*", "allowed")
    assert "ResourceSpecificResults" not in result
    assert "OrganizationsDecisionDetail" not in result
    assert "PermissionsBoundaryDecisionDetail" not in result


def test_every_policy_of_a_user_and_its_groups_counts_and_is_named(simulator: Simulator, user: User) -> None:
    iam = simulator.iam
    iam.create_group(GroupName="readers", Path="/teams/")
    iam.add_user_to_group(GroupName="readers", UserName=user.name)
    text = {name: json.dumps(document(allow(f"s3:{name}", OBJECT))) for name in ("A", "B", "C", "D")}
    iam.put_user_policy(UserName=user.name, PolicyName="own", PolicyDocument=text["A"])
    iam.put_group_policy(GroupName="readers", PolicyName="shared", PolicyDocument=text["B"])
    managed = {
        name: iam.create_policy(PolicyName=name, PolicyDocument=text[name[-1]], Path="/p/")["Policy"]["Arn"]
        for name in ("userC", "groupD")
    }
    iam.attach_user_policy(UserName=user.name, PolicyArn=managed["userC"])
    iam.attach_group_policy(GroupName="readers", PolicyArn=managed["groupD"])
    results = simulator.results(["s3:A", "s3:B", "s3:C", "s3:D", "s3:E"], [OBJECT])
    [sources] = [[one["MatchedStatements"] for one in each["ResourceSpecificResults"]] for each in results[:1]]
    assert sources == [[{"SourcePolicyId": "user_restricted_own", "SourcePolicyType": "IAM Policy"}]]
    named = [[each["SourcePolicyId"] for each in result["MatchedStatements"]] for result in results]
    assert named == [["user_restricted_own"], ["group_readers_shared"], ["userC"], ["groupD"], []]
    iam.remove_user_from_group(GroupName="readers", UserName=user.name)
    decisions = [result["EvalDecision"] for result in simulator.results(["s3:A", "s3:B", "s3:C", "s3:D"], [OBJECT])]
    assert decisions == ["allowed", "implicitDeny", "allowed", "implicitDeny"]


def test_of_a_denial_only_the_denying_statement_is_named(simulator: Simulator, user: User) -> None:
    user.may("s3:*", "*")
    simulator.iam.put_user_policy(
        UserName=user.name, PolicyName="fence", PolicyDocument=json.dumps(document(deny("s3:GetObject", OBJECT)))
    )
    [result] = simulator.result("s3:GetObject", [OBJECT])["ResourceSpecificResults"]
    assert result["EvalResourceDecision"] == "explicitDeny"
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["user_restricted_fence"]


def test_a_role_and_a_group(clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    text = json.dumps(document(allow("s3:GetObject", OBJECT)))
    role = iam.create_role(RoleName="reader", Path="/data/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    group = iam.create_group(GroupName="readers")["Group"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="inline", PolicyDocument=text)
    iam.put_group_policy(GroupName="readers", PolicyName="inline", PolicyDocument=text)
    for arn, source in ((role, "role_reader_inline"), (group, "group_readers_inline")):
        result = Simulator(clean_sandbox, arn).result("s3:GetObject", [OBJECT])
        assert result["EvalDecision"] == "allowed"
        assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == [source]


def test_a_permissions_boundary_limits_and_is_told_apart(simulator: Simulator, user: User) -> None:
    user.may("s3:*", "*")
    iam = simulator.iam
    bounds = json.dumps(document(allow("s3:*", OBJECT), deny("s3:PutObject")))
    boundary = iam.create_policy(PolicyName="bounds", PolicyDocument=bounds)["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    read, write = simulator.results(["s3:GetObject", "s3:PutObject"], [OBJECT, OTHER])
    details = [one["PermissionsBoundaryDecisionDetail"] for one in read["ResourceSpecificResults"]]
    assert [each["AllowedByPermissionsBoundary"] for each in details] == [True, False]
    assert read["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert [one["EvalResourceDecision"] for one in read["ResourceSpecificResults"]] == ["allowed", "implicitDeny"]
    assert write["EvalDecision"] == "explicitDeny"
    # One that is sent takes its place.
    sent = json.dumps(document(allow("s3:PutObject")))
    assert simulator.decision("s3:PutObject", PermissionsBoundaryPolicyInputList=[sent]) == "allowed"


def test_the_policies_of_the_organization_are_told_apart(simulator: Simulator, user: User) -> None:
    user.may("s3:*", "*")
    simulator.sandbox.switch("organization_policy", document=document(allow("s3:*"), deny("s3:PutObject", OTHER)))
    read, write, other = simulator.results(["s3:GetObject", "s3:PutObject", "kms:Decrypt"], [OBJECT, OTHER])
    allowed = [each["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for each in (read, write, other)]
    assert allowed == [True, False, False]
    assert [each["EvalDecision"] for each in (read, write, other)] == ["allowed", "explicitDeny", "implicitDeny"]
    [inside, outside] = write["ResourceSpecificResults"]
    assert (inside["EvalResourceDecision"], outside["EvalResourceDecision"]) == ("allowed", "explicitDeny")
    # "This field doesn't include statements from service control policies."
    assert outside["MatchedStatements"] == []


@pytest.mark.parametrize(
    ("condition", "entries", "decision"),
    [
        ({"StringLike": {"s3:prefix": "orders/*"}}, [entry("S3:Prefix", "orders/2026")], "allowed"),
        ({"StringLike": {"s3:prefix": "orders/*"}}, [entry("s3:prefix", "staff/")], "implicitDeny"),
        ({"Bool": {"aws:SecureTransport": "true"}}, [entry("aws:SecureTransport", "true", kind="boolean")], "allowed"),
        ({"Bool": {"aws:SecureTransport": "true"}}, [], "implicitDeny"),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, [entry("s3:max-keys", "9", kind="numeric")], "allowed"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, [entry("aws:SourceIp", "10.1.2.3", kind="ip")], "allowed"),
        # Not from the address that asks for the simulation.
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, [], "implicitDeny"),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, [], "implicitDeny"),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, [], "implicitDeny"),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, [entry("aws:ResourceAccount", ACCOUNT)], "allowed"),
        (
            {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
            [entry("aws:CalledVia", "x.amazonaws.com", "athena.amazonaws.com", kind="stringList")],
            "allowed",
        ),
        # What is known of the principal need not be given.
        ({"StringEquals": {"aws:username": "restricted"}}, [], "allowed"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/clients/*"}}, [], "allowed"),
    ],
)
def test_conditions_are_decided_on_what_is_given(
    simulator: Simulator, user: User, condition: dict[str, Any], entries: list[dict[str, Any]], decision: str
) -> None:
    user.may("s3:DeleteObject", "*", allow("s3:GetObject", Condition=condition))
    assert simulator.decision("s3:GetObject", ContextEntries=entries) == decision


def test_keys_that_nobody_gave_are_listed(simulator: Simulator, user: User) -> None:
    conditions = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:ResourceAccount": ACCOUNT}}
    elsewhere = allow("s3:GetObject", OTHER, Condition={"StringEquals": {"s3:x-amz-acl": "private"}})
    user.may("s3:PutObject", "*", allow("s3:GetObject", OBJECT, Condition=conditions), elsewhere)
    given = [entry("aws:ResourceAccount", ACCOUNT)]
    result = simulator.result("s3:GetObject", [OBJECT, OTHER], ContextEntries=given)
    missing = [one["MissingContextValues"] for one in result["ResourceSpecificResults"]]
    assert missing == [["kms:ViaService"], ["s3:x-amz-acl"]]
    assert result["MissingContextValues"] == ["kms:ViaService", "s3:x-amz-acl"]
    assert simulator.result("s3:PutObject", [OBJECT])["MissingContextValues"] == []


def test_the_policies_that_are_sent_count_too(simulator: Simulator) -> None:
    more = json.dumps(document(allow("s3:GetObject", OBJECT)))
    result = simulator.result("s3:GetObject", [OBJECT], PolicyInputList=[more])
    assert result["EvalDecision"] == "allowed"
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["PolicyInputList.1"]


def test_a_caller_of_another_name_has_its_own_context(simulator: Simulator, user: User) -> None:
    somebody = User(simulator.sandbox, "somebody")
    user.may(
        "s3:GetObject", OBJECT, {**allow("s3:PutObject"), "Condition": {"StringEquals": {"aws:username": "somebody"}}}
    )
    assert simulator.decision("s3:PutObject") == "implicitDeny"
    assert simulator.decision("s3:PutObject", CallerArn=somebody.arn) == "allowed"


def test_results_come_in_pages(simulator: Simulator, user: User) -> None:
    user.may("s3:*", "*")
    actions = [f"s3:Action{number}" for number in range(5)]
    pages = simulator.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=user.arn, ActionNames=actions, ResourceArns=[OBJECT], PaginationConfig={"PageSize": 2}
    )
    found = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert found == [actions[:2], actions[2:4], actions[4:]]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:role/nobody", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:user/restricted", "NoSuchEntity"),  # It has a path.
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/session", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:root", "InvalidInput"),
    ],
)
def test_an_identity_that_is_not_there(simulator: Simulator, arn: str, code: str) -> None:
    simulator.arn = arn
    assert refusal(lambda: simulator.decision("s3:GetObject"))[0] == code


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ActionNames": ["GetObject"]}, "InvalidInput"),
        ({"ActionNames": ["s3:*"]}, "InvalidInput"),
        ({"ActionNames": []}, "ValidationError"),
        ({"ResourceArns": ["lake/orders"]}, "InvalidInput"),
        ({"ContextEntries": [entry("prefix", "a")]}, "InvalidInput"),
        ({"ContextEntries": [entry("aws:SecureTransport", "perhaps", kind="boolean")]}, "InvalidInput"),
        ({"ContextEntries": [entry("s3:prefix", "a", "b")]}, "InvalidInput"),
        ({"ContextEntries": [entry("s3:max-keys", "ten", kind="numeric")]}, "InvalidInput"),
        ({"PolicyInputList": ['{"Statement": []}']}, "InvalidInput"),
        ({"MaxItems": 1001}, "ValidationError"),
        ({"ResourcePolicy": "{}"}, "NotImplemented"),
        ({"ResourceOwner": "210987654321"}, "NotImplemented"),
    ],
)
def test_bad_requests(simulator: Simulator, parameters: dict[str, Any], code: str) -> None:
    request = {"PolicySourceArn": simulator.arn, "ActionNames": ["s3:GetObject"]} | parameters
    simulator.iam.meta.config.parameter_validation = False
    assert refusal(lambda: simulator.iam.simulate_principal_policy(**request))[0] == code


def test_the_owner_of_the_resources_may_be_said(simulator: Simulator, user: User) -> None:
    user.may("s3:GetObject", OBJECT)
    assert simulator.decision("s3:GetObject", ResourceOwner=ACCOUNT) == "allowed"


def test_it_takes_a_right_on_the_identity(simulator: Simulator, user: User) -> None:
    checker = User(simulator.sandbox, "checker")
    other = User(simulator.sandbox, "other")
    checker.may("iam:SimulatePrincipalPolicy", user.arn)
    client = checker.client("iam")
    client.simulate_principal_policy(PolicySourceArn=user.arn, ActionNames=["s3:GetObject"])
    code, text = refusal(
        lambda: client.simulate_principal_policy(PolicySourceArn=other.arn, ActionNames=["s3:GetObject"])
    )
    assert code == "AccessDenied"
    assert "iam:SimulatePrincipalPolicy on resource: user other because" in text


# Groups, whose policies count when a call is made too


def test_the_policies_of_a_group_are_enforced(user: User, clean_sandbox: Sandbox) -> None:
    iam = clean_sandbox.client("iam")
    clean_sandbox.client("s3").create_bucket(Bucket="lake")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName=user.name)
    client = user.client("s3")
    with pytest.raises(ClientError, match="s3:ListBucket"):
        client.list_objects_v2(Bucket="lake")
    listing = json.dumps(document(allow("s3:ListBucket")))
    iam.put_group_policy(GroupName="readers", PolicyName="inline", PolicyDocument=listing)
    client.list_objects_v2(Bucket="lake")
    writing = json.dumps(document(allow("s3:PutObject")))
    managed = iam.create_policy(PolicyName="writers", PolicyDocument=writing)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="readers", PolicyArn=managed)
    client.put_object(Bucket="lake", Key="a", Body=b"")
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName=user.name)["Groups"]] == ["readers"]
    attached = iam.list_attached_group_policies(GroupName="readers")["AttachedPolicies"]
    assert attached == [{"PolicyName": "writers", "PolicyArn": managed}]
    assert iam.list_group_policies(GroupName="readers")["PolicyNames"] == ["inline"]
    assert iam.get_group_policy(GroupName="readers", PolicyName="inline")["PolicyDocument"] == json.loads(listing)
    iam.remove_user_from_group(GroupName="readers", UserName=user.name)
    with pytest.raises(ClientError, match="s3:ListBucket"):
        client.list_objects_v2(Bucket="lake")
