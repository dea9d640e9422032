# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every single mutation of a connection is found, named, repaired and forgotten; every rewrite is not seen."""

from __future__ import annotations

from .case import Case
from .cases import Score, judge
from .connection import ByModule
from .worlds import Hands, World


def test_case(world: World, case: Case, hands: Hands, score: Score) -> None:
    hands.sandbox.restore(world.name)
    wrong = ["it could not be made"]
    try:
        case.alter(hands)
        wrong = judge(case, ByModule(hands.sandbox, world.options))
    finally:
        score.count(case, not wrong)
    assert not wrong, "\n".join(wrong)
