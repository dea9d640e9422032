# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may assume the target role: one statement of its trust policy is ours, the others are left alone.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils._comparison import (
    Statement,
    document_drift,
    grants_of,
    statements_of,
)
from ansible_collections.qualytics.athena.plugins.module_utils._identity import UNIQUE_ID, IdentityArn
from ansible_collections.qualytics.athena.plugins.module_utils._policy_language import as_list, as_texts
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption, refuse_unsafe_text

Document = Mapping[str, t.Any]

# The Sid by which our statement is known again, whatever else was done to it.
SID: t.Final = "QualyticsAthenaAssumeRole"
_ASSUME_ROLE: t.Final = "sts:AssumeRole"
_EXTERNAL_ID: t.Final = "sts:ExternalId"

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID_FORM = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_ACCOUNT_ROOT = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account_id>\d{12}):root", re.ASCII)
_IDENTITY = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account_id>\d{12}):"
    r"(?P<type>user|role)(?P<path>/(?:[!-~]+/)?)(?P<name>[\w+=,.@-]{1,64})",
    re.ASCII,
)
_SESSION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account_id>\d{12}):assumed-role/(?P<name>[^/]+)/.+", re.ASCII
)

# Roles that only AWS itself may alter
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html,
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html).
_OF_AWS: t.Final[Mapping[str, tuple[str, str]]] = {
    "a service-linked role": ("AWSServiceRoleFor", "/aws-service-role/"),
    "a role of IAM Identity Center": ("AWSReservedSSO_", "/aws-reserved/"),
}


@dataclasses.dataclass(frozen=True)
class TrustedPrincipal:
    """Who may assume the role: an IAM role or user, or where identity is None, whoever its account lets."""

    arn: str
    partition: str
    account_id: str
    identity: IdentityArn | None = None
    path: str = "/"


@dataclasses.dataclass(frozen=True)
class Trust:
    """What the options ask of the trust policy; purge: that it holds nothing else."""

    principals: tuple[TrustedPrincipal, ...]
    external_id: str | None = None
    purge: bool = False

    @property
    def statement(self) -> dict[str, t.Any]:
        arns = [principal.arn for principal in self.principals]
        statement: dict[str, t.Any] = {
            "Sid": SID,
            "Effect": "Allow",
            "Principal": {"AWS": arns[0] if len(arns) == 1 else arns},
            "Action": _ASSUME_ROLE,
        }
        if self.external_id is not None:
            statement["Condition"] = {"StringEquals": {_EXTERNAL_ID: self.external_id}}
        return statement

    @property
    def document(self) -> dict[str, t.Any]:
        return {"Version": "2012-10-17", "Statement": [self.statement]}


def role_of_aws(name: str, path: str | None) -> str | None:
    """What kind of role it is that only AWS may alter, by its name or path; None for any other."""
    for kind, (prefix, reserved_path) in _OF_AWS.items():
        if name.startswith(prefix) or (path or "").startswith(reserved_path):
            return kind
    return None


def read_external_id(option: str, external_id: str | None) -> str | None:
    """Return the ExternalId, or raise InvalidOption where STS would not take it."""
    if external_id is None or _EXTERNAL_ID_FORM.fullmatch(external_id):
        return external_id
    raise InvalidOption(
        option,
        f"has {len(external_id)} characters, or others than STS takes; write 2 to 1,224 letters, digits and _+=,.@:/-",
    )


def read_principals(option: str, values: Sequence[str], partition: str) -> tuple[TrustedPrincipal, ...]:
    """The principals, each once; InvalidOption for what cannot be one, or is of another partition than the role."""
    read = [_read_principal(option, value, partition) for value in values]
    for principal in read:
        if principal.partition != partition:
            raise InvalidOption(
                option,
                f"{principal.arn} is of the partition {principal.partition!r}, the role of {partition!r}; "
                "no trust reaches across partitions: name a principal of the same one",
            )
    return tuple(dict.fromkeys(read))


