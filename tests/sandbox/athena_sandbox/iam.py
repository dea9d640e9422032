# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ministack's IAM departs from AWS: absent entities, quotas, documents, paging, SetDefaultPolicyVersion."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ministack.core.iam_evaluator import caller_arn
from ministack.services import iam

from . import iam_shapes, iam_tags, roles, trust
from .iam_requests import OWN_USER_OPERATIONS
from .policy_grammar import problem

Parameters = dict[str, list[str]]
Response = tuple[int, dict[str, str], bytes]

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
# What IAM counts in: characters that are not white space (user guide, reference_iam-quotas).
_MANAGED_QUOTA = 6144
_TRUST_QUOTA = 2048
_ATTACHED_QUOTA = 10
_ACCESS_KEY_QUOTA = 2
_VERSION_QUOTA = 5
_GROUPS_QUOTA = 10
_INLINE_QUOTAS = {"User": 2048, "Role": 10240, "Group": 5120}
_ENTITIES = {"User": iam._users, "Role": iam._roles, "Group": iam._groups}
_CREATE = {"CreateUser": "User", "CreateRole": "Role", "CreateGroup": "Group"}


class Refused(Exception):
    """IAM's answer to a call it refuses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response: Response = iam._error(status, code, escape(message))


def _first(parameters: Parameters, name: str) -> str:
    return (parameters.get(name) or [""])[0]


def _limit(quota: str, maximum: int) -> Refused:
    return Refused(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {maximum}")


def _check_syntax(parameters: Parameters) -> None:
    for name in ("UserName", "RoleName", "GroupName", "PolicyName"):
        if not re.fullmatch(r"[\w+=,.@-]*", _first(parameters, name), re.ASCII):
            shown = name[0].lower() + name[1:]
            allowed = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
            raise Refused(400, "ValidationError", f"The specified value for {shown} is invalid. {allowed}")
    if not re.fullmatch(r"/|/[\x21-\x7e]+/", _first(parameters, "Path") or "/"):
        allowed = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
        raise Refused(400, "ValidationError", f"The specified value for path is invalid. {allowed}")


def _check_existence(action: str, parameters: Parameters) -> None:
    for kind, entities in _ENTITIES.items():
        name = _first(parameters, f"{kind}Name")
        if action in _CREATE:
            if kind == _CREATE[action] and name.lower() in map(str.lower, entities):
                raise Refused(409, "EntityAlreadyExists", f"{kind} with name {name} already exists.")
        elif name and name not in entities:
            raise Refused(404, "NoSuchEntity", f"The {kind.lower()} with name {name} cannot be found.")
    name = _first(parameters, "PolicyName").lower()
    if action == "CreatePolicy" and name in (policy["PolicyName"].lower() for policy in iam._policies.values()):
        shown = _first(parameters, "PolicyName")
        raise Refused(
            409, "EntityAlreadyExists", f"A policy called {shown} already exists. Duplicate names are not allowed."
        )
    arn = _first(parameters, "PolicyArn")
    if arn and not arn.startswith("arn:"):
        raise Refused(400, "InvalidInput", f"ARN {arn} is not valid.")
    if arn and iam._lookup_policy(arn) is None:
        absent = "does not exist or is not attachable." if action.startswith("Attach") else "was not found."
        raise Refused(404, "NoSuchEntity", f"Policy {arn} {absent}")


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def _inline_policies(kind: str, name: str) -> dict[str, str]:
    stores = {"User": iam._user_inline_policies, "Group": iam._group_inline_policies}
    return dict(iam._roles[name]["InlinePolicies"] if kind == "Role" else stores[kind].get(name) or {})


def _check_document(action: str, parameters: Parameters) -> None:
    is_trust = action in trust.DOCUMENTS
    document = _first(parameters, "AssumeRolePolicyDocument") or _first(parameters, "PolicyDocument")
    if not document:
        return
    if not re.fullmatch("[\t\n\r\x20-\xff]+", document):
        allowed = "It must contain only printable ASCII characters."
        raise Refused(400, "ValidationError", f"The specified value for policyDocument is invalid. {allowed}")
    if found := trust.problem(document) if is_trust else problem(document):
        raise Refused(400, "MalformedPolicyDocument", found)
    if is_trust and _size(document) > _TRUST_QUOTA:
        raise _limit("ACLSizePerRole", _TRUST_QUOTA)
    if action in ("CreatePolicy", "CreatePolicyVersion") and _size(document) > _MANAGED_QUOTA:
        raise _limit("PolicySize", _MANAGED_QUOTA)
    if inline := re.fullmatch("Put(User|Role|Group)Policy", action):
        kind = inline[1]
        policies = _inline_policies(kind, _first(parameters, f"{kind}Name"))
        policies = {**policies, _first(parameters, "PolicyName"): document}
        if sum(map(_size, policies.values())) > _INLINE_QUOTAS[kind]:
            raise _limit(f"{kind}PolicySize", _INLINE_QUOTAS[kind])


def _check_counts(action: str, parameters: Parameters) -> None:
    arn = _first(parameters, "PolicyArn")
    if attach := re.fullmatch("Attach(User|Role|Group)Policy", action):
        attached = _ENTITIES[attach[1]][_first(parameters, f"{attach[1]}Name")]["AttachedPolicies"]
        if arn not in attached and len(attached) >= _ATTACHED_QUOTA:
            raise _limit(f"PoliciesPer{attach[1]}", _ATTACHED_QUOTA)
    user = _first(parameters, "UserName")
    access_keys = [key for key in iam._access_keys.values() if key["UserName"] == user]
    if action == "CreateAccessKey" and len(access_keys) >= _ACCESS_KEY_QUOTA:
        raise _limit("AccessKeysPerUser", _ACCESS_KEY_QUOTA)
    if action == "CreatePolicyVersion" and len(iam._lookup_policy(arn)["Versions"]) >= _VERSION_QUOTA:
        message = (
            f"A managed policy can have up to {_VERSION_QUOTA} versions. Before you create a new version, you must "
            "delete an existing version."
        )
        raise Refused(409, "LimitExceeded", message)
    if action == "DeletePolicy":
        policy = iam._lookup_policy(arn)
        if not policy["AttachmentCount"] and len(policy["Versions"]) > 1:
            message = (
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
            raise Refused(409, "DeleteConflict", message)
    if action == "AddUserToGroup":
        groups = [name for name, group in iam._groups.items() if user in group["Users"]]
        if _first(parameters, "GroupName") not in groups and len(groups) >= _GROUPS_QUOTA:
            raise _limit("GroupsPerUser", _GROUPS_QUOTA)
    if action == "DeleteGroup":
        _check_group_is_empty(_first(parameters, "GroupName"))
    if action == "DeleteUser":
        if iam._user_inline_policies.get(user):
            raise Refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
        if any(user in group["Users"] for group in iam._groups.values()):
            raise Refused(409, "DeleteConflict", "Cannot delete entity, must remove user from all groups first.")


def _check_group_is_empty(name: str) -> None:
    group = iam._groups[name]
    if group["Users"]:
        raise Refused(409, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
    if group["AttachedPolicies"]:
        raise Refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
    if iam._group_inline_policies.get(name):
        raise Refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")


def _as_sent(action: str, parameters: Parameters) -> Parameters:
    """The parameters as ministack must see them: the caller's own user filled in, free text fit for its XML."""
    sent = {
        name: [escape(value) for value in values] if name.startswith(("Description", "Tag")) else values
        for name, values in parameters.items()
    }
    own = caller_arn()
    if action in OWN_USER_OPERATIONS and not _first(parameters, "UserName"):
        if ":assumed-role/" in own:
            raise Refused(400, "ValidationError", "Must specify userName when calling with non-User credentials")
        if ":user/" in own:
            sent["UserName"] = [own.rpartition("/")[2]]
    return sent


