# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking AWS for the tables of the chosen databases, who hands out their files, and the keys of all that is read.

A listing is whole or the run fails: a page that is missing would look like tables that are gone. What may not be looked
at is told.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _at_once,
    _discovery,
    _errors,
    _glue,
    _grants_findings,
    _kms,
    _lake_formation,
    _location,
    _report,
    _results_bucket_facts as facts,
    _s3,
    _tables,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

Answer = t.TypeVar("Answer")


def discover(
    databases: Sequence[str] | None,
    catalog_id: str,
    session: _aws_module.Session,
    keys: KeyReader | None = None,
    wants_key: Callable[[str], bool] = lambda _bucket: True,
) -> _discovery.Discovered:
    """What the catalog has of these databases, or of all. wants_key: whether the key of a bucket is of interest."""
    keys = keys or KeyReader(session)
    found = _CatalogReader(catalog_id, session).read(databases)
    buckets = {_tables.s3_location(uri).bucket for table in found.tables for uri in table.locations}
    source_keys = keys.of_buckets(sorted(filter(wants_key, buckets)))
    return dataclasses.replace(
        found,
        registrations=_errors.looked_at(lambda: read_registrations(session)),
        catalog=_errors.looked_at(lambda: _catalog_encryption(keys, catalog_id, session)),
        source_keys=source_keys,
        absent=(*found.absent, *keys.absent),
    )


def read_registrations(session: _aws_module.Session) -> _grants_findings.Registrations:
    return _grants_findings.Registrations(_lake_formation.list_resources(session.client("lakeformation")))


