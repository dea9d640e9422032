# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results bucket in plain data: what the user wrote, and what AWS has.

A fact that AWS was asked for is a value, None where AWS says that there is none, or Denied.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _location,
    _report,
    _validation,
)

_KEY_ARN = re.compile(r"arn:[^:]+:kms:[^:]+:[^:]+:key/[^:]+")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the connection will use, and in which surroundings.

    owner: the account that must own the bucket. account_id: the account that the connection's identity is in.
    workgroup: empty where it is not to be looked at. identity: None where it is not known. granted_keys: the ARNs of
    the KMS keys that the identity may use, None where that is not known. predicts: whether what is not there yet may
    be about to be made by an earlier task.
    """

    location: _location.S3Location
    owner: str
    account_id: str
    partition: str
    region: str
    workgroup: str = "primary"
    identity: _identity.IdentityArn | None = None
    result_streaming: bool = False
    granted_keys: tuple[str, ...] | None = None
    predicts: bool = False

    @property
    def bucket(self) -> str:
        return self.location.bucket

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def is_cross_account(self) -> bool:
        return self.owner != self.account_id

    def lacks_key(self, arn: str) -> bool:
        """Whether the identity is known to have no permission to use the key."""
        return self.granted_keys is not None and arn not in self.granted_keys


@dataclasses.dataclass(frozen=True)
class Head:
    """What HeadBucket said of the bucket; region is None where S3 did not say it.

    kind: what is behind the name when it is not a general purpose bucket.
    """

    answer: t.Literal["found", "absent", "denied", "moved"]
    region: str | None = None
    kind: t.Literal["", "a directory bucket", "an access point"] = ""


@dataclasses.dataclass(frozen=True)
class Encryption:
    """A bucket's default encryption; kms_key is an id, an alias or an ARN, None with C(aws:kms) is the key aws/s3."""

    algorithm: str
    kms_key: str | None = None
    bucket_key_enabled: bool = False

    @property
    def uses_kms(self) -> bool:
        return self.algorithm in ("aws:kms", "aws:kms:dsse")

    @property
    def named_key(self) -> str | None:
        """The key as the bucket names it; None without KMS, and where that is the key aws/s3."""
        return self.kms_key if self.uses_kms and not (self.kms_key or "alias/aws/s3").endswith("alias/aws/s3") else None


@dataclasses.dataclass(frozen=True)
class KmsKey:
    """A KMS key; state and manager are the C(KeyState) and C(KeyManager) of KMS."""

    arn: str
    state: str
    manager: str

    @property
    def is_aws_managed(self) -> bool:
        return self.manager == "AWS"


@dataclasses.dataclass(frozen=True)
class ObjectLock:
    """default_retention: mode and period in words, None where only objects that ask for it are locked."""

    default_retention: str | None


@dataclasses.dataclass(frozen=True)
class BucketSettings:
    """What only an existing bucket can be asked for, and the key that encryption names by an id or an alias."""

    encryption: Encryption | _report.Denied | None
    payer: str | _report.Denied
    object_lock: ObjectLock | _report.Denied | None
    policy: Mapping[str, t.Any] | _report.Denied | None
    default_key: KmsKey | _report.Denied | t.Literal["not asked for", "absent"] = "not asked for"

    @property
    def kms_key_arn(self) -> str | None:
        """The ARN of the default encryption's customer managed key; None where there is none or it is not known."""
        named = self.encryption.named_key if isinstance(self.encryption, Encryption) else None
        if named is None or is_key_arn(named):
            return named
        if isinstance(self.default_key, KmsKey) and not self.default_key.is_aws_managed:
            return self.default_key.arn
        return None


@dataclasses.dataclass(frozen=True)
class Workgroup:
    """A workgroup as far as it concerns the results of queries; the names are those of the Athena API."""

    name: str
    state: str
    enforced: bool = False
    output_location: str | None = None
    expected_bucket_owner: str | None = None
    acl: str | None = None
    encryption_option: str | None = None
    kms_key: str | None = None
    minimum_encryption: bool = False
    managed_query_results: bool = False
    identity_center: bool = False
    s3_access_grants: bool = False
    engine: str = ""


@dataclasses.dataclass(frozen=True)
class Observed:
    """settings: None where there is no bucket to ask. workgroup: None also where it was not asked for."""

    head: Head
    settings: BucketSettings | None
    workgroup: Workgroup | _report.Denied | None = None


def read_location(params: Mapping[str, t.Any], region: str | None) -> _location.S3Location:
    """The S3 Output Location, or InvalidOption where the options alone show that it cannot work."""
    location = _location.parse_s3_location("output_location", params["output_location"])
    owner = params["expected_bucket_owner"]
    if owner is not None:
        _validation.check_account_id("expected_bucket_owner", owner)
    if not region:
        raise _validation.InvalidOption(
            "region", "is needed: Athena runs queries in one Region, and the bucket must be there; set it"
        )
    named = _location.account_regional_owner(location.bucket)
    if named and owner and named[0] != owner:
        raise _validation.InvalidOption(
            "output_location",
            f"the name {location.bucket!r} belongs to the account {named[0]}, but expected_bucket_owner is {owner}; "
            "correct one of them",
        )
    if named and named[1] != region:
        raise _validation.InvalidOption(
            "output_location",
            f"the name {location.bucket!r} belongs to the Region {named[1]}, and the queries run in {region}; "
            "use a bucket in the Region of the queries",
        )
    return location


