# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the identity that runs the collection must be allowed to do, by what it is used for.

This is data: which API calls are made for each use, on which resources. tests/integration/provisioner holds it against
the calls that are really made, and runs each use with exactly these policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# API call -> IAM action, where their names differ
# (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
ACTIONS: Mapping[str, str] = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
}

_GLUE = "arn:aws:glue:<REGION>:<ACCOUNT_ID>"
_DATABASES = (f"{_GLUE}:catalog", f"{_GLUE}:database/<DATABASE_NAME>", f"{_GLUE}:database/default")

# Kind of resource -> the ARNs, with what the user fills in. Glue wants the catalog and the database with the table.
RESOURCES: Mapping[str, tuple[str, ...]] = {
    "user": ("arn:aws:iam::<ACCOUNT_ID>:user/<USER_NAME>",),
    "role": ("arn:aws:iam::<ACCOUNT_ID>:role/<ROLE_NAME>",),
    "base role": ("arn:aws:iam::<ACCOUNT_ID>:role/<BASE_ROLE_NAME>",),
    "registration role": ("arn:aws:iam::<ACCOUNT_ID>:role/<REGISTRATION_ROLE_NAME>",),
    "groups": ("arn:aws:iam::<ACCOUNT_ID>:group/*",),
    "policy": ("arn:aws:iam::<ACCOUNT_ID>:policy/<POLICY_NAME>",),
    "all policies": ("arn:aws:iam::<ACCOUNT_ID>:policy/*", "arn:aws:iam::aws:policy/*"),
    "results bucket": ("arn:aws:s3:::<RESULTS_BUCKET>",),
    "source bucket": ("arn:aws:s3:::<SOURCE_BUCKET>",),
    "workgroup": ("arn:aws:athena:<REGION>:<ACCOUNT_ID>:workgroup/<WORKGROUP>",),
    "data catalog": ("arn:aws:athena:<REGION>:<ACCOUNT_ID>:datacatalog/<DATA_CATALOG>",),
    "catalog": (f"{_GLUE}:catalog",),
    "databases": _DATABASES,
    "all databases": (f"{_GLUE}:catalog", f"{_GLUE}:database/*"),
    "tables": (*_DATABASES, f"{_GLUE}:table/<DATABASE_NAME>/*", f"{_GLUE}:table/default/*"),
    "keys": ("arn:aws:kms:<REGION>:<ACCOUNT_ID>:key/<KEY_ID>",),
    # Calls that know no resource.
    "anything": ("*",),
}

