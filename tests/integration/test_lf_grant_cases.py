# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every situation of lake_formation.json over HTTP: set up, checked, applied, applied again.

Under the defaults that is every case. Under each setting of a switch it is one case of each kind to which the setting
matters, that is where the module and Lake Formation say anything else to each other because of it, which a run without
HTTP tells (`unlike_cases_by_switch`). With ATHENA_TEST_ALL_SWITCHES=1 in the environment it is every case there too.
"""

from __future__ import annotations

import functools
import os

import pytest

from ansible_collections.qualytics.athena.tests.unit.helpers.grants_cases import (
    CASES,
    SINGLE_SWITCHES,
    Case,
    left_to_do,
    options,
    requests,
    rows_of_others,
    unlike_cases_by_switch,
)
from athena_sandbox import Sandbox

from .lake import Lake, Settings
from .module_runs import Modules, Run, in_a_hurry

MODULE = "lf_grant"


@functools.cache
def chosen_cases() -> dict[str, list[Case]]:
    if os.environ.get("ATHENA_TEST_ALL_SWITCHES"):
        return dict.fromkeys(SINGLE_SWITCHES, CASES)
    return unlike_cases_by_switch()


def run(modules: Modules, case: Case, check: bool = False) -> Run:
    return modules.run(MODULE, options(case), check=check, before=in_a_hurry)


def is_listed_anyway(case: Case, settings: Settings) -> bool:
    """Whether what the case lacks is listed like a grant, because ALL is held."""
    return case["id"] == "parts_missing_all_held" and "all_expands" in settings


def assert_converges(sandbox: Sandbox, case: Case, settings: Settings) -> None:
    lake, modules = Lake(sandbox), Modules(sandbox)
    lake.behave({**settings, "list_lag": 0})
    for request in requests(case):
        lake.client.grant_permissions(**request)
    lake.behave(settings)
    principal, before = case["principal"], lake.rows()

    predicted = run(modules, case, check=True).ok()
    assert not predicted.writes
    assert predicted.result["changed"] is (case["expect"] == "drift" and not is_listed_anyway(case, settings))
    assert bool(predicted.result["granted"]) is bool(case["to_grant"] and predicted.result["changed"])
    assert bool(predicted.result["revoked"]) is bool(case["to_revoke"])
    assert lake.rows() == before

    done = run(modules, case)
    assert rows_of_others(lake.rows(), principal) == rows_of_others(before, principal)
    if done.failed:
        assert_names_what_is_in_the_way(case, done)
        return
    for key in ("changed", "drift", "diff", "granted", "revoked"):
        assert done.result[key] == predicted.result[key]
    assert bool(done.writes) is done.result["changed"]
    assert not left_to_do(case, lake.held(principal), settings)

    lake.behave({"list_lag": 0})
    again = run(modules, case).ok()
    assert not again.result["changed"]
    assert not again.drift
    assert not again.writes


def assert_names_what_is_in_the_way(case: Case, done: Run) -> None:
    """Nothing is revoked without purge; where that stands in the way, the error says what and how."""
    done.refused()
    assert case["id"] == "whole_table_vs_columns_held"
    assert "the principal holds SELECT on table sales.orders (columns id)" in done.message
    assert "set purge: true" in done.message
    assert done.result["not_done"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_case(sandbox: Sandbox, case: Case) -> None:
    assert_converges(sandbox, case, {})


@pytest.mark.parametrize("switch", SINGLE_SWITCHES)
def test_cases_to_which_a_switch_matters(sandbox: Sandbox, switch: str) -> None:
    assert chosen_cases()[switch]
    for case in chosen_cases()[switch]:
        try:
            assert_converges(sandbox, case, SINGLE_SWITCHES[switch])
        except Exception as error:
            error.add_note(f"case {case['id']}")
            raise
