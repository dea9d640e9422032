# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches: where the truth about AWS is disputed or unknown, and what AWS does only at times.

A caller that is right on AWS converges under every setting. The defaults are what the sources support best.
M: a row of moto's differences, B: a documented behaviour, U: an open question; each with its source.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Behaviour:
    """How this Lake Formation behaves."""

    # ---- revoking ----
    strict_revoke: bool = True
    """A revoke that names one permission not held is refused whole; else what is held is revoked. Refused whatever
    this says: LF-tag permissions, and ALL where only its parts are held. (M13, U5; terraform-provider-aws#35160)"""
    revoke_keeps_grant_option: bool = False
    """A revoked permission leaves its grant option behind unless that is named too. (M38, U2: unknown)"""
    empty_permissions_revoke: bool = True
    """`Permissions: []` with PermissionsWithGrantOption revokes the options only; else it is refused. (U1: unknown)"""
    revoke_column_subset: bool = True
    """Some columns of a listed row may be revoked; else only the row as listed. (U4: unknown)"""
    plain_revoke_matches_all_columns: bool = True
    """A revoke of SELECT on Table meets the row listed as TableWithColumns with all columns; else only
    TableWithColumns does. (B23: both forms are in use, an AWS sample says it does not match)"""
    revoke_on_absent_resource: bool = False
    """Grants left on a deleted database or table may be revoked; else EntityNotFoundException. (B39: unknown)"""

    # ---- granting ----
    table_and_columns_conflict: bool = True
    """A principal's grants on a whole table, on columns and on all but some columns exclude each other, and columns
    take SELECT only; else all coexist. (M17, B15; disputed by terraform-provider-aws#39082)"""
    columns_merge: bool = True
    """Column grants of one principal on a table become one row; else each list stays its own. (U4: unknown)"""
    creator_rows: Literal["without_defaults", "always", "never"] = "without_defaults"
    """When a creator gets grantable rows on what it creates: where the settings grant nothing to
    IAM_ALLOWED_PRINCIPALS, always, or never. (M25, B32; dg implicit-permissions does not say whether they are rows)"""

    # ---- how grants are listed ----
    all_expands: Literal["no", "select_row", "listed", "stored"] = "no"
    """ALL of a principal that is no group is listed as ["ALL"]; with a SELECT row beside it on tables; with all parts;
    or its parts are granted with it, and stay when it is revoked. (M31, B13; terraform-provider-aws#49453, #44074)"""
    named_table_lists_all_tables: bool = False
    """Listing a named table shows the rows of all tables too. (U3: unknown)"""
    scan_lists_cells_filters: bool = False
    """A listing without resource shows data cells filters. (B17 names two other reads only)"""
    absent_resource_rows: bool = True
    """A listing without resource shows grants on what was deleted. (B39: unknown)"""
    lf_tags_fold: bool = True
    """Keys and values of LF-tags are folded to lower case. (U6: believed so)"""
    lf_tag_policy_select_row: Literal["together", "apart"] = "together"
    """SELECT of an LF-tag policy is listed with the other permissions, or as a row of its own. (U7)"""
    super_user_echo: bool = True
    """SUPER_USER is listed as grantable although it was not granted so. (M35, B19)"""
    admin_rows: bool = False
    """Listings of a database or table without principal show the administrators' implicit rows. (B32: unclear)"""
    shuffle_permissions: bool = True
    """Permissions and columns of a row come in any order. (M23)"""

    # ---- who sees what, and when ----
    caller_visibility: bool = True
    """Callers that are no administrators see their own rows and those of permissions they may grant. (M28, B40)"""
    blind_listing: Literal["empty", "denied"] = "empty"
    """What a caller that may see nothing of a resource is answered. (B39, B40)"""
    list_lag: int = 0
    """So many listings after a write still show what was before. (M29, B2)"""
    short_pages: bool = False
    """Pages are empty, half full, empty and full in turn, each but the last with a token. (M8, B7)"""
    page_size: int = 100
    """Rows of a page where MaxResults does not ask for fewer. (AWS's default is not documented)"""


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Behaviour)


def behaviour(settings: Mapping[str, Any], base: Behaviour | None = None) -> Behaviour:
    """`base` with some settings changed; ValueError for a name or value that is none."""
    hints = _hints()
    for name, value in settings.items():
        if name not in hints:
            raise ValueError(f"{name!r} is not a switch of Lake Formation, only {sorted(hints)}")
        if get_origin(hints[name]) is Literal:
            if value not in get_args(hints[name]):
                raise ValueError(f"{name} is {value!r}, expected one of {get_args(hints[name])}")
        elif not isinstance(value, hints[name]) or isinstance(value, bool) is not (hints[name] is bool):
            raise ValueError(f"{name} is {value!r}, expected a {hints[name].__name__}")
    return dataclasses.replace(base or Behaviour(), **settings)
