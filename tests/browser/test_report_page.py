# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a browser: three widths, both colour schemes, paper and keyboard. `make browser` runs it.

The screenshots are left in .cache/browser, to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._report_html import report_html
from ansible_collections.qualytics.athena.tests.unit.helpers.report_drawn import MARKUP
from ansible_collections.qualytics.athena.tests.unit.helpers.report_fleet import drifted_everywhere, fleet

from .chromium import Chromium, find_chromium

PICTURES = Path(__file__).resolve().parents[2] / ".cache" / "browser"
WIDTHS = {"phone": 390, "tablet": 820, "desktop": 1440}
TAB, ENTER = ("Tab", 9), ("Enter", 13)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    browser = Chromium(program, tmp_path_factory.mktemp("chromium") / "profile")
    PICTURES.mkdir(parents=True, exist_ok=True)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_html(fleet()), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def no_complaint(browser: Chromium) -> Iterator[None]:
    """Whatever the page does, the console stays empty and nothing is asked of anywhere."""
    browser.messages.clear()
    yield
    assert browser.messages == []


def overflow(browser: Chromium) -> int:
    """By how many pixels the page is wider than the window."""
    return int(browser.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def colour(browser: Chromium, selector: str, of: str = "backgroundColor") -> str:
    return str(browser.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{of}"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", WIDTHS)
def test_the_page_fits_every_window(browser: Chromium, page: Path, device: str, scheme: str) -> None:
    browser.open(page, WIDTHS[device], scheme)
    assert overflow(browser) == 0
    unfold = "document.querySelectorAll('details').forEach(it => it.open = true)"
    browser.screenshot(PICTURES / f"{device}-{scheme}.png")
    browser.evaluate(unfold)
    assert overflow(browser) == 0
    # What is cut off can be scrolled to.
    cut = """[...document.querySelectorAll('main *')].filter(it => !it.closest('.scroll, .unseen, .skip, svg')
        && it.getBoundingClientRect().right > window.innerWidth + 1).map(it => it.outerHTML.slice(0, 200))"""
    assert browser.evaluate(cut) == []


def test_the_style_is_let_in_and_both_schemes_differ(browser: Chromium, page: Path) -> None:
    seen = []
    for scheme in ("light", "dark"):
        browser.open(page, 820, scheme)
        seen.append((colour(browser, "body"), colour(browser, ".card"), colour(browser, "body", "color")))
    assert seen[0] == ("rgb(244, 245, 247)", "rgb(255, 255, 255)", "rgb(27, 31, 38)")
    assert all(light != dark for light, dark in zip(*seen, strict=True))


@pytest.mark.parametrize("device", WIDTHS)
def test_hostile_names_run_nothing_and_break_nothing(browser: Chromium, tmp_path: Path, device: str) -> None:
    fact = drifted_everywhere()
    named = [{**fact, "connection": name, "error": name, "warnings": list(MARKUP)} for name in MARKUP]
    path = tmp_path / "hostile.html"
    path.write_text(report_html(named), encoding="utf-8")
    browser.open(path, WIDTHS[device], "light")
    assert overflow(browser) == 0
    assert browser.evaluate("document.querySelectorAll('script, img, iframe, [onerror], [onmouseover]').length") == 0
    assert browser.evaluate("document.querySelectorAll('article').length") == len(MARKUP)


def test_the_page_forbids_what_might_slip_in(browser: Chromium, page: Path, tmp_path: Path) -> None:
    """Were something not escaped after all, the page's own policy would stop it."""
    path = tmp_path / "altered.html"
    slipped = (
        "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\"><b style='color:red'>"
    )
    path.write_text(page.read_text(encoding="utf-8").replace("<main>", f"<main>{slipped}</b>"), encoding="utf-8")
    browser.open(path, 820, "light")
    assert browser.evaluate("document.title") == "Athena connections"
    refused = [message for message in browser.messages if "Content Security Policy" in message]
    assert len(refused) >= 3
    browser.messages.clear()


def test_the_keyboard_reaches_and_unfolds_everything(browser: Chromium, page: Path) -> None:
    browser.open(page, 1440, "light")
    browser.press(*TAB)
    assert browser.evaluate("document.activeElement.textContent") == "Skip to the connections"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    reached = set()
    for _step in range(200):
        browser.press(*TAB)
        name = browser.evaluate(
            "document.activeElement === document.body ? '' : "
            "document.activeElement.tagName + ' ' + document.activeElement.textContent.slice(0, 40)"
        )
        if name.startswith("SUMMARY sales"):
            break
        reached.add(name.split(" ")[0])
    assert reached >= {"A", "DIV", "SUMMARY"}
    assert name.startswith("SUMMARY sales")
    browser.press(*ENTER)
    assert browser.evaluate("document.activeElement.parentElement.open")


def test_a_link_of_the_overview_unfolds_its_connection(browser: Chromium, page: Path) -> None:
    browser.open(page, 1440, "light")
    browser.evaluate("[...document.querySelectorAll('.fleet a')].at(-1).focus()")
    browser.press(*ENTER)
    [name, is_open] = browser.evaluate(
        "(it => [it.querySelector('h2').textContent, it.querySelector('details').open])"
        "(document.querySelector(location.hash).closest('article'))"
    )
    assert (name, is_open) == ("sales", True)


def test_on_paper_everything_is_unfolded_and_light(browser: Chromium, page: Path) -> None:
    browser.open(page, 760, "dark")
    browser.print(PICTURES / "report.pdf")
    assert (PICTURES / "report.pdf").read_bytes().startswith(b"%PDF-")
    browser.call(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    assert colour(browser, "body") == "rgb(255, 255, 255)"
    assert colour(browser, "body", "color") == "rgb(27, 31, 38)"
    hidden = "[...document.querySelectorAll('details td')].filter(it => !it.checkVisibility()).length"
    assert browser.evaluate(hidden) == 0
    browser.screenshot(PICTURES / "paper.png")
    browser.call("Emulation.setEmulatedMedia", media="")
