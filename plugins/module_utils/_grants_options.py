# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of the module to the grants that are wanted; what cannot be meant is refused.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _grants_resources as _resources
from ansible_collections.qualytics.athena.plugins.module_utils._grants import WITHOUT_GRANT_OPTION, Atom, atoms_on
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import PurgeScope, ScopeKind
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import (
    EVERY_VALUE,
    Resource,
    UnknownResource,
    default_permission,
    is_account_id,
    permissions_of,
    read_resource,
)
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, parse_s3_location
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption, refuse_unsafe_text

ALL_IAM_PRINCIPALS: t.Final = "IAM_ALLOWED_PRINCIPALS"

# https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakePrincipal.html
_PRINCIPALS: t.Final = tuple(
    re.compile(pattern)
    for pattern in (
        ALL_IAM_PRINCIPALS,
        r"\d{12}(:IAMPrincipals)?",
        r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/.+",
        r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/[^:]+:(user|group)/.+",
        r"arn:aws[a-z-]*:organizations::\d{12}:(organization/o-[a-z0-9]+|ou/o-[a-z0-9]+/ou-[a-z0-9-]+)",
        r"arn:aws[a-z-]*:identitystore::(\d{12})?:(user|group)/.+",
        r"arn:aws[a-z-]*:quicksight:[a-z0-9-]*:\d{12}:(user|group)/.+",
    )
)
_CATALOG_ID = re.compile(r"\d{12}(:[^\s:]+)?")
_NAME_WORDS = ("tables", "columns", "excluded_columns", "data_cells_filter")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Entry = Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class WantedGrants:
    """What the options ask for. request: the members that every call has; catalog_id: the catalog that is meant.

    optional: the resources that are granted on only where they exist.
    """

    principal: str
    catalog_id: str
    absent: bool
    atoms: frozenset[Atom]
    scope: PurgeScope
    request: Mapping[str, str]
    output_location: S3Location | None = None
    optional: frozenset[Resource] = frozenset()

    @property
    def bases(self) -> frozenset[Resource]:
        return frozenset(atom.resource.base for atom in self.atoms)


def read_wanted(params: Mapping[str, t.Any], account_id: str) -> WantedGrants:
    """The options, or InvalidOption. account_id: the caller's, whose catalog is meant where none is named."""
    catalog_id = params.get("catalog_id")
    if catalog_id is not None and not is_account_id(catalog_id):
        raise InvalidOption(
            "catalog_id",
            f"{catalog_id!r} is not the id of an account; name a federated catalog in the catalog_id of an entry of "
            "grants, or in its resource",
        )
    default = catalog_id or account_id
    entries: Sequence[Entry] = params.get("grants") or ()
    read = [_entry(f"grants[{number}]", entry, default) for number, entry in enumerate(entries)]
    output_location = params.get("output_location")
    return WantedGrants(
        principal=check_principal(params["principal"]),
        catalog_id=default,
        absent=params.get("state") == "absent",
        atoms=frozenset().union(*read),
        scope=_scope(params, list(zip(entries, read, strict=True)), default),
        request={"CatalogId": catalog_id} if catalog_id else {},
        output_location=parse_s3_location("output_location", output_location) if output_location else None,
        optional=_optional(zip(entries, read, strict=True)),
    )


def _optional(read: Iterable[tuple[Entry, frozenset[Atom]]]) -> frozenset[Resource]:
    """The resources that are named by entries with if_exists only."""
    bases: dict[bool, set[Resource]] = {True: set(), False: set()}
    for entry, atoms in read:
        bases[bool(entry.get("if_exists"))].update(atom.resource.base for atom in atoms)
    return frozenset(bases[True] - bases[False])


def unverifiable_options(params: Mapping[str, t.Any]) -> list[str]:
    """Permissions whose grant option is asked for, and that Lake Formation lists as grantable in any case."""
    asked = {permission for entry in params.get("grants") or () for permission in entry.get("grantable") or ()}
    return sorted(asked & WITHOUT_GRANT_OPTION)


def check_principal(principal: str) -> str:
    refuse_unsafe_text("principal", principal)
    if ":assumed-role/" in principal:
        raise InvalidOption("principal", f"{principal!r} is a session; name its role, arn:aws:iam::ACCOUNT:role/NAME")
    if principal.endswith(":root"):
        raise InvalidOption("principal", f"{principal!r} is the root user; for a whole account write its 12 digits")
    if len(principal) > 255 or not any(pattern.fullmatch(principal) for pattern in _PRINCIPALS):
        raise InvalidOption(
            "principal",
            f"{principal!r} is not a principal of Lake Formation; write the ARN of an IAM user or role, of a user or "
            "group of IAM Identity Center, SAML or Amazon QuickSight, or of an organisation or organisational unit, "
            f"the 12 digits of an account, {ALL_IAM_PRINCIPALS}, or ACCOUNT:IAMPrincipals",
        )
    return principal


