# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: explain_error
version_added: 1.0.0
short_description: Say what an error of Athena means, and which permission is missing
description:
  - >-
    Looks a message up that a user of Athena sees, in a console, through a JDBC driver or an SDK, and says its cause,
    the missing permission and what to do.
  - >-
    It knows the messages and symptoms that
    R(the page on error messages,ansible_collections.qualytics.athena.docsite.error_messages) lists, and any denial of
    IAM by its own words. Nothing is asked of AWS.
author:
  - qualytics.athena contributors (@qualytics)
positional: _input
options:
  _input:
    description:
      - >-
        The text. It may be wrapped in other messages, have line breaks, hold several messages, or describe in your own
        words what is wrong where there is no message.
      - Or the result of a task that failed, whose RV(ignore:msg) is then the text.
      - Of a text of more than 40,000 characters the begin and the end are read.
    type: raw
    required: true
seealso:
  - ref: ansible_collections.qualytics.athena.docsite.error_messages
    description: All messages and symptoms that are known.
"""

EXAMPLES = r"""
- name: Say what the message in a driver's log means
  ansible.builtin.debug:
    msg: "{{ message | qualytics.athena.explain_error }}"
  vars:
    message: >-
      [Simba][AthenaJDBC](100071) An error has been thrown from the AWS Athena client. You are not authorized to
      perform: athena:ListDatabases on the resource.

- name: Run something that AWS may refuse, and say why it did
  block:
    - name: Assume the target role
      amazon.aws.sts_assume_role:
        role_arn: arn:aws:iam::111122223333:role/athena-reader
        role_session_name: check
  rescue:
    - name: Say what is missing
      ansible.builtin.debug:
        msg: "{{ item.cause }} {{ item.remedy }} ({{ item.reference }})"
      loop: "{{ ansible_failed_result | qualytics.athena.explain_error }}"
      loop_control:
        label: "{{ item.name }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      An explanation for each thing that the text says and that is known, the most specific first; empty where the text
      says nothing known.
  type: list
  elements: dict
  contains:
    name:
      description: The name of the entry, for conditions.
      type: str
    cause:
      description: What is wrong.
      type: str
    permission:
      description: >-
        The IAM actions or the permissions in Lake Formation that are missing, separated by commas. The one that the
        message names, where it names one; empty where no permission is missing.
      type: str
    remedy:
      description: What to do.
      type: str
    reference:
      description: The page or the thread that says so.
      type: str
    resource:
      description: >-
        The ARN that the message names, or the name or location where it names only that; empty where it names nothing.
      type: str
    side:
      description: >-
        Whose policy decided, where the message tells. V(identity) for the identity's own policies, V(resource) for the
        policy of a bucket, key, role or catalog, V(boundary) for the permissions boundary, V(organization) for a
        service or resource control policy, and V(lake_formation) for grants in Lake Formation. Empty otherwise.
      type: str
"""

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.module_utils import _error_dictionary


def explain_error(error: t.Any) -> list[dict[str, str]]:
    """The explanations of a text, or of the C(msg) of a task's result."""
    text = error.get("msg") if isinstance(error, Mapping) else error
    if not isinstance(text, str):
        given = "a dictionary without one" if isinstance(error, Mapping) else type(error).__name__
        raise AnsibleTypeError(
            f"expected the text of an error, or the result of a task with a text as its msg, got {given} instead"
        )
    return [dataclasses.asdict(explanation) for explanation in _error_dictionary.explain(text)]


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"explain_error": explain_error}
