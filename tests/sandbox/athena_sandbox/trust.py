# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a trust policy names: the principal must exist, and is meant by its unique id, not by its ARN.

"When you save the policy, AWS transforms the ARN to a unique principal ID [...] you don't normally see this ID [...]
if you delete the role or user, [...] the principal ID shows up" (user guide, reference_policies_elements_principal).
Here the ARN stays in the stored document while its principal lives, and the id takes its place when that is deleted:
an ARN in a stored document is always that of a principal which has lived since the document was saved.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ministack.services import iam, sts

from . import switches
from .trust_grammar import Principal, aws_principals, invalid, parsed, problem as grammar_problem, rewritten

Parameters = dict[str, list[str]]

# The parameter of each call that holds a trust policy.
DOCUMENTS = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}
_STORES = {"user": (iam._users, "UserId"), "role": (iam._roles, "RoleId")}
_DELETIONS = {"DeleteUser": "user", "DeleteRole": "role", "DeleteServiceLinkedRole": "role"}


def _record(principal: Principal) -> dict[str, Any] | None:
    """The user or role of an ARN, in whichever account; its path must be right."""
    store, _id = _STORES[principal.kind]
    record: dict[str, Any] | None = store.get_scoped(principal.account, None, principal.name)
    return record if record and record["Arn"] == principal.text else None


def _ids() -> dict[str, str]:
    """The ARN of every unique id that lives, in all accounts."""
    return {record[name]: record["Arn"] for store, name in _STORES.values() for record in store.to_dict().values()}


def _exists(principal: Principal) -> bool:
    if principal.partition != "aws":
        return False
    if principal.kind in _STORES:
        return _record(principal) is not None
    if principal.kind == "session":
        # Its ARN has no path, and the session need not exist.
        return iam._roles.contains_scoped(principal.account, None, principal.name)
    # Accounts are not created here, so each of them exists; nor are federated users.
    return principal.kind != "unique id" or principal.text in _ids()


def problem(document: str) -> str | None:
    """The message of IAM's MalformedPolicyDocument for a trust policy, None for one that can be saved."""
    if found := grammar_problem(document):
        return found
    unknown = (principal for principal in aws_principals(document) if not _exists(principal))
    return next((invalid("AWS", principal.text) for principal in unknown), None)


def saved(document: str) -> str:
    """A trust policy as it is stored: accounts by the ARN of their root, living unique ids by their ARN."""
    arns = _ids()

    def arn(text: str) -> str:
        principal = parsed(text)
        if principal and principal.kind == "account":
            return f"arn:aws:iam::{principal.account}:root"
        return arns.get(text, text)

    return rewritten(document, arn)


def about_to_delete(action: str, parameters: Parameters) -> dict[str, Any] | None:
    """The user or role that a call is about to delete."""
    if action not in _DELETIONS:
        return None
    kind = _DELETIONS[action]
    store, _id = _STORES[kind]
    record: dict[str, Any] | None = store.get(parameters.get(f"{kind.title()}Name", [""])[0])
    return record


def deleted(record: dict[str, Any]) -> None:
    """Show the unique id of a principal that is gone in every trust policy; its sessions are gone with it."""
    unique_id = record.get("RoleId") or record["UserId"]
    for role in iam._roles.to_dict().values():
        role["AssumeRolePolicyDocument"] = rewritten(
            role["AssumeRolePolicyDocument"], lambda text: unique_id if text == record["Arn"] else text
        )
    for key, session in list(sts._sessions.items()):
        if str(session.get("UserId")).partition(":")[0] == unique_id:
            del sts._sessions[key]


def _with_ids(document: str) -> str:
    """A trust policy with the unique ids of its living principals."""

    def unique_id(text: str) -> str:
        principal = parsed(text)
        if principal is None or principal.kind not in _STORES:
            return text
        record = _record(principal)
        return record[_STORES[principal.kind][1]] if record else text

    return rewritten(document, unique_id)


def _get_role(original: Any, parameters: Parameters) -> Any:
    """GetRole, which may for a moment show the id of a principal that lives (go-to-k/cdkd #1527)."""
    name = parameters.get("RoleName", [""])[0]
    role = iam._roles.get(name)
    document = role["AssumeRolePolicyDocument"] if role else ""
    if not role or _with_ids(document) == document or not switches.take("unique_ids", role_name=name):
        return original(parameters)
    role["AssumeRolePolicyDocument"] = _with_ids(document)
    try:
        return original(parameters)
    finally:
        role["AssumeRolePolicyDocument"] = document


def install() -> None:
    """Offer the switch `unique_ids`; what else is here is called where IAM's calls are checked (iam.py)."""
    switches.offer("unique_ids", optional={"role_name"})
    iam._IAM_HANDLERS["GetRole"] = partial(_get_role, iam._IAM_HANDLERS["GetRole"])
