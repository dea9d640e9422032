# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM refuses in a trust policy, in IAM's words, and whom such a policy names. Pure.

Sources: the user guide (reference_policies_elements_principal), the knowledge centre (iam-trust-policy-error) and the
messages that others have met: hashicorp/terraform-provider-aws #8905 and #32872, hashicorp/terraform #35086,
terraform-aws-modules/terraform-aws-iam #47, terraform-aws-modules/terraform-aws-eks #2594.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .policy_grammar import SYNTAX, action_problem, condition_problem, document_problem, listed

_STATEMENT_KEYS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}
_PROHIBITED_KEYS = ("Resource", "NotResource")
_PRINCIPAL_KINDS = ("AWS", "Service", "Federated")
_ACTIONS = (
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "setcontext",
    "setsourceidentity",
    "tagsession",
)
_NO_PRINCIPALS = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement "
    "with no principals!"
)
_SERVICE = re.compile(r"([a-z0-9_-]+\.)+(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|amazon\.com|aws\.internal)")
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider/[^*?\s]+|([a-z0-9-]+\.)+[a-z]+")
_NAME = r"(?P<name>[\w+=,.@-]+)"
# All visible characters but the wildcards.
_PATH = r"([!-)+->@-~]*/)?"
_AWS_FORMS = {
    "everyone": re.compile(r"\*"),
    "account": re.compile(r"(?P<account>\d{12})|arn:(?P<partition>[a-z-]+):iam::(?P<root_account>\d{12}):root"),
    "user": re.compile(rf"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{{12}}):user/{_PATH}{_NAME}", re.ASCII),
    "role": re.compile(rf"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{{12}}):role/{_PATH}{_NAME}", re.ASCII),
    "session": re.compile(
        rf"arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{{12}}):assumed-role/{_NAME}/[\w+=,.@-]+", re.ASCII
    ),
    "federated user": re.compile(
        rf"arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{{12}}):federated-user/{_NAME}", re.ASCII
    ),
    "unique id": re.compile(r"(AIDA|AROA)[A-Z0-9]{12,124}"),
}


@dataclass(frozen=True)
class Principal:
    """A value of an AWS principal: what kind it is of, and the parts that its kind has."""

    text: str
    kind: str
    partition: str = "aws"
    account: str = ""
    name: str = ""


def parsed(text: Any) -> Principal | None:
    """The principal that a value names, None where its form is no principal's."""
    for kind, form in _AWS_FORMS.items():
        if isinstance(text, str) and (match := form.fullmatch(text)):
            parts = match.groupdict("")
            account = parts.get("account") or parts.get("root_account", "")
            return Principal(text, kind, parts.get("partition") or "aws", account, parts.get("name", ""))
    return None


def invalid(kind: str, value: Any) -> str:
    """IAM's message about a principal that is none, or that there is not."""
    return f'Invalid principal in policy: "{kind}":"{value}"'


def problem(document: str) -> str | None:
    """The message of IAM's MalformedPolicyDocument for a trust policy, as far as the document alone tells."""
    return document_problem(document, _statement_problem)


def _statement_problem(statement: dict[str, Any]) -> str | None:
    for key in _PROHIBITED_KEYS:
        if key in statement:
            return f"Has prohibited field {key}"
    if not statement.keys() <= _STATEMENT_KEYS or statement.get("Effect") not in ("Allow", "Deny"):
        return SYNTAX
    if "NotPrincipal" in statement:
        allows = statement["Effect"] == "Allow"
        return (
            "Allow with NotPrincipal is not allowed."
            if allows
            else "AssumeRole policy must not contain NotPrincipal field."
        )
    if "Principal" not in statement:
        return "Missing required field Principal"
    return (
        _actions_problem(statement)
        or _principal_problem(statement["Principal"])
        or condition_problem(statement.get("Condition", {}))
    )


def _actions_problem(statement: dict[str, Any]) -> str | None:
    present = {"Action", "NotAction"} & set(statement)
    if len(present) == 2:
        return SYNTAX
    actions = listed(statement[present.pop()]) if present else []
    if not actions:
        return "Policy statement must contain actions."
    if not all(isinstance(action, str) for action in actions):
        return SYNTAX
    if found := next(filter(None, map(action_problem, actions)), None):
        return found
    if not all(map(_is_assume_role, actions)):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    return None


def _is_assume_role(action: str) -> bool:
    service, _colon, name = action.lower().partition(":")
    return service == "sts" and any(fnmatchcase(known, name) for known in _ACTIONS)


def _principal_problem(principal: Any) -> str | None:
    if principal == "*":
        return None
    if not isinstance(principal, dict):
        return SYNTAX
    values = [(kind, value) for kind in principal for value in listed(principal[kind])]
    if not values:
        return _NO_PRINCIPALS
    for kind, value in values:
        if kind == "Federated":
            if not isinstance(value, str) or not _PROVIDER.fullmatch(value):
                return "Federated principals must be valid domain names or SAML metadata ARNs"
        elif kind == "Service":
            if not isinstance(value, str) or not _SERVICE.fullmatch(value):
                return invalid("SERVICE", value)
        elif kind not in _PRINCIPAL_KINDS or parsed(value) is None:
            return invalid(kind if kind == "AWS" else kind.upper(), value)
    return None


def aws_principals(document: str) -> Iterator[Principal]:
    """The AWS principals that a sound trust policy names, in its order."""
    for statement in listed(json.loads(document)["Statement"]):
        if isinstance(statement["Principal"], dict):
            for value in listed(statement["Principal"].get("AWS", [])):
                if principal := parsed(value):
                    yield principal


def rewritten(document: str, rewrite: Callable[[str], str]) -> str:
    """A sound trust policy with its AWS principals rewritten; the very same text where none changes."""
    policy = json.loads(document)
    changed = False
    for statement in listed(policy["Statement"]):
        principal = statement["Principal"]
        if not isinstance(principal, dict) or "AWS" not in principal:
            continue
        before = principal["AWS"]
        principal["AWS"] = list(map(rewrite, before)) if isinstance(before, list) else rewrite(before)
        changed = changed or principal["AWS"] != before
    return json.dumps(policy, separators=(",", ":")) if changed else document
