# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters of the reports share: how they refuse what they are given.

This is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleTypeError

from ansible_collections.qualytics.athena.plugins.module_utils import _report_facts


def report_on(results: t.Any, make: Callable[[t.Any, str | None], str], generated: str | None) -> str:
    """The report on the facts; AnsibleTypeError where what is given are none."""
    try:
        return make(results, generated)
    except _report_facts.NotAResult as error:
        raise AnsibleTypeError(f"{error}, got {type(results).__name__} instead") from error
