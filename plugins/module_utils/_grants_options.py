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

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_plan,
    _grants_resources as _resources,
    _grants_shape,
    _location,
    _validation,
)

ALL_IAM_PRINCIPALS: t.Final = "IAM_ALLOWED_PRINCIPALS"

# https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakePrincipal.html
_PRINCIPALS: t.Final = tuple(
    re.compile(pattern)
    for pattern in (
        ALL_IAM_PRINCIPALS,
        r"[0-9]{12}(:IAMPrincipals)?",
        r"arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/.+",
        r"arn:aws[a-z-]*:iam::[0-9]{12}:saml-provider/[^:]+:(user|group)/.+",
        r"arn:aws[a-z-]*:organizations::[0-9]{12}:(organization/o-[a-z0-9]+|ou/o-[a-z0-9]+/ou-[a-z0-9-]+)",
        r"arn:aws[a-z-]*:identitystore::([0-9]{12})?:(user|group)/.+",
        r"arn:aws[a-z-]*:quicksight:[a-z0-9-]*:[0-9]{12}:(user|group)/.+",
    )
)
_NAME_WORDS = ("tables", "columns", "excluded_columns", "data_cells_filter")
# All that an entry of grants may have.
GRANT_WORDS: t.Final = frozenset(
    {
        *("database", *_NAME_WORDS, "lf_tags", "resource_type", "catalog_id", "resource"),
        *("permissions", "grantable", "condition", "if_exists", "purge"),
    }
)

Entry = Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class WantedGrants:
    """What the options ask for. request: the members that every call has; catalog_id: the catalog that is meant.

    optional: the resources that are granted on only where they exist.
    """

    principal: str
    catalog_id: str
    absent: bool
    atoms: frozenset[_grants.Atom]
    scope: _grants_plan.PurgeScope
    request: Mapping[str, str]
    output_location: _location.S3Location | None = None
    optional: frozenset[_resources.Resource] = frozenset()

    @property
    def bases(self) -> frozenset[_resources.Resource]:
        return frozenset(atom.resource.base for atom in self.atoms)


def read_wanted(params: Mapping[str, t.Any], account_id: str) -> WantedGrants:
    """The options, or InvalidOption. account_id: the caller's, whose catalog is meant where none is named."""
    catalog_id = params.get("catalog_id")
    if catalog_id is not None and not _validation.is_account_id(catalog_id):
        raise _validation.InvalidOption(
            "catalog_id",
            f"{catalog_id!r} is not the id of an account; name a federated catalog in the catalog_id of an entry of "
            "grants, or in its resource",
        )
    default = catalog_id or account_id
    entries: Sequence[Entry] = params.get("grants") or ()
    read = [_entry(f"grants[{number}]", entry, default) for number, entry in enumerate(entries)]
    # What is named by its IAM name has been checked, so that only the path can make the ARN one that is refused.
    principal = check_principal(params["principal"], "principal" if params.get("iam_name") is None else "iam_path")
    if params.get("state") != "absent":
        for number, atoms in enumerate(read):
            _check_grants(f"grants[{number}]", atoms, principal)
    output_location = params.get("output_location")
    return WantedGrants(
        principal=principal,
        catalog_id=default,
        absent=params.get("state") == "absent",
        atoms=frozenset().union(*read),
        scope=_scope(params, list(zip(entries, read, strict=True)), default),
        request={"CatalogId": catalog_id} if catalog_id else {},
        output_location=_location.parse_s3_location("output_location", output_location) if output_location else None,
        optional=_optional(zip(entries, read, strict=True)),
    )


def _optional(read: Iterable[tuple[Entry, frozenset[_grants.Atom]]]) -> frozenset[_resources.Resource]:
    """The resources that are named by entries with if_exists only."""
    bases: dict[bool, set[_resources.Resource]] = {True: set(), False: set()}
    for entry, atoms in read:
        bases[bool(entry.get("if_exists"))].update(atom.resource.base for atom in atoms)
    return frozenset(bases[True] - bases[False])


