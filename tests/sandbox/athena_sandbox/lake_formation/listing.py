# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ListPermissions: explicit grants in AWS's shapes; effective ones where principal and resource are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from . import principal as principals_
from .access import by_lf_tags, columns_by_lf_tags
from .errors import denied, invalid
from .grants import Entry, Key
from .lf_tags import effective_tags
from .paging import first_page, next_page
from .permissions import valid
from .resources import Resource, account_of, parse
from .rows import rows_of, with_parts
from .state import Parameters, State

_RESOURCE_TYPES = {
    "CATALOG": ("catalog",),
    "DATABASE": ("database",),
    "TABLE": ("table", "all_tables", "columns", "excluded_columns"),
    "DATA_LOCATION": ("location",),
    "LF_TAG": ("lf_tag",),
    # Only policies on databases: https://github.com/aws/aws-sdk-js-v3/issues/4583
    "LF_TAG_POLICY": ("lf_tag_policy:DATABASE",),
    "LF_TAG_POLICY_DATABASE": ("lf_tag_policy:DATABASE",),
    "LF_TAG_POLICY_TABLE": ("lf_tag_policy:TABLE",),
    "LF_NAMED_TAG_EXPRESSION": ("lf_tag_expression",),
}
_ROWS = "PrincipalResourcePermissions"
_Found = tuple[Key, Entry]
_SELECT = frozenset({"SELECT"})


