# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: its structure, what it says, that nothing becomes markup, and that everybody can read it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import typing as t
from xml.etree import ElementTree

import pytest
from hypothesis import given

from ansible_collections.qualytics.athena.plugins.module_utils import _report_marks as marks
from ansible_collections.qualytics.athena.plugins.module_utils._report_html import report_html
from ansible_collections.qualytics.athena.plugins.module_utils._report_json import report_json
from ansible_collections.qualytics.athena.plugins.module_utils._report_junit import report_junit
from ansible_collections.qualytics.athena.plugins.module_utils._report_style import DARK, LIGHT, STYLE
from ansible_collections.qualytics.athena.tests.unit.helpers.contrast import contrast, custom_properties
from ansible_collections.qualytics.athena.tests.unit.helpers.pages import Tag, read_page
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples
from ansible_collections.qualytics.athena.tests.unit.helpers.report_drawn import (
    MARKUP,
    facts_of_any_shape,
    hostile_facts,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import (
    drifted_everywhere,
    fleet,
    in_sync,
    repaired,
)

# Whatever a page of ours is made of; another one is a hole.
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "section",
        "article",
        "div",
        "span",
    ),
    *("h1", "h2", "h3", "h4", "p", "ul", "li", "a", "b", "strong", "code", "details", "summary", "svg", "rect"),
    *("table", "caption", "colgroup", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "rel", "title", "open", "data-label"),
    *("scope", "colspan", "rowspan", "span", "tabindex", "role", "aria-label", "aria-labelledby", "aria-hidden"),
    *("x", "y", "width", "height", "viewbox", "preserveaspectratio"),
}


@pytest.fixture(scope="module")
def page() -> Tag:
    return read_page(report_html(fleet(), "2026-01-01 00:00 UTC"))


def article(page: Tag, name: str) -> Tag:
    return next(it for it in page.all("article") if it.first("h2").text.startswith(name))


def section(page: Tag, name: str, title: str) -> Tag:
    return next(it for it in article(page, name).all("section") if it.first("h3").text == title)


def cells(table: Tag) -> list[list[str]]:
    return [[it.text for it in row.all("th", "td")] for row in table.first("tbody").all("tr")]


# What it says --------------------------------------------------------------------------------------------------------


def test_the_overview_has_the_broken_first(page: Tag) -> None:
    rows = cells(page.with_class("fleet")[0])
    assert [row[0].split()[0].partition("-")[0] for row in rows] == [
        *("logistics", "marketing", "telemetry", "finance", "acquisitions", "partner", "hr", "sales")
    ]
    finance = next(row for row in rows if row[0].startswith("finance"))
    assert finance[0] == "finance ≠ drift7 missing, 5 extra, 4 different"
    assert finance[1:4] == ["≠ 5Policy: 5 differences", "≠ 3Trust: 3 differences", "≠ 8Grants: 8 differences"]
    logistics = next(row for row in rows if row[0].startswith("logistics"))
    assert logistics[1] == "·Policy: not looked at"
    assert logistics[5] == "✕ 1Results: 1 check: fail"
    assert "does not work: bucket_region" in logistics[0]


def test_the_tiles_count_the_fleet(page: Tag) -> None:
    [tiles] = page.with_class("tiles")
    assert [it.text for it in tiles.all("li")] == ["3✕ failed", "2≠ drift", "1↻ changed", "2✓ in sync"]
    assert "8 connections" in page.first("header").text
    assert "2026-01-01 00:00 UTC" in page.first("header").text


def test_a_matrix_says_what_is_wanted_present_missing_and_extra(page: Tag) -> None:
    permissions = section(page, "finance", "Permissions")
    [athena] = [it for it in permissions.all("table") if it.first("caption").text == "athena: actions by resources"]
    columns = [it.text for it in athena.first("thead").all("th")]
    rows = {row[0]: dict(zip(columns, row, strict=True)) for row in cells(athena)}
    workgroup = rows["arn:aws:athena:us-east-1:123456789012:workgroup/primary"]
    assert workgroup["GetQueryResults"] == "\u2212missing"
    assert workgroup["DeleteWorkGroup"] == "+extra"
    assert workgroup["StartQueryExecution"] == "✓in place"
    assert workgroup["ListDatabases"] == ""
    assert "is not attached to the identity" in permissions.text


