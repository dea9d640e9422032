# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights a query itself uses, checked as the caller: what Athena does on his behalf in Glue, S3 and KMS.

Each check is ministack's whole evaluation (identity policies, boundary, session policies, bucket and key policy) of a
call that Athena forwards: it carries `aws:CalledVia` and `aws:ViaAWSService`, from an address of AWS over TLS. What a
service does with a role of its own is checked as that role.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

from ministack.core import iam_evaluator
from ministack.core.iam_actions import s3_service_context
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import iam as ministack_iam

from . import glue, keys as kms_keys, s3
from .authorization import decide, denial_text, kind_of_policy

# aws:SourceIp of a forwarded call is an address no policy of a customer lists.
_ATHENA_ADDRESS = "100.64.0.1"
# For services that aws:CalledVia does not know (IAM user guide, reference_policies_condition-keys).
VIA_A_SERVICE: dict[str, Any] = {"aws:ViaAWSService": "true"}
CALLED_VIA_ATHENA: dict[str, Any] = VIA_A_SERVICE | {
    "aws:CalledVia": ["athena.amazonaws.com"],
    "aws:CalledViaFirst": "athena.amazonaws.com",
    "aws:CalledViaLast": "athena.amazonaws.com",
}
# Above this a result is written in parts. It is the least that S3 takes as a part (S3 user guide, qfacts); which size
# Athena uses is not documented.
PART_SIZE = 5 * 1024 * 1024


class AccessDenied(Exception):
    """The caller may not do `action` on `resource`; the text is IAM's own sentence."""

    glue_code = "AccessDeniedException"

    def __init__(self, action: str, resource: str, message: str) -> None:
        super().__init__(message)
        self.action = action
        self.resource = resource

    def from_glue(self) -> str:
        """How Athena passes on what Glue answered."""
        return glue_error(str(self), self.glue_code)


class CatalogKeyDenied(AccessDenied):
    """Glue could not use the key of its encrypted catalog: https://github.com/data-dot-all/dataall/issues/1436"""

    glue_code = "GlueEncryptionException"

    def __init__(self, key: str, message: str, code: str = "AccessDeniedException") -> None:
        super().__init__("kms:Decrypt", key, f"{message} {_aws_error('AWSKMS', code)}")


class KeyNotUsable(Exception):
    """A KMS key is not there or out of use; the text is that of S3."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{text} {_aws_error('Amazon S3', f'KMS.{code}')}")
        self.code = code
        self.text = text


def _aws_error(service: str, code: str, status: int = 400) -> str:
    """What the SDK that AWS's own services use adds to an error."""
    return f"(Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {new_uuid()}; Proxy: null)"


def s3_error(denied: AccessDenied) -> str:
    """How Athena passes on what S3 answered where a key was refused: https://github.com/data-dot-all/dataall/issues/1210"""
    return f"com.amazonaws.services.s3.model.AmazonS3Exception: {denied} {_aws_error('Amazon S3', 'AccessDenied', 403)}"


def glue_error(message: str, code: str) -> str:
    """An error of Glue in the words of Athena, from which clients read the code."""
    return f"{message} {_aws_error('AmazonDataCatalog', code)}"


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


@dataclass(frozen=True)
class ServiceRole:
    """The role that a service assumes for its work, and the name of its session."""

    arn: str
    session: str

    def principal(self) -> iam_evaluator.PrincipalInfo:
        """The session. Of a service-linked role S3 rights go without saying, AWS keeps them; it has none on keys."""
        account, name = self.arn.split(":")[4], self.arn.rpartition("/")[2]
        policies = iam_evaluator._gather_role_policies(name, account)
        if ":role/aws-service-role/" in self.arn:
            s3_rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
            policies = [iam_evaluator.parse_policy_document({"Statement": s3_rights})]
        return iam_evaluator.PrincipalInfo(
            arn=f"arn:aws:sts::{account}:assumed-role/{name}/{self.session}",
            type="AssumedRole",
            account=account,
            policies=policies,
            keys={"aws:principalarn": self.arn},  # Where IAM here does not know the role, as AWS's own.
            limits=iam_evaluator._permissions_boundary(ministack_iam._roles, name, account),
        )


def _refused_to_caller(action: str, resource: str, context: dict[str, Any]) -> Any:
    def evaluate() -> Any:
        iam_evaluator.pin_request_origin(_ATHENA_ADDRESS, True)
        # Empty for the account root, whose signature ministack does not check.
        access_key_id = iam_evaluator._verified_key.get()
        service = action.partition(":")[0]
        return iam_evaluator.enforce(
            access_key_id, action, service, get_region(), resource_arn=resource, service_context=context
        )

    return contextvars.copy_context().run(evaluate)


