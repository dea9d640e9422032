# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live step: what the connection's client does, done as the connection's identity.

A step that is refused does not stop those that can do without it; what cannot is left out. Nothing is deleted.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
import typing as t
from collections.abc import Callable, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _athena,
    _credentials,
    _errors,
    _live as live,
    _live_checks as judge,
    _live_kms,
    _progress,
    _report,
    _s3,
    _sts,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

Fact = t.TypeVar("Fact")

# Between two looks at a query, in seconds: most have ended at the second look.
_FIRST_PAUSE: t.Final = 0.25
_LONGEST_PAUSE: t.Final = 2.0


def run_live(
    wanted: live.LiveWanted, credentials: _credentials.Credentials, session: _aws_module.Session
) -> live.LiveResult:
    """Do the live step with these credentials, which are the identity's own or those of one that may assume it."""
    checks: list[_report.Check] = []
    asker = _the_identity(wanted, _Asker(session.with_credentials(credentials), credentials.secrets), checks)
    if asker is None:
        return live.LiveResult(checks, [], [])
    queries = _Queries(wanted, asker, session.progress.count("verification", "queries ended"))
    reads_are_possible = _select_1(wanted, asker, queries, checks)
    tables = _metadata(wanted, asker, checks)
    if reads_are_possible and tables:
        checks.append(judge.live_read(wanted, _read(tables, queries)))
    if queries.are_accepted:
        _cancel(wanted, queries, checks)
    if wanted.keys:
        checks.append(judge.live_keys(wanted, _try_keys(wanted, asker)))
    made = queries.made.values()
    return live.LiveResult(checks, [dataclasses.asdict(query) for query in made], live.objects_of(wanted, made))


class _Asker:
    """One who makes calls: an error of AWS is an answer, without the secrets of the caller."""

    def __init__(self, session: _aws_module.Session, secrets: Sequence[str]) -> None:
        self.session = session
        self.secrets = secrets
        self._silent: dict[str, live.Refusal] = {}

    def ask(self, service: str, call: Callable[[t.Any], Fact]) -> Fact | live.Refusal:
        """What the call with a client of the service answers. A service that cannot be reached is not asked again."""
        if service in self._silent:
            return self._silent[service]
        try:
            return call(self.session.client(service))
        except AnsibleAWSError as error:
            refusal = self._refusal(error)
            if not refusal.code:
                self._silent[service] = refusal
            return refusal

    def _refusal(self, error: AnsibleAWSError) -> live.Refusal:
        response = (getattr(error.exception, "response", None) or {}).get("Error", {})
        words = live.in_one_line(response.get("Message") or str(error.exception), self.secrets)
        # A catalog's refusal comes as a MetadataException, with its own words inside.
        denied = "not authorized to perform: " in words or (_errors.is_denied(error) and "Lake Formation" not in words)
        return live.Refusal(
            words,
            _errors.code_of(error),
            _errors.permission_for(error) if denied else "",
            _errors.remedy_of_failure(error.exception),
        )


# ---- who is asking ----


def _the_identity(wanted: live.LiveWanted, given: _Asker, checks: list[_report.Check]) -> _Asker | None:
    """Who asks as the identity itself; None where that cannot be had."""
    caller = given.ask("sts", lambda _client: given.session.caller["Arn"])
    checks.append(judge.live_identity(wanted, caller))
    if isinstance(caller, live.Refusal) or checks[-1].status == "fail":
        return None
    if wanted.identity.type == "user" or live.are_a_session(wanted.identity, caller):
        return given
    assumed = given.ask(
        "sts",
        lambda client: _sts.assume_role(
            client, wanted.identity.arn, live.SESSION_NAME, live.SESSION_SECONDS, wanted.external_id
        ),
    )
    checks.append(judge.live_assume_role(wanted, caller, assumed if isinstance(assumed, live.Refusal) else None))
    if isinstance(assumed, live.Refusal):
        return None
    credentials = _credentials.Credentials(
        access_key=assumed["AccessKeyId"],
        secret_key=assumed["SecretAccessKey"],
        session_token=assumed["SessionToken"],
    )
    return _Asker(given.session.with_credentials(credentials), [*given.secrets, *credentials.secrets])


# ---- queries ----


class _Queries:
    """Queries as the connection's client submits them, and a record of all. counter: counts those that have ended."""

    def __init__(self, wanted: live.LiveWanted, asker: _Asker, counter: _progress.Counter) -> None:
        self._wanted = wanted
        self._asker = asker
        self._counter = counter
        self.made: dict[str, live.Query] = {}

    @property
    def are_accepted(self) -> bool:
        return bool(self.made)

    def submit(self, sql: str) -> live.Query | live.Refusal:
        wanted = self._wanted
        submitted = self._asker.ask(
            "athena",
            lambda client: _athena.start_query_execution(
                client, sql, wanted.workgroup, wanted.location.uri, wanted.data_catalog
            ),
        )
        return submitted if isinstance(submitted, live.Refusal) else self._record(live.Query(submitted, sql))

    def finish(self, query: live.Query) -> live.Query | live.Refusal:
        """The query when it has ended, or when it took too long and was stopped."""
        pause = _FIRST_PAUSE
        waited = 0.0
        while True:
            seen = self._look(query)
            if isinstance(seen, live.Refusal) or seen.state in live.ENDED:
                self._counter.add()
                return seen
            self._counter.add(0)
            if waited >= live.QUERY_SECONDS:
                self.stop(seen)
                return self._record(dataclasses.replace(seen, why=f"stopped after {live.QUERY_SECONDS} seconds"))
            time.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)

    def stop(self, query: live.Query) -> live.Refusal | None:
        return self._asker.ask("athena", lambda client: _athena.stop_query_execution(client, query.id))

    def read(self, query: live.Query) -> list[dict[str, t.Any]] | live.Refusal:
        return self._asker.ask("athena", lambda client: _athena.get_query_results(client, query.id))

    def _look(self, query: live.Query) -> live.Query | live.Refusal:
        execution = self._asker.ask("athena", lambda client: _athena.get_query_execution(client, query.id))
        if isinstance(execution, live.Refusal):
            return execution
        return self._record(
            dataclasses.replace(
                query,
                state=execution["Status"]["State"],
                location=execution.get("ResultConfiguration", {}).get("OutputLocation", ""),
                why=live.in_one_line(execution["Status"].get("StateChangeReason", ""), self._asker.secrets),
            )
        )

    def _record(self, query: live.Query) -> live.Query:
        self.made[query.id] = query
        return query


