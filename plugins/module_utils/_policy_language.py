# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How policy documents are written: an element is one value or a list of them, and white space does not count.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping


def as_list(value: t.Any) -> list[t.Any]:
    """The entries of an element that may be a single one; none for None."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def as_texts(value: t.Any) -> list[str]:
    """The entries as text; JSON booleans and numbers are written as IAM reads them."""
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in as_list(value)]


def policy_text(document: Mapping[str, t.Any]) -> str:
    """The document as it is sent."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def policy_size(document: Mapping[str, t.Any]) -> int:
    """The characters that IAM counts: all but white space."""
    return len(re.sub(r"\s", "", policy_text(document)))
