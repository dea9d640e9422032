# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.filter import connection_result as plugin
from ansible_collections.qualytics.athena.plugins.filter.connection_result import connection_result
from ansible_collections.qualytics.athena.plugins.module_utils import _connection_result
from ansible_collections.qualytics.athena.plugins.modules import athena_connection


def test_the_filter_is_there_under_its_name() -> None:
    assert plugin.FilterModule().filters() == {"connection_result": connection_result}
    made = _connection_result.connection_result({"policy": {"changed": True}}, "sales", "access_key")
    assert connection_result({"policy": {"changed": True}}, "sales", "access_key") == made


@pytest.mark.parametrize("steps", [None, ["policy"], {"policy": 7}, {"policy": {"drift": [{"kind": []}]}}])
def test_what_are_no_results_is_refused(steps: Any) -> None:
    with pytest.raises(AnsibleTypeError, match="expected the result of each module of a connection"):
        connection_result(steps, "sales", "access_key")


def test_the_filter_is_documented_with_the_options_it_takes() -> None:
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    taken = connection_result.__annotations__.keys() - {"return"}
    assert documented["name"] == pathlib.Path(plugin.__file__).stem
    assert documented["positional"] == "_input"
    assert {"_input", *documented["options"]} - {"steps"} == (taken - {"steps"}) | {"_input"}
    assert {name for name, it in documented["options"].items() if it.get("required")} == {
        "_input",
        "connection",
        "auth_mode",
    }


def test_every_key_of_the_result_is_documented() -> None:
    returned = yaml.safe_load(plugin.RETURN)["_value"]
    result = plugin.FilterModule().filters()["connection_result"]({}, "sales", "access_key")
    assert list(returned["contains"]) == list(result)
    of_module = yaml.safe_load(athena_connection.RETURN)["result"]["contains"]
    assert list(of_module) == list(result)
    for status in ("in_sync", "changed", "drift", "failed"):
        assert f"V({status})" in returned["contains"]["status"]["description"]
