# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lake Formation over HTTP, beside ministack's services: each operation is a POST of JSON to its name."""

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response

from . import lake_formation_account, lake_formation_glue
from .lake_formation import LakeFormationError

_NAME = "lakeformation"
_CONTENT_TYPE = "application/json"


async def _handle(_method: str, path: str, _headers: dict[str, str], body: bytes, _query: Any) -> Any:
    operation = path.strip("/")
    try:
        parameters = json.loads(body or b"{}")
    except ValueError:
        return _error("InvalidInputException", "The request is not JSON.", 400)
    try:
        answer = lake_formation_account.lake().call(operation, parameters, lake_formation_account.caller())
    except LakeFormationError as error:
        return _error(error.code, error.message, error.status)
    return json_response(answer, content_type=_CONTENT_TYPE)


def _error(code: str, message: str, status: int) -> Any:
    return error_response_json(code, message, status, message_key="Message", content_type=_CONTENT_TYPE)


def install() -> None:
    """Serve and authorise it, and let the Data Catalog obey it."""
    app.SERVICE_HANDLERS[_NAME] = _handle
    router.SERVICE_PATTERNS[_NAME] = {"host_patterns": [r"lakeformation\."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_NAME] = _NAME
    iam_actions._BOTOCORE_SERVICE_MAP[_NAME] = [_NAME]
    iam_actions._DENIED_CODES[_NAME] = "AccessDeniedException"
    lake_formation_account.offer_switches()
    lake_formation_glue.install()


def reset() -> None:
    """An account in which nobody has touched Lake Formation."""
    lake_formation_account.reset()