def _scope(params: Mapping[str, t.Any], read: Sequence[tuple[Entry, frozenset[Atom]]], catalog_id: str) -> PurgeScope:
    kind: ScopeKind = params.get("purge_scope") or "resources"
    databases = params.get("purge_databases")
    if databases and (not params.get("purge") or kind != "databases"):
        raise InvalidOption("purge_databases", "is for purge=true with purge_scope=databases only; leave it out")
    if not params.get("purge"):
        return PurgeScope()
    if params.get("state") == "absent":
        raise InvalidOption("purge", "revokes what is not listed, and state=absent what is; use one of them")
    if not read and kind == "resources":
        raise InvalidOption(
            "purge_scope",
            "an empty list of grants names no resources to purge; use purge_scope=databases with purge_databases, or "
            "purge_scope=principal",
        )
    if not read and kind == "databases" and not databases:
        raise InvalidOption("purge_databases", "is needed where grants is empty; name the databases to purge")
    for name in databases or ():
        _check_name("purge_databases", name)
    purged = {atom.resource.base for entry, atoms in read for atom in atoms if entry.get("purge") is not False}
    spared = {atom.resource.base for entry, atoms in read for atom in atoms if entry.get("purge") is False}
    named = [*purged, *(_resources.database(catalog_id, name) for name in databases or ())]
    return PurgeScope(
        kind=kind,
        catalog_id=catalog_id,
        bases=frozenset(purged),
        databases=frozenset(base.database for base in named if base.database),
        exempt=frozenset(spared - purged),
    )


# One entry ---------------------------------------------------------------------------------------------------------


def _entry(option: str, entry: Entry, default_catalog: str) -> frozenset[Atom]:
    resources = _named_resources(option, entry, default_catalog)
    for resource in resources:
        _check_resource(option, resource)
    permissions = _permissions(option, entry, resources)
    options = entry.get("grantable") or ()
    for permission in options:
        if permission not in permissions:
            raise InvalidOption(
                f"{option}.grantable",
                f"{permission} is not among the permissions ({', '.join(permissions)}); only what is granted can be "
                "granted on",
            )
    return atoms_on(resources, permissions, options, _condition(option, entry))


def _named_resources(option: str, entry: Entry, default_catalog: str) -> list[Resource]:
    catalog_id = entry.get("catalog_id")
    given = [word for word in ("database", *_NAME_WORDS, "lf_tags") if entry.get(word) is not None]
    if entry.get("resource") is not None:
        if given or catalog_id is not None:
            raise InvalidOption(
                f"{option}.resource", f"names the resource already; leave {', '.join(given) or 'catalog_id'} out"
            )
        try:
            return read_resource(entry["resource"], default_catalog)
        except UnknownResource as error:
            raise InvalidOption(f"{option}.resource", f"{error}, in the shape of Lake Formation's API") from error
    if catalog_id is not None and not _CATALOG_ID.fullmatch(catalog_id):
        raise InvalidOption(
            f"{option}.catalog_id", f"{catalog_id!r} is not the id of a catalog; write ACCOUNT or ACCOUNT:CATALOG/PATH"
        )
    catalog_id = catalog_id or default_catalog
    if entry.get("lf_tags") is not None:
        return [_tagged(option, entry, given, catalog_id)]
    if entry.get("resource_type") is not None:
        raise InvalidOption(f"{option}.resource_type", "is for lf_tags only; leave it out")
    if entry.get("database") is None:
        raise InvalidOption(option, "names no resource; name a database (and its tables), lf_tags or a resource")
    return _in_database(option, entry, given, catalog_id)


def _in_database(option: str, entry: Entry, given: Sequence[str], catalog_id: str) -> list[Resource]:
    name = _check_name(f"{option}.database", entry["database"])
    parts = [word for word in given if word in _NAME_WORDS[1:]]
    if len(parts) > 1:
        raise InvalidOption(f"{option}.{parts[1]}", f"cannot be given beside {parts[0]}; make them two entries")
    if entry.get("tables") is None:
        if parts:
            raise InvalidOption(f"{option}.tables", f"is needed beside {parts[0]}; name the table")
        return [_resources.database(catalog_id, name)]
    tables = _texts(f"{option}.tables", entry["tables"])
    if EVERY_VALUE in tables:
        if len(tables) > 1:
            raise InvalidOption(f"{option}.tables", "'*' stands for all tables; name nothing beside it")
        if parts:
            raise InvalidOption(f"{option}.{parts[0]}", "is of one table; name it in tables instead of '*'")
        return [_resources.all_tables(catalog_id, name)]
    for table in tables:
        _check_name(f"{option}.tables", table)
    wholes = [_resources.table(catalog_id, name, table) for table in tables]
    if not parts:
        return wholes
    if len(set(wholes)) > 1:
        raise InvalidOption(f"{option}.{parts[0]}", f"is of one table, and tables names {len(wholes)}; split the entry")
    return _part(f"{option}.{parts[0]}", parts[0], entry[parts[0]], wholes[0])


