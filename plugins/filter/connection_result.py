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
  description: How the connection stands.
  type: dict
  contains:
    connection:
      description: The name of the connection.
      type: str
    auth_mode:
      description: The authentication mode of the connection.
      type: str
    status:
      description: >-
        V(in_sync) when nothing differs, V(changed) when it was repaired, V(drift) when check mode found that something
        differs, and V(failed) when a step failed.
      type: str
    summary:
      description: How the connection stands, in a line for people, for instance the subject of a mail.
      type: str
    changed:
      description: Whether a step changed something, or would have.
      type: bool
    check_mode:
      description: Whether a step ran in check mode, so that C(drift) says what would be done, and not what was.
      type: bool
    drift:
      description: What differed, as the modules return it.
      type: list
      elements: dict
    drift_lines:
      description: A line for people for each entry of C(drift).
      type: list
      elements: str
    counts:
      description: How many of each kind of drift and of each status of a check.
      type: dict
    checks:
      description: The answers of the checking modules.
      type: list
      elements: dict
    warnings:
      description: What the modules warned of.
      type: list
      elements: str
    policy:
      description: The policy, as the module P(qualytics.athena.athena_perm_policy#module) returns it.
      type: dict
    role:
      description: >-
        The role that carries the permissions, as the module P(qualytics.athena.athena_role_trust#module) returns it;
        none with an access key.
      type: dict
    base_role_policy:
      description: >-
        The document that lets a base role of another account assume the role; none with an access key.
      type: dict
    bucket:
      description: The results bucket, as the module P(qualytics.athena.s3_results_bucket_check#module) returns it.
      type: dict
    observed_policy:
      description: >-
        The policy document as it was before the run, as the module P(qualytics.athena.athena_perm_policy#module)
        returns it; none where there was none.
      type: raw
    observed_trust:
      description: >-
        The trust policy as it was before the run, as the module P(qualytics.athena.athena_role_trust#module) returns
        it; none where there was none.
      type: dict
    principal:
      description: The ARN of whoever holds the grants in Lake Formation; none where none were looked at.
      type: str
    grants:
      description: >-
        The grants in Lake Formation that are asked for, as the module P(qualytics.athena.lf_grant#module) returns them.
      type: list
      elements: dict
    observed_grants:
      description: >-
        What was held of them, and beside them on the same resources, before the run.
      type: list
      elements: dict
    granted:
      description: What was granted in Lake Formation.
      type: list
      elements: dict
    revoked:
      description: What was revoked in Lake Formation.
      type: list
      elements: dict
    tables:
      description: >-
        Which tables can be read and how, as the module P(qualytics.athena.athena_access_check#module) returns it.
      type: list
      elements: dict
    discovered:
      description: >-
        What was found with C(athena_access_use_discovered), with C(found), C(not_allowed) and C(unknown) as the module
        P(qualytics.athena.athena_discovery_info#module) returns them, or by a verification, with C(proposals) too, as
        the module P(qualytics.athena.athena_access_check#module) returns it; none where nobody looked.
      type: dict
    beyond:
      description: What the identity may do beyond the connection's policy.
      type: list
      elements: dict
    live:
      description: The queries and objects that a verification made; none without one.
      type: dict
    verdict:
      description: What a verification comes to, in a line for people; empty without one.
      type: str
    findings:
      description: A line for each check that did not pass, failures first.
      type: list
      elements: str
    error:
      description: Why a step failed; empty otherwise.
      type: str
"""

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.module_utils import _connection_result


def connection_result(
    steps: Mapping[str, Mapping[str, t.Any]],
    connection: str,
    auth_mode: str,
    failure: Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The fact C(athena_access_result); AnsibleTypeError where what is given are no results of modules."""
    try:
        return _connection_result.connection_result(steps, connection, auth_mode, failure)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleTypeError(
            "expected the result of each module of a connection by the name of its step, as the role "
            f"qualytics.athena.athena_access gives it: {type(error).__name__}: {error}"
        ) from error


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"connection_result": connection_result}
