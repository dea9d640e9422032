# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters over whatever a play may give them."""

from __future__ import annotations

import random
import typing as t
from collections.abc import Callable

import pytest
from ansible.errors import AnsibleError
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.filter.connection_result import connection_result
from ansible_collections.qualytics.athena.plugins.filter.explain_error import explain_error
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_options import IN_ORDER, spoilt_data
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_text import hostile_data, hostile_text
from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import run_module
from ansible_collections.qualytics.athena.tests.unit.helpers.obliging_aws import PopulatedAws
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

DENIAL = (
    "User: arn:aws:iam::111122223333:user/a is not authorized to perform: glue:GetTable on resource: "
    "arn:aws:glue:us-east-1:111122223333:catalog because no identity-based policy allows the glue:GetTable action"
)


@examples(300)
@given(st.integers(0, 2**32))
def test_any_text_is_explained_or_not(tried: Callable[..., None], seed: int) -> None:
    source = random.Random(seed)
    text = "".join(hostile_text(source, DENIAL) for _number in range(source.randrange(1, 4)))
    found = explain_error(source.choice((text, {"msg": text})))
    assert all(isinstance(value, str) for row in found for value in row.values())
    tried("inputs of filters", "explained" if found else "unexplained")


@examples(300)
@given(st.integers(0, 2**32))
def test_any_data_is_explained_or_refused(tried: Callable[..., None], seed: int) -> None:
    data = hostile_data(random.Random(seed))
    try:
        outcome = "explained" if explain_error(data) else "unexplained"
    except AnsibleError:
        outcome = "refused"
    tried("inputs of filters", outcome)


@examples(150)
@given(st.integers(0, 2**32))
def test_results_that_are_none_are_refused(tried: Callable[..., None], results: dict[str, t.Any], seed: int) -> None:
    source = random.Random(seed)
    try:
        result = connection_result(spoilt_data(source, results), "sales", "iam_role", spoilt_data(source, {"msg": "a"}))
        assert {"status", "drift", "checks", "error"} <= set(result)
        outcome = "put together"
    except AnsibleError:
        outcome = "refused"
    tried("inputs of filters", outcome)


@pytest.fixture(scope="module")
def results() -> dict[str, t.Any]:
    """What modules return."""
    names = {"bucket_check": "s3_results_bucket_check", "policy": "athena_perm_policy", "grants": "lf_grant"}
    return {step: run_module(name, IN_ORDER[name], PopulatedAws()).result for step, name in names.items()}
