# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM refuses in an identity policy, in IAM's words, and what it refuses in any policy. Pure.

Source: the policy grammar (IAM user guide, reference_policies_grammar) and the messages IAM is known to answer with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

SYNTAX = "Syntax errors in policy."
_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
_STATEMENT_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)(NotEquals|Equals|(Less|Greater)Than"
    r"(Equals)?)|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null",
    re.IGNORECASE,
)


def problem(document: str) -> str | None:
    """The message of IAM's MalformedPolicyDocument for an identity policy, None for a sound one."""
    return document_problem(document, _statement_problem)


def document_problem(
    document: str, statement_problem: Callable[[dict[str, Any]], str | None], is_resource_policy: bool = False
) -> str | None:
    """What is wrong with a policy of any kind, or as its kind has it with its first wrong statement.

    The statement ids of resource policies take spaces, too: AWS's own key policies have them.
    """
    try:
        policy = json.loads(document)
    except ValueError:
        return "This policy contains invalid Json"
    if not isinstance(policy, dict) or not policy.keys() <= {"Version", "Id", "Statement"}:
        return SYNTAX
    if policy.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        return SYNTAX
    statements = listed(policy.get("Statement"))
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        return SYNTAX
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    sid_form = "[0-9A-Za-z ]*" if is_resource_policy else "[0-9A-Za-z]*"
    if not all(isinstance(sid, str) and re.fullmatch(sid_form, sid) for sid in sids):
        return (
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    if len(set(sids)) < len(sids):
        return "Statement IDs (SID) in a single policy must be unique."
    return next(filter(None, map(statement_problem, statements)), None)


def _statement_problem(statement: dict[str, Any]) -> str | None:
    if {"Principal", "NotPrincipal"} & set(statement):
        return "Policy document should not specify a principal."
    if not statement.keys() <= _STATEMENT_KEYS or statement.get("Effect") not in ("Allow", "Deny"):
        return SYNTAX
    for element, absent, check in (
        ("Action", "Policy statement must contain actions.", action_problem),
        ("Resource", "Policy statement must contain resources.", _resource_problem),
    ):
        present = {element, f"Not{element}"} & set(statement)
        if len(present) == 2:
            return SYNTAX
        values = listed(statement[present.pop()]) if present else []
        if not values:
            return absent
        if not all(isinstance(value, str) for value in values):
            return SYNTAX
        if found := next(filter(None, map(check, values)), None):
            return found
    return condition_problem(statement.get("Condition", {}))


def action_problem(action: str) -> str | None:
    """What is wrong with the form of an action."""
    vendor, colon, name = action.partition(":")
    if action == "*" or re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", action):
        return None
    return f"Vendor {vendor} is not valid" if colon and name else _VENDOR


def _resource_problem(resource: str) -> str | None:
    parts = resource.split(":", 5)
    if resource == "*":
        return None
    if parts[0] != "arn" or len(parts) < 6 or not parts[5]:
        return f'Resource {resource} must be in ARN format or "*".'
    if parts[1] not in ("aws", "*"):
        return f'Partition "{parts[1]}" is not valid for resource "{resource}".'
    return None if re.fullmatch(r"[a-z0-9*?-]+", parts[2]) else "The policy failed legacy parsing"


def condition_problem(condition: Any) -> str | None:
    """What is wrong with a Condition element."""
    if not isinstance(condition, dict):
        return SYNTAX
    for operator, keys in condition.items():
        if not _OPERATOR.fullmatch(operator):
            return f"Invalid Condition type : {operator}."
        if not isinstance(keys, dict):
            return SYNTAX
        if not all(":" in key for key in keys):
            return _VENDOR
        for values in keys.values():
            if not all(isinstance(value, str | bool | int | float) for value in listed(values)):
                return SYNTAX
    return None


def listed(value: Any) -> list[Any]:
    """A policy element as the list it may be written as."""
    return value if isinstance(value, list) else [value]
