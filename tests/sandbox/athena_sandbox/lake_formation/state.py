# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that one Lake Formation (of an account in a Region) knows, and the questions every operation asks of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import principal as principals_
from .behaviour import Behaviour
from .errors import Fault, LakeFormationError, denied, invalid, not_found
from .grants import Grants
from .interfaces import Catalog, Database, Principals, Table
from .permissions import EVERY
from .resources import Resource, Tag

Parameters = Mapping[str, Any]

MAX_RESULTS = 1000


def _counting_clock() -> Callable[[], float]:
    """A clock that tells each time a second more, for tests that do not wait."""
    ticks = itertools.count(1_767_225_600)
    return lambda: float(next(ticks))


def fresh_settings() -> dict[str, Any]:
    """The settings of an account in which nobody has touched Lake Formation."""
    everybody = {"DataLakePrincipalIdentifier": principals_.EVERYBODY}
    default = [{"Principal": everybody, "Permissions": ["ALL"]}]
    return empty_settings() | {
        "CreateDatabaseDefaultPermissions": default,
        "CreateTableDefaultPermissions": default,
    }


def empty_settings() -> dict[str, Any]:
    """What a PutDataLakeSettings that names nothing leaves."""
    return {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
        "Parameters": {"CROSS_ACCOUNT_VERSION": "4", "SET_CONTEXT": "TRUE"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "AllowFullTableExternalDataAccess": False,
        "ExternalDataFilteringAllowList": [],
        "AuthorizedSessionTagValueList": [],
    }


@dataclass
class State:
    """Grants and what they are about; operations are functions over it."""

    catalog: Catalog
    principals: Principals
    account: str = "123456789012"
    region: str = "us-east-1"
    behaviour: Behaviour = field(default_factory=Behaviour)
    clock: Callable[[], float] = field(default_factory=_counting_clock)
    faults: list[Fault] = field(default_factory=list)
    more_faults: Callable[[str, str], LakeFormationError | None] = lambda _operation, _text: None
    grants: Grants = field(default_factory=Grants)
    settings: dict[str, Any] = field(default_factory=fresh_settings)
    # By ARN without a slash at its end.
    registrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    opt_ins: dict[tuple[str, Resource, str], dict[str, Any]] = field(default_factory=dict)
    # (catalog, database, table) -> name -> filter.
    cells_filters: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    # (catalog, key) -> values, in order.
    lf_tags: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    expressions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    # A database, table or column (a resource of kind `columns` with one) -> key -> value.
    tagged: dict[Resource, dict[str, str]] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)

    def catalog_id(self, parameters: Parameters) -> str:
        """The top-level CatalogId of a call, an account; federated catalogs belong into the resource.

        Source: https://github.com/hashicorp/terraform-provider-aws/issues/49463
        """
        catalog = str(parameters.get("CatalogId") or self.account)
        if not (catalog.isdigit() and len(catalog) == 12):
            raise invalid("Catalog id must be a valid AWS account id.")
        return catalog

    def fault(self, operation: str, text: str) -> LakeFormationError | None:
        """The refusal a test asked for."""
        struck = next((fault for fault in self.faults if fault.operation == operation and fault.strikes(text)), None)
        return struck.error() if struck else self.more_faults(operation, text)

    # ---- administrators ----

    def _is_among(self, principal: str, setting: str) -> bool:
        return any(admin["DataLakePrincipalIdentifier"] == principal for admin in self.settings[setting])

    def is_admin(self, principal: str) -> bool:
        """Whether it is a data lake administrator."""
        return self._is_among(principal, "DataLakeAdmins")

    def sees_all(self, principal: str) -> bool:
        """Whether listings and the Data Catalog hide nothing from it (API reference, DataLakeSettings)."""
        return self.is_admin(principal) or self._is_among(principal, "ReadOnlyAdmins")

    def require_admin(self, caller: str) -> None:
        """Raise AccessDeniedException unless the caller is a data lake administrator."""
        if not self.is_admin(caller):
            raise denied()

    # ---- what there is ----

    def database(self, resource: Resource) -> Database | None:
        """The database of a resource, or the link with its name."""
        return self.catalog.database(resource.catalog, resource.database)

    def table(self, resource: Resource) -> Table | None:
        """The table of a resource, or the link with its name; tables of a linked database are those of its target."""
        database = self.database(resource)
        if database and database.target:
            return self.catalog.table(*database.target, resource.name)
        return self.catalog.table(resource.catalog, resource.database, resource.name)

    def is_link(self, resource: Resource) -> bool:
        """Whether a resource of the catalog is a resource link."""
        if resource.kind == "database":
            database = self.database(resource)
            return bool(database and database.target)
        table = self.table(resource) if resource.table else None
        return bool(table and table.target)

    def absence(self, resource: Resource) -> LakeFormationError | None:
        """The error about a resource that is not there, None where it is."""
        if resource.kind == "catalog":
            return None if self.catalog.has(resource.catalog) else not_found("Catalog not found.")
        if resource.kind in ("database", "all_tables"):
            return None if self.database(resource) else not_found("Database not found.")
        if resource.table:
            return self._absence_in_table(resource)
        if resource.kind == "lf_tag":
            return self._absence_of_tags(resource.catalog, [(resource.name, resource.values)])
        if resource.kind == "lf_tag_policy" and resource.expression:
            return self._absence_of_tags(resource.catalog, resource.expression)
        if resource.kind in ("lf_tag_policy", "lf_tag_expression"):
            is_there = (resource.catalog, resource.name) in self.expressions
            return None if is_there else not_found("LF-Tag expression not found.")
        return None  # A data location: whether it is registered is asked when it is granted.

    def _absence_in_table(self, resource: Resource) -> LakeFormationError | None:
        table = self.table(resource)
        if table is None:
            return not_found("Table not found." if self.database(resource) else "Database not found.")
        # A link has no columns of its own; https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html
        columns = () if table.target else table.columns
        if columns is not None and not resource.columns <= {column.lower() for column in columns}:
            return invalid("Unsupported modification: cannot grant/revoke permission on non-existent column.")
        if resource.kind == "cells_filter":
            where = resource.catalog, resource.database, resource.name
            if resource.filter_name not in self.cells_filters.get(where, {}):
                return invalid("Cell Filter not found")
        return None

    def _absence_of_tags(self, catalog: str, wanted: frozenset[Tag] | list[Tag]) -> LakeFormationError | None:
        for key, values in wanted:
            known = self.lf_tags.get((catalog, key))
            if known is None or not values <= {*known, "*"}:
                return not_found("Tag key or value does not exist.")
        return None

    def registration(self, location: str) -> dict[str, Any] | None:
        """The registration that covers an S3 location (`bucket/prefix`): the nearest above it."""
        arn = f"arn:aws:s3:::{location.rstrip('/')}"
        covering = [known for known in self.registrations if f"{arn}/".startswith(f"{known}/")]
        return self.registrations[max(covering, key=len)] if covering else None

    # ---- who may grant ----

    def may_grant(self, caller: str, resource: Resource, permission: str) -> bool:
        """Whether a caller may grant (revoke, see) a permission: administrators, holders of the grant option."""
        if self.is_admin(caller):
            return True
        wider = [resource]
        if resource.table:
            wider.append(resource.table)
            wider.append(Resource("all_tables", resource.catalog, resource.database))
        if any({permission, "ALL"} & self.grants.get((caller, place, "")).grantable for place in wider):
            return True
        if resource.kind != "columns" or not resource.table:
            return False
        return any(
            key[1].kind == "columns"
            and resource.columns <= key[1].columns
            and permission in self.grants.get(key).grantable
            for key in self.grants.of_principal_on_table(caller, resource.table)
        )


def require_permissions(names: Any) -> frozenset[str]:
    """The permissions of a request; raises InvalidInputException for what is none."""
    found = frozenset(names or ())
    if unknown := found - EVERY:
        raise invalid(f"Invalid permissions: {', '.join(sorted(unknown))}")
    return found
