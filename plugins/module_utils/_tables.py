# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the chosen databases in plain data, as far as reading them is concerned.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True, order=True)
class Table:
    """A table of the Glue Data Catalog.

    locations: where its files are, as s3://bucket/prefix/ with the slash at its end: its own location, and those of
    partitions that lie outside it. A view has none, nor has a resource link, whose target is (catalog id, database,
    table). others: locations that are not in S3, or that no policy could name, as they were written.
    is_registered: what Glue says in IsRegisteredWithLakeFormation.
    """

    catalog_id: str
    database: str
    name: str
    locations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    kind: t.Literal["table", "view", "link"] = "table"
    target: tuple[str, ...] = ()
    is_registered: bool = False

    @property
    def words(self) -> str:
        return f"{self.database}.{self.name}"


@dataclasses.dataclass(frozen=True)
class TableAccess:
    """What Lake Formation lets the identity do with a table.

    governed_by: "iam" where IAM_ALLOWED_PRINCIPALS (or hybrid access mode without an opt-in) leaves it to IAM and S3
    alone; otherwise "lake_formation". may_describe, may_select: of a table that Lake Formation governs; always True
    where IAM decides. hidden_columns: those that the identity may not read, sorted. row_filters: the data cells filters
    that limit the rows. unknown: the permission that the checker lacks, where it could not be told.
    """

    governed_by: t.Literal["iam", "lake_formation"]
    may_describe: bool = True
    may_select: bool = True
    hidden_columns: tuple[str, ...] = ()
    row_filters: tuple[str, ...] = ()
    unknown: str = ""
