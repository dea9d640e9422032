# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, and how often."""

from __future__ import annotations

import typing as t

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from ansible_collections.qualytics.athena.plugins.module_utils._raw_answers import NotAnswered
from ansible_collections.qualytics.athena.plugins.module_utils._retry import (
    THROTTLING,
    UNKNOWN_PRINCIPAL,
    retry,
    retry_what_is_new,
)

URL = "https://iam.amazonaws.com/"
NOT_AWS = NotAnswered(operation="GetPolicy", status=200, content_type="text/html", size=99)


def refused(code: str, status: int = 400, message: str = "told so") -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetPolicy")


class Calls:
    """Something that fails so often, what was waited for between the tries, and how often it was tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int = 1000) -> None:
        self.waits: list[float] = []
        self.tries = 0
        self._error, self._times = error, times
        monkeypatch.setattr("time.sleep", self.waits.append)

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self._times:
            raise self._error
        return "answer"


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        *((refused(code), 8) for code in sorted(THROTTLING)),
        (refused("ConcurrentModification", 409), 8),
        (refused("ConcurrentModificationException"), 8),
        (refused("OperationTimeoutException"), 8),
        (refused("ServiceFailure", 500), 8),
        (refused("502", 502), 8),
        (refused("503", 503), 8),
        (refused("504", 504), 8),
        (refused("429", 429), 8),
        (refused("NotImplemented", 501), 1),
        (refused("AccessDenied", 403), 1),
        (refused("NoSuchEntity", 404), 1),
        (refused("MalformedPolicyDocument"), 1),
        (refused("LimitExceeded", 409), 1),
        (refused("ExpiredToken", 403), 1),
        (ClientError({}, "GetPolicy"), 1),
        (ConnectionClosedError(endpoint_url=URL), 4),
        (EndpointConnectionError(endpoint_url=URL, error="refused"), 4),
        (ReadTimeoutError(endpoint_url=URL), 4),
        (NOT_AWS, 4),
        (SSLError(endpoint_url=URL, error="EOF occurred in violation of protocol"), 4),
        (SSLError(endpoint_url=URL, error="[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), 1),
        (NoCredentialsError(), 1),
        (ParamValidationError(report="no"), 1),
    ],
    ids=str,
)
def test_only_what_may_pass_is_tried_again(monkeypatch: pytest.MonkeyPatch, error: Exception, tries: int) -> None:
    calls = Calls(monkeypatch, error)
    with pytest.raises((ClientError, BotoCoreError)) as raised:
        retry()(calls)()
    assert raised.value is error
    assert calls.tries == tries
    assert len(calls.waits) == tries - 1


@pytest.mark.parametrize("error", [refused("Throttling"), NOT_AWS], ids=str)
@pytest.mark.parametrize("times", [0, 1, 3])
def test_what_passes_is_answered(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    calls = Calls(monkeypatch, error, times)
    assert retry()(calls)() == "answer"
    assert calls.tries == times + 1


@pytest.mark.parametrize(
    ("codes", "error", "tries"),
    [
        (("NoSuchEntity",), refused("NoSuchEntity"), 8),
        (("NoSuchEntity",), refused("MalformedPolicyDocument"), 1),
        ((UNKNOWN_PRINCIPAL,), refused("MalformedPolicyDocument", message="Syntax errors."), 1),
        ((UNKNOWN_PRINCIPAL,), refused("MalformedPolicyDocument", message='Invalid principal in policy: "AWS":"x"'), 8),
        (
            (UNKNOWN_PRINCIPAL,),
            refused("MalformedPolicyDocument", message='Invalid principal in policy: "AWS":"AROAEXAMPLEEXAMPLE123"'),
            1,
        ),
    ],
)
def test_the_codes_that_a_call_adds(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[str, ...], error: ClientError, tries: int
) -> None:
    calls = Calls(monkeypatch, error)
    with pytest.raises(ClientError):
        retry(*codes)(calls)()
    assert calls.tries == tries


def test_what_may_only_be_new_is_tried_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, tries in ((refused("AccessDenied", 403), 5), (refused("Throttling"), 5), (NOT_AWS, 4)):
        calls = Calls(monkeypatch, error)
        with pytest.raises((ClientError, BotoCoreError)):
            retry_what_is_new("AccessDenied")(calls)()
        assert calls.tries == tries


@pytest.mark.parametrize(("decorator", "most"), [(retry(), 46), (retry_what_is_new("Throttling"), 11)])
def test_the_waits_are_bounded_and_jittered(monkeypatch: pytest.MonkeyPatch, decorator: t.Any, most: float) -> None:
    """What is drawn lies between nothing and a limit that doubles; the limits add up to no more than is said."""
    limits: list[float] = []

    def uniform(low: float, high: float) -> float:
        assert low == 0
        limits.append(high)
        return high

    monkeypatch.setattr("random.uniform", uniform)
    calls = Calls(monkeypatch, refused("Throttling"))
    with pytest.raises(ClientError):
        decorator(calls)()
    assert calls.waits == limits
    assert limits == sorted(limits)
    assert sum(limits) <= most


def test_an_error_of_ours_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, KeyError("Policy"))
    with pytest.raises(KeyError):
        retry()(calls)()
    assert calls.tries == 1
