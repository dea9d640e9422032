# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift
from ansible_collections.qualytics.athena.plugins.module_utils._tags import TAGS_LEFT_ALONE, WantedTags

ARN = "arn:aws:iam::123456789012:policy/athena"


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({}, {}, []),
        (
            {"old": "1", "kept": "2"},
            {"kept": "3", "added": "4"},
            [
                ("untag", ["old"], (Drift(ARN, "tag", "extra", None, "old=1"),)),
                (
                    "tag",
                    {"kept": "3", "added": "4"},
                    (
                        Drift(ARN, "tag", "missing", "added=4", None),
                        Drift(ARN, "tag", "different", "kept=3", "kept=2"),
                    ),
                ),
            ],
        ),
        ({}, {"a": ""}, [("tag", {"a": ""}, (Drift(ARN, "tag", "missing", "a="),))]),
        ({"a": ""}, {}, [("untag", ["a"], (Drift(ARN, "tag", "extra", None, "a="),))]),
    ],
)
def test_tags_are_removed_before_others_are_set_and_each_is_named(
    live: dict[str, str], wanted: dict[str, str], expected: list[tuple[str, object, tuple[Drift, ...]]]
) -> None:
    changes = WantedTags(wanted).changes(ARN, live, "tag", "untag", arn=ARN)
    assert [(change.call, change.arguments["tags"], change.drift) for change in changes] == expected
    assert all(change.arguments["arn"] == ARN for change in changes)
    assert WantedTags(wanted).after(live) == wanted


def test_without_purge_nothing_is_removed() -> None:
    wanted = WantedTags({"kept": "3"}, purge=False)
    assert [change.call for change in wanted.changes(ARN, {"old": "1"}, "tag", "untag")] == ["tag"]
    assert wanted.after({"old": "1"}) == {"old": "1", "kept": "3"}


def test_tags_that_are_not_mentioned_are_left_alone() -> None:
    assert TAGS_LEFT_ALONE.changes(ARN, {"a": "b"}, "tag", "untag") == []
    assert TAGS_LEFT_ALONE.after({"a": "b"}) == {"a": "b"}
