# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permissions a resource takes, and what ALL stands for.

Source: https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
"""

from __future__ import annotations

from .resources import Resource

DATABASE = frozenset({"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"})
TABLE = frozenset({"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"})
VIEW = frozenset({"ALL", "SELECT", "DESCRIBE", "DROP"})
RESOURCE_LINK = frozenset({"DESCRIBE", "DROP"})
COLUMNS = frozenset({"SELECT"})
_CATALOG = frozenset({"ALL", "ALTER", "CREATE_DATABASE", "DESCRIBE", "DROP"})
_DEFAULT_CATALOG = frozenset({"CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION", "CREATE_CATALOG"})
_KINDS = {
    "database": DATABASE,
    "table": TABLE,
    "all_tables": TABLE,
    "columns": COLUMNS,
    "excluded_columns": COLUMNS,
    "location": frozenset({"DATA_LOCATION_ACCESS"}),
    "cells_filter": frozenset({"DESCRIBE", "DROP", "SELECT"}),
    "lf_tag": frozenset({"ALTER", "DROP", "DESCRIBE", "ASSOCIATE", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "lf_tag_expression": frozenset({"ALTER", "DROP", "DESCRIBE", "GRANT_WITH_LF_TAG_EXPRESSION"}),
}
# What cannot go to another account, organisation or unit.
_NOT_TO_OTHER_ACCOUNTS = {
    "database": frozenset({"ALL", "DROP"}),
    "table": frozenset({"ALL"}),
    "all_tables": frozenset({"ALL"}),
    "lf_tag": frozenset({"ALTER", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
}
# As the API's enumeration has them.
EVERY = DATABASE | TABLE | _CATALOG | _DEFAULT_CATALOG | _KINDS["location"] | _KINDS["lf_tag"] | {"SUPER_USER"}


def valid(resource: Resource) -> frozenset[str]:
    """What may be granted on a resource of this kind; links and views take less."""
    if resource.kind == "catalog":
        return _CATALOG | ({"SUPER_USER"} if ":" in resource.catalog else _DEFAULT_CATALOG)
    if resource.kind == "lf_tag_policy":
        return DATABASE if resource.resource_type == "DATABASE" else TABLE
    return _KINDS[resource.kind]


def for_other_accounts(resource: Resource) -> frozenset[str]:
    """What may be granted to another account."""
    return valid(resource) - _NOT_TO_OTHER_ACCOUNTS.get(resource.kind, frozenset())


def parts_of_all(resource: Resource) -> frozenset[str]:
    """What ALL (shown as Super) brings with it on this resource."""
    is_whole = resource.kind in ("database", "table", "all_tables", "lf_tag_policy")
    return valid(resource) - {"ALL"} if is_whole else frozenset()
