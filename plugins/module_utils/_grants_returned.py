# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants as results return them: in the form of the option C(grants), so that a result can be given back, and read.

The tables of a database on which the same is held are one entry: what Ansible does with a result takes as long as there
are lists and dictionaries in it, and thousands of names are no more than one list. What is held on a name that the
option refuses is returned all the same.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources,
)

Entry = dict[str, t.Any]


def returned_entries(atoms: Iterable[_grants.Atom]) -> list[Entry]:
    """As few entries as will do, sorted. A grant option that is held alone is C(grantable) without its permission."""
    alike: dict[t.Any, list[_grants_resources.Resource]] = collections.defaultdict(list)
    for number, entry in enumerate(_grants.revoke_entries(atoms)):
        parts = {atom.resource for atom in entry.atoms}
        first = next(iter(parts))
        together = first.database if _is_table_by_name(first) else number
        alike[together, entry.permissions, entry.options, entry.condition].extend(parts)
    entries = []
    for (_together, permissions, options, condition), resources in alike.items():
        named = _named(sorted(resources, key=lambda it: it.sort_key))
        held = {"permissions": list(permissions), "grantable": list(options)}
        entries.append({**named, **held, **({"condition": condition} if condition else {})})
    return entries


def returned_atoms(entry: Mapping[str, t.Any], default_catalog: str) -> frozenset[_grants.Atom]:
    """What an entry says; C(KeyError) or C(UnknownResource) where it is none.

    default_catalog: the catalog that is meant where the entry names none.
    """
    resources = _resources(entry, default_catalog)
    return _grants.atoms_on(resources, entry["permissions"], entry["grantable"], entry.get("condition", ""))


def _is_table_by_name(resource: _grants_resources.Resource) -> bool:
    """Not where the catalog has a table called C(*), which is all tables in the option."""
    return resource.kind == "table" and resource.written[1] != _grants_resources.EVERY_VALUE


def _named(resources: Sequence[_grants_resources.Resource]) -> Entry:
    """What names these resources of one kind: words where there are such, the API's shape otherwise."""
    first = resources[0]
    if first.kind == "catalog":
        return {"resource": {"Catalog": {"Id": first.catalog_id}}}
    if first.database is None or (first.kind == "table" and not _is_table_by_name(first)):
        return {"resource": _grants_resources.write_resource(resources)}
    database = {"catalog_id": first.catalog_id, "database": first.written[0]}
    if first.kind == "database":
        return database
    if first.kind == "all_tables":
        return {**database, "tables": _grants_resources.EVERY_VALUE}
    if first.kind == "table":
        return {**database, "tables": [it.written[1] for it in resources]}
    table = {**database, "tables": [first.written[1]]}
    if first.kind == "column":
        return {**table, "columns": [it.written[2] for it in resources]}
    if first.kind == "excluded_columns":
        return {**table, "excluded_columns": list(first.written[2:])}
    return {**table, "data_cells_filter": first.written[2]}


def _resources(entry: Mapping[str, t.Any], default_catalog: str) -> list[_grants_resources.Resource]:
    """The other way round. The option is read more strictly, see C(_grants_options)."""
    if "resource" in entry:
        return _grants_resources.read_resource(entry["resource"], default_catalog)
    database = entry["catalog_id"], entry["database"]
    if "tables" not in entry:
        return [_grants_resources.database(*database)]
    if entry["tables"] == _grants_resources.EVERY_VALUE:
        return [_grants_resources.all_tables(*database)]
    tables = [_grants_resources.table(*database, name) for name in entry["tables"]]
    if "columns" in entry:
        return _grants_resources.columns(tables[0], entry["columns"])
    if "excluded_columns" in entry:
        return [_grants_resources.excluded_columns(tables[0], entry["excluded_columns"])]
    if "data_cells_filter" in entry:
        return [_grants_resources.data_cells_filter(tables[0], entry["data_cells_filter"])]
    return tables
