# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Athena, one function for each call.

What does not exist is None; everything else that fails raises AthenaError.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code, is_boto3_error_message
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils._errors import CallError, retry

Client = t.Any


class AthenaError(CallError):
    service = "athena"


class AthenaErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = AthenaError

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        # Athena has no code of its own for "WorkGroup x is not found." and "Data Catalog x was not found.".
        by_message = is_boto3_error_message("not found")
        return by_message if by_message is is_boto3_error_code("InvalidRequestException") else super()._is_missing()


@AthenaErrorHandler.list_error_handler("get the workgroup")
@retry()
def get_work_group(client: Client, name: str) -> dict[str, t.Any] | None:
    return client.get_work_group(WorkGroup=name)["WorkGroup"]


@AthenaErrorHandler.list_error_handler("get the data catalog")
@retry()
def get_data_catalog(client: Client, name: str) -> dict[str, t.Any] | None:
    return client.get_data_catalog(Name=name)["DataCatalog"]
