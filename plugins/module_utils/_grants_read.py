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
import sys
import typing as t
from collections.abc import Collection, Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import _lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, Atoms, row_atoms, row_principal
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import (
    Resource,
    table,
    write_resource,
)
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation import LakeFormationError, pages

# The kinds that the account-wide list is known to show for the account's own catalog.
_IN_THE_WHOLE_LIST = frozenset(
    {"catalog", "database", "table", "all_tables", "column", "excluded_columns", "data_location"}
)
# So many resources are listed one by one in any case. The account-wide list may take hundreds of pages: it is tried
# for more, and given up after one page for so many resources.
_FEW: t.Final = 5
_MAX_RESULTS: t.Final = 1000

# What else a principal may hold in the catalog, and the account-wide list may not show.
_TAG_TYPES = ("LF_TAG", "LF_TAG_POLICY_DATABASE", "LF_TAG_POLICY_TABLE", "LF_NAMED_TAG_EXPRESSION")

_Rows = list[dict[str, t.Any]]


@dataclasses.dataclass
class Listing:
    """Rows by principal, each as its atoms; and the resources that are absent, or hidden from the caller."""

    rows: dict[str, dict[Atoms, None]] = dataclasses.field(default_factory=lambda: collections.defaultdict(dict))
    unseen: dict[Resource, LakeFormationError] = dataclasses.field(default_factory=dict)

    def of(self, principal: str) -> list[Atoms]:
        return list(self.rows.get(principal, ()))

    def held(self, principal: str) -> frozenset[Atom]:
        return frozenset[Atom]().union(*self.of(principal))


class GrantReader:
    """Reads listings of one catalog."""

    def __init__(self, client: t.Any, catalog_id: str, request: Mapping[str, str]) -> None:
        self._client = client
        self._catalog_id = catalog_id
        self._request = request
        self._whole_list_pages: int | None = None
        self._whole_rows: _Rows = []
        self._tables: _Rows | None = None

    def read(self, bases: Collection[Resource]) -> Listing:
        """The grants on some resources, of all principals."""
        listing = Listing()
        one_by_one = self._listings(bases)
        in_whole_list = [it for it in one_by_one if it.catalog_id == self._catalog_id and not one_by_one[it]]
        in_whole_list = [it for it in in_whole_list if it.kind in _IN_THE_WHOLE_LIST]
        if self._is_whole_list_worthwhile(len(in_whole_list)):
            # What was written since the list was read first may have made it longer.
            known = 2 * (self._whole_list_pages or 0)
            rows = self._whole_list(max(1, known, len(in_whole_list) // _FEW))
            if rows is not None:
                self._add(listing, rows, set(in_whole_list))
                for base in in_whole_list:
                    del one_by_one[base]
        for base, related in one_by_one.items():
            self._add_listed(listing, base, related)
        return listing

    def read_all(
        self, bases: Collection[Resource], everything: bool, databases: Collection[tuple[str, str]]
    ) -> Listing:
        """The grants on some resources, and those in the databases, or all of the catalog."""
        listing = Listing()
        self._add(listing, self._whole_list(math.inf) or [], None)
        filtered = self._tables_with_filters(None if everything else databases)
        beside = {it for it in bases if it.catalog_id != self._catalog_id or it.kind not in _IN_THE_WHOLE_LIST}
        if everything:
            for resource_type in _TAG_TYPES:
                self._add(listing, self._pages({"ResourceType": resource_type}), None)
            beside = {it for it in beside if it.catalog_id != self._catalog_id or it.kind == "data_cells_filter"}
        for base, related in {**self._listings(beside), **dict.fromkeys(filtered, True)}.items():
            self._add_listed(listing, base, related)
        return listing

    def read_beside(self, base: Resource) -> Listing:
        """The grants on one more resource: out of the account-wide list, where that was read and shows any."""
        listing = Listing()
        self._add(listing, self._whole_rows, {base})
        return listing if listing.rows else self.read([base])

    def _is_whole_list_worthwhile(self, count: int) -> bool:
        return count > _FEW and (self._whole_list_pages is None or self._whole_list_pages < count)

    def _whole_list(self, most: float) -> _Rows | None:
        """The account-wide list; None where it has more pages than are worth it."""
        rows: _Rows = []
        number = 0
        for page in self._each_page({}):
            number += 1
            if number > most:
                self._whole_list_pages = sys.maxsize
                return None
            rows += page
        self._whole_list_pages, self._whole_rows = number, rows
        return rows

    @staticmethod
    def _listings(bases: Iterable[Resource]) -> dict[Resource, bool]:
        """What to list, and whether with the data cells filters of the table."""
        listings: dict[Resource, bool] = {}
        for base in bases:
            if base.kind == "data_cells_filter":
                listings[table(base.catalog_id, *base.written[:2])] = True
            else:
                listings.setdefault(base, False)
        return listings

    def _add_listed(self, listing: Listing, base: Resource, related: bool) -> None:
        request: dict[str, t.Any] = {"Resource": write_resource([base])}
        if related:
            request["IncludeRelated"] = "TRUE"
        try:
            rows = self._pages(request)
        except LakeFormationError as error:
            if base.kind == "all_tables" and _lake_formation.is_link_database(error):
                rows = self._all_tables()
            elif _lake_formation.is_unseen(error):
                listing.unseen[base] = error
                return
            else:
                raise
        self._add(listing, rows, None if related else {base})

    def _all_tables(self) -> _Rows:
        if self._tables is None:
            self._tables = self._pages({"ResourceType": "TABLE"})
        return self._tables

    def _tables_with_filters(self, databases: Collection[tuple[str, str]] | None) -> list[Resource]:
        rows: _Rows = []
        for page in pages(_lake_formation.list_data_cells_filter, self._client, {}, "DataCellsFilters"):
            rows += page
        tables = {table(row["TableCatalogId"], row["DatabaseName"], row["TableName"]): None for row in rows}
        return [it for it in tables if it.database in databases] if databases is not None else list(tables)

    def _pages(self, request: Mapping[str, t.Any]) -> _Rows:
        return [row for page in self._each_page(request) for row in page]

    def _each_page(self, request: Mapping[str, t.Any]) -> Iterable[_Rows]:
        whole = {**self._request, **request, "MaxResults": _MAX_RESULTS}
        return pages(_lake_formation.list_permissions, self._client, whole, "PrincipalResourcePermissions")

    def _add(self, listing: Listing, rows: _Rows, bases: Collection[Resource] | None) -> None:
        """Keep the rows on some resources; a listing may bring those on others too."""
        for row in rows:
            atoms = row_atoms(row, self._catalog_id)
            if atoms and (bases is None or next(iter(atoms)).resource.base in bases):
                listing.rows[row_principal(row)][atoms] = None
