# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which resource ARNs a call is authorised on, and how its denial is worded.

Source of the resource types: AWS's Service Authorization Reference; a call must be allowed on every one of them. A Glue
call needs the resource and its ancestors (database, catalog). ministack names one ARN per call, often another one, and
knows no organization. Source of the words: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalContext, EvalResult, PrincipalInfo
from ministack.core.responses import get_account_id
from ministack.services import athena

from . import iam_requests, keys, organization_policies
from .pin import wrap

# What the denial being worded is about: the action where it is not that of the call, the ARN, and the kind of policy
# that decided.
_refused: ContextVar[tuple[str, str, str]] = ContextVar("sandbox_refused", default=("", "*", ""))
# What the caller was held against in the call that is being served, each as (action, ARN); None outside of a call.
asked_for: ContextVar[list[tuple[str, str]] | None] = ContextVar("sandbox_asked_for", default=None)
# Whatever policies say.
_ALWAYS_ALLOWED = {"sts:GetCallerIdentity", "sts:GetSessionToken"}


class Resources(str):
    """The ARNs one call is authorised on: a str (the first of them), because ministack passes it on as the one.

    conditions: the condition keys of the service itself. more_actions: others that the call takes on the same ARNs.
    """

    arns: tuple[str, ...]
    conditions: Mapping[str, str]
    more_actions: tuple[str, ...]

    def __new__(
        cls, arns: list[str], conditions: Mapping[str, str] | None = None, more_actions: tuple[str, ...] = ()
    ) -> Resources:
        """Keep all of the ARNs, at least one."""
        resources = super().__new__(cls, arns[0])
        resources.arns = tuple(arns)
        resources.conditions = conditions or {}
        resources.more_actions = more_actions
        return resources


_ATHENA_ANY = {"ListWorkGroups", "ListDataCatalogs", "ListEngineVersions", "ListApplicationDPUSizes"}
_ATHENA_NAMED_CATALOG = {"GetDataCatalog", "CreateDataCatalog", "UpdateDataCatalog", "DeleteDataCatalog"}
_ATHENA_IN_CATALOG = {"ListDatabases", "GetDatabase", "ListTableMetadata", "GetTableMetadata"}
_ATHENA_TAGGED = {"TagResource", "UntagResource", "ListTagsForResource"}


def _athena(operation: str, body: dict[str, Any]) -> list[str]:
    """The last parts of the ARNs: a data catalog, or the work groups of the queries."""
    if operation in _ATHENA_ANY:
        return ["*"]
    if operation in _ATHENA_TAGGED:
        return [str(body.get("ResourceARN")).rpartition(":")[2]]
    if operation in _ATHENA_NAMED_CATALOG | _ATHENA_IN_CATALOG:
        return [f"datacatalog/{body.get('Name' if operation in _ATHENA_NAMED_CATALOG else 'CatalogName')}"]
    if operation == "CreateWorkGroup":
        return [f"workgroup/{body.get('Name')}"]
    names = [body.get("QueryExecutionId"), body.get("NamedQueryId")]
    names += body.get("QueryExecutionIds", []) + body.get("NamedQueryIds", [])
    known = [store[name] for store in (athena._executions, athena._named_queries) for name in names if name in store]
    workgroups = sorted({record["WorkGroup"] for record in known}) or [body.get("WorkGroup") or "primary"]
    return [f"workgroup/{name}" for name in workgroups]


# Operations on the data catalog; everything else of Glue (jobs, crawlers) stays with ministack.
_GLUE_CATALOG = {
    "GetCatalog",
    "GetCatalogs",
    "GetDataCatalogEncryptionSettings",
    "PutDataCatalogEncryptionSettings",
}
_GLUE_DATABASE = {"GetDatabase", "GetDatabases", "CreateDatabase", "UpdateDatabase", "DeleteDatabase"}
_GLUE_TABLE = re.compile(r"(Batch)?(Get|Create|Update|Delete|Search)(Table|Partition)(s|Versions?|Index(es)?)?")