def read_workgroup(params: Mapping[str, t.Any]) -> str:
    """The name of the workgroup; empty where it is not to be looked at."""
    name: str = params["workgroup"]
    return _validation.check_workgroup_name("workgroup", name) if name else ""


def read_identity(params: Mapping[str, t.Any], partition: str) -> _identity.IdentityArn | None:
    """The identity that will use the bucket, or None where it was not given."""
    if not params["principal"]:
        return None
    identity = _identity.parse_identity_arn("principal", params["principal"])
    if identity.partition != partition:
        raise _validation.InvalidOption(
            "principal", f"{identity.arn!r} is of the partition {identity.partition!r}, the Region is of {partition!r}"
        )
    return identity


def require_same_account(identity: _identity.IdentityArn | None, account_id: str, workgroup: str) -> None:
    """Raise InvalidOption where the workgroup that can be seen is not the one that the identity would use."""
    if identity and workgroup and identity.account_id != account_id:
        raise _validation.InvalidOption(
            "principal",
            f"{identity.arn!r} is in the account {identity.account_id}, whose workgroup cannot be looked at from "
            f"{account_id}; use credentials of its account, or leave the workgroup out (workgroup: '')",
        )


def head_of(answer: Mapping[str, t.Any]) -> Head:
    """Of the answer of HeadBucket, refusals included.

    The Region is in a header of every answer, whatever the caller may do
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
    """
    meaning: dict[int, t.Any] = {200: "found", 301: "moved", 403: "denied", 404: "absent"}
    metadata = answer["ResponseMetadata"]
    kind: t.Literal["", "a directory bucket", "an access point"] = ""
    if answer.get("AccessPointAlias"):
        kind = "an access point"
    elif answer.get("BucketLocationType"):
        kind = "a directory bucket"
    region = answer.get("BucketRegion") or metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    return Head(meaning[metadata["HTTPStatusCode"]], region or None, kind)


def encryption_of(configuration: Mapping[str, t.Any] | None) -> Encryption | None:
    for rule in (configuration or {}).get("Rules", []):
        default = rule.get("ApplyServerSideEncryptionByDefault")
        if default:
            return Encryption(
                default["SSEAlgorithm"], default.get("KMSMasterKeyID"), rule.get("BucketKeyEnabled", False)
            )
    return None


def is_key_arn(key: str) -> bool:
    return bool(_KEY_ARN.fullmatch(key))


def key_to_look_up(wanted: Wanted, region: str | None, encryption: Encryption | _report.Denied | None) -> str | None:
    """The ARN to ask KMS for, where a bucket of that Region names its default key by an id or an alias.

    A key that the identity is not known to have is asked for too: it may be aws/s3, which needs no permission.
    None where there is nothing to ask, or where KMS as seen from here would answer for another key: S3 looks up an id
    or an alias in the account of the request
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html).
    """
    key = encryption.named_key if isinstance(encryption, Encryption) else None
    if key is None or (is_key_arn(key) and not wanted.lacks_key(key)):
        return None
    if not key.startswith("arn:"):
        if wanted.is_cross_account:
            return None
        key = _location.named_key(key, wanted.partition, region, wanted.owner)
    return key if f":kms:{wanted.region}:" in key else None


def kms_key_of(metadata: Mapping[str, t.Any] | None) -> KmsKey | t.Literal["absent"]:
    """Of the metadata that DescribeKey gives."""
    if metadata is None:
        return "absent"
    return KmsKey(metadata["Arn"], metadata["KeyState"], metadata["KeyManager"])


def object_lock_of(configuration: Mapping[str, t.Any] | None) -> ObjectLock | None:
    if not configuration or configuration.get("ObjectLockEnabled") != "Enabled":
        return None
    retention = configuration.get("Rule", {}).get("DefaultRetention")
    if not retention:
        return ObjectLock(None)
    period = [f"{retention[unit]} {unit.lower()}" for unit in ("Days", "Years") if retention.get(unit)]
    return ObjectLock(" ".join([retention.get("Mode", ""), *period]).strip() or "an event hold")


def workgroup_of(answer: Mapping[str, t.Any] | None) -> Workgroup | None:
    if answer is None:
        return None
    configuration = answer.get("Configuration", {})
    results = configuration.get("ResultConfiguration", {})
    encryption = results.get("EncryptionConfiguration", {})
    return Workgroup(
        name=answer["Name"],
        state=answer.get("State", ""),
        enforced=configuration.get("EnforceWorkGroupConfiguration", False),
        output_location=results.get("OutputLocation") or None,
        expected_bucket_owner=results.get("ExpectedBucketOwner"),
        acl=results.get("AclConfiguration", {}).get("S3AclOption"),
        encryption_option=encryption.get("EncryptionOption"),
        kms_key=encryption.get("KmsKey"),
        minimum_encryption=configuration.get("EnableMinimumEncryptionConfiguration", False),
        managed_query_results=configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled", False),
        identity_center=bool(
            answer.get("IdentityCenterApplicationArn")
            or configuration.get("IdentityCenterConfiguration", {}).get("EnableIdentityCenter")
        ),
        s3_access_grants=configuration.get("QueryResultsS3AccessGrantsConfiguration", {}).get(
            "EnableS3AccessGrants", False
        ),
        engine=configuration.get("EngineVersion", {}).get("SelectedEngineVersion", ""),
    )
