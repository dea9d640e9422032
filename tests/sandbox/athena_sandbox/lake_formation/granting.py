# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a grant right."""

from __future__ import annotations

from typing import Any

from . import principal as principals_
from .errors import INVALID_MODIFICATION, invalid
from .permissions import for_other_accounts
from .state import Parameters, State
from .storing import add
from .write_request import Write, by_resource, read, require_authority, require_valid


def grant(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Add permissions to what the principal holds on a resource."""
    write = read(state, parameters, caller)
    if not write.permissions:
        raise invalid("Permissions must not be empty.")
    if not write.grantable <= write.permissions:
        raise invalid("PermissionsWithGrantOption must be a subset of Permissions.")
    principals_.require(write.principal, state.account, state.principals)
    if absence := state.absence(write.resource):
        raise absence
    require_authority(state, write)
    if write.resource.kind == "location" and not state.registration(write.resource.name.partition(":::")[2]):
        raise invalid("Location is not registered with Lake Formation. Please register the S3 path first.")
    parts = by_resource(state, write)
    for part in parts:
        require_valid(state, part)
        _require_grantable_to(state, part)
        _require_no_conflict(state, part)
    for part in parts:
        add(state, part.key, part.permissions, part.grantable, caller)
    return {}


def _require_grantable_to(state: State, write: Write) -> None:
    if write.resource.kind == "excluded_columns" and write.grantable:
        # https://docs.aws.amazon.com/lake-formation/latest/dg/data-filtering-notes.html
        raise invalid(INVALID_MODIFICATION)
    if not principals_.is_external(write.principal, state.account):
        return
    if not write.permissions <= for_other_accounts(write.resource):
        raise invalid(INVALID_MODIFICATION)
    table = write.resource.table
    if table and state.grants.get((principals_.EVERYBODY, table, "")).permissions:
        raise invalid("Please revoke permission(s) for IAM_ALLOWED_PRINCIPALS on the table")


_SHAPES = ("table", "columns", "excluded_columns")


def _require_no_conflict(state: State, write: Write) -> None:
    """A principal has a table whole, or some columns, or all but some: never two of these."""
    resource, table = write.resource, write.resource.table
    if not state.behaviour.table_and_columns_conflict or resource.kind not in _SHAPES or not table:
        return
    for key in state.grants.of_principal_on_table(write.principal, table):
        held = key[1]
        is_same_shape = held.kind == resource.kind and (held.kind == "columns" or held == resource)
        if held.kind in _SHAPES and key[2] == write.condition and not is_same_shape:
            raise invalid(INVALID_MODIFICATION)
