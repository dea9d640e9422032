# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Situations met on AWS: what is wanted, what Lake Formation lists, and what is then to be granted and revoked."""

from __future__ import annotations

import itertools
import random
import typing as t

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._grants import (
    Atom,
    Atoms,
    atoms_on,
    row_atoms,
    row_principal,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import compare, plan_units
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import read_resource
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_cases import (
    CASES,
    SINGLE_SWITCHES,
    Case,
    account_of,
    left_to_do,
    options,
    wanted,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_drawn import SWITCHES

every_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


def listed(case: Case) -> list[frozenset[Atom]]:
    rows = [row for row in case["listed"] if row_principal(row) == case["principal"]]
    return [row_atoms(row, case["account"]) for row in rows]


def atoms(case: Case, grants: list[Case]) -> set[Atom]:
    """The atoms of grants of the case, in which a permission goes with an option only where it is named."""
    found: set[Atom] = set()
    for grant in grants:
        condition = (grant.get("Condition") or {}).get("Expression", "")
        resources = read_resource(grant["Resource"], case["account"])
        found |= atoms_on(resources, grant["Permissions"], grant["PermissionsWithGrantOption"], condition)
    return found


def held_of(case: Case) -> frozenset[Atom]:
    return frozenset[Atom]().union(*listed(case))


def test_all_cases_are_there() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) == 63


@every_case
def test_what_is_to_be_granted_and_revoked(case: Case) -> None:
    asked, held = wanted(case), held_of(case)
    difference = compare(asked.atoms, held, asked.scope)
    assert bool(difference) == (case["expect"] == "drift")
    assert difference.to_revoke == atoms(case, case["to_revoke"])
    # A grant that names a permission together with its option may hold the permission already.
    assert difference.to_grant == atoms(case, case["to_grant"]) - held


@every_case
def test_the_order_of_rows_and_of_wishes_does_not_matter(case: Case) -> None:
    asked, held = wanted(case), held_of(case)
    shuffled = {**case, "desired": [*reversed(case["desired"]), *case["desired"]], "listed": case["listed"][::-1]}
    assert compare(wanted(shuffled).atoms, held_of(shuffled), asked.scope) == compare(asked.atoms, held, asked.scope)


@every_case
def test_the_requests_are_made_of_what_differs(case: Case) -> None:
    """Granted is what is missing, and perhaps more of what is wanted; revoked is what is too much, all of it held."""
    asked, held = wanted(case), held_of(case)
    difference = compare(asked.atoms, held, asked.scope)
    units = plan_units(asked.atoms, difference, listed(case), {})
    granted = atoms_of(entry.atoms for unit in units for entry in (*unit.first, *unit.then))
    revoked = atoms_of(entry.atoms for unit in units for entry in unit.revoke)
    assert difference.to_grant <= granted <= asked.atoms
    assert revoked == difference.to_revoke <= held


def atoms_of(groups: t.Iterable[Atoms]) -> set[Atom]:
    return set(itertools.chain.from_iterable(groups))


# The same from the options to the account ----------------------------------------------------------------------------


def _drawn(seed: int) -> dict[str, t.Any]:
    source = random.Random(seed)
    return {name: source.choice(values) for name, values in SWITCHES.items()}


# Each switch by itself, and many together.
_SETTINGS: t.Final[dict[str, dict[str, t.Any]]] = {
    "defaults": {},
    **SINGLE_SWITCHES,
    **{f"drawn-{seed}": _drawn(seed) for seed in range(6)},
}


@pytest.mark.parametrize("settings", _SETTINGS.values(), ids=_SETTINGS)
def test_every_case_ends_as_wanted_however_lake_formation_behaves(settings: dict[str, t.Any]) -> None:
    for case in CASES:
        account = account_of(case, settings)
        given = options(case)
        grants = given.pop("grants")
        result = account.run(*grants, **given)
        if result.get("failed"):
            assert not case["purge"], (case["id"], result["msg"])
            assert "set purge: true" in result["msg"], case["id"]
            continue
        assert not left_to_do(case, account.held(case["principal"]), settings), case["id"]
        assert not account.run(*grants, **given)["changed"], case["id"]