def require(
    action: str,
    resource: str,
    context: dict[str, Any] | None = None,
    role: ServiceRole | None = None,
    called_via: Mapping[str, Any] = CALLED_VIA_ATHENA,
) -> None:
    """Raise AccessDenied unless the caller of the current request may do `action` on `resource` through Athena.

    With a role it is that, not the caller, who must be allowed.
    """
    if role is None:
        refused = _refused_to_caller(action, resource, {**called_via, **(context or {})})
    else:
        refused = decide(role.principal(), action, resource, get_region(), VIA_A_SERVICE | (context or {}))
    if isinstance(refused, iam_evaluator.AuthError):
        raise AccessDenied(action, resource, refused.message)
    if refused is not None:
        explicit = refused.decision == "Deny"
        text = denial_text(action, refused.principal_arn, resource, kind_of_policy(refused), explicit)
        raise AccessDenied(action, resource, text)


def require_key(
    action: str,
    key: str,
    through: str = "s3",
    role: ServiceRole | None = None,
    called_via: Mapping[str, Any] = CALLED_VIA_ATHENA,
) -> None:
    """The use of a KMS key, where there is one, by a service on behalf of the caller or with a role."""
    if not key:
        return
    require(action, key, {"kms:ViaService": f"{through}.{get_region()}.amazonaws.com"}, role, called_via)
    if unusable := kms_keys.out_of_use(key):
        raise KeyNotUsable(*unusable)


def require_glue(action: str, database: str = "", table: str = "") -> None:
    """Glue wants the action on the resource and on everything above it, and names the first that is missing."""
    names = ["catalog"] + [f"database/{database}"] * bool(database) + [f"table/{database}/{table}"] * bool(table)
    for name in names:
        require(action, f"arn:aws:glue:{get_region()}:{get_account_id()}:{name}")
    if action.startswith("glue:Get"):
        require_catalog_key()


def require_catalog_key(called_via: Mapping[str, Any] = CALLED_VIA_ATHENA) -> None:
    """Reading an encrypted catalog: the caller's right to its key, or the right of the role that Glue assumes for it.

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_EncryptionAtRest.html. The user guide also lists Encrypt
    and GenerateDataKey for clients that read, without saying what for; here reading takes Decrypt alone.
    """
    settings = glue.encryption_at_rest()
    key = settings.get("SseAwsKmsKeyId", "")
    if not key:  # Not encrypted, or under aws/glue, which takes no right.
        return
    role = None
    if settings["CatalogEncryptionMode"] == "SSE-KMS-WITH-SERVICE-ROLE":
        role = ServiceRole(settings["CatalogEncryptionServiceRole"], "AWSGlueDataCatalog")
    try:
        require_key("kms:Decrypt", kms_keys.arn_of(key), "glue", role, called_via)
    except AccessDenied as denied:
        raise CatalogKeyDenied(key, str(denied)) from denied
    except KeyNotUsable as unusable:
        raise CatalogKeyDenied(key, unusable.text, unusable.code) from unusable


def require_table(database: str, table: str) -> None:
    """What planning a query asks of IAM about the catalog."""
    require_glue("glue:GetDatabase", database)
    require_glue("glue:GetTable", database, table)


def require_source(location: Location, keys: Iterable[str], role: ServiceRole | None = None) -> None:
    """Reading a table's data: list the location, read each object; with the caller's own rights unless by a role."""
    context = s3_service_context("s3:ListBucket", {"prefix": [location.prefix]})
    require("s3:ListBucket", f"arn:aws:s3:::{location.bucket}", context, role)
    for key in keys:
        require_read(location.bucket, key, role)


def require_read(bucket: str, key: str, role: ServiceRole | None = None) -> None:
    """Reading one object, and using the key it lies under."""
    context = s3_service_context("s3:GetObject", {}, f"/{bucket}/{key}")
    require("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", context, role)
    require_key("kms:Decrypt", s3.key_of(bucket, key), role=role)


def require_write(bucket: str, key: str, headers: dict[str, str], size: int) -> None:
    """Writing one object: in parts where it is large, each of which takes kms:Decrypt (S3 API, UploadPart)."""
    context = s3_service_context("s3:PutObject", {}, f"/{bucket}/{key}", headers)
    require("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", context)
    if "x-amz-acl" in headers:
        require("s3:PutObjectAcl", f"arn:aws:s3:::{bucket}/{key}", context)
    encryption_key = s3.key_for_writing(bucket, headers)
    require_key("kms:GenerateDataKey", encryption_key)
    if size > PART_SIZE:
        require_key("kms:Decrypt", encryption_key)
