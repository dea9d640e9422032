# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: ministack's, with a record of every call and the sandbox's own /_sandbox/ paths."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from ministack import app as ministack
from ministack.core.iam_actions import extract_iam_action
from ministack.core.router import detect_service, extract_access_key_id

from . import switches
from .authorization import asked_for

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


@cache
def _s3_operations() -> list[tuple[str, str, str, set[str], set[str]]]:
    """S3's operations as (name, method, path, query parameters, headers) from the SDK's own model."""
    model = botocore.session.get_session().get_service_model("s3")
    operations = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        path, _mark, query = operation.http["requestUri"].partition("?")
        shape = operation.input_shape
        required = [shape.members[member].serialization for member in shape.required_members] if shape else []
        query_names = {part.partition("=")[0] for part in query.split("&") if part}
        query_names |= {where["name"] for where in required if where.get("location") == "querystring"}
        headers = {where["name"].lower() for where in required if where.get("location") == "header"}
        operations.append((name, operation.http["method"], path, query_names, headers))
    return operations


def _s3_operation(method: str, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> str:
    """The S3 operation of a path-style request: of those that fit, the one that asks for most."""
    bucket, _slash, key = path.strip("/").partition("/") if path != "/" else ("", "", "")
    template = "/{Bucket}/{Key+}" if key else "/{Bucket}" if bucket else "/"
    fitting = [
        (len(needed) + len(needed_headers), name)
        for name, verb, uri, needed, needed_headers in _s3_operations()
        if verb == method and uri == template and needed <= set(query) and needed_headers <= set(headers)
    ]
    return max(fitting, key=lambda candidate: candidate[0], default=(0, "Unknown"))[1]


def _describe(scope: dict[str, Any], headers: dict[str, str], body: bytes) -> dict[str, Any]:
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    method, path = scope["method"], scope["path"]
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    parameters = {**parse_qs(body.decode(errors="replace"), keep_blank_values=True), **query} if form else query
    service = detect_service(method, path, headers, parameters)
    if service == "s3":
        operation = _s3_operation(method, path, query, headers)
    else:
        action = extract_iam_action(service, method, path, headers, body, parameters) or ""
        operation = action.partition(":")[2] or "Unknown"
    return {"service": service, "operation": operation, "access_key_id": extract_access_key_id(headers, query)}


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def recording(resets: list[Callable[[], None]], on_ready: Callable[[], None]) -> Application:
    """ministack's application, recording; `resets` follow ministack's own reset, `on_ready` its start-up."""
    calls: list[dict[str, Any]] = []

    async def control(method: str, path: str, receive: Receive) -> tuple[int, Any]:
        if (method, path) == ("GET", "/_sandbox/calls"):
            return 200, [call for call in calls if call["status"] is not None]
        if (method, path) == ("DELETE", "/_sandbox/calls"):
            calls.clear()
            return 200, {}
        if (method, path) == ("POST", "/_sandbox/reset"):
            async with ministack._get_reset_lock():
                await asyncio.to_thread(ministack._reset_all_state)
                for reset in [*resets, switches.reset]:
                    reset()
                calls.clear()
            return 200, {}
        if (method, path) == ("GET", "/_sandbox/switches"):
            return 200, switches.left()
        if (method, path) == ("POST", "/_sandbox/switches"):
            try:
                switches.turn_on(json.loads(await _body(receive)))
            except (ValueError, TypeError) as error:
                return 400, {"error": str(error)}
            return 200, {}
        return 404, {"error": f"{method} {path} is not a path of the sandbox"}

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":

            async def send_lifespan(message: dict[str, Any]) -> None:
                await send(message)
                if message["type"] == "lifespan.startup.complete":
                    on_ready()

            await ministack.app(scope, receive, send_lifespan)
            return
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_sandbox/"):
            status, answer = await control(scope["method"], scope["path"], receive)
            json_type = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": json_type})
            await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
            return

        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        is_form = "x-www-form-urlencoded" in headers.get("content-type", "")
        call: dict[str, Any] = {"status": None, "authorised_for": []}
        calls.append(call)
        asked_for.set(call["authorised_for"])
        body = bytearray()

        async def receive_recorded() -> Any:
            message = await receive()
            if is_form:
                body.extend(message.get("body", b""))
            return message

        async def send_recorded(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                call.update(_describe(scope, headers, bytes(body)), status=message["status"])
            await send(message)

        await ministack.app(scope, receive_recorded, send_recorded)

    return application
