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

from ansible_collections.qualytics.athena.plugins.module_utils._error_dictionary import explain
from ansible_collections.qualytics.athena.plugins.module_utils._live import (
    ENDED,
    QUERY_SECONDS,
    SELECT_1,
    DatabaseSeen,
    KeyTrial,
    LiveWanted,
    Query,
    Refusal,
    TableRead,
    are_a_session,
    missing_databases,
)
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import CHECK_STATUSES, Check, CheckStatus
from ansible_collections.qualytics.athena.plugins.module_utils._results_checks import ATHENA_API, ATHENA_GUIDE

_JDBC: t.Final = f"{ATHENA_GUIDE}jdbc-v3-driver-advanced-connection-parameters.html"
_ASSUME_ROLE: t.Final = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
_CALLER: t.Final = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"
_METADATA: t.Final = "https://docs.aws.amazon.com/lake-formation/latest/dg/metadata-permissions.html"
_DRY_RUN: t.Final = "https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html"
_TROUBLESHOOTING: t.Final = f"{ATHENA_GUIDE}troubleshooting-athena.html"

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


def _denied_arn(wanted: LiveWanted, permission: str) -> str:
    """What Athena, which does not name it, denies the action on; empty for other services, which do."""
    if permission in _METADATA_ACTIONS:
        return wanted.scope.data_catalog(wanted.data_catalog)
    return wanted.scope.workgroup(wanted.workgroup) if permission.startswith("athena:") else ""


def _refused(name: str, wanted: LiveWanted, refusal: Refusal, where: str, status: CheckStatus = "fail") -> Check:
    """AWS's words first, then what the error dictionary has to say of them."""
    arn = _denied_arn(wanted, refusal.permission)
    words = refusal.words.replace("on the resource", f"on resource: {arn}") if arn else refusal.words
    found = explain(f"{refusal.code} {words}")
    remedies = [found[0].remedy.removesuffix(".")] if found else []
    permission = refusal.permission or (found[0].permission if found else "")
    said = "".join(remedies)
    if permission and not (arn in said and all(action in said for action in permission.split(", "))):
        remedies.append(f"{wanted.identity.arn} needs {permission}{f' on {arn}' if arn else ''}")
    return Check(
        name,
        status,
        f"{_shortened(refusal)} ({where})",
        "; ".join(remedies) or "Correct what AWS names, and run the check again",
        found[0].reference if found else _TROUBLESHOOTING,
    )


def _shortened(refusal: Refusal) -> str:
    return textwrap.shorten(_ENVELOPE.sub("", refusal.words), _WORDS_AT_MOST, placeholder=" ...")


def _refused_alike(
    name: str,
    wanted: LiveWanted,
    doing: str,
    refusals: Iterable[tuple[Refusal, str]],
    status: CheckStatus = "fail",
) -> list[Check]:
    """One answer for all on which AWS refused the same in the same words."""
    alike: dict[str, tuple[Refusal, list[str]]] = {}
    for refusal, where in refusals:
        alike.setdefault(_shortened(refusal), (refusal, []))[1].append(where)
    return [
        _refused(name, wanted, refusal, f"{doing} {', '.join(places)}", status) for refusal, places in alike.values()
    ]


def _together(name: str, problems: Sequence[Check], passed: str, reference: str) -> Check:
    """One answer for several things: the worst status, and all that is not in order."""
    if not problems:
        return Check(name, "pass", passed, reference=reference)
    worst = max(problems, key=lambda problem: CHECK_STATUSES.index(_severity(problem.status)))
    return Check(
        name,
        worst.status,
        "; ".join(dict.fromkeys(problem.detail for problem in problems)),
        "; ".join(dict.fromkeys(problem.remedy for problem in problems)),
        worst.reference,
    )


def _severity(status: CheckStatus) -> CheckStatus:
    # In CHECK_STATUSES unknown comes last, but tells less than a failure.
    return "pass" if status == "unknown" else status


# ---- who is asking ----


