# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS has of a connection, each fact asked once.

What may not be looked at is Denied, and all else is asked the same.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _access_facts as _facts,
    _access_options,
    _at_once,
    _bucket_grants,
    _data_catalogs,
    _decisions,
    _discovery,
    _discovery_read,
    _discovery_run,
    _errors,
    _grants,
    _grants_catalog,
    _grants_catalog_read,
    _iam,
    _identity,
    _identity_policies,
    _key_checks,
    _key_policy,
    _key_read,
    _lake_formation_access,
    _lake_formation_read,
    _location,
    _report,
    _results_bucket_facts,
    _results_bucket_run,
    _s3,
    _simulation,
    _simulation_run,
    _tables,
    _trust_read,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def observe(
    connection: _access_options.Connection, simulated: bool, session: _aws_module.Session
) -> tuple[_access_options.Connection, _facts.Facts]:
    """What AWS has; of an identity that does not exist no more is asked. The connection then knows its identity."""
    owners = _errors.looked_at(
        lambda: _data_catalogs.data_catalog_owners(connection.policy.data_catalogs or (), session)
    )
    if not isinstance(owners, _report.Denied):
        policy = dataclasses.replace(connection.policy, data_catalog_owners=owners)
        connection = dataclasses.replace(connection, policy=policy)
    found = _errors.looked_at(lambda: _iam.get_identity(session.client("iam"), connection.identity))
    name = connection.expected_arn if isinstance(found, _report.Denied) else str((found or {}).get("Arn", ""))
    arn = _identity.match_identity_arn(name)
    if arn:
        connection = connection.with_identity(arn)
    if arn and simulated and connection.is_base_role_unlisted:
        connection = _with_base_role(connection, session)
    results = _results_bucket_run.observe(connection.results, session)
    keys = _discovery_read.KeyReader(session)
    facts = _facts.Facts(
        arn=arn,
        found=found,
        results=results,
        results_keys=_discovery_run.results_keys(
            results.workgroup, functools.partial(_bucket_key, results, connection, keys), keys
        ),
        discovered=_discovery_run.discover_catalogs(connection.policy, connection.catalog_id, session, keys),
    )
    return connection, _of_identity(arn, connection, facts, simulated, session) if arn else facts


def _with_base_role(connection: _access_options.Connection, session: _aws_module.Session) -> _access_options.Connection:
    """With its ARN, which has the path that its name does not show."""
    role = _identity.Identity("role", str(connection.base_role_name))
    found = _errors.looked_at(lambda: _iam.get_identity(session.client("iam"), role))
    return dataclasses.replace(connection, base_role_arn=found["Arn"] if isinstance(found, Mapping) else found)


def _bucket_key(
    results: _results_bucket_facts.Observed, connection: _access_options.Connection, keys: _discovery_read.KeyReader
) -> _discovery.FoundKey:
    """The default key of the results bucket, which was asked for its encryption already."""
    encryption = results.settings.encryption if results.settings else None
    return keys.key_of(encryption, connection.results.owner == connection.scope.account_id)


def _of_identity(
    arn: _identity.IdentityArn,
    connection: _access_options.Connection,
    facts: _facts.Facts,
    simulated: bool,
    session: _aws_module.Session,
) -> _facts.Facts:
    facts = dataclasses.replace(facts, **_itself(connection, facts, session))
    databases = _facts.databases_of(connection, facts.discovered)
    wanted = _wanted_grants(connection, session)
    lake_formation = _lake_formation_read.read_lake_formation(
        facts.discovered.tables,
        databases,
        arn.arn,
        connection.catalog_id,
        session,
        wanted or frozenset(),
        facts.discovered.settings,
        facts.discovered.registrations,
    )
    facts = dataclasses.replace(
        facts,
        wanted_grants=wanted,
        lake_formation=lake_formation,
        access=_lake_formation_access.access_of(lake_formation, facts.discovered.tables),
    )
    facts = dataclasses.replace(facts, source_policies=source_policies(facts, session))
    if simulated:
        facts = dataclasses.replace(facts, **_simulated(arn, connection, facts, session))
    needs = _facts.key_needs(connection, facts)
    decisions = _decisions.Decisions() if facts.decisions is None else facts.decisions
    return dataclasses.replace(facts, keys=_key_read.read_keys(needs, session, decisions, facts.registration_decisions))


def _wanted_grants(connection: _access_options.Connection, session: _aws_module.Session) -> _grants.Atoms | None:
    """The grants that the identity must hold, without those that are wanted only if their resource exists."""
    grants = connection.grants
    if grants is None or not grants.optional:
        return grants.atoms if grants else None
    reader = _grants_catalog_read.CatalogReader("verification", session, required=False)
    # What may not be looked at is taken to be there: what is not held of it then shows.
    found = _errors.looked_at(lambda: reader.read(grants.optional))
    return (
        grants.atoms
        if isinstance(found, _report.Denied)
        else _grants_catalog.without_absent(grants.atoms, grants.optional, found)
    )


