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

from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Drift
from ansible_collections.qualytics.athena.plugins.module_utils._report_elements import Content, element
from ansible_collections.qualytics.athena.plugins.module_utils._report_facts import Connection, Part
from ansible_collections.qualytics.athena.plugins.module_utils._report_lake import GRANT_STATES, Held, Node, grant_tree
from ansible_collections.qualytics.athena.plugins.module_utils._report_marks import (
    ANSWERS,
    READABLE,
    STATES,
    badge,
    mark,
    mark_of,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_matrix import (
    STATES as PERMISSION_STATES,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_matrix import (
    Matrix,
    Row,
    permission_matrices,
    trusted,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report_text import counted
from ansible_collections.qualytics.athena.plugins.module_utils._trust import SID

# A page has to stay one that a browser opens; the JSON report has everything.
_MOST_ROWS: t.Final = 300
_MOST_ACTIONS: t.Final = 100

_PARTS: t.Final[Mapping[Part, str]] = {"policy": "Policy", "trust": "Trust", "grants": "Lake Formation"}


def sections(connection: Connection) -> list[Element]:
    """All parts of which the connection has something to show, in the order in which a reader needs them."""
    makers = (_problem, _drift, _checks, _permissions, _trust, _lake, _tables, _discovered, _beyond, _warnings)
    found = (make(connection) for make in makers)
    return [section for section in found if section is not None]


def _section(title: str, *content: Content) -> Element:
    return element("section", element("h3", title), *content, class_="part")


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Content]], look: str = "wide") -> Element:
    """A table of texts; the first cell of a row is its header. It can be scrolled with the keyboard."""
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            # On a narrow screen, where the head of the table is not shown, the label is.
            [element("td", cell, data_label=label) for label, cell in zip(columns[1:], rest, strict=True)],
        )
        for first, *rest in rows[:_MOST_ROWS]
    ]
    heads = element("thead", element("tr", [element("th", it, scope="col") for it in columns]))
    table = element("table", element("caption", caption), heads, element("tbody", body), class_=look)
    return _scrolled(caption, table, _rest(len(rows)))


def _scrolled(label: str, *content: Content) -> Element:
    return element("div", *content, class_="scroll", tabindex="0", role="region", aria_label=label)


def _rest(number: int, most: int = _MOST_ROWS, word: str = "row") -> Element | None:
    if number <= most:
        return None
    return element("p", f"and {counted(number - most, f'more {word}')} in the JSON report", class_="quiet small")


def _code(text: t.Any) -> Element:
    return element("code", "" if text is None else str(text))


def _link(reference: str) -> Content:
    """A link only where it leads to a page; a name may hold anything."""
    if not reference.startswith("https://"):
        return reference or None
    return element("a", reference.removeprefix("https://"), href=reference, rel="noopener noreferrer")


# What is wrong -------------------------------------------------------------------------------------------------------


def _problem(connection: Connection) -> Element | None:
    error = str(connection.fact["error"] or "")
    return _section("Why it failed", element("p", error, class_="note bad")) if error else None


def _drift(connection: Connection) -> Element | None:
    if not connection.drift:
        return None
    rows: list[Sequence[Content]] = [
        (badge(mark_of(STATES, row.kind)), f"{name}: {row.aspect.replace('_', ' ')}", *_sides(row))
        for part, name in _PARTS.items()
        for row in connection.drift_of(part)
    ]
    if connection.is_repaired:
        caption = counted(
            len(rows), "thing was different, and was repaired", "things were different, and were repaired"
        )
    else:
        caption = counted(len(rows), "thing differs from what is wanted", "things differ from what is wanted")
    return _section("What differs", _table(caption, ("How", "Of what", "Wanted", "There"), rows))


def _sides(row: Drift) -> tuple[Content, Content]:
    nothing = element("span", "nothing", class_="quiet")
    wanted = _code(row.expected) if row.expected is not None else element("span", "nothing", class_="quiet")
    return wanted, _code(row.actual) if row.actual is not None else nothing


def _checks(connection: Connection) -> Element | None:
    """What did not pass first, with the remedy; what passed is folded away."""
    if not connection.checks:
        return None
    order = list(ANSWERS)
    bad = [check for check in connection.checks if check.status != "pass"]
    bad.sort(key=lambda check: order.index(check.status) if check.status in order else -1)
    passed = [check for check in connection.checks if check.status == "pass"]
    content: list[Content] = []
    if bad:
        caption = f"{counted(len(bad), 'check')} that did not pass"
        columns = ("Answer", "Check", "What was found", "What to do")
        content.append(_table(caption, columns, [_bad_check(check) for check in bad]))
    if passed:
        table = _table(
            f"{counted(len(passed), 'check')} that passed",
            ("Check", "What was found"),
            [(_code(check.name), check.detail) for check in passed],
        )
        content.append(_folded(element("h4", f"{counted(len(passed), 'check')} passed"), None, table, is_open=False))
    return _section("Checks", content)


