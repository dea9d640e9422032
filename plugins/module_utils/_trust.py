# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust policy of the target role: one statement of it is ours, the others are left alone.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _comparison,
    _identity,
    _policy_language,
    _report,
    _trust_principals,
)

Document = Mapping[str, t.Any]

# The Sid by which our statement is known again, whatever else was done to it.
SID: t.Final = "QualyticsAthenaAssumeRole"
_ASSUME_ROLE: t.Final = "sts:AssumeRole"
_EXTERNAL_ID: t.Final = "sts:ExternalId"


@dataclasses.dataclass(frozen=True)
class Trust:
    """What the options ask of the trust policy; purge: that it holds nothing else."""

    principals: tuple[_trust_principals.TrustedPrincipal, ...]
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

    return {
        **document,
        "Statement": [translated(statement) for statement in _policy_language.as_list(document.get("Statement"))],
    }


def trust_drift(subject: str, trust: Trust, live: Document) -> list[_report.Drift]:
    """In what the live trust policy differs from what is asked: in our statement, or with purge in anything."""
    if trust.purge:
        return _comparison.document_drift(subject, trust.document, live)
    asked, ours = _comparison.grants_of(trust.document), _ours(trust, live)
    own = [statement for number, statement in enumerate(_statements(live)) if number in ours]
    # What another statement says too is not missing.
    if asked <= _comparison.grants_of(live) and _comparison.grants_of({"Statement": own}) <= asked:
        return []
    if len(own) == 1:
        return _comparison.statement_drift(subject, trust.document, {"Statement": own})
    return _comparison.document_drift(subject, trust.document, {"Version": trust.document["Version"], "Statement": own})


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


def unsavable(trust: Trust, live: Document) -> list[str]:
    """Why AWS would not save the trust policy with the statements that are kept: they show ids of deleted principals.

    https://repost.aws/knowledge-center/iam-resource-policy-format
    """
    kept = merged(trust, live)["Statement"]
    found = ((_sid(statement), unique_ids({"Statement": statement})) for statement in kept)
    return [f"{_label(sid)} shows {', '.join(sorted(ids))}" for sid, ids in found if ids]


@dataclasses.dataclass(frozen=True)
class Interference:
    """What a statement that is left alone does to the connection: let in who should not be, or deny it."""

    what: str
    remedy: str
    is_denial: bool = False

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


def interferences(trust: Trust, live: Document) -> list[Interference]:
    """Those of the statements that are left alone, in the order of the trust policy."""
    if trust.purge:
        return []
    ours = _ours(trust, live)
    others = [statement for number, statement in enumerate(_comparison.statements_of(live)) if number not in ours]
    found = (_interference(statement, trust) for statement in others if _assumes(statement))
    return [it for it in found if it]


# Conditions on these keys say who the caller is, so that they make few of "everybody"
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
_CALLER_KEYS: t.Final = ("aws:principal", "aws:source", "aws:userid", "aws:username", "saml:")


def _interference(statement: _comparison.Statement, trust: Trust) -> Interference | None:
    everybody = any(text in ("AWS:*", "*") or text.startswith("NotPrincipal") for text in statement.principals)
    if not (everybody or any(_is_trusted(text, trust) for text in statement.principals)):
        return None
    who, remedy = f"{_label(statement.sid)} of the trust policy", "remove it, or set purge_trust"
    if statement.effect == "Deny":
        denial = Interference(f"{who} denies {_ASSUME_ROLE} to a trusted principal", remedy, is_denial=True)
        return None if statement.condition else denial
    asks_for_an_id = _asks_for_an_external_id(statement.condition)
    if everybody and not asks_for_an_id and not _says_who(statement.condition):
        return Interference(f"{who} lets everybody assume the role", remedy)
    if trust.external_id and not asks_for_an_id:
        return Interference(f"{who} lets a trusted principal in without the external_id", remedy)
    return None


def _is_trusted(text: str, trust: Trust) -> bool:
    """Whether a principal of a statement is one of ours, its account, or a session of it."""
    for principal in trust.principals:
        if text in (f"AWS:{principal.arn}", f"AWS:{principal.account_id}"):
            return True
        role = principal.identity if principal.identity and principal.identity.type == "role" else None
        if role and text.startswith(f"AWS:{role.sessions}"):
            return True
    return False


