# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM is asked about an identity, in as few simulations as will do, and how its answers are read.

Each action is asked on the resources that it is authorised on, in concrete names, with what is known of the request's
context; anything else gives false denials
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _location,
    _permissions,
    _policy,
)

# So many resources are asked for in one call.
_RESOURCES_AT_ONCE: t.Final = 50
# So many prefixes of a bucket, and of all buckets together, are asked for by themselves, as each takes a call; what
# those of a bucket come to stands for the rest of it. Every bucket has one asked.
_LISTINGS_OF_A_BUCKET: t.Final = 25
_LISTINGS_OF_ALL: t.Final = 100
# Stands for any object there is, or will be.
_SOME_OBJECT: t.Final = "0f8fad5b-d9cb-469f-a165-70867728950e.csv"
# Stands for the databases that nobody chose.
OTHER_DATABASE: t.Final = "some_other_database"
_EVERYTHING: t.Final = "*"
_LIST_BUCKET: t.Final = "s3:ListBucket"
_ATHENA: t.Final = "athena.amazonaws.com"

# What is not supplied, as only the request itself has it, or the resource; a denial may hinge on it.
_UNKNOWABLE: t.Final = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:referer",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:vpcsourceip",
        "s3:resourceaccount",
    }
)
_UNKNOWABLE_KINDS: t.Final = ("aws:resourcetag/", "kms:encryptioncontext:", "s3:existingobjecttag/")

