# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One error that names the call and what to do, and no traceback."""

from __future__ import annotations

import re

from ..integration.module_runs import Run

_NAMES_THE_CALL = re.compile(r"Failed to [a-z]|was not (granted|revoked)|Lake Formation took")
_SAYS_WHAT_TO_DO = re.compile(
    r"[Rr]un (it |the task )?again|Grant \w+:\w+|correct |remove what is|create (it|them) first"
)


def assert_clear_error(run: Run) -> None:
    """That the run failed so."""
    run.refused()
    assert _NAMES_THE_CALL.search(run.message), run.message
    assert _SAYS_WHAT_TO_DO.search(run.message), run.message
