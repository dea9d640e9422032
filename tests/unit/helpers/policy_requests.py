# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that a connection's policy has to allow, and a large set that it has to deny."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterator

import botocore.session

from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import (
    SERVICE_AUTHORIZATION,
    Connection,
    listed,
)


class Request(t.NamedTuple):
    """A call: one action, checked against all of the resources ("*" where it knows none)."""

    action: str
    resources: tuple[str, ...]


_SERVICES = ("athena", "glue", "kms", "lakeformation", "s3")
# Actions that are no API operations: of older drivers, of the S3 data plane, and of what else a thief would try.
_MORE_ACTIONS = (
    *(f"athena:{it}" for it in ("RunQuery", "GetCatalogs", "GetNamespace", "GetNamespaces", "GetTable", "GetTables")),
    *(f"s3:{it}" for it in ("DeleteObjectVersion", "GetObjectVersion", "PutObjectAcl", "PutObjectRetention")),
    *(f"s3:{it}" for it in ("ListAllMyBuckets", "ListBucketVersions", "PutBucketPolicy", "DeleteBucketPolicy")),
    *(f"s3:{it}" for it in ("PutEncryptionConfiguration", "PutLifecycleConfiguration", "BypassGovernanceRetention")),
    *("s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:RestoreObject", "s3express:CreateSession"),
    *("kms:ReEncryptFrom", "kms:ReEncryptTo", "lambda:InvokeFunction", "secretsmanager:GetSecretValue"),
    *("iam:PassRole", "iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:CreatePolicyVersion"),
    *("sts:AssumeRole", "sts:GetFederationToken", "ec2:DescribeInstances", "organizations:LeaveOrganization"),
)


@functools.cache
def _operations() -> tuple[str, ...]:
    session = botocore.session.get_session()
    return tuple(f"{it}:{name}" for it in _SERVICES for name in session.get_service_model(it).operation_names)


@functools.cache
def unlisted_actions() -> tuple[str, ...]:
    """Every other action of the services, as the SDK names them, and more."""
    return tuple(dict.fromkeys(it for it in (*_operations(), *_MORE_ACTIONS) if it not in SERVICE_AUTHORIZATION))


def requests_of(document: dict[str, t.Any]) -> Iterator[Request]:
    """Every action of a policy on resources that its patterns stand for."""
    for statement in document["Statement"]:
        for pattern in listed(statement["Resource"]):
            names = ("a", "a/b c", "2026/x.csv") if "*" in pattern and pattern != "*" else ("*",)
            for resource in (pattern.replace("*", name) for name in names):
                yield from (Request(action, (resource,)) for action in listed(statement["Action"]))


def glue_calls(connection: Connection) -> Iterator[Request]:
    """The calls of Athena's metadata and of a query, with all that Glue checks them against."""

    def resources(*names: str) -> tuple[str, ...]:
        return tuple(connection.arn("glue", name) for name in names)

    database, table = f"database/{connection.database}", f"table/{connection.database}/orders"
    yield Request("glue:GetCatalog", resources("catalog"))
    yield Request("glue:GetCatalogs", resources("catalog"))
    for name in ("*", "default", "hr", connection.database):
        yield Request("glue:GetDatabases", resources("catalog", f"database/{name}"))
    yield Request("glue:GetDatabase", resources("catalog", "database/default"))
    yield Request("glue:GetDatabase", resources("catalog", database))
    for action in ("GetTable", "GetTables", "GetPartition", "GetPartitions", "BatchGetPartition"):
        yield Request(f"glue:{action}", resources("catalog", database, table))


