# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of every module, spoilt: it is refused by its name before any call, or it widens nothing."""

from __future__ import annotations

import random
import typing as t
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.tests.unit.helpers.asked import (
    Asked,
    beyond_what_is_asked,
    unasked_grants,
    unasked_trust,
    widened,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_options import (
    IN_ORDER,
    SPECIFICATIONS,
    narrow,
    spoilt,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.module_in_process import End, run_module
from ansible_collections.qualytics.athena.tests.unit.helpers.obliging_aws import ACCOUNT, ObligingAws
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

OPTIONS = [(module, name) for module, specification in SPECIFICATIONS.items() for name in specification]
WITHOUT = {
    "athena_access_check": ("iam_type", "iam_name", "output_location"),
    "athena_connection": ("connection", "auth_mode", "role_name", "output_location", "trusted_principals"),
    "athena_discovery_info": ("output_location",),
    "athena_perm_policy": ("name", "iam_type", "iam_name", "output_location"),
    "athena_role_trust": ("role_name", "trusted_principals"),
    "lf_grant": ("iam_type", "iam_name", "grants"),
    "s3_results_bucket_check": ("output_location",),
}
# What a check finds missing is told by what it is, as it may come from several options.
NOT_BY_NAME = ("not everything may be looked at by the identity that runs this task",)


def judge(name: str, options: dict[str, t.Any], end: End) -> str:
    """What became of an option that was spoilt."""
    assert end.printed.isascii() or end.printed.encode()
    if end.by_ansible:
        assert end.failed
        assert end.message
        return "refused by Ansible"
    if not end.failed:
        assert widened(options, end.result) == []
        return "harmless"
    assert "Traceback" not in end.message
    if not any(words in end.message for words in NOT_BY_NAME):
        assert name in end.message
        assert end.calls == (), "it could have been refused before any call"
    return "refused"


def of_seed(*parts: t.Any) -> random.Random:
    return random.Random(repr(parts))


@pytest.mark.parametrize("module", IN_ORDER)
def test_what_is_in_order_is_accepted_and_widens_nothing(module: str) -> None:
    end = run_module(module, IN_ORDER[module], ObligingAws())
    assert not end.failed, end.message
    assert "sts:GetCallerIdentity" in end.calls
    assert widened(IN_ORDER[module], end.result) == []


@pytest.mark.parametrize("module", IN_ORDER)
def test_an_option_that_is_spoilt(module: str, tried: Callable[..., None]) -> None:
    """Every option, each the same number of times."""

    @examples(5)
    @given(st.integers(0, 2**32))
    def each_of_them(seed: int) -> None:
        for name in SPECIFICATIONS[module]:
            source = of_seed(module, name, seed)
            options = spoilt(source, module, name)
            if source.random() < 0.5:
                options = narrow(source, options, (name, *WITHOUT[module]))
            tried("options spoilt", judge(name, options, run_module(module, options, ObligingAws())))

    each_of_them()


@pytest.mark.parametrize(
    "widen",
    [
        lambda statement: statement | {"Resource": "*"},
        lambda statement: statement | {"Action": "s3:*"},
        lambda statement: statement | {"Action": "iam:PassRole"},
        lambda statement: statement | {"NotAction": "s3:GetObject"},
        lambda statement: statement | {"Resource": [f"{it}*" for it in statement["Resource"]]},
        lambda statement: (
            statement | {"Resource": [it.replace("/athena/dq/", "/athena/") for it in statement["Resource"]]}
        ),
    ],
)
def test_the_judge_sees_a_policy_that_was_widened(widen: Callable[[dict[str, t.Any]], dict[str, t.Any]]) -> None:
    options = IN_ORDER["athena_perm_policy"]
    document = run_module("athena_perm_policy", options, ObligingAws()).result["policy"]["document"]
    (results,) = (it for it in document["Statement"] if it["Sid"] == "S3QueryResultsBucket")
    assert beyond_what_is_asked({"Statement": [results]}, Asked(options)) == []
    assert beyond_what_is_asked({"Statement": [widen(results)]}, Asked(options)) != []


def test_the_judge_sees_a_trust_and_grants_that_were_widened() -> None:
    options = IN_ORDER["athena_role_trust"]
    trust = run_module("athena_role_trust", options, ObligingAws()).result["role"]["trust_policy"]
    (statement,) = trust["Statement"]
    for more in ({"Principal": "*"}, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, {"Condition": {}}):
        assert unasked_trust({"Statement": [statement | more]}, options) != []
    entries = IN_ORDER["lf_grant"]["grants"]
    granted = run_module("lf_grant", IN_ORDER["lf_grant"], ObligingAws()).result["granted"]
    assert unasked_grants(granted, entries[1:], "target") == []
    wildcard = {"Resource": {"Table": {"DatabaseName": "sales", "TableWildcard": {}}}}
    for changed in (wildcard, {"Permissions": ["ALL"]}, {"PermissionsWithGrantOption": ["DESCRIBE"]}):
        assert unasked_grants([granted[0] | changed], entries, "target") != []
    assert unasked_grants(granted, entries, "another") != []
