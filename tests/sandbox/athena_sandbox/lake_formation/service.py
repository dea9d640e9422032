# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service: its operations by name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from . import access, cells_filters, lf_tags, listing, opt_ins, registrations, settings, writing
from .access import TableAccess
from .behaviour import Behaviour
from .errors import Fault, LakeFormationError
from .interfaces import Catalog, Principals
from .resources import Resource
from .state import Parameters, State

Operation = Callable[[State, Parameters, str], dict[str, Any]]

OPERATIONS: dict[str, Operation] = {
    "AddLFTagsToResource": lf_tags.add_lf_tags_to_resource,
    "BatchGrantPermissions": writing.batch_grant_permissions,
    "BatchRevokePermissions": writing.batch_revoke_permissions,
    "CreateDataCellsFilter": cells_filters.create_data_cells_filter,
    "CreateLFTag": lf_tags.create_lf_tag,
    "CreateLFTagExpression": lf_tags.create_lf_tag_expression,
    "CreateLakeFormationOptIn": opt_ins.create_lake_formation_opt_in,
    "DeleteDataCellsFilter": cells_filters.delete_data_cells_filter,
    "DeleteLFTag": lf_tags.delete_lf_tag,
    "DeleteLFTagExpression": lf_tags.delete_lf_tag_expression,
    "DeleteLakeFormationOptIn": opt_ins.delete_lake_formation_opt_in,
    "DeregisterResource": registrations.deregister_resource,
    "DescribeResource": registrations.describe_resource,
    "GetDataCellsFilter": cells_filters.get_data_cells_filter,
    "GetDataLakePrincipal": settings.get_data_lake_principal,
    "GetDataLakeSettings": settings.get_data_lake_settings,
    "GetEffectivePermissionsForPath": listing.get_effective_permissions_for_path,
    "GetLFTag": lf_tags.get_lf_tag,
    "GetLFTagExpression": lf_tags.get_lf_tag_expression,
    "GetResourceLFTags": lf_tags.get_resource_lf_tags,
    "GrantPermissions": writing.grant_permissions,
    "ListDataCellsFilter": cells_filters.list_data_cells_filter,
    "ListLFTagExpressions": lf_tags.list_lf_tag_expressions,
    "ListLFTags": lf_tags.list_lf_tags,
    "ListLakeFormationOptIns": opt_ins.list_lake_formation_opt_ins,
    "ListPermissions": listing.list_permissions,
    "ListResources": registrations.list_resources,
    "PutDataLakeSettings": settings.put_data_lake_settings,
    "RegisterResource": registrations.register_resource,
    "RemoveLFTagsFromResource": lf_tags.remove_lf_tags_from_resource,
    "RevokePermissions": writing.revoke_permissions,
    "UpdateDataCellsFilter": cells_filters.update_data_cells_filter,
    "UpdateLFTag": lf_tags.update_lf_tag,
    "UpdateLFTagExpression": lf_tags.update_lf_tag_expression,
    "UpdateResource": registrations.update_resource,
}


class LakeFormation:
    """Lake Formation of one account in one Region.

    `behaviour` and `faults` may be replaced and added to at any time; `more_faults` is asked like them, with the
    operation and the text of the call or entry. Callers are the ARNs of users and roles (with
    their path; a session counts as its role), or of the account's root user.
    """

    def __init__(
        self,
        catalog: Catalog,
        principals: Principals,
        account: str = "123456789012",
        region: str = "us-east-1",
        behaviour: Behaviour | None = None,
        clock: Callable[[], float] | None = None,
        more_faults: Callable[[str, str], LakeFormationError | None] | None = None,
    ) -> None:
        self._state = State(catalog, principals, account, region, behaviour or Behaviour())
        if clock:
            self._state.clock = clock
        if more_faults:
            self._state.more_faults = more_faults

    @property
    def account(self) -> str:
        """The account."""
        return self._state.account

    @property
    def behaviour(self) -> Behaviour:
        """How it behaves."""
        return self._state.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._state.behaviour = behaviour

    @property
    def faults(self) -> list[Fault]:
        """The refusals still to come."""
        return self._state.faults

    def call(self, operation: str, parameters: Parameters, caller: str) -> dict[str, Any]:
        """The answer to a call in the API's own shape; raises LakeFormationError."""
        if operation not in OPERATIONS:
            raise LakeFormationError("UnknownOperationException", f"The sandbox does not know {operation}.", 404)
        if fault := self._state.fault(operation, json.dumps(parameters, default=str)):
            raise fault
        return OPERATIONS[operation](self._state, parameters, caller)

    # ---- what the Data Catalog tells it ----

    def database_created(self, name: str, creator: str) -> None:
        """Give the default permissions on a new database, and its creator's."""
        defaults = self._state.settings["CreateDatabaseDefaultPermissions"]
        writing.created(self._state, Resource("database", self.account, name), creator, defaults)

    def table_created(
        self, database: str, name: str, creator: str, defaults: Sequence[Parameters] | None = None
    ) -> None:
        """Give the default permissions on a new table, and its creator's.

        A database keeps the defaults for its tables (`defaults`) as they were in the settings when it was created.
        """
        if defaults is None:
            defaults = self.table_defaults()
        writing.created(self._state, Resource("table", self.account, database, name), creator, defaults)

    def table_defaults(self) -> list[dict[str, Any]]:
        """The default permissions on tables of databases that are created now."""
        return copy.deepcopy(self._state.settings["CreateTableDefaultPermissions"])

    # ---- what the Data Catalog and queries ask ----

    def may_describe_database(self, principal: str, name: str) -> bool:
        """Whether a principal sees a database of this account."""
        return access.may_describe_database(self._state, principal, self.account, name)

    def table_access(self, principal: str, database: str, name: str) -> TableAccess | None:
        """What grants let a principal do with a table; None where IAM alone decides."""
        if not access.is_governed(self._state, principal, Resource("table", self.account, database, name)):
            return None
        return access.table_access(self._state, principal, self.account, database, name)

    def registration(self, location: str) -> dict[str, Any] | None:
        """The registration that covers an S3 location, `bucket/prefix`."""
        return self._state.registration(location)
