# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what Lake Formation lets an identity see and read: as little as the judgement needs, in three steps.

The grants on what was chosen come first, by resource or in one account-wide list (C(_grants_read)). Data cells filters
and grants by LF-tags are looked at only where these do not let the identity read a table as a whole.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _at_once,
    _errors,
    _grants,
    _grants_findings,
    _grants_options,
    _grants_read,
    _grants_resources,
    _lake_formation,
    _lake_formation_access,
    _report,
    _tables,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

DEFAULT_DATABASE: t.Final = "default"


def read_lake_formation(
    tables: Sequence[_tables.Table],
    databases: Sequence[str],
    principal: str,
    catalog_id: str | None,
    session: _aws_module.Session,
    wanted_grants: _grants.Atoms = frozenset(),
    settings: Mapping[str, t.Any] | _report.Denied | None = None,
    registrations: _grants_findings.Registrations | _report.Denied | None = None,
) -> _lake_formation_access.LakeFormationFacts:
    """What is granted on the tables, their databases and C(default), and what else decides about it.

    principal: the ARN of the IAM user or role. catalog_id: the account of the catalog, None for the caller's.
    wanted_grants: those that C(lake_formation_grants) is to look for, on whatever resource. settings, registrations:
    what is known already; None for what is to be asked.
    """
    account_id = session.caller["Account"]
    reading = _Reading(principal, catalog_id or account_id, account_id, session)
    reading.read_surroundings(settings, registrations)
    return reading.read(tables, databases, wanted_grants)