def resources_by_type(connection: Connection) -> dict[str, list[str]]:
    """ARNs of each resource type: ours, those that look like ours, and those of others."""
    forms = {
        "workgroup": [
            "athena:{R}:{A}:workgroup/" + it for it in ("primary", "primary2", "primar", "Primary", "dq", "*")
        ],
        "datacatalog": [
            "athena:{R}:{A}:datacatalog/" + it
            for it in ("AwsDataCatalog", "awsdatacatalog", "AwsDataCatalog2", "partner", "s3tablescatalog/b", "*")
        ],
        "rootcatalog": ["glue:{R}:{A}:catalog"],
        "catalog": ["glue:{R}:{A}:catalog/" + it for it in ("s3tablescatalog", "s3tablescatalog/b", "x")],
        "database": ["glue:{R}:{A}:database/" + it for it in _databases(connection)],
        "table": [f"glue:{{R}}:{{A}}:table/{name}/{it}" for name in _databases(connection) for it in ("orders", "a/b")],
        "bucket": ["s3:::" + it for it in _buckets(connection)],
        "object": [f"s3:::{bucket}/{key}" for bucket in _buckets(connection) for key in _keys(connection)],
        "accesspoint": ["s3:{R}:{A}:accesspoint/" + connection.bucket],
        "accesspointobject": [f"s3:{{R}}:{{A}}:accesspoint/{connection.bucket}/object/{connection.prefix}/a"],
        "key": [
            *(connection.key(it).split(":", 2)[2].replace(connection.region, "{R}", 1) for it in _KEYS),
            "kms:{R}:{A}:key/9999ffff-12ab-34cd-56ef-1234567890ab",
        ],
    }
    return {
        name: sorted({arn for form in resources for arn in _in_all_scopes(form, connection)})
        for name, resources in forms.items()
    }


_KEYS = ("results", "sources", "catalog")


def _databases(connection: Connection) -> list[str]:
    name = connection.database
    return [name, "default", "hr", f"{name}2", name[:-1], name.upper(), f"s3tablescatalog/b/{name}"]


def _buckets(connection: Connection) -> list[str]:
    ours = [connection.bucket, connection.source_bucket]
    return [*ours, *(f"{it}-secret" for it in ours), *(it[:-1] for it in ours), "another"]


def _keys(connection: Connection) -> list[str]:
    prefixes = [connection.prefix, connection.source_prefix]
    return [
        *(f"{it}/a.csv" for it in prefixes),
        *(f"{it}/a/b/c.csv" for it in prefixes),
        *(f"{it}-secret/a.csv" for it in prefixes),
        *prefixes,
        *(f"{it.upper()}/a.csv" for it in prefixes),
        *(f"x/{it}/a.csv" for it in prefixes),
        *(f"{it.split('/')[0]}/a.csv" for it in prefixes),
        f"/{connection.prefix}/a.csv",
        "a.csv",
    ]


def _in_all_scopes(form: str, connection: Connection) -> Iterator[str]:
    """In our partition, Region and account, and with each of them exchanged."""
    partition = connection.partition
    other_partition = "aws-cn" if partition == "aws" else "aws"
    for partition_, region, account_id in (
        (partition, connection.region, connection.account_id),
        (other_partition, connection.region, connection.account_id),
        (partition, "ap-south-1", connection.account_id),
        (partition, connection.region, "210987654321"),
    ):
        filled = form.replace("{R}", region).replace("{A}", account_id)
        if not form.startswith("s3:::"):
            filled = filled.replace(f":{connection.account_id}:", f":{account_id}:")
        yield f"arn:{partition_}:{filled}"


def every_request(connection: Connection) -> Iterator[Request]:
    """Each action on every ARN of its resource types, and each unlisted action on something of ours of every type."""
    by_type = resources_by_type(connection)
    for action, facts in SERVICE_AUTHORIZATION.items():
        types = [name for name, _required in facts["resourceTypes"]]
        for resource in [arn for name in types for arn in by_type[name]] or ["*"]:
            yield Request(action, (resource,))
    ours = ["*", *(resource for request in requests_of(connection.least_privilege()) for resource in request.resources)]
    for action in unlisted_actions():
        yield from (Request(action, (resource,)) for resource in dict.fromkeys(ours))


