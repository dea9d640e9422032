# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live step makes of answers, those that the sandbox does not give among them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _live_checks as judge
from ansible_collections.qualytics.athena.plugins.module_utils._live import (
    DatabaseSeen,
    KeyTrial,
    Query,
    Refusal,
    TableRead,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check
from ansible_collections.qualytics.athena.tests.unit.helpers.live import ROLE, WANTED

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
WORKGROUP = "arn:aws:athena:us-east-1:123456789012:workgroup/primary"
AS_ROLE = dataclasses.replace(WANTED, identity=ROLE)
CALLER = "arn:aws:sts::123456789012:assumed-role/base/dataplane"
DONE = Query("1", "SELECT 1", "SUCCEEDED", "s3://results/team/1.csv")


def in_order(check: Check, status: str, *words: str) -> None:
    """A check is as expected, and complete: what is not in order has a remedy, everything has a source."""
    assert check.status == status, check
    said = f"{check.detail} | {check.remedy}"
    assert [word for word in words if word not in said] == [], said
    assert check.detail
    assert bool(check.remedy) == (status != "pass")
    assert check.reference.startswith("https://")


def not_authorized(action: str) -> Refusal:
    """As Athena denies, which names no resource."""
    return Refusal(f"You are not authorized to perform: {action} on the resource.", "AccessDeniedException", action)


# ---- who is asking ----


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal("The security token included in the request is invalid.", "InvalidClientTokenId"), "live_access_key"),
        (Refusal("The security token included in the request is expired", "ExpiredToken"), "have not expired"),
        (Refusal("The config profile (x) could not be found"), "live_profile"),
        (Refusal("Unable to locate credentials"), "live_access_key"),
        (Refusal('Could not connect to the endpoint URL: "https://sts"'), "let the task reach AWS STS"),
    ],
)
def test_credentials_that_are_no_use(refusal: Refusal, words: str) -> None:
    check = judge.live_identity(WANTED, refusal)
    in_order(check, "fail", words)
    assert check.detail.startswith(refusal.words)


def test_the_identity_itself() -> None:
    in_order(judge.live_identity(WANTED, WANTED.identity.arn), "pass", WANTED.identity.arn)
    other = "arn:aws:iam::123456789012:user/qualytics"
    in_order(judge.live_identity(WANTED, other), "fail", f"of {other}, not of {WANTED.identity.arn}")


def test_who_is_to_become_the_role() -> None:
    in_order(judge.live_identity(AS_ROLE, CALLER), "pass", "which is to assume the role")
    session = "arn:aws:sts::123456789012:assumed-role/Target/mine"
    in_order(judge.live_identity(AS_ROLE, session), "pass", "a session of the role itself")


def test_the_role_is_assumed() -> None:
    in_order(judge.live_assume_role(AS_ROLE, CALLER, None), "pass", "without an ExternalId")


@pytest.mark.parametrize(
    ("external_id", "words"), [("an-external-id", "is met by external_id"), (None, "or external_id is set")]
)
def test_a_denial_names_all_that_it_may_be_for(external_id: str | None, words: str) -> None:
    message = f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE.arn}"
    wanted = dataclasses.replace(AS_ROLE, external_id=external_id)
    check = judge.live_assume_role(wanted, CALLER, Refusal(message, "AccessDenied", "sts:AssumeRole"))
    in_order(check, "fail", words, "trust policy", "AROA", "path included", f"sts:AssumeRole on {ROLE.arn}")


def test_another_error_of_assume_role_is_said_as_it_is() -> None:
    refusal = Refusal("STS is not activated in this region for account:1.", "RegionDisabledException")
    check = judge.live_assume_role(AS_ROLE, CALLER, refusal)
    in_order(check, "fail", refusal.words)
    assert "AROA" not in check.remedy


# ---- a query, and its result ----


