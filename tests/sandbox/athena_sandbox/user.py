# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of a sandbox with the rights a test gives them."""

from __future__ import annotations

import json
from typing import Any

from .launcher import Sandbox


class User:
    """An IAM user with one inline policy, and clients that hold its access key."""

    def __init__(self, sandbox: Sandbox, name: str, path: str = "/") -> None:
        self._sandbox = sandbox
        self._iam = sandbox.client("iam")
        self.name = name
        self.arn: str = self._iam.create_user(UserName=name, Path=path)["User"]["Arn"]
        self.key: dict[str, str] = self._iam.create_access_key(UserName=name)["AccessKey"]

    def may(self, actions: str | list[str], resources: str | list[str], *more: dict[str, Any]) -> User:
        """Make this the whole of the user's rights; `more` are whole statements."""
        statements = [{"Effect": "Allow", "Action": actions, "Resource": resources}, *more]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.put_user_policy(UserName=self.name, PolicyName="rights", PolicyDocument=document)
        return self

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client with the user's access key."""
        return self._sandbox.client(service, self.key["AccessKeyId"], self.key["SecretAccessKey"], region)
