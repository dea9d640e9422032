# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy inside an identity, looked at and planned.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _iam,
    _policy,
    _policy_language,
    _policy_plan,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


class InlinePolicy:
    """A policy inside an identity: what is there, what is to change, and whether there is room for it.

    instead: what to do where there is none.
    """

    def __init__(
        self, wanted: _policy_plan.WantedPolicy, session: _aws_module.Session, instead: str = "use policy_type=managed"
    ) -> None:
        self._wanted = wanted
        self._instead = instead
        self._client = session.client("iam")

    def observe(self) -> _policy_plan.LivePolicy | None:
        document = _iam.get_inline_policy(self._client, self._wanted.identity, self._wanted.name)
        return _policy_plan.LivePolicy(self._wanted.name, document, (self._wanted.identity,)) if document else None

    def observe_to_delete(self) -> _policy_plan.LivePolicy | None:
        return self.observe()

    def plan(self, live: _policy_plan.LivePolicy | None) -> list[_change.Change]:
        return _policy_plan.plan_inline(self._wanted, live)

    def plan_absent(self, live: _policy_plan.LivePolicy | None) -> list[_change.Change]:
        return _policy_plan.plan_inline_absent(self._wanted, live)

    def after(
        self, live: _policy_plan.LivePolicy | None, changes: list[_change.Change], answers: Mapping[str, t.Any]
    ) -> _policy_plan.LivePolicy:
        return _policy_plan.after_inline(self._wanted)

    def check(self, live: _policy_plan.LivePolicy | None, changes: list[_change.Change]) -> None:
        """Refused where the identity's other inline policies leave too little room for this one."""
        if not changes:
            return
        identity = self._wanted.identity
        names = [name for name in _iam.list_inline_policies(self._client, identity) if name != self._wanted.name]
        others = [_iam.get_inline_policy(self._client, identity, name) or {} for name in names]
        total = sum(map(_policy_language.policy_size, [self._wanted.document, *others]))
        quota = _policy.INLINE_POLICY_QUOTAS[identity.type]
        if total > quota:
            raise _change.Refused(
                f"the inline policies of {identity} would have {total:,} characters together, IAM holds {quota:,}; "
                f"{self._instead}, or remove one of the others ({', '.join(names)})"
            )
