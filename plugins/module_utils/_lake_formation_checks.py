# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of what Lake Formation lets an identity see and read.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants,
    _grants_findings,
    _grants_resources,
    _grants_words,
    _guides,
    _lake_formation_access,
    _location,
    _report,
    _tables,
    _words,
)

_ATHENA_LIMITS: t.Final = f"{_guides.ATHENA}lf-athena-limitations.html"
_METADATA: t.Final = f"{_guides.LAKE_FORMATION}metadata-permissions.html"
_TABLES: t.Final = f"{_guides.LAKE_FORMATION}granting-table-permissions.html"
_FILTERS: t.Final = f"{_guides.LAKE_FORMATION}data-filtering-notes.html"

_GRANTS: t.Final = "athena_access_lake_formation_grants (grants of lf_grant)"


def lake_formation_checks(
    facts: _lake_formation_access.LakeFormationFacts,
    tables: Sequence[_tables.Table],
    databases: Sequence[str],
    results: _location.S3Location | None,
    wanted_grants: _grants.Atoms | None = None,
) -> list[_report.Check]:
    """One check for each question, in the order in which a query meets them.

    results: where Athena writes its results. wanted_grants: what the identity is to hold; None where nobody said.
    """
    accesses = {it: _lake_formation_access.table_access(facts, it) for it in tables}
    return [
        _results_not_registered(facts, results),
        _default(facts),
        _databases(facts, databases),
        _grants_of(facts, accesses) if wanted_grants is None else _wanted(facts, wanted_grants, accesses),
        _filters(accesses),
    ]


def _unknown(name: str, what: str, reasons: Iterable[str], reference: str) -> _report.Check:
    """The answer where something may not be looked at, or could not be told."""
    found = list(dict.fromkeys(reasons))
    remedies = dict.fromkeys(map(_lake_formation_access.lacking, found))
    return _report.Check(name, "unknown", f"{what}: {_words.some(found)}", "; ".join(remedies), reference)


# Where results are written ---------------------------------------------------------------------------------------


def _results_not_registered(
    facts: _lake_formation_access.LakeFormationFacts, results: _location.S3Location | None
) -> _report.Check:
    name = "results_not_registered"
    if results is None:
        return _report.Check(name, "pass", "No results location is given", reference=_ATHENA_LIMITS)
    if isinstance(facts.registrations, _report.Denied):
        what = f"Whether {results.uri} lies in a location that is registered with Lake Formation may not be looked at"
        return _unknown(name, what, [facts.registrations.permission], _ATHENA_LIMITS)
    registration = facts.registrations.around(results.uri)
    if registration is None:
        return _report.Check(
            name, "pass", f"{results.uri} is not registered with Lake Formation", reference=_ATHENA_LIMITS
        )
    arn = registration["ResourceArn"]
    return _report.Check(
        name,
        "fail",
        f"{results.uri} lies in {arn}, which is registered with Lake Formation: Athena cannot write results there",
        f"Choose an output_location outside {arn}, or deregister that location",
        _ATHENA_LIMITS,
    )


# Databases -------------------------------------------------------------------------------------------------------


def _default(facts: _lake_formation_access.LakeFormationFacts) -> _report.Check:
    """Athena looks at this database, whatever is queried."""
    name = "lake_formation_default"
    access = _lake_formation_access.database_access(facts, "default")
    if access.unknown:
        what = "Whether the identity may describe the database default, which Athena looks at, could not be told"
        return _unknown(name, what, [access.unknown], _ATHENA_LIMITS)
    if not access.exists:
        return _report.Check(name, "pass", "There is no database default", reference=_ATHENA_LIMITS)
    if access.may_describe:
        return _report.Check(name, "pass", f"The database default {_why_described(access)}", reference=_ATHENA_LIMITS)
    return _report.Check(
        name,
        "fail",
        f"{facts.principal} lacks DESCRIBE on the database default, which exists: Athena refuses every query with "
        '"Required Describe on default"',
        f"Add {_entries(['database: default'])} to {_GRANTS}",
        _ATHENA_LIMITS,
    )


def _why_described(access: _lake_formation_access.DatabaseAccess) -> str:
    by_iam = "is left to IAM by Lake Formation (IAM_ALLOWED_PRINCIPALS)"
    return by_iam if access.governed_by == "iam" else "may be described by the identity"