def _glue(operation: str, body: dict[str, Any]) -> list[str] | None:
    """The last parts of the ARNs, from the catalog downwards. None for other calls."""
    if operation in _GLUE_CATALOG:
        return ["catalog"]
    if operation in _GLUE_DATABASE:
        return ["catalog", f"database/{body.get('Name') or body.get('DatabaseInput', {}).get('Name') or '*'}"]
    if not _GLUE_TABLE.fullmatch(operation):
        return None
    database = body.get("DatabaseName") or "*"
    table = body.get("TableName") or body.get("Name") or body.get("TableInput", {}).get("Name") or "*"
    tables = body.get("TablesToDelete") or [table]
    return ["catalog", f"database/{database}"] + [f"table/{database}/{name}" for name in tables]


def _catalog_or_workgroup(service: str, operation: str, body: bytes, region: str, account_id: str) -> Resources | None:
    try:
        fields = json.loads(body or b"{}")
        parts = (_athena if service == "athena" else _glue)(operation, fields)
    except (ValueError, AttributeError, TypeError):
        return None  # A malformed request: the service refuses it itself.
    if parts is None:
        return None
    catalog_id = str(fields.get("CatalogId", ""))
    owner = catalog_id if re.fullmatch(r"\d{12}", catalog_id) else account_id
    return Resources([part if part == "*" else f"arn:aws:{service}:{region}:{owner}:{part}" for part in parts])


def _resource(
    original: Any,
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, list[str]],
    region: str,
    account_id: str,
) -> str:
    arn: str = original(service, method, path, headers, body, query_params, region, account_id)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
    operation = action.partition(":")[2]
    if service == "s3" and path[1:].partition("/")[2]:
        return f"arn:aws:s3:::{path[1:]}"  # ministack drops empty parts and the last slash of a key.
    if service == "iam":
        iam_call = iam_requests.iam_request(operation, query_params)
        return Resources([iam_call.arn], iam_call.conditions, iam_call.more_actions)
    if service == "kms" and "Alias" not in operation:
        return keys.arn_of(arn)  # IAM never sees an alias, but in the calls that are about the alias.
    if service in ("athena", "glue"):
        return _catalog_or_workgroup(service, operation, body, region, account_id) or arn
    return arn


def request_context(
    principal: PrincipalInfo, action: str, resource: str, region: str, more: Mapping[str, Any] | None
) -> EvalContext:
    """A request as policies see it."""
    return EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=region,
        # A request that names no tags has no aws:TagKeys.
        service_context={"aws:tagkeys": None} | {key.lower(): value for key, value in (more or {}).items()},
        principal_keys=principal.keys,
    )