def test_who_may_assume_what_with_the_state(page: Tag) -> None:
    rows = cells(section(page, "finance", "Who may assume the role").first("table"))
    assert [(row[0].rpartition("/")[2], row[3], row[4]) for row in rows] == [
        ("an-old-dataplane", "+ extra", "QualyticsAthenaAssumeRole (of this collection)"),
        ("qualytics-dataplane", "✓ in place", "QualyticsAthenaAssumeRole (of this collection)"),
        ("Service:ec2.amazonaws.com", "○ left alone", "a statement without Sid"),
    ]


def test_the_lake_is_a_tree(page: Tag) -> None:
    [tree] = section(page, "finance", "Grants in Lake Formation").with_class("tree")
    names = [it.first("summary").text.split()[:2] for it in tree.all("details")]
    assert names == [
        ["catalog123456789012", "(of"],
        ["databasefinance", "\u2212"],
        ["tableinvoices", "\u2212"],
        ["tableledger", "\u2212"],
        ["tablepayments", "\u2212"],
        ["catalog210987654321", "\u2212"],
        ["databasemarket_data", "\u2212"],
    ]
    ledger = next(it for it in tree.all("details") if it.first("summary").text.startswith("tableledger"))
    assert [it.text for it in ledger.with_class("held")] == [
        "✓ in placeSELECT on columnsamountcurrencyid",
        "\u2212 missingSELECT on columnsbooked_at",
        "+ extraSELECT on columnsiban",
    ]


def test_every_drift_is_a_row_with_both_sides(page: Tag) -> None:
    rows = cells(section(page, "finance", "What differs").first("table"))
    fact = drifted_everywhere()
    assert len(rows) == len(fact["drift"]) == 16
    assert {(row[2], row[3]) for row in rows} == {
        (it["expected"] or "nothing", it["actual"] or "nothing") for it in fact["drift"]
    }


def test_checks_that_did_not_pass_come_with_their_remedy(page: Tag) -> None:
    bad, passed = section(page, "logistics", "Checks").all("table")
    rows = cells(bad)
    assert [row[0] for row in rows] == ["✕ fail"] * 3 + ["? unknown"] * 2 + ["! warning"]
    assert rows[0][3].startswith("Use a bucket in us-east-1")
    assert [it.attributes["href"] for it in bad.all("a")] == [
        f"https://docs.aws.amazon.com/athena/latest/ug/{name}"
        for name in ("troubleshooting-athena.html", "encryption.html", "security-iam-athena.html")
    ]
    assert len(cells(passed)) == 2


def test_discoveries_tables_and_excess_are_shown(page: Tag) -> None:
    discovered = section(page, "logistics", "Discovered").text
    assert "athena_access_source_locations" in discovered
    assert "is not within allowed_source_buckets" in discovered
    assert "s3:GetEncryptionConfiguration" in discovered
    assert [row[1] for row in cells(section(page, "logistics", "Tables").first("table"))] == [
        *("✕ no", "? unknown", "✓ in S3")
    ]
    assert "AmazonAthenaFullAccess" in section(page, "logistics", "More than asked for").text


def test_what_was_repaired_is_said_to_be(page: Tag) -> None:
    partner = article(page, "partner")
    assert "2 things were different, and were repaired" in partner.text
    assert "As it was before this run" in partner.text
    assert "2 repaired" in partner.first("summary").text


def test_what_was_repaired_before_a_run_failed_is_told_apart() -> None:
    page = read_page(report_html({**repaired(), "status": "failed", "error": "it failed"}))
    assert "2 things were different, and were repaired" in page.text
    assert "before this run, which failed on the way" in page.text
    differs = read_page(report_html({**drifted_everywhere(), "status": "failed", "error": "it failed"}))
    assert "16 things differ from what is wanted" in differs.text


