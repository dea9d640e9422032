# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovery from options to result: read, observe, propose, report.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _athena,
    _discovery,
    _discovery_read,
    _errors,
    _location,
    _policy,
    _report,
    _results_bucket_facts as facts,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the options ask for. allowed: None where they do not say within which buckets source data may be."""

    options: _policy.PolicyOptions
    owner: str
    workgroup: str
    catalog_id: str
    allowed: tuple[_location.S3Location, ...] | None
    key_accounts: frozenset[str]

    def wants_key(self, bucket: str) -> bool:
        """A bucket that is not allowed is not even asked: its owner need not learn of this account."""
        return self.allowed is None or any(bucket == it.bucket for it in self.allowed)


def prepare_discovery(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    facts.read_location(params, session.region)
    workgroup = facts.read_workgroup(params)
    options = _policy.read_options(params)
    for option in ("catalog_id", "kms_key_accounts"):
        for account_id in _listed(params[option]):
            _validation.check_account_id(option, account_id)
    allowed = params["allowed_source_buckets"]
    allowed = None if allowed is None else _discovery.read_allowed("allowed_source_buckets", allowed)
    _policy.check_key_regions(options, _location.Scope(session.partition, _location.SOME_ACCOUNT, session.region))
    return lambda: _run(params, _wanted(params, options, workgroup, allowed, session), session)


def _run(params: Mapping[str, t.Any], wanted: Wanted, session: _aws_module.Session) -> dict[str, t.Any]:
    """The result of the module; C(failed) and C(msg) are in it with C(fail_on_unknown) where something is unknown."""
    keys = _discovery_read.KeyReader(session)
    results, not_found = _results_keys(wanted, keys, session)
    discovered = _discover(wanted, keys, session)
    absent = dict.fromkeys((*not_found, *keys.absent, *discovered.absent))
    discovered = dataclasses.replace(discovered, absent=tuple(absent))
    limits = _discovery.Limits(
        allowed=wanted.allowed or (),
        account_id=session.caller["Account"],
        region=t.cast(str, session.region),
        partition=session.partition,
        key_accounts=wanted.key_accounts,
    )
    result = {"changed": False, **_discovery.discovery_result(wanted.options, limits, results, discovered)}
    for warning in result.pop("warnings"):
        session.warn(warning)
    if not params["lake_formation"] and any(it["through"] in ("lake_formation", "both") for it in result["tables"]):
        session.warn(
            "Lake Formation hands out the files of some tables, for which the identity needs "
            "lakeformation:GetDataAccess (lake_formation: true) and grants"
        )
    if result["unknown"] and params["fail_on_unknown"]:
        result |= {"failed": True, "msg": _failure(result["unknown"])}
    return result


def _failure(unknown: list[dict[str, str]]) -> str:
    lacking = "; ".join(f"{it['what']}: grant {it['permission']}" for it in unknown)
    return (
        "not everything may be looked at by the identity that runs this task, and what is not seen would be missing in "
        f"the policy: {lacking}"
    )


def _wanted(
    params: Mapping[str, t.Any],
    options: _policy.PolicyOptions,
    workgroup: str,
    allowed: tuple[_location.S3Location, ...] | None,
    session: _aws_module.Session,
) -> Wanted:
    """What the options ask for, in the caller's account; InvalidOption where they cannot be."""
    account_id = session.caller["Account"]
    _policy.check_key_accounts(options, account_id, params["kms_key_accounts"])
    return Wanted(
        options=options,
        owner=params["expected_bucket_owner"] or account_id,
        workgroup=workgroup,
        catalog_id=params["catalog_id"] or account_id,
        allowed=allowed,
        key_accounts=frozenset(params["kms_key_accounts"]),
    )


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _results_keys(
    wanted: Wanted, keys: _discovery_read.KeyReader, session: _aws_module.Session
) -> tuple[_discovery.ResultsKeys, tuple[_discovery.Absent, ...]]:
    """The keys of the results, and the workgroup where it does not exist."""
    name = wanted.workgroup
    workgroup = _errors.looked_at(lambda: _workgroup(session, name)) if name else None
    absent = (_discovery.Absent("workgroup", name),) if name and workgroup is None else ()
    bucket = wanted.options.output_location.bucket
    return results_keys(workgroup, lambda: keys.of_bucket(bucket, wanted.owner), keys), absent


def results_keys(
    workgroup: facts.Workgroup | _report.Denied | None,
    of_bucket: t.Callable[[], _discovery.FoundKey],
    keys: _discovery_read.KeyReader,
) -> _discovery.ResultsKeys:
    """The keys of the results, as the workgroup or the bucket says.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
    """
    if isinstance(workgroup, facts.Workgroup) and workgroup.enforced and workgroup.encryption_option:
        return _discovery.ResultsKeys(_workgroup_key(workgroup, keys))
    of_workgroup: _discovery.FoundKey = (
        workgroup if isinstance(workgroup, _report.Denied) else _workgroup_key(workgroup, keys)
    )
    return _discovery.ResultsKeys(of_bucket(), of_workgroup)


def _workgroup(session: _aws_module.Session, name: str) -> facts.Workgroup | None:
    return facts.workgroup_of(_athena.get_work_group(session.client("athena"), name))


def _workgroup_key(workgroup: facts.Workgroup | None, keys: _discovery_read.KeyReader) -> _discovery.FoundKey:
    if workgroup is None or workgroup.encryption_option not in ("SSE_KMS", "CSE_KMS"):
        return None
    return keys.resolve(workgroup.kms_key)


def _discover(wanted: Wanted, keys: _discovery_read.KeyReader, session: _aws_module.Session) -> _discovery.Discovered:
    options = wanted.options
    discovered = discover_catalogs(options, wanted.catalog_id, session, keys, wanted.wants_key)
    given = {it.bucket for it in options.source_locations if wanted.allowed is not None}
    more = sorted(filter(wanted.wants_key, given - set(discovered.source_keys)))
    return dataclasses.replace(discovered, source_keys={**discovered.source_keys, **keys.of_buckets(more)})


def discover_catalogs(
    options: _policy.PolicyOptions,
    catalog_id: str,
    session: _aws_module.Session,
    keys: _discovery_read.KeyReader,
    wants_key: t.Callable[[str], bool] = lambda _bucket: True,
) -> _discovery.Discovered:
    """What is found in the data catalogs that are named.

    Others than the account's own are told as not looked into, never as having nothing.
    """
    named = options.data_catalogs
    others = [] if named is None else [name for name in named if name != _policy.DEFAULT_DATA_CATALOG]
    if named is not None and len(others) == len(named):
        discovered = _discovery.Discovered(
            registrations=_errors.looked_at(lambda: _discovery_read.read_registrations(session))
        )
    else:
        discovered = _discovery_read.discover(options.databases, catalog_id, session, keys, wants_key)
    unseen = [
        _discovery.Unknown(f"the data catalog {name}", "none: name its source_locations and keys") for name in others
    ]
    return dataclasses.replace(discovered, unknown=(*discovered.unknown, *unseen))
