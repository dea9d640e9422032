# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others in a report: names and messages may hold anything, and must neither break the file nor deceive.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
import typing as t

# What XML 1.0 cannot hold, however it is written (https://www.w3.org/TR/xml/#charsets), the other controls, and what
# makes a text read otherwise than it is (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
_NOT_SHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
    "|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U000e0000-\U000e007f\U0010fffe\U0010ffff]"
)


def shown(value: t.Any) -> str:
    """The text with what cannot or should not be shown in the form of an escape, such as C(\\u202e); empty for None."""
    return "" if value is None else _NOT_SHOWN.sub(lambda found: _escape(ord(found[0])), str(value))


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def counted(number: int, word: str, words: str = "") -> str:
    """For instance C(1 check) or C(3 checks)."""
    return f"{number} {word if number == 1 else words or word + 's'}"