def test_what_needs_nobody_is_folded(page: Tag) -> None:
    is_open = {
        it.first("h2").text.partition("-")[0]: "open" in it.first("details").attributes for it in page.all("article")
    }
    assert is_open == {
        **dict.fromkeys(["logistics", "marketing", "telemetry", "finance", "acquisitions"], True),
        **dict.fromkeys(["partner", "hr", "sales"], False),
    }


def test_the_same_facts_give_the_same_page() -> None:
    assert report_html(fleet()) == report_html(fleet()[::-1])


def test_a_fleet_of_one_and_of_none() -> None:
    assert "1 connection, the broken ones first" in read_page(report_html(in_sync())).first("header").text
    assert "There is no connection." in read_page(report_html([])).text


@pytest.mark.parametrize("observed", [None, {}, "no JSON", {"Statement": "no list"}, {"Statement": [3, None]}])
def test_an_observed_policy_may_be_anything(observed: t.Any) -> None:
    page = read_page(report_html({**repaired(), "observed_policy": observed}))
    assert "Permissions" in page.text


def test_a_huge_policy_stays_a_page_that_opens() -> None:
    statement = {
        "Effect": "Allow",
        "Action": [f"s3:Action{number}" for number in range(150)],
        "Resource": [f"arn:aws:s3:::bucket-{number}" for number in range(310)],
    }
    text = report_html({**in_sync(), "observed_policy": {"Statement": [statement]}})
    assert len(text) < 8_000_000
    page = read_page(text)
    assert "more rows in the JSON report" in page.text
    assert "57 more actions in the JSON report" in page.text


# Nothing becomes markup ----------------------------------------------------------------------------------------------


