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

from ansible_collections.qualytics.athena.plugins.module_utils import _access_facts as _facts
from ansible_collections.qualytics.athena.plugins.module_utils import _iam, _s3
from ansible_collections.qualytics.athena.plugins.module_utils._access_facts import BucketPolicy, Facts
from ansible_collections.qualytics.athena.plugins.module_utils._access_options import Connection
from ansible_collections.qualytics.athena.plugins.module_utils._at_once import at_once
from ansible_collections.qualytics.athena.plugins.module_utils._bucket_grants import with_bucket_policies
from ansible_collections.qualytics.athena.plugins.module_utils._data_catalogs import data_catalog_owners
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import FoundKey
from ansible_collections.qualytics.athena.plugins.module_utils._discovery_read import KeyReader
from ansible_collections.qualytics.athena.plugins.module_utils._discovery_run import discover_catalogs, results_keys
from ansible_collections.qualytics.athena.plugins.module_utils._errors import code_of, looked_at
from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog import without_absent
from ansible_collections.qualytics.athena.plugins.module_utils._grants_catalog_read import CatalogReader
from ansible_collections.qualytics.athena.plugins.module_utils._identity import (
    Identity,
    IdentityArn,
    match_identity_arn,
    role_of_aws,
)
from ansible_collections.qualytics.athena.plugins.module_utils._identity_policies import read_policies
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import Roles
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import dns_suffix
from ansible_collections.qualytics.athena.plugins.module_utils._key_read import read_keys
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import access_of
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_read import read_lake_formation
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_facts import Observed
from ansible_collections.qualytics.athena.plugins.module_utils._results_bucket_run import observe as observe_results
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import (
    Simulation,
    assume_role_simulation,
    registration_simulations,
    simulations,
)
from ansible_collections.qualytics.athena.plugins.module_utils._simulation_run import simulate
from ansible_collections.qualytics.athena.plugins.module_utils._tables import s3_location
from ansible_collections.qualytics.athena.plugins.module_utils._trust_read import with_live_arns

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session


def observe(connection: Connection, simulated: bool, session: Session) -> tuple[Connection, Facts]:
    """What AWS has; of an identity that does not exist no more is asked. The connection then knows its identity."""
    owners = looked_at(lambda: data_catalog_owners(connection.policy.data_catalogs or (), session))
    if not isinstance(owners, Denied):
        policy = dataclasses.replace(connection.policy, data_catalog_owners=owners)
        connection = dataclasses.replace(connection, policy=policy)
    found = looked_at(lambda: _iam.get_identity(session.client("iam"), connection.identity))
    name = connection.expected_arn if isinstance(found, Denied) else str((found or {}).get("Arn", ""))
    arn = match_identity_arn(name)
    if arn:
        connection = connection.with_identity(arn)
    if arn and simulated and connection.is_base_role_unlisted:
        connection = _with_base_role(connection, session)
    results = observe_results(connection.results, session)
    keys = KeyReader(session)
    facts = Facts(
        arn=arn,
        found=found,
        results=results,
        results_keys=results_keys(results.workgroup, functools.partial(_bucket_key, results, connection, keys), keys),
        discovered=discover_catalogs(connection.policy, connection.catalog_id, session, keys),
    )
    return connection, _of_identity(arn, connection, facts, simulated, session) if arn else facts


def _with_base_role(connection: Connection, session: Session) -> Connection:
    """With its ARN, which has the path that its name does not show."""
    role = Identity("role", str(connection.base_role_name))
    found = looked_at(lambda: _iam.get_identity(session.client("iam"), role))
    return dataclasses.replace(connection, base_role_arn=found["Arn"] if isinstance(found, Mapping) else found)


def _bucket_key(results: Observed, connection: Connection, keys: KeyReader) -> FoundKey:
    """The default key of the results bucket, which was asked for its encryption already."""
    encryption = results.settings.encryption if results.settings else None
    return keys.key_of(encryption, connection.results.owner == connection.scope.account_id)


def _of_identity(arn: IdentityArn, connection: Connection, facts: Facts, simulated: bool, session: Session) -> Facts:
    facts = dataclasses.replace(facts, **_itself(connection, facts, session))
    databases = _facts.databases_of(connection, facts.discovered)
    wanted = _wanted_grants(connection, session)
    lake_formation = read_lake_formation(
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
        access=access_of(lake_formation, facts.discovered.tables),
    )
    facts = dataclasses.replace(facts, source_policies=_source_policies(facts, session))
    if simulated:
        facts = dataclasses.replace(facts, **_simulated(arn, connection, facts, session))
    needs = _facts.key_needs(connection, facts)
    decisions = Decisions() if facts.decisions is None else facts.decisions
    return dataclasses.replace(facts, keys=read_keys(needs, session, decisions, facts.registration_decisions))


