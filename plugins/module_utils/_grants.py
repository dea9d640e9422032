# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants of one principal as sets of atoms, and as the entries of requests.

An atom is one permission on one resource under one condition, or the option to grant it on. Options of the module and
listings of Lake Formation both become atoms, so that comparing them is set algebra.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Set as AbstractSet

from ansible_collections.qualytics.athena.plugins.module_utils import _grants_resources

# The members of the API.
_PERMISSIONS, _OPTIONS = "Permissions", "PermissionsWithGrantOption"

# Lake Formation may list its grant option whether it was granted or not
# (https://github.com/hashicorp/terraform-provider-aws, normalizeGrantOptionPermissions).
WITHOUT_GRANT_OPTION: t.Final = frozenset({"SUPER_USER"})


@dataclasses.dataclass(frozen=True)
class Atom:
    """One permission; with grantable, the option to grant it, which is held beside it."""

    resource: _grants_resources.Resource
    permission: str
    grantable: bool = False
    condition: str = ""

    @property
    def sort_key(self) -> tuple[t.Any, ...]:
        return (self.resource.sort_key, self.condition, self.permission, self.grantable)


Atoms = AbstractSet[Atom]


def atoms_on(
    resources: Iterable[_grants_resources.Resource],
    permissions: Iterable[str],
    options: Iterable[str],
    condition: str = "",
) -> frozenset[Atom]:
    atoms = {(permission, False) for permission in permissions}
    atoms |= {(permission, True) for permission in options if permission not in WITHOUT_GRANT_OPTION}
    return frozenset(
        Atom(resource, permission, grantable, condition) for resource in resources for permission, grantable in atoms
    )


def row_principal(row: Mapping[str, t.Any]) -> str:
    return str((row.get("Principal") or {}).get("DataLakePrincipalIdentifier", ""))


def row_atoms(row: Mapping[str, t.Any], default_catalog: str) -> frozenset[Atom]:
    """What a row of a listing says of its principal; nothing where it names no resource, or one of an unknown kind.

    When it was written and by whom, and how it is shared, says nothing about what is held.
    """
    try:
        resources = _grants_resources.read_resource(row.get("Resource") or {}, default_catalog)
    except _grants_resources.UnknownResource:
        return frozenset()
    condition = (row.get("Condition") or {}).get("Expression") or ""
    return atoms_on(resources, row.get(_PERMISSIONS) or (), row.get(_OPTIONS) or (), condition)


def is_covered(atom: Atom, held: Atoms) -> bool:
    """Whether it is held; a grant on every value of an LF-tag covers each of its values."""
    if atom in held:
        return True
    resource = atom.resource
    return resource.kind == "lf_tag" and dataclasses.replace(atom, resource=resource.base) in held


@dataclasses.dataclass(frozen=True)
class Entry:
    """The body of one request to grant or revoke, and the atoms that it stands for."""

    resource: _grants_resources.ApiResource = dataclasses.field(compare=False, hash=False)
    permissions: tuple[str, ...]
    options: tuple[str, ...]
    condition: str
    atoms: frozenset[Atom]

    def request(self, principal: str) -> dict[str, t.Any]:
        request: dict[str, t.Any] = {
            "Principal": {"DataLakePrincipalIdentifier": principal},
            "Resource": self.resource,
            _PERMISSIONS: list(self.permissions),
            _OPTIONS: list(self.options),
        }
        return {**request, "Condition": {"Expression": self.condition}} if self.condition else request

    @property
    def base(self) -> _grants_resources.Resource:
        return next(iter(self.atoms)).resource.base


def grant_entries(atoms: Iterable[Atom]) -> list[Entry]:
    """As few entries as will do; a grant option is always granted together with its permission."""
    return [_entry(group, with_permissions=True) for group in _grouped(atoms)]


def revoke_entries(atoms: Iterable[Atom]) -> list[Entry]:
    """As few entries as will do; an option that goes alone names no permission."""
    return [_entry(group) for group in _grouped(atoms)]