def live_identity(wanted: LiveWanted, caller: str | Refusal) -> Check:
    name, identity = "live_identity", wanted.identity
    if isinstance(caller, Refusal):
        remedy = "Correct the credentials of the live step (live_profile, or live_access_key with live_secret_key)"
        if not caller.code:
            remedy = f"{remedy}, or let the task reach AWS STS"
        elif "Expired" in caller.code:
            remedy = "Give the live step credentials that have not expired"
        return Check(name, "fail", f"{_shortened(caller)} (with the credentials of the live step)", remedy, _CALLER)
    if identity.type == "role":
        meaning = "a session of the role itself" if are_a_session(identity, caller) else "which is to assume the role"
        return Check(name, "pass", f"these are the credentials of {caller}, {meaning}", reference=_CALLER)
    if caller == identity.arn:
        return Check(name, "pass", f"these are the credentials of {caller}", reference=_CALLER)
    return Check(
        name,
        "fail",
        f"these are the credentials of {caller}, not of {identity.arn}",
        f"Give the live step an access key of the user {identity.name} (live_access_key, live_secret_key), "
        "or a profile that has one (live_profile)",
        _CALLER,
    )


def live_assume_role(wanted: LiveWanted, caller: str, refusal: Refusal | None) -> Check:
    """AWS does not say which of both sides refused, nor whether there is such a role."""
    name, role = "live_assume_role", wanted.identity.arn
    with_external_id = "with the ExternalId" if wanted.external_id is not None else "without an ExternalId"
    if refusal is None:
        return Check(name, "pass", f"{caller} assumes {role} {with_external_id}", reference=_ASSUME_ROLE)
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


def live_query(wanted: LiveWanted, query: Query | Refusal, result: Sequence[t.Any] | Refusal | None = None) -> Check:
    """result: the rows, or the refusal of reading them; of looking at the query where its state is not known."""
    name = "live_query"
    if isinstance(query, Refusal):
        check = _refused(name, wanted, query, f"StartQueryExecution of {SELECT_1} in {wanted.workgroup!r}")
        # AWS documents neither message; without them, the words of AWS stand alone.
        if "is disabled" in query.words:
            check = dataclasses.replace(check, remedy=f"Enable the workgroup {wanted.workgroup!r}")
        elif "is not found" in query.words:
            check = dataclasses.replace(
                check, remedy=f"Create the workgroup {wanted.workgroup!r}, or correct workgroup"
            )
        return check
    if query.state == "UNKNOWN" and isinstance(result, Refusal):
        return _refused(name, wanted, result, f"GetQueryExecution of {SELECT_1}")
    if query.state not in ENDED:
        return _still_going(name, query)
    if query.state != "SUCCEEDED":
        return _refused(name, wanted, Refusal(query.why or query.state), f"{SELECT_1} ended {query.state}")
    if isinstance(result, Refusal):
        return _refused(name, wanted, result, f"GetQueryResults of {SELECT_1}, which succeeded")
    return Check(
        name,
        "pass",
        f"{SELECT_1} succeeds in {wanted.workgroup!r}, and its result is read",
        reference=f"{ATHENA_API}API_StartQueryExecution.html",
    )


def _still_going(name: str, query: Query) -> Check:
    return Check(
        name,
        "warn",
        f"{query.sql} is {query.state} after {QUERY_SECONDS} seconds, and was stopped",
        "See whether other queries keep the queue of the account or the capacity of the workgroup busy",
        f"{ATHENA_GUIDE}service-limits.html",
    )


