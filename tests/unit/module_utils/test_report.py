# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._report import (
    CHECK_STATUSES,
    DRIFT_KINDS,
    Check,
    Drift,
    checks_result,
    drift_line,
    drift_result,
    failed_checks,
    failure_message,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

CHECKS = [
    Check("bucket_exists", "pass", "the bucket exists"),
    Check("object_lock", "warn", "results cannot be deleted", "use another bucket", "https://docs.aws.amazon.com/x"),
    Check("bucket_owner", "fail", "it belongs to 210987654321", "name your own bucket"),
    Check("bucket_policy", "unknown", "not allowed to look"),
    Check("region", "fail", "it lies in eu-west-1"),
]


def test_kinds_and_statuses_are_those_of_the_contract() -> None:
    assert DRIFT_KINDS == ("missing", "extra", "different")
    assert CHECK_STATUSES == ("pass", "warn", "fail", "unknown")


def test_a_row_of_drift_has_the_keys_of_the_contract() -> None:
    assert drift_result([Drift("arn", "tag", "missing", "a=b")]) == [
        {"subject": "arn", "aspect": "tag", "kind": "missing", "expected": "a=b", "actual": None}
    ]


ROWS = st.builds(
    Drift,
    st.sampled_from(["a", "b"]),
    st.sampled_from(["action", "tag"]),
    st.sampled_from(DRIFT_KINDS),
    st.none() | st.sampled_from(["x", "y"]),
    st.none() | st.sampled_from(["x", "y"]),
)


@examples(100)
@given(st.lists(ROWS, max_size=8), st.randoms(use_true_random=False))
def test_drift_is_sorted_whatever_the_order_it_was_found_in(rows: list[Drift], chance: t.Any) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert drift_result(shuffled) == drift_result(rows)
    assert [it["subject"] for it in drift_result(rows)] == sorted(it.subject for it in rows)


def test_checks_keep_their_order_and_have_the_keys_of_the_contract() -> None:
    result = checks_result(CHECKS)
    assert [it["name"] for it in result] == [it.name for it in CHECKS]
    assert all(list(it) == ["name", "status", "detail", "remedy", "reference"] for it in result)
    assert result[0] == {
        "name": "bucket_exists",
        "status": "pass",
        "detail": "the bucket exists",
        "remedy": "",
        "reference": "",
    }


@pytest.mark.parametrize(
    ("fail_on", "names"),
    [
        (["fail"], ["bucket_owner", "region"]),
        (["fail", "unknown"], ["bucket_owner", "bucket_policy", "region"]),
        (["warn"], ["object_lock"]),
        ([], []),
    ],
)
def test_the_checks_that_fail_are_those_listed(fail_on: list[str], names: list[str]) -> None:
    assert [it.name for it in failed_checks(CHECKS, fail_on)] == names


def test_the_message_has_each_failed_check_with_its_remedy() -> None:
    assert failure_message(failed_checks(CHECKS, ["fail"])) == (
        "bucket_owner: it belongs to 210987654321 (name your own bucket); region: it lies in eu-west-1"
    )
    assert failure_message([]) == ""


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (Drift("role/a", "action", "missing", expected="Allow s3:* on *"), "missing action: Allow s3:* on * (role/a)"),
        (Drift("role/a", "tag", "extra", actual="a=b"), "extra tag: a=b (role/a)"),
        (Drift("role/a", "path", "different", "/b/", "/"), "different path: /, and should be /b/ (role/a)"),
        (Drift("role/a", "tag", "extra", actual="a=\n\x1b[2J"), r"extra tag: a=\n\x1b[2J (role/a)"),
    ],
)
def test_a_drift_is_one_line_for_people(row: Drift, line: str) -> None:
    assert [drift_line(it) for it in drift_result([row])] == [line]
