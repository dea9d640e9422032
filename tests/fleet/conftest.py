# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox for all tests of a process, the fleet of the example provisioned in it, and a night that is not quiet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena_sandbox import Sandbox

from .night import Night, spend_night
from .world import Fleet


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def fleet(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The accounts with all connections; what the run reported is in "provisioned"."""
    made = Fleet(sandbox, tmp_path_factory.mktemp("fleet"))
    play = made.run("provision", "-e", f"athena_report_directory={made.directory / 'provisioned'}")
    assert play.status == 0, play.output[-4000:]
    sandbox.keep("provisioned")
    return made


@pytest.fixture(scope="session")
def night(fleet: Fleet) -> Night:
    """What came of a night on which connections were broken; afterwards nothing is."""
    spent = spend_night(fleet)
    fleet.sandbox.restore("provisioned")
    return spent
