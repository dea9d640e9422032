# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session of a run, for the task's own credentials and for others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session
from ansible_collections.qualytics.athena.plugins.module_utils._credentials import Credentials
from ansible_collections.qualytics.athena.plugins.module_utils._sts import StsError
from ansible_collections.qualytics.athena.plugins.module_utils._version import COLLECTION_NAME, COLLECTION_VERSION

PROFILES = """
[task]
aws_access_key_id = key-of-the-task
aws_secret_access_key = secret-of-the-task
aws_session_token = token-of-the-task

[connection]
aws_access_key_id = key-of-the-connection
aws_secret_access_key = secret-of-the-connection
region = ap-south-1
"""
OWN_KEY = {"access_key": "own-key", "secret_key": "own-secret", "session_token": "own-token"}
OTHER_KEY = Credentials(access_key="other-key", secret_key="other-secret")


@pytest.fixture(autouse=True)
def profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the user; two profiles."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text(PROFILES, encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)


def session(**options: Any) -> Session:
    with patch_module_args({"region": "eu-central-1", **options}):
        return Session(AnsibleAWSModule(argument_spec={}, supports_check_mode=True))


def credentials_of(client: Any) -> tuple[str, str, str | None]:
    found = client._request_signer._credentials
    return (found.access_key, found.secret_key, found.token)


@pytest.mark.parametrize("own", [OWN_KEY, {"profile": "task"}], ids=["own key", "own profile"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (OTHER_KEY, ("other-key", "other-secret", None)),
        (Credentials(None, "a", "b", "c"), ("a", "b", "c")),
        (Credentials(profile="connection"), ("key-of-the-connection", "secret-of-the-connection", None)),
    ],
    ids=["key", "session", "profile"],
)
def test_nothing_of_the_tasks_own_credentials_is_left(
    own: dict[str, str], given: Credentials, expected: tuple[str, str, str | None]
) -> None:
    task = session(**own)
    assert credentials_of(task.with_credentials(given).client("athena")) == expected
    assert credentials_of(task.client("athena"))[2] in ("own-token", "token-of-the-task")


def test_the_environment_does_not_stand_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "env-key"), ("SECRET_ACCESS_KEY", "env-secret"), ("SESSION_TOKEN", "env")):
        monkeypatch.setenv(f"AWS_{name}", value)
    task = session()
    assert credentials_of(task.client("sts")) == ("env-key", "env-secret", "env")
    assert credentials_of(task.with_credentials(OTHER_KEY).client("sts")) == ("other-key", "other-secret", None)
    profile = task.with_credentials(Credentials(profile="connection"))
    assert credentials_of(profile.client("sts"))[0] == "key-of-the-connection"


def test_all_but_the_credentials_is_that_of_the_task(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("", encoding="utf-8")
    settings = {"connect_timeout": 7, "retries": {"max_attempts": 3}}
    task = session(**OWN_KEY, endpoint_url="https://localhost:1", aws_ca_bundle=str(bundle), aws_config=settings)
    for given in (OTHER_KEY, Credentials(profile="connection")):
        client = task.with_credentials(given).client("athena")
        assert client.meta.endpoint_url == "https://localhost:1"
        # Not that of the profile.
        assert client.meta.region_name == "eu-central-1"
        assert client.meta.config.connect_timeout == 7
        assert client.meta.config.retries["total_max_attempts"] == 4
        assert client._endpoint.http_session._verify == str(bundle)
    insecure = session(**OWN_KEY, validate_certs=False)
    assert insecure.with_credentials(OTHER_KEY).client("sts")._endpoint.http_session._verify is False


def test_clients_are_made_once() -> None:
    other = session(**OWN_KEY).with_credentials(OTHER_KEY)
    assert other.client("athena") is other.client("athena")


def test_without_credentials_it_is_the_same_session() -> None:
    task = session(**OWN_KEY)
    assert task.with_credentials(Credentials()) is task


def test_an_unknown_profile_is_an_error_and_not_the_end() -> None:
    other = session(**OWN_KEY).with_credentials(Credentials(profile="nobody"))
    with pytest.raises(StsError, match=r"use the credentials given") as raised:
        other.client("sts")
    assert "The config profile (nobody) could not be found" in str(raised.value.exception)


def test_all_clients_are_of_one_session_and_say_whose_they_are() -> None:
    task = session(**OWN_KEY, aws_config={"user_agent_extra": "nightly"})
    first, second = task.client("iam"), task.client("athena")
    # Which is what the data files of the SDK are read through.
    assert first._loader is second._loader
    for client in (first, second):
        agent = client._user_agent_creator.to_string()
        assert f"{COLLECTION_NAME}/{COLLECTION_VERSION}" in agent
        assert "nightly" in agent


def test_secrets_that_are_no_options_are_taken_out_of_what_is_returned(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a profile, and of what was assumed: an error of a proxy may hold a request, with its session token."""
    task = session(profile="task")
    task.client("sts")
    task.with_credentials(Credentials(None, "other-key", "assumed-secret", "assumed-token")).client("sts")
    with patch_module_args({}), pytest.raises(SystemExit):
        task._module.fail_json(msg="secret-of-the-task token-of-the-task assumed-secret assumed-token key-of-the-task")
    printed = capsys.readouterr().out
    assert "key-of-the-task" in printed
    for secret in ("secret-of-the-task", "token-of-the-task", "assumed-secret", "assumed-token"):
        assert secret not in printed
