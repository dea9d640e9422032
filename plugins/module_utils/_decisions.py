# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM says of an identity: one answer for each action on each resource.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable

# "boundary" and "organization": the identity's own policies allow it, and the permissions boundary or an organization's
# policies (service control policies) do not.
Verdict = t.Literal["allowed", "not_allowed", "denied", "boundary", "organization"]


@dataclasses.dataclass(frozen=True, order=True)
class Decision:
    """One action on one resource.

    policies: the names of the policies whose statements decided, where AWS says them. depends_on: the condition keys on
    which it may hinge that it is not allowed, and which only the request itself has, as the address that it comes from.
    """

    action: str
    resource: str
    verdict: Verdict
    policies: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()

    @property
    def is_allowed(self) -> bool:
        return self.verdict == "allowed"


class Decisions:
    """The answers by action and resource; what was not asked is not there."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._by_request = {(it.action, it.resource): it for it in decisions}

    def of(self, action: str, resource: str) -> Decision | None:
        return self._by_request.get((action, resource))

    def about(self, action: str) -> list[Decision]:
        """All answers for an action, sorted by resource."""
        return sorted(it for it in self._by_request.values() if it.action == action)

    def __iter__(self) -> t.Iterator[Decision]:
        return iter(sorted(self._by_request.values()))
