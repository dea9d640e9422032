# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An encrypted Data Catalog: each call that reads databases, tables or partitions uses its key. Writing does not."""

from __future__ import annotations

import re
from typing import Any

from ministack.core.responses import error_response_json

from .pin import wrap
from .query_rights import VIA_A_SERVICE, CatalogKeyDenied, require_catalog_key

_READS = re.compile(r"(Batch)?(Get|Search)(Databases?|Tables?|TableVersions?|Partitions?|PartitionIndexes)")


def _handle_request_sync(
    original: Any, method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any
) -> Any:
    if _READS.fullmatch(headers.get("x-amz-target", "").rpartition(".")[2]):
        try:
            require_catalog_key(VIA_A_SERVICE)
        except CatalogKeyDenied as denied:
            return error_response_json(denied.glue_code, str(denied), 400, message_key="Message")
    return original(method, path, headers, body, query_params)


def install() -> None:
    """Ask for the key before the catalog is read."""
    wrap("ministack.services.glue:_handle_request_sync", _handle_request_sync)
