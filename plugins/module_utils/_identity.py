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
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import _validation

_IDENTITY_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account_id>\d{12}):"
    r"(?P<type>user|role)(?P<path>/(?:[!-~]+/)?)(?P<name>[\w+=,.@-]{1,64})",
    re.ASCII,
)
# An account as a principal; its root user stands for all that the account lets
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
ACCOUNT_ROOT_ARN: t.Final = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account_id>\d{12}):root", re.ASCII)
# How IAM shows a user or role by its id, mostly after the user or role was deleted.
UNIQUE_ID: t.Final = re.compile(r"A[A-Z0-9]{15,}")

# Roles that only AWS itself may alter, by name or path
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html,
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html).
_ROLES_OF_AWS: t.Final[Mapping[str, tuple[str, str]]] = {
    "a service-linked role": ("AWSServiceRoleFor", "/aws-service-role/"),
    "a role of IAM Identity Center": ("AWSReservedSSO_", "/aws-reserved/"),
}


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
    """The parts of the ARN of an IAM user or role."""

    arn: str
    partition: str
    account_id: str
    type: t.Literal["user", "role"]
    path: str
    name: str

    @property
    def identity(self) -> Identity:
        return Identity(self.type, self.name)

    @property
    def sessions(self) -> str:
        """How the ARNs of a role's sessions begin, which do not show its path."""
        return f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{self.name}/"


def match_identity_arn(arn: str) -> IdentityArn | None:
    """The parts of the ARN, None where it is not that of an IAM user or role."""
    found = _IDENTITY_ARN.fullmatch(arn)
    return IdentityArn(arn, **t.cast(dict[str, t.Any], found.groupdict())) if found else None


def parse_identity_arn(option: str, arn: str) -> IdentityArn:
    """Read the ARN of an IAM user or role, or raise InvalidOption."""
    _validation.refuse_unsafe_text(option, arn)
    found = match_identity_arn(arn)
    if not found:
        raise _validation.InvalidOption(
            option,
            f"{arn!r} is not the ARN of an IAM user or role; "
            "write arn:aws:iam::ACCOUNT:user/NAME or arn:aws:iam::ACCOUNT:role/NAME, with the path if it has one",
        )
    return found


def role_of_aws(name: str, path: str | None) -> str | None:
    """What kind of role it is that only AWS may alter, by its name or path; None for any other."""
    for kind, (prefix, reserved_path) in _ROLES_OF_AWS.items():
        if name.startswith(prefix) or (path or "").startswith(reserved_path):
            return kind
    return None
