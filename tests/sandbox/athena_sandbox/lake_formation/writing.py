# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GrantPermissions, RevokePermissions and their batches; and the grants that come with what is created."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from . import principal as principals_
from .errors import LakeFormationError, invalid
from .granting import grant
from .permissions import valid
from .resources import Resource
from .revoking import revoke
from .state import Parameters, State
from .storing import NOTHING, add

MAX_ENTRIES = 20

_WRITES = {"grant": grant, "revoke": revoke}


def _single(kind: str, state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    state.catalog_id(parameters)
    text = json.dumps(parameters, default=str)
    if fault := state.fault(kind, text) or state.fault("write", text):
        raise fault
    return _WRITES[kind](state, parameters, caller)


def _batch(kind: str, state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Every entry is done or listed in Failures; the call itself succeeds."""
    catalog = state.catalog_id(parameters)
    entries = parameters.get("Entries") or []
    ids = [entry.get("Id") or "" for entry in entries]
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise invalid(f"Entries must have between 1 and {MAX_ENTRIES} members.")
    if len(set(ids)) < len(ids) or not all(1 <= len(name) <= 255 for name in ids):
        raise invalid("Each entry must have an Id of its own of 1 to 255 characters.")
    failures = []
    for entry in entries:
        try:
            _single(kind, state, entry | {"CatalogId": catalog}, caller)
        except LakeFormationError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            failures.append({"RequestEntry": dict(entry), "Error": detail})
    return {"Failures": failures}


def grant_permissions(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    return _single("grant", state, parameters, caller)


def revoke_permissions(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    return _single("revoke", state, parameters, caller)


def batch_grant_permissions(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    return _batch("grant", state, parameters, caller)


def batch_revoke_permissions(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    return _batch("revoke", state, parameters, caller)


def created(state: State, resource: Resource, creator: str, defaults: Sequence[Parameters]) -> None:
    """A database or table was created: give the default permissions and what its creator has.

    The account's root user holds no grants: only users and roles are principals.
    """
    for default in defaults:
        identifier = default["Principal"]["DataLakePrincipalIdentifier"]
        permissions = frozenset(default.get("Permissions") or ())
        add(state, (identifier, resource, ""), permissions, NOTHING, creator)
    is_wanted = {"always": True, "never": False}.get(state.behaviour.creator_rows, not defaults)
    if is_wanted and principals_.kind(creator) == "iam":
        every = valid(resource)
        add(state, (creator, resource, ""), every, every, creator)
