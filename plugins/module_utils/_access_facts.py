# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found about a connection, and what follows from it without asking more.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _access_options,
    _decisions,
    _discovery,
    _grants,
    _identity,
    _identity_policies,
    _key_checks,
    _key_policy,
    _lake_formation_access,
    _location,
    _policy,
    _report,
    _resource_policy,
    _results_bucket_facts as _results,
    _results_requests,
    _results_workgroup_checks,
    _simulation,
    _source_checks,
    _tables,
    _validation,
)

# Where the user chose no databases, the policy names none: a look at so many tells the same of all.
_MOST_DATABASES: t.Final = 25
_OF_OWNER: t.Final = frozenset({"aws:resourceaccount", "s3:resourceaccount"})
_READS: t.Final = ("s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject")

BucketPolicy: t.TypeAlias = "Mapping[str, t.Any] | _report.Denied | None"


@dataclasses.dataclass(frozen=True)
class Facts:
    """Every fact is one, None where AWS says that there is none, or Denied.

    found: the user or role. trust_policy: with live principals by their ARNs. decisions: None where IAM was not to be
    asked. base_decisions, registration_decisions: by the ARN of the role, None where there is no such role.
    source_policies: by bucket. wanted_grants: those of the connection, but for what may be absent and is; None where
    the options name none.
    """

    arn: _identity.IdentityArn | None
    found: Mapping[str, t.Any] | _report.Denied | None
    results: _results.Observed
    results_keys: _discovery.ResultsKeys
    discovered: _discovery.Discovered
    access_keys: Sequence[Mapping[str, t.Any]] | _report.Denied = ()
    trust_policy: Mapping[str, t.Any] | None = None
    lake_formation: _lake_formation_access.LakeFormationFacts | None = None
    access: Mapping[_tables.Table, _tables.TableAccess] = dataclasses.field(default_factory=dict)
    source_policies: Mapping[str, BucketPolicy] = dataclasses.field(default_factory=dict)
    decisions: _decisions.Decisions | _report.Denied | None = None
    base_decisions: Mapping[str, _decisions.Decisions | _report.Denied | None] = dataclasses.field(default_factory=dict)
    registration_decisions: _key_checks.Roles = dataclasses.field(default_factory=dict)
    keys: Mapping[str, _key_policy.KeyFacts] = dataclasses.field(default_factory=dict)
    policies: _identity_policies.IdentityPolicies | None = None
    wanted_grants: _grants.Atoms | None = None


def results_location(connection: _access_options.Connection, observed: _results.Observed) -> _location.S3Location:
    """Where results really go, as far as that is known and can be a location."""
    uri = _results_workgroup_checks.effective_location(connection.results, observed.workgroup)
    try:
        return _location.parse_s3_location("output_location", uri) if uri else connection.results.location
    except _validation.InvalidOption:
        return connection.results.location


def databases_of(connection: _access_options.Connection, discovered: _discovery.Discovered) -> tuple[str, ...]:
    """The databases that are looked at: those chosen, or some of those found."""
    chosen = connection.policy.databases
    if chosen is not None:
        return tuple(name for name in chosen if name not in discovered.absent_databases)
    found = dict.fromkeys(it.database for it in discovered.tables)
    return tuple(found)[:_MOST_DATABASES]


def one_table_each(databases: Sequence[str], tables: Iterable[_tables.Table]) -> dict[str, _tables.Table]:
    """A table of each database, one with files where there is one."""
    chosen: dict[str, _tables.Table] = {}
    for table in tables:
        if table.database in databases and table.name:
            known = chosen.get(table.database)
            if known is None or (known.kind != "table" and table.kind == "table"):
                chosen[table.database] = table
    return chosen


def sources_of(facts: Facts) -> list[str]:
    """The locations that the identity has to read itself: those of tables that are not withheld from it."""
    readable = [table for table, access in facts.access.items() if access.may_select or access.unknown]
    return _source_checks.read_by_itself(readable, facts.access, facts.discovered)


def hands_out_files(facts: Facts) -> bool:
    """Whether Lake Formation hands out files of a table to the identity."""
    return any(
        _source_checks.vended(uri, table, access, facts.discovered)
        for table, access in facts.access.items()
        if access.may_select
        for uri in table.locations
    )


