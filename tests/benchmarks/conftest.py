# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement for all tests: python -m pytest tests/benchmarks --tables=10,100,10000 --connections=1,100"""

from __future__ import annotations

import pytest

from athena_sandbox import Sandbox

from . import page
from .peers import PEERS
from .rounds import Case, Results, run_rounds

_RESULTS = pytest.StashKey[Results]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tables", default="10,100,1000,10000", help="how many tables a connection reads")
    parser.addoption("--connections", default="1,10,100", help="how many connections are made in one run")
    parser.addoption("--added", default="0.05", help="seconds added to each call, in a case of 100 tables")
    parser.addoption("--peers", default=",".join(PEERS), help="what is measured")
    parser.addoption("--rounds", type=int, default=3, help="how often each is, but for the large cases")
    parser.addoption("--write-page", action="store_true", help="write the page of the documentation")


def cases(config: pytest.Config) -> list[Case]:
    """Each number of tables with one connection; 100 with slow calls; each number of connections with ten tables."""
    tables, connections, added = (config.getoption(name).split(",") for name in ("tables", "connections", "added"))
    return [
        *(Case(int(number)) for number in tables),
        *(Case(100, 1, float(seconds)) for seconds in added if seconds),
        *(Case(10, int(number)) for number in connections if int(number) > 1),
    ]


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Measured once; printed at the end of the run."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    rounds = pytestconfig.getoption("rounds")
    names = pytestconfig.getoption("peers").split(",")

    measured = pytestconfig.stash[_RESULTS] = Results()
    directory = tmp_path_factory.mktemp("benchmarks")
    try:
        with Sandbox() as sandbox:
            for line in run_rounds(sandbox, directory, cases(pytestconfig), names, rounds, measured):
                with capture.global_and_fixture_disabled():
                    print(f"\n{line}", end="", flush=True)
    finally:
        # What was measured until somebody lost patience is measured all the same.
        if pytestconfig.getoption("write_page"):
            page.write(measured, rounds)
    return measured


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    measured = terminalreporter.config.stash.get(_RESULTS, None)
    for line in page.printed(measured) if measured else ():
        terminalreporter.write_line(line)