def forbidden_calls(connection: Connection) -> Iterator[Request]:
    """Calls that must be denied, with all that AWS checks them against; named one by one, not derived."""
    c = connection

    def glue(*names: str, account_id: str = "") -> tuple[str, ...]:
        return tuple(c.arn("glue", it).replace(c.account_id, account_id or c.account_id) for it in names)

    for action in ("GetTable", "GetTables", "GetPartition", "GetPartitions", "BatchGetPartition"):
        for database in ("hr", "default", f"{c.database}_old", c.database.upper()):
            yield Request(f"glue:{action}", glue("catalog", f"database/{database}", f"table/{database}/people"))
        yield Request(
            f"glue:{action}",
            glue("catalog", f"database/{c.database}", f"table/{c.database}/orders", account_id="210987654321"),
        )
        nested = f"s3tablescatalog/bucket/{c.database}"
        yield Request(f"glue:{action}", glue("catalog", f"database/{nested}", f"table/{nested}/orders"))
    for action in ("CreateTable", "UpdateTable", "DeleteTable", "BatchDeleteTable", "CreatePartition"):
        yield Request(f"glue:{action}", glue("catalog", f"database/{c.database}", f"table/{c.database}/orders"))
    for action in ("CreateDatabase", "UpdateDatabase", "DeleteDatabase"):
        for database in (c.database, "default"):
            yield Request(f"glue:{action}", glue("catalog", f"database/{database}"))
    yield Request("glue:GetDatabase", glue("catalog", "database/hr"))
    for action in ("StartQueryExecution", "GetQueryResults", "GetQueryResultsStream", "GetWorkGroup"):
        for workgroup in ("dq", "primary2", "Primary"):
            yield Request(f"athena:{action}", (c.arn("athena", f"workgroup/{workgroup}"),))
    for action in ("ListDatabases", "ListTableMetadata", "GetTableMetadata", "GetDataCatalog"):
        yield Request(f"athena:{action}", (c.arn("athena", "datacatalog/partner"),))
        # The vendor's tip: metadata calls are not authorised on the workgroup.
        yield Request(f"athena:{action}", (c.arn("athena", "workgroup/primary"),))
    for key in (f"{c.prefix}-secret/a", f"{c.prefix}a", c.prefix, "a", "athena/a"):
        for action in ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"):
            yield Request(f"s3:{action}", (c.s3(f"{c.bucket}/{key}"),))
    for key in (f"{c.source_prefix}-secret/a", c.source_prefix, "raw/hr/a"):
        yield Request("s3:GetObject", (c.s3(f"{c.source_bucket}/{key}"),))
    yield Request("s3:PutObject", (c.s3(f"{c.source_bucket}/{c.source_prefix}/a"),))
    for action in ("DeleteObject", "GetObjectVersion", "PutObjectAcl"):
        yield Request(f"s3:{action}", (c.s3(f"{c.bucket}/{c.prefix}/a"),))
    for action in ("ListBucket", "GetBucketLocation", "ListBucketMultipartUploads"):
        yield Request(f"s3:{action}", (c.s3("another"),))
    yield Request("s3:ListBucketMultipartUploads", (c.s3(c.source_bucket),))
    yield Request("kms:GenerateDataKey", (c.key("sources"),))
    yield Request("kms:Encrypt", (c.key("results"),))
    yield Request("kms:Encrypt", (c.key("sources"),))
    for use in _KEYS:
        for action in ("CreateGrant", "ScheduleKeyDeletion", "PutKeyPolicy", "DescribeKey"):
            yield Request(f"kms:{action}", (c.key(use),))
    for action in ("GrantPermissions", "PutDataLakeSettings", "ListPermissions"):
        yield Request(f"lakeformation:{action}", ("*",))
    for action in ("ListWorkGroups", "RunQuery"):
        yield Request(f"athena:{action}", ("*",))
