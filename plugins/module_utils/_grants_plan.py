# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted and what is held to the requests that make one the other, in an order that is safe.

What is not known of Lake Formation decides nothing here: the first requests are those that
take nothing away in between, and where a listing shows afterwards that they did not do it, the next ones do.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources,
)

# https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_BatchGrantPermissions.html
BATCH_SIZE: t.Final = 20

ScopeKind = t.Literal["nothing", "resources", "databases", "principal"]


@dataclasses.dataclass(frozen=True)
class PurgeScope:
    """Where what is not listed is revoked; each kind covers the ones before it.

    bases: the resources named. databases: (catalog, database) of those named. exempt: named, but not for purging.
    """

    kind: ScopeKind = "nothing"
    catalog_id: str = ""
    bases: frozenset[_grants_resources.Resource] = frozenset()
    databases: frozenset[tuple[str, str]] = frozenset()
    exempt: frozenset[_grants_resources.Resource] = frozenset()

    def covers(self, resource: _grants_resources.Resource) -> bool:
        base = resource.base
        if self.kind == "nothing" or base in self.exempt:
            return False
        if base in self.bases:
            return True
        if self.kind == "resources":
            return False
        if resource.database in self.databases:
            return True
        return self.kind == "principal" and resource.catalog_id == self.catalog_id


@dataclasses.dataclass(frozen=True)
class Difference:
    """What is to be granted and revoked, whatever requests it takes."""

    to_grant: frozenset[_grants.Atom] = frozenset()
    to_revoke: frozenset[_grants.Atom] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.to_grant or self.to_revoke)


def compare(wanted: _grants.Atoms, held: _grants.Atoms, scope: PurgeScope) -> Difference:
    """What a principal lacks, and what it has too much where the scope says so."""
    to_revoke = frozenset[_grants.Atom]()
    if scope.kind != "nothing":
        supers = {(it.resource, it.condition, it.grantable) for it in wanted if it.permission == "ALL"}
        to_revoke = frozenset(
            atom
            for atom in held
            if atom not in wanted
            and scope.covers(atom.resource)
            and (atom.resource, atom.condition, atom.grantable) not in supers
        )
    kept = held - to_revoke
    return Difference(frozenset(atom for atom in wanted if not _grants.is_covered(atom, kept)), to_revoke)


def compare_absent(listed: _grants.Atoms, held: _grants.Atoms) -> Difference:
    """What a principal holds of the list; a permission goes with its grant option."""
    permissions = {dataclasses.replace(atom, grantable=False) for atom in listed}
    return Difference(
        to_revoke=frozenset(atom for atom in held if dataclasses.replace(atom, grantable=False) in permissions)
    )


# From the difference to requests -----------------------------------------------------------------------------------


# How to revoke. exact: just what is to go. whole: permissions with their option, and lists of columns or values as they
# are listed; what of them is to stay is granted again. single: each by itself, so that what can be revoked is, whatever
# is wrong with the rest.
Way = t.Literal["exact", "whole", "single"]


@dataclasses.dataclass(frozen=True)
class Unit:
    """The requests for one resource with its parts: grant first, then revoke, and at once grant what cannot be first.

    A listing that still shows afterwards what was revoked asks for other requests.
    """

    base: _grants_resources.Resource
    first: tuple[_grants.Entry, ...]
    revoke: tuple[_grants.Entry, ...]
    then: tuple[_grants.Entry, ...]

    @property
    def size(self) -> int:
        """How many entries it takes."""
        return len(self.first) + len(self.revoke) + len(self.then)

    def revoked_first(self, refused: Iterable[_grants.Entry]) -> Unit:
        """The unit where AWS refused to grant as long as what is to be revoked is held."""
        return dataclasses.replace(self, first=(), then=(*refused, *self.then))


def plan_units(
    wanted: _grants.Atoms,
    difference: Difference,
    rows: Iterable[_grants.Atoms],
    ways: Mapping[_grants_resources.Resource, Way],
) -> list[Unit]:
    """One unit for each resource that differs, in a stable order.

    rows: what is held, row by row as it is listed. ways: how to revoke, where that is not the exact way.
    """
    grants, revokes = by_base(difference.to_grant), by_base(difference.to_revoke)
    wanted_there = by_base(atom for atom in wanted if atom.resource.base in revokes)
    rows_there: dict[_grants_resources.Resource, list[_grants.Atoms]] = collections.defaultdict(list)
    for row in rows:
        base = next(iter(row)).resource.base
        if base in revokes:
            rows_there[base].append(row)
    bases = sorted({*grants, *revokes}, key=lambda base: base.sort_key)
    return [
        _unit(
            base,
            grants.get(base, frozenset()),
            revokes.get(base, frozenset()),
            wanted_there.get(base, frozenset()),
            rows_there.get(base, []),
            ways.get(base, "exact"),
        )
        for base in bases
    ]


def by_base(atoms: Iterable[_grants.Atom]) -> dict[_grants_resources.Resource, frozenset[_grants.Atom]]:
    found: dict[_grants_resources.Resource, set[_grants.Atom]] = collections.defaultdict(set)
    for atom in atoms:
        found[atom.resource.base].add(atom)
    return {base: frozenset(there) for base, there in found.items()}


