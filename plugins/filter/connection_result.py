# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: connection_result
version_added: 1.0.0
short_description: Put together what the steps of a connection returned
description:
  - Makes the fact C(athena_access_result) of the role P(qualytics.athena.athena_access#role) from the results of its
    modules.
author:
  - qualytics.athena contributors (@qualytics)
positional: _input
options:
  _input:
    description: The result of each module, by the name of its step. Empty for a step that did not run.
    type: dict
    required: true
  connection:
    description: The name of the connection.
    type: str
    required: true
  auth_mode:
    description: The authentication mode of the connection.
    type: str
    required: true
  failure:
    description: The result of the task that failed, if one did.
    type: dict
"""

EXAMPLES = r"""
- name: Say how the connection stands
  ansible.builtin.debug:
    msg: >-
      {{ {'policy': {'changed': false, 'drift': []}}
         | qualytics.athena.connection_result(connection='sales', auth_mode='access_key') }}
"""

RETURN = r"""
_value:
  description:
    - A dictionary with the keys C(connection), C(auth_mode), C(status) (V(in_sync), V(changed), V(drift) or V(failed)),
      C(changed), C(drift), C(counts), C(checks), C(policy), C(role), C(bucket), C(granted), C(revoked) and C(error).
  type: dict
"""

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils._connection_result import connection_result


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"connection_result": connection_result}