_OUR_POLICY = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::<ACCOUNT_ID>:policy/<POLICY_NAME>"}}
_OUR_BOUNDARY = "arn:aws:iam::<ACCOUNT_ID>:policy/<BOUNDARY_POLICY_NAME>"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    calls: as service:Operation. actions: what is needed although no call of the collection has that name.
    """

    sid: str
    resource: str
    calls: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)
    effect: str = "Allow"

    @property
    def all_actions(self) -> list[str]:
        return sorted({*(ACTIONS.get(call, call) for call in self.calls), *self.actions})

    @property
    def is_write(self) -> bool:
        """Whether check mode and state=compared do without it."""
        return self.sid.endswith("Write")

    def document(self) -> dict[str, Any]:
        """As it stands in a policy."""
        condition = {"Condition": dict(self.condition)} if self.condition else {}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": self.all_actions,
            "Resource": list(RESOURCES[self.resource]),
            **condition,
        }


@dataclass(frozen=True)
class Use:
    """One use of the collection, and what it takes beside the others that apply.

    title: when the policy is needed. notes: what there is to know about it, in reStructuredText.
    """

    name: str
    title: str
    statements: tuple[Statement, ...]
    notes: str = ""

    def document(self) -> dict[str, Any]:
        """The policy."""
        return {"Version": "2012-10-17", "Statement": [statement.document() for statement in self.statements]}


def _managed_policy(kind: str) -> tuple[Statement, ...]:
    """kind: User or Role, which the policy is attached to."""
    return (
        Statement(
            "PolicyRead",
            "policy",
            (
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:ListEntitiesForPolicy",
                "iam:ListPolicyVersions",
            ),
        ),
        Statement("PolicyNamesRead", "anything", ("iam:ListPolicies",)),
        Statement(
            "PolicyWrite",
            "policy",
            ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
        ),
        Statement(
            "AttachmentWrite",
            kind.lower(),
            (f"iam:Attach{kind}Policy", f"iam:Detach{kind}Policy"),
            condition=_OUR_POLICY,
        ),
    )


def _verification(*of_mode: Statement) -> tuple[Statement, ...]:
    return (
        *of_mode,
        Statement("AttachedPoliciesRead", "all policies", ("iam:GetPolicy", "iam:GetPolicyVersion")),
        Statement("RegistrationRoleRead", "registration role", ("iam:SimulatePrincipalPolicy",)),
        Statement(
            "LakeFormationVerificationRead",
            "anything",
            (
                "lakeformation:ListDataCellsFilter",
                "lakeformation:ListLakeFormationOptIns",
                "lakeformation:ListPermissions",
            ),
        ),
        Statement("KeyVerificationRead", "keys", ("kms:GetKeyPolicy", "kms:ListGrants")),
        Statement("SourceBucketPolicyRead", "source bucket", ("s3:GetBucketPolicy",)),
    )


_OF_VERIFICATION = (
    "Together with what ``discovery`` and ``results_bucket`` take. The registration role is the one with which Lake "
    "Formation reads the source data, where there is one. The live step runs with the credentials it is given, and "
    "takes nothing here."
)

USES: tuple[Use, ...] = (
    Use(
        "results_bucket",
        "Every connection",
        (
            Statement(
                "ResultsBucketRead",
                "results bucket",
                (
                    "s3:GetBucketEncryption",
                    "s3:GetBucketPolicy",
                    "s3:GetBucketRequestPayment",
                    "s3:GetObjectLockConfiguration",
                    "s3:HeadBucket",
                ),
            ),
            Statement("WorkgroupRead", "workgroup", ("athena:GetWorkGroup",)),
        ),
        "The bucket is looked at before anything is written. Where something may not be looked at, its check is "
        "``unknown`` and names the permission; only the bucket itself must be seen.",
    ),
    Use(
        "encryption",
        "Results, source data or the Data Catalog under KMS keys of your own",
        (
            Statement("KeysRead", "keys", ("kms:DescribeKey",)),
            Statement(
                "CatalogKeyRead",
                "keys",
                actions=("kms:Decrypt",),
                condition={"StringEquals": {"kms:ViaService": "glue.<REGION>.amazonaws.com"}},
            ),
        ),
        "``kms:Decrypt`` is what Glue asks of whoever reads an encrypted catalog, and works through Glue only; leave "
        "the statement out where the catalog is not encrypted, or is with a service role.",
    ),
    Use(
        "data_catalogs",
        "``data_catalogs`` that name others than ``AwsDataCatalog``",
        (Statement("DataCatalogRead", "data catalog", ("athena:GetDataCatalog",)),),
    ),
    Use(
        "access_key",
        "``auth_mode: access_key``",
        (Statement("UserRead", "user", ("iam:GetUser",)),),
    ),
    Use(
        "access_key_managed_policy",
        "``auth_mode: access_key`` with a managed policy, the default",
        _managed_policy("User"),
    ),
    Use(
        "access_key_inline_policy",
        "``auth_mode: access_key`` with ``policy_type: inline``",
        (
            Statement("InlinePolicyRead", "user", ("iam:GetUserPolicy", "iam:ListUserPolicies")),
            Statement("InlinePolicyWrite", "user", ("iam:DeleteUserPolicy", "iam:PutUserPolicy")),
        ),
        "IAM cannot narrow these calls to a policy: whoever holds them can give the user any right. The managed policy "
        "can be narrowed to its name.",
    ),
    Use(
        "iam_role",
        "``auth_mode: iam_role``",
        (
            Statement(
                "RoleRead",
                "role",
                (
                    "iam:GetRole",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListInstanceProfilesForRole",
                    "iam:ListRolePolicies",
                ),
            ),
            Statement(
                "RoleWrite",
                "role",
                ("iam:CreateRole", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
            ),
        ),
    ),
    Use(
        "iam_role_managed_policy",
        "``auth_mode: iam_role`` with a managed policy, the default",
        _managed_policy("Role"),
    ),
    Use(
        "iam_role_inline_policy",
        "``auth_mode: iam_role`` with ``policy_type: inline``",
        (
            Statement("InlinePolicyRead", "role", ("iam:GetRolePolicy",)),
            Statement("InlinePolicyWrite", "role", ("iam:DeleteRolePolicy", "iam:PutRolePolicy")),
        ),
        "IAM cannot narrow these calls to a policy: whoever holds them can give the role any right that its "
        "permissions boundary leaves.",
    ),
    Use(
        "base_role",
        "``base_role_name``",
        (
            Statement("BaseRoleRead", "base role", ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies")),
            Statement("BaseRoleWrite", "base role", ("iam:DeleteRolePolicy", "iam:PutRolePolicy")),
        ),
        "IAM cannot narrow these calls to a policy: whoever holds them can give the base role any right. Where that is "
        "too much, leave ``base_role_name`` out and hand ``base_role_policy`` to whoever owns the base role.",
    ),
    Use(
        "permissions_boundary",
        "``permissions_boundary``",
        (
            Statement(
                "BoundaryWrite",
                "role",
                ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
            ),
            Statement(
                "OnlyWithinTheBoundaryWrite",
                "role",
                actions=("iam:CreateRole", "iam:PutRolePermissionsBoundary"),
                condition={"StringNotEquals": {"iam:PermissionsBoundary": _OUR_BOUNDARY}},
                effect="Deny",
            ),
        ),
        "With the second statement every role is made within that boundary, and gets no other. "
        "``iam:DeleteRolePermissionsBoundary`` is for ``permissions_boundary: ''`` alone; take it out of the first "
        "where roles must stay within the boundary.",
    ),
    Use(
        "large_trust_policy",
        "A trust policy of more than 2,048 characters",
        (Statement("QuotasRead", "anything", ("iam:GetAccountSummary",)),),
        "So many fit into every account; whether this one has room for more is asked only for such a policy.",
    ),
    Use(
        "policy_tags",
        "``tags`` with a managed policy",
        (Statement("PolicyTagsWrite", "policy", ("iam:TagPolicy", "iam:UntagPolicy")),),
        "Also for tags that a policy is created with. ``iam:UntagPolicy`` is for ``purge_tags`` alone.",
    ),
    Use(
        "role_tags",
        "``role_tags`` or ``tags`` with ``auth_mode: iam_role``",
        (Statement("RoleTagsWrite", "role", ("iam:TagRole", "iam:UntagRole")),),
        "Also for tags that a role is created with. ``iam:UntagRole`` is for ``purge_tags`` alone.",
    ),
    Use(
        "lake_formation",
        "``lake_formation_grants``",
        (
            Statement(
                "LakeFormationRead",
                "anything",
                (
                    "lakeformation:GetDataLakeSettings",
                    "lakeformation:ListDataCellsFilter",
                    "lakeformation:ListLakeFormationOptIns",
                    "lakeformation:ListPermissions",
                    "lakeformation:ListResources",
                ),
            ),
            Statement("GrantedDatabasesRead", "databases", ("glue:GetDatabase",)),
            Statement("GrantedTablesRead", "tables", ("glue:GetTable", "glue:GetTables")),
            Statement(
                "GrantsWrite",
                "anything",
                ("lakeformation:BatchGrantPermissions", "lakeformation:BatchRevokePermissions"),
            ),
        ),
        "IAM is half of it: to see and to write grants the identity must be a data lake administrator, or hold what it "
        "grants with the grant option. To compare, a read-only administrator will do.",
    ),
    Use(
        "discovery",
        "``use_discovered``, and every verification",
        (
            Statement(
                "DiscoveryLakeFormationRead",
                "anything",
                ("lakeformation:GetDataLakeSettings", "lakeformation:ListResources"),
            ),
            Statement("CatalogSettingsRead", "catalog", ("glue:GetDataCatalogEncryptionSettings",)),
            Statement("DatabasesRead", "databases", ("glue:GetDatabase",)),
            Statement("TablesRead", "tables", ("glue:GetPartitions", "glue:GetTables")),
            Statement("SourceBucketRead", "source bucket", ("s3:GetBucketEncryption",)),
        ),
        "A read-only data lake administrator sees all tables; others see what Lake Formation lets them.",
    ),
    Use(
        "all_databases",
        "``use_discovered`` or a verification without ``databases``",
        (Statement("DatabaseNamesRead", "all databases", ("glue:GetDatabases",)),),
        "Write ``*`` for ``<DATABASE_NAME>`` everywhere.",
    ),
    Use(
        "verification_access_key",
        "``state: verified`` or ``verify``, with ``auth_mode: access_key``",
        _verification(
            Statement(
                "UserVerificationRead",
                "user",
                (
                    "iam:GetUser",
                    "iam:GetUserPolicy",
                    "iam:ListAccessKeys",
                    "iam:ListAttachedUserPolicies",
                    "iam:ListGroupsForUser",
                    "iam:ListUserPolicies",
                    "iam:SimulatePrincipalPolicy",
                ),
            ),
            Statement(
                "GroupsRead",
                "groups",
                ("iam:GetGroupPolicy", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies"),
            ),
        ),
        _OF_VERIFICATION,
    ),
    Use(
        "verification_iam_role",
        "``state: verified`` or ``verify``, with ``auth_mode: iam_role``",
        _verification(
            Statement(
                "RoleVerificationRead",
                "role",
                (
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListRolePolicies",
                    "iam:SimulatePrincipalPolicy",
                ),
            ),
            Statement("BaseRoleVerificationRead", "base role", ("iam:SimulatePrincipalPolicy",)),
        ),
        _OF_VERIFICATION,
    ),
)
