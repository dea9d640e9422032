# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the policy: its document, and for a managed one its versions, attachment, tags, path and description."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from .case import Alter, Case, call, in_turn, mutation, rewrite
from .documents import IDENTITY, mutations, rewrites
from .rows import Document, different, extra, missing, said
from .tag_cases import tag_cases
from .worlds import STRANGER_USER, Hands, World

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MANAGED_QUOTA = 6144
INLINE_QUOTAS = {"user": 2048, "role": 10240}

BY_HAND = "AWS cannot change it in place"
# Like no statement of ours, so that it is not taken for one that was altered.
WIDE: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Wide", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::wide/*"}],
}


def policy_cases(world: World, hands: Hands) -> Iterator[Case]:
    if world.is_managed:
        yield from _managed(world, hands)
    else:
        yield from _inline(world, hands)
    yield from _beside(world)


def document_cases(
    document: Document, subject: str, what: str, write: Callable[[str], Alter], quota: int
) -> Iterator[Case]:
    """Cases of a document that is ours as a whole, but for rewrites that IAM has no room for.

    write: what puts a text in its place. quota: the characters other than white space that IAM takes there.
    """
    for kind, name, mutated, rows in mutations(document, subject, IDENTITY):
        yield mutation(f"{what}: {kind}", name, write(json.dumps(mutated)), rows)
    for name, text in rewrites(document, IDENTITY):
        if len("".join(text.split())) <= quota:
            yield rewrite(f"{what} in other words", name, write(text))


# Managed -------------------------------------------------------------------------------------------------------------


def _managed(world: World, hands: Hands) -> Iterator[Case]:
    arn = world.policy_subject
    document = hands.account.document(arn)
    identity = f"{'role' if world.is_role else 'user'}/{world.identity}"
    owner = {"RoleName" if world.is_role else "UserName": world.identity}
    kind = "role" if world.is_role else "user"

    def as_default(text: str) -> Alter:
        return call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    yield from document_cases(document, arn, "policy", as_default, _MANAGED_QUOTA)

    def older(hands: Hands) -> None:
        as_default(json.dumps(WIDE))(hands)
        as_default(json.dumps(document))(hands)
        hands.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")

    gone = [missing(arn, "statement", said(statement)) for statement in document["Statement"]]
    yield mutation(
        "policy: default version", "another one", older, [*gone, extra(arn, "statement", said(WIDE["Statement"][0]))]
    )
    yield rewrite(
        "policy: versions", "others that are not the default", lambda hands: hands.account.add_versions(arn, 3, WIDE)
    )

    def same_again(hands: Hands) -> None:
        hands.account.add_versions(arn, 1, document)
        hands.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")

    yield rewrite("policy: versions", "one of the same words is the default", same_again)

    detach = call("iam", f"detach_{kind}_policy", PolicyArn=arn, **owner)
    attachment = missing(arn, "attachment", identity)
    yield mutation("attachment", "detached", detach, [attachment])

    def to_another(hands: Hands) -> None:
        detach(hands)
        hands.iam.attach_user_policy(UserName="stranger", PolicyArn=arn)

    yield mutation("attachment", "attached to another instead", to_another, [attachment])
    for other, operation, arguments in (
        ("another user", "attach_user_policy", {"UserName": "stranger"}),
        ("another role", "attach_role_policy", {"RoleName": "other"}),
    ):
        yield rewrite("attachment", f"attached to {other} too", call("iam", operation, PolicyArn=arn, **arguments))

    def deleted(hands: Hands) -> None:
        detach(hands)
        hands.iam.delete_policy(PolicyArn=arn)

    yield mutation("policy", "deleted", deleted, [missing(arn, "policy", world.policy_name), attachment])

    def remade(**changes: Any) -> Alter:
        policy = hands.iam.get_policy(PolicyArn=arn)["Policy"]
        tags = hands.iam.list_policy_tags(PolicyArn=arn)["Tags"]
        there = {
            "PolicyName": policy["PolicyName"],
            "Path": policy["Path"],
            "Description": policy.get("Description", ""),
        }

        def remake(hands: Hands) -> None:
            deleted(hands)
            made = hands.iam.create_policy(PolicyDocument=json.dumps(document), Tags=tags, **{**there, **changes})
            getattr(hands.iam, f"attach_{kind}_policy")(PolicyArn=made["Policy"]["Arn"], **owner)

        return remake

    yield rewrite("policy", "deleted and made anew by hand", remade())
    path, description = world.options.get("path"), world.options.get("description")
    elsewhere = arn.replace(f"policy{path or '/'}", "policy/elsewhere/")
    if path:
        yield mutation(
            "path",
            "of the policy",
            remade(Path="/elsewhere/"),
            [different(elsewhere, "path", path, "/elsewhere/")],
            BY_HAND,
        )
    else:
        yield rewrite("path", "of a policy that asks for none", remade(Path="/elsewhere/"))
    for other in ("by hand", str(description).upper(), ""):
        if description:
            rows = [different(arn, "description", description, other)]
            yield mutation("description", f"of the policy became {other!r}", remade(Description=other), rows, BY_HAND)
        else:
            yield rewrite("description", f"of a policy that asks for none became {other!r}", remade(Description=other))
    shouted = world.policy_name.upper()
    yield mutation(
        "name",
        "in another letter case",
        remade(PolicyName=shouted),
        [different(arn.replace(world.policy_name, shouted), "name", world.policy_name, shouted)],
        BY_HAND,
    )
    yield from tag_cases(
        "policy",
        arn,
        hands.iam.list_policy_tags(PolicyArn=arn)["Tags"],
        wanted=world.options.get("tags"),
        purge=world.options.get("purge_tags", True),
        tag=lambda tags: call("iam", "tag_policy", PolicyArn=arn, Tags=tags),
        untag=lambda keys: call("iam", "untag_policy", PolicyArn=arn, TagKeys=keys),
    )


