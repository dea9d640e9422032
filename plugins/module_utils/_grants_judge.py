# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking for what makes grants less, or more, than they look, as far as its calls are worth it.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _grants,
    _grants_catalog,
    _grants_findings as _findings,
    _grants_options,
    _grants_plan,
    _grants_read,
    _grants_resources,
    _lake_formation,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

# So many resources around those that are granted on are looked at for grants to everybody.
_MOST_AROUND: t.Final = 5


class Judge:
    """Warns of what is found. Where there is nothing to grant, without a call of its own."""

    def __init__(
        self,
        wanted: _grants_options.WantedGrants,
        session: _aws_module.Session,
        client: t.Any,
        reader: _grants_read.GrantReader,
        settings: Mapping[str, t.Any] | _lake_formation.LakeFormationError,
    ) -> None:
        self._wanted = wanted
        self._session = session
        self._client = client
        self._reader = reader
        self._settings = None if isinstance(settings, _lake_formation.LakeFormationError) else settings

    def of_identities(self) -> bool:
        """Whether the principal is known to be a data lake administrator."""
        if self._settings is None:
            self._warn(
                "lakeformation:GetDataLakeSettings is not allowed: whether the caller or the principal is a data lake "
                "administrator is unknown, and nothing can be purged"
            )
            return False
        is_admin = _findings.is_admin(self._wanted.principal, self._settings)
        if is_admin:
            self._warn(_findings.of_admin(self._wanted.principal))
        return is_admin

    def of_sight(self, listing: _grants_read.Listing) -> None:
        if self._settings is None:
            return
        caller = self._session.caller["Arn"]
        holds_option = any(
            atom.grantable
            for principal in listing.rows
            if _findings.is_same_identity(principal, caller)
            for atom in listing.held(principal)
        )
        self._warn(_findings.of_sight(caller, self._settings, holds_option))

    def of_reach(self, listing: _grants_read.Listing) -> None:
        """A purge that is wider than the resources named does not reach other catalogs."""
        scope = self._wanted.scope
        if scope.kind not in ("databases", "principal"):
            return
        named = {base for base in self._wanted.bases if base.catalog_id != scope.catalog_id}
        held = {atom.resource.base for atom in listing.held(self._wanted.principal)}
        left = {base for base in held if base.catalog_id != scope.catalog_id} - scope.bases - scope.exempt
        self._warn(_findings.of_reach(scope.kind, named, left, scope.catalog_id))

    def of_grants(
        self,
        listing: _grants_read.Listing,
        difference: _grants_plan.Difference,
        facts: _grants_catalog.CatalogFacts | None,
    ) -> None:
        wanted, catalog_id = self._wanted, self._wanted.catalog_id
        group = f"{self._session.caller['Account']}:IAMPrincipals"
        if wanted.absent or not wanted.atoms or wanted.principal in (_grants_options.ALL_IAM_PRINCIPALS, group):
            return
        self._warn(_findings.of_new_tables(wanted.atoms, self._settings or {}))
        around = listing
        if facts and difference.to_grant:
            around = self._around(listing, difference, facts)
        everybody = around.held(_grants_options.ALL_IAM_PRINCIPALS)
        self._warn(_findings.of_group(group, wanted.atoms, around.held(group), catalog_id))
        if facts is None or not difference.to_grant:
            self._warn(_findings.of_everybody(wanted.atoms, everybody, None, catalog_id))
            return
        held = listing.held(wanted.principal)
        registered = self._list("registered locations", _lake_formation.list_resources)
        registrations = None if registered is None else _findings.Registrations(registered)
        opted_in: _findings.OptIns | None = _findings.OptIns()
        if everybody or (registrations and registrations.has_hybrid):
            rows = self._list("opt-ins", _lake_formation.list_lake_formation_opt_ins)
            holders = _findings.holders(wanted.principal, catalog_id)
            opted_in = None if rows is None else _findings.opt_ins_of(rows, holders, catalog_id)
        self._warn(_findings.of_everybody(wanted.atoms, everybody, opted_in, catalog_id))
        if registrations is not None:
            self._warn(*_findings.of_locations(difference.to_grant, facts, registrations, opted_in, catalog_id))
            self._warn(_findings.of_results(wanted.output_location, registrations))
        self._warn(*_findings.of_links(difference.to_grant, held, wanted.atoms, facts, catalog_id))
        self._of_default(held)

    def _around(
        self, listing: _grants_read.Listing, difference: _grants_plan.Difference, facts: _grants_catalog.CatalogFacts
    ) -> _grants_read.Listing:
        """The listing, with what is granted to everybody around the tables that something is to be granted on."""
        bases = self._wanted.bases
        seen = {_findings.table_of(base) for base in bases}
        with_tables = {base.database for base in seen if base.kind == "table"}
        samples: list[_grants_resources.Resource] = []
        others: list[_grants_resources.Resource] = []
        granted = {atom.resource.base for atom in difference.to_grant}
        for base in sorted(granted, key=lambda it: it.sort_key):
            if base.database is None or base.kind == "database":
                continue
            catalog_id, name = base.database
            if base.kind == "all_tables" and base.database not in with_tables:
                samples += [
                    _grants_resources.table(catalog_id, name, it.name) for it in facts.samples.get(base, ())[:1]
                ]
            others += [
                it
                for it in (_grants_resources.database(catalog_id, name), _grants_resources.all_tables(catalog_id, name))
                if it not in seen
            ]
        wanted = list(dict.fromkeys([*samples, *others]))
        try:
            found = self._reader.read_around(wanted[:_MOST_AROUND])
        except _lake_formation.LakeFormationError as error:
            if _errors.is_denied(error):
                return listing
            raise
        for principal, rows in listing.rows.items():
            found.rows[principal].update(rows)
        return found

    def _of_default(self, held: frozenset[_grants.Atom]) -> None:
        """A principal of this account that reads needs DESCRIBE on the database C(default), where there is one."""
        wanted = self._wanted
        reads = any(atom.resource.database and atom.permission in ("ALL", "SELECT") for atom in wanted.atoms)
        if not reads or _validation.is_account_id(wanted.principal) or ":organizations:" in wanted.principal:
            return
        default = _grants_resources.database(wanted.catalog_id, "default")
        if default in wanted.bases:
            return
        holders = (*_findings.holders(wanted.principal, wanted.catalog_id), _grants_options.ALL_IAM_PRINCIPALS)
        # A grant on all its tables shows the database too, and is looked for only where one on itself does not.
        for base in (default, _grants_resources.all_tables(wanted.catalog_id, "default")):
            try:
                listing = self._reader.read_beside(base)
            except _lake_formation.LakeFormationError as error:
                if _errors.is_denied(error):
                    return
                raise
            held = held.union(*map(listing.held, holders))
            warning = _findings.of_default(wanted.catalog_id, held, wanted.atoms)
            if default in listing.unseen or warning is None:
                return
        self._warn(warning)

    def _list(self, what: str, call: t.Callable[[t.Any], list[dict[str, t.Any]]]) -> list[dict[str, t.Any]] | None:
        """A listing that only warnings need; None where the caller may not read it, which is said."""
        try:
            return call(self._client)
        except _lake_formation.LakeFormationError as error:
            if not _errors.is_denied(error):
                raise
            operation = getattr(error.exception, "operation_name", "")
            self._warn(f"lakeformation:{operation} is not allowed: the {what} could not be looked at")
            return None

    def _warn(self, *warnings: str | None) -> None:
        for warning in warnings:
            if warning:
                self._session.warn(warning)
