# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants in words: for drift, differences, warnings and errors.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_resources,
    _report,
)


def resource_words(resources: Sequence[_grants_resources.Resource], default_catalog: str) -> str:
    """One resource, or parts of one: for instance C(table sales.orders (columns amount, id))."""
    first = resources[0]
    parts = ", ".join(sorted(str(resource.written[-1]) for resource in resources)) if first.written else ""
    text = _grants_resources.WORDS[first.kind](first, parts)
    if first.catalog_id == default_catalog or first.kind == "catalog":
        return text
    return f"{text} in catalog {first.catalog_id}"


def _in_words(atoms: Iterable[_grants.Atom], default_catalog: str) -> list[tuple[bool, str]]:
    """(whether it is a grant option, the words) for each permission; parts of one resource in one line."""
    groups: dict[t.Any, list[_grants_resources.Resource]] = collections.defaultdict(list)
    for atom in atoms:
        apart = atom.resource.kind if atom.resource.base != atom.resource else atom.resource
        if atom.resource.kind == "excluded_columns":
            apart = atom.resource
        groups[atom.grantable, atom.permission, atom.condition, atom.resource.base, apart].append(atom.resource)
    lines = []
    for (grantable, permission, condition, _base, _apart), resources in groups.items():
        words = f"{permission} on {resource_words(resources, default_catalog)}"
        lines.append((grantable, f"{words} if {condition}" if condition else words))
    return sorted(lines, key=lambda line: (line[1], line[0]))


def grant_lines(atoms: Iterable[_grants.Atom], default_catalog: str) -> list[str]:
    """One line for each grant, sorted; a grant option is a line of its own."""
    return [
        f"{words}, with grant option" if grantable else words for grantable, words in _in_words(atoms, default_catalog)
    ]


def grant_facts(atoms: Iterable[_grants.Atom], default_catalog: str) -> list[str]:
    """As C(grant_lines), but with a line for each column and each value of an LF-tag too."""
    return [line for atom in atoms for line in grant_lines([atom], default_catalog)]


def grant_drift(
    principal: str, to_grant: _grants.Atoms, to_revoke: _grants.Atoms, default_catalog: str
) -> list[_report.Drift]:
    """One row for each permission that is missing or extra."""

    def aspect(grantable: bool) -> str:
        return "grant_option" if grantable else "grant"

    return [
        *(
            _report.Drift(principal, aspect(grantable), "missing", expected=words)
            for grantable, words in _in_words(to_grant, default_catalog)
        ),
        *(
            _report.Drift(principal, aspect(grantable), "extra", actual=words)
            for grantable, words in _in_words(to_revoke, default_catalog)
        ),
    ]
