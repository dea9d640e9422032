# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the Data Catalog for what is granted on: one call for each table, or the pages of their database.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _glue, _lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils import _grants_resources as _resources
from ansible_collections.qualytics.athena.plugins.module_utils._errors import is_denied, permission_for
from ansible_collections.qualytics.athena.plugins.module_utils._glue import GlueError
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog import (
    CatalogEntry,
    CatalogFacts,
    database_entry,
    table_entry,
    tables_by_database,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import Resource
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation import LakeFormationError, pages

# So many tables of a database are asked for one by one in any case; for more, its pages are tried first.
_FEW: t.Final = 3


class CatalogReader:
    """Reads the Data Catalog of the caller's account, and those of others as far as they let it.

    required: whether the caller must be allowed to read its own.
    """

    def __init__(self, glue: t.Any, lake_formation: t.Any, account_id: str, required: bool = True) -> None:
        self._glue = glue
        self._lake_formation = lake_formation
        self._account_id = account_id
        self._required = required

    def read(self, resources: Collection[Resource]) -> CatalogFacts:
        """Facts about databases, tables and data cells filters, given by what is listed and locked as one."""
        facts = CatalogFacts()
        self._read_filters(facts, [it for it in resources if it.kind == "data_cells_filter"])
        tables = {_table_of(it) for it in resources if it.kind in ("table", "data_cells_filter")}
        for key, found in tables_by_database(tables).items():
            self._read_tables(facts, key, sorted(found, key=lambda it: it.sort_key))
        for resource in resources:
            if resource.kind == "database":
                self._ask(facts, resource, self._database)
            elif resource.kind == "all_tables":
                self._ask(facts, resource, lambda it: self._sample(facts, it))
        return facts

    def _ask(self, facts: CatalogFacts, resource: Resource, call: t.Callable[[Resource], CatalogEntry | None]) -> None:
        try:
            facts.entries[resource] = call(resource)
        except GlueError as error:
            # What another account does not show is for Lake Formation to judge.
            if not is_denied(error) or (self._required and resource.catalog_id.startswith(self._account_id)):
                raise
            facts.denied.add(permission_for(error))

    def _database(self, resource: Resource) -> CatalogEntry | None:
        found = _glue.get_database(self._glue, resource.catalog_id, *resource.written)
        return database_entry(found) if found else None

    def _table(self, resource: Resource) -> CatalogEntry | None:
        found = _glue.get_table(self._glue, resource.catalog_id, *resource.written)
        return table_entry(found) if found else None

    def _sample(self, facts: CatalogFacts, resource: Resource) -> CatalogEntry | None:
        """Whether the database is there, and some of its tables."""
        page = _glue.get_tables(self._glue, resource.catalog_id, *resource.written)
        if page is None:
            return None
        facts.samples[resource] = [table_entry(it) for it in page.get("TableList", [])]
        return CatalogEntry()

    def _read_tables(self, facts: CatalogFacts, key: tuple[str, str], tables: Sequence[Resource]) -> None:
        wanted = dict.fromkeys(tables)
        if len(wanted) > _FEW:
            self._ask(facts, _resources.database(*key), lambda _it: self._page_through(facts, key, wanted))
            if facts.entries.get(_resources.database(*key)) is None:
                return
        for resource in wanted:
            self._ask(facts, resource, self._table)

    def _page_through(
        self, facts: CatalogFacts, key: tuple[str, str], wanted: dict[Resource, None]
    ) -> CatalogEntry | None:
        """Take the tables of the pages out of those wanted, as long as that takes fewer calls than one for each."""
        token, most = None, max(1, len(wanted) // _FEW)
        for _number in range(most):
            page = _glue.get_tables(self._glue, *key, token)
            if page is None:
                return None
            for found in page.get("TableList", []):
                resource = _resources.table(*key, found["Name"])
                if resource in wanted:
                    del wanted[resource]
                    facts.entries[resource] = table_entry(found)
            token = page.get("NextToken")
            if not token or not wanted:
                break
        if not token:
            facts.entries.update(dict.fromkeys(wanted))
            wanted.clear()
        return CatalogEntry()

    def _read_filters(self, facts: CatalogFacts, filters: Sequence[Resource]) -> None:
        by_table: dict[Resource, list[Resource]] = {}
        for resource in filters:
            by_table.setdefault(_table_of(resource), []).append(resource)
        for table, found in by_table.items():
            names = self._filter_names(facts, table)
            if names is not None:
                facts.entries.update((it, CatalogEntry() if it.path[2] in names else None) for it in found)

    def _filter_names(self, facts: CatalogFacts, table: Resource) -> set[str] | None:
        catalog_id, (database_name, name) = table.catalog_id, table.written
        request = {"Table": {"CatalogId": catalog_id, "DatabaseName": database_name, "Name": name}}
        try:
            listed = list(
                pages(_lake_formation.list_data_cells_filter, self._lake_formation, request, "DataCellsFilters")
            )
        except LakeFormationError as error:
            if _lake_formation.is_unseen(error):
                return set()
            if is_denied(error) and not self._required:
                facts.denied.add(permission_for(error))
                return None
            raise
        return {row["Name"] for page in listed for row in page}


def _table_of(resource: Resource) -> Resource:
    return _resources.table(resource.catalog_id, *resource.written[:2])
