# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that encrypts what seed.yml made, and takes it back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ansible_collections.amazon.aws as amazon_aws
import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.sample import RESULTS_BUCKET, SOURCE_BUCKET, User, seed, statement

REPOSITORY = Path(__file__).resolve().parents[2]
PLAYBOOK = REPOSITORY / "tests" / "sandbox" / "encryption.yml"
EMPLOYEES = "hr/employees/employees.csv"


@dataclass
class Encryption:
    """A sandbox with the sample data, and runs of the playbook on it."""

    sandbox: Sandbox
    directory: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        """How much a run that must succeed changed, and what it said."""
        collections = Path(amazon_aws.__path__[0]).parents[2]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
        environment |= self.sandbox.environment | {
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.directory / "remote"),
            "HOME": str(self.directory),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(PLAYBOOK)]
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=self.directory
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return int(re.findall(r"changed=(\d+)", done.stdout)[-1]), done.stdout

    def key(self, name: str) -> str:
        """The ARN of a key of the playbook."""
        kms = self.sandbox.client("kms")
        return str(kms.describe_key(KeyId=f"alias/athena-{name}")["KeyMetadata"]["Arn"])

    def default_of(self, bucket: str) -> dict[str, Any]:
        """The default encryption of a bucket."""
        configuration = self.sandbox.client("s3").get_bucket_encryption(Bucket=bucket)
        [rule] = configuration["ServerSideEncryptionConfiguration"]["Rules"]
        return dict(rule["ApplyServerSideEncryptionByDefault"])

    def catalog(self) -> dict[str, str]:
        """How the catalog is encrypted."""
        settings = self.sandbox.client("glue").get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
        return dict(settings["EncryptionAtRest"])


@pytest.fixture(scope="module")
def encryption(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Encryption:
    """The sample data in an account of this module's own."""
    sandbox.reset()
    seed(sandbox)
    return Encryption(sandbox, tmp_path_factory.mktemp("encryption"))


def test_it_encrypts_once_and_takes_it_back(encryption: Encryption) -> None:
    changed, output = encryption.run()
    assert changed > 0
    keys = {name: encryption.key(name) for name in ("results", "sources", "catalog")}
    assert len(set(keys.values())) == 3
    assert all(arn in output for arn in keys.values())
    for bucket, name in ((RESULTS_BUCKET, "results"), (SOURCE_BUCKET, "sources")):
        assert encryption.default_of(bucket) == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys[name]}
    s3 = encryption.sandbox.client("s3")
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=SOURCE_BUCKET)["Contents"]]
    assert {s3.head_object(Bucket=SOURCE_BUCKET, Key=name)["SSEKMSKeyId"] for name in names} == {keys["sources"]}
    assert encryption.catalog() == {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": keys["catalog"]}
    # Each key is asked for.
    reader = User(encryption.sandbox, "reader", [statement(["s3:*", "glue:*"], "*")])
    calls = {
        "sources": partial(reader.client("s3").get_object, Bucket=SOURCE_BUCKET, Key=EMPLOYEES),
        "results": partial(reader.client("s3").put_object, Bucket=RESULTS_BUCKET, Key="a", Body=b""),
        "catalog": reader.client("glue").get_databases,
    }
    for name, call in calls.items():
        with pytest.raises(ClientError, match=keys[name]):
            call()

    assert encryption.run()[0] == 0
    assert {name: encryption.key(name) for name in keys} == keys

    assert encryption.run("-e", "sandbox_encryption=absent")[0] > 0
    assert {encryption.default_of(bucket)["SSEAlgorithm"] for bucket in (RESULTS_BUCKET, SOURCE_BUCKET)} == {"AES256"}
    assert [name for name in names if "SSEKMSKeyId" in s3.head_object(Bucket=SOURCE_BUCKET, Key=name)] == []
    assert encryption.catalog() == {"CatalogEncryptionMode": "DISABLED"}
    reader.client("s3").get_object(Bucket=SOURCE_BUCKET, Key=EMPLOYEES)
    # The keys stay.
    assert {name: encryption.key(name) for name in keys} == keys
    assert encryption.run("-e", "sandbox_encryption=absent")[0] == 0
