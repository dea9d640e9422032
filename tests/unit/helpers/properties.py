# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How thorough the property tests are."""

from __future__ import annotations

import os
import typing as t

from hypothesis import HealthCheck, settings

Test = t.TypeVar("Test", bound=t.Callable[..., None])

FACTOR: t.Final = int(os.environ.get("ATHENA_TEST_EXAMPLES_FACTOR", "1"))


def examples(count: int) -> t.Callable[[Test], Test]:
    """Run a property test over `count` examples, the same ones each time.

    With ATHENA_TEST_EXAMPLES_FACTOR=N in the environment it searches among N times as many new ones instead.
    """
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
