# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loopback proxy in front of a stand-in for AWS that lets calls fail as calls to AWS fail, and counts them."""

from .launcher import Proxy
from .rules import Fault

__all__ = ["Fault", "Proxy"]
