# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Data Catalog has of the resources that something is to be granted on.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources as _resources,
    _grants_words,
)


@dataclasses.dataclass(frozen=True)
class CatalogEntry:
    """A database or a table. target: what it is a resource link to, as (catalog, database[, table])."""

    name: str = ""
    location: str = ""
    columns: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    registered: bool | None = None


@dataclasses.dataclass
class CatalogFacts:
    """By database, table or filter: None where it does not exist, no key where nobody looked or was allowed to.

    samples: some tables of the databases that all tables are granted of. denied: permissions without which something
    could not be looked at.
    """

    entries: dict[_resources.Resource, CatalogEntry | None] = dataclasses.field(default_factory=dict)
    samples: dict[_resources.Resource, list[CatalogEntry]] = dataclasses.field(default_factory=dict)
    denied: set[str] = dataclasses.field(default_factory=set)

    def is_absent(self, resource: _resources.Resource) -> bool:
        return resource in self.entries and self.entries[resource] is None


def database_entry(database: Mapping[str, t.Any]) -> CatalogEntry:
    target = database.get("TargetDatabase") or {}
    return CatalogEntry(
        location=database.get("LocationUri") or "",
        target=tuple(target[key] for key in ("CatalogId", "DatabaseName") if target.get(key)),
    )


def table_entry(table: Mapping[str, t.Any]) -> CatalogEntry:
    storage, target = table.get("StorageDescriptor") or {}, table.get("TargetTable") or {}
    columns = [*(storage.get("Columns") or ()), *(table.get("PartitionKeys") or ())]
    return CatalogEntry(
        name=table["Name"],
        location=storage.get("Location") or "",
        columns=tuple(column["Name"] for column in columns),
        target=tuple(target[key] for key in ("CatalogId", "DatabaseName", "Name") if target.get(key)),
        registered=table.get("IsRegisteredWithLakeFormation"),
    )


def without_absent(
    atoms: _grants.Atoms, optional: frozenset[_resources.Resource], facts: CatalogFacts
) -> frozenset[_grants.Atom]:
    """The atoms but for those on optional resources that do not exist."""
    absent = {base for base in optional if facts.is_absent(base)}
    return frozenset(atom for atom in atoms if atom.resource.base not in absent)


def missing(to_grant: _grants.Atoms, facts: CatalogFacts, default_catalog: str) -> list[str]:
    """What does not exist of what is granted on, in words."""
    found = set()
    for resource in {atom.resource for atom in to_grant}:
        absent = _absent(resource, facts)
        if absent:
            found.add(_grants_words.resource_words([absent], default_catalog))
        found |= {
            f"column {name} of {_grants_words.resource_words([resource.base], default_catalog)}"
            for name in _absent_columns(resource, facts)
        }
    return sorted(found)


def on_absent(atoms: _grants.Atoms, facts: CatalogFacts) -> frozenset[_grants.Atom]:
    """Those on what does not exist; grants outlive their databases, tables and columns."""
    absent = {
        resource
        for resource in {atom.resource for atom in atoms}
        if _absent(resource, facts) or _absent_columns(resource, facts)
    }
    return frozenset(atom for atom in atoms if atom.resource in absent)


def _absent(resource: _resources.Resource, facts: CatalogFacts) -> _resources.Resource | None:
    """The widest of the resource and what it lies in that does not exist."""
    around = [_resources.database(*resource.database)] if resource.database else []
    base = resource.base
    if base.kind == "all_tables" and facts.is_absent(base):
        return around[0]
    return next((it for it in (*around, base, resource) if facts.is_absent(it)), None)


def _absent_columns(resource: _resources.Resource, facts: CatalogFacts) -> list[str]:
    entry = facts.entries.get(resource.base)
    if entry is None or entry.target or not entry.columns or resource.kind not in ("column", "excluded_columns"):
        return []
    known = {column.lower() for column in entry.columns}
    return [name for name in resource.written[2:] if name.lower() not in known]


def refused_on_links(to_grant: _grants.Atoms, facts: CatalogFacts, default_catalog: str) -> list[str]:
    """Grants that AWS refuses because the resource is a link, in words.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html
    """
    found = set()
    for atom in to_grant:
        entry = facts.entries.get(atom.resource.base)
        if entry is None or not entry.target:
            continue
        if atom.permission not in ("DESCRIBE", "DROP") or atom.resource != atom.resource.base:
            found.add(
                f"{atom.permission} on {_grants_words.resource_words([atom.resource], default_catalog)}, "
                f"a resource link to {'.'.join(entry.target)}"
            )
    return sorted(found)


def spelled_as_in_catalog(atoms: _grants.Atoms, facts: CatalogFacts) -> frozenset[_grants.Atom]:
    """The atoms with the columns as the catalog spells them, which compares names without letter case."""
    return frozenset(_spelled(atom, facts) for atom in atoms)


def _spelled(atom: _grants.Atom, facts: CatalogFacts) -> _grants.Atom:
    resource = atom.resource
    entry = facts.entries.get(resource.base)
    if resource.kind not in ("column", "excluded_columns") or entry is None:
        return atom
    spelling = {column.lower(): column for column in entry.columns}
    names = (spelling.get(name.lower(), name) for name in resource.written[2:])
    return dataclasses.replace(atom, resource=dataclasses.replace(resource, written=(*resource.written[:2], *names)))


def tables_by_database(resources: Iterable[_resources.Resource]) -> dict[tuple[str, str], list[_resources.Resource]]:
    tables: dict[tuple[str, str], list[_resources.Resource]] = {}
    for resource in resources:
        if resource.database:
            tables.setdefault(resource.database, []).append(resource)
    return tables