def unverifiable_options(params: Mapping[str, t.Any]) -> list[str]:
    """Permissions whose grant option is asked for, and that Lake Formation lists as grantable in any case."""
    asked = {permission for entry in params.get("grants") or () for permission in entry.get("grantable") or ()}
    return sorted(asked & _grants.WITHOUT_GRANT_OPTION)


def check_principal(principal: str, option: str = "principal") -> str:
    _validation.refuse_unsafe_text(option, principal)
    if ":assumed-role/" in principal:
        raise _validation.InvalidOption(
            option, f"{principal!r} is a session; name its role, arn:aws:iam::ACCOUNT:role/NAME"
        )
    if principal.endswith(":root"):
        raise _validation.InvalidOption(
            option, f"{principal!r} is the root user; for a whole account write its 12 digits"
        )
    if len(principal) > 255 or not any(pattern.fullmatch(principal) for pattern in _PRINCIPALS):
        raise _validation.InvalidOption(
            option,
            f"{principal!r} is not a principal of Lake Formation; write the ARN of an IAM user or role, of a user or "
            "group of IAM Identity Center, SAML or Amazon QuickSight, or of an organisation or organisational unit, "
            f"the 12 digits of an account, {ALL_IAM_PRINCIPALS}, or ACCOUNT:IAMPrincipals",
        )
    return principal


def _scope(
    params: Mapping[str, t.Any], read: Sequence[tuple[Entry, frozenset[_grants.Atom]]], catalog_id: str
) -> _grants_plan.PurgeScope:
    kind: _grants_plan.ScopeKind = params.get("purge_scope") or "resources"
    databases = params.get("purge_databases")
    if databases and (not params.get("purge") or kind != "databases"):
        raise _validation.InvalidOption(
            "purge_databases", "is for purge=true with purge_scope=databases only; leave it out"
        )
    if not params.get("purge"):
        return _grants_plan.PurgeScope()
    if params.get("state") == "absent":
        raise _validation.InvalidOption(
            "purge", "revokes what is not listed, and state=absent what is; use one of them"
        )
    if not read and kind == "resources":
        raise _validation.InvalidOption(
            "purge_scope",
            "an empty list of grants names no resources to purge; use purge_scope=databases with purge_databases, or "
            "purge_scope=principal",
        )
    if not read and kind == "databases" and not databases:
        raise _validation.InvalidOption(
            "purge_databases", "is needed where grants is empty; name the databases to purge"
        )
    for name in databases or ():
        _grants_shape.check_name("purge_databases", name)
    purged = {atom.resource.base for entry, atoms in read for atom in atoms if entry.get("purge") is not False}
    spared = {atom.resource.base for entry, atoms in read for atom in atoms if entry.get("purge") is False}
    named = [*purged, *(_resources.database(catalog_id, name) for name in databases or ())]
    return _grants_plan.PurgeScope(
        kind=kind,
        catalog_id=catalog_id,
        bases=frozenset(purged),
        databases=frozenset(base.database for base in named if base.database),
        exempt=frozenset(spared - purged),
    )


# One entry ---------------------------------------------------------------------------------------------------------


def _entry(option: str, entry: Entry, default_catalog: str) -> frozenset[_grants.Atom]:
    resources = _named_resources(option, entry, default_catalog)
    permissions = _permissions(option, entry, resources)
    options = _grants_shape.check_texts(f"{option}.grantable", entry["grantable"]) if entry.get("grantable") else []
    for permission in options:
        if permission not in permissions:
            raise _validation.InvalidOption(
                f"{option}.grantable",
                f"{permission} is not among the permissions ({', '.join(permissions)}); only what is granted can be "
                "granted on",
            )
    return _grants.atoms_on(resources, permissions, options, _condition(option, entry))


