# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SimulatePrincipalPolicy, as IAM answers it since 2026: one result for an action, with one for each resource in it.

Source: the API reference of SimulatePrincipalPolicy, EvaluationResult and ResourceSpecificResult;
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html. The source of a statement is
written as IAM was seen to write it, with a type that is not in its model:
https://github.com/soto-project/soto/pull/230, https://github.com/faiscadev/fakecloud/pull/1904.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam

from . import organization_policies, simulation
from .iam import Parameters, Refused, Response
from .policy_grammar import problem
from .simulation import Policy, Principal, Result, decide, managed, policies_of

_ENTITIES = {"user": iam._users, "role": iam._roles, "group": iam._groups}
# What it refuses rather than ignore.
_UNKNOWN_PARAMETERS = ("ResourcePolicy", "ResourceHandlingOption", "PolicyExclusionList.member.1")
# How a result names the kind of its resources; `*` where they are of none of these.
_TEMPLATES = {
    r"arn:[^:]*:s3:::[^/]+/.*": "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
    r"arn:[^:]*:s3:::[^/]+": "arn:${Partition}:s3:::${BucketName}",
    r"arn:[^:]*:glue:.*:catalog": "arn:${Partition}:glue:${Region}:${Account}:catalog",
    r"arn:[^:]*:glue:.*:database/.*": "arn:${Partition}:glue:${Region}:${Account}:database/${DatabaseName}",
    r"arn:[^:]*:glue:.*:table/.*": "arn:${Partition}:glue:${Region}:${Account}:table/${DatabaseName}/${TableName}",
    r"arn:[^:]*:athena:.*:workgroup/.*": "arn:${Partition}:athena:${Region}:${Account}:workgroup/${WorkGroupName}",
    r"arn:[^:]*:athena:.*:datacatalog/.*": (
        "arn:${Partition}:athena:${Region}:${Account}:datacatalog/${DataCatalogName}"
    ),
    r"arn:[^:]*:kms:.*:key/.*": "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
    r"arn:[^:]*:iam:.*:role/.*": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
}
_MOST_RESTRICTIVE_FIRST = ("explicitDeny", "implicitDeny", "allowed")


# ---- the request ----


def _members(parameters: Parameters, name: str) -> list[str]:
    members: list[str] = []
    while found := parameters.get(f"{name}.member.{len(members) + 1}"):
        members.append(found[0])
    return members


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidInput", message)


def _null(name: str) -> Refused:
    text = f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
    return Refused(400, "ValidationError", f"1 validation error detected: {text}")


def _actions(parameters: Parameters) -> list[str]:
    actions = _members(parameters, "ActionNames")
    if not actions:
        raise _null("actionNames")
    for action in actions:
        if not re.fullmatch(r"[\w-]+:\w+", action, re.ASCII):
            raise _invalid(f"Invalid action name: {action}. It must be a service prefix and an action, no wildcards.")
    return actions


def _resources(parameters: Parameters) -> list[str]:
    resources = _members(parameters, "ResourceArns") or ["*"]
    for resource in resources:
        if resource != "*" and not re.fullmatch(r"arn:[\w-]+:[\w-]+:[^:]*:[^:]*:.+", resource):
            raise _invalid(f'Invalid resource: {resource}. It must be in ARN format or "*".')
    return resources