def _databases(facts: _lake_formation_access.LakeFormationFacts, names: Sequence[str]) -> _report.Check:
    name = "lake_formation_databases"
    # What does not exist is for others to tell.
    accesses = {it: access for it in names if (access := _lake_formation_access.database_access(facts, it)).exists}
    missing = sorted(it for it, access in accesses.items() if not access.may_describe and not access.unknown)
    unknown = sorted(it for it, access in accesses.items() if access.unknown)
    if missing:
        return _report.Check(
            name,
            "fail",
            f"{facts.principal} lacks DESCRIBE on {_count(missing, 'database')}: hidden from all lists, without an "
            f'error, while queries by name end with "Required Describe on {missing[0]}"',
            f"Add {_entries(f'database: {it}' for it in missing)} to {_GRANTS}",
            _METADATA,
        )
    if unknown:
        what = f"Whether the identity may describe {_count(unknown, 'database')} could not be told"
        return _unknown(name, what, [accesses[it].unknown for it in unknown], _METADATA)
    if not any(access.governed_by == "lake_formation" for access in accesses.values()):
        return _report.Check(name, "pass", "Lake Formation leaves the chosen databases to IAM", reference=_METADATA)
    return _report.Check(name, "pass", "The identity may describe the chosen databases", reference=_METADATA)


def _count(names: Sequence[str], what: str) -> str:
    return f"the {what} {names[0]}" if len(names) == 1 else f"{len(names)} {what}s ({_words.some(names)})"


# Grants ----------------------------------------------------------------------------------------------------------


def _grants_of(
    facts: _lake_formation_access.LakeFormationFacts, accesses: Mapping[_tables.Table, _tables.TableAccess]
) -> _report.Check:
    """Whether something may be read of each database: a table that may not be read is hidden, without an error."""
    name = "lake_formation_grants"
    governed = {it: access for it, access in accesses.items() if access.governed_by == "lake_formation"}
    unknown = {it: access for it, access in accesses.items() if access.unknown}
    refused = {it for it, access in governed.items() if not access.may_select and it not in unknown}
    if not governed and not unknown:
        detail = "Lake Formation leaves the tables to IAM and S3 (IAM_ALLOWED_PRINCIPALS)"
        return _report.Check(
            name, "pass", detail if accesses else "There are no tables to be granted", reference=_TABLES
        )
    readable = {it.database for it in governed if it not in refused}
    closed = sorted({it.database for it in refused if it.database not in readable})
    if closed:
        detail = f"{facts.principal} may read none of the tables that Lake Formation governs in "
        entries = _entries(f'database: {it}, tables: "*"' for it in closed)
        return _report.Check(name, "fail", detail + _count(closed, "database"), f"Add {entries} to {_GRANTS}", _TABLES)
    if refused:
        detail = f"{facts.principal} has no SELECT on {_table_names(refused)}: hidden without an error, or not readable"
        entries = _entries(f"database: {it.database}, tables: {it.name}" for it in sorted(refused))
        remedy = f"Where they are to be read, add {entries} to {_GRANTS}"
        return _with_unknown(_report.Check(name, "warn", detail, remedy, _TABLES), unknown)
    if unknown:
        what = f"Whether the identity may read {_table_names(unknown)} could not be told"
        return _unknown(name, what, [access.unknown for access in unknown.values()], _TABLES)
    return _report.Check(name, "pass", f"The identity may read {len(governed)} tables by its grants", reference=_TABLES)


def _with_unknown(check: _report.Check, unknown: Mapping[_tables.Table, _tables.TableAccess]) -> _report.Check:
    if not unknown:
        return check
    return dataclasses.replace(check, detail=f"{check.detail}; of {_table_names(unknown)} it could not be told")


def _entries(entries: Iterable[str]) -> str:
    return _words.some([f"{{{entry}}}" for entry in entries], 5)


def _table_names(tables: Iterable[_tables.Table]) -> str:
    return _count(sorted(it.words for it in tables), "table")


