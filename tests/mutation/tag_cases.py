# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the tags of a policy or role."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from .case import Alter, Case, in_turn, mutation, rewrite
from .rows import different, extra, missing

Tags = list[dict[str, str]]


def tag_cases(
    whose: str,
    subject: str,
    live: Sequence[Mapping[str, str]],
    *,
    wanted: Mapping[str, str] | None,
    purge: bool,
    tag: Callable[[Tags], Alter],
    untag: Callable[[list[str]], Alter],
) -> Iterator[Case]:
    """Each tag gone and altered, and one that does not belong there; where none are asked for, all are others'."""
    for pair in live:
        key, value = pair["Key"], pair["Value"]
        text = f"{key}={value}"
        yield mutation("tag", f"{key} of the {whose} gone", untag([key]), [missing(subject, "tag", text)])
        for other in dict.fromkeys((f"{value}x", value.swapcase(), "")):
            if other != value:
                rows = [different(subject, "tag", text, f"{key}={other}")]
                yield mutation(
                    "tag", f"{text} of the {whose} became {other!r}", tag([{"Key": key, "Value": other}]), rows
                )
        again = in_turn(untag([key]), tag([{"Key": key, "Value": value}]))
        yield rewrite("tag", f"{key} of the {whose} set again, so that it comes last", again)
    for value in ("hand", ""):
        name, more = f"by={value} of the {whose}", tag([{"Key": "by", "Value": value}])
        if wanted is not None and purge:
            yield mutation("tag", f"{name} more", more, [extra(subject, "tag", f"by={value}")])
        else:
            yield rewrite("tag", f"{name} more, which is not purged", more)
