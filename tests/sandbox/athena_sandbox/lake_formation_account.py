# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lake Formation over ministack's state: one of each account and Region, on its Glue catalog, users and roles."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import glue as ministack_glue, iam as ministack_iam

from . import switches
from .lake_formation import Behaviour, Database, LakeFormation, LakeFormationError, Table
from .lake_formation.behaviour import behaviour
from .lake_formation.resources import account_of

_lakes: dict[tuple[str, str], LakeFormation] = {}


class GlueCatalog:
    """The Data Catalogs of all accounts in a Region. Of federated ones, whatever is named is there."""

    def __init__(self, region: str) -> None:
        self._region = region

    def has(self, catalog: str) -> bool:
        return account_of(catalog).isdigit()

    def database(self, catalog: str, name: str) -> Database | None:
        if ":" in catalog:
            return Database(name)
        found = ministack_glue._databases.get_scoped(catalog, self._region, name)
        return _database(found) if found else None

    def table(self, catalog: str, database: str, name: str) -> Table | None:
        if ":" in catalog:
            return Table(database, name, columns=None)
        found = ministack_glue._tables.get_scoped(catalog, self._region, f"{database}/{name}")
        return _table(found) if found else None

    def databases(self, catalog: str) -> Iterable[Database]:
        return [_database(database) for database in self._all(ministack_glue._databases, catalog)]

    def tables(self, catalog: str, database: str) -> Iterable[Table]:
        return [
            _table(table) for table in self._all(ministack_glue._tables, catalog) if table["DatabaseName"] == database
        ]

    def _all(self, store: Any, catalog: str) -> list[dict[str, Any]]:
        return [
            value
            for (owner, region, _key), value in list(store._data.items())
            if (owner, region) == (catalog, self._region)
        ]


def _database(found: Mapping[str, Any]) -> Database:
    target = found.get("TargetDatabase")
    place = (target["CatalogId"], target["DatabaseName"].lower()) if target else None
    return Database(found["Name"], found.get("LocationUri") or "", place)


def _table(found: Mapping[str, Any]) -> Table:
    storage = found.get("StorageDescriptor") or {}
    columns = [*(storage.get("Columns") or []), *(found.get("PartitionKeys") or [])]
    target = found.get("TargetTable")
    return Table(
        found["DatabaseName"],
        found["Name"],
        tuple(column["Name"] for column in columns),
        storage.get("Location") or "",
        found.get("TableType") == "VIRTUAL_VIEW",
        (target["CatalogId"], target["DatabaseName"].lower(), target["Name"].lower()) if target else None,
    )


class IamPrincipals:
    """The users and roles of the account that is served."""

    def has(self, arn: str) -> bool:
        store = ministack_iam._users if ":user/" in arn else ministack_iam._roles
        return bool(_arn(store, arn.rpartition("/")[2]) == arn)


def _arn(store: Any, name: str) -> str | None:
    found = store.get(name)
    return found["Arn"] if found else None


def lake() -> LakeFormation:
    """Lake Formation of the account and Region of the current request, as the switches have it."""
    where = get_account_id(), get_region()
    if where not in _lakes:
        _lakes[where] = LakeFormation(
            GlueCatalog(where[1]), IamPrincipals(), *where, clock=time.time, more_faults=_fault
        )
    _lakes[where].behaviour = behaviour(_settings())
    return _lakes[where]


def caller() -> str:
    """The principal that the caller of the current request is to Lake Formation: for a session, its role."""
    arn = str(caller_arn())
    if ":assumed-role/" not in arn:
        return arn
    return _arn(ministack_iam._roles, arn.split("/")[1]) or arn


# ---- switches ----


def _settings() -> dict[str, Any]:
    """What the switches named lake_formation say, the last one first."""
    found: dict[str, Any] = {}
    for switch in switches.left():
        if switch["switch"] == "lake_formation":
            found |= {name: value for name, value in switch.items() if name not in ("switch", "times")}
    return found


def _fault(operation: str, text: str) -> LakeFormationError | None:
    def accept(settings: Mapping[str, Any]) -> bool:
        if settings.get("contains", "") not in text:
            return False
        if isinstance(settings, dict) and settings.get("after"):
            settings["after"] -= 1
            return False
        return True

    settings = switches.take("lake_formation_fault", accept, operation=operation)
    if settings is None:
        return None
    return LakeFormationError(settings["code"], settings.get("message", ""), settings.get("status", 400))


def offer_switches() -> None:
    """Let tests set how it behaves, and have writes and calls fail."""
    names = [field.name for field in fields(Behaviour)]
    switches.offer("lake_formation", (), names, behaviour)
    switches.offer("lake_formation_fault", {"operation", "code"}, {"message", "status", "contains", "after"})


def reset() -> None:
    """Forget all grants, settings and registrations."""
    _lakes.clear()
