# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The KMS keys that the guides name. KMS gives a key its id, so that those of this account are called otherwise."""

from __future__ import annotations

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION

from .other_accounts import PARTNER, client_of

# What for, in the guide on encryption.
_IDS = {
    "results": "11111111-2222-3333-4444-555555555555",
    "sources": "66666666-7777-8888-9999-000000000000",
    "catalog": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
}
# The key of a partner's lake, in the guide on other accounts.
_PARTNERS = "11111111-2222-3333-4444-555555555555"


def make_keys(sandbox: Sandbox) -> dict[str, str]:
    """Make the keys; returns the ARN of each by the one that the guides have."""
    ours, partners = sandbox.client("kms"), client_of(sandbox, PARTNER, "kms")
    made = {_arn(ACCOUNT_ID, key_id): ours.create_key()["KeyMetadata"]["Arn"] for key_id in _IDS.values()}
    return made | {_arn(PARTNER, _PARTNERS): partners.create_key()["KeyMetadata"]["Arn"]}


def _arn(account: str, key_id: str) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{key_id}"


def encrypt(sandbox: Sandbox, arns: dict[str, str], results: str, sources: str) -> None:
    """Put a bucket of results, a bucket of source files and the catalog under the keys of the guide on encryption."""
    keys = {use: arns[_arn(ACCOUNT_ID, key_id)] for use, key_id in _IDS.items()}
    s3 = sandbox.client("s3")
    for bucket, use in ((results, "results"), (sources, "sources")):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys[use]}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    for listed in s3.list_objects_v2(Bucket=sources)["Contents"]:
        body = s3.get_object(Bucket=sources, Key=listed["Key"])["Body"].read()
        s3.put_object(Bucket=sources, Key=listed["Key"], Body=body)
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": keys["catalog"]}
    sandbox.client("glue").put_data_catalog_encryption_settings(
        DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest}
    )
