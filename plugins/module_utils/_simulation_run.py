# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking IAM what an identity may do.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _iam
from ansible_collections.qualytics.athena.plugins.module_utils._at_once import at_once
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._errors import looked_at
from ansible_collections.qualytics.athena.plugins.module_utils._policy_language import policy_text
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import (
    Simulation,
    decisions_of,
    second_looks,
    settled,
    worst,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session

_BOUNDLESS: t.Final = policy_text(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def simulate(arn: str, simulations: Sequence[Simulation], session: Session) -> Decisions | Denied:
    """What IAM answers for the user or role of that ARN; Denied where no simulation is permitted."""
    client = session.client("iam")

    def ask(simulation: Simulation) -> list[Decision]:
        answer = _iam.simulate_principal_policy(
            client,
            arn,
            simulation.actions,
            simulation.resources,
            simulation.context_entries,
            # What is sent takes the place of the identity's own boundary.
            [] if simulation.is_bounded else [_BOUNDLESS],
        )
        return decisions_of(simulation, answer)

    def look() -> Decisions:
        first = at_once(ask, simulations)
        open_questions = [
            it for simulation, found in zip(simulations, first, strict=True) for it in second_looks(simulation, found)
        ]
        again = itertools.chain.from_iterable(at_once(ask, open_questions))
        return Decisions(worst(settled(itertools.chain.from_iterable(first), again)))

    return looked_at(look)
