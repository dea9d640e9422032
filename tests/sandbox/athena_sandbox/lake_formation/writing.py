# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GrantPermissions, RevokePermissions and their batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import principal as principals_
from .errors import INVALID_MODIFICATION, NOTHING_REVOKED, LakeFormationError, denied, invalid
from .grants import Entry, Key
from .permissions import RESOURCE_LINK, VIEW, for_other_accounts, parts_of_all, valid
from .resources import Requested, Resource, parse
from .state import Parameters, State, require_permissions

MAX_ENTRIES = 20

_TAG_NOTHING_REVOKED = (
    "No permissions revoked. Revoking Tag permissions on Tags that grantee does not have permissions on."
)
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Write:
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

    def on(self, resource: Resource, permissions: frozenset[str]) -> _Write:
        """The part of it that is about other permissions, on another resource."""
        requested = replace(self.requested, resource=resource)
        return replace(self, requested=requested, permissions=permissions, grantable=self.grantable & permissions)


def _read(state: State, parameters: Parameters, caller: str) -> _Write:
    principal = (parameters.get("Principal") or {}).get("DataLakePrincipalIdentifier") or ""
    condition = (parameters.get("Condition") or {}).get("Expression") or ""
    if not 1 <= len(principal) <= 255:
        raise invalid("Principal must have between 1 and 255 characters.")
    if len(condition) > 3000:
        raise invalid("Condition expression must not have more than 3000 characters.")
    return _Write(
        principal,
        parse(parameters.get("Resource"), state.catalog_id(parameters), state.behaviour.lf_tags_fold),
        condition,
        require_permissions(parameters.get("Permissions")),
        require_permissions(parameters.get("PermissionsWithGrantOption")),
        caller,
    )


def _require_valid(state: State, write: _Write) -> None:
    """Raise InvalidInputException unless the resource takes all the permissions."""
    allowed = valid(write.resource)
    if state.is_link(write.resource):
        allowed &= RESOURCE_LINK
    table = state.table(write.resource) if write.resource.table else None
    if table and table.is_view:
        allowed &= VIEW
    if not write.permissions | write.grantable <= allowed:
        raise invalid(INVALID_MODIFICATION)


def _require_authority(state: State, write: _Write) -> None:
    if not all(state.may_grant(write.caller, write.resource, name) for name in write.permissions | write.grantable):
        raise denied()


def _by_resource(state: State, write: _Write) -> list[_Write]:
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


# ---- granting ----


