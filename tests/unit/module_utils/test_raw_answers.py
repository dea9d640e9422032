# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS answers is told from what others answer, and from half of it."""

from __future__ import annotations

import typing as t

import botocore.loaders
import pytest
from botocore.model import OperationModel, ServiceModel
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._raw_answers import NotAnswered, require_answer

LOADER = botocore.loaders.create_loader()
HTML = b"<!DOCTYPE html><html><body>Sign in<br></body></html>"
XHTML = b"<html><body>Sign in</body></html>"
USER = (
    b'<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User><UserName>a</UserName>'
    b"</User></GetUserResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetUserResponse>"
)
NO_USER = b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error><RequestId>1</RequestId></ErrorResponse>"
LOCATION = b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'
NO_BUCKET = b"<Error><Code>NoSuchBucket</Code></Error>"
TABLES = b'{"TableList": [], "NextToken": "x"}'
NO_DATABASE = b'{"__type": "EntityNotFoundException", "message": "Database sales not found."}'
S3_ID = {"x-amz-request-id": "1"}
ERROR_TYPE = {"x-amzn-errortype": "EntityNotFoundException"}


class Model:
    """The SDK's models, read once."""

    _services: t.ClassVar[dict[str, ServiceModel]] = {}

    @classmethod
    def of(cls, service: str, operation: str) -> OperationModel:
        if service not in cls._services:
            cls._services[service] = ServiceModel(LOADER.load_service_model(service, "service-2"), service)
        return cls._services[service].operation_model(operation)


def is_answer(service: str, operation: str, status: int, body: t.Any, headers: dict[str, str] | None = None) -> bool:
    answer = {"status_code": status, "headers": headers or {}, "body": body}
    try:
        require_answer(operation_model=Model.of(service, operation), response_dict=answer, customized_response_dict={})
    except NotAnswered:
        return False
    return True


@pytest.mark.parametrize(
    ("service", "operation", "status", "body", "headers"),
    [
        ("iam", "GetUser", 200, USER, {}),
        ("iam", "GetUser", 404, NO_USER, {}),
        ("s3", "GetBucketLocation", 200, LOCATION, {}),
        ("s3", "GetBucketLocation", 404, NO_BUCKET, {}),
        ("s3", "GetBucketPolicy", 200, b'{"Statement": []}', {}),
        ("s3", "PutBucketPolicy", 204, b"", {}),
        ("s3", "HeadBucket", 404, b"", S3_ID),
        ("s3", "HeadBucket", 200, b"", S3_ID),
        ("glue", "GetTables", 200, TABLES, {}),
        ("glue", "GetTables", 200, b"{}", {}),
        ("glue", "GetTables", 400, NO_DATABASE, {}),
        ("glue", "GetTables", 400, b"{}", ERROR_TYPE),
        ("kms", "PutKeyPolicy", 200, b"", {}),
        ("lakeformation", "ListPermissions", 200, b'{"PrincipalResourcePermissions": []}', {}),
        ("lakeformation", "ListPermissions", 400, b'{"Message": "no"}', {}),
        ("lakeformation", "ListPermissions", 400, b"", ERROR_TYPE),
        ("lakeformation", "BatchGrantPermissions", 200, b"{}", {}),
        # What AWS may add is no reason to doubt it.
        ("glue", "GetTables", 200, b'{"TableList": [], "New": 1}', {}),
    ],
)
def test_what_aws_answers(service: str, operation: str, status: int, body: bytes, headers: dict[str, str]) -> None:
    assert is_answer(service, operation, status, body, headers)


CALLS = [
    ("iam", "GetUser"),
    ("sts", "GetCallerIdentity"),
    ("s3", "GetBucketLocation"),
    ("s3", "GetBucketPolicy"),
    ("s3", "GetBucketEncryption"),
    ("glue", "GetTables"),
    ("athena", "GetWorkGroup"),
    ("kms", "DescribeKey"),
    ("lakeformation", "ListPermissions"),
    ("lakeformation", "BatchGrantPermissions"),
]


NOT_AWS = [HTML, XHTML, b"gateway timeout", b'{"error": "sign in"}', b"[]", b"null", b"\xff\xfe"]
# Any JSON object may be a bucket policy, as far as this goes.
MAY_BE = ("GetBucketPolicy", 200, b'{"error": "sign in"}')
OTHERS = [
    (service, operation, status, body)
    for service, operation in CALLS
    for status in (200, 302, 403, 404, 407, 502)
    for body in NOT_AWS
    if (operation, status, body) != MAY_BE and (status, body) != (502, XHTML)
]


@pytest.mark.parametrize(("service", "operation", "status", "body"), OTHERS)
def test_what_others_answer(service: str, operation: str, status: int, body: bytes) -> None:
    assert not is_answer(service, operation, status, body)


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_an_empty_error_is_none_of_aws(service: str, operation: str) -> None:
    assert not is_answer(service, operation, 404, b"")


@pytest.mark.parametrize("body", [b"", b"<html><body><b>Http/1.1 Service Unavailable</b></body> </html>"])
@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_a_load_balancer_of_aws_has_errors_of_its_own(service: str, operation: str, body: bytes) -> None:
    assert is_answer(service, operation, 503, body)
    assert not is_answer(service, operation, 403, body)


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_head_answer_has_the_id_of_s3(status: int) -> None:
    assert is_answer("s3", "HeadBucket", status, b"", S3_ID)
    assert not is_answer("s3", "HeadBucket", status, b"")


@given(st.data())
def test_half_an_answer_is_none(data: st.DataObject) -> None:
    service, operation, body = data.draw(
        st.sampled_from(
            [
                ("iam", "GetUser", USER),
                ("s3", "GetBucketLocation", LOCATION),
                ("s3", "GetBucketPolicy", b'{"Statement": []}'),
                ("glue", "GetTables", TABLES),
                ("lakeformation", "ListPermissions", b'{"PrincipalResourcePermissions": [{"Permissions": []}]}'),
            ]
        )
    )
    length = data.draw(st.integers(1, len(body) - 1))
    assert is_answer(service, operation, 200, body)
    assert not is_answer(service, operation, 200, body[:length])


def test_an_object_is_read_later_and_has_the_id_of_s3() -> None:
    assert is_answer("s3", "GetObject", 200, object(), S3_ID)
    assert not is_answer("s3", "GetObject", 200, object())


def test_the_error_tells_what_came_but_not_its_text() -> None:
    answer = {"status_code": 200, "headers": {"content-type": "text/html"}, "body": b"half of a secret"}
    with pytest.raises(NotAnswered) as raised:
        require_answer(operation_model=Model.of("sts", "AssumeRole"), response_dict=answer)
    for word in ("AssumeRole", "HTTP 200", "text/html", "16 bytes", "not from AWS"):
        assert word in str(raised.value)
    assert "secret" not in str(raised.value)
