# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several calls at the same time, where each of many things takes one of its own.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.qualytics.athena.plugins.module_utils import _progress

# So many calls are under way at once; the SDK keeps ten connections for each client, and clients are thread-safe
# (https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html).
AT_ONCE: t.Final = 8

Item = t.TypeVar("Item")
Answer = t.TypeVar("Answer")


def at_once(
    call: Callable[[Item], Answer], items: Sequence[Item], counter: _progress.Counter | None = None
) -> list[Answer]:
    """The answers in the order of the items; the first error ends it, and nothing more is begun.

    counter: counts the answers as they come.
    """

    def counted(item: Item) -> Answer:
        answer = call(item)
        if counter:
            counter.add()
        return answer

    if len(items) < 2:
        return [counted(it) for it in items]
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(items))) as pool:
        return list(pool.map(counted, items))
