# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One error that names the call and what to do, and no traceback."""

from __future__ import annotations

import re

from ..integration.module_runs import Run

_NAMES_THE_CALL = re.compile(r"Failed to [a-z]|was not (granted|revoked)|Lake Formation took")
_SAYS_WHAT_WAS_DONE = re.compile(r"\((a trial of kms:\w+ with|\w+ of|reading) ")
_SAYS_WHAT_TO_DO = re.compile(
    r"[Rr]un (it |the task )?again|Grant \w+:\w+|correct |remove what is|create (it|them) first"
)


def assert_told_by_checks(run: Run, undisturbed: Run) -> None:
    """That all that is not as without the fault is a live check that says what was done, and what to do.

    What could not be looked at is never passed, nor said to be refused.
    """
    usual = {check["name"]: check["status"] for check in undisturbed.result["checks"]}
    told = [check for check in run.result["checks"] if check["status"] != usual.get(check["name"])]
    assert told, "another answer, and no check says why"
    for check in told:
        assert check["name"].startswith("live_"), check
        assert check["status"] in ("unknown", "warn"), check
        assert _SAYS_WHAT_WAS_DONE.search(check["detail"]), check
        assert _SAYS_WHAT_TO_DO.search(check["remedy"]), check


def assert_clear_error(run: Run) -> None:
    """That the run failed so."""
    run.refused()
    assert _NAMES_THE_CALL.search(run.message), run.message
    assert _SAYS_WHAT_TO_DO.search(run.message), run.message
