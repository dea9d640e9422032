# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of the live step say of the connection: one check for each thing that was tried.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t
from collections.abc import Iterable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _error_dictionary,
    _guides,
    _live,
    _location,
    _report,
)

_JDBC: t.Final = f"{_guides.ATHENA}jdbc-v3-driver-advanced-connection-parameters.html"
_ASSUME_ROLE: t.Final = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
_CALLER: t.Final = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"
_METADATA: t.Final = f"{_guides.LAKE_FORMATION}metadata-permissions.html"
_DRY_RUN: t.Final = f"{_guides.KMS}testing-permissions.html"
_TROUBLESHOOTING: t.Final = f"{_guides.ATHENA}troubleshooting-athena.html"

_WORDS_AT_MOST: t.Final = 400
# What the SDK that Athena itself uses writes behind the words of AWS Glue and S3.
_ENVELOPE = re.compile(r" \((?:Service: [^()]*; Status Code: \d+; [^()]*)\)")

_METADATA_ACTIONS: t.Final = frozenset(
    {"athena:ListDatabases", "athena:ListTableMetadata", "athena:GetTableMetadata", "athena:GetDataCatalog"}
)
# A query that fails so was planned, and its data was reached: it is the table that does not bear SELECT *
# (https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html).
_OF_THE_TABLE: t.Final = (
    "CONSTRAINT_VIOLATION",
    "HIVE_BAD_DATA",
    "HIVE_EXCEEDED_PARTITION_LIMIT",
    "HIVE_INVALID_PARTITION_VALUE",
    "HIVE_PARTITION_SCHEMA_MISMATCH",
    "HIVE_TOO_MANY_OPEN_PARTITIONS",
    "HIVE_UNSUPPORTED_FORMAT",
    "NOT_SUPPORTED",
)
_NOT_THERE: t.Final = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND")


def _denied_arn(wanted: _live.LiveWanted, permission: str) -> str:
    """What Athena, which does not name it, denies the action on; empty for other services, which do."""
    if permission in _METADATA_ACTIONS:
        return wanted.scope.data_catalog(wanted.data_catalog)
    return wanted.scope.workgroup(wanted.workgroup) if permission.startswith("athena:") else ""


def _refused(
    name: str, wanted: _live.LiveWanted, refusal: _live.Refusal, where: str, status: _report.CheckStatus = "fail"
) -> _report.Check:
    """AWS's words first, then what the error dictionary has to say of them."""
    arn = _denied_arn(wanted, refusal.permission)
    words = refusal.words.replace("on the resource", f"on resource: {arn}") if arn else refusal.words
    found = _error_dictionary.explain(f"{refusal.code} {words}")
    remedies = [refusal.remedy.removesuffix(".")] if refusal.remedy else []
    remedies += [found[0].remedy.removesuffix(".")] if found else []
    permission = refusal.permission or (found[0].permission if found else "")
    said = "".join(remedies)
    if permission and not (arn in said and all(action in said for action in permission.split(", "))):
        remedies.append(f"{wanted.identity.arn} needs {permission}{f' on {arn}' if arn else ''}")
    return _report.Check(
        name,
        # Whether the identity may do it was not said.
        "unknown" if refusal.remedy else status,
        f"{_shortened(refusal)} ({where})",
        "; ".join(remedies) or "Correct what AWS names, and run the check again",
        found[0].reference if found else _TROUBLESHOOTING,
    )


def _shortened(refusal: _live.Refusal) -> str:
    return textwrap.shorten(_ENVELOPE.sub("", refusal.words), _WORDS_AT_MOST, placeholder=" ...")


def _refused_alike(
    name: str,
    wanted: _live.LiveWanted,
    doing: str,
    refusals: Iterable[tuple[_live.Refusal, str]],
    status: _report.CheckStatus = "fail",
) -> list[_report.Check]:
    """One answer for all on which AWS refused the same in the same words."""
    alike: dict[str, tuple[_live.Refusal, list[str]]] = {}
    for refusal, where in refusals:
        alike.setdefault(_shortened(refusal), (refusal, []))[1].append(where)
    return [
        _refused(name, wanted, refusal, f"{doing} {', '.join(places)}", status) for refusal, places in alike.values()
    ]


def _together(name: str, problems: Sequence[_report.Check], passed: str, reference: str) -> _report.Check:
    """One answer for several things: the worst status, and all that is not in order."""
    if not problems:
        return _report.Check(name, "pass", passed, reference=reference)
    worst = max(problems, key=lambda problem: _report.CHECK_STATUSES.index(_severity(problem.status)))
    return _report.Check(
        name,
        worst.status,
        "; ".join(dict.fromkeys(problem.detail for problem in problems)),
        "; ".join(dict.fromkeys(problem.remedy for problem in problems)),
        worst.reference,
    )


