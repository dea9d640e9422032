# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants as results return them: in the form of the option C(grants), so that a result can be given back, and read.

The tables of a database on which the same is held are one entry: what Ansible does with a result takes as long as there
are lists and dictionaries in it, and thousands of names are no more than one list.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_options,
    _grants_resources,
)

Entry = dict[str, t.Any]
# Permissions and grant options, sorted, and the condition.
_Held = tuple[tuple[str, ...], tuple[str, ...], str]


def returned_entries(atoms: Iterable[_grants.Atom]) -> list[Entry]:
    """As few entries as will do, sorted; one about grant options alone has no permissions."""
    tables: dict[tuple[_grants_resources.Resource, str], list[_grants.Atom]] = collections.defaultdict(list)
    others: list[_grants.Atom] = []
    for atom in atoms:
        if atom.resource.kind == "table":
            tables[atom.resource, atom.condition].append(atom)
        else:
            others.append(atom)
    found = [*_of_tables(tables), *_of_others(others)]
    return [entry for _key, entry in sorted(found, key=lambda it: it[0])]


def returned_atoms(entry: Mapping[str, t.Any], default_catalog: str) -> frozenset[_grants.Atom]:
    """What an entry says; C(InvalidOption) where it names no resource.

    default_catalog: the catalog that is meant where the entry names none.
    """
    resources = _grants_options.named_resources("grants", entry, default_catalog)
    return _grants.atoms_on(resources, entry["permissions"], entry["grantable"], entry.get("condition", ""))


def _of_tables(
    tables: Mapping[tuple[_grants_resources.Resource, str], Iterable[_grants.Atom]],
) -> list[tuple[t.Any, Entry]]:
    alike: dict[tuple[str, str, _Held], list[_grants_resources.Resource]] = collections.defaultdict(list)
    for (table, condition), atoms in tables.items():
        alike[table.catalog_id, table.written[0], (*_permissions(atoms), condition)].append(table)
    return [
        _entry(
            min(it.sort_key for it in found),
            {
                "catalog_id": catalog_id,
                "database": database,
                "tables": [it.written[1] for it in sorted(found, key=lambda it: it.path)],
            },
            held,
        )
        for (catalog_id, database, held), found in alike.items()
    ]


def _of_others(atoms: Iterable[_grants.Atom]) -> list[tuple[t.Any, Entry]]:
    return [
        _entry(
            min(atom.resource.sort_key for atom in entry.atoms),
            _named(entry),
            (entry.permissions, entry.options, entry.condition),
        )
        for entry in _grants.revoke_entries(atoms)
    ]


def _permissions(atoms: Iterable[_grants.Atom]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    permissions = sorted(atom.permission for atom in atoms if not atom.grantable)
    return tuple(permissions), tuple(sorted(atom.permission for atom in atoms if atom.grantable))


def _entry(sort_key: tuple[str, ...], named: Mapping[str, t.Any], held: _Held) -> tuple[t.Any, Entry]:
    permissions, grantable, condition = held
    entry = {**named, "permissions": list(permissions), "grantable": list(grantable)}
    return (sort_key, held), {**entry, "condition": condition} if condition else entry


def _named(entry: _grants.Entry) -> Entry:
    """The resource, in words where there are such; the API's shape otherwise."""
    resources = sorted({atom.resource for atom in entry.atoms}, key=lambda it: it.sort_key)
    first = resources[0]
    if first.database is None:
        return {"resource": entry.resource}
    database = {"catalog_id": first.catalog_id, "database": first.written[0]}
    if first.kind == "database":
        return database
    if first.kind == "all_tables":
        return {**database, "tables": _grants_resources.EVERY_VALUE}
    return {**database, "tables": [first.written[1]], **_part(first, resources)}


def _part(first: _grants_resources.Resource, resources: Iterable[_grants_resources.Resource]) -> Entry:
    """What of the table: those columns, all but those, or a data cells filter."""
    if first.kind == "column":
        return {"columns": [it.written[2] for it in resources]}
    if first.kind == "excluded_columns":
        return {"excluded_columns": list(first.written[2:])}
    return {"data_cells_filter": first.written[2]}
