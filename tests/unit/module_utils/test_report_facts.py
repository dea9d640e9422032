# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts as a report reads them: whole or not, in order, by part and area."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._report_facts import (
    NotAResult,
    area_of,
    plain,
    read_connections,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_text import shown
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import drifted_everywhere, fleet

MODULES = Path(__file__).resolve().parents[3] / "plugins" / "modules"


def test_the_broken_come_first() -> None:
    order = [it.name.partition("-")[0] for it in read_connections(fleet())]
    assert order == ["logistics", "marketing", "telemetry", "finance", "acquisitions", "partner", "hr", "sales"]


def test_the_order_is_that_of_the_facts_only() -> None:
    facts = fleet()
    names = [it.name for it in read_connections(facts)]
    assert [it.name for it in read_connections(facts[::-1])] == names


def test_a_check_that_failed_comes_before_drift_whatever_the_run_says() -> None:
    check = {"name": "identity", "status": "fail", "detail": "", "remedy": "", "reference": ""}
    facts = [{"connection": "a", "status": "drift"}, {"connection": "b", "status": "in_sync", "checks": [check]}]
    assert [it.name for it in read_connections(facts)] == ["b", "a"]


def test_drift_belongs_to_one_part() -> None:
    [finance] = read_connections(drifted_everywhere())
    parts = {part: len(finance.drift_of(part)) for part in t.get_args(t.Literal["policy", "trust", "grants"])}
    assert parts == {"policy": 5, "trust": 3, "grants": 8}
    assert sum(parts.values()) == len(finance.drift)
    assert {row.aspect for row in finance.drift_of("trust")} == {"max_session_duration", "principal", "policy"}


def documented_checks() -> list[str]:
    """The names of checks that the modules document."""
    found: set[str] = set()
    for name in ("athena_access_check", "s3_results_bucket_check"):
        text = (MODULES / f"{name}.py").read_text(encoding="utf-8").partition("- What was checked.")[2]
        found.update(re.findall(r"V\(([a-z_:A-Z]+)\)", text.partition("returned:")[0]))
    return sorted(found)


def test_every_documented_check_has_an_area() -> None:
    names = documented_checks()
    assert len(names) > 30
    assert [name for name in names if area_of(name) is None] == []


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("access_key", "identity"),
        ("trust_others", "identity"),
        ("bucket_region", "results"),
        ("results_key", "keys"),
        ("lake_formation_keys", "keys"),
        ("lake_formation_default", "data"),
        ("live_keys", "keys"),
        ("live_cancel", "query"),
        ("glue:GetTable", "permissions"),
        ("iam_simulation", "permissions"),
        ("a_check_to_come", None),
    ],
)
def test_the_area_of_a_check(name: str, area: str | None) -> None:
    assert area_of(name) == area


@pytest.mark.parametrize("facts", [None, 3, "sales", [1], [{"connection": "a"}, "b"]])
def test_what_is_no_result_is_refused(facts: t.Any) -> None:
    with pytest.raises(NotAResult, match="expected athena_access_result"):
        read_connections(facts)


def test_hosts_without_a_fact_failed() -> None:
    facts = {"telemetry": {}, "sales": {"connection": "sales", "status": "in_sync"}}
    connections = read_connections(facts)
    assert [(it.name, it.status) for it in connections] == [("telemetry", "failed"), ("sales", "in_sync")]
    assert str(connections[0].fact["error"]).startswith("no result: ")


def test_one_fact_is_a_fleet_of_one() -> None:
    assert [it.name for it in read_connections({"connection": "sales", "status": "in_sync"})] == ["sales"]


@pytest.mark.parametrize("fact", [{}, {"drift": None, "checks": "no", "policy": 3, "grants": [1]}, {"drift": [{}]}])
def test_a_fact_may_lack_anything(fact: dict[str, t.Any]) -> None:
    [connection] = read_connections([fact])
    assert connection.status == "failed"
    assert sum(connection.counts.values()) == 0
    assert connection.dictionary("policy") is None
    assert connection.dictionaries("grants") == []


def test_values_become_plain_data() -> None:
    class Tagged(str):
        """As Ansible marks where a text is from."""

    found = plain({1: (Tagged("a"), {Tagged("b")}, float("nan"), None, True, 1.5, Path("c"))})
    assert found == {"1": ["a", ["b"], "nan", None, True, 1.5, "c"]}
    assert not isinstance(found["1"][0], Tagged)


def test_what_deceives_or_breaks_is_shown_as_an_escape() -> None:
    assert shown("a\x00b\u202ec\ud800d\U000e0041") == "a\\x00b\\u202ec\\ud800d\\U000e0041"
    assert shown("line\n\ttab é 漢 😀 ✓") == "line\n\ttab é 漢 😀 ✓"
    assert shown(None) == ""