def _unit(
    base: _grants_resources.Resource,
    grant: _grants.Atoms,
    revoke: _grants.Atoms,
    wanted: _grants.Atoms,
    rows: Sequence[_grants.Atoms],
    way: Way,
) -> Unit:
    # What is listed beside ALL may be listed only because of it, and go with it: what is wanted of it is granted by
    # itself before (https://github.com/hashicorp/terraform-provider-aws/issues/49453).
    supers = {(it.resource, it.condition) for it in revoke if it.permission == "ALL" and not it.grantable}
    grant = grant | {atom for atom in wanted if (atom.resource, atom.condition) in supers}
    if way == "exact":
        parts = _exact(revoke, rows)
    else:
        parts = _with_others(revoke, rows, _part if way == "whole" else _resource)
    write = _grants.single_revoke_entries if way == "single" else _grants.listed_revoke_entries
    entries = tuple(entry for part in parts for entry in write(part))
    staying = frozenset[_grants.Atom]().union(*parts) - revoke
    again = staying & frozenset[_grants.Atom]().union(*rows)
    if conflicts(grant, revoke):
        return Unit(base, (), entries, tuple(_grants.grant_entries(grant | again)))
    # What stays is granted before too: a list of it, which is a row of its own where Lake Formation keeps lists as they
    # were granted; and a permission whose option alone is held.
    return Unit(base, tuple(_grants.grant_entries(grant | staying)), entries, tuple(_grants.grant_entries(again)))


def _exact(revoke: _grants.Atoms, rows: Sequence[_grants.Atoms]) -> list[_grants.Atoms]:
    """Just what is to go; columns and values by the list that they are listed in."""
    in_lists = {atom for atom in revoke if _is_listed_with_others(atom)}
    return [part for part in (revoke - in_lists, *(row & in_lists for row in rows)) if part]


def _with_others(
    revoke: _grants.Atoms, rows: Sequence[_grants.Atoms], whole: Callable[[_grants.Atom], t.Any]
) -> list[_grants.Atoms]:
    """What is to go with all that it is one with: permissions with their option, and the parts of a whole."""
    parts: list[_grants.Atoms] = []
    for row in rows:
        concerned = {(whole(atom), atom.permission) for atom in row & revoke}
        part = {atom for atom in row if (whole(atom), atom.permission) in concerned}
        part |= {dataclasses.replace(atom, grantable=False) for atom in part}
        parts.append(frozenset(part))
    return parts


def _is_listed_with_others(atom: _grants.Atom) -> bool:
    return atom.resource.kind in ("column", "lf_tag")


def _part(atom: _grants.Atom) -> t.Any:
    """Parts of one resource that may be held as one list."""
    return (atom.resource.base, atom.resource.kind) if _is_listed_with_others(atom) else atom.resource


def _resource(atom: _grants.Atom) -> _grants_resources.Resource:
    return atom.resource


def _shape(atom: _grants.Atom) -> t.Any:
    resource = atom.resource
    return resource if resource.kind == "excluded_columns" else resource.kind


def conflicts(grant: _grants.Atoms, held: _grants.Atoms) -> bool:
    """Whether AWS may refuse both at once: a table and its columns, or two lists of excluded columns.

    AWS says so for DESCRIBE (https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html), a
    live test for every permission, others saw both held; so it is planned for, and never refused beforehand.
    """
    granted, other = {_shape(atom) for atom in grant}, {_shape(atom) for atom in held}
    return bool(granted and other) and len(granted | other) > 1


# Batches -----------------------------------------------------------------------------------------------------------

Verb = t.Literal["grant", "revoke"]


@dataclasses.dataclass(frozen=True)
class Batch:
    """One call of BatchGrantPermissions or BatchRevokePermissions."""

    verb: Verb
    entries: tuple[_grants.Entry, ...]


def widening(units: Iterable[Unit]) -> list[Batch]:
    """What is granted before anything is revoked."""
    return _batches("grant", [entry for unit in units for entry in unit.first])


def swapping(units: Iterable[Unit]) -> list[list[Batch]]:
    """Units that lose access for a moment: in groups of one batch each, revoked and at once granted."""
    groups: list[list[Unit]] = []
    for unit in units:
        if not unit.then:
            continue
        if groups and all(
            sum(len(entries(it)) for it in (*groups[-1], unit)) <= BATCH_SIZE for entries in (_revoked, _granted)
        ):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return [
        [
            *_batches("revoke", [entry for unit in group for entry in unit.revoke]),
            *_batches("grant", [entry for unit in group for entry in unit.then]),
        ]
        for group in groups
    ]


def narrowing(units: Iterable[Unit]) -> list[Batch]:
    """What is revoked after everything was granted."""
    return _batches("revoke", [entry for unit in units if not unit.then for entry in unit.revoke])


def _revoked(unit: Unit) -> tuple[_grants.Entry, ...]:
    return unit.revoke


def _granted(unit: Unit) -> tuple[_grants.Entry, ...]:
    return unit.then


def _batches(verb: Verb, entries: Sequence[_grants.Entry]) -> list[Batch]:
    # A request without permissions is allowed by the model of the API; should AWS refuse it as a whole, only its like
    # go with it.
    usual, bare = [it for it in entries if it.permissions], [it for it in entries if not it.permissions]
    return [
        Batch(verb, tuple(part[start : start + BATCH_SIZE]))
        for part in (usual, bare)
        for start in range(0, len(part), BATCH_SIZE)
    ]
