# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation runs, and none is left out but those that not_run.toml names, with its reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION

from ..integration.playbook_runs import Play, run_playbook
from . import not_run
from .blocks import Block, documents, plugin_examples
from .kinds import Commands, HostVariables, Inventory, Tasks, Variables, read
from .reader import Reader
from .tasks import Ran, Tasks as TasksOfAnExample, run_all
from .world import VENDOR, let_connections_work, make_account, write_credentials

DOCUMENTS = documents()
PLUGINS = plugin_examples()
_BARE, _WORKING, _PROVISIONED = "examples-bare", "examples-working", "examples-provisioned"


def is_run(block: Block) -> bool:
    return not any(entry.is_block(block) for entry in not_run.BLOCKS)


def blocks_of_kind(kind: type) -> dict[str, Any]:
    """The blocks of a kind in all documents, by their places."""
    blocks = [block for blocks in DOCUMENTS.values() for block in blocks if is_run(block)]
    return {block.place: example for block in blocks if isinstance(example := read(block), kind)}


TASKS, VARIABLES, INVENTORIES = blocks_of_kind(Tasks), blocks_of_kind(Variables), blocks_of_kind(Inventory)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def credentials(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The credentials file of the documents and that of the plugins' examples; makes the worlds they are good for."""
    directory = tmp_path_factory.mktemp("credentials")
    files = {"documents": directory / "documents", "plugins": directory / "plugins"}
    make_account(sandbox)
    write_credentials(sandbox, files["documents"], VENDOR)
    sandbox.keep(_BARE)
    let_connections_work(sandbox)
    write_credentials(sandbox, files["plugins"], ACCOUNT_ID)
    sandbox.keep(_WORKING)
    return files


@pytest.fixture(scope="session")
def ran(sandbox: Sandbox, credentials: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """All that is tasks, in one process."""
    examples = {name: TasksOfAnExample(yaml.safe_load(text), _WORKING) for name, text in PLUGINS.items()}
    examples |= {name: TasksOfAnExample(example.tasks, _WORKING) for name, example in TASKS.items()}
    variables = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials["plugins"])}
    return run_all(sandbox, tmp_path_factory.mktemp("tasks"), examples, variables)


@pytest.mark.parametrize("name", [*PLUGINS, *TASKS])
def test_tasks_of_an_example_run_and_have_nothing_to_do_the_second_time(name: str, ran: dict[str, Ran]) -> None:
    assert ran[name] == Ran("", [])


@pytest.fixture(scope="session")
def connections() -> str:
    """The inventory of the README with all that the README adds to it: the one that other documents speak of."""
    blocks = [read(block) for block in DOCUMENTS["README.md"] if is_run(block)]
    (inventory,) = (yaml.safe_load(example.text) for example in blocks if isinstance(example, Inventory))
    for more in (example for example in blocks if isinstance(example, HostVariables)):
        for host, variables in more.hosts.items():
            inventory["all"]["hosts"][host] |= variables
    return yaml.safe_dump(inventory)


