# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of one connection on the page: what differs, permissions, trust, Lake Formation, checks, discoveries.

Each function returns the section, or None where there is nothing to show.
This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report,
    _report_elements,
    _report_facts,
    _report_lake,
    _report_marks,
    _report_matrix,
    _report_text,
    _trust,
)

# A page has to stay one that a browser opens; the JSON report has everything.
_MOST_ROWS: t.Final = 300
_MOST_ACTIONS: t.Final = 100

_PARTS: t.Final[Mapping[_report_facts.Part, str]] = {"policy": "Policy", "trust": "Trust", "grants": "Lake Formation"}


def sections(connection: _report_facts.Connection) -> list[Element]:
    """All parts of which the connection has something to show, in the order in which a reader needs them."""
    makers = (_problem, _drift, _checks, _permissions, _who_may_assume, _lake, _tables, _discovered, _beyond, _warnings)
    found = (make(connection) for make in makers)
    return [section for section in found if section is not None]


def _section(title: str, *content: _report_elements.Content) -> Element:
    return _report_elements.element("section", _report_elements.element("h3", title), *content, class_="part")


def _table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[_report_elements.Content]], look: str = "wide"
) -> Element:
    """A table of texts; the first cell of a row is its header. It can be scrolled with the keyboard."""
    body = [
        _report_elements.element(
            "tr",
            _report_elements.element("th", first, scope="row"),
            # On a narrow screen, where the head of the table is not shown, the label is.
            [
                _report_elements.element("td", cell, data_label=label)
                for label, cell in zip(columns[1:], rest, strict=True)
            ],
        )
        for first, *rest in rows[:_MOST_ROWS]
    ]
    heads = _report_elements.element(
        "thead", _report_elements.element("tr", [_report_elements.element("th", it, scope="col") for it in columns])
    )
    table = _report_elements.element(
        "table",
        _report_elements.element("caption", caption),
        heads,
        _report_elements.element("tbody", body),
        class_=look,
    )
    return _scrolled(caption, table, _rest(len(rows)))


def _scrolled(label: str, *content: _report_elements.Content) -> Element:
    return _report_elements.element("div", *content, class_="scroll", tabindex="0", role="region", aria_label=label)


def _rest(number: int, most: int = _MOST_ROWS, word: str = "row") -> Element | None:
    if number <= most:
        return None
    return _report_elements.element(
        "p", f"and {_report_text.counted(number - most, f'more {word}')} in the JSON report", class_="quiet small"
    )


def _code(text: t.Any) -> Element:
    return _report_elements.element("code", "" if text is None else str(text))


def _link(reference: str) -> _report_elements.Content:
    """A link only where it leads to a page; a name may hold anything."""
    if not reference.startswith("https://"):
        return reference or None
    return _report_elements.element("a", reference.removeprefix("https://"), href=reference, rel="noopener noreferrer")


# What is wrong -------------------------------------------------------------------------------------------------------


def _problem(connection: _report_facts.Connection) -> Element | None:
    error = str(connection.fact["error"] or "")
    return _section("Why it failed", _report_elements.element("p", error, class_="note bad")) if error else None


def _drift(connection: _report_facts.Connection) -> Element | None:
    if not connection.drift:
        return None
    rows: list[Sequence[_report_elements.Content]] = [
        (
            _report_marks.badge(_report_marks.mark_of(_report_marks.STATES, row.kind)),
            f"{name}: {row.aspect.replace('_', ' ')}",
            *_sides(row),
        )
        for part, name in _PARTS.items()
        for row in connection.drift_of(part)
    ]
    if connection.is_repaired:
        caption = _report_text.counted(
            len(rows), "thing was different, and was repaired", "things were different, and were repaired"
        )
    else:
        caption = _report_text.counted(
            len(rows), "thing differs from what is wanted", "things differ from what is wanted"
        )
    return _section("What differs", _table(caption, ("How", "Of what", "Wanted", "There"), rows))


def _sides(row: _report.Drift) -> tuple[_report_elements.Content, _report_elements.Content]:
    return _side(row.expected), _side(row.actual)


def _side(text: str | None) -> Element:
    return _report_elements.element("span", "nothing", class_="quiet") if text is None else _code(text)


