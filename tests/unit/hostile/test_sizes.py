# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that never end and documents without measure: the calls are bounded, and memory grows no faster than they."""

from __future__ import annotations

import gc
import itertools
import json
import tracemalloc
import typing as t
import urllib.parse
from unittest import mock

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _answers
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_options import IN_ORDER
from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import Answer, Aws, run_module
from ansible_collections.qualytics.athena.tests.unit.helpers.obliging_aws import PopulatedAws

Parameters = dict[str, t.Any]
MOST_PAGES = 20
# How a list says that there is more, by service.
TOKENS = {"iam": ("Marker", "IsTruncated"), "kms": ("NextMarker", "Truncated")}
LISTING = ("Get", "List", "Simulate")
PAGED = (
    *("GetDatabases", "GetPartitions", "GetTables", "SimulatePrincipalPolicy", "ListAccessKeys", "ListDataCellsFilter"),
    *("ListAttachedRolePolicies", "ListAttachedUserPolicies", "ListEntitiesForPolicy", "ListGroupsForUser"),
    *("ListLakeFormationOptIns", "ListPermissions", "ListResources", "ListRolePolicies", "ListUserPolicies"),
)


class Endless:
    """Every list has another page; with a token of its own, or the same one again."""

    def __init__(self, aws: Aws, same: bool) -> None:
        self._aws, self._same = aws, same
        self._numbers = itertools.count()
        self.longest: dict[str, int] = {}

    def __call__(self, service: str, operation: str, given: Parameters) -> Answer:
        answer = self._aws(service, operation, given)
        if operation not in PAGED:
            return answer
        token, truncated = TOKENS.get(service, ("NextToken", "IsTruncated"))
        rest = {name: value for name, value in given.items() if name not in ("NextToken", "Marker")}
        listed = f"{operation} {rest}"
        self.longest[listed] = self.longest.get(listed, 0) + 1
        number = "again" if self._same else str(next(self._numbers))
        return Answer({**answer.body, token: number, truncated: True})


@pytest.mark.parametrize("same", [True, False], ids=["the same page again", "always another page"])
@pytest.mark.parametrize("module", ["athena_access_check", "athena_connection", "athena_discovery_info", "lf_grant"])
def test_lists_without_end(module: str, same: bool, tried: t.Callable[..., None]) -> None:
    aws = Endless(PopulatedAws(), same)
    with mock.patch.object(_answers, "MOST_PAGES", MOST_PAGES):
        end = run_module(module, IN_ORDER[module], aws)
    assert end.failed
    assert ("names itself as the next one" if same else f"does not end after {MOST_PAGES} pages") in end.message
    # Each list is begun a few times at most, by those who need it.
    assert max(aws.longest.values()) <= 3 * (2 if same else MOST_PAGES)
    tried("lists without end", "told as an error")


class Huge(PopulatedAws):
    """The policies that are there have so many statements."""

    def __init__(self, statements: int) -> None:
        super().__init__()
        self._document = json.dumps(
            {"Version": "2012-10-17", "Statement": [_statement(it) for it in range(statements)]}
        )

    def _has_GetPolicyVersion(self, given: Parameters) -> Answer:
        return Answer({"PolicyVersion": {"Document": urllib.parse.quote(self._document), "VersionId": "v3"}})

    def _has_GetBucketPolicy(self, _given: Parameters) -> Answer:
        return Answer({"Policy": self._document})

    def _has_GetKeyPolicy(self, _given: Parameters) -> Answer:
        return Answer({"Policy": self._document})

    def _has_GetRole(self, given: Parameters) -> Answer:
        role = super()._has_GetRole(given).body["Role"]
        return Answer({"Role": {**role, "AssumeRolePolicyDocument": urllib.parse.quote(self._document)}})


def _statement(number: int) -> Parameters:
    return {
        "Sid": f"Number{number}",
        "Effect": "Deny" if number % 3 else "Allow",
        "Principal": {"AWS": f"arn:aws:iam::123456789012:role/role-{number}"},
        "Action": ["s3:GetObject", f"s3:Put{number}"],
        "Resource": f"arn:aws:s3:::bucket-{number}/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": f"o-{number}"}},
    }


def _peak(module: str, statements: int) -> tuple[int, bool]:
    """The memory that a run takes at most, and whether it ended well."""
    aws = Huge(statements)
    gc.collect()
    tracemalloc.start()
    try:
        end = run_module(module, IN_ORDER[module], aws)
        return tracemalloc.get_traced_memory()[1], not end.failed
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("module", ["athena_perm_policy", "athena_role_trust", "s3_results_bucket_check"])
def test_memory_grows_with_the_documents_and_no_faster(module: str, tried: t.Callable[..., None]) -> None:
    few, _well = _peak(module, 200)
    many, _well = _peak(module, 800)
    assert many < 6 * few
    tried("huge documents", "read")


@pytest.mark.parametrize("module", ["athena_perm_policy", "athena_role_trust", "s3_results_bucket_check"])
def test_ten_thousand_statements(module: str, tried: t.Callable[..., None]) -> None:
    end = run_module(module, IN_ORDER[module], Huge(10_000))
    assert "cannot be used" not in end.message
    # Statements of others are kept in a trust, and there is no room for so many.
    assert end.result.get("drift") or end.result.get("checks") or "name fewer principals" in end.message
    tried("huge documents", "read")
