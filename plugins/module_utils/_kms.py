# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS KMS, one function for each call.

What does not exist is None; everything else that fails raises KmsError.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _retry,
)


class KmsError(_errors.CallError):
    service = "kms"


class KmsErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = KmsError

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        # S3 keeps whatever text it is given as the key of a bucket, also one that cannot name a key.
        return is_boto3_error_code(["InvalidArnException", "NotFoundException"])


@KmsErrorHandler.list_error_handler("look at the KMS key")
@_retry.retry()
def describe_key(client: t.Any, key_id: str) -> dict[str, t.Any] | None:
    """The metadata of a key, named by the ARN of the key or of an alias."""
    return client.describe_key(KeyId=key_id)["KeyMetadata"]


@KmsErrorHandler.list_error_handler("get the policy of the KMS key")
@_retry.retry()
def get_key_policy(client: t.Any, key_arn: str) -> dict[str, t.Any] | None:
    """The key policy; AWS shows it to identities of the key's own account only."""
    return json.loads(client.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"])


@KmsErrorHandler.list_error_handler("list the grants of the KMS key", [])
@_retry.retry()
def list_grants(client: t.Any, key_arn: str, grantee: str) -> list[dict[str, t.Any]]:
    """The grants to one principal: a key that AWS services use may have thousands to others."""
    pages = client.get_paginator("list_grants").paginate(KeyId=key_arn, GranteePrincipal=grantee)
    return pages.build_full_result()["Grants"]
