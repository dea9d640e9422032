# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of the example: which connection is of which account and mode, and that none is lost unnoticed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from athena_sandbox.launcher import client_environment

from .world import ACCOUNTS, CONNECTIONS, EXAMPLES

FILE = "all:\n  hosts:\n    {name}:\n      aws_account: {account}\n      athena_access_auth_mode: access_key\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "fleet", tmp_path / "project"))


def listed(project: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ANSIBLE_CONFIG": str(project / "ansible.cfg"), "ANSIBLE_NOCOLOR": "true"}
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "--list"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def inventory_of(project: Path) -> dict[str, Any]:
    done = listed(project)
    assert done.returncode == 0, done.stderr
    inventory: dict[str, Any] = json.loads(done.stdout)
    return inventory


def test_every_connection_is_of_its_account_and_its_mode(project: Path) -> None:
    inventory = inventory_of(project)
    for account in ACCOUNTS:
        hosts = [name for name, (where, _identity) in CONNECTIONS.items() if where == account]
        assert sorted(inventory[f"account_{account}"]["hosts"]) == sorted(hosts)
    for mode, kind in (("access_key", "user/"), ("iam_role", "role/")):
        hosts = [name for name, (_where, identity) in CONNECTIONS.items() if identity.startswith(kind)]
        assert sorted(inventory[f"mode_{mode}"]["hosts"]) == sorted(hosts)
    assert set(inventory["_meta"]["hostvars"]) == set(CONNECTIONS)


def test_a_connection_says_the_same_in_one_file_with_others_and_in_one_of_its_own(project: Path) -> None:
    """Both are written in the example; what they inherit has the same names."""
    variables = inventory_of(project)["_meta"]["hostvars"]
    assert set(variables["recruiting"]) - set(variables["sales"]) == {"aws_account"}
    assert set(variables["forecast"]) - set(variables["web-logs"]) == {"aws_account"}


def test_a_file_more_is_a_connection_more(project: Path) -> None:
    added = project / "inventory" / "connections" / "orders.yml"
    added.write_text(FILE.format(name="orders", account="people"), encoding="utf-8")
    inventory = inventory_of(project)
    assert "orders" in inventory["account_people"]["hosts"]
    assert inventory["_meta"]["hostvars"]["orders"]["athena_access_profile"] == "people"


def test_a_file_that_cannot_be_read_is_an_error_and_no_connection_less(project: Path) -> None:
    (project / "inventory" / "connections" / "orders.yml").write_text("all:\n  hosts: [\n", encoding="utf-8")
    done = listed(project)
    assert done.returncode != 0
    assert "orders.yml" in done.stderr


def test_a_misspelt_account_leaves_a_connection_without_a_bucket_and_a_profile(project: Path) -> None:
    """Without an output location it is refused before anything is asked of AWS, whatever keys there are."""
    added = project / "inventory" / "connections" / "orders.yml"
    added.write_text(FILE.format(name="orders", account="poeple"), encoding="utf-8")
    variables = inventory_of(project)["_meta"]["hostvars"]["orders"]
    assert {"athena_access_profile", "athena_access_output_location"} & set(variables) == set()
    # Keys of nobody, and an address where nobody answers.
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIAI44QH8DHBEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
    }
    nowhere = client_environment(keys | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    environment = nowhere | {"ANSIBLE_CONFIG": str(project / "ansible.cfg"), "ANSIBLE_NOCOLOR": "true"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "provision.yml", "--limit=orders"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "orders: athena_access_output_location: must be set" in done.stdout


def test_a_connection_by_two_files_has_the_variables_of_both(project: Path) -> None:
    """As the guide warns: Ansible joins them without a word, so the file is named as the connection."""
    for name in ("a", "b"):
        path = project / "inventory" / "connections" / f"orders_{name}.yml"
        path.write_text(FILE.format(name="orders", account="people") + f"      from_{name}: true\n", encoding="utf-8")
    variables = inventory_of(project)["_meta"]["hostvars"]["orders"]
    assert {"from_a", "from_b"} <= set(variables)


def test_each_file_of_the_example_is_named_as_its_connection() -> None:
    for path in (EXAMPLES / "fleet" / "inventory" / "connections").iterdir():
        assert f"    {path.stem}:\n" in path.read_text(encoding="utf-8")
