# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a connection, in the order in which a query meets what they are about.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _access_facts as _facts,
    _access_options,
    _beyond,
    _decisions,
    _discovery,
    _identity_checks as _identity,
    _key_checks,
    _key_policy,
    _lake_formation_checks,
    _live,
    _location,
    _permission_checks,
    _report,
    _results_bucket,
    _source_checks,
    _tables,
    _words,
)


def judge(
    connection: _access_options.Connection,
    facts: _facts.Facts,
    live: _live.LiveResult | None = None,
    beyond: Sequence[_beyond.Beyond] = (),
) -> list[_report.Check]:
    """All checks. What is about an identity that does not exist is left out."""
    checks = [*_of_identity(connection, facts), *_results_bucket.workgroup_checks(connection.results, facts.results)]
    checks += _results_bucket.bucket_checks(connection.results, facts.results)
    lake_formation = _of_lake_formation(connection, facts)
    checks += lake_formation[:1]
    checks += _of_keys(connection, facts)
    if facts.decisions is not None:
        checks += _permission_checks.permission_checks(
            _facts.reach_of(connection, facts), connection.scope, facts.decisions
        )
    if facts.arn:
        are_chosen = connection.policy.databases is not None
        checks.append(_source_checks.source_data(table_verdicts(connection, facts), facts.discovered, are_chosen))
    checks += lake_formation[1:]
    checks += live.checks if live else []
    if facts.policies is not None:
        checks.append(_beyond.at_most(beyond, facts.policies.denied))
    return checks


def _of_identity(connection: _access_options.Connection, facts: _facts.Facts) -> list[_report.Check]:
    account_id = connection.scope.account_id
    checks = [_identity.identity_exists(connection.identity, account_id, facts.found, connection.results.predicts)]
    if facts.arn is None:
        return checks
    if connection.identity.type == "user":
        return [*checks, _identity.access_key(connection.identity.name, facts.access_keys)]
    if facts.trust_policy is not None:
        principals, external_id = connection.trusted_principals, connection.external_id
        checks += _identity.trust(facts.arn.arn, facts.trust_policy, principals, external_id)
    return [*checks, *_of_base_roles(connection, facts, facts.arn.arn)]


def _of_base_roles(connection: _access_options.Connection, facts: _facts.Facts, role: str) -> list[_report.Check]:
    checks = []
    for principal in connection.own_base_roles:
        if principal.arn not in facts.base_decisions:
            continue
        decisions = facts.base_decisions[principal.arn]
        if decisions is None:
            checks.append(_permission_checks.no_base_role(principal.arn))
            continue
        is_named = _identity.is_named(role, facts.trust_policy or {}, principal, connection.external_id)
        checks.append(_permission_checks.base_role_permission(role, principal.arn, decisions, is_named))
    return checks


def _of_lake_formation(connection: _access_options.Connection, facts: _facts.Facts) -> list[_report.Check]:
    """The first is about the results location, the others about the tables."""
    if facts.lake_formation is None:
        return []
    return _lake_formation_checks.lake_formation_checks(
        facts.lake_formation,
        facts.discovered.tables,
        _facts.databases_of(connection, facts.discovered),
        _facts.results_location(connection, facts.results),
        facts.wanted_grants,
    )


# Keys --------------------------------------------------------------------------------------------------------------


def _of_keys(connection: _access_options.Connection, facts: _facts.Facts) -> list[_report.Check]:
    if facts.arn is None:
        return []
    decisions = _decisions.Decisions() if facts.decisions is None else facts.decisions
    needs = _facts.key_needs(connection, facts)
    roles = facts.registration_decisions
    judged = {
        it.name: it for it in _key_checks.key_checks(needs, facts.keys, decisions, connection.results.region, roles)
    }
    found = [_of_use(use, keys, why, judged.get(_key_checks.CHECK_NAMES[use])) for use, keys, why in _uses(facts)]
    of_lake_formation = judged.get(_key_checks.CHECK_NAMES["lake_formation"])
    return [*found, *([of_lake_formation] if of_lake_formation else [])]


