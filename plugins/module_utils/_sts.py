# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is calling.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils._errors import CallError, retry


class StsError(CallError):
    service = "sts"


class StsErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = StsError


@StsErrorHandler.common_error_handler("get the caller's identity")
@retry()
def get_caller_identity(client: t.Any) -> dict[str, str]:
    """C(Account), C(Arn) and C(UserId) of the credentials in use."""
    return client.get_caller_identity()
