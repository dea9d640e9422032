# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles in the sandbox: what they are made of, what of them can be changed, and which are AWS's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .trusts import ROOT, allow, new_role, refusal, rights, statement, trust

TRUST = trust(statement(ROOT))
TEXT = 'reads <everything> & "more"'
TAGS = [{"Key": "R+D @ home", "Value": "a=b/c Größe"}]


@pytest.fixture
def iam(clean_sandbox: Sandbox) -> Any:
    """IAM as the account root, with a role and a policy."""
    client = clean_sandbox.client("iam")
    new_role(client, "target")
    client.create_policy(PolicyName="boundary", PolicyDocument=json.dumps({"Statement": allow("athena:*")}))
    return client


BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"


def test_a_role_is_shown_with_all_it_was_created_with(iam: Any) -> None:
    more = {"Description": TEXT, "MaxSessionDuration": 7200, "PermissionsBoundary": BOUNDARY, "Tags": TAGS}
    created = iam.create_role(RoleName="whole", Path="/a/", AssumeRolePolicyDocument=TRUST, **more)["Role"]
    role = iam.get_role(RoleName="whole")["Role"]
    assert role == created
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/a/whole"
    assert role["RoleId"].startswith("AROA")
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert (role["Description"], role["MaxSessionDuration"], role["Tags"]) == (TEXT, 7200, TAGS)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY


def test_a_plain_role_has_an_hour_and_nothing_else(iam: Any) -> None:
    role = iam.get_role(RoleName="target")["Role"]
    assert role["MaxSessionDuration"] == 3600
    assert not {"Description", "PermissionsBoundary", "Tags"} & set(role)


def test_update_role_leaves_alone_what_is_not_given(iam: Any) -> None:
    """The API reference says that an absent duration becomes an hour; it does not (go-to-k/cdkd #1239)."""
    iam.update_role(RoleName="target", Description=TEXT, MaxSessionDuration=7200)

    def now() -> tuple[str, int]:
        role = iam.get_role(RoleName="target")["Role"]
        return role.get("Description", ""), role["MaxSessionDuration"]

    iam.update_role(RoleName="target", Description="other")
    assert now() == ("other", 7200)
    iam.update_role(RoleName="target", MaxSessionDuration=3600)
    assert now() == ("other", 3600)
    iam.update_role(RoleName="target", Description="")
    assert now() == ("", 3600)
    iam.update_role_description(RoleName="target", Description=TEXT)
    assert now() == (TEXT, 3600)


def test_tags_are_kept_as_they_were_given(iam: Any) -> None:
    iam.tag_role(RoleName="target", Tags=TAGS)
    assert iam.list_role_tags(RoleName="target")["Tags"] == TAGS
    assert iam.get_role(RoleName="target")["Role"]["Tags"] == TAGS
    iam.untag_role(RoleName="target", TagKeys=["R+D @ home"])
    assert iam.list_role_tags(RoleName="target")["Tags"] == []


def test_a_description_is_measured_as_it_was_sent(iam: Any) -> None:
    iam.update_role(RoleName="target", Description="&" * 1000)
    assert iam.get_role(RoleName="target")["Role"]["Description"] == "&" * 1000
    for text in ("&" * 1001, "not Latin-1 \N{EM DASH}"):
        assert refusal(partial(iam.update_role, RoleName="target", Description=text))[:2] == (400, "ValidationError")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"RoleName": "r" * 65},
            "at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            {"Path": f"/{'p' * 511}/"},
            "at 'path' failed to satisfy constraint: Member must have length less than or equal to 512",
        ),
        (
            {"MaxSessionDuration": 43201},
            "at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200",
        ),
    ],
    ids=["name", "path", "duration"],
)
def test_names_paths_and_durations_have_bounds(iam: Any, parameters: dict[str, Any], message: str) -> None:
    create = partial(iam.create_role, **{"RoleName": "new", "AssumeRolePolicyDocument": TRUST} | parameters)
    status, code, text = refusal(create)
    assert (status, code) == (400, "ValidationError")
    assert text.endswith(message)
    within = {"RoleName": "r" * 64, "Path": f"/{'p' * 510}/", "MaxSessionDuration": 43200}
    iam.create_role(AssumeRolePolicyDocument=TRUST, **within)


@pytest.mark.parametrize("call", ["create_role", "update_role"])
def test_a_session_of_less_than_an_hour_is_refused(iam: Any, call: str) -> None:
    def replace(params: dict[str, Any], **_more: Any) -> None:
        params["body"]["MaxSessionDuration"] = "3599"  # The SDK itself refuses it.

    iam.meta.events.register("before-call.iam", replace)
    more = {"AssumeRolePolicyDocument": TRUST, "RoleName": "new"} if call == "create_role" else {"RoleName": "target"}
    status, code, message = refusal(partial(getattr(iam, call), **more))
    assert (status, code) == (400, "ValidationError")
    assert message.endswith(
        "'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"
    )


# Permissions boundaries


