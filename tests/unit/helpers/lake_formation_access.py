# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the sandbox's Lake Formation as the access check does, with its calls counted, or some of them denied."""

from __future__ import annotations

import collections
import threading
import types
import typing as t
from collections.abc import Sequence

from botocore.exceptions import ClientError

from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atoms
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import LakeFormationFacts
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_read import read_lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils._progress import Progress
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table
from ansible_collections.qualytics.athena.tests.unit.helpers.lake_formation import (
    ACCOUNT,
    ADMIN,
    COLUMNS,
    EVERYBODY,
    READER,
    Lake,
    all_tables,
    database,
    sdk_client,
    table,
)

ORDERS = Table(ACCOUNT, "sales", "orders", columns=COLUMNS)
CUSTOMERS = Table(ACCOUNT, "sales", "customers", columns=("id", "name"))
BOTH = (ORDERS, CUSTOMERS)


class Reads:
    """The reads of one lake by one caller. calls: how many of each operation; denied: those that IAM refuses.

    most_at_once: how many calls were under way at the same time.
    """

    def __init__(self, lake: Lake, caller: str = ADMIN, denied: Sequence[str] = ()) -> None:
        self.calls: collections.Counter[str] = collections.Counter()
        self.denied = set(denied)
        self.most_at_once = 0
        self._caller = caller
        self._under_way = 0
        self._lock = threading.Lock()
        self._client = sdk_client(lake.service, caller)
        self._client.meta.events.register_first("before-send", self._send)
        self._client.meta.events.register_first("provide-client-params", self._begin)
        self._client.meta.events.register("after-call", self._end)

    def _begin(self, model: t.Any, **_more: t.Any) -> None:
        with self._lock:
            self.calls[model.name] += 1
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        if model.name in self.denied:
            message = f"User: somebody is not authorized to perform: lakeformation:{model.name}"
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, model.name)

    def _send(self, **_more: t.Any) -> None:
        """Nothing is sent here: the client of the lake answers."""

    def _end(self, **_more: t.Any) -> None:
        with self._lock:
            self._under_way -= 1

    def facts(
        self,
        tables: Sequence[Table] = BOTH,
        databases: Sequence[str] = ("sales",),
        principal: str = READER,
        wanted: Atoms = frozenset(),
    ) -> LakeFormationFacts:
        caller = {"Account": ACCOUNT, "Arn": self._caller}
        session = types.SimpleNamespace(caller=caller, client=lambda _service: self._client, progress=Progress())
        return read_lake_formation(tables, databases, principal, None, t.cast(t.Any, session), wanted)


def facts_of(lake: Lake, *tables: Table, caller: str = ADMIN, denied: Sequence[str] = ()) -> LakeFormationFacts:
    return Reads(lake, caller, denied).facts(tables or BOTH)


def open_to_everybody(lake: Lake) -> Lake:
    """As accounts are that never heard of Lake Formation."""
    lake.grant(database(), "ALL", to=EVERYBODY)
    for name in ("orders", "customers"):
        lake.grant(table(name), "ALL", to=EVERYBODY)
    return lake


def granted(lake: Lake) -> Lake:
    """The least that lets the identity read all of the database."""
    lake.grant(database(), "DESCRIBE")
    lake.grant(all_tables(), "SELECT")
    return lake
