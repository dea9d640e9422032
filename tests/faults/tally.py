# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of this directory did, in figures that are printed at the end."""

from __future__ import annotations

import collections

TALLY: collections.Counter[str] = collections.Counter()

KILLS = "runs killed, and finished by the next one"
LOOKS = "queries of a client at boundaries of calls"
REFUSED = "refused of those, where it may query before and after"
EXCEPTED = "refused of those, where AWS swaps a table for its columns"
INTERLEAVINGS = "interleavings of two runs"
SAID_WHY = "runs of those that failed and said why"
CELLS = "cells of the fault matrix"
