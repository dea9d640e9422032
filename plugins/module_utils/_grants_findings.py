# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run finds out beside its grants, and a reader would otherwise find out days later.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Container, Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_catalog,
    _grants_resources,
    _grants_words,
    _identity,
    _location,
    _words,
)

Settings = Mapping[str, t.Any]


def is_same_identity(principal: str, caller: str) -> bool:
    """Whether the caller, which may be a session of a role and then does not show the role's path, is the principal."""
    identity = _identity.match_identity_arn(principal)
    return principal == caller or bool(identity and identity.type == "role" and caller.startswith(identity.sessions))


def is_admin(principal: str, settings: Settings) -> bool:
    return any(is_same_identity(admin, principal) for admin in _named(settings, "DataLakeAdmins"))


def is_reader_of_all(principal: str, settings: Settings) -> bool:
    """Whether Lake Formation hides nothing from the principal: an administrator, or a read-only one."""
    return any(
        is_same_identity(admin, principal)
        for setting in ("DataLakeAdmins", "ReadOnlyAdmins")
        for admin in _named(settings, setting)
    )


def _named(settings: Settings, setting: str) -> list[str]:
    return [admin["DataLakePrincipalIdentifier"] for admin in settings.get(setting) or ()]


def of_admin(principal: str) -> str:
    return (
        f"{principal} is a data lake administrator: Lake Formation may list what it may do implicitly as if it were "
        "granted, so that differences are not reliable, and nothing is purged"
    )


def of_sight(caller: str, settings: Settings, holds_option: bool) -> str | None:
    """The caller may be blind to grants, and unable to make them."""
    if is_admin(caller, settings):
        return None
    can = "" if holds_option else ", nor holds it a grant option on the resources named, so that it can grant nothing"
    if any(is_same_identity(admin, caller) for admin in _named(settings, "ReadOnlyAdmins")):
        return f"the caller {caller} is a read-only administrator{can}" if can else None
    return (
        f"the caller {caller} is not a data lake administrator{can}: Lake Formation shows it only the permissions that "
        "it may grant itself, so that there may be grants that are not seen here"
    )


def of_reach(
    kind: str, named: Iterable[_grants_resources.Resource], left: Iterable[_grants_resources.Resource], catalog_id: str
) -> str | None:
    """What a purge leaves in catalogs other than its own. named: what grants names there; left: what is held there."""
    catalogs = _words.some(sorted({base.catalog_id for base in (*named, *left)}))
    if not catalogs:
        return None
    held = _words.some(sorted(_grants_words.resource_words([base], catalog_id) for base in left))
    return (
        f"purge_scope={kind} reaches no more than the resources that grants names in catalog {catalogs}"
        f"{f'; left there is what is held on {held}' if held else ''}"
    )


def holders(principal: str, account_id: str) -> tuple[str, ...]:
    """As whom an identity holds grants: as itself, and as one of all users and roles of its account.

    https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html calls these ALLIAMPrincipals.
    """
    if f":iam::{account_id}:" not in principal:
        return (principal,)
    return (principal, f"{account_id}:IAMPrincipals", "ALLIAMPrincipals")


@dataclasses.dataclass(frozen=True)
class OptIns:
    """The databases and tables for which the grants of a principal bind it in hybrid access mode."""

    resources: frozenset[_grants_resources.Resource] = frozenset()

    def covers(self, resource: _grants_resources.Resource) -> bool:
        """Whether an opt-in to a database, a table or all tables, or to what it lies in, is among them."""
        around = {resource, _grants_resources.catalog(resource.catalog_id, False)}
        if resource.database and resource.kind != "database":
            database = resource.database
            around |= {_grants_resources.all_tables(*database), _grants_resources.database(*database)}
        return not self.resources.isdisjoint(around)


def opt_ins_of(
    rows: Iterable[Mapping[str, t.Any]], principals: Container[str], default_catalog: str, conditional: bool = False
) -> OptIns:
    """Those of the principals that hold under any circumstances, or those that hold under a condition only."""
    found: set[_grants_resources.Resource] = set()
    for row in rows:
        is_conditional = bool((row.get("Condition") or {}).get("Expression"))
        if _grants.row_principal(row) in principals and is_conditional is conditional and row.get("Resource"):
            try:
                found.update(_grants_resources.read_resource(row["Resource"], default_catalog))
            except _grants_resources.UnknownResource:
                continue
    return OptIns(frozenset(found))


