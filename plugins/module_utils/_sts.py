# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is calling, and becoming somebody else.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _retry,
)


class StsError(_errors.CallError):
    service = "sts"


class StsErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = StsError


@StsErrorHandler.common_error_handler("get the caller's identity")
@_retry.retry()
def get_caller_identity(client: t.Any) -> dict[str, str]:
    """C(Account), C(Arn) and C(UserId) of the credentials in use."""
    return client.get_caller_identity()


@StsErrorHandler.common_error_handler("get the identity of the credentials of the live step")
@_retry.retry_what_is_new("InvalidClientTokenId")
def get_new_caller_identity(client: t.Any) -> dict[str, str]:
    """The same for an access key that may have been made a moment ago, and that AWS does not know for some seconds."""
    return client.get_caller_identity()


@StsErrorHandler.common_error_handler("assume the role")
@_retry.retry_what_is_new("AccessDenied", "InvalidClientTokenId")
def assume_role(
    client: t.Any, arn: str, session_name: str, duration: int, external_id: str | None = None
) -> dict[str, str]:
    """C(AccessKeyId), C(SecretAccessKey) and C(SessionToken) of a session of the role.

    A role, a trust policy or a policy that was made a moment ago is refused as if it were not there.
    """
    optional = {} if external_id is None else {"ExternalId": external_id}
    answer = client.assume_role(RoleArn=arn, RoleSessionName=session_name, DurationSeconds=duration, **optional)
    return answer["Credentials"]
