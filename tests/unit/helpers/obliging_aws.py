# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS that has whatever is asked for by name, and nothing else: what modules accept reaches their results there."""

from __future__ import annotations

import datetime
import json
import typing as t
import urllib.parse

from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import Answer, refusal

ACCOUNT: t.Final = "123456789012"
CALLER: t.Final = f"arn:aws:iam::{ACCOUNT}:user/provisioner"
Parameters = dict[str, t.Any]

_COLUMNS = [{"Name": name, "Type": "string"} for name in ("id", "amount", "ssn")]
# What is not there until the modules have made it.
_ABSENT = {
    "GetPolicy": "NoSuchEntity",
    "GetUserPolicy": "NoSuchEntity",
    "GetRolePolicy": "NoSuchEntity",
    "GetBucketPolicy": "NoSuchBucketPolicy",
    "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
    "GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
}


class ObligingAws:
    """target: the role that a module is to make, and that is not there yet."""

    def __init__(self, target: str = "target") -> None:
        self._target = target

    def __call__(self, service: str, operation: str, given: Parameters) -> Answer:
        if operation in _ABSENT:
            return refusal(_ABSENT[operation], status=404)
        answer = getattr(self, f"_{operation}", None)
        if answer is not None:
            return t.cast(Answer, answer(given))
        if operation.startswith("List"):
            return Answer({_LISTS.get(operation, "Items"): []})
        raise AssertionError(f"{service}:{operation} was not expected")

    def _GetCallerIdentity(self, _given: Parameters) -> Answer:
        return Answer({"Account": ACCOUNT, "Arn": CALLER, "UserId": "AIDAEXAMPLE"})

    def _GetUser(self, given: Parameters) -> Answer:
        name = given["UserName"]
        return Answer({"User": _entity("user", name) | {"UserName": name, "UserId": "AIDAEXAMPLE"}})

    def _GetRole(self, given: Parameters) -> Answer:
        name = given["RoleName"]
        if name == self._target:
            return refusal("NoSuchEntity", status=404)
        return Answer({"Role": _entity("role", name) | {"RoleName": name, "RoleId": "AROAEXAMPLE"}})

    def _GetAccountSummary(self, _given: Parameters) -> Answer:
        return Answer({"SummaryMap": {"AssumeRolePolicySizeQuota": 4096}})

    def _SimulatePrincipalPolicy(self, given: Parameters) -> Answer:
        return Answer(
            {
                "EvaluationResults": [
                    {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
                    for action in given["ActionNames"]
                    for resource in given["ResourceArns"]
                ]
            }
        )

    def _HeadBucket(self, _given: Parameters) -> Answer:
        headers = {"x-amz-bucket-region": "us-east-1"}
        return Answer({"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": headers}})

    def _GetBucketRequestPayment(self, _given: Parameters) -> Answer:
        return Answer({"Payer": "BucketOwner"})

    def _GetWorkGroup(self, given: Parameters) -> Answer:
        return Answer({"WorkGroup": {"Name": given["WorkGroup"], "State": "ENABLED", "Configuration": {}}})

    def _GetDataCatalog(self, given: Parameters) -> Answer:
        return Answer({"DataCatalog": {"Name": given["Name"], "Type": "GLUE", "Parameters": {"catalog-id": ACCOUNT}}})

    def _GetDatabase(self, given: Parameters) -> Answer:
        return Answer({"Database": {"Name": given["Name"].lower(), "CatalogId": given.get("CatalogId", ACCOUNT)}})

    def _GetTable(self, given: Parameters) -> Answer:
        return Answer({"Table": _table(given["DatabaseName"], given["Name"].lower())})

    def _GetTables(self, given: Parameters) -> Answer:
        return Answer({"TableList": [_table(given["DatabaseName"], "orders")]})

    def _GetDatabases(self, _given: Parameters) -> Answer:
        return Answer({"DatabaseList": [{"Name": "sales"}]})

    def _GetPartitions(self, _given: Parameters) -> Answer:
        return Answer({"Partitions": []})

    def _GetDataCatalogEncryptionSettings(self, _given: Parameters) -> Answer:
        return Answer({"DataCatalogEncryptionSettings": {}})

    def _GetDataLakeSettings(self, _given: Parameters) -> Answer:
        return Answer({"DataLakeSettings": {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": CALLER}]}})

    def _DescribeKey(self, given: Parameters) -> Answer:
        key = given["KeyId"]
        return Answer(
            {
                "KeyMetadata": {
                    "KeyId": key,
                    "Arn": key,
                    "Enabled": True,
                    "KeyState": "Enabled",
                    "KeyManager": "CUSTOMER",
                }
            }
        )

    def _GetKeyPolicy(self, _given: Parameters) -> Answer:
        return Answer({"Policy": '{"Statement": []}'})


def _entity(kind: str, name: str) -> dict[str, t.Any]:
    return {"Arn": f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", "Path": "/"}


def _table(database: str, name: str) -> dict[str, t.Any]:
    storage = {"Columns": _COLUMNS, "Location": f"s3://example-lake/raw/{database}/{name}/"}
    return {"Name": name, "DatabaseName": database, "CatalogId": ACCOUNT, "StorageDescriptor": storage}


_LISTS = {
    "ListAccessKeys": "AccessKeyMetadata",
    "ListAttachedRolePolicies": "AttachedPolicies",
    "ListAttachedUserPolicies": "AttachedPolicies",
    "ListDataCellsFilter": "DataCellsFilters",
    "ListEntitiesForPolicy": "PolicyUsers",
    "ListGrants": "Grants",
    "ListGroupsForUser": "Groups",
    "ListLakeFormationOptIns": "LakeFormationOptInsInfoList",
    "ListPermissions": "PrincipalResourcePermissions",
    "ListPolicies": "Policies",
    "ListResources": "ResourceInfoList",
    "ListRolePolicies": "PolicyNames",
    "ListUserPolicies": "PolicyNames",
}


def _quoted(document: t.Any) -> str:
    """As IAM sends documents."""
    return urllib.parse.quote(json.dumps(document))


def _role(name: str) -> dict[str, t.Any]:
    trust = {
        "Sid": "QualyticsAthenaAssumeRole",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/base", "AROAEXAMPLEEXAMPLEEXA"]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "acme-3f1c7a52"}},
    }
    others = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/qualytics/{name}",
        "RoleName": name,
        "RoleId": "AROAEXAMPLE",
        "Path": "/qualytics/",
        "CreateDate": _LONG_AGO,
        "Description": "what reads for us",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/limits",
        },
        "Tags": [{"Key": "team", "Value": "sales"}],
        "AssumeRolePolicyDocument": _quoted({"Version": "2012-10-17", "Statement": [trust, others]}),
    }


_LONG_AGO = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "S3", "Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::example-results/*"]},
        {"Effect": "Deny", "NotAction": "s3:Get*", "NotResource": "arn:aws:s3:::other/*"},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com"]}, "Bool": {"aws:x": True}},
        },
    ],
}
_BUCKET_POLICY = {
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::example-results/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        {
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/qualytics/target"},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::example-results/secret/*"],
        },
    ]
}
_KEY_POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
    ]
}
_TARGET = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/qualytics/target"}
_EVERYBODY = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def _row(principal: Parameters, resource: Parameters, *permissions: str) -> Parameters:
    return {
        "Principal": principal,
        "Resource": resource,
        "Permissions": list(permissions),
        "PermissionsWithGrantOption": [],
        "LastUpdated": _LONG_AGO,
        "LastUpdatedBy": CALLER,
    }


