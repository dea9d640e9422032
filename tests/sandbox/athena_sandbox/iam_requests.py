# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How IAM authorises a call about IAM itself: on which ARN, with which condition keys, and by which further actions.

Sources: AWS's Service Authorization Reference, and for the tags that come with a creation
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_roles.html and id_tags_customer-managed-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id
from ministack.services import iam

_ENTITIES: dict[str, Any] = {"role": iam._roles, "user": iam._users, "group": iam._groups}
# Without a UserName these are about the caller.
OWN_USER_OPERATIONS = {"GetUser", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}
_TAGS_AT_CREATION = {"CreatePolicy": "iam:TagPolicy", "CreateRole": "iam:TagRole", "CreateUser": "iam:TagUser"}
_ABOUT_ATTACHMENTS = re.compile(r"(Attach|Detach)(User|Role|Group)Policy")
_WITHIN_BOUNDARIES = re.compile(
    r"(Attach|Detach|Put|Delete)(User|Role)Policy|(Put|Delete)(User|Role)PermissionsBoundary|Create(User|Role)|"
    r"(Get|Update|Delete)Role|UpdateRoleDescription|UpdateAssumeRolePolicy"
)


@dataclass(frozen=True)
class IamRequest:
    """What policies see of the call."""

    arn: str
    conditions: Mapping[str, str]
    more_actions: tuple[str, ...]


def iam_request(operation: str, parameters: Mapping[str, list[str]]) -> IamRequest:
    """What policies see of a call with these form parameters."""
    first = {name: values[0] for name, values in parameters.items() if values}
    has_tags = operation in _TAGS_AT_CREATION and any(name.startswith("Tags.") for name in first)
    return IamRequest(
        arn=_arn(operation, first),
        conditions=_conditions(operation, first),
        more_actions=(_TAGS_AT_CREATION[operation],) if has_tags else (),
    )


def _arn(operation: str, first: Mapping[str, str]) -> str:
    """With its path, which ministack leaves out."""
    path = first.get("Path") or "/"
    for kind, entities in _ENTITIES.items():
        if name := first.get(f"{kind.title()}Name"):
            return str((entities.get(name) or {}).get("Arn") or f"arn:aws:iam::{get_account_id()}:{kind}{path}{name}")
    if operation == "CreatePolicy":
        return f"arn:aws:iam::{get_account_id()}:policy{path}{first.get('PolicyName')}"
    if operation in OWN_USER_OPERATIONS:
        return str(caller_arn())
    return first.get("PolicyArn") or first.get("PolicySourceArn") or "*"


def _conditions(operation: str, first: Mapping[str, str]) -> dict[str, str]:
    """iam:PolicyARN, and iam:PermissionsBoundary: the one that is asked for, or else the one that is there."""
    found = {}
    if _ABOUT_ATTACHMENTS.fullmatch(operation):
        found["iam:PolicyARN"] = first.get("PolicyArn", "")
    if _WITHIN_BOUNDARIES.fullmatch(operation):
        kind = "role" if "RoleName" in first else "user"
        entity = _ENTITIES[kind].get(first.get(f"{kind.title()}Name", "")) or {}
        if boundary := first.get("PermissionsBoundary") or entity.get("PermissionsBoundary"):
            found["iam:PermissionsBoundary"] = boundary
    return found
