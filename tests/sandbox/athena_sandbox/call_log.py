# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: ministack's, with a record of every call and the sandbox's own /_sandbox/ paths."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from ministack import app as ministack
from ministack.core.iam_actions import extract_iam_action
from ministack.core.router import detect_service, extract_access_key_id

from . import snapshots, switches
from .authorization import asked_for
from .s3_operations import s3_operation

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def _describe(scope: dict[str, Any], headers: dict[str, str], body: bytes) -> dict[str, Any]:
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    method, path = scope["method"], scope["path"]
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    parameters = {**parse_qs(body.decode(errors="replace"), keep_blank_values=True), **query} if form else query
    service = detect_service(method, path, headers, parameters)
    if service == "s3":
        operation = s3_operation(method, path, query, headers)
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
        if (method, path) in (("PUT", "/_sandbox/snapshot"), ("POST", "/_sandbox/snapshot")):
            name = json.loads(await _body(receive))["name"]
            async with ministack._get_reset_lock():
                if method == "PUT":
                    await asyncio.to_thread(snapshots.keep, name)
                    return 200, {}
                try:
                    await asyncio.to_thread(snapshots.restore, name)
                except KeyError:
                    return 400, {"error": f"there is no snapshot {name!r}"}
            switches.reset()
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
