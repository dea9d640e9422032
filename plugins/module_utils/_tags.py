# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of what is provisioned: the two calls that change them, and what they are then.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _report,
)


@dataclasses.dataclass(frozen=True)
class WantedTags:
    """What is asked of the tags; None for tags leaves them alone, purge removes what tags does not name."""

    tags: Mapping[str, str] | None = None
    purge: bool = True

    def compare(self, live: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """(to set, to remove)."""
        if self.tags is None:
            return {}, []
        to_set, to_remove = compare_aws_tags(live, self.tags, self.purge)
        return to_set, sorted(to_remove)

    def changes(
        self, subject: str, live: Mapping[str, str], tag: str, untag: str, **target: t.Any
    ) -> list[_change.Change]:
        """tag, untag: the names of the calls, which take C(tags) and what names their target."""
        to_set, to_remove = self.compare(live)
        removed = tuple(_report.Drift(subject, "tag", "extra", actual=_pair(live, key)) for key in to_remove)
        set_ = tuple(
            _report.Drift(subject, "tag", "different" if key in live else "missing", f"{key}={value}", _pair(live, key))
            for key, value in sorted(to_set.items())
        )
        # Removed first, as AWS counts the tags after every call.
        planned = [
            _change.Change(untag, removed, {**target, "tags": to_remove}),
            _change.Change(tag, set_, {**target, "tags": to_set}),
        ]
        return [change for change in planned if change.drift]

    def after(self, live: Mapping[str, str]) -> dict[str, str]:
        to_set, to_remove = self.compare(live)
        return {key: value for key, value in {**live, **to_set}.items() if key not in to_remove}


# What a task asks for that does not mention tags.
TAGS_LEFT_ALONE: t.Final = WantedTags()


def _pair(tags: Mapping[str, str], key: str) -> str | None:
    return f"{key}={tags[key]}" if key in tags else None
