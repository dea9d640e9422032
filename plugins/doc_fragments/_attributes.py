# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes block of every module. Private to the collection; may change without notice."""

from __future__ import annotations


class ModuleDocFragment:
    # Every module of the collection.
    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/qualytics.athena.athena) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - qualytics.athena.athena
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
"""

    # Modules that change something.
    PROVISIONING = r"""
options: {}
attributes:
  diff_mode:
    description: Will return details on what has changed (or would change, in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
    support: full
"""

    # Modules that have an action plugin, which shows how far they are.
    PROGRESS = r"""
options: {}
notes:
  - >-
    With C(-v) a run that takes long says how far it is, for instance C(grants: 400 of 1,000 sent). That is shown where
    the module runs on the controller as the same user, and not with C(no_log) or C(async).
"""

    # Modules that only look.
    CHECKING = r"""
options: {}
attributes:
  diff_mode:
    description: Will return details on what has changed (or would change, in C(check_mode)), when in diff mode.
    support: N/A
    details: The module changes nothing.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run changes nothing.
    support: full
"""
