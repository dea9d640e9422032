# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lake Formation lets an identity see and read, judged from what is granted.

Lake Formation decides about a database or table as soon as IAM_ALLOWED_PRINCIPALS may not do all with it, or, where it
may, once the identity is opted in (hybrid access mode):
https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import typing as t
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_findings,
    _grants_resources,
    _report,
    _tables,
    _words,
)

_READING: t.Final = frozenset({"ALL", "SELECT"})
# The columns that nobody names, where it is not known which a table has. No column has this name.
_OTHERS: t.Final = ""

NOT_SHOWN: t.Final = "Lake Formation does not show it: it is gone, or hidden from the identity that runs this task"

Held = Mapping[_grants_resources.Resource, _grants.Atoms]


@dataclasses.dataclass(frozen=True)
class CellsFilter:
    """A data cells filter. columns: those that it shows, or with all_but those that it hides; in lowercase."""

    columns: frozenset[str]
    all_but: bool = False
    limits_rows: bool = False


def cells_filter_of(row: Mapping[str, t.Any]) -> CellsFilter:
    """https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataCellsFilter.html"""
    limits_rows = bool((row.get("RowFilter") or {}).get("FilterExpression"))
    if row.get("ColumnNames"):
        return CellsFilter(_lower(row["ColumnNames"]), False, limits_rows)
    return CellsFilter(_lower((row.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()), True, limits_rows)


def cells_filters_of(rows: Iterable[Mapping[str, t.Any]]) -> dict[_grants_resources.Resource, dict[str, CellsFilter]]:
    """By table and by name."""
    found: dict[_grants_resources.Resource, dict[str, CellsFilter]] = collections.defaultdict(dict)
    for row in rows:
        found[_grants_resources.table(row["TableCatalogId"], row["DatabaseName"], row["TableName"])][row["Name"]] = (
            cells_filter_of(row)
        )
    return found


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def by_place(atoms: Iterable[_grants.Atom]) -> dict[_grants_resources.Resource, frozenset[_grants.Atom]]:
    """The atoms by database, table or all tables: those on columns and filters with those on their table."""
    found: dict[_grants_resources.Resource, set[_grants.Atom]] = collections.defaultdict(set)
    for atom in atoms:
        found[_grants_findings.table_of(atom.resource.base)].add(atom)
    return {place: frozenset(held) for place, held in found.items()}


@dataclasses.dataclass(frozen=True)
class DatabaseAccess:
    """What Lake Formation lets the identity do with a database; the members are those of TableAccess.

    exists: whether Lake Formation knows it; True where that could not be told.
    """

    governed_by: t.Literal["iam", "lake_formation"]
    may_describe: bool = True
    unknown: str = ""
    exists: bool = True


@dataclasses.dataclass(frozen=True)
class LakeFormationFacts:
    """What was read for one identity in one catalog, each a fact or Denied.

    own, everybody: what the identity (with its groups) and IAM_ALLOWED_PRINCIPALS hold, by place. denied: the
    permission without which that could not be read. unseen: what Lake Formation does not show. opt_ins: those of the
    identity (with its groups); conditional_opt_ins: those that hold under a condition. cells_filters: by table and
    name. tag_policies: what the identity holds by LF-tags. effective: what all grants come to, where that was asked.
    """

    principal: str
    account_id: str
    caller: str
    own: Held = dataclasses.field(default_factory=dict)
    everybody: Held = dataclasses.field(default_factory=dict)
    denied: _report.Denied | None = None
    unseen: AbstractSet[_grants_resources.Resource] = frozenset()
    settings: _grants_findings.Settings | _report.Denied = dataclasses.field(default_factory=dict)
    registrations: _grants_findings.Registrations | _report.Denied = dataclasses.field(
        default_factory=lambda: _grants_findings.Registrations(())
    )
    opt_ins: _grants_findings.OptIns | _report.Denied = dataclasses.field(default_factory=_grants_findings.OptIns)
    conditional_opt_ins: _grants_findings.OptIns = dataclasses.field(default_factory=_grants_findings.OptIns)
    cells_filters: Mapping[_grants_resources.Resource, Mapping[str, CellsFilter]] | _report.Denied = dataclasses.field(
        default_factory=dict
    )
    tag_policies: _grants.Atoms | _report.Denied = frozenset()
    effective: Mapping[_grants_resources.Resource, _grants.Atoms | _report.Denied] = dataclasses.field(
        default_factory=dict
    )

    @functools.cached_property
    def is_administrator(self) -> bool:
        """Whether the identity is known to be a data lake administrator: it sees everything, and reads what it holds.

        https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html
        """
        return not isinstance(self.settings, _report.Denied) and _grants_findings.is_admin(
            self.principal, self.settings
        )

    @property
    def is_unused(self) -> bool:
        """Whether the data lake is known to have no administrator.

        Nobody can then have taken what IAM_ALLOWED_PRINCIPALS has from the beginning, and who is no administrator is
        not shown that it has it (https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html).
        """
        return not isinstance(self.settings, _report.Denied) and self.settings.get("DataLakeAdmins") == []

    @functools.cached_property
    def blindness(self) -> str:
        """Why there may be grants that the caller is not shown; empty where it sees all.

        https://docs.aws.amazon.com/lake-formation/latest/dg/viewing-permissions.html
        """
        if isinstance(self.settings, _report.Denied):
            return self.settings.permission
        if _grants_findings.is_reader_of_all(self.caller, self.settings):
            return ""
        return f"{self.caller} is not a data lake administrator, and is not shown all grants"

    def held_on(self, place: _grants_resources.Resource) -> frozenset[_grants.Atom]:
        """What the identity holds on a place, and on all tables of its database; no grant options.

        What everybody holds is among it, unless the identity is opted in there.
        """
        found = set[_grants.Atom]()
        sources = (self.own,) if self.is_opted_in(place) else (self.own, self.everybody)
        for it in with_all_tables(place):
            effective = self.effective.get(it, frozenset())
            found.update(
                *(held.get(it, ()) for held in sources), () if isinstance(effective, _report.Denied) else effective
            )
        return frozenset(atom for atom in found if not atom.grantable)

    def is_opted_in(self, place: _grants_resources.Resource) -> bool:
        return not isinstance(self.opt_ins, _report.Denied) and self.opt_ins.covers(place)

    def is_open(self, place: _grants_resources.Resource) -> bool:
        """Whether IAM_ALLOWED_PRINCIPALS may do all that reading takes."""
        needed = _READING if place.kind in ("table", "all_tables") else frozenset({"ALL", "DESCRIBE"})
        return any(
            atom.permission in needed and not atom.condition and not atom.grantable and atom.resource == it
            for it in ((place,) if place.kind == "database" else with_all_tables(place))
            for atom in self.everybody.get(it, ())
        )


def with_all_tables(place: _grants_resources.Resource) -> tuple[_grants_resources.Resource, ...]:
    """A table or database, and all tables of the database."""
    return (place, _grants_resources.all_tables(*place.database)) if place.database else (place,)


# Who decides -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Rule:
    """Who decides about a place; unknown: why that could not be told."""

    is_governed: bool
    unknown: str = ""


def _rule(facts: LakeFormationFacts, place: _grants_resources.Resource) -> _Rule:
    if not facts.is_open(place):
        return _Rule(True)
    if isinstance(facts.opt_ins, _report.Denied):
        return _Rule(False, facts.opt_ins.permission)
    if facts.is_opted_in(place):
        return _Rule(True)
    if facts.conditional_opt_ins.covers(place):
        return _Rule(False, "the identity is opted in to Lake Formation under a condition")
    return _Rule(False)


def governs(facts: LakeFormationFacts, place: _grants_resources.Resource) -> bool:
    """Whether Lake Formation is known to decide about a database, a table or all tables."""
    return _rule(facts, place).is_governed


def who_governs_unknown(facts: LakeFormationFacts, place: _grants_resources.Resource) -> str:
    """Why it could not be told who decides about a place; empty where it could."""
    return _rule(facts, place).unknown


def _unreadable(facts: LakeFormationFacts, place: _grants_resources.Resource) -> str:
    """Why nothing can be told of a place."""
    if place.catalog_id.partition(":")[0] != facts.account_id:
        return f"it lies in the catalog of account {place.catalog_id}, which decides about it too"
    return facts.denied.permission if facts.denied else ""


def _tags_unknown(facts: LakeFormationFacts, place: _grants_resources.Resource) -> str:
    """Why it could not be told what the identity holds on a place by LF-tags; empty where it could."""
    if isinstance(facts.tag_policies, _report.Denied):
        return facts.tag_policies.permission
    resource_type = "DATABASE" if place.kind == "database" else "TABLE"
    policies = [atom for atom in facts.tag_policies if atom.resource.path[0] == resource_type]
    if not policies:
        return ""
    if any(atom.condition for atom in policies):
        return "the identity holds grants by LF-tags under a condition"
    if not may_ask_effective(facts, place):
        return "the identity holds grants by LF-tags, which Lake Formation does not tell apart here"
    effective = facts.effective.get(place)
    return effective.permission if isinstance(effective, _report.Denied) else ""


def may_ask_effective(facts: LakeFormationFacts, place: _grants_resources.Resource) -> bool:
    """Whether effective permissions are those of grants: neither an administrator's own, nor everybody's.

    https://github.com/hashicorp/terraform-provider-aws/issues/38066
    """
    return not (facts.is_administrator or any(facts.everybody.get(it) for it in with_all_tables(place)))


def _condition(atoms: Iterable[_grants.Atom]) -> str:
    found = sorted({atom.condition for atom in atoms if atom.condition and not atom.grantable})
    return f"a grant holds under the condition {_words.some(found, 1)} only" if found else ""


# Databases -------------------------------------------------------------------------------------------------------


def database_access(facts: LakeFormationFacts, name: str) -> DatabaseAccess:
    """Any permission on a database, or on all its tables, shows it.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-table-permissions.html
    """
    place = _grants_resources.database(facts.account_id, name)
    if facts.is_unused:
        return DatabaseAccess("iam")
    if unreadable := _unreadable(facts, place):
        return DatabaseAccess("lake_formation", False, unreadable)
    if place in facts.unseen:
        if facts.blindness:
            return DatabaseAccess("lake_formation", False, facts.blindness)
        return DatabaseAccess("lake_formation", False, exists=False)
    rule = _rule(facts, place)
    if not rule.is_governed:
        return DatabaseAccess("iam", unknown=rule.unknown)
    if facts.is_administrator:
        return DatabaseAccess("lake_formation")
    held = facts.held_on(place)
    if any(not atom.condition for atom in held):
        return DatabaseAccess("lake_formation")
    unknown = _condition(held) or _tags_unknown(facts, place) or facts.blindness
    return DatabaseAccess("lake_formation", False, unknown)


def is_database_unexplained(facts: LakeFormationFacts, name: str) -> bool:
    """Whether grants by LF-tags may still show a database."""
    place = _grants_resources.database(facts.account_id, name)
    access = database_access(facts, name)
    return not access.may_describe and access.exists and may_ask_effective(facts, place)


# Tables ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Columns:
    """Readable columns, over all that the table has: whatever their rows, and by filter with only some rows."""

    every: frozenset[str]
    of_every_row: set[str] = dataclasses.field(default_factory=set)
    of_some_rows: dict[str, set[str]] = dataclasses.field(default_factory=dict)

    def add(self, names: Iterable[str], all_but: bool, row_filter: str = "") -> None:
        named = frozenset(names)
        shown = self.every - named if all_but else self.every & named
        if row_filter:
            self.of_some_rows.setdefault(row_filter, set()).update(shown)
        else:
            self.of_every_row.update(shown)

    @property
    def readable(self) -> set[str]:
        return self.of_every_row.union(*self.of_some_rows.values())

    @property
    def row_filters(self) -> tuple[str, ...]:
        """Those without which a column could not be read; a column that is granted as such has all its rows."""
        return tuple(sorted(name for name, shown in self.of_some_rows.items() if shown - self.of_every_row))

    def hidden(self, written: Sequence[str]) -> tuple[str, ...]:
        hidden = self.every - self.readable
        if _OTHERS in hidden:
            return (f"all but {', '.join(sorted(self.readable))}",)
        spelling = {name.lower(): name for name in written}
        return tuple(sorted(spelling.get(name, name) for name in hidden))


def resource_of(of: _tables.Table) -> _grants_resources.Resource:
    return _grants_resources.table(of.catalog_id, of.database, of.name)


def target_of(of: _tables.Table) -> _tables.Table | None:
    """What a resource link to a table stands for."""
    if of.kind != "link" or len(of.target) != 3:
        return None
    return _tables.Table(*of.target, columns=of.columns)


def table_access(facts: LakeFormationFacts, of: _tables.Table) -> _tables.TableAccess:
    """What grants on a table, on its parts and on all tables of its database let the identity do.

    Whether it may see the database is another question, which C(database_access) answers.
    """
    if of.kind == "link":
        return _link_access(facts, of)
    place = resource_of(of)
    if facts.is_unused and place.catalog_id == facts.account_id:
        return _tables.TableAccess("iam")
    if unreadable := _unreadable(facts, place):
        return _tables.TableAccess("lake_formation", False, False, unknown=unreadable)
    if place in facts.unseen:
        return _tables.TableAccess("lake_formation", False, False, unknown=facts.blindness or NOT_SHOWN)
    rule = _rule(facts, place)
    if not rule.is_governed:
        return _tables.TableAccess("iam", unknown=rule.unknown)
    return _governed(facts, of, place)


def _link_access(facts: LakeFormationFacts, of: _tables.Table) -> _tables.TableAccess:
    """A link takes DESCRIBE, and its target the right to be read.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html
    """
    target = target_of(of)
    if target is None or target.kind == "link":
        return _tables.TableAccess(
            "lake_formation", False, False, unknown="it is a resource link whose target is not known"
        )
    link = table_access(facts, dataclasses.replace(of, kind="table", target=()))
    found = table_access(facts, target)
    if link.unknown or found.unknown:
        why = link.unknown or found.unknown
        if not _is_permission(why):
            why = f"it is a resource link, which takes DESCRIBE on itself and SELECT on {'.'.join(of.target)}; {why}"
        return _tables.TableAccess("lake_formation", False, False, unknown=why)
    if not link.may_describe:
        return _tables.TableAccess("lake_formation", False, False)
    return found


def _is_permission(why: str) -> bool:
    return " " not in why


def lacking(unknown: str) -> str:
    """What to do where something could not be told, for the remedy of a check."""
    if _is_permission(unknown):
        return _words.grant_to_caller(unknown)
    if "is not a data lake administrator" in unknown:
        return "Make the identity that runs this task a (read-only) data lake administrator"
    return "Look there with the identity itself: its live queries tell"


def _governed(facts: LakeFormationFacts, of: _tables.Table, place: _grants_resources.Resource) -> _tables.TableAccess:
    columns = _Columns(frozenset(name.lower() for name in of.columns) or _named(facts, place))
    granted = facts.held_on(place)
    held = [atom for atom in granted if not atom.condition]
    # One permission of any kind on the whole table shows it, and so does SELECT on a part.
    whole = {atom.permission for atom in held if atom.resource.kind in ("table", "all_tables")}
    parts = [atom for atom in held if atom.permission == "SELECT" and atom.resource.base != atom.resource]
    filters = [atom for atom in held if atom.permission == "SELECT" and atom.resource.kind == "data_cells_filter"]
    may_describe = facts.is_administrator or bool(whole or parts or filters)
    if whole & _READING:
        return _tables.TableAccess("lake_formation")
    for atom in parts:
        columns.add(atom.resource.path[2:], atom.resource.kind == "excluded_columns")
    known = facts.cells_filters if not isinstance(facts.cells_filters, _report.Denied) else {}
    for atom in filters:
        name = atom.resource.path[2]
        if cells_filter := known.get(place, {}).get(name):
            columns.add(cells_filter.columns, cells_filter.all_but, name if cells_filter.limits_rows else "")
    is_whole = columns.of_every_row >= columns.every
    return _tables.TableAccess(
        "lake_formation",
        may_describe,
        may_select=bool(columns.readable),
        hidden_columns=columns.hidden(of.columns) if columns.readable else (),
        row_filters=columns.row_filters,
        unknown="" if is_whole else _partly_unknown(facts, place, _reading(granted) if may_describe else granted),
    )


def _named(facts: LakeFormationFacts, place: _grants_resources.Resource) -> frozenset[str]:
    """All columns that grants and filters name, and the others."""
    named = {_OTHERS}
    for atom in facts.held_on(place):
        if atom.resource.kind in ("column", "excluded_columns"):
            named.update(atom.resource.path[2:])
    if not isinstance(facts.cells_filters, _report.Denied):
        for cells_filter in facts.cells_filters.get(place, {}).values():
            named |= cells_filter.columns
    return frozenset(named)


def _reading(atoms: Iterable[_grants.Atom]) -> list[_grants.Atom]:
    return [atom for atom in atoms if atom.permission in _READING]


def _partly_unknown(
    facts: LakeFormationFacts, place: _grants_resources.Resource, granted: Iterable[_grants.Atom]
) -> str:
    """Why there may be more that the identity may read. granted: what could give it more, conditions and all."""
    if isinstance(facts.cells_filters, _report.Denied):
        return facts.cells_filters.permission
    return _condition(granted) or _tags_unknown(facts, place) or facts.blindness


def is_unexplained(facts: LakeFormationFacts, of: _tables.Table) -> bool:
    """Whether filters, or grants by LF-tags, may let the identity read more than what is known so far."""
    access = table_access(facts, of)
    if access.governed_by == "iam" or _unreadable(facts, resource_of(of)) or resource_of(of) in facts.unseen:
        return False
    return not access.may_select or bool(access.hidden_columns or access.row_filters or access.unknown)


def access_of(facts: LakeFormationFacts, tables: Iterable[_tables.Table]) -> dict[_tables.Table, _tables.TableAccess]:
    """The verdict on each table, with that on its database: a query looks at both.

    https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html
    """
    databases: dict[str, DatabaseAccess] = {}
    verdicts = {}
    for of in tables:
        access = table_access(facts, of)
        if of.catalog_id == facts.account_id:
            if of.database not in databases:
                databases[of.database] = database_access(facts, of.database)
            access = _within(databases[of.database], access)
        verdicts[of] = access
    return verdicts


def _within(around: DatabaseAccess, access: _tables.TableAccess) -> _tables.TableAccess:
    if around.unknown:
        return dataclasses.replace(access, unknown=access.unknown or around.unknown)
    if around.may_describe:
        return access
    return _tables.TableAccess("lake_formation", False, False, unknown=access.unknown)
