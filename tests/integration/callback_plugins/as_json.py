# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print one JSON document at the end and nothing before, as the JSON callbacks for programs do."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: as_json
type: stdout
short_description: Print how often each host was changed and failed
description: For the integration tests, which read all that is printed as JSON.
"""


class CallbackModule(CallbackBase):
    """The counts of each host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "as_json"

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The end of the run."""
        self._display.display(json.dumps({host: stats.summarize(host) for host in stats.processed}))