def _checks(connection: _report_facts.Connection) -> Element | None:
    """What did not pass first, with the remedy; what passed is folded away."""
    if not connection.checks:
        return None
    order = list(_report_marks.ANSWERS)
    bad = [check for check in connection.checks if check.status != "pass"]
    bad.sort(key=lambda check: order.index(check.status) if check.status in order else -1)
    passed = [check for check in connection.checks if check.status == "pass"]
    content: list[_report_elements.Content] = []
    if bad:
        caption = f"{_report_text.counted(len(bad), 'check')} that did not pass"
        columns = ("Answer", "Check", "What was found", "What to do")
        content.append(_table(caption, columns, [_bad_check(check) for check in bad]))
    if passed:
        table = _table(
            f"{_report_text.counted(len(passed), 'check')} that passed",
            ("Check", "What was found"),
            [(_code(check.name), check.detail) for check in passed],
        )
        content.append(
            _folded(
                _report_elements.element("h4", f"{_report_text.counted(len(passed), 'check')} passed"),
                None,
                table,
                is_open=False,
            )
        )
    return _section("Checks", content)


def _bad_check(check: _report.Check) -> Sequence[_report_elements.Content]:
    reference = _report_elements.element("div", _link(check.reference), class_="small") if check.reference else None
    return (
        _report_marks.badge(_report_marks.mark_of(_report_marks.ANSWERS, check.status)),
        _code(check.name),
        check.detail,
        [check.remedy, reference],
    )


def _folded(
    title: Element, counts: _report_elements.Content, *content: _report_elements.Content, is_open: bool
) -> Element:
    summary = _report_elements.element(
        "summary", title, " ", _report_elements.element("span", counts, class_="summary-counts")
    )
    return _report_elements.element("details", summary, *content, open="open" if is_open else None)


# Permissions ---------------------------------------------------------------------------------------------------------


def _permissions(connection: _report_facts.Connection) -> Element | None:
    if not connection.looked_at("policy"):
        return None
    policy, observed = connection.dictionary("policy") or {}, connection.fact["observed_policy"]
    wanted = policy.get("document")
    name = (
        _report_elements.element("p", "Policy ", _code(policy.get("arn") or policy.get("name")), class_="small")
        if policy
        else None
    )
    if not isinstance(wanted, dict) and not isinstance(observed, dict):
        return None
    notes: list[_report_elements.Content] = []
    if not isinstance(observed, (dict, type(None))):
        notes.append(_report_elements.element("p", "What was there is no policy document.", class_="note bad"))
    if any(row.aspect == "attachment" for row in connection.drift) and not connection.is_repaired:
        text = "The policy is not attached to the identity, so that nothing of it is in force."
        notes.append(_report_elements.element("p", text, class_="note bad"))
    documents = [it if isinstance(it, dict) else {} for it in (wanted, observed)]
    matrices = [_matrix(it) for it in _report_matrix.permission_matrices(*documents)]
    return _section("Permissions", name, notes, _when(connection), matrices)


def _when(connection: _report_facts.Connection) -> Element | None:
    if not (connection.drift and connection.is_repaired):
        return None
    what = "failed on the way" if connection.status == "failed" else "repaired what is missing or extra"
    return _report_elements.element("p", f"As it was before this run, which {what}.", class_="small quiet")


def _matrix(matrix: _report_matrix.Matrix) -> Element:
    label = f"{matrix.service}: actions by resources"
    actions = matrix.actions[:_MOST_ACTIONS]
    heads = [
        _report_elements.element(
            "th", _report_elements.element("span", it.partition(":")[2] or it), scope="col", class_="code"
        )
        for it in actions
    ]
    rows = [
        _report_elements.element(
            "tr",
            _report_elements.element("th", _resource(row), scope="row"),
            [_cell(row, action) for action in actions],
        )
        for row in matrix.rows[:_MOST_ROWS]
    ]
    table = _report_elements.element(
        "table",
        _report_elements.element("caption", label),
        _report_elements.element(
            "thead", _report_elements.element("tr", _report_elements.element("th", "Resource", scope="col"), heads)
        ),
        _report_elements.element("tbody", rows),
        class_="matrix",
    )
    rest = [_rest(len(matrix.rows)), _rest(len(matrix.actions), _MOST_ACTIONS, "action")]
    counts = _counts({state: matrix.count(state) for state in _report_matrix.STATES})
    return _folded(
        _report_elements.element("h4", matrix.service), counts, _scrolled(label, table, rest), is_open=matrix.differs
    )


