# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found of a connection's keys and source data, and how much of it the policy may be given.

Whoever may create a table in Glue decides what is found. So what is found is only ever proposed as it was found, within
the buckets that the user allowed, and never a key of an account or Region that a user could not have named himself.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants_findings,
    _location,
    _policy,
    _report,
    _tables,
    _validation,
    _words,
)

Through = t.Literal["lake_formation", "s3", "both", "none"]

# The ARN of a customer managed key; None where there is none.
FoundKey: t.TypeAlias = "str | _report.Denied | None"


@dataclasses.dataclass(frozen=True, order=True)
class Unknown:
    """What may not be looked at, in words, and the permission that the checker lacks."""

    what: str
    permission: str


@dataclasses.dataclass(frozen=True)
class Absent:
    """What does not exist of what was named."""

    kind: t.Literal["bucket", "database", "workgroup"]
    name: str

    def __str__(self) -> str:
        return f"the {self.kind} {self.name}"


@dataclasses.dataclass(frozen=True)
class CatalogEncryption:
    """mode: the C(CatalogEncryptionMode) of Glue, empty where nobody asked. key: that which a reader needs."""

    mode: str
    key: FoundKey = None


@dataclasses.dataclass(frozen=True)
class ResultsKeys:
    """The keys of what Athena writes.

    key: that of the bucket, or of the workgroup where it enforces its settings. workgroup_key: that of a workgroup that
    sets one without enforcing it; which of the two then applies is not documented.
    """

    key: FoundKey = None
    workgroup_key: FoundKey = None


