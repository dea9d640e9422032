# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counts that `make test` ends with are read from what the tools print; each reading must be able to say no."""

from __future__ import annotations

import pytest

from tools.results import Outcome, of_checks, of_importer, of_molecule, of_pytest, of_sanity

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="4">
<testcase classname="a" name="one"/>
<testcase classname="a" name="two"><failure message="no">no</failure></testcase>
<testcase classname="a" name="three"><skipped type="pytest.skip" message="needs the moon">here</skipped></testcase>
<testcase classname="a" name="four"/>
</testsuite></testsuites>"""


def test_pytest_is_counted_from_its_report() -> None:
    outcome = of_pytest(REPORT, 1)
    assert outcome == Outcome(2, 1, 1, ("skipped: a.three: needs the moon",))
    assert str(outcome) == "2 passed, 1 failed, 1 skipped"


def test_what_tests_noted_is_shown() -> None:
    note = '<properties><property name="note" value="found 2 / mutated 2"/><property name="x" value="y"/></properties>'
    report = REPORT.replace('tests="4">', f'tests="4">{note}')
    assert of_pytest(report, 1).notes == ("found 2 / mutated 2", "skipped: a.three: needs the moon")


@pytest.mark.parametrize(
    ("report", "returncode"),
    [
        (None, 0),
        (None, 4),
        ("<testsuites><testsuite/></testsuites>", 5),
        ("<testsuites><testsuite/></testsuites>", 0),
        ('<testsuites><testsuite><testcase name="one"/></testsuite></testsuites>', 3),
        ('<testsuites><testsuite><testcase name="one"><error/></testcase></testsuite></testsuites>', 1),
    ],
)
def test_pytest_that_ran_nothing_or_ended_badly_has_failed(report: str | None, returncode: int) -> None:
    assert of_pytest(report, returncode).failed == 1


SANITY = 'Running sanity test "compile" on Python 3.13\nRunning sanity test "pep8"\nRunning sanity test "shellcheck"\n'
LISTED = ["compile", "pep8", "shellcheck"]
FAILED = "FATAL: The 2 sanity test(s) listed below (out of 3) failed. See error output above.\npep8\nshellcheck\n"


def test_sanity_counts_the_tests_that_ran() -> None:
    assert of_sanity(LISTED, SANITY, 0) == Outcome(passed=3)


def test_sanity_counts_the_tests_that_failed() -> None:
    error = "ERROR: plugins/modules/some.py:1:0: E1: what is wrong"
    outcome = of_sanity(LISTED, f"{SANITY}ERROR: Found 1 pep8 issue(s)\n{error}\n{FAILED}", 1)
    assert outcome == Outcome(passed=1, failed=2, notes=("plugins/modules/some.py:1:0: E1: what is wrong",))


def test_sanity_warnings_about_the_machine_are_no_failure() -> None:
    warning = 'WARNING: Using locale "C.UTF-8" instead of "en_US.UTF-8". Tests may behave unexpectedly.\n'
    assert of_sanity(LISTED, warning + SANITY + "WARNING: Reviewing previous 1 warning(s):\n" + warning, 0).failed == 0


@pytest.mark.parametrize(
    ("listed", "output", "returncode"),
    [
        pytest.param(LISTED, 'WARNING: Required program "shellcheck" not found.\n' + SANITY, 0, id="program missing"),
        pytest.param(LISTED, SANITY + 'WARNING: Skipping sanity test "pep8" on Python 3.13\n', 0, id="skipped"),
        pytest.param([*LISTED, "yamllint"], SANITY, 0, id="listed, not run"),
        pytest.param([], "WARNING: All targets skipped.\n", 0, id="nothing ran"),
        pytest.param(LISTED, SANITY, 1, id="ended badly"),
    ],
)
def test_sanity_that_left_something_out_has_failed(listed: list[str], output: str, returncode: int) -> None:
    outcome = of_sanity(listed, output, returncode)
    assert outcome.failed >= 1
    assert outcome.notes or returncode


def recap(name: str, successful: int, skipped: int = 0, missing: int = 0, failed: int = 0) -> str:
    actions = successful + skipped + missing + failed
    counts = f"skipped={skipped}  missing={missing}  failed={failed}"
    return f"{name:25} : actions={actions}  successful={successful}  disabled=0  {counts}\n"


def test_molecule_counts_scenarios() -> None:
    output = recap("default", 1) + recap("access_key", 3) + recap("iam_role", 5) + recap("default", 1)
    assert of_molecule(["access_key", "iam_role"], output, 0) == Outcome(passed=2)


@pytest.mark.parametrize(
    ("output", "returncode"),
    [
        pytest.param("", 0, id="nothing ran"),
        pytest.param(recap("default", 2), 0, id="scenario did not run"),
        pytest.param(recap("access_key", 2, missing=1), 0, id="playbook missing"),
        pytest.param(recap("access_key", 2, skipped=1), 0, id="action skipped"),
        pytest.param(recap("access_key", 2, failed=1), 1, id="action failed"),
        pytest.param(recap("access_key", 0), 0, id="no action"),
        pytest.param(recap("access_key", 3), 1, id="ended badly"),
        pytest.param(recap("access_key", 1, failed=1) + recap("access_key", 3), 1, id="good only at last"),
    ],
)
def test_molecule_that_left_something_out_has_failed(output: str, returncode: int) -> None:
    assert of_molecule(["access_key"], output, returncode).failed == 1


def test_molecule_without_a_scenario_has_failed() -> None:
    assert of_molecule([], recap("default", 2), 0).failed == 1


def test_checks_name_what_failed() -> None:
    outcome = of_checks([("this", True), ("that", False)])
    assert outcome == Outcome(1, 1, 0, ("failed: that",))
    assert str(outcome) == "1 passed, 1 failed"


IMPORTED = """Importing with galaxy-importer 0.4.44
Loading module lf_grant
Loading module_utils _apply
Loading role athena_access
Importer processing completed successfully
"""


def test_the_importer_is_counted_by_what_it_loaded() -> None:
    assert of_importer(IMPORTED, 0) == Outcome(2)
    unseen = "WARNING: ERROR    Failed to find qualytics.athena.drift playbook.\nLoading role"
    assert of_importer(IMPORTED.replace("Loading role", unseen), 0) == Outcome(2)


@pytest.mark.parametrize(
    ("output", "returncode"),
    [
        (IMPORTED.replace("Loading role", "WARNING: no\nLoading role"), 0),
        (
            IMPORTED.replace(
                "Loading role", "WARNING: ERROR    Failed to find qualytics.other.drift playbook.\nLoading role"
            ),
            0,
        ),
        (IMPORTED.replace("Loading role", "ERROR: Error running ansible-doc\nLoading role"), 0),
        (IMPORTED, 1),
        (IMPORTED.replace("successfully", ""), 0),
        (IMPORTED.replace("Loading", ""), 0),
        ("", 0),
    ],
)
def test_an_importer_that_warns_or_does_not_end_has_failed(output: str, returncode: int) -> None:
    assert of_importer(output, returncode).failed == 1 + (not output)
