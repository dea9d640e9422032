# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test-only Ansible module: a data lake administrator, and a location that is registered with Lake Formation.

No collection has a module for the settings and the registrations of Lake Formation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def ensure_data_lake(client: Any, administrator: str, location: str, present: bool, check_mode: bool) -> Iterator[str]:
    """Make the account one with that administrator and that location, or one with neither; yields what was done."""
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    wanted = [{"DataLakePrincipalIdentifier": administrator}] if present else []
    registered = location in [it["ResourceArn"] for it in client.list_resources()["ResourceInfoList"]]
    if settings.get("DataLakeAdmins", []) != wanted:
        if not check_mode:
            client.put_data_lake_settings(DataLakeSettings=settings | {"DataLakeAdmins": wanted})
        yield "administrators"
    if registered != present:
        if not check_mode and present:
            client.register_resource(ResourceArn=location, UseServiceLinkedRole=True)
        elif not check_mode:
            client.deregister_resource(ResourceArn=location)
        yield "location"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "administrator": {"type": "str", "required": True},
            "location": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    options = module.params
    present = options["state"] == "present"
    client = module.client("lakeformation")
    changes = list(ensure_data_lake(client, options["administrator"], options["location"], present, module.check_mode))
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