def _severity(status: _report.CheckStatus) -> _report.CheckStatus:
    # In CHECK_STATUSES unknown comes last, but tells less than a failure.
    return "pass" if status == "unknown" else status


# ---- who is asking ----


def live_identity(wanted: _live.LiveWanted, caller: str | _live.Refusal) -> _report.Check:
    name, identity = "live_identity", wanted.identity
    if isinstance(caller, _live.Refusal):
        remedy = "Correct the credentials of the live step (live_profile, or live_access_key with live_secret_key)"
        if not caller.code:
            remedy = f"{remedy}, or let the task reach AWS STS"
        elif "Expired" in caller.code:
            remedy = "Give the live step credentials that have not expired"
        return _report.Check(
            name, "fail", f"{_shortened(caller)} (with the credentials of the live step)", remedy, _CALLER
        )
    if identity.type == "role":
        meaning = (
            "a session of the role itself" if _live.are_a_session(identity, caller) else "which is to assume the role"
        )
        return _report.Check(name, "pass", f"these are the credentials of {caller}, {meaning}", reference=_CALLER)
    if caller == identity.arn:
        return _report.Check(name, "pass", f"these are the credentials of {caller}", reference=_CALLER)
    return _report.Check(
        name,
        "fail",
        f"these are the credentials of {caller}, not of {identity.arn}",
        f"Give the live step an access key of the user {identity.name} (live_access_key, live_secret_key), "
        "or a profile that has one (live_profile)",
        _CALLER,
    )


def live_assume_role(wanted: _live.LiveWanted, caller: str, refusal: _live.Refusal | None) -> _report.Check:
    """AWS does not say which of both sides refused, nor whether there is such a role."""
    name, role = "live_assume_role", wanted.identity.arn
    with_external_id = "with the ExternalId" if wanted.external_id is not None else "without an ExternalId"
    if refusal is None:
        return _report.Check(name, "pass", f"{caller} assumes {role} {with_external_id}", reference=_ASSUME_ROLE)
    check = _refused(name, wanted, refusal, f"AssumeRole of {role} by {caller}, {with_external_id}")
    if refusal.code != "AccessDenied":
        return check
    condition = "is met by external_id" if wanted.external_id is not None else "is not there, or external_id is set"
    return dataclasses.replace(
        check,
        remedy=f"{check.remedy}; see that the role exists under this ARN, path included, that its trust policy names "
        f"{caller} or its role by ARN, not by the unique id (AROA..., AIDA...) of one that was deleted, that a "
        f"condition on sts:ExternalId {condition}, and, where the trust names only an account or the caller is of "
        f"another one, that policies of the caller allow sts:AssumeRole on {role}",
    )


# ---- a query, and its result ----


def live_query(
    wanted: _live.LiveWanted, query: _live.Query | _live.Refusal, result: Sequence[t.Any] | _live.Refusal | None = None
) -> _report.Check:
    """result: the rows, or the refusal of reading them; of looking at the query where its state is not known."""
    name = "live_query"
    if isinstance(query, _live.Refusal):
        check = _refused(name, wanted, query, f"StartQueryExecution of {_live.SELECT_1} in {wanted.workgroup!r}")
        # AWS documents neither message; without them, the words of AWS stand alone.
        if "is disabled" in query.words:
            check = dataclasses.replace(check, remedy=f"Enable the workgroup {wanted.workgroup!r}")
        elif "is not found" in query.words:
            check = dataclasses.replace(
                check, remedy=f"Create the workgroup {wanted.workgroup!r}, or correct workgroup"
            )
        return check
    if query.state == "UNKNOWN" and isinstance(result, _live.Refusal):
        return _refused(name, wanted, result, f"GetQueryExecution of {_live.SELECT_1}")
    if query.state not in _live.ENDED:
        return _still_going(name, query)
    if query.state != "SUCCEEDED":
        return _refused(name, wanted, _live.Refusal(query.why or query.state), f"{_live.SELECT_1} ended {query.state}")
    if isinstance(result, _live.Refusal):
        return _refused(name, wanted, result, f"GetQueryResults of {_live.SELECT_1}, which succeeded")
    return _report.Check(
        name,
        "pass",
        f"{_live.SELECT_1} succeeds in {wanted.workgroup!r}, and its result is read",
        reference=f"{_guides.ATHENA_API}API_StartQueryExecution.html",
    )


