# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snippets of the guide on adoption, run against an account in which there is what it speaks of."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import TRUST, Account, Document
from .guides import snippets
from .lake import Lake
from .playbook_runs import Play, run_playbook

VENDOR = "210987654321"
BASE = f"arn:aws:iam::{VENDOR}:role/dataplane/qualytics-dataplane"
TARGET = f"arn:aws:iam::{ACCOUNT_ID}:role/data/qualytics-athena"
EXAMPLE = Path(__file__).resolve().parents[1] / "unit" / "data" / "vendor_example_policy.json"
LOCAL = {"hosts": "localhost", "connection": "local", "gather_facts": False}


def page() -> Document:
    """The policy of the vendor's page, filled in."""
    text = EXAMPLE.read_text(encoding="utf-8")
    document: Document = json.loads(
        text.replace("<YOUR_BUCKET>", "example-athena-results").replace("<YOUR_PREFIX>", "qualytics")
    )
    return document


def paste(account: Account) -> None:
    """What the section on the vendor's page speaks of."""
    document = page()
    document["Statement"][-1]["Action"].append("s3:DeleteObject")
    account.make_identity("user", "qualytics")
    account.attach(account.make_policy("AthenaByHand", document, "/data/"))


def terraform(sandbox: Sandbox, account: Account, lake: Lake) -> None:
    """What the section on Terraform speaks of."""
    vendor = sandbox.client("iam", access_key_id=VENDOR, secret_access_key="the-vendors-own-account")
    vendor.create_role(RoleName="qualytics-dataplane", Path="/dataplane/", AssumeRolePolicyDocument=TRUST)
    condition = {"StringEquals": {"sts:ExternalId": "3f1c7a52-acme"}}
    ours = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": BASE}, "Condition": condition}
    trust = {"Version": "2012-10-17", "Statement": [ours]}
    account.make_role("qualytics-athena", trust, "/data/", Tags=[{"Key": "team", "Value": "data"}])
    account.iam.put_role_policy(
        RoleName="qualytics-athena", PolicyName="athena", PolicyDocument=json.dumps(page(), indent=2)
    )
    lake.grant({"Table": {"DatabaseName": "sales", "Name": "orders"}}, ["SELECT"], to=TARGET)


class Story(NamedTuple):
    """The runs of each inventory of the guide, by its host, and of the task that only keeps the policy."""

    drift: dict[str, Play]
    provisioned: dict[str, Play]
    again: dict[str, Play]
    only_the_policy: Play


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    lake, account = Lake(sandbox), Account(sandbox)
    sandbox.client("s3").create_bucket(Bucket="example-athena-results")
    paste(account)
    terraform(sandbox, account, lake)
    directory = tmp_path_factory.mktemp("adoption-guide")

    def run(playbook: str, inventory: Path) -> Play:
        return run_playbook(sandbox, directory, f"qualytics.athena.{playbook}", "-i", str(inventory))

    drift, provisioned, again = {}, {}, {}
    for text in (text for text in snippets("adoption", "yaml") if "# connections.yml" in text):
        (host,) = yaml.safe_load(text)["all"]["hosts"]
        inventory = directory / f"{host}.yml"
        inventory.write_text(text, encoding="utf-8")
        drift[host] = run("drift", inventory)
        provisioned[host] = run("provision", inventory)
        again[host] = run("drift", inventory)
    tasks = next(yaml.safe_load(text) for text in snippets("adoption", "yaml") if "athena_perm_policy" in text)
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    only_the_policy = run_playbook(
        sandbox, directory, [{**LOCAL, "vars": variables, "tasks": tasks}], "-i", "localhost,"
    )
    return Story(drift, provisioned, again, only_the_policy)


def result(play: Play, host: str) -> dict[str, Any]:
    found: dict[str, Any] = play.facts("athena_access_result")[host]
    return found


@pytest.mark.parametrize(("host", "place"), [("pasted", 0), ("terraformed", 1)])
def test_drift_shows_the_lines_of_the_guide(story: Story, host: str, place: int) -> None:
    assert result(story.drift[host], host)["drift_lines"] == snippets("adoption", "text")[place].splitlines()


@pytest.mark.parametrize("host", ["pasted", "terraformed"])
def test_what_is_there_is_taken_over(story: Story, host: str) -> None:
    assert story.provisioned[host].status == 0, story.provisioned[host].output[-3000:]
    assert result(story.provisioned[host], host)["drift"] == result(story.drift[host], host)["drift"]
    assert not [call for call in story.provisioned[host].writes if "Create" in call and "Version" not in call]
    assert story.again[host].status == 0, story.again[host].output[-3000:]


def test_only_the_policy_can_be_kept(story: Story) -> None:
    assert story.only_the_policy.status == 0, story.only_the_policy.output[-3000:]
    assert story.only_the_policy.writes == ()


def test_terraform_forgets_exactly_what_it_made() -> None:
    made, forgotten = snippets("adoption", "hcl")
    resources = {".".join(pair) for pair in re.findall(r'(?m)^resource "(\w+)" "(\w+)" \{', made)}
    assert len(resources) == 3
    assert set(re.findall(r"(?m)^  from = (\S+)$", forgotten)) == resources
    assert forgotten.count("destroy = false") == forgotten.count("removed {") == 3
    (command,) = (text for text in snippets("adoption", "console") if "state rm" in text)
    assert set(command.removeprefix("$ terraform state rm").split()) == resources


@pytest.mark.skipif(shutil.which("terraform") is None, reason="whether it is Terraform's language is for terraform")
def test_the_snippets_are_terraforms_language() -> None:
    texts = snippets("adoption", "hcl")
    assert texts
    for text in texts:
        done = subprocess.run(
            ["terraform", "fmt", "-check", "-diff", "-"], input=text, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
