# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registered S3 locations; IAM alone says who may."""

from __future__ import annotations

import re
from typing import Any

from .errors import LakeFormationError, invalid, not_found
from .paging import first_page, next_page
from .state import Parameters, State

_SHOWN = ("RoleArn", "WithFederation", "HybridAccessEnabled", "WithPrivilegedAccess", "ExpectedResourceOwnerAccount")


def _arn(parameters: Parameters) -> str:
    arn = str(parameters.get("ResourceArn") or "").rstrip("/")
    if not re.fullmatch(r"arn:[\w-]+:s3:::[^/]+(/.*)?", arn):
        raise invalid("ResourceArn must be the ARN of a location in Amazon S3.")
    return arn


def _known(state: State, parameters: Parameters) -> dict[str, Any]:
    found = state.registrations.get(_arn(parameters))
    if found is None:
        raise not_found("Entity not found")
    return found


def _require_role(state: State, role: str) -> None:
    if not state.principals.has(role):
        raise invalid(f"Role {role} does not exist.")


def register_resource(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """Let Lake Formation manage a location: with a role, or its service-linked role."""
    arn, role = _arn(parameters), parameters.get("RoleArn")
    if bool(role) == bool(parameters.get("UseServiceLinkedRole")):
        raise invalid("Exactly one of RoleArn and UseServiceLinkedRole must be given.")
    if arn in state.registrations:
        raise LakeFormationError("AlreadyExistsException", "Resource is already registered.")
    if role:
        _require_role(state, role)
    own = "role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
    role = role or f"arn:aws:iam::{state.account}:{own}"
    shown = {name: parameters[name] for name in _SHOWN if name in parameters}
    state.registrations[arn] = {
        "ResourceArn": arn,
        "HybridAccessEnabled": False,
        "WithFederation": False,
        "VerificationStatus": "NOT_VERIFIED",
        "LastModified": state.clock(),
        **shown,
        "RoleArn": role,
    }
    return {}


def update_resource(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """Change the role and the flags of a registration."""
    known = _known(state, parameters)
    role = parameters.get("RoleArn") or ""
    _require_role(state, role)
    known |= {name: parameters[name] for name in _SHOWN if name in parameters} | {"LastModified": state.clock()}
    return {}


def deregister_resource(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """Forget a registration; data location grants on it stay."""
    del state.registrations[_known(state, parameters)["ResourceArn"]]
    return {}


def describe_resource(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """One registration, by exactly its ARN."""
    return {"ResourceInfo": dict(_known(state, parameters))}


def _in(values: list[str], actual: str) -> bool:
    return actual in values


_COMPARISONS = {
    "EQ": lambda values, actual: actual == values[0],
    "NE": lambda values, actual: actual != values[0],
    "CONTAINS": lambda values, actual: values[0] in actual,
    "NOT_CONTAINS": lambda values, actual: values[0] not in actual,
    "BEGINS_WITH": lambda values, actual: actual.startswith(values[0]),
    "IN": _in,
}
_FIELDS = {"RESOURCE_ARN": "ResourceArn", "ROLE_ARN": "RoleArn"}


def list_resources(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """The registrations that fit all filters."""
    page = next_page(state, "ResourceInfoList", parameters)
    if page is not None:
        return page
    found = [dict(known) for known in state.registrations.values()]
    for condition in parameters.get("FilterConditionList") or ():
        field, operator = _FIELDS.get(condition.get("Field", "")), condition.get("ComparisonOperator", "")
        values = condition.get("StringValueList")
        if not field or operator not in _COMPARISONS or not values:
            raise invalid(f"The sandbox does not filter resources by {dict(condition)}.")
        found = [known for known in found if _COMPARISONS[operator](values, known[field])]
    return first_page(state, "ResourceInfoList", found, parameters)
