# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation runs, and none is left out but those that not_run.toml names, with its reason."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence

import pytest
import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import REGION

from . import not_run
from .blocks import ROOT
from .collected import DOCUMENTS, ENCRYPTION, INVENTORIES, PLUGINS, TASKS, VARIABLES, blocks_of_kind
from .console import Done
from .kinds import Commands
from .reader import DRIFT, OPTIONAL, PROVISION, VERIFY, Reader
from .tasks import Ran, Tasks as TasksOfAnExample, run_all
from .world import WORKING, WORKING_ENCRYPTED, World


@pytest.fixture(scope="session")
def ran(sandbox: Sandbox, world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """All that is tasks, in one process."""
    examples = {name: TasksOfAnExample(yaml.safe_load(text), WORKING) for name, text in PLUGINS.items()}
    for place, example in TASKS.items():
        begins = WORKING_ENCRYPTED if place.startswith(ENCRYPTION) else WORKING
        examples[place] = TasksOfAnExample(example.tasks, begins)
    variables = {"AWS_SHARED_CREDENTIALS_FILE": str(world.plugins)}
    return run_all(sandbox, tmp_path_factory.mktemp("tasks"), examples, variables)


@pytest.mark.parametrize("name", [*PLUGINS, *TASKS])
def test_tasks_of_an_example_run_and_have_nothing_to_do_the_second_time(name: str, ran: dict[str, Ran]) -> None:
    assert ran[name].failure == ""
    assert ran[name].changed_again == []


def test_the_tasks_of_the_readme_show_how_the_connection_stands(ran: dict[str, Ran]) -> None:
    # The role has run twice before.
    assert [ran[place].shown for place in TASKS if place.startswith("README.md:")] == [["in_sync"]]


@pytest.mark.parametrize("document", [name for name, blocks in DOCUMENTS.items() if blocks])
def test_a_document_can_be_followed_from_its_first_example_to_its_last(
    document: str, reader: Reader, inventory: str, connections: str, provisioned: str, encrypted: str
) -> None:
    begins = encrypted if document == ENCRYPTION else provisioned
    is_live = any("athena_access_live" in block.text for block in DOCUMENTS[document])
    failures = reader.failures(DOCUMENTS[document], connections if is_live else inventory, begins)
    assert not failures, "\n\n".join(failures)


def assert_kept(done: Sequence[Done], count: int) -> None:
    """So many connections were provisioned, and a comparison finds all of them in sync."""
    provisioned, compared = done
    assert provisioned.status == 0, provisioned.output[-4000:]
    assert compared.status == 0, compared.output[-4000:]
    assert f": {count} in_sync, 0 drift, 0 failed" in compared.output


# A connection with a profile of its own is in another partition: test_partitions.py.
@pytest.mark.parametrize("place", [it for it in INVENTORIES if "athena_access_profile" not in INVENTORIES[it].text])
def test_the_connections_of_an_inventory_are_provisioned_and_then_in_sync(place: str, reader: Reader) -> None:
    text = INVENTORIES[place].text
    assert_kept(reader.type_all(text, [PROVISION, DRIFT]), len(yaml.safe_load(text)["all"]["hosts"]))


def test_connections_with_the_variables_of_an_example_are_provisioned_and_then_in_sync(reader: Reader) -> None:
    """All of them in one inventory: what an example does not say is that of a user of its own."""
    hosts = {}
    for number, (place, example) in enumerate(VARIABLES.items()):
        usual = {
            "athena_access_auth_mode": "access_key",
            "athena_access_user_name": f"reader{number}",
            "athena_access_output_location": f"s3://example-athena-results/reader{number}",
            "athena_access_region": REGION,
        }
        hosts[place.replace(":", " ")] = usual | example.variables
    assert hosts
    assert_kept(reader.type_all(yaml.safe_dump({"all": {"hosts": hosts}}), [PROVISION, DRIFT]), len(hosts))


def statuses(done: Done) -> list[tuple[str, str]]:
    """What a run of a playbook says of each connection."""
    return sorted(re.findall(r'"msg": "(\w+): (in_sync|changed|drift|failed)\b', done.output))


def test_what_the_readme_provisions_it_removes(sandbox: Sandbox, reader: Reader, inventory: str) -> None:
    commands = ("provision --check --diff", "provision", "provision --check --diff", "remove")
    done = reader.type_all(inventory, [f"ansible-playbook -i connections.yml qualytics.athena.{it}" for it in commands])
    assert [it.status for it in done] == [0, 0, 0, 0], done[-1].output[-4000:]
    for it, status in zip(done, ("drift", "changed", "in_sync", "changed"), strict=True):
        assert statuses(it) == [("hr", status), ("sales", status)]
    iam = sandbox.client("iam")
    assert "qualytics-athena-hr" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert iam.list_attached_user_policies(UserName="qualytics")["AttachedPolicies"] == []


@pytest.mark.parametrize(
    ("document", "command", "shown"),
    [
        ("docs/docsite/rst/drift.rst", DRIFT, "drift: 3 connections: 1 in_sync, 1 drift, 1 failed"),
        ("docs/docsite/rst/verification.rst", VERIFY, "sales: works; 64 of 64 checks passed"),
    ],
)
def test_a_playbook_ends_in_the_words_that_the_guide_shows(
    document: str, command: str, shown: str, reader: Reader, connections: str, provisioned: str
) -> None:
    assert shown in {line for block in DOCUMENTS[document] for line in block.text.splitlines()}
    (done,) = reader.type_all(connections, [command], provisioned)
    assert re.search(re.sub(r"\d+", r"\\d+", shown), done.output), done.output[-4000:]


@pytest.mark.parametrize("entry", not_run.BLOCKS, ids=lambda entry: entry.begins)
def test_a_block_that_is_not_run_is_there(entry: not_run.NotRun) -> None:
    assert entry.reason
    assert any(entry.is_block(block) for blocks in DOCUMENTS.values() for block in blocks), "it can go from the list"


TYPED = [
    (place.rpartition(":")[0], line) for place, example in blocks_of_kind(Commands).items() for line in example.lines
]


@pytest.mark.parametrize("entry", not_run.COMMANDS, ids=lambda entry: entry.begins)
def test_a_command_that_is_not_run_is_there(entry: not_run.NotRun) -> None:
    assert entry.reason
    assert any(entry.is_command(*each) for each in TYPED), "it can go from the list"


def test_what_is_to_be_made_is_a_target() -> None:
    targets = {line.split()[1] for _document, line in TYPED if line.startswith("make ")}
    rules = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets
    assert targets <= set(rules)


def test_the_programs_that_examples_use_are_on_this_machine() -> None:
    absent = [program for program in OPTIONAL if not shutil.which(program)]
    if absent:
        pytest.skip(f"not on this machine, so that its examples were not run: {', '.join(absent)}")