def _wanted_grants(connection: Connection, session: Session) -> Atoms | None:
    """The grants that the identity must hold, without those that are wanted only if their resource exists."""
    grants = connection.grants
    if grants is None or not grants.optional:
        return grants.atoms if grants else None
    clients = session.client("glue"), session.client("lakeformation")
    reader = CatalogReader(*clients, connection.scope.account_id, required=False)
    # What may not be looked at is taken to be there: what is not held of it then shows.
    found = looked_at(lambda: reader.read(grants.optional))
    return grants.atoms if isinstance(found, Denied) else without_absent(grants.atoms, grants.optional, found)


def _itself(connection: Connection, facts: Facts, session: Session) -> dict[str, t.Any]:
    """How the identity can be had, and the policies that it has."""
    client, identity = session.client("iam"), connection.identity
    found = facts.found if isinstance(facts.found, Mapping) else {}
    own: dict[str, t.Any] = {"policies": read_policies(identity, found, session)}
    if identity.type == "user":
        own["access_keys"] = looked_at(lambda: _iam.list_access_keys(client, identity.name))
    elif isinstance(found.get("AssumeRolePolicyDocument"), Mapping):
        document = found["AssumeRolePolicyDocument"]
        named = looked_at(lambda: with_live_arns(document, connection.trusted_principals, session))
        own["trust_policy"] = document if isinstance(named, Denied) else named
    return own


def _source_policies(facts: Facts, session: Session) -> dict[str, BucketPolicy]:
    """The policies of the buckets with the files, whose owners are not known. S3 shows them to their own account."""
    found = {s3_location(uri).bucket for uri in _facts.sources_of(facts)}
    found |= {location.bucket for location, _role in _facts.registered_roles(facts)}
    buckets = sorted(found)
    client = session.client("s3")

    def ask(bucket: str) -> BucketPolicy:
        try:
            return looked_at(lambda: _s3.get_bucket_policy(client, bucket, None))
        except _s3.S3Error as error:
            # That it is not there is told with the tables.
            if code_of(error) == "NoSuchBucket":
                return None
            raise

    return dict(zip(buckets, at_once(ask, buckets), strict=True))


def _simulated(arn: IdentityArn, connection: Connection, facts: Facts, session: Session) -> dict[str, t.Any]:
    scope = connection.scope
    asked = simulations(_facts.reach_of(connection, facts), scope, dns_suffix(scope.partition))
    decisions = _simulate(arn.arn, asked, session)
    if decisions is None:
        # Its ARN was made of its name, as it may not be looked at, and is another one.
        decisions = facts.found if isinstance(facts.found, Denied) else Decisions()
    return {
        "decisions": with_bucket_policies(decisions, _own_policies(connection, facts), arn, connection.results),
        "base_decisions": _base_decisions(connection, arn.arn, session),
        "registration_decisions": _registration_decisions(connection, facts, session),
    }


def _own_policies(connection: Connection, facts: Facts) -> dict[str, BucketPolicy]:
    """Those of the buckets of the account of the identity; in others both sides have to allow."""
    policies = dict(facts.source_policies)
    settings, wanted = facts.results.settings, connection.results
    if settings and wanted.owner == connection.scope.account_id:
        policies[wanted.bucket] = settings.policy
    return policies


def _base_decisions(connection: Connection, arn: str, session: Session) -> dict[str, Decisions | Denied | None]:
    asked = [assume_role_simulation(arn, connection.scope, connection.external_id)]
    found = {base.arn: _simulate(base.arn, asked, session) for base in connection.own_base_roles}
    unseen = connection.base_role_arn if isinstance(connection.base_role_arn, Denied) else None
    return {base: unseen if decisions is None else decisions for base, decisions in found.items()}


def _registration_decisions(connection: Connection, facts: Facts, session: Session) -> Roles:
    """What IAM lets the roles do with which Lake Formation reads the files, but those of AWS and of other accounts."""
    scope, keys = connection.scope, facts.discovered.source_keys
    locations: dict[IdentityArn, list[S3Location]] = {}
    for location, role in _facts.registered_roles(facts):
        if role.account_id == scope.account_id and not role_of_aws(role.name, role.path):
            locations.setdefault(role, []).append(location)
    suffix = dns_suffix(scope.partition)
    found: dict[str, Decisions | Denied | None] = {}
    for role, its_locations in locations.items():
        its_keys = sorted({key for it in its_locations if isinstance(key := keys.get(it.bucket), str)})
        decisions = _simulate(role.arn, registration_simulations(its_locations, its_keys, scope, suffix), session)
        found[role.arn] = with_bucket_policies(decisions, facts.source_policies, role, connection.results)
    return found


def _simulate(arn: str, asked: Sequence[Simulation], session: Session) -> Decisions | Denied | None:
    """None where IAM knows nobody of that ARN."""
    try:
        return simulate(arn, asked, session)
    except AnsibleIAMError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise
