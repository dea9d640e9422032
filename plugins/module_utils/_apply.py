# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: one API call for each change, in the order of the plan.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _report,
)


def apply_changes(
    changes: Sequence[_change.Change], calls: Mapping[str, Callable[..., t.Any]], client: t.Any
) -> dict[str, t.Any]:
    """The answers by the name of the call; Refused before the first call where a change cannot be made in place.

    An error in the middle carries what was done before it: C(changed) and the C(drift) that was repaired.
    """
    _change.refuse_unrepairable(changes)
    answers: dict[str, t.Any] = {}
    for done, change in enumerate(changes):
        try:
            answers[change.call] = calls[change.call](client, **change.arguments)
        except AnsibleAWSError as error:
            changed = done > 0 or error.kwargs.get("changed", False)
            error.kwargs = {"changed": changed, "drift": _report.drift_result(_change.drift_of(changes[:done]))}
            raise
    return answers
