# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Situations met on AWS (data/lake_formation.json): as options of the module, as an account, and which switch matters.

A switch matters to a case where the module and Lake Formation say anything else to each other because of it.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

from botocore.exceptions import ClientError

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, row_principal
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import WantedGrants, read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import compare
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import GrantsAccount
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_drawn import SWITCHES

Case = dict[str, t.Any]
Settings = dict[str, t.Any]

CASES: t.Final[list[Case]] = json.loads(
    (pathlib.Path(__file__).parent.parent / "data" / "lake_formation.json").read_text(encoding="utf-8")
)
# Each switch by itself, in every setting that is not its default.
SINGLE_SWITCHES: t.Final[dict[str, Settings]] = {
    f"{name}={value}": {name: value} for name, values in SWITCHES.items() for value in values[1:]
}


def options(case: Case) -> dict[str, t.Any]:
    """The options of the module that say what the case wants, the widest purge where it purges."""
    grants = [
        {
            "resource": grant["Resource"],
            "permissions": grant["Permissions"],
            "grantable": grant["PermissionsWithGrantOption"],
            **({"condition": grant["Condition"]} if "Condition" in grant else {}),
        }
        for grant in case["desired"]
    ]
    purge = {"purge": True, "purge_scope": "principal"} if case["purge"] else {}
    return {"principal": case["principal"], "grants": grants, **purge}


def wanted(case: Case) -> WantedGrants:
    return read_wanted(options(case), case["account"])


def requests(case: Case) -> list[dict[str, t.Any]]:
    """What to grant, row by row, so that Lake Formation lists what the case lists, as far as it takes it."""
    return [
        {
            "Principal": row["Principal"],
            "Resource": _requested(row["Resource"]),
            "Permissions": row["Permissions"],
            "PermissionsWithGrantOption": row["PermissionsWithGrantOption"],
            **({"Condition": row["Condition"]} if "Condition" in row else {}),
        }
        for row in case["listed"]
    ]


def _requested(shape: dict[str, t.Any]) -> dict[str, t.Any]:
    """All tables are listed by a name under which nothing can be granted."""
    for kind in ("Table", "TableWithColumns"):
        listed = shape.get(kind, {})
        if listed.get("Name") == "ALL_TABLES":
            names = {key: listed[key] for key in ("CatalogId", "DatabaseName") if key in listed}
            return {"Table": {**names, "TableWildcard": {}}}
    return shape


def account_of(case: Case, settings: Settings, account: GrantsAccount | None = None) -> GrantsAccount:
    """An account that lists what the case lists; what was granted a while ago shows whatever the lag."""
    account = account or GrantsAccount()
    lake = account.lake
    lake.behaviour = dataclasses.replace(lake.behaviour, **{**settings, "list_lag": 0})
    for request in requests(case):
        account.call("GrantPermissions", **request)
    return account


def left_to_do(case: Case, held: frozenset[Atom], settings: Settings) -> list[Atom]:
    """What differs from what the case wants: nothing, after a run that succeeded."""
    asked = wanted(case)
    left = compare(asked.atoms, held, asked.scope)
    # What is listed beside ALL as if it were granted is taken for granted.
    shown = settings.get("all_expands") in ("select_row", "listed")
    supers = {(it.resource, it.condition) for it in held if shown and it.permission == "ALL"}
    lacking = {it for it in left.to_grant if (it.resource, it.condition) not in supers}
    return sorted(lacking | left.to_revoke, key=str)


# Which switch matters ------------------------------------------------------------------------------------------------


class _Overheard(GrantsAccount):
    """An account that keeps what was asked and answered, but for the order and the times."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str, str]] = []

    def _lake_formation(self, operation: str, parameters: dict[str, t.Any], caller: str) -> t.Any:
        try:
            answer = super()._lake_formation(operation, parameters, caller)
        except ClientError as error:
            self.heard.append((operation, _sorted(parameters), str(error)))
            raise
        self.heard.append((operation, _sorted(parameters), _sorted(answer)))
        return answer


def _sorted(value: t.Any) -> str:
    """The value as text, whatever the order in it."""
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key}: {_sorted(it)}' for key, it in value.items() if key not in _VARYING))}}}"
    return f"[{', '.join(sorted(map(_sorted, value)))}]" if isinstance(value, list) else repr(value)


_VARYING = ("LastUpdated", "NextToken")
_Conversation = list[tuple[str, str, str]]


def _conversation(case: Case, settings: Settings) -> _Conversation:
    """All that is said when the module runs, and runs again."""
    overheard = _Overheard()
    account_of(case, settings, overheard)
    overheard.lake.behaviour = dataclasses.replace(overheard.lake.behaviour, **settings)
    for _run in range(2):
        given = options(case)
        overheard.run(*given.pop("grants"), **given)
    return overheard.heard


def cases_by_switch() -> dict[str, list[Case]]:
    """For each single switch the cases to which it matters."""
    usual = {case["id"]: _conversation(case, {}) for case in CASES}
    return {
        name: [case for case in CASES if _conversation(case, settings) != usual[case["id"]]]
        for name, settings in SINGLE_SWITCHES.items()
    }


def unlike_cases_by_switch() -> dict[str, list[Case]]:
    """The same, without those in which the module makes the same calls as in an earlier one, to the same effect.

    A switch that matters to none (the order of what is listed, say) still has the first that writes.
    """
    writes = next(case for case in CASES if case["expect"] == "drift")
    chosen = {}
    for name, cases in cases_by_switch().items():
        unlike: dict[t.Any, Case] = {}
        for case in cases:
            heard = _conversation(case, SINGLE_SWITCHES[name])
            calls = tuple(
                (operation, "Failures: []" in answer, "Exception" in answer) for operation, _asked, answer in heard
            )
            unlike.setdefault((case["purge"], calls), case)
        chosen[name] = list(unlike.values()) or [writes]
    return chosen


def rows_of_others(rows: list[Case], principal: str) -> list[str]:
    """The rows of everybody else, in a form that can be compared."""
    return sorted(_sorted(row) for row in rows if row_principal(row) != principal)
