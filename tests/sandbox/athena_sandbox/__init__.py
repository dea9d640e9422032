# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local AWS for tests and the demo: ministack with IAM enforced, corrected where it departs from AWS."""

from __future__ import annotations

from .launcher import Sandbox

__all__ = ["Sandbox"]
