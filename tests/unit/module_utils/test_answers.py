# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that cannot be used, as the SDK reads them from the wire, are errors of their call."""

from __future__ import annotations

import json
import typing as t
from unittest import mock

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _answers,
    _athena,
    _glue,
    _iam,
    _lake_formation,
    _s3,
    _sts,
)
from ansible_collections.qualytics.athena.plugins.module_utils._answers import read_document, watch_answers
from ansible_collections.qualytics.athena.plugins.module_utils._raw_answers import require_answer

ACCOUNT = "123456789012"


def client(fake_aws: t.Any, service: str) -> t.Any:
    """A client that looks at what an answer says; whether it is AWS's and whole is tested by itself."""
    made = fake_aws.client(service)
    watch_answers(made)
    made.meta.events.unregister("before-parse", require_answer)
    return made


def refused(call: t.Callable[[], t.Any]) -> str:
    """The error of a call, in words."""
    with pytest.raises(Exception) as caught:
        call()
    assert type(caught.value).__name__.endswith("Error"), caught.value
    return f"{caught.value.message}: {caught.value.exception}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("workgroup", "words"),
    [
        ({}, "it lacks WorkGroup.Name"),
        ({"WorkGroup": None}, "it lacks WorkGroup.Name"),
        ({"WorkGroup": {"Name": 7}}, "WorkGroup.Name is int, not string"),
        ({"WorkGroup": {"Name": "a", "Configuration": {"RequesterPaysEnabled": "no"}}}, "is str, not boolean"),
    ],
)
def test_what_lacks_something_or_has_another_type(fake_aws: t.Any, workgroup: dict[str, t.Any], words: str) -> None:
    fake_aws.answer("GetWorkGroup", (200, workgroup))
    message = refused(lambda: _athena.get_work_group(client(fake_aws, "athena"), "a"))
    assert message.startswith("Failed to get the workgroup: the answer of GetWorkGroup cannot be used: ")
    assert message.endswith(words)


def test_what_is_there_beyond_what_is_known_is_ignored(fake_aws: t.Any) -> None:
    answer = {"WorkGroup": {"Name": "a", "New": {"deep": [1]}}, "More": "<b>"}
    fake_aws.answer("GetWorkGroup", (200, answer))
    assert _athena.get_work_group(client(fake_aws, "athena"), "a") == {"Name": "a"}


def test_an_entry_that_lacks_its_name(fake_aws: t.Any) -> None:
    fake_aws.answer("GetTables", (200, {"TableList": [{"Name": "orders"}, {"DatabaseName": "sales"}]}))
    message = refused(lambda: _glue.get_tables(client(fake_aws, "glue"), ACCOUNT, "sales"))
    assert message.endswith("it lacks TableList[].Name")


@pytest.mark.parametrize("account", ["*", "12345678901", f"{ACCOUNT}:role/*", ""])
def test_an_account_that_would_widen_what_is_written(fake_aws: t.Any, account: str) -> None:
    identity = f"<UserId>A</UserId><Account>{account}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/a</Arn>"
    body = f"<R><GetCallerIdentityResult>{identity}</GetCallerIdentityResult></R>"
    fake_aws.answer("GetCallerIdentity", (200, body))
    message = refused(lambda: _sts.get_caller_identity(client(fake_aws, "sts")))
    assert message.endswith(f"Account is {account!r}")


@pytest.mark.parametrize("text", ["", "no JSON", "[" * 100_000, "[]", '"a"', "9" * 5000])
def test_a_bucket_policy_that_is_none(fake_aws: t.Any, text: str) -> None:
    fake_aws.answer("GetBucketPolicy", (200, text))
    message = refused(lambda: _s3.get_bucket_policy(client(fake_aws, "s3"), "bucket", None))
    assert message.startswith("Failed to get the bucket policy: the answer of GetBucketPolicy cannot be used: ")


@pytest.mark.parametrize("document", ["[" * 100_000, "no JSON"])
def test_a_document_of_iam_that_is_none(fake_aws: t.Any, document: str) -> None:
    version = f"<PolicyVersion><Document>{document}</Document></PolicyVersion>"
    body = f"<R><GetPolicyVersionResult>{version}</GetPolicyVersionResult></R>"
    fake_aws.answer("GetPolicyVersion", (200, body))
    message = refused(
        lambda: _iam.get_policy_document(client(fake_aws, "iam"), f"arn:aws:iam::{ACCOUNT}:policy/a", "v1")
    )
    assert "the answer of GetPolicyVersion cannot be used: a policy is not JSON" in message


@pytest.mark.parametrize(
    "statement",
    [
        "Allow",
        {"Action": {}},
        {"Resource": [["*"]]},
        {"Principal": {"AWS": {"a": "b"}}},
        {"Condition": "none"},
        {"Condition": {"Bool": [True]}},
        {"Condition": {"Bool": {"aws:x": {}}}},
    ],
)
def test_a_statement_that_no_service_accepts(statement: t.Any) -> None:
    for statements in (statement, [{"Effect": "Allow"}, statement]):
        with pytest.raises(ValueError, match="statement"):
            read_document(json.dumps({"Statement": statements}))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*", "Resource": ["*"], "New": {"of": "later"}},
        {"Principal": "*", "Condition": {"Bool": {"aws:x": True}, "NumericLessThan": {"aws:y": [1, 2]}}},
        {"Principal": {"AWS": ["a", "b"], "Service": "c"}},
    ],
)
def test_a_statement_that_services_accept(statement: dict[str, t.Any]) -> None:
    assert read_document(json.dumps({"Statement": statement})) == {"Statement": statement}


def permissions(token: str | None) -> tuple[int, dict[str, t.Any]]:
    return 200, {"PrincipalResourcePermissions": [], **({"NextToken": token} if token else {})}


def read_all(fake_aws: t.Any) -> int:
    """How many pages there were."""
    lake_formation = client(fake_aws, "lakeformation")
    return len(list(_lake_formation.permission_pages(lake_formation, {})))


def test_a_page_that_leads_to_itself(fake_aws: t.Any) -> None:
    fake_aws.answer("ListPermissions", permissions("one"), permissions("two"))
    assert refused(lambda: read_all(fake_aws)).endswith("a page names itself as the next one")
    assert fake_aws.calls == {"ListPermissions": 3}


def test_a_list_without_end(fake_aws: t.Any) -> None:
    fake_aws.answer("ListPermissions", *(permissions(f"page {number}") for number in range(100)))
    with mock.patch.object(_answers, "MOST_PAGES", 50):
        assert refused(lambda: read_all(fake_aws)).endswith("its list does not end after 50 pages")
    assert fake_aws.calls == {"ListPermissions": 50}


def test_many_pages_and_many_lists_are_fine(fake_aws: t.Any) -> None:
    pages = [*(permissions(f"page {number}") for number in range(39)), permissions(None)]
    fake_aws.answer("ListPermissions", *pages, *pages)
    with mock.patch.object(_answers, "MOST_PAGES", 50):
        assert read_all(fake_aws) == 40
