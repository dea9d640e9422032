# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the narrowed policy allows and denies, by an evaluator that knows nothing of how it was built.

The same requests go through an evaluator of others in tests/integration/test_policy_evaluation.py.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import (
    PARTITIONS,
    Connection,
    listed,
    vendor_example,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_evaluator import decide, may
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_requests import (
    every_request,
    forbidden_calls,
    glue_calls,
    requests_of,
    unlisted_actions,
)

METADATA = ("athena:ListDatabases", "athena:ListTableMetadata", "athena:GetTableMetadata")


def document_of(connection: Connection, **more: t.Any) -> dict[str, t.Any]:
    scope = Scope(connection.partition, connection.account_id, connection.region)
    return build_policy(read_options({**connection.params, **more}), scope)


@pytest.fixture(name="connection", params=PARTITIONS)
def fixture_connection(request: pytest.FixtureRequest) -> Connection:
    return Connection(partition=request.param)


def test_the_evaluator_knows_what_is_denied() -> None:
    """An evaluator that allowed, or denied, everything would pass for nothing."""
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": "S3:Get*", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::?b"]},
            {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::a/secret/*"},
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": "arn:aws:s3:::a",
                "Condition": {"StringLike": {"s3:prefix": ["x", "x/*"]}},
            },
        ]
    }
    assert decide(document, "s3:GetObject", "arn:aws:s3:::a/b/c") == "Allow"
    assert decide(document, "s3:GetObject", "arn:aws:s3:::a/secret/c") == "Allow"
    assert decide(document, "s3:GetObjectAcl", "arn:aws:s3:::a/secret/c") == "Deny"
    assert decide(document, "s3:GetBucketAcl", "arn:aws:s3:::bb") == "Allow"
    assert decide(document, "s3:GetObject", "arn:aws:s3:::A/b") == "ImplicitDeny"
    assert decide(document, "s3:PutObject", "arn:aws:s3:::a/b") == "ImplicitDeny"
    assert decide(document, "s3:GetObject", "*") == "ImplicitDeny"
    for prefix, decision in {"x": "Allow", "x/y": "Allow", "xy": "ImplicitDeny", "X": "ImplicitDeny"}.items():
        assert decide(document, "s3:ListBucket", "arn:aws:s3:::a", {"s3:prefix": prefix}) == decision
    assert decide(document, "s3:ListBucket", "arn:aws:s3:::a") == "ImplicitDeny"
    assert not may(document, "s3:GetObject", ["arn:aws:s3:::a/b", "arn:aws:s3:::c/b"])


def test_all_that_the_tightest_policy_allows_is_allowed(connection: Connection) -> None:
    document = document_of(connection)
    requests = {*requests_of(connection.least_privilege()), *glue_calls(connection)}
    assert len(requests) > 70
    assert [it for it in requests if not may(document, *it)] == []


def test_nothing_else_is_allowed(connection: Connection) -> None:
    """On every request of a large set, the same answer as the tightest policy gives."""
    document, tightest = document_of(connection), connection.least_privilege()
    decisions: Counter[bool] = Counter()
    differing = []
    for request in every_request(connection):
        allowed = may(document, *request)
        decisions[allowed] += 1
        if allowed != may(tightest, *request):
            differing.append(request)
    assert differing == []
    assert decisions[False] > 10_000
    assert decisions[True] > 50


def test_what_must_stay_denied_is_denied(connection: Connection) -> None:
    document = document_of(connection)
    forbidden = set(forbidden_calls(connection))
    assert len(forbidden) > 100
    assert [it for it in forbidden if may(document, *it)] == []


@pytest.mark.parametrize("restrict_listing", [False, True])
def test_no_other_action_is_allowed_on_anything(restrict_listing: bool) -> None:
    connection = Connection()
    document = document_of(connection, restrict_listing=restrict_listing)
    allowed = {action for it in document["Statement"] for action in listed(it["Action"])}
    assert not allowed & set(unlisted_actions())
    assert len(unlisted_actions()) > 400


# Listing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [
        ("athena/results/", True),
        ("athena/results/2026/", True),
        ("athena/results-secret/", False),
        ("athena/resultsX", False),
        ("athena/", False),
        ("athena", False),
        ("", False),
        ("ATHENA/RESULTS/", False),
        ("other/", False),
        (None, False),
    ],
)
def test_restricted_listing_is_confined_to_the_prefix(prefix: str | None, allowed: bool) -> None:
    connection = Connection()
    context = {} if prefix is None else {"s3:prefix": prefix}
    bucket = connection.s3(connection.bucket)
    restricted = document_of(connection, restrict_listing=True)
    assert (decide(restricted, "s3:ListBucket", bucket, context) == "Allow") == allowed
    assert decide(document_of(connection), "s3:ListBucket", bucket, context) == "Allow"


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [("raw/sales/", True), ("raw/sales/day=1/", True), ("raw/sales-secret/", False), ("raw/", False), ("", False)],
)
def test_restricted_listing_of_source_data(prefix: str, allowed: bool) -> None:
    connection = Connection()
    document = document_of(connection, restrict_listing=True)
    bucket = connection.s3(connection.source_bucket)
    assert (decide(document, "s3:ListBucket", bucket, {"s3:prefix": prefix}) == "Allow") == allowed


def test_restricted_listing_voids_no_other_action(connection: Connection) -> None:
    document = document_of(connection, restrict_listing=True)
    for request in requests_of(connection.least_privilege()):
        if request.action != "s3:ListBucket":
            assert may(document, *request), request
    for action in ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"):
        assert decide(document, action, connection.s3(connection.bucket)) == "Allow"
    assert decide(document, "s3:GetBucketLocation", connection.s3(connection.source_bucket)) == "Allow"


def test_source_data_in_the_results_bucket_keeps_both_listings() -> None:
    connection = Connection(source_bucket=Connection.bucket, source_prefix="data")
    document = document_of(connection, restrict_listing=True)
    bucket = connection.s3(connection.bucket)
    for prefix, decision in {"athena/results/": "Allow", "data/x": "Allow", "data-secret/": "ImplicitDeny"}.items():
        assert decide(document, "s3:ListBucket", bucket, {"s3:prefix": prefix}) == decision
    assert decide(document, "s3:GetObject", f"{bucket}/data/x") == "Allow"
    assert decide(document, "s3:PutObject", f"{bucket}/data/x") == "ImplicitDeny"


# Workgroups and data catalogs ----------------------------------------------------------------------------------------


def test_a_workgroup_scope_keeps_metadata_calls(connection: Connection) -> None:
    document = document_of(connection, data_catalogs=None)
    for action in METADATA:
        for name in ("AwsDataCatalog", "partner"):
            assert decide(document, action, connection.arn("athena", f"datacatalog/{name}")) == "Allow"
    assert decide(document, "athena:StartQueryExecution", connection.arn("athena", "workgroup/dq")) == "ImplicitDeny"


def test_the_vendors_tip_would_break_metadata_calls() -> None:
    """All eight actions on the workgroup, as the vendor's page advises: this is what the builder must not do."""
    connection = Connection()
    tip = vendor_example("aws", "bucket", "prefix")
    tip["Statement"][0]["Resource"] = connection.arn("athena", "workgroup/primary")
    for action in METADATA:
        assert decide(tip, action, connection.arn("athena", "datacatalog/AwsDataCatalog")) == "ImplicitDeny"


def test_prefix_look_alikes_stay_closed_without_narrowing() -> None:
    document = build_policy(read_options({"output_location": "s3://bucket/team"}), Scope("aws", "123456789012", None))
    for key, decision in {
        "team/a": "Allow",
        "team/a/b": "Allow",
        "team": "ImplicitDeny",
        "team-secret/a": "ImplicitDeny",
        "teams/a": "ImplicitDeny",
        "Team/a": "ImplicitDeny",
        "a/team/b": "ImplicitDeny",
    }.items():
        assert decide(document, "s3:GetObject", f"arn:aws:s3:::bucket/{key}") == decision
        assert decide(document, "s3:PutObject", f"arn:aws:s3:::bucket/{key}") == decision
    assert decide(document, "s3:GetObject", "arn:aws:s3:::bucket2/team/a") == "ImplicitDeny"
    assert decide(document, "s3:DeleteObject", "arn:aws:s3:::bucket/team/a") == "ImplicitDeny"


def test_an_empty_prefix_opens_the_keys_of_the_bucket() -> None:
    document = build_policy(read_options({"output_location": "s3://bucket"}), Scope("aws", "123456789012", None))
    assert decide(document, "s3:PutObject", "arn:aws:s3:::bucket/a.csv") == "Allow"
    assert decide(document, "s3:PutObject", "arn:aws:s3:::bucket-2/a.csv") == "ImplicitDeny"


def test_a_data_catalog_of_another_account_opens_that_accounts_database_only() -> None:
    connection = Connection()
    scope = Scope("aws", connection.account_id, connection.region)
    options = read_options({**connection.params, "data_catalogs": ["partner"]})
    document = build_policy(dataclasses.replace(options, data_catalog_owners=("210987654321",)), scope)
    for account_id, allowed in {"210987654321": True, connection.account_id: False, "310987654321": False}.items():
        table = [
            connection.arn("glue", name).replace(connection.account_id, account_id)
            for name in ("catalog", "database/sales", "table/sales/orders")
        ]
        assert may(document, "glue:GetTable", table) == allowed
    others = [
        connection.arn("glue", name).replace(connection.account_id, "210987654321")
        for name in ("catalog", "database/hr", "table/hr/people")
    ]
    assert not may(document, "glue:GetTable", others)
