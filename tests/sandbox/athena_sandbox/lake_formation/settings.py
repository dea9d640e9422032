# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the data lake, and who the caller is."""

from __future__ import annotations

import copy
from typing import Any

from . import principal as principals_
from .errors import invalid
from .state import Parameters, State, empty_settings, require_permissions

_MAX_ADMINS = 30


def get_data_lake_settings(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """All settings; IAM alone says who may."""
    state.catalog_id(parameters)
    return {"DataLakeSettings": copy.deepcopy(state.settings)}


def put_data_lake_settings(state: State, parameters: Parameters, _caller: str) -> dict[str, Any]:
    """Replace all settings: what is not named is empty from now on. IAM alone says who may."""
    state.catalog_id(parameters)
    settings = empty_settings() | copy.deepcopy(dict(parameters.get("DataLakeSettings") or {}))
    if unknown := settings.keys() - empty_settings().keys():
        raise invalid(f"Unknown settings: {', '.join(sorted(unknown))}")
    for name in ("DataLakeAdmins", "ReadOnlyAdmins"):
        if len(settings[name]) > _MAX_ADMINS:
            raise invalid(f"{name} must not have more than {_MAX_ADMINS} members.")
        for admin in settings[name]:
            _require_admin_principal(state, admin["DataLakePrincipalIdentifier"])
    for name in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
        for default in settings[name]:
            require_permissions(default.get("Permissions"))
    state.settings = settings
    return {}


def _require_admin_principal(state: State, principal: str) -> None:
    # No source says whether the account's root user may be one; it is taken, for tests that have no other caller yet.
    if principal != f"arn:aws:iam::{state.account}:root":
        principals_.require(principal, state.account, state.principals)


def get_data_lake_principal(_state: State, _parameters: Parameters, caller: str) -> dict[str, Any]:
    """The principal that the caller is to Lake Formation."""
    return {"Identity": caller}
