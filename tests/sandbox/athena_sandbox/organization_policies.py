# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service control policies of the organization: the switch that sets them, and what they leave to whom.

They allow nothing: they bound what the account's users and roles may be allowed, service-linked roles excepted
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html). A document of the switch is
what holds at one level of the organization, the root, a unit or the account; each level must allow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult, ParsedStatement
from ministack.services import iam

from . import switches
from .policy_grammar import listed, problem

KIND = "service control policy"
_SWITCH = "organization_policy"


def _check(settings: Mapping[str, Any]) -> None:
    for document in listed(settings["document"]):
        if found := problem(json.dumps(document)):
            raise ValueError(f"{_SWITCH}: {found}")


def _levels() -> list[list[ParsedStatement]]:
    """The statements of each level, as the switch that was turned on last has them."""
    documents = [switch["document"] for switch in switches.left() if switch["switch"] == _SWITCH]
    return [iam_evaluator.parse_policy_document(document) for document in listed(documents[-1])] if documents else []


def are_set() -> bool:
    """Whether the account is in an organization at all."""
    return bool(_levels())


def bind(arn: str) -> bool:
    """Whether a principal is bound: the root user is not here, nor are service-linked roles anywhere."""
    if arn.endswith(":root"):
        return False
    name = arn.split("/")[1] if ":assumed-role/" in arn else arn.rpartition("/")[2]
    is_role = ":role/" in arn or ":assumed-role/" in arn
    role = iam._roles.get_scoped(arn.split(":")[4], None, name) if is_role else None
    return not (role and role["Path"].startswith("/aws-service-role/"))


def denial(context: EvalContext) -> EvalResult | None:
    """How these policies deny a request, None where they leave it to others."""
    levels = _levels()
    if not levels or not bind(context.principal_arn):
        return None
    result: EvalResult = iam_evaluator.evaluate(context, levels[:1], *([level] for level in levels[1:]))
    if result.decision == "Allow":
        return None
    result.reason = KIND
    return result


def install() -> None:
    """Offer the switch; it holds until the next reset, whatever `times` says, and of two the later counts."""
    switches.offer(_SWITCH, {"document"}, check=_check)
