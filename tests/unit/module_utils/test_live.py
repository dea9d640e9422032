# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import _live as live
from ansible_collections.qualytics.athena.plugins.module_utils._live import Query, Refusal
from ansible_collections.qualytics.athena.tests.unit.helpers.live import ROLE, USER, WANTED
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

SIGNATURE = """The request signature we calculated does not match the signature you provided.  Check your
AWS Secret Access Key and signing method.

The Canonical String for this request should have been
'POST
x-amz-security-token:IQoJb3JpZ2luX2VjEJr'
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  said\n so ", "said so"),
        (
            SIGNATURE,
            (
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method."
            ),
        ),
        ("the key AKIAIOSFODNN7EXAMPLE is unknown", "the key *** is unknown"),
        ("ASIAIOSFODNN7EXAMPLE, ASIA and AKIA", "***, ASIA and AKIA"),
    ],
)
def test_what_aws_says_is_one_line_without_headers_and_keys(text: str, expected: str) -> None:
    assert live.in_one_line(text) == expected


@examples(200)
@given(st.text(max_size=30), st.text(min_size=4, max_size=12), st.text(max_size=30))
def test_no_secret_is_repeated(before: str, secret: str, after: str) -> None:
    words = live.in_one_line(f"{before}{secret}{after}", [secret])
    assert secret == "****" or secret not in words


@examples(200)
@given(st.text(max_size=20))
def test_a_quoted_name_is_one_identifier(name: str) -> None:
    quoted = live.quoted(name)
    assert quoted[0] == quoted[-1] == '"'
    assert quoted[1:-1].replace('""', "") == name.replace('"', "")
    assert quoted[1:-1].replace('""', '"') == name


def test_one_row_is_asked_for() -> None:
    assert live.read_one_row("sales", 'a"b') == 'SELECT * FROM "sales"."a""b" LIMIT 1'


@pytest.mark.parametrize(
    ("identity", "caller", "expected"),
    [
        (ROLE, "arn:aws:sts::123456789012:assumed-role/Target/mine", True),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/target/mine", True),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/Target2/mine", False),
        (ROLE, "arn:aws:sts::210987654321:assumed-role/Target/mine", False),
        (ROLE, "arn:aws-cn:sts::123456789012:assumed-role/Target/mine", False),
        (ROLE, ROLE.arn, False),
        (USER, "arn:aws:sts::123456789012:assumed-role/qualytics/mine", False),
    ],
)
def test_a_session_is_told_by_account_and_name(identity: Any, caller: str, expected: bool) -> None:
    assert live.are_a_session(identity, caller) is expected


@pytest.mark.parametrize(
    ("listed", "missing", "to_read"),
    [
        (["default", "hr", "sales"], [], ["sales", "hr"]),
        (["HR"], ["sales"], ["hr"]),
        ([], ["sales", "hr"], []),
        (Refusal("no"), None, ["sales", "hr"]),
    ],
)
def test_databases_that_were_chosen(listed: Any, missing: list[str] | None, to_read: list[str]) -> None:
    if missing is not None:
        assert live.missing_databases(WANTED, listed) == missing
    assert live.databases_to_read(WANTED, listed) == to_read


@pytest.mark.parametrize(("listed", "to_read"), [(["a", "b"], ["a", "b"]), ([], []), (Refusal("no"), [])])
def test_databases_that_were_found(listed: Any, to_read: list[str]) -> None:
    assert live.databases_to_read(dataclasses.replace(WANTED, databases=()), listed) == to_read


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([], None),
        (["VIRTUAL_VIEW"], None),
        (["VIRTUAL_VIEW", "EXTERNAL_TABLE"], "t1"),
        # Resource links have no type.
        ([None, "VIRTUAL_VIEW", "EXTERNAL_TABLE"], "t2"),
        (["VIRTUAL_VIEW", None], "t1"),
    ],
)
def test_a_table_to_read_is_no_view(types: list[str | None], expected: str | None) -> None:
    listed = [{"Name": f"t{i}"} | ({"TableType": kind} if kind else {}) for i, kind in enumerate(types)]
    assert live.table_to_read(listed) == expected


@pytest.mark.parametrize(
    ("effective", "query", "expected"),
    [
        (None, Query("1", "q", "SUCCEEDED", "s3://results/team/1.csv"), "s3://results/team/1.csv"),
        (None, Query("1", "q", "FAILED", "s3://results/team/1.csv"), "s3://results/team/1.csv"),
        (None, Query("1", "q"), "s3://results/team/1.csv"),
        ("s3://other/place", Query("1", "q"), "s3://other/place/1.csv"),
        ("s3://other/place/", Query("1", "q"), "s3://other/place/1.csv"),
        # Managed query results are in nobody's bucket.
        (None, Query("1", "q", "SUCCEEDED"), None),
    ],
)
def test_objects_are_the_result_and_its_metadata(effective: str | None, query: Query, expected: str | None) -> None:
    wanted = dataclasses.replace(WANTED, effective=effective)
    assert live.objects_of(wanted, [query]) == ([expected, f"{expected}.metadata"] if expected else [])
