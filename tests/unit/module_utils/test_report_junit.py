# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for CI servers, read back as they read it."""

from __future__ import annotations

import collections
import typing as t
from xml.etree import ElementTree

from hypothesis import given

from ansible_collections.qualytics.athena.plugins.module_utils._report_junit import report_junit
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples
from ansible_collections.qualytics.athena.tests.unit.helpers.report_drawn import hostile_facts
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import drifted_everywhere, fleet

_ALLOWED = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set[str](),
}


def read(facts: t.Any, generated: str | None = None) -> ElementTree.Element:
    """The document, after what the servers rely on was checked."""
    root = ElementTree.fromstring(report_junit(facts, generated).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.keys()) <= _ALLOWED[element.tag], element.tag
    for suite in root:
        cases = list(suite)
        assert all(case.tag == "testcase" and len(case) <= 1 for case in cases)
        outcomes = collections.Counter(case[0].tag for case in cases if len(case))
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(outcomes["failure"])
        assert suite.get("errors") == str(outcomes["error"])
        assert suite.get("skipped") == str(outcomes["skipped"])
        # A server takes two of one name for one.
        assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    for name in ("tests", "failures", "errors", "skipped"):
        assert root.get(name) == str(sum(int(suite.get(name, "")) for suite in root))
    return root


def outcomes(suite: ElementTree.Element) -> dict[str, str]:
    """By class, without the connection, and name: the outcome of what did not just pass."""
    return {
        f"{case.get('classname', '').removeprefix(suite.get('name', ''))}.{case.get('name')}".lstrip("."): case[0].tag
        for case in suite
        if len(case)
    }


def suites() -> dict[str, ElementTree.Element]:
    return {suite.get("name", "").partition("-")[0]: suite for suite in read(fleet())}


def test_there_is_a_suite_for_each_connection_the_broken_first() -> None:
    assert list(suites())[:3] == ["logistics", "marketing", "telemetry"]
    assert len(suites()) == 8


def test_drift_is_a_failure_of_its_aspect() -> None:
    found = outcomes(suites()["finance"])
    assert found == dict.fromkeys(
        [
            *("policy.attachment", "policy.statement", "policy.action", "policy.resource", "policy.tag"),
            *("trust.principal", "trust.policy", "trust.max_session_duration", "grants.grant", "grants.grant_option"),
        ],
        "failure",
    )
    grants = next(case for case in suites()["finance"] if case.get("name") == "grant")
    assert grants[0].get("message", "").endswith("(and 5 more)")
    assert "missing: SELECT on table finance.payments" in str(grants[0].text)


def test_an_aspect_has_a_case_whether_it_differs_or_not() -> None:
    names = [(case.get("classname"), case.get("name")) for case in suites()["hr"]]
    assert ("hr.policy", "action") in names
    assert ("hr.trust", "principal") in names
    assert ("hr.grants", "grant") in names
    assert outcomes(suites()["hr"]) == {"check.lake_formation_filters": "system-out"}


def test_what_was_repaired_has_passed_with_a_word() -> None:
    found = outcomes(suites()["partner"])
    assert found == {"policy.action": "system-out", "grants.grant": "system-out"}


def test_of_a_run_that_failed_drift_is_repaired_or_left_as_the_mode_says() -> None:
    fact = {**drifted_everywhere(), "status": "failed", "error": "it failed"}
    in_check_mode, applied = (outcomes(read({**fact, "check_mode": mode})[0]) for mode in (True, False))
    assert in_check_mode["policy.action"] == "failure"
    assert applied["policy.action"] == "system-out"
    assert in_check_mode["run"] == applied["run"] == "error"


def test_checks_fail_pass_or_are_skipped() -> None:
    assert outcomes(suites()["logistics"]) == {
        "run": "error",
        "check.bucket_region": "failure",
        "check.source_keys": "failure",
        "check.glue:GetPartitions": "failure",
        "check.lake_formation_grants": "skipped",
        "check.at_most": "system-out",
        "check.live_query": "skipped",
    }


def test_a_run_that_failed_is_an_error() -> None:
    [run] = [case for case in suites()["telemetry"] if len(case)]
    assert (run.get("name"), run[0].tag) == ("run", "error")
    assert run[0].get("message") == run[0].text == "no result: the host failed before the role ran"


def test_a_check_that_was_made_twice_is_numbered() -> None:
    check = {"name": "bucket_exists", "status": "pass", "detail": "", "remedy": "", "reference": ""}
    [suite] = read({"connection": "a", "status": "in_sync", "checks": [check, check]})
    assert [case.get("name") for case in suite] == ["run", "bucket_exists", "bucket_exists (2)"]


def test_the_time_is_that_which_was_given() -> None:
    assert {suite.get("timestamp") for suite in read(fleet(), "2026-01-01T00:00:00Z")} == {"2026-01-01T00:00:00Z"}


def test_no_connection_is_no_suite() -> None:
    assert len(read([])) == 0


@given(fact=hostile_facts())
@examples(200)
def test_hostile_names_are_text(fact: dict[str, t.Any]) -> None:
    read([fact])
