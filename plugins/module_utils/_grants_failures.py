# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lake Formation means by an entry that it did not carry out.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_plan,
)

# What a later try may not meet again, on either verb.
_TRANSIENT_CODES = frozenset(
    {
        "ConcurrentModificationException",
        "EntityTemporarilyUnmodifiableException",
        "InternalFailure",
        "InternalServiceException",
        "OperationTimeoutException",
        "ThrottledException",
        "ThrottlingException",
    }
)
# A principal, a location or an earlier grant may have been made a moment ago
# (internal/service/lakeformation/permissions.go of https://github.com/hashicorp/terraform-provider-aws).
_TRANSIENT_ON_GRANT = ("invalid principal", "register the s3 path", "grantee has no permissions")

_OF_SHAPE = frozenset({"InvalidInputException", "ValidationException", "EntityNotFoundException"})
_NOTHING_LEFT = ("non-existent column", "cell filter not found")


@dataclasses.dataclass(frozen=True)
class Failure:
    """One entry that was not carried out."""

    verb: _grants_plan.Verb
    entry: _grants.Entry
    code: str
    message: str

    def _says(self, *texts: str) -> bool:
        return any(text in self.message.lower() for text in texts)

    @property
    def is_transient(self) -> bool:
        if self.code in _TRANSIENT_CODES:
            return True
        return self.verb == "grant" and self._says(*_TRANSIENT_ON_GRANT)

    @property
    def is_invalid_modification(self) -> bool:
        """A grant that does not fit the resource, or what is held on it."""
        return self.verb == "grant" and self._says("permissions modification is invalid")

    @property
    def is_of_gone(self) -> bool:
        """A revoke on what AWS says does not exist any more, although it lists it.

        Terraform takes that for revoked (internal/service/lakeformation/permissions.go).
        """
        return self.verb == "revoke" and (self.code == "EntityNotFoundException" or self._says(*_NOTHING_LEFT))

    @property
    def gone(self) -> frozenset[_grants.Atom]:
        """What does not exist any more: of several columns that may be one, and the rest not."""
        is_one = self.code == "EntityNotFoundException" or len({atom.resource for atom in self.entry.atoms}) == 1
        return self.entry.atoms if self.is_of_gone and is_one else frozenset()

    @property
    def is_of_nothing_held(self) -> bool:
        """A revoke of what is not granted by itself, although it is listed; for Terraform that is revoked too."""
        return self.verb == "revoke" and self._says("no permissions revoked")

    @property
    def is_of_shape(self) -> bool:
        """A revoke that another request, or a fresh listing, may settle."""
        return self.verb == "revoke" and self.code in _OF_SHAPE

    @property
    def advice(self) -> str:
        """What to do, where it is known."""
        return next((advice for text, advice in _ADVICE if text in f"{self.code}: {self.message}".lower()), "")


_ADVICE: t.Final[Sequence[tuple[str, str]]] = (
    ("invalid principal", "create the principal first, or correct principal"),
    (
        "revoke permission(s) for iam_allowed_principals",
        "revoke ALL on it from principal IAM_ALLOWED_PRINCIPALS first (state=absent); nothing is shared before",
    ),
    ("register the s3 path", "register the location with Lake Formation first"),
    ("insufficient glue", "the caller needs glue:GetDatabase and glue:GetTable on it"),
    (
        "accessdenied",
        "the caller must be a data lake administrator, or hold the permission with the grant option",
    ),
    ("insufficient", "the caller must be a data lake administrator, or hold the permission with the grant option"),
    (
        "no permissions revoked",
        "it is still listed, though not held: where the list lags behind, the next run finds it gone",
    ),
    ("concurrentmodification", "something else writes on the same resource; run the task again"),
)
