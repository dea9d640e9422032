# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cell of the fault matrix: a call meets a fault, and after it everything ends as if it had not."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from athena_sandbox import Sandbox
from fault_proxy import Fault, Proxy

from ..integration.module_runs import Modules, Run, in_a_hurry, is_write
from .clear_errors import assert_clear_error, assert_told_by_checks
from .columns import ALWAYS, COLUMNS, EVERY_READ, WAITS_FOR, Column
from .units import Unit

# So often is a call tried (_retry.py); a batch whose entries fail, in several rounds of so many (_grants_run.py).
_TRIES, _TRIES_OF_THE_NETWORK, _TRIES_OF_A_BATCH = 8, 4, 7 * 4

_OF_THE_NETWORK = (
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.SLOW,
    Fault.CUT,
    Fault.TRUNCATED,
    Fault.FOREIGN,
    Fault.FOREIGN_NOT_FOUND,
)


class Outcome(enum.StrEnum):
    """How a run ends whose call met a fault."""

    # Without a call more than without the fault; with more calls; with an error.
    NO_MATTER = "no matter"
    RETRIED = "retried"
    ERROR = "error"
    # With an answer among the checks of a verification, which goes on.
    CHECK = "check"
    # There was nothing that it could befall.
    NOT_MET = "not met"


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """A unit's run without faults, and the state that it leaves."""

    run: Run
    state: Any

    @property
    def calls(self) -> list[str]:
        return sorted(set(self.run.calls))


class Bench:
    """Where cells are tried: a sandbox with a proxy in front of it."""

    def __init__(self, sandbox: Sandbox, proxy: Proxy) -> None:
        self._sandbox = sandbox
        self._proxy = proxy
        self._modules = Modules(proxy)
        self._undisturbed: dict[str, Undisturbed] = {}
        # A situation that nothing changes is made once.
        self._standing: tuple[str, Any] = ("", None)

    def undisturbed(self, unit: Unit) -> Undisturbed:
        if not unit.writes:
            # What was seen in another world, with other keys, is not what is seen in this one.
            self._prepared(unit)
        if unit.name not in self._undisturbed:
            options, state = self._prepared(unit)
            self._undisturbed[unit.name] = Undisturbed(self._run(unit, options).ok(), state())
        return self._undisturbed[unit.name]

    def rows(self, unit: Unit) -> dict[str, list[Column]]:
        """The columns for each call of a unit."""
        calls = [call for call in self.undisturbed(unit).calls if call not in unit.leave_out]
        every = [EVERY_READ] if unit.writes else []
        found = {call: [it for it in COLUMNS.values() if _is_asked(unit, call, it)] for call in (*calls, *every)}
        return {call: columns for call, columns in found.items() if columns}

    def outcome(self, unit: Unit, call: str, column: Column) -> Outcome:
        """Try a cell; AssertionError where anything but the three outcomes comes of it."""
        full = self.undisturbed(unit)
        options, state = self._prepared(unit)
        if column.fault is Fault.STALE:
            self._run(unit, options).ok()
            full = dataclasses.replace(full, run=dataclasses.replace(full.run, calls=self._clean(unit, options).calls))
        run = self._with_fault(unit, options, call, column)
        outcome = self._judged(unit, run, full, call, column)
        self._proxy.clear_rules()
        if unit.writes:
            # What was absorbed needs no further run: the one that would repair it must find nothing to do.
            if outcome is Outcome.ERROR or column.fault in (Fault.STALE, Fault.NOT_KNOWN_YET):
                self._clean(unit, options)
            assert state() == full.state, "another state"
            last = self._clean(unit, options)
            assert not last.result["changed"]
            assert not last.writes, last.writes
        return outcome

    def _prepared(self, unit: Unit) -> tuple[dict[str, Any], Any]:
        self._proxy.clear_rules()
        self._proxy.clear_memory()
        if unit.writes:
            self._standing = ("", None)
            return unit.prepare(self._sandbox)
        if self._standing[0] != unit.name:
            self._standing = (unit.name, unit.prepare(self._sandbox))
            self._undisturbed.pop(unit.name, None)
        prepared: tuple[dict[str, Any], Any] = self._standing[1]
        return prepared

    def _run(self, unit: Unit, options: dict[str, Any]) -> Run:
        return self._modules.run(unit.module, options, before=in_a_hurry)

    def _clean(self, unit: Unit, options: dict[str, Any]) -> Run:
        return self._run(unit, options).ok()

    def _with_fault(self, unit: Unit, options: dict[str, Any], call: str, column: Column) -> Run:
        service, _colon, operation = call.partition(":")
        where = {} if call == EVERY_READ else {"service": service, "operation": operation}
        self._proxy.rule(**column.rule, **where)
        patience = {"aws_config": {"read_timeout": WAITS_FOR}} if column.fault is Fault.SLOW else {}
        return self._run(unit, options | patience)

    def _judged(self, unit: Unit, run: Run, full: Undisturbed, call: str, column: Column) -> Outcome:
        met = sum(made["fault"] is not None for made in self._proxy.calls())
        if not met:
            run.ok()
            return Outcome.NOT_MET
        usual = max(1, full.run.calls.count(call)) if call != EVERY_READ else len(full.run.calls)
        assert met <= usual * _most_tries(column), f"{met} calls met it, {usual} are made"
        if run.failed:
            assert_clear_error(run)
            return Outcome.ERROR
        run.ok()
        if not unit.writes:
            if _looks(run) != _looks(full.run):
                assert_told_by_checks(run, full.run)
                return Outcome.CHECK
            # Nothing that it meets passes unnoticed; how often a query is looked at differs from run to run.
            return Outcome.RETRIED
        return Outcome.RETRIED if len(run.calls) > len(full.run.calls) else Outcome.NO_MATTER


def _looks(run: Run) -> tuple[Any, ...]:
    """What a module that only looks has seen, and the calls that would be writes if it were not for their dry run."""
    # The live step names queries, which are others in each run.
    checks = [it | {"detail": ""} if it["name"].startswith("live_") else it for it in run.result.get("checks", [])]
    return checks, run.result.get("found"), {call for call in run.calls if is_write(call)}


def _is_asked(unit: Unit, call: str, column: Column) -> bool:
    return column.name in unit.columns and column.can_befall(call)


def _most_tries(column: Column) -> int:
    if column.times != ALWAYS:
        return column.times
    if column.fault is Fault.PARTIAL_FAILURE:
        return _TRIES_OF_A_BATCH
    return _TRIES_OF_THE_NETWORK if column.fault in _OF_THE_NETWORK else _TRIES
