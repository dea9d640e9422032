# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to this machine that does not say so: to the actions it is one to any other."""

from __future__ import annotations

from ansible.plugins.connection import local

DOCUMENTATION = """
name: elsewhere
short_description: Run on this machine as if it were another one
description: For the integration tests, which have no other machine.
extends_documentation_fragment:
  - connection_pipelining
"""


class Connection(local.Connection):
    """The local connection under another name."""

    transport = "elsewhere"
