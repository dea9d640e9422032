# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Athena's queries as AWS has them: what is refused when, as whom they read and write, where the result lies.

ministack keeps the state (executions, workgroups, catalogs) and answers what is not corrected here.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import athena as ministack_athena, s3 as ministack_s3

from . import (
    athena_metadata,
    athena_workgroups,
    client_side_encryption,
    keys,
    lake_formation_rights,
    query_engine,
    query_rights,
    query_statement,
)
from .athena_answers import InvalidRequest, Request, precede, replace
from .query_rights import AccessDenied, KeyNotUsable, Location
from .query_statement import QueryFailed

_INVALID_LOCATION = (
    "The S3 location provided to save your query results is invalid. Please check your S3 location is correct and is "
    "in the same region and try again. If you continue to see the issue, contact customer support for further "
    "assistance."
)
_WRITE_DENIED = (
    "Access denied when writing output to url: {}. Please ensure you are allowed to access the S3 bucket. If "
    "specifying an expected bucket owner, confirm the bucket is owned by the expected account. If you are encrypting "
    "query results with KMS key, please ensure you are allowed to access your KMS key"
)
_READ_DENIED = (
    "You do not seem to have access to the S3 location of your query results. Please confirm your account has access "
    "to the S3 location where your query results are saved and try again. If specifying an expected bucket owner, "
    "confirm the bucket is owned by the expected account. If you are using KMS to encrypt query results, please "
    "ensure you have permission to access your KMS key. If you continue to see this issue, please contact customer "
    "support."
)

# What is in the air: executions that have not ended, connections that run one, tasks, which asyncio would forget.
_unfinished: dict[str, dict[str, Any]] = {}
_connections: dict[str, duckdb.DuckDBPyConnection] = {}
_tasks: set[asyncio.Task[None]] = set()
# Not the threads that ministack itself uses: queries must not hold it up.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="athena-query")


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _execution(data: Request) -> dict[str, Any]:
    query_id = data.get("QueryExecutionId", "")
    execution = ministack_athena._executions.get(query_id)
    if execution is None:
        raise InvalidRequest(f"QueryExecution {query_id} was not found")
    return execution


# ---- where the results go ----


def _output_location(uri: str) -> Location:
    """The location of the results, after what Athena checks when a query is submitted; raises InvalidRequest."""
    location = Location.parse(uri) if uri.startswith("s3://") else None
    if location is None:
        raise InvalidRequest(_INVALID_LOCATION)
    try:
        query_rights.require("s3:GetBucketLocation", f"arn:aws:s3:::{location.bucket}")
    except AccessDenied as denied:
        raise InvalidRequest(f"Unable to verify/create output bucket {location.bucket}") from denied
    bucket = ministack_s3._buckets.get(location.bucket)
    if bucket is None:
        raise InvalidRequest(f"Unable to verify/create output bucket {location.bucket}")
    if bucket.get("region") != get_region():
        raise InvalidRequest(_INVALID_LOCATION)
    return location


# ---- queries ----


def _start_query_execution(data: Request) -> dict[str, Any]:
    token = data.get("ClientRequestToken")
    for known in ministack_athena._executions.values():
        if token and known["_token"] == token:
            return {"QueryExecutionId": known["QueryExecutionId"]}
    workgroup = athena_workgroups.find(data.get("WorkGroup") or "primary")
    if workgroup["State"] != "ENABLED":
        raise InvalidRequest(f"WorkGroup {workgroup['Name']} is disabled.")
    configuration = athena_workgroups.result_configuration(workgroup, data.get("ResultConfiguration") or {})
    location = _output_location(configuration["OutputLocation"]) if configuration else None
    context = {"Database": "default", "Catalog": "AwsDataCatalog"} | (data.get("QueryExecutionContext") or {})
    sql = data.get("QueryString", "")
    try:
        statement = query_statement.parse(sql, context["Database"], data.get("ExecutionParameters") or ())
    except query_statement.MalformedQuery as malformed:
        raise InvalidRequest(str(malformed), AthenaErrorCode="MALFORMED_QUERY") from malformed

    query_id = new_uuid()
    kind = {query_statement.Query: "DML", query_statement.Definition: "DDL"}.get(type(statement), "UTILITY")
    engine = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
    execution: dict[str, Any] = {
        "QueryExecutionId": query_id,
        "Query": sql,
        "StatementType": kind,
        "QueryExecutionContext": context,
        "WorkGroup": workgroup["Name"],
        "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
        "Statistics": {"EngineExecutionTimeInMillis": 0, "DataScannedInBytes": 0, "TotalExecutionTimeInMillis": 0},
        "EngineVersion": engine,
        "_token": token,
    }
    if configuration and location:
        name = f"{query_id}.csv" if kind == "DML" else f"{query_id}.txt"
        execution["ResultConfiguration"] = configuration | {"OutputLocation": location.uri(name)}
    else:
        execution["ManagedQueryResultsConfiguration"] = {"Enabled": True}
    ministack_athena._executions[query_id] = _unfinished[query_id] = execution
    _in_background(_execute(execution, statement))
    return {"QueryExecutionId": query_id}


