# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS keys as AWS has them: found across accounts, made by AWS itself, granted, out of use, tried with DryRun.

Source: the KMS API reference, and its developer guide: grants, key-state, key-policy-modifying-external-accounts,
testing-permissions, concepts.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.core.iam_evaluator import EvalContext, caller_arn
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import iam, kms as ministack_kms

from . import policy_grammar
from .pin import wrap

_KMS = "ministack.services.kms"
_KEY_ARN = re.compile(r"arn:aws:kms:([\w-]+):(\d{12}):((?:key|alias)/.+)")
_AWS_ALIAS = re.compile(r"alias/aws/(\w+)")
# The calls that reach a key of another account (developer guide, key-policy-modifying-external-accounts).
_ACROSS_ACCOUNTS = re.compile(
    r"CreateGrant|Decrypt|DescribeKey|Encrypt|GenerateDataKey\w*|GenerateMac|GetKeyRotationStatus|GetPublicKey|"
    r"ListGrants|ReEncrypt\w*|RetireGrant|RevokeGrant|Sign|Verify|VerifyMac"
)
_DRY_RUN = re.compile(r"Decrypt|Encrypt|GenerateDataKey\w*|Sign|Verify")
_STATES = {
    "Disabled": ("DisabledException", "is disabled."),
    "PendingDeletion": ("KMSInvalidStateException", "is pending deletion."),
}


# ---- which key ----


def _resolve_key(original: Any, name: str) -> Any:
    """The record of a key by its id, its ARN or an alias; of another account, by an ARN."""
    managed = _AWS_ALIAS.fullmatch(name or "")
    if managed and ministack_kms._alias_arn(name) not in ministack_kms._aliases:
        # "If you use a predefined AWS alias, KMS associates it with an AWS managed key" (API reference, DescribeKey).
        _make_managed_key(managed[1])
    foreign = _KEY_ARN.fullmatch(name or "")
    if foreign is None or foreign[2] == get_account_id() or foreign[1] != get_region():
        return original(name)
    region, account, resource = foreign.groups()
    key_id = resource.removeprefix("key/")
    if resource.startswith("alias/"):
        key_id = ministack_kms._aliases.get_scoped(account, region, name)
    return ministack_kms._keys.get_scoped(account, region, key_id)


def _make_managed_key(service: str) -> None:
    account, use = get_account_id(), ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"]
    through = {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{get_region()}.amazonaws.com"}
    statements = [
        {"Principal": {"AWS": "*"}, "Action": use, "Condition": {"StringEquals": through}},
        {
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
        },
    ]
    whole = [{"Effect": "Allow", "Resource": "*"} | statement for statement in statements]
    policy = json.dumps({"Version": "2012-10-17", "Id": f"auto-{service}-2", "Statement": whole})
    _status, _headers, body = ministack_kms._create_key({"Policy": policy})
    key_id = json.loads(body)["KeyMetadata"]["KeyId"]
    ministack_kms._keys[key_id]["_manager"] = "AWS"
    ministack_kms._create_alias({"AliasName": f"alias/aws/{service}", "TargetKeyId": key_id})


def _key_metadata(original: Any, record: dict[str, Any]) -> dict[str, Any]:
    return dict(original(record)) | {"KeyManager": record.get("_manager", "CUSTOMER")}


def arn_of(name: str) -> str:
    """The ARN of a key by any of its names; the name itself where there is no such key."""
    return str((ministack_kms._resolve_key(name) or {}).get("Arn", name))


def out_of_use(name: str) -> tuple[str, str] | None:
    """The error for a key that is not there, disabled or to be deleted; None for one that can be used."""
    record = ministack_kms._resolve_key(name)
    if record is None:
        return "NotFoundException", f"Key '{name}' does not exist"
    code, text = _STATES.get(record["KeyState"], ("", ""))
    return (code, f"{record['Arn']} {text}") if code else None


# ---- who may use it ----


def _key_policy_for_arn(_original: Any, arn: str) -> tuple[str, str] | None:
    """The key policy with the account that owns the key."""
    record = ministack_kms._resolve_key(arn)
    return (record.get("Policy") or "", record["Arn"].split(":")[4]) if record else None


def _names_of(context: EvalContext) -> set[str]:
    """What a grant may call the principal: a session also its role."""
    names = {context.principal_arn}
    if ":assumed-role/" in context.principal_arn:
        role = iam._roles.get_scoped(context.principal_account, None, context.principal_arn.split("/")[1])
        names |= {role["Arn"]} if role else set()
    return names


def granted(context: EvalContext) -> bool:
    """Whether a grant without constraints allows a request; what it takes to meet constraints is not modelled."""
    service, _colon, operation = context.action.partition(":")
    return service == "kms" and any(
        grant["KeyId"] == context.resource_arn
        and operation in grant["Operations"]
        and grant["GranteePrincipal"] in _names_of(context)
        and not grant["Constraints"]
        for grant in list(ministack_kms._grants._data.values())
    )


# ---- the calls ----


def _statement_problem(statement: dict[str, Any]) -> str | None:
    required = {"Effect", "Principal", "Action", "Resource"}
    alternatives = {name.removeprefix("Not") for name in statement if name.startswith("Not")} | set(statement)
    return None if required <= alternatives else policy_grammar.SYNTAX


def _refusal(operation: str, data: dict[str, Any]) -> Any:
    """What KMS refuses before ministack sees it."""
    has_policy = operation in ("CreateKey", "PutKeyPolicy") and "Policy" in data
    if has_policy and (found := policy_grammar.document_problem(data["Policy"], _statement_problem, True)):
        return error_response_json("MalformedPolicyDocumentException", found, 400)
    foreign = _KEY_ARN.fullmatch(str(data.get("KeyId", "")))
    if foreign and foreign[2] != get_account_id() and not _ACROSS_ACCOUNTS.fullmatch(operation):
        message = f"User: {caller_arn()} is not authorized to perform: kms:{operation} on resource: {data['KeyId']}"
        return error_response_json("AccessDeniedException", message, 400)
    return None


def _trial(answer: Any) -> Any:
    """The answer to a call with DryRun: that it would have succeeded is an error, too."""
    if answer[0] != 200:
        return answer
    message = "The request would have succeeded, but the DryRun option is set."
    return error_response_json("DryRunOperationException", message, 400)


async def _handle_request(
    original: Any, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
) -> Any:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        data = {}
    if refused := _refusal(operation, data):
        return refused
    is_trial = bool(data.get("DryRun") and _DRY_RUN.fullmatch(operation))
    if is_trial and "IGNORE_CIPHERTEXT" in data.get("DryRunModifiers", ()):
        unusable = out_of_use(data.get("KeyId", ""))
        return error_response_json(*unusable, 400) if unusable else _trial((200, {}, b""))
    answer = await original(method, path, headers, body, query_params)
    return _trial(answer) if is_trial else answer


def install() -> None:
    """Make KMS follow AWS."""
    wrap(f"{_KMS}:_resolve_key", _resolve_key)
    wrap(f"{_KMS}:_key_metadata", _key_metadata)
    wrap(f"{_KMS}:key_policy_for_arn", _key_policy_for_arn)
    wrap(f"{_KMS}:handle_request", _handle_request)
