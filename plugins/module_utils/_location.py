# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are: S3 locations, and the ARNs of one account, Region and partition.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Container, Iterable, Iterator

from ansible_collections.qualytics.athena.plugins.module_utils import _validation

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_CHARACTERS = re.compile(r"[a-z0-9.-]+")
_BUCKET_ENDS = re.compile(r"[a-z0-9].*[a-z0-9]")
_FOUR_NUMBERS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = {
    "-s3alias": "an access point alias",
    "--ol-s3": "an Object Lambda access point alias",
    ".mrap": "a Multi-Region Access Point alias",
    "--x-s3": "a directory bucket",
    "--table-s3": "a table bucket (S3 Tables)",
}
_ACCOUNT_REGIONAL_BUCKET = re.compile(r".+-(?P<account_id>\d{12})-(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d)-an")

_KEY_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):kms:(?P<region>[a-z0-9-]+):(?P<account_id>\d{12}):key/(?P<id>[A-Za-z0-9-]+)"
)

# An account id of the right length: options are read, and documents have their final size, before the caller's account
# is known.
SOME_ACCOUNT: t.Final = "0" * 12


@dataclasses.dataclass(frozen=True)
class S3Location:
    """A bucket and a prefix without slashes at its ends; the prefix is empty for the whole bucket."""

    bucket: str
    prefix: str = ""

    @property
    def uri(self) -> str:
        """The location as the connection form and Athena write it, with the slash at its end."""
        return f"s3://{self.bucket}/{self.prefix}/" if self.prefix else f"s3://{self.bucket}/"

    @property
    def key_pattern(self) -> str:
        """The pattern of all object keys below the location.

        Without the slash before the wildcard, C(PREFIX*) would also open C(PREFIX-secret/), and an empty
        prefix written C(/*) would match no key at all.
        """
        return f"{self.prefix}/*" if self.prefix else "*"

    def around(self) -> Iterator[S3Location]:
        """This location and all that it lies in, the bucket last. C(prefix) is not around C(prefix-secret)."""
        prefix = self.prefix
        while prefix:
            yield S3Location(self.bucket, prefix)
            prefix = prefix.rpartition("/")[0]
        yield S3Location(self.bucket)


