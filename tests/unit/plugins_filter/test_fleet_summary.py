# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.qualytics.athena.plugins.filter import fleet_summary as plugin


def test_the_filter_is_documented_under_its_name() -> None:
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert list(plugin.FilterModule().filters()) == [documented["name"]] == [pathlib.Path(plugin.__file__).stem]


def test_the_example_says_what_comes_out() -> None:
    (statuses, line) = re.findall(r"'status': '(\w+)'", plugin.EXAMPLES), re.findall(r'=> "(.*)"', plugin.EXAMPLES)
    assert [plugin.FilterModule().filters()["fleet_summary"]([{"status": it} for it in statuses])] == line
