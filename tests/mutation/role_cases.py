# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the target role: its settings, its trust, and the base role's right to assume it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.qualytics.athena.tests.integration.trusts import OTHER_ACCOUNT

from .case import Alter, Case, call, in_turn, mutation, rewrite
from .documents import mutations, rewrites, trust_language
from .policy_cases import INLINE_QUOTAS, document_cases
from .rows import Document, Row, different, exchanged, extra, missing, principals, said
from .tag_cases import tag_cases
from .worlds import BASE, LOADER, OTHER_BOUNDARY, STRANGER, Hands, World

_LANGUAGE = trust_language(STRANGER, OTHER_ACCOUNT)


def role_cases(world: World, hands: Hands) -> Iterator[Case]:
    role = hands.iam.get_role(RoleName=world.identity)["Role"]
    trust = role["AssumeRolePolicyDocument"]
    yield from _settings(world, role)
    yield from _trust(world, trust)
    yield from _principals(world, hands, trust)
    if world.base_role:
        yield from _base_policy(world, hands)


def _settings(world: World, role: Mapping[str, Any]) -> Iterator[Case]:
    arn, name = world.principal, {"RoleName": world.identity}
    options = world.options
    description, duration = options.get("role_description"), options.get("max_session_duration")
    there = {"Description": role.get("Description", ""), "MaxSessionDuration": role["MaxSessionDuration"]}

    def update(**changes: Any) -> Alter:
        return call("iam", "update_role", **name, **{**there, **changes})

    for other in ("by hand", str(description).upper(), ""):
        if description:
            rows = [different(arn, "description", description, other)]
            yield mutation("description", f"of the role became {other!r}", update(Description=other), rows)
        else:
            yield rewrite("description", f"of a role that asks for none became {other!r}", update(Description=other))
    for seconds in (3600, 7201, 43200):
        altered = update(MaxSessionDuration=seconds)
        if duration:
            rows = [different(arn, "max_session_duration", str(duration), str(seconds))]
            yield mutation("session duration", f"became {seconds}", altered, rows)
        else:
            yield rewrite("session duration", f"that is not asked for became {seconds}", altered)

    boundary = options.get("permissions_boundary")
    put = call("iam", "put_role_permissions_boundary", PermissionsBoundary=OTHER_BOUNDARY, **name)
    if boundary:
        delete = call("iam", "delete_role_permissions_boundary", **name)
        yield mutation("boundary", "gone", delete, [missing(arn, "permissions_boundary", boundary)])
        exchanged_ = [different(arn, "permissions_boundary", boundary, OTHER_BOUNDARY)]
        yield mutation("boundary", "another", put, exchanged_)
    elif boundary == "":
        yield mutation("boundary", "where none is asked for", put, [extra(arn, "permissions_boundary", OTHER_BOUNDARY)])
    else:
        yield rewrite("boundary", "where nothing is asked", put)

    yield from tag_cases(
        "role",
        arn,
        role.get("Tags", []),
        wanted=options.get("role_tags") or options.get("tags"),
        purge=options.get("purge_tags", True),
        tag=lambda tags: call("iam", "tag_role", Tags=tags, **name),
        untag=lambda keys: call("iam", "untag_role", TagKeys=keys, **name),
    )
    yield rewrite(
        "of others",
        "an instance profile of the role",
        lambda hands: (
            hands.iam.create_instance_profile(InstanceProfileName="p"),
            hands.iam.add_role_to_instance_profile(InstanceProfileName="p", **name),
        ),
    )


# Trust ---------------------------------------------------------------------------------------------------------------


def _own(trust: Document) -> int:
    """The number of the statement that is ours, by its Sid."""
    return next(number for number, it in enumerate(trust["Statement"]) if it.get("Sid") == "QualyticsAthenaAssumeRole")


def _set_trust(world: World, text: str) -> Alter:
    return call("iam", "update_assume_role_policy", RoleName=world.identity, PolicyDocument=text)


