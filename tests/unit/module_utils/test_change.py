# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._change import (
    Change,
    Refused,
    drift_of,
    refuse_unrepairable,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift

ARN = "arn:aws:iam::123456789012:policy/athena"
PATH = Change("", (Drift(ARN, "path", "different", "/dq/", "/"),), remedy="Delete it by hand.")
DESCRIPTION = Change("", (Drift(ARN, "description", "different", "ours", ""),), remedy="Ask for what is there.")
ATTACH = Change("attach_policy", (Drift(ARN, "attachment", "missing", "user/dq"),), {"arn": ARN})


def test_drift_is_that_of_all_changes_in_their_order() -> None:
    assert drift_of([ATTACH, PATH]) == [*ATTACH.drift, *PATH.drift]
    assert drift_of([]) == []


def test_changes_that_have_a_call_are_not_refused() -> None:
    refuse_unrepairable([])
    refuse_unrepairable([ATTACH])


def test_what_cannot_be_changed_in_place_is_refused_with_its_remedy() -> None:
    with pytest.raises(Refused) as refused:
        refuse_unrepairable([ATTACH, PATH, DESCRIPTION])
    assert str(refused.value) == (
        f"the path of {ARN} is '/', not '/dq/'. Delete it by hand.; "
        f"the description of {ARN} is '', not 'ours'. Ask for what is there."
    )