def test_a_boundary_is_a_policy_that_is_there_and_stays(iam: Any) -> None:
    absent = f"arn:aws:iam::{ACCOUNT_ID}:policy/absent"
    expected = (404, "NoSuchEntity", f"Scope ARN: {absent} does not exist or is not attachable.")
    create = partial(iam.create_role, RoleName="new", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=absent)
    put = partial(iam.put_role_permissions_boundary, RoleName="target", PermissionsBoundary=absent)
    assert refusal(create) == refusal(put) == expected
    iam.put_role_permissions_boundary(RoleName="target", PermissionsBoundary=BOUNDARY)
    assert refusal(partial(iam.delete_policy, PolicyArn=BOUNDARY))[:2] == (409, "DeleteConflict")
    iam.delete_role_permissions_boundary(RoleName="target")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="target")["Role"]
    again = partial(iam.delete_role_permissions_boundary, RoleName="target")
    assert refusal(again)[:2] == (404, "NoSuchEntity")
    iam.delete_policy(PolicyArn=BOUNDARY)


# Deletion


def test_what_is_in_the_way_of_a_deletion_is_named(iam: Any) -> None:
    delete = partial(iam.delete_role, RoleName="target")
    iam.attach_role_policy(RoleName="target", PolicyArn=BOUNDARY)
    rights(iam, "target", allow("s3:*"))
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="target")
    for message, undo in (
        ("must detach all policies first.", partial(iam.detach_role_policy, RoleName="target", PolicyArn=BOUNDARY)),
        ("must delete policies first.", partial(iam.delete_role_policy, RoleName="target", PolicyName="rights")),
        (
            "must remove roles from instance profile first.",
            partial(iam.remove_role_from_instance_profile, InstanceProfileName="profile", RoleName="target"),
        ),
    ):
        assert refusal(delete) == (409, "DeleteConflict", f"Cannot delete entity, {message}")
        undo()
    delete()
    assert refusal(delete) == (404, "NoSuchEntity", "The role with name target cannot be found.")


# AWS's own roles


@pytest.mark.parametrize("path", ["/aws-service-role/glue.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_a_reserved_path_is_aws_s_own(iam: Any, clean_sandbox: Sandbox, path: str) -> None:
    create = partial(iam.create_role, RoleName="AWSReservedSSO_x", Path=path, AssumeRolePolicyDocument=TRUST)
    status, code, message = refusal(create)
    assert (status, code) == (400, "InvalidInput")
    assert message.startswith(f"Path prefix '/{path.split('/')[1]}/' can only be used for AWS")
    clean_sandbox.switch("reserved_path")
    create()


@pytest.fixture(params=["service-linked", "single sign-on"])
def protected(request: pytest.FixtureRequest, iam: Any, clean_sandbox: Sandbox) -> str:
    """The name of a role that only AWS may change."""
    if request.param == "service-linked":
        created = iam.create_service_linked_role(AWSServiceName="lakeformation.amazonaws.com")
        return str(created["Role"]["RoleName"])
    clean_sandbox.switch("reserved_path")
    name = "AWSReservedSSO_Admin_0123456789abcdef"
    new_role(iam, name, TRUST, Path="/aws-reserved/sso.amazonaws.com/eu-west-1/")
    return name


def changes(iam: Any, name: str) -> dict[str, Callable[[], Any]]:
    """Every call that changes a role."""
    role = {"RoleName": name}
    return {
        "trust": partial(iam.update_assume_role_policy, **role, PolicyDocument=TRUST),
        "duration": partial(iam.update_role, **role, MaxSessionDuration=3600),
        "tag": partial(iam.tag_role, **role, Tags=TAGS),
        "untag": partial(iam.untag_role, **role, TagKeys=["a"]),
        "attach": partial(iam.attach_role_policy, **role, PolicyArn=BOUNDARY),
        "detach": partial(iam.detach_role_policy, **role, PolicyArn=BOUNDARY),
        "inline": partial(iam.put_role_policy, **role, PolicyName="p", PolicyDocument='{"Statement": []}'),
        "no inline": partial(iam.delete_role_policy, **role, PolicyName="p"),
        "boundary": partial(iam.put_role_permissions_boundary, **role, PermissionsBoundary=BOUNDARY),
        "no boundary": partial(iam.delete_role_permissions_boundary, **role),
        "delete": partial(iam.delete_role, **role),
    }


def test_only_aws_changes_its_roles(iam: Any, protected: str) -> None:
    before = iam.get_role(RoleName=protected)["Role"]
    message = f"Cannot perform the operation on the protected role '{protected}' - this role is only modifiable by AWS"
    for change in changes(iam, protected).values():
        assert refusal(change) == (400, "UnmodifiableEntity", message)
    assert iam.get_role(RoleName=protected)["Role"] == before


def test_of_a_service_linked_role_the_description_may_be_changed(iam: Any, protected: str) -> None:
    for change in (iam.update_role, iam.update_role_description):
        code = refusal(partial(change, RoleName=protected, Description=TEXT))[1]
        assert code == ("UnmodifiableEntity" if "SSO" in protected else "")


def test_aws_s_roles_may_be_trusted(iam: Any, protected: str) -> None:
    arn = iam.get_role(RoleName=protected)["Role"]["Arn"]
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trust(statement(arn)))
    shown = iam.get_role(RoleName="target")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [each["Principal"]["AWS"] for each in shown] == [arn]
