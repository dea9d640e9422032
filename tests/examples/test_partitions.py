# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of the guides for other partitions than C(aws) are provisioned there."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_sandbox import Sandbox

from ..integration.playbook_runs import run_playbook
from .collected import INVENTORIES
from .other_accounts import ANYBODY, VENDOR, client_of, document
from .partition import Partition
from .world import EMPTY, World

_PARTITIONS = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}
_ACCOUNT = "567890123456"
_ELSEWHERE = {
    place: hosts
    for place, example in INVENTORIES.items()
    if (hosts := yaml.safe_load(example.text)["all"]["hosts"])
    and any(host.get("athena_access_region") in _PARTITIONS for host in hosts.values())
}


def make_account(sandbox: Sandbox, hosts: dict[str, dict[str, Any]]) -> None:
    """What the connections of an inventory take for granted."""
    client_of(sandbox, VENDOR, "iam").create_role(
        RoleName="qualytics-dataplane", AssumeRolePolicyDocument=document(ANYBODY)
    )
    for host in hosts.values():
        region, bucket = host["athena_access_region"], host["athena_access_output_location"].split("/")[2]
        s3 = sandbox.client("s3", _ACCOUNT, "the-root-of-another-partition", region)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
        if "athena_access_user_name" in host:
            iam = client_of(sandbox, _ACCOUNT, "iam")
            iam.create_user(UserName=host["athena_access_user_name"])


@pytest.mark.parametrize("place", _ELSEWHERE)
def test_connections_in_other_partitions_are_provisioned_and_then_in_sync(
    place: str, sandbox: Sandbox, world: World, tmp_path: Path
) -> None:
    hosts = _ELSEWHERE[place]
    sandbox.restore(EMPTY)
    make_account(sandbox, hosts)
    path, config = tmp_path / "connections.yml", tmp_path / "config"
    path.write_text(INVENTORIES[place].text, encoding="utf-8")
    with ExitStack() as stack:
        partitions = {
            host["athena_access_profile"]: stack.enter_context(
                Partition(sandbox, _PARTITIONS[host["athena_access_region"]])
            )
            for host in hosts.values()
        }
        key = f"aws_access_key_id = {_ACCOUNT}\naws_secret_access_key = root\n"
        profiles = [f"[profile {name}]\nendpoint_url = {it.url}\n{key}" for name, it in partitions.items()]
        config.write_text("".join(profiles), encoding="utf-8")
        variables = {"AWS_CONFIG_FILE": str(config), "AWS_ENDPOINT_URL": ""}
        provisioned, again = (
            run_playbook(
                sandbox,
                tmp_path,
                f"qualytics.athena.{playbook}",
                f"--inventory={path}",
                with_keys=False,
                variables=variables,
            )
            for playbook in ("provision", "drift")
        )
    assert provisioned.status == 0, provisioned.output[-4000:]
    assert {it["status"] for it in provisioned.facts("athena_access_result").values()} == {"changed"}
    assert again.status == 0, again.output[-4000:]
    assert [it.strange for it in partitions.values()] == [[] for _partition in partitions]
    arns = [it["policy"]["arn"] for it in provisioned.facts("athena_access_result").values()]
    assert sorted(arn.split(":")[1] for arn in arns) == sorted(_PARTITIONS.values())


def test_there_is_an_example_of_another_partition() -> None:
    assert _ELSEWHERE
