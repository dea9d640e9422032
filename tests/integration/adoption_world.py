# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that works and was made without the collection: by hand as a user, or with Terraform as a role.

Around it are things of others: policies, attachments, tags, trust statements and grants.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from athena_sandbox.launcher import ACCOUNT_ID, REGION

from .access_world import BASE_ROLE, EXTERNAL_ID, GRANTS, LOCATION, ROLE, USER, AccessWorld, Document
from .account import Account

POLICY_NAME = {"access_key": "AthenaByHand", "iam_role": "athena-access"}
MANAGED = f"arn:aws:iam::{ACCOUNT_ID}:policy/by-hand/AthenaByHand"
TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/terraform/{ROLE}"
OURS_OF_BASE = f"qualytics-athena-assume-{ROLE}"
TAGS = [{"Key": "made", "Value": "by hand"}]
OTHER = f"arn:aws:iam::{ACCOUNT_ID}:user/other"
EMPLOYEES = {"Table": {"DatabaseName": "hr", "Name": "employees"}}
QUERIES = ("SELECT count(*) FROM sales.orders", "SELECT count(*) FROM hr.employees")
BUCKETS = [
    f"arn:aws:s3:::{bucket}{more}" for bucket in ("acme-athena-results", "acme-data-lake") for more in ("", "/*")
]

# What people write who want it to work: each statement is wider than what is needed.
WIDE: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": BUCKETS},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"},
        {"Effect": "Allow", "Action": "lakeformation:GetDataAccess", "Resource": "*"},
        {"Effect": "Allow", "Action": ["glue:Get*", "glue:BatchGetPartition"], "Resource": "*"},
        {"Effect": "Allow", "Action": "athena:*", "Resource": "*"},
    ],
}
UNRELATED: Document = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Sid": "Unrelated"},
}
EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


