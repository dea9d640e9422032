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

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report_elements,
    _report_facts,
    _report_marks,
    _report_sections,
    _report_style,
    _report_text,
)

_TITLE: t.Final = "Athena connections"
_AUTH_MODES: t.Final = {"access_key": "access key", "iam_role": "IAM role"}


def report_html(facts: t.Any, generated: str | None = None) -> str:
    """The page on the facts, or NotAResult. generated: when it was made, in whatever form the caller likes."""
    connections = _report_facts.read_connections(facts)
    body = _report_elements.element(
        "body",
        _report_elements.element("a", "Skip to the connections", href="#fleet", class_="skip"),
        _top(connections, generated),
        _report_elements.element(
            "main", _fleet(connections), [_connection(number, it) for number, it in enumerate(connections)]
        ),
        _report_elements.element("footer", _report_elements.element("p", _closing(), class_="quiet small")),
    )
    page = _report_elements.element("html", _head(), body, lang="en")
    return f"<!DOCTYPE html>\n{ElementTree.tostring(page, encoding='unicode', method='html')}\n"


def _head() -> Element:
    # Only this style sheet; whatever else might slip into the page, a browser does not load, run or send it.
    digest = base64.b64encode(hashlib.sha256(_report_style.STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _report_elements.element(
        "head",
        _report_elements.element("meta", charset="utf-8"),
        _report_elements.element("meta", http_equiv="Content-Security-Policy", content=policy),
        _report_elements.element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _report_elements.element("meta", name="color-scheme", content="light dark"),
        _report_elements.element("meta", name="referrer", content="no-referrer"),
        _report_elements.element("title", _TITLE),
        _report_elements.element("style", _report_style.STYLE),
    )


def _top(connections: Sequence[_report_facts.Connection], generated: str | None) -> Element:
    made = f", {generated}" if generated else ""
    text = f"{_report_text.counted(len(connections), 'connection')}, the broken ones first{made}"
    return _report_elements.element(
        "header",
        _report_elements.element("div", _report_elements.element("h1", _TITLE), _report_elements.element("p", text)),
        class_="top",
    )


def _closing() -> str:
    return (
        "Made by the collection qualytics.athena. It holds names, ARNs and external ids of the account: share it with "
        "those who may read them."
    )


# The fleet -----------------------------------------------------------------------------------------------------------


def _fleet(connections: Sequence[_report_facts.Connection]) -> Element:
    return _report_elements.element(
        "section",
        _report_elements.element("h2", "The fleet", id="fleet-title", class_="unseen"),
        _tiles(connections),
        _overview(connections) if connections else _report_elements.element("p", "There is no connection."),
        _report_elements.element(
            "details",
            _report_elements.element("summary", "What the marks mean"),
            _report_elements.element("h3", "Of connections"),
            _report_marks.legend(_report_marks.STATUSES.values()),
            _report_elements.element("h3", "Of permissions, trust and grants"),
            _report_marks.legend(
                [*_report_marks.STATES.values(), _report_marks.STATUSES["changed"], _report_marks.NOTHING]
            ),
            _report_elements.element("h3", "Of checks"),
            _report_marks.legend(_report_marks.ANSWERS.values()),
            class_="marks",
        ),
        id="fleet",
        class_="card",
        aria_labelledby="fleet-title",
    )


def _tiles(connections: Sequence[_report_facts.Connection]) -> list[Element]:
    counts = _report_facts.count_statuses(connections)
    tiles = [
        _report_elements.element(
            "li",
            _report_elements.element("strong", str(number)),
            f"{_report_marks.STATUSES[status].symbol} {_report_marks.STATUSES[status].word}",
            class_=_look(status, number),
        )
        for status, number in counts.items()
    ]
    return [_report_elements.element("ul", tiles, class_="tiles"), _bar(counts)]


def _look(status: str, number: int) -> str:
    return _report_marks.STATUSES[status].look if number else "none"


def _bar(counts: dict[str, int]) -> Element:
    """The shares of the statuses; the tiles say the same in numbers."""
    total = max(1, sum(counts.values()))
    parts, at = [], 0.0
    for status, number in counts.items():
        width = 100 * number / total
        parts.append(
            _report_elements.element(
                "rect",
                x=f"{at:.2f}",
                y="0",
                width=f"{width:.2f}",
                height="10",
                class_=_report_marks.STATUSES[status].look,
            )
        )
        at += width
    return _report_elements.element(
        "svg", parts, viewBox="0 0 100 10", preserveAspectRatio="none", class_="bar", aria_hidden="true"
    )


_PARTS: t.Final[dict[_report_facts.Part, str]] = {"policy": "Policy", "trust": "Trust", "grants": "Grants"}
_AREAS: t.Final[dict[_report_facts.Area, str]] = {
    "identity": "Identity",
    "results": "Results",
    "keys": "Keys",
    "permissions": "Rights",
    "data": "Data",
    "query": "Query",
}

_COLUMNS: t.Final = (*(_PARTS[part] for part in _report_facts.ASPECTS), *(_AREAS[area] for area in _report_facts.AREAS))


def _overview(connections: Sequence[_report_facts.Connection]) -> Element:
    caption = "Every connection: what was provisioned, and what was checked"
    groups = _report_elements.element(
        "tr",
        _report_elements.element("th", "Connection", scope="col", rowspan="2"),
        _report_elements.element(
            "th", "Provisioned", scope="colgroup", colspan=str(len(_report_facts.ASPECTS)), class_="begin"
        ),
        _report_elements.element(
            "th", "Checked", scope="colgroup", colspan=str(len(_report_facts.AREAS)), class_="begin"
        ),
    )
    begins = {0, len(_report_facts.ASPECTS)}
    heads = [
        _report_elements.element("th", it, scope="col", class_="begin" if n in begins else None)
        for n, it in enumerate(_COLUMNS)
    ]
    rows = [_row(number, connection) for number, connection in enumerate(connections)]
    table = _report_elements.element(
        "table",
        _report_elements.element("caption", caption),
        _report_elements.element("colgroup"),
        _report_elements.element("colgroup", span=str(len(_report_facts.ASPECTS))),
        _report_elements.element("colgroup", span=str(len(_report_facts.AREAS))),
        _report_elements.element("thead", groups, _report_elements.element("tr", heads)),
        _report_elements.element("tbody", rows),
        class_="fleet",
    )
    return _report_elements.element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(number: int, connection: _report_facts.Connection) -> Element:
    cells = [
        *(_part(connection, part) for part in _report_facts.ASPECTS),
        *(_area(connection, area) for area in _report_facts.AREAS),
    ]
    begins = {0, len(_report_facts.ASPECTS)}
    return _report_elements.element(
        "tr",
        _report_elements.element(
            "th",
            _report_elements.element(
                "div",
                _report_elements.element("a", connection.name or "without a name", href=f"#connection-{number}"),
                " ",
                _report_marks.badge(_report_marks.mark_of(_report_marks.STATUSES, connection.status)),
            ),
            _report_elements.element("p", _short(_cause(connection)), class_="small quiet"),
            scope="row",
        ),
        [
            _report_elements.element("td", it, class_="begin" if n in begins else None, data_label=label)
            for n, (label, it) in enumerate(zip(_COLUMNS, cells, strict=True))
        ],
    )


def _part(connection: _report_facts.Connection, part: _report_facts.Part) -> Element:
    name, number = _PARTS[part], len(connection.drift_of(part))
    if not connection.looked_at(part):
        return _report_marks.mark(_report_marks.NOTHING, words=f"{name}: not looked at")
    if not number:
        return _report_marks.mark(_report_marks.STATES["in_place"], words=f"{name}: in place")
    if connection.is_repaired:
        return _report_marks.mark(
            _report_marks.STATUSES["changed"], number, f"{name}: {_report_text.counted(number, 'difference')} repaired"
        )
    return _report_marks.mark(
        _report_marks.STATUSES["drift"], number, f"{name}: {_report_text.counted(number, 'difference')}"
    )


def _area(connection: _report_facts.Connection, area: _report_facts.Area) -> Element:
    """The worst answer, and how many of it."""
    checks = connection.checks_of(area)
    for status, of in _report_marks.ANSWERS.items():
        number = sum(check.status == status for check in checks)
        if number:
            words = f"{_AREAS[area]}: {_report_text.counted(number, 'check')}: {of.word}"
            return _report_marks.mark(of, None if status == "pass" else number, words)
    return _report_marks.mark(_report_marks.NOTHING, words=f"{_AREAS[area]}: not looked at")


def _cause(connection: _report_facts.Connection) -> str:
    """The one thing to know of it."""
    if connection.fact["verdict"] and (connection.counts["fail"] or connection.status != "failed"):
        return str(connection.fact["verdict"])
    return str(connection.fact["error"] or "") or _differences(connection)


def _differences(connection: _report_facts.Connection) -> str:
    if connection.drift and connection.is_repaired:
        return f"{len(connection.drift)} repaired"
    kinds = [
        f"{number} {kind}" for kind, number in connection.counts.items() if kind in _report_marks.STATES and number
    ]
    return ", ".join(kinds)


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


# A connection --------------------------------------------------------------------------------------------------------


def _connection(number: int, connection: _report_facts.Connection) -> Element:
    title = f"connection-{number}-title"
    mode = _AUTH_MODES.get(str(connection.fact["auth_mode"]), "")
    facts = "; ".join(filter(None, [mode, _differences(connection), str(connection.fact["verdict"] or "")]))
    summary = _report_elements.element(
        "summary",
        _report_elements.element("h2", connection.name or "without a name", id=title),
        _report_marks.badge(_report_marks.mark_of(_report_marks.STATUSES, connection.status)),
        _report_elements.element("p", _short(facts, 300), class_="small quiet") if facts else None,
    )
    parts = _report_sections.sections(connection)
    content: _report_elements.Content = parts or _report_elements.element(
        "p", "There is nothing to show.", class_="quiet part"
    )
    is_open = connection.rank[0] < _FIRST_FOLDED
    details = _report_elements.element(
        "details",
        summary,
        # The link leads to what is inside, so that a browser unfolds it.
        _report_elements.element("div", content, id=f"connection-{number}", class_="inside"),
        open="open" if is_open else None,
    )
    return _report_elements.element("article", details, class_="connection", aria_labelledby=title)


# Connections.rank: from here on nobody has to do something.
_FIRST_FOLDED: t.Final = 3
