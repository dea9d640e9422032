# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and an answer, as far as a proxy minds them."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import parse_qs, unquote_plus, urlsplit

from athena_sandbox.s3_operations import s3_operation

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request")

_READ_ONLY = ("Describe", "Get", "List", "Head", "Simulate")


@dataclasses.dataclass(frozen=True)
class Request:
    """A request; headers are (name, value) as they came, target is the path with its query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def text(self) -> str:
        """The body as people would write it."""
        return unquote_plus(self.body.decode(errors="replace"))

    @property
    def service(self) -> str:
        """The service that it is signed for, empty where it is not signed."""
        signed = _SCOPE.search(self.header("authorization"))
        return signed["service"] if signed else ""

    @property
    def operation(self) -> str:
        """The operation, as each protocol says it."""
        parts = urlsplit(self.target)
        if target := self.header("x-amz-target"):
            return target.rpartition(".")[2]
        if self.service == "s3":
            names = {name.lower() for name, _value in self.headers}
            return s3_operation(self.method, parts.path, parse_qs(parts.query, keep_blank_values=True), names)
        if "x-www-form-urlencoded" in self.header("content-type"):
            return parse_qs(self.body.decode(errors="replace")).get("Action", ["Unknown"])[0]
        return parts.path.strip("/") or "Unknown"

    @property
    def is_write(self) -> bool:
        # A role that is assumed, and a query that is started, leave as it is all that other calls tell of.
        return not self.operation.startswith((*_READ_ONLY, "Assume", "StartQuery", "StopQuery"))

    @property
    def asks_for(self) -> tuple[str, ...]:
        """The same for two requests that ask for the same thing, whoever asks and whenever."""
        return self.service, self.method, self.target, self.body.decode(errors="replace")


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer; length: what its Content-Length says, where that is not the truth."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    length: int | None = None
