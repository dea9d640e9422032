# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a grant can go to."""

from __future__ import annotations

import re

from .errors import invalid
from .interfaces import Principals

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"

_KINDS = {
    "everybody": EVERYBODY,
    "group": r"\d{12}:IAMPrincipals",
    "iam": r"arn:[\w-]+:iam::\d{12}:(user|role)/.+",
    "account": r"\d{12}",
    "organization": r"arn:[\w-]+:organizations::\d{12}:(organization|ou)/.+",
    "identity_group": r"arn:[\w-]+:identitystore:::group/.+",
    "identity_user": r"arn:[\w-]+:identitystore:::user/.+",
    "federated": r"arn:[\w-]+:(iam::\d{12}:saml-provider/.+|quicksight:.+:(user|group)/.+)",
}


def kind(principal: str) -> str:
    """What a principal is: a key of the table above, or empty where it is none."""
    return next((name for name, pattern in _KINDS.items() if re.fullmatch(pattern, principal)), "")


def group(account: str) -> str:
    """The group of all users and roles of an account, to which grants can be made."""
    return f"{account}:IAMPrincipals"


def is_external(principal: str, account: str) -> bool:
    """Whether it stands for somebody outside the account."""
    what = kind(principal)
    if what == "account":
        return principal != account
    return what == "organization" or (what == "iam" and principal.split(":")[4] != account)


def require(principal: str, account: str, principals: Principals) -> None:
    """Raise InvalidInputException unless something can be granted to it now."""
    what = kind(principal)
    is_unknown = what == "iam" and not is_external(principal, account) and not principals.has(principal)
    if not what or is_unknown or len(principal) > 255:
        raise invalid(f"Invalid principal, arn: {principal}")