class _CatalogReader:
    """Reads databases, tables and partitions of one catalog."""

    def __init__(self, catalog_id: str, session: _aws_module.Session) -> None:
        self._catalog_id = catalog_id
        self._session = session
        self._glue = session.client("glue")
        self._progress = session.progress
        self._listed = session.progress.count("discovery", "tables listed")
        self._partitions = session.progress.count("discovery", "partitions read")

    def read(self, databases: Sequence[str] | None) -> _discovery.Discovered:
        unknown: list[_discovery.Unknown] = []
        absent: list[_discovery.Absent] = []
        if databases is None:
            rows = self._look("the databases of the catalog", self._list_databases)
            named = [(row["Name"], row) for row in rows] if not isinstance(rows, _discovery.Unknown) else []
            unknown += [rows] if isinstance(rows, _discovery.Unknown) else []
        else:
            counter = self._progress.count("discovery", "databases looked up", len(databases))
            looked_up = _at_once.at_once(self._named_database, databases, counter)
            answers = dict(zip(databases, looked_up, strict=True))
            named = [(name, row) for name, row in answers.items() if isinstance(row, Mapping)]
            unknown += [row for row in answers.values() if isinstance(row, _discovery.Unknown)]
            absent = [_discovery.Absent("database", name) for name, row in answers.items() if row is None]

        links = [link for name, row in named if (link := _tables.database_link_of(self._catalog_id, row, name))]
        own = sorted({name for name, _row in named} - {link.database for link in links})
        listed = _at_once.at_once(self._list_tables, own)
        rows_of = [
            (name, row) for name, rows in zip(own, listed, strict=True) if isinstance(rows, list) for row in rows
        ]
        counter = self._progress.count("discovery", "tables read", len(rows_of))
        tables = _at_once.at_once(self._whole_table, rows_of, counter)
        unknown += [it for it in (*listed, *tables) if isinstance(it, _discovery.Unknown)]
        settings = self._settings() if own or databases is None else None
        blind = self._blindness(settings)
        return _discovery.Discovered(
            tables=tuple(sorted((*links, *(it for it in tables if isinstance(it, _tables.Table))))),
            absent=tuple(absent),
            unknown=tuple(sorted({*unknown, *([blind] if blind else [])})),
            settings=settings,
        )

    def _look(self, what: str, call: Callable[[], Answer]) -> Answer | _discovery.Unknown:
        """The answer, or that it may not be looked at; raises every other error, so that no page is ever missing."""
        try:
            return call()
        except AnsibleAWSError as error:
            # What an encrypted catalog answers to whom may not use its key.
            if _errors.code_of(error) == "GlueEncryptionException":
                return _discovery.Unknown(what, "kms:Decrypt on the key of the Data Catalog")
            if not _errors.is_denied(error):
                raise
            if "Lake Formation" in str(error.exception):
                return _discovery.Unknown(what, "DESCRIBE in Lake Formation")
            return _discovery.Unknown(what, _errors.permission_for(error))

    def _list_databases(self) -> list[dict[str, t.Any]]:
        return _all_pages("DatabaseList", lambda token: _glue.get_databases(self._glue, self._catalog_id, token))

    def _named_database(self, name: str) -> dict[str, t.Any] | _discovery.Unknown | None:
        return self._look(f"the database {name}", lambda: _glue.get_database(self._glue, self._catalog_id, name))

    def _list_tables(self, database: str) -> list[dict[str, t.Any]] | _discovery.Unknown:
        return self._look(
            f"the tables of the database {database}",
            lambda: _all_pages("TableList", lambda token: self._page_of_tables(database, token)),
        )

    def _page_of_tables(self, database: str, token: str | None) -> Mapping[str, t.Any]:
        page = _glue.get_tables(self._glue, self._catalog_id, database, token) or {}
        self._listed.add(len(page.get("TableList", [])))
        return page

    def _whole_table(self, found: tuple[str, Mapping[str, t.Any]]) -> _tables.Table | _discovery.Unknown:
        database, row = found
        table = _tables.table_of(self._catalog_id, database, row)
        if table.kind != "table" or not _tables.has_partitions_to_list(row):
            return table
        return self._look(f"the partitions of the table {table.words}", lambda: self._with_partitions(table))

    def _with_partitions(self, table: _tables.Table) -> _tables.Table:
        token = None
        while True:
            where = (self._glue, self._catalog_id, table.database, table.name, token)
            # A table that is gone by now is as it was listed.
            page = _glue.get_partitions(*where) or {}
            partitions = page.get("Partitions", [])
            self._partitions.add(len(partitions))
            table = _tables.with_locations(table, filter(None, map(_tables.partition_location, partitions)))
            token = page.get("NextToken")
            if not token:
                return table

    def _settings(self) -> Mapping[str, t.Any] | _report.Denied | None:
        """Those of the data lake; other accounts show what they share."""
        if self._catalog_id != self._session.caller["Account"]:
            return None
        client, request = self._session.client("lakeformation"), {"CatalogId": self._catalog_id}
        return _errors.looked_at(lambda: _lake_formation.get_data_lake_settings(client, request))

    def _blindness(self, settings: Mapping[str, t.Any] | _report.Denied | None) -> _discovery.Unknown | None:
        """That Lake Formation may hide tables from the caller, of which its listings say nothing.

        Without an administrator Lake Formation is not in use.
        """
        what = "tables that Lake Formation may hide from the caller"
        if isinstance(settings, _report.Denied):
            return _discovery.Unknown(what, settings.permission)
        if not settings or not settings.get("DataLakeAdmins"):
            return None
        if _grants_findings.is_reader_of_all(self._session.caller["Arn"], settings):
            return None
        return _discovery.Unknown(what, "data lake administrator (read-only will do)")


def _all_pages(member: str, page: Callable[[str | None], Mapping[str, t.Any] | None]) -> list[dict[str, t.Any]]:
    """What all pages list; a page may be empty and still not be the last."""
    found: list[dict[str, t.Any]] = []
    token: str | None = None
    while True:
        answer = page(token) or {}
        found += answer.get(member, [])
        token = answer.get("NextToken")
        if not token:
            return found


def _catalog_encryption(keys: KeyReader, catalog_id: str, session: _aws_module.Session) -> _discovery.CatalogEncryption:
    """With a service role Glue uses the key as that role, and the caller needs nothing.

    https://docs.aws.amazon.com/glue/latest/webapi/API_EncryptionAtRest.html
    """
    at_rest = _glue.get_encryption_settings(session.client("glue"), catalog_id).get("EncryptionAtRest") or {}
    mode = at_rest.get("CatalogEncryptionMode") or "DISABLED"
    named = at_rest.get("SseAwsKmsKeyId") if mode == "SSE-KMS" else None
    return _discovery.CatalogEncryption(mode, keys.resolve(named, is_own=catalog_id == session.caller["Account"]))


