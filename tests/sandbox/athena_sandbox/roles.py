# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM refuses about roles: paths and durations out of range, and roles that are AWS's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import unescape

from ministack.services import iam

from . import switches
from .pin import wrap

Parameters = dict[str, list[str]]

_SERVICE_LINKED = "/aws-service-role/"
_RESERVED = "/aws-reserved/"
_CHANGES = {
    *("UpdateRole", "UpdateRoleDescription", "DeleteRole", "UpdateAssumeRolePolicy", "TagRole", "UntagRole"),
    *("AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
    *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
}
_SHORTEST_SESSION, _LONGEST_SESSION = 3600, 43200


def refusal(action: str, parameters: Parameters) -> tuple[int, str, str] | None:
    """The status, code and message with which IAM refuses a call about a role, if it does."""
    first = {name: values[0] for name, values in parameters.items() if values}
    name = first.get("RoleName", "")
    if action not in _CHANGES | {"CreateRole"}:
        return None
    if found := _duration_refusal(first.get("MaxSessionDuration", "")):
        return found
    if action == "CreateRole":
        return _path_refusal(first.get("Path", "/"))
    if _is_protected(action, first, iam._roles[name]["Path"]):
        message = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        return 400, "UnmodifiableEntity", message
    return _conflict(name) if action == "DeleteRole" else None


def constraint(parameter: str, value: str, text: str) -> tuple[int, str, str]:
    """A ValidationError, as AWS words all those that the form of a parameter alone causes."""
    shown = parameter[0].lower() + parameter[1:]
    message = f"1 validation error detected: Value '{value}' at '{shown}' failed to satisfy constraint: {text}"
    return 400, "ValidationError", message


def _duration_refusal(value: str) -> tuple[int, str, str] | None:
    if not value:
        return None
    if not value.isdecimal() or int(value) < _SHORTEST_SESSION:
        text = f"Member must have value greater than or equal to {_SHORTEST_SESSION}"
    elif int(value) > _LONGEST_SESSION:
        text = f"Member must have value less than or equal to {_LONGEST_SESSION}"
    else:
        return None
    return constraint("MaxSessionDuration", value, text)


def _path_refusal(path: str) -> tuple[int, str, str] | None:
    """A path that is AWS's own: tilfin/aws-iam-policy-tool #9 has the answer for the first, the second is likened."""
    if not path.startswith((_SERVICE_LINKED, _RESERVED)) or switches.take("reserved_path"):
        return None
    prefix = _SERVICE_LINKED if path.startswith(_SERVICE_LINKED) else _RESERVED
    roles = "AWS Service linked Roles" if prefix == _SERVICE_LINKED else "AWS reserved Roles"
    return 400, "InvalidInput", f"Path prefix '{prefix}' can only be used for {roles}"


def _is_protected(action: str, first: dict[str, str], path: str) -> bool:
    """Only the description of a service-linked role may be changed (user guide, using-service-linked-roles)."""
    description_only = action == "UpdateRoleDescription" or (
        action == "UpdateRole" and "Description" in first and "MaxSessionDuration" not in first
    )
    return path.startswith(_RESERVED) or (path.startswith(_SERVICE_LINKED) and not description_only)


def _conflict(name: str) -> tuple[int, str, str] | None:
    role = iam._roles[name]
    if role["AttachedPolicies"]:
        return 409, "DeleteConflict", "Cannot delete entity, must detach all policies first."
    if role["InlinePolicies"]:
        return 409, "DeleteConflict", "Cannot delete entity, must delete policies first."
    if any(name in profile["Roles"] for profile in iam._instance_profiles.values()):
        return 409, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."
    return None


def _with_blanks(
    original: Any, method: str, path: str, headers: dict[str, str], body: bytes, query_params: Parameters
) -> Any:
    """An empty value is a value, such as the Description that clears one; ministack drops it."""
    sent = parse_qs(body.decode(errors="replace"), keep_blank_values=True) if method == "POST" else {}
    blanks = {name: values for name, values in sent.items() if values == [""]}
    return original(method, path, headers, body, {**query_params, **blanks})


def _description_problem(original: Any, description: str | None) -> Any:
    """Descriptions are stored fit for XML (iam.py) and must be measured as they were sent."""
    return original(None if description is None else unescape(description))


def _role_xml(original: Any, *args: Any, **kwargs: Any) -> str:
    """A role without a description has no Description."""
    return str(original(*args, **kwargs)).replace("<Description></Description>", "")


def install() -> None:
    """Make roles follow AWS, and offer the switch with which a test makes what only AWS makes."""
    switches.offer("reserved_path")
    wrap("ministack.services.iam:handle_request", _with_blanks)
    wrap("ministack.services.iam:_validate_role_description", _description_problem)
    wrap("ministack.services.iam:_role_xml", _role_xml)
