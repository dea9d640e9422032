# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snippets of the guide on drift do what it says."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from athena_sandbox import Sandbox

from .account import arn_of
from .fleet import SALES, make_world, write_inventory
from .guides import snippets
from .playbook_runs import Play, run_playbook

POLICY = arn_of("qualytics-athena-sales")
PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


class Webhook(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.posted: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/drift"


class _Receiver(http.server.BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Not to the output of the tests."""


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Told(NamedTuple):
    """A run of the guide's playbook, and what it posted."""

    play: Play
    posted: list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, webhook: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One connection is in sync, one has drifted, and one cannot be compared."""
    account, _lake = make_world(sandbox)
    directory = tmp_path_factory.mktemp("guide")
    account.make_identity("user", "ops")
    ops = {**SALES, "athena_access_user_name": "ops"}
    provisioned = write_inventory(directory / "provisioned.yml", {"sales": SALES, "ops": ops})
    assert run_playbook(sandbox, directory, "qualytics.athena.provision", "-i", str(provisioned)).status == 0
    account.detach(POLICY, "sales")
    broken = {**SALES, "athena_access_kms_keys": {"results": ["not-the-arn-of-a-key"]}}
    inventory = write_inventory(directory / "connections.yml", {"sales": SALES, "ops": ops, "broken": broken})
    playbook = next(text for text in snippets("drift", "yaml") if "ansible.builtin.uri" in text)
    arguments = ["-i", str(inventory), "-e", f"drift_webhook_url={webhook.url}"]
    play = run_playbook(sandbox, directory, yaml.safe_load(playbook), *arguments)
    return Told(play, webhook.posted)


def test_what_is_not_in_sync_is_posted(told: Told) -> None:
    posted = {post["text"].partition(":")[0]: post for post in told.posted}
    assert sorted(posted) == ["broken", "sales"]
    assert len(told.posted) == 2
    assert posted["sales"] == {
        "text": f"sales: drift: 1 missing\nmissing attachment: user/sales ({POLICY})",
        "drift": 1,
    }
    assert posted["broken"]["text"].startswith("broken: failed: ")
    assert "not-the-arn-of-a-key" in posted["broken"]["text"]


def test_telling_writes_nothing_to_aws_and_a_failure_stays_one(told: Told) -> None:
    assert told.play.writes == ()
    assert told.play.status == 2
    assert [failure["host"] for failure in told.play.failures()][-1] == "broken"


def test_every_command_of_the_guide_names_a_playbook_that_is_there() -> None:
    texts = [text for language in ("console", "sh", "yaml") for text in snippets("drift", language)]
    named = [name for text in texts for name in re.findall(r"ansible-playbook \S+ \S+ qualytics\.athena\.(\w+)", text)]
    assert len(named) == 5
    assert [name for name in named if not (PLAYBOOKS / f"{name}.yml").is_file()] == []


def test_the_pipelines_of_the_guide_are_what_their_services_read() -> None:
    actions, gitlab = (yaml.safe_load(text) for text in snippets("drift", "yaml")[:2])
    (job,) = actions["jobs"].values()
    assert job["steps"][-1]["run"].startswith("ansible-playbook ")
    assert actions["permissions"]["id-token"] == "write"
    (job,) = gitlab.values()
    assert job["script"][-1].startswith("ansible-playbook ")
