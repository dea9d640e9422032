# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sandbox as it would be in another partition: it is in C(aws), and all ARNs that come and go are translated."""

from __future__ import annotations

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from athena_sandbox import Sandbox

_AWS = "arn:aws:"
# As it is, and as it stands in a form and in a policy document that IAM shows.
_WRITTEN = (str, urllib.parse.quote_plus)
_HOP_BY_HOP = ("connection", "content-length", "keep-alive", "transfer-encoding")


class Partition(ThreadingHTTPServer):
    """The endpoint of all services in a partition."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Translator)
        self.sandbox = urllib.parse.urlsplit(sandbox.url).netloc
        self.arn = f"arn:{name}:"
        # Requests that name an ARN of C(aws), which nobody in this partition can mean.
        self.strange: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Partition:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def to_sandbox(self, text: bytes) -> bytes:
        if any(written(_AWS).encode() in text for written in _WRITTEN):
            self.strange.append(text.decode(errors="replace"))
        return self._replaced(text, self.arn, _AWS)

    def from_sandbox(self, text: bytes) -> bytes:
        return self._replaced(text, _AWS, self.arn)

    @staticmethod
    def _replaced(text: bytes, old: str, new: str) -> bytes:
        for written in _WRITTEN:
            text = text.replace(written(old).encode(), written(new).encode())
        return text


class _Translator(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Partition

    def _pass_on(self) -> None:
        body = self.server.to_sandbox(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        path = self.server.to_sandbox(self.path.encode()).decode()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        sandbox = http.client.HTTPConnection(self.server.sandbox, timeout=60)
        try:
            sandbox.request(self.command, path, body, headers)
            answer = sandbox.getresponse()
            self._answer(answer, self.server.from_sandbox(answer.read()))
        finally:
            sandbox.close()

    def _answer(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written to the terminal."""