def _bad_check(check: Check) -> Sequence[Content]:
    reference = element("div", _link(check.reference), class_="small") if check.reference else None
    return badge(mark_of(ANSWERS, check.status)), _code(check.name), check.detail, [check.remedy, reference]


def _folded(title: Element, counts: Content, *content: Content, is_open: bool) -> Element:
    summary = element("summary", title, " ", element("span", counts, class_="summary-counts"))
    return element("details", summary, *content, open="open" if is_open else None)


# Permissions ---------------------------------------------------------------------------------------------------------


def _permissions(connection: Connection) -> Element | None:
    if not connection.looked_at("policy"):
        return None
    policy, observed = connection.dictionary("policy") or {}, connection.fact["observed_policy"]
    wanted = policy.get("document")
    name = element("p", "Policy ", _code(policy.get("arn") or policy.get("name")), class_="small") if policy else None
    if not isinstance(wanted, dict) and not isinstance(observed, dict):
        return None
    notes: list[Content] = []
    if not isinstance(observed, (dict, type(None))):
        notes.append(element("p", "What was there is no policy document.", class_="note bad"))
    if any(row.aspect == "attachment" for row in connection.drift) and not connection.is_repaired:
        text = "The policy is not attached to the identity, so that nothing of it is in force."
        notes.append(element("p", text, class_="note bad"))
    documents = [it if isinstance(it, dict) else {} for it in (wanted, observed)]
    matrices = [_matrix(it) for it in permission_matrices(*documents)]
    return _section("Permissions", name, notes, _when(connection), matrices)


def _when(connection: Connection) -> Element | None:
    if not (connection.drift and connection.is_repaired):
        return None
    what = "failed on the way" if connection.status == "failed" else "repaired what is missing or extra"
    return element("p", f"As it was before this run, which {what}.", class_="small quiet")


def _matrix(matrix: Matrix) -> Element:
    label = f"{matrix.service}: actions by resources"
    actions = matrix.actions[:_MOST_ACTIONS]
    heads = [element("th", element("span", it.partition(":")[2] or it), scope="col", class_="code") for it in actions]
    rows = [
        element("tr", element("th", _resource(row), scope="row"), [_cell(row, action) for action in actions])
        for row in matrix.rows[:_MOST_ROWS]
    ]
    table = element(
        "table",
        element("caption", label),
        element("thead", element("tr", element("th", "Resource", scope="col"), heads)),
        element("tbody", rows),
        class_="matrix",
    )
    rest = [_rest(len(matrix.rows)), _rest(len(matrix.actions), _MOST_ACTIONS, "action")]
    counts = _counts({state: matrix.count(state) for state in PERMISSION_STATES})
    return _folded(element("h4", matrix.service), counts, _scrolled(label, table, rest), is_open=matrix.differs)


def _resource(row: Row) -> Content:
    deny: Content = None
    if row.effect != "Allow":
        deny = [badge(ANSWERS["fail"]._replace(word=row.effect, symbol="⊘")), " "]
    condition = element("div", "if ", _code(row.condition), class_="small quiet") if row.condition else None
    return [deny, _code(row.resource or "no resource"), condition]


def _cell(row: Row, action: str) -> Element:
    state = row.states.get(action)
    return element("td", mark(STATES[state]) if state else None)


def _counts(counts: Mapping[str, int]) -> list[Content]:
    """What is not in place as badges; else how much is."""
    found: list[Content] = []
    for state, number in counts.items():
        if number and state != "in_place":
            look = STATES[state]
            found += [badge(look._replace(word=f"{number} {look.word}")), " "]
    return [*found, element("span", f"{counts.get('in_place', 0)} in place", class_="quiet small")]


# Who may assume what -------------------------------------------------------------------------------------------------


def _trust(connection: Connection) -> Element | None:
    role, observed = connection.dictionary("role") or {}, connection.dictionary("observed_trust")
    wanted = role.get("trust_policy")
    if not isinstance(wanted, dict) and observed is None:
        return None
    rows: list[Sequence[Content]] = [
        (
            _code(_principal(it.principal)),
            [f"{it.effect} " if it.effect != "Allow" else None, _code(it.action)],
            _code(it.condition) if it.condition else element("span", "none", class_="quiet"),
            badge(STATES[it.state]),
            _statements(it.statements),
        )
        for it in trusted(wanted if isinstance(wanted, dict) else {}, observed or {})
    ]
    arn = element("p", "Role ", _code(role.get("arn")), class_="small") if role else None
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


