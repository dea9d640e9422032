# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands came to, and the account that each left: the documents share many, and a playbook takes seconds.

A playbook is run once in the same account, for the same inventory, in the same shell. Where it comes again, it has come
to the same, and the account is brought back as it left it. Other commands are always run, and leave the account alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Protocol

from .console import Done, Shell

_PLAYBOOK = re.compile(r"^ansible-playbook\b")
_READS = re.compile(r"qualytics\.athena\.(drift|verify)\b| --check\b")
# What is written into the directory is there until the next document begins.
_WRITES_FILES = re.compile(r">|\bathena_report_directory=")


class Accounts(Protocol):
    """What keeps accounts under names and brings them back: the sandbox."""

    def keep(self, name: str) -> None: ...

    def restore(self, name: str) -> None: ...


class Memory:
    """The account in which commands are typed, under a name for each state that it has been in."""

    def __init__(self, sandbox: Accounts) -> None:
        self._sandbox = sandbox
        self._account = ""
        self._known: dict[str, Done] = {}
        self._with_files: set[str] = set()

    @property
    def account(self) -> str:
        """The name of the account as it is: of a world, or of what a command has made of one."""
        return self._account

    def go_to(self, account: str) -> None:
        """Bring back an account by its name."""
        self._sandbox.restore(account)
        self._account = account

    def forget_files(self) -> None:
        """What commands have written is no longer there."""
        for name in self._with_files:
            del self._known[name]
        self._with_files.clear()

    def type(self, shell: Shell, line: str, files: str) -> Done:
        """What a command comes to; files: the inventory, and whatever else the command reads."""
        if not _PLAYBOOK.match(line):
            return shell.run(line)
        all_that_matters = json.dumps([self._account, files, shell.state, line])
        name = hashlib.sha256(all_that_matters.encode()).hexdigest()
        known = self._known.get(name)
        if known and _READS.search(line):
            return known
        if known:
            self.go_to(name)
            return known
        done = shell.run(line)
        if not _READS.search(line):
            self._account = name
            self._sandbox.keep(name)
        self._known[name] = done
        if _WRITES_FILES.search(line):
            self._with_files.add(name)
        return done