# Inline --------------------------------------------------------------------------------------------------------------


def _inline(world: World, hands: Hands) -> Iterator[Case]:
    kind = "role" if world.is_role else "user"
    place = {"RoleName" if world.is_role else "UserName": world.identity, "PolicyName": world.policy_name}
    subject = world.policy_subject
    document = getattr(hands.iam, f"get_{kind}_policy")(**place)["PolicyDocument"]

    def put(text: str) -> Alter:
        return call("iam", f"put_{kind}_policy", PolicyDocument=text, **place)

    yield from document_cases(document, subject, "inline policy", put, INLINE_QUOTAS[kind])
    gone = [missing(subject, "policy", world.policy_name)]
    delete = call("iam", f"delete_{kind}_policy", **place)
    yield mutation("inline policy", "deleted", delete, gone)

    # Small, as IAM counts all of an identity's inline policies together.
    other = {**place, "PolicyName": f"{world.policy_name}-2", "PolicyDocument": json.dumps(WIDE)}
    instead = in_turn(delete, call("iam", f"put_{kind}_policy", **other))
    yield mutation("inline policy", "another in its place", instead, gone)


# What others have on the identity ------------------------------------------------------------------------------------


def _beside(world: World) -> Iterator[Case]:
    kind, owner = ("role", "RoleName") if world.is_role else ("user", "UserName")
    named = {owner: world.identity}
    another = STRANGER_USER.replace("user/stranger", "policy/another")
    yield rewrite(
        "of others", "another policy on the identity", call("iam", f"attach_{kind}_policy", PolicyArn=another, **named)
    )
    yield rewrite(
        "of others",
        "another inline policy in the identity",
        call("iam", f"put_{kind}_policy", PolicyName="other", PolicyDocument=json.dumps(WIDE), **named),
    )
    if not world.is_role:
        yield rewrite(
            "of others",
            "a boundary of the user",
            call("iam", "put_user_permissions_boundary", PermissionsBoundary=another, **named),
        )
        yield rewrite(
            "of others", "a tag of the user", call("iam", "tag_user", Tags=[{"Key": "by", "Value": "hand"}], **named)
        )
        yield rewrite("of others", "another key of the user", call("iam", "create_access_key", **named))
