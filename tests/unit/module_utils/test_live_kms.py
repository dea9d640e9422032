# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _live_kms
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for
from ansible_collections.qualytics.athena.plugins.module_utils._kms import KmsError

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
REQUESTS: dict[str, dict[str, Any]] = {
    "kms:Decrypt": {"DryRunModifiers": ["IGNORE_CIPHERTEXT"]},
    "kms:Encrypt": {"Plaintext": "MA=="},
    "kms:GenerateDataKey": {"KeySpec": "AES_256"},
}


def refusal(code: str, message: str = "told so") -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


def client_for(fake_aws: Any, action: str) -> Any:
    client = fake_aws.client("kms")
    if not _live_kms.can_try(client, action):
        pytest.skip("this release of the SDK has no DryRunModifiers")
    return client


@pytest.mark.parametrize("action", REQUESTS)
def test_success_is_an_error_that_says_so(fake_aws: Any, action: str) -> None:
    operation = action.removeprefix("kms:")
    fake_aws.answer(operation, refusal("DryRunOperationException"))
    _live_kms.try_action(client_for(fake_aws, action), action, KEY)
    assert fake_aws.calls == {operation: 1}
    sent = json.loads(fake_aws.requests[operation][0].body)
    assert sent == {"KeyId": KEY, "DryRun": True, **REQUESTS[action]}


@pytest.mark.parametrize("action", REQUESTS)
def test_a_denial_names_the_action(fake_aws: Any, action: str) -> None:
    operation = action.removeprefix("kms:")
    fake_aws.answer(operation, refusal("AccessDeniedException"))
    with pytest.raises(KmsError) as raised:
        _live_kms.try_action(client_for(fake_aws, action), action, KEY)
    assert is_denied(raised.value)
    assert permission_for(raised.value) == action


@pytest.mark.parametrize("code", ["DisabledException", "NotFoundException", "KMSInvalidStateException"])
def test_any_other_refusal_is_an_error(fake_aws: Any, code: str) -> None:
    fake_aws.answer("GenerateDataKey", refusal(code))
    with pytest.raises(KmsError) as raised:
        _live_kms.try_action(fake_aws.client("kms"), "kms:GenerateDataKey", KEY)
    assert code_of(raised.value) == code


@pytest.mark.parametrize(("members", "expected"), [({"DryRun", "DryRunModifiers"}, True), ({"DryRun"}, False)])
def test_an_older_sdk_cannot_ask_for_decrypt(members: set[str], expected: bool) -> None:
    operation = SimpleNamespace(input_shape=SimpleNamespace(members=members))
    model = SimpleNamespace(operation_model=lambda name: operation if name == "Decrypt" else None)
    client = SimpleNamespace(meta=SimpleNamespace(service_model=model))
    assert _live_kms.can_try(client, "kms:Decrypt") is expected
    assert _live_kms.can_try(client, "kms:GenerateDataKey")
    assert not _live_kms.can_try(client, "kms:DescribeKey")
