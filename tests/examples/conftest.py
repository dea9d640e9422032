# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts in which examples begin, and their reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .collected import DOCUMENTS, INVENTORIES, VARIABLES
from .keys import encrypt
from .kinds import HostVariables, read
from .not_run import is_run
from .other_accounts import VENDOR
from .reader import PROVISION, Reader
from .world import (
    BARE,
    EMPTY,
    ENCRYPTED,
    LAKE,
    RESULTS,
    WORKING,
    WORKING_ENCRYPTED,
    World,
    let_connections_work,
    make_account,
    write_credentials,
)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def world(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Makes the accounts in which examples begin."""
    directory = tmp_path_factory.mktemp("credentials")
    documents, plugins = directory / "documents", directory / "plugins"
    sandbox.keep(EMPTY)
    keys = make_account(sandbox)
    for number in range(len(VARIABLES)):
        sandbox.client("iam").create_user(UserName=f"reader{number}")
    write_credentials(sandbox, documents, VENDOR)
    sandbox.keep(BARE)
    let_connections_work(sandbox)
    write_credentials(sandbox, plugins, ACCOUNT_ID)
    sandbox.keep(WORKING)
    encrypt(sandbox, keys, RESULTS, LAKE)
    sandbox.keep(WORKING_ENCRYPTED)
    return World(documents, plugins, keys)


@pytest.fixture(scope="session")
def inventory() -> str:
    """The inventory of the README."""
    (found,) = (example.text for place, example in INVENTORIES.items() if place.startswith("README.md:"))
    return str(found)


@pytest.fixture(scope="session")
def connections(inventory: str) -> str:
    """That with what the README adds to it for the live step."""
    whole = yaml.safe_load(inventory)
    for block in filter(is_run, DOCUMENTS["README.md"]):
        example = read(block)
        for host, variables in example.hosts.items() if isinstance(example, HostVariables) else ():
            whole["all"]["hosts"][host] |= variables
    return yaml.safe_dump(whole)


@pytest.fixture(scope="session")
def reader(sandbox: Sandbox, world: World, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(sandbox, tmp_path_factory.mktemp("reader"), world.documents, world.keys, BARE, EMPTY)


@pytest.fixture(scope="session")
def provisioned(reader: Reader, inventory: str) -> str:
    """The name of the account in which the connections of the README are."""
    (done,) = reader.type_all(inventory, [PROVISION])
    assert done.status == 0, done.output[-4000:]
    return reader.account


@pytest.fixture(scope="session")
def encrypted(sandbox: Sandbox, world: World, provisioned: str) -> str:
    """The name of that account with its data encrypted, which nobody has told the connections."""
    sandbox.restore(provisioned)
    encrypt(sandbox, world.keys, RESULTS, LAKE)
    sandbox.keep(ENCRYPTED)
    return ENCRYPTED
