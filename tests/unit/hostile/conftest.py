# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many hostile inputs were tried, and what became of them: a line for each kind at the end of the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

_TRIED: dict[str, Counter[str]] = defaultdict(Counter)


@pytest.fixture(scope="session")
def tried() -> Callable[..., None]:
    """Count an input of a kind by what became of it."""

    def count(kind: str, outcome: str) -> None:
        _TRIED[kind][outcome] += 1

    return count


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for kind, outcomes in sorted(_TRIED.items()):
        parts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminalreporter.write_line(f"hostile input: {outcomes.total():,} {kind}: {parts}")
