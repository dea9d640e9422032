# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS AssumeRole: who may assume a role, for how long, and the session that this makes.

The trust policy is the role's resource policy, and must allow. In the role's own account that is enough where it names
the caller; an account in it only delegates, and across accounts the caller's own policies must allow as well (user
guide, reference_policies_evaluation-logic; STS API reference, AssumeRole). ministack asks for both at all times.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape, unescape

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from . import organization_policies
from .authorization import denial_text, kind_of_policy
from .pin import wrap
from .roles import constraint

_ACTION = "sts:AssumeRole"
_SOURCE_IDENTITY = "sts:SetSourceIdentity"
_SHORTEST, _LONGEST, _CHAINED = 900, 43200, 3600
# What a parameter is made of, and how long it may be (STS API model).
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_LISTS = {"PolicyArns": 10, "Tags": 50, "TransitiveTagKeys": 50}
_TEXTS = {
    "RoleSessionName": (r"[\w+=,.@-]*", 2, 64),
    "ExternalId": (r"[\w+=,.@:/-]*", 2, 1224),
    "SourceIdentity": (r"[\w+=,.@-]*", 2, 64),
}
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/(?:[!-~]*/)?([\w+=,.@-]+)", re.ASCII)


class _Refused(Exception):
    """STS's answer to a call it refuses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response: Any = iam._error(status, code, escape(message), ns="sts")


def _check_form(first: dict[str, str]) -> int:
    """The duration asked for; _Refused when a parameter alone is wrong."""
    for name in ("RoleArn", "RoleSessionName"):
        if name not in first:
            shown = name[0].lower() + name[1:]
            text = f"1 validation error detected: Value null at '{shown}' failed to satisfy constraint"
            raise _Refused(400, "ValidationError", f"{text}: Member must not be null")
    for name, (pattern, shortest, longest) in _TEXTS.items():
        value = first.get(name)
        if value is None:
            continue
        if len(value) < shortest:
            raise _Refused(*constraint(name, value, f"Member must have length greater than or equal to {shortest}"))
        if len(value) > longest:
            raise _Refused(*constraint(name, value, f"Member must have length less than or equal to {longest}"))
        if not re.fullmatch(pattern, value, re.ASCII):
            raise _Refused(*constraint(name, value, f"Member must satisfy regular expression pattern: {pattern}"))
    for name, longest in _LISTS.items():
        if len({key.split(".")[2] for key in first if key.startswith(f"{name}.member.")}) > longest:
            raise _Refused(*constraint(name, "[...]", f"Member must have length less than or equal to {longest}"))
    duration = first.get("DurationSeconds", "3600")
    if not duration.isdecimal() or int(duration) < _SHORTEST:
        text = f"Member must have value greater than or equal to {_SHORTEST}"
        raise _Refused(*constraint("DurationSeconds", duration, text))
    if int(duration) > _LONGEST:
        raise _Refused(
            *constraint("DurationSeconds", duration, f"Member must have value less than or equal to {_LONGEST}")
        )
    if not _ROLE_ARN.fullmatch(first["RoleArn"]):
        raise _Refused(400, "ValidationError", f"{first['RoleArn']} is invalid")
    return int(duration)


def _denied(caller: str, action: str, role_arn: str, explicit: bool = False) -> _Refused:
    """The one denial, which does not tell whether there is such a role."""
    reason = " with an explicit deny in an identity-based policy" if explicit else ""
    message = f"User: {caller} is not authorized to perform: {action} on resource: {role_arn}{reason}"
    return _Refused(403, "AccessDenied", message)


def _role(arn: str) -> dict[str, Any] | None:
    match = _ROLE_ARN.fullmatch(arn)
    role: dict[str, Any] | None = iam._roles.get_scoped(match[1], None, match[2]) if match else None
    return role if role and role["Arn"] == arn else None


def _decision(principal: Any, context: EvalContext, role: dict[str, Any]) -> EvalResult:
    """What the caller's policies and the trust policy make of one action together."""
    identity = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    owner = role["Arn"].split(":")[4]
    if context.action == _SOURCE_IDENTITY and principal.type == "AssumedRole" and identity.decision != "Allow":
        # "Permissions for sts:SetSourceIdentity are required in both [...]" when chaining (user guide,
        # id_credentials_temp_control-access_monitor).
        return replace(identity, reason="identity")
    combined: EvalResult = iam_evaluator.combine_resource_policy(
        identity, context, role["AssumeRolePolicyDocument"], owner, required=True, limits=principal.limits
    )
    return replace(combined, reason="identity" if identity.decision == "Deny" else "trust")


