# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleError, AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.filter import explain_error as plugin
from ansible_collections.qualytics.athena.plugins.module_utils._error_dictionary import explain
from ansible_collections.qualytics.athena.tests.unit.helpers.error_messages import HIDDEN, ROWS, botocore

MESSAGE = HIDDEN.format("athena:ListDatabases")


def test_the_filter_is_there_under_its_name() -> None:
    assert plugin.FilterModule().filters() == {"explain_error": plugin.explain_error}
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert documented["name"] == pathlib.Path(plugin.__file__).stem
    assert documented["positional"] == "_input"
    assert list(documented["options"]) == ["_input"]


def test_every_key_of_an_explanation_is_documented() -> None:
    returned = yaml.safe_load(plugin.RETURN)["_value"]
    (found,) = plugin.explain_error(MESSAGE)
    assert list(returned["contains"]) == list(found)
    for side in {row.side for row in ROWS} | {"boundary", "organization"} - {""}:
        assert not side or f"V({side})" in returned["contains"]["side"]["description"]


@pytest.mark.parametrize("row", ROWS[:5], ids=lambda row: row.number)
def test_it_is_the_explanation_as_plain_data(row: t.Any) -> None:
    found = plugin.explain_error(row.text)
    assert [list(it.values()) for it in found] == [list(vars(it).values()) for it in explain(row.text)]
    assert all(isinstance(value, str) for it in found for value in it.values())


def test_nothing_known() -> None:
    assert plugin.explain_error("SUCCEEDED") == []
    assert plugin.explain_error({"msg": "SUCCEEDED"}) == []


def test_the_result_of_a_task_is_read_by_its_msg() -> None:
    msg = "Unable to start the query: " + botocore("AccessDeniedException", "StartQueryExecution", MESSAGE)
    result = {"failed": True, "msg": msg, "exception": HIDDEN.format("athena:StopQueryExecution"), "changed": False}
    assert plugin.explain_error(result) == plugin.explain_error(MESSAGE)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, "NoneType"),
        (7, "int"),
        ([MESSAGE], "list"),
        (MESSAGE.encode(), "bytes"),
        ({}, "a dictionary without one"),
        ({"stderr": MESSAGE}, "a dictionary without one"),
        ({"msg": [MESSAGE]}, "a dictionary without one"),
    ],
)
def test_anything_else_is_refused_with_what_is_expected(given: t.Any, named: str) -> None:
    with pytest.raises(AnsibleTypeError) as caught:
        plugin.explain_error(given)
    assert isinstance(caught.value, AnsibleError)
    assert "expected the text of an error, or the result of a task with a text as its msg" in str(caught.value)
    assert str(caught.value).endswith(f"got {named} instead")
