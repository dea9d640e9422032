# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of the HTML report: a symbol, a colour and always a word, so that nothing rests on colour or symbol alone.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from ansible_collections.qualytics.athena.plugins.module_utils import _report_elements


class Mark(t.NamedTuple):
    """A symbol, a class of the style sheet, a word, and what it means."""

    symbol: str
    look: str
    word: str
    meaning: str


# Of permissions, trust and grants.
STATES: t.Final[Mapping[str, Mark]] = {
    "in_place": Mark("✓", "good", "in place", "wanted and there"),
    "missing": Mark("\u2212", "bad", "missing", "wanted and not there"),
    "extra": Mark("+", "odd", "extra", "there and not wanted"),
    "kept": Mark("○", "none", "left alone", "there, not asked for, and left as it is"),
    "different": Mark("≠", "bad", "different", "there in another form"),
}
# Of checks.
ANSWERS: t.Final[Mapping[str, Mark]] = {
    "fail": Mark("✕", "bad", "fail", "the connection does not work so"),
    "unknown": Mark("?", "none", "unknown", "the checker was not allowed to look"),
    "warn": Mark("!", "odd", "warning", "it works, but look at it"),
    "pass": Mark("✓", "good", "pass", "in order"),
}
# Of connections.
STATUSES: t.Final[Mapping[str, Mark]] = {
    "failed": Mark("✕", "bad", "failed", "a step failed"),
    "drift": Mark("≠", "odd", "drift", "something differs from what is wanted"),
    "changed": Mark("↻", "new", "changed", "something differed and was repaired"),
    "in_sync": Mark("✓", "good", "in sync", "nothing differs"),
}
READABLE: t.Final[Mapping[str, Mark]] = {
    "no": Mark("✕", "bad", "no", ""),
    "unknown": Mark("?", "none", "unknown", ""),
    "s3": Mark("✓", "good", "in S3", ""),
    "lake_formation": Mark("✓", "good", "through Lake Formation", ""),
    "not_judged": Mark("·", "none", "not judged", ""),
}
_OTHER: t.Final = Mark("?", "none", "", "")
NOTHING: t.Final = Mark("·", "none", "not looked at", "not looked at in this run")


def mark_of(marks: Mapping[str, Mark], key: str) -> Mark:
    """The mark; of what is new to this report a question mark with the word itself."""
    return marks.get(key) or _OTHER._replace(word=key)


def badge(mark: Mark) -> Element:
    """The symbol and the word."""
    return _report_elements.element("span", _symbol(mark), f" {mark.word}", class_=f"badge {mark.look}")


def mark(of: Mark, number: int | None = None, words: str = "") -> Element:
    """The symbol, and perhaps how often; the words are for those who do not see it, and for a pointer that rests."""
    words = words or of.word
    count = "" if number is None else f" {number}"
    return _report_elements.element(
        "span",
        _report_elements.element("span", of.symbol + count, aria_hidden="true"),
        _report_elements.element("span", words, class_="unseen"),
        class_=f"mark {of.look}",
        title=words,
    )


def legend(marks: Iterable[Mark]) -> Element:
    """What the marks mean."""
    items: list[_report_elements.Content] = [
        _report_elements.element(
            "li", mark(it), " ", _report_elements.element("b", it.word), f": {it.meaning}", class_="small"
        )
        for it in marks
    ]
    return _report_elements.element("ul", items, class_="legend")


def _symbol(of: Mark) -> Element:
    return _report_elements.element("span", of.symbol, aria_hidden="true")
