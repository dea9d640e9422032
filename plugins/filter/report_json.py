# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_json
version_added: 1.0.0
short_description: Say how connections stand, for programs
description:
  - >-
    Makes a JSON document of the results of the role, after a published schema. Its C(schema_version) changes when
    something is no longer where it was; members may be added without that.
  - The connections that are broken come first.
  - What a connection lacks in its fact is left out, so that one that failed or could not be reached can be named by
    C(connection), C(status) and C(error) alone.
author:
  - qualytics.athena contributors (@qualytics)
positional: _input
options:
  _input:
    description:
      - A list of facts C(athena_access_result) of the role P(qualytics.athena.athena_access#role), or a single one.
      - Or a dictionary of them by the name of the host. There an empty one stands for a host that could not be reached,
        or failed before the role ran.
    type: raw
    required: true
  generated:
    description:
      - When the report was made, which it then says.
      - Without it the same facts give the same text, so that a file of it is only written when something changed.
    type: str
seealso:
  - plugin: qualytics.athena.report_junit
    plugin_type: filter
  - plugin: qualytics.athena.report_html
    plugin_type: filter
  - ref: ansible_collections.qualytics.athena.docsite.reports
    description: The reports, and the tasks that write them.
"""

EXAMPLES = r"""
- name: Write a JSON report on a connection
  ansible.builtin.copy:
    content: "{{ result | qualytics.athena.report_json }}"
    dest: "{{ playbook_dir }}/athena-report.json"
    mode: "0600"
  vars:
    # In a play it is athena_access_result, or a list of those of several hosts.
    result:
      connection: sales
      auth_mode: access_key
      status: in_sync
"""

RETURN = r"""
_value:
  description: The JSON document.
  type: str
"""

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import _report_json
from ansible_collections.qualytics.athena.plugins.plugin_utils import _reports


def report_json(results: t.Any, generated: str | None = None) -> str:
    """The report on the facts."""
    return _reports.report_on(results, _report_json.report_json, generated)


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"report_json": report_json}
