# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM identity by its name, its ARN or its unique id.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption, refuse_unsafe_text

_IDENTITY_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account_id>\d{12}):(?P<type>user|role)/(?:[!-~]+/)?(?P<name>[\w+=,.@-]+)",
    re.ASCII,
)
# How IAM shows a user or role by its id, mostly after the user or role was deleted.
UNIQUE_ID: t.Final = re.compile(r"A[A-Z0-9]{15,}")


@dataclasses.dataclass(frozen=True)
class Identity:
    """An IAM user or role by name; a group only where a policy is found attached to one."""

    type: t.Literal["user", "role", "group"]
    name: str

    def __str__(self) -> str:
        return f"{self.type}/{self.name}"

    def is_same(self, other: Identity) -> bool:
        """IAM names are unique whatever their letter case."""
        return self.type == other.type and self.name.casefold() == other.name.casefold()


@dataclasses.dataclass(frozen=True)
class IdentityArn:
    """The parts of the ARN of an IAM user or role; the path is only in the ARN."""

    arn: str
    partition: str
    account_id: str
    type: str
    name: str


def parse_identity_arn(option: str, arn: str) -> IdentityArn:
    """Read the ARN of an IAM user or role, or raise InvalidOption."""
    refuse_unsafe_text(option, arn)
    found = _IDENTITY_ARN.fullmatch(arn)
    if not found:
        raise InvalidOption(
            option,
            f"{arn!r} is not the ARN of an IAM user or role; "
            "write arn:aws:iam::ACCOUNT:user/NAME or arn:aws:iam::ACCOUNT:role/NAME, with the path if it has one",
        )
    return IdentityArn(arn, **found.groupdict())
