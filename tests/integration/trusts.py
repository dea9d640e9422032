# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust policies, roles and sessions of a sandbox, in the words of its tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
OTHER_ACCOUNT = "210987654321"


def refusal(call: Callable[[], Any]) -> tuple[int, str, str]:
    """The status, code and message of a call; zero and nothing when it succeeds."""
    try:
        call()
    except ClientError as error:
        status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return status, str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])
    return 0, "", ""


def statement(principal: Any, **more: Any) -> dict[str, Any]:
    """A statement that lets a principal assume the role; AWS principals may be given by their text."""
    named = principal if isinstance(principal, dict) or principal == "*" else {"AWS": principal}
    return {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole", **more}


def trust(*statements: dict[str, Any]) -> str:
    """A trust policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def new_role(iam: Any, name: str, document: str = trust(statement(ROOT)), **more: Any) -> str:
    """Create a role; returns its ARN."""
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"]["Arn"])


def rights(iam: Any, role: str, *statements: dict[str, Any]) -> None:
    """Make these statements the whole of a role's rights."""
    iam.put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=json.dumps({"Statement": list(statements)}))


def allow(action: str | list[str], resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    """A statement of an identity policy."""
    return {"Effect": effect, "Action": action, "Resource": resource}


def session(sandbox: Sandbox, sts: Any, arn: str, name: str = "session", **more: Any) -> Callable[[str], Any]:
    """Assume a role; returns what makes clients of the session."""
    granted = sts.assume_role(RoleArn=arn, RoleSessionName=name, **more)["Credentials"]
    key = (granted["AccessKeyId"], granted["SecretAccessKey"])
    return lambda service: sandbox.client(service, *key, session_token=granted["SessionToken"])
