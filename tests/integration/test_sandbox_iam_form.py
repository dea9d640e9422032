# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's IAM refuses what is too long or too many: names, paths, texts, tags and groups."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.user import User

from .trusts import ROOT, refusal, statement, trust

TRUST = trust(statement(ROOT))
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
KINDS = ["Role", "User", "Policy"]
DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."


@pytest.fixture
def iam(clean_sandbox: Sandbox) -> Any:
    """IAM of an account with a user."""
    client = clean_sandbox.client("iam")
    client.create_user(UserName="u")
    return client


def tags(count: int, prefix: str = "key") -> list[dict[str, str]]:
    return [{"Key": f"{prefix}-{number}", "Value": "value"} for number in range(count)]


def create(iam: Any, kind: str, name: str = "tagged", **more: Any) -> Any:
    if kind == "Role":
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
    if kind == "User":
        return iam.create_user(UserName=name, **more)
    return iam.create_policy(PolicyName=name, PolicyDocument=POLICY, **more)


def tag(iam: Any, kind: str, made: dict[str, Any], wanted: list[dict[str, str]]) -> Any:
    entity = made[kind]
    if kind == "Policy":
        return iam.tag_policy(PolicyArn=entity["Arn"], Tags=wanted)
    return getattr(iam, f"tag_{kind.lower()}")(**{f"{kind}Name": entity[f"{kind}Name"], "Tags": wanted})


# What is too long