def reach_of(connection: _access_options.Connection, facts: Facts) -> _simulation.Reach:
    """What the queries meet, in concrete names."""
    databases = databases_of(connection, facts.discovered)
    tables = one_table_each(databases, facts.discovered.tables)
    return _simulation.Reach(
        workgroup=connection.results.workgroup,
        results=results_location(connection, facts.results),
        results_owner=connection.results.owner,
        catalog_id=connection.catalog_id,
        data_catalogs=connection.policy.data_catalogs or (_policy.DEFAULT_DATA_CATALOG,),
        databases=databases,
        tables=tuple((table.database, table.name) for table in tables.values()),
        sources=tuple(_tables.s3_location(uri) for uri in sources_of(facts)),
        results_keys=_known(facts.results_keys.key, facts.results_keys.workgroup_key),
        source_keys=tuple(dict.fromkeys(it.arn for it in key_needs(connection, facts) if it.use == "sources")),
        catalog_keys=_known(_catalog_key(facts)),
        needs_data_access=connection.policy.lake_formation or hands_out_files(facts),
        result_streaming=connection.policy.result_streaming,
        list_data_catalogs=connection.policy.list_data_catalogs,
    )


def _known(*keys: _discovery.FoundKey) -> tuple[str, ...]:
    """Those of the keys that are known, and that a text names as AWS does: nothing else can be asked about."""
    return tuple(dict.fromkeys(key for key in keys if isinstance(key, str) and _location.match_key_arn(key)))


def keys_of(buckets: Iterable[str], facts: Facts) -> tuple[str, ...]:
    """The default keys of buckets with files."""
    return _known(*map(facts.discovered.source_keys.get, buckets))


def _catalog_key(facts: Facts) -> _discovery.FoundKey:
    catalog = facts.discovered.catalog
    return catalog.key if isinstance(catalog, _discovery.CatalogEncryption) else catalog


def key_needs(connection: _access_options.Connection, facts: Facts) -> list[_key_checks.KeyNeed]:
    """The keys that a query needs, for what, and who uses them."""
    identity = facts.arn
    if identity is None:
        return []
    needs = [
        _results_need(arn, connection, facts, identity)
        for arn in _known(facts.results_keys.key, facts.results_keys.workgroup_key)
    ]
    needs += [_need(arn, "catalog", "the Data Catalog", identity) for arn in _known(_catalog_key(facts))]
    for name in sorted({_tables.s3_location(uri).bucket for uri in sources_of(facts)}):
        needs += [_need(arn, "sources", f"files in {name}", identity) for arn in keys_of([name], facts)]
    roles = {(location.bucket, role) for location, role in registered_roles(facts)}
    for name, holder in sorted(roles, key=lambda it: (it[0], it[1].arn)):
        needs += [_need(arn, "lake_formation", f"files in {name}", holder) for arn in keys_of([name], facts)]
    return needs


def _need(arn: str, use: _key_policy.KeyUse, why: str, holder: _identity.IdentityArn) -> _key_checks.KeyNeed:
    return _key_checks.KeyNeed(arn, use, _key_checks.key_actions(use), why, holder)


def _results_need(
    arn: str, connection: _access_options.Connection, facts: Facts, identity: _identity.IdentityArn
) -> _key_checks.KeyNeed:
    need = _need(arn, "results", f"results in {connection.results.bucket}", identity)
    workgroup = facts.results.workgroup
    if isinstance(workgroup, _results.Workgroup) and workgroup.encryption_option == "CSE_KMS":
        is_of_bucket = facts.results.settings is not None and facts.results.settings.kms_key_arn == arn
        if not is_of_bucket:
            return dataclasses.replace(need, client_side=True)
    return dataclasses.replace(need, s3_arns=_results_context(connection, facts))


def _results_context(connection: _access_options.Connection, facts: Facts) -> tuple[str, ...]:
    """What S3 gives as encryption context of results: the bucket with an S3 Bucket Key, the object without.

    Objects take that setting from their bucket, unless it uses double encryption, which has no such keys
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html).
    """
    location = results_location(connection, facts.results)
    settings = facts.results.settings if location.bucket == connection.results.bucket else None
    encryption = settings.encryption if settings else None
    if not isinstance(encryption, _results.Encryption) or not encryption.uses_kms:
        return ()
    there = dataclasses.replace(connection.results, location=location)
    if encryption.bucket_key_enabled and encryption.algorithm == "aws:kms":
        return (there.bucket_arn,)
    requests = [it for it in _results_requests.athena_requests(there, None) if it.action == "s3:PutObject"]
    return tuple(it.resource for it in requests)


def registered_roles(facts: Facts) -> list[tuple[_location.S3Location, _identity.IdentityArn]]:
    """The registered locations whose files Lake Formation hands out to the identity, each with its role."""
    registrations = facts.discovered.registrations
    if isinstance(registrations, _report.Denied):
        return []
    found = set()
    for table, access in facts.access.items():
        for uri in table.locations if access.may_select else ():
            registration = registrations.around(uri) or {}
            role = _identity.match_identity_arn(str(registration.get("RoleArn", "")))
            if role and _source_checks.vended(uri, table, access, facts.discovered):
                found.add((_simulation.registered_location(registration), role))
    return sorted(found, key=lambda it: (it[0].uri, it[1].arn))


