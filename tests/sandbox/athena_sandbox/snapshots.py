# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: all that the accounts hold, kept under a name and brought back as often as a test wants.

They are taken between requests, and live as long as the server: a reset does not forget them.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict
from ministack.services import sts

from . import lake_formation_account

_SCOPED = (AccountScopedDict, AccountRegionScopedDict)
_PACKAGES = ("ministack.services.", f"{__package__}.")

# name -> what each store holds, by module and name of the store.
_snapshots: dict[str, dict[tuple[str, str], dict[Any, Any]]] = {}


def _stores() -> dict[tuple[str, str], dict[Any, Any]]:
    """The dictionaries behind all stores, of ministack's services and of this package.

    ministack has the sessions of roles in a plain dictionary, as Lake Formation is kept here.
    """
    scoped = {
        (name, attribute): value._data
        for name, module in list(sys.modules.items())
        if name.startswith(_PACKAGES)
        for attribute, value in vars(module).items()
        if isinstance(value, _SCOPED)
    }
    return scoped | {("sts", "_sessions"): sts._sessions, ("lake_formation", "_lakes"): lake_formation_account._lakes}


def keep(name: str) -> None:
    """Keep what there is now under this name, in the place of what had it before."""
    # In one copy, as one store may refer to what lies in another.
    _snapshots[name] = copy.deepcopy(_stores())


def restore(name: str) -> None:
    """Bring back what was kept; KeyError where nothing was."""
    kept = copy.deepcopy(_snapshots[name])
    for place, store in _stores().items():
        store.clear()
        store.update(kept.get(place, {}))