def _set_default_policy_version(parameters: Parameters) -> Response:
    arn, version = _first(parameters, "PolicyArn"), _first(parameters, "VersionId")
    policy = iam._policies.get(arn)
    if policy is None:
        raise Refused(403, "AccessDenied", f"{arn} is an AWS managed policy and cannot be changed.")
    if version not in policy["Versions"]:
        raise Refused(404, "NoSuchEntity", f"Policy {arn} version {version} does not exist or is not attachable.")
    for record in policy["Versions"].values():
        record["IsDefaultVersion"] = record["VersionId"] == version
    policy |= {"DefaultVersionId": version, "UpdateDate": iam._now()}
    response: Response = iam._xml(200, "SetDefaultPolicyVersionResponse", "")
    return response


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _is_wanted(policy: ElementTree.Element, parameters: Parameters) -> bool:
    attached = int(policy.findtext(_tag("AttachmentCount"), "0"))
    as_boundary = int(policy.findtext(_tag("PermissionsBoundaryUsageCount"), "0"))
    usage = _first(parameters, "PolicyUsageFilter")
    if _first(parameters, "OnlyAttached") == "true" or usage:
        return bool((usage != "PermissionsBoundary" and attached) or (usage != "PermissionsPolicy" and as_boundary))
    return True


def _listing(action: str, parameters: Parameters, response: Response) -> Response:
    """One page of a listing, with the attributes that IAM gives in listings."""
    status, headers, body = response
    root = ElementTree.fromstring(body)
    result = root[0]
    lists = [element for element in result if len(element) and all(child.tag == _tag("member") for child in element)]
    for members in lists if action in ("ListPolicies", "ListUsers", "ListRoles") else ():
        for member in list(members):
            if action == "ListPolicies" and not _is_wanted(member, parameters):
                members.remove(member)
            for name in ("Tags", "PermissionsBoundary") + ("Description",) * (action == "ListPolicies"):
                for element in member.findall(_tag(name)):
                    member.remove(element)
    start, size = _first(parameters, "Marker") or "0", _first(parameters, "MaxItems") or "100"
    if not start.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise Refused(400, "ValidationError", "Invalid value for Marker or MaxItems.")
    end = int(start) + int(size)
    everything = [(members, member) for members in lists for member in members]
    for members, member in everything[: int(start)] + everything[end:]:
        members.remove(member)
    truncated = result.find(_tag("IsTruncated"))
    if truncated is not None and len(everything) > end:
        truncated.text = "true"
        ElementTree.SubElement(result, _tag("Marker")).text = str(end)
    return status, headers, ElementTree.tostring(root)