async def _execute(execution: dict[str, Any], statement: query_statement.Statement) -> None:
    status, query_id = execution["Status"], execution["QueryExecutionId"]
    started = time.monotonic()
    reason = ""
    try:
        if status["State"] == "QUEUED":
            status["State"] = "RUNNING"
            as_caller = contextvars.copy_context().run
            await asyncio.get_running_loop().run_in_executor(_threads, as_caller, _run, execution, statement)
    except asyncio.CancelledError:
        # The server ends, and would wait for the thread.
        status["State"] = "CANCELLED"
        await _interrupt(query_id)
        raise
    except QueryFailed as failed:
        reason = str(failed)
    except AccessDenied as denied:
        reason = denied.from_glue()
    except Exception as error:
        logging.getLogger(__name__).exception("query %s", query_id)
        reason = f"GENERIC_INTERNAL_ERROR: {error}"
    finally:
        del _unfinished[query_id]
    milliseconds = int((time.monotonic() - started) * 1000)
    execution["Statistics"] |= {"EngineExecutionTimeInMillis": milliseconds, "TotalExecutionTimeInMillis": milliseconds}
    if status["State"] == "RUNNING":
        status |= {"State": "FAILED" if reason else "SUCCEEDED", "CompletionDateTime": time.time()}
        if reason:
            by_user = {"ErrorCategory": 2, "Retryable": False, "ErrorMessage": reason}
            status |= {"StateChangeReason": reason, "AthenaError": by_user}


def _cancel(execution: dict[str, Any]) -> None:
    status = execution["Status"]
    if status["State"] in ("QUEUED", "RUNNING"):
        reason = "Query cancelled by user"
        status |= {"State": "CANCELLED", "StateChangeReason": reason, "CompletionDateTime": time.time()}
        _in_background(_interrupt(execution["QueryExecutionId"]))


async def _interrupt(query_id: str) -> None:
    """Stop a query: more than once, as DuckDB forgets an interrupt between two statements."""
    while connection := _connections.get(query_id):
        connection.interrupt()
        await asyncio.sleep(0.02)


def _run(execution: dict[str, Any], statement: query_statement.Statement) -> None:
    query_id = execution["QueryExecutionId"]

    def on_start(connection: duckdb.DuckDBPyConnection) -> None:
        _connections[query_id] = connection
        if execution["Status"]["State"] == "CANCELLED":
            raise QueryFailed("Query was cancelled")

    context = execution["QueryExecutionContext"]
    if context["Catalog"].lower() != query_statement.CATALOG:
        raise QueryFailed(f"CATALOG_NOT_FOUND: Catalog '{context['Catalog']}' does not exist")
    try:
        result = query_engine.run(statement, context["Database"], on_start)
    finally:
        _connections.pop(query_id, None)
    execution["Statistics"]["DataScannedInBytes"] = result.bytes_scanned
    if "ResultConfiguration" in execution:
        _write_result(execution, result)
    execution["_column_types"] = result.types
    execution["_results"] = {"columns": result.columns, "rows": result.rows}


