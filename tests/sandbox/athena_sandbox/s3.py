# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ministack's S3 departs from AWS.

That is the expected owner, absent buckets, a few bucket reads, rights beside s3:*, and whom a bucket of another account
lets in by its policy.
"""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

from ministack.core.iam_evaluator import EvalContext, caller_arn
from ministack.services import s3

from . import keys
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
    for _action, arn in _key_uses(method, bucket, key, headers, query) if key else ():
        if arn and (unusable := keys.out_of_use(arn)):
            code, text = unusable
            return s3._error(f"KMS.{code}", text, 400, f"/{bucket}/{key}")
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
    return checks + [(action, arn) for action, arn in _key_uses(method, bucket, key, headers, query) if arn]


def _key_uses(
    method: str, bucket: str, key: str, headers: dict[str, str], query: dict[str, list[str]]
) -> list[tuple[str, str]]:
    """The KMS actions that reading or writing an object's content takes, each with the key it is for."""
    if method in ("PUT", "POST") and "uploadId" in query:
        upload = s3._multipart_uploads.get(query["uploadId"][0]) or {}
        return [("kms:Decrypt", _key_arn(s3._stored_sse_headers(upload)))]
    if (method == "PUT" and not query) or (method == "POST" and "uploads" in query):
        source = unquote(headers.get("x-amz-copy-source", "")).lstrip("/").partition("?")[0].partition("/")
        copied = [("kms:Decrypt", key_of(source[0], source[2]))] if source[0] else []
        return [*copied, ("kms:GenerateDataKey", key_for_writing(bucket, headers))]
    if method == "GET" and not query.keys() - {"partNumber", "versionId"}:
        return [("kms:Decrypt", key_of(bucket, key))]
    return []


def _key_arn(encryption: dict[str, str]) -> str:
    """The key that encryption headers name; empty for none, and for aws/s3, whose policy lets the whole account in."""
    name = encryption.get(_ENCRYPTION_KEY) if encryption.get(_ENCRYPTION, "").startswith("aws:kms") else ""
    return keys.arn_of(name) if name else ""


def key_of(bucket: str, key: str) -> str:
    """The KMS key that an object lies under, empty for none."""
    return _key_arn(s3._stored_sse_headers(s3._buckets.get(bucket, {}).get("objects", {}).get(key, {})))


def key_for_writing(bucket: str, headers: dict[str, str]) -> str:
    """The KMS key that an object written with these headers will lie under, empty for none."""
    return _key_arn(s3._resolve_sse_write_headers(headers, bucket)[0] or {})


def _policy_of_bucket(original: Any, document: Any, context: EvalContext, *more: Any, **options: Any) -> Any:
    """A bucket of another account is asked for the caller; ministack asks for the root of the caller's account."""
    caller = caller_arn()
    is_stand_in = context.principal_type == "Root" and caller.split(":")[4:5] == [context.principal_account]
    if context.action.startswith("s3:") and is_stand_in:
        context = dataclasses.replace(context, principal_arn=caller)
    return original(document, context, *more, **options)


def install() -> None:
    """Make S3 follow AWS."""
    wrap("ministack.core.iam_evaluator:evaluate_resource_policy", _policy_of_bucket)
    wrap("ministack.services.s3:validate_object_request", _validate)
    wrap("ministack.services.s3:_dispatch", _dispatch)
    wrap("ministack.core.iam_actions:s3_additional_checks", _additional_checks)
