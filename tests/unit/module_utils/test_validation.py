# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._validation import (
    InvalidOption,
    check_description,
    check_tags,
    refuse_unsafe_text,
    require_entries,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

UNSAFE = {
    "star": ("sales*", "wildcard '*'"),
    "only a star": ("*", "wildcard '*'"),
    "question mark": ("sale?", "wildcard '?'"),
    "policy variable": ("${aws:username}", "policy variable"),
    "escaped wildcard": ("${*}", "wildcard"),
    "escaped dollar": ("${$}", "policy variable"),
    "null character": ("a\x00b", r"'\\x00'"),
    "tab": ("a\tb", r"'\\t'"),
    "newline": ("a\n", r"'\\n'"),
    "carriage return": ("\ra", r"'\\r'"),
    "escape": ("a\x1b[0m", r"'\\x1b'"),
    "delete": ("a\x7f", r"'\\x7f'"),
    "second control block": ("a\x85b", r"'\\x85'"),
    "beyond Latin-1": ("sal\u0119s", "may not stand in an IAM policy"),
    "zero width space": ("a\u200bb", "may not stand in an IAM policy"),
    "right-to-left override": ("a\u202eb", "may not stand in an IAM policy"),
    "emoji": ("\U0001f600", "may not stand in an IAM policy"),
    "lone surrogate": ("a\ud800", "may not stand in an IAM policy"),
}


@pytest.mark.parametrize(("value", "message"), UNSAFE.values(), ids=UNSAFE)
def test_unsafe_text_is_refused_by_name(value: str, message: str) -> None:
    with pytest.raises(InvalidOption, match=message) as refused:
        refuse_unsafe_text("databases", value)
    assert refused.value.option == "databases"
    assert str(refused.value).startswith("databases: ")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("value", ["", "sales", "Team.B-2", "$100 {x}", "r\u00e9sultats", "a b", "\u00a0", "\u00ff~!"])
def test_safe_text_is_returned_as_it_is(value: str) -> None:
    assert refuse_unsafe_text("databases", value) == value


@examples(300)
@given(st.text(max_size=20))
def test_what_passes_can_stand_in_a_policy_and_matches_only_itself(value: str) -> None:
    try:
        passed = refuse_unsafe_text("databases", value)
    except InvalidOption:
        assert any(it in value for it in ("*", "?", "${")) or any(
            not (0x20 <= ord(it) <= 0x7E or 0xA0 <= ord(it) <= 0xFF) for it in value
        )
        return
    assert passed == value
    assert not {"*", "?"} & set(value)
    assert "${" not in value
    assert all(0x20 <= ord(it) <= 0x7E or 0xA0 <= ord(it) <= 0xFF for it in value)


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "the list is empty"), ([""], "empty entry"), (["sales", "  "], "empty entry"), (["\t"], "empty entry")],
)
def test_empty_lists_and_blank_entries_are_refused(values: list[str], message: str) -> None:
    with pytest.raises(InvalidOption, match=message) as refused:
        require_entries("workgroups", values)
    assert refused.value.option == "workgroups"


@pytest.mark.parametrize("values", [None, ["primary"], ["primary", "primary"], ("a", "b")])
def test_lists_that_name_something_are_fine(values: list[str] | None) -> None:
    require_entries("workgroups", values)


@pytest.mark.parametrize("description", [None, "", "a" * 1000])
def test_descriptions_that_iam_takes(description: str | None) -> None:
    check_description("description", description)


def test_a_description_that_is_too_long() -> None:
    with pytest.raises(InvalidOption, match=r"^description: has 1,001 characters, IAM allows 1,000"):
        check_description("description", "a" * 1001)


@pytest.mark.parametrize(
    "tags", [None, {}, {"team": "", "k" * 128: "v" * 256, "awsome": 7}, {str(number): "" for number in range(50)}]
)
def test_tags_that_iam_takes(tags: dict[str, t.Any] | None) -> None:
    check_tags("tags", tags)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"": "a"}, "the key '' has 0 characters"),
        ({"k" * 129: "a"}, "has 129 characters, IAM allows 1 to 128"),
        ({"team": "v" * 257}, "the value of 'team' has 257 characters, IAM allows 256"),
        ({"aws:team": "a"}, "AWS reserves the keys"),
        ({"AWS:team": "a"}, "AWS reserves the keys"),
        ({str(number): "" for number in range(51)}, "names 51 tags, IAM allows 50"),
    ],
)
def test_tags_that_iam_would_refuse(tags: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message) as refused:
        check_tags("tags", tags)
    assert refused.value.option == "tags"
