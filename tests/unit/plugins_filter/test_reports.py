# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three filters of the reports: their names, their documentation, and what they refuse."""

from __future__ import annotations

import inspect
import pathlib
import types
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.filter import report_html, report_json, report_junit
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import fleet

PLUGINS = (report_json, report_junit, report_html)


def name_of(plugin: types.ModuleType) -> str:
    return pathlib.Path(str(plugin.__file__)).stem


def filter_of(plugin: types.ModuleType) -> t.Callable[..., str]:
    return t.cast("dict[str, t.Callable[..., str]]", plugin.FilterModule().filters())[name_of(plugin)]


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_the_filter_is_documented_with_the_options_it_takes(plugin: types.ModuleType) -> None:
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert documented["name"] == name_of(plugin)
    assert list(plugin.FilterModule().filters()) == [documented["name"]]
    _results, *options = inspect.signature(filter_of(plugin)).parameters
    assert set(documented["options"]) == {"_input", *options}


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_a_fleet_and_its_time(plugin: types.ModuleType) -> None:
    report = filter_of(plugin)
    assert "2026-01-01" not in report(fleet())
    assert "2026-01-01" in report(fleet(), generated="2026-01-01")
    by_host = {fact["connection"]: fact for fact in fleet()}
    assert report(by_host) == report(fleet())


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_what_is_no_result_is_refused_with_a_word(plugin: types.ModuleType) -> None:
    with pytest.raises(AnsibleTypeError, match=r"expected athena_access_result, .* got str instead"):
        filter_of(plugin)("sales")
