# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS keys, their policies and grants, and those who use them, for tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHERS_KEY = f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:key/ffffabcd-12ab-34cd-56ef-1234567890ab"
USER = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:user/vendors/qualytics")
ROLE = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:role/qualytics")
REGISTRATION_ROLE = parse_identity_arn("principal", f"arn:aws:iam::{ACCOUNT}:role/lake-registration")
SERVICE_LINKED_ROLE = parse_identity_arn(
    "principal",
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess",
)

ACCOUNT_ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/qualytics/one-session"
DELETED = "AROAEXAMPLEEXAMPLE123"


def statement(principal: Any, effect: str = "Allow", sid: str = "Use", **members: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*", **members}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "key-policy", "Statement": list(statements)}


def grant(grantee: str, *operations: str, **members: Any) -> dict[str, Any]:
    return {
        "KeyId": KEY,
        "GrantId": "0c237476b39f8bc4",
        "Name": "athena",
        "GranteePrincipal": grantee,
        "Operations": list(operations or ("Decrypt", "GenerateDataKey", "Encrypt", "DescribeKey")),
        **members,
    }


DELEGATING = policy(statement(ACCOUNT_ROOT, sid="Enable IAM User Permissions"))
EMPTY = policy()
# As AWS writes it for aws/s3 (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html).
OF_AWS = policy(
    statement(
        {"AWS": "*"},
        sid="Allow access through S3 for all principals in the account that are authorized to use S3",
        Action=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    ),
    statement(ACCOUNT_ROOT, sid="Look", Action=["kms:Describe*", "kms:Get*", "kms:List*"]),
)