class KeyReader:
    """Finds the ARNs of customer managed keys, however they are named; each key is asked for once.

    absent: the buckets that do not exist.
    """

    def __init__(self, session: _aws_module.Session) -> None:
        self._s3 = session.client("s3")
        self._kms = session.client("kms")
        self._account_id = session.caller["Account"]
        self._partition = session.partition
        self._region = t.cast(str, session.region)
        self._progress = session.progress
        self._asked: dict[str, _discovery.FoundKey] = {}
        self._lock = threading.Lock()
        self.absent: tuple[_discovery.Absent, ...] = ()

    def resolve(self, named: str | None, is_own: bool = True) -> _discovery.FoundKey:
        """The ARN of the key that is named by an ARN, an alias or an id; None for a key of AWS's own, or that is gone.

        is_own: whether a name that is no ARN is of the caller's account; AWS looks it up in that of the request
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html).
        """
        if not named:
            return None
        arn = named
        if not named.startswith("arn:"):
            if not is_own:
                return _report.Denied("kms:DescribeKey in the account that names the key")
            arn = _location.named_key(named, self._partition, self._region, self._account_id)
        # A key of another Region is not known to KMS here, and not proposed either.
        if facts.is_key_arn(arn) and f":kms:{self._region}:" not in arn:
            return arn
        with self._lock:
            if arn not in self._asked:
                self._asked[arn] = self._describe(arn)
            return self._asked[arn]

    def _describe(self, arn: str) -> _discovery.FoundKey:
        key = _errors.looked_at(lambda: facts.kms_key_of(_kms.describe_key(self._kms, arn)))
        if isinstance(key, _report.Denied):
            return arn if facts.is_key_arn(arn) else key
        return None if isinstance(key, str) or key.is_aws_managed else key.arn

    def of_buckets(self, buckets: Sequence[str]) -> dict[str, _discovery.FoundKey]:
        """The default keys of buckets whose owners are not known."""
        counter = self._progress.count("discovery", "buckets asked for their keys", len(buckets))
        answers = _at_once.at_once(self._of_source, buckets, counter)
        found = dict(zip(buckets, answers, strict=True))
        self.absent += tuple(_discovery.Absent("bucket", name) for name, it in found.items() if it == "absent")
        return {name: None if it == "absent" else it for name, it in found.items()}

    def of_bucket(self, bucket: str, owner: str) -> _discovery.FoundKey:
        """The default key of a bucket of that owner."""
        found = self._encryption(bucket, owner)
        if found == "absent":
            self.absent += (_discovery.Absent("bucket", bucket),)
            return None
        return self.key_of(found, owner == self._account_id)

    def _of_source(self, bucket: str) -> _discovery.FoundKey | t.Literal["absent"]:
        """The bucket is asked as one of the caller's account first, as a key may be named there by an alias of it."""
        found, is_own = self._encryption(bucket, self._account_id), True
        if isinstance(found, _report.Denied):
            found, is_own = self._encryption(bucket, None), False
        return found if found == "absent" else self.key_of(found, is_own)

    def _encryption(
        self, bucket: str, owner: str | None
    ) -> facts.Encryption | _report.Denied | t.Literal["absent"] | None:
        try:
            return _errors.looked_at(lambda: facts.encryption_of(_s3.get_bucket_encryption(self._s3, bucket, owner)))
        except _s3.S3Error as error:
            if _errors.code_of(error) == "NoSuchBucket":
                return "absent"
            if _s3.is_out_of_reach(error):
                return _report.Denied(_errors.permission_for(error))
            raise

    def key_of(self, found: facts.Encryption | _report.Denied | None, is_own: bool) -> _discovery.FoundKey:
        if isinstance(found, _report.Denied):
            return found
        return self.resolve(found.named_key, is_own) if found else None
