# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run steps: one with its output on the terminal, or many, two at a time, each with its output in a log."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from .commands import Transcript, end_all
from .environment import Environment, SetupFailed
from .paths import LOGS, ROOT
from .results import Outcome
from .steps import EVERY_STEP, Context

_AT_A_TIME = 2
_SHOWN_ON_FAILURE = 60


@dataclass(frozen=True)
class _Report:
    name: str
    outcome: Outcome
    seconds: float


def run_one(environment: Environment, name: str) -> bool:
    """Run one step on the terminal; returns whether it passed."""
    report = _run(environment, name, echo=True)
    for note in report.outcome.notes:
        print(note)
    print(f"{name}: {report.outcome} ({report.seconds:.0f} s)")
    # What this machine lacks is no failure of the one step that was asked for.
    return _is_good(report.outcome) or (report.outcome.skipped > 0 and report.outcome.failed == 0)


def run_many(environment: Environment, names: Iterable[str]) -> bool:
    """Run steps two at a time, a line for each as it ends, and last the counts of all; returns whether all passed."""
    names = list(names)
    print(f"running {len(names)} steps, {_AT_A_TIME} at a time; logs in {LOGS.relative_to(ROOT)}/", flush=True)
    total = Outcome()
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        futures = [pool.submit(_run, environment, name, False) for name in names]
        try:
            for future in as_completed(futures):
                report = future.result()
                total += report.outcome
                _print(report)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    print(total, flush=True)
    return _is_good(total)


def _run(environment: Environment, name: str, echo: bool) -> _Report:
    started = time.monotonic()
    transcript = Transcript(LOGS / f"{name}.log", echo)
    try:
        outcome = EVERY_STEP[name](Context(name, environment, transcript))
    except SetupFailed as error:
        transcript.write(str(error))
        outcome = Outcome(failed=1)
    except Exception:
        # A step that breaks is a failed step; the others still tell what they found.
        transcript.write(traceback.format_exc())
        outcome = Outcome(failed=1)
    finally:
        transcript.close()
    return _Report(name, outcome, time.monotonic() - started)


def _is_good(outcome: Outcome) -> bool:
    return outcome.passed > 0 and outcome.failed == 0


def _print(report: _Report) -> None:
    verdict = "FAILED" if report.outcome.failed else "ok" if report.outcome.passed else "skipped"
    print(f"{report.name:12} {verdict:8} {report.outcome} ({report.seconds:.0f} s)", flush=True)
    for note in report.outcome.notes:
        print(f"             {note}", flush=True)
    if report.outcome.failed:
        log = LOGS / f"{report.name}.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        print(f"             the end of {log.relative_to(ROOT)}:", flush=True)
        for line in lines[-_SHOWN_ON_FAILURE:]:
            print(f"             | {line}", flush=True)