def _wanted(
    facts: _lake_formation_access.LakeFormationFacts,
    wanted: _grants.Atoms,
    accesses: Mapping[_tables.Table, _tables.TableAccess],
) -> _report.Check:
    """Whether the identity holds each permission that it is to hold, or one that includes it."""
    name = "lake_formation_grants"
    if facts.denied:
        return _unknown(name, "The grants may not be looked at", [facts.denied.permission], _TABLES)
    need = _Need(facts, accesses)
    not_held = {atom for atom in wanted if not _is_held(atom, facts)}
    missing = {atom for atom in not_held if need.covers(atom)}
    doubts = {
        doubt
        for atom in not_held
        if (doubt := _lake_formation_access.who_governs_unknown(facts, _grants_findings.table_of(atom.resource.base)))
    }
    if not missing and doubts:
        return _unknown(name, "Whether the wanted grants are needed could not be told", sorted(doubts), _TABLES)
    if not missing:
        return _report.Check(name, "pass", _held_words(wanted), reference=_TABLES)
    lines = _grants_words.grant_lines(missing, facts.account_id)
    words = _words.some(lines, between="; ")
    if facts.blindness:
        return _unknown(name, f"Not seen to be held: {words}", [facts.blindness], _TABLES)
    return _report.Check(
        name,
        "fail",
        f"{facts.principal} lacks {words}",
        f"Apply {_GRANTS}; as a data lake administrator, or as somebody who holds these with grant option",
        _TABLES,
    )


def _held_words(wanted: _grants.Atoms) -> str:
    return "The identity holds the wanted grants" if wanted else "No grants are wanted"


class _Need:
    """Where grants are needed: neither on what does not exist, which is for others to tell, nor where IAM decides."""

    def __init__(
        self, facts: _lake_formation_access.LakeFormationFacts, accesses: Mapping[_tables.Table, _tables.TableAccess]
    ) -> None:
        self._facts = facts
        self._chosen = {(it.catalog_id, it.database) for it in accesses}
        governed = [it for it, access in accesses.items() if access.governed_by == "lake_formation"]
        self._governed = {(it.catalog_id, it.database) for it in governed}

    def covers(self, atom: _grants.Atom) -> bool:
        place = _grants_findings.table_of(atom.resource.base)
        if place.database is None:
            # For instance a policy of LF-tags, which may be meant for any of the tables.
            return bool(self._governed) or not self._chosen
        around = _grants_resources.database(*place.database)
        if not self._facts.blindness and not self._facts.unseen.isdisjoint({place, around}):
            return False
        if place.kind == "all_tables":
            return place.database in self._governed or (
                place.database not in self._chosen and _lake_formation_access.governs(self._facts, around)
            )
        return _lake_formation_access.governs(self._facts, place)


def _is_held(atom: _grants.Atom, facts: _lake_formation_access.LakeFormationFacts) -> bool:
    """Whether this permission, or a wider one, is held; DESCRIBE is implied by any other.

    https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
    """
    place = _grants_findings.table_of(atom.resource.base)
    places = _lake_formation_access.with_all_tables(place)
    held = frozenset[_grants.Atom]().union(*(facts.own.get(it, frozenset()) for it in places))
    if _grants.is_covered(atom, held):
        return True
    if facts.is_administrator and atom.permission == "DESCRIBE" and place.database:
        return True
    permissions = (atom.permission, "ALL")
    wider = (dataclasses.replace(atom, resource=it, permission=one) for it in places for one in permissions)
    if place.kind != "database" and any(it in held for it in wider):
        return True
    if dataclasses.replace(atom, permission="ALL") in held:
        return True
    if atom.permission != "DESCRIBE" or atom.grantable or place.database is None:
        return False
    return any(not it.grantable and it.condition == atom.condition for it in held)


# Filters ---------------------------------------------------------------------------------------------------------


def _filters(accesses: Mapping[_tables.Table, _tables.TableAccess]) -> _report.Check:
    """What is hidden is no error: profiles and checks take the rest for the whole."""
    name = "lake_formation_filters"
    limited = {it: access for it, access in accesses.items() if access.hidden_columns or access.row_filters}
    if not limited:
        return _report.Check(name, "pass", "No columns or rows are held back from the identity", reference=_FILTERS)
    words = [_limits(it, access) for it, access in sorted(limited.items())]
    return _report.Check(
        name,
        "warn",
        f"Lake Formation holds back a part of {_table_names(limited)}: {_words.some(words, between='; ')}"
        "; profiles and checks see the granted part only, and count, compare and score it as if it were the whole",
        "Where that is not meant, grant SELECT on the whole tables: entries without columns, excluded_columns and "
        f"data_cells_filter in {_GRANTS}",
        _FILTERS,
    )


def _limits(of: _tables.Table, access: _tables.TableAccess) -> str:
    parts = []
    if access.hidden_columns:
        parts.append(f"columns {_words.some(access.hidden_columns)}")
    if access.row_filters:
        parts.append(f"rows by the data cells filters {_words.some(access.row_filters)}")
    return f"{of.words} ({', and '.join(parts)})"
