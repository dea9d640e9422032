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

from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _at_once,
    _decisions,
    _errors,
    _iam,
    _policy_language,
    _progress,
    _report,
    _simulation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

_BOUNDLESS: t.Final = _policy_language.policy_text(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def simulate(
    arn: str, simulations: Sequence[_simulation.Simulation], session: _aws_module.Session
) -> _decisions.Decisions | _report.Denied:
    """What IAM answers for the user or role of that ARN; Denied where no simulation is permitted."""
    client = session.client("iam")

    def ask(simulation: _simulation.Simulation) -> list[_decisions.Decision]:
        try:
            answer = _iam.simulate_principal_policy(
                client,
                arn,
                simulation.actions,
                simulation.resources,
                simulation.context_entries,
                # What is sent takes the place of the identity's own boundary.
                [] if simulation.is_bounded else [_BOUNDLESS],
            )
        except AnsibleIAMError as error:
            # Whoever may create a table names it, and it may be what IAM takes for no resource: no answer to that is
            # no reason to ask nothing else.
            if _errors.code_of(error) in ("InvalidInput", "ValidationError"):
                return []
            raise
        return _simulation.decisions_of(simulation, answer)

    def look() -> _decisions.Decisions:
        first = _at_once.at_once(ask, simulations, _counter(session, simulations))
        open_questions = [
            it
            for simulation, found in zip(simulations, first, strict=True)
            for it in _simulation.second_looks(simulation, found)
        ]
        again = itertools.chain.from_iterable(_at_once.at_once(ask, open_questions, _counter(session, open_questions)))
        return _decisions.Decisions(_simulation.worst(_simulation.settled(itertools.chain.from_iterable(first), again)))

    return _errors.looked_at(look)


def _counter(session: _aws_module.Session, simulations: Sequence[_simulation.Simulation]) -> _progress.Counter:
    return session.progress.count("verification", "simulations answered", len(simulations))
