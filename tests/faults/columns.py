# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of the fault matrix: what a call meets, and how often."""

from __future__ import annotations

import dataclasses
from typing import Any

from fault_proxy import Fault

from ..integration.module_runs import is_write

# More often than anything is tried.
ALWAYS = 1000

# An answer that takes so long, for a client that waits only so long, in seconds.
ANSWERED_AFTER, WAITS_FOR = 1.4, 1.0

_HAS_CONCURRENT_MODIFICATION = ("iam", "lakeformation")


@dataclasses.dataclass(frozen=True)
class Column:
    """A fault that the first so many calls of an operation meet; title and text are for the documentation."""

    name: str
    fault: Fault
    times: int
    title: str
    text: str

    @property
    def rule(self) -> dict[str, Any]:
        return {"fault": self.fault, "times": self.times, "seconds": ANSWERED_AFTER * (self.fault is Fault.SLOW)}

    def can_befall(self, call: str) -> bool:
        """Whether a call, as service:Operation, can meet it; every read of a run is one call, named every:read."""
        service, _colon, operation = call.partition(":")
        if self.fault is Fault.STALE:
            return not is_write(call) and service != "sts"
        if call == EVERY_READ:
            return False
        if self.fault is Fault.CONCURRENT_MODIFICATION:
            return is_write(call) and service in _HAS_CONCURRENT_MODIFICATION
        if self.fault is Fault.NOT_KNOWN_YET:
            # To create a policy, nothing has to be there.
            return is_write(call) and service == "iam" and operation != "CreatePolicy"
        if self.fault is Fault.PARTIAL_FAILURE:
            return operation.startswith("Batch")
        # The answer to HEAD has no body, and an object is read as a stream.
        if self.fault in (Fault.CUT, Fault.TRUNCATED, Fault.WRONG_TYPE):
            return operation not in ("HeadBucket", "GetObject")
        return True


EVERY_READ = "every:GetEverything"

_F = Fault
COLUMNS = {
    column.name: column
    for column in (
        Column("throttled", _F.THROTTLED, 2, "T", "throttled twice, in the service's own shape"),
        Column("throttled_always", _F.THROTTLED, ALWAYS, "T∞", "throttled in every try"),
        Column("internal_error", _F.INTERNAL_ERROR, 2, "500", "HTTP 500 twice"),
        Column("unavailable", _F.UNAVAILABLE, 2, "503", "HTTP 503 twice"),
        Column("concurrent", _F.CONCURRENT_MODIFICATION, 2, "C", "a concurrent modification, twice"),
        Column("not_known_yet", _F.NOT_KNOWN_YET, 2, "N", "what was made a moment ago is not found, twice"),
        Column("partial", _F.PARTIAL_FAILURE, 1, "P", "an entry of a batch fails"),
        Column("partial_always", _F.PARTIAL_FAILURE, ALWAYS, "P∞", "an entry of a batch fails in every try"),
        Column("reset_before", _F.RESET_BEFORE, 1, "R", "the connection is reset before the call is applied"),
        Column("reset_after", _F.RESET_AFTER, 1, "RA", "the connection is reset after the call was applied"),
        Column("reset_always", _F.RESET_BEFORE, ALWAYS, "R∞", "the connection is reset in every try"),
        Column("slow", _F.SLOW, 1, "S", "the answer comes later than the client waits, and the call was applied"),
        Column("cut", _F.CUT, 1, "X", "the connection ends in the middle of the answer"),
        Column("truncated", _F.TRUNCATED, 1, "H", "half an answer, as if it were the whole"),
        Column("truncated_always", _F.TRUNCATED, ALWAYS, "H∞", "half an answer in every try"),
        Column("wrong_type", _F.WRONG_TYPE, ALWAYS, "W", "the right answer with another content type"),
        Column("html", _F.FOREIGN, 1, "F", "the page of a proxy, with HTTP 200"),
        Column("html_always", _F.FOREIGN, ALWAYS, "F∞", "the page of a proxy, with HTTP 200, in every try"),
        Column("html_not_found", _F.FOREIGN_NOT_FOUND, ALWAYS, "F404", "the page of a proxy, with HTTP 404, always"),
        Column("stale", _F.STALE, ALWAYS, "O", "the next run's reads are answered from before the write"),
    )
}