def _resource(row: _report_matrix.Row) -> _report_elements.Content:
    deny: _report_elements.Content = None
    if row.effect != "Allow":
        deny = [_report_marks.badge(_report_marks.ANSWERS["fail"]._replace(word=row.effect, symbol="⊘")), " "]
    condition = (
        _report_elements.element("div", "if ", _code(row.condition), class_="small quiet") if row.condition else None
    )
    return [deny, _code(row.resource or "no resource"), condition]


def _cell(row: _report_matrix.Row, action: str) -> Element:
    state = row.states.get(action)
    return _report_elements.element("td", _report_marks.mark(_report_marks.STATES[state]) if state else None)


def _counts(counts: Mapping[str, int]) -> list[_report_elements.Content]:
    """What is not in place as badges; else how much is."""
    found: list[_report_elements.Content] = []
    for state, number in counts.items():
        if number and state != "in_place":
            look = _report_marks.STATES[state]
            found += [_report_marks.badge(look._replace(word=f"{number} {look.word}")), " "]
    return [*found, _report_elements.element("span", f"{counts.get('in_place', 0)} in place", class_="quiet small")]


# Who may assume what -------------------------------------------------------------------------------------------------


def _who_may_assume(connection: _report_facts.Connection) -> Element | None:
    role, observed = connection.dictionary("role") or {}, connection.dictionary("observed_trust")
    wanted = role.get("trust_policy")
    if not isinstance(wanted, dict) and observed is None:
        return None
    rows: list[Sequence[_report_elements.Content]] = [
        (
            _code(_principal(it.principal)),
            [f"{it.effect} " if it.effect != "Allow" else None, _code(it.action)],
            _code(it.condition) if it.condition else _report_elements.element("span", "none", class_="quiet"),
            _report_marks.badge(_report_marks.STATES[it.state]),
            _statements(it.statements),
        )
        for it in _report_matrix.trusted(wanted if isinstance(wanted, dict) else {}, observed or {})
    ]
    arn = _report_elements.element("p", "Role ", _code(role.get("arn")), class_="small") if role else None
    columns = ("Who", "May do", "On condition", "State", "Said by")
    return _section(
        "Who may assume the role",
        arn,
        _when(connection),
        _table("The trust policy", columns, rows),
        _base_role(connection),
    )


def _principal(text: str) -> str:
    return text.removeprefix("AWS:") or "nobody is named"


def _statements(sids: Iterable[str]) -> _report_elements.Content:
    named = [f"{sid} (of this collection)" if sid == _trust.SID else sid for sid in sids]
    return ", ".join(named) or _report_elements.element("span", "a statement without Sid", class_="quiet")


def _base_role(connection: _report_facts.Connection) -> Element | None:
    """The other half: whoever is trusted must be allowed to assume the role by a policy of its own."""
    document = connection.dictionary("base_role_policy")
    if document is None:
        return None
    text = "Whoever is trusted needs this policy too, where it is not there already"
    return _folded(
        _report_elements.element("h4", text), None, _report_elements.element("p", _pretty(document)), is_open=False
    )


def _pretty(value: t.Any) -> Element:
    return _report_elements.element("code", json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))


# Lake Formation ------------------------------------------------------------------------------------------------------


def _lake(connection: _report_facts.Connection) -> Element | None:
    if not connection.fact["grants"] and not connection.fact["observed_grants"]:
        return None
    account = _account(connection)
    grants, observed, revoked = map(connection.dictionaries, ("grants", "observed_grants", "revoked"))
    catalogs = _report_lake.grant_tree(grants, observed, revoked, account)
    tree = _report_elements.element(
        "ul", [_report_elements.element("li", _node(node, account)) for node in catalogs], class_="tree"
    )
    return _section("Grants in Lake Formation", _when(connection), tree)


def _account(connection: _report_facts.Connection) -> str:
    """The account of the principal, whose catalog is meant where none is named."""
    parts = str(connection.fact["principal"]).split(":")
    return parts[4] if len(parts) > 5 else ""