def _trust(world: World, trust: Document) -> Iterator[Case]:
    purge = bool(world.options.get("purge_trust"))
    found = mutations(trust, world.principal, _LANGUAGE, None if purge else _own(trust), named=not purge)
    for kind, name, mutated, rows in found:
        yield mutation(f"trust: {kind}", name, _set_trust(world, json.dumps(mutated)), rows)
    for name, text in rewrites(trust, _LANGUAGE):
        yield rewrite("trust in other words", name, _set_trust(world, text))
    roots = json.dumps(trust)
    for principal in world.options["trusted_principals"]:
        if principal.isdigit():
            written = roots.replace(f"arn:aws:iam::{principal}:root", principal)
            yield rewrite("trust in other words", "an account by its number", _set_trust(world, written))

    def ids(hands: Hands) -> None:
        hands.sandbox.switch("unique_ids", times=9, role_name=world.identity)

    yield rewrite("trust in other words", "the living by their ids", ids)
    if not purge:
        yield from _trust_beside(world, trust)


def _trust_beside(world: World, trust: Document) -> Iterator[Case]:
    """The statements of others, where they are left alone."""
    own = _own(trust)
    ours, others = trust["Statement"][own], [it for number, it in enumerate(trust["Statement"]) if number != own]

    def of(*statements: Document) -> Alter:
        return _set_trust(world, json.dumps({**trust, "Statement": list(statements)}))

    yield rewrite("trust of others", "gone", of(ours))
    for number, statement in enumerate(others):
        rest = [it for it in others if it is not statement]
        label = statement.get("Sid") or f"statement {number}"
        yield rewrite("trust of others", f"{label} gone", of(*rest, ours))
        yield rewrite("trust of others", f"{label} denied", of({**statement, "Effect": "Deny"}, *rest, ours))
    for number, statement in enumerate(_LANGUAGE.statements):
        yield rewrite("trust of others", f"statement {number} of a stranger", of(*others, ours, statement))
    yield rewrite(
        "trust of others",
        "an older language",
        _set_trust(world, json.dumps({**trust, "Version": "2008-10-17"})),
    )


def _principals(world: World, hands: Hands, trust: Document) -> Iterator[Case]:
    """Each principal deleted, and made anew under its name: AWS goes on showing the id of the one that is gone."""
    named = not world.options.get("purge_trust")
    ours = trust["Statement"][_own(trust)]

    def shown_as(arn: str, id_: str) -> list[Row]:
        texts = [said({**ours, "Principal": {"AWS": value}}, named) for value in (arn, id_)]
        return exchanged(world.principal, "principal", texts[:1], texts[1:])

    trusted = [value for _kind, value in principals(ours)]
    if BASE in trusted:
        rows = shown_as(BASE, hands.iam.get_role(RoleName="dataplane")["Role"]["RoleId"])
        if world.base_role:
            subject = f"role/{world.base_role}/{world.base_policy_name}"
            rows.append(missing(subject, "policy", world.base_policy_name))
        yield mutation(
            "principal made anew", "the base role", lambda hands: hands.account.remake_role("dataplane"), rows
        )
        if world.base_role:
            gone = in_turn(
                lambda hands: hands.account.remake_role("dataplane"), call("iam", "delete_role", RoleName="dataplane")
            )
            yield mutation("principal gone", "the base role", gone, rows, "the IAM role 'dataplane' does not exist")
    if LOADER in trusted:
        id_ = hands.iam.get_user(UserName="loader")["User"]["UserId"]

        def remake(hands: Hands) -> None:
            hands.iam.delete_user(UserName="loader")
            hands.account.make_identity("user", "loader")

        yield mutation("principal made anew", "the user that is trusted", remake, shown_as(LOADER, id_))


# The base role's policy ----------------------------------------------------------------------------------------------


def _base_policy(world: World, hands: Hands) -> Iterator[Case]:
    place = {"RoleName": str(world.base_role), "PolicyName": world.base_policy_name}
    subject = f"role/{world.base_role}/{world.base_policy_name}"
    document = hands.iam.get_role_policy(**place)["PolicyDocument"]

    def put(text: str) -> Alter:
        return call("iam", "put_role_policy", PolicyDocument=text, **place)

    yield from document_cases(document, subject, "base role's policy", put, INLINE_QUOTAS["role"])
    gone = [missing(subject, "policy", world.base_policy_name)]
    yield mutation("base role's policy", "deleted", call("iam", "delete_role_policy", **place), gone)
