# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style of the HTML report: light and dark, on screens from a phone up, and on paper.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

# Every pair of a text and what it is on has a contrast of 4.5 at least in both schemes; the tests compute it.
LIGHT: t.Final = """
  --page: #f4f5f7; --card: #ffffff; --inset: #f0f2f5; --text: #1b1f26; --quiet: #535c69; --line: #d4d9e0;
  --link: #1552b0; --head: #16294d; --head-text: #ffffff; --head-quiet: #c4d0e6;
  --good: #12633a; --good-tint: #dff3e6; --bad: #a01823; --bad-tint: #fbe3e4; --odd: #7a4a00; --odd-tint: #fcedce;
  --new: #174ea6; --new-tint: #e1ebfb; --none: #535c69; --none-tint: #eceef1;
"""
DARK: t.Final = """
  --page: #0f1319; --card: #181e27; --inset: #202733; --text: #e7eaf0; --quiet: #a5afbe; --line: #36404f;
  --link: #8db8ff; --head: #1a2740; --head-text: #f2f5fa; --head-quiet: #b4c3de;
  --good: #7ddca4; --good-tint: #123524; --bad: #ff9da2; --bad-tint: #471a20; --odd: #f5c56b; --odd-tint: #3d2c0a;
  --new: #9cc3ff; --new-tint: #16305a; --none: #a5afbe; --none-tint: #262e3a;
"""

