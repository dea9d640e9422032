# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox for all tests of a process, and the example of a fleet with the accounts that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from athena_sandbox import Sandbox

from .world import Fleet


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def fleet(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The accounts as they are before anything is provisioned."""
    return Fleet(sandbox, tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def provisioned(fleet: Fleet) -> Fleet:
    """The accounts with all connections, and the directory that the run left: fleet.directory / "reports"."""
    directory: Path = fleet.directory / "reports"
    play = fleet.run("provision", "-e", f"athena_report_directory={directory}")
    assert play.status == 0, play.output[-4000:]
    return fleet
