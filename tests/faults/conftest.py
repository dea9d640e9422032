# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox with one proxy in front of it for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena_sandbox import Sandbox
from fault_proxy import Proxy

from .tally import TALLY


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def running_proxy(sandbox: Sandbox) -> Iterator[Proxy]:
    with Proxy(sandbox.url) as running:
        yield running


@pytest.fixture
def proxy(sandbox: Sandbox, running_proxy: Proxy) -> Proxy:
    """The proxy without rules, in front of an empty account."""
    sandbox.reset()
    running_proxy.clear_rules()
    running_proxy.clear_memory()
    running_proxy.clear_calls()
    return running_proxy


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of this run."""
    for what, count in TALLY.items():
        terminalreporter.write_line(f"{count:,} {what}")
