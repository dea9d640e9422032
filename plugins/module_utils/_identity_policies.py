# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All policies that an identity has: attached, inline, those of its groups, and its permissions boundary.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _beyond,
    _errors,
    _iam,
    _identity,
    _report,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

Found = t.TypeVar("Found")


@dataclasses.dataclass(frozen=True)
class IdentityPolicies:
    """boundary: None where there is none, or where it may not be read. denied: each permission lacking, once."""

    policies: tuple[_beyond.NamedPolicy, ...]
    boundary: Mapping[str, t.Any] | None
    denied: tuple[_report.Denied, ...]


def read_policies(
    identity: _identity.Identity, found: Mapping[str, t.Any], session: _aws_module.Session
) -> IdentityPolicies:
    """What may be read of them. found: the user or role as GetUser or GetRole shows it."""
    reader = _Reader(session)
    boundary = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return IdentityPolicies(
        policies=tuple(reader.of(identity)),
        boundary=reader.managed(boundary) if boundary else None,
        denied=tuple(reader.denied),
    )


class _Reader:
    def __init__(self, session: _aws_module.Session) -> None:
        self._client = session.client("iam")
        self._documents: dict[str, Mapping[str, t.Any] | None] = {}
        self.denied: dict[_report.Denied, None] = {}

    def of(self, identity: _identity.Identity) -> Iterator[_beyond.NamedPolicy]:
        owners = [identity]
        if identity.type == "user":
            owners += [_identity.Identity("group", name) for name in self._look(_iam.list_groups, identity.name) or ()]
        # The same policy may come by several ways, and counts once.
        attached = [it for owner in owners for it in self._look(_iam.list_attached_policies, owner) or ()]
        for arn in dict.fromkeys(policy["PolicyArn"] for policy in attached):
            if document := self.managed(arn):
                yield _beyond.NamedPolicy(arn, document)
        for owner in owners:
            holder = f"the group {owner.name}" if owner.type == "group" else str(owner)
            for name in self._look(_iam.list_inline_policies, owner) or ():
                if document := self._look(_iam.get_inline_policy, owner, name):
                    yield _beyond.NamedPolicy(f"inline policy {name} of {holder}", document)

    def managed(self, arn: str) -> Mapping[str, t.Any] | None:
        """The default version; None where the policy was deleted meanwhile, or may not be read."""
        if arn not in self._documents:
            policy = self._look(_iam.get_policy, arn)
            version = policy["DefaultVersionId"] if policy else None
            self._documents[arn] = self._look(_iam.get_policy_document, arn, version) if version else None
        return self._documents[arn]

    def _look(self, call: Callable[..., Found], *of_what: t.Any) -> Found | None:
        """None where there is nothing, or where it may not be looked at."""
        fact = _errors.looked_at(lambda: call(self._client, *of_what))
        if not isinstance(fact, _report.Denied):
            return fact
        self.denied[fact] = None
        return None