def _write_result(execution: dict[str, Any], result: query_engine.Result) -> None:
    """Write the result and its .metadata, as the caller; raises QueryFailed."""
    configuration = execution["ResultConfiguration"]
    url = configuration["OutputLocation"]
    bucket, _slash, key = url.removeprefix("s3://").partition("/")
    if configuration.get("ExpectedBucketOwner", get_account_id()) != get_account_id():
        raise QueryFailed(_WRITE_DENIED.format(url))
    if lake_formation_rights.is_registered(Location(bucket, key)):
        raise QueryFailed(_WRITE_DENIED.format(url))
    described = ",".join(result.columns) + "\n" + ",".join(result.types)
    for name, text in ((key, _file_text(result, url.endswith(".csv"))), (f"{key}.metadata", described)):
        body = text.encode()
        headers = _write_headers(configuration) | {"content-type": "application/octet-stream"}
        try:
            if client_side_key := _client_side_key(configuration):
                query_rights.require_key("kms:GenerateDataKey", client_side_key, "athena")
                body, envelope = client_side_encryption.encrypted(body, client_side_key)
                headers |= envelope
            query_rights.require_write(bucket, name, headers, len(body))
        except AccessDenied as denied:
            raise QueryFailed(_WRITE_DENIED.format(f"s3://{bucket}/{name}")) from denied
        except KeyNotUsable as unusable:
            raise QueryFailed(f"Could not write output to url: s3://{bucket}/{name}: {unusable}") from unusable
        status, _headers, answer = ministack_s3._put_object(bucket, name, body, headers)
        if status >= 300:
            raise QueryFailed(f"Could not write output to url: s3://{bucket}/{name}: {answer.decode(errors='replace')}")


def _write_headers(configuration: dict[str, Any]) -> dict[str, str]:
    """What a ResultConfiguration makes Athena send to S3."""
    headers = {}
    encryption = configuration.get("EncryptionConfiguration") or {}
    if encryption.get("EncryptionOption") == "SSE_S3":
        headers["x-amz-server-side-encryption"] = "AES256"
    if encryption.get("EncryptionOption") == "SSE_KMS":
        headers["x-amz-server-side-encryption"] = "aws:kms"
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = encryption.get("KmsKey", "")
    if option := (configuration.get("AclConfiguration") or {}).get("S3AclOption"):
        headers["x-amz-acl"] = option.lower().replace("_", "-")
    return headers


def _client_side_key(configuration: dict[str, Any]) -> str:
    """The KMS key under which Athena itself encrypts a result before S3 sees it, empty for none."""
    encryption = configuration.get("EncryptionConfiguration") or {}
    return keys.arn_of(encryption["KmsKey"]) if encryption.get("EncryptionOption") == "CSE_KMS" else ""


def _file_text(result: query_engine.Result, is_csv: bool) -> str:
    if not is_csv:
        return "".join("\t".join(cell or "" for cell in row) + "\n" for row in result.rows)
    # A NULL is empty, an empty string is quoted: readers tell them apart.
    lines: list[list[str | None]] = [[*result.columns], *result.rows]
    return "".join(
        ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in lines
    )


def _get_query_results(data: Request) -> Request:
    execution = _execution(data)
    state = execution["Status"]["State"]
    if state in ("QUEUED", "RUNNING"):
        raise InvalidRequest(f"Query has not yet finished. Current state: {state}")
    if state != "SUCCEEDED":
        raise InvalidRequest(f"Query did not finish successfully. Final query state: {state}")
    if "ResultConfiguration" in execution:
        _check_result_is_readable(execution["ResultConfiguration"])
    return data


def _check_result_is_readable(configuration: dict[str, Any]) -> None:
    url = configuration["OutputLocation"]
    bucket, _slash, key = url.removeprefix("s3://").partition("/")
    try:
        query_rights.require_read(bucket, key)
        query_rights.require_key("kms:Decrypt", _client_side_key(configuration), "athena")
    except (AccessDenied, KeyNotUsable) as refused:
        raise InvalidRequest(_READ_DENIED) from refused
    if ministack_s3._get_object_data(bucket, key) is None:
        raise InvalidRequest("Could not find results")


def _get_query_execution(data: Request) -> dict[str, Any]:
    return {"QueryExecution": ministack_athena._execution_out(_execution(data))}


def _stop_query_execution(data: Request) -> dict[str, Any]:
    _cancel(_execution(data))
    return {}


def install() -> None:
    """Put these, and the corrections of workgroups and metadata, in the place of ministack's."""
    athena_workgroups.install()
    athena_metadata.install()
    precede(_get_query_results)
    for handler in (_start_query_execution, _get_query_execution, _stop_query_execution):
        replace(handler)


def reset() -> None:
    """Stop the queries that have not ended."""
    for execution in list(_unfinished.values()):
        _cancel(execution)