def _check_allowed(principal: Any, first: dict[str, str], tags: list[dict[str, str]]) -> dict[str, Any]:
    """The role, when its trust policy and the caller's policies allow what is asked for."""
    arn = first["RoleArn"]
    if principal.policies is None:
        raise _Refused(403, "AccessDenied", "Roles may not be assumed by root accounts.")
    role = _role(arn)
    if role is None:
        raise _denied(principal.arn, _ACTION, arn)
    keys = {
        "sts:externalid": first.get("ExternalId"),
        "sts:rolesessionname": first.get("RoleSessionName"),
        "sts:sourceidentity": first.get("SourceIdentity"),
        "aws:tagkeys": [tag["Key"] for tag in tags] or None,
    }
    keys |= {f"aws:resourcetag/{unescape(tag['Key']).lower()}": unescape(tag["Value"]) for tag in role["Tags"]}
    context = EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=_ACTION,
        resource_arn=arn,
        region=get_region(),
        service_context=keys,
        principal_keys=principal.keys,
        request_tags={tag["Key"]: tag["Value"] for tag in tags},
    )
    needed = [_ACTION] + ["sts:TagSession"] * bool(tags) + [_SOURCE_IDENTITY] * ("SourceIdentity" in first)
    for action in needed:
        if bounded := organization_policies.denial(replace(context, action=action)):
            text = denial_text(action, principal.arn, arn, kind_of_policy(bounded), bounded.decision == "Deny")
            raise _Refused(403, "AccessDenied", text)
        decision = _decision(principal, replace(context, action=action), role)
        if decision.decision != "Allow":
            explicit = decision.decision == "Deny" and decision.reason == "identity"
            raise _denied(principal.arn, action, arn, explicit)
    return role


def _check_duration(duration: int, role: dict[str, Any], principal: Any) -> None:
    if principal.type == "AssumedRole" and duration > _CHAINED:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        raise _Refused(400, "ValidationError", message)
    if duration > role["MaxSessionDuration"]:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise _Refused(400, "ValidationError", message)


def _session(first: dict[str, str], role: dict[str, Any], duration: int, more: dict[str, Any]) -> Any:
    """Make the session; its credentials die with the role, whose id they carry."""
    name, account = first["RoleSessionName"], role["Arn"].split(":")[4]
    arn = f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{name}"
    user_id = f"{role['RoleId']}:{name}"
    key, secret, token = iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token()
    session = {
        "Arn": arn,
        "UserId": user_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + duration,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session | more)
    source = f"<SourceIdentity>{first['SourceIdentity']}</SourceIdentity>" if "SourceIdentity" in first else ""
    result = (
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
        f"<SessionToken>{token}</SessionToken><Expiration>{iam._future(duration)}</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>{user_id}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        f"<PackedPolicySize>0</PackedPolicySize>{source}"
    )
    return iam._xml(200, "AssumeRoleResponse", f"<AssumeRoleResult>{result}</AssumeRoleResult>", ns="sts")


def _assume_role(parameters: dict[str, list[str]], access_key_id: str) -> Any:
    first = {name: values[0] for name, values in parameters.items()}
    try:
        duration = _check_form(first)
        tags, refused = sts._session_tags(parameters)
        if refused:
            return refused
        policies, refused = sts._session_policies(parameters, first["RoleArn"].split(":")[4])
        if refused:
            return refused
        principal = iam_evaluator.resolve_principal(access_key_id, get_account_id())
        role = _check_allowed(principal, first, tags)
        _check_duration(duration, role, principal)
    except _Refused as refusal:
        return refusal.response
    more = {
        "SourceAccessKeyId": access_key_id,
        "SourcePrincipalArn": principal.arn,
        "SessionTags": tags,
        "SessionPolicies": policies if any(policies.values()) else None,
    }
    return _session(first, role, duration, more)


async def _handle(
    original: Any, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
) -> Any:
    sent = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    parameters = {**sent, **query_params}
    if "AssumeRole" in parameters.get("Action", []):
        return _assume_role(parameters, extract_access_key_id(headers, query_params))
    if headers.get("x-amz-target", "").endswith(".AssumeRole"):
        # STS has no such protocol; ministack has, and would not ask for the caller's own rights now.
        return iam._error(400, "InvalidAction", "STS speaks the query protocol", ns="sts")
    return await original(method, path, headers, body, query_params)


def _enforce(original: Any, access_key_id: str, action: str, *args: Any, **kwargs: Any) -> Any:
    """Authenticate AssumeRole, as a call that needs no right: the trust policy may make the caller's unnecessary."""
    return original(access_key_id, "sts:GetCallerIdentity" if action == _ACTION else action, *args, **kwargs)


def _condition_key(original: Any, key: str, context: EvalContext) -> Any:
    """aws:PrincipalArn of a session is the ARN of its role (user guide, reference_policies_condition-keys)."""
    value = original(key, context)
    if key.lower() != "aws:principalarn" or ":assumed-role/" not in context.principal_arn:
        return value
    name = context.principal_arn.split("/")[1]
    role = iam._roles.get_scoped(context.principal_account, None, name)
    return role["Arn"] if role else context.principal_keys.get("aws:principalarn", value)


def install() -> None:
    """Make AssumeRole follow AWS."""
    wrap("ministack.services.sts:handle_request", _handle)
    wrap("ministack.core.iam_evaluator:enforce", _enforce)
    wrap("ministack.core.iam_evaluator:_resolve_condition_key", _condition_key)