def _named_resources(option: str, entry: Entry, default_catalog: str) -> list[_resources.Resource]:
    catalog_id = entry.get("catalog_id")
    given = [word for word in ("database", *_NAME_WORDS, "lf_tags") if entry.get(word) is not None]
    if entry.get("resource") is not None:
        beside = given + [word for word in ("catalog_id", "resource_type") if entry.get(word) is not None]
        if beside:
            raise _validation.InvalidOption(
                f"{option}.resource", f"names the resource already; leave {', '.join(beside)} out"
            )
        _grants_shape.check_shape(f"{option}.resource", entry["resource"])
        return _resources.read_resource(entry["resource"], default_catalog)
    if catalog_id is None:
        catalog_id = default_catalog
    _grants_shape.check_catalog_id(f"{option}.catalog_id", catalog_id)
    if entry.get("lf_tags") is not None:
        return [_tagged(option, entry, given, catalog_id)]
    if entry.get("resource_type") is not None:
        raise _validation.InvalidOption(f"{option}.resource_type", "is for lf_tags only; leave it out")
    if entry.get("database") is None:
        raise _validation.InvalidOption(
            option, "names no resource; name a database (and its tables), lf_tags or a resource"
        )
    return _in_database(option, entry, given, catalog_id)


def _in_database(option: str, entry: Entry, given: Sequence[str], catalog_id: str) -> list[_resources.Resource]:
    name = _grants_shape.check_name(f"{option}.database", entry["database"])
    parts = [word for word in given if word in _NAME_WORDS[1:]]
    if len(parts) > 1:
        raise _validation.InvalidOption(
            f"{option}.{parts[1]}", f"cannot be given beside {parts[0]}; make them two entries"
        )
    if entry.get("tables") is None:
        if parts:
            raise _validation.InvalidOption(f"{option}.tables", f"is needed beside {parts[0]}; name the table")
        return [_resources.database(catalog_id, name)]
    if entry["tables"] in (_resources.EVERY_VALUE, [_resources.EVERY_VALUE]):
        if parts:
            raise _validation.InvalidOption(f"{option}.{parts[0]}", "is of one table; name it in tables instead of '*'")
        return [_resources.all_tables(catalog_id, name)]
    tables = _grants_shape.check_text_or_texts(f"{option}.tables", entry["tables"], _check_table)
    wholes = [_resources.table(catalog_id, name, table) for table in tables]
    if not parts:
        return wholes
    if len(set(wholes)) > 1:
        raise _validation.InvalidOption(
            f"{option}.{parts[0]}", f"is of one table, and tables names {len(wholes)}; split the entry"
        )
    return _part(f"{option}.{parts[0]}", parts[0], entry[parts[0]], wholes[0])


def _check_table(option: str, value: t.Any) -> None:
    if value == _resources.EVERY_VALUE:
        raise _validation.InvalidOption(option, "'*' stands for all tables; name nothing beside it")
    _grants_shape.check_table_name(option, value)


def _part(option: str, word: str, value: t.Any, whole: _resources.Resource) -> list[_resources.Resource]:
    if word == "data_cells_filter":
        return [_resources.data_cells_filter(whole, _grants_shape.check_name(option, value))]
    names = _grants_shape.check_text_or_texts(option, value, _grants_shape.check_column)
    return _resources.columns(whole, names) if word == "columns" else [_resources.excluded_columns(whole, names)]


def _tagged(option: str, entry: Entry, given: Sequence[str], catalog_id: str) -> _resources.Resource:
    if len(given) > 1:
        raise _validation.InvalidOption(
            f"{option}.lf_tags", f"stands for databases or tables by their tags; leave {given[0]} out"
        )
    tags = _grants_shape.read_tags(f"{option}.lf_tags", entry["lf_tags"])
    resource_type = entry.get("resource_type")
    if resource_type not in (None, "database", "table"):
        raise _validation.InvalidOption(f"{option}.resource_type", f"is {resource_type!r}, not database or table")
    return _resources.lf_tag_policy(catalog_id, (resource_type or "table").upper(), "", tags)