@pytest.mark.parametrize(
    ("call", "parameters", "shown", "longest"),
    [
        ("create_policy", {"PolicyName": "n" * 129, "PolicyDocument": POLICY}, "policyName", 128),
        ("create_policy", {"PolicyName": "p", "Path": f"/{'p' * 511}/", "PolicyDocument": POLICY}, "path", 512),
        (
            "create_policy",
            {"PolicyName": "p", "Description": "d" * 1001, "PolicyDocument": POLICY},
            "description",
            1000,
        ),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": POLICY + " " * 131072}, "policyDocument", 131072),
        ("create_user", {"UserName": "n" * 65}, "userName", 64),
        ("create_user", {"UserName": "n", "Path": f"/{'p' * 511}/"}, "path", 512),
        ("create_group", {"GroupName": "n" * 129}, "groupName", 128),
        ("put_user_policy", {"UserName": "u", "PolicyName": "n" * 129, "PolicyDocument": POLICY}, "policyName", 128),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_names_paths_and_texts_have_bounds(
    iam: Any, call: str, parameters: dict[str, Any], shown: str, longest: int
) -> None:
    status, code, message = refusal(partial(getattr(iam, call), **parameters))
    assert (status, code) == (400, "ValidationError")
    assert (
        f"at '{shown}' failed to satisfy constraint: Member must have length less than or equal to {longest}" in message
    )
    within = {name: value[:longest] if name.lower() == shown.lower() else value for name, value in parameters.items()}
    if shown == "path":
        within["Path"] = f"/{'p' * (longest - 2)}/"
    assert refusal(partial(getattr(iam, call), **within)) == (0, "", "")


# Tags


@pytest.mark.parametrize("kind", KINDS)
def test_at_most_fifty_tags(iam: Any, kind: str) -> None:
    status, code, message = refusal(partial(create, iam, kind, Tags=tags(51)))
    assert (status, code) == (400, "ValidationError")
    assert message.endswith("at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
    made = create(iam, kind, Tags=tags(50))
    more = refusal(partial(tag, iam, kind, made, tags(1, "other")))
    assert more == (409, "LimitExceeded", f"Cannot exceed quota for TagsPer{kind}: 50")
    tag(iam, kind, made, tags(50))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ([{"Key": "k" * 129, "Value": ""}], "ValidationError", "'tags.1.member.key' failed to satisfy constraint"),
        ([{"Key": "k", "Value": "v" * 257}], "ValidationError", "'tags.1.member.value' failed to satisfy constraint"),
        ([{"Key": "a*b", "Value": ""}], "ValidationError", "must satisfy regular expression pattern"),
        ([{"Key": "a", "Value": "b&c"}], "ValidationError", "'tags.1.member.value' failed to satisfy constraint"),
        ([{"Key": "aws:team", "Value": ""}], "InvalidInput", "cannot start with 'aws:'"),
        ([{"Key": "AWS:team", "Value": ""}], "InvalidInput", "cannot start with 'aws:'"),
    ],
    ids=["long key", "long value", "star", "ampersand", "aws", "AWS"],
)
def test_tags_that_are_refused(iam: Any, kind: str, wanted: list[dict[str, str]], code: str, words: str) -> None:
    made = create(iam, kind)
    for call in (partial(create, iam, kind, "other", Tags=wanted), partial(tag, iam, kind, made, wanted)):
        found = refusal(call)
        assert found[:2] == (400, code)
        assert words in found[2]
    tag(iam, kind, made, [{"Key": "k" * 128, "Value": "v" * 256}, {"Key": "Größe_.:/=+-@ 1", "Value": ""}])


@pytest.mark.parametrize("kind", KINDS)
def test_keys_differ_by_letter_case_on_policies_alone(iam: Any, kind: str) -> None:
    twice = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    made = create(iam, kind)
    expected = (0, "", "") if kind == "Policy" else (400, "InvalidInput", DUPLICATE)
    assert refusal(partial(tag, iam, kind, made, twice)) == expected
    assert refusal(partial(create, iam, kind, "other", Tags=twice)) == expected


# Groups, and what keeps them


def test_at_most_ten_groups_for_a_user(iam: Any) -> None:
    for number in range(11):
        iam.create_group(GroupName=f"group-{number}")
    for number in (*range(10), 0):
        iam.add_user_to_group(GroupName=f"group-{number}", UserName="u")
    eleventh = refusal(partial(iam.add_user_to_group, GroupName="group-10", UserName="u"))
    assert eleventh == (409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")


def test_a_group_is_deleted_after_what_belongs_to_it(iam: Any) -> None:
    arn = create(iam, "Policy")["Policy"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.put_group_policy(GroupName="g", PolicyName="inline", PolicyDocument=POLICY)
    delete = partial(iam.delete_group, GroupName="g")
    for words, remove in (
        ("must remove users from group first", partial(iam.remove_user_from_group, GroupName="g", UserName="u")),
        ("must detach all policies first", partial(iam.detach_group_policy, GroupName="g", PolicyArn=arn)),
        ("must delete policies first", partial(iam.delete_group_policy, GroupName="g", PolicyName="inline")),
    ):
        assert refusal(delete) == (409, "DeleteConflict", f"Cannot delete entity, {words}.")
        remove()
    assert refusal(delete) == (0, "", "")


# What else must be there or must not


def test_a_users_boundary_is_a_policy_that_is_there_and_stays(iam: Any) -> None:
    absent = "arn:aws:iam::123456789012:policy/absent"
    put = partial(iam.put_user_permissions_boundary, UserName="u")
    for call in (partial(put, PermissionsBoundary=absent), partial(create, iam, "User", PermissionsBoundary=absent)):
        assert refusal(call)[:2] == (404, "NoSuchEntity")
    arn = create(iam, "Policy")["Policy"]["Arn"]
    put(PermissionsBoundary=arn)
    assert refusal(partial(iam.delete_policy, PolicyArn=arn))[:2] == (409, "DeleteConflict")
    iam.delete_user_permissions_boundary(UserName="u")
    iam.delete_policy(PolicyArn=arn)


def test_what_is_not_there_is_not_removed(iam: Any) -> None:
    arn = create(iam, "Policy")["Policy"]["Arn"]
    create(iam, "Role", "r")
    for call, parameters in (
        (iam.detach_user_policy, {"UserName": "u", "PolicyArn": arn}),
        (iam.detach_role_policy, {"RoleName": "r", "PolicyArn": arn}),
        (iam.delete_user_policy, {"UserName": "u", "PolicyName": "absent"}),
        (iam.delete_role_policy, {"RoleName": "r", "PolicyName": "absent"}),
        (iam.delete_policy_version, {"PolicyArn": arn, "VersionId": "v9"}),
        (iam.get_policy_version, {"PolicyArn": arn, "VersionId": "v9"}),
        (iam.delete_access_key, {"UserName": "u", "AccessKeyId": "AKIA0000000000000000"}),
    ):
        assert refusal(partial(call, **parameters))[:2] == (404, "NoSuchEntity"), call


def test_the_default_version_stays_and_aws_s_policies_are_not_changed(iam: Any) -> None:
    arn = create(iam, "Policy")["Policy"]["Arn"]
    default = partial(iam.delete_policy_version, PolicyArn=arn, VersionId="v1")
    assert refusal(default)[:2] == (409, "DeleteConflict")
    of_aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for call in (
        partial(iam.create_policy_version, PolicyArn=of_aws, PolicyDocument=POLICY),
        partial(iam.delete_policy, PolicyArn=of_aws),
        partial(iam.tag_policy, PolicyArn=of_aws, Tags=tags(1)),
    ):
        assert refusal(call)[:2] == (403, "AccessDenied")


def test_an_access_key_that_is_inactive_is_no_key(clean_sandbox: Sandbox) -> None:
    user = User(clean_sandbox, "operator")
    sts, key = user.client("sts"), {"UserName": user.name, "AccessKeyId": user.key["AccessKeyId"]}
    sts.get_caller_identity()
    clean_sandbox.client("iam").update_access_key(Status="Inactive", **key)
    assert refusal(sts.get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    clean_sandbox.client("iam").update_access_key(Status="Active", **key)
    sts.get_caller_identity()