def _node(node: _report_lake.Node, account: str) -> Element:
    note = " (of this account)" if node.kind == "catalog" and node.name == account else ""
    title = _report_elements.element(
        "span",
        _report_elements.element("span", node.kind, class_="kind"),
        _report_elements.element("b", node.name, class_="code"),
        note,
    )
    items = [_report_elements.element("li", _held(it), class_="held") for it in node.held]
    items += [_report_elements.element("li", _node(child, account)) for child in node.children]
    counts = _counts({state: node.count(state) for state in _report_lake.GRANT_STATES})
    # A catalog with its databases is seen at a glance; a table opens where something differs.
    is_open = node.differs or node.kind == "catalog"
    return _folded(
        title, counts, _report_elements.element("ul", items[:_MOST_ROWS]), _rest(len(items)), is_open=is_open
    )


def _held(held: _report_lake.Held) -> _report_elements.Content:
    words = f" on {held.words}" if held.words else ""
    option = "the option to grant " if held.is_option else ""
    parts = [_report_elements.element("span", part, class_="chip code") for part in held.parts]
    condition = (
        _report_elements.element("span", "if ", _code(held.condition), class_="small") if held.condition else None
    )
    return [
        _report_marks.badge(_report_marks.STATES[held.state]),
        _report_elements.element("span", option, _report_elements.element("b", held.permission), words),
        parts,
        condition,
    ]


# What was found ------------------------------------------------------------------------------------------------------


def _tables(connection: _report_facts.Connection) -> Element | None:
    tables = connection.dictionaries("tables")
    if not tables:
        return None
    order = list(_report_marks.READABLE)
    tables.sort(key=lambda it: order.index(str(it.get("readable"))) if it.get("readable") in order else -1)
    rows: list[Sequence[_report_elements.Content]] = [
        (
            _code(f"{it.get('database', '')}.{it.get('table') or '*'}"),
            _report_marks.badge(_report_marks.mark_of(_report_marks.READABLE, str(it.get("readable", "")))),
            str(it.get("why") or ""),
            [_report_elements.element("div", _code(place)) for place in _listed(it.get("locations"))],
        )
        for it in tables
    ]
    return _section("Tables", _table("Whether they can be read", ("Table", "Readable", "Why", "Files"), rows))


def _discovered(connection: _report_facts.Connection) -> Element | None:
    discovered = connection.dictionary("discovered") or {}
    proposals = discovered.get("proposals") if isinstance(discovered.get("proposals"), dict) else {}
    content: list[_report_elements.Content] = []
    if proposals:
        rows: list[Sequence[_report_elements.Content]] = [
            (_code(f"athena_access_{name}"), _pretty(value)) for name, value in sorted((proposals or {}).items())
        ]
        caption = "Variables that could be set, and to what: read them first"
        content.append(_table(caption, ("Variable", "Would be"), rows))
    refused = _dicts(discovered.get("not_allowed"))
    if refused:
        rows = [
            (_code(it.get("location")), str(it.get("reason") or ""), ", ".join(_listed(it.get("tables"))))
            for it in refused
        ]
        content.append(_table("Found, but not proposed", ("What", "Why not", "Tables"), rows))
    unknown = _dicts(discovered.get("unknown"))
    if unknown:
        rows = [(str(it.get("what") or ""), _code(it.get("permission"))) for it in unknown]
        content.append(_table("Not allowed to look at", ("What", "Permission that is missing"), rows))
    return _section("Discovered", content) if content else None


def _beyond(connection: _report_facts.Connection) -> Element | None:
    rows: list[Sequence[_report_elements.Content]] = [
        (_code(it.get("action")), _code(it.get("resource")), _code(it.get("policy")))
        for it in connection.dictionaries("beyond")
    ]
    if not rows:
        return None
    caption = "What the identity may do beyond what the connection needs"
    return _section("More than asked for", _table(caption, ("Action", "Resource", "Policy"), rows))


def _warnings(connection: _report_facts.Connection) -> Element | None:
    warnings = connection.texts("warnings")
    if not warnings:
        return None
    items = [_report_elements.element("li", text) for text in warnings[:_MOST_ROWS]]
    return _section("Warnings", _report_elements.element("ul", items), _rest(len(warnings), word="warning"))


def _dicts(value: t.Any) -> list[dict[str, t.Any]]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def _listed(value: t.Any) -> list[str]:
    return [str(it) for it in value] if isinstance(value, list) else []
