# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of Lake Formation: every permission, grant option, column, filter and tag of what the principal holds.

They are derived from what Lake Formation lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.qualytics.athena.tests.integration.lake import COLUMNS, EVERYBODY

from .case import Alter, Case, in_turn, mutation, rewrite
from .rows import Row, extra, missing
from .worlds import STRANGER, Hands, World

Resource = dict[str, Any]

# https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
_OF_DATABASE = ("ALTER", "CREATE_TABLE", "DESCRIBE", "DROP")
_OF_TABLE = ("ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
_PERMISSIONS = {
    "Catalog": ("CREATE_DATABASE", "CREATE_LF_TAG"),
    "Database": _OF_DATABASE,
    "Table": _OF_TABLE,
    "TableWithColumns": ("SELECT",),
    "DataCellsFilter": ("SELECT", "DESCRIBE", "DROP"),
    "DataLocation": ("DATA_LOCATION_ACCESS",),
    "LFTag": ("ALTER", "DROP", "DESCRIBE", "ASSOCIATE"),
}
_LISTS = ("Permissions", "PermissionsWithGrantOption")
_POLICY_PERMISSIONS = {"DATABASE": _OF_DATABASE, "TABLE": _OF_TABLE}


def words(resource: Mapping[str, Any]) -> str:
    """A resource of the API as drift names it."""
    [(kind, it)] = resource.items()
    return _WORDS[kind](it)


def _table(it: Mapping[str, Any]) -> str:
    if "TableWildcard" in it or it.get("Name") == "ALL_TABLES":
        return f"all tables of database {it['DatabaseName']}"
    return f"table {it['DatabaseName']}.{it.get('TableName') or it['Name']}"


def _columns(it: Mapping[str, Any]) -> str:
    if "ColumnNames" in it:
        return f"{_table(it)} (columns {', '.join(sorted(it['ColumnNames']))})"
    left_out = it["ColumnWildcard"].get("ExcludedColumnNames")
    return f"{_table(it)} (all columns but {', '.join(sorted(left_out))})" if left_out else _table(it)


def _tags(it: Mapping[str, Any]) -> str:
    tags = sorted((part["TagKey"], "|".join(sorted(part["TagValues"]))) for part in it["Expression"])
    return f"{it['ResourceType'].lower()}s tagged {' and '.join('='.join(tag) for tag in tags)}"


_WORDS = {
    "Catalog": lambda _it: "the catalog",
    "Database": lambda it: f"database {it['Name']}",
    "Table": _table,
    "TableWithColumns": _columns,
    "DataCellsFilter": lambda it: f"data cells filter {it['Name']} of {_table(it)}",
    "DataLocation": lambda it: f"data location {it['ResourceArn']}",
    "LFTag": lambda it: f"LF-tag {it['TagKey']} (values {', '.join(sorted(it['TagValues']))})",
    "LFTagPolicy": _tags,
}


def held(world: World, hands: Hands) -> list[dict[str, Any]]:
    """What the connection's principal holds, one row for each resource: {Resource, Condition, permissions, options}."""
    rows = hands.lake.list_permissions(MaxResults=1000)["PrincipalResourcePermissions"]
    filters = {"TableCatalogId": world.principal.split(":")[4], "DatabaseName": "sales", "TableName": "salaries"}
    # A listing of all leaves filters out.
    for name in ("no_ssn", "other_filter"):
        filter_ = {"DataCellsFilter": {**filters, "Name": name}}
        rows += hands.lake.list_permissions(Resource=filter_)["PrincipalResourcePermissions"]
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["Principal"]["DataLakePrincipalIdentifier"] == world.principal:
            resource, condition = _plain(row["Resource"]), row.get("Condition", {}).get("Expression", "")
            # SELECT is listed in a row of its own, as that of all columns.
            place: dict[str, Any] = {"Resource": resource, "Condition": condition}
            whole = merged.setdefault(str(place), {**place, **{name: [] for name in _LISTS}})
            for name in _LISTS:
                whole[name] = sorted({*whole[name], *row[name]})
    return [merged[key] for key in sorted(merged)]


def _plain(resource: Resource) -> Resource:
    """As it would be granted: lists sorted, all tables by their wildcard, all columns as the table."""
    [(kind, it)] = resource.items()
    it = {key: value for key, value in it.items() if key not in ("CatalogId", "Id")}
    if kind in ("Table", "TableWithColumns") and it.get("Name") == "ALL_TABLES":
        return {"Table": {"DatabaseName": it["DatabaseName"], "TableWildcard": {}}}
    if kind == "TableWithColumns" and not it.get("ColumnWildcard", {"": ""}):
        return {"Table": {"DatabaseName": it["DatabaseName"], "Name": it["Name"]}}
    return {kind: {key: sorted(value) if key == "ColumnNames" else value for key, value in it.items()}}


class Grants:
    """Calls of the administrator about what one principal holds, and the rows that they are."""

    def __init__(self, principal: str, condition: str = "") -> None:
        self._principal = principal
        self._condition = condition

    def under(self, condition: str) -> Grants:
        return Grants(self._principal, condition)

    def _call(
        self, operation: str, resource: Resource, permissions: list[str], options: list[str], to: str = ""
    ) -> Alter:
        principal = {"DataLakePrincipalIdentifier": to or self._principal}
        arguments: dict[str, Any] = {"Permissions": permissions, "PermissionsWithGrantOption": options}
        if self._condition:
            arguments["Condition"] = {"Expression": self._condition}
        return lambda hands: getattr(hands.lake, operation)(Principal=principal, Resource=resource, **arguments)

    def _text(self, resource: Resource, permission: str) -> str:
        text = f"{permission} on {words(resource)}"
        return f"{text} if {self._condition}" if self._condition else text

    def grant(self, resource: Resource, permission: str, option: bool = False, to: str = "") -> Alter:
        return self._call("grant_permissions", resource, [permission], [permission] if option else [], to)

    def revoke(self, resource: Resource, permission: str, option: bool = False) -> Alter:
        return self._call("revoke_permissions", resource, [permission], [permission] if option else [])

    def revoke_option(self, resource: Resource, permission: str) -> Alter:
        return self._call("revoke_permissions", resource, [], [permission])

    def missing(self, resource: Resource, permission: str, option: bool = False) -> list[Row]:
        text = self._text(resource, permission)
        rows = [missing(self._principal, "grant", text)]
        return [*rows, missing(self._principal, "grant_option", text)] if option else rows

    def extra(self, resource: Resource, permission: str, option: bool = False) -> list[Row]:
        text = self._text(resource, permission)
        rows = [extra(self._principal, "grant", text)]
        return [*rows, extra(self._principal, "grant_option", text)] if option else rows


def grant_cases(world: World, hands: Hands) -> Iterator[Case]:
    if "lake_formation_grants" not in world.options:
        return
    grants = Grants(world.principal)
    rows = held(world, hands)
    for row in rows:
        yield from _of_row(world, grants.under(row["Condition"]), row)
        yield from _of_condition(world, grants, row)
    yield from _elsewhere(world, grants)
    yield from _in_other_words(world, grants, rows)


def _too_much(world: World, name: str, alter: Alter, rows: list[Row], within: str = "resources") -> Case:
    """What is more than was asked for: drift where it is purged. within: the narrowest scope that reaches it.

    The role names the database default, but not for purging.
    """
    scopes = ("resources", "databases", "principal")
    scope = world.options.get("lake_formation_purge_scope") or "resources"
    if name.endswith("database default") or " database default, " in name:
        return rewrite("grant that is not purged", name, alter)
    if world.options.get("lake_formation_purge") and scopes.index(scope) >= scopes.index(within):
        return mutation("grant more", name, alter, rows)
    return rewrite("grant that is not purged", name, alter)


def _of_row(world: World, grants: Grants, row: Mapping[str, Any]) -> Iterator[Case]:
    resource, place = row["Resource"], words(row["Resource"])
    place += f" if {row['Condition']}" if row["Condition"] else ""
    [(kind, it)] = resource.items()
    held_, options = row["Permissions"], row["PermissionsWithGrantOption"]
    for permission in held_:
        is_option = permission in options
        yield mutation(
            "grant",
            f"{permission} on {place} revoked",
            grants.revoke(resource, permission, is_option),
            grants.missing(resource, permission, is_option),
        )
        if is_option:
            alone = grants.missing(resource, permission, True)[1:]
            revoke = grants.revoke_option(resource, permission)
            yield mutation("grant option", f"of {permission} on {place} revoked", revoke, alone)
        elif "ExcludedColumnNames" not in it.get("ColumnWildcard", {}):
            name, more = f"option of {permission} on {place}", grants.grant(resource, permission, True)
            yield _too_much(world, name, more, grants.extra(resource, permission, True)[1:])
    known = _POLICY_PERMISSIONS[it["ResourceType"]] if kind == "LFTagPolicy" else _PERMISSIONS[kind]
    for permission in known:
        if permission in held_:
            continue
        if "ALL" in held_:
            yield rewrite(
                "grant in other words", f"{permission} beside ALL on {place}", grants.grant(resource, permission)
            )
            continue
        for is_option in (False, True):
            name = f"{permission} on {place}{', with grant option' if is_option else ''}"
            more = grants.grant(resource, permission, is_option)
            yield _too_much(world, name, more, grants.extra(resource, permission, is_option))
    yield rewrite("grant in other words", f"{place} granted again", _again(grants, resource, row))
    if kind == "TableWithColumns":
        yield from _of_columns(world, grants, it)
    elif kind == "Table" and "SELECT" in held_ and "Name" in it:
        yield from _of_whole_table(world, grants, row)
    elif kind == "LFTag":
        yield from _of_tag_values(world, grants, it, held_)
    elif kind == "DataCellsFilter":
        other = {kind: {**it, "Name": "other_filter"}}
        yield _too_much(
            world,
            "another data cells filter",
            grants.grant(other, "SELECT"),
            grants.extra(other, "SELECT"),
            "databases",
        )
    elif kind == "LFTagPolicy":
        yield from _of_expression(world, grants, it, held_[0])


def _of_condition(world: World, grants: Grants, row: Mapping[str, Any]) -> Iterator[Case]:
    """The same under another condition, or under none, beside what is held and in its place."""
    resource, permission = row["Resource"], row["Permissions"][0]
    here = grants.under(row["Condition"])
    for condition in ("", 'principal has "stranger"') if row["Condition"] else ():
        other = grants.under(condition)
        name = f"{permission} on {words(resource)} under {condition or 'no condition'}"
        more, rows = other.grant(resource, permission), other.extra(resource, permission)
        yield _too_much(world, name, more, rows)
        if world.options.get("lake_formation_purge"):
            swap = in_turn(here.revoke(resource, permission), more)
            yield mutation("condition of a grant", name, swap, [*here.missing(resource, permission), *rows])


def _again(grants: Grants, resource: Resource, row: Mapping[str, Any]) -> Alter:
    options = row["PermissionsWithGrantOption"]
    return in_turn(*(grants.grant(resource, permission, permission in options) for permission in row["Permissions"]))


def _of_columns(world: World, grants: Grants, it: Mapping[str, Any]) -> Iterator[Case]:
    """Each column gone, each other one more; instead of all of them others, or the whole table."""
    table = {key: it[key] for key in ("DatabaseName", "Name")}
    there = {"TableWithColumns": dict(it)}
    revoke, gone = grants.revoke(there, "SELECT"), grants.missing(there, "SELECT")
    # AWS refuses a table beside its columns, so that one is always revoked first.
    others: dict[str, Resource] = {"the whole table": {"Table": table}}
    if "ColumnNames" in it:
        columns = it["ColumnNames"]
        singly = [
            grants.grant({"TableWithColumns": {**table, "ColumnNames": [column]}}, "SELECT")
            for column in reversed(columns)
        ]
        in_lists = in_turn(_behaving({"columns_merge": False}), revoke, *singly)
        yield rewrite("grant in other words", f"columns of {_table(it)} one by one", in_lists)
        for column in COLUMNS:
            one = {"TableWithColumns": {**table, "ColumnNames": [column]}}
            if column in columns:
                yield mutation("column", f"{column} gone", grants.revoke(one, "SELECT"), grants.missing(one, "SELECT"))
            else:
                yield _too_much(world, f"column {column}", grants.grant(one, "SELECT"), grants.extra(one, "SELECT"))
        others["all columns but one"] = {
            "TableWithColumns": {**table, "ColumnWildcard": {"ExcludedColumnNames": ["ssn"]}}
        }
    else:
        left_out = it["ColumnWildcard"]["ExcludedColumnNames"]
        others["columns by name"] = {"TableWithColumns": {**table, "ColumnNames": ["ssn"]}}
        for column in COLUMNS:
            changed = [other for other in left_out if other != column] if column in left_out else [*left_out, column]
            if changed:
                others[f"all columns but {', '.join(changed)}"] = {
                    "TableWithColumns": {**table, "ColumnWildcard": {"ExcludedColumnNames": changed}}
                }
    is_purged = bool(world.options.get("lake_formation_purge"))
    for name, other in others.items():
        # Without purge what came in its place keeps it from being granted, which no run may change.
        if is_purged:
            swap = in_turn(revoke, grants.grant(other, "SELECT"))
            yield mutation("column", f"{name} instead of {_columns(it)}", swap, [*gone, *grants.extra(other, "SELECT")])


def _of_whole_table(world: World, grants: Grants, row: Mapping[str, Any]) -> Iterator[Case]:
    """Columns instead of the table: AWS refuses them beside any permission on the whole."""
    resource, options = row["Resource"], row["PermissionsWithGrantOption"]
    revoke = [grants.revoke(resource, permission, permission in options) for permission in row["Permissions"]]
    gone = [it for held_ in row["Permissions"] for it in grants.missing(resource, held_, held_ in options)]
    for columns in (COLUMNS[:1], COLUMNS):
        other = {"TableWithColumns": {**resource["Table"], "ColumnNames": list(columns)}}
        if world.options.get("lake_formation_purge"):
            swap = in_turn(*revoke, grants.grant(other, "SELECT"))
            name = f"{', '.join(columns)} instead of {words(resource)}"
            yield mutation("column", name, swap, [*gone, *grants.extra(other, "SELECT")])


def _of_tag_values(world: World, grants: Grants, it: Mapping[str, Any], permissions: list[str]) -> Iterator[Case]:
    for value in it["TagValues"] if len(it["TagValues"]) > 1 else ():
        one = {"LFTag": {**it, "TagValues": [value]}}
        for permission in permissions:
            revoke = grants.revoke(one, permission)
            yield mutation(
                "LF-tag", f"{permission} of {it['TagKey']}={value} gone", revoke, grants.missing(one, permission)
            )
    other = {"LFTag": {"TagKey": "tier", "TagValues": ["gold"]}}
    more = grants.grant(other, "DESCRIBE")
    yield _too_much(world, "another LF-tag", more, grants.extra(other, "DESCRIBE"), "principal")


def _of_expression(world: World, grants: Grants, it: Mapping[str, Any], permission: str) -> Iterator[Case]:
    """Another expression is another resource."""
    others = {
        "a value less": [{**part, "TagValues": part["TagValues"][:1]} for part in it["Expression"]],
        "a key more": [*it["Expression"], {"TagKey": "category", "TagValues": ["a"]}],
        "a key less": it["Expression"][:1],
    }
    for name, expression in others.items():
        if expression != it["Expression"]:
            other = {"LFTagPolicy": {**it, "Expression": expression}}
            more = grants.grant(other, permission)
            yield _too_much(world, f"{words(other)} ({name})", more, grants.extra(other, permission), "principal")


def _elsewhere(world: World, grants: Grants) -> Iterator[Case]:
    """What the principal holds on what is not named, and what others hold on what is."""
    named = {entry["database"] for entry in world.options["lake_formation_grants"] if "database" in entry}
    for database, table in (("sales", "orders"), ("hr", "orders"), ("ns", "orders"), ("sales", "customers")):
        within = "databases" if database in named else "principal"
        tables = {
            table
            for entry in world.options["lake_formation_grants"]
            if entry.get("database") == database
            for table in entry.get("tables", [])
        }
        if table not in tables:
            resource = {"Table": {"DatabaseName": database, "Name": table}}
            more = grants.grant(resource, "DESCRIBE")
            yield _too_much(world, f"{database}.{table}", more, grants.extra(resource, "DESCRIBE"), within)
        if database not in named:
            resource = {"Database": {"Name": database}}
            more = grants.grant(resource, "DESCRIBE", True)
            yield _too_much(world, f"database {database}", more, grants.extra(resource, "DESCRIBE", True), "principal")
    for who in (STRANGER, EVERYBODY):
        held_by_others: list[tuple[Resource, str]] = [
            ({"Database": {"Name": "sales"}}, "DESCRIBE"),
            ({"Table": {"DatabaseName": "sales", "Name": "salaries"}}, "ALL" if who == EVERYBODY else "SELECT"),
            ({"Table": {"DatabaseName": "hr", "TableWildcard": {}}}, "DESCRIBE"),
        ]
        for resource, permission in held_by_others:
            name = f"{permission} on {words(resource)} to {who.rpartition('/')[2]}"
            yield rewrite("grant to others", name, grants.grant(resource, permission, to=who))


def _in_other_words(world: World, grants: Grants, rows: list[dict[str, Any]]) -> Iterator[Case]:
    for row in rows:
        table = row["Resource"].get("Table", {})
        if "SELECT" in row["Permissions"] and "Name" in table:
            listed_ = {"TableWithColumns": {**table, "ColumnWildcard": {}}}
            yield rewrite("grant in other words", f"{words(listed_)} with all columns", grants.grant(listed_, "SELECT"))
    listings: dict[str, dict[str, Any]] = {
        "rows of administrators": {"admin_rows": True},
        "short pages": {"short_pages": True},
        "small pages": {"page_size": 1},
        "no shuffling": {"shuffle_permissions": False},
        "all tables beside the named": {"named_table_lists_all_tables": True},
        "what ALL stands for": {"all_expands": "listed"},
        "SELECT beside ALL": {"all_expands": "select_row"},
        "filters with all": {"scan_lists_cells_filters": True},
        "nothing on what is gone": {"absent_resource_rows": False},
        "SELECT of tags apart": {"lf_tag_policy_select_row": "apart"},
    }
    for name, settings in listings.items():
        yield rewrite("grant in other words", f"listed otherwise: {name}", _behaving(settings))
    yield rewrite("grant to others", "another administrator", _administrator)


def _behaving(settings: Mapping[str, Any]) -> Alter:
    return lambda hands: hands.sandbox.switch("lake_formation", times=99, **settings)


def _administrator(hands: Hands) -> None:
    settings = hands.lake.get_data_lake_settings()["DataLakeSettings"]
    settings["DataLakeAdmins"].append({"DataLakePrincipalIdentifier": STRANGER})
    hands.lake.put_data_lake_settings(DataLakeSettings=settings)
