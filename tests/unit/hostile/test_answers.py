# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module where one answer of AWS is not what it should be: no traceback, one clear error, nothing widened."""

from __future__ import annotations

import json
import random
import typing as t
import urllib.parse
from collections.abc import Callable

import pytest

from ansible_collections.qualytics.athena.tests.unit.helpers.asked import widened
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_aws import SpoilingAws, spoilt_answer
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_options import IN_ORDER
from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import Answer, Aws, run_module
from ansible_collections.qualytics.athena.tests.unit.helpers.obliging_aws import ObligingAws, PopulatedAws
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import FACTOR

Options = dict[str, t.Any]
WORLDS = [pytest.param(ObligingAws, id="new"), pytest.param(PopulatedAws, id="there")]
OURS = "QualyticsAthenaAssumeRole"


def options_of(module: str, *left_out: str, **more: t.Any) -> Options:
    kept = {name: value for name, value in IN_ORDER[module].items() if not name.startswith(left_out or ("\0",))}
    return {**kept, **more}


PURGE = ("purge", "lake_formation_purge")
RUNS: list[tuple[str, Options]] = [
    *((module, options_of(module)) for module in IN_ORDER),
    ("athena_access_check", options_of("athena_access_check", "trusted", "external", "base_role", iam_type="user")),
    ("athena_connection", options_of("athena_connection", state="compared")),
    ("athena_connection", options_of("athena_connection", state="verified", fail_on=[])),
    ("athena_connection", options_of("athena_connection", *PURGE, state="absent")),
    ("athena_perm_policy", options_of("athena_perm_policy", state="absent")),
    (
        "athena_perm_policy",
        options_of("athena_perm_policy", "path", "desc", "tags", "purge", iam_type="role", policy_type="inline"),
    ),
    ("athena_role_trust", options_of("athena_role_trust", state="absent")),
    ("lf_grant", options_of("lf_grant", *PURGE, state="absent")),
]


def kept_statements(answer: Answer | None) -> list[str]:
    """The statements of a role's trust that are there and not ours."""
    text = ((answer.body if answer else {}).get("Role") or {}).get("AssumeRolePolicyDocument")
    try:
        document = json.loads(urllib.parse.unquote(text))
        listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        return [repr(it) for it in listed if it.get("Sid") != OURS]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


class Remembering:
    """Another AWS, and what it answered last about a role."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.role: Answer | None = None

    def __call__(self, service: str, operation: str, given: Options) -> Answer:
        answer = self._aws(service, operation, given)
        if operation == "GetRole" and given["RoleName"] == "target":
            self.role = answer
        return answer


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("module", "options"), RUNS, ids=[f"{it[0]}-{it[1].get('state', '')}" for it in RUNS])
def test_an_answer_that_is_spoilt(
    module: str, options: Options, world: Callable[[], Aws], tried: Callable[..., None]
) -> None:
    unspoilt = run_module(module, options, world())
    calls = len(unspoilt.calls)
    assert calls
    assert "cannot be used" not in unspoilt.message
    for seed in range(8 * FACTOR):
        source = random.Random(f"{module} {options.get('state')} {world.__name__} {seed}")
        aws = SpoilingAws(world(), source.randrange(calls), spoilt_answer(source))
        seen = Remembering(aws)
        end = run_module(module, options, seen)
        assert aws.spoilt is not None
        operation, answer = aws.spoilt
        context = f"{operation} answered {str(answer)[:2000]}"
        assert "Traceback" not in end.message, context
        assert end.printed.encode(), context
        if end.failed:
            assert end.message, context
        assert widened(options, end.result, kept_statements(seen.role)) == [], context
        tried("answers spoilt", "told as an error" if end.failed else "made nothing of")
