# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a connection, in the order in which a query meets what they are about.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import _access_facts as _facts
from ansible_collections.qualytics.athena.plugins.module_utils import _identity_checks as _identity
from ansible_collections.qualytics.athena.plugins.module_utils._access_facts import Facts
from ansible_collections.qualytics.athena.plugins.module_utils._access_options import Connection
from ansible_collections.qualytics.athena.plugins.module_utils._beyond import Beyond, at_most
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import CatalogEncryption, FoundKey
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import CHECK_NAMES, key_checks, no_key
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import KeyUse
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_checks import lake_formation_checks
from ansible_collections.qualytics.athena.plugins.module_utils._live import LiveResult
from ansible_collections.qualytics.athena.plugins.module_utils._permission_checks import (
    RegistrationRoles,
    SourcesInIam,
    base_role_permission,
    data_access,
    no_base_role,
    permission_checks,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket import bucket_checks, workgroup_checks
from ansible_collections.qualytics.athena.plugins.module_utils._source_checks import (
    Answer,
    TableVerdict,
    source_data,
    verdict_on,
)
from ansible_collections.qualytics.athena.plugins.module_utils._tables import s3_location


def judge(
    connection: Connection, facts: Facts, live: LiveResult | None = None, beyond: Sequence[Beyond] = ()
) -> list[Check]:
    """All checks. What is about an identity that does not exist is left out."""
    checks = [*_of_identity(connection, facts), *workgroup_checks(connection.results, facts.results)]
    checks += bucket_checks(connection.results, facts.results)
    lake_formation = _of_lake_formation(connection, facts)
    checks += lake_formation[:1]
    checks += _of_keys(connection, facts)
    if facts.decisions is not None:
        checks += permission_checks(_facts.reach_of(connection, facts), connection.scope, facts.decisions)
    if facts.arn:
        are_chosen = connection.policy.databases is not None
        checks.append(source_data(table_verdicts(connection, facts), facts.discovered, are_chosen))
    checks += lake_formation[1:]
    checks += live.checks if live else []
    if facts.policies is not None:
        checks.append(at_most(beyond, facts.policies.denied))
    return checks


def _of_identity(connection: Connection, facts: Facts) -> list[Check]:
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


def _of_base_roles(connection: Connection, facts: Facts, role: str) -> list[Check]:
    checks = []
    for principal in connection.own_base_roles:
        if principal.arn not in facts.base_decisions:
            continue
        decisions = facts.base_decisions[principal.arn]
        if decisions is None:
            checks.append(no_base_role(principal.arn))
            continue
        is_named = _identity.is_named(role, facts.trust_policy or {}, principal, connection.external_id)
        checks.append(base_role_permission(role, principal.arn, decisions, is_named))
    return checks


def _of_lake_formation(connection: Connection, facts: Facts) -> list[Check]:
    """The first is about the results location, the others about the tables."""
    if facts.lake_formation is None:
        return []
    return lake_formation_checks(
        facts.lake_formation,
        facts.discovered.tables,
        _facts.databases_of(connection, facts.discovered),
        _facts.results_location(connection, facts.results),
        facts.wanted_grants,
    )


# Keys --------------------------------------------------------------------------------------------------------------


def _of_keys(connection: Connection, facts: Facts) -> list[Check]:
    if facts.arn is None:
        return []
    decisions = Decisions() if facts.decisions is None else facts.decisions
    needs = _facts.key_needs(connection, facts)
    roles = facts.registration_decisions
    judged = {it.name: it for it in key_checks(needs, facts.keys, decisions, connection.results.region, roles)}
    found = [_of_use(use, key, why, judged.get(CHECK_NAMES[use])) for use, key, why in _uses(facts)]
    of_lake_formation = judged.get(CHECK_NAMES["lake_formation"])
    return [*found, *([of_lake_formation] if of_lake_formation else [])]


def _of_use(use: KeyUse, key: FoundKey, why: str, judged: Check | None) -> Check:
    """What fails for sure is told before what is not known."""
    if judged and judged.status == "fail":
        return judged
    return _unknown_key(use, key) or judged or no_key(use, why)


def _uses(facts: Facts) -> list[tuple[KeyUse, FoundKey, str]]:
    """Each use of a key, what was found of it, and what to say where there is none."""
    catalog = facts.discovered.catalog
    mode = catalog.mode if isinstance(catalog, CatalogEncryption) else ""
    why = {
        "SSE-KMS-WITH-SERVICE-ROLE": "Glue uses the key of the Data Catalog as its service role",
        "SSE-KMS": "The Data Catalog lies under a key of AWS's own",
        "": "The account's own Data Catalog is not among the data_catalogs",
    }.get(mode, "The Data Catalog is not encrypted with a KMS key")
    results: list[FoundKey] = [facts.results_keys.key, facts.results_keys.workgroup_key]
    sources = facts.discovered.source_keys
    buckets = {s3_location(uri).bucket for uri in _facts.sources_of(facts)}
    keys = [key for name, key in sorted(sources.items()) if name in buckets]
    return [
        ("results", _unseen(results), "Results are not encrypted with a customer managed key"),
        ("catalog", catalog.key if isinstance(catalog, CatalogEncryption) else catalog, why),
        ("sources", _unseen(keys), "No file that the identity reads itself lies under a customer managed default key"),
    ]


def _unseen(keys: Iterable[FoundKey]) -> Denied | None:
    return next((key for key in keys if isinstance(key, Denied)), None)


def _unknown_key(use: KeyUse, key: FoundKey) -> Check | None:
    if not isinstance(key, Denied):
        return None
    what = {"results": "results", "catalog": "the Data Catalog", "sources": "source data"}[use]
    return Check(
        CHECK_NAMES[use],
        "unknown",
        f"with which key {what} may be encrypted is not allowed to be looked at",
        f"Grant {key.permission} to the identity that runs this task",
        no_key(use, "").reference,
    )


# Tables ------------------------------------------------------------------------------------------------------------


def table_verdicts(connection: Connection, facts: Facts) -> list[TableVerdict]:
    """Whether the identity can read each table."""
    if facts.arn is None:
        return []
    in_iam = SourcesInIam(connection.scope, facts.decisions)
    in_policies = _facts.BucketPolicies(connection, facts.source_policies)

    @functools.cache
    def reads(uri: str) -> Answer:
        answers = [in_iam.reads(s3_location(uri)), in_policies.reads(s3_location(uri))]
        return next((it for order in ("no", "unknown") for it in answers if it.answer == order), Answer())

    gets_data_access = data_access(facts.decisions)
    roles = RegistrationRoles(connection.scope, facts.discovered.registrations, facts.registration_decisions)
    return [
        verdict_on(table, facts.access[table], facts.discovered, reads, gets_data_access, roles.reads)
        for table in facts.discovered.tables
    ]
