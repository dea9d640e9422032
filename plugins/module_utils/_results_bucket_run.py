# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the results bucket, from options to result: read, observe, judge, report.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _athena,
    _errors,
    _kms,
    _report,
    _results_bucket,
    _results_bucket_facts as facts,
    _results_workgroup_checks,
    _s3,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import (
        _aws_module,
        _identity,
        _location,
    )


def prepare_bucket_check(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    location = facts.read_location(params, session.region)
    workgroup = facts.read_workgroup(params)
    identity = facts.read_identity(params, session.partition)
    return lambda: _run(params, _wanted(params, location, workgroup, identity, session), session)


def _run(params: Mapping[str, t.Any], wanted: facts.Wanted, session: _aws_module.Session) -> dict[str, t.Any]:
    """The result of the module; C(failed) and C(msg) are in it where a check has a status of the option C(fail_on)."""
    observed = observe(wanted, session)
    checks = _results_bucket.judge(wanted, observed)
    result = {
        "changed": False,
        "checks": _report.checks_result(checks),
        "bucket": _results_bucket.bucket_result(wanted, observed),
        "effective_location": _results_workgroup_checks.effective_location(wanted, observed.workgroup),
    }
    failed = _report.failed_checks(checks, params["fail_on"])
    if failed:
        result |= {"failed": True, "msg": _report.failure_message(failed)}
    return result


def _wanted(
    params: Mapping[str, t.Any],
    location: _location.S3Location,
    workgroup: str,
    identity: _identity.IdentityArn | None,
    session: _aws_module.Session,
) -> facts.Wanted:
    """What the options ask for, in the caller's account."""
    account_id = session.caller["Account"]
    facts.require_same_account(identity, account_id, workgroup)
    return facts.Wanted(
        location=location,
        owner=params["expected_bucket_owner"] or account_id,
        account_id=identity.account_id if identity else account_id,
        partition=session.partition,
        region=t.cast(str, session.region),
        workgroup=workgroup,
        identity=identity,
        result_streaming=params["result_streaming"],
        granted_keys=None if params["granted_keys"] is None else tuple(params["granted_keys"]),
        predicts=session.predicts,
    )


def observe(wanted: facts.Wanted, session: _aws_module.Session) -> facts.Observed:
    """What AWS has: one call for each fact. A bucket that is not there, or not reachable, is asked nothing more."""
    where = (session.client("s3"), wanted.bucket, wanted.owner)
    head = facts.head_of(_s3.head_bucket(*where))
    return facts.Observed(
        head=head,
        settings=_settings(wanted, head, session) if head.answer in ("found", "denied") else None,
        workgroup=_workgroup(session.client("athena"), wanted.workgroup) if wanted.workgroup else None,
    )


def _settings(wanted: facts.Wanted, head: facts.Head, session: _aws_module.Session) -> facts.BucketSettings:
    where = (session.client("s3"), wanted.bucket, wanted.owner)
    encryption = _errors.looked_at(lambda: facts.encryption_of(_s3.get_bucket_encryption(*where)))
    key = facts.key_to_look_up(wanted, head.region, encryption)
    return facts.BucketSettings(
        encryption=encryption,
        payer=_errors.looked_at(lambda: _s3.get_bucket_payer(*where)),
        object_lock=_errors.looked_at(lambda: facts.object_lock_of(_s3.get_object_lock(*where))),
        policy=_errors.looked_at(lambda: _s3.get_bucket_policy(*where)),
        default_key=_key(session.client("kms"), key) if key else "not asked for",
    )


def _key(client: t.Any, key: str) -> facts.KmsKey | _report.Denied | t.Literal["absent"]:
    return _errors.looked_at(lambda: facts.kms_key_of(_kms.describe_key(client, key)))


def _workgroup(client: t.Any, name: str) -> facts.Workgroup | _report.Denied | None:
    return _errors.looked_at(lambda: facts.workgroup_of(_athena.get_work_group(client, name)))
