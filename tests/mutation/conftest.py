# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases as tests: derived from provisioned worlds before the first test, each run on its world as it was.

The score is printed at the end, and stands in pytest's JUnit report for the summary of `make test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from athena_sandbox import Sandbox

from .case import Case
from .cases import Score, cases_of, sample
from .worlds import WORLDS, Hands, World

_SANDBOX = pytest.StashKey[Sandbox]()
_CASES = pytest.StashKey[dict[str, list[Case]]]()
_SCORE = pytest.StashKey[Score]()
_EVERY = "--every"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_EVERY, type=int, default=1, help="of the cases of a kind, every so many; at least one of each")


def _sandbox(config: pytest.Config) -> Sandbox:
    if _SANDBOX not in config.stash:
        config.stash[_SANDBOX] = Sandbox()
    return config.stash[_SANDBOX]


def _cases(config: pytest.Config, world: World) -> list[Case]:
    """The cases of a world, derived once: unique ids are those of the world that was kept."""
    derived = config.stash.setdefault(_CASES, {})
    if world.name not in derived:
        derived[world.name] = cases_of(world, Hands(_sandbox(config)))
    return derived[world.name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a world and a case is run for each of them."""
    if not {"world", "case"} <= set(metafunc.fixturenames):
        return
    derived = [(world, case) for world in WORLDS for case in _cases(metafunc.config, world)]
    chosen = sample(derived, metafunc.config.getoption(_EVERY))
    ids = [f"{world.name}: {case.kind}: {case.name}" for world, case in chosen]
    metafunc.parametrize(("world", "case"), chosen, ids=ids)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SANDBOX in config.stash:
        config.stash[_SANDBOX].stop()


@pytest.fixture(scope="session")
def sandbox(pytestconfig: pytest.Config) -> Sandbox:
    return _sandbox(pytestconfig)


@pytest.fixture(scope="session")
def hands(sandbox: Sandbox) -> Hands:
    return Hands(sandbox)


@pytest.fixture(scope="session")
def derive(pytestconfig: pytest.Config) -> Callable[[World], list[Case]]:
    """What gives the cases of a world."""
    return lambda world: _cases(pytestconfig, world)


@pytest.fixture(scope="session")
def score(pytestconfig: pytest.Config, record_testsuite_property: Callable[[str, object], None]) -> Iterator[Score]:
    counted = pytestconfig.stash.setdefault(_SCORE, Score())
    yield counted
    record_testsuite_property("note", counted.total)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _SCORE in config.stash:
        terminalreporter.section("score")
        for line in config.stash[_SCORE].lines():
            terminalreporter.line(line)
