# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants in Lake Formation as a tree: catalog, database, table; on each what is held, and on which columns.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources,
    _grants_returned,
    _grants_words,
)

Rows = Iterable[Mapping[str, t.Any]]
# From a row, and the catalog that is meant where it names none.
Read = t.Callable[[Mapping[str, t.Any], str], frozenset[_grants.Atom]]
# As in the matrices; kept: held, not asked for, and left alone, as nothing says that it should go.
GrantState = t.Literal["in_place", "missing", "extra", "kept"]
GRANT_STATES: t.Final[tuple[GrantState, ...]] = t.get_args(GrantState)


@dataclasses.dataclass(frozen=True, order=True)
class Held:
    """One permission, or the option to grant it, on a whole resource or on the columns or values of it."""

    permission: str
    is_option: bool
    condition: str
    state: GrantState
    words: str = ""
    parts: tuple[str, ...] = ()


@dataclasses.dataclass
class Node:
    """A resource, what is held on it, and what lies in it."""

    kind: str
    name: str
    held: list[Held] = dataclasses.field(default_factory=list)
    children: list[Node] = dataclasses.field(default_factory=list)

    def count(self, state: GrantState) -> int:
        own = sum(max(1, len(held.parts)) for held in self.held if held.state == state)
        return own + sum(child.count(state) for child in self.children)

    @property
    def differs(self) -> bool:
        return bool(self.count("missing") or self.count("extra"))


def grant_tree(grants: Rows, observed: Rows, revoked: Rows, default_catalog: str) -> list[Node]:
    """The catalogs, of what C(lf_grant) returns as asked for and held, and as revoked in the shape of the API."""
    asked, held = (_atoms(_grants_returned.returned_atoms, rows, default_catalog) for rows in (grants, observed))
    states = _states(asked, held, _atoms(_requested_atoms, revoked, default_catalog))
    tree = _Tree()
    by_place: dict[t.Any, list[_grants_resources.Resource]] = collections.defaultdict(list)
    for atom in sorted(states, key=lambda it: it.sort_key):
        words = _words(atom.resource, default_catalog)
        key = (_place(atom.resource), atom.permission, atom.grantable, atom.condition, states[atom], words)
        by_place[key].append(atom.resource)
    for (place, permission, is_option, condition, state, words), resources in by_place.items():
        parts = [str(resource.written[-1]) for resource in resources if resource.kind in ("column", "lf_tag")]
        tree.node(place).held.append(Held(permission, is_option, condition, state, words, tuple(sorted(parts))))
    return tree.catalogs()


def _states(asked: _grants.Atoms, held: _grants.Atoms, revoked: _grants.Atoms) -> dict[_grants.Atom, GrantState]:
    kept = held - revoked
    states: dict[_grants.Atom, GrantState] = dict.fromkeys(kept - asked, "kept")
    states.update(dict.fromkeys(revoked, "extra"))
    states.update((atom, "in_place" if _grants.is_covered(atom, kept) else "missing") for atom in asked)
    return states


def _requested_atoms(request: Mapping[str, t.Any], default_catalog: str) -> frozenset[_grants.Atom]:
    return _grants.row_atoms(request, request.get("CatalogId") or default_catalog)


def _atoms(read: Read, rows: Rows, default_catalog: str) -> frozenset[_grants.Atom]:
    return frozenset(atom for row in rows for atom in _atoms_of(read, row, default_catalog))


def _atoms_of(read: Read, row: Mapping[str, t.Any], default_catalog: str) -> frozenset[_grants.Atom]:
    try:
        return read(row, default_catalog)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Not in a shape that the modules return: no reason for there to be no report.
        return frozenset()


# (catalog), (catalog, database) or (catalog, database, table).
Place = tuple[str, ...]


def _place(resource: _grants_resources.Resource) -> Place:
    """The node that shows it. What lies in no database is shown on the catalog."""
    if resource.database is None:
        return (resource.catalog_id,)
    names = [str(name) for name in resource.written]
    if resource.kind in ("database", "all_tables"):
        return (resource.catalog_id, names[0])
    return (resource.catalog_id, names[0], names[1])


def _words(resource: _grants_resources.Resource, default_catalog: str) -> str:
    """On what of the node it is held; empty for the whole of it."""
    if resource.kind in ("catalog", "database", "table"):
        return ""
    if resource.kind == "column":
        return "columns"
    if resource.kind == "all_tables":
        return "all tables"
    if resource.kind == "excluded_columns":
        return f"all columns but {', '.join(map(str, resource.written[2:]))}"
    if resource.kind == "data_cells_filter":
        return f"data cells filter {resource.written[2]}"
    if resource.kind == "lf_tag":
        return f"LF-tag {resource.written[0]}, values"
    return _grants_words.resource_words([resource], resource.catalog_id or default_catalog)


class _Tree:
    """The nodes by their places; each is made with those around it when it is asked for first."""

    def __init__(self) -> None:
        self._nodes: dict[Place, Node] = {}

    def node(self, place: Place) -> Node:
        if place not in self._nodes:
            kind = ("catalog", "database", "table")[len(place) - 1]
            self._nodes[place] = Node(kind, place[-1])
            if len(place) > 1:
                self.node(place[:-1]).children.append(self._nodes[place])
        return self._nodes[place]

    def catalogs(self) -> list[Node]:
        for node in self._nodes.values():
            node.children.sort(key=lambda child: child.name)
        return [node for place, node in sorted(self._nodes.items(), key=lambda it: it[0]) if len(place) == 1]
