# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a connection's owner wrote to the IAM policy document.

With only an output location the document is the vendor's example, statement for statement. Each further option
adds a statement or narrows one.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _location,
    _permissions,
    _policy_language,
    _validation,
)

PolicyDocument = dict[str, t.Any]
KeyUse = t.Literal["results", "sources", "catalog"]

KEY_USES: t.Final[tuple[KeyUse, ...]] = t.get_args(KeyUse)
DEFAULT_DATA_CATALOG: t.Final = "AwsDataCatalog"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters other than white space.
MANAGED_POLICY_QUOTA: t.Final = 6144
INLINE_POLICY_QUOTAS: t.Final[Mapping[str, int]] = {"user": 2048, "role": 10240}

# https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateDataCatalog.html
_DATA_CATALOG_NAME = re.compile(r"[a-zA-Z0-9_@-]{1,128}")


@dataclasses.dataclass(frozen=True)
class PolicyOptions:
    """What the policy is to allow; None means not narrowed, an empty tuple means nothing added.

    data_catalog_owners: the accounts whose Glue Data Catalogs the data catalogs stand for; empty for the caller's.
    """

    output_location: _location.S3Location
    workgroups: tuple[str, ...] | None = None
    data_catalogs: tuple[str, ...] | None = None
    data_catalog_owners: tuple[str, ...] = ()
    databases: tuple[str, ...] | None = None
    kms_keys: Mapping[KeyUse, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    source_locations: tuple[_location.S3Location, ...] = ()
    lake_formation: bool = False
    result_streaming: bool = False
    list_data_catalogs: bool = False
    restrict_listing: bool = False

    @property
    def requested(self) -> frozenset[str]:
        """The names of the options that add actions (see _permissions.Permission.option)."""
        added = {
            "kms_keys": bool(self.kms_keys),
            "source_locations": bool(self.source_locations),
            "lake_formation": self.lake_formation,
            "result_streaming": self.result_streaming,
            "list_data_catalogs": self.list_data_catalogs,
        }
        return frozenset(name for name, given in added.items() if given)


def read_options(params: Mapping[str, t.Any]) -> PolicyOptions:
    """The options of the module, checked as far as they show it, or InvalidOption."""
    sources = params.get("source_locations")
    _validation.require_entries("source_locations", sources)
    return PolicyOptions(
        output_location=_location.parse_s3_location("output_location", params["output_location"]),
        workgroups=_names("workgroups", params.get("workgroups"), _workgroup_name),
        data_catalogs=_names("data_catalogs", params.get("data_catalogs"), _data_catalog),
        databases=_names("databases", params.get("databases"), _database),
        kms_keys=_keys(params.get("kms_keys") or {}),
        source_locations=_location.outermost(
            _location.parse_s3_location("source_locations", uri) for uri in sources or ()
        ),
        lake_formation=bool(params.get("lake_formation")),
        result_streaming=bool(params.get("result_streaming")),
        list_data_catalogs=bool(params.get("list_data_catalogs")),
        restrict_listing=bool(params.get("restrict_listing")),
    )


def _names(option: str, values: Sequence[str] | None, check: t.Callable[[str], str]) -> tuple[str, ...] | None:
    _validation.require_entries(option, values)
    return None if values is None else tuple(sorted({check(value) for value in values}))


def _workgroup_name(name: str) -> str:
    return _validation.check_workgroup_name("workgroups", _validation.refuse_unsafe_text("workgroups", name))


def _data_catalog(name: str) -> str:
    _validation.refuse_unsafe_text("data_catalogs", name)
    if name.casefold() == DEFAULT_DATA_CATALOG.casefold() and name != DEFAULT_DATA_CATALOG:
        raise _validation.InvalidOption(
            "data_catalogs", f"ARNs are case-sensitive; write {DEFAULT_DATA_CATALOG!r}, not {name!r}"
        )
    if "/" in name:
        raise _validation.InvalidOption(
            "data_catalogs",
            f"{name!r} names a multi-level or federated catalog, which needs more than this policy; "
            "only Athena data catalogs of the type GLUE can be named",
        )
    if not _DATA_CATALOG_NAME.fullmatch(name):
        raise _validation.InvalidOption(
            "data_catalogs",
            f"{name!r} is not the name of an Athena data catalog: letters, digits, '_', '@' and '-', at most 128",
        )
    return name


def _database(name: str) -> str:
    _validation.refuse_unsafe_text("databases", name)
    if "/" in name or ":" in name or len(name) > 255:
        raise _validation.InvalidOption(
            "databases", f"{name!r} is not the name of a Glue database; write the name, not an ARN or a path"
        )
    # Glue folds names to lowercase when it stores them, and IAM compares ARNs with case
    # (https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html).
    return name.lower()


def _keys(given: Mapping[str, Sequence[str] | None]) -> dict[KeyUse, tuple[str, ...]]:
    keys: dict[KeyUse, tuple[str, ...]] = {}
    for use in KEY_USES:
        option = f"kms_keys.{use}"
        arns = given.get(use)
        _validation.require_entries(option, arns)
        if arns:
            keys[use] = tuple(sorted({_location.parse_key_arn(option, arn).arn for arn in arns}))
    return keys


def check_key_regions(options: PolicyOptions, scope: _location.Scope) -> None:
    """Raise InvalidOption for a key of another partition or Region, which cannot be the one that is used.

    Athena does not query encrypted data of another Region (https://docs.aws.amazon.com/athena/latest/ug/encryption.html).
    """
    for option, key in _named_keys(options):
        if key.partition != scope.partition:
            raise _validation.InvalidOption(
                option, f"{key.arn} lies in the partition {key.partition}, not in {scope.partition}"
            )
        if scope.region and key.region != scope.region:
            raise _validation.InvalidOption(
                option, f"{key.arn} lies in {key.region}; name the key that is used in {scope.region}"
            )


def check_key_accounts(options: PolicyOptions, account_id: str, other_accounts: Iterable[str]) -> None:
    """Raise InvalidOption for a key of an account that is neither the caller's nor one of the others."""
    allowed = {account_id, *other_accounts}
    for option, key in _named_keys(options):
        if key.account_id not in allowed:
            raise _validation.InvalidOption(
                option,
                f"{key.arn} belongs to the account {key.account_id}, not to {account_id}; "
                "if that is meant, list the account in kms_key_accounts",
            )


def _named_keys(options: PolicyOptions) -> Iterable[tuple[str, _location.KeyArn]]:
    for use, arns in options.kms_keys.items():
        option = f"kms_keys.{use}"
        yield from ((option, _location.parse_key_arn(option, arn)) for arn in arns)


def build_policy(options: PolicyOptions, scope: _location.Scope) -> PolicyDocument:
    """The policy document; InvalidOption("region", ...) where an option needs a Region and there is none."""
    statements = [
        *_athena(options, scope),
        *_glue(options, scope),
        *_results(options, scope),
        *_sources(options, scope),
        *_key_statements(options),
    ]
    if options.lake_formation:
        # GetDataAccess knows no resource, so only "*" allows it.
        statements.append(
            _allow("LakeFormationDataAccess", _permissions.actions_on(["anything"], ["lake_formation"]), "*")
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(
    sid: str, actions: Sequence[str], resources: str | Sequence[str], condition: Mapping[str, t.Any] | None = None
) -> dict[str, t.Any]:
    """A statement; one action or resource is written without a list, as IAM's own examples do."""
    if not isinstance(resources, str):
        resources = resources[0] if len(resources) == 1 else list(resources)
    statement: dict[str, t.Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions[0] if len(actions) == 1 else list(actions),
        "Resource": resources,
    }
    if condition:
        statement["Condition"] = dict(condition)
    return statement


def _athena(options: PolicyOptions, scope: _location.Scope) -> list[dict[str, t.Any]]:
    """Queries belong to a workgroup, metadata calls to a data catalog: two statements as soon as either is narrowed."""

    def actions(*targets: _permissions.Target) -> list[str]:
        return _permissions.actions_on(targets, options.requested)

    if options.workgroups is None and options.data_catalogs is None:
        statements = [_allow("AthenaQueryAccess", actions("workgroup", "data_catalog"), "*")]
    else:
        workgroups = [scope.workgroup(name) for name in options.workgroups or ()]
        data_catalogs = [scope.data_catalog(name) for name in options.data_catalogs or ()]
        statements = [
            _allow("AthenaQueryAccess", actions("workgroup"), workgroups or "*"),
            _allow("AthenaCatalogMetadata", actions("data_catalog"), data_catalogs or "*"),
        ]
    if options.list_data_catalogs:
        statements.append(
            _allow("AthenaListDataCatalogs", _permissions.actions_on(["anything"], ["list_data_catalogs"]), "*")
        )
    return statements


def _glue(options: PolicyOptions, scope: _location.Scope) -> list[dict[str, t.Any]]:
    """Every call is checked against the table and all that is above it, and listing databases needs all of them.

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    """
    if options.databases is None and options.data_catalogs is None:
        return [_allow("GlueCatalogReadOnly", _permissions.actions_on(["glue_names", "glue_metadata"]), "*")]

    owners = options.data_catalog_owners or (scope.account_id,)

    def resources(*names: str) -> list[str]:
        return [scope.glue(name, owner) for owner in owners for name in names]

    if options.databases is None:
        everything = resources("catalog", "database/*", "table/*/*")
        return [_allow("GlueCatalogReadOnly", _permissions.actions_on(["glue_names", "glue_metadata"]), everything)]

    # Athena looks at "default" whatever the query names; it opens no table of it.
    databases = list(dict.fromkeys(["default", *options.databases]))
    return [
        _allow("GlueListNames", _permissions.actions_on(["glue_names"]), resources("catalog", "database/*")),
        _allow(
            "GlueReadDatabases",
            _permissions.actions_on(["glue_metadata"]),
            resources(
                "catalog",
                *(f"database/{name}" for name in databases),
                *(f"table/{name}/*" for name in options.databases),
            ),
        ),
    ]


def _results(options: PolicyOptions, scope: _location.Scope) -> list[dict[str, t.Any]]:
    location = options.output_location
    bucket, objects = scope.bucket(location.bucket), scope.objects(location)
    actions = _permissions.actions_on(["results_bucket", "results_objects"])
    if not (options.restrict_listing and location.prefix):
        return [_allow("S3QueryResultsBucket", actions, [bucket, objects])]
    return [
        _allow("S3QueryResultsBucket", [name for name in actions if name != "s3:ListBucket"], [bucket, objects]),
        _allow("S3QueryResultsListing", ["s3:ListBucket"], bucket, _listing_condition([location])),
    ]


def _sources(options: PolicyOptions, scope: _location.Scope) -> list[dict[str, t.Any]]:
    if not options.source_locations:
        return []
    names = list(dict.fromkeys(location.bucket for location in options.source_locations))
    buckets = [scope.bucket(name) for name in names]
    objects = [scope.objects(location) for location in options.source_locations]
    bucket_actions = _permissions.actions_on(["source_bucket"], options.requested)
    reading = _allow("S3SourceObjects", _permissions.actions_on(["source_objects"], options.requested), objects)
    if not options.restrict_listing:
        return [_allow("S3SourceBuckets", bucket_actions, buckets), reading]
    # A bucket that is named whole has nothing to restrict; any other has its own prefixes in its own statement.
    unconditioned = [name for name in bucket_actions if name != "s3:ListBucket"]
    listing = [
        _allow(
            f"S3SourceListing{number}",
            ["s3:ListBucket"],
            scope.bucket(name),
            _listing_condition([location for location in options.source_locations if location.bucket == name]),
        )
        for number, name in enumerate(names, start=1)
    ]
    return [_allow("S3SourceBuckets", unconditioned, buckets), *listing, reading]


def _listing_condition(locations: Sequence[_location.S3Location]) -> dict[str, t.Any] | None:
    """Only for s3:ListBucket: GetBucketLocation and the like carry no prefix, so that a condition denies them."""
    if any(not location.prefix for location in locations):
        return None
    return {"StringLike": {"s3:prefix": [form for it in locations for form in (it.prefix, it.key_pattern)]}}


def _key_statements(options: PolicyOptions) -> list[dict[str, t.Any]]:
    named: dict[KeyUse, tuple[str, _permissions.Target]] = {
        "results": ("KmsQueryResults", "results_key"),
        "sources": ("KmsSourceData", "source_key"),
        "catalog": ("KmsGlueCatalog", "catalog_key"),
    }
    return [
        _allow(sid, _permissions.actions_on([target], options.requested), options.kms_keys[use])
        for use, (sid, target) in named.items()
        if use in options.kms_keys
    ]


def check_size(options: PolicyOptions, scope: _location.Scope, quota: int, holder: str) -> None:
    """Raise InvalidOption when the document is larger than the quota, naming the option that takes the most of it."""
    size = _policy_language.policy_size(build_policy(options, scope))
    if size <= quota:
        return
    without: dict[str, PolicyOptions] = {
        "databases": dataclasses.replace(options, databases=None),
        "workgroups": dataclasses.replace(options, workgroups=None),
        "data_catalogs": dataclasses.replace(options, data_catalogs=None),
        "source_locations": dataclasses.replace(options, source_locations=()),
        "kms_keys": dataclasses.replace(options, kms_keys={}),
    }
    savings = {name: size - _policy_language.policy_size(build_policy(fewer, scope)) for name, fewer in without.items()}
    largest = max(savings, key=lambda name: savings[name])
    advice = "" if quota >= MANAGED_POLICY_QUOTA else ", or use policy_type=managed, which holds 6,144"
    if savings[largest] <= 0:
        raise _validation.InvalidOption(
            "policy_type", f"the policy has {size:,} characters, {holder} holds {quota:,}{advice}"
        )
    raise _validation.InvalidOption(
        largest,
        f"the policy has {size:,} characters, {holder} holds {quota:,}; {largest} takes {savings[largest]:,} of them: "
        f"name fewer, or split the connection{advice}",
    )
