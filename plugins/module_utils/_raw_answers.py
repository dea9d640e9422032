# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an answer is AWS's, and whole: what a proxy or a login page says is neither an absence nor an empty list.

The SDK reads what it can of any answer: of half a JSON document, and of a page of HTML, that is nothing.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import typing as t
import xml.etree.ElementTree as ET
from collections.abc import Mapping

try:
    from botocore.exceptions import BotoCoreError
except ImportError:
    # The module says so, before any call is made.
    BotoCoreError = Exception

_JSON: t.Final = ("json", "rest-json")
_XML: t.Final = ("query", "rest-xml")

# What an error of AWS has, in its body or among its headers
# (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
_ERROR_MEMBERS: t.Final = frozenset({"__type", "code", "message", "Message"})
_ERROR_HEADER: t.Final = "x-amzn-errortype"

# All that S3 answers has it (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html).
_S3_REQUEST_ID: t.Final = "x-amz-request-id"


class NotAnswered(BotoCoreError):
    """What came is not AWS's answer, or not the whole of it. Its text is not shown: half of it may be a secret."""

    fmt = (
        "What came as the answer to {operation} (HTTP {status}, {content_type}, {size} bytes) is not from AWS, or is "
        "not all of it"
    )


def require_answer(operation_model: t.Any, response_dict: Mapping[str, t.Any], **_more: t.Any) -> None:
    """Raise NotAnswered unless AWS would answer so; for the SDK's event before-parse."""
    status, headers, body = (response_dict[key] for key in ("status_code", "headers", "body"))
    # A stream, which is an object of S3, is read later.
    is_whole = isinstance(body, bytes)
    is_answer = _is_answer(operation_model, status, headers, body) if is_whole else _S3_REQUEST_ID in headers
    if not is_answer:
        raise NotAnswered(
            operation=operation_model.name,
            status=status,
            content_type=headers.get("content-type", "without a type"),
            size=len(body) if is_whole else headers.get("content-length", "some"),
        )


def _is_answer(operation_model: t.Any, status: int, headers: Mapping[str, str], body: bytes) -> bool:
    if _is_of_a_front_end(status, body):
        return True
    if operation_model.http.get("method") == "HEAD":
        return _S3_REQUEST_ID in headers
    service = operation_model.service_model
    # What the SDK speaks where a service knows several; an older SDK knows one of each service.
    protocol = getattr(service, "resolved_protocol", service.protocol)
    if protocol in _JSON:
        return _is_json_answer(operation_model.output_shape, status, headers, body)
    if protocol in _XML:
        return _is_xml_answer(operation_model, protocol, status, body)
    return True


def _is_of_a_front_end(status: int, body: bytes) -> bool:
    """Whether AWS's own load balancers may have said it; the SDK takes it for an error without a code too.

    What is tried again for its HTTP status needs no other reason (botocore.parsers, _is_generic_error_response).
    """
    return status >= 500 and (not body or body.strip().startswith(b"<html>"))


def _is_json_answer(shape: t.Any, status: int, headers: Mapping[str, str], body: bytes) -> bool:
    is_error = status >= 300
    members = {found.serialization.get("name", name) for name, found in shape.members.items()} if shape else set()
    if not body:
        return _ERROR_HEADER in headers if is_error else not members
    said = _json(body)
    if not isinstance(said, dict):
        return False
    if is_error:
        return _ERROR_HEADER in headers or not _ERROR_MEMBERS.isdisjoint(said)
    return not said or not members or not members.isdisjoint(said)


def _is_xml_answer(operation_model: t.Any, protocol: str, status: int, body: bytes) -> bool:
    is_error = status >= 300
    shape = operation_model.output_shape
    payload = shape.serialization.get("payload") if shape else None
    if payload and not is_error and shape.members[payload].type_name == "string":
        # The one of these that is asked for is the bucket policy, which is JSON.
        return isinstance(_json(body), dict)
    if not body:
        return protocol == "rest-xml" and not is_error
    root = _xml_root(body)
    if is_error:
        return root in ("Error", "ErrorResponse", "Response")
    return root == f"{operation_model.name}Response" if protocol == "query" else root.lower() not in ("", "html")


def _json(body: bytes) -> t.Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _xml_root(body: bytes) -> str:
    """The name of the outermost element, empty where the document is not whole."""
    try:
        return ET.fromstring(body).tag.rpartition("}")[2]
    except ET.ParseError:
        return ""
