# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls are made for which keys, and what becomes of their answers."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._identity import IdentityArn
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import KeyNeed, key_actions
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import KeyFacts, KeyUse
from ansible_collections.qualytics.athena.plugins.module_utils._key_read import read_keys
from ansible_collections.qualytics.athena.plugins.module_utils._kms import KmsError
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.tests.unit.helpers.keys import (
    ACCOUNT,
    DELEGATING,
    EMPTY,
    KEY,
    OF_AWS,
    OTHERS_KEY,
    REGISTRATION_ROLE,
    ROLE,
    USER,
    grant,
    policy,
    statement,
)

DENIED = (400, {"__type": "AccessDeniedException", "message": "no"}, {"x-amzn-errortype": "AccessDeniedException"})
ABSENT = (400, {"__type": "NotFoundException", "message": "no"}, {"x-amzn-errortype": "NotFoundException"})
ALL_ALLOWED = Decisions(Decision(action, KEY, "allowed") for action in key_actions("catalog"))
NOT_ALLOWED = Decisions(Decision(action, KEY, "not_allowed") for action in key_actions("catalog"))


def described(arn: str = KEY, state: str = "Enabled", manager: str = "CUSTOMER") -> Any:
    metadata = {"Arn": arn, "KeyId": arn.rpartition("/")[2], "KeyState": state, "KeyManager": manager}
    return (200, {"KeyMetadata": metadata}, {})


def with_policy(document: Any) -> Any:
    return (200, {"Policy": json.dumps(document), "PolicyName": "default"}, {})


def granted(*grants: Any, marker: str = "") -> Any:
    return (200, {"Grants": grants, "Truncated": bool(marker), **({"NextMarker": marker} if marker else {})}, {})


def need_of(arn: str = KEY, use: KeyUse = "results", holder: IdentityArn = ROLE) -> KeyNeed:
    return KeyNeed(arn, use, key_actions(use), "for a test", holder)


def read(
    fake_aws: Any, needs: list[KeyNeed] | None = None, decisions: Decisions | Denied = ALL_ALLOWED
) -> dict[str, KeyFacts]:
    client = fake_aws.client("kms")
    session: Any = SimpleNamespace(client=lambda _service: client, region="us-east-1", caller={"Account": ACCOUNT})
    return read_keys([need_of()] if needs is None else needs, session, decisions)


