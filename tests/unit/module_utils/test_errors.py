# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, NoCredentialsError

from ansible_collections.qualytics.athena.plugins.module_utils._athena import AthenaError
from ansible_collections.qualytics.athena.plugins.module_utils._errors import (
    CallError,
    code_of,
    fail_from,
    is_denied,
    permission_for,
)
from ansible_collections.qualytics.athena.plugins.module_utils._raw_answers import NotAnswered
from ansible_collections.qualytics.athena.plugins.module_utils._s3 import S3Error
from ansible_collections.qualytics.athena.plugins.module_utils._sts import StsError


def refused(code: str, operation: str = "GetPolicy") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "told so"}}, operation)


NO_ANSWER = [
    EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ConnectionClosedError(endpoint_url="http://127.0.0.1:1"),
    NoCredentialsError(),
    ValueError("odd"),
    None,
]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"])
def test_every_way_in_which_aws_denies(code: str) -> None:
    error = AnsibleIAMError(message="Unable to get the policy", exception=refused(code))
    assert code_of(error) == code
    assert is_denied(error)


@pytest.mark.parametrize(
    "code",
    ["NoSuchEntity", "404", "400", "Throttling", "InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch", ""],
)
def test_what_is_no_denial(code: str) -> None:
    error = AnsibleIAMError(message="Unable to get the policy", exception=refused(code))
    assert code_of(error) == code
    assert not is_denied(error)


@pytest.mark.parametrize("exception", NO_ANSWER, ids=lambda it: type(it).__name__)
def test_where_no_answer_came_there_is_no_code(exception: Exception | None) -> None:
    for type_ in (AnsibleIAMError, S3Error, AnsibleAWSError):
        error = type_(message="Unable to get the policy", exception=exception)
        assert code_of(error) == ""
        assert not is_denied(error)
        assert isinstance(permission_for(error), str)


@pytest.mark.parametrize("response", [{}, {"Error": {}}, {"ResponseMetadata": {"HTTPStatusCode": 500}}])
def test_an_answer_without_code(response: dict[str, t.Any]) -> None:
    error = S3Error(message="Unable to look", exception=ClientError(response, "HeadBucket"))
    assert not is_denied(error)


@pytest.mark.parametrize(
    ("type_", "operation", "permission"),
    [
        (AnsibleIAMError, "GetPolicy", "iam:GetPolicy"),
        (AnsibleIAMError, "ListEntitiesForPolicy", "iam:ListEntitiesForPolicy"),
        (AthenaError, "GetWorkGroup", "athena:GetWorkGroup"),
        (StsError, "GetCallerIdentity", "sts:GetCallerIdentity"),
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
        (S3Error, "HeadBucket", "s3:ListBucket"),
        (S3Error, "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        (S3Error, "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
        (S3Error, "GetBucketPolicy", "s3:GetBucketPolicy"),
        (S3Error, "GetBucketRequestPayment", "s3:GetBucketRequestPayment"),
        (AnsibleAWSError, "GetPolicy", "GetPolicy"),
    ],
)
def test_the_permission_that_a_call_needs(type_: type[AnsibleAWSError], operation: str, permission: str) -> None:
    assert permission_for(type_(message="no", exception=refused("AccessDenied", operation))) == permission


class Module:
    """What fail_from uses of a module."""

    def __init__(self) -> None:
        self.failures: list[dict[str, t.Any]] = []

    def fail_json_aws(self, exception: Exception, **result: t.Any) -> None:
        self.failures.append({"exception": exception, **result})


def test_a_denial_names_the_permission_and_what_was_done() -> None:
    exception = refused("AccessDenied", "AttachUserPolicy")
    error = AnsibleIAMError(message="Unable to attach the policy", exception=exception)
    error.kwargs = {"changed": True, "drift": [{"subject": "arn"}]}
    module = Module()
    fail_from(t.cast(t.Any, module), error)
    assert module.failures == [
        {
            "exception": exception,
            "msg": "Unable to attach the policy. Grant iam:AttachUserPolicy to the identity that runs this task",
            "changed": True,
            "drift": [{"subject": "arn"}],
        }
    ]


def test_another_error_asks_for_no_permission() -> None:
    module = Module()
    error = AthenaError(message="Unable to get the workgroup", exception=refused("InvalidRequestException"))
    fail_from(t.cast(t.Any, module), error)
    assert [it["msg"] for it in module.failures] == ["Unable to get the workgroup"]


def test_a_call_error_of_no_service_is_not_taken_for_another() -> None:
    assert issubclass(S3Error, CallError)
    assert not issubclass(AnsibleIAMError, CallError)
    assert CallError.actions == {}


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        (refused("NoSuchEntity"), ["does not exist", "a moment ago", "run again"]),
        (refused("DeleteConflict"), ["still used", "run again"]),
        (refused("Throttling"), ["AWS throttles", "fewer tasks at once", "Run it again"]),
        (refused("ServiceUnavailable"), ["several tries", "Run it again"]),
        (EndpointConnectionError(endpoint_url="https://iam.amazonaws.com/"), ["endpoint_url", "Run it again"]),
        (ConnectionClosedError(endpoint_url="https://iam.amazonaws.com/"), ["endpoint_url", "Run it again"]),
        (NotAnswered(operation="GetPolicy", status=200, content_type="text/html", size=9), ["proxies", "Run it again"]),
    ],
    ids=lambda it: type(it).__name__,
)
def test_an_error_says_what_to_do(exception: Exception, words: list[str]) -> None:
    module = Module()
    fail_from(t.cast(t.Any, module), AnsibleIAMError(message="Failed to get the policy", exception=exception))
    message = module.failures[0]["msg"]
    assert message.startswith("Failed to get the policy. ")
    for word in words:
        assert word in message
