# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _kms
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for

ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/results"
METADATA = {"KeyId": "1234abcd", "Arn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd", "KeyState": "Enabled"}


def refusal(code: str, message: str = "told so") -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


def test_a_key_is_read(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", (200, {"KeyMetadata": METADATA}, {}))
    assert _kms.describe_key(fake_aws.client("kms"), ALIAS) == METADATA
    assert fake_aws.calls == {"DescribeKey": 1}
    assert json.loads(fake_aws.requests["DescribeKey"][0].body) == {"KeyId": ALIAS}


@pytest.mark.parametrize("code", ["NotFoundException", "InvalidArnException"])
def test_a_key_that_does_not_exist_is_none(fake_aws: Any, code: str) -> None:
    fake_aws.answer("DescribeKey", refusal(code))
    assert _kms.describe_key(fake_aws.client("kms"), ALIAS) is None
    assert fake_aws.calls == {"DescribeKey": 1}


@pytest.mark.parametrize("message", ["no", "User: x is not authorized to perform: kms:DescribeKey on resource: y"])
def test_denied_names_the_iam_action(fake_aws: Any, message: str) -> None:
    fake_aws.answer("DescribeKey", refusal("AccessDeniedException", message))
    with pytest.raises(_kms.KmsError, match="look at the KMS key") as raised:
        _kms.describe_key(fake_aws.client("kms"), ALIAS)
    assert is_denied(raised.value)
    assert permission_for(raised.value) == "kms:DescribeKey"
    assert fake_aws.calls == {"DescribeKey": 1}


@pytest.mark.parametrize("code", ["ThrottlingException", "DependencyTimeoutException", "KMSInternalException"])
def test_what_may_pass_is_tried_again(fake_aws: Any, code: str) -> None:
    fake_aws.answer("DescribeKey", refusal(code), (200, {"KeyMetadata": METADATA}, {}))
    assert _kms.describe_key(fake_aws.client("kms"), ALIAS) == METADATA
    assert fake_aws.calls == {"DescribeKey": 2}


def test_any_other_refusal_is_an_error(fake_aws: Any) -> None:
    fake_aws.answer("DescribeKey", refusal("ValidationException"))
    with pytest.raises(_kms.KmsError) as raised:
        _kms.describe_key(fake_aws.client("kms"), ALIAS)
    assert code_of(raised.value) == "ValidationException"
    assert not is_denied(raised.value)


@pytest.mark.parametrize(
    ("operation", "call", "absent"),
    [
        ("GetKeyPolicy", lambda client: _kms.get_key_policy(client, METADATA["Arn"]), None),
        (
            "ListGrants",
            lambda client: _kms.list_grants(client, METADATA["Arn"], "arn:aws:iam::123456789012:role/x"),
            [],
        ),
    ],
)
def test_policy_and_grants(fake_aws: Any, operation: str, call: Any, absent: Any) -> None:
    fake_aws.answer(operation, refusal("NotFoundException"))
    assert call(fake_aws.client("kms")) == absent

    fake_aws.answer(operation, refusal("AccessDeniedException"))
    with pytest.raises(_kms.KmsError) as raised:
        call(fake_aws.client("kms"))
    assert is_denied(raised.value)
    assert permission_for(raised.value) == f"kms:{operation}"

    policy, grant = {"Version": "2012-10-17", "Statement": []}, {"GrantId": "0c237476b39f8bc4"}
    answer = {"Policy": json.dumps(policy)} if operation == "GetKeyPolicy" else {"Grants": [grant], "Truncated": False}
    made = fake_aws.calls[operation]
    # Of as many answers as there were calls, a fake shows those that follow.
    fake_aws.answer(operation, *[refusal("KMSInternalException")] * (made + 1), (200, answer, {}))
    assert call(fake_aws.client("kms")) == (policy if operation == "GetKeyPolicy" else [grant])
    assert fake_aws.calls[operation] == made + 2
