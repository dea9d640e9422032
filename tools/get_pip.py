# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put pip into an empty virtual environment: the stand-in for what ansible-test would download.

ansible-test finds it in its cache under the name of that download and runs it with the new environment's Python. The
pip that comes with Python does as well as the version asked for in the arguments.
"""

from __future__ import annotations

import ensurepip

ensurepip.bootstrap()
