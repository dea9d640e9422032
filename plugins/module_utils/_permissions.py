# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of actions that a connection needs: data, each with its purpose and its source.

The order is the order of the vendor's page, so that a document built from it reads like the vendor's example.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Collection

from ansible_collections.qualytics.athena.plugins.module_utils import _guides

# What an action is authorised against. "anything" is for actions that know no resource, so that only "*" allows them.
Target = t.Literal[
    "workgroup",
    "data_catalog",
    "glue_names",
    "glue_metadata",
    "results_bucket",
    "results_objects",
    "source_bucket",
    "source_objects",
    "results_key",
    "source_key",
    "catalog_key",
    "anything",
]

_VENDOR = "https://userguide.qualytics.io/source-datastore/add-datastores/athena/permissions/"
_JDBC = f"{_guides.ATHENA}jdbc-v3-driver.html"
_ENCRYPTION = f"{_guides.ATHENA}encryption.html"
_GLUE_KEY = f"{_guides.ATHENA}access-encrypted-data-glue-data-catalog.html"
_SOURCE_DATA = f"{_guides.ATHENA}s3-permissions.html"
_DATA_CATALOGS = f"{_guides.ATHENA}datacatalogs-example-policies.html"
_LAKE_FORMATION = f"{_guides.ATHENA}lf-athena-user-permissions.html"


@dataclasses.dataclass(frozen=True)
class Permission:
    """One action on one kind of target.

    option: the module option that asks for it; empty for what every connection needs.
    """

    action: str
    target: Target
    purpose: str
    source: str
    option: str = ""


CATALOGUE: t.Final[tuple[Permission, ...]] = (
    Permission("athena:StartQueryExecution", "workgroup", "Submit queries", _VENDOR),
    Permission("athena:StopQueryExecution", "workgroup", "Cancel running queries", _VENDOR),
    Permission("athena:GetQueryExecution", "workgroup", "Poll query status", _VENDOR),
    Permission("athena:GetQueryResults", "workgroup", "Fetch result rows", _VENDOR),
    Permission(
        "athena:GetQueryResultsStream",
        "workgroup",
        "Fetch result rows as the JDBC 3.x driver does where it cannot read them from S3",
        _JDBC,
        "result_streaming",
    ),
    Permission("athena:ListDatabases", "data_catalog", "Discover schemas", _VENDOR),
    Permission("athena:ListTableMetadata", "data_catalog", "Discover tables and columns", _VENDOR),
    Permission("athena:GetTableMetadata", "data_catalog", "Read column definitions", _VENDOR),
    Permission(
        "athena:GetDataCatalog", "data_catalog", "Read a data catalog's type", _DATA_CATALOGS, "list_data_catalogs"
    ),
    Permission("athena:GetWorkGroup", "workgroup", "Validate the workgroup configuration", _VENDOR),
    Permission("athena:ListDataCatalogs", "anything", "Browse data catalogs", _DATA_CATALOGS, "list_data_catalogs"),
    Permission("glue:GetDatabase", "glue_metadata", "Read database metadata", _VENDOR),
    Permission("glue:GetDatabases", "glue_names", "Read database metadata", _VENDOR),
    Permission("glue:GetCatalog", "glue_names", "Read catalog metadata", _VENDOR),
    Permission("glue:GetCatalogs", "glue_names", "Read catalog metadata", _VENDOR),
    Permission("glue:GetTable", "glue_metadata", "Read table and column definitions", _VENDOR),
    Permission("glue:GetTables", "glue_metadata", "Read table and column definitions", _VENDOR),
    Permission("glue:GetPartition", "glue_metadata", "Read partition metadata for query planning", _VENDOR),
    Permission("glue:GetPartitions", "glue_metadata", "Read partition metadata for query planning", _VENDOR),
    Permission("glue:BatchGetPartition", "glue_metadata", "Read partition metadata for query planning", _VENDOR),
    Permission("s3:PutObject", "results_objects", "Write query result files", _VENDOR),
    Permission("s3:GetObject", "results_objects", "Read result files back", _VENDOR),
    Permission("s3:ListBucket", "results_bucket", "List result files", _VENDOR),
    Permission("s3:GetBucketLocation", "results_bucket", "Validate bucket region", _VENDOR),
    Permission(
        "s3:ListBucketMultipartUploads",
        "results_bucket",
        "Track in-progress multipart uploads when result sets are large",
        _VENDOR,
    ),
    Permission("s3:ListMultipartUploadParts", "results_objects", "List parts of an in-progress upload", _VENDOR),
    Permission("s3:AbortMultipartUpload", "results_objects", "Clean up incomplete multipart uploads", _VENDOR),
    Permission("s3:ListBucket", "source_bucket", "List the files of a table", _SOURCE_DATA, "source_locations"),
    Permission(
        "s3:GetBucketLocation", "source_bucket", "Find the Region of a table's bucket", _SOURCE_DATA, "source_locations"
    ),
    Permission("s3:GetObject", "source_objects", "Read the files of a table", _SOURCE_DATA, "source_locations"),
    Permission("kms:Decrypt", "results_key", "Read encrypted results, write large ones", _ENCRYPTION, "kms_keys"),
    Permission("kms:GenerateDataKey", "results_key", "Write encrypted results", _ENCRYPTION, "kms_keys"),
    Permission("kms:Decrypt", "source_key", "Read encrypted source data", _ENCRYPTION, "kms_keys"),
    Permission("kms:Decrypt", "catalog_key", "Read encrypted catalog metadata", _GLUE_KEY, "kms_keys"),
    Permission("kms:GenerateDataKey", "catalog_key", "AWS lists it for encrypted catalogs", _GLUE_KEY, "kms_keys"),
    Permission("kms:Encrypt", "catalog_key", "AWS lists it for encrypted catalogs", _GLUE_KEY, "kms_keys"),
    Permission(
        "lakeformation:GetDataAccess",
        "anything",
        "Get the credentials that Lake Formation vends for registered locations",
        _LAKE_FORMATION,
        "lake_formation",
    ),
)


def actions_on(targets: Collection[Target], options: Collection[str] = ()) -> list[str]:
    """The actions on any of the targets that every connection needs, or that one of the options asks for."""
    wanted = [
        permission.action
        for permission in CATALOGUE
        if permission.target in targets and (not permission.option or permission.option in options)
    ]
    return list(dict.fromkeys(wanted))