def test_two_calls_where_the_policy_suffices(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", described())
    fake_aws.answer("GetKeyPolicy", with_policy(DELEGATING))
    assert read(fake_aws) == {KEY: KeyFacts(KEY, "Enabled", "CUSTOMER", DELEGATING)}
    assert fake_aws.calls == {"DescribeKey": 1, "GetKeyPolicy": 1}
    assert json.loads(fake_aws.requests["GetKeyPolicy"][0].body) == {"KeyId": KEY, "PolicyName": "default"}


@pytest.mark.parametrize(
    ("document", "decisions", "is_listed"),
    [
        (DELEGATING, ALL_ALLOWED, False),
        (DELEGATING, NOT_ALLOWED, True),
        (DELEGATING, Denied("iam:SimulatePrincipalPolicy"), True),
        (policy(statement({"AWS": ROLE.arn})), NOT_ALLOWED, False),
        (policy(statement({"AWS": ROLE.arn}, Action="kms:Decrypt")), ALL_ALLOWED, True),
        (EMPTY, ALL_ALLOWED, True),
    ],
)
def test_grants_are_listed_only_where_they_could_matter(
    fake_aws: Any, document: Any, decisions: Any, is_listed: bool
) -> None:
    fake_aws.answer("DescribeKey", described())
    fake_aws.answer("GetKeyPolicy", with_policy(document))
    fake_aws.answer("ListGrants", granted(grant(ROLE.arn)))
    found: Any = read(fake_aws, decisions=decisions)[KEY]
    assert fake_aws.calls.get("ListGrants", 0) == int(is_listed)
    assert [it["GranteePrincipal"] for it in found.grants] == ([ROLE.arn] if is_listed else [])


def test_the_grants_of_each_who_needs_one_are_read_to_their_last_page(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", described())
    fake_aws.answer("GetKeyPolicy", with_policy(policy(statement({"AWS": USER.arn}))))
    fake_aws.answer(
        "ListGrants",
        granted(grant(ROLE.arn, "Decrypt"), marker="more"),
        granted(grant(ROLE.arn, "GenerateDataKey")),
        granted(grant(REGISTRATION_ROLE.arn)),
    )
    needs = [
        need_of(),
        need_of(use="sources"),
        need_of(holder=USER),
        need_of(use="lake_formation", holder=REGISTRATION_ROLE),
    ]
    found: Any = read(fake_aws, needs)[KEY]
    assert len(found.grants) == 3
    assert fake_aws.calls == {"DescribeKey": 1, "GetKeyPolicy": 1, "ListGrants": 3}
    asked = [json.loads(request.body) for request in fake_aws.requests["ListGrants"]]
    assert asked == [
        {"KeyId": KEY, "GranteePrincipal": ROLE.arn},
        {"KeyId": KEY, "GranteePrincipal": ROLE.arn, "Marker": "more"},
        {"KeyId": KEY, "GranteePrincipal": REGISTRATION_ROLE.arn},
    ]


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ("DescribeKey", KeyFacts(KEY, Denied("kms:DescribeKey"), None, EMPTY)),
        ("GetKeyPolicy", KeyFacts(KEY, "Enabled", "CUSTOMER", Denied("kms:GetKeyPolicy"))),
        ("ListGrants", KeyFacts(KEY, "Enabled", "CUSTOMER", EMPTY, Denied("kms:ListGrants"))),
    ],
)
def test_each_read_denied_in_turn_leaves_the_others(fake_aws: Any, denied: str, expected: KeyFacts) -> None:
    fake_aws.answer("DescribeKey", described())
    fake_aws.answer("GetKeyPolicy", with_policy(EMPTY))
    fake_aws.answer("ListGrants", granted())
    fake_aws.answer(denied, DENIED)
    assert read(fake_aws) == {KEY: expected}
    assert fake_aws.calls == {"DescribeKey": 1, "GetKeyPolicy": 1, "ListGrants": 1}


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ({"DescribeKey": ABSENT}, {"DescribeKey": 1}),
        # Gone in between, or of a kind that only the policy call shows
        ({"DescribeKey": described(), "GetKeyPolicy": ABSENT}, {"DescribeKey": 1, "GetKeyPolicy": 1}),
    ],
)
def test_a_key_that_does_not_exist(fake_aws: Any, answers: Any, calls: Any) -> None:
    for operation, answer in answers.items():
        fake_aws.answer(operation, answer)
    assert read(fake_aws) == {KEY: KeyFacts(KEY, "absent")}
    assert fake_aws.calls == calls


def test_the_policy_of_a_key_that_aws_manages_is_not_asked_for(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", described(manager="AWS"))
    fake_aws.answer("GetKeyPolicy", with_policy(OF_AWS))
    assert read(fake_aws) == {KEY: KeyFacts(KEY, "Enabled", "AWS")}
    assert fake_aws.calls == {"DescribeKey": 1}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (described(OTHERS_KEY, "Disabled"), KeyFacts(OTHERS_KEY, "Disabled", "CUSTOMER")),
        (described(OTHERS_KEY, manager="AWS"), KeyFacts(OTHERS_KEY, "Enabled", "AWS")),
        # The owner of the key would have to allow it, so there is nothing to ask the reader for.
        (DENIED, KeyFacts(OTHERS_KEY)),
        (ABSENT, KeyFacts(OTHERS_KEY, "absent")),
    ],
)
def test_a_key_of_another_account_is_described_at_most(fake_aws: Any, answer: Any, expected: KeyFacts) -> None:
    fake_aws.answer("DescribeKey", answer)
    assert read(fake_aws, [need_of(OTHERS_KEY)]) == {OTHERS_KEY: expected}
    assert fake_aws.calls == {"DescribeKey": 1}


def test_a_key_of_another_region_is_not_looked_at(fake_aws: Any) -> None:
    assert read(fake_aws, [need_of(KEY.replace("us-east-1", "eu-west-1"))]) == {}
    assert read(fake_aws, []) == {}
    assert fake_aws.calls == {}


def test_any_other_failure_is_an_error(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", described())
    fake_aws.answer(
        "GetKeyPolicy",
        (400, {"__type": "UnrecognizedClientException"}, {"x-amzn-errortype": "UnrecognizedClientException"}),
    )
    with pytest.raises(KmsError, match="get the policy of the KMS key"):
        read(fake_aws)