def _entity(arn: str) -> tuple[str, dict[str, Any]]:
    """The kind and the record of the user, role or group that an ARN names."""
    form = re.fullmatch(r"arn:aws:iam::(\d{12}):(user|role|group)/(?:[!-~]*/)?([\w+=,.@-]+)", arn, re.ASCII)
    if not form:
        raise _invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    kind, name = form[2], form[3]
    entity = _ENTITIES[kind].get(name)
    if entity is None or entity["Arn"] != arn:
        raise Refused(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
    return kind, entity


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(\.\d+)?", value))


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


_VALUE_CHECKS: dict[str, Callable[[str], bool]] = {
    "string": lambda _value: True,
    "binary": lambda _value: True,
    "date": lambda value: iam_evaluator._parse_date(value) is not None,
    "boolean": lambda value: value.lower() in ("true", "false"),
    "numeric": _is_number,
    "ip": _is_network,
}


def _context_entries(parameters: Parameters) -> dict[str, Any]:
    """The condition keys that are given, in lower case: a text, or a list of them for the types that are lists."""
    entries: dict[str, Any] = {}
    while (prefix := f"ContextEntries.member.{len(entries) + 1}.") + "ContextKeyName" in parameters:
        name = parameters[f"{prefix}ContextKeyName"][0]
        kind = parameters.get(f"{prefix}ContextKeyType", [""])[0]
        values = _members(parameters, f"{prefix}ContextKeyValues")
        check = _VALUE_CHECKS.get(kind.removesuffix("List"))
        if ":" not in name or name.lower() in entries:
            raise _invalid(f"Invalid or repeated context key name: {name}")
        if check is None:
            raise _invalid(f"Invalid context key type of {name}: {kind}")
        if not values or not all(map(check, values)) or (len(values) > 1 and not kind.endswith("List")):
            raise _invalid(f"Invalid context key values of {name}: {values} are not of type {kind}")
        entries[name.lower()] = values if kind.endswith("List") else values[0]
    return entries


def _sent_policies(parameters: Parameters, name: str) -> list[Policy]:
    documents = _members(parameters, name)
    for document in documents:
        if found := problem(document):
            raise _invalid(f"Invalid policy in {name}: {found}")
    return [
        Policy(f"{name}.{number}", iam_evaluator.parse_policy_document(document))
        for number, document in enumerate(documents, 1)
    ]


def _boundary(parameters: Parameters, entity: Mapping[str, Any]) -> Policy | None:
    """The one permissions boundary: one that is sent takes the place of the entity's own."""
    sent = _sent_policies(parameters, "PermissionsBoundaryPolicyInputList")
    if len(sent) > 1:
        raise _invalid("Only one permissions boundary can be simulated.")
    own = entity.get("PermissionsBoundary")
    return next(iter(sent or managed([own] if own else [])), None)


# ---- the answer ----


def _template(resources: list[str]) -> str:
    found = (text for pattern, text in _TEMPLATES.items() if re.fullmatch(pattern, resources[0]))
    return next(found, "*")


def _statements(sources: Iterable[str]) -> list[dict[str, Any]]:
    return [{"SourcePolicyId": source, "SourcePolicyType": "IAM Policy"} for source in sources]


def _union(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(each for values in lists for each in values))


def _evaluation(action: str, resources: list[str], results: list[Result], has_boundary: bool) -> dict[str, Any]:
    """The result for one action, with those for its resources unless these are `*`."""
    decision = min((result.decision for result in results), key=_MOST_RESTRICTIVE_FIRST.index)
    contributing = [result.matched for result in results if result.decision == decision]
    answer: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": _template(resources),
        "EvalDecision": decision,
        "MatchedStatements": _statements(_union(contributing)),
        "MissingContextValues": _union(result.missing for result in results),
    }
    if organization_policies.are_set():
        allowed = all(result.allowed_by_organizations for result in results)
        answer["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    if has_boundary:
        answer["PermissionsBoundaryDecisionDetail"] = _within(all(result.allowed_by_boundary for result in results))
    if resources != ["*"]:
        answer["EvalDecisionDetails"] = {}
        answer["ResourceSpecificResults"] = [
            {
                "EvalResourceName": result.resource,
                "EvalResourceDecision": result.decision,
                "MatchedStatements": _statements(result.matched),
                "MissingContextValues": list(result.missing),
            }
            | ({"PermissionsBoundaryDecisionDetail": _within(result.allowed_by_boundary)} if has_boundary else {})
            for result in results
        ]
    return answer


def _within(allowed: bool) -> dict[str, bool]:
    return {"AllowedByPermissionsBoundary": allowed}


def _xml(value: Any) -> str:
    """A value in the query protocol."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _page(parameters: Parameters, results: list[dict[str, Any]]) -> dict[str, Any]:
    start, size = (parameters.get(name, [default])[0] for name, default in (("Marker", "0"), ("MaxItems", "100")))
    if not start.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise Refused(400, "ValidationError", "Invalid value for Marker or MaxItems.")
    end = int(start) + int(size)
    page = {"EvaluationResults": results[int(start) : end], "IsTruncated": end < len(results)}
    return page | ({"Marker": end} if end < len(results) else {})


def _simulate(parameters: Parameters) -> dict[str, Any]:
    source = parameters.get("PolicySourceArn", [""])[0]
    if not source:
        raise _null("policySourceArn")
    for name in _UNKNOWN_PARAMETERS:
        if name in parameters:
            raise Refused(501, "NotImplemented", f"The sandbox does not simulate {name.partition('.')[0]}.")
    if get_account_id() not in parameters.get("ResourceOwner", [get_account_id()])[0]:
        raise Refused(501, "NotImplemented", "The sandbox does not simulate resources of other accounts.")
    actions, resources = _actions(parameters), _resources(parameters)
    kind, entity = _entity(source)
    caller = parameters.get("CallerArn", [source])[0]
    principal, entries = Principal(caller, *_entity(caller)), _context_entries(parameters)
    policies = policies_of(kind, entity) + _sent_policies(parameters, "PolicyInputList")
    boundary = _boundary(parameters, entity)
    evaluations = []
    for action in actions:
        requests = [principal.request(action, resource, entries) for resource in resources]
        results = [decide(request, policies, boundary) for request in requests]
        evaluations.append(_evaluation(action, resources, results, boundary is not None))
    return _page(parameters, evaluations)


def _answer(parameters: Parameters) -> Response:
    try:
        result = _xml({"SimulatePrincipalPolicyResult": _simulate(parameters)})
    except Refused as refusal:
        return refusal.response
    response: Response = iam._xml(200, "SimulatePrincipalPolicyResponse", result)
    return response


def install() -> None:
    """Put this in the place of ministack's."""
    simulation.install()
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = _answer
