# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test-only Ansible module: the objects of a bucket under a KMS key, and the Glue catalog under another, or neither.

A bucket's default key is for what is written later, and no collection has a module for the settings of the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def ensure_objects(s3: Any, bucket: str, key: str | None, check_mode: bool) -> Iterator[str]:
    """Put every object under a key, or under none, by a copy onto itself; yields what was done."""
    wanted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {"ServerSideEncryption": "AES256"}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for name in (each["Key"] for each in page.get("Contents", [])):
            if s3.head_object(Bucket=bucket, Key=name).get("SSEKMSKeyId") == key:
                continue
            if not check_mode:
                source = {"Bucket": bucket, "Key": name}
                s3.copy_object(Bucket=bucket, Key=name, CopySource=source, MetadataDirective="COPY", **wanted)
            yield name


def ensure_catalog(glue: Any, key: str | None, check_mode: bool) -> Iterator[str]:
    """Encrypt the catalog with a key, with the caller's rights, or not at all; yields what was done."""
    settings = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    wanted = {"CatalogEncryptionMode": "DISABLED"}
    if key:
        wanted = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": key}
    if settings["EncryptionAtRest"] != wanted:
        if not check_mode:
            new = settings | {"EncryptionAtRest": wanted}
            glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=new)
        yield "catalog"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"type": "str", "required": True},
            "objects_key": {"type": "str", "no_log": False},
            "catalog_key": {"type": "str", "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["objects_key", "catalog_key"])],
        supports_check_mode=True,
    )
    options = module.params
    objects_key, catalog_key = (
        options[name] if options["state"] == "present" else None for name in ("objects_key", "catalog_key")
    )
    changes = [
        *ensure_objects(module.client("s3"), options["bucket"], objects_key, module.check_mode),
        *ensure_catalog(module.client("glue"), catalog_key, module.check_mode),
    ]
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