ContextEntry = tuple[str, str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Simulation:
    """One call of SimulatePrincipalPolicy.

    below: of a listing, the prefix that it asks for. is_bounded: with the identity's permissions boundary, if any.
    by_client: whether it is asked for what the client does itself, and not Athena for it.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[ContextEntry, ...] = ()
    below: str | None = None
    is_bounded: bool = True
    by_client: bool = False

    @property
    def context_entries(self) -> list[dict[str, t.Any]]:
        return [
            {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}
            for name, kind, values in self.context
        ]

    def name_of(self, resource: str) -> str:
        """How decisions name the resource."""
        if self.by_client:
            return client_reads(resource)
        return f"{resource} below {self.below}" if self.below else resource


@dataclasses.dataclass(frozen=True)
class Reach:
    """What the queries of a connection meet.

    results: where results really go. databases: without C(default), which Athena looks at in any case. tables: some of
    each database. sources: the locations that the identity has to read itself. needs_data_access: whether Lake
    Formation hands out files. catalog_id: the account whose catalog it is.
    """

    workgroup: str
    results: _location.S3Location
    catalog_id: str
    data_catalogs: tuple[str, ...] = (_policy.DEFAULT_DATA_CATALOG,)
    databases: tuple[str, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    sources: tuple[_location.S3Location, ...] = ()
    results_keys: tuple[str, ...] = ()
    source_keys: tuple[str, ...] = ()
    catalog_keys: tuple[str, ...] = ()
    results_owner: str = ""
    needs_data_access: bool = False
    result_streaming: bool = False
    list_data_catalogs: bool = False


def resources_of(permission: _permissions.Permission, reach: Reach, scope: _location.Scope) -> tuple[str, ...]:
    """The ARNs that the action is asked on, and has to be allowed on all of; none where nothing needs it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    is_met = _MET.get(permission.option)
    if is_met and not is_met(reach):
        return ()
    return tuple(dict.fromkeys(_RESOURCES[permission.target](permission.action, reach, scope)))


def object_of(location: _location.S3Location, scope: _location.Scope) -> str:
    """An object below the location."""
    return f"{scope.bucket(location.bucket)}/{location.key_pattern.removesuffix('*')}{_SOME_OBJECT}"


def listing_of(location: _location.S3Location, scope: _location.Scope) -> str:
    """How a decision names the listing of what is below the location."""
    bucket = scope.bucket(location.bucket)
    return f"{bucket} below {location.prefix}/" if location.prefix else bucket


def _glue(action: str, reach: Reach, scope: _location.Scope) -> list[str]:
    """The resource and all that is above it. Athena looks at the database C(default), but opens no table there.

    A listing of databases is of all of them
    (https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html).
    """
    operation = action.partition(":")[2]
    names = ["catalog"]
    if operation in ("GetDatabase", "GetDatabases"):
        names += [f"database/{name}" for name in ("default", *reach.databases)]
        names += [f"database/{OTHER_DATABASE}"] if operation == "GetDatabases" else []
    elif operation not in ("GetCatalog", "GetCatalogs"):
        # Where no table is known, all that is above one has to be allowed still.
        databases = [*reach.databases, *(database for database, _table in reach.tables)]
        if not databases:
            return []
        names += [f"database/{name}" for name in databases]
        names += [f"table/{database}/{table}" for database, table in reach.tables]
    return [scope.glue(name, reach.catalog_id) for name in names]


# Whether queries meet what an option asks for. Of the other options that shows in what there is to ask it on.
_MET: t.Final[Mapping[str, t.Callable[[Reach], bool]]] = {
    "lake_formation": lambda reach: reach.needs_data_access,
    "list_data_catalogs": lambda reach: reach.list_data_catalogs,
    "result_streaming": lambda reach: reach.result_streaming,
}

_RESOURCES: t.Final[Mapping[_permissions.Target, t.Callable[[str, Reach, _location.Scope], Iterable[str]]]] = {
    "workgroup": lambda _action, reach, scope: [scope.workgroup(reach.workgroup)],
    "data_catalog": lambda _action, reach, scope: [scope.data_catalog(name) for name in reach.data_catalogs],
    "glue_names": _glue,
    "glue_metadata": _glue,
    "results_bucket": lambda _action, reach, scope: [scope.bucket(reach.results.bucket)],
    "results_objects": lambda _action, reach, scope: [object_of(reach.results, scope)],
    "source_bucket": lambda _action, reach, scope: [scope.bucket(it.bucket) for it in reach.sources],
    "source_objects": lambda _action, reach, scope: [object_of(it, scope) for it in reach.sources],
    "results_key": lambda _action, reach, _scope: reach.results_keys,
    "source_key": lambda _action, reach, _scope: reach.source_keys,
    "catalog_key": lambda _action, reach, _scope: reach.catalog_keys,
    "anything": lambda _action, _reach, _scope: [_EVERYTHING],
}

# Which service uses a key for the identity.
_VIA: t.Final[Mapping[_permissions.Target, str]] = {"results_key": "s3", "source_key": "s3", "catalog_key": "glue"}
# What Athena does for the identity, and the identity does not do itself.
_THROUGH_ATHENA: t.Final[frozenset[_permissions.Target]] = frozenset(
    {"glue_names", "glue_metadata", "results_bucket", "results_objects", "source_bucket", "source_objects"}
)


def simulations(reach: Reach, scope: _location.Scope, dns_suffix: str | None) -> list[Simulation]:
    """Actions with the same resources and context share a call. dns_suffix: of the partition, where it is known."""
    grouped: dict[tuple[tuple[str, ...], tuple[ContextEntry, ...]], dict[str, None]] = collections.defaultdict(dict)
    for permission in _permissions.CATALOGUE:
        if permission.action == _LIST_BUCKET:
            continue
        by_owner: dict[str, list[str]] = collections.defaultdict(list)
        for resource in resources_of(permission, reach, scope):
            by_owner[_owner(permission.target, resource, reach, scope)].append(resource)
        for owner, resources in by_owner.items():
            context = _context(permission.action, permission.target, owner, scope, dns_suffix)
            grouped[tuple(resources), context][permission.action] = None
    asked = [
        Simulation(tuple(actions), resources[start : start + _RESOURCES_AT_ONCE], context)
        for (resources, context), actions in grouped.items()
        for start in range(0, len(resources), _RESOURCES_AT_ONCE)
    ]
    return [*asked, *_listings(reach, scope, dns_suffix), _by_the_client(reach, scope, dns_suffix)]


def _by_the_client(reach: Reach, scope: _location.Scope, dns_suffix: str | None) -> Simulation:
    """The driver reads results from S3 itself: a policy for what Athena does (aws:CalledVia) does not let it."""
    resource = object_of(reach.results, scope)
    through = _context(
        "s3:GetObject", "results_objects", _owner("results_objects", resource, reach, scope), scope, dns_suffix
    )
    known = tuple(it for it in through if not it[0].startswith(("aws:CalledVia", "aws:ViaAWSService")))
    context = (*known, ("aws:ViaAWSService", "boolean", ("false",)))
    return Simulation(("s3:GetObject",), (resource,), context, by_client=True)


def assume_role_simulation(role: str, scope: _location.Scope, external_id: str | None) -> Simulation:
    """Whether a base role may become the role."""
    context: list[ContextEntry] = [
        ("aws:SecureTransport", "boolean", ("true",)),
        ("aws:RequestedRegion", "string", (str(scope.region),)),
        ("aws:ViaAWSService", "boolean", ("false",)),
        ("aws:ResourceAccount", "string", (scope.account_id,)),
    ]
    if external_id:
        context.append(("sts:ExternalId", "string", (external_id,)))
    return Simulation(("sts:AssumeRole",), (role,), tuple(context))


def client_reads(resource: str) -> str:
    """The decision on what the client reads itself."""
    return f"{resource} by the client itself"


def registered_location(registration: Mapping[str, t.Any]) -> _location.S3Location:
    """Where the files of a registration with Lake Formation are."""
    bucket, _slash, prefix = str(registration["ResourceArn"]).partition(":::")[2].rstrip("/").partition("/")
    return _location.S3Location(bucket, prefix)


def registration_simulations(
    locations: Iterable[_location.S3Location], keys: Iterable[str], scope: _location.Scope, dns_suffix: str | None
) -> list[Simulation]:
    """Whether the role of registered locations may read what Lake Formation hands out of them.

    https://docs.aws.amazon.com/lake-formation/latest/dg/registration-role.html
    """
    known: tuple[ContextEntry, ...] = (
        ("aws:SecureTransport", "boolean", ("true",)),
        ("aws:RequestedRegion", "string", (str(scope.region),)),
    )
    asked = []
    for location in locations:
        prefix = f"{location.prefix}/" if location.prefix else ""
        listing = (*known, ("s3:prefix", "string", (prefix,)))
        asked.append(Simulation(("s3:GetObject",), (object_of(location, scope),), known))
        asked.append(Simulation((_LIST_BUCKET,), (scope.bucket(location.bucket),), listing, prefix))
    via = f"s3.{scope.region}.{dns_suffix}"
    through_s3 = (*known, ("kms:ViaService", "string", (via,)), ("kms:CallerAccount", "string", (scope.account_id,)))
    return asked + [Simulation(("kms:Decrypt",), (key,), through_s3 if dns_suffix else known) for key in keys]


def _listings(reach: Reach, scope: _location.Scope, dns_suffix: str | None) -> list[Simulation]:
    """A listing is authorised on the bucket, and a condition may look at the prefix."""
    asked: dict[str, Simulation] = {}
    of_bucket: collections.Counter[str] = collections.Counter()
    places: list[tuple[_permissions.Target, _location.S3Location]] = [("results_bucket", reach.results)]
    places += [("source_bucket", it) for it in reach.sources]
    for target, location in places:
        name = listing_of(location, scope)
        most = _LISTINGS_OF_A_BUCKET if len(asked) < _LISTINGS_OF_ALL else 1
        if name in asked or of_bucket[location.bucket] >= most:
            continue
        of_bucket[location.bucket] += 1
        prefix = f"{location.prefix}/" if location.prefix else ""
        bucket = scope.bucket(location.bucket)
        context = _context(_LIST_BUCKET, target, _owner(target, bucket, reach, scope), scope, dns_suffix)
        asked[name] = Simulation((_LIST_BUCKET,), (bucket,), (*context, ("s3:prefix", "string", (prefix,))), prefix)
    return list(asked.values())


def _owner(target: _permissions.Target, resource: str, reach: Reach, scope: _location.Scope) -> str:
    """The account of a resource; empty for source buckets, of which it is not known."""
    if target in ("source_bucket", "source_objects"):
        return ""
    # The ARN of a bucket names no account.
    named = "" if resource == _EVERYTHING else resource.split(":")[4]
    return named or (reach.results_owner if target.startswith("results_") else "") or scope.account_id


def _context(
    action: str, target: _permissions.Target, owner: str, scope: _location.Scope, dns_suffix: str | None
) -> tuple[ContextEntry, ...]:
    """What is known of the request: the client asks Athena, and Athena asks all others in the client's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    entries: list[ContextEntry] = [
        ("aws:SecureTransport", "boolean", ("true",)),
        ("aws:RequestedRegion", "string", (str(scope.region),)),
        ("aws:ViaAWSService", "boolean", ("false" if action.startswith("athena:") else "true",)),
    ]
    if owner:
        entries.append(("aws:ResourceAccount", "string", (owner,)))
    if target in ("results_bucket", "results_objects"):
        entries.append(("s3:ResourceAccount", "string", (owner,)))
    if target in _THROUGH_ATHENA or action == "lakeformation:GetDataAccess":
        entries += [
            ("aws:CalledVia", "stringList", (_ATHENA,)),
            ("aws:CalledViaFirst", "string", (_ATHENA,)),
            ("aws:CalledViaLast", "string", (_ATHENA,)),
        ]
    if target in _VIA and dns_suffix:
        entries.append(("kms:ViaService", "string", (f"{_VIA[target]}.{scope.region}.{dns_suffix}",)))
        entries.append(("kms:CallerAccount", "string", (scope.account_id,)))
    return tuple(entries)


def decisions_of(simulation: Simulation, results: Iterable[Mapping[str, t.Any]]) -> list[_decisions.Decision]:
    """The answers to one call.

    Since 2026 there is one result for an action, with one for each resource in it; before, there was one for each
    action and resource (https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html).
    """
    return [
        _decision(result, one, simulation.name_of(resource))
        for result in results
        for resource, one in _by_resource(simulation, result)
    ]


def _by_resource(simulation: Simulation, result: Mapping[str, t.Any]) -> list[tuple[str, Mapping[str, t.Any]]]:
    specific = result.get("ResourceSpecificResults") or ()
    if len(simulation.resources) == 1:
        return [(simulation.resources[0], one) for one in specific or (_of_all(result),)]
    if specific:
        return [(one["EvalResourceName"], one) for one in specific]
    # A result about all resources at once names them by a template.
    named = result.get("EvalResourceName")
    about = [named] if named in simulation.resources else simulation.resources
    return [(resource, _of_all(result)) for resource in about]


def _of_all(result: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    return {**result, "EvalResourceDecision": result.get("EvalDecision")}


def _decision(result: Mapping[str, t.Any], one: Mapping[str, t.Any], resource: str) -> _decisions.Decision:
    action, policies = result["EvalActionName"], _policies(one)
    if one.get("EvalResourceDecision") == "allowed":
        return _decisions.Decision(action, resource, "allowed", policies)
    missing = one.get("MissingContextValues") or result.get("MissingContextValues") or ()
    depends_on = tuple(sorted(key for key in missing if _is_unknowable(key.lower())))
    return _decisions.Decision(action, resource, _refusal(result, one), policies, depends_on)


def _refusal(result: Mapping[str, t.Any], one: Mapping[str, t.Any]) -> _decisions.Verdict:
    """Who refuses, as far as one answer tells; the rest second_looks asks for.

    What the organization decides is told for all resources of an action together, and never with a statement.
    """
    is_denied = one.get("EvalResourceDecision") == "explicitDeny"
    boundary = one.get("PermissionsBoundaryDecisionDetail") or result.get("PermissionsBoundaryDecisionDetail") or {}
    if not boundary.get("AllowedByPermissionsBoundary", True):
        return "boundary"
    in_organization = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    if not in_organization and not (is_denied and _policies(one)):
        return "organization"
    return "denied" if is_denied else "not_allowed"


def _is_unknowable(key: str) -> bool:
    return key in _UNKNOWABLE or key.startswith(_UNKNOWABLE_KINDS)


def _policies(one: Mapping[str, t.Any]) -> tuple[str, ...]:
    names = (statement.get("SourcePolicyId") for statement in one.get("MatchedStatements") or ())
    return tuple(dict.fromkeys(str(name) for name in names if name))


def second_looks(simulation: Simulation, decisions: Iterable[_decisions.Decision]) -> list[Simulation]:
    """What has to be asked again to tell who refuses.

    A boundary that does not allow an action hides whether the identity's policies do, and the answer about the
    organization does not tell the resources of a call apart.
    """
    names = {simulation.name_of(it): it for it in simulation.resources}
    bounded: dict[str, list[str]] = collections.defaultdict(list)
    by_organization: dict[str, list[str]] = collections.defaultdict(list)
    for it in decisions:
        if it.verdict == "boundary" and simulation.is_bounded:
            bounded[it.action].append(names[it.resource])
        elif it.verdict == "organization" and len(simulation.resources) > 1:
            by_organization[names[it.resource]].append(it.action)
    of_resources: dict[tuple[str, ...], list[str]] = collections.defaultdict(list)
    for action, resources in bounded.items():
        of_resources[tuple(resources)].append(action)
    unbounded = dataclasses.replace(simulation, is_bounded=False)
    return [
        *(dataclasses.replace(unbounded, actions=tuple(it), resources=arns) for arns, it in of_resources.items()),
        *(dataclasses.replace(simulation, actions=tuple(it), resources=(arn,)) for arn, it in by_organization.items()),
    ]


def settled(
    decisions: Iterable[_decisions.Decision], again: Iterable[_decisions.Decision]
) -> list[_decisions.Decision]:
    """The decisions, with those of the second look in the place of what they explain.

    Where the identity's own policies lack a permission too, that is what is told: it is first to be given.
    """
    looked = {(it.action, it.resource): it for it in again if not it.is_allowed}
    return [it if it.is_allowed else looked.get((it.action, it.resource), it) for it in decisions]


def worst(decisions: Iterable[_decisions.Decision]) -> list[_decisions.Decision]:
    """One answer for each action and resource: where several were given, as for a key with two uses, the worst.

    The listing of a bucket as a whole, where it was not asked, comes to what the listings below its prefixes come to.
    """
    given = list(decisions)
    asked = {(it.action, it.resource) for it in given}
    found: dict[tuple[str, str], _decisions.Decision] = {}
    for it in given:
        bucket = it.resource.partition(" below ")[0]
        for resource in (it.resource, *([] if (it.action, bucket) in asked else [bucket])):
            known = found.get((it.action, resource))
            if known is None or _badness(it) > _badness(known):
                found[it.action, resource] = dataclasses.replace(it, resource=resource)
    return list(found.values())


def _badness(decision: _decisions.Decision) -> int:
    """What may be allowed after all is better than what is not."""
    return 0 if decision.is_allowed else 1 if decision.depends_on else 2
