# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what is granted, by resource or in one account-wide list, whichever takes fewer calls.

A listing names a resource and no principal: with both, Lake Formation answers effective permissions, which are not
grants (https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import math
import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources,
    _grants_words,
    _lake_formation,
    _progress,
)

# So many resources are listed one by one in any case.
_FEW: t.Final = 5
# So many pages at least are looked through for what is left on resources that do not exist.
_PAGES_FOR_ABSENT: t.Final = 10

_Rows = list[dict[str, t.Any]]


@dataclasses.dataclass
class Listing:
    """Rows by principal, each as its atoms; and the resources that are absent, or hidden from the caller."""

    rows: dict[str, dict[_grants.Atoms, None]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(dict)
    )
    unseen: dict[_grants_resources.Resource, _lake_formation.LakeFormationError] = dataclasses.field(
        default_factory=dict
    )

    def of(self, principal: str) -> list[_grants.Atoms]:
        return list(self.rows.get(principal, ()))

    def held(self, principal: str) -> frozenset[_grants.Atom]:
        return frozenset[_grants.Atom]().union(*self.of(principal))


class GrantReader:
    """Reads listings of one catalog. counter: counts their pages."""

    def __init__(self, client: t.Any, catalog_id: str, request: Mapping[str, str], counter: _progress.Counter) -> None:
        self._client = client
        self._catalog_id = catalog_id
        self._request = request
        self._counter = counter
        # By type of resource: of how many pages the whole list is known to be, or more than that.
        self._pages_of: dict[str, float] = {}
        self._whole_rows: _Rows | None = None
        self._tables: _Rows | None = None

    def read(self, bases: Collection[_grants_resources.Resource]) -> Listing:
        """The grants on some resources, of all principals."""
        listing = Listing()
        self._add_resources(listing, self._listings(bases))
        return listing

    def read_all(
        self, bases: Collection[_grants_resources.Resource], everything: bool, databases: Collection[tuple[str, str]]
    ) -> Listing:
        """The grants on some resources, and those in the databases, or all of the catalog."""
        listing = Listing()
        self._add(listing, self._list_of_type("", math.inf) or [], None)
        filtered = self._tables_with_filters(None if everything else databases)
        beside = {it for it in bases if self._type_of(it) != ""}
        if everything:
            for resource_type in _grants_resources.APART_LISTINGS:
                self._add(listing, self._list({"ResourceType": resource_type}), None)
            beside = {it for it in beside if self._type_of(it) is None}
        self._add_resources(listing, {**self._listings(beside), **dict.fromkeys(filtered, True)})
        return listing

    def read_beside(self, base: _grants_resources.Resource) -> Listing:
        """The grants on one more resource: out of the account-wide list, where that was read and shows any."""
        listing = Listing()
        self._add(listing, self._whole_rows or [], {base})
        return listing if listing.rows else self.read([base])

    def read_around(self, bases: Collection[_grants_resources.Resource]) -> Listing:
        """The grants on more resources, which only warnings need: the account-wide list, where that was read."""
        if self._whole_rows is None:
            return self.read(bases)
        listing = Listing()
        self._add(listing, self._whole_rows, None)
        return listing

    def read_absent(self, bases: Collection[_grants_resources.Resource]) -> Listing | None:
        """What the account-wide list still shows on resources that do not exist; None where it is too long to look.

        By resource, Lake Formation lists nothing there.
        """
        rows = self._list_of_type("", max(_PAGES_FOR_ABSENT, len(bases)))
        if rows is None:
            return None
        listing = Listing()
        self._add(listing, rows, bases)
        return listing

    def _type_of(self, base: _grants_resources.Resource) -> str | None:
        """The type of resource whose list shows it, empty for the list without a type; None where there is none."""
        if base.catalog_id != self._catalog_id:
            return None
        return _grants_resources.listing_of(base)

    def _add_resources(self, listing: Listing, listings: Mapping[_grants_resources.Resource, bool]) -> None:
        """Many of one type by the pages of its list, as long as these are fewer, and all others one by one.

        How many pages there are shows at the end only. A list is given up after as many pages as there are resources,
        so that its calls are wasted at most once: all in all no more than twice the smaller number.
        """
        self._tables = None
        one_by_one = dict(listings)
        by_type: dict[str, list[_grants_resources.Resource]] = collections.defaultdict(list)
        for base, related in listings.items():
            resource_type = None if related else self._type_of(base)
            if resource_type is not None:
                by_type[resource_type].append(base)
        for resource_type, bases in by_type.items():
            rows = self._list_of_type(resource_type, len(bases)) if len(bases) > _FEW else None
            if rows is not None:
                self._add(listing, rows, set(bases))
                for base in bases:
                    del one_by_one[base]
        for base, related in one_by_one.items():
            self._add_listed(listing, base, related)

    def _list_of_type(self, resource_type: str, most: float) -> _Rows | None:
        """All of a type, or without one; None where it has more pages than those, or is known to have had."""
        if self._pages_of.get(resource_type, 0) > most:
            return None
        rows: _Rows = []
        number = 0
        for number, answer in enumerate(self._pages({"ResourceType": resource_type} if resource_type else {}), start=1):
            rows += answer.get(_lake_formation.PERMISSIONS, [])
            if number >= most and answer.get("NextToken"):
                self._pages_of[resource_type] = math.inf
                return None
        self._pages_of[resource_type] = number
        if not resource_type:
            self._whole_rows = rows
        return rows

    @staticmethod
    def _listings(bases: Iterable[_grants_resources.Resource]) -> dict[_grants_resources.Resource, bool]:
        """What to list, and whether with the data cells filters of the table."""
        listings: dict[_grants_resources.Resource, bool] = {}
        for base in bases:
            if base.kind == "data_cells_filter":
                listings[_grants_resources.table(base.catalog_id, *base.written[:2])] = True
            else:
                listings.setdefault(base, False)
        return listings

    def _add_listed(self, listing: Listing, base: _grants_resources.Resource, related: bool) -> None:
        request: dict[str, t.Any] = {"Resource": _grants_resources.write_resource([base])}
        if related:
            request["IncludeRelated"] = "TRUE"
        try:
            rows = self._list(request)
        except _lake_formation.LakeFormationError as error:
            if base.kind == "all_tables" and _lake_formation.is_link_database(error):
                rows = self._all_tables()
            elif _lake_formation.is_unseen(error):
                listing.unseen[base] = error
                return
            else:
                error.message = f"{error.message} on {_grants_words.resource_words([base], self._catalog_id)}"
                raise
        self._add(listing, rows, None if related else {base})

    def _all_tables(self) -> _Rows:
        if self._tables is None:
            self._tables = self._list({"ResourceType": "TABLE"})
        return self._tables

    def _tables_with_filters(self, databases: Collection[tuple[str, str]] | None) -> list[_grants_resources.Resource]:
        tables = {
            _grants_resources.table(row["TableCatalogId"], row["DatabaseName"], row["TableName"]): None
            for row in _lake_formation.list_data_cells_filter(self._client, {})
        }
        return [it for it in tables if it.database in databases] if databases is not None else list(tables)

    def _list(self, request: Mapping[str, t.Any]) -> _Rows:
        return [row for answer in self._pages(request) for row in answer.get(_lake_formation.PERMISSIONS, [])]

    def _pages(self, request: Mapping[str, t.Any]) -> Iterator[Mapping[str, t.Any]]:
        for answer in _lake_formation.permission_pages(self._client, {**self._request, **request}):
            self._counter.add()
            yield answer

    def _add(self, listing: Listing, rows: _Rows, bases: Collection[_grants_resources.Resource] | None) -> None:
        """Keep the rows on some resources; a listing may bring those on others too."""
        for row in rows:
            atoms = _grants.row_atoms(row, self._catalog_id)
            if atoms and (bases is None or next(iter(atoms)).resource.base in bases):
                listing.rows[_grants.row_principal(row)][atoms] = None
