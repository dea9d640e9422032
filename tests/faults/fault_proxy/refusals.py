# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the shape of each service, and what somebody else than AWS answers."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from .messages import Answer, Request
from .rules import Fault

_ID = "3f1c7a52-0000-4000-8000-000000000000"
_NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
_MESSAGES = {
    Fault.THROTTLED: "Rate exceeded",
    Fault.INTERNAL_ERROR: "The request processing has failed because of an unknown error.",
    Fault.UNAVAILABLE: "The request has failed due to a temporary failure of the server.",
    Fault.CONCURRENT_MODIFICATION: "The request was rejected because another change to it is under way.",
    Fault.NOT_KNOWN_YET: "The entity cannot be found.",
}
# The codes that each service documents, with their HTTP status: IAM's and STS's common errors
# (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html), S3's
# (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), and those of each API's operations.
_QUERY = {
    Fault.THROTTLED: (400, "Throttling"),
    Fault.INTERNAL_ERROR: (500, "ServiceFailure"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
    Fault.CONCURRENT_MODIFICATION: (409, "ConcurrentModification"),
    Fault.NOT_KNOWN_YET: (404, "NoSuchEntity"),
}
_CODES: dict[str, dict[Fault, tuple[int, str]]] = {
    "iam": _QUERY,
    "sts": _QUERY,
    "s3": {
        Fault.THROTTLED: (503, "SlowDown"),
        Fault.INTERNAL_ERROR: (500, "InternalError"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
        Fault.CONCURRENT_MODIFICATION: (409, "OperationAborted"),
    },
    "glue": {
        Fault.THROTTLED: (400, "ThrottlingException"),
        Fault.INTERNAL_ERROR: (500, "InternalServiceException"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailableException"),
        Fault.CONCURRENT_MODIFICATION: (400, "ConcurrentModificationException"),
        Fault.NOT_KNOWN_YET: (400, "EntityNotFoundException"),
    },
    "athena": {
        Fault.THROTTLED: (400, "TooManyRequestsException"),
        Fault.INTERNAL_ERROR: (500, "InternalServerException"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailableException"),
    },
    "kms": {
        Fault.THROTTLED: (400, "ThrottlingException"),
        Fault.INTERNAL_ERROR: (500, "KMSInternalException"),
        Fault.UNAVAILABLE: (503, "DependencyTimeoutException"),
    },
    "lakeformation": {
        Fault.THROTTLED: (400, "ThrottledException"),
        Fault.INTERNAL_ERROR: (500, "InternalServiceException"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailableException"),
        Fault.CONCURRENT_MODIFICATION: (400, "ConcurrentModificationException"),
        Fault.NOT_KNOWN_YET: (400, "EntityNotFoundException"),
    },
}

PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in to this network.<br></body></html>\n"


def refusal(fault: Fault, request: Request) -> Answer:
    """KeyError where the service knows no such error."""
    service = request.service
    status, code = _CODES[service][fault]
    return error(service, status, code, _MESSAGES[fault], with_body=request.method != "HEAD")


def can_be_refused(fault: Fault, service: str) -> bool:
    return fault not in _MESSAGES or fault in _CODES.get(service, {})


def error(service: str, status: int, code: str, message: str, with_body: bool = True) -> Answer:
    if service == "s3":
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{_ID}</RequestId></Error>"
        )
        headers = (("x-amz-request-id", _ID), ("Content-Type", "application/xml"))
        return Answer(status, headers, document.encode() if with_body else b"")
    if service in _NAMESPACES:
        sender = "Sender" if status < 500 else "Receiver"
        document = (
            f'<ErrorResponse xmlns="{_NAMESPACES[service]}"><Error><Type>{sender}</Type><Code>{code}</Code>'
            f"<Message>{escape(message)}</Message></Error><RequestId>{_ID}</RequestId></ErrorResponse>"
        )
        return Answer(status, (("x-amzn-RequestId", _ID), ("Content-Type", "text/xml")), document.encode())
    said = {"Message": message} if service == "lakeformation" else {"__type": code, "message": message}
    named = (("x-amzn-ErrorType", code), ("Content-Type", "application/x-amz-json-1.1"))
    return Answer(status, (("x-amzn-RequestId", _ID), *named), json.dumps(said).encode())


def of_somebody_else(status: int, request: Request) -> Answer:
    """What a proxy or the login page of a network answers."""
    return Answer(status, (("Content-Type", "text/html"),), PAGE if request.method != "HEAD" else b"")
