# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret keys and session tokens are nowhere to be seen while the playbooks run, and afterwards, however they end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION
from athena_sandbox.user import User

from .account import Account
from .echo_server import echo_server
from .playbook_runs import Play, run_playbook
from .watcher import Watcher

BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/dataplane"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/dataplane-user"
EXTERNAL_ID = "acme-3f1c7a52-external"
TOKEN = "session-token-of-whoever-provisions"
LIVE_TOKEN = "session-token-of-what-connects"
WRONG_KEY = "secret-access-key-that-is-not-the-right-one"
CONNECTION: dict[str, Any] = {
    "athena_access_auth_mode": "iam_role",
    "athena_access_role_name": "target",
    "athena_access_trusted_principals": [BASE, USER],
    "athena_access_external_id": EXTERNAL_ID,
    "athena_access_base_role_name": "dataplane",
    "athena_access_output_location": "s3://acme-athena-results/secrets",
    "athena_access_region": REGION,
    "athena_access_debug_botocore_endpoint_logs": True,
}
# A play, whether in check mode, and what of its variables is otherwise.
PLAYS: dict[str, tuple[str, bool, dict[str, Any]]] = {
    "provision": ("provision", False, {}),
    "provision in check mode": ("provision", True, {}),
    "verify": ("verify", False, {}),
    "drift": ("drift", False, {}),
    "wrong credentials": ("provision", False, {"athena_access_secret_key": WRONG_KEY}),
    "endpoint out of reach": ("provision", False, {"athena_access_endpoint_url": "http://127.0.0.1:9"}),
    "error that echoes": ("verify", False, {"athena_access_session_token": TOKEN}),
    "not a text": ("provision", False, {"athena_access_live_secret_key": [WRONG_KEY, {"a": WRONG_KEY}]}),
    "misspelt variable": ("provision", False, {"athena_access_secretkey": WRONG_KEY}),
    "remove": ("remove", False, {}),
}


@dataclasses.dataclass(frozen=True)
class Seen:
    """A play, what was seen while it ran, and what was left."""

    play: Play
    watcher: Watcher
    log: str
    reports: str
    left: list[str]


@pytest.fixture(scope="module")
def secrets(sandbox: Sandbox) -> dict[str, str]:
    """The access keys of who provisions and of what connects."""
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("role", "dataplane")
    sandbox.client("s3").create_bucket(Bucket="acme-athena-results")
    provisioner, live = (
        User(sandbox, "provisioner").may("*", "*"),
        User(sandbox, "dataplane-user").may("sts:AssumeRole", "*"),
    )
    return {
        "access_key": provisioner.key["AccessKeyId"],
        "secret_key": provisioner.key["SecretAccessKey"],
        "live_access_key": live.key["AccessKeyId"],
        "live_secret_key": live.key["SecretAccessKey"],
    }


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, secrets: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """All plays, one after the other."""
    directory = tmp_path_factory.mktemp("secrets")
    given = {f"athena_access_{name}": value for name, value in secrets.items()}
    given |= {"athena_access_endpoint_url": sandbox.url, "athena_access_live": True}
    with echo_server() as echo:
        seen = {}
        for name, (playbook, check, other) in PLAYS.items():
            variables = {**CONNECTION, **given, **other}
            if "echoes" in name:
                variables |= {"athena_access_endpoint_url": echo, "athena_access_live_session_token": LIVE_TOKEN}
            seen[name] = _watched(sandbox, directory / name.replace(" ", "-"), playbook, check, variables)
    return seen


def _watched(sandbox: Sandbox, directory: Path, playbook: str, check: bool, variables: Mapping[str, Any]) -> Seen:
    directory.mkdir()
    inventory, log, temporary = directory / "inventory.json", directory / "ansible.log", directory / "temporary"
    inventory.write_text(json.dumps({"all": {"hosts": {"secrets": variables}}}), encoding="utf-8")
    temporary.mkdir(mode=0o755)
    environment = {
        "ANSIBLE_LOCAL_TEMP": str(temporary / "local"),
        "ANSIBLE_LOG_PATH": str(log),
        "ANSIBLE_REMOTE_TEMP": str(temporary / "remote"),
        "TMPDIR": str(temporary),
        # The waits of the SDK for an endpoint that is not there.
        "AWS_MAX_ATTEMPTS": "1",
    }
    reports = directory / "reports"
    arguments = [
        f"--inventory={inventory}",
        f"--extra-vars=athena_report_directory={reports}",
        "-vvvv",
        "--diff",
        *(["--check"] if check else []),
    ]
    with Watcher(_secret_values(variables), [temporary, directory / "home"]) as watcher:
        play = run_playbook(
            sandbox, directory, f"qualytics.athena.{playbook}", *arguments, with_keys=False, variables=environment
        )
    left = [str(path) for path in temporary.rglob("*") if path.is_file()]
    texts = [path.read_text(encoding="utf-8") for path in reports.glob("report.*")]
    return Seen(play, watcher, log.read_text(encoding="utf-8"), "".join(texts), left)


def _secret_values(variables: Mapping[str, Any]) -> list[str]:
    named = [value for name, value in variables.items() if name.endswith(("secret_key", "session_token"))]
    return [value if isinstance(value, str) else WRONG_KEY for value in named]


@pytest.mark.parametrize("name", PLAYS)
def test_no_secret_is_shown_written_or_passed_on(story: dict[str, Seen], secrets: dict[str, str], name: str) -> None:
    seen = story[name]
    ends_well = name in ("provision", "provision in check mode", "verify", "drift", "not a text", "remove")
    assert (seen.play.status == 0) is ends_well, seen.play.output[-3000:]
    assert "EXEC" in seen.play.output, "the output is not that of -vvvv"
    assert "EXEC" in seen.log, "the log is not that of -vvvv"
    assert ("secrets" in seen.reports) is (name != "remove"), "there is no report to look through"
    results = json.dumps(seen.play.tasks)
    said = {"output": seen.play.output, "log": seen.log, "results": results, "reports": seen.reports}
    for secret in (secrets["secret_key"], secrets["live_secret_key"], TOKEN, LIVE_TOKEN, WRONG_KEY):
        assert [place for place, text in said.items() if secret in text] == []
    assert seen.watcher.rounds > 10
    assert seen.watcher.found == set()


@pytest.mark.parametrize("name", PLAYS)
def test_temporary_files_are_private_and_removed(story: dict[str, Seen], name: str) -> None:
    assert story[name].watcher.open_to_others == set()
    assert story[name].left == []


def test_an_echo_was_there_to_be_hidden(story: dict[str, Seen]) -> None:
    messages = " ".join(str(task["result"].get("msg", "")) for task in story["error that echoes"].play.failures())
    assert "X-Amz-Security-Token: " in messages
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in messages or "X-Amz-Security-Token: ****" in messages


def test_an_external_id_is_shown_with_the_trust_alone(story: dict[str, Seen]) -> None:
    result = story["provision"].play.facts("athena_access_result")["secrets"]
    assert EXTERNAL_ID in json.dumps(result["role"]["trust_policy"])
    trust = [row for row in result["drift"] if EXTERNAL_ID in json.dumps(row)]
    assert {row["aspect"] for row in trust} <= {"role", "condition", "trust", "trust policy"}
    result["role"]["trust_policy"] = None
    result["drift"] = [row for row in result["drift"] if row not in trust]
    assert EXTERNAL_ID not in json.dumps(result)
    verified = story["verify"].play.facts("athena_access_result")["secrets"]
    assert EXTERNAL_ID not in json.dumps(verified)
