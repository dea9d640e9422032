# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for CI servers: JUnit XML, a suite for each connection, a case for whatever may differ or fail.

Of the dialects it takes what Jenkins and GitLab read alike: C(failure), C(error) and C(skipped) with a C(message)
(https://github.com/testmoapp/junitxml, https://docs.gitlab.com/ci/testing/unit_test_reports/).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report,
    _report_elements,
    _report_facts,
)

Case = ElementTree.Element


def report_junit(facts: t.Any, generated: str | None = None) -> str:
    """The report on the facts, or NotAResult. generated: when it was made; CI servers want it in ISO 8601."""
    suites = [_suite(connection, generated) for connection in _report_facts.read_connections(facts)]
    totals = {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in _COUNTED}
    root = _report_elements.element("testsuites", *suites, name="qualytics.athena", **totals)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


_COUNTED: t.Final[Mapping[str, str]] = {
    "tests": "testcase",
    "failures": "failure",
    "errors": "error",
    "skipped": "skipped",
}


def _suite(connection: _report_facts.Connection, generated: str | None) -> ElementTree.Element:
    name = connection.name
    cases = [_run(connection), *_drift(connection), *_checks(f"{name}.check", connection.checks)]
    counts = {
        counted: str(sum(case.tag == tag or case.find(tag) is not None for case in cases))
        for counted, tag in _COUNTED.items()
    }
    return _report_elements.element("testsuite", *cases, name=name, timestamp=generated, time="0", **counts)


def _case(group: str, name: str, *content: _report_elements.Content) -> Case:
    return _report_elements.element("testcase", *content, classname=group, name=name, time="0")


def _run(connection: _report_facts.Connection) -> Case:
    """Whether the run came to its end; a server shows the first line, and the whole text when asked."""
    error = str(connection.fact["error"]) or "the run failed"
    return _case(connection.name, "run", _problem("error", error, "run", error) if connection.has_failed else None)


def _drift(connection: _report_facts.Connection) -> list[Case]:
    """A case for each aspect of each part, so that a server shows since when it differs."""
    return [
        _aspect(connection, part, aspect, [row for row in connection.drift_of(part) if row.aspect == aspect])
        for part, aspects in _report_facts.ASPECTS.items()
        if connection.looked_at(part)
        for aspect in dict.fromkeys([*aspects, *(row.aspect for row in connection.drift_of(part))])
    ]


def _aspect(
    connection: _report_facts.Connection, part: _report_facts.Part, aspect: str, rows: Sequence[_report.Drift]
) -> Case:
    lines = [_line(row) for row in rows]
    text = "\n".join(lines)
    content: _report_elements.Content = None
    if rows and connection.is_repaired:
        content = _report_elements.element("system-out", f"repaired by this run:\n{text}")
    elif rows:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        content = _problem("failure", lines[0] + more, "drift", text)
    return _case(f"{connection.name}.{part}", aspect, content)


def _line(row: _report.Drift) -> str:
    if row.kind == "different":
        return f"{row.kind}: {row.actual}, not {row.expected} ({row.subject})"
    return f"{row.kind}: {row.expected if row.expected is not None else row.actual} ({row.subject})"


def _checks(group: str, checks: Iterable[_report.Check]) -> list[Case]:
    """A server takes two cases of one name for one: the second of a name is numbered."""
    seen: collections.Counter[str] = collections.Counter()
    cases = []
    for check in checks:
        seen[check.name] += 1
        name = check.name if seen[check.name] == 1 else f"{check.name} ({seen[check.name]})"
        cases.append(_case(group, name, _answer(check)))
    return cases


def _answer(check: _report.Check) -> _report_elements.Content:
    text = "\n".join(filter(None, (check.detail, check.remedy, check.reference)))
    if check.status == "pass":
        return None
    if check.status == "fail":
        return _problem("failure", check.detail, "check", text)
    if check.status == "unknown":
        return _report_elements.element("skipped", message=f"unknown: {check.detail}. {check.remedy}".rstrip())
    # JUnit knows no warning.
    return _report_elements.element("system-out", f"{check.status}: {text}")


def _problem(kind: str, message: str, of: str, text: str) -> ElementTree.Element:
    return _report_elements.element(kind, text, message=message, type=of)
