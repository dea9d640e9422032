# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM refuses for its form alone: texts and lists that are longer than the SDK's own model of IAM lets them be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationNotFoundError

from .roles import constraint


@cache
def _input_of(action: str) -> Any:
    model = botocore.session.get_session().get_service_model("iam")
    try:
        return model.operation_model(action).input_shape
    except OperationNotFoundError:
        return None


def refusal(action: str, parameters: Mapping[str, list[str]]) -> tuple[int, str, str] | None:
    """The status, code and message with which IAM refuses a form parameter that is too long, if one is."""
    for name, values in parameters.items():
        for value in values:
            if found := _too_long(_input_of(action), name.split("."), value):
                shown, maximum = found
                return constraint(shown, value, f"Member must have length less than or equal to {maximum}")
    return None


def _too_long(shape: Any, parts: list[str], value: str, shown: str = "") -> tuple[str, int] | None:
    """The name that messages have for it and the largest length; parts: of its name in the form, Tags.member.1.Key."""
    if shape is None:
        return None
    maximum = shape.metadata.get("max")
    if shape.type_name == "structure" and parts:
        first, *rest = parts
        name = first[0].lower() + first[1:]
        return _too_long(shape.members.get(first), rest, value, f"{shown}.{name}" if shown else name)
    if shape.type_name == "list" and len(parts) >= 2:
        _member, index, *rest = parts
        if maximum and int(index) > maximum:
            return shown, maximum
        return _too_long(shape.member, rest, value, f"{shown}.{index}.member")
    if shape.type_name == "string" and maximum and len(value) > maximum:
        return shown, maximum
    return None