@dataclasses.dataclass(frozen=True)
class Discovered:
    """What the catalog has. source_keys: by bucket, of the buckets that were looked at.

    unknown: what else may not be looked at. settings: those of the data lake, None where they were of no interest.
    """

    tables: tuple[_tables.Table, ...] = ()
    registrations: _grants_findings.Registrations | _report.Denied = dataclasses.field(
        default_factory=lambda: _grants_findings.Registrations(())
    )
    catalog: CatalogEncryption | _report.Denied = CatalogEncryption("")
    source_keys: Mapping[str, FoundKey] = dataclasses.field(default_factory=dict)
    absent: tuple[Absent, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    settings: Mapping[str, t.Any] | _report.Denied | None = None

    @property
    def absent_buckets(self) -> list[str]:
        return [it.name for it in self.absent if it.kind == "bucket"]

    @property
    def absent_databases(self) -> list[str]:
        return [it.name for it in self.absent if it.kind == "database"]

    @property
    def denied(self) -> tuple[_report.Denied, ...]:
        """Every permission that was lacking."""
        facts: list[t.Any] = [self.registrations, self.catalog, *self.source_keys.values()]
        if isinstance(self.catalog, CatalogEncryption):
            facts.append(self.catalog.key)
        lacking = {fact.permission for fact in facts if isinstance(fact, _report.Denied)}
        return tuple(_report.Denied(it) for it in sorted(lacking | {it.permission for it in self.unknown}))


@dataclasses.dataclass(frozen=True)
class Limits:
    """What may be proposed. allowed: where source data may be. key_accounts: whose keys, beside those of account_id."""

    allowed: tuple[_location.S3Location, ...]
    account_id: str
    region: str
    partition: str
    key_accounts: frozenset[str] = frozenset()

    def allow(self, location: _location.S3Location) -> bool:
        return not set(self.allowed).isdisjoint(location.around())

    def objection(self, key: str) -> str:
        """Why a key is not proposed; empty where it is. A bucket keeps whatever text it is given as its key."""
        try:
            parsed = _location.parse_key_arn("key", key)
        except _validation.InvalidOption:
            return f"{key!r} is not the ARN of a KMS key"
        if parsed.account_id not in {self.account_id, *self.key_accounts}:
            return f"{key} belongs to the account {parsed.account_id}; if that is meant, list it in kms_key_accounts"
        if (parsed.partition, parsed.region) != (self.partition, self.region):
            return f"{key} lies in {parsed.region}, and Athena does not query encrypted data of another Region"
        return ""


def read_allowed(option: str, entries: Iterable[str]) -> tuple[_location.S3Location, ...]:
    """The locations within which source data may be proposed, or InvalidOption. None of them allows nothing."""
    return tuple(_location.parse_s3_location(option, _with_scheme(option, entry)) for entry in entries)


def _with_scheme(option: str, entry: str) -> str:
    if entry.startswith("s3://"):
        return entry
    if "/" in entry or ":" in entry:
        raise _validation.InvalidOption(
            option, f"{entry!r} is not the name of a bucket; write a prefix as s3://bucket/prefix"
        )
    return f"s3://{entry}"


def way_to(
    uri: str, table: _tables.Table, registrations: _grants_findings.Registrations | _report.Denied
) -> t.Literal["lake_formation", "s3", "both"]:
    """Who hands out the files there: Lake Formation, S3 to the identity itself, or one or the other.

    In hybrid access mode an identity that is not opted in reads with its own permissions on S3
    (https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html).
    """
    if isinstance(registrations, _grants_findings.Registrations):
        registration = registrations.around(uri)
        if registration is not None:
            return "both" if registration.get("HybridAccessEnabled") else "lake_formation"
    # Glue knows of registrations in the account of the catalog too, but speaks of the table's own location only, and
    # not of hybrid access mode.
    is_own_location = uri == next(iter(table.locations), "")
    return "both" if table.is_registered and is_own_location else "s3"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How a table can be read, and what that takes: s3 are the locations where the identity needs its own rights."""

    table: _tables.Table
    through: Through
    reason: str
    s3: tuple[_location.S3Location, ...] = ()
    lake_formation: tuple[_location.S3Location, ...] = ()

    @property
    def row(self) -> dict[str, t.Any]:
        return {
            "database": self.table.database,
            "table": self.table.name,
            "kind": self.table.kind,
            "locations": [*self.table.locations, *self.table.others],
            "through": self.through,
            "reason": self.reason,
        }


def verdict_on(table: _tables.Table, registrations: _grants_findings.Registrations | _report.Denied) -> Verdict:
    if table.kind == "view":
        return Verdict(table, "none", "a view has no files: the tables that it reads have to be readable")
    if table.kind == "link":
        return Verdict(
            table,
            "none",
            f"a resource link to {'.'.join(table.target)}, which is not followed: look at its target by itself",
        )
    ways: dict[str, list[str]] = {"lake_formation": [], "s3": [], "both": []}
    for uri in table.locations:
        ways[way_to(uri, table, registrations)].append(uri)
    at_s3, at_lake = [*ways["s3"], *ways["both"]], [*ways["lake_formation"], *ways["both"]]
    through: Through = "both" if at_s3 and at_lake else "s3" if at_s3 else "lake_formation" if at_lake else "none"
    return Verdict(
        table,
        through,
        _reason(table, ways),
        s3=tuple(_tables.s3_location(uri) for uri in at_s3),
        lake_formation=tuple(_tables.s3_location(uri) for uri in at_lake),
    )


def _reason(table: _tables.Table, ways: Mapping[str, Sequence[str]]) -> str:
    told = {
        "lake_formation": "registered with Lake Formation, which hands out the files to whom it grants the table",
        "s3": "not registered with Lake Formation, so that the identity needs its own permissions on S3",
        "both": "in hybrid access mode, or registered where that cannot be told: an identity that is opted in reads "
        "through Lake Formation, and any other needs its own permissions on S3",
    }
    found = [way for way in told if ways[way]]
    reasons = [told[way] if len(found) == 1 else f"{_words.some(ways[way], 3)}: {told[way]}" for way in found]
    if table.others:
        reasons.append(f"{_words.some(table.others, 3)}: {_why_not(table.others[0])}")
    if not reasons:
        reasons.append("Glue names no location")
    if table.has_manifests:
        reasons.append("its location holds lists of files, which may be elsewhere; name that place in source_locations")
    return "; ".join(reasons)


def _why_not(text: str) -> str:
    """Why a location is not proposed."""
    try:
        _tables.s3_location(text)
    except _validation.InvalidOption as error:
        return str(error).removeprefix(f"{error.option}: ")
    return "is not a folder of its own"


def discovery_result(
    options: _policy.PolicyOptions, limits: Limits, results: ResultsKeys, discovered: Discovered
) -> dict[str, t.Any]:
    """The result of the module but for how it ends, and C(warnings), which are told otherwise."""
    verdicts = [verdict_on(table, discovered.registrations) for table in discovered.tables]
    proposal = _Proposal(options, limits, results, discovered, verdicts)
    return {
        "found": proposal.found(),
        "tables": [it.row for it in verdicts],
        "policy_options": proposal.policy_options(),
        "not_allowed": proposal.not_allowed(),
        "unknown": [dataclasses.asdict(it) for it in proposal.unknown()],
        "warnings": proposal.warnings(),
    }


class _Proposal:
    """Everything that follows from what was found."""

    def __init__(
        self,
        options: _policy.PolicyOptions,
        limits: Limits,
        results: ResultsKeys,
        discovered: Discovered,
        verdicts: Sequence[Verdict],
    ) -> None:
        self._options = options
        self._limits = limits
        self._results = results
        self._discovered = discovered
        self._verdicts = verdicts
        self._sources = _location.outermost(location for it in verdicts for location in it.s3)
        # Each location by itself: an outer one that is not allowed must not take along an inner one that is.
        self._allowed = _location.outermost(
            (*options.source_locations, *(location for it in verdicts for location in it.s3 if limits.allow(location)))
        )
        # Of what was given outside of what is allowed, the keys are given too.
        self._buckets = sorted({it.bucket for it in self._allowed if limits.allow(it)})

    def found(self) -> dict[str, t.Any]:
        catalog = self._discovered.catalog
        known = catalog if isinstance(catalog, CatalogEncryption) else CatalogEncryption("")
        lake = {location.bucket for it in self._verdicts for location in it.lake_formation}
        return {
            "results_key": _known(self._results.key),
            "workgroup_key": _known(self._results.workgroup_key),
            "catalog_key": _known(known.key),
            "catalog_encryption_mode": known.mode or None,
            "source_locations": [it.uri for it in self._sources],
            "source_keys": self._keys_of({it.bucket for it in self._sources}),
            "lake_formation_keys": self._keys_of(lake),
            "absent": list(map(str, self._discovered.absent)),
        }

    def _keys_of(self, buckets: Iterable[str]) -> list[str]:
        keys = self._discovered.source_keys
        return sorted({key for bucket in buckets if (key := _known(keys.get(bucket)))})

    def policy_options(self) -> dict[str, t.Any]:
        """As the options of athena_perm_policy want them, where an empty list has no meaning and is left out."""
        proposed: dict[_policy.KeyUse, set[str]] = {
            use: set(self._options.kms_keys.get(use, ())) for use in _policy.KEY_USES
        }
        for use, key, _where in self._keys():
            if not self._limits.objection(key):
                proposed[use].add(key)
        return {
            "kms_keys": {use: sorted(keys) for use, keys in proposed.items() if keys},
            "source_locations": [it.uri for it in self._allowed],
        }

    def _keys(self) -> list[tuple[_policy.KeyUse, str, str]]:
        """The keys of what the policy is for: its results, its catalog, and the source data that it may read."""
        catalog = self._discovered.catalog
        facts: list[tuple[_policy.KeyUse, FoundKey, str]] = [
            ("results", self._results.key, self._options.output_location.uri),
            ("results", self._results.workgroup_key, self._options.output_location.uri),
            ("catalog", catalog.key if isinstance(catalog, CatalogEncryption) else None, "the Data Catalog"),
        ]
        keys = self._discovered.source_keys
        facts += [("sources", keys.get(bucket), _location.S3Location(bucket).uri) for bucket in self._buckets]
        return [(use, key, where) for use, fact, where in facts if (key := _known(fact))]

    def not_allowed(self) -> list[dict[str, t.Any]]:
        by_location: dict[str, list[str]] = {}
        reasons: dict[str, str] = {}
        covered = set(self._allowed)
        for verdict in self._verdicts:
            for location in verdict.s3:
                if covered.isdisjoint(location.around()):
                    by_location.setdefault(location.uri, []).append(verdict.table.words)
                    reasons[location.uri] = "is not within allowed_source_buckets"
            for text in verdict.table.others:
                by_location.setdefault(text, []).append(verdict.table.words)
                reasons[text] = _why_not(text)
        rows = [
            {"location": location, "tables": sorted(set(tables)), "reason": reasons[location]}
            for location, tables in sorted(by_location.items())
        ]
        for use, key, where in self._keys():
            given = set(self._options.kms_keys.get(use, ()))
            if key not in given and (objection := self._limits.objection(key)):
                rows.append({"location": where, "tables": [], "reason": objection})
        return rows

    def unknown(self) -> list[Unknown]:
        """What the proposal may lack for it. Keys of source data that may not be read anyway are not of interest."""
        discovered, catalog = self._discovered, self._discovered.catalog
        facts: list[tuple[str, t.Any]] = [
            ("the key of the results", self._results.key),
            ("the key of the workgroup", self._results.workgroup_key),
            ("whether the Data Catalog is encrypted", catalog),
            ("the key of the Data Catalog", catalog.key if isinstance(catalog, CatalogEncryption) else None),
            ("which locations are registered with Lake Formation", discovered.registrations),
        ]
        keys = discovered.source_keys
        facts += [(f"the key of the source bucket {bucket}", keys.get(bucket)) for bucket in self._buckets]
        denied = [Unknown(what, fact.permission) for what, fact in facts if isinstance(fact, _report.Denied)]
        return [*discovered.unknown, *denied]

    def warnings(self) -> list[str]:
        told = [f"{what} does not exist, so that nothing was found there" for what in self._discovered.absent]
        covered = set(self._allowed)
        open_ = [
            it.table.words
            for it in self._verdicts
            if it.through == "lake_formation"
            and any(not covered.isdisjoint(location.around()) for location in it.lake_formation)
        ]
        if open_:
            told.append(
                f"the source locations contain files of {_words.some(open_, 3)}, which Lake Formation hands out: with "
                "permissions on S3 the identity can read them whatever is granted there; name narrower locations"
            )
        return told


def _known(key: FoundKey) -> str | None:
    return None if isinstance(key, _report.Denied) else key