class BucketPolicies:
    """What the policies of the source buckets deny the identity, whose requests Athena makes."""

    def __init__(self, connection: _access_options.Connection, policies: Mapping[str, BucketPolicy]) -> None:
        self._wanted = connection.results
        self._policies = policies

    def reads(self, location: _location.S3Location) -> _source_checks.Answer:
        policy = self._policies.get(location.bucket)
        if isinstance(policy, _report.Denied):
            reason = f"the policy of {location.bucket} may not be looked at: grant {policy.permission}"
            return _source_checks.Answer("unknown", reason)
        found = _resource_policy.denials(policy or {}, self._wanted.identity, self._requests(location))
        if not found:
            return _source_checks.Answer()
        # What is sure is told before what is not known.
        denial = min(found, key=lambda it: not it.sure)
        statement = f"{denial.statement} of the policy of {location.bucket}"
        if not denial.sure:
            return _source_checks.Answer(
                "unknown", f"{statement} may deny it, depending on {', '.join(denial.depends_on)}"
            )
        remedy = "Exempt the identity, or what Athena does for it, in the statement"
        return _source_checks.Answer("no", f"{statement} denies {', '.join(denial.actions)}", remedy)

    def _requests(self, location: _location.S3Location) -> list[_resource_policy.Request]:
        """Athena's reads below the location, of a bucket whose owner is not known."""
        there = dataclasses.replace(self._wanted, location=location)
        requests = [it for it in _results_requests.athena_requests(there, None) if it.action in _READS]
        return [
            dataclasses.replace(it, context={key: known for key, known in it.context.items() if key not in _OF_OWNER})
            for it in requests
        ]


def _to_be_read(facts: Facts) -> _discovery.Discovered:
    """What was found, of the locations only those that the identity reads itself.

    A bucket that does not exist is not one to be read: whoever makes one of that name decides what is in it.
    """
    gone = facts.discovered.absent_buckets
    wanted = {uri for uri in sources_of(facts) if _tables.s3_location(uri).bucket not in gone}
    tables = (
        dataclasses.replace(it, locations=tuple(uri for uri in it.locations if uri in wanted))
        for it in facts.discovered.tables
    )
    return dataclasses.replace(facts.discovered, tables=tuple(tables))


def proposals_of(connection: _access_options.Connection, facts: Facts, key_accounts: Iterable[str]) -> dict[str, t.Any]:
    """What was found, and what the options lack of it; nothing is left out but what no policy could name.

    No rights on S3 are proposed for files that Lake Formation hands out, or withholds.
    """
    options = connection.policy
    sources = set(sources_of(facts))
    limits = _discovery.Limits(
        allowed=tuple({_location.S3Location(_tables.s3_location(uri).bucket) for uri in sources}),
        account_id=connection.scope.account_id,
        region=connection.results.region,
        partition=connection.results.partition,
        key_accounts=frozenset(key_accounts),
    )
    found = _discovery.discovery_result(options, limits, facts.results_keys, facts.discovered)["found"]
    result = _discovery.discovery_result(options, limits, facts.results_keys, _to_be_read(facts))
    given = {
        "kms_keys": {use: sorted(arns) for use, arns in options.kms_keys.items() if arns},
        "source_locations": [it.uri for it in options.source_locations],
    }
    proposals = {name: value for name, value in result["policy_options"].items() if value != given[name]}
    if hands_out_files(facts) and not options.lake_formation:
        proposals["lake_formation"] = True
    return {
        "found": found,
        "proposals": proposals,
        "not_allowed": result["not_allowed"],
        "unknown": result["unknown"],
    }


def needed_policy(connection: _access_options.Connection, facts: Facts) -> _policy.PolicyOptions:
    """The policy of the options, with the keys and locations that queries were found to need."""
    options = connection.policy
    keys = {use: set(options.kms_keys.get(use, ())) for use in _policy.KEY_USES}
    for need in key_needs(connection, facts):
        if need.use != "lake_formation":
            keys[need.use].add(need.arn)
    sources = (*options.source_locations, *map(_tables.s3_location, sources_of(facts)))
    return dataclasses.replace(
        options,
        kms_keys={use: tuple(sorted(arns)) for use, arns in keys.items() if arns},
        source_locations=_location.outermost(sources),
        lake_formation=options.lake_formation or hands_out_files(facts),
    )