def _select_1(wanted: live.LiveWanted, asker: _Asker, queries: _Queries, checks: list[_report.Check]) -> bool:
    """The query that every connection begins with; whether a query of a table can be judged after it."""
    submitted = queries.submit(live.SELECT_1)
    if isinstance(submitted, live.Refusal):
        checks.append(judge.live_query(wanted, submitted))
        return False
    ended = queries.finish(submitted)
    if isinstance(ended, live.Refusal):
        checks.append(judge.live_query(wanted, submitted, ended))
        return False
    if ended.state != "SUCCEEDED":
        checks.append(judge.live_query(wanted, ended))
        return False
    checks.append(judge.live_query(wanted, ended, queries.read(ended)))
    checks.append(judge.live_result_location(wanted, ended))
    if ended.location:
        bucket, _slash, key = ended.location.removeprefix("s3://").partition("/")
        refused = asker.ask("s3", lambda client: _s3.get_first_bytes(client, bucket, key))
        checks.append(judge.live_result_object(wanted, ended, refused))
    return True


def _read(tables: Sequence[tuple[str, str]], queries: _Queries) -> list[live.TableRead]:
    """Ask for a row of each table, some at a time."""
    reads = []
    for first in range(0, len(tables), live.QUERIES_AT_ONCE):
        batch = tables[first : first + live.QUERIES_AT_ONCE]
        submitted = [(database, table, queries.submit(live.read_one_row(database, table))) for database, table in batch]
        for database, table, query in submitted:
            ended = query if isinstance(query, live.Refusal) else queries.finish(query)
            reads.append(live.TableRead(database, table, ended))
    return reads


def _cancel(wanted: live.LiveWanted, queries: _Queries, checks: list[_report.Check]) -> None:
    submitted = queries.submit(live.SELECT_1)
    if isinstance(submitted, live.Refusal):
        return
    refused = queries.stop(submitted)
    ended = queries.finish(submitted)
    checks.append(judge.live_cancel(wanted, submitted if isinstance(ended, live.Refusal) else ended, refused))


# ---- databases, tables and keys ----


def _metadata(wanted: live.LiveWanted, asker: _Asker, checks: list[_report.Check]) -> list[tuple[str, str]]:
    """Look at databases and tables; returns the (database, table) to read."""
    listed = asker.ask("athena", lambda client: _list_databases(wanted, client))
    checks.append(judge.live_databases(wanted, listed))
    seen = [_look_at(wanted, asker, name) for name in live.databases_to_read(wanted, listed)]
    if seen:
        checks.append(judge.live_tables(wanted, seen))
    return [(database.name, database.table) for database in seen if database.table is not None]


def _list_databases(wanted: live.LiveWanted, client: t.Any) -> list[str]:
    """As many as are needed: all until those chosen are found, or the first few."""
    names = _athena.iterate_databases(client, wanted.data_catalog)
    if not wanted.databases:
        return list(itertools.islice(names, live.DATABASES_FOUND))
    found: list[str] = []
    for name in names:
        found.append(name)
        if not live.missing_databases(wanted, found):
            break
    return found


def _look_at(wanted: live.LiveWanted, asker: _Asker, name: str) -> live.DatabaseSeen:
    catalog = wanted.data_catalog
    listed = asker.ask("athena", lambda client: _athena.list_table_metadata(client, catalog, name))
    table = wanted.tables.get(name)
    if table is None and not isinstance(listed, live.Refusal):
        table = live.table_to_read(listed)
    seen = live.DatabaseSeen(name, listed, table)
    if table is None:
        return seen
    look = asker.ask("athena", lambda client: _athena.get_table_metadata(client, catalog, name, table))
    return dataclasses.replace(seen, look=look if isinstance(look, live.Refusal) else None)


def _try_keys(wanted: live.LiveWanted, asker: _Asker) -> list[live.KeyTrial]:
    return [
        live.KeyTrial(use, arn, action, _try_key(asker, arn, action))
        for use, arn, actions in wanted.keys
        for action in actions
    ]


def _try_key(asker: _Asker, arn: str, action: str) -> live.Refusal | t.Literal["not tried"] | None:
    def call(client: t.Any) -> t.Literal["not tried"] | None:
        if not _live_kms.can_try(client, action):
            return "not tried"
        _live_kms.try_action(client, action, arn)
        return None

    return asker.ask("kms", call)