def live_result_location(wanted: LiveWanted, query: Query) -> Check:
    """A workgroup that enforces its settings ignores the form's location without an error."""
    name, reference = "live_result_location", f"{ATHENA_GUIDE}workgroups-settings-override.html"
    place = query.location[: query.location.rfind("/") + 1]
    if place == wanted.location.uri:
        return Check(name, "pass", f"the result lies directly under {place}", reference=reference)
    if not place:
        return Check(
            name,
            "fail",
            f"Athena keeps the result itself, and writes none to {wanted.location.uri}",
            f"Turn managed query results off for the workgroup {wanted.workgroup!r}",
            f"{ATHENA_GUIDE}managed-results.html",
        )
    return Check(
        name,
        "warn" if place.startswith(wanted.location.uri) else "fail",
        f"the result lies in {place}, not directly under {wanted.location.uri}: the workgroup {wanted.workgroup!r} "
        "enforces a location of its own",
        f"Set output_location to {wanted.effective or place}, also in the connection form, or let the workgroup "
        "enforce nothing",
        reference,
    )


def live_result_object(wanted: LiveWanted, query: Query, refusal: Refusal | None) -> Check:
    """The JDBC driver reads results from S3 itself, and asks Athena for them only where it may not and may stream."""
    name = "live_result_object"
    if refusal is None:
        return Check(name, "pass", f"the client itself may read {query.location} from S3", reference=_JDBC)
    bucket, _slash, key = query.location.removeprefix("s3://").partition("/")
    permission = refusal.permission or "s3:GetObject"
    resource = wanted.scope.objects(S3Location(bucket, key.rpartition("/")[0]))
    found = explain(refusal.words)
    if found and found[0].side not in ("", "identity"):
        # No policy of the identity helps against a boundary, an organization or the bucket.
        remedy = found[0].remedy.removesuffix(".")
    else:
        on = f" on {resource}" if permission == "s3:GetObject" else ""
        remedy = f"Grant {permission}{on} to {wanted.identity.arn}"
    streams = "; the driver then fetches results from Athena" if wanted.result_streaming else ""
    return Check(
        name,
        "warn" if wanted.result_streaming else "fail",
        f"{_shortened(refusal)} (GetObject of {query.location}, as the client reads it{streams})",
        f"{remedy}, and see whether the bucket policy refuses the client's network"
        + ("" if wanted.result_streaming else "; or set result_streaming, and open port 444 to Athena"),
        _JDBC,
    )


# ---- databases and tables ----


def live_databases(wanted: LiveWanted, listed: Sequence[str] | Refusal) -> Check:
    name = "live_databases"
    if isinstance(listed, Refusal):
        return _refused(name, wanted, listed, f"ListDatabases of {wanted.data_catalog}")
    missing = missing_databases(wanted, listed)
    if missing:
        names = ", ".join(map(repr, missing))
        return Check(
            name,
            "fail",
            f"{wanted.data_catalog} shows no database {names}: there is none of that name, or Lake Formation hides it",
            f"Correct databases, or grant DESCRIBE on it in Lake Formation to {wanted.identity.arn}",
            _METADATA,
        )
    if not listed:
        return Check(
            name,
            "warn",
            f"{wanted.data_catalog} shows no database at all: it has none, or Lake Formation hides them",
            f"Grant DESCRIBE on the databases in Lake Formation to {wanted.identity.arn}",
            _METADATA,
        )
    passed = f"{wanted.data_catalog} shows {', '.join(map(repr, wanted.databases or listed))}"
    return Check(name, "pass", passed, reference=_METADATA)


def live_tables(wanted: LiveWanted, seen: Sequence[DatabaseSeen]) -> Check:
    name = "live_tables"
    listings = [(it.listed, it.name) for it in seen if isinstance(it.listed, Refusal)]
    looks = [(it.look, f"{it.name}.{it.table}") for it in seen if it.look]
    problems = _refused_alike(name, wanted, "ListTableMetadata of", listings)
    problems += _refused_alike(name, wanted, "GetTableMetadata of", looks)
    if wanted.databases:
        problems += [_nothing_visible(name, wanted, it) for it in seen if not it.listed and not it.look]
    passed = "; ".join(map(_seen_in_words, seen))
    return _together(name, problems, passed, f"{ATHENA_API}API_ListTableMetadata.html")


def _nothing_visible(name: str, wanted: LiveWanted, database: DatabaseSeen) -> Check:
    return Check(
        name,
        "warn",
        f"the database {database.name!r} shows no table: it is empty, or Lake Formation hides what is in it",
        f"Grant SELECT and DESCRIBE on its tables in Lake Formation to {wanted.identity.arn}, if it has any",
        _METADATA,
    )


