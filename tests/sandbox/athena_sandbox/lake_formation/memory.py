# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalog and principals for tests that run Lake Formation in their own process."""

from __future__ import annotations

from collections.abc import Iterable

from .interfaces import Database, Table


class MemoryCatalog:
    """Databases and tables by name; add and remove as a test likes."""

    def __init__(self, account: str = "123456789012") -> None:
        self._account = account
        self._databases: dict[tuple[str, str], Database] = {}
        self._tables: dict[tuple[str, str], dict[str, Table]] = {}
        self._catalogs = {account}

    def add_database(
        self, name: str, catalog: str = "", location: str = "", target: tuple[str, str] | None = None
    ) -> MemoryCatalog:
        """Add a database (a resource link where there is a `target`), and its catalog where that is new."""
        catalog = catalog or self._account
        self._catalogs.add(catalog)
        self._databases[catalog, name] = Database(name, location, target)
        return self

    def add_table(
        self,
        database: str,
        name: str,
        columns: Iterable[str] = (),
        catalog: str = "",
        location: str = "",
        is_view: bool = False,
        target: tuple[str, str, str] | None = None,
    ) -> MemoryCatalog:
        """Add or replace a table, and its database where that is new."""
        catalog = catalog or self._account
        if (catalog, database) not in self._databases:
            self.add_database(database, catalog)
        table = Table(database, name, tuple(columns), location, is_view, target)
        self._tables.setdefault((catalog, database), {})[name] = table
        return self

    def remove_table(self, database: str, name: str, catalog: str = "") -> None:
        """Remove a table."""
        del self._tables[catalog or self._account, database][name]

    def has(self, catalog: str) -> bool:
        return catalog in self._catalogs

    def database(self, catalog: str, name: str) -> Database | None:
        return self._databases.get((catalog, name))

    def table(self, catalog: str, database: str, name: str) -> Table | None:
        return self._tables.get((catalog, database), {}).get(name)

    def databases(self, catalog: str) -> Iterable[Database]:
        return [database for (owner, _name), database in self._databases.items() if owner == catalog]

    def tables(self, catalog: str, database: str) -> Iterable[Table]:
        return list(self._tables.get((catalog, database), {}).values())


class MemoryPrincipals:
    """The users and roles with these ARNs; all that could be one where none are given."""

    def __init__(self, *arns: str) -> None:
        self._arns = set(arns)
        self._is_open = not arns

    def add(self, arn: str) -> None:
        """Create a user or role."""
        self._arns.add(arn)

    def remove(self, arn: str) -> None:
        """Delete a user or role."""
        self._arns.discard(arn)

    def has(self, arn: str) -> bool:
        return self._is_open or arn in self._arns