@pytest.fixture(scope="session")
def provisioned(
    sandbox: Sandbox, credentials: dict[str, Path], connections: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of the world in which the connections of the README are."""
    path = tmp_path_factory.mktemp("provisioned") / "connections.yml"
    path.write_text(connections, encoding="utf-8")
    sandbox.restore(_BARE)
    play = run_playbook(sandbox, path.parent, "qualytics.athena.provision", "-i", str(path))
    assert play.status == 0, play.output[-4000:]
    sandbox.keep(_PROVISIONED)
    return _PROVISIONED


@pytest.mark.parametrize("document", [name for name, blocks in DOCUMENTS.items() if blocks])
def test_a_document_can_be_followed_from_its_first_example_to_its_last(
    document: str,
    sandbox: Sandbox,
    credentials: dict[str, Path],
    connections: str,
    provisioned: str,
    tmp_path: Path,
) -> None:
    reader = Reader(sandbox, tmp_path, credentials["documents"], _BARE, provisioned)
    failures = reader.failures(DOCUMENTS[document], connections)
    assert not failures, "\n\n".join(failures)


def provision_twice(sandbox: Sandbox, directory: Path, inventory: str) -> tuple[Play, Play]:
    path = directory / "connections.yml"
    path.write_text(inventory, encoding="utf-8")
    first, again = (
        run_playbook(sandbox, directory, "qualytics.athena.provision", "-i", str(path)) for _time in range(2)
    )
    return first, again


def assert_kept(first: Play, again: Play) -> None:
    """The first run gave every connection its access, and left nothing for the second."""
    assert first.status == 0, first.output[-4000:]
    assert {result["status"] for result in first.facts("athena_access_result").values()} == {"changed"}
    assert again.status == 0, again.output[-4000:]
    assert again.writes == ()
    assert {result["status"] for result in again.facts("athena_access_result").values()} == {"in_sync"}


@pytest.mark.parametrize("place", INVENTORIES)
def test_the_connections_of_an_inventory_are_provisioned_and_then_in_sync(
    place: str, sandbox: Sandbox, credentials: dict[str, Path], tmp_path: Path
) -> None:
    sandbox.restore(_BARE)
    assert_kept(*provision_twice(sandbox, tmp_path, INVENTORIES[place].text))


def test_connections_with_the_variables_of_an_example_are_provisioned_and_then_in_sync(
    sandbox: Sandbox, credentials: dict[str, Path], tmp_path: Path
) -> None:
    """All of them in one inventory: what an example does not say is that of a user of its own."""
    sandbox.restore(_BARE)
    hosts = {}
    for number, (place, example) in enumerate(VARIABLES.items()):
        name = f"reader{number}"
        sandbox.client("iam").create_user(UserName=name)
        usual = {
            "athena_access_auth_mode": "access_key",
            "athena_access_user_name": name,
            "athena_access_output_location": f"s3://example-athena-results/{name}",
            "athena_access_region": REGION,
        }
        hosts[place.replace(":", " ")] = usual | example.variables
    assert hosts
    assert_kept(*provision_twice(sandbox, tmp_path, yaml.safe_dump({"all": {"hosts": hosts}})))


def test_what_the_readme_provisions_it_removes(
    sandbox: Sandbox, provisioned: str, connections: str, tmp_path: Path
) -> None:
    sandbox.restore(provisioned)
    path = tmp_path / "connections.yml"
    path.write_text(connections, encoding="utf-8")
    play = run_playbook(sandbox, tmp_path, "qualytics.athena.remove", "-i", str(path))
    assert play.status == 0, play.output[-4000:]
    iam = sandbox.client("iam")
    assert "qualytics-athena-hr" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert iam.list_attached_user_policies(UserName="qualytics")["AttachedPolicies"] == []


@pytest.mark.parametrize("entry", not_run.BLOCKS, ids=lambda entry: entry.begins)
def test_a_block_that_is_not_run_is_there(entry: not_run.NotRun) -> None:
    assert entry.reason
    assert any(entry.is_block(block) for blocks in DOCUMENTS.values() for block in blocks), "it can go from the list"


@pytest.mark.parametrize("entry", not_run.COMMANDS, ids=lambda entry: entry.begins)
def test_a_command_that_is_not_run_is_there(entry: not_run.NotRun) -> None:
    assert entry.reason
    typed = [
        (place.rpartition(":")[0], line)
        for place, example in blocks_of_kind(Commands).items()
        for line in example.lines
    ]
    assert any(entry.is_command(*each) for each in typed), "it can go from the list"


@pytest.mark.parametrize("program", ["bash", "jq"])
def test_the_programs_that_examples_use_are_on_this_machine(program: str) -> None:
    assert shutil.which(program), f"examples use {program}"