def table_of(base: _grants_resources.Resource) -> _grants_resources.Resource:
    """The table of a data cells filter; everything else is itself."""
    return _grants_resources.table(base.catalog_id, *base.written[:2]) if base.kind == "data_cells_filter" else base


def _around(
    wanted: _grants.Atoms, everybody: Iterable[_grants.Atom], opted_in: OptIns
) -> list[_grants_resources.Resource]:
    """Where everybody holds permissions on what is granted, around or within it."""
    held = {atom.resource for atom in everybody}
    if not held:
        return []
    bases = {table_of(atom.resource.base) for atom in wanted}
    bound = [base for base in bases if base.database and not opted_in.covers(base)]
    named = set(bound)
    databases = {base.database for base in bound}
    tables_of = {base.database for base in bound if base.kind != "database"}
    whole = {base.database for base in bound if base.kind == "all_tables"}
    found = set()
    for resource in held:
        own = resource.database
        if (
            resource.base in named
            or (resource.kind == "database" and own in databases)
            or (resource.kind == "all_tables" and own in tables_of)
            or (resource.kind == "table" and own in whole)
        ):
            found.add(resource)
    return sorted(found, key=lambda it: it.sort_key)


def of_everybody(
    wanted: _grants.Atoms, everybody: Iterable[_grants.Atom], opted_in: OptIns | None, default_catalog: str
) -> str | None:
    """IAM_ALLOWED_PRINCIPALS still holds permissions where something is granted. opted_in: None where unknown."""
    open_ = _around(wanted, everybody, opted_in or OptIns())
    if not open_:
        return None
    names = _words.some([_grants_words.resource_words([it], default_catalog) for it in open_])
    if opted_in is None:
        return (
            f"IAM_ALLOWED_PRINCIPALS still holds permissions on {names}: there the grants fence the principal only if "
            "it is opted in to Lake Formation (hybrid access mode), at which this run did not look"
        )
    return (
        f"IAM_ALLOWED_PRINCIPALS still holds permissions on {names}: the grants fence nobody there until these "
        "are revoked, or the principal is opted in to Lake Formation (hybrid access mode)"
    )


def of_group(group: str, wanted: _grants.Atoms, held: Iterable[_grants.Atom], default_catalog: str) -> str | None:
    """All IAM users and roles of the account hold permissions where something is granted."""
    found = [_grants_words.resource_words([it], default_catalog) for it in _around(wanted, held, OptIns())]
    if not found:
        return None
    where = _words.some(found)
    return f"{group} holds permissions on {where}: every IAM user and role of the account has these beside its own"


def of_new_tables(wanted: _grants.Atoms, settings: Settings) -> str | None:
    """Tables to come are open where the settings of the data lake say so.

    https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
    """
    if not any(atom.resource.kind in ("all_tables", "lf_tag_policy") for atom in wanted):
        return None
    defaults = [_grants.row_principal(row) for row in settings.get("CreateTableDefaultPermissions") or ()]
    if "IAM_ALLOWED_PRINCIPALS" not in defaults:
        return None
    return (
        "the data lake settings give IAM_ALLOWED_PRINCIPALS permissions on every new table: grants on all tables, or "
        "by LF-tags, fence nobody there until these are revoked"
    )


def of_default(catalog_id: str, held: _grants.Atoms, wanted: _grants.Atoms) -> str | None:
    """Athena wants DESCRIBE on the database C(default), whatever is queried.

    https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html
    """
    default = _grants_resources.database(catalog_id, "default")
    # A grant on all tables of a database implies DESCRIBE on the database
    # (https://docs.aws.amazon.com/lake-formation/latest/dg/granting-table-permissions.html).
    enough = {default, _grants_resources.all_tables(catalog_id, "default")}
    if any(atom.resource in enough for atom in (*held, *wanted)):
        return None
    return (
        "the principal has no DESCRIBE on the database 'default', which exists: Athena refuses its queries with "
        '"Required Describe on default"; add an entry with database: default'
    )


