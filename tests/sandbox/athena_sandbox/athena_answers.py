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

_SERVICE = "ministack.services.athena"


class InvalidRequest(Exception):
    """An InvalidRequestException; `fields` are those of the answer beside the message."""

    def __init__(self, message: str, **fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class NotInGlue(Exception):
    """What a metadata call names is not in the Glue Data Catalog."""


def _guarded(answer: Callable[[], Answer]) -> Answer:
    """An answer, or a refusal as Athena words it."""
    try:
        return answer()
    except InvalidRequest as refused:
        return error_response_json("InvalidRequestException", str(refused), 400, extra=refused.fields or None)
    except AccessDenied as denied:
        return error_response_json("MetadataException", denied.from_glue(), 400)
    except NotInGlue as absent:
        text = glue_error(str(absent), "EntityNotFoundException")
        return error_response_json("MetadataException", text, 400)


def replace(handler: Handler) -> None:
    """Put a handler in the place of ministack's of the same name."""
    wrap(f"{_SERVICE}:{handler.__name__}", lambda _original, data: _guarded(lambda: json_response(handler(data))))


def precede(handler: Handler) -> None:
    """Give ministack's handler of the same name what this one makes of the request, unless it refuses."""
    wrap(f"{_SERVICE}:{handler.__name__}", lambda original, data: _guarded(lambda: original(handler(data))))