@pytest.mark.parametrize(
    ("query", "result", "status", "words"),
    [
        (DONE, [["1"]], "pass", "its result is read"),
        (DONE, not_authorized("athena:GetQueryResults"), "fail", WORKGROUP),
        (not_authorized("athena:StartQueryExecution"), None, "fail", WORKGROUP),
        (Query("1", "SELECT 1"), not_authorized("athena:GetQueryExecution"), "fail", WORKGROUP),
        (Query("1", "SELECT 1", "QUEUED"), None, "warn", "is QUEUED after 60 seconds"),
        (Query("1", "SELECT 1", "CANCELLED", why="Query cancelled by user"), None, "fail", "Query cancelled by user"),
        (Query("1", "SELECT 1", "FAILED"), None, "fail", "ended FAILED"),
    ],
)
def test_select_1(query: Any, result: Any, status: str, words: str) -> None:
    in_order(judge.live_query(WANTED, query, result), status, words)


def test_words_without_an_explanation_are_said_all_the_same() -> None:
    check = judge.live_query(WANTED, Refusal("Something quite new.", "InvalidRequestException"), None)
    in_order(check, "fail", "Correct what AWS names")
    assert check.detail.startswith("Something quite new.")


def test_long_words_are_shortened_and_the_envelope_is_left_out() -> None:
    envelope = "(Service: AmazonDataCatalog; Status Code: 400; Error Code: X; Request ID: 1-2; Proxy: null)"
    check = judge.live_query(WANTED, Refusal(f"{'word ' * 200}{envelope}", "InvalidRequestException"), None)
    assert len(check.detail) < 500
    assert "..." in check.detail
    assert "Proxy" not in judge.live_query(WANTED, Refusal(f"Denied {envelope}", "X"), None).detail


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("s3://results/team/1.csv", "pass"),
        ("s3://results/team/user/1.csv", "warn"),
        ("s3://results/team-secret/1.csv", "fail"),
        ("s3://other/team/1.csv", "fail"),
        ("", "fail"),
    ],
)
def test_where_the_result_lies(location: str, status: str) -> None:
    in_order(judge.live_result_location(WANTED, dataclasses.replace(DONE, location=location)), status)


@pytest.mark.parametrize(("result_streaming", "status"), [(False, "fail"), (True, "warn")])
@pytest.mark.parametrize("permission", ["s3:GetObject", "kms:Decrypt", ""])
def test_a_result_that_the_client_may_not_read(permission: str, result_streaming: bool, status: str) -> None:
    wanted = dataclasses.replace(WANTED, result_streaming=result_streaming)
    check = judge.live_result_object(wanted, DONE, Refusal("Access Denied", "AccessDenied", permission))
    in_order(check, status, permission or "s3:GetObject", WANTED.identity.arn)
    assert ("arn:aws:s3:::results/team/*" in check.remedy) == (permission != "kms:Decrypt")
    in_order(judge.live_result_object(wanted, DONE, None), "pass")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("because no permissions boundary allows the s3:GetObject action", "permissions boundary of the identity"),
        ("with an explicit deny in a service control policy", "organization"),
        ("with an explicit deny in a resource-based policy", "remove the Deny statement"),
    ],
)
def test_a_result_that_no_policy_of_the_identity_opens(reason: str, words: str) -> None:
    message = (
        f'User: x is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::results/team/1.csv" {reason}'
    )
    check = judge.live_result_object(WANTED, DONE, Refusal(message, "AccessDenied", "s3:GetObject"))
    in_order(check, "fail", words, "s3:GetObject")
    assert f"to {WANTED.identity.arn}" not in check.remedy


# ---- databases and tables ----


def test_databases() -> None:
    in_order(judge.live_databases(WANTED, ["sales", "hr"]), "pass", "'sales', 'hr'")
    in_order(judge.live_databases(WANTED, ["hr"]), "fail", "'sales'", "Lake Formation")
    in_order(judge.live_databases(WANTED, not_authorized("athena:ListDatabases")), "fail", "datacatalog/AwsDataCatalog")
    found = dataclasses.replace(WANTED, databases=())
    in_order(judge.live_databases(found, ["a"]), "pass", "'a'")
    in_order(judge.live_databases(found, []), "warn", "no database at all")


def test_tables_of_several_databases_are_one_answer() -> None:
    seen = DatabaseSeen("sales", [{"Name": "orders"}], "orders")
    in_order(judge.live_tables(WANTED, [seen]), "pass", "sales.orders is described")
    denied = not_authorized("athena:ListTableMetadata")
    check = judge.live_tables(WANTED, [seen, DatabaseSeen("hr", denied), DatabaseSeen("archive", denied)])
    in_order(check, "fail", "ListTableMetadata of hr, archive", "datacatalog/AwsDataCatalog")
    assert check.detail.count("not authorized") == 1


