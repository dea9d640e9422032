# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity itself: whether it is there, and whether anybody can be it, by an access key or through its trust.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _guides,
    _identity,
    _policy_language,
    _report,
    _resource_policy,
    _trust,
    _trust_principals,
    _words,
)

_TRUST: t.Final = f"{_guides.IAM}id_roles_create_for-user_externalid.html"
_ASSUME_ROLE: t.Final = "sts:AssumeRole"


def identity_exists(
    identity: _identity.Identity, account_id: str, found: Mapping[str, t.Any] | _report.Denied | None, predicts: bool
) -> _report.Check:
    name, reference = "identity", f"{_guides.IAM}id.html"
    if isinstance(found, _report.Denied):
        return _report.Check(
            name,
            "unknown",
            f"whether the {identity.type} {identity.name!r} exists in {account_id} may not be looked at",
            _words.grant_to_caller(found.permission, f"the {identity.type}"),
            reference,
        )
    if found is not None:
        return _report.Check(name, "pass", f"{found['Arn']} exists", reference=reference)
    return _report.Check(
        name,
        # An earlier task may be about to create it, which check mode only predicts too.
        "warn" if predicts else "fail",
        f"there is no {identity.type} {identity.name!r} in the account {account_id}",
        "Create it, or correct the name",
        reference,
    )


def access_key(user: str, keys: Sequence[Mapping[str, t.Any]] | _report.Denied) -> _report.Check:
    """Whether the user has an access key with which the connection can sign its calls."""
    name, reference = "access_key", f"{_guides.IAM}id_credentials_access-keys.html"
    if isinstance(keys, _report.Denied):
        return _report.Check(
            name,
            "unknown",
            f"whether the user {user!r} has an active access key may not be looked at",
            _words.grant_to_caller(keys.permission, "the user"),
            reference,
        )
    active = [str(key["AccessKeyId"]) for key in keys if key.get("Status") == "Active"]
    if active:
        return _report.Check(
            name, "pass", f"{user!r} has an active access key: {', '.join(active)}", reference=reference
        )
    return _report.Check(
        name,
        "fail",
        f"the user {user!r} has no active access key" + (", only an inactive one" if keys else ""),
        "Make one, or activate the one that the connection form has",
        reference,
    )


def trust(
    role: str,
    document: Mapping[str, t.Any],
    principals: Sequence[_trust_principals.TrustedPrincipal],
    external_id: str | None,
) -> list[_report.Check]:
    """Whether the trust policy lets each principal assume the role, and what its other statements do.

    role: the ARN of the role. document: with ARNs in the place of the unique ids of principals that are known to live;
    an id that is left in it is that of a deleted principal, or of one that cannot be looked up in another account.
    """
    deleted = sorted(_trust.unique_ids(document))
    policy = _on_the_role(_trust.with_arns(document, dict.fromkeys(deleted, "nobody")))
    checks = [_admits(role, policy, deleted, principal, external_id) for principal in principals]
    interferences = _trust.interferences(_trust.Trust(tuple(principals), external_id), document) if principals else []
    return checks + [
        _report.Check("trust_others", "warn", it.what, _words.sentence(it.remedy), _TRUST)
        for it in interferences
        # What denies it is told above.
        if not it.is_denial
    ]


def is_named(
    role: str, document: Mapping[str, t.Any], principal: _trust_principals.TrustedPrincipal, external_id: str | None
) -> bool:
    """Whether a statement of the trust policy surely admits the principal by its own ARN, and not as its account."""
    if principal.identity is None:
        return False
    found = _resource_policy.allowances(_on_the_role(document), principal.identity, _request(role, external_id))
    return any(it.by == "identity" and it.sure for it in found)


def _request(role: str, external_id: str | None) -> _resource_policy.Request:
    return _resource_policy.Request(_ASSUME_ROLE, role, {"sts:externalid": ((external_id,) if external_id else (),)})


def _on_the_role(document: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A trust policy names no resource: it is about the role that it belongs to."""
    return {
        **document,
        "Statement": [
            {**statement, "Resource": "*"}
            for statement in _policy_language.as_list(document.get("Statement"))
            if statement
        ],
    }


def _admits(
    role: str,
    policy: Mapping[str, t.Any],
    deleted: Sequence[str],
    principal: _trust_principals.TrustedPrincipal,
    external_id: str | None,
) -> _report.Check:
    name = "trust"
    who = principal.identity or _root(principal)
    request = _request(role, external_id)
    denied = [it for it in _resource_policy.denials(policy, who, [request]) if it.sure]
    if denied:
        return _report.Check(
            name,
            "fail",
            f"{denied[0].statement} of the trust policy denies {_ASSUME_ROLE} to {principal.arn}",
            "Remove the statement, or exempt the principal",
            _TRUST,
        )
    answer = _resource_policy.allows(policy, who, request)
    if answer is True:
        with_id = " with the external id" if external_id else ""
        return _report.Check(
            name, "pass", f"the trust policy lets {principal.arn} assume the role{with_id}", reference=_TRUST
        )
    if answer is None:
        keys = dict.fromkeys(key for it in _resource_policy.allowances(policy, who, request) for key in it.depends_on)
        hinges = f"a condition ({', '.join(keys)})" if keys else "a condition"
        return _report.Check(
            name,
            "warn",
            f"whether the trust policy lets {principal.arn} assume the role depends on {hinges} that cannot be seen "
            "from here",
            "See it with live, or provision the role to have a statement without further conditions",
            _TRUST,
        )
    remedy = "Provision the connection, which writes the trust policy"
    if _resource_policy.allows(policy, who, _resource_policy.Request(_ASSUME_ROLE, role, {})) is not False:
        given = "another external id than the one given" if external_id else "an external id, and none is given"
        remedy = f"{remedy}, or correct external_id here and in the connection form"
        return _report.Check(name, "fail", f"the trust policy asks {principal.arn} for {given}", remedy, _TRUST)
    detail = f"no statement of the trust policy lets {principal.arn} assume the role ({_ASSUME_ROLE})"
    if deleted:
        detail = (
            f"{detail}; it names {', '.join(deleted)}, the id of a principal that was deleted, and does not hold for "
            "a new one of the same name"
        )
    return _report.Check(name, "fail", detail, remedy, _TRUST)


def _root(principal: _trust_principals.TrustedPrincipal) -> _identity.IdentityArn:
    """An account as a principal, which is named by its root's ARN or its id."""
    return _identity.IdentityArn(principal.arn, principal.partition, principal.account_id, "role", "/", "root")
