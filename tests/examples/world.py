# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that the examples take for granted, and the credentials that their profiles name.

It is AWS as the documentation draws it: a user C(qualytics), a results bucket, and two databases over files in one
bucket; around it the accounts of others. Nothing of a connection is in it yet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .keys import make_keys
from .other_accounts import ANYBODY, VENDOR, allow, client_of, document, make_other_accounts

RESULTS, LAKE = "example-athena-results", "example-data-lake"
DATABASES = ("sales", "hr")
_CSV = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    },
}
# What the base role of the module's examples may do, and its target: they are made without the collection.
_WORKS = ["athena:*", "glue:*", "s3:*", "lakeformation:GetDataAccess", "sts:AssumeRole"]


# The accounts in which examples begin: with nothing, with what there is before the first example, and with connections
# that work without the collection; the same with its data encrypted. The last one has the README's connections too.
EMPTY, BARE, WORKING, WORKING_ENCRYPTED, ENCRYPTED = (
    f"examples-{name}" for name in ("empty", "bare", "working", "working-encrypted", "encrypted")
)


class World(NamedTuple):
    """The credentials of the documents and those of the plugins' examples; the keys, by the names that guides have."""

    documents: Path
    plugins: Path
    keys: dict[str, str]


def make_account(sandbox: Sandbox) -> dict[str, str]:
    """All that is there before the first example; returns the ARNs of the keys, by those that the guides have."""
    sandbox.reset()
    _make_identities(sandbox.client("iam"))
    s3 = sandbox.client("s3")
    for bucket in (RESULTS, LAKE, "example-reference-data"):
        s3.create_bucket(Bucket=bucket)
    make_other_accounts(sandbox)
    _make_catalog(sandbox)
    return make_keys(sandbox)


def _make_identities(iam: Any) -> None:
    iam.create_user(UserName="qualytics")
    iam.create_policy(PolicyName="data-quality-boundary", PolicyDocument=allow("*"))


def _make_catalog(sandbox: Sandbox) -> None:
    """Two databases, an LF-tag, and the account root as data lake administrator."""
    lake, glue, s3 = sandbox.client("lakeformation"), sandbox.client("glue"), sandbox.client("s3")
    settings = lake.get_data_lake_settings()["DataLakeSettings"]
    settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT_ID}:root"}]
    lake.put_data_lake_settings(DataLakeSettings=settings)
    lake.create_lf_tag(TagKey="domain", TagValues=list(DATABASES))
    tables: dict[str, dict[str, tuple[str, ...]]] = {
        "sales": {"orders": ("id", "ssn"), "customers": ("id", "ssn")},
        "hr": {"employees": ("id", "department", "hired_on", "salary")},
    }
    for database, named in tables.items():
        glue.create_database(DatabaseInput={"Name": database})
        for name, columns in named.items():
            s3.put_object(Bucket=LAKE, Key=f"{database}/{name}/part-0.csv", Body=b"1,2,3,4\n")
            storage = {
                "Columns": [{"Name": column, "Type": "string"} for column in columns],
                "Location": f"s3://{LAKE}/{database}/{name}",
                **_CSV,
            }
            glue.create_table(DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": storage})


def let_connections_work(sandbox: Sandbox) -> None:
    """Make roles, and give them and the user by hand what a connection needs.

    The examples of the single modules speak of identities that are there.
    """
    iam = sandbox.client("iam")
    for name in ("qualytics-athena", "qualytics-athena-target", "qualytics-dataplane"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(ANYBODY))
    iam.put_user_policy(UserName="qualytics", PolicyName="works", PolicyDocument=allow(*_WORKS))
    iam.put_role_policy(RoleName="qualytics-athena-target", PolicyName="works", PolicyDocument=allow(*_WORKS))
    iam.put_role_policy(RoleName="qualytics-dataplane", PolicyName="works", PolicyDocument=allow("sts:AssumeRole"))


def write_credentials(sandbox: Sandbox, path: Path, base_role_account: str) -> None:
    """The profiles of the examples: C(qualytics) has the user's key, C(qualytics-dataplane) the base role's session.

    The base role is the vendor's, or one in the account itself.
    """
    key = sandbox.client("iam").create_access_key(UserName="qualytics")["AccessKey"]
    user = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    path_of_role = "dataplane/" if base_role_account == VENDOR else ""
    if base_role_account == VENDOR:
        key = client_of(sandbox, VENDOR, "iam").create_access_key(UserName="dataplane")["AccessKey"]
    sts = sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    role = f"arn:aws:iam::{base_role_account}:role/{path_of_role}qualytics-dataplane"
    session = sts.assume_role(RoleArn=role, RoleSessionName="dataplane")["Credentials"]
    base = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    profiles = {"qualytics": user, "qualytics-dataplane": base}
    text = "".join(
        f"[{name}]\n" + "".join(f"{setting} = {value}\n" for setting, value in profile.items())
        for name, profile in profiles.items()
    )
    path.write_text(text, encoding="utf-8")
