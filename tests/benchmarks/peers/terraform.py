# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terraform with its AWS provider, where both are installed; nothing is downloaded.

The provider is looked for in the directories in which Terraform looks by itself, and in $TERRAFORM_PLUGINS.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from athena_sandbox.launcher import REGION

from ..measure import Command
from ..world import BUCKET, Connection, World
from .peer import Peer, Task, assume_document, policy_document, trust_document

_PROVIDER = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}
_SERVICES = ("iam", "lakeformation", "s3", "sts")
# `terraform plan -detailed-exitcode` where something differs.
_DIFFERS = 2


class Terraform(Peer):
    name = "terraform"
    title = "Terraform, AWS provider"
    takes_minutes = True

    def missing(self) -> str:
        return _missing()

    def prepare(self, world: World, directory: Path) -> None:
        (directory / "main.tf.json").write_text(json.dumps(_configuration(world)), encoding="utf-8")
        for state in directory.glob("terraform.tfstate*"):
            state.unlink()
        if not (directory / ".terraform").exists():
            _initialise(directory).check_returncode()

    def command(self, directory: Path, task: Task) -> Command:
        if task in (Task.CHECK, Task.REVOKED):
            return Command(["terraform", "plan", "-input=false", "-no-color", "-detailed-exitcode"], _variables())
        return Command(["terraform", "apply", "-input=false", "-no-color", "-auto-approve"], _variables())

    def status(self, task: Task) -> int:
        return _DIFFERS if task is Task.REVOKED else 0


@functools.cache
def _missing() -> str:
    if not shutil.which("terraform"):
        return "Terraform is not installed"
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "main.tf.json").write_text(json.dumps({"terraform": _PROVIDER}), encoding="utf-8")
        done = _initialise(Path(directory))
    return "" if done.returncode == 0 else "Terraform's AWS provider is not installed"


def _variables() -> dict[str, str]:
    """Without the settings of who runs it, and without its questions to the maker's server."""
    return {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "true"}


def _initialise(directory: Path) -> subprocess.CompletedProcess[bytes]:
    """Never from the registry: a plugin directory that is named is the only source."""
    beside = Path.home() / ".terraform.d" / "plugins"
    plugins = os.environ.get("TERRAFORM_PLUGINS", str(beside))
    command = ["terraform", "init", "-input=false", "-no-color", f"-plugin-dir={plugins}"]
    return subprocess.run(command, cwd=directory, env=os.environ | _variables(), capture_output=True, check=False)


def _configuration(world: World) -> dict[str, Any]:
    endpoint = world.sandbox.url
    provider = {
        "region": REGION,
        "s3_use_path_style": True,
        "skip_metadata_api_check": True,
        "endpoints": [dict.fromkeys(_SERVICES, endpoint)],
    }
    resources: dict[str, Any] = {}
    for connection in world.connections:
        for kind, blocks in _resources(connection).items():
            resources.setdefault(kind, {}).update(blocks)
    data = {"aws_s3_bucket": {"results": {"bucket": BUCKET}}}
    return {"terraform": _PROVIDER, "provider": {"aws": provider}, "data": data, "resource": resources}


def _resources(connection: Connection) -> dict[str, Any]:
    name = connection.role
    role, policy = f"${{aws_iam_role.{name}.name}}", f"${{aws_iam_policy.{name}.arn}}"
    trust, document, assume = trust_document(connection), policy_document(), assume_document(connection)
    return {
        "aws_iam_role": {name: {"name": name, "assume_role_policy": json.dumps(trust)}},
        "aws_iam_policy": {name: {"name": connection.policy, "policy": json.dumps(document)}},
        "aws_iam_role_policy_attachment": {name: {"role": role, "policy_arn": policy}},
        "aws_iam_role_policy": {
            name: {"role": connection.base_role, "name": f"assume-{name}", "policy": json.dumps(assume)}
        },
        "aws_lakeformation_permissions": {
            f"{name}-{number}": {
                "principal": f"${{aws_iam_role.{name}.arn}}",
                "permissions": permissions,
                **_named(resource),
            }
            for number, (resource, permissions) in enumerate(connection.resources)
        },
    }


def _named(resource: dict[str, Any]) -> dict[str, Any]:
    if "Database" in resource:
        return {"database": {"name": resource["Database"]["Name"]}}
    return {"table": {"database_name": resource["Table"]["DatabaseName"], "name": resource["Table"]["Name"]}}
