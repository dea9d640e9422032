# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grants themselves, found by resource, table, LF-tag and policy without looking at all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .resources import Resource

# Principal, resource, condition: grants on one key are one set of permissions.
Key = tuple[str, Resource, str]


@dataclass(frozen=True)
class Entry:
    """What is held under one key."""

    permissions: frozenset[str] = frozenset()
    grantable: frozenset[str] = frozenset()
    updated: float = 0
    updated_by: str = ""


_NOTHING = Entry()
_Index = defaultdict[object, dict[Key, None]]


class Grants:
    """All that is granted, in the order in which it was first granted; and what listings still show of before."""

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}
        self._index: _Index = defaultdict(dict)
        # The entry (None: there was none) that listings show, up to the one of this number.
        self._before: dict[Key, tuple[Entry | None, int]] = {}
        self._listings = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Entry:
        """What is held, an empty entry where that is nothing."""
        return self._entries.get(key, _NOTHING)

    def put(self, key: Key, entry: Entry, list_lag: int = 0) -> None:
        """Make this all that is held under a key; the next `list_lag` listings do not show it."""
        if list_lag:
            before = self._before[key][0] if key in self._before else self._entries.get(key)
            self._before[key] = before, self._listings + list_lag
        if entry.permissions or entry.grantable:
            self._entries[key] = entry
            for place in _places(key):
                self._index[place][key] = None
        elif self._entries.pop(key, None):
            for place in _places(key):
                del self._index[place][key]

    def of_resource(self, resource: Resource) -> Iterable[Key]:
        """All grants on exactly this resource."""
        return self._at(resource)

    def of_table(self, table: Resource) -> Iterable[Key]:
        """All grants on a table and its parts."""
        return self._at(("table", table))

    def of_tag(self, catalog: str, key: str) -> Iterable[Key]:
        """All grants on an LF-tag and values of it."""
        return self._at(("tag", catalog, key))

    def of_principal_on_table(self, principal: str, table: Resource) -> Iterable[Key]:
        """The grants of a principal on a table and its parts."""
        return self._at((principal, table))

    def policies_of_principal(self, principal: str) -> Iterable[Key]:
        """The grants of a principal on LF-tag policies."""
        return self._at(("policies", principal))

    def of_expression(self, catalog: str, name: str) -> Iterable[Key]:
        """All grants on policies with a saved expression."""
        return self._at(("expression", catalog, name))

    def all(self) -> Iterable[Key]:
        """Every grant."""
        return list(self._entries)

    def _at(self, place: object) -> Iterable[Key]:
        return list(self._index.get(place, ()))

    # ---- what listings show ----

    def next_listing(self) -> None:
        """Another listing begins; what it may see by now is no longer held back."""
        self._listings += 1
        for key in [key for key, (_entry, last) in self._before.items() if last < self._listings]:
            del self._before[key]

    def shown(self, keys: Iterable[Key], fits: frozenset[Resource] | None = None) -> Iterator[tuple[Key, Entry]]:
        """What a listing shows for these keys, and for those on resources in `fits` (None: all) that were there."""
        found = dict.fromkeys(keys)
        found |= dict.fromkeys(key for key in self._before if fits is None or key[1] in fits)
        for key in found:
            entry = self._before[key][0] if key in self._before else self._entries.get(key)
            if entry:
                yield key, entry


def _places(key: Key) -> Iterator[object]:
    principal, resource, _condition = key
    yield resource
    if resource.table:
        yield "table", resource.table
        yield principal, resource.table
    if resource.kind == "lf_tag":
        yield "tag", resource.catalog, resource.name
    if resource.kind == "lf_tag_policy":
        yield "policies", principal
        yield "expression", resource.catalog, resource.name
