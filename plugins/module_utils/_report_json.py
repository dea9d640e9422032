# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for programs: versioned JSON, after the schema in C(docs/docsite/report.schema.json).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import _report_facts

# Another number for what would break a reader; what is added does not.
SCHEMA_VERSION: t.Final = 1


def report_json(facts: t.Any, generated: str | None = None) -> str:
    """The report on the facts, or NotAResult. generated: when it was made, in whatever form the caller likes."""
    connections = _report_facts.read_connections(facts)
    report = {
        "schema_version": SCHEMA_VERSION,
        "generated": None if generated is None else str(generated),
        "summary": {
            "connections": len(connections),
            "statuses": _report_facts.count_statuses(connections),
            "counts": _totals(connections),
        },
        "connections": [{**it.fact, "counts": it.counts} for it in connections],
    }
    # Names may hold what no UTF-8 can, which is only safe as an escape.
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"


def _totals(connections: list[_report_facts.Connection]) -> dict[str, int]:
    names = _report_facts.Connection({"drift": [], "checks": []}).counts
    return {name: sum(connection.counts[name] for connection in connections) for name in names}
