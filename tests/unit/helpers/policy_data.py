# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS and the vendor publish, as data, and one connection to hold against it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

_DATA = pathlib.Path(__file__).parent.parent / "data"

# Partition -> one of its Regions (botocore's partitions.json).
PARTITIONS: t.Final = {
    "aws": "eu-central-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}


def _read(name: str) -> t.Any:
    return json.loads((_DATA / name).read_text(encoding="utf-8"))


# Action -> access, resourceTypes ([name, required]) and arns (the form of each type).
SERVICE_AUTHORIZATION: t.Final[dict[str, t.Any]] = _read("service_authorization.json")
VENDOR_EXAMPLE: t.Final[dict[str, t.Any]] = _read("vendor_example_policy.json")


def vendor_example(partition: str, bucket: str, prefix: str) -> dict[str, t.Any]:
    """The vendor's example policy for a bucket and a prefix, as a person would fill it in."""
    text = json.dumps(VENDOR_EXAMPLE).replace("<YOUR_BUCKET>", bucket).replace("arn:aws:", f"arn:{partition}:")
    text = text.replace("<YOUR_PREFIX>", prefix) if prefix else text.replace("<YOUR_PREFIX>/", "")
    return json.loads(text)


@dataclasses.dataclass(frozen=True)
class Connection:
    """One connection, narrowed as far as it goes."""

    partition: str = "aws"
    account_id: str = "123456789012"
    bucket: str = "example-athena-results"
    prefix: str = "athena/results"
    database: str = "sales"
    source_bucket: str = "example-lake"
    source_prefix: str = "raw/sales"

    @property
    def region(self) -> str:
        return PARTITIONS[self.partition]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def s3(self, resource: str) -> str:
        return f"arn:{self.partition}:s3:::{resource}"

    def key(self, use: str) -> str:
        ids = {"results": "1111aaaa", "sources": "2222bbbb", "catalog": "3333cccc"}
        return self.arn("kms", f"key/{ids[use]}-12ab-34cd-56ef-1234567890ab")

    @property
    def params(self) -> dict[str, t.Any]:
        """The options of the module."""
        return {
            "output_location": f"s3://{self.bucket}/{self.prefix}/",
            "workgroups": ["primary"],
            "data_catalogs": ["AwsDataCatalog"],
            "databases": [self.database],
            "kms_keys": {use: [self.key(use)] for use in ("results", "sources", "catalog")},
            "source_locations": [f"s3://{self.source_bucket}/{self.source_prefix}"],
            "lake_formation": True,
            "result_streaming": True,
            "list_data_catalogs": True,
        }

    def least_privilege(self) -> dict[str, t.Any]:
        """The tightest policy, its placeholders filled.

        Without OPTAclOptionOnly: only a client that sets an ACL on its results needs it, the vendor's form has no
        such field, and with s3:PutObjectAcl whoever holds the identity could make results public.
        """
        statements = _read("least_privilege.json")["Statement"]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {**it, "Resource": [self._filled(form) for form in listed(it["Resource"])]}
                for it in statements
                if it["Sid"] != "OPTAclOptionOnly"
            ],
        }

    def _filled(self, form: str) -> str:
        if form == "*":
            return form
        _arn, _partition, service, region, account_id, resource = form.split(":", 5)
        values = {
            "B": self.bucket,
            "X": self.prefix,
            "DB": self.database,
            "SRC": self.source_bucket,
            "PATH": self.source_prefix,
            **{f"key/{name}": self.key(use).rpartition(":")[2] for name, use in _KEY_PLACEHOLDERS.items()},
        }
        parts = [values.get(resource)] if resource in values else [values.get(it, it) for it in resource.split("/")]
        scope = f"{self.region if region == 'R' else ''}:{self.account_id if account_id == 'A' else ''}"
        return f"arn:{self.partition}:{service}:{scope}:{'/'.join(str(part) for part in parts)}"


_KEY_PLACEHOLDERS = {"RESULTS": "results", "SOURCE": "sources", "CATALOG": "catalog"}


def arn_form(template: str) -> re.Pattern[str]:
    """The ARNs of a resource type: its form in the Service Authorization Reference, made a pattern."""
    text = re.sub(r"\$\{(\w+)\}", lambda found: _PARTS.get(found[1], "[^:]+"), template)
    return re.compile(text)


_PARTS = {
    "Partition": "aws[a-z-]*",
    "Region": "[a-z0-9-]+",
    "Account": r"\d{12}",
    "BucketName": "[^:/]+",
    "ObjectName": ".+",
    "DatabaseName": "[^:/]+",
    "TableName": "[^:/]+",
    "CatalogName": "[^:]+",
}


def listed(value: t.Any) -> list[t.Any]:
    """A policy element's values, whether it is written as a scalar or as a list."""
    return list(value) if isinstance(value, list) else [value]
