# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key's side, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._identity import IdentityArn
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import (
    KeyFacts,
    KeySide,
    KeyUse,
    key_context,
    key_side,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.tests.unit.helpers.keys import (
    ACCOUNT,
    ACCOUNT_ROOT,
    DELEGATING,
    DELETED,
    EMPTY,
    KEY,
    OF_AWS,
    OTHER_ACCOUNT,
    OTHERS_KEY,
    ROLE,
    SESSION,
    USER,
    grant,
    policy,
    statement,
)

BUCKET = "arn:aws:s3:::acme-results"
OBJECT = f"{BUCKET}/athena/0f8fad5b.csv"


def side(
    document: Any,
    holder: IdentityArn = USER,
    grants: Any = (),
    action: str = "kms:Decrypt",
    use: KeyUse = "results",
    arn: str = KEY,
    manager: str = "CUSTOMER",
    **known: Any,
) -> KeySide:
    facts = KeyFacts(arn, "Enabled", manager, document, grants)
    return key_side(facts, holder, [action], key_context(use, facts.parts, holder, **known))[action]


def with_condition(condition: dict[str, Any], principal: Any = "*", **members: Any) -> dict[str, Any]:
    return policy(statement(principal, Condition=condition, **members))


@pytest.mark.parametrize(
    ("document", "user", "role"),
    [
        # Who is named
        (DELEGATING, "delegated", "delegated"),
        (policy(statement({"AWS": ACCOUNT})), "delegated", "delegated"),
        (policy(statement({"AWS": USER.arn})), "direct", "not_allowed"),
        (policy(statement({"AWS": ROLE.arn})), "not_allowed", "direct"),
        (policy(statement({"AWS": [ROLE.arn, USER.arn]})), "direct", "direct"),
        (policy(statement({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", ROLE.arn]})), "delegated", "direct"),
        (policy(statement(ACCOUNT_ROOT), statement({"AWS": USER.arn}, sid="Named")), "direct", "delegated"),
        (policy(statement("*")), "direct", "direct"),
        (policy(statement({"AWS": "*"})), "direct", "direct"),
        (policy(statement({"AWS": f"arn:aws:iam::{ACCOUNT}:user/qualytics"})), "not_allowed", "not_allowed"),
        (policy(statement({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})), "not_allowed", "not_allowed"),
        (policy(statement({"AWS": SESSION})), "not_allowed", "unknown"),
        (policy(statement({"Service": "athena.amazonaws.com"})), "not_allowed", "not_allowed"),
        (EMPTY, "not_allowed", "not_allowed"),
        (OF_AWS, "direct", "direct"),
        # For which action, of which key
        (policy(statement(ACCOUNT_ROOT, Action=["kms:Describe*", "kms:Put*"])), "not_allowed", "not_allowed"),
        (policy(statement(ACCOUNT_ROOT, Action=["kms:Decrypt"])), "delegated", "delegated"),
        (policy(statement(ACCOUNT_ROOT, Action=["kms:De*"])), "delegated", "delegated"),
        (policy(statement(ACCOUNT_ROOT, Resource=KEY)), "delegated", "delegated"),
        (policy(statement(ACCOUNT_ROOT, Resource=OTHERS_KEY)), "not_allowed", "not_allowed"),
        # What is denied
        (policy(*DELEGATING["Statement"], statement("*", "Deny")), "denied", "denied"),
        (policy(*DELEGATING["Statement"], statement({"AWS": USER.arn}, "Deny")), "denied", "delegated"),
        (policy(*DELEGATING["Statement"], statement("*", "Deny", Action="kms:Encrypt")), "delegated", "delegated"),
        (policy(statement("*", "Deny")), "denied", "denied"),
        (
            policy(
                *DELEGATING["Statement"],
                statement("*", "Deny", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}),
            ),
            "unknown",
            "unknown",
        ),
        (
            policy(
                *DELEGATING["Statement"],
                statement("*", "Deny", Condition={"ArnNotLike": {"aws:PrincipalArn": f"{ROLE.arn}*"}}),
            ),
            "denied",
            "delegated",
        ),
        # The ids of who was deleted
        (policy(statement({"AWS": DELETED})), "not_allowed", "not_allowed"),
        (policy(statement({"AWS": [DELETED, ROLE.arn]})), "not_allowed", "direct"),
        (policy(*DELEGATING["Statement"], statement({"AWS": DELETED}, "Deny")), "delegated", "delegated"),
    ],
)
def test_key_policy(document: dict[str, Any], user: str, role: str) -> None:
    assert (side(document, USER).answer, side(document, ROLE).answer) == (user, role)
    # A single statement need not be in a list.
    if len(document["Statement"]) == 1:
        alone = {**document, "Statement": document["Statement"][0]}
        assert (side(alone, USER).answer, side(alone, ROLE).answer) == (user, role)


@pytest.mark.parametrize(
    ("condition", "results", "sources", "catalog", "lake_formation"),
    [
        (
            {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
            "direct",
            "direct",
            "not_allowed",
            "direct",
        ),
        ({"StringLike": {"kms:ViaService": "*.amazonaws.com"}}, "direct", "direct", "direct", "direct"),
        (
            {"StringEquals": {"kms:ViaService": ["glue.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]}},
            "not_allowed",
            "not_allowed",
            "direct",
            "not_allowed",
        ),
        ({"StringNotLike": {"kms:ViaService": "s3.*"}}, "not_allowed", "not_allowed", "direct", "not_allowed"),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT}}, "direct", "direct", "direct", "direct"),
        (
            {"StringEquals": {"kms:CallerAccount": OTHER_ACCOUNT}},
            "not_allowed",
            "not_allowed",
            "not_allowed",
            "not_allowed",
        ),
        ({"Bool": {"kms:GrantIsForAWSResource": True}}, "not_allowed", "not_allowed", "not_allowed", "not_allowed"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "direct", "direct", "direct", "direct"),
        ({"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, "direct", "direct", "direct", "direct"),
        ({"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}, "direct", "direct", "direct", "direct"),
        # The client's driver reads results by itself, all else is read through Athena.
        (
            {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
            "unknown",
            "direct",
            "direct",
            "unknown",
        ),
        # Whether S3 or Glue is named there beside Athena is not known.
        (
            {"ForAllValues:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
            "unknown",
            "unknown",
            "unknown",
            "unknown",
        ),
        ({"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"}}, "unknown", "direct", "direct", "unknown"),
        ({"StringEquals": {"aws:CalledViaLast": "athena.amazonaws.com"}}, "unknown", "unknown", "unknown", "unknown"),
        # Nothing is known of these.
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, "unknown", "unknown", "unknown", "unknown"),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "unknown", "unknown", "unknown", "unknown"),
        ({"StringEquals": {"aws:PrincipalTag/team": "data"}}, "unknown", "unknown", "unknown", "unknown"),
        ({"StringLike": {"kms:RequestAlias": "alias/*"}}, "unknown", "unknown", "unknown", "unknown"),
        ({"Null": {"kms:EncryptionContext:aws:s3:arn": "false"}}, "unknown", "unknown", "unknown", "unknown"),
    ],
)
def test_conditions(condition: dict[str, Any], results: str, sources: str, catalog: str, lake_formation: str) -> None:
    uses: tuple[KeyUse, ...] = ("results", "sources", "catalog", "lake_formation")
    found = tuple(side(with_condition(condition), use=use).answer for use in uses)
    assert found == (results, sources, catalog, lake_formation)
    # The same conditions may narrow what is delegated.
    delegating = with_condition(condition, ACCOUNT_ROOT)
    expected = tuple(answer.replace("direct", "delegated") for answer in found)
    assert tuple(side(delegating, use=use).answer for use in uses) == expected


@pytest.mark.parametrize(
    ("condition", "bucket_key", "objects", "either"),
    [
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": BUCKET}}, "direct", "not_allowed", "unknown"),
        ({"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{BUCKET}/*"}}, "not_allowed", "direct", "unknown"),
        ({"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{BUCKET}*"}}, "direct", "direct", "direct"),
        ({"ArnLike": {"kms:EncryptionContext:AWS:S3:ARN": [BUCKET, f"{BUCKET}/*"]}}, "direct", "direct", "direct"),
        (
            {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other/*"}},
            "not_allowed",
            "not_allowed",
            "not_allowed",
        ),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "aws:s3:arn"}}, "direct", "direct", "direct"),
    ],
)
def test_the_encryption_context_of_s3(condition: dict[str, Any], bucket_key: str, objects: str, either: str) -> None:
    document = with_condition(condition)
    assert side(document, s3_arns=[BUCKET]).answer == bucket_key
    assert side(document, s3_arns=[OBJECT]).answer == objects
    assert side(document, s3_arns=[BUCKET, OBJECT]).answer == either
    # What Glue gives as context is not known, nor is what comes with a key that Athena encrypts with by itself.
    assert side(document, use="catalog").answer == "unknown"
    assert side(document, use="catalog", s3_arns=[BUCKET]).answer == "unknown"
    assert side(document, client_side=True).answer == "unknown"
    if "kms:EncryptionContextKeys" in str(condition):
        assert side(document, use="sources").answer == "unknown"


def test_the_algorithm_is_known_where_it_is_a_parameter() -> None:
    document = with_condition({"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}})
    answers = [side(document, action=f"kms:{name}").answer for name in ("Decrypt", "Encrypt", "GenerateDataKey")]
    assert answers == ["direct", "direct", "unknown"]


def test_what_athena_encrypts_by_itself_does_not_pass_through_s3() -> None:
    document = with_condition({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
    assert side(document).answer == "direct"
    assert side(document, client_side=True).answer == "unknown"


@pytest.mark.parametrize(
    ("partition", "region", "suffix"),
    [
        ("aws", "us-east-1", "amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
    ],
)
def test_partitions(partition: str, region: str, suffix: str) -> None:
    arn = KEY.replace("arn:aws:", f"arn:{partition}:").replace("us-east-1", region)
    holder = IdentityArn(
        ROLE.arn.replace("arn:aws:", f"arn:{partition}:"), partition, ACCOUNT, "role", "/", "qualytics"
    )
    document = with_condition({"StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"}})
    assert side(document, holder, arn=arn).answer == "direct"
    other = with_condition({"StringEquals": {"kms:ViaService": f"s3.{region}.example.com"}})
    assert side(other, holder, arn=arn).answer == "not_allowed"
    root = policy(statement({"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}))
    assert side(root, holder, arn=arn).answer == "delegated"


def test_the_services_of_an_unknown_partition_are_not_known_by_name() -> None:
    document = with_condition({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
    assert side(document, arn=KEY.replace("arn:aws:", "arn:aws-new:")).answer == "unknown"


@pytest.mark.parametrize(
    ("found", "user", "role"),
    [
        (grant(USER.arn), "grant", "not_allowed"),
        (grant(ROLE.arn), "not_allowed", "grant"),
        (grant(ROLE.arn, "Decrypt"), "not_allowed", "grant"),
        (grant(ROLE.arn, "GenerateDataKey", "DecryptSomething"), "not_allowed", "not_allowed"),
        (grant(SESSION), "not_allowed", "unknown"),
        (grant("s3.amazonaws.com"), "not_allowed", "not_allowed"),
        (grant(f"arn:aws:iam::{ACCOUNT}:root"), "unknown", "unknown"),
        (grant(ROLE.arn, Constraints={}), "not_allowed", "grant"),
        (grant(ROLE.arn, Constraints={"EncryptionContextSubset": {"aws:s3:arn": BUCKET}}), "not_allowed", "grant"),
        (grant(ROLE.arn, Constraints={"EncryptionContextEquals": {"AWS:S3:arn": BUCKET}}), "not_allowed", "grant"),
        (
            grant(ROLE.arn, Constraints={"EncryptionContextEquals": {"aws:s3:arn": f"{BUCKET}/x"}}),
            "not_allowed",
            "not_allowed",
        ),
        (grant(ROLE.arn, Constraints={"EncryptionContextSubset": {"team": "data"}}), "not_allowed", "unknown"),
        (grant(ROLE.arn, Constraints={"SourceArn": BUCKET}), "not_allowed", "not_allowed"),
        ({"GranteeServicePrincipal": "s3.amazonaws.com", "Operations": ["Decrypt"]}, "not_allowed", "not_allowed"),
    ],
)
def test_grants(found: dict[str, Any], user: str, role: str) -> None:
    assert side(EMPTY, USER, [found], s3_arns=[BUCKET]).answer == user
    assert side(EMPTY, ROLE, [found], s3_arns=[BUCKET]).answer == role
    # A Deny of the key policy holds against a grant too.
    assert side(policy(statement("*", "Deny")), ROLE, [found]).answer == "denied"


def test_a_grant_is_named() -> None:
    (way,) = side(EMPTY, ROLE, [grant(ROLE.arn)]).ways
    assert way.by == "the grant 'athena'"
    (way,) = side(EMPTY, ROLE, [grant(ROLE.arn, Name="")]).ways
    assert way.by == "the grant '0c237476b39f8bc4'"


@pytest.mark.parametrize(
    ("holder", "principal", "is_bounded"),
    [
        (ROLE, {"AWS": ROLE.arn}, True),
        (ROLE, {"AWS": SESSION}, False),
        (ROLE, "*", False),
        (USER, {"AWS": USER.arn}, False),
        (USER, "*", False),
    ],
)
def test_whom_a_permissions_boundary_limits(holder: IdentityArn, principal: Any, is_bounded: bool) -> None:
    (way,) = side(policy(statement(principal)), holder).ways
    assert way.is_bounded is is_bounded


def test_deleted_principals_are_named_where_they_would_have_been_allowed() -> None:
    assert side(policy(statement({"AWS": DELETED}))).deleted == (DELETED,)
    assert side(policy(statement({"AWS": [DELETED, DELETED, USER.arn]}))).deleted == (DELETED,)
    assert side(policy(statement({"AWS": DELETED}, Action="kms:Encrypt"))).deleted == ()
    assert side(policy(statement({"AWS": DELETED}, "Deny"))).deleted == ()
    assert side(DELEGATING).deleted == ()


@pytest.mark.parametrize("manager", ["AWS", "CUSTOMER"])
@pytest.mark.parametrize("document", [DELEGATING, policy(statement({"AWS": USER.arn})), EMPTY])
def test_the_key_of_another_account(document: dict[str, Any], manager: str) -> None:
    """What its policy allows, IAM policies must allow too, and of what AWS manages nothing leaves the account."""
    arn = OTHERS_KEY
    open_to_us = document["Statement"] and manager == "CUSTOMER"
    assert side(document, arn=arn, manager=manager).answer == ("delegated" if open_to_us else "not_allowed")
    granted = side(EMPTY, arn=arn, grants=[grant(USER.arn)], manager=manager)
    assert granted.answer == ("delegated" if manager == "CUSTOMER" else "not_allowed")


def test_the_key_that_aws_manages_is_open_to_its_account() -> None:
    assert side(None, manager="AWS").answer == "direct"
    assert side(None, ROLE, manager="AWS").answer == "direct"


def test_what_was_not_seen() -> None:
    assert side(Denied("kms:GetKeyPolicy")).answer == "unknown"
    assert side(Denied("kms:GetKeyPolicy")).unseen == ("kms:GetKeyPolicy",)
    assert side(EMPTY, grants=Denied("kms:ListGrants")).answer == "unknown"
    assert side(EMPTY, grants=Denied("kms:ListGrants")).unseen == ("kms:ListGrants",)
    # What a grant allows, a key policy that was not read may deny.
    assert side(Denied("kms:GetKeyPolicy"), grants=[grant(USER.arn)]).answer == "unknown"
    # Grants are not needed where the policy is enough, and cannot help where it denies.
    assert side(DELEGATING, grants=Denied("kms:ListGrants")).answer == "delegated"
    assert side(policy(statement("*", "Deny")), grants=Denied("kms:ListGrants")).answer == "denied"
    assert side(None, arn=OTHERS_KEY).policy == "hidden"
    assert side(None, arn=OTHERS_KEY).answer == "unknown"


def test_each_action_has_its_own_answer() -> None:
    document = policy(
        statement({"AWS": ROLE.arn}, Action="kms:Decrypt"), statement(ACCOUNT_ROOT, Action="kms:GenerateDataKey*")
    )
    facts = KeyFacts(KEY, "Enabled", "CUSTOMER", document)
    actions = ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt")
    sides = key_side(facts, ROLE, actions, key_context("catalog", facts.parts, ROLE))
    assert [sides[action].answer for action in actions] == ["direct", "delegated", "not_allowed"]
    assert [way.by for way in sides["kms:Decrypt"].ways] == ["statement 'Use' of the key policy"]