def assert_safe(text: str) -> Tag:
    """Whatever the names are: our elements and attributes only, links to pages and places only, and the one style."""
    page = read_page(text)
    for tag in page.all():
        assert tag.name in ELEMENTS, tag.name
        assert set(tag.attributes) <= ATTRIBUTES, tag.attributes
        href = tag.attributes.get("href", "#fleet")
        assert re.match(r"https://|#[a-z0-9-]+\Z", href), href
    [style] = page.all("style")
    assert style.content == [STYLE]
    assert not re.search("[\ud800-\udfff\u202a-\u202e\u2066-\u2069]|[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    text.encode("utf-8")
    return page


@given(fact=hostile_facts())
@examples(60)
def test_hostile_names_are_text(fact: dict[str, t.Any]) -> None:
    assert_safe(report_html([fact], fact["connection"]))


@given(fact=facts_of_any_shape())
@examples(100)
def test_there_is_a_report_whatever_a_fact_holds(fact: dict[str, t.Any]) -> None:
    assert_safe(report_html([fact]))
    ElementTree.fromstring(report_junit([fact]).encode())
    json.loads(report_json([fact]))


@pytest.mark.parametrize("name", MARKUP)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    page = assert_safe(report_html([{"connection": name, "status": "failed", "error": name}]))
    printable = re.sub(r"\s+", " ", name).strip()
    if printable.isprintable() and printable:
        assert page.first("article").first("h2").text == printable


def test_the_policy_of_the_page_lets_nothing_but_its_style_in() -> None:
    page = assert_safe(report_html(fleet()))
    [policy] = [it for it in page.all("meta") if it.attributes.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.attributes["content"].split("; "))
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # What the style would fetch; and an end tag in it would end it.
    assert not re.search(r"url\(|@import|</", STYLE)


# Everybody can read it -----------------------------------------------------------------------------------------------


def test_there_are_landmarks(page: Tag) -> None:
    body = page.first("body")
    assert [it.name for it in body.content if isinstance(it, Tag)] == ["a", "header", "main", "footer"]
    assert page.first("html").attributes["lang"] == "en"
    assert page.first("title").text
    skip = next(body.all("a"))
    targets = {it.attributes["id"] for it in page.all() if "id" in it.attributes}
    assert skip.attributes["href"].removeprefix("#") in targets


def test_headings_are_in_order(page: Tag) -> None:
    levels = [int(it.name[1]) for it in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(it.text for it in page.all("h1", "h2", "h3", "h4"))


def test_tables_have_captions_and_headers(page: Tag) -> None:
    tables = list(page.all("table"))
    assert len(tables) > 20
    for table in tables:
        assert isinstance(table.content[0], Tag)
        assert table.content[0].name == "caption"
        assert table.content[0].text
        assert all(it.attributes.get("scope") in ("col", "row", "colgroup") for it in table.all("th"))
        for row in table.first("tbody").all("tr"):
            kinds = [it.name for it in row.content if isinstance(it, Tag)]
            assert kinds[0] == "th"
            assert set(kinds[1:]) <= {"td"}


def test_what_scrolls_can_be_reached_and_has_a_name(page: Tag) -> None:
    regions = page.with_class("scroll")
    assert len(regions) > 20
    for region in regions:
        assert (region.attributes["tabindex"], region.attributes["role"]) == ("0", "region")
        assert region.attributes["aria-label"]


def test_ids_are_unique_and_references_lead_somewhere(page: Tag) -> None:
    ids = [it.attributes["id"] for it in page.all() if "id" in it.attributes]
    assert len(set(ids)) == len(ids)
    named = [it.attributes["aria-labelledby"] for it in page.all() if "aria-labelledby" in it.attributes]
    links = [it.attributes["href"][1:] for it in page.all("a") if it.attributes["href"].startswith("#")]
    assert len(links) == 9
    assert {*named, *links} <= set(ids)


def test_nothing_rests_on_colour_or_a_symbol_alone(page: Tag) -> None:
    for mark in [*page.with_class("mark"), *page.with_class("badge")]:
        hidden = "".join(it.text for it in mark.all("span") if it.attributes.get("aria-hidden"))
        assert hidden
        assert re.search("[a-z]", mark.text.removeprefix(hidden))


@pytest.mark.parametrize("table", [marks.STATES, marks.ANSWERS, marks.STATUSES])
def test_marks_differ_without_their_colour(table: dict[str, marks.Mark]) -> None:
    assert len({it.symbol for it in table.values()}) == len({it.word for it in table.values()}) == len(table)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_contrast_is_enough(scheme: str) -> None:
    colours = custom_properties(scheme)
    pairs = [(text, ground) for text in ("text", "quiet", "link") for ground in ("page", "card", "inset")]
    pairs += [(look, f"{look}-tint") for look in ("good", "bad", "odd", "new", "none")]
    pairs += [("head-text", "head"), ("head-quiet", "head")]
    # The custom properties are the only colours of texts, and all of them are in a pair.
    assert set(colours) - {"line"} == {name for pair in pairs for name in pair}
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []
    # The bar's parts are told apart from the card (https://www.w3.org/TR/WCAG22/#non-text-contrast).
    assert all(contrast(colours[look], colours["card"]) >= 3 for look in ("good", "bad", "odd", "new", "none"))


def test_both_schemes_have_the_same_colours_and_no_others_are_used() -> None:
    assert set(custom_properties(LIGHT)) == set(custom_properties(DARK))
    rules = STYLE.replace(LIGHT, "").replace(DARK, "")
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) == {"#ffffff"}
    assert "prefers-color-scheme: dark" in rules
    assert "@media print" in rules


def test_every_rule_is_for_something(page: Tag) -> None:
    used = {name for it in page.all() for name in it.attributes.get("class", "").split()}
    selectors = re.sub(r"\{[^{}]*\}|/\*.*?\*/", " ", STYLE.replace(LIGHT, "").replace(DARK, ""))
    assert set(re.findall(r"\.([a-z][a-z-]*)", selectors)) <= used


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
