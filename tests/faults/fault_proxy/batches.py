# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of which an entry is not done: it is taken out of the request, and named in the answer."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from athena_sandbox.launcher import REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY

from .messages import Answer, Request

OPERATIONS = ("BatchGrantPermissions", "BatchRevokePermissions")

_SIGNED_ANEW = ("authorization", "content-length", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")

Entry = dict[str, Any]


def without_first_entry(request: Request, url: str, contains: str) -> tuple[Request | None, Entry]:
    """The request without the first entry that contains a text, None where no entry is left; and that entry.

    What is changed must be signed anew: as the account root, as its key is the one that is known here.
    """
    body = json.loads(request.body)
    entries: list[Entry] = body["Entries"]
    taken = next((it for it in entries if contains in json.dumps(it)), entries[0])
    body["Entries"] = [it for it in entries if it is not taken]
    return (_signed(request, json.dumps(body).encode(), url) if body["Entries"] else None), taken


def with_failure(answer: Answer, entry: Entry, code: str) -> Answer:
    """The answer, with the entry among its failures."""
    body = json.loads(answer.body or b"{}")
    refused = {"ErrorCode": code, "ErrorMessage": "The entry was not done."}
    body["Failures"] = [*body.get("Failures", []), {"RequestEntry": entry, "Error": refused}]
    return dataclasses.replace(answer, body=json.dumps(body).encode())


def _signed(request: Request, body: bytes, url: str) -> Request:
    headers = {name: value for name, value in request.headers if name.lower() not in _SIGNED_ANEW}
    signed = AWSRequest(request.method, url + request.target, headers=headers, data=body)
    credentials = Credentials(ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY)
    SigV4Auth(credentials, request.service, REGION).add_auth(signed)
    return dataclasses.replace(request, headers=tuple(signed.headers.items()), body=body)
