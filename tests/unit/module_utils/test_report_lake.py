# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants as a tree: each permission once, at its place, in its state."""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils._grants import revoke_entries
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_returned import returned_entries
from ansible_collections.qualytics.athena.plugins.module_utils._report_lake import Node, grant_tree
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import ACCOUNT, VENDOR, drifted_everywhere

READER = f"arn:aws:iam::{ACCOUNT}:role/reader"


def rows(*grants: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    wanted = read_wanted({"principal": READER, "grants": list(grants)}, ACCOUNT)
    return returned_entries(wanted.atoms)


def lines(nodes: list[Node], path: str = "") -> list[str]:
    """One line for each permission: its place, state, permission and what of the place it is on."""
    found = []
    for node in nodes:
        here = f"{path}{node.name}"
        for it in node.held:
            option = " option" if it.is_option else ""
            on = " ".join(filter(None, [it.words, ",".join(it.parts), it.condition]))
            found.append(f"{here}: {it.state} {it.permission}{option} {on}".rstrip())
        found += lines(node.children, f"{here}/")
    return found


def test_each_permission_has_its_place_and_state() -> None:
    fact = drifted_everywhere()
    tree = grant_tree(fact["grants"], fact["observed_grants"], fact["revoked"], ACCOUNT)
    assert lines(tree) == [
        f"{ACCOUNT}/finance: extra CREATE_TABLE",
        f"{ACCOUNT}/finance: in_place DESCRIBE",
        f"{ACCOUNT}/finance/invoices: extra INSERT",
        f"{ACCOUNT}/finance/invoices: in_place SELECT",
        f"{ACCOUNT}/finance/invoices: missing SELECT option",
        f"{ACCOUNT}/finance/ledger: in_place SELECT columns amount,currency,id",
        f"{ACCOUNT}/finance/ledger: missing SELECT columns booked_at",
        f"{ACCOUNT}/finance/ledger: extra SELECT columns iban",
        f"{ACCOUNT}/finance/payments: missing SELECT",
        f"{ACCOUNT}/finance/payments: missing SELECT option",
        f"{VENDOR}/market_data: missing SELECT all tables",
    ]
    assert [node.count("missing") for node in tree] == [4, 1]
    assert [node.count("in_place") for node in tree] == [5, 0]
    assert all(node.differs for node in tree)


def test_what_is_held_beside_it_is_left_alone() -> None:
    held = rows({"database": "sales"}, {"database": "sales", "tables": ["orders"], "permissions": ["ALTER"]})
    tree = grant_tree(rows({"database": "sales"}), held, [], ACCOUNT)
    assert lines(tree) == [f"{ACCOUNT}/sales: in_place DESCRIBE", f"{ACCOUNT}/sales/orders: kept ALTER"]
    assert not tree[0].differs


def test_every_kind_of_resource_is_shown() -> None:
    location = {"DataLocation": {"ResourceArn": "arn:aws:s3:::acme-lake/sales"}}
    grants = [
        {"resource": {"Catalog": {}}, "permissions": ["CREATE_DATABASE"]},
        {"resource": location, "permissions": ["DATA_LOCATION_ACCESS"]},
        {"lf_tags": {"domain": ["sales"]}, "permissions": ["SELECT"]},
        {"resource": {"LFTag": {"TagKey": "domain", "TagValues": ["hr", "sales"]}}, "permissions": ["DESCRIBE"]},
        {"database": "sales", "tables": ["orders"], "excluded_columns": ["ssn"]},
        {"database": "sales", "tables": ["customers"], "data_cells_filter": "eu_only"},
    ]
    assert lines(grant_tree(rows(*grants), [], [], ACCOUNT)) == [
        f"{ACCOUNT}: missing CREATE_DATABASE",
        f"{ACCOUNT}: missing DATA_LOCATION_ACCESS data location arn:aws:s3:::acme-lake/sales",
        f"{ACCOUNT}: missing DESCRIBE LF-tag domain, values hr,sales",
        f"{ACCOUNT}: missing SELECT tables tagged domain=sales",
        f"{ACCOUNT}/sales/customers: missing SELECT data cells filter eu_only",
        f"{ACCOUNT}/sales/orders: missing SELECT all columns but ssn",
    ]


def test_rows_of_an_unknown_kind_are_left_out() -> None:
    revoked = [{"Resource": {"Moon": {}}, "Permissions": ["SELECT"]}, {"Resource": True}, {}]
    asked: list[dict[str, t.Any]] = [
        {"moon": "full", "permissions": ["SELECT"], "grantable": []},
        {"database": "a"},
        {},
    ]
    assert grant_tree(asked, asked, revoked, ACCOUNT) == []


def test_a_name_that_no_option_takes_hides_no_other() -> None:
    held = rows({"database": "sales", "tables": ["orders", "x"]})
    held[0]["tables"][1] = "x?y"
    tree = grant_tree(rows({"database": "sales", "tables": ["orders"]}), held, [], ACCOUNT)
    assert lines(tree) == [f"{ACCOUNT}/sales/orders: in_place SELECT", f"{ACCOUNT}/sales/x?y: kept SELECT"]


def test_what_is_revoked_is_of_the_catalog_that_its_request_names() -> None:
    wanted = read_wanted(
        {"principal": READER, "grants": [{"resource": {"Catalog": {}}, "permissions": ["ALL"]}], "catalog_id": VENDOR},
        ACCOUNT,
    )
    revoked = [{**wanted.request, **entry.request(READER)} for entry in revoke_entries(wanted.atoms)]
    assert lines(grant_tree([], returned_entries(wanted.atoms), revoked, ACCOUNT)) == [f"{VENDOR}: extra ALL"]