def _permissions(option: str, entry: Entry, resources: Iterable[_resources.Resource]) -> list[str]:
    first = next(iter(resources))
    given = entry.get("permissions")
    option = f"{option}.permissions"
    if given is None:
        default = _resources.default_permission(first)
        if default is None:
            raise _validation.InvalidOption(
                option, "is needed here; a catalog has no permission that most readers need"
            )
        return [default]
    if given == []:
        raise _validation.InvalidOption(
            option, "the list is empty; name at least one permission, or leave the option out"
        )
    allowed = _allowed(first)
    for permission in _grants_shape.check_texts(option, given):
        if permission in allowed:
            continue
        if permission == "SELECT" and first.kind == "database":
            raise _validation.InvalidOption(
                option, 'a database has no SELECT; SELECT on all its tables is an entry with tables: "*"'
            )
        if first.kind in ("column", "excluded_columns"):
            raise _validation.InvalidOption(
                option, f"columns take SELECT only, not {permission}; leave the columns out for the rest"
            )
        super_ = ' (what the console calls "Super" is ALL)' if permission.upper() == "SUPER" else ""
        kind = _resources.permission_kind(first).replace("_", " ")
        raise _validation.InvalidOption(
            option,
            f"{permission!r} is none of the permissions on a resource of the kind {kind}: "
            f"{', '.join(sorted(allowed))}{super_}",
        )
    return sorted(set(given))


_LF_TAG_PERMISSIONS_TO_SHARE = frozenset({"ASSOCIATE", "DESCRIBE"})


def _check_grants(option: str, atoms: Iterable[_grants.Atom], principal: str) -> None:
    """What Lake Formation never grants, though it may have to be revoked.

    https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
    https://docs.aws.amazon.com/lake-formation/latest/dg/data-filtering-notes.html
    """
    for atom in sorted(atoms, key=lambda atom: atom.sort_key):
        resource, permission = atom.resource, atom.permission
        if atom.grantable and resource.kind == "excluded_columns":
            raise _validation.InvalidOption(
                f"{option}.grantable", "cannot be given with excluded columns; list the columns to include instead"
            )
        is_own_account = resource.catalog_id.startswith(principal)
        if is_own_account or not (_validation.is_account_id(principal) or ":organizations:" in principal):
            continue
        kind = _resources.permission_kind(resource)
        is_of_tag = kind == "lf_tag" and permission not in _LF_TAG_PERMISSIONS_TO_SHARE
        if permission == "ALL" or is_of_tag or (kind == "database" and permission == "DROP"):
            raise _validation.InvalidOption(
                f"{option}.permissions",
                f"{permission} on a resource of the kind {kind.replace('_', ' ')} cannot be granted to another account "
                "or an organisation; name the permissions that are needed there",
            )


_DEFAULT_CATALOG_ONLY = frozenset({"CREATE_CATALOG", "CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION"})


def _allowed(resource: _resources.Resource) -> frozenset[str]:
    allowed = _resources.permissions_of(resource)
    if resource.kind != "catalog":
        return allowed
    return allowed - ({"SUPER_USER"} if _validation.is_account_id(resource.catalog_id) else _DEFAULT_CATALOG_ONLY)


def _condition(option: str, entry: Entry) -> str:
    condition = entry.get("condition")
    if condition is None:
        return ""
    if isinstance(condition, Mapping) and set(condition) == {"Expression"}:
        condition = condition["Expression"]
    if not isinstance(condition, str):
        raise _validation.InvalidOption(
            f"{option}.condition", "is not text; write a Cedar expression, or {Expression: ...} as in the API"
        )
    if not condition.strip():
        raise _validation.InvalidOption(
            f"{option}.condition", "is empty; write a Cedar expression, or leave the option out"
        )
    if len(condition) > 3000:
        raise _validation.InvalidOption(
            f"{option}.condition", f"has {len(condition):,} characters, Lake Formation allows 3,000; shorten it"
        )
    return condition
