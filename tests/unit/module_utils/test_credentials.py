# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._credentials import Credentials, read_live_credentials
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption

KEY = {"live_access_key": "AKIAEXAMPLE", "live_secret_key": "a-secret"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, Credentials()),
        ({"live_profile": None, "live_access_key": "", "live_secret_key": "", "live_session_token": ""}, Credentials()),
        ({"live_profile": "connection"}, Credentials(profile="connection")),
        (KEY, Credentials(access_key="AKIAEXAMPLE", secret_key="a-secret")),
        ({**KEY, "live_session_token": "a-token"}, Credentials(None, "AKIAEXAMPLE", "a-secret", "a-token")),
    ],
)
def test_whole_credentials_are_read(params: dict[str, str | None], expected: Credentials) -> None:
    read = read_live_credentials(params)
    assert read == expected
    assert read.are_given == any(params.values())


@pytest.mark.parametrize(
    ("params", "option"),
    [
        ({"live_profile": "connection", **KEY}, "live_profile"),
        ({"live_profile": "connection", "live_session_token": "a-token"}, "live_profile"),
        ({"live_access_key": "AKIAEXAMPLE"}, "live_access_key"),
        ({"live_secret_key": "a-secret"}, "live_access_key"),
        ({"live_session_token": "a-token"}, "live_access_key"),
    ],
)
def test_parts_of_credentials_are_refused(params: dict[str, str], option: str) -> None:
    with pytest.raises(InvalidOption, match=option) as refused:
        read_live_credentials(params)
    assert refused.value.option == option
    assert not any(secret in str(refused.value) for secret in ("AKIAEXAMPLE", "a-secret", "a-token"))


def test_nothing_of_them_is_shown() -> None:
    shown = repr(Credentials("connection", "AKIAEXAMPLE", "a-secret", "a-token"))
    assert "connection" in shown
    assert not any(secret in shown for secret in ("AKIAEXAMPLE", "a-secret", "a-token"))


def test_for_the_sdk_they_are_whole() -> None:
    assert Credentials(profile="connection").for_the_sdk == {
        "profile_name": "connection",
        "aws_access_key_id": None,
        "aws_secret_access_key": None,
        "aws_session_token": None,
    }
