# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights a query itself uses, checked as the caller: what Athena does on his behalf in Glue and S3.

Each check is ministack's whole evaluation (identity policies, boundary, session policies, bucket policy) of a call that
Athena forwards: it carries `aws:CalledVia` and `aws:ViaAWSService`, and comes from an address of AWS over TLS.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message, s3_service_context
from ministack.core.responses import get_account_id, get_region, new_uuid

# aws:SourceIp of a forwarded call is an address no policy of a customer lists.
_ATHENA_ADDRESS = "100.64.0.1"
_CALLED_VIA = {
    "aws:CalledVia": ["athena.amazonaws.com"],
    "aws:CalledViaFirst": "athena.amazonaws.com",
    "aws:CalledViaLast": "athena.amazonaws.com",
    "aws:ViaAWSService": "true",
}


class AccessDenied(Exception):
    """The caller may not do `action` on `resource`; the text is IAM's own sentence."""

    def __init__(self, action: str, resource: str, message: str) -> None:
        super().__init__(message)
        self.action = action
        self.resource = resource

    def from_glue(self) -> str:
        """How Athena passes on what Glue answered."""
        return glue_error(str(self), "AccessDeniedException")


def glue_error(message: str, code: str) -> str:
    """An error of Glue in the words of Athena, from which clients read the code."""
    envelope = (
        f"Service: AmazonDataCatalog; Status Code: 400; Error Code: {code}; Request ID: {new_uuid()}; Proxy: null"
    )
    return f"{message} ({envelope})"


@dataclass(frozen=True)
class Location:
    """An S3 location; a prefix that is not empty ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> Location | None:
        """The location an `s3://bucket[/prefix[/]]` names, None for anything else."""
        parts = urlparse(uri)
        if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
            return None
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "")

    def uri(self, name: str = "") -> str:
        """The URI of an object under this location, or of the location itself."""
        return f"s3://{self.bucket}/{self.prefix}{name}"


def require(action: str, resource: str, context: dict[str, Any] | None = None) -> None:
    """Raise AccessDenied unless the caller of the current request may do `action` on `resource` through Athena."""

    def evaluate() -> Any:
        iam_evaluator.pin_request_origin(_ATHENA_ADDRESS, True)
        # Empty for the account root, whose signature ministack does not check.
        access_key_id = iam_evaluator._verified_key.get()
        service = action.partition(":")[0]
        return iam_evaluator.enforce(
            access_key_id,
            action,
            service,
            get_region(),
            resource_arn=resource,
            service_context=_CALLED_VIA | (context or {}),
        )

    refused = contextvars.copy_context().run(evaluate)
    if isinstance(refused, iam_evaluator.AuthError):
        raise AccessDenied(action, resource, refused.message)
    if refused is not None:
        explicit = refused.decision == "Deny"
        raise AccessDenied(action, resource, identity_denial_message(action, refused.principal_arn, resource, explicit))


def require_glue(action: str, database: str = "", table: str = "") -> None:
    """Glue wants the action on the resource and on everything above it, and names the first that is missing."""
    names = ["catalog"] + [f"database/{database}"] * bool(database) + [f"table/{database}/{table}"] * bool(table)
    for name in names:
        require(action, f"arn:aws:glue:{get_region()}:{get_account_id()}:{name}")


def require_table(database: str, table: str) -> None:
    """What planning a query asks of IAM about the catalog."""
    require_glue("glue:GetDatabase", database)
    require_glue("glue:GetTable", database, table)


def require_source(location: Location, keys: Iterable[str]) -> None:
    """Reading a table's data with the caller's own rights: list the location, read each object."""
    context = s3_service_context("s3:ListBucket", {"prefix": [location.prefix]})
    require("s3:ListBucket", f"arn:aws:s3:::{location.bucket}", context)
    for key in keys:
        require_read(location.bucket, key)


def require_read(bucket: str, key: str) -> None:
    """Reading one object. The right to its key (kms:Decrypt) is to be asked here."""
    context = s3_service_context("s3:GetObject", {}, f"/{bucket}/{key}")
    require("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", context)


def require_write(bucket: str, key: str, headers: dict[str, str]) -> None:
    """Writing one object. The right to its key (kms:GenerateDataKey, kms:Decrypt) is to be asked here."""
    context = s3_service_context("s3:PutObject", {}, f"/{bucket}/{key}", headers)
    require("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", context)
    if "x-amz-acl" in headers:
        require("s3:PutObjectAcl", f"arn:aws:s3:::{bucket}/{key}", context)