def _read_principal(option: str, value: str, partition: str) -> TrustedPrincipal:
    refuse_unsafe_text(option, value)
    if _ACCOUNT_ID.fullmatch(value):
        return TrustedPrincipal(f"arn:{partition}:iam::{value}:root", partition, value)
    root = _ACCOUNT_ROOT.fullmatch(value)
    if root:
        return TrustedPrincipal(value, root["partition"], root["account_id"])
    found = _IDENTITY.fullmatch(value)
    if found:
        identity = IdentityArn(value, found["partition"], found["account_id"], found["type"], found["name"])
        return TrustedPrincipal(value, identity.partition, identity.account_id, identity, found["path"])
    raise InvalidOption(option, f"{value!r} {_why_not_a_principal(value)}")


def _why_not_a_principal(value: str) -> str:
    session = _SESSION.fullmatch(value)
    if session:
        role = f"arn:{session['partition']}:iam::{session['account_id']}:role/{session['name']}"
        return (
            f"is a session of a role. Write the ARN of the role, probably {role}: a session does not show the role's "
            f"path, so look it up (aws iam get-role --role-name {session['name']})"
        )
    if UNIQUE_ID.fullmatch(value):
        return "is a unique id; write the ARN of the user or role"
    if value.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")):
        return "is a service; a connection is assumed by a role or user. Statements for services are kept as they are"
    if ":group/" in value:
        return "is a group, which cannot be trusted; write the ARN of a role or user"
    return (
        "is not the ARN of an IAM role, user or account; write arn:aws:iam::ACCOUNT:role/NAME, with its path if it "
        "has one"
    )


def principal_warnings(principals: Iterable[TrustedPrincipal], account_id: str, external_id: str | None) -> list[str]:
    """What is legal but seldom meant: a foreign account without ExternalId, a role that AWS may replace."""
    warnings = []
    for principal in principals:
        if principal.account_id != account_id and not external_id:
            warnings.append(
                f"trusted_principals: {principal.arn} belongs to another account and is trusted without an "
                "external_id; whoever else it serves could make it use this role, so set external_id"
            )
        kind = role_of_aws(principal.identity.name, principal.path) if principal.identity else None
        if kind:
            warnings.append(
                f"trusted_principals: {principal.arn} is {kind}; AWS may delete it and make another one, whose name "
                "can end in another random suffix, and the trust then has to name the new one"
            )
    return warnings


def unique_ids(document: Document) -> set[str]:
    """The unique ids that the trust policy shows in the place of principals.

    IAM keeps a user or role by its unique id and shows the ARN while the principal lives; the id of a live one may be
    shown too for a while
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
    https://github.com/go-to-k/cdkd/pull/1527).
    """
    return {text for statement in _statements(document) for text in _aws_principals(statement) if _is_unique_id(text)}


def with_arns(document: Document, arns: Mapping[str, str]) -> Document:
    """The document with the ARNs of live principals in the place of their unique ids."""
    if not arns:
        return document

    def named(value: t.Any) -> t.Any:
        if isinstance(value, list):
            return [named(item) for item in value]
        return arns.get(value, value) if isinstance(value, str) else value

    def translated(statement: t.Any) -> t.Any:
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        if not isinstance(principal, Mapping) or "AWS" not in principal:
            return statement
        return {**statement, "Principal": {**principal, "AWS": named(principal["AWS"])}}

    return {**document, "Statement": [translated(statement) for statement in as_list(document.get("Statement"))]}


def trust_drift(subject: str, trust: Trust, live: Document) -> list[Drift]:
    """In what the live trust policy differs from what is asked: in our statement, or with purge in anything."""
    if trust.purge:
        return document_drift(subject, trust.document, live)
    statements, ours = _statements(live), _ours(trust, live)
    own = {"Version": trust.document["Version"], "Statement": [statements[number] for number in sorted(ours)]}
    # What another statement says too is not missing.
    if grants_of(trust.document) <= grants_of(live) and grants_of(own) <= grants_of(trust.document):
        return []
    return document_drift(subject, trust.document, own)