class _Reading:
    def __init__(self, principal: str, catalog_id: str, account_id: str, session: _aws_module.Session) -> None:
        self._client = session.client("lakeformation")
        self._request = {} if catalog_id == account_id else {"CatalogId": catalog_id}
        self._progress = session.progress
        self._pages = session.progress.count("verification", "pages of grants read")
        self._reader = _grants_read.GrantReader(self._client, catalog_id, self._request, self._pages)
        self._holders = _grants_findings.holders(principal, catalog_id)
        self._facts = _lake_formation_access.LakeFormationFacts(principal, catalog_id, session.caller["Arn"])

    def read_surroundings(
        self,
        settings: Mapping[str, t.Any] | _report.Denied | None,
        registrations: _grants_findings.Registrations | _report.Denied | None,
    ) -> None:
        if settings is None:
            settings = _errors.looked_at(lambda: _lake_formation.get_data_lake_settings(self._client, self._request))
        self._learn(settings=settings, registrations=registrations or _errors.looked_at(self._registrations))

    def read(
        self, tables: Sequence[_tables.Table], databases: Sequence[str], wanted: _grants.Atoms
    ) -> _lake_formation_access.LakeFormationFacts:
        plain = [it for it in _without_links(tables) if self._is_own(it.catalog_id)]
        names = list(dict.fromkeys([*databases, *(it.database for it in plain if it.catalog_id == self._catalog_id)]))
        self._read_grants(plain, names, wanted)
        if any(self._facts.everybody.values()):
            self._read_opt_ins()
        if not self._facts.denied:
            self._read_filters(plain)
            self._read_tag_policies(plain, names)
        return self._facts

    @property
    def _catalog_id(self) -> str:
        return self._facts.account_id

    def _is_own(self, catalog_id: str) -> bool:
        """Whether it is the account's catalog, or one that is federated in it."""
        return catalog_id.partition(":")[0] == self._catalog_id

    def _learn(self, **facts: t.Any) -> None:
        self._facts = dataclasses.replace(self._facts, **facts)

    def _registrations(self) -> _grants_findings.Registrations:
        return _grants_findings.Registrations(_lake_formation.list_resources(self._client))

    # Grants --------------------------------------------------------------------------------------------------------

    def _read_grants(self, tables: Iterable[_tables.Table], names: Sequence[str], wanted: _grants.Atoms) -> None:
        bases = dict.fromkeys(
            [*map(_lake_formation_access.resource_of, tables), *(atom.resource.base for atom in wanted)]
        )
        databases = [_grants_resources.database(self._catalog_id, name) for name in (*names, DEFAULT_DATABASE)]
        databases += [it for it in bases if it.kind == "database" and it.catalog_id == self._catalog_id]
        with_tables = {it.database for it in bases if it.database and it.kind != "database"}
        bases |= dict.fromkeys([*databases, *(_grants_resources.all_tables(*it) for it in sorted(with_tables))])
        listing = self._add_grants(bases)
        # What is not in the account-wide list may be absent, or have no grants at all; by resource, it is told apart.
        there = {atom.resource for rows in listing.rows.values() for atoms in rows for atom in atoms}
        there.update(listing.unseen)
        for place in dict.fromkeys(databases):
            if place not in there:
                self._add_grants([place])
            name = place.written[0]
            if place.database not in with_tables and _lake_formation_access.is_database_unexplained(self._facts, name):
                self._add_grants([_grants_resources.all_tables(self._catalog_id, name)])

    def _add_grants(self, bases: Collection[_grants_resources.Resource]) -> _grants_read.Listing:
        """Read and add what is granted on these, as long as that is allowed."""
        if self._facts.denied:
            return _grants_read.Listing()
        found = _errors.looked_at(lambda: self._reader.read(bases))
        if isinstance(found, _report.Denied):
            self._learn(denied=found)
            return _grants_read.Listing()
        self._add([found])
        return found

    def _add(self, listings: Iterable[_grants_read.Listing]) -> None:
        own, everybody, unseen = dict(self._facts.own), dict(self._facts.everybody), set(self._facts.unseen)
        for listing in listings:
            unseen.update(listing.unseen)
            _add_to(everybody, listing.held(_grants_options.ALL_IAM_PRINCIPALS))
            for holder in self._holders:
                _add_to(own, listing.held(holder))
        self._learn(own=own, everybody=everybody, unseen=frozenset(unseen))

    def _read_opt_ins(self) -> None:
        """They matter only where IAM_ALLOWED_PRINCIPALS holds something."""
        rows = _errors.looked_at(lambda: _lake_formation.list_lake_formation_opt_ins(self._client))
        if isinstance(rows, _report.Denied):
            self._learn(opt_ins=rows)
            return
        self._learn(
            opt_ins=_grants_findings.opt_ins_of(rows, self._holders, self._catalog_id),
            conditional_opt_ins=_grants_findings.opt_ins_of(rows, self._holders, self._catalog_id, conditional=True),
        )

    # Filters and LF-tags -------------------------------------------------------------------------------------------

    def _read_filters(self, tables: Sequence[_tables.Table]) -> None:
        """The grants on filters, which are listed with their table only: one call for each table that has some."""
        unexplained = self._unexplained(tables)
        if not unexplained:
            return
        rows = _errors.looked_at(lambda: _lake_formation.list_data_cells_filter(self._client, {}))
        if isinstance(rows, _report.Denied):
            self._learn(cells_filters=rows)
            return
        filters = _lake_formation_access.cells_filters_of(rows)
        self._learn(cells_filters=filters)
        filtered = [
            _grants_resources.data_cells_filter(place, next(iter(filters[place])))
            for place in dict.fromkeys(map(_lake_formation_access.resource_of, unexplained))
            if place in filters
        ]
        counter = self._progress.count("verification", "tables with data cells filters read", len(filtered))
        found = _at_once.at_once(self._filter_grants, filtered, counter)
        denied = next((it for it in found if isinstance(it, _report.Denied)), None)
        self._add(it for it in found if not isinstance(it, _report.Denied))
        if denied:
            self._learn(cells_filters=denied)

    def _filter_grants(self, of_table: _grants_resources.Resource) -> _grants_read.Listing | _report.Denied:
        """Those on all filters of the table that has this one."""
        # A reader of its own: what it keeps of the lists that it has read is not for several threads.
        reader = _grants_read.GrantReader(self._client, self._catalog_id, self._request, self._pages)
        return _errors.looked_at(lambda: reader.read([of_table]))

    def _read_tag_policies(self, tables: Sequence[_tables.Table], names: Sequence[str]) -> None:
        """What the grants by LF-tags come to, which Lake Formation alone knows, where the identity holds any."""
        unexplained = self._unexplained(tables)
        databases = [
            it for it in (*names, DEFAULT_DATABASE) if _lake_formation_access.is_database_unexplained(self._facts, it)
        ]
        if not unexplained and not databases:
            return
        policies = _errors.looked_at(self._tag_policies)
        self._learn(tag_policies=policies)
        if isinstance(policies, _report.Denied):
            return
        types = {atom.resource.path[0] for atom in policies if not atom.condition}
        places = [_lake_formation_access.resource_of(it) for it in unexplained if "TABLE" in types]
        places = [place for place in places if _lake_formation_access.may_ask_effective(self._facts, place)]
        places += [
            _grants_resources.database(self._catalog_id, name)
            for name in dict.fromkeys(databases)
            if "DATABASE" in types
        ]
        counter = self._progress.count("verification", "resources asked for what LF-tags grant", len(places))
        self._learn(effective=dict(zip(places, _at_once.at_once(self._effective, places, counter), strict=True)))

    def _unexplained(self, tables: Sequence[_tables.Table]) -> list[_tables.Table]:
        return [it for it in tables if _lake_formation_access.is_unexplained(self._facts, it)]

    def _tag_policies(self) -> frozenset[_grants.Atom]:
        kinds = _grants_resources.POLICY_LISTINGS.values()
        rows = [row for kind in kinds for row in self._permissions(ResourceType=kind)]
        held = [_grants.row_atoms(row, self._catalog_id) for row in rows if _grants.row_principal(row) in self._holders]
        return frozenset[_grants.Atom]().union(*held)

    def _effective(self, place: _grants_resources.Resource) -> _grants.Atoms | _report.Denied:
        """https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html"""
        principal = {"DataLakePrincipalIdentifier": self._facts.principal}
        asked = {"Principal": principal, "Resource": _grants_resources.write_resource([place])}
        try:
            rows = _errors.looked_at(lambda: self._permissions(**asked))
        except _lake_formation.LakeFormationError as error:
            # Gone since it was listed.
            if _lake_formation.is_unseen(error):
                return frozenset()
            raise
        if isinstance(rows, _report.Denied):
            return rows
        return frozenset[_grants.Atom]().union(*(_grants.row_atoms(row, self._catalog_id) for row in rows))

    def _permissions(self, **request: t.Any) -> list[dict[str, t.Any]]:
        return _lake_formation.list_permissions(self._client, {**self._request, **request})


def _add_to(held: dict[_grants_resources.Resource, _grants.Atoms], atoms: _grants.Atoms) -> None:
    for place, found in _lake_formation_access.by_place(atoms).items():
        held[place] = held.get(place, frozenset()) | found


def _without_links(tables: Iterable[_tables.Table]) -> list[_tables.Table]:
    """The tables, where a link stands for itself and for its target."""
    plain: dict[_tables.Table, None] = {}
    for it in tables:
        plain[dataclasses.replace(it, kind="table", target=()) if it.kind == "link" else it] = None
        target = _lake_formation_access.target_of(it)
        if target:
            plain[target] = None
    return list(plain)