STYLE: t.Final = (
    """
:root { color-scheme: light dark; """
    + LIGHT
    + """}
@media (prefers-color-scheme: dark) { :root { """
    + DARK
    + """} }
*, *::before, *::after { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 0.95rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
code, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: 0.86em; }
h1, h2, h3, h4, p, ul, dl, dd { margin: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; line-height: 1.3; }
h3 { font-size: 1.02rem; margin-bottom: 0.5rem; }
h4 { font-size: 0.92rem; font-weight: 600; display: inline; }
a { color: var(--link); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.4rem 0.8rem; z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.quiet { color: var(--quiet); }
.small { font-size: 0.84rem; }
header.top { background: var(--head); color: var(--head-text); padding: 1.4rem 0 3.4rem; }
header.top p { color: var(--head-quiet); margin-top: 0.2rem; }
header.top > div, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1rem; }
main { margin-top: -2.2rem; }
footer { padding-bottom: 2rem; }
.card, .connection { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  margin-bottom: 1rem; box-shadow: 0 1px 2px rgb(0 0 0 / 6%); }
.card { padding: 1rem 1.2rem; }

/* The fleet */
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 0.6rem; padding: 0;
  list-style: none; }
.tiles li { padding: 0.5rem 0.8rem; border-radius: 8px; border-left: 5px solid currentcolor; }
.tiles strong { display: block; font-size: 1.7rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
.bar { display: block; width: 100%; height: 10px; margin: 0.9rem 0 1.1rem; border-radius: 5px; }
.bar .good { fill: var(--good); } .bar .bad { fill: var(--bad); } .bar .odd { fill: var(--odd); }
.bar .new { fill: var(--new); } .bar .none { fill: var(--none); }
.good { color: var(--good); background: var(--good-tint); }
.bad { color: var(--bad); background: var(--bad-tint); }
.odd { color: var(--odd); background: var(--odd-tint); }
.new { color: var(--new); background: var(--new-tint); }
.none { color: var(--none); background: var(--none-tint); }
.badge { display: inline-block; padding: 0.05rem 0.55rem; border-radius: 999px; font-size: 0.84rem; font-weight: 600;
  white-space: nowrap; }
.chip { display: inline-block; padding: 0 0.45rem; margin: 0.1rem 0.25rem 0.1rem 0; border-radius: 4px;
  background: var(--inset); border: 1px solid var(--line); }

/* Tables */
.scroll { overflow-x: auto; max-width: 100%; position: relative; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); font-size: 0.84rem; padding-bottom: 0.4rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.6rem; border-top: 1px solid var(--line); }
thead th { font-size: 0.84rem; color: var(--quiet); border-top: 0; vertical-align: bottom; font-weight: 600; }
th[scope="row"] { font-weight: 600; }
.fleet td, .fleet thead th { text-align: center; padding-left: 0.35rem; padding-right: 0.35rem; }
.fleet thead tr:first-child th:first-child { text-align: left; }
.marks > summary { cursor: pointer; padding-top: 0.6rem; }
.marks h3 { margin: 0.8rem 0 0; }
.fleet th[scope="row"] { min-width: 16rem; max-width: 40rem; }
.fleet th[scope="row"] > div { display: flex; flex-wrap: wrap; gap: 0.2rem 0.6rem; align-items: baseline;
  justify-content: space-between; }
.fleet tbody tr:hover { background: var(--inset); }
.fleet th[scope="colgroup"] { border-bottom: 2px solid var(--line); }
.fleet th[scope="row"] p { font-weight: 400; }
.mark { display: inline-block; position: relative; min-width: 2.1rem; padding: 0.05rem 0.3rem; border-radius: 5px;
  text-align: center; font-weight: 600; white-space: nowrap; }
.begin { border-left: 2px solid var(--line); }

/* A connection */
.connection > details > summary { padding: 0.9rem 1.2rem; display: grid; gap: 0.2rem 0.8rem; align-items: center;
  grid-template-columns: auto minmax(0, 1fr) auto; cursor: pointer; list-style: none; border-radius: 10px; }
.connection > details > summary::-webkit-details-marker { display: none; }
.connection > details > summary::before, .part summary::before { content: "\\25B8"; color: var(--quiet);
  transition: transform 0.15s; display: inline-block; }
.connection > details[open] > summary::before, .part details[open] > summary::before { transform: rotate(90deg); }
.connection > details > summary > p { grid-column: 2 / -1; }
.inside { padding: 0 1.2rem 0.6rem; scroll-margin-top: 6rem; }
.part { border-top: 1px solid var(--line); padding: 0.9rem 0; }
.part > p { margin-bottom: 0.4rem; }
.part .scroll + .scroll { margin-top: 1rem; }
.part details { border: 1px solid var(--line); border-radius: 8px; margin: 0.4rem 0; }
.part summary { padding: 0.4rem 0.7rem; cursor: pointer; list-style: none; }
.part summary::-webkit-details-marker { display: none; }
.part summary::before { margin-right: 0.5rem; }
.part details > .scroll, .part details > ul, .part details > p { padding: 0.2rem 0.7rem 0.6rem; }
.summary-counts { margin-left: 0.5rem; }
.wide td { min-width: 9.5rem; }
.wide td:first-child, .wide th { min-width: 6rem; }
.note { border-left: 4px solid currentcolor; padding: 0.5rem 0.8rem; border-radius: 4px; }

/* Actions by resources */
.matrix { width: auto; }
.matrix th[scope="col"] { padding: 0.3rem 0.1rem; }
.matrix th[scope="col"] span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap;
  max-height: 16rem; overflow: hidden; }
.matrix thead th:first-child { padding: 0.4rem 0.6rem; }
.matrix th[scope="row"] { min-width: 13rem; max-width: 32rem; font-weight: 400; }
.matrix td { padding: 0.25rem 0.15rem; text-align: center; vertical-align: middle; }
.matrix tbody tr:hover { background: var(--inset); }
.matrix .mark { min-width: 1.75rem; padding: 0.05rem 0; }

/* The lake */
.tree, .tree ul { list-style: none; padding: 0; }
.tree ul { padding-left: 0.4rem; }
.part .tree details { margin: 0.3rem 0; }
.tree .held { padding: 0.15rem 0 0.15rem 0.2rem; display: flex; flex-wrap: wrap; gap: 0.1rem 0.5rem;
  align-items: baseline; }
.kind { color: var(--quiet); font-size: 0.84rem; margin-right: 0.3rem; }

.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; padding: 0.8rem 0 0; list-style: none; }

@media (max-width: 56rem) {
  .fleet thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .fleet, .fleet tbody, .fleet th[scope="row"], .fleet caption { display: block; }
  .fleet th[scope="row"] { grid-column: 1 / -1; border: 0; min-width: 0; max-width: none; padding: 0 0 0.3rem; }
  .fleet tbody tr { display: grid; grid-template-columns: repeat(9, minmax(0, 1fr)); gap: 0.25rem 0.6rem;
    padding: 0.8rem 0; border-top: 1px solid var(--line); }
  .fleet td { display: flex; flex-direction: column; align-items: center; border: 0; padding: 0; }
  .fleet td::before { content: attr(data-label); color: var(--quiet); font-size: 0.84rem; }
}
@media (max-width: 40rem) {
  .fleet tbody tr { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .fleet td { flex-direction: row; justify-content: space-between; }
  .card, .connection > details > summary { padding-left: 0.8rem; padding-right: 0.8rem; }
  .inside { padding-left: 0.8rem; padding-right: 0.8rem; }
  .connection > details > summary { grid-template-columns: auto minmax(0, 1fr); }
  .connection > details > summary > .badge { grid-column: 2; justify-self: start; }
  .wide thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .wide td::before { content: attr(data-label); color: var(--quiet); font-size: 0.84rem; display: inline-block;
    min-width: 4.2rem; margin-right: 0.4rem; }
  .matrix th[scope="row"] { min-width: 10rem; max-width: 12rem; }
  .wide tr { display: block; border-top: 1px solid var(--line); padding: 0.5rem 0; }
  .wide td, .wide th { display: block; border: 0; padding: 0.1rem 0; min-width: 0; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important; } }
@media print {
  @page { margin: 14mm; }
  :root { """
    + LIGHT
    + """ color-scheme: light; }
  html { font-size: 11px; }
  body { background: #ffffff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; box-shadow: none !important; }
  header.top { padding: 1rem 1rem 3rem; }
  .skip { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary::before { content: "" !important; margin: 0 !important; }
  summary { list-style: none; }
  .scroll { overflow: visible; }
  tr, .held, summary { break-inside: avoid; }
  h2, h3, h4, summary, caption { break-after: avoid; }
  .matrix th[scope="row"] { min-width: 8rem; max-width: 18rem; }
  .matrix .mark { min-width: 1.2rem; }
  .mark { min-width: 1.4rem; }
  a { color: inherit; }
}
"""
)
