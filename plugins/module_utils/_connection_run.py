# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole connection in one process: its steps in their order on one session, each as its own module would run it.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _connection_result,
    _connection_steps,
    _errors,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


# A module's code is compiled anew in every run, so a run imports the concerns of its own connection only. ansible-core
# packs what it finds imported in functions, but not in the cases of a match statement.


def _discovery() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _discovery_run

    return _discovery_run.prepare_discovery


def _bucket_check() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _results_bucket_run

    return _results_bucket_run.prepare_bucket_check


def _role() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _role_run

    return _role_run.prepare_role


def _policy() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _policy_run

    return _policy_run.prepare_policy


def _grants() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _grants_run

    return _grants_run.prepare_grants


def _access_check() -> _aws_module.Prepare:
    from ansible_collections.qualytics.athena.plugins.module_utils import _access_run

    return _access_run.prepare_access_check


_CONCERNS: t.Final[Mapping[str, t.Callable[[], _aws_module.Prepare]]] = {
    "discovery": _discovery,
    "bucket_check": _bucket_check,
    "role": _role,
    "policy": _policy,
    "grants": _grants,
    "checked": _access_check,
}


def prepare_connection(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options of all steps, so that bad input is refused before the first call; a refusal is a result too."""
    if params["state"] == "compared":
        session.only_compare()
    connection = _Connection(params, session)
    refusal = connection.prepare()
    return (lambda: connection.result(refusal)) if refusal else connection.run


class _Connection:
    """One run over all steps, and what they have returned so far."""

    def __init__(self, params: Mapping[str, t.Any], session: _aws_module.Session) -> None:
        self._given = params
        self._session = session
        self._prepared: dict[str, tuple[dict[str, t.Any], _aws_module.Run]] = {}
        self._results: dict[str, dict[str, t.Any]] = {}

    def prepare(self) -> str:
        """Why the options are refused; empty where they are not."""
        try:
            _connection_steps.check_variables(self._given)
            _connection_steps.check_needed_options(self._given)
        except _validation.InvalidOption as error:
            return str(error)
        for step in _connection_steps.steps_of(self._given):
            try:
                self._prepare(step)
            except _validation.InvalidOption as error:
                return str(_connection_steps.named_as_given(error, step, self._given))
        return ""

    def run(self) -> dict[str, t.Any]:
        failures: dict[str, str] = {}
        for step in _connection_steps.steps_of(self._given):
            if not _connection_steps.is_to_run(step, self._given, self._results):
                continue
            failure = self._run(step)
            if failure:
                failures[step.title] = failure
                # What an earlier task may be about to repair need not keep the rest from being told.
                if not (step.name == "bucket_check" and self._session.check_mode):
                    break
        return self.result("; ".join(failures.values()), "; ".join(": ".join(it) for it in failures.items()))

    def result(self, failure: str = "", message: str = "") -> dict[str, t.Any]:
        """The result of the module. failure: why it failed, message: the same with the step that did."""
        name = self._given["connection"]
        result = _connection_result.connection_result(
            self._results, name, self._given["auth_mode"], {"msg": failure} if failure else None
        )
        return {
            "changed": result["changed"],
            "drift": result["drift"],
            "checks": result["checks"],
            # What a step keeps as it was may be long, and none of it would be shown.
            "diff": [it["diff"] for it in self._results.values() if it.get("changed") and "diff" in it],
            "result": result,
            **({"failed": True, "msg": f"{name}: {message or failure}"} if failure else {}),
        }

    def _prepare(self, step: _connection_steps.Step) -> _aws_module.Run:
        """The step with what is known now; what a step before it found may change its options."""
        options = step.options(self._given, self._results)
        known, run = self._prepared.get(step.name, (None, None))
        if run is None or options != known:
            run = _CONCERNS[step.name]()(options, self._session)
            self._prepared[step.name] = options, run
        return run

    def _run(self, step: _connection_steps.Step) -> str:
        """Why the step failed; empty where it did not."""
        warnings: list[str] = []
        with self._session.warnings_kept_in(warnings):
            result = self._run_or_fail(step)
        self._results[step.name] = {**result, "warnings": warnings}
        if step.name == "checked" and not result.get("failed"):
            return _connection_steps.first_failure(result["checks"], self._given["fail_on"])
        return str(result["msg"]) if result.get("failed") else ""

    def _run_or_fail(self, step: _connection_steps.Step) -> dict[str, t.Any]:
        try:
            return self._prepare(step)()
        except _validation.InvalidOption as error:
            return {"failed": True, "msg": str(_connection_steps.named_as_given(error, step, self._given))}
        except _change.Refused as error:
            return {"failed": True, "msg": str(error)}
        except AnsibleAWSError as error:
            return {**error.kwargs, "failed": True, "msg": _errors.text_of(error)}
