# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of others that the examples speak of: the vendor's with its base role, and a partner's with a lake."""

from __future__ import annotations

import json
from typing import Any

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

VENDOR, PARTNER = "210987654321", "345678901234"
# Results buckets of others, with their owners: the first is that of the modules' examples.
_RESULTS = {"example-shared-results": VENDOR, "example-partner-results": PARTNER}
PARTNERS_LAKE = "example-partner-lake"
# What stands for the partner's database in the account of the connection.
_LINK = "partner_sales_link"
ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str) -> str:
    return document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def client_of(sandbox: Sandbox, account: str, service: str) -> Any:
    """A client of the root of another account."""
    return sandbox.client(service, access_key_id=account, secret_access_key="the-root-of-another-account")


def make_other_accounts(sandbox: Sandbox) -> None:
    """All that the others have, and have shared."""
    _make_vendor(client_of(sandbox, VENDOR, "iam"))
    for bucket, owner in _RESULTS.items():
        _share_bucket(client_of(sandbox, owner, "s3"), bucket)
    s3 = client_of(sandbox, PARTNER, "s3")
    s3.create_bucket(Bucket=PARTNERS_LAKE)
    for key in ("sales/orders/part-0.csv", "other/part-0.csv"):
        s3.put_object(Bucket=PARTNERS_LAKE, Key=key, Body=b"1\n")
    _make_catalog(sandbox, client_of(sandbox, PARTNER, "glue"))


def _make_vendor(iam: Any) -> None:
    iam.create_role(RoleName="qualytics-dataplane", Path="/dataplane/", AssumeRolePolicyDocument=document(ANYBODY))
    iam.put_role_policy(RoleName="qualytics-dataplane", PolicyName="assume", PolicyDocument=allow("sts:AssumeRole"))
    iam.create_user(UserName="dataplane")
    iam.put_user_policy(UserName="dataplane", PolicyName="assume", PolicyDocument=allow("sts:AssumeRole"))


def _share_bucket(s3: Any, bucket: str) -> None:
    """A bucket that lets the account of the connection in."""
    arn = f"arn:aws:s3:::{bucket}"
    guests = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(guests))


def _make_catalog(sandbox: Sandbox, glue: Any) -> None:
    """A database of the partner's, and the resource link to it in the account of the connection."""
    glue.create_database(DatabaseInput={"Name": "sales"})
    storage = {"Columns": [{"Name": "id", "Type": "string"}], "Location": f"s3://{PARTNERS_LAKE}/sales/orders"}
    glue.create_table(DatabaseName="sales", TableInput={"Name": "orders", "StorageDescriptor": storage})
    target = {"CatalogId": PARTNER, "DatabaseName": "sales"}
    sandbox.client("glue").create_database(DatabaseInput={"Name": _LINK, "TargetDatabase": target})
