# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all grants, and however Lake Formation behaves where that is not known."""

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._diff_text import diff_text
from ansible_collections.qualytics.athena.plugins.module_utils._grants import (
    Atom,
    is_covered,
    row_atoms,
    row_principal,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import WantedGrants, read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_returned import returned_atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_words import grant_facts
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import (
    ACCOUNT,
    OTHER,
    READER,
    Grant,
    GrantsAccount,
    Killed,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_drawn import draw_grants, put, randoms, switches
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

PURGES = (
    {"purge": True},
    {"purge": True, "purge_scope": "databases", "purge_databases": ["hr"]},
    {"purge": True, "purge_scope": "principal"},
)


def account_with_grants(settings: dict[str, t.Any], source: random.Random) -> GrantsAccount:
    """An account in which the reader and somebody else hold something already."""
    account = GrantsAccount(**{**settings, "list_lag": 0})
    for principal in (READER, OTHER, READER):
        put(account, principal, draw_grants(source))
    account.lake.behaviour = dataclasses.replace(account.lake.behaviour, list_lag=settings.get("list_lag", 0))
    return account


def others(account: GrantsAccount) -> list[Grant]:
    rows = [row for row in account.rows() if row_principal(row) != READER]
    return [{key: value for key, value in row.items() if not key.startswith("Last")} for row in rows]


def supers(wanted: WantedGrants) -> set[t.Any]:
    return {(it.resource, it.condition, it.grantable) for it in wanted.atoms if it.permission == "ALL"}


def beside_all(atom: Atom, wanted: WantedGrants) -> bool:
    """Whether it may be listed because ALL is wanted."""
    return atom.permission != "ALL" and (atom.resource, atom.condition, atom.grantable) in supers(wanted)


def read(grants: list[Grant], **options: t.Any) -> WantedGrants:
    return read_wanted({"principal": READER, "grants": grants, **options}, ACCOUNT)


def assert_converged(account: GrantsAccount, wanted: WantedGrants, before: frozenset[Atom]) -> None:
    held = account.held()
    assert not {it for it in wanted.atoms if not is_covered(it, held) and not beside_all(it, wanted)}
    within = {it for it in held if wanted.scope.covers(it.resource) and not beside_all(it, wanted)}
    assert within <= wanted.atoms
    outside = {it for it in held if not wanted.scope.covers(it.resource)}
    assert {it for it in before if not wanted.scope.covers(it.resource)} <= outside
    assert {it for it in outside if it not in wanted.atoms and not beside_all(it, wanted)} <= before


def silent(account: GrantsAccount, *grants: Grant, **options: t.Any) -> bool:
    account.lake.behaviour = dataclasses.replace(account.lake.behaviour, list_lag=0)
    again = account.run(*grants, **options)
    return not again["changed"] and not again["drift"] and again.writes == 0


@given(settings=switches, source=randoms, purge=st.sampled_from(PURGES))
@examples(300)
def test_a_purge_converges_in_one_run(
    settings: dict[str, t.Any], source: random.Random, purge: dict[str, t.Any]
) -> None:
    account = account_with_grants(settings, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    before, before_others = account.held(), others(account)
    result = account.run(*grants, **purge)
    assert not result.get("failed"), result["msg"]
    assert_converged(account, read(grants, **purge), before)
    assert others(account) == before_others
    assert silent(account, *reversed(grants), grants[0], **purge)


@given(settings=switches, source=randoms)
@examples(150)
def test_without_a_purge_it_converges_or_names_the_shape_in_the_way(
    settings: dict[str, t.Any], source: random.Random
) -> None:
    account = account_with_grants(settings, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    before, before_others = account.held(), others(account)
    result = account.run(*grants)
    assert not result["revoked"]
    assert others(account) == before_others
    if result.get("failed"):
        assert "the principal holds" in result["msg"]
        assert "set purge: true" in result["msg"]
        assert result["not_done"]
        assert settings["table_and_columns_conflict"]
    else:
        held = account.held()
        # What is listed beside an ALL that nobody asked for cannot be told from what is granted.
        listed = {(it.resource, it.condition, it.grantable) for it in held if it.permission == "ALL"}
        lacking = {it for it in read(grants).atoms if not is_covered(it, held)}
        assert not {it for it in lacking if (it.resource, it.condition, it.grantable) not in listed}
        assert before <= held
        assert silent(account, *grants)


@given(settings=switches, source=randoms, purge=st.sampled_from(PURGES), kill_at=st.integers(0, 6))
@examples(150)
def test_a_run_after_one_that_was_killed_finishes_it(
    settings: dict[str, t.Any], source: random.Random, purge: dict[str, t.Any], kill_at: int
) -> None:
    account = account_with_grants(settings, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    before, before_others = account.held(), others(account)
    account.kill_at = kill_at
    try:
        account.run(*grants, **purge)
    except Killed:
        account.kill_at = None
        account.lake.behaviour = dataclasses.replace(account.lake.behaviour, list_lag=0)
        result = account.run(*grants, **purge)
        assert not result.get("failed"), result["msg"]
    account.kill_at = None
    assert_converged(account, read(grants, **purge), before)
    assert others(account) == before_others
    assert silent(account, *grants, **purge)


@given(settings=switches, source=randoms, purge=st.sampled_from(({}, *PURGES)))
@examples(100)
def test_check_mode_writes_nothing_and_predicts_what_apply_does(
    settings: dict[str, t.Any], source: random.Random, purge: dict[str, t.Any]
) -> None:
    account = account_with_grants({**settings, "table_and_columns_conflict": False}, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    before = account.rows()
    predicted = account.run(*grants, check_mode=True, **purge)
    assert predicted.writes == 0
    assert account.rows() == before
    done = account.run(*grants, **purge)
    for key in ("changed", "drift", "diff", "granted", "revoked", "grants", "observed_grants"):
        assert done[key] == predicted[key]


@given(settings=switches, source=randoms, purge=st.sampled_from(({}, *PURGES)))
@examples(100)
def test_what_was_held_and_what_is_asked_for_explain_the_drift(
    settings: dict[str, t.Any], source: random.Random, purge: dict[str, t.Any]
) -> None:
    account = account_with_grants(settings, source)
    result = account.run(*(draw_grants(source) or [{"database": "sales"}]), check_mode=True, **purge)

    def atoms(key: str) -> frozenset[Atom]:
        read_row = returned_atoms if key in ("grants", "observed_grants") else row_atoms
        return frozenset(atom for row in result[key] for atom in read_row(row, ACCOUNT))

    held = atoms("observed_grants")
    shown = grant_facts(held if result["changed"] else (), ACCOUNT)
    assert diff_text("", shown, ())["before"] == result["diff"]["before"]
    assert atoms("revoked") <= held
    kept = held - atoms("revoked")
    # An option is granted with its permission, which may be held already, or be part of what is.
    asked, granted = ({atom for atom in atoms(key) if not is_covered(atom, kept)} for key in ("grants", "granted"))
    assert asked == granted


@given(settings=switches, source=randoms)
@examples(50)
def test_what_is_held_can_be_asked_for_and_given_back(settings: dict[str, t.Any], source: random.Random) -> None:
    account = account_with_grants({**settings, "list_lag": 0}, source)
    found = account.run(check_mode=True, **PURGES[-1])
    taken_over = [entry for entry in found["observed_grants"] if set(entry["grantable"]) <= set(entry["permissions"])]
    assert found.writes == 0
    given_back = account.run(*taken_over, check_mode=True, purge=True)
    assert not given_back["granted"]
    if taken_over == found["observed_grants"]:
        assert not account.run(*taken_over, check_mode=True, **PURGES[-1])["changed"]


@given(settings=switches, source=randoms)
@examples(150)
def test_absent_revokes_what_is_listed_and_nothing_else(settings: dict[str, t.Any], source: random.Random) -> None:
    account = account_with_grants(settings, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    before, before_others = account.held(), others(account)
    result = account.run(*grants, state="absent")
    assert not result.get("failed"), result["msg"]
    listed = {dataclasses.replace(it, grantable=False) for it in read(grants).atoms}
    left = {it for it in before if dataclasses.replace(it, grantable=False) not in listed}
    assert account.held() == left
    assert others(account) == before_others
    if settings["all_expands"] in ("no", "stored") or not any(it.permission == "ALL" for it in left):
        assert silent(account, *grants, state="absent")
    else:
        assert not account.run(*grants, state="absent")["changed"]


@given(source=randoms, purge=st.sampled_from(PURGES), expands=st.sampled_from(["no", "select_row", "listed", "stored"]))
@examples(150)
def test_what_is_held_before_and_wanted_is_held_all_the_time(
    source: random.Random, purge: dict[str, t.Any], expands: str
) -> None:
    """But on a table whose shape changes, where AWS takes the new one only after the old one."""
    account = account_with_grants({"all_expands": expands}, source)
    grants = draw_grants(source) or [{"database": "sales"}]
    wanted, before = read(grants, **purge), account.held()

    def effective(held: frozenset[Atom]) -> set[Atom]:
        """What of the wanted permissions is held, ALL giving all on its resource."""
        everything = {(it.resource, it.condition) for it in held if it.permission == "ALL" and not it.grantable}
        return {
            it
            for it in wanted.atoms
            if not it.grantable and (is_covered(it, held) or (it.resource, it.condition) in everything)
        }

    def kinds(atoms: frozenset[Atom], base: t.Any) -> set[t.Any]:
        return {
            it.resource if it.resource.kind == "excluded_columns" else it.resource.kind
            for it in atoms
            if it.resource.base == base
        }

    changing = {it.resource.base for it in wanted.atoms if len(kinds(wanted.atoms | before, it.resource.base)) > 1}
    kept = {it for it in effective(before) if it.resource.base not in changing}
    lost: list[set[Atom]] = []
    account.after_write = lambda: lost.append(kept - effective(account.held()))
    account.run(*grants, **purge)
    assert not [it for it in lost if it]


@pytest.mark.parametrize("purge", PURGES)
def test_many_grants_are_written_in_batches_and_read_in_pages(purge: dict[str, t.Any]) -> None:
    account = GrantsAccount(page_size=1000)
    for number in range(1000):
        account.catalog.add_table("sales", f"table_{number}", ("id",))
    grants = [{"database": "sales", "tables": [f"table_{number}" for number in range(1000)]}]
    result = account.run(*grants, **purge)
    assert result["changed"]
    assert result.calls["BatchGrantPermissions"] == 50
    assert result.calls["BatchRevokePermissions"] == 0
    assert result.calls["GetTables"] <= 12
    assert result.calls["GetTable"] == 0
    # One scan before, one after, and DESCRIBE on the database `default`; in wider scopes LF-tags too.
    assert result.calls["ListPermissions"] <= 12
    assert silent(account, *grants, **purge)
