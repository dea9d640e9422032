# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python tests/sandbox run|start|stop|exec`: see athena_sandbox/cli.py."""

from __future__ import annotations

import sys

from athena_sandbox.cli import main

sys.exit(main())
