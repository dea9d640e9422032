# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for programs is what its published schema says, whatever the facts hold."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given

from ansible_collections.qualytics.athena.plugins.filter import connection_result as connection_result_filter
from ansible_collections.qualytics.athena.plugins.module_utils._report_json import SCHEMA_VERSION, report_json
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples
from ansible_collections.qualytics.athena.tests.unit.helpers.report_drawn import hostile_facts
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import fleet

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "docsite" / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def report(facts: t.Any, generated: str | None = None) -> dict[str, t.Any]:
    read: dict[str, t.Any] = json.loads(report_json(facts, generated))
    VALIDATOR.validate(read)
    return read


def test_the_schema_is_one_and_of_this_version() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    assert SCHEMA["$id"].endswith(f":{SCHEMA_VERSION}")


def test_the_schema_names_every_key_of_the_fact() -> None:
    fact = yaml.safe_load(connection_result_filter.RETURN)["_value"]["contains"]
    assert set(SCHEMA["$defs"]["connection"]["properties"]) == set(fact)
    assert set(SCHEMA["$defs"]["connection"]["required"]) <= set(fact)


def test_a_fleet() -> None:
    found = report(fleet(), generated="2026-01-01T00:00:00Z")
    assert found["generated"] == "2026-01-01T00:00:00Z"
    assert found["summary"]["connections"] == len(found["connections"]) == 8
    assert found["summary"]["statuses"] == {"failed": 3, "drift": 2, "changed": 1, "in_sync": 2}
    facts = {fact["connection"]: fact for fact in fleet()}
    for connection in found["connections"]:
        fact = facts[connection["connection"]]
        assert {key: connection[key] for key in fact} == fact
    for name, total in found["summary"]["counts"].items():
        assert total == sum(connection["counts"][name] for connection in found["connections"])


def test_an_empty_fleet() -> None:
    assert report([])["connections"] == []


def test_the_same_facts_give_the_same_text() -> None:
    assert report_json(fleet()) == report_json(fleet()[::-1])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema_version", 2),
        ("connections", {}),
        ("connections.0.status", "fine"),
        ("connections.0.drift", [{"subject": "a"}]),
        ("connections.0.counts.missing", -1),
        ("summary.statuses", {}),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: str, value: t.Any) -> None:
    found: t.Any = report(fleet())
    *steps, last = [int(step) if re.fullmatch(r"\d+", step) else step for step in path.split(".")]
    at = found
    for step in steps:
        at = at[step]
    at[last] = value
    assert not VALIDATOR.is_valid(found)


@given(fact=hostile_facts())
@examples(100)
def test_hostile_names_stay_what_they_are(fact: dict[str, t.Any]) -> None:
    text = report_json([fact])
    assert text.isascii()
    [connection] = report([fact])["connections"]
    assert {key: connection[key] for key in fact if key != "counts"} == {k: v for k, v in fact.items() if k != "counts"}
