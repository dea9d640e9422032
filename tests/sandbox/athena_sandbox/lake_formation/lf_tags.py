# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LF-tags, saved expressions of them, and which database, table or column carries which value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .errors import LakeFormationError, denied, invalid, not_found
from .grants import Entry
from .paging import first_page, next_page
from .permissions import valid
from .resources import Resource, Shape, fold, listed_tags, parse, tags
from .state import Parameters, State
from .storing import add

_MAX_VALUES = 1000


def _fold(state: State, text: Any) -> str:
    return fold(str(text or ""), state.behaviour.lf_tags_fold)


def _require_right(state: State, caller: str, permission: str) -> None:
    catalog = Resource("catalog", state.account)
    if not state.is_admin(caller) and permission not in state.grants.get((caller, catalog, "")).permissions:
        raise denied()


def _named(state: State, parameters: Parameters) -> tuple[str, str]:
    key = state.catalog_id(parameters), _fold(state, parameters.get("TagKey"))
    if key not in state.lf_tags:
        raise not_found(f"Tag key {key[1]} does not exist.")
    return key


def _require_tag_right(state: State, caller: str, key: tuple[str, str], permission: str) -> None:
    held = (state.grants.get(found).permissions for found in state.grants.of_tag(*key) if found[0] == caller)
    if not state.is_admin(caller) and not any(permission in permissions for permissions in held):
        raise denied()


# ---- tags ----


