# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants as results return them: all of them, in few entries, which can be given back."""

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest
from hypothesis import given

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, row_atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_returned import returned_atoms, returned_entries
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import ACCOUNT, FEDERATED, OTHER_ACCOUNT
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_drawn import draw_grants, randoms

READER = f"arn:aws:iam::{ACCOUNT}:role/reader"


def atoms_of(*grants: dict[str, t.Any], account: str = ACCOUNT) -> frozenset[Atom]:
    return read_wanted({"principal": READER, "grants": list(grants)}, account).atoms


def returned(*grants: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return returned_entries(atoms_of(*grants))


def listed(catalog_id: str, *tables: str) -> frozenset[Atom]:
    """SELECT on tables as Lake Formation lists it, whatever they are called."""
    places = [{"CatalogId": catalog_id, "DatabaseName": "sales", "Name": name} for name in tables]
    rows = [{"Resource": {"Table": place}, "Permissions": ["SELECT"]} for place in places]
    return frozenset().union(*(row_atoms(row, ACCOUNT) for row in rows))


@given(source=randoms)
def test_what_is_returned_can_be_given_back(source: random.Random) -> None:
    atoms = atoms_of(*draw_grants(source))
    entries = returned_entries(atoms)
    assert atoms_of(*entries) == atoms
    assert returned_entries(atoms_of(*entries)) == entries


@given(source=randoms)
def test_what_is_returned_is_read_wherever_it_is_read(source: random.Random) -> None:
    """As a report does, which knows the account from the principal only."""
    atoms = atoms_of(*draw_grants(source))
    entries = returned_entries(atoms)
    assert frozenset().union(*(returned_atoms(entry, OTHER_ACCOUNT) for entry in entries)) == atoms


@given(source=randoms)
def test_grant_options_that_are_held_alone_are_returned_too(source: random.Random) -> None:
    atoms = frozenset(it for it in atoms_of(*draw_grants(source)) if it.grantable)
    entries = returned_entries(atoms)
    assert all(entry["permissions"] == [] and entry["grantable"] for entry in entries)
    assert frozenset().union(*(returned_atoms(entry, ACCOUNT) for entry in entries)) == atoms


@given(source=randoms)
def test_the_order_in_which_grants_are_found_does_not_matter(source: random.Random) -> None:
    atoms = sorted(atoms_of(*draw_grants(source)), key=lambda it: it.sort_key)
    entries = returned_entries(atoms)
    source.shuffle(atoms)
    assert returned_entries(atoms) == entries


def test_thousands_of_tables_are_one_entry() -> None:
    names = [f"table_{number:04}" for number in range(3000)]
    own = {"catalog_id": ACCOUNT, "database": "sales", "permissions": ["SELECT"], "grantable": []}
    assert returned({"database": "sales", "tables": names[::-1]}) == [{**own, "tables": names}]
    [first, rest] = returned(
        {"database": "sales", "tables": names}, {**own, "tables": names[:1], "permissions": ["INSERT"]}
    )
    assert first == {**own, "tables": names[:1], "permissions": ["INSERT", "SELECT"]}
    assert rest == {**own, "tables": names[1:]}


def test_each_kind_of_resource_has_its_words_or_the_shape_of_the_api() -> None:
    location = {"DataLocation": {"CatalogId": ACCOUNT, "ResourceArn": "arn:aws:s3:::lake/sales"}}
    where = {"catalog_id": ACCOUNT, "database": "sales"}
    # A catalog that does not fold names.
    federated = {"catalog_id": f"{ACCOUNT}:Lake/Gold", "database": "Ns"}
    select: dict[str, t.Any] = {"permissions": ["SELECT"], "grantable": []}
    condition = 'context.iam.principalTags.hasTag("team")'
    expected: list[dict[str, t.Any]] = [
        {"resource": {"Catalog": {"Id": ACCOUNT}}, "permissions": ["CREATE_DATABASE"], "grantable": []},
        {**where, "permissions": ["DESCRIBE"], "grantable": ["DESCRIBE"]},
        {**where, "tables": ["orders", "salaries"], **select, "condition": condition},
        {**where, "tables": "*", **select},
        {**where, "tables": ["people"], "columns": ["id", "name"], **select},
        {**where, "tables": ["people"], "excluded_columns": ["ssn"], **select},
        {**where, "tables": ["orders"], "data_cells_filter": "eu_only", **select},
        {"resource": location, "permissions": ["DATA_LOCATION_ACCESS"], "grantable": []},
        {**federated, "permissions": ["DESCRIBE"], "grantable": []},
        {**federated, "tables": ["orders"], **select},
        {**federated, "tables": ["Orders"], "columns": ["id"], **select},
        {**federated, "tables": ["Orders"], "data_cells_filter": "EuOnly", **select},
    ]
    assert returned(*expected) == expected


def test_what_lacks_a_word_of_the_form_is_not_merged_with_what_has_it() -> None:
    atoms = atoms_of({"database": "a", "tables": ["x", "y"]})
    [x, y] = sorted(atoms, key=lambda it: it.sort_key)
    assert len(returned_entries([x, y])) == 1
    assert len(returned_entries([x, dataclasses.replace(y, condition="true")])) == 2
    assert len(returned_entries([x, dataclasses.replace(y, grantable=True)])) == 2


@pytest.mark.parametrize("name", ["x?y", "b${x}", "x\ty", "arn:x", "\N{CJK UNIFIED IDEOGRAPH-58F2}", "l" * 300])
def test_a_name_that_the_option_refuses_is_returned_with_the_others_and_read(name: str) -> None:
    atoms = listed(ACCOUNT, "orders", name)
    [entry] = returned_entries(atoms)
    assert sorted(entry["tables"]) == sorted(["orders", name])
    assert returned_atoms(entry, ACCOUNT) == atoms
    with pytest.raises(InvalidOption, match="tables"):
        atoms_of(entry)


def test_a_table_that_has_the_name_of_all_tables_does_not_become_all_of_them() -> None:
    atoms = listed(FEDERATED, "*", "orders")
    entries = returned_entries(atoms)
    assert [entry.get("tables") for entry in entries] == [None, ["orders"]]
    assert frozenset().union(*(returned_atoms(entry, ACCOUNT) for entry in entries)) == atoms
    with pytest.raises(InvalidOption):
        atoms_of(entries[0])
