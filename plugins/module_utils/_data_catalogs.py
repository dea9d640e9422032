# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Athena data catalogs that a connection names stand for.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _athena,
    _policy,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def data_catalog_owners(names: tuple[str, ...], session: _aws_module.Session) -> tuple[str, ...]:
    """The accounts whose Glue Data Catalogs the data catalogs stand for; one call for each but the default one."""
    owners = set()
    for name in names:
        if name == _policy.DEFAULT_DATA_CATALOG:
            owners.add(session.caller["Account"])
            continue
        data_catalog = _athena.get_data_catalog(session.client("athena"), name)
        if data_catalog is None:
            raise _validation.InvalidOption(
                "data_catalogs", f"Athena has no data catalog {name!r} in {session.region}; register it first"
            )
        if data_catalog["Type"] != "GLUE":
            raise _validation.InvalidOption(
                "data_catalogs",
                f"{name!r} is of the type {data_catalog['Type']}, which needs more than this policy "
                "(its connector's function or connection); only data catalogs of the type GLUE can be named",
            )
        owner = data_catalog.get("Parameters", {}).get("catalog-id") or session.caller["Account"]
        if not _validation.is_account_id(owner):
            raise _validation.InvalidOption(
                "data_catalogs",
                f"{name!r} stands for {owner!r}, a multi-level or federated catalog that needs more than this policy; "
                "only the Glue Data Catalog of an account can be named",
            )
        owners.add(owner)
    return tuple(sorted(owners))
