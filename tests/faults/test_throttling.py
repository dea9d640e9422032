# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large lake in a busy account: of Lake Formation's calls a third is refused, and one run still grants everything."""

from __future__ import annotations

import random

from athena_sandbox import Sandbox
from fault_proxy import Fault, Proxy

from ..benchmarks.peers.collection import options
from ..benchmarks.world import World
from ..integration.module_runs import Modules, in_a_hurry

GRANTS, REFUSED = 1000, 0.3
# More calls than a run makes.
MANY = 500


def refuse_some(proxy: Proxy) -> None:
    """Throttle so many of the calls, here and there, so that some are refused several times."""
    chance = random.Random(GRANTS)
    refused = [number for number in range(MANY) if chance.random() < REFUSED]
    for met, number in enumerate(refused):
        # A rule does not see the calls that meet another.
        proxy.rule(Fault.THROTTLED, service="lakeformation", after=number - met)


def test_a_thousand_grants_in_one_run_where_a_third_of_the_calls_is_throttled(sandbox: Sandbox, proxy: Proxy) -> None:
    world, modules = World(sandbox, GRANTS), Modules(proxy)
    (connection,) = world.connections
    asked = {"connection": "large", **options(connection)}
    refuse_some(proxy)
    proxy.clear_calls()

    applied = modules.run("athena_connection", asked, before=in_a_hurry).ok()
    calls = [call for call in proxy.calls() if call["service"] == "lakeformation"]
    refused = sum(call["fault"] is not None for call in calls)
    assert refused / len(calls) > 0.8 * REFUSED
    assert len(applied.result["result"]["granted"]) >= GRANTS
    assert world.held(connection) == len(connection.resources)

    again = modules.run("athena_connection", asked, before=in_a_hurry).ok()
    assert not again.result["changed"]
    assert again.writes == ()
