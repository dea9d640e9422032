# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the Data Catalog for what is granted on: one call for each table, or the pages of their database.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _glue,
    _grants_catalog,
    _grants_resources as _resources,
    _lake_formation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

# So many tables of a database are asked for one by one in any case; for more, its pages are tried first.
_FEW: t.Final = 3


class CatalogReader:
    """Reads the Data Catalog of the caller's account, and those of others as far as they let it.

    concern: who reads, for what is told of it. required: whether the caller must be allowed to read its own.
    """

    def __init__(self, concern: str, session: _aws_module.Session, required: bool = True) -> None:
        self._glue = session.client("glue")
        self._lake_formation = session.client("lakeformation")
        self._account_id = session.caller["Account"]
        self._required = required
        self._counter = session.progress.count(concern, "answers of the Data Catalog read")

    def read(self, resources: Collection[_resources.Resource]) -> _grants_catalog.CatalogFacts:
        """Facts about databases, tables and data cells filters, given by what is listed and locked as one."""
        facts = _grants_catalog.CatalogFacts()
        self._read_filters(facts, [it for it in resources if it.kind == "data_cells_filter"])
        tables = {_table_of(it) for it in resources if it.kind in ("table", "data_cells_filter")}
        for key, found in _grants_catalog.tables_by_database(tables).items():
            self._read_tables(facts, key, sorted(found, key=lambda it: it.sort_key))
        for resource in resources:
            if resource.kind == "database":
                self._ask(facts, resource, self._database)
            elif resource.kind == "all_tables":
                self._ask(facts, resource, lambda it: self._sample(facts, it))
        return facts

    def _ask(
        self,
        facts: _grants_catalog.CatalogFacts,
        resource: _resources.Resource,
        call: t.Callable[[_resources.Resource], _grants_catalog.CatalogEntry | None],
    ) -> None:
        self._counter.add()
        try:
            facts.entries[resource] = call(resource)
        except _glue.GlueError as error:
            # What another account does not show is for Lake Formation to judge.
            if not _errors.is_denied(error) or (self._required and resource.catalog_id.startswith(self._account_id)):
                raise
            facts.denied.add(_errors.permission_for(error))

    def _database(self, resource: _resources.Resource) -> _grants_catalog.CatalogEntry | None:
        found = _glue.get_database(self._glue, resource.catalog_id, *resource.written)
        return _grants_catalog.database_entry(found) if found else None

    def _table(self, resource: _resources.Resource) -> _grants_catalog.CatalogEntry | None:
        found = _glue.get_table(self._glue, resource.catalog_id, *resource.written)
        return _grants_catalog.table_entry(found) if found else None

    def _sample(
        self, facts: _grants_catalog.CatalogFacts, resource: _resources.Resource
    ) -> _grants_catalog.CatalogEntry | None:
        """Whether the database is there, and some of its tables."""
        page = _glue.get_tables(self._glue, resource.catalog_id, *resource.written)
        if page is None:
            return None
        facts.samples[resource] = [_grants_catalog.table_entry(it) for it in page.get("TableList", [])]
        return _grants_catalog.CatalogEntry()

    def _read_tables(
        self, facts: _grants_catalog.CatalogFacts, key: tuple[str, str], tables: Sequence[_resources.Resource]
    ) -> None:
        wanted = dict.fromkeys(tables)
        if len(wanted) > _FEW:
            self._ask(facts, _resources.database(*key), lambda _it: self._page_through(facts, key, wanted))
            if facts.entries.get(_resources.database(*key)) is None:
                return
        for resource in wanted:
            self._ask(facts, resource, self._table)

    def _page_through(
        self, facts: _grants_catalog.CatalogFacts, key: tuple[str, str], wanted: dict[_resources.Resource, None]
    ) -> _grants_catalog.CatalogEntry | None:
        """Take the tables of the pages out of those wanted, as long as that takes fewer calls than one for each."""
        token, most = None, max(1, len(wanted) // _FEW)
        for _number in range(most):
            self._counter.add()
            page = _glue.get_tables(self._glue, *key, token)
            if page is None:
                return None
            for found in page.get("TableList", []):
                resource = _resources.table(*key, found["Name"])
                if resource in wanted:
                    del wanted[resource]
                    facts.entries[resource] = _grants_catalog.table_entry(found)
            token = page.get("NextToken")
            if not token or not wanted:
                break
        if not token:
            self._settle_unlisted(facts, wanted)
        return _grants_catalog.CatalogEntry()

    def _settle_unlisted(self, facts: _grants_catalog.CatalogFacts, wanted: dict[_resources.Resource, None]) -> None:
        """Tables that no page has are absent, or hidden from the caller, which the answer to one of them tells.

        Lake Formation leaves what it hides out of a listing, and refuses it to whom asks by name
        (https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html).
        """
        for resource in tuple(wanted):
            self._ask(facts, resource, self._table)
            del wanted[resource]
            if facts.is_absent(resource):
                facts.entries.update(dict.fromkeys(wanted))
            if not facts.entries.get(resource):
                wanted.clear()
                return

    def _read_filters(self, facts: _grants_catalog.CatalogFacts, filters: Sequence[_resources.Resource]) -> None:
        by_table: dict[_resources.Resource, list[_resources.Resource]] = {}
        for resource in filters:
            by_table.setdefault(_table_of(resource), []).append(resource)
        for table, found in by_table.items():
            names = self._filter_names(facts, table)
            if names is not None:
                facts.entries.update(
                    (it, _grants_catalog.CatalogEntry() if it.path[2] in names else None) for it in found
                )

    def _filter_names(self, facts: _grants_catalog.CatalogFacts, table: _resources.Resource) -> set[str] | None:
        catalog_id, (database_name, name) = table.catalog_id, table.written
        request = {"Table": {"CatalogId": catalog_id, "DatabaseName": database_name, "Name": name}}
        try:
            rows = _lake_formation.list_data_cells_filter(self._lake_formation, request)
        except _lake_formation.LakeFormationError as error:
            if _lake_formation.is_unseen(error):
                return set()
            if _errors.is_denied(error) and not self._required:
                facts.denied.add(_errors.permission_for(error))
                return None
            raise
        return {row["Name"] for row in rows}


def _table_of(resource: _resources.Resource) -> _resources.Resource:
    return _resources.table(resource.catalog_id, *resource.written[:2])
