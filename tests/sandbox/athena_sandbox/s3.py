# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ministack's S3 departs from AWS: the expected owner, absent buckets, a few bucket reads, rights beside s3:*."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from ministack.services import kms, s3

from .pin import wrap

# Reads that ministack would answer with a listing of the bucket.
_UNKNOWN_READS = {"analytics", "intelligent-tiering", "inventory", "metrics", "abac", "metadataConfiguration"}
_ENCRYPTION = "x-amz-server-side-encryption"
_ENCRYPTION_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def _validate(
    original: Any, method: str, path: str, headers: dict[str, str], query_params: dict[str, list[str]]
) -> Any:
    """Before authorisation: an absent bucket is 404 for everybody, and not the owner expected is 403 for everybody."""
    if refused := original(method, path, headers, query_params):
        return refused
    bucket, _slash, key = path[1:].partition("/")
    if not bucket or (method == "PUT" and not key and not query_params):
        return None
    owner = s3._bucket_owner_account(bucket)
    if owner is None:
        return None if s3.access_point_for_alias(bucket) else s3._no_such_bucket(bucket)
    all_headers = s3._merge_hoisted_amz_headers(headers, query_params)
    source = all_headers.get("x-amz-copy-source", "").lstrip("/").partition("/")[0]
    owners = [
        (all_headers.get("x-amz-expected-bucket-owner"), owner),
        (all_headers.get("x-amz-source-expected-bucket-owner"), s3._bucket_owner_account(source)),
    ]
    if any(expected and expected != actual for expected, actual in owners):
        return s3._error("AccessDenied", "Access Denied", 403, path)
    return None


def _dispatch(
    original: Any, method: str, bucket: str, key: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    if method != "GET" or not bucket or key or bucket not in s3._buckets:
        return original(method, bucket, key, headers, body, query)
    if "requestPayment" in query:
        return s3._get_bucket_request_payment(bucket)
    if "policyStatus" in query:
        return _policy_status(bucket)
    if unknown := _UNKNOWN_READS & set(query):
        return s3._error("NotImplemented", f"The sandbox does not keep {min(unknown)}.", 501, f"/{bucket}")
    return original(method, bucket, key, headers, body, query)


def _policy_status(bucket: str) -> Any:
    status, headers, body = s3._get_bucket_policy(bucket)
    if status != 200:
        return status, headers, body
    root = Element("PolicyStatus", xmlns=s3.S3_NS)
    SubElement(root, "IsPublic").text = str(s3._policy_is_public(s3._bucket_policies[bucket])).lower()
    return 200, {"Content-Type": "application/xml"}, s3._xml_body(root)


def _additional_checks(
    original: Any, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> list[tuple[str, str]]:
    """The rights an S3 call needs in addition: s3:PutObjectAcl for an ACL header, and the right to the KMS key."""
    checks = list(original(method, path, headers, body, query))
    bucket, _slash, key = path[1:].partition("/")
    if not key:
        return checks
    if method == "PUT" and not query and any(name.startswith(("x-amz-acl", "x-amz-grant-")) for name in headers):
        checks.append(("s3:PutObjectAcl", f"arn:aws:s3:::{path[1:]}"))
    action, encryption = _key_use(method, bucket, key, headers, query)
    # Without a key of its own the object lies under aws/s3, whose policy lets the whole account in.
    if encryption.get(_ENCRYPTION) == "aws:kms" and _ENCRYPTION_KEY in encryption:
        name = encryption[_ENCRYPTION_KEY]
        checks.append((action, (kms._resolve_key(name) or {}).get("Arn", name)))
    return checks


def _key_use(
    method: str, bucket: str, key: str, headers: dict[str, str], query: dict[str, list[str]]
) -> tuple[str, dict[str, str]]:
    """The KMS action that reading or writing an object's content takes, and the encryption headers it is for."""
    if method in ("PUT", "POST") and "uploadId" in query:
        upload = s3._multipart_uploads.get(query["uploadId"][0]) or {}
        return "kms:Decrypt", s3._stored_sse_headers(upload)
    if (method == "PUT" and not query) or (method == "POST" and "uploads" in query):
        return "kms:GenerateDataKey", s3._resolve_sse_write_headers(headers, bucket)[0] or {}
    if method == "GET" and not query.keys() - {"partNumber", "versionId"}:
        return "kms:Decrypt", s3._stored_sse_headers(s3._buckets.get(bucket, {}).get("objects", {}).get(key, {}))
    return "", {}


def install() -> None:
    """Make S3 follow AWS."""
    wrap("ministack.services.s3:validate_object_request", _validate)
    wrap("ministack.services.s3:_dispatch", _dispatch)
    wrap("ministack.core.iam_actions:s3_additional_checks", _additional_checks)
