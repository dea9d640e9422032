# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _sts
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for

ROLE = "arn:aws:iam::123456789012:role/connections/target"
SESSION = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "a-secret", "SessionToken": "a-token"}

Call = Callable[[Any], Any]
CALLS: dict[str, Call] = {
    "GetCallerIdentity": _sts.get_new_caller_identity,
    "AssumeRole": lambda client: _sts.assume_role(client, ROLE, "a-session", 900, "an-external-id"),
}
# An access key, and for AssumeRole also a trust policy or a policy, that was made a moment ago.
NEW = {"GetCallerIdentity": ["InvalidClientTokenId"], "AssumeRole": ["AccessDenied", "InvalidClientTokenId"]}


def refusal(code: str) -> tuple[int, str, dict[str, str]]:
    error = f"<Error><Code>{code}</Code><Message>told so</Message></Error>"
    return (403, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>", {})


def answer(operation: str) -> tuple[int, str, dict[str, str]]:
    if operation == "AssumeRole":
        members = "".join(f"<{name}>{value}</{name}>" for name, value in SESSION.items())
        result = f"<Credentials>{members}</Credentials>"
    else:
        result = "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>AIDA</UserId>"
    return (200, f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>", {})


@pytest.mark.parametrize(
    ("operation", "code"), [(operation, code) for operation, codes in NEW.items() for code in codes]
)
def test_what_is_new_is_tried_again(fake_aws: Any, operation: str, code: str) -> None:
    fake_aws.answer(operation, *[refusal(code)] * 4, answer(operation))
    assert CALLS[operation](fake_aws.client("sts"))
    assert fake_aws.calls == {operation: 5}


@pytest.mark.parametrize("operation", CALLS)
def test_the_tries_end_within_some_ten_seconds(fake_aws: Any, operation: str) -> None:
    fake_aws.answer(operation, refusal(NEW[operation][0]))
    with mock.patch("time.sleep") as sleep, pytest.raises(_sts.StsError) as raised:
        CALLS[operation](fake_aws.client("sts"))
    assert fake_aws.calls == {operation: 5}
    assert sum(call.args[0] for call in sleep.call_args_list) <= 11
    assert code_of(raised.value) == NEW[operation][0]


@pytest.mark.parametrize("code", ["ExpiredToken", "SignatureDoesNotMatch", "RegionDisabledException"])
@pytest.mark.parametrize("operation", CALLS)
def test_other_errors_are_final(fake_aws: Any, operation: str, code: str) -> None:
    fake_aws.answer(operation, refusal(code))
    with pytest.raises(_sts.StsError):
        CALLS[operation](fake_aws.client("sts"))
    assert fake_aws.calls == {operation: 1}


def test_the_usual_look_at_the_caller_does_not_wait(fake_aws: Any) -> None:
    fake_aws.answer("GetCallerIdentity", refusal("InvalidClientTokenId"))
    with pytest.raises(_sts.StsError):
        _sts.get_caller_identity(fake_aws.client("sts"))
    assert fake_aws.calls == {"GetCallerIdentity": 1}


@pytest.mark.parametrize("external_id", ["an-external-id", None])
def test_a_session_is_asked_for(fake_aws: Any, external_id: str | None) -> None:
    fake_aws.answer("AssumeRole", answer("AssumeRole"))
    assert _sts.assume_role(fake_aws.client("sts"), ROLE, "a-session", 900, external_id) == SESSION
    sent = parse_qs(fake_aws.requests["AssumeRole"][0].body)
    assert (sent["RoleArn"], sent["RoleSessionName"], sent["DurationSeconds"]) == ([ROLE], ["a-session"], ["900"])
    assert sent.get("ExternalId") == ([external_id] if external_id else None)


def test_denied_names_the_iam_action(fake_aws: Any) -> None:
    fake_aws.answer("AssumeRole", refusal("AccessDenied"))
    with pytest.raises(_sts.StsError, match="assume the role") as raised:
        CALLS["AssumeRole"](fake_aws.client("sts"))
    assert is_denied(raised.value)
    assert permission_for(raised.value) == "sts:AssumeRole"
