# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples that are not run, each with its reason: not_run.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .blocks import Block

_LIST = Path(__file__).with_name("not_run.toml")


@dataclass(frozen=True)
class NotRun:
    """Blocks whose first line begins so, or commands that do; in one document, or in all."""

    begins: str
    reason: str
    document: str = ""

    def is_block(self, block: Block) -> bool:
        return self._is_in(block.document) and block.first_line.startswith(self.begins)

    def is_command(self, document: str, command: str) -> bool:
        return self._is_in(document) and command.startswith(self.begins)

    def _is_in(self, document: str) -> bool:
        return not self.document or self.document == document


def _read() -> tuple[list[NotRun], list[NotRun]]:
    listed = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    return [NotRun(**entry) for entry in listed["block"]], [NotRun(**entry) for entry in listed["command"]]


BLOCKS, COMMANDS = _read()


def is_run(block: Block) -> bool:
    return not any(entry.is_block(block) for entry in BLOCKS)


def is_command_run(document: str, command: str) -> bool:
    return not any(entry.is_command(document, command) for entry in COMMANDS)