class Registrations:
    """The locations that are registered with Lake Formation."""

    def __init__(self, rows: Iterable[Mapping[str, t.Any]]) -> None:
        self._by_root = {str(row["ResourceArn"]).partition(":::")[2].rstrip("/"): row for row in rows}
        self.has_hybrid = any(row.get("HybridAccessEnabled") for row in self._by_root.values())

    def around(self, location: str) -> Mapping[str, t.Any] | None:
        """The innermost registration that the location lies in."""
        path = re.sub(r"^s3[an]?://", "", location).rstrip("/")
        while path and path not in self._by_root:
            path = path.rpartition("/")[0]
        return self._by_root[path] if path else None


def of_locations(
    to_grant: _grants.Atoms,
    facts: _grants_catalog.CatalogFacts,
    registrations: Registrations,
    opted_in: OptIns | None,
    default_catalog: str,
) -> list[str]:
    """Tables whose files Lake Formation does not hand out, or not to this principal. opted_in: None where unknown."""
    unregistered, hybrid = set(), set()
    for resource, entries in _readable(to_grant, facts):
        name = _grants_words.resource_words([resource], default_catalog)
        for entry in entries:
            if not entry.location or entry.target:
                continue
            registration = registrations.around(entry.location)
            if registration is None:
                if not entry.registered:
                    unregistered.add(f"{name} at {entry.location}")
            elif registration.get("HybridAccessEnabled") and opted_in and not opted_in.covers(resource):
                hybrid.add(name)
    warnings = []
    if unregistered:
        warnings.append(
            f"not registered with Lake Formation: {_words.some(sorted(unregistered))}; the identity needs S3 "
            "permissions there (source_locations of the policy)"
        )
    if hybrid:
        warnings.append(
            f"in hybrid access mode, and the principal is not opted in: {_words.some(sorted(hybrid))}; the "
            "grants do not bind it there, its IAM and S3 permissions do"
        )
    return warnings


def _readable(
    to_grant: _grants.Atoms, facts: _grants_catalog.CatalogFacts
) -> Iterable[tuple[_grants_resources.Resource, list[_grants_catalog.CatalogEntry]]]:
    for base in {atom.resource.base for atom in to_grant if atom.permission in ("ALL", "SELECT")}:
        if base.kind == "all_tables":
            yield base, facts.samples.get(base, [])
        elif base.kind == "table" and (entry := facts.entries.get(base)):
            yield base, [entry]


def of_results(output_location: _location.S3Location | None, registrations: Registrations) -> str | None:
    """https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html"""
    registration = registrations.around(output_location.uri) if output_location else None
    if registration is None or output_location is None:
        return None
    return (
        f"{output_location.uri} lies in {registration['ResourceArn']}, which is registered with Lake Formation: Athena "
        "cannot write results there"
    )


def of_links(
    to_grant: _grants.Atoms,
    held: _grants.Atoms,
    wanted: _grants.Atoms,
    facts: _grants_catalog.CatalogFacts,
    default_catalog: str,
) -> list[str]:
    """A link that is granted, with nothing granted on what it points to.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html
    """
    read = {
        atom.resource.base
        for atom in (*held, *wanted)
        if atom.permission in ("ALL", "SELECT") and atom.resource.kind != "database"
    }
    databases = {base.database for base in read}
    tables = {table_of(base) for base in read}
    warnings = []
    for base in sorted({atom.resource.base for atom in to_grant}, key=lambda it: it.sort_key):
        entry = facts.entries.get(base)
        if entry is None or not entry.target:
            continue
        catalog_id, name, *names = entry.target
        if {
            _grants_resources.all_tables(catalog_id, name),
            *(_grants_resources.table(catalog_id, name, it) for it in names),
        } & tables:
            continue
        if not names and _grants_resources.database(catalog_id, name).database in databases:
            continue
        warnings.append(
            f"{_grants_words.resource_words([base], default_catalog)} is a resource link to {'.'.join(entry.target)}, "
            "on which the principal has no SELECT: DESCRIBE on the link gives nothing on its target; add an entry with "
            f"catalog_id: '{entry.target[0]}'"
        )
    return warnings
