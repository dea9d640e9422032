# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Athena's handlers answer and refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response

from .pin import wrap
from .query_rights import AccessDenied, glue_error

Answer = tuple[int, dict[str, str], bytes]
Request = dict[str, Any]
Handler = Callable[[Request], dict[str, Any]]

SERVICE = "ministack.services.athena"


class InvalidRequest(Exception):
    """An InvalidRequestException; `fields` are those of the answer beside the message."""

    def __init__(self, message: str, **fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class NotInGlue(Exception):
    """What a metadata call names is not in the Glue Data Catalog."""


def answer(handler: Handler, data: Request) -> Answer:
    """The answer of a handler, or its refusal as Athena words it."""
    try:
        return json_response(handler(data))
    except InvalidRequest as refused:
        return error_response_json("InvalidRequestException", str(refused), 400, extra=refused.fields or None)
    except AccessDenied as denied:
        return error_response_json("MetadataException", denied.from_glue(), 400)
    except NotInGlue as absent:
        text = glue_error(str(absent), "EntityNotFoundException")
        return error_response_json("MetadataException", text, 400)


def replace(handler: Handler) -> None:
    """Put a handler in the place of ministack's of the same name."""
    wrap(f"{SERVICE}:{handler.__name__}", lambda _original, data: answer(handler, data))


def check_first(name: str, check: Handler) -> None:
    """Let ministack's handler `name` answer only what `check` makes of the request, unless it refuses."""

    def checked(original: Callable[[Request], Answer], data: Request) -> Answer:
        made: list[Request] = []

        def record(request: Request) -> Request:
            made.append(check(request))
            return {}

        refusal = answer(record, data)
        return original(made[0]) if made else refusal

    wrap(f"{SERVICE}:{name}", checked)
