# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step's tools said, as counts: pure functions over their output."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Outcome:
    """Counts of one step; `notes` say what was skipped or is wrong and cannot be read from the log's end."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.notes + other.notes,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def of_checks(results: Iterable[tuple[str, bool]]) -> Outcome:
    """One count per named check."""
    outcome = Outcome()
    for name, good in results:
        outcome += Outcome(passed=1) if good else Outcome(failed=1, notes=(f"failed: {name}",))
    return outcome


def of_pytest(report: str | None, returncode: int) -> Outcome:
    """Counts of pytest's JUnit report, with the reasons of skipped tests and what tests noted as a property `note`.

    A run that ended badly has failed, whatever its report says, and so has one without a test.
    """
    if report is None:
        return Outcome(failed=1, notes=("pytest wrote no report",))
    root = ElementTree.fromstring(report)
    cases = list(root.iter("testcase"))
    if not cases:
        return Outcome(failed=1, notes=("no test ran",))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    reasons = [
        f"skipped: {case.get('classname')}.{case.get('name')}: {element.get('message')}"
        for case in cases
        if (element := case.find("skipped")) is not None
    ]
    noted = [it.get("value", "") for it in root.iterfind("testsuite/properties/property") if it.get("name") == "note"]
    notes = (*noted, *reasons)
    if returncode != 0 and not failed:
        failed, notes = 1, (*notes, f"pytest ended with {returncode}")
    return Outcome(max(0, len(cases) - failed - len(reasons)), failed, len(reasons), notes)


_SANITY_RUN = re.compile(r'^Running sanity test "([^"]+)"', re.MULTILINE)
_SANITY_FAILED = re.compile(r"The (\d+) sanity test\(s\) listed below \(out of \d+\) failed")
# ansible-test ends well although it left a test out, warning at most that a program is missing.
_SANITY_ERROR = re.compile(r"^ERROR: (.+:\d+:\d+: .*)$", re.MULTILINE)
_SANITY_LEFT_OUT = re.compile(r"^WARNING: (?!Reviewing)(.*(?:[Ss]kipp|Required program|not found).*)$", re.MULTILINE)


def of_sanity(listed: Iterable[str], output: str, returncode: int) -> Outcome:
    """Counts of ansible-test: every listed test must have run, none left out for want of a program."""
    ran = set(_SANITY_RUN.findall(output))
    missing = sorted(set(listed) - ran)
    left_out = sorted(set(_SANITY_LEFT_OUT.findall(output)))
    said = _SANITY_FAILED.search(output)
    failed = int(said.group(1)) if said else (0 if returncode == 0 else 1)
    notes = [f"did not run: {name}" for name in missing] + left_out + _SANITY_ERROR.findall(output)
    if not ran:
        notes.append("no sanity test ran")
    return Outcome(
        max(0, len(ran) - failed - len(left_out)),
        failed + len(missing) + len(left_out) + (0 if ran else 1),
        notes=tuple(notes),
    )


_RECAP = re.compile(
    r"^(\S+)\s+: actions=\d+\s+successful=(\d+)\s+disabled=\d+\s+skipped=(\d+)\s+missing=(\d+)\s+failed=(\d+)",
    re.MULTILINE,
)


def of_molecule(scenarios: Iterable[str], output: str, returncode: int) -> Outcome:
    """Counts of molecule, one per scenario: each must have run, with no action skipped for want of its playbook.

    molecule itself ends well although a playbook named in a sequence does not exist.
    """
    good: dict[str, bool] = {}
    for name, successful, skipped, missing, failed in _RECAP.findall(output):
        good[name] = good.get(name, True) and int(successful) > 0 and {skipped, missing, failed} == {"0"}
    outcome = of_checks((f"scenario {name}", good.get(name, False)) for name in scenarios)
    if not outcome.passed and not outcome.failed:
        return Outcome(failed=1, notes=("there is no scenario",))
    if returncode != 0 and not outcome.failed:
        outcome += Outcome(failed=1, notes=(f"molecule ended with {returncode}",))
    return outcome


# ansible-lint in the importer does not find the collection that it looks at, nor its playbooks by their names, as the
# example of a fleet imports them.
_IMPORTER_SAID = re.compile(
    r"^(?:WARNING|ERROR|CRITICAL): (?!ERROR +Failed to find qualytics\.athena\.\w+ playbook\.$).*$", re.MULTILINE
)
_IMPORTER_LOADED = re.compile(r"^Loading (?!doc_fragments|module_utils|plugin_utils).*$", re.MULTILINE)


def of_importer(output: str, returncode: int) -> Outcome:
    """Counts of galaxy-importer, one per thing it loaded. It ends well although it warns; here a warning fails."""
    said = tuple(_IMPORTER_SAID.findall(output))
    finished = returncode == 0 and "Importer processing completed successfully" in output
    if not finished:
        said += ("galaxy-importer did not come to its end",)
    loaded = len(_IMPORTER_LOADED.findall(output))
    if not loaded:
        said += ("galaxy-importer loaded nothing",)
    return Outcome(loaded, len(said), notes=said)
