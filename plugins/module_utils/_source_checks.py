# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on each table: whether its files can be read, through Lake Formation or through S3, and if not why.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _discovery,
    _guides,
    _report,
    _tables,
    _words,
)

Readable = t.Literal["lake_formation", "s3", "no", "unknown", "not_judged"]

_S3_PERMISSIONS: t.Final = f"{_guides.ATHENA}s3-permissions.html"
# So many reasons why tables cannot be read are told; the result has all.
_REASONS: t.Final = 3


@dataclasses.dataclass(frozen=True)
class Answer:
    """Whether the identity can read from a place. reason: why not, or why that is not known; empty where it can."""

    answer: t.Literal["yes", "no", "unknown"] = "yes"
    reason: str = ""
    remedy: str = ""


# Says whether the identity may read the files below an S3 location, s3://bucket/prefix/.
ReadsFiles = Callable[[str], Answer]


@dataclasses.dataclass(frozen=True)
class TableVerdict:
    """hindered_by: who does not let the identity read; empty where it can, or where it is not known."""

    table: _tables.Table
    readable: Readable
    why: str
    hindered_by: t.Literal["", "lake_formation", "files"] = ""
    remedy: str = ""

    @property
    def row(self) -> dict[str, t.Any]:
        return {
            "database": self.table.database,
            "table": self.table.name,
            "readable": self.readable,
            "why": self.why,
            "locations": [*self.table.locations, *self.table.others],
        }


def vended(uri: str, table: _tables.Table, access: _tables.TableAccess, discovered: _discovery.Discovered) -> bool:
    """Whether Lake Formation hands out the files there, which in hybrid access mode it does to whom it governs."""
    way = _discovery.way_to(uri, table, discovered.registrations)
    return way == "lake_formation" or (way == "both" and access.governed_by == "lake_formation")


def read_by_itself(
    tables: Iterable[_tables.Table],
    access: Mapping[_tables.Table, _tables.TableAccess],
    discovered: _discovery.Discovered,
) -> list[str]:
    """The locations that the identity has to read with its own permissions on S3."""
    return sorted(
        {uri for it in tables for uri in it.locations if it in access and not vended(uri, it, access[it], discovered)}
    )


def verdict_on(
    table: _tables.Table,
    access: _tables.TableAccess,
    discovered: _discovery.Discovered,
    reads: ReadsFiles,
    gets_data_access: Answer,
    lake_formation_reads: ReadsFiles = lambda _uri: Answer(),
) -> TableVerdict:
    """gets_data_access: whether the identity may ask Lake Formation for files (lakeformation:GetDataAccess).

    lake_formation_reads: whether Lake Formation can read them itself, with the role of the registration.
    """
    if table.kind == "view":
        return TableVerdict(table, "not_judged", "a view: the tables that it reads have to be readable")
    if table.kind == "link":
        return TableVerdict(table, "not_judged", f"a resource link to {'.'.join(table.target)}, which is not followed")
    if access.governed_by == "lake_formation" and not access.may_select and not access.unknown:
        hidden = "" if access.may_describe else ", which hides it from the identity"
        return TableVerdict(
            table,
            "no",
            f"SELECT is not granted in Lake Formation{hidden}",
            "lake_formation",
            "Grant it (lake_formation_grants), or leave the table to IAM_ALLOWED_PRINCIPALS",
        )

    def handed_out(uri: str) -> Answer:
        return min((gets_data_access, lake_formation_reads(uri)), key=_openness)

    judged = [_can_read(uri, table, access, discovered, reads, handed_out) for uri in table.locations]
    refused = [it for it in judged if it.answer == "no"]
    if refused:
        return TableVerdict(table, "no", refused[0].reason, "files", refused[0].remedy)
    if table.others:
        return TableVerdict(table, "unknown", f"{table.others[0]} is not a location in S3 that could be looked at")
    if access.unknown:
        return TableVerdict(table, "unknown", f"what Lake Formation grants is not known: {access.unknown}")
    unsure = [it for it in judged if it.answer == "unknown"]
    if unsure:
        return TableVerdict(table, "unknown", unsure[0].reason)
    return _readable(table, access, [vended(uri, table, access, discovered) for uri in table.locations])