def _statements(sids: Iterable[str]) -> Content:
    named = [f"{sid} (of this collection)" if sid == SID else sid for sid in sids]
    return ", ".join(named) or element("span", "a statement without Sid", class_="quiet")


def _base_role(connection: Connection) -> Element | None:
    """The other half: whoever is trusted must be allowed to assume the role by a policy of its own."""
    document = connection.dictionary("base_role_policy")
    if document is None:
        return None
    text = "Whoever is trusted needs this policy too, where it is not there already"
    return _folded(element("h4", text), None, element("p", _pretty(document)), is_open=False)


def _pretty(value: t.Any) -> Element:
    return element("code", json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))


# Lake Formation ------------------------------------------------------------------------------------------------------


def _lake(connection: Connection) -> Element | None:
    if not connection.fact["grants"] and not connection.fact["observed_grants"]:
        return None
    account = _account(connection)
    grants, observed, revoked = map(connection.dictionaries, ("grants", "observed_grants", "revoked"))
    catalogs = grant_tree(grants, observed, revoked, account)
    tree = element("ul", [element("li", _node(node, account)) for node in catalogs], class_="tree")
    return _section("Grants in Lake Formation", _when(connection), tree)


def _account(connection: Connection) -> str:
    """The account of the principal, whose catalog is meant where none is named."""
    rows = [*connection.dictionaries("grants"), *connection.dictionaries("observed_grants")]
    principals = [row.get("Principal") for row in rows]
    arns = [str(it.get("DataLakePrincipalIdentifier", "")) for it in principals if isinstance(it, dict)]
    parts = [arn.split(":") for arn in arns]
    return next((it[4] for it in parts if len(it) > 5), "")


def _node(node: Node, account: str) -> Element:
    note = " (of this account)" if node.kind == "catalog" and node.name == account else ""
    title = element("span", element("span", node.kind, class_="kind"), element("b", node.name, class_="code"), note)
    items = [element("li", _held(it), class_="held") for it in node.held]
    items += [element("li", _node(child, account)) for child in node.children]
    counts = _counts({state: node.count(state) for state in GRANT_STATES})
    # A catalog with its databases is seen at a glance; a table opens where something differs.
    is_open = node.differs or node.kind == "catalog"
    return _folded(title, counts, element("ul", items[:_MOST_ROWS]), _rest(len(items)), is_open=is_open)


def _held(held: Held) -> Content:
    words = f" on {held.words}" if held.words else ""
    option = "the option to grant " if held.is_option else ""
    parts = [element("span", part, class_="chip code") for part in held.parts]
    condition = element("span", "if ", _code(held.condition), class_="small") if held.condition else None
    return [badge(STATES[held.state]), element("span", option, element("b", held.permission), words), parts, condition]


# What was found ------------------------------------------------------------------------------------------------------


def _tables(connection: Connection) -> Element | None:
    tables = connection.dictionaries("tables")
    if not tables:
        return None
    order = list(READABLE)
    tables.sort(key=lambda it: order.index(str(it.get("readable"))) if it.get("readable") in order else -1)
    rows: list[Sequence[Content]] = [
        (
            _code(f"{it.get('database', '')}.{it.get('table') or '*'}"),
            badge(mark_of(READABLE, str(it.get("readable", "")))),
            str(it.get("why") or ""),
            [element("div", _code(place)) for place in _listed(it.get("locations"))],
        )
        for it in tables
    ]
    return _section("Tables", _table("Whether they can be read", ("Table", "Readable", "Why", "Files"), rows))


def _discovered(connection: Connection) -> Element | None:
    discovered = connection.dictionary("discovered") or {}
    proposals = discovered.get("proposals") if isinstance(discovered.get("proposals"), dict) else {}
    content: list[Content] = []
    if proposals:
        rows: list[Sequence[Content]] = [
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


def _beyond(connection: Connection) -> Element | None:
    rows: list[Sequence[Content]] = [
        (_code(it.get("action")), _code(it.get("resource")), _code(it.get("policy")))
        for it in connection.dictionaries("beyond")
    ]
    if not rows:
        return None
    caption = "What the identity may do beyond what the connection needs"
    return _section("More than asked for", _table(caption, ("Action", "Resource", "Policy"), rows))


def _warnings(connection: Connection) -> Element | None:
    warnings = connection.texts("warnings")
    if not warnings:
        return None
    items = [element("li", text) for text in warnings[:_MOST_ROWS]]
    return _section("Warnings", element("ul", items), _rest(len(warnings), word="warning"))


def _dicts(value: t.Any) -> list[dict[str, t.Any]]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def _listed(value: t.Any) -> list[str]:
    return [str(it) for it in value] if isinstance(value, list) else []
