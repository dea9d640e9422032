# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_summary
version_added: 1.0.0
short_description: Say in one line how many connections there are, and how they stand
description:
  - Counts the connections by their status. The counts of V(in_sync), V(drift) and V(failed) are always there.
author:
  - qualytics.athena contributors (@qualytics)
positional: _input
options:
  _input:
    description:
      - >-
        For each connection what the role P(qualytics.athena.athena_access#role) sets as C(athena_access_result), or any
        dictionary with its C(status).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Say how all connections stand
  ansible.builtin.debug:
    msg: "{{ [{'status': 'in_sync'}, {'status': 'drift'}] | qualytics.athena.fleet_summary }}"
  # => "2 connections: 1 in_sync, 1 drift, 0 failed"
"""

RETURN = r"""
_value:
  description: The line.
  type: str
"""

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import _connection_result


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"fleet_summary": _connection_result.fleet_summary}
