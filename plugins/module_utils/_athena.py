# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Athena, one function for each call.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code
from ansible_collections.qualytics.athena.plugins.module_utils._errors import CallError
from ansible_collections.qualytics.athena.plugins.module_utils._errors import retry


class AthenaError(CallError):
    service = "athena"


class AthenaErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = AthenaError


def get_data_catalog(client: t.Any, name: str) -> dict[str, t.Any] | None:
    """C(Type), C(Parameters) and so on, or None where Athena knows no data catalog of the name."""
    try:
        return _get_data_catalog(client, name)
    except is_ansible_aws_error_code("InvalidRequestException") as error:
        if "not found" in str(error).lower():
            return None
        raise


@AthenaErrorHandler.common_error_handler("get the data catalog")
@retry()
def _get_data_catalog(client: t.Any, name: str) -> dict[str, t.Any]:
    return client.get_data_catalog(Name=name)["DataCatalog"]
