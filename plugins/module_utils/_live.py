# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live step in plain data: what is wanted of it, and what AWS answered.

The step runs one query for SELECT 1, one for each database that is read, and one that is stopped at once.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _location,
    _report,
)

# How long a query may take. Those of this step take a second or two, unless the account's queue is full.
QUERY_SECONDS: t.Final = 60
# How many databases are read where none are chosen, and how many queries are under way at a time: well below the least
# quota of active queries (https://docs.aws.amazon.com/athena/latest/ug/service-limits.html).
DATABASES_FOUND: t.Final = 5
QUERIES_AT_ONCE: t.Final = 5
# The shortest session there is, and a name by which CloudTrail tells it from those of the client
# (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
SESSION_SECONDS: t.Final = 900
SESSION_NAME: t.Final = "qualytics-athena-access-check"

ENDED: t.Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_VIEW: t.Final = "VIRTUAL_VIEW"
SELECT_1: t.Final = "SELECT 1"

_ACCESS_KEY_ID = re.compile(r"\bA(?:KIA|SIA)[A-Z0-9]{12,}\b")
# What AWS Signature Version 4 was wrong about contains the headers of the request, of which the session token is one.
_AFTER_THE_WORDS = re.compile(r"\n\s*\n|The Canonical String")


@dataclasses.dataclass(frozen=True)
class LiveWanted:
    """The connection as its client would use it.

    location: the form's S3 Output Location. effective: where results go, if the workgroup says otherwise and that is
    known. databases: those chosen; of those found, DATABASES_FOUND where none are. tables: for a database the table to
    read, None where none is known. keys: (use, ARN, actions) of the KMS keys to try.
    """

    identity: _identity.IdentityArn
    external_id: str | None
    workgroup: str
    location: _location.S3Location
    effective: str | None
    data_catalog: str
    databases: tuple[str, ...]
    tables: Mapping[str, str | None]
    keys: tuple[tuple[str, str, tuple[str, ...]], ...]
    region: str
    partition: str
    result_streaming: bool = False

    @property
    def scope(self) -> _location.Scope:
        return _location.Scope(self.partition, self.identity.account_id, self.region)


@dataclasses.dataclass(frozen=True)
class LiveResult:
    """checks: in the order of the steps. queries: all that were submitted.

    objects: the s3:// URIs of what these leave in S3, which nobody deletes: the identity may not. Of a query that did
    not succeed they are where it would have written, and perhaps did in part.
    """

    checks: list[_report.Check]
    queries: list[dict[str, t.Any]]
    objects: list[str]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """In the place of an answer: AWS's own words, in one line and without secrets.

    code: empty where no answer came, and for a query that failed. permission: the IAM action that was denied. remedy:
    what to do where AWS has not said no, as it, or the way to it, failed in every try.
    """

    words: str
    code: str = ""
    permission: str = ""
    remedy: str = ""

    @property
    def is_denial(self) -> bool:
        return bool(self.permission)


@dataclasses.dataclass(frozen=True)
class Query:
    """A query that was submitted. state: Athena's, or C(UNKNOWN) where the identity may not look at it.

    location: of its result. why: what Athena says of a state that was not hoped for.
    """

    id: str
    sql: str
    state: str = "UNKNOWN"
    location: str = ""
    why: str = ""


@dataclasses.dataclass(frozen=True)
class DatabaseSeen:
    """What the identity sees of a database. listed: its first tables, in the API's own shape.

    table: the one that was looked at. look: None where it was seen, or where there was none to look at.
    """

    name: str
    listed: Sequence[Mapping[str, t.Any]] | Refusal = ()
    table: str | None = None
    look: Refusal | None = None


@dataclasses.dataclass(frozen=True)
class TableRead:
    """The query that reads a row of a table, or why it was not submitted."""

    database: str
    table: str
    query: Query | Refusal


@dataclasses.dataclass(frozen=True)
class KeyTrial:
    """One action on one key. answer: None where it is allowed, "not tried" where the SDK knows no way to ask."""

    use: str
    arn: str
    action: str
    answer: Refusal | t.Literal["not tried"] | None


# ---- words ----


def in_one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """What AWS said, without what nobody is to read."""
    words = " ".join(_AFTER_THE_WORDS.split(text.strip(), maxsplit=1)[0].split())
    for secret in secrets:
        words = words.replace(secret, "***")
    return _ACCESS_KEY_ID.sub("***", words)


def quoted(name: str) -> str:
    """A name as an identifier of SQL (https://trino.io/docs/current/language/reserved.html)."""
    return '"' + name.replace('"', '""') + '"'


def read_one_row(database: str, table: str) -> str:
    return f"SELECT * FROM {quoted(database)}.{quoted(table)} LIMIT 1"


def are_a_session(identity: _identity.IdentityArn, caller: str) -> bool:
    """Whether the caller is the role already; a session's ARN has the name of its role, but not the path.

    Names of roles are unique in an account, whatever their paths
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
    """
    return identity.type == "role" and caller.casefold().startswith(identity.sessions.casefold())


def missing_databases(wanted: LiveWanted, listed: Sequence[str]) -> list[str]:
    """Those chosen that are not listed. Glue keeps names in lower case."""
    seen = {name.casefold() for name in listed}
    return [name for name in wanted.databases if name.casefold() not in seen]


def databases_to_read(wanted: LiveWanted, listed: Sequence[str] | Refusal) -> list[str]:
    """Those chosen, but for those known to be hidden; where none are, those found."""
    if isinstance(listed, Refusal):
        return list(wanted.databases)
    if not wanted.databases:
        return list(listed)
    missing = missing_databases(wanted, listed)
    return [name for name in wanted.databases if name not in missing]


def table_to_read(listed: Sequence[Mapping[str, t.Any]]) -> str | None:
    """The first that is surely a table, else the first that is not surely a view, which may be invalid by itself."""
    candidates = [table for table in listed if table.get("TableType") != _VIEW]
    candidates.sort(key=lambda table: table.get("TableType") not in ("EXTERNAL_TABLE", "MANAGED_TABLE", "GOVERNED"))
    return candidates[0]["Name"] if candidates else None


def objects_of(wanted: LiveWanted, queries: Iterable[Query]) -> list[str]:
    """Where the queries write: the result and its .metadata beside it.

    Where a query may not be looked at, its result lies under the location in force by its id
    (https://docs.aws.amazon.com/athena/latest/ug/querying.html).
    """
    uris = []
    for query in queries:
        location = query.location
        if not location and query.state == "UNKNOWN":
            location = f"{(wanted.effective or wanted.location.uri).rstrip('/')}/{query.id}.csv"
        if location:
            uris += [location, f"{location}.metadata"]
    return uris