def _itself(
    connection: _access_options.Connection, facts: _facts.Facts, session: _aws_module.Session
) -> dict[str, t.Any]:
    """How the identity can be had, and the policies that it has."""
    client, identity = session.client("iam"), connection.identity
    found = facts.found if isinstance(facts.found, Mapping) else {}
    own: dict[str, t.Any] = {"policies": _identity_policies.read_policies(identity, found, session)}
    if identity.type == "user":
        own["access_keys"] = _errors.looked_at(lambda: _iam.list_access_keys(client, identity.name))
    elif isinstance(found.get("AssumeRolePolicyDocument"), Mapping):
        document = found["AssumeRolePolicyDocument"]
        named = _errors.looked_at(lambda: _trust_read.with_live_arns(document, connection.trusted_principals, session))
        own["trust_policy"] = document if isinstance(named, _report.Denied) else named
    return own


def source_policies(facts: _facts.Facts, session: _aws_module.Session) -> dict[str, _facts.BucketPolicy]:
    """The policies of the buckets with the files, whose owners are not known. S3 shows them to their own account."""
    found = {_tables.s3_location(uri).bucket for uri in _facts.sources_of(facts)}
    found |= {location.bucket for location, _role in _facts.registered_roles(facts)}
    buckets = sorted(found)
    client = session.client("s3")

    def ask(bucket: str) -> _facts.BucketPolicy:
        try:
            return _errors.looked_at(lambda: _s3.get_bucket_policy(client, bucket, None))
        except _s3.S3Error as error:
            # That it is not there is told with the tables.
            if _errors.code_of(error) == "NoSuchBucket":
                return None
            if _s3.is_out_of_reach(error):
                return _report.Denied(_errors.permission_for(error))
            raise

    counter = session.progress.count("verification", "bucket policies read", len(buckets))
    return dict(zip(buckets, _at_once.at_once(ask, buckets, counter), strict=True))


def _simulated(
    arn: _identity.IdentityArn,
    connection: _access_options.Connection,
    facts: _facts.Facts,
    session: _aws_module.Session,
) -> dict[str, t.Any]:
    scope = connection.scope
    asked = _simulation.simulations(_facts.reach_of(connection, facts), scope, _key_policy.dns_suffix(scope.partition))
    decisions = _simulate(arn.arn, asked, session)
    if decisions is None:
        # Its ARN was made of its name, as it may not be looked at, and is another one.
        decisions = facts.found if isinstance(facts.found, _report.Denied) else _decisions.Decisions()
    return {
        "decisions": _bucket_grants.with_bucket_policies(
            decisions, _own_policies(connection, facts), arn, connection.results
        ),
        "base_decisions": _base_decisions(connection, arn.arn, session),
        "registration_decisions": _registration_decisions(connection, facts, session),
    }


def _own_policies(connection: _access_options.Connection, facts: _facts.Facts) -> dict[str, _facts.BucketPolicy]:
    """Those of the buckets of the account of the identity; in others both sides have to allow."""
    policies = dict(facts.source_policies)
    settings, wanted = facts.results.settings, connection.results
    if settings and wanted.owner == connection.scope.account_id:
        policies[wanted.bucket] = settings.policy
    return policies


def _base_decisions(
    connection: _access_options.Connection, arn: str, session: _aws_module.Session
) -> dict[str, _decisions.Decisions | _report.Denied | None]:
    asked = [_simulation.assume_role_simulation(arn, connection.scope, connection.external_id)]
    found = {base.arn: _simulate(base.arn, asked, session) for base in connection.own_base_roles}
    unseen = connection.base_role_arn if isinstance(connection.base_role_arn, _report.Denied) else None
    return {base: unseen if decisions is None else decisions for base, decisions in found.items()}


def _registration_decisions(
    connection: _access_options.Connection, facts: _facts.Facts, session: _aws_module.Session
) -> _key_checks.Roles:
    """What IAM lets the roles do with which Lake Formation reads the files, but those of AWS and of other accounts."""
    scope = connection.scope
    locations: dict[_identity.IdentityArn, list[_location.S3Location]] = {}
    for location, role in _facts.registered_roles(facts):
        if role.account_id == scope.account_id and not _identity.role_of_aws(role.name, role.path):
            locations.setdefault(role, []).append(location)
    suffix = _key_policy.dns_suffix(scope.partition)
    found: dict[str, _decisions.Decisions | _report.Denied | None] = {}
    for role, its_locations in locations.items():
        its_keys = sorted(_facts.keys_of({it.bucket for it in its_locations}, facts))
        decisions = _simulate(
            role.arn, _simulation.registration_simulations(its_locations, its_keys, scope, suffix), session
        )
        found[role.arn] = _bucket_grants.with_bucket_policies(
            decisions, facts.source_policies, role, connection.results
        )
    return found


def _simulate(
    arn: str, asked: Sequence[_simulation.Simulation], session: _aws_module.Session
) -> _decisions.Decisions | _report.Denied | None:
    """None where IAM knows nobody of that ARN."""
    try:
        return _simulation_run.simulate(arn, asked, session)
    except AnsibleIAMError as error:
        if _errors.code_of(error) == "NoSuchEntity":
            return None
        raise
