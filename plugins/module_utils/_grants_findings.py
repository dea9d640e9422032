# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run finds out beside its grants, and a reader would otherwise find out days later.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, Atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog import CatalogEntry, CatalogFacts
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import (
    Resource,
    UnknownResource,
    database,
    read_resource,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_words import resource_words, some
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location

Settings = Mapping[str, t.Any]

_SESSION = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/]+)/.*")
_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)")


def is_same_identity(principal: str, caller: str) -> bool:
    """Whether the caller, which may be a session of a role and then does not show the role's path, is the principal."""
    session, role = _SESSION.fullmatch(caller), _ROLE.fullmatch(principal)
    return principal == caller or bool(session and role and session.groupdict() == role.groupdict())


def is_admin(principal: str, settings: Settings) -> bool:
    return any(is_same_identity(admin, principal) for admin in _named(settings, "DataLakeAdmins"))


def _named(settings: Settings, setting: str) -> list[str]:
    return [admin["DataLakePrincipalIdentifier"] for admin in settings.get(setting) or ()]


def of_admin(principal: str) -> str:
    return (
        f"{principal} is a data lake administrator: Lake Formation may list what it may do implicitly as if it were "
        "granted, so that differences are not reliable, and nothing is purged"
    )


def of_sight(caller: str, settings: Settings, holds_option: bool) -> str | None:
    """The caller may be blind to grants, and unable to make them."""
    admins = [*_named(settings, "DataLakeAdmins"), *_named(settings, "ReadOnlyAdmins")]
    if any(is_same_identity(admin, caller) for admin in admins):
        return None
    can = "" if holds_option else ", nor holds it a grant option on the resources named, so that it can grant nothing"
    return (
        f"the caller {caller} is not a data lake administrator{can}: Lake Formation shows it only the permissions that "
        "it may grant itself, so that there may be grants that are not seen here"
    )


def of_everybody(
    wanted: Atoms, everybody: Iterable[Atom], opted_in: Collection[Resource], default_catalog: str
) -> str | None:
    """IAM_ALLOWED_PRINCIPALS still holds permissions where something is granted."""
    bases = {atom.resource.base for atom in wanted}
    databases = {base.database for base in bases if base.database}
    held = {
        atom.resource
        for atom in everybody
        if atom.resource in bases or (atom.resource.kind == "database" and atom.resource.database in databases)
    }
    open_ = [it for it in held if not _is_opted_in(it, opted_in)]
    if not open_:
        return None
    names = sorted(resource_words([it], default_catalog) for it in open_)
    return (
        f"IAM_ALLOWED_PRINCIPALS still holds permissions on {some(names)}: the grants fence nobody there until these "
        "are revoked, or the principal is opted in to Lake Formation (hybrid access mode)"
    )


def opted_in_resources(opt_ins: Iterable[Mapping[str, t.Any]], principal: str, default_catalog: str) -> set[Resource]:
    """The databases and tables for which the grants bind the principal in hybrid access mode."""
    found: set[Resource] = set()
    for row in opt_ins:
        if (row.get("Principal") or {}).get("DataLakePrincipalIdentifier") == principal:
            try:
                found.update(read_resource(row["Resource"], default_catalog))
            except UnknownResource:
                continue
    return found


def _is_opted_in(resource: Resource, opted_in: Collection[Resource]) -> bool:
    if resource in opted_in:
        return True
    own = resource.database
    return any(it.database == own and it.kind in ("database", "all_tables") for it in opted_in if own)


def of_default(catalog_id: str, held: Atoms, wanted: Atoms, everybody: Atoms) -> str | None:
    """Athena wants DESCRIBE on the database C(default), whatever is queried.

    https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html
    """
    default = database(catalog_id, "default")
    if any(default == atom.resource for atom in (*held, *wanted, *everybody)):
        return None
    return (
        "the principal has no DESCRIBE on the database 'default', which exists: Athena refuses its queries with "
        '"Required Describe on default"; add an entry with database: default'
    )


def of_locations(
    to_grant: Atoms,
    facts: CatalogFacts,
    registrations: Sequence[Mapping[str, t.Any]],
    opted_in: Collection[Resource],
    default_catalog: str,
) -> list[str]:
    """Tables whose files Lake Formation does not hand out, or not to this principal."""
    unregistered, hybrid = set(), set()
    for resource, entries in _readable(to_grant, facts):
        name = resource_words([resource], default_catalog)
        for entry in entries:
            if not entry.location or entry.target:
                continue
            registration = _registration(entry.location, registrations)
            if registration is None:
                if not entry.registered:
                    unregistered.add(f"{name} at {entry.location}")
            elif registration.get("HybridAccessEnabled") and not _is_opted_in(resource, opted_in):
                hybrid.add(name)
    warnings = []
    if unregistered:
        warnings.append(
            f"not registered with Lake Formation: {some(sorted(unregistered))}; the identity needs S3 permissions "
            "there (source_locations of the policy)"
        )
    if hybrid:
        warnings.append(
            f"in hybrid access mode, and the principal is not opted in: {some(sorted(hybrid))}; the grants do not "
            "bind it there, its IAM and S3 permissions do"
        )
    return warnings


def _readable(to_grant: Atoms, facts: CatalogFacts) -> Iterable[tuple[Resource, list[CatalogEntry]]]:
    for base in {atom.resource.base for atom in to_grant if atom.permission in ("ALL", "SELECT")}:
        if base.kind == "all_tables":
            yield base, facts.samples.get(base, [])
        elif base.kind == "table" and (entry := facts.entries.get(base)):
            yield base, [entry]


def of_results(output_location: S3Location | None, registrations: Sequence[Mapping[str, t.Any]]) -> str | None:
    """https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html"""
    registration = _registration(output_location.uri, registrations) if output_location else None
    if registration is None or output_location is None:
        return None
    return (
        f"{output_location.uri} lies in {registration['ResourceArn']}, which is registered with Lake Formation: Athena "
        "cannot write results there"
    )


def _registration(location: str, registrations: Sequence[Mapping[str, t.Any]]) -> Mapping[str, t.Any] | None:
    """The innermost registration that the location lies in."""
    path = re.sub(r"^s3[an]?://", "", location).rstrip("/")

    def root(registration: Mapping[str, t.Any]) -> str:
        return str(registration["ResourceArn"]).partition(":::")[2].rstrip("/")

    around = [it for it in registrations if f"{path}/".startswith(f"{root(it)}/")]
    return max(around, key=lambda it: len(root(it)), default=None)


def of_links(to_grant: Atoms, held: Atoms, wanted: Atoms, facts: CatalogFacts, default_catalog: str) -> list[str]:
    """A link that is granted, with nothing granted on what it points to.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html
    """
    there = {atom.resource.base for atom in (*held, *wanted)}
    databases = {base.database for base in there}
    warnings = []
    for base in sorted({atom.resource.base for atom in to_grant}, key=lambda it: it.sort_key):
        entry = facts.entries.get(base)
        if entry is None or not entry.target or entry.target[:2] in databases:
            continue
        warnings.append(
            f"{resource_words([base], default_catalog)} is a resource link to {'.'.join(entry.target)}, on which "
            "nothing is granted to the principal: DESCRIBE on the link gives nothing on its target; add an entry with "
            f"catalog_id: '{entry.target[0]}'"
        )
    return warnings
