# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text and data that nobody means well with."""

from __future__ import annotations

import random
import typing as t

# What would widen a policy, if it got into one.
_WIDENING = (
    "*",
    "?",
    "**",
    "/*",
    "*/",
    "${aws:username}",
    "${*}",
    "${",
    "$",
    '","Resource":"*',
    "'*'",
    "\uff0a",
    "\u204e",
)
_CONTROL = ("\x00", "\x07", "\t", "\n", "\r\n", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\u200b")
_UNICODE = (
    "\u00e9",
    "e\u0301",
    "\u65e5\u672c",
    "\U0001f600",
    "\u0130",
    "\u212a",
    "\u0661\u0662\u0663",
    "\ud800",
    "\udcff",
)
_MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "&amp;",
    "{{ 7 * 7 }}",
    "{% for %}",
    "<!--",
)
_FORMATS = (
    "%s",
    "%n",
    "{}",
    "{0}",
    "{client}",
    "\\u002a",
    "%2a",
    "\\",
    '"',
    "'",
    "`id`",
    "$(id)",
    "; drop table x; --",
)
_PATHS = (
    "/",
    "//",
    "../..",
    "/./",
    ":",
    "::",
    " ",
    ",",
    "@",
    "#",
    "s3://",
    "file:///etc/passwd",
    "http://169.254.169.254/",
)
_ARNS = (
    "arn:aws:iam::123456789012:root",
    "arn:aws:s3:::*",
    "AIDACKCEVSQ6C2EXAMPLE",
    "IAM_ALLOWED_PRINCIPALS",
    "alias/aws/s3",
)
_LONG = ("a" * 65, "a" * 300, "a/" * 600, "\u00e9" * 2000, "<b>" * 5000, "*" * 5000)
FRAGMENTS: t.Final = (*_WIDENING, *_CONTROL, *_UNICODE, *_MARKUP, *_FORMATS, *_PATHS, *_ARNS, *_LONG)

_SCALARS: t.Final = (None, True, False, 0, -1, 2**70, 1.5, float("inf"), "", " ", "null", "0" * 12)


def hostile_text(source: random.Random, like: str = "") -> str:
    """A fragment alone, or put into what would be fine without it; or what would be fine in another letter case."""
    fragment = source.choice(FRAGMENTS)
    where = source.randrange(6)
    middle = len(like) // 2
    return (fragment, like + fragment, fragment + like, like[:middle] + fragment + like[middle:], like.upper(), "")[
        where
    ]


def hostile_data(source: random.Random, depth: int = 3) -> t.Any:
    """Anything that JSON can say."""
    kind = source.randrange(6 if depth else 3)
    if kind == 0:
        return source.choice(_SCALARS)
    if kind in (1, 2):
        return hostile_text(source, "name")
    if kind == 3:
        return [hostile_data(source, depth - 1) for _number in range(source.randrange(4))]
    return {hostile_text(source, "Name"): hostile_data(source, depth - 1) for _number in range(source.randrange(4))}