def _part(option: str, word: str, value: t.Any, whole: Resource) -> list[Resource]:
    if word == "data_cells_filter":
        return [_resources.data_cells_filter(whole, _check_name(option, value))]
    names = _texts(option, value)
    for name in names:
        _check_text(option, name)
    return _resources.columns(whole, names) if word == "columns" else [_resources.excluded_columns(whole, names)]


def _tagged(option: str, entry: Entry, given: Sequence[str], catalog_id: str) -> Resource:
    if len(given) > 1:
        raise InvalidOption(f"{option}.lf_tags", f"stands for databases or tables by their tags; leave {given[0]} out")
    tags = entry["lf_tags"]
    option = f"{option}.lf_tags"
    if isinstance(tags, Sequence) and not isinstance(tags, str):
        try:
            tags = _resources.read_expression(tags)
        except (KeyError, TypeError) as error:
            raise InvalidOption(option, "each entry of a list has TagKey and TagValues, as in the API") from error
    if not isinstance(tags, Mapping) or not tags:
        raise InvalidOption(option, "write each tag's key with its values, as in {domain: [sales], tier: gold}")
    expression = {str(key): _texts(f"{option}.{key}", values) for key, values in tags.items()}
    return _resources.lf_tag_policy(catalog_id, (entry.get("resource_type") or "table").upper(), "", expression)


def _texts(option: str, value: t.Any) -> list[str]:
    texts = [str(it) for it in value] if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]
    if not texts or any(not text.strip() for text in texts):
        raise InvalidOption(option, "the list is empty or has an empty entry; name at least one")
    return texts


def _check_name(option: str, name: str) -> str:
    refuse_unsafe_text(option, name)
    if not name or len(name) > 255 or name.startswith("arn:"):
        raise InvalidOption(option, f"{name!r} is not a name of the Glue Data Catalog; write the name, not an ARN")
    return name


def _check_text(option: str, text: str) -> None:
    if not text or len(text) > 255 or _CONTROL.search(text):
        raise InvalidOption(option, f"{text!r} is not a name: 1 to 255 characters, no control characters")


def _check_resource(option: str, resource: Resource) -> None:
    """What the API's own shape may hold too."""
    if resource.kind == "lf_tag_policy":
        if resource.path[0] not in ("DATABASE", "TABLE"):
            raise InvalidOption(f"{option}.resource", f"ResourceType is {resource.path[0]!r}, not DATABASE or TABLE")
        return
    for text in resource.written:
        _check_text(option, text)
    if resource.database:
        for text in resource.written[:2]:
            refuse_unsafe_text(option, text)
    if not _CATALOG_ID.fullmatch(resource.catalog_id):
        raise InvalidOption(
            f"{option}.resource", f"{resource.catalog_id!r} is not the id of a catalog; write ACCOUNT or ACCOUNT:PATH"
        )


def _permissions(option: str, entry: Entry, resources: Iterable[Resource]) -> list[str]:
    first = next(iter(resources))
    given = entry.get("permissions")
    option = f"{option}.permissions"
    if given is None:
        default = default_permission(first)
        if default is None:
            raise InvalidOption(option, "is needed here; a catalog has no permission that most readers need")
        return [default]
    if not given:
        raise InvalidOption(option, "the list is empty; name at least one permission, or leave the option out")
    allowed = _allowed(first)
    for permission in given:
        if permission in allowed:
            continue
        if permission == "SELECT" and first.kind == "database":
            raise InvalidOption(
                option, 'a database has no SELECT; SELECT on all its tables is an entry with tables: "*"'
            )
        if first.kind in ("column", "excluded_columns"):
            raise InvalidOption(
                option, f"columns take SELECT only, not {permission}; leave the columns out for the rest"
            )
        super_ = ' (what the console calls "Super" is ALL)' if permission.upper() == "SUPER" else ""
        kind = _resources.permission_kind(first).replace("_", " ")
        raise InvalidOption(
            option,
            f"{permission!r} is none of the permissions on a resource of the kind {kind}: "
            f"{', '.join(sorted(allowed))}{super_}",
        )
    return sorted(set(given))


_DEFAULT_CATALOG_ONLY = frozenset({"CREATE_CATALOG", "CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION"})


def _allowed(resource: Resource) -> frozenset[str]:
    allowed = permissions_of(resource)
    if resource.kind != "catalog":
        return allowed
    return allowed - ({"SUPER_USER"} if is_account_id(resource.catalog_id) else _DEFAULT_CATALOG_ONLY)


def _condition(option: str, entry: Entry) -> str:
    condition = entry.get("condition")
    if isinstance(condition, Mapping):
        condition = condition.get("Expression", "")
    if condition is None:
        return ""
    if not isinstance(condition, str) or not condition.strip():
        raise InvalidOption(f"{option}.condition", "is empty; write a Cedar expression, or leave the option out")
    if len(condition) > 3000:
        raise InvalidOption(
            f"{option}.condition", f"has {len(condition):,} characters, Lake Formation allows 3,000; shorten it"
        )
    return condition