def _still_going(name: str, query: _live.Query) -> _report.Check:
    return _report.Check(
        name,
        "warn",
        f"{query.sql} is {query.state} after {_live.QUERY_SECONDS} seconds, and was stopped",
        "See whether other queries keep the queue of the account or the capacity of the workgroup busy",
        f"{_guides.ATHENA}service-limits.html",
    )


def live_result_location(wanted: _live.LiveWanted, query: _live.Query) -> _report.Check:
    """A workgroup that enforces its settings ignores the form's location without an error."""
    name, reference = "live_result_location", f"{_guides.ATHENA}workgroups-settings-override.html"
    place = query.location[: query.location.rfind("/") + 1]
    if place == wanted.location.uri:
        return _report.Check(name, "pass", f"the result lies directly under {place}", reference=reference)
    if not place:
        return _report.Check(
            name,
            "fail",
            f"Athena keeps the result itself, and writes none to {wanted.location.uri}",
            f"Turn managed query results off for the workgroup {wanted.workgroup!r}",
            f"{_guides.ATHENA}managed-results.html",
        )
    return _report.Check(
        name,
        "warn" if place.startswith(wanted.location.uri) else "fail",
        f"the result lies in {place}, not directly under {wanted.location.uri}: the workgroup {wanted.workgroup!r} "
        "enforces a location of its own",
        f"Set output_location to {wanted.effective or place}, also in the connection form, or let the workgroup "
        "enforce nothing",
        reference,
    )


def live_result_object(wanted: _live.LiveWanted, query: _live.Query, refusal: _live.Refusal | None) -> _report.Check:
    """The JDBC driver reads results from S3 itself, and asks Athena for them only where it may not and may stream."""
    name = "live_result_object"
    if refusal is None:
        return _report.Check(name, "pass", f"the client itself may read {query.location} from S3", reference=_JDBC)
    bucket, _slash, key = query.location.removeprefix("s3://").partition("/")
    permission = refusal.permission or "s3:GetObject"
    resource = wanted.scope.objects(_location.S3Location(bucket, key.rpartition("/")[0]))
    found = _error_dictionary.explain(refusal.words)
    if refusal.remedy:
        remedy = refusal.remedy
    elif found and found[0].side not in ("", "identity"):
        # No policy of the identity helps against a boundary, an organization or the bucket.
        remedy = found[0].remedy.removesuffix(".")
    else:
        on = f" on {resource}" if permission == "s3:GetObject" else ""
        remedy = f"Grant {permission}{on} to {wanted.identity.arn}"
    streams = "; the driver then fetches results from Athena" if wanted.result_streaming else ""
    return _report.Check(
        name,
        "warn" if wanted.result_streaming else "fail",
        f"{_shortened(refusal)} (GetObject of {query.location}, as the client reads it{streams})",
        f"{remedy}, and see whether the bucket policy refuses the client's network"
        + ("" if wanted.result_streaming else "; or set result_streaming, and open port 444 to Athena"),
        _JDBC,
    )


# ---- databases and tables ----


def live_databases(wanted: _live.LiveWanted, listed: Sequence[str] | _live.Refusal) -> _report.Check:
    name = "live_databases"
    if isinstance(listed, _live.Refusal):
        return _refused(name, wanted, listed, f"ListDatabases of {wanted.data_catalog}")
    missing = _live.missing_databases(wanted, listed)
    if missing:
        names = ", ".join(map(repr, missing))
        return _report.Check(
            name,
            "fail",
            f"{wanted.data_catalog} shows no database {names}: there is none of that name, or Lake Formation hides it",
            f"Correct databases, or grant DESCRIBE on it in Lake Formation to {wanted.identity.arn}",
            _METADATA,
        )
    if not listed:
        return _report.Check(
            name,
            "warn",
            f"{wanted.data_catalog} shows no database at all: it has none, or Lake Formation hides them",
            f"Grant DESCRIBE on the databases in Lake Formation to {wanted.identity.arn}",
            _METADATA,
        )
    passed = f"{wanted.data_catalog} shows {', '.join(map(repr, wanted.databases or listed))}"
    return _report.Check(name, "pass", passed, reference=_METADATA)


def live_tables(wanted: _live.LiveWanted, seen: Sequence[_live.DatabaseSeen]) -> _report.Check:
    name = "live_tables"
    listings = [(it.listed, it.name) for it in seen if isinstance(it.listed, _live.Refusal)]
    looks = [(it.look, f"{it.name}.{it.table}") for it in seen if it.look]
    problems = _refused_alike(name, wanted, "ListTableMetadata of", listings)
    problems += _refused_alike(name, wanted, "GetTableMetadata of", looks)
    if wanted.databases:
        problems += [_nothing_visible(name, wanted, it) for it in seen if not it.listed and not it.look]
    passed = "; ".join(map(_seen_in_words, seen))
    return _together(name, problems, passed, f"{_guides.ATHENA_API}API_ListTableMetadata.html")


