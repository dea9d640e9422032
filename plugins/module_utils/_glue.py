# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS Glue Data Catalog, one function for each call.

What does not exist is None; everything else that fails raises GlueError.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _retry,
)

Client = t.Any


class GlueError(_errors.CallError):
    service = "glue"


class GlueErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = GlueError

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        return is_boto3_error_code("EntityNotFoundException")


@GlueErrorHandler.list_error_handler("get the database")
@_retry.retry()
def get_database(client: Client, catalog_id: str, name: str) -> dict[str, t.Any] | None:
    return client.get_database(CatalogId=catalog_id, Name=name)["Database"]


@GlueErrorHandler.list_error_handler("get the table")
@_retry.retry()
def get_table(client: Client, catalog_id: str, database_name: str, name: str) -> dict[str, t.Any] | None:
    return client.get_table(CatalogId=catalog_id, DatabaseName=database_name, Name=name)["Table"]


@GlueErrorHandler.list_error_handler("get the tables")
@_retry.retry()
def get_tables(
    client: Client, catalog_id: str, database_name: str, token: str | None = None
) -> dict[str, t.Any] | None:
    """One page, C(TableList), and C(NextToken) where there are more."""
    more = {"NextToken": token} if token else {}
    return client.get_tables(CatalogId=catalog_id, DatabaseName=database_name, MaxResults=100, **more)


@GlueErrorHandler.common_error_handler("list the databases")
@_retry.retry()
def get_databases(client: Client, catalog_id: str, token: str | None = None) -> dict[str, t.Any]:
    """One page, C(DatabaseList), and C(NextToken) where there are more."""
    more = {"NextToken": token} if token else {}
    return client.get_databases(CatalogId=catalog_id, MaxResults=100, **more)


@GlueErrorHandler.list_error_handler("get the partitions")
@_retry.retry()
def get_partitions(
    client: Client, catalog_id: str, database_name: str, table_name: str, token: str | None = None
) -> dict[str, t.Any] | None:
    """One page, C(Partitions) without their columns, and C(NextToken) where there are more."""
    more = {"NextToken": token} if token else {}
    return client.get_partitions(
        CatalogId=catalog_id,
        DatabaseName=database_name,
        TableName=table_name,
        ExcludeColumnSchema=True,
        MaxResults=1000,
        **more,
    )


@GlueErrorHandler.common_error_handler("get the catalog's encryption settings")
@_retry.retry()
def get_encryption_settings(client: Client, catalog_id: str) -> dict[str, t.Any]:
    answer = client.get_data_catalog_encryption_settings(CatalogId=catalog_id)
    return answer["DataCatalogEncryptionSettings"]