def test_an_empty_database_is_odd_only_where_it_was_chosen() -> None:
    empty = DatabaseSeen("hr")
    in_order(judge.live_tables(WANTED, [empty]), "warn", "'hr'", "Lake Formation")
    in_order(judge.live_tables(dataclasses.replace(WANTED, databases=()), [empty]), "pass", "hr has no table")
    views = DatabaseSeen("hr", [{"Name": "v", "TableType": "VIRTUAL_VIEW"}])
    in_order(judge.live_tables(WANTED, [views]), "pass", "hr has only views")


def read(database: str, state: str, why: str = "") -> TableRead:
    return TableRead(database, "t", Query("1", "SELECT *", state, why=why))


@pytest.mark.parametrize(
    ("why", "status"),
    [
        ("Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied) (Path: s3://lake/t)", "fail"),
        ("HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://lake/t: Access Denied", "fail"),
        ("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.sales.t' does not exist", "fail"),
        ("something quite new", "fail"),
        ("", "fail"),
        ("HIVE_BAD_DATA: Field x's type INT32 in parquet is incompatible with type string", "warn"),
        ("CONSTRAINT_VIOLATION: For the injected projected partition column x, the WHERE clause must contain", "warn"),
    ],
)
def test_a_read_that_fails(why: str, status: str) -> None:
    in_order(judge.live_read(WANTED, [read("sales", "FAILED", why)]), status, "sales.t", why[:13])


def test_reads_of_several_databases_are_one_answer() -> None:
    in_order(judge.live_read(WANTED, [read("sales", "SUCCEEDED"), read("hr", "SUCCEEDED")]), "pass", "sales.t, hr.t")
    denied = (
        "Insufficient permissions to execute the query. Principal does not have any privilege on specified resource"
    )
    reads = [
        read("sales", "FAILED", "HIVE_BAD_DATA: x"),
        read("hr", "FAILED", denied),
        read("archive", "SUCCEEDED"),
        read("web", "FAILED", denied),
        read("slow", "RUNNING"),
        TableRead("late", "t", Refusal("Rate exceeded", "TooManyRequestsException")),
    ]
    check = judge.live_read(WANTED, reads)
    in_order(check, "fail", "reading hr.t, web.t", "reading sales.t", "is RUNNING", "Rate exceeded (reading late.t)")
    assert "archive" not in check.detail
    in_order(judge.live_read(WANTED, [read("slow", "RUNNING")]), "warn", "was stopped")


# ---- the rest ----


@pytest.mark.parametrize("state", ["CANCELLED", "SUCCEEDED", "UNKNOWN"])
def test_whatever_became_of_a_query_that_was_stopped(state: str) -> None:
    query = dataclasses.replace(DONE, state=state)
    in_order(judge.live_cancel(WANTED, query, None), "pass")
    ended = Refusal("Query has already ended", "InvalidRequestException")
    in_order(judge.live_cancel(WANTED, query, ended), "pass")
    in_order(judge.live_cancel(WANTED, query, not_authorized("athena:StopQueryExecution")), "fail", WORKGROUP)


def trial(answer: Any, action: str = "kms:Decrypt") -> KeyTrial:
    return KeyTrial("results", KEY, action, answer)


def test_keys() -> None:
    denied = Refusal("User: x is not authorized to perform: kms:Decrypt", "AccessDeniedException", "kms:Decrypt")
    disabled = Refusal(f"{KEY} is disabled.", "DisabledException")
    in_order(judge.live_keys(WANTED, [trial(None)]), "pass", f"kms:Decrypt with {KEY} is allowed")
    in_order(judge.live_keys(WANTED, [trial(denied)]), "unknown", "kms:Decrypt", KEY, "kms:ViaService", "key policy")
    in_order(judge.live_keys(WANTED, [trial("not tried")]), "unknown", "was not tried", "Update boto3")
    in_order(judge.live_keys(WANTED, [trial(denied), trial(disabled)]), "fail", "is disabled")
    in_order(judge.live_keys(WANTED, [trial(None), trial("not tried"), trial(denied)]), "unknown")
