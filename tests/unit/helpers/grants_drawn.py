# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants drawn at random, and Lake Formations that behave in every way that is not known to be wrong."""

from __future__ import annotations

import random
import typing as t
from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import (
    ACCOUNT,
    COLUMNS,
    FEDERATED,
    Grant,
    GrantsAccount,
)
from athena_sandbox.lake_formation import LakeFormationError

# Every switch with its settings, the default first.
SWITCHES: t.Final[dict[str, tuple[t.Any, ...]]] = {
    "strict_revoke": (True, False),
    "revoke_keeps_grant_option": (False, True),
    "empty_permissions_revoke": (True, False),
    "revoke_column_subset": (True, False),
    "plain_revoke_matches_all_columns": (True, False),
    "table_and_columns_conflict": (True, False),
    "columns_merge": (True, False),
    "all_expands": ("no", "select_row", "listed", "stored"),
    "named_table_lists_all_tables": (False, True),
    "scan_lists_cells_filters": (False, True),
    "absent_resource_rows": (True, False),
    "admin_rows": (False, True),
    "revoke_on_absent_resource": (False, True),
    "lf_tags_fold": (True, False),
    "lf_tag_policy_select_row": ("together", "apart"),
    "super_user_echo": (True, False),
    "list_lag": (0, 2),
    "short_pages": (False, True),
    "shuffle_permissions": (True, False),
}

switches = st.fixed_dictionaries({name: st.sampled_from(settings) for name, settings in SWITCHES.items()})
# Seeds rather than hypothesis' own source, which takes ten times as long as a run.
randoms = st.integers(0, 2**32).map(random.Random)

_TABLE = ("ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
_DATABASE = ("ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP")
_FILTER = ("SELECT", "DESCRIBE", "DROP")
_CONDITION = 'context.iam.principalTags.hasTag("team")'


def _filter(name: str) -> Grant:
    names = {"TableCatalogId": ACCOUNT, "DatabaseName": "sales", "TableName": "orders", "Name": name}
    return {"DataCellsFilter": names}


def _policy(kind: str, **more: t.Any) -> Grant:
    return {"LFTagPolicy": {"ResourceType": kind, **more}}


_DOMAIN = {"TagKey": "domain", "TagValues": ["sales", "orders"]}
_TIER = {"TagKey": "tier", "TagValues": ["gold"]}
_RESOURCES: t.Final[Sequence[tuple[Grant, Sequence[str]]]] = (
    ({"Database": {"Name": "sales"}}, _DATABASE),
    ({"Database": {"Name": "hr"}}, _DATABASE),
    ({"Table": {"DatabaseName": "sales", "TableWildcard": {}}}, _TABLE),
    ({"Table": {"CatalogId": FEDERATED, "DatabaseName": "ns", "Name": "orders"}}, _TABLE),
    ({"Catalog": {}}, ("ALL", "CREATE_DATABASE", "DESCRIBE")),
    ({"Catalog": {"Id": FEDERATED}}, ("DESCRIBE", "SUPER_USER")),
    ({"DataLocation": {"ResourceArn": "arn:aws:s3:::lake/sales"}}, ("DATA_LOCATION_ACCESS",)),
    (_filter("eu_only"), _FILTER),
    (_filter("us_only"), _FILTER),
    (_policy("TABLE", Expression=[_DOMAIN, _TIER]), _TABLE),
    (_policy("DATABASE", Expression=[_DOMAIN]), _DATABASE),
    (_policy("TABLE", ExpressionName="gold_sales"), _TABLE),
    ({"LFTagExpression": {"Name": "gold_sales"}}, ("ALTER", "DESCRIBE")),
)
_TAG_VALUES = (["*"], ["sales"], ["sales", "orders"], ["private"], ["orders", "private", "sales"])


def _some(source: random.Random, values: Sequence[str], most: int = 3) -> list[str]:
    return source.sample(values, source.randint(1, min(most, len(values))))


def _entry(source: random.Random, resource: Grant, permissions: Sequence[str], option: bool = True) -> Grant:
    chosen = _some(source, permissions, 4)
    grantable = [it for it in chosen if option and it != "SUPER_USER" and source.random() < 0.3]
    return {"resource": resource, "permissions": chosen, "grantable": grantable}


def draw_grants(source: random.Random) -> list[Grant]:
    """Entries in the API's shape that AWS can hold together: a table as a whole, or columns of it."""
    entries = [_entry(source, *it) for it in _RESOURCES if source.random() < 0.3]
    for _number in range(source.randint(0, 2)):
        tag = {"LFTag": {"TagKey": "domain", "TagValues": source.choice(_TAG_VALUES)}}
        entries.append(_entry(source, tag, ("ALTER", "ASSOCIATE", "DESCRIBE")))
    for database, name in (("sales", "orders"), ("sales", "salaries"), ("hr", "orders")):
        table = {"DatabaseName": database, "Name": name}
        shape = source.choice(("nothing", "whole", "columns", "columns", "excluded"))
        if shape == "whole":
            entry = _entry(source, {"Table": table}, _TABLE)
            entries.append({**entry, "condition": _CONDITION} if source.random() < 0.2 else entry)
        elif shape == "columns":
            for _number in range(source.randint(1, 2)):
                listed = {**table, "ColumnNames": _some(source, COLUMNS)}
                entries.append(_entry(source, {"TableWithColumns": listed}, ("SELECT",)))
        elif shape == "excluded":
            but = {"ExcludedColumnNames": _some(source, COLUMNS, 2)}
            entries.append(_entry(source, {"TableWithColumns": {**table, "ColumnWildcard": but}}, ("SELECT",), False))
    source.shuffle(entries)
    return entries


def put(account: GrantsAccount, principal: str, entries: Iterable[Grant]) -> None:
    """Grant behind the module's back; what does not fit what is there is left out."""
    for entry in entries:
        condition = {"Condition": {"Expression": entry["condition"]}} if entry.get("condition") else {}
        try:
            account.call(
                "GrantPermissions",
                Principal={"DataLakePrincipalIdentifier": principal},
                Resource=entry["resource"],
                Permissions=entry["permissions"],
                PermissionsWithGrantOption=entry["grantable"],
                **condition,
            )
        except LakeFormationError:
            continue
