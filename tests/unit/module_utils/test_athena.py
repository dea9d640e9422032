# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _athena
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for

READS: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "GetWorkGroup": (_athena.get_work_group, "WorkGroup", {"Name": "primary", "State": "ENABLED"}),
    "GetDataCatalog": (_athena.get_data_catalog, "DataCatalog", {"Name": "AwsDataCatalog", "Type": "GLUE"}),
}


def refusal(code: str, message: str) -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


@pytest.mark.parametrize("operation", READS)
def test_a_value_is_read(fake_aws: Any, operation: str) -> None:
    read, member, value = READS[operation]
    fake_aws.answer(operation, (200, {member: value}, {}))
    assert read(fake_aws.client("athena"), value["Name"]) == value
    assert fake_aws.calls == {operation: 1}


@pytest.mark.parametrize(
    "message", ["WorkGroup x is not found.", "WorkGroup x not found", "DataCatalog x was not found."]
)
@pytest.mark.parametrize("operation", READS)
def test_what_does_not_exist_is_none(fake_aws: Any, operation: str, message: str) -> None:
    fake_aws.answer(operation, refusal("InvalidRequestException", message))
    assert READS[operation][0](fake_aws.client("athena"), "x") is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidRequestException", "1 validation error detected"),
        ("MetadataException", "the connector was not found"),
        ("InternalServerException", "later, perhaps"),
    ],
)
@pytest.mark.parametrize("operation", READS)
def test_any_other_refusal_is_an_error(fake_aws: Any, operation: str, code: str, message: str) -> None:
    fake_aws.answer(operation, refusal(code, message))
    with pytest.raises(_athena.AthenaError) as raised:
        READS[operation][0](fake_aws.client("athena"), "x")
    assert code_of(raised.value) == code
    assert not is_denied(raised.value)


@pytest.mark.parametrize("operation", READS)
def test_denied_names_the_iam_action(fake_aws: Any, operation: str) -> None:
    fake_aws.answer(operation, refusal("AccessDeniedException", "no"))
    with pytest.raises(_athena.AthenaError) as raised:
        READS[operation][0](fake_aws.client("athena"), "x")
    assert is_denied(raised.value)
    assert permission_for(raised.value) == f"athena:{operation}"


# ---- queries, databases and tables ----

CALLS: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "StartQueryExecution": (
        lambda client: _athena.start_query_execution(client, "SELECT 1", "primary", "s3://b/x/", "AwsDataCatalog"),
        {"QueryExecutionId": "1"},
        "1",
    ),
    "GetQueryExecution": (
        lambda client: _athena.get_query_execution(client, "1"),
        {"QueryExecution": {"QueryExecutionId": "1"}},
        {"QueryExecutionId": "1"},
    ),
    "GetQueryResults": (
        lambda client: _athena.get_query_results(client, "1"),
        {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "1"}]}]}},
        [{"Data": [{"VarCharValue": "1"}]}],
    ),
    "StopQueryExecution": (lambda client: _athena.stop_query_execution(client, "1"), {}, None),
    "ListDatabases": (
        lambda client: _athena.list_databases(client, "AwsDataCatalog"),
        {"DatabaseList": [{"Name": "sales"}], "NextToken": "more"},
        (["sales"], "more"),
    ),
    "ListTableMetadata": (
        lambda client: _athena.list_table_metadata(client, "AwsDataCatalog", "sales"),
        {"TableMetadataList": [{"Name": "orders"}], "NextToken": "more"},
        [{"Name": "orders"}],
    ),
    "GetTableMetadata": (
        lambda client: _athena.get_table_metadata(client, "AwsDataCatalog", "sales", "orders"),
        {"TableMetadata": {"Name": "orders"}},
        {"Name": "orders"},
    ),
}
# What may only be new is tried again.
NEW = {
    ("StartQueryExecution", "AccessDeniedException"),
    ("StartQueryExecution", "UnrecognizedClientException"),
    ("ListDatabases", "UnrecognizedClientException"),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_call_is_answered(fake_aws: Any, operation: str) -> None:
    call, answer, expected = CALLS[operation]
    fake_aws.answer(operation, (200, answer, {}))
    assert call(fake_aws.client("athena")) == expected
    assert fake_aws.calls == {operation: 1}


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException", "InvalidRequestException"])
@pytest.mark.parametrize("operation", CALLS)
def test_a_refusal_is_final_but_for_what_may_be_new(fake_aws: Any, operation: str, code: str) -> None:
    fake_aws.answer(operation, refusal(code, "no"))
    with pytest.raises(_athena.AthenaError) as raised:
        CALLS[operation][0](fake_aws.client("athena"))
    assert (code_of(raised.value), permission_for(raised.value)) == (code, f"athena:{operation}")
    assert fake_aws.calls == {operation: 5 if (operation, code) in NEW else 1}


def test_a_query_is_submitted_as_a_client_does(fake_aws: Any) -> None:
    fake_aws.answer("StartQueryExecution", (200, {"QueryExecutionId": "1"}, {}))
    CALLS["StartQueryExecution"][0](fake_aws.client("athena"))
    sent = json.loads(fake_aws.requests["StartQueryExecution"][0].body)
    assert sent.pop("ClientRequestToken")
    assert sent == {
        "QueryString": "SELECT 1",
        "WorkGroup": "primary",
        "ResultConfiguration": {"OutputLocation": "s3://b/x/"},
        "QueryExecutionContext": {"Catalog": "AwsDataCatalog"},
    }


def test_databases_are_asked_for_page_by_page_as_needed(fake_aws: Any) -> None:
    pages = [
        {"DatabaseList": [{"Name": "a"}], "NextToken": "1"},
        # Lake Formation may empty a page.
        {"DatabaseList": [], "NextToken": "2"},
        {"DatabaseList": [{"Name": "b"}]},
    ]
    fake_aws.answer("ListDatabases", *[(200, page, {}) for page in pages])
    names = _athena.iterate_databases(fake_aws.client("athena"), "AwsDataCatalog")
    assert fake_aws.calls == {}
    assert next(names) == "a"
    assert fake_aws.calls == {"ListDatabases": 1}
    assert list(names) == ["b"]
    tokens = [json.loads(request.body).get("NextToken") for request in fake_aws.requests["ListDatabases"]]
    assert tokens == [None, "1", "2"]
