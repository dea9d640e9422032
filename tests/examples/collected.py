# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All examples there are, by what they are and where."""

from __future__ import annotations

from typing import Any

from .blocks import documents, plugin_examples
from .kinds import Inventory, Statement, Tasks, Variables, read
from .not_run import is_run

DOCUMENTS = documents()
PLUGINS = plugin_examples()
# The document whose account is encrypted.
ENCRYPTION = "docs/docsite/rst/encryption.rst"


def blocks_of_kind(kind: type) -> dict[str, Any]:
    """The blocks of a kind in all documents, by their places."""
    blocks = [block for blocks in DOCUMENTS.values() for block in blocks if is_run(block)]
    return {block.place: example for block in blocks if isinstance(example := read(block), kind)}


TASKS, VARIABLES, INVENTORIES = blocks_of_kind(Tasks), blocks_of_kind(Variables), blocks_of_kind(Inventory)
STATEMENTS = blocks_of_kind(Statement)