class AdoptionWorld(AccessWorld):
    """The connection in which everything is in order, made in other ways than ours."""

    @property
    def account(self) -> Account:
        return Account(self.sandbox)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:user/{USER}" if self.mode == "access_key" else TARGET

    def _provision(self) -> None:
        iam = self.client("iam")
        self.account.make_identity("user", "other")
        unrelated = self.account.make_policy("unrelated", UNRELATED)
        if self.mode == "access_key":
            self.account.make_policy(
                POLICY_NAME[self.mode], WIDE, "/by-hand/", Description="Pasted from a page", Tags=TAGS
            )
            for user in (USER, "other"):
                self.account.attach(MANAGED, user)
            self.account.attach(unrelated, USER)
        else:
            self._make_role()
            iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY_NAME[self.mode], PolicyDocument=json.dumps(WIDE))
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=unrelated)
        self.add_rights(UNRELATED["Statement"], name="unrelated")
        self._grant()

    def _make_role(self) -> None:
        """As Terraform makes it: with an empty Sid, and all in one statement."""
        base = f"arn:aws:iam::{ACCOUNT_ID}:role/{BASE_ROLE}"
        condition = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
        ours = {"Sid": "", "Effect": "Allow", "Principal": {"AWS": base}, "Action": "sts:AssumeRole"}
        self.account.make_role(
            ROLE,
            {"Version": "2012-10-17", "Statement": [EC2, {**ours, "Condition": condition}]},
            "/terraform/",
            Description="Managed by Terraform",
            MaxSessionDuration=7200,
            Tags=TAGS,
        )
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": TARGET}
        document = json.dumps({"Version": "2012-10-17", "Statement": [assume]})
        self.client("iam").put_role_policy(RoleName=BASE_ROLE, PolicyName="assume-target", PolicyDocument=document)

    def _grant(self) -> None:
        """More than the connection needs on one table, and something for somebody else."""
        lake = self.client("lakeformation")
        for to, resource, permissions in (
            (self.arn, {"Database": {"Name": "default"}}, ["DESCRIBE"]),
            (self.arn, {"Database": {"Name": "hr"}}, ["DESCRIBE"]),
            (self.arn, EMPLOYEES, ["SELECT", "DESCRIBE", "ALTER"]),
            (OTHER, EMPLOYEES, ["SELECT", "DROP"]),
        ):
            lake.grant_permissions(
                Principal={"DataLakePrincipalIdentifier": to}, Resource=resource, Permissions=permissions
            )

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of an inventory that take the connection over."""
        identity = {
            "access_key": {"user_name": USER, "path": "/by-hand/"},
            "iam_role": {"role_name": ROLE, "role_path": "/terraform/", "policy_type": "inline"},
        }
        given = {
            "auth_mode": self.mode,
            "policy_name": POLICY_NAME[self.mode],
            "region": REGION,
            "lake_formation_grants": GRANTS,
            "lake_formation_purge": True,
            **identity[self.mode],
            **self.policy_options,
            **self.trust_options,
        }
        return {f"athena_access_{name}": value for name, value in given.items()}

    def of_others(self) -> str:
        """All there is but what is taken over: the policy's document, and what this collection adds."""
        state, roles = self.account.state(), self.account.roles()
        adopted = state["managed"].get(MANAGED, {})
        for name in ("documents", "default"):
            adopted.pop(name, None)
        state["inline"].pop(f"role/{ROLE}/{POLICY_NAME['iam_role']}", None)
        state["inline"].pop(f"role/{BASE_ROLE}/{OURS_OF_BASE}", None)
        for role in (ROLE, BASE_ROLE):
            for policy in (POLICY_NAME["iam_role"], OURS_OF_BASE):
                roles.get(role, {}).get("inline", {}).pop(policy, None)
        return json.dumps([state, roles, self.grants(of_others=True)], default=str, sort_keys=True)

    def document(self) -> Document:
        """The document of the policy that is taken over."""
        if self.mode == "access_key":
            return self.account.document(MANAGED)
        found: Document = self.account.state()["inline"][f"role/{ROLE}/{POLICY_NAME[self.mode]}"]
        return found

    def grants(self, of_others: bool = False) -> list[Any]:
        """What the connection's identity is granted, or everybody else."""
        rows: list[Any] = []
        more: dict[str, str] = {}
        while True:
            page = self.client("lakeformation").list_permissions(**more)
            rows += page["PrincipalResourcePermissions"]
            if "NextToken" not in page:
                break
            more = {"NextToken": page["NextToken"]}
        return [row for row in rows if (row["Principal"]["DataLakePrincipalIdentifier"] == self.arn) is not of_others]

    # The product ------------------------------------------------------------------------------------------------

    def connect(self) -> Any:
        """An Athena client as the product makes it for every connection."""
        key = {name.removeprefix("live_"): value for name, value in self.credentials.items()}
        keys = (key["access_key"], key["secret_key"])
        if self.mode == "access_key":
            return self.sandbox.client("athena", *keys)
        sts = self.sandbox.client("sts", *keys, session_token=key["session_token"])
        session = sts.assume_role(RoleArn=TARGET, RoleSessionName="product", ExternalId=EXTERNAL_ID)["Credentials"]
        return self.sandbox.client(
            "athena", session["AccessKeyId"], session["SecretAccessKey"], session_token=session["SessionToken"]
        )


def refusal(athena: Any, sql: str) -> str:
    """Why a query is not served; empty where its rows are there."""
    try:
        output = {"OutputLocation": f"{LOCATION}/"}
        query = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.01)
        if status["State"] != "SUCCEEDED":
            return str(status["StateChangeReason"])
        athena.get_query_results(QueryExecutionId=query)
    except ClientError as error:
        return str(error)
    return ""


class Product(threading.Thread):
    """Connects and queries again and again, as long as it is in a C(with) statement."""

    def __init__(self, world: AdoptionWorld) -> None:
        super().__init__()
        self._world = world
        self._ended = threading.Event()
        self.served = 0
        self.refusals: list[str] = []

    def run(self) -> None:
        while not self._ended.is_set():
            for answer in self.answers():
                if answer:
                    self.refusals.append(answer)
                else:
                    self.served += 1

    def answers(self) -> Iterator[str]:
        """Connect and query once: why each query is refused, empty where it is served."""
        try:
            athena = self._world.connect()
        except ClientError as error:
            yield str(error)
            return
        for sql in QUERIES:
            yield refusal(athena, sql)

    def __enter__(self) -> Product:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self.join()
