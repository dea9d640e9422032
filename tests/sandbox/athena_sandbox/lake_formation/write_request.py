# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A grant or revoke as requested, and what both ask of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .errors import INVALID_MODIFICATION, denied, invalid
from .grants import Key
from .permissions import RESOURCE_LINK, VIEW, valid
from .resources import Requested, Resource, parse
from .state import Parameters, State, require_permissions


@dataclass(frozen=True)
class Write:
    """A grant or revoke as requested, in canonical form."""

    principal: str
    requested: Requested
    condition: str
    permissions: frozenset[str]
    grantable: frozenset[str]
    caller: str

    @property
    def resource(self) -> Resource:
        return self.requested.resource

    @property
    def key(self) -> Key:
        return self.principal, self.resource, self.condition

    def on(self, resource: Resource, permissions: frozenset[str]) -> Write:
        """The part of it that is about other permissions, on another resource."""
        requested = replace(self.requested, resource=resource)
        return replace(self, requested=requested, permissions=permissions, grantable=self.grantable & permissions)


def read(state: State, parameters: Parameters, caller: str) -> Write:
    principal = (parameters.get("Principal") or {}).get("DataLakePrincipalIdentifier") or ""
    condition = (parameters.get("Condition") or {}).get("Expression") or ""
    if not 1 <= len(principal) <= 255:
        raise invalid("Principal must have between 1 and 255 characters.")
    if len(condition) > 3000:
        raise invalid("Condition expression must not have more than 3000 characters.")
    return Write(
        principal,
        parse(parameters.get("Resource"), state.catalog_id(parameters), state.behaviour.lf_tags_fold),
        condition,
        require_permissions(parameters.get("Permissions")),
        require_permissions(parameters.get("PermissionsWithGrantOption")),
        caller,
    )


def require_valid(state: State, write: Write) -> None:
    """Raise InvalidInputException unless the resource takes all the permissions."""
    allowed = valid(write.resource)
    if state.is_link(write.resource):
        allowed &= RESOURCE_LINK
    table = state.table(write.resource) if write.resource.table else None
    if table and table.is_view:
        allowed &= VIEW
    if not write.permissions | write.grantable <= allowed:
        raise invalid(INVALID_MODIFICATION)


def require_authority(state: State, write: Write) -> None:
    if not all(state.may_grant(write.caller, write.resource, name) for name in write.permissions | write.grantable):
        raise denied()


def by_resource(state: State, write: Write) -> list[Write]:
    """A request on columns may carry permissions of the table, where these coexist.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/39082
    """
    table = write.resource.table
    is_columns = write.resource.kind in ("columns", "excluded_columns")
    of_table = write.permissions - {"SELECT"}
    if not is_columns or not table or not of_table or state.behaviour.table_and_columns_conflict:
        return [write]
    parts = [write.on(table, of_table)]
    return [*parts, write.on(write.resource, frozenset({"SELECT"}))] if "SELECT" in write.permissions else parts
