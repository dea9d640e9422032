# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for people: one page that needs nothing but a browser. No script, and nothing from elsewhere.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ansible_collections.qualytics.athena.plugins.module_utils._report_elements import Content, element
from ansible_collections.qualytics.athena.plugins.module_utils._report_facts import (
    AREAS,
    ASPECTS,
    Area,
    Connection,
    Part,
    count_statuses,
    read_connections,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_marks import (
    ANSWERS,
    NOTHING,
    STATES,
    STATUSES,
    badge,
    legend,
    mark,
    mark_of,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_sections import sections
from ansible_collections.qualytics.athena.plugins.module_utils._report_style import STYLE
from ansible_collections.qualytics.athena.plugins.module_utils._report_text import counted

_TITLE: t.Final = "Athena connections"
_AUTH_MODES: t.Final = {"access_key": "access key", "iam_role": "IAM role"}


def report_html(facts: t.Any, generated: str | None = None) -> str:
    """The page on the facts, or NotAResult. generated: when it was made, in whatever form the caller likes."""
    connections = read_connections(facts)
    body = element(
        "body",
        element("a", "Skip to the connections", href="#fleet", class_="skip"),
        _top(connections, generated),
        element("main", _fleet(connections), [_connection(number, it) for number, it in enumerate(connections)]),
        element("footer", element("p", _closing(), class_="quiet small")),
    )
    page = element("html", _head(), body, lang="en")
    return f"<!DOCTYPE html>\n{ElementTree.tostring(page, encoding='unicode', method='html')}\n"


def _head() -> Element:
    # Only this style sheet; whatever else might slip into the page, a browser does not load, run or send it.
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", _TITLE),
        element("style", STYLE),
    )


def _top(connections: Sequence[Connection], generated: str | None) -> Element:
    made = f", {generated}" if generated else ""
    text = f"{counted(len(connections), 'connection')}, the broken ones first{made}"
    return element("header", element("div", element("h1", _TITLE), element("p", text)), class_="top")


def _closing() -> str:
    return (
        "Made by the collection qualytics.athena. It holds names, ARNs and external ids of the account: share it with "
        "those who may read them."
    )


# The fleet -----------------------------------------------------------------------------------------------------------


def _fleet(connections: Sequence[Connection]) -> Element:
    return element(
        "section",
        element("h2", "The fleet", id="fleet-title", class_="unseen"),
        _tiles(connections),
        _overview(connections) if connections else element("p", "There is no connection."),
        element(
            "details",
            element("summary", "What the marks mean"),
            element("h3", "Of connections"),
            legend(STATUSES.values()),
            element("h3", "Of permissions, trust and grants"),
            legend([*STATES.values(), STATUSES["changed"], NOTHING]),
            element("h3", "Of checks"),
            legend(ANSWERS.values()),
            class_="marks",
        ),
        id="fleet",
        class_="card",
        aria_labelledby="fleet-title",
    )


def _tiles(connections: Sequence[Connection]) -> list[Element]:
    counts = count_statuses(connections)
    tiles = [
        element(
            "li",
            element("strong", str(number)),
            f"{STATUSES[status].symbol} {STATUSES[status].word}",
            class_=_look(status, number),
        )
        for status, number in counts.items()
    ]
    return [element("ul", tiles, class_="tiles"), _bar(counts)]


def _look(status: str, number: int) -> str:
    return STATUSES[status].look if number else "none"


def _bar(counts: dict[str, int]) -> Element:
    """The shares of the statuses; the tiles say the same in numbers."""
    total = max(1, sum(counts.values()))
    parts, at = [], 0.0
    for status, number in counts.items():
        width = 100 * number / total
        parts.append(
            element("rect", x=f"{at:.2f}", y="0", width=f"{width:.2f}", height="10", class_=STATUSES[status].look)
        )
        at += width
    return element("svg", parts, viewBox="0 0 100 10", preserveAspectRatio="none", class_="bar", aria_hidden="true")


_PARTS: t.Final[dict[Part, str]] = {"policy": "Policy", "trust": "Trust", "grants": "Grants"}
_AREAS: t.Final[dict[Area, str]] = {
    "identity": "Identity",
    "results": "Results",
    "keys": "Keys",
    "permissions": "Rights",
    "data": "Data",
    "query": "Query",
}

_COLUMNS: t.Final = (*(_PARTS[part] for part in ASPECTS), *(_AREAS[area] for area in AREAS))


def _overview(connections: Sequence[Connection]) -> Element:
    caption = "Every connection: what was provisioned, and what was checked"
    groups = element(
        "tr",
        element("th", "Connection", scope="col", rowspan="2"),
        element("th", "Provisioned", scope="colgroup", colspan=str(len(ASPECTS)), class_="begin"),
        element("th", "Checked", scope="colgroup", colspan=str(len(AREAS)), class_="begin"),
    )
    begins = {0, len(ASPECTS)}
    heads = [element("th", it, scope="col", class_="begin" if n in begins else None) for n, it in enumerate(_COLUMNS)]
    rows = [_row(number, connection) for number, connection in enumerate(connections)]
    table = element(
        "table",
        element("caption", caption),
        element("colgroup"),
        element("colgroup", span=str(len(ASPECTS))),
        element("colgroup", span=str(len(AREAS))),
        element("thead", groups, element("tr", heads)),
        element("tbody", rows),
        class_="fleet",
    )
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(number: int, connection: Connection) -> Element:
    cells = [*(_part(connection, part) for part in ASPECTS), *(_area(connection, area) for area in AREAS)]
    begins = {0, len(ASPECTS)}
    return element(
        "tr",
        element(
            "th",
            element(
                "div",
                element("a", connection.name or "without a name", href=f"#connection-{number}"),
                " ",
                badge(mark_of(STATUSES, connection.status)),
            ),
            element("p", _short(_cause(connection)), class_="small quiet"),
            scope="row",
        ),
        [
            element("td", it, class_="begin" if n in begins else None, data_label=label)
            for n, (label, it) in enumerate(zip(_COLUMNS, cells, strict=True))
        ],
    )


def _part(connection: Connection, part: Part) -> Element:
    name, number = _PARTS[part], len(connection.drift_of(part))
    if not connection.looked_at(part):
        return mark(NOTHING, words=f"{name}: not looked at")
    if not number:
        return mark(STATES["in_place"], words=f"{name}: in place")
    if connection.is_repaired:
        return mark(STATUSES["changed"], number, f"{name}: {counted(number, 'difference')} repaired")
    return mark(STATUSES["drift"], number, f"{name}: {counted(number, 'difference')}")


def _area(connection: Connection, area: Area) -> Element:
    """The worst answer, and how many of it."""
    checks = connection.checks_of(area)
    for status, of in ANSWERS.items():
        number = sum(check.status == status for check in checks)
        if number:
            words = f"{_AREAS[area]}: {counted(number, 'check')}: {of.word}"
            return mark(of, None if status == "pass" else number, words)
    return mark(NOTHING, words=f"{_AREAS[area]}: not looked at")


def _cause(connection: Connection) -> str:
    """The one thing to know of it."""
    if connection.fact["verdict"] and (connection.counts["fail"] or connection.status != "failed"):
        return str(connection.fact["verdict"])
    return str(connection.fact["error"] or "") or _differences(connection)


def _differences(connection: Connection) -> str:
    if connection.drift and connection.is_repaired:
        return f"{len(connection.drift)} repaired"
    kinds = [f"{number} {kind}" for kind, number in connection.counts.items() if kind in STATES and number]
    return ", ".join(kinds)


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


# A connection --------------------------------------------------------------------------------------------------------


def _connection(number: int, connection: Connection) -> Element:
    title = f"connection-{number}-title"
    mode = _AUTH_MODES.get(str(connection.fact["auth_mode"]), "")
    facts = "; ".join(filter(None, [mode, _differences(connection), str(connection.fact["verdict"] or "")]))
    summary = element(
        "summary",
        element("h2", connection.name or "without a name", id=title),
        badge(mark_of(STATUSES, connection.status)),
        element("p", _short(facts, 300), class_="small quiet") if facts else None,
    )
    parts = sections(connection)
    content: Content = parts or element("p", "There is nothing to show.", class_="quiet part")
    is_open = connection.rank[0] < _FIRST_FOLDED
    details = element(
        "details",
        summary,
        # The link leads to what is inside, so that a browser unfolds it.
        element("div", content, id=f"connection-{number}", class_="inside"),
        open="open" if is_open else None,
    )
    return element("article", details, class_="connection", aria_labelledby=title)


# Connections.rank: from here on nobody has to do something.
_FIRST_FOLDED: t.Final = 3
