# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a key is what a server that evaluates key policies does."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions, Verdict
from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import KeyNeed, key_checks
from ansible_collections.qualytics.athena.plugins.module_utils._key_read import read_keys
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check
from ansible_collections.qualytics.athena.tests.unit.helpers.keys import ACCOUNT, ACCOUNT_ROOT, policy, statement
from athena_sandbox import Sandbox
from athena_sandbox.user import User

USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/key-user"
ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
LOOKING = statement(ACCOUNT_ROOT, sid="Look", Action=["kms:Describe*", "kms:Get*", "kms:*Grant*", "kms:Put*"])
NAMING = statement({"AWS": USER_ARN}, sid="Name")


def make_key(sandbox: Sandbox, *statements: dict[str, Any]) -> tuple[str, bytes]:
    """The ARN of a key with that policy, and something that was encrypted with it before."""
    kms = sandbox.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=arn, Plaintext=b"a file")["CiphertextBlob"]
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy(*statements)))
    return arn, sealed


def judged(sandbox: Sandbox, arn: str, in_iam: Verdict) -> Check:
    session: Any = SimpleNamespace(client=sandbox.client, region="us-east-1", caller={"Account": ACCOUNT})
    needs = [KeyNeed(arn, "results", ACTIONS, "a test", parse_identity_arn("principal", USER_ARN))]
    decisions = Decisions(Decision(action, arn, in_iam) for action in ACTIONS)
    (check,) = key_checks(needs, read_keys(needs, session, decisions), decisions, "us-east-1")
    return check


def is_refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDeniedException"
    return False


@pytest.mark.parametrize(
    ("statements", "in_iam", "lacking"),
    [
        ([statement(ACCOUNT_ROOT)], "allowed", ()),
        ([statement(ACCOUNT_ROOT)], "not_allowed", ACTIONS),
        ([statement(ACCOUNT_ROOT)], "denied", ACTIONS),
        ([LOOKING], "allowed", ACTIONS),
        ([LOOKING], "not_allowed", ACTIONS),
        ([LOOKING, NAMING], "not_allowed", ()),
        ([LOOKING, NAMING], "denied", ACTIONS),
        ([LOOKING, {**NAMING, "Action": "kms:Decrypt"}], "allowed", ("kms:GenerateDataKey",)),
        ([statement(ACCOUNT_ROOT), {**NAMING, "Effect": "Deny", "Action": "kms:Decrypt"}], "allowed", ("kms:Decrypt",)),
        ([statement(ACCOUNT_ROOT, Action=["kms:Put*", "kms:De*"])], "allowed", ("kms:GenerateDataKey",)),
    ],
)
def test_a_key_is_judged_as_it_can_be_used(
    clean_sandbox: Sandbox, statements: list[dict[str, Any]], in_iam: Verdict, lacking: tuple[str, ...]
) -> None:
    user = User(clean_sandbox, "key-user")
    assert user.arn == USER_ARN
    deny = {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}
    user.may("kms:*" if in_iam == "allowed" else "s3:*", "*", *([deny] if in_iam == "denied" else []))
    arn, sealed = make_key(clean_sandbox, *statements)

    check = judged(clean_sandbox, arn, in_iam)
    assert check.status == ("fail" if lacking else "pass"), check
    if lacking:
        assert check.detail.startswith(f"{', '.join(lacking)} on {arn}")

    kms = user.client("kms")
    assert is_refused(lambda: kms.decrypt(KeyId=arn, CiphertextBlob=sealed)) is ("kms:Decrypt" in lacking)
    assert is_refused(lambda: kms.generate_data_key(KeyId=arn, KeySpec="AES_256")) is ("kms:GenerateDataKey" in lacking)


def test_a_grant_is_found(clean_sandbox: Sandbox) -> None:
    """That a grant opens a key is AWS's word (https://docs.aws.amazon.com/kms/latest/developerguide/grants.html)."""
    User(clean_sandbox, "key-user")
    arn, _sealed = make_key(clean_sandbox, LOOKING)
    clean_sandbox.client("kms").create_grant(KeyId=arn, GranteePrincipal=USER_ARN, Operations=["Decrypt"], Name="g")
    check = judged(clean_sandbox, arn, "not_allowed")
    assert check.status == "fail"
    assert check.detail.startswith(f"kms:GenerateDataKey on {arn}")
    clean_sandbox.client("kms").create_grant(KeyId=arn, GranteePrincipal=USER_ARN, Operations=["GenerateDataKey"])
    assert judged(clean_sandbox, arn, "not_allowed").status == "pass"


def test_a_key_that_is_disabled_or_not_there(clean_sandbox: Sandbox) -> None:
    arn, _sealed = make_key(clean_sandbox, statement(ACCOUNT_ROOT))
    clean_sandbox.client("kms").disable_key(KeyId=arn)
    assert "'Disabled'" in judged(clean_sandbox, arn, "allowed").detail
    absent = f"{arn.rpartition('/')[0]}/00000000-0000-0000-0000-000000000000"
    assert judged(clean_sandbox, absent, "allowed").detail.endswith("does not exist")
