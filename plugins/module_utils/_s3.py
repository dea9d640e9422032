# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon S3, one function for each call.

Calls name the account that is expected to own the bucket: a name that was given up can be taken by others.
What the bucket does not have (a policy, a lock) is None; everything else that fails raises S3Error.

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

Client = t.Any


class S3Error(_errors.CallError):
    service = "s3"
    actions: t.ClassVar[dict[str, str]] = {
        "HeadBucket": "ListBucket",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    }


_OUT_OF_REACH: t.Final = frozenset(
    {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "InvalidAccessKeyId", "PermanentRedirect"}
)


def is_out_of_reach(error: _errors.CallError) -> bool:
    """Whether the bucket cannot be reached from the Region of the run, as one in a Region that is not enabled."""
    return _errors.code_of(error) in _OUT_OF_REACH


class S3ErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = S3Error

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        # NoSuchBucket is not among them: a bucket that is gone is not a bucket without a policy.
        return is_boto3_error_code(
            [
                "NoSuchBucketPolicy",
                "ObjectLockConfigurationNotFoundError",
                "ServerSideEncryptionConfigurationNotFoundError",
            ]
        )


@S3ErrorHandler.common_error_handler("look at the bucket")
@_retry.retry()
def head_bucket(client: Client, bucket: str, owner: str) -> dict[str, t.Any]:
    """The answer of HeadBucket, also where it is a refusal that says something: 301, 403 and 404.

    The SDK follows a bucket to its Region once, so that 301 is left only where the bucket is not there either.
    """
    try:
        return client.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
    except is_boto3_error_code(["301", "403", "404"]) as error:
        return error.response
    except is_boto3_error_code("400") as error:
        message = (
            "S3 refused to look at the bucket without saying why; mostly the session token of this task has expired"
        )
        raise S3Error(message, error) from error


@S3ErrorHandler.list_error_handler("get the bucket's default encryption")
@_retry.retry()
def get_bucket_encryption(client: Client, bucket: str, owner: str | None) -> dict[str, t.Any] | None:
    """owner: None only for a bucket that may be anybody's; what is learned of it is then that much less certain."""
    expected = {"ExpectedBucketOwner": owner} if owner else {}
    answer = client.get_bucket_encryption(Bucket=bucket, **expected)
    return answer["ServerSideEncryptionConfiguration"]


@S3ErrorHandler.common_error_handler("get who pays for requests to the bucket")
@_retry.retry()
def get_bucket_payer(client: Client, bucket: str, owner: str) -> str:
    """C(BucketOwner) or C(Requester)."""
    return client.get_bucket_request_payment(Bucket=bucket, ExpectedBucketOwner=owner)["Payer"]


@S3ErrorHandler.list_error_handler("get the bucket's object lock configuration")
@_retry.retry()
def get_object_lock(client: Client, bucket: str, owner: str) -> dict[str, t.Any] | None:
    answer = client.get_object_lock_configuration(Bucket=bucket, ExpectedBucketOwner=owner)
    return answer["ObjectLockConfiguration"]


@S3ErrorHandler.list_error_handler("get the bucket policy")
@_retry.retry()
def get_bucket_policy(client: Client, bucket: str, owner: str | None) -> dict[str, t.Any] | None:
    """owner: None only for a bucket that may be anybody's, as one of source data."""
    expected = {"ExpectedBucketOwner": owner} if owner else {}
    return json.loads(client.get_bucket_policy(Bucket=bucket, **expected)["Policy"])


@S3ErrorHandler.common_error_handler("read the object")
@_retry.retry_what_is_new("InvalidAccessKeyId")
def get_first_bytes(client: Client, bucket: str, key: str) -> None:
    """Read a little of an object, and throw it away.

    HeadObject needs the same permission, but its refusal has no body that says why.
    """
    client.get_object(Bucket=bucket, Key=key, Range="bytes=0-15")["Body"].close()
