# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which S3 operation a request is: S3 names none, so that method, path, query and headers have to tell."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import botocore.session


@cache
def _operations() -> list[tuple[str, str, str, set[str], set[str]]]:
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


def s3_operation(method: str, path: str, query: Collection[str], headers: Collection[str]) -> str:
    """The operation of a path-style request: of those that fit, the one that asks for most.

    query, headers: the names that the request has, those of headers in lower case.
    """
    bucket, _slash, key = path.strip("/").partition("/") if path != "/" else ("", "", "")
    template = "/{Bucket}/{Key+}" if key else "/{Bucket}" if bucket else "/"
    fitting = [
        (len(needed) + len(needed_headers), name)
        for name, verb, uri, needed, needed_headers in _operations()
        if verb == method and uri == template and needed <= set(query) and needed_headers <= set(headers)
    ]
    return max(fitting, key=lambda candidate: candidate[0], default=(0, "Unknown"))[1]
