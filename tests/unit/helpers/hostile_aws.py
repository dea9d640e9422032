# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS one of whose answers is not what it should be."""

from __future__ import annotations

import json
import random
import typing as t
import urllib.parse
from collections.abc import Callable

from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_text import hostile_data, hostile_text
from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import Answer, Aws, refusal

# Where text is a document in itself: by the name of the member, whether IAM quotes it.
_DOCUMENTS = {"Document": True, "PolicyDocument": True, "AssumeRolePolicyDocument": True, "Policy": False}
# What the SDK reads from XML always has the type that its model says.
_XML = ("iam", "s3", "sts")
_CODES = (
    *("AccessDenied", "AccessDeniedException", "403", "404", "NoSuchEntity", "EntityNotFoundException", "NoSuchBucket"),
    *("InternalFailure", "<script>alert(1)</script>", "", "\u202e", "Throttling", "InvalidInputException"),
    *("ExpiredToken", "InvalidRequestException", "MethodNotAllowed", "GlueEncryptionException", "301"),
)


class SpoilingAws:
    """Answers as another AWS does, but for the call of that number, counted from 0."""

    def __init__(self, aws: Aws, number: int, spoil: Callable[[str, Answer], Answer]) -> None:
        self._aws, self._number, self._spoil = aws, number, spoil
        self._calls = -1
        # The service and operation whose answer was spoilt, and the answer.
        self.spoilt: tuple[str, Answer] | None = None

    def __call__(self, service: str, operation: str, given: dict[str, t.Any]) -> Answer:
        self._calls += 1
        answer = self._aws(service, operation, given)
        if self._calls != self._number:
            return answer
        answer = self._spoil(service, answer)
        self.spoilt = (f"{service}:{operation}", answer)
        return answer


def spoilt_answer(source: random.Random) -> Callable[[str, Answer], Answer]:
    """Replaces an answer with an error of any kind, or with one in which a single thing is otherwise."""

    def spoil(service: str, answer: Answer) -> Answer:
        if source.random() < 0.15:
            code = source.choice(_CODES)
            message = hostile_text(source, "You are not authorized to perform: s3:Get")
            return refusal(code, message, int(code) if code.isdecimal() else 400)
        if "Error" in answer.body:
            return Answer({}, 200)
        return Answer(_spoilt_body(source, answer.body, service not in _XML))

    return spoil


def _spoilt_body(source: random.Random, body: dict[str, t.Any], untyped: bool) -> dict[str, t.Any]:
    """An answer as a whole is never anything but an object; what the SDK adds to it is as it should be."""
    spoilt = _spoilt(source, body, untyped)
    metadata = spoilt.get("ResponseMetadata") if isinstance(spoilt, dict) else None
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, dict) else None
    kept = {str(key): str(value) for key, value in headers.items()} if isinstance(headers, dict) else {}
    whole = spoilt if isinstance(spoilt, dict) else {}
    return {**whole, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": kept}}


def _spoilt(source: random.Random, value: t.Any, untyped: bool) -> t.Any:
    if isinstance(value, dict) and value and source.random() < 0.9:
        name = source.choice(sorted(value))
        way = source.random()
        if way < 0.15:
            return {key: it for key, it in value.items() if key != name}
        if way < 0.2:
            return {**value, "Unknown": hostile_data(source)}
        if name in _DOCUMENTS and isinstance(value[name], str):
            return {**value, name: _spoilt_document(source, value[name], _DOCUMENTS[name])}
        return {**value, name: _spoilt(source, value[name], untyped)}
    if isinstance(value, list):
        return _spoilt_list(source, value, untyped)
    if isinstance(value, str) and (not untyped or source.random() < 0.8):
        return hostile_text(source, value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return source.choice((0, -1, 2**62))
    return hostile_data(source) if untyped else value


def _spoilt_list(source: random.Random, value: list[t.Any], untyped: bool) -> list[t.Any]:
    where = source.randrange(len(value) + 1)
    way = source.random()
    if way < 0.1 or not value:
        return []
    if way < 0.2:
        return value * 200
    if way < 0.25 and untyped:
        return [*value[:where], None, *value[where:]]
    where %= len(value)
    return [*value[:where], _spoilt(source, value[where], untyped), *value[where + 1 :]]


def _spoilt_document(source: random.Random, text: str, quoted: bool) -> str:
    """A policy: anything at all, as AWS checks them more or less, and did so less in former times."""
    document = json.loads(urllib.parse.unquote(text))
    way = source.random()
    if way < 0.05:
        return hostile_text(source, text)
    if way < 0.08:
        return "[" * 100_000
    if way < 0.15:
        document = hostile_data(source)
    elif way < 0.2:
        document = {**document, "Statement": document["Statement"] * 300}
    else:
        for _number in range(source.randrange(1, 4)):
            document = _spoilt(source, document, True)
    written = json.dumps(document)
    return urllib.parse.quote(written) if quoted else written