@dataclasses.dataclass(frozen=True)
class Scope:
    """The partition, account and Region that ARNs are written for; region is None where nothing needs it."""

    partition: str
    account_id: str
    region: str | None

    def _regional(self, service: str, resource: str, account_id: str | None = None) -> str:
        if not self.region:
            raise _validation.InvalidOption("region", f"is needed to write the {service} ARN of {resource}; set it")
        return f"arn:{self.partition}:{service}:{self.region}:{account_id or self.account_id}:{resource}"

    def workgroup(self, name: str) -> str:
        return self._regional("athena", f"workgroup/{name}")

    def data_catalog(self, name: str) -> str:
        return self._regional("athena", f"datacatalog/{name}")

    def glue(self, resource: str, catalog_id: str | None = None) -> str:
        """A Glue resource, for instance C(database/sales); catalog_id is the account that owns the catalog."""
        return self._regional("glue", resource, catalog_id)

    def bucket(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"

    def objects(self, location: S3Location) -> str:
        return f"{self.bucket(location.bucket)}/{location.key_pattern}"

    def identity(self, identity_type: str, path: str, name: str) -> str:
        """An IAM user or role; the path ends with a slash."""
        return f"arn:{self.partition}:iam::{self.account_id}:{identity_type}{path}{name}"

    def managed_policy(self, path: str, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:policy{path}{name}"


@dataclasses.dataclass(frozen=True)
class KeyArn:
    """The parts of a KMS key ARN."""

    arn: str
    partition: str
    region: str
    account_id: str


def parse_s3_location(option: str, uri: str) -> S3Location:
    """Read C(s3://bucket[/prefix]), or raise InvalidOption naming the rule that is broken."""
    if not uri.startswith("s3://"):
        raise _validation.InvalidOption(
            option, f"{uri!r} is not an S3 location; write it as s3://bucket or s3://bucket/prefix"
        )
    bucket, _slash, prefix = uri.removeprefix("s3://").partition("/")
    _check_bucket_name(option, bucket)
    return S3Location(bucket, _checked_prefix(option, prefix))


def _check_bucket_name(option: str, bucket: str) -> None:
    def refuse(rule: str) -> _validation.InvalidOption:
        return _validation.InvalidOption(option, f"{bucket!r} is not a usable bucket name: {rule}")

    if not bucket:
        raise _validation.InvalidOption(option, "names no bucket; write it as s3://bucket or s3://bucket/prefix")
    if not 3 <= len(bucket) <= 63:
        raise refuse(f"it has {len(bucket)} characters, S3 allows 3 to 63")
    if not _BUCKET_CHARACTERS.fullmatch(bucket):
        raise refuse("S3 allows only lowercase letters, digits, dots and hyphens")
    if not _BUCKET_ENDS.fullmatch(bucket):
        raise refuse("it must begin and end with a letter or digit")
    if ".." in bucket:
        raise refuse("it has two dots in a row")
    if _FOUR_NUMBERS.fullmatch(bucket):
        raise refuse("it looks like an IP address")
    for prefix in _RESERVED_PREFIXES:
        if bucket.startswith(prefix):
            raise refuse(f"the prefix {prefix!r} is reserved by AWS")
    if bucket.endswith("-an") and not account_regional_owner(bucket):
        raise refuse("the suffix '-an' is reserved for names of the form PREFIX-ACCOUNTID-REGION-an")
    for suffix, kind in _RESERVED_SUFFIXES.items():
        if bucket.endswith(suffix):
            raise refuse(f"the suffix {suffix!r} marks {kind}; use a general purpose bucket")


def _checked_prefix(option: str, prefix: str) -> str:
    if prefix.startswith("/"):
        raise _validation.InvalidOption(option, f"the prefix {prefix!r} begins with a slash; write s3://bucket/prefix")
    if prefix != prefix.strip(" "):
        raise _validation.InvalidOption(option, f"the prefix {prefix!r} has a blank at its beginning or end; remove it")
    if "//" in prefix:
        raise _validation.InvalidOption(option, f"the prefix {prefix!r} has two slashes in a row; remove one")
    if any(part in (".", "..") for part in prefix.split("/")):
        raise _validation.InvalidOption(option, f"the prefix {prefix!r} has a '.' or '..' part; write the exact prefix")
    _validation.refuse_unsafe_text(option, prefix)
    if len(prefix) > 900:
        raise _validation.InvalidOption(
            option, f"the prefix has {len(prefix)} characters; S3 keys end at 1,024 with Athena's own part"
        )
    return prefix.removesuffix("/")


def outermost(locations: Iterable[S3Location]) -> tuple[S3Location, ...]:
    """Sorted, without those that lie within another one: its pattern covers them already."""
    given = set(locations)
    return tuple(sorted((it for it in given if is_outermost(it, given)), key=lambda it: (it.bucket, it.prefix)))


def is_outermost(location: S3Location, among: Container[S3Location]) -> bool:
    return not any(outer in among for outer in location.around() if outer != location)


def account_regional_owner(bucket: str) -> tuple[str, str] | None:
    """(account id, Region) read from the name of a bucket in an account-regional namespace, else None.

    Such names are C(PREFIX-ACCOUNTID-REGION-an)
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    """
    found = _ACCOUNT_REGIONAL_BUCKET.fullmatch(bucket)
    return (found["account_id"], found["region"]) if found else None


def named_key(named: str, partition: str, region: str | None, account_id: str) -> str:
    """The ARN of a key, or of its alias, that is named in an account and Region by its id or alias."""
    resource = named if named.startswith("alias/") else f"key/{named}"
    return f"arn:{partition}:kms:{region}:{account_id}:{resource}"


def match_key_arn(text: str) -> KeyArn | None:
    """The parts of a KMS key's own ARN, None for another text: S3 keeps whatever it is given as the key of a bucket."""
    found = _KEY_ARN.fullmatch(text)
    return KeyArn(text, found["partition"], found["region"], found["account_id"]) if found else None


def parse_key_arn(option: str, arn: str) -> KeyArn:
    """Read the ARN of a KMS key, or raise InvalidOption. An alias is refused: IAM matches the key's own ARN only."""
    _validation.refuse_unsafe_text(option, arn)
    found = match_key_arn(arn)
    if found:
        return found
    expected = "write the key's own ARN, arn:aws:kms:REGION:ACCOUNT:key/ID"
    if ":alias/" in arn or arn.startswith("alias/"):
        raise _validation.InvalidOption(
            option, f"{arn!r} is an alias, which a policy on the key cannot name; {expected}"
        )
    raise _validation.InvalidOption(option, f"{arn!r} is not the ARN of a KMS key; {expected}")
