# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch `fail`: the next n calls of an operation are refused with a given error, as eventual consistency does it.

Installed last, around the handlers of all services: a call that is not authorised is denied, not failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from ministack import app
from ministack.core.iam_actions import extract_iam_action
from ministack.core.responses import error_response_json
from ministack.services import iam

from . import switches

_QUERY_SERVICES = ("iam", "sts")


def _check(settings: Mapping[str, Any]) -> None:
    services = sorted(set(app.SERVICE_HANDLERS) - {"s3"})
    if settings["service"] not in services:
        raise ValueError(f"fail: service is {settings['service']!r}, expected one of {services}")


def _error(service: str, settings: Mapping[str, Any]) -> Any:
    code, message = settings["code"], settings.get("message", "")
    if service in _QUERY_SERVICES:
        return iam._error(settings.get("status", 400), code, escape(message), ns=service)
    return error_response_json(code, message, settings.get("status", 400))


async def _unless_failing(
    service: str,
    original: Any,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, list[str]],
) -> Any:
    parameters = app._routing_params(method, path, headers, body, query_params)
    action = extract_iam_action(service, method, path, headers, body, parameters) or ""
    text = unquote_plus(body.decode(errors="replace"))
    settings = switches.take(
        "fail",
        accept=lambda settings: settings.get("contains", "") in text,
        service=service,
        operation=action.partition(":")[2],
    )
    if settings:
        return _error(service, settings)
    return await original(method, path, headers, body, query_params)


def install() -> None:
    """Offer the switch, for every service but S3."""
    switches.offer("fail", {"service", "operation", "code"}, {"message", "status", "contains"}, _check)
    for service, original in app.SERVICE_HANDLERS.items():
        if service != "s3":
            app.SERVICE_HANDLERS[service] = partial(_unless_failing, service, original)