def _nothing_visible(name: str, wanted: _live.LiveWanted, database: _live.DatabaseSeen) -> _report.Check:
    return _report.Check(
        name,
        "warn",
        f"the database {database.name!r} shows no table: it is empty, or Lake Formation hides what is in it",
        f"Grant SELECT and DESCRIBE on its tables in Lake Formation to {wanted.identity.arn}, if it has any",
        _METADATA,
    )


def _seen_in_words(database: _live.DatabaseSeen) -> str:
    if database.table is not None:
        return f"{database.name}.{database.table} is described"
    return f"{database.name} has {'only views' if database.listed else 'no table'}"


def live_read(wanted: _live.LiveWanted, reads: Sequence[_live.TableRead]) -> _report.Check:
    name = "live_read"
    problems: list[_report.Check] = []
    refused: dict[_report.CheckStatus, list[tuple[_live.Refusal, str]]] = {"fail": [], "warn": []}
    for read in reads:
        query, where = read.query, f"{read.database}.{read.table}"
        if isinstance(query, _live.Refusal):
            refused["fail"].append((query, where))
        elif query.state not in _live.ENDED:
            problems.append(_still_going(name, query))
        elif query.why.startswith(_NOT_THERE):
            problems.append(_not_there(name, wanted, query, where))
        elif query.state != "SUCCEEDED":
            status: _report.CheckStatus = "warn" if query.why.startswith(_OF_THE_TABLE) else "fail"
            refused[status].append((_live.Refusal(query.why or query.state), where))
    for status, those in refused.items():
        problems += _refused_alike(name, wanted, "reading", those, status)
    passed = f"a row is asked of {', '.join(f'{read.database}.{read.table}' for read in reads)}"
    return _together(name, problems, passed, f"{_guides.ATHENA}s3-permissions.html")


def _not_there(name: str, wanted: _live.LiveWanted, query: _live.Query, where: str) -> _report.Check:
    return _report.Check(
        name,
        "fail",
        f"{_shortened(_live.Refusal(query.why))} (reading {where}): it is gone, or Lake Formation hides it",
        f"Grant SELECT and DESCRIBE on it in Lake Formation to {wanted.identity.arn}, if it is there",
        _METADATA,
    )


# ---- the rest ----


def live_cancel(wanted: _live.LiveWanted, query: _live.Query, refusal: _live.Refusal | None) -> _report.Check:
    """A query that ended before it was stopped is as good: the call was allowed."""
    name = "live_cancel"
    if refusal is None or refusal.code == "InvalidRequestException":
        ended = f" (it ended {query.state})" if query.state in _live.ENDED else ""
        reference = f"{_guides.ATHENA_API}API_StopQueryExecution.html"
        return _report.Check(name, "pass", f"a query is stopped{ended}", reference=reference)
    return _refused(name, wanted, refusal, f"StopQueryExecution of {query.sql}")


def live_keys(wanted: _live.LiveWanted, trials: Sequence[_live.KeyTrial]) -> _report.Check:
    """A statement for S3 or Glue alone (kms:ViaService) denies the direct call and lets the connection work."""
    name = "live_keys"
    problems: list[_report.Check] = []
    for trial in trials:
        where = f"a trial of {trial.action} with the key of the {trial.use}, {trial.arn}"
        if trial.answer == "not tried":
            detail = f"{trial.action} with {trial.arn} was not tried: this SDK cannot ask for it without a ciphertext"
            problems.append(
                _report.Check(
                    name, "unknown", detail, "Update boto3 and botocore to a release of March 2026 or later", _DRY_RUN
                )
            )
        elif isinstance(trial.answer, _live.Refusal):
            problems.append(_key_problem(name, wanted, trial, trial.answer, where))
    passed = "; ".join(f"{trial.action} with {trial.arn} is allowed" for trial in trials)
    return _together(name, problems, passed, _DRY_RUN)


def _key_problem(
    name: str, wanted: _live.LiveWanted, trial: _live.KeyTrial, refusal: _live.Refusal, where: str
) -> _report.Check:
    if not refusal.is_denial:
        return _refused(name, wanted, refusal, where)
    return _report.Check(
        name,
        "unknown",
        f"{_shortened(refusal)} ({where}); a policy may yet allow the use through S3 or AWS Glue, as Athena does it",
        f"Unless policies limit the key with kms:ViaService, grant {trial.action} on {trial.arn} to "
        f"{wanted.identity.arn}, in its policy and in the key policy",
        _DRY_RUN,
    )
