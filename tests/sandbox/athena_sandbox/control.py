# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test server is told and asked beside its calls. Standard library only."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from typing import Any


def request(url: str, method: str, path: str, settings: Any = None) -> tuple[int, bytes]:
    """The status and the body of one answer.

    Not urllib.request: it reads the certificates of the machine for every call, and minds proxies.
    """
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, None if settings is None else json.dumps(settings))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