def _seen_in_words(database: DatabaseSeen) -> str:
    if database.table is not None:
        return f"{database.name}.{database.table} is described"
    return f"{database.name} has {'only views' if database.listed else 'no table'}"


def live_read(wanted: LiveWanted, reads: Sequence[TableRead]) -> Check:
    name = "live_read"
    problems: list[Check] = []
    refused: dict[CheckStatus, list[tuple[Refusal, str]]] = {"fail": [], "warn": []}
    for read in reads:
        query, where = read.query, f"{read.database}.{read.table}"
        if isinstance(query, Refusal):
            refused["fail"].append((query, where))
        elif query.state not in ENDED:
            problems.append(_still_going(name, query))
        elif query.why.startswith(_NOT_THERE):
            problems.append(_not_there(name, wanted, query, where))
        elif query.state != "SUCCEEDED":
            status: CheckStatus = "warn" if query.why.startswith(_OF_THE_TABLE) else "fail"
            refused[status].append((Refusal(query.why or query.state), where))
    for status, those in refused.items():
        problems += _refused_alike(name, wanted, "reading", those, status)
    passed = f"a row is asked of {', '.join(f'{read.database}.{read.table}' for read in reads)}"
    return _together(name, problems, passed, f"{ATHENA_GUIDE}s3-permissions.html")


def _not_there(name: str, wanted: LiveWanted, query: Query, where: str) -> Check:
    return Check(
        name,
        "fail",
        f"{_shortened(Refusal(query.why))} (reading {where}): it is gone, or Lake Formation hides it",
        f"Grant SELECT and DESCRIBE on it in Lake Formation to {wanted.identity.arn}, if it is there",
        _METADATA,
    )


# ---- the rest ----


def live_cancel(wanted: LiveWanted, query: Query, refusal: Refusal | None) -> Check:
    """A query that ended before it was stopped is as good: the call was allowed."""
    name = "live_cancel"
    if refusal is None or refusal.code == "InvalidRequestException":
        ended = f" (it ended {query.state})" if query.state in ENDED else ""
        reference = f"{ATHENA_API}API_StopQueryExecution.html"
        return Check(name, "pass", f"a query is stopped{ended}", reference=reference)
    return _refused(name, wanted, refusal, f"StopQueryExecution of {query.sql}")


def live_keys(wanted: LiveWanted, trials: Sequence[KeyTrial]) -> Check:
    """A statement for S3 or Glue alone (kms:ViaService) denies the direct call and lets the connection work."""
    name = "live_keys"
    problems: list[Check] = []
    for trial in trials:
        where = f"a trial of {trial.action} with the key of the {trial.use}, {trial.arn}"
        if trial.answer == "not tried":
            detail = f"{trial.action} with {trial.arn} was not tried: this SDK cannot ask for it without a ciphertext"
            problems.append(
                Check(
                    name, "unknown", detail, "Update boto3 and botocore to a release of March 2026 or later", _DRY_RUN
                )
            )
        elif isinstance(trial.answer, Refusal):
            problems.append(_key_problem(name, wanted, trial, trial.answer, where))
    passed = "; ".join(f"{trial.action} with {trial.arn} is allowed" for trial in trials)
    return _together(name, problems, passed, _DRY_RUN)


def _key_problem(name: str, wanted: LiveWanted, trial: KeyTrial, refusal: Refusal, where: str) -> Check:
    if not refusal.is_denial:
        return _refused(name, wanted, refusal, where)
    return Check(
        name,
        "unknown",
        f"{_shortened(refusal)} ({where}); a policy may yet allow the use through S3 or AWS Glue, as Athena does it",
        f"Unless policies limit the key with kms:ViaService, grant {trial.action} on {trial.arn} to "
        f"{wanted.identity.arn}, in its policy and in the key policy",
        _DRY_RUN,
    )
