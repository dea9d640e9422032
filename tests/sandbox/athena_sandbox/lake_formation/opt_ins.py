# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opt-ins of hybrid access mode: principals that Lake Formation binds although IAM_ALLOWED_PRINCIPALS holds rights."""

from __future__ import annotations

from typing import Any

from . import principal as principals_
from .errors import invalid, not_found
from .grants import Key
from .paging import first_page, next_page
from .resources import Resource, listed, parse
from .state import Parameters, State


def _key(state: State, parameters: Parameters) -> Key:
    principal = (parameters.get("Principal") or {}).get("DataLakePrincipalIdentifier") or ""
    condition = (parameters.get("Condition") or {}).get("Expression") or ""
    return principal, parse(parameters.get("Resource"), state.account, state.behaviour.lf_tags_fold).resource, condition


def create_lake_formation_opt_in(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Bind a principal; only administrators may."""
    state.require_admin(caller)
    key = _key(state, parameters)
    principals_.require(key[0], state.account, state.principals)
    if absence := state.absence(key[1]):
        raise absence
    if key in state.opt_ins:
        raise invalid("Opt-in already exists.")
    state.opt_ins[key] = {"LastModified": state.clock(), "LastUpdatedBy": caller}
    return {}


def delete_lake_formation_opt_in(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """Release a principal; only administrators may."""
    state.require_admin(caller)
    if state.opt_ins.pop(_key(state, parameters), None) is None:
        raise not_found("Opt-in not found.")
    return {}


def list_lake_formation_opt_ins(state: State, parameters: Parameters, caller: str) -> dict[str, Any]:
    """The opt-ins of a principal, on a resource, or all."""
    if not state.sees_all(caller):
        state.require_admin(caller)
    page = next_page(state, "LakeFormationOptInsInfoList", parameters)
    if page is not None:
        return page
    principal = (parameters.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    if principal and principals_.is_external(principal, state.account):
        # https://github.com/hashicorp/terraform-provider-aws/issues/49106
        raise invalid(f"Invalid principal, arn: {principal}")
    resource = None
    if parameters.get("Resource"):
        resource = parse(parameters["Resource"], state.account, state.behaviour.lf_tags_fold).resource
    found = [
        {"Principal": {"DataLakePrincipalIdentifier": holder}, "Resource": listed(place)}
        | ({"Condition": {"Expression": condition}} if condition else {})
        | info
        for (holder, place, condition), info in state.opt_ins.items()
        if principal in (None, holder) and resource in (None, place)
    ]
    return first_page(state, "LakeFormationOptInsInfoList", found, parameters)


def is_opted_in(state: State, principal: str, resource: Resource) -> bool:
    """Whether Lake Formation binds the principal on a resource: itself, all tables, the database or the catalog."""
    above = [resource, Resource("catalog", resource.catalog)]
    if resource.database:
        above.append(Resource("database", resource.catalog, resource.database))
    if resource.kind == "table":
        above.append(Resource("all_tables", resource.catalog, resource.database))
    who = (principal, principals_.group(state.account))
    return any((holder, place, "") in state.opt_ins for holder in who for place in above)
