# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM refuses about tags of users, roles and policies.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html and the quotas page; the words are likened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from ministack.services import iam

from .roles import constraint

_QUOTA = 50
# Letters, separators and numbers of every script, and these.
_CATEGORIES, _SIGNS = "LZN", "_.:/=+-@"
_PATTERN = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"
_FORM = re.compile(r"Tags\.member\.(\d+)\.(Key|Value)")
_TAGGED: Mapping[str, tuple[str, Any]] = {
    "Role": ("RoleName", iam._roles),
    "User": ("UserName", iam._users),
    "Policy": ("PolicyArn", iam._policies),
}


def refusal(action: str, parameters: Mapping[str, list[str]]) -> tuple[int, str, str] | None:
    """The status, code and message with which IAM refuses the tags of a call, if it does."""
    sent = re.fullmatch("(Tag|Create)(Role|User|Policy)", action)
    texts = [(found[1], found[2], values[0]) for name, values in parameters.items() if (found := _FORM.fullmatch(name))]
    keys = [text for _number, part, text in texts if part == "Key"]
    if not sent or not keys:
        return None
    for number, part, text in texts:
        if not all(unicodedata.category(it)[0] in _CATEGORIES or it in _SIGNS for it in text):
            shown = f"tags.{number}.member.{part.lower()}"
            return constraint(shown, text, f"Member must satisfy regular expression pattern: {_PATTERN}")
    for key in keys:
        if key.lower().startswith("aws:"):
            return (
                400,
                "InvalidInput",
                "User-specified tag keys cannot start with 'aws:', which is reserved for AWS use.",
            )
    fold = str if sent[2] == "Policy" else str.casefold  # Policies alone tell letter case in keys.
    folded = set(map(fold, keys))
    if len(folded) < len(keys):
        return 400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    parameter, entities = _TAGGED[sent[2]]
    entity = entities.get((parameters.get(parameter) or [""])[0]) if sent[1] == "Tag" else None
    there = {fold(tag["Key"]) for tag in (entity or {}).get("Tags") or []}
    if len(there | folded) > _QUOTA:
        return 409, "LimitExceeded", f"Cannot exceed quota for TagsPer{sent[2]}: {_QUOTA}"
    return None
