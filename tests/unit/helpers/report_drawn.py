# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of connections with hostile names, drawn at random."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import fleet

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}",
    "]]><!--",
    "&lt;b&gt; &amp; &#60;",
    "{{ 1 + 1 }}{% raw %}",
    "javascript:alert(1)",
    "https://example.com/\"onmouseover='alert(1)'",
    "\x00\x08\x1b[31m\x7f\x85",
    "\u202egpj.exe\u2066",
    "\ud800 and \uffff",
    "%00%0d%0aSet-Cookie:a=b",
    "a" * 3000,
    "",
)


def hostile_texts() -> st.SearchStrategy[str]:
    anything = st.text(st.characters(exclude_categories=()), max_size=20)
    return st.builds("{}{}".format, st.sampled_from(MARKUP), anything) | anything


def hostile_facts() -> st.SearchStrategy[dict[str, t.Any]]:
    """The facts of a realistic connection in which any text may be another one: at most three of them."""
    return st.builds(
        _with_texts, st.sampled_from(fleet()), st.lists(hostile_texts(), min_size=1, max_size=6), st.randoms()
    )


def _with_texts(fact: dict[str, t.Any], texts: list[str], source: t.Any) -> dict[str, t.Any]:
    # What a fact says of itself is of our own making; names, messages and documents are not.
    own = {"status", "auth_mode", "kind"}

    def altered(value: t.Any, key: str = "") -> t.Any:
        if isinstance(value, dict):
            return {name: altered(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [altered(item, key) for item in value]
        if isinstance(value, str) and key not in own and source.random() < 0.2:
            return source.choice(texts)
        return value

    result: dict[str, t.Any] = altered(fact)
    return result


_NAMES = (
    *("Statement", "Action", "Resource", "Principal", "Condition", "Effect", "document", "arn", "Permissions", "Table"),
    *("Name", "DatabaseName", "proposals", "trust_policy", "location", "tables", "readable", "status", "name", "kind"),
)


def facts_of_any_shape() -> st.SearchStrategy[dict[str, t.Any]]:
    """The facts of a realistic connection in which up to three values are anything that JSON can be."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    anything = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
        max_leaves=12,
    )
    changes = st.dictionaries(st.sampled_from(sorted(fleet()[0])), anything, min_size=1, max_size=3)
    return st.builds(lambda fact, changed: {**fact, **changed}, st.sampled_from(fleet()), changes)