def _refuse(found: tuple[int, str, str] | None) -> None:
    if found:
        raise Refused(*found)


def _corrected(action: str, original: Callable[[Parameters], Response], parameters: Parameters) -> Response:
    try:
        _check_syntax(parameters)
        _refuse(iam_shapes.refusal(action, parameters))
        asked, parameters = parameters, _as_sent(action, parameters)
        _check_existence(action, parameters)
        _refuse(roles.refusal(action, parameters))
        _refuse(iam_tags.refusal(action, asked))
        _check_document(action, parameters)
        _check_counts(action, parameters)
        if action in trust.DOCUMENTS:
            name = trust.DOCUMENTS[action]
            parameters |= {name: [trust.saved(_first(parameters, name))]}
        leaving = trust.about_to_delete(action, parameters)
        response = original(parameters)
        if leaving and response[0] == 200:
            trust.deleted(leaving)
        return _listing(action, parameters, response) if action.startswith("List") and response[0] == 200 else response
    except Refused as refusal:
        return refusal.response


def install() -> None:
    """Make IAM follow AWS."""
    ElementTree.register_namespace("", _NAMESPACE)
    for action, original in {**iam._IAM_HANDLERS, "SetDefaultPolicyVersion": _set_default_policy_version}.items():
        iam._IAM_HANDLERS[action] = partial(_corrected, action, original)
