# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _athena
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, is_denied, permission_for

READS: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "GetWorkGroup": (_athena.get_work_group, "WorkGroup", {"Name": "primary", "State": "ENABLED"}),
    "GetDataCatalog": (_athena.get_data_catalog, "DataCatalog", {"Name": "AwsDataCatalog", "Type": "GLUE"}),
}


def refusal(code: str, message: str) -> tuple[int, dict[str, str], dict[str, str]]:
    return (400, {"__type": code, "message": message}, {"x-amzn-errortype": code})


@pytest.mark.parametrize("operation", READS)
def test_a_value_is_read(fake_aws: Any, operation: str) -> None:
    read, member, value = READS[operation]
    fake_aws.answer(operation, (200, {member: value}, {}))
    assert read(fake_aws.client("athena"), value["Name"]) == value
    assert fake_aws.calls == {operation: 1}


@pytest.mark.parametrize(
    "message", ["WorkGroup x is not found.", "WorkGroup x not found", "DataCatalog x was not found."]
)
@pytest.mark.parametrize("operation", READS)
def test_what_does_not_exist_is_none(fake_aws: Any, operation: str, message: str) -> None:
    fake_aws.answer(operation, refusal("InvalidRequestException", message))
    assert READS[operation][0](fake_aws.client("athena"), "x") is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidRequestException", "1 validation error detected"),
        ("MetadataException", "the connector was not found"),
        ("InternalServerException", "later, perhaps"),
    ],
)
@pytest.mark.parametrize("operation", READS)
def test_any_other_refusal_is_an_error(fake_aws: Any, operation: str, code: str, message: str) -> None:
    fake_aws.answer(operation, refusal(code, message))
    with pytest.raises(_athena.AthenaError) as raised:
        READS[operation][0](fake_aws.client("athena"), "x")
    assert code_of(raised.value) == code
    assert not is_denied(raised.value)


@pytest.mark.parametrize("operation", READS)
def test_denied_names_the_iam_action(fake_aws: Any, operation: str) -> None:
    fake_aws.answer(operation, refusal("AccessDeniedException", "no"))
    with pytest.raises(_athena.AthenaError) as raised:
        READS[operation][0](fake_aws.client("athena"), "x")
    assert is_denied(raised.value)
    assert permission_for(raised.value) == f"athena:{operation}"
