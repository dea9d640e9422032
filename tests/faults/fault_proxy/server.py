# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy's process: python -m fault_proxy.server URL, until its standard input ends; it prints its port.

Calls are passed on as they are, the Host header too, so that their signatures hold. Below /_proxy/ are the proxy's own
paths: rules (GET what is left, POST a rule, DELETE all), calls (GET, DELETE) and memory (DELETE).
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from . import batches
from .memory import Memory
from .messages import Answer, Request
from .refusals import can_be_refused, of_somebody_else, refusal
from .rules import Fault, Rule, Rules

_REFUSALS = (
    Fault.THROTTLED,
    Fault.INTERNAL_ERROR,
    Fault.UNAVAILABLE,
    Fault.CONCURRENT_MODIFICATION,
    Fault.NOT_KNOWN_YET,
)
_NOT_PASSED_BACK = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")


class ConnectionIsReset(Exception):
    """There is nothing to answer any more."""


class Proxy:
    """What happens to a call; has no state beside rules, memory and log."""

    def __init__(self, backend: str) -> None:
        self._host = urlsplit(backend).netloc
        self.rules = Rules()
        self.memory = Memory()
        self._lock = threading.Lock()
        self._calls: list[dict[str, Any]] = []

    def calls(self) -> list[dict[str, Any]]:
        """The calls received, in their order: {service, operation, status, fault}; status 0 is no answer."""
        with self._lock:
            return [dict(call) for call in self._calls]

    def forget_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def answer(self, request: Request) -> Answer:
        """What the client gets; ConnectionIsReset where that is nothing."""
        call: dict[str, Any] = {"service": request.service, "operation": request.operation, "status": 0, "fault": None}
        with self._lock:
            self._calls.append(call)
        rule = self.rules.take(
            request.service, request.operation, request.text, lambda rule: self._can_meet(request, rule)
        )
        if rule is None:
            answer = self._passed_on(request)
        else:
            call["fault"] = rule.fault
            answer = self._with_fault(request, rule)
        call["status"] = answer.status
        return answer

    def _can_meet(self, request: Request, rule: Rule) -> bool:
        if rule.fault is Fault.STALE:
            return self.memory.before(request) is not None
        if rule.fault is Fault.PARTIAL_FAILURE:
            return request.operation in batches.OPERATIONS
        return can_be_refused(rule.fault, request.service)

    def _with_fault(self, request: Request, rule: Rule) -> Answer:
        if rule.fault in _REFUSALS:
            return refusal(rule.fault, request)
        if rule.fault is Fault.RESET_BEFORE:
            raise ConnectionIsReset
        if rule.fault is Fault.FOREIGN:
            return of_somebody_else(200, request)
        if rule.fault is Fault.FOREIGN_NOT_FOUND:
            return of_somebody_else(404, request)
        if rule.fault is Fault.STALE and (before := self.memory.before(request)):
            return before
        if rule.fault is Fault.PARTIAL_FAILURE:
            return self._without_an_entry(request, rule)
        return self._spoilt(self._passed_on(request), rule)

    def _without_an_entry(self, request: Request, rule: Rule) -> Answer:
        rest, entry = batches.without_first_entry(request, f"http://{request.header('host')}", rule.contains)
        nothing = Answer(200, (("Content-Type", "application/json"),), b"{}")
        answer = self._passed_on(rest) if rest else nothing
        return batches.with_failure(answer, entry, rule.code) if answer.status == 200 else answer

    @staticmethod
    def _spoilt(answer: Answer, rule: Rule) -> Answer:
        """What the network makes of the answer to a call that was applied."""
        half = answer.body[: len(answer.body) // 2]
        match rule.fault:
            case Fault.RESET_AFTER:
                raise ConnectionIsReset
            case Fault.SLOW:
                time.sleep(rule.seconds)
                return answer
            case Fault.CUT:
                # A call without a body in its answer is cut off before it.
                if not answer.body:
                    raise ConnectionIsReset
                return dataclasses.replace(answer, body=half, length=len(answer.body))
            case Fault.TRUNCATED:
                return dataclasses.replace(answer, body=half)
            case Fault.WRONG_TYPE:
                others = [(name, value) for name, value in answer.headers if name.lower() != "content-type"]
                return dataclasses.replace(answer, headers=(*others, ("Content-Type", "text/html; charset=utf-8")))
        raise ValueError(rule.fault)

    def _passed_on(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() not in ("connection", "content-length", "expect"):
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            response = connection.getresponse()
            body = response.read()
            headers = tuple(it for it in response.getheaders() if it[0].lower() not in _NOT_PASSED_BACK)
            # The answer to HEAD has the length of what it does not have.
            length = response.getheader("Content-Length") if request.method == "HEAD" else None
            answer = Answer(response.status, headers, body, int(length) if length else None)
        finally:
            connection.close()
        self.memory.note(request, answer)
        return answer

    def control(self, method: str, name: str, body: bytes) -> tuple[int, Any]:
        """The proxy's own paths."""
        match method, name:
            case "GET", "calls":
                return 200, self.calls()
            case "DELETE", "calls":
                self.forget_calls()
            case "DELETE", "memory":
                self.memory.clear()
            case "GET", "rules":
                return 200, self.rules.left()
            case "DELETE", "rules":
                self.rules.clear()
            case "POST", "rules":
                try:
                    self.rules.add(json.loads(body))
                except (TypeError, ValueError) as error:
                    return 400, {"error": str(error)}
            case _:
                return 404, {"error": f"{method} {name} is not a path of the proxy"}
        return 200, {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_proxy/"):
            status, said = self.proxy.control(self.command, self.path.removeprefix("/_proxy/"), body)
            self._send(Answer(status, (("Content-Type", "application/json"),), json.dumps(said).encode()))
            return
        request = Request(self.command, self.path, tuple(self.headers.items()), body)
        try:
            self._send(self.proxy.answer(request))
        except ConnectionIsReset:
            # Closed without lingering, TCP says reset and not end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

    def _send(self, answer: Answer) -> None:
        length = len(answer.body) if answer.length is None else answer.length
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, '')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        lines += [f"Content-Length: {length}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + answer.body)
        self.close_connection = length != len(answer.body) and self.command != "HEAD"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the calls are kept."""

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed in the middle of calls, and time out: that is what this is for."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until standard input ends."""
    handler = type("Handler", (_Handler,), {"proxy": Proxy(sys.argv[1])})
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
