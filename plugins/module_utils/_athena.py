# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Athena, one function for each call.

What does not exist is None; everything else that fails raises AthenaError.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
import uuid
from collections.abc import Iterator

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code, is_boto3_error_message
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _retry,
)

Client = t.Any


class AthenaError(_errors.CallError):
    service = "athena"


class AthenaErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = AthenaError

    @classmethod
    def _is_missing(cls) -> type[Exception]:
        # Athena has no code of its own for "WorkGroup x is not found." and "Data Catalog x was not found.".
        by_message = is_boto3_error_message("not found")
        return by_message if by_message is is_boto3_error_code("InvalidRequestException") else super()._is_missing()


@AthenaErrorHandler.list_error_handler("get the workgroup")
@_retry.retry()
def get_work_group(client: Client, name: str) -> dict[str, t.Any] | None:
    return client.get_work_group(WorkGroup=name)["WorkGroup"]


@AthenaErrorHandler.list_error_handler("get the data catalog")
@_retry.retry()
def get_data_catalog(client: Client, name: str) -> dict[str, t.Any] | None:
    return client.get_data_catalog(Name=name)["DataCatalog"]


@AthenaErrorHandler.common_error_handler("submit the query")
def start_query_execution(client: Client, sql: str, workgroup: str, output_location: str, catalog: str) -> str:
    """The id of the query. What the identity was allowed a moment ago may be refused for some seconds.

    All tries have one token: where only the answer to the first was lost, the next starts no second query.
    """
    return _start_query_execution(
        client,
        QueryString=sql,
        ClientRequestToken=str(uuid.uuid4()),
        WorkGroup=workgroup,
        ResultConfiguration={"OutputLocation": output_location},
        QueryExecutionContext={"Catalog": catalog},
    )


@_retry.retry_what_is_new("AccessDeniedException", "UnrecognizedClientException")
def _start_query_execution(client: Client, **request: t.Any) -> str:
    return client.start_query_execution(**request)["QueryExecutionId"]


@AthenaErrorHandler.common_error_handler("look at the query")
@_retry.retry()
def get_query_execution(client: Client, query_id: str) -> dict[str, t.Any]:
    return client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]


@AthenaErrorHandler.common_error_handler("read the result of the query")
@_retry.retry()
def get_query_results(client: Client, query_id: str) -> list[dict[str, t.Any]]:
    """The first rows; the first of a SELECT has the names of the columns."""
    return client.get_query_results(QueryExecutionId=query_id, MaxResults=10)["ResultSet"]["Rows"]


@AthenaErrorHandler.common_error_handler("stop the query")
@_retry.retry()
def stop_query_execution(client: Client, query_id: str) -> None:
    client.stop_query_execution(QueryExecutionId=query_id)


@AthenaErrorHandler.common_error_handler("list the databases")
@_retry.retry_what_is_new("UnrecognizedClientException")
def list_databases(client: Client, catalog: str, token: str | None = None) -> tuple[list[str], str | None]:
    """A page of names, and the token of the next one. Lake Formation leaves out what the caller may not see."""
    optional = {"NextToken": token} if token else {}
    answer = client.list_databases(CatalogName=catalog, **optional)
    return [database["Name"] for database in answer["DatabaseList"]], answer.get("NextToken")


def iterate_databases(client: Client, catalog: str) -> Iterator[str]:
    """The names of all databases, each page asked for when it is needed."""
    names, token = list_databases(client, catalog)
    yield from names
    while token:
        names, token = list_databases(client, catalog, token)
        yield from names


@AthenaErrorHandler.common_error_handler("list the tables")
@_retry.retry()
def list_table_metadata(client: Client, catalog: str, database: str) -> list[dict[str, t.Any]]:
    """The first page. Lake Formation leaves out what the caller may not see."""
    return client.list_table_metadata(CatalogName=catalog, DatabaseName=database, MaxResults=50)["TableMetadataList"]


@AthenaErrorHandler.common_error_handler("look at the table")
@_retry.retry()
def get_table_metadata(client: Client, catalog: str, database: str, table: str) -> dict[str, t.Any]:
    return client.get_table_metadata(CatalogName=catalog, DatabaseName=database, TableName=table)["TableMetadata"]
