# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the user or role that carries the permissions, as a whole: gone, made anew, under another path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .case import Alter, Case, in_turn, mutation, rewrite
from .grant_cases import Grants, held
from .policy_cases import BY_HAND
from .rows import Document, Row, different, missing, said
from .worlds import Hands, World


def identity_cases(world: World, hands: Hands) -> Iterator[Case]:
    if world.is_role:
        yield from _role(world, hands)
    else:
        yield from _user(world, hands)


def _policy_gone(world: World) -> list[Row]:
    """An identity that is made anew has no policy; a managed one is still there."""
    if not world.is_managed:
        return [missing(world.policy_subject, "policy", world.policy_name)]
    kind = "role" if world.is_role else "user"
    return [missing(world.policy_subject, "attachment", f"{kind}/{world.identity}")]


def _user(world: World, hands: Hands) -> Iterator[Case]:
    name = world.identity

    def delete(hands: Hands) -> None:
        for policy in hands.iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            hands.iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
        for policy in hands.iam.list_user_policies(UserName=name)["PolicyNames"]:
            hands.iam.delete_user_policy(UserName=name, PolicyName=policy)
        hands.iam.delete_user(UserName=name)

    def remade(path: str) -> Alter:
        return in_turn(delete, lambda hands: hands.account.make_identity("user", name, path))

    # Grants are held by the ARN, and outlive it.
    yield mutation("identity made anew", "the user", remade(world.identity_path), _policy_gone(world))
    elsewhere = world.principal.replace(world.identity_path, "/elsewhere/")
    moved = [*_policy_gone(world), *_grants_gone(world, hands, elsewhere)]
    yield mutation("identity made anew", "the user under another path", remade("/elsewhere/"), moved)
    # A user is not the collection's to make. Where it was is forgotten with it, so that its grants are looked for at /.
    rows = [*_policy_gone(world), *_grants_gone(world, hands, world.principal.replace(world.identity_path, "/"))]
    yield mutation("identity gone", "the user", delete, rows, f"the IAM user {name!r} does not exist")


def _grants_gone(world: World, hands: Hands, arn: str) -> list[Row]:
    """All grants, as those of another ARN."""
    return [
        gone
        for row in (held(world, hands) if "lake_formation_grants" in world.options else [])
        for permission in row["Permissions"]
        for gone in Grants(arn, row["Condition"]).missing(
            row["Resource"], permission, permission in row["PermissionsWithGrantOption"]
        )
    ]


def _role(world: World, hands: Hands) -> Iterator[Case]:
    name, arn = world.identity, world.principal
    role = hands.iam.get_role(RoleName=name)["Role"]
    trust: Document = role["AssumeRolePolicyDocument"]

    def delete(hands: Hands) -> None:
        hands.account.remake_role(name)
        hands.iam.delete_role(RoleName=name)

    yield mutation("identity gone", "the role", delete, [missing(arn, "role", name), *_policy_gone(world)])

    def remade(**changes: Any) -> Alter:
        """The same role, but for what is said: with all its settings, its trust, and what was in it."""
        settings = {
            "Path": role["Path"],
            "Description": role.get("Description", ""),
            "MaxSessionDuration": role["MaxSessionDuration"],
            "Tags": role.get("Tags", []),
            "AssumeRolePolicyDocument": json.dumps(trust),
        }
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        if boundary:
            settings["PermissionsBoundary"] = boundary

        def remake(hands: Hands) -> None:
            inline = {
                it: hands.iam.get_role_policy(RoleName=name, PolicyName=it)["PolicyDocument"]
                for it in hands.iam.list_role_policies(RoleName=name)["PolicyNames"]
            }
            attached = hands.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            delete(hands)
            hands.iam.create_role(RoleName=name, **{**settings, **changes})
            for policy, document in inline.items():
                hands.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
            for policy in attached:
                hands.iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])

        return remake

    yield rewrite("identity made anew", "the role as it was", remade())

    options = world.options
    boundary = options.get("permissions_boundary")
    stranger = {"Effect": "Allow", "Principal": {"AWS": arn.rpartition(":")[0] + ":root"}, "Action": "sts:AssumeRole"}
    bare = [
        *([different(arn, "description", options["role_description"], "")] if options.get("role_description") else []),
        *([missing(arn, "permissions_boundary", boundary)] if boundary else []),
        *(missing(arn, "tag", f"{tag['Key']}={tag['Value']}") for tag in role.get("Tags", [])),
        *_policy_gone(world),
    ]
    if options.get("max_session_duration"):
        bare.append(different(arn, "max_session_duration", str(options["max_session_duration"]), "3600"))
    bare += _bare_trust(world, trust, stranger)
    yield mutation("identity made anew", "the role with nothing", lambda hands: hands.account.remake_role(name), bare)

    wanted = world.options.get("role_path") or world.options.get("path")
    elsewhere = arn.replace(f"role{role['Path']}", "role/elsewhere/")
    if wanted:
        rows = [different(elsewhere, "path", wanted, "/elsewhere/")]
        if world.base_role:
            subject = f"role/{world.base_role}/{world.base_policy_name}"
            statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
            right = [said({**statement, "Resource": resource}) for resource in (elsewhere, arn)]
            rows.append(different(subject, "resource", *right))
        rows += _grants_gone(world, hands, elsewhere)
        yield mutation("path", "of the role", remade(Path="/elsewhere/"), rows, BY_HAND)


def _bare_trust(world: World, trust: Document, stranger: Document) -> list[Row]:
    """What is said of a trust that is that of the account's root, and nothing else."""
    ours = next(it for it in trust["Statement"] if it.get("Sid") == "QualyticsAthenaAssumeRole")
    if not world.options.get("purge_trust"):
        return [missing(world.principal, "statement", said(ours))]
    # The root is one of the principals that are trusted, so that the other one is what lacks.
    rest = [value for value in ours["Principal"]["AWS"] if not value.endswith(":root")]
    assert stranger["Principal"]["AWS"] in ours["Principal"]["AWS"]
    return [missing(world.principal, "principal", said({**ours, "Principal": {"AWS": rest}}, sid=False))]
