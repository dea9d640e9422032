# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that queries as the product does, with the credentials of its connection, and is served or refused."""

from __future__ import annotations

import dataclasses
import os
from typing import Any
from unittest import mock

import botocore.loaders
from botocore.exceptions import ClientError
from pyathena.error import Error as PyAthenaError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION

from ..clients.athena_query import query
from ..integration.access_world import EXTERNAL_ID, LOCATION, ROLE, AccessWorld
from .tally import LOOKS, TALLY

_LOADER = botocore.loaders.create_loader()

# One table is left to IAM and S3, the other is governed by Lake Formation.
QUERIES = {
    "sales.orders": ("sales", "orders", "SELECT max(amount) FROM orders"),
    "hr.employees": ("hr", "employees", "SELECT max(name) FROM employees"),
}


@dataclasses.dataclass(frozen=True)
class Client:
    """A client of one connection; it assumes the role anew for every query."""

    sandbox: Sandbox
    credentials: dict[str, str]
    is_of_role: bool

    @classmethod
    def of(cls, world: AccessWorld) -> Client:
        return cls(world.sandbox, world.credentials, world.mode == "iam_role")

    def refusals(self) -> dict[str, str]:
        """Why it is refused, for each table that it may not query."""
        given: dict[str, Any] = {
            "aws_access_key_id": self.credentials["live_access_key"],
            "aws_secret_access_key": self.credentials["live_secret_key"],
            "aws_session_token": self.credentials.get("live_session_token"),
            "endpoint_url": self.sandbox.url,
            "region_name": REGION,
            "poll_interval": 0.01,
        }
        if self.is_of_role:
            given |= {"role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE}", "external_id": EXTERNAL_ID}
        refused = {}
        # PyAthena assumes the role with a client of its own, which it gives no endpoint; and to read the service models
        # for each client anew would take most of the time.
        with (
            mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": self.sandbox.url}),
            mock.patch("botocore.session.create_loader", return_value=_LOADER),
        ):
            for name, (database, table, sql) in QUERIES.items():
                TALLY[LOOKS] += 1
                try:
                    served = query(LOCATION, database, table, sql, **given)
                    assert served["rows"], served
                except (PyAthenaError, ClientError) as error:
                    refused[name] = str(error)
        return refused