def _of_sales(**more: t.Any) -> Parameters:
    return {"CatalogId": ACCOUNT, "DatabaseName": "sales", **more}


_ROWS = [
    _row(_TARGET, {"Database": {"CatalogId": ACCOUNT, "Name": "sales"}}, "DESCRIBE"),
    _row(_TARGET, {"Database": {"CatalogId": ACCOUNT, "Name": "hr"}}, "DESCRIBE", "ALTER"),
    _row(_TARGET, {"Table": _of_sales(Name="orders")}, "DESCRIBE"),
    _row(_TARGET, {"TableWithColumns": _of_sales(Name="orders", ColumnNames=["id", "ssn"])}, "SELECT"),
    _row(
        _TARGET,
        {"TableWithColumns": _of_sales(Name="items", ColumnWildcard={"ExcludedColumnNames": ["ssn"]})},
        "SELECT",
    ),
    _row(_EVERYBODY, {"Table": _of_sales(TableWildcard={})}, "ALL"),
    _row(_EVERYBODY, {"Database": {"CatalogId": ACCOUNT, "Name": "sales"}}, "ALL"),
    _row(
        _TARGET,
        {
            "DataCellsFilter": {
                "TableCatalogId": ACCOUNT,
                "DatabaseName": "sales",
                "TableName": "customers",
                "Name": "eu_only",
            }
        },
        "SELECT",
    ),
    _row(
        _TARGET,
        {
            "LFTagPolicy": {
                "CatalogId": ACCOUNT,
                "ResourceType": "TABLE",
                "Expression": [{"TagKey": "domain", "TagValues": ["sales"]}],
            }
        },
        "SELECT",
    ),
    _row(_TARGET, {"DataLocation": {"CatalogId": ACCOUNT, "ResourceArn": "arn:aws:s3:::lake"}}, "DATA_LOCATION_ACCESS"),
]