def _of_use(
    use: _key_policy.KeyUse, keys: Sequence[_discovery.FoundKey], why: str, judged: _report.Check | None
) -> _report.Check:
    """What fails for sure is told before what is not known."""
    if judged and judged.status == "fail":
        return judged
    return _nameless_key(use, keys) or _unknown_key(use, keys) or judged or _key_checks.no_key(use, why)


def _uses(facts: _facts.Facts) -> list[tuple[_key_policy.KeyUse, Sequence[_discovery.FoundKey], str]]:
    """Each use of a key, what was found of it, and what to say where there is none."""
    catalog = facts.discovered.catalog
    mode = catalog.mode if isinstance(catalog, _discovery.CatalogEncryption) else ""
    why = {
        "SSE-KMS-WITH-SERVICE-ROLE": "Glue uses the key of the Data Catalog as its service role",
        "SSE-KMS": "The Data Catalog lies under a key of AWS's own",
        "": "The account's own Data Catalog is not among the data_catalogs",
    }.get(mode, "The Data Catalog is not encrypted with a KMS key")
    results = [facts.results_keys.key, facts.results_keys.workgroup_key]
    sources = facts.discovered.source_keys
    buckets = {_tables.s3_location(uri).bucket for uri in _facts.sources_of(facts)}
    keys = [key for name, key in sorted(sources.items()) if name in buckets]
    return [
        ("results", results, "Results are not encrypted with a customer managed key"),
        ("catalog", [catalog.key if isinstance(catalog, _discovery.CatalogEncryption) else catalog], why),
        ("sources", keys, "No file that the identity reads itself lies under a customer managed default key"),
    ]


def _nameless_key(use: _key_policy.KeyUse, keys: Iterable[_discovery.FoundKey]) -> _report.Check | None:
    """A default key is that of what is written from now on: of results, and not of the files that are there."""
    text = next((it for it in keys if isinstance(it, str) and not _location.match_key_arn(it)), None)
    if text is None:
        return None
    return _report.Check(
        _key_checks.CHECK_NAMES[use],
        "fail" if use == "results" else "warn",
        f"{text!r} is set as a key, and is not the ARN of a KMS key",
        "Name a key that exists where that is set, by its own ARN",
        _key_checks.no_key(use, "").reference,
    )


def _unknown_key(use: _key_policy.KeyUse, keys: Iterable[_discovery.FoundKey]) -> _report.Check | None:
    key = next((key for key in keys if isinstance(key, _report.Denied)), None)
    if key is None:
        return None
    what = {"results": "results", "catalog": "the Data Catalog", "sources": "source data"}[use]
    return _report.Check(
        _key_checks.CHECK_NAMES[use],
        "unknown",
        f"with which key {what} may be encrypted is not allowed to be looked at",
        _words.grant_to_caller(key.permission),
        _key_checks.no_key(use, "").reference,
    )


# Tables ------------------------------------------------------------------------------------------------------------


def table_verdicts(connection: _access_options.Connection, facts: _facts.Facts) -> list[_source_checks.TableVerdict]:
    """Whether the identity can read each table."""
    if facts.arn is None:
        return []
    in_iam = _permission_checks.SourcesInIam(connection.scope, facts.decisions)
    in_policies = _facts.BucketPolicies(connection, facts.source_policies)

    @functools.cache
    def reads(uri: str) -> _source_checks.Answer:
        answers = [in_iam.reads(_tables.s3_location(uri)), in_policies.reads(_tables.s3_location(uri))]
        return next(
            (it for order in ("no", "unknown") for it in answers if it.answer == order), _source_checks.Answer()
        )

    gets_data_access = _permission_checks.data_access(facts.decisions)
    roles = _permission_checks.RegistrationRoles(
        connection.scope, facts.discovered.registrations, facts.registration_decisions
    )
    return [
        _source_checks.verdict_on(table, facts.access[table], facts.discovered, reads, gets_data_access, roles.reads)
        for table in facts.discovered.tables
    ]
