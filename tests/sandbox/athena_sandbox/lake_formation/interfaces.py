# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lake Formation asks of the Data Catalog and of IAM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Database:
    """A database; `target` is the (catalog, database) a resource link points to."""

    name: str
    location: str = ""
    target: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table; `columns` are all, those of partitions too; None where they are not known and any may be named.

    `target` is the (catalog, database, table) that a resource link points to.
    """

    database: str
    name: str
    columns: tuple[str, ...] | None = ()
    location: str = ""
    is_view: bool = False
    target: tuple[str, str, str] | None = None


class Catalog(Protocol):
    """The Data Catalog; names are lower case, a catalog is an account or ACCOUNT:federated/path."""

    def has(self, catalog: str) -> bool:
        """Whether there is such a catalog."""

    def database(self, catalog: str, name: str) -> Database | None:
        """The database, None where there is none."""

    def table(self, catalog: str, database: str, name: str) -> Table | None:
        """The table, None where there is none."""

    def databases(self, catalog: str) -> Iterable[Database]:
        """All databases of a catalog."""

    def tables(self, catalog: str, database: str) -> Iterable[Table]:
        """All tables of a database."""


class Principals(Protocol):
    """The users and roles of the account."""

    def has(self, arn: str) -> bool:
        """Whether there is such a user or role, by its ARN with path."""
