# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of athena_connection costs before its first call."""

from __future__ import annotations

import os
import subprocess
import sys

_CODE = """
import sys
from ansible_collections.qualytics.athena.plugins.modules import athena_connection
print(*sys.modules)
"""


def test_a_concern_is_not_imported_before_a_connection_has_it() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", _CODE], env=environment, capture_output=True, text=True, check=True)
    names = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert "_connection_run" in names
    concerns = {"_discovery_run", "_results_bucket_run", "_role_run", "_policy_run", "_grants_run", "_access_run"}
    assert not names & {*concerns, "_error_entries", "_simulation"}