def create_lf_tag(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Make a tag; its creator may do everything with it."""
    _require_right(state, caller, "CREATE_LF_TAG")
    key = state.catalog_id(parameters), _fold(state, parameters.get("TagKey"))
    values = list(dict.fromkeys(_fold(state, value) for value in parameters.get("TagValues") or ()))
    if not key[1] or not values or len(values) > _MAX_VALUES:
        raise invalid("An LF-tag must have a key and values.")
    if key in state.lf_tags:
        raise LakeFormationError("AlreadyExistsException", f"Tag key {key[1]} already exists.")
    state.lf_tags[key] = values
    if not state.is_admin(caller):
        resource = Resource("lf_tag", key[0], name=key[1], values=frozenset("*"))
        add(state, (caller, resource, ""), valid(resource), valid(resource), caller)
    return {}


def get_lf_tag(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """One tag with its values."""
    key = _named(state, parameters)
    if not state.sees_all(caller):
        _require_tag_right(state, caller, key, "DESCRIBE")
    return {"CatalogId": key[0], "TagKey": key[1], "TagValues": state.lf_tags[key]}


def update_lf_tag(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Add and remove values; not those that something carries."""
    key = _named(state, parameters)
    _require_tag_right(state, caller, key, "ALTER")
    added = [_fold(state, value) for value in parameters.get("TagValuesToAdd") or ()]
    removed = {_fold(state, value) for value in parameters.get("TagValuesToDelete") or ()}
    if not removed <= set(state.lf_tags[key]):
        raise not_found("Tag value does not exist.")
    if any(carried.get(key[1]) in removed for carried in state.tagged.values()):
        raise invalid("Update not allowed")
    left = [value for value in dict.fromkeys([*state.lf_tags[key], *added]) if value not in removed]
    if not left:
        raise invalid("An LF-tag must have values.")
    state.lf_tags[key] = left
    return {}


def delete_lf_tag(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Delete a tag, from what carries it too."""
    key = _named(state, parameters)
    _require_tag_right(state, caller, key, "DROP")
    del state.lf_tags[key]
    for carried in state.tagged.values():
        carried.pop(key[1], None)
    return {}


def list_lf_tags(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """The tags that the caller may see."""
    catalog = state.catalog_id(parameters)
    page = next_page(state, "LFTags", parameters)
    if page is not None:
        return page
    found = []
    for key, values in state.lf_tags.items():
        holds = any(holder == caller for holder, _resource, _condition in state.grants.of_tag(*key))
        if key[0] == catalog and (state.sees_all(caller) or holds):
            found.append({"CatalogId": key[0], "TagKey": key[1], "TagValues": values})
    return first_page(state, "LFTags", found, parameters)


# ---- saved expressions ----


def _expression_key(state: State, parameters: Parameters) -> tuple[str, str]:
    return state.catalog_id(parameters), str(parameters.get("Name") or "")


def _known_expression(state: State, parameters: Parameters) -> tuple[str, str]:
    key = _expression_key(state, parameters)
    if key not in state.expressions:
        raise not_found("LF-Tag expression not found.")
    return key


def _require_expression_right(state: State, caller: str, key: tuple[str, str], permission: str) -> None:
    held = state.grants.get((caller, Resource("lf_tag_expression", key[0], name=key[1]), "")).permissions
    if not state.is_admin(caller) and permission not in held:
        raise denied()


def _store_expression(state: State, key: tuple[str, str], parameters: Parameters) -> None:
    expression = tags(parameters.get("Expression") or (), state.behaviour.lf_tags_fold)
    if not key[1] or not expression:
        raise invalid("An LF-Tag expression must have a name and tags.")
    policy = Resource("lf_tag_policy", key[0], resource_type="TABLE", expression=expression)
    if absence := state.absence(policy):
        raise absence
    stored = {"Name": key[1], "CatalogId": key[0], "Description": parameters.get("Description", "")}
    state.expressions[key] = stored | {"Expression": listed_tags(expression)}


def create_lf_tag_expression(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Save an expression under a name."""
    _require_right(state, caller, "CREATE_LF_TAG_EXPRESSION")
    key = _expression_key(state, parameters)
    if key in state.expressions:
        raise LakeFormationError("AlreadyExistsException", f"LF-Tag expression {key[1]} already exists.")
    _store_expression(state, key, parameters)
    return {}


def update_lf_tag_expression(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Change a saved expression; grants on it follow."""
    key = _known_expression(state, parameters)
    _require_expression_right(state, caller, key, "ALTER")
    _store_expression(state, key, parameters)
    return {}


def get_lf_tag_expression(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """One saved expression."""
    return dict(state.expressions[_known_expression(state, parameters)])


def delete_lf_tag_expression(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Forget a saved expression, and all grants on policies that name it."""
    key = _known_expression(state, parameters)
    _require_expression_right(state, caller, key, "DROP")
    del state.expressions[key]
    for grant in state.grants.of_expression(*key):
        state.grants.put(grant, Entry(), state.behaviour.list_lag)
    return {}


def list_lf_tag_expressions(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """The saved expressions."""
    catalog = state.catalog_id(parameters)
    page = next_page(state, "LFTagExpressions", parameters)
    if page is not None:
        return page
    found = [dict(known) for key, known in state.expressions.items() if key[0] == catalog]
    return first_page(state, "LFTagExpressions", found, parameters)


# ---- what carries a tag ----


def _carriers(state: State, shape: Any) -> list[Resource]:
    """The database, table or columns that a request tags."""
    resource = parse(shape, state.account, state.behaviour.lf_tags_fold).resource
    if resource.kind not in ("database", "table", "columns"):
        raise invalid("LF-tags can be assigned to databases, tables and columns.")
    if absence := state.absence(resource):
        raise absence
    if resource.kind == "columns":
        return [resource.with_columns(frozenset({column})) for column in sorted(resource.columns)]
    return [resource]


def _assign(state: State, parameters: Parameters, caller: str, adds: bool) -> dict[str, Any]:
    carriers = _carriers(state, parameters.get("Resource"))
    failures = []
    for tag in parameters.get("LFTags") or ():
        key, values = _fold(state, tag.get("TagKey")), [_fold(state, value) for value in tag.get("TagValues") or ()]
        try:
            named = _named(state, {"TagKey": key})
            _require_tag_right(state, caller, named, "ASSOCIATE")
            if len(values) != 1 or values[0] not in state.lf_tags[named]:
                raise not_found("Tag value does not exist.")
            for carrier in carriers:
                carried = state.tagged.setdefault(carrier, {})
                if adds:
                    carried[key] = values[0]
                elif carried.get(key) != values[0]:
                    raise not_found("Tag is not assigned to the resource.")
                else:
                    del carried[key]
        except LakeFormationError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            failures.append({"LFTag": dict(tag), "Error": detail})
    return {"Failures": failures}


def add_lf_tags_to_resource(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Give tags, each with one value; those that cannot be given are in Failures."""
    return _assign(state, parameters, caller, adds=True)


def remove_lf_tags_from_resource(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Take tags away; those that cannot be are in Failures."""
    return _assign(state, parameters, caller, adds=False)


def effective_tags(state: State, resource: Resource) -> dict[str, str]:
    """The tags of a database, table or column, with those of what it lies in; the nearest value counts."""
    database = Resource("database", resource.catalog, resource.database)
    found = dict(state.tagged.get(database, {}))
    if resource.table:
        found |= state.tagged.get(resource.table, {})
    return found | state.tagged.get(resource, {})


def _shown(catalog: str, carried: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"CatalogId": catalog, "TagKey": key, "TagValues": [value]} for key, value in sorted(carried.items())]


def get_resource_lf_tags(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """The tags of a database, or of a table with its database and its columns."""
    shape: Shape = parameters.get("Resource") or {}
    (resource, *_others) = _carriers(state, shape)
    only_own = bool(parameters.get("ShowAssignedLFTags"))

    def of(carrier: Resource) -> list[dict[str, Any]]:
        own = state.tagged.get(carrier, {})
        return _shown(resource.catalog, own if only_own else effective_tags(state, carrier))

    answer: dict[str, Any] = {}
    if database := of(Resource("database", resource.catalog, resource.database)):
        answer["LFTagOnDatabase"] = database
    if not resource.table:
        return answer
    if table := of(resource.table):
        answer["LFTagsOnTable"] = table
    found = state.table(resource.table)
    columns = []
    for name in (found.columns if found else None) or ():
        column = replace(resource.table, kind="columns", columns=frozenset({name.lower()}))
        if carried := of(column):
            columns.append({"Name": name, "LFTags": carried})
    return answer | ({"LFTagsOnColumns": columns} if columns else {})
