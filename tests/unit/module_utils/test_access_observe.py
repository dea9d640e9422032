# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of buckets that whoever may create a table has named."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _access_observe
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._s3 import S3Error
from ansible_collections.qualytics.athena.tests.unit.helpers.access import BY_IAM, ORDERS, connect, found, options


@pytest.mark.parametrize(
    ("code", "status", "policy"),
    [
        ("NoSuchBucketPolicy", 404, None),
        ("NoSuchBucket", 404, None),
        ("AccessDenied", 403, Denied("s3:GetBucketPolicy")),
        ("MethodNotAllowed", 405, Denied("s3:GetBucketPolicy")),
        # Of a Region that is not enabled, or of another partition.
        ("IllegalLocationConstraintException", 400, Denied("s3:GetBucketPolicy")),
        ("InvalidAccessKeyId", 403, Denied("s3:GetBucketPolicy")),
    ],
)
def test_a_source_bucket_that_does_not_show_its_policy(
    fake_aws: Any, code: str, status: int, policy: Denied | None
) -> None:
    # What the SDK asks for a Region to try.
    fake_aws.answer("HeadBucket", (400, "", {"x-amz-request-id": "1"}))
    fake_aws.answer("GetBucketPolicy", (status, f"<Error><Code>{code}</Code><Message>told so</Message></Error>", {}))
    facts = found(connect(options()), {ORDERS: BY_IAM})
    assert set(_access_observe.source_policies(facts, fake_aws).values()) == {policy}


def test_any_other_error_of_a_source_bucket_is_no_policy(fake_aws: Any) -> None:
    fake_aws.answer("GetBucketPolicy", (400, "<Error><Code>ExpiredToken</Code><Message>x</Message></Error>", {}))
    facts = found(connect(options()), {ORDERS: BY_IAM})
    with pytest.raises(S3Error):
        _access_observe.source_policies(facts, fake_aws)
