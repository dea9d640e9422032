# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._diff_text import diff_text, facts, one_line

from ..helpers.properties import examples

LINES = st.frozensets(st.text(st.sampled_from("ab-+@ \\n\n\r\u2028\x1b"), max_size=4), max_size=8)


def printed(diff: dict[str, str]) -> list[str]:
    """The lines that Ansible prints as taken away or added."""
    before, after = diff["before"].splitlines(True), diff["after"].splitlines(True)
    return [line.rstrip("\n") for line in list(difflib.unified_diff(before, after))[2:] if line[0] in "+-"]


def test_a_change_is_a_line() -> None:
    diff = diff_text("policy athena", ["tag: b=1", "Allow s3:GetObject on *"], ["tag: b=2", "Allow s3:GetObject on *"])
    assert diff == {
        "before_header": "policy athena",
        "before": "Allow s3:GetObject on *\ntag: b=1\n",
        "after_header": "policy athena",
        "after": "Allow s3:GetObject on *\ntag: b=2\n",
    }
    assert printed(diff) == ["-tag: b=1", "+tag: b=2"]


def test_what_is_not_there_is_no_line() -> None:
    assert diff_text("role", [], ["a"])["before"] == ""
    assert facts({"path": "/", "description": "", "boundary": None, "seconds": 0}) == ["path: /", "seconds: 0"]


@examples(300)
@given(LINES, LINES)
def test_what_is_printed_is_what_differs(before: frozenset[str], after: frozenset[str]) -> None:
    expected = [f"-{one_line(line)}" for line in before - after] + [f"+{one_line(line)}" for line in after - before]
    assert sorted(printed(diff_text("thing", before, after))) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain text, ümlaut and 表", "plain text, ümlaut and 表"),
        ("two\nlines", r"two\nlines"),
        (r"two\nlines", r"two\\nlines"),
        ("red \x1b[31m", r"red \x1b[31m"),
        ("\u2028\u202e\x85", r"\u2028\u202e\x85"),
    ],
)
def test_nothing_breaks_a_line_or_steers_a_terminal(text: str, line: str) -> None:
    assert one_line(text) == line


@examples(300)
@given(st.text(), st.text())
def test_no_two_texts_become_the_same_line(one: str, other: str) -> None:
    assert len(one_line(one).splitlines()) <= 1
    assert (one_line(one) == one_line(other)) == (one == other)