def merged(trust: Trust, live: Document | None) -> dict[str, t.Any]:
    """The trust policy to write: our statement in its place, and without purge all that is not ours as it is."""
    if live is None or trust.purge:
        return trust.document
    ours = _ours(trust, live)
    place = min(ours, default=len(_statements(live)))
    others = [(number, statement) for number, statement in enumerate(_statements(live)) if number not in ours]
    before = [statement for number, statement in others if number < place]
    after = [statement for number, statement in others if number > place]
    # The version is kept, as the others are written in its language.
    return {**live, "Statement": [*before, trust.statement, *after]}


def others_warnings(trust: Trust, live: Document) -> list[str]:
    """What the statements that are left alone do to the connection: let it in without its ExternalId, or deny it."""
    if trust.purge:
        return []
    ours = _ours(trust, live)
    others = [statement for number, statement in enumerate(statements_of(live)) if number not in ours]
    found = ((statement, _what_it_does(statement, trust)) for statement in others if _assumes(statement.actions))
    return [f"{_label(statement)} of the trust policy {what}" for statement, what in found if what]


def _what_it_does(statement: Statement, trust: Trust) -> str | None:
    everybody = "AWS:*" in statement.principals
    trusted = {f"AWS:{principal.arn}" for principal in trust.principals if principal.identity}
    accounts = {f"AWS:{principal.account_id}" for principal in trust.principals}
    if not (everybody or statement.principals & (trusted | accounts)):
        return None
    remedy = "remove it, or set purge_trust"
    if statement.effect == "Deny":
        return None if statement.condition else f"denies {_ASSUME_ROLE} to a trusted principal; {remedy}"
    if everybody and not statement.condition:
        return f"lets everybody assume the role; {remedy}"
    asks_for_external_id = any(key == _EXTERNAL_ID.lower() for _operator, key, _values in statement.condition)
    if trust.external_id and not asks_for_external_id:
        return f"lets a trusted principal in without the external_id; {remedy}"
    return None


def _label(statement: Statement) -> str:
    return f"the statement {statement.sid!r}" if statement.sid else "a statement without Sid"


def _statements(document: Document) -> list[t.Any]:
    return as_list(document.get("Statement"))


def _aws_principals(statement: t.Any) -> list[str]:
    principal = statement.get("Principal") if isinstance(statement, Mapping) else None
    return as_texts(principal.get("AWS")) if isinstance(principal, Mapping) else []


def _is_unique_id(text: str) -> bool:
    return bool(UNIQUE_ID.fullmatch(text))


def _ours(trust: Trust, live: Document) -> set[int]:
    """The numbers of the live statements that are ours.

    Ours is what has our Sid, and what says nothing but what is asked. Where what is asked is not there in full, a
    statement that was written by hand for our principals is ours too, and is altered instead of doubled.
    """
    found = statements_of(live)
    (wanted,) = statements_of(trust.document)
    asked = wanted.grants()
    ours = {number for number, it in enumerate(found) if it.sid == SID or it.grants() <= asked}
    if not asked <= grants_of(live):
        ours |= {number for number, it in enumerate(found) if _is_altered(it, wanted)}
    return ours


def _is_altered(found: Statement, wanted: Statement) -> bool:
    """Whether the statement is for our principals only, some perhaps shown by the unique id of a deleted one."""
    if found.effect != "Allow" or not _assumes(found.actions):
        return False
    if found.principals <= wanted.principals:
        return True
    unknown = {text for text in found.principals if _is_unique_id(text.removeprefix("AWS:"))}
    is_same_but_for_principals = (found.actions, found.condition) == (wanted.actions, wanted.condition)
    return is_same_but_for_principals and found.principals - unknown <= wanted.principals


def _assumes(actions: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(_ASSUME_ROLE.lower(), action) for action in actions)
