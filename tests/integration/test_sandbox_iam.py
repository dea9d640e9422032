# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM in the sandbox: absences, quotas, policy documents, deletion conflicts, listings, versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.user import User

ACCOUNT = "123456789012"
ABSENT = f"arn:aws:iam::{ACCOUNT}:policy/absent"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def document(*resources: str, **statement: Any) -> str:
    """A policy document of one statement."""
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": list(resources) or "*"} | statement
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


def sized(size: int) -> str:
    """A policy document of exactly `size` characters that IAM counts, and as many again that it does not."""
    short = document("arn:aws:s3:::b/").replace(" ", "")
    return short.replace("b/", "b/" + "x" * (size - len(short))).replace(":{", ":" + " " * size + "{")


def refusal(call: Callable[[], Any]) -> tuple[int, str, str]:
    """The status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], str(error["Code"]), str(error["Message"])


@pytest.fixture
def iam(clean_sandbox: Sandbox) -> Any:
    """IAM as the account root, with a user, a role and a group."""
    client = clean_sandbox.client("iam")
    client.create_user(UserName="u")
    client.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    client.create_group(GroupName="g")
    return client


def new_policy(iam: Any, name: str = "p", text: str = "", **more: Any) -> str:
    """Create a managed policy; returns its ARN."""
    answer = iam.create_policy(PolicyName=name, PolicyDocument=text or document(), **more)
    return str(answer["Policy"]["Arn"])


def attach(iam: Any, kind: str, arn: str) -> None:
    """Attach a policy to the user, role or group of the fixture."""
    getattr(iam, f"attach_{kind}_policy")(**{f"{kind.title()}Name": kind[0], "PolicyArn": arn})


# Absences


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_attaching_a_policy_that_does_not_exist(iam: Any, kind: str) -> None:
    expected = (404, "NoSuchEntity", f"Policy {ABSENT} does not exist or is not attachable.")
    assert refusal(partial(attach, iam, kind, ABSENT)) == expected
    attach(iam, kind, new_policy(iam))


@pytest.mark.parametrize(
    "operation",
    ["get_policy", "list_policy_versions", "list_entities_for_policy", "delete_policy", "list_policy_tags"],
)
def test_an_absent_policy_is_named(iam: Any, operation: str) -> None:
    expected = (404, "NoSuchEntity", f"Policy {ABSENT} was not found.")
    assert refusal(partial(getattr(iam, operation), PolicyArn=ABSENT)) == expected


def test_an_absent_user_or_role_is_named(iam: Any) -> None:
    assert refusal(partial(iam.get_role, RoleName="x")) == (
        404,
        "NoSuchEntity",
        "The role with name x cannot be found.",
    )
    attach_absent = partial(iam.attach_user_policy, UserName="x", PolicyArn=ABSENT)
    assert refusal(attach_absent) == (404, "NoSuchEntity", "The user with name x cannot be found.")


def test_malformed_names_paths_and_arns(iam: Any) -> None:
    name = partial(iam.create_policy, PolicyName="a b", PolicyDocument=document())
    assert refusal(name)[:2] == (400, "ValidationError")
    path = partial(iam.create_policy, PolicyName="a", Path="/no-end", PolicyDocument=document())
    assert refusal(path)[:2] == (400, "ValidationError")
    assert refusal(partial(iam.get_policy, PolicyArn="policy/not-an-arn-at-all"))[:2] == (400, "InvalidInput")


# Names


def test_a_policy_name_is_unique_whatever_its_path_or_letter_case(iam: Any) -> None:
    new_policy(iam, "Readers", Path="/one/")
    for name, path in (("Readers", "/one/"), ("Readers", "/two/"), ("readers", "/")):
        message = f"A policy called {name} already exists. Duplicate names are not allowed."
        assert refusal(partial(new_policy, iam, name, Path=path)) == (409, "EntityAlreadyExists", message)
    new_policy(iam, "Readers2", Path="/one/")


def test_user_and_role_names_are_unique_whatever_their_letter_case(iam: Any) -> None:
    assert refusal(partial(iam.create_user, UserName="U"))[:2] == (409, "EntityAlreadyExists")
    role = partial(iam.create_role, RoleName="R", AssumeRolePolicyDocument=TRUST)
    assert refusal(role)[:2] == (409, "EntityAlreadyExists")


# Quotas


def test_a_managed_policy_has_at_most_6144_characters(iam: Any) -> None:
    arn = new_policy(iam, "largest", sized(6144))
    expected = (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    assert refusal(partial(new_policy, iam, "larger", sized(6145))) == expected
    version = partial(iam.create_policy_version, PolicyArn=arn, PolicyDocument=sized(6145))
    assert refusal(version) == expected
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=sized(6144))


@pytest.mark.parametrize(("kind", "quota"), [("user", 2048), ("role", 10240), ("group", 5120)])
def test_inline_policies_have_a_quota_in_total(iam: Any, kind: str, quota: int) -> None:
    put = partial(getattr(iam, f"put_{kind}_policy"), **{f"{kind.title()}Name": kind[0]})
    put(PolicyName="one", PolicyDocument=sized(200))
    expected = (409, "LimitExceeded", f"Cannot exceed quota for {kind.title()}PolicySize: {quota}")
    assert refusal(partial(put, PolicyName="two", PolicyDocument=sized(quota - 199))) == expected
    put(PolicyName="two", PolicyDocument=sized(quota - 200))
    # What is replaced does not count.
    put(PolicyName="two", PolicyDocument=sized(quota - 201))


def test_a_trust_policy_has_at_most_2048_characters(iam: Any) -> None:
    long = TRUST.replace('"sts:AssumeRole"', json.dumps(["sts:AssumeRole"] * 120))
    expected = (409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
    assert refusal(partial(iam.create_role, RoleName="r2", AssumeRolePolicyDocument=long)) == expected
    assert refusal(partial(iam.update_assume_role_policy, RoleName="r", PolicyDocument=long)) == expected


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_at_most_ten_policies_are_attached_and_twice_counts_once(iam: Any, kind: str) -> None:
    arns = [new_policy(iam, f"p{number}") for number in range(11)]
    for arn in arns[:10]:
        attach(iam, kind, arn)
    attach(iam, kind, arns[0])
    assert iam.get_policy(PolicyArn=arns[0])["Policy"]["AttachmentCount"] == 1
    expected = (409, "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: 10")
    assert refusal(partial(attach, iam, kind, arns[10])) == expected


def test_at_most_five_versions(iam: Any) -> None:
    arn = new_policy(iam)
    for _version in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    status, code, message = refusal(partial(iam.create_policy_version, PolicyArn=arn, PolicyDocument=document()))
    assert (status, code) == (409, "LimitExceeded")
    assert message.startswith("A managed policy can have up to 5 versions.")


def test_at_most_two_access_keys(iam: Any) -> None:
    iam.create_access_key(UserName="u")
    second = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    expected = (409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    assert refusal(partial(iam.create_access_key, UserName="u")) == expected
    iam.delete_access_key(UserName="u", AccessKeyId=second)
    iam.create_access_key(UserName="u")


# Policy documents

SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
MALFORMED = {
    "not JSON": ("{", "This policy contains invalid Json"),
    "no statement": ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
    "empty statements": ('{"Version": "2012-10-17", "Statement": []}', "Syntax errors in policy."),
    "unknown version": ('{"Version": "2023-01-01", "Statement": []}', "Syntax errors in policy."),
    "unknown element": (document(Ressource="*"), "Syntax errors in policy."),
    "unknown effect": (document(Effect="allow"), "Syntax errors in policy."),
    "action twice": (document(NotAction="s3:*"), "Syntax errors in policy."),
    "no action": (document(Action=[]), "Policy statement must contain actions."),
    "no resource": (document(Resource=[]), "Policy statement must contain resources."),
    "principal": (document(Principal="*"), "Policy document should not specify a principal."),
    "action without service": (
        document(Action="GetObject"),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    "service with wildcard": (document(Action="s*:GetObject"), "Vendor s* is not valid"),
    "no ARN": (document("bucket/*"), 'Resource bucket/* must be in ARN format or "*".'),
    "short ARN": (document("arn:aws:s3:b"), 'Resource arn:aws:s3:b must be in ARN format or "*".'),
    "other partition": (
        document("arn:aws-cn:s3:::b"),
        'Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::b".',
    ),
    "condition operator": (
        document(Condition={"StringEqual": {"s3:prefix": "x"}}),
        "Invalid Condition type : StringEqual.",
    ),
    "condition key": (
        document(Condition={"StringEquals": {"prefix": "x"}}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    "statement id": (document(Sid="no-dash"), SID),
    "statement id twice": (
        json.dumps({"Statement": json.loads(document(Sid="a"))["Statement"] * 2}),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_documents_are_refused_everywhere(iam: Any, what: str) -> None:
    text, message = MALFORMED[what]
    arn = new_policy(iam)
    for call in (
        partial(iam.create_policy, PolicyName="malformed", PolicyDocument=text),
        partial(iam.create_policy_version, PolicyArn=arn, PolicyDocument=text),
        partial(iam.put_user_policy, UserName="u", PolicyName="i", PolicyDocument=text),
        partial(iam.put_role_policy, RoleName="r", PolicyName="i", PolicyDocument=text),
    ):
        assert refusal(call) == (400, "MalformedPolicyDocument", message)
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        document(),
        json.dumps({"Statement": json.loads(document())["Statement"][0]}),
        document(Action=["*", "S3:Get*", "kms:Decrypt"], Sid="Read1"),
        document("arn:aws:s3:::b", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:glue:*:*:table/d/t"),
        document(
            Condition={
                "ForAnyValue:StringLikeIfExists": {"s3:prefix": ["a/*", "b"]},
                "Bool": {"aws:ViaAWSService": True},
            }
        ),
        document(
            Condition={"Null": {"aws:PrincipalTag/x": "true"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}
        ),
        json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "s3:*", "NotResource": "*"}]}
        ),
    ],
)
def test_sound_documents_are_accepted(iam: Any, text: str) -> None:
    arn = new_policy(iam, text=text)
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(text)


def test_a_character_outside_latin_1_is_refused(iam: Any) -> None:
    text = document("arn:aws:s3:::b/\N{EM DASH}").encode().decode("unicode_escape")
    assert refusal(partial(new_policy, iam, text=text))[:2] == (400, "ValidationError")


# Deletion


def test_a_policy_is_deleted_last(iam: Any) -> None:
    arn = new_policy(iam)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(), SetAsDefault=True)
    attach(iam, "user", arn)
    assert refusal(partial(iam.delete_policy, PolicyArn=arn))[1:] == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    )
    iam.detach_user_policy(UserName="u", PolicyArn=arn)
    status, code, message = refusal(partial(iam.delete_policy, PolicyArn=arn))
    assert (status, code) == (409, "DeleteConflict")
    assert message.startswith("This policy has more than one version.")
    assert refusal(partial(iam.delete_policy_version, PolicyArn=arn, VersionId="v2"))[1] == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    assert refusal(partial(iam.get_policy, PolicyArn=arn))[1] == "NoSuchEntity"


def test_a_user_is_deleted_after_what_belongs_to_it(iam: Any) -> None:
    delete = partial(iam.delete_user, UserName="u")
    arn = new_policy(iam)
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    attach(iam, "user", arn)
    iam.put_user_policy(UserName="u", PolicyName="inline", PolicyDocument=document())
    iam.add_user_to_group(UserName="u", GroupName="g")
    for undo in (
        partial(iam.delete_user_policy, UserName="u", PolicyName="inline"),
        partial(iam.remove_user_from_group, UserName="u", GroupName="g"),
        partial(iam.detach_user_policy, UserName="u", PolicyArn=arn),
        partial(iam.delete_access_key, UserName="u", AccessKeyId=key),
    ):
        assert refusal(delete)[:2] == (409, "DeleteConflict")
        undo()
    delete()


def test_a_role_is_deleted_after_its_policies(iam: Any) -> None:
    delete = partial(iam.delete_role, RoleName="r")
    arn = new_policy(iam)
    attach(iam, "role", arn)
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=document())
    for undo in (
        partial(iam.detach_role_policy, RoleName="r", PolicyArn=arn),
        partial(iam.delete_role_policy, RoleName="r", PolicyName="inline"),
    ):
        assert refusal(delete)[:2] == (409, "DeleteConflict")
        undo()
    delete()


# Listings


def test_list_policies_pages_by_scope_with_the_attributes_of_a_listing(iam: Any) -> None:
    names = {f"p{number}" for number in range(7)}
    for name in names:
        new_policy(iam, name, Description="text", Tags=[{"Key": "k", "Value": "v"}])
    pages = list(iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 3}))
    assert [len(page["Policies"]) for page in pages] == [3, 3, 1]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    policies = [policy for page in pages for policy in page["Policies"]]
    assert {policy["PolicyName"] for policy in policies} == names
    assert not {"Description", "Tags"} & {name for policy in policies for name in policy}
    managed = iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]
    assert managed
    assert all(policy["Arn"].startswith("arn:aws:iam::aws:policy/") for policy in managed)
    assert len(iam.list_policies(MaxItems=1000)["Policies"]) == len(managed) + 7


def test_list_policies_only_those_attached(iam: Any) -> None:
    attached, boundary, _loose = (new_policy(iam, name) for name in ("attached", "boundary", "loose"))
    attach(iam, "role", attached)
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=boundary)

    def listed(**filters: Any) -> list[str]:
        return sorted(policy["PolicyName"] for policy in iam.list_policies(Scope="Local", **filters)["Policies"])

    assert listed() == ["attached", "boundary", "loose"]
    assert listed(OnlyAttached=True) == ["attached", "boundary"]
    assert listed(PolicyUsageFilter="PermissionsPolicy") == ["attached"]
    assert listed(PolicyUsageFilter="PermissionsBoundary") == ["boundary"]


def test_list_entities_for_policy_pages_and_filters(iam: Any) -> None:
    arn = new_policy(iam)
    for kind in ("user", "role", "group"):
        attach(iam, kind, arn)
    iam.create_user(UserName="bounded", PermissionsBoundary=arn)

    def entities(**filters: Any) -> list[str]:
        pages = iam.get_paginator("list_entities_for_policy").paginate(
            PolicyArn=arn, PaginationConfig={"PageSize": 2}, **filters
        )
        kinds = (("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"), ("PolicyUsers", "UserName"))
        seen = [[entity[name] for kind, name in kinds for entity in page[kind]] for page in pages]
        assert all(len(page) == 2 for page in seen[:-1])
        return [name for page in seen for name in page]

    assert sorted(entities()) == ["bounded", "g", "r", "u"]
    assert sorted(entities(PolicyUsageFilter="PermissionsPolicy")) == ["g", "r", "u"]
    assert entities(PolicyUsageFilter="PermissionsBoundary") == ["bounded"]
    assert entities(EntityFilter="Role") == ["r"]


def test_attachments_and_inline_policies_page(iam: Any) -> None:
    for number in range(3):
        attach(iam, "user", new_policy(iam, f"p{number}"))
        iam.put_user_policy(UserName="u", PolicyName=f"i{number}", PolicyDocument=document())
    first = iam.list_attached_user_policies(UserName="u", MaxItems=2)
    assert (len(first["AttachedPolicies"]), first["IsTruncated"]) == (2, True)
    second = iam.list_attached_user_policies(UserName="u", MaxItems=2, Marker=first["Marker"])
    assert (len(second["AttachedPolicies"]), second["IsTruncated"]) == (1, False)
    assert iam.list_user_policies(UserName="u", MaxItems=1)["PolicyNames"] == ["i0"]


# Versions, and the rest


def test_set_default_policy_version_takes_effect(iam: Any, clean_sandbox: Sandbox) -> None:
    clean_sandbox.client("s3").create_bucket(Bucket="results")
    user = User(clean_sandbox, "versioned")
    arn = new_policy(iam, text=document(Action="s3:ListBucket"))
    iam.attach_user_policy(UserName="versioned", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(Action="s3:GetBucketLocation"))
    s3 = user.client("s3")

    s3.list_objects_v2(Bucket="results")
    assert refusal(partial(s3.get_bucket_location, Bucket="results"))[1] == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert {version["VersionId"]: version["IsDefaultVersion"] for version in versions} == {"v1": False, "v2": True}
    s3.get_bucket_location(Bucket="results")
    assert refusal(partial(s3.list_objects_v2, Bucket="results"))[1] == "AccessDenied"

    assert refusal(partial(iam.set_default_policy_version, PolicyArn=arn, VersionId="v9"))[:2] == (404, "NoSuchEntity")


def test_set_default_policy_version_needs_its_right(iam: Any, clean_sandbox: Sandbox) -> None:
    arn = new_policy(iam)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    user = User(clean_sandbox, "setter").may("iam:SetDefaultPolicyVersion", ABSENT)
    call = partial(user.client("iam").set_default_policy_version, PolicyArn=arn, VersionId="v2")
    status, code, message = refusal(call)
    assert (status, code) == (403, "AccessDenied")
    assert message == (
        f"User: {user.arn} is not authorized to perform: iam:SetDefaultPolicyVersion on resource: policy {arn} because "
        "no identity-based policy allows the iam:SetDefaultPolicyVersion action"
    )
    user.may("iam:SetDefaultPolicyVersion", arn)
    call()


def test_free_text_survives(iam: Any) -> None:
    tags = [{"Key": "R+D @ home", "Value": "a=b/c Größe"}]
    arn = new_policy(iam, Description="reads <everything> & more", Tags=tags)
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["Description"], policy["Tags"]) == ("reads <everything> & more", tags)
    iam.untag_policy(PolicyArn=arn, TagKeys=["R+D @ home"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []
    iam.tag_user(UserName="u", Tags=tags)
    assert iam.get_user(UserName="u")["User"]["Tags"] == tags


def test_without_a_user_name_calls_are_about_the_caller(clean_sandbox: Sandbox) -> None:
    user = User(clean_sandbox, "self").may(["iam:GetUser", "iam:ListAccessKeys"], "arn:aws:iam::*:user/self")
    iam = user.client("iam")
    assert iam.get_user()["User"]["UserName"] == "self"
    keys = iam.list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [user.key["AccessKeyId"]]
    assert clean_sandbox.client("iam").get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