def listed_revoke_entries(atoms: Iterable[Atom]) -> list[Entry]:
    """The same in the shapes in which Lake Formation lists what is held.

    AWS's sample for a lakehouse says that a plain table does not match what is listed with columns. What is listed
    beside ALL may or may not be held by itself, and a request that names what is not held is refused as a whole: there
    each permission goes alone (https://github.com/hashicorp/terraform-provider-aws/issues/49453).
    """
    entries = []
    for group in _grouped(atoms):
        has_all = any(atom.permission == "ALL" for atom in group)
        apart: dict[str, list[Atom]] = collections.defaultdict(list)
        for atom in group:
            is_select = atom.permission == "SELECT" and atom.resource.kind == "table"
            apart[atom.permission if has_all or is_select else ""].append(atom)
        for permission, part in sorted(apart.items()):
            entry = _entry(part)
            if permission == "SELECT" and part[0].resource.kind == "table":
                entry = dataclasses.replace(entry, resource=_grants_resources.write_listed_select(part[0].resource))
            entries.append(entry)
    return entries


def single_revoke_entries(atoms: Iterable[Atom]) -> list[Entry]:
    """One entry for each permission on each column, value or other resource, in the shape in which it is granted."""
    single: dict[tuple[_grants_resources.Resource, str, str], list[Atom]] = collections.defaultdict(list)
    for atom in sorted(atoms, key=lambda atom: atom.sort_key):
        single[atom.resource, atom.condition, atom.permission].append(atom)
    return [_entry(group) for group in single.values()]


def _entry(group: Iterable[Atom], with_permissions: bool = False) -> Entry:
    atoms = sorted(group, key=lambda atom: atom.sort_key)
    resources = list(dict.fromkeys(atom.resource for atom in atoms))
    options = {atom.permission for atom in atoms if atom.grantable}
    permissions = {atom.permission for atom in atoms if with_permissions or not atom.grantable}
    return Entry(
        _grants_resources.write_resource(resources),
        tuple(sorted(permissions)),
        tuple(sorted(options)),
        atoms[0].condition,
        frozenset(atoms),
    )


def _grouped(atoms: Iterable[Atom]) -> list[list[Atom]]:
    """Atoms that one request can name: those of one resource, or the same ones of several parts of it."""
    by_resource: dict[tuple[_grants_resources.Resource, str, str], list[Atom]] = collections.defaultdict(list)
    for atom in atoms:
        # Several permissions on an LF-tag at once have failed with an internal error of AWS
        # (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1381).
        apart = atom.permission if atom.resource.kind == "lf_tag" else ""
        by_resource[atom.resource, atom.condition, apart].append(atom)
    groups: dict[t.Any, list[Atom]] = collections.defaultdict(list)
    for (resource, condition, apart), held in by_resource.items():
        same: t.Any = resource
        if resource.kind == "column" or (
            resource.kind == "lf_tag" and resource.path[1] != _grants_resources.EVERY_VALUE
        ):
            same = (resource.kind, resource.base, frozenset((atom.permission, atom.grantable) for atom in held))
        groups[same, condition, apart].extend(held)
    split = [part for group in groups.values() for part in _split(group)]
    return sorted(split, key=lambda group: min(atom.sort_key for atom in group))


def _split(group: list[Atom]) -> list[list[Atom]]:
    """The group in parts that one request may name."""
    if group[0].resource.kind != "lf_tag" or len(group) <= _grants_resources.MOST_TAG_VALUES:
        return [group]
    resources = sorted({atom.resource for atom in group}, key=lambda resource: resource.sort_key)
    number = {resource: place // _grants_resources.MOST_TAG_VALUES for place, resource in enumerate(resources)}
    parts: dict[int, list[Atom]] = collections.defaultdict(list)
    for atom in group:
        parts[number[atom.resource]].append(atom)
    return list(parts.values())
