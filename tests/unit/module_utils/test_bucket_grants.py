# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bucket policy adds to what IAM says."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._bucket_grants import with_bucket_policies
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import Wanted

ACCOUNT = "123456789012"
READER = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:role/reader")
WANTED = Wanted(S3Location("results", "athena"), ACCOUNT, ACCOUNT, "aws", "us-east-1")
OBJECT, LISTING = "arn:aws:s3:::lake/sales/a.csv", "arn:aws:s3:::lake below sales/"


def policy(principal: Any = READER.arn, action: Any = "s3:*", **more: Any) -> dict[str, Any]:
    resources = ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]
    named = principal if principal == "*" else {"AWS": principal}
    return {
        "Statement": [
            {"Sid": "Let", "Effect": "Allow", "Principal": named, "Action": action, "Resource": resources, **more}
        ]
    }


def verdict_with(
    document: Any, verdict: Any = "not_allowed", action: str = "s3:GetObject", resource: str = OBJECT
) -> str:
    decisions = Decisions([Decision(action, resource, verdict)])
    found = with_bucket_policies(decisions, {"lake": document}, READER, WANTED).of(action, resource)
    assert found is not None
    return found.verdict


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        (policy(), "allowed"),
        (policy("*"), "allowed"),
        (policy(Condition={"StringEquals": {"aws:PrincipalArn": READER.arn}}), "allowed"),
        # Then the policies of the identities have to allow it, too.
        (policy(ACCOUNT), "not_allowed"),
        (policy(f"arn:aws:iam::{ACCOUNT}:root"), "not_allowed"),
        (policy(f"arn:aws:iam::{ACCOUNT}:role/other"), "not_allowed"),
        (policy(action="s3:PutObject"), "not_allowed"),
        (policy(Resource="arn:aws:s3:::lake/hr/*"), "not_allowed"),
        # Nobody knows from here.
        (policy(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}}), "not_allowed"),
        (policy(Effect="Deny"), "not_allowed"),
        (Denied("s3:GetBucketPolicy"), "not_allowed"),
        (None, "not_allowed"),
    ],
)
def test_what_lets_the_identity_in(document: Any, verdict: str) -> None:
    assert verdict_with(document) == verdict
    assert verdict_with(document, action="s3:ListBucket", resource=LISTING) in (verdict, "allowed")


def test_a_listing_may_be_limited_to_a_prefix() -> None:
    document = policy(action="s3:ListBucket", Condition={"StringLike": {"s3:prefix": "sales/*"}})
    assert verdict_with(document, action="s3:ListBucket", resource=LISTING) == "allowed"
    assert verdict_with(document, action="s3:ListBucket", resource="arn:aws:s3:::lake below hr/") == "not_allowed"


@pytest.mark.parametrize("verdict", ["denied", "boundary", "organization"])
def test_what_forbids_it_stays(verdict: str) -> None:
    assert verdict_with(policy(), verdict) == verdict


def test_what_it_is_not_about_stays() -> None:
    assert verdict_with(policy("*"), action="glue:GetTable", resource="arn:aws:glue:::lake") == "not_allowed"
    assert verdict_with(policy("*"), resource="arn:aws:s3:::other/a") == "not_allowed"
    denied = Denied("iam:SimulatePrincipalPolicy")
    assert with_bucket_policies(denied, {"lake": policy()}, READER, WANTED) is denied