def _can_read(
    uri: str,
    table: _tables.Table,
    access: _tables.TableAccess,
    discovered: _discovery.Discovered,
    reads: ReadsFiles,
    handed_out: ReadsFiles,
) -> Answer:
    """Whether the identity gets the files there, one way or the other."""
    way = _discovery.way_to(uri, table, discovered.registrations)
    absent = _in_absent_bucket(uri, discovered)
    if absent:
        return absent
    if way == "both" and access.unknown:
        # Which of the two ways is the identity's is not known: it cannot read for sure only where neither is open.
        return max((handed_out(uri), reads(uri)), key=_openness)
    if vended(uri, table, access, discovered):
        return handed_out(uri)
    answer = reads(uri)
    # Of its own location alone the table says whether it is registered.
    is_unsure = isinstance(discovered.registrations, _report.Denied) and uri != table.locations[0]
    if answer.answer == "no" and is_unsure:
        reason = f"{answer.reason}; whether {uri} is registered with Lake Formation is not known"
        return Answer("unknown", reason)
    return answer


def _openness(answer: Answer) -> int:
    return ("no", "unknown", "yes").index(answer.answer)


def _in_absent_bucket(uri: str, discovered: _discovery.Discovered) -> Answer | None:
    """Whoever may read, there is nothing."""
    absent = _discovery.Absent("bucket", _tables.s3_location(uri).bucket)
    if absent not in discovered.absent:
        return None
    return Answer("no", f"{absent} does not exist", "Create it, or correct the location of the tables")


def _readable(table: _tables.Table, access: _tables.TableAccess, are_vended: Sequence[bool]) -> TableVerdict:
    if not are_vended:
        return TableVerdict(table, "not_judged", "Glue names no location")
    if all(are_vended):
        return TableVerdict(table, "lake_formation", "granted in Lake Formation, which hands out its files")
    granted = " and is granted it in Lake Formation" if access.governed_by == "lake_formation" else ""
    return TableVerdict(table, "s3", f"the identity may read its files in S3{granted}")


def source_data(verdicts: Sequence[TableVerdict], discovered: _discovery.Discovered, are_chosen: bool) -> _report.Check:
    """Whether the files of the tables can be read; what Lake Formation grants has a check of its own.

    are_chosen: whether the user named the databases. Nobody means to read all that a catalog has.
    """
    name = "source_data"
    kept_out: _report.CheckStatus = "fail" if are_chosen else "warn"
    # That a bucket does not exist is told with the tables that have files there.
    absent = [str(it) for it in discovered.absent if it.kind == "database"] if are_chosen else []
    if absent:
        detail = f"{_words.some(absent)} {'does' if len(absent) == 1 else 'do'} not exist"
        return _report.Check(name, "fail", detail, "Create it, or correct the name", _S3_PERMISSIONS)
    hindered = [it for it in verdicts if it.hindered_by == "files"]
    if hindered:
        remedies = dict.fromkeys(it.remedy for it in hindered if it.remedy)
        return _report.Check(name, kept_out, _by_reason(hindered), "; ".join([*remedies][:_REASONS]), _S3_PERMISSIONS)
    if discovered.unknown:
        return _report.Check(
            name,
            "unknown",
            f"not allowed to look at {_words.some([it.what for it in discovered.unknown])}",
            "; ".join(dict.fromkeys(_lacking(it.permission) for it in discovered.unknown)),
            _S3_PERMISSIONS,
        )
    unknown = [it for it in verdicts if it.readable == "unknown"]
    if unknown:
        return _report.Check(
            name,
            "unknown",
            _by_reason(unknown, "whether {} can be read is not known: "),
            "See it with live, or grant what is missing to the identity that runs this task",
            _S3_PERMISSIONS,
        )
    return _report.Check(name, "pass", _counted(verdicts), reference=_S3_PERMISSIONS)


def _lacking(permission: str) -> str:
    if permission.startswith("none: "):
        return f"Nothing looks there; {permission.removeprefix('none: ')}"
    if permission.startswith("data lake administrator"):
        return f"Make the identity that runs this task a {permission}"
    return _words.grant_to_caller(permission)


def _by_reason(verdicts: Sequence[TableVerdict], words: str = "the files of {} cannot be read: ") -> str:
    """The tables once for each reason, of which the first few are told."""
    tables: dict[str, list[str]] = collections.defaultdict(list)
    for it in verdicts:
        tables[it.why].append(it.table.words)
    reasons = [f"{words.format(_words.some(names))}{why}" for why, names in tables.items()]
    more = len(reasons) - _REASONS
    return "; ".join(reasons[:_REASONS]) + (f"; and {more} more reason{'' if more == 1 else 's'}" if more > 0 else "")


def _counted(verdicts: Sequence[TableVerdict]) -> str:
    count = collections.Counter[str](it.readable for it in verdicts)
    ways = {"lake_formation": "Lake Formation", "s3": "S3"}
    through = [f"{count[way]} through {label}" for way, label in ways.items() if count[way]]
    if not through:
        return "there is no table whose files would have to be read"
    return f"the files of the tables can be read: {' and '.join(through)}"