class PopulatedAws(ObligingAws):
    """An account in which everything has been made once, not quite as it is asked for."""

    def __call__(self, service: str, operation: str, given: Parameters) -> Answer:
        answer = getattr(self, f"_has_{operation}", None)
        return t.cast(Answer, answer(given)) if answer is not None else super().__call__(service, operation, given)

    def _has_GetRole(self, given: Parameters) -> Answer:
        return Answer({"Role": _role(given["RoleName"])})

    def _has_GetUser(self, given: Parameters) -> Answer:
        name = given["UserName"]
        user = _entity("user", name) | {"UserName": name, "UserId": "AIDAEXAMPLE", "CreateDate": _LONG_AGO}
        boundary = {"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/limits"}
        return Answer({"User": {**user, "PermissionsBoundary": boundary}})

    def _has_GetPolicy(self, given: Parameters) -> Answer:
        arn = given["PolicyArn"]
        policy = {"Arn": arn, "PolicyName": arn.rpartition("/")[2], "Path": "/", "DefaultVersionId": "v3"}
        return Answer({"Policy": {**policy, "Description": "old", "Tags": [{"Key": "team", "Value": "sales"}]}})

    def _has_GetPolicyVersion(self, given: Parameters) -> Answer:
        version = {"Document": _quoted(_DOCUMENT), "VersionId": given["VersionId"], "IsDefaultVersion": True}
        return Answer({"PolicyVersion": {**version, "CreateDate": _LONG_AGO}})

    def _has_ListPolicyVersions(self, _given: Parameters) -> Answer:
        names = ("v1", "v2", "v3")
        versions = [{"VersionId": it, "IsDefaultVersion": it == "v3", "CreateDate": _LONG_AGO} for it in names]
        return Answer({"Versions": versions, "IsTruncated": False})

    def _has_ListEntitiesForPolicy(self, given: Parameters) -> Answer:
        if given.get("PolicyUsageFilter") == "PermissionsBoundary":
            return Answer({"PolicyUsers": [], "PolicyRoles": [], "PolicyGroups": []})
        return Answer(
            {
                "PolicyUsers": [{"UserName": "somebody", "UserId": "AIDAEXAMPLE"}],
                "PolicyRoles": [{"RoleName": "target", "RoleId": "AROAEXAMPLE"}],
                "PolicyGroups": [{"GroupName": "readers", "GroupId": "AGPAEXAMPLE"}],
                "IsTruncated": False,
            }
        )

    def _has_GetRolePolicy(self, given: Parameters) -> Answer:
        names = {name: given[name] for name in ("RoleName", "PolicyName")}
        return Answer({**names, "PolicyDocument": _quoted(_DOCUMENT)})

    def _has_GetUserPolicy(self, given: Parameters) -> Answer:
        names = {name: given[name] for name in ("UserName", "PolicyName")}
        return Answer({**names, "PolicyDocument": _quoted(_DOCUMENT)})

    def _has_GetGroupPolicy(self, given: Parameters) -> Answer:
        names = {name: given[name] for name in ("GroupName", "PolicyName")}
        return Answer({**names, "PolicyDocument": _quoted(_DOCUMENT)})

    def _has_ListRolePolicies(self, _given: Parameters) -> Answer:
        return Answer({"PolicyNames": ["one", "qualytics"], "IsTruncated": False})

    _has_ListUserPolicies = _has_ListGroupPolicies = _has_ListRolePolicies

    def _has_ListAttachedRolePolicies(self, _given: Parameters) -> Answer:
        policy = {"PolicyName": "more", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/more"}
        return Answer({"AttachedPolicies": [policy], "IsTruncated": False})

    _has_ListAttachedUserPolicies = _has_ListAttachedGroupPolicies = _has_ListAttachedRolePolicies

    def _has_ListGroupsForUser(self, _given: Parameters) -> Answer:
        group = {"GroupName": "readers", "GroupId": "AGPAEXAMPLE", "Arn": "arn", "Path": "/", "CreateDate": _LONG_AGO}
        return Answer({"Groups": [group], "IsTruncated": False})

    def _has_ListAccessKeys(self, _given: Parameters) -> Answer:
        key = {"UserName": "qualytics", "AccessKeyId": "AKIAEXAMPLE", "Status": "Active", "CreateDate": _LONG_AGO}
        return Answer({"AccessKeyMetadata": [key], "IsTruncated": False})

    def _has_ListInstanceProfilesForRole(self, _given: Parameters) -> Answer:
        return Answer({"InstanceProfiles": [], "IsTruncated": False})

    def _has_SimulatePrincipalPolicy(self, given: Parameters) -> Answer:
        answer = self._SimulatePrincipalPolicy(given)
        for number, row in enumerate(answer.body["EvaluationResults"]):
            row["MatchedStatements"] = [{"SourcePolicyId": "more", "SourcePolicyType": "IAM Policy"}]
            row["MissingContextValues"] = ["aws:SourceIp"]
            row["EvalDecisionDetails"] = {"IAM Policy": "allowed"}
            if number % 5 == 4:
                row |= {
                    "EvalDecision": "explicitDeny",
                    "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
                }
                row["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": False}
        return answer

    def _has_GetBucketEncryption(self, _given: Parameters) -> Answer:
        key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1111aaaa-12ab-34cd-56ef-1234567890ab"
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
        return Answer({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})

    def _has_GetObjectLockConfiguration(self, _given: Parameters) -> Answer:
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
        return Answer({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule}})

    def _has_GetBucketPolicy(self, _given: Parameters) -> Answer:
        return Answer({"Policy": json.dumps(_BUCKET_POLICY)})

    def _has_GetKeyPolicy(self, _given: Parameters) -> Answer:
        return Answer({"Policy": json.dumps(_KEY_POLICY), "PolicyName": "default"})

    def _has_ListGrants(self, given: Parameters) -> Answer:
        grant = {
            "KeyId": given["KeyId"],
            "GrantId": "1",
            "GranteePrincipal": given.get("GranteePrincipal", CALLER),
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"a": "b"}},
        }
        return Answer({"Grants": [grant], "Truncated": False})

    def _has_GetWorkGroup(self, given: Parameters) -> Answer:
        encryption = {"EncryptionOption": "SSE_S3"}
        configuration = {
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {
                "OutputLocation": "s3://example-results/elsewhere/",
                "EncryptionConfiguration": encryption,
                "ExpectedBucketOwner": ACCOUNT,
            },
            "RequesterPaysEnabled": False,
            "BytesScannedCutoffPerQuery": 10_000_000,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        }
        return Answer({"WorkGroup": {"Name": given["WorkGroup"], "State": "ENABLED", "Configuration": configuration}})

    def _has_GetTables(self, given: Parameters) -> Answer:
        names = ("orders", "customers", "employees", "items")
        tables = [_table(given["DatabaseName"], name) for name in names]
        tables[0] |= {"PartitionKeys": [{"Name": "day", "Type": "string"}], "TableType": "EXTERNAL_TABLE"}
        tables[1] |= {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View: e30= */"}
        tables[2] |= {"TargetTable": {"CatalogId": ACCOUNT, "DatabaseName": "sales", "Name": "orders"}}
        tables[3] |= {"Parameters": {"table_type": "ICEBERG", "metadata_location": "s3://example-lake/raw/m.json"}}
        return Answer({"TableList": tables})

    def _has_GetPartitions(self, _given: Parameters) -> Answer:
        storage = {"Location": "s3://example-archive/day=1/"}
        return Answer({"Partitions": [{"Values": ["1"], "StorageDescriptor": storage}]})

    def _has_GetDataCatalogEncryptionSettings(self, _given: Parameters) -> Answer:
        at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/catalog"}
        return Answer({"DataCatalogEncryptionSettings": {"EncryptionAtRest": at_rest}})

    def _has_DescribeKey(self, _given: Parameters) -> Answer:
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/3111aaaa-12ab-34cd-56ef-1234567890ab"
        key = {"KeyId": arn.rpartition("/")[2], "Arn": arn, "AWSAccountId": ACCOUNT}
        return Answer({"KeyMetadata": {**key, "Enabled": True, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}})

    def _has_ListPermissions(self, given: Parameters) -> Answer:
        wanted = given.get("Resource")
        rows = [row for row in _ROWS if wanted is None or _is_on(row["Resource"], wanted)]
        return Answer({"PrincipalResourcePermissions": rows})

    def _has_ListDataCellsFilter(self, _given: Parameters) -> Answer:
        names = {"TableCatalogId": ACCOUNT, "DatabaseName": "sales", "TableName": "customers", "Name": "eu_only"}
        return Answer({"DataCellsFilters": [{**names, "RowFilter": {"FilterExpression": "a > 1"}}]})

    def _has_ListLakeFormationOptIns(self, _given: Parameters) -> Answer:
        row = {"Resource": {"Table": _of_sales(Name="orders")}, "Principal": _TARGET}
        return Answer({"LakeFormationOptInsInfoList": [{**row, "Condition": {"Expression": "true"}}, row]})

    def _has_ListResources(self, _given: Parameters) -> Answer:
        role = f"arn:aws:iam::{ACCOUNT}:role/registration"
        return Answer({"ResourceInfoList": [{"ResourceArn": "arn:aws:s3:::example-lake/raw", "RoleArn": role}]})


def _is_on(resource: Parameters, wanted: Parameters) -> bool:
    """As Lake Formation lists: SELECT on columns is listed with the table."""
    (body,), (asked,) = resource.values(), wanted.values()
    names = ("DatabaseName", "Name", "TableName", "ResourceArn")
    return next(iter(resource)).removesuffix("WithColumns") == next(iter(wanted)).removesuffix("WithColumns") and all(
        body.get(name) == asked.get(name) for name in names
    )
