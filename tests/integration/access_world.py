# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection in which everything is in order, made by the modules of the collection, and ways to break it.

The database C(sales) is left to IAM and S3, C(hr) and C(default) are governed by Lake Formation; results, source files
and catalog each lie under a KMS key of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from athena_sandbox import Sandbox, sample
from athena_sandbox.launcher import ACCOUNT_ID

from .module_runs import Modules, Run

Mode = Literal["access_key", "iam_role"]
Document = dict[str, Any]

EXTERNAL_ID = "acme-3f1c7a52"
USER, ROLE, BASE_ROLE = "qualytics", "qualytics-target", "qualytics-dataplane"
POLICY = "qualytics-athena"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/{POLICY}"
LOCATION = f"s3://{sample.RESULTS_BUCKET}/athena"
SALES = f"s3://{sample.SOURCE_BUCKET}/sales"
ARCHIVE = f"s3://{sample.SOURCE_BUCKET}/archive"
REGISTRATION_ROLE = "lake-registration"
GRANTS = [
    {"database": "default"},
    {"database": "hr"},
    {"database": "hr", "tables": ["employees"], "permissions": ["DESCRIBE", "SELECT"]},
]


class AccessWorld:
    """One account with one connection."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        sandbox.reset()
        self.sandbox = sandbox
        self.mode = mode
        self.modules = Modules(sandbox)
        self._clients: dict[str, Any] = {}
        self.keys = {use: self._make_key() for use in ("results", "sources", "catalog")}
        sample.seed(sandbox)
        self._encrypt()
        self._govern()
        self.credentials = self._make_identity()
        self._provision()

    def client(self, service: str) -> Any:
        """A client of the account root."""
        if service not in self._clients:
            self._clients[service] = self.sandbox.client(service)
        return self._clients[service]

    # The account ------------------------------------------------------------------------------------------------

    def _make_key(self) -> str:
        return str(self.client("kms").create_key()["KeyMetadata"]["Arn"])

    def _encrypt(self) -> None:
        s3, glue = self.client("s3"), self.client("glue")
        for bucket, use in ((sample.RESULTS_BUCKET, "results"), (sample.SOURCE_BUCKET, "sources")):
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.keys[use]}
            rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
        for listed in s3.list_objects_v2(Bucket=sample.SOURCE_BUCKET)["Contents"]:
            body = s3.get_object(Bucket=sample.SOURCE_BUCKET, Key=listed["Key"])["Body"].read()
            s3.put_object(Bucket=sample.SOURCE_BUCKET, Key=listed["Key"], Body=body)
        at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": self.keys["catalog"]}
        glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})

    def _govern(self) -> None:
        lake, iam = self.client("lakeformation"), self.client("iam")
        root = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [root]})
        trust = {"Effect": "Allow", "Principal": {"Service": "lakeformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=REGISTRATION_ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        rights = [
            {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{sample.SOURCE_BUCKET}*"},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": self.keys["sources"]},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": rights})
        iam.put_role_policy(RoleName=REGISTRATION_ROLE, PolicyName="data", PolicyDocument=document)
        lake.register_resource(
            ResourceArn=f"arn:aws:s3:::{sample.SOURCE_BUCKET}/hr",
            RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{REGISTRATION_ROLE}",
        )
        everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
        for resource in (
            {"Database": {"Name": "default"}},
            {"Database": {"Name": "hr"}},
            {"Table": {"DatabaseName": "hr", "Name": "employees"}},
        ):
            lake.revoke_permissions(Principal=everybody, Resource=resource, Permissions=["ALL"])

    # The connection ---------------------------------------------------------------------------------------------

    @property
    def identity(self) -> dict[str, str]:
        """The options that name it."""
        iam_type, name = ("user", USER) if self.mode == "access_key" else ("role", ROLE)
        return {"iam_type": iam_type, "iam_name": name}

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:{self.identity['iam_type']}/{self.identity['iam_name']}"

    @property
    def policy_options(self) -> dict[str, Any]:
        return {
            "output_location": LOCATION,
            "workgroups": ["primary"],
            "data_catalogs": ["AwsDataCatalog"],
            "databases": ["sales", "hr"],
            "kms_keys": {use: [arn] for use, arn in self.keys.items()},
            "source_locations": [SALES, ARCHIVE],
            "lake_formation": True,
            "result_streaming": True,
        }

    @property
    def trust_options(self) -> dict[str, Any]:
        if self.mode == "access_key":
            return {}
        return {
            "trusted_principals": [f"arn:aws:iam::{ACCOUNT_ID}:role/{BASE_ROLE}"],
            "external_id": EXTERNAL_ID,
            "base_role_name": BASE_ROLE,
        }

    def _make_identity(self) -> dict[str, str]:
        """The user, and where there is one the base role; returns the credentials that the product has."""
        iam = self.client("iam")
        user = iam.create_user(UserName=USER)["User"]["Arn"]
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        if self.mode == "access_key":
            return {"live_access_key": key["AccessKeyId"], "live_secret_key": key["SecretAccessKey"]}
        trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        base = iam.create_role(RoleName=BASE_ROLE, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        sts = self.sandbox.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
        session = sts.assume_role(RoleArn=base, RoleSessionName="dataplane")["Credentials"]
        return {
            "live_access_key": session["AccessKeyId"],
            "live_secret_key": session["SecretAccessKey"],
            "live_session_token": session["SessionToken"],
        }

    def _provision(self) -> None:
        if self.mode == "iam_role":
            self.modules.run("athena_role_trust", {"role_name": ROLE, **self.trust_options}).ok()
        self.modules.run("athena_perm_policy", {"name": POLICY, **self.identity, **self.policy_options}).ok()
        self.modules.run("lf_grant", {**self.identity, "grants": GRANTS}).ok()

    @property
    def check_options(self) -> dict[str, Any]:
        """All that the role would give to the check."""
        return {**self.identity, **self.policy_options, **self.trust_options, "lake_formation_grants": GRANTS}

    def check(self, check_mode: bool = False, modules: Modules | None = None, **options: Any) -> Run:
        whole = {**self.check_options, "fail_on": [], **options}
        return (modules or self.modules).run("athena_access_check", whole, check=check_mode)

    # What breaks it ---------------------------------------------------------------------------------------------

    @property
    def policy(self) -> Document:
        iam = self.client("iam")
        default = iam.get_policy(PolicyArn=POLICY_ARN)["Policy"]["DefaultVersionId"]
        found: Document = iam.get_policy_version(PolicyArn=POLICY_ARN, VersionId=default)["PolicyVersion"]["Document"]
        return found

    def rewrite_policy(self, change: Callable[[list[Document]], list[Document]]) -> None:
        """Give the policy other statements, as somebody in the console would."""
        iam, document = self.client("iam"), self.policy
        document["Statement"] = change(document["Statement"])
        for version in iam.list_policy_versions(PolicyArn=POLICY_ARN)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=POLICY_ARN, VersionId=version["VersionId"])
        iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=json.dumps(document), SetAsDefault=True)

    def without_action(self, sid: str, action: str) -> None:
        """Take one action out of one statement."""

        def change(statements: list[Document]) -> list[Document]:
            kept = []
            for statement in statements:
                if statement["Sid"] == sid:
                    given = statement["Action"]
                    left = [it for it in ([given] if isinstance(given, str) else given) if it != action]
                    statement = {**statement, "Action": left}
                    if not left:
                        continue
                kept.append(statement)
            return kept

        self.rewrite_policy(change)

    def detach_policy(self) -> None:
        iam = self.client("iam")
        if self.mode == "access_key":
            iam.detach_user_policy(UserName=USER, PolicyArn=POLICY_ARN)
        else:
            iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)

    def delete_database(self, name: str) -> None:
        glue = self.client("glue")
        for table in glue.get_tables(DatabaseName=name)["TableList"]:
            glue.delete_table(DatabaseName=name, Name=table["Name"])
        glue.delete_database(Name=name)

    def add_rights(self, *statements: Document, name: str = "extra") -> None:
        """An inline policy of the identity, beside its own."""
        iam, document = self.client("iam"), json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        if self.mode == "access_key":
            iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=document)
        else:
            iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=document)

    def remove_rights(self, name: str = "extra") -> None:
        iam = self.client("iam")
        if self.mode == "access_key":
            iam.delete_user_policy(UserName=USER, PolicyName=name)
        else:
            iam.delete_role_policy(RoleName=ROLE, PolicyName=name)

    def set_boundary(self, *statements: Document) -> None:
        iam = self.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        arn = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
        if self.mode == "access_key":
            iam.put_user_permissions_boundary(UserName=USER, PermissionsBoundary=arn)
        else:
            iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)

    def set_bucket_policy(self, *statements: Document, bucket: str = sample.RESULTS_BUCKET) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)

    def set_key_policy(self, use: str, *statements: Document) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.client("kms").put_key_policy(KeyId=self.keys[use], PolicyName="default", Policy=document)

    def configure_workgroup(self, **updates: Any) -> None:
        self.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates=updates)

    def revoke(self, resource: Document, *permissions: str) -> None:
        self.client("lakeformation").revoke_permissions(
            Principal={"DataLakePrincipalIdentifier": self.arn}, Resource=resource, Permissions=list(permissions)
        )


def action_statements(document: Document) -> list[tuple[str, str]]:
    """Every (Sid, action) of a policy."""
    return [
        (statement["Sid"], action)
        for statement in document["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
