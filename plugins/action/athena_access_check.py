# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module athena_access_check, and shows how far it is: there may be thousands of tables."""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.plugin_utils import _progress_shown


class ActionModule(_progress_shown.ProgressAction):
    """The action under the name of its module."""
