# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS that has whatever is asked for by name, and nothing else: what modules accept reaches their results there."""

from __future__ import annotations

import typing as t

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
