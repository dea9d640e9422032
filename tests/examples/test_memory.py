# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not run again has come to the same: the memory of the reader, with a playbook that counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from .console import Shell, commands
from .memory import Memory

DRIFT = "ansible-playbook -i connections.yml qualytics.athena.drift"
PROVISION = "ansible-playbook -i connections.yml qualytics.athena.provision"


class Accounts:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.restored: list[str] = []

    def keep(self, name: str) -> None:
        self.kept.append(name)

    def restore(self, name: str) -> None:
        self.restored.append(name)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def memory(accounts: Accounts) -> Memory:
    memory = Memory(accounts)
    memory.go_to("bare")
    return memory


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in which ansible-playbook says how often it has been run."""
    program = tmp_path / "ansible-playbook"
    program.write_text("#!/bin/sh\necho run >>runs\nwc -l <runs\n", encoding="utf-8")
    program.chmod(0o755)
    return Shell(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"})


def run(memory: Memory, shell: Shell, *lines: str, files: str = "") -> list[int]:
    """The number of the run that each line is answered with."""
    return [int(memory.type(shell, line, files).output) for line in lines]


def test_a_comparison_is_run_once_in_the_same_account(memory: Memory, shell: Shell) -> None:
    assert run(memory, shell, DRIFT, DRIFT) == [1, 1]
    assert run(memory, shell, DRIFT, files="another inventory") == [2]
    assert run(memory, shell, f"{DRIFT} --limit sales") == [3]


def test_after_a_run_that_writes_the_account_is_another(memory: Memory, shell: Shell, accounts: Accounts) -> None:
    assert run(memory, shell, DRIFT, PROVISION, DRIFT) == [1, 2, 3]
    assert accounts.kept == [memory.account]
    assert memory.account != "bare"


def test_what_is_written_again_is_brought_back(memory: Memory, shell: Shell, accounts: Accounts) -> None:
    run(memory, shell, PROVISION)
    provisioned = memory.account
    memory.go_to("bare")
    assert run(memory, shell, PROVISION, DRIFT) == [1, 2]
    assert accounts.restored == ["bare", "bare", provisioned]
    assert memory.account == provisioned


def test_a_run_with_check_writes_nothing(memory: Memory, shell: Shell, accounts: Accounts) -> None:
    assert run(memory, shell, f"{PROVISION} --check --diff", f"{PROVISION} --check --diff") == [1, 1]
    assert accounts.kept == []


def test_what_another_shell_has_exported_counts(memory: Memory, shell: Shell) -> None:
    run(memory, shell, DRIFT)
    shell.run("export AWS_PROFILE=other")
    assert run(memory, shell, DRIFT) == [2]
    shell.begin()
    assert run(memory, shell, DRIFT) == [1]


def test_files_are_not_there_for_the_next_document(memory: Memory, shell: Shell) -> None:
    report = f"{DRIFT} -e athena_report_directory=reports"
    assert run(memory, shell, DRIFT, report, report) == [1, 2, 2]
    memory.forget_files()
    assert run(memory, shell, DRIFT, report) == [1, 3]


def test_a_shell_goes_where_its_commands_go_and_says_how_they_end(shell: Shell) -> None:
    shell.run("mkdir 'a b'; cd 'a b'")
    assert shell.run("pwd").output.endswith("/a b\n")
    assert [shell.run(line).status for line in ("false", "exit 3", "true", "absent-program")] == [1, 3, 0, 127]


def test_commands_are_read_as_they_would_be_typed() -> None:
    assert commands("$ one   # why\n$ two \\\n    more\nwhat it prints\n") == ["one", "two \\\n    more"]
    assert commands("15 3 * * * cd /srv && run\n# a comment\nif true; then\n  run\nfi\n") == [
        "cd /srv && run",
        "if true; then\n  run\nfi",
    ]
