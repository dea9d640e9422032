# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All examples there are, by what they are and where."""

from __future__ import annotations

from typing import Any

from . import not_run
from .blocks import Block, documents, plugin_examples
from .kinds import Inventory, Statement, Tasks, Variables, read

DOCUMENTS = documents()
PLUGINS = plugin_examples()
# The document whose account is encrypted.
ENCRYPTION = "docs/docsite/rst/encryption.rst"


def is_run(block: Block) -> bool:
    return not any(entry.is_block(block) for entry in not_run.BLOCKS)


def blocks_of_kind(kind: type) -> dict[str, Any]:
    """The blocks of a kind in all documents, by their places."""
    blocks = [block for blocks in DOCUMENTS.values() for block in blocks if is_run(block)]
    return {block.place: example for block in blocks if isinstance(example := read(block), kind)}


TASKS, VARIABLES, INVENTORIES = blocks_of_kind(Tasks), blocks_of_kind(Variables), blocks_of_kind(Inventory)
STATEMENTS = blocks_of_kind(Statement)