def _enforce(
    original: Any,
    access_key_id: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    if service == "s3" and action.startswith("kms:"):
        # S3 uses the key on behalf of its caller.
        service, service_context = "kms", {**(service_context or {}), "kms:ViaService": f"s3.{region}.amazonaws.com"}
    if service == "kms":
        service_context = {**(service_context or {}), "kms:CallerAccount": get_account_id()}
    if isinstance(resource_arn, Resources):
        service_context = {**(service_context or {}), **resource_arn.conditions}
        asked = [(it, arn) for it in (action, *resource_arn.more_actions) for arn in resource_arn.arns]
    else:
        asked = [(action, resource_arn)]
    for wanted, arn in asked:
        _record(wanted, arn)
        refused = original(access_key_id, wanted, service, region, resource_arn=arn, service_context=service_context)
        if isinstance(refused, AuthError) or wanted in _ALWAYS_ALLOWED:
            return refused
        if service == "kms" or organization_policies.are_set():
            principal = iam_evaluator.resolve_principal(access_key_id or "", get_account_id())
            refused = beyond_policies(refused, request_context(principal, wanted, arn, region, service_context))
        if refused:
            _refused.set(("" if wanted == action else wanted, arn, kind_of_policy(refused)))
            return refused
    return None


def _record(action: str, arn: str) -> None:
    asked = asked_for.get()
    if asked is not None:
        asked.append((action, arn))


def beyond_policies(refused: EvalResult | None, context: EvalContext) -> EvalResult | None:
    """What becomes of what identity and resource policies decide: the organization bounds it, a grant adds to it."""
    if denied := organization_policies.denial(context):
        return replace(denied, principal_arn=context.principal_arn)
    return None if refused and refused.decision == "ImplicitDeny" and keys.granted(context) else refused


def decide(
    principal: PrincipalInfo, action: str, resource: str, region: str, more: Mapping[str, Any]
) -> EvalResult | None:
    """How a request that a principal makes through a service is denied; None where it is allowed."""
    service = action.partition(":")[0]
    is_key = service == "kms"
    if is_key:
        more = {**more, "kms:CallerAccount": principal.account}
    context = request_context(principal, action, resource, region, more)
    result = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    if found := iam_evaluator._resource_policy(service, resource):
        result = iam_evaluator.combine_resource_policy(
            result, context, *found, required=is_key, limits=principal.limits
        )
    return beyond_policies(None if result.decision == "Allow" else result, context)


def _combine(original: Any, identity: EvalResult, context: Any, *args: Any, **kwargs: Any) -> EvalResult:
    """Remember when it was the resource's own policy (a key policy) that did not allow: the denial says so."""
    result = original(identity, context, *args, **kwargs)
    if result.decision == "ImplicitDeny" and identity.decision == "Allow":
        result.resource_policy_arn = context.resource_arn
    return result


def _resource_in_words(service: str, arn: str) -> str:
    """A resource as the service writes it into its denials."""
    if arn.startswith("arn:aws:s3:"):
        return f'"{arn}"'
    kind, _slash, name = arn.rpartition(":")[2].partition("/")
    if service == "iam" and name:
        return f"policy {arn}" if kind == "policy" else f"{kind} {name.rpartition('/')[2]}"
    return arn


def kind_of_policy(denied: EvalResult) -> str:
    """The kind of policy that a denial is put down to."""
    if denied.reason == organization_policies.KIND:
        return organization_policies.KIND
    return "resource-based policy" if denied.resource_policy_arn else "identity-based policy"


def denial_text(action: str, principal_arn: str, resource: str, kind: str, explicit: bool) -> str:
    """IAM's sentence."""
    reason = f"because no {kind} allows the {action} action"
    if explicit:
        reason = f"with an explicit deny in {'an' if kind.startswith('identity') else 'a'} {kind}"
    return f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource} {reason}"


def _denial(service: str, action: str, principal_arn: str, explicit: bool) -> str:
    if service == "athena":
        # Athena words it like no other service, and does not say on which resource.
        return (
            f"You are not authorized to perform: {action} on the resource. After your AWS administrator or you have "
            "updated your permissions, please try again."
        )
    other_action, resource, kind = _refused.get()
    return denial_text(other_action or action, principal_arn, _resource_in_words(service, resource), kind, explicit)


def _access_denied(
    original: Any,
    service: str,
    action: str,
    principal_arn: str,
    request_id: str,
    *,
    error_code: str = "",
    message: str = "",
    explicit_deny: bool = False,
    resource_policy_arn: str = "",
    **kwargs: Any,
) -> Any:
    if not (error_code or message):
        message = _denial(service, action, principal_arn, explicit_deny)
    status, headers, body = original(
        service, action, principal_arn, request_id, error_code=error_code, message=message, **kwargs
    )
    # These answer a denial with 400, unlike the query services and S3.
    return (400 if service in ("athena", "glue", "kms", "lakeformation") else status), headers, body


def install() -> None:
    """Authorise on AWS's resource ARNs."""
    wrap("ministack.core.iam_actions:extract_resource_arn", _resource)
    wrap("ministack.core.iam_actions:access_denied_response", _access_denied)
    wrap("ministack.core.iam_evaluator:enforce", _enforce)
    wrap("ministack.core.iam_evaluator:combine_resource_policy", _combine)