def list_permissions(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Who holds what, as far as the caller may know."""
    catalog = state.catalog_id(parameters)
    page = next_page(state, _ROWS, parameters)
    if page is not None:
        return page
    principal = (parameters.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    resource = _resource(state, parameters, principal)
    state.grants.next_listing()
    if principal and resource:
        rows = _effective(state, principal, resource)
    else:
        found = _visible(state, _explicit(state, parameters, catalog, resource), resource, caller)
        rows = (row for key, entry in found for row in rows_of(state, key, entry))
    return first_page(state, _ROWS, list(rows), parameters)


def _resource(state: State, parameters: Parameters, principal: str | None) -> Resource | None:
    """The resource that is asked about, after what AWS refuses of the question."""
    shape, related = parameters.get("Resource") or None, parameters.get("IncludeRelated") == "TRUE"
    if (kind := parameters.get("ResourceType")) and kind not in _RESOURCE_TYPES:
        raise invalid(f"Invalid ResourceType: {kind}")
    if principal and not shape:
        raise invalid("Resource is mandatory if Principal is set in the input.")
    if principal and related:
        raise invalid("Principal must not be specified when requesting cell filter information.")
    if not shape:
        return None
    if "TableWithColumns" in shape:
        raise invalid("Cannot list permissions on a TableWithColumns Resource")
    if principal and "DataCellsFilter" in shape:
        raise invalid("Cannot specify filter by Principal for Data Filter List Permissions")
    resource = parse(shape, state.catalog_id(parameters), state.behaviour.lf_tags_fold).resource
    database = state.database(resource) if resource.kind == "all_tables" else None
    if database and database.target:
        # https://github.com/hashicorp/terraform-provider-aws/issues/46951
        raise invalid("Database cannot be a link for this operation when called on a table.")
    # An LF-tag may be asked about with values it has not.
    asked = resource.with_values(frozenset("*")) if resource.kind == "lf_tag" else resource
    if absence := state.absence(asked):
        raise absence
    return resource


# ---- explicit grants ----


def _explicit(state: State, parameters: Parameters, catalog: str, resource: Resource | None) -> Iterator[_Found]:
    grants = state.grants
    if resource is None:
        yield from _scan(state, catalog, parameters.get("ResourceType"))
    elif resource.kind == "table":
        kinds = {"table", "columns", "excluded_columns"}
        kinds |= {"cells_filter"} if parameters.get("IncludeRelated") == "TRUE" else set()
        on_table = grants.shown(_of_table(state, resource))
        yield from ((key, entry) for key, entry in on_table if key[1].table == resource and key[1].kind in kinds)
        if state.behaviour.named_table_lists_all_tables:
            all_tables = Resource("all_tables", resource.catalog, resource.database)
            yield from grants.shown(grants.of_resource(all_tables), frozenset({all_tables}))
    elif resource.kind == "lf_tag":
        on_tag = grants.shown(grants.of_tag(resource.catalog, resource.name))
        yield from ((key, entry) for key, entry in on_tag if _tag_matches(resource, key[1]))
    else:
        yield from grants.shown(grants.of_resource(resource), frozenset({resource}))


def _of_table(state: State, table: Resource) -> Iterable[Key]:
    """The grants on a table and its parts; not on filters that were deleted."""
    return [key for key in state.grants.of_table(table) if key[1].kind != "cells_filter" or not state.absence(key[1])]


def _tag_matches(asked: Resource, held: Resource) -> bool:
    """Whether a listing of an LF-tag with some values shows a grant on others.

    Source: https://docs.aws.amazon.com/lake-formation/latest/dg/TBAC-granting-revoking-tags-cli.html
    """
    if (held.kind, held.catalog, held.name) != ("lf_tag", asked.catalog, asked.name):
        return False
    return "*" in asked.values or "*" in held.values or bool(asked.values & held.values)


def _scan(state: State, catalog: str, resource_type: str | None) -> Iterator[_Found]:
    """All grants of an account, its federated catalogs among them."""
    kinds = _RESOURCE_TYPES[resource_type] if resource_type else None
    for key, entry in state.grants.shown(state.grants.all()):
        resource = key[1]
        kind = resource.kind + (f":{resource.resource_type}" if resource.kind == "lf_tag_policy" else "")
        if account_of(resource.catalog) != catalog or (kinds and kind not in kinds):
            continue
        if resource.kind == "cells_filter" and not state.behaviour.scan_lists_cells_filters:
            continue
        if state.behaviour.absent_resource_rows or not state.absence(resource):
            yield key, entry


# ---- whose grants the caller sees ----


def _visible(state: State, found: Iterable[_Found], resource: Resource | None, caller: str) -> Iterable[_Found]:
    if state.behaviour.admin_rows and resource and resource.kind in ("database", "table"):
        found = _with_admins(state, resource, found)
    if state.sees_all(caller) or not state.behaviour.caller_visibility:
        return found
    visible = []
    for key, entry in found:
        if key[0] != caller:
            known = {name for name in entry.permissions | entry.grantable if state.may_grant(caller, key[1], name)}
            entry = replace(entry, permissions=entry.permissions & known, grantable=entry.grantable & known)
        if entry.permissions or entry.grantable:
            visible.append((key, entry))
    if resource and not visible and state.behaviour.blind_listing == "denied":
        raise denied()
    return visible


def _with_admins(state: State, resource: Resource, found: Iterable[_Found]) -> Iterable[_Found]:
    """With the implicit rows of administrators, which cannot be told from what these hold explicitly."""
    every = Entry(valid(resource), valid(resource), state.clock(), "")
    held = dict(found)
    for admin in state.settings["DataLakeAdmins"]:
        key = admin["DataLakePrincipalIdentifier"], resource, ""
        held[key] = _union(held.get(key, Entry()), every)
    return held.items()


# ---- effective permissions ----


def _effective(state: State, principal: str, resource: Resource) -> Iterator[dict[str, Any]]:
    """What comes of all grants for one principal, those by LF-tags too, in rows that name it: not what it was granted.

    Source: https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html and
    https://github.com/hashicorp/terraform-provider-aws/issues/38066, 44574 (groups), 49319 (users), 48360 (accounts).
    """
    if principals_.kind(principal) == "identity_user":
        raise invalid("AccountId cannot be null or empty")
    if principals_.kind(principal) == "identity_group" or principals_.is_external(principal, state.account):
        return
    for_all = {principal, principals_.group(state.account)}
    if principals_.kind(principal) == "iam":
        for_all.add(principals_.EVERYBODY)
    places = [resource]
    if resource.kind == "table":
        places.append(Resource("all_tables", resource.catalog, resource.database))
    merged = Entry()
    for place in places:
        for key, entry in state.grants.shown(state.grants.of_resource(place), frozenset({place})):
            if key[0] in for_all and not key[2]:
                merged = _union(merged, with_parts(resource, entry) if key[0] != principal else entry)
    if resource.kind in ("database", "table"):
        carried = effective_tags(state, resource)
        merged = _union(merged, Entry(by_lf_tags(state, principal, resource.kind.upper(), carried)))
    if state.is_admin(principal) and resource.kind in ("database", "table", "all_tables", "catalog"):
        every = valid(resource)
        merged = _union(merged, Entry(every, every))
    yield from rows_of(state, (principal, resource, ""), merged)
    if resource.kind == "table" and "SELECT" not in merged.permissions:
        for key, entry in state.grants.shown(state.grants.of_principal_on_table(principal, resource)):
            is_part = key[0] == principal and key[1].table == resource
            if is_part and key[1].kind in ("columns", "excluded_columns"):
                yield from rows_of(state, key, entry)
        found = state.table(resource)
        tagged = columns_by_lf_tags(state, principal, resource, (found.columns if found else None) or ())
        if tagged:
            columns = replace(resource, kind="columns", columns=frozenset(tagged))
            yield from rows_of(state, (principal, columns, ""), Entry(_SELECT))


def _union(one: Entry, other: Entry) -> Entry:
    return Entry(
        one.permissions | other.permissions,
        one.grantable | other.grantable,
        max(one.updated, other.updated),
        other.updated_by or one.updated_by,
    )


# ---- a path ----


def get_effective_permissions_for_path(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """The grants on the databases, tables and data locations that a path in S3 belongs to.

    Its rows have no CatalogId, as in the API's own sample.
    """
    catalog = state.catalog_id(parameters)
    page = next_page(state, "Permissions", parameters)
    if page is not None:
        return page
    arn = str(parameters.get("ResourceArn") or "").rstrip("/")
    if ":s3:::" not in arn:
        raise invalid("ResourceArn must be the ARN of a path in Amazon S3.")
    path = arn.partition(":::")[2]

    def covers(location: str) -> bool:
        place = location.partition("://")[2].rstrip("/")
        return bool(place) and f"{path}/".startswith(f"{place}/")

    places = []
    for database in state.catalog.databases(catalog):
        places += [Resource("database", catalog, database.name)] if covers(database.location) else []
        for table in state.catalog.tables(catalog, database.name):
            places += [Resource("table", catalog, database.name, table.name)] if covers(table.location) else []
    found = [
        pair
        for place in places
        for pair in state.grants.shown(
            state.grants.of_table(place) if place.kind == "table" else state.grants.of_resource(place)
        )
        if pair[0][1] == place or pair[0][1].table == place
    ]
    found += [
        (key, entry)
        for key, entry in state.grants.shown(state.grants.all())
        if key[1].kind == "location" and f"{arn}/".startswith(f"{key[1].name}/")
    ]
    rows = [row for key, entry in _visible(state, found, None, caller) for row in rows_of(state, key, entry)]
    for row in rows:
        for fields in row["Resource"].values():
            fields.pop("CatalogId", None)
    return first_page(state, "Permissions", rows, parameters)
