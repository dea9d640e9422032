# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may be trusted to assume the target role, read from the options.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _validation,
)

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID_FORM = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

_SESSION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:sts|iam)::(?P<account_id>\d{12}):assumed-role/(?P<name>[^/]+)/.+", re.ASCII
)


@dataclasses.dataclass(frozen=True)
class TrustedPrincipal:
    """Who may assume the role: an IAM role or user, or where identity is None, whoever its account lets."""

    arn: str
    partition: str
    account_id: str
    identity: _identity.IdentityArn | None = None


def read_external_id(option: str, external_id: str | None) -> str | None:
    """Return the ExternalId, or raise InvalidOption where STS would not take it."""
    if external_id is None or _EXTERNAL_ID_FORM.fullmatch(external_id):
        return external_id
    raise _validation.InvalidOption(
        option,
        f"has {len(external_id)} characters, or others than STS takes; write 2 to 1,224 letters, digits and _+=,.@:/-",
    )


def read_principals(option: str, values: Sequence[str], partition: str) -> tuple[TrustedPrincipal, ...]:
    """The principals, each once; InvalidOption for what cannot be one, or is of another partition than the role."""
    read = [_read_principal(option, value, partition) for value in values]
    for principal in read:
        if principal.partition != partition:
            raise _validation.InvalidOption(
                option,
                f"{principal.arn} is of the partition {principal.partition!r}, the role of {partition!r}; "
                "no trust reaches across partitions: name a principal of the same one",
            )
    return tuple(dict.fromkeys(read))


def _read_principal(option: str, value: str, partition: str) -> TrustedPrincipal:
    _validation.refuse_unsafe_text(option, value)
    if _validation.is_account_id(value):
        return TrustedPrincipal(f"arn:{partition}:iam::{value}:root", partition, value)
    root = _identity.ACCOUNT_ROOT_ARN.fullmatch(value)
    if root:
        return TrustedPrincipal(value, root["partition"], root["account_id"])
    found = _identity.match_identity_arn(value)
    if found:
        return TrustedPrincipal(value, found.partition, found.account_id, found)
    raise _validation.InvalidOption(option, f"{value!r} {_why_not_a_principal(value)}")


def _why_not_a_principal(value: str) -> str:
    session = _SESSION.fullmatch(value)
    if session:
        path = "/aws-reserved/sso.amazonaws.com/" if session["name"].startswith("AWSReservedSSO_") else "/"
        role = f"arn:{session['partition']}:iam::{session['account_id']}:role{path}{session['name']}"
        return (
            f"is a session of a role. Write the ARN of the role, probably {role}: a session does not show the role's "
            f"path, so look it up (aws iam get-role --role-name {session['name']})"
        )
    if _identity.UNIQUE_ID.fullmatch(value):
        return "is a unique id; write the ARN of the user or role"
    if value.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")):
        return "is a service; a connection is assumed by a role or user. Statements for services are kept as they are"
    if ":group/" in value:
        return "is a group, which cannot be trusted; write the ARN of a role or user"
    return (
        "is not the ARN of an IAM role, user or account; write arn:aws:iam::ACCOUNT:role/NAME, with its path if it "
        "has one"
    )


def named(role_name: str, principals: Iterable[TrustedPrincipal]) -> list[TrustedPrincipal]:
    """Those of the principals that are roles of that name."""
    role = _identity.Identity("role", role_name)
    return [it for it in principals if it.identity and role.is_same(it.identity.identity)]


def principal_warnings(principals: Iterable[TrustedPrincipal], account_id: str, external_id: str | None) -> list[str]:
    """What is legal but seldom meant: a foreign account without ExternalId, a role that AWS may replace."""
    warnings = []
    for principal in principals:
        if principal.account_id != account_id and not external_id:
            warnings.append(
                f"trusted_principals: {principal.arn} belongs to another account and is trusted without an "
                "external_id; whoever else it serves could make it use this role, so set external_id"
            )
        kind = _identity.role_of_aws(principal.identity.name, principal.identity.path) if principal.identity else None
        if kind:
            warnings.append(
                f"trusted_principals: {principal.arn} is {kind}; AWS may delete it and make another one, whose name "
                "can end in another random suffix, and the trust then has to name the new one"
            )
    return warnings
