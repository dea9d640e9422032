# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What unit tests share: an AWS that answers as it is told, below the SDK."""

from __future__ import annotations

import gc
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from ansible_collections.qualytics.athena.plugins.module_utils import _progress
from ansible_collections.qualytics.athena.tests.unit.helpers.sdk import new_client


class HttpAnswer(NamedTuple):
    """An answer as it comes over the wire; the body is text (XML) or data that is sent as JSON."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never altered


class _Raw(io.BytesIO):
    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


class FakeAws:
    """Answers each operation with what `answers` holds for it (the last one again and again), and records calls.

    The real SDK makes the requests and reads the answers, so that error codes, headers and redirects are real.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[HttpAnswer]] = {}
        self.requests: dict[str, list[AWSPreparedRequest]] = defaultdict(list)
        # As a session has it.
        self.progress = _progress.Progress()

    @property
    def calls(self) -> dict[str, int]:
        return {operation: len(requests) for operation, requests in self.requests.items()}

    def answer(self, operation: str, *answers: HttpAnswer) -> None:
        self.answers[operation] = list(answers)

    def client(self, service: str, region: str = "us-east-1", **_options: Any) -> Any:
        client = new_client(service, region)
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, event_name: str, **_options: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        answers = self.answers[operation]
        answer = HttpAnswer(*answers[min(len(self.requests[operation]), len(answers) - 1)])
        self.requests[operation].append(request)
        body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(body.encode()))


@pytest.fixture
def fake_aws() -> Iterator[FakeAws]:
    """An AWS without answers, and retries that do not wait."""
    with mock.patch("time.sleep"):
        yield FakeAws()


@pytest.fixture
def without_garbage_collection() -> Iterator[None]:
    """What is collected is the more, the more other tests have left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
