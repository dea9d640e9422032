# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a denial of IAM says by itself: the action, the resource, and which kind of policy decided.

The shapes are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

# Whose policy decided, where a message tells.
Side = t.Literal["", "identity", "resource", "boundary", "organization", "lake_formation"]

# KMS says so of a key that it does not want to tell of: absent, or of another account and not allowed.
ABSENT_OR_RESOURCE_BASED: t.Final = "resource-based policies"

# Every kind of policy in AWS' words, and whose it is.
SIDES: t.Final[dict[str, Side]] = {
    "": "",
    "identity-based policy": "identity",
    "resource-based policy": "resource",
    ABSENT_OR_RESOURCE_BASED: "",
    "role trust policy": "resource",
    "permissions boundary": "boundary",
    "service control policy": "organization",
    "resource control policy": "organization",
    "session policy": "",
    "vpc endpoint policy": "",
}

# Longer than any sentence of a denial: an ARN has 2,048 characters at most.
_LONGEST_SENTENCE = 5_000

_KINDS = "|".join(kind for kind in SIDES if kind)
_DENIED = re.compile(
    r"""not authorized to perform:? ?[\["'`]?(?P<action>[a-z0-9-]{2,40}:[a-z][a-z0-9]{0,100})""", re.IGNORECASE
)
# IAM itself writes the kind of its resources in front: "on resource: role NAME", "on resource: policy path NAME".
_RESOURCE = re.compile(
    r"""[\]"'`]? on (?:the |this )?resource: ?(?:(?:role|user|group|policy path) )?"""
    r"""(?:"(?P<quoted>[^"]{1,2048})"|(?P<plain>[^\s"'`]{1,2048}))""",
    re.IGNORECASE,
)
_REASON = re.compile(
    rf"\bno (?P<silent>{_KINDS}) allow"
    rf"|\bexplicit deny in (?:an? |the )?(?P<denying>{_KINDS})"
    r"""(?:(?:,? with policy arn)?: ?["'`]?(?P<policy_arn>arn:[^\s"'`(),;]{1,2048}))?""",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class Denial:
    """One denied action. What the message does not name is empty.

    policy: the kind of policy that decided, in AWS' words. is_explicit: by a Deny, and not for want of an Allow.
    """

    action: str
    resource: str = ""
    policy: str = ""
    is_explicit: bool = False
    policy_arn: str = ""
    position: int = 0

    @property
    def side(self) -> Side:
        return SIDES[self.policy]


def denials(text: str) -> list[Denial]:
    """The denials of a text without line breaks, in its order."""
    found = list(_DENIED.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return [
        _denial(match, text[match.end() : min(end, match.end() + _LONGEST_SENTENCE)])
        for match, end in zip(found, ends, strict=False)
    ]


def _denial(match: re.Match[str], rest: str) -> Denial:
    on = _RESOURCE.match(rest)
    because = _REASON.search(rest, on.end() if on else 0)
    denying = because and because["denying"]
    return Denial(
        action=match["action"],
        resource=(on["quoted"] or on["plain"].rstrip(".,;)")) if on else "",
        policy=(denying or because["silent"]).lower() if because else "",
        is_explicit=bool(denying),
        policy_arn=(because["policy_arn"] or "").rstrip(".") if because else "",
        position=match.start(),
    )
