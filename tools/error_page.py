# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation page on error messages, made from the entries that the filter explain_error knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.qualytics.athena.plugins.module_utils._error_dictionary import filled
from ansible_collections.qualytics.athena.plugins.module_utils._error_entries import ENTRIES, ErrorEntry

from .paths import ROOT

PAGE = ROOT / "docs" / "docsite" / "rst" / "error_messages.rst"

_HEAD = """\
..
  Copyright: (c) 2026, qualytics.athena contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made from plugins/module_utils/_error_entries.py by: sh tools/start.sh error-page

.. _ansible_collections.qualytics.athena.docsite.error_messages:

Error messages
==============

What users of Athena see when access is missing, and what is missing then. The filter
:ansplugin:`qualytics.athena.explain_error#filter` finds it in any text, however wrapped:

.. code-block:: yaml+jinja

   - ansible.builtin.debug:
       msg: "{{ message | qualytics.athena.explain_error }}"
     vars:
       message: "You are not authorized to perform: athena:ListDatabases on the resource"

Athena itself often says only *on the resource*, so that the action is all there is to go by. What stands in parentheses
in a remedy is the module or the option that does it. Below each message is the name of its entry.

.. contents::
   :local:
"""

_MESSAGES = "What the message says comes first; a message around it, or one that is harmless, comes after it."
_SYMPTOMS = "The filter finds these in your own words, where the text says nothing else that it knows."
_DENIALS = (
    "Any other action that IAM denies is explained by the end of the message: it tells whose policy decided. Deny "
    "statements, boundaries and the organization's policies come before anything else, as no further Allow helps there."
)


def page() -> str:
    """The page as it should be."""
    by_policy = [entry for entry in ENTRIES if entry.denial and not entry.permissions]
    symptoms = [entry for entry in ENTRIES if not entry.denial and not entry.patterns]
    messages = [entry for entry in ENTRIES if entry not in by_policy and entry not in symptoms]
    sections = (
        ("Messages", _MESSAGES, messages),
        ("Symptoms without a message", _SYMPTOMS, symptoms),
        ("Other denials", _DENIALS, by_policy),
    )
    return "\n".join([_HEAD, *(line for title, text, rows in sections for line in _section(title, text, rows))])


def _section(title: str, text: str, entries: Iterable[ErrorEntry]) -> list[str]:
    table = [".. list-table::", "   :header-rows: 1", ""]
    columns = ["What you see", "Where", "Cause", "Missing permission", "Remedy", "Reference"]
    return [title, "-" * len(title), "", text, "", *table, *_row(columns), *(_entry(it) for it in entries), ""]


def _entry(entry: ErrorEntry) -> str:
    named = "the action" if entry.denial else "the permission"
    permissions = [f"``{it}``" if ":" in it or it.isupper() else it for it in entry.permissions]
    if not permissions:
        permissions = ["the action that the message names"] if entry.denial else ["none"]
    cells = (
        f"{_escaped(entry.seen)}\n\n       ``{entry.name}``",
        _escaped(entry.shown_at),
        _escaped(filled(entry.cause, named, "the resource")),
        ", ".join(permissions),
        _escaped(filled(entry.remedy, named, "the resource")),
        _link(entry),
    )
    return "\n".join(_row(cells))


def _row(cells: Iterable[str]) -> list[str]:
    return [f"   {'* -' if index == 0 else '  -'} {cell}" for index, cell in enumerate(cells)]


def _escaped(text: str) -> str:
    # With "](" the linter sees a link of Markdown.
    return re.sub(r"([\\*`|_]|(?<=\])\()", r"\\\1", text)


def _link(entry: ErrorEntry) -> str:
    thread = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull)/(\d+)", entry.reference)
    label = f"{thread[1]} #{thread[2]}" if thread else "AWS"
    return f"`{label} <{entry.reference}>`__" + (", reported by users" if entry.confidence == "M" else "")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