def _asks_for_an_external_id(condition: _comparison.Condition) -> bool:
    """Whether it cannot be met without giving one of some external ids."""
    return any(
        key == _EXTERNAL_ID.lower()
        and (
            operator == "StringEquals" or (operator == "StringLike" and not any(set(it) & {"*", "?"} for it in values))
        )
        for operator, key, values in condition
    )


def _says_who(condition: _comparison.Condition) -> bool:
    """Whether a test that is met by few only, and not by a missing key, is about who the caller is."""
    return any(
        key.startswith(_CALLER_KEYS)
        and not operator.endswith("IfExists")
        and "Not" not in operator
        and operator not in ("Null", "Bool")
        and "*" not in values
        for operator, key, values in condition
    )


def _label(sid: str) -> str:
    return f"the statement {sid!r}" if sid else "a statement without Sid"


def _sid(statement: t.Any) -> str:
    return str(statement.get("Sid") or "") if isinstance(statement, Mapping) else ""


def _statements(document: Document) -> list[t.Any]:
    return _policy_language.as_list(document.get("Statement"))


def _aws_principals(statement: t.Any) -> list[str]:
    principal = statement.get("Principal") if isinstance(statement, Mapping) else None
    return _policy_language.as_texts(principal.get("AWS")) if isinstance(principal, Mapping) else []


def _is_unique_id(text: str) -> bool:
    return bool(_identity.UNIQUE_ID.fullmatch(text))


def _ours(trust: Trust, live: Document) -> set[int]:
    """The numbers of the live statements that are ours.

    Ours is what has our Sid, what says nothing but what is asked, and what asks for our external id without a Sid.
    Where none has our Sid and what is asked is not there in full, a statement that was written by hand for our
    principals alone is ours too, and is altered instead of doubled.
    """
    found = _comparison.statements_of(live)
    (wanted,) = _comparison.statements_of(trust.document)
    asked = wanted.grants()
    ours = {
        number for number, it in enumerate(found) if it.sid == SID or it.grants() <= asked or _is_widened(it, wanted)
    }
    if not asked <= _comparison.grants_of(live) and not any(it.sid == SID for it in found):
        ours |= {number for number, it in enumerate(found) if _is_by_hand(it, wanted)}
    return ours


def _is_widened(found: _comparison.Statement, wanted: _comparison.Statement) -> bool:
    """Whether it is ours, its Sid gone, for more principals than asked or for one that was deleted.

    Only our external id tells it apart from what is not ours.
    """
    if found.sid or not wanted.condition:
        return False
    return (found.effect, found.condition) == ("Allow", wanted.condition) and _assumes(found)


def _is_by_hand(found: _comparison.Statement, wanted: _comparison.Statement) -> bool:
    """Whether it lets our principals alone assume the role, and asks for nothing but perhaps an external id.

    One with a Sid that asks for another external id is that of another connection. The unique id of a principal that
    was deleted counts as ours where the statement asks for our external id.
    """
    if (found.effect, found.actions) != ("Allow", wanted.actions):
        return False
    if wanted.condition and found.condition == wanted.condition:
        known = {text for text in found.principals if not _is_unique_id(text.removeprefix("AWS:"))}
        return known <= wanted.principals
    keys = {key for _operator, key, _values in found.condition}
    asks_for_nothing_else = not keys or (not found.sid and keys == {_EXTERNAL_ID.lower()})
    return found.principals <= wanted.principals and asks_for_nothing_else


def _assumes(statement: _comparison.Statement) -> bool:
    """Whether sts:AssumeRole is among its actions, or not among those that NotAction leaves out."""
    return any(
        not any(_is_assume_role(name) for name in action.removeprefix("NotAction ").split(", "))
        if action.startswith("NotAction ")
        else _is_assume_role(action)
        for action in statement.actions
    )


def _is_assume_role(pattern: str) -> bool:
    return fnmatch.fnmatchcase(_ASSUME_ROLE.lower(), pattern)
