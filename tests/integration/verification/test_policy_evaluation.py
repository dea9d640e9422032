# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The narrowed policy, by ministack's policy engine: the requests of the unit tests, an evaluator of others."""

from __future__ import annotations

import typing as t

import pytest
from ministack.core import iam_evaluator

from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import Connection
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_evaluator import may
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_requests import (
    Request,
    every_request,
    forbidden_calls,
    glue_calls,
    requests_of,
)


class Evaluator:
    """ministack's engine over one document; the identity is a user of the connection's account."""

    def __init__(self, document: dict[str, t.Any], connection: Connection) -> None:
        self._statements = iam_evaluator.parse_policy_document(document)
        self._connection = connection

    def may(self, request: Request, **context: str) -> bool:
        return all(self._decision(request.action, resource, context) == "Allow" for resource in request.resources)

    def _decision(self, action: str, resource: str, context: dict[str, str]) -> str:
        connection = self._connection
        request = iam_evaluator.EvalContext(
            principal_arn=f"arn:{connection.partition}:iam::{connection.account_id}:user/connection",
            principal_type="User",
            principal_account=connection.account_id,
            action=action,
            resource_arn=resource,
            region=connection.region,
            service_context=context,
        )
        return str(iam_evaluator.evaluate(request, [self._statements]).decision)


def policy_of(connection: Connection, **more: t.Any) -> dict[str, t.Any]:
    scope = Scope(connection.partition, connection.account_id, connection.region)
    return build_policy(read_options({**connection.params, **more}), scope)


@pytest.fixture(name="connection", params=["aws", "aws-cn"])
def fixture_connection(request: pytest.FixtureRequest) -> Connection:
    return Connection(partition=request.param)


def test_all_that_the_tightest_policy_allows_is_allowed(connection: Connection) -> None:
    evaluator = Evaluator(policy_of(connection), connection)
    requests = {*requests_of(connection.least_privilege()), *glue_calls(connection)}
    assert len(requests) > 70
    assert [it for it in requests if not evaluator.may(it)] == []


def test_what_must_stay_denied_is_denied(connection: Connection) -> None:
    evaluator = Evaluator(policy_of(connection), connection)
    forbidden = set(forbidden_calls(connection))
    assert len(forbidden) > 100
    assert [it for it in forbidden if evaluator.may(it)] == []


def test_nothing_else_is_allowed_and_both_evaluators_agree(connection: Connection) -> None:
    document = policy_of(connection)
    evaluator, tightest = Evaluator(document, connection), Evaluator(connection.least_privilege(), connection)
    requests = list(every_request(connection))
    allowed = {it for it in requests if evaluator.may(it)}
    assert allowed == {it for it in requests if tightest.may(it)}
    assert allowed == {it for it in requests if may(document, *it)}
    assert len(allowed) > 50
    assert len(requests) - len(allowed) > 10_000


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [("athena/results/", True), ("athena/results/2026/", True), ("athena/results-secret/", False), ("", False)],
)
def test_restricted_listing_is_confined_to_the_prefix(prefix: str, allowed: bool) -> None:
    connection = Connection()
    evaluator = Evaluator(policy_of(connection, restrict_listing=True), connection)
    bucket = (connection.s3(connection.bucket),)
    assert evaluator.may(Request("s3:ListBucket", bucket), **{"s3:prefix": prefix}) == allowed
    assert not evaluator.may(Request("s3:ListBucket", bucket))
    for action in ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"):
        assert evaluator.may(Request(action, bucket))