def grant(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Add permissions to what the principal holds on a resource."""
    write = _read(state, parameters, caller)
    if not write.permissions:
        raise invalid("Permissions must not be empty.")
    if not write.grantable <= write.permissions:
        raise invalid("PermissionsWithGrantOption must be a subset of Permissions.")
    principals_.require(write.principal, state.account, state.principals)
    if absence := state.absence(write.resource):
        raise absence
    _require_authority(state, write)
    if write.resource.kind == "location" and not state.registration(write.resource.name.partition(":::")[2]):
        raise invalid("Location is not registered with Lake Formation. Please register the S3 path first.")
    parts = _by_resource(state, write)
    for part in parts:
        _require_valid(state, part)
        _require_grantable_to(state, part)
        _require_no_conflict(state, part)
    for part in parts:
        add(state, part.key, part.permissions, part.grantable, caller)
    return {}


def _require_grantable_to(state: State, write: _Write) -> None:
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


def _require_no_conflict(state: State, write: _Write) -> None:
    """A principal has a table whole, or some columns, or all but some: never two of these."""
    resource, table = write.resource, write.resource.table
    if not state.behaviour.table_and_columns_conflict or resource.kind not in _SHAPES or not table:
        return
    for key in state.grants.of_principal_on_table(write.principal, table):
        held = key[1]
        is_same_shape = held.kind == resource.kind and (held.kind == "columns" or held == resource)
        if held.kind in _SHAPES and key[2] == write.condition and not is_same_shape:
            raise invalid(INVALID_MODIFICATION)


def add(state: State, key: Key, permissions: frozenset[str], grantable: frozenset[str], by: str) -> None:
    """Store a grant that was found right."""
    principal, resource, condition = key
    if resource.kind == "columns" and state.behaviour.columns_merge:
        rows = _column_rows(state, key)
        columns = {column: flag for row in rows for column, flag in _columns(state, row).items()}
        columns |= {column: bool(grantable) or columns.get(column, False) for column in resource.columns}
        _store_columns(state, key, rows, columns, by)
        return
    if state.behaviour.all_expands == "stored" and "ALL" in permissions and _is_single(principal):
        parts = parts_of_all(resource)
        permissions, grantable = permissions | parts, grantable | (parts if "ALL" in grantable else _NONE)
    held = state.grants.get(key)
    _put(state, (principal, resource, condition), held.permissions | permissions, held.grantable | grantable, by)


def _is_single(principal: str) -> bool:
    return principals_.kind(principal) not in ("everybody", "group")


def _put(state: State, key: Key, permissions: frozenset[str], grantable: frozenset[str], by: str) -> None:
    state.grants.put(key, Entry(permissions, grantable, state.clock(), by), state.behaviour.list_lag)


# ---- lists of columns ----


def _column_rows(state: State, key: Key) -> list[Key]:
    """The rows of columns that the principal holds on the table under the condition."""
    principal, resource, condition = key
    assert resource.table
    held = state.grants.of_principal_on_table(principal, resource.table)
    return [row for row in held if row[1].kind == "columns" and row[2] == condition]


def _columns(state: State, row: Key) -> dict[str, bool]:
    """The columns of a row, and whether they may be passed on."""
    return dict.fromkeys(row[1].columns, "SELECT" in state.grants.get(row).grantable)


def _store_columns(state: State, key: Key, rows: list[Key], columns: dict[str, bool], by: str) -> None:
    """Make `columns` all that `rows` held: those with the grant option are a row, those without are one."""
    select = frozenset({"SELECT"})
    new: dict[Key, frozenset[str]] = {}
    for flag in (False, True):
        group = frozenset(column for column, is_grantable in columns.items() if is_grantable is flag)
        if group:
            new[key[0], key[1].with_columns(group), key[2]] = select if flag else _NONE
    for row in rows:
        if row not in new:
            _put(state, row, _NONE, _NONE, by)
    for row, grantable in new.items():
        if state.grants.get(row).permissions != select or state.grants.get(row).grantable != grantable:
            _put(state, row, select, grantable, by)


# ---- revoking ----


def revoke(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Take explicitly held permissions away."""
    write = _read(state, parameters, caller)
    if not write.permissions and not (write.grantable and state.behaviour.empty_permissions_revoke):
        raise invalid("Permissions must not be empty.")
    if not principals_.kind(write.principal):
        raise invalid(f"Invalid principal, arn: {write.principal}")
    absence = state.absence(write.resource)
    is_forgiven = state.behaviour.revoke_on_absent_resource and absence and absence.code == "EntityNotFoundException"
    if absence and not is_forgiven:
        raise absence
    _require_authority(state, write)
    parts = _by_resource(state, write)
    for part in parts:
        _require_valid(state, part)
    changes = [change for part in parts for change in _REVOKES.get(part.resource.kind, _revoke_row)(state, part)]
    for change in changes:
        change()
    return {}


_Changes = list[Callable[[], None]]


def _nothing_revoked(write: _Write) -> LakeFormationError:
    return invalid(_TAG_NOTHING_REVOKED if write.resource.kind == "lf_tag" else NOTHING_REVOKED)


def _require_held(state: State, write: _Write, held: Entry) -> None:
    """Raise InvalidInputException unless what is revoked is held: all of it, or any where revokes are lenient."""
    missing = write.permissions - held.permissions, write.grantable - held.grantable
    is_strict = state.behaviour.strict_revoke or write.resource.kind == "lf_tag" or "ALL" in missing[0]
    has_any = write.permissions & held.permissions or write.grantable & held.grantable
    if not has_any or (is_strict and any(missing)):
        raise _nothing_revoked(write)


def _left(state: State, write: _Write, held: Entry) -> tuple[frozenset[str], frozenset[str]]:
    with_them = _NONE if state.behaviour.revoke_keeps_grant_option else write.permissions
    return held.permissions - write.permissions, held.grantable - write.grantable - with_them


def _revoke_row(state: State, write: _Write) -> _Changes:
    held = state.grants.get(write.key)
    found = held
    is_plain = write.requested.shape == "Table" and write.resource.kind == "table"
    if is_plain and not state.behaviour.plain_revoke_matches_all_columns:
        found = replace(held, permissions=held.permissions - {"SELECT"}, grantable=held.grantable - {"SELECT"})
    _require_held(state, write, found)
    if found is not held:
        write = replace(write, permissions=write.permissions - {"SELECT"}, grantable=write.grantable - {"SELECT"})
    permissions, grantable = _left(state, write, held)
    return [lambda: _put(state, write.key, permissions, grantable, write.caller)]


def _revoke_columns(state: State, write: _Write) -> _Changes:
    wanted, rows = write.resource.columns, _column_rows(state, write.key)
    is_row = write.key in rows
    if not is_row and not state.behaviour.revoke_column_subset:
        raise _nothing_revoked(write)
    if not state.behaviour.columns_merge:
        rows = [write.key] if is_row else [row for row in rows if wanted <= row[1].columns][:1]
    columns = {column: flag for row in rows for column, flag in _columns(state, row).items()}
    missing = wanted - columns.keys()
    if write.grantable:
        missing |= {column for column in wanted if not columns.get(column)}
    found = wanted - missing
    if not found or (missing and state.behaviour.strict_revoke):
        raise _nothing_revoked(write)
    if write.permissions:
        left = {column: flag for column, flag in columns.items() if column not in found}
    else:
        left = columns | dict.fromkeys(found, False)
    return [lambda: _store_columns(state, write.key, rows, left, write.caller)]


def _revoke_tag_values(state: State, write: _Write) -> _Changes:
    """Values may be revoked from the row that has exactly these, else from one that has more."""
    principal, resource, condition = write.key
    rows = [
        key
        for key in state.grants.of_tag(resource.catalog, resource.name)
        if key[0] == principal and key[2] == condition and resource.values <= key[1].values
    ]
    row = write.key if write.key in rows else next(iter(rows), None)
    if row is None:
        raise _nothing_revoked(write)
    held = state.grants.get(row)
    _require_held(state, write, held)
    permissions, grantable = _left(state, write, held)
    rest = row[1].values - resource.values

    def change() -> None:
        if rest:
            _put(state, row, _NONE, _NONE, write.caller)
            for values, names, options in (
                (rest, held.permissions, held.grantable),
                (resource.values, permissions, grantable),
            ):
                add(state, (principal, resource.with_values(values), condition), names, options, write.caller)
        else:
            _put(state, row, permissions, grantable, write.caller)

    return [change]


_REVOKES: dict[str, Callable[[State, _Write], _Changes]] = {
    "columns": _revoke_columns,
    "lf_tag": _revoke_tag_values,
}


# ---- calls ----


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
        add(state, (identifier, resource, ""), permissions, _NONE, creator)
    is_wanted = {"always": True, "never": False}.get(state.behaviour.creator_rows, not defaults)
    if is_wanted and principals_.kind(creator) == "iam":
        every = valid(resource)
        add(state, (creator, resource, ""), every, every, creator)
