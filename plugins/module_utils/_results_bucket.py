# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Will the S3 Output Location work? Every check is a function from facts to one answer.

What makes queries fail for sure is C(fail), and so is a bucket whose existence, owner or Region is not established.
What may make them fail, or in time, is C(warn). A setting that may not be looked at is C(unknown).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report,
    _results_bucket_checks as bucket,
    _results_bucket_facts,
    _results_key_checks as key,
    _results_policy_checks as policy,
    _results_workgroup_checks as of_workgroup,
)


def judge(wanted: _results_bucket_facts.Wanted, observed: _results_bucket_facts.Observed) -> list[_report.Check]:
    """All checks, in the order in which they are best repaired."""
    return [*bucket_checks(wanted, observed), *workgroup_checks(wanted, observed)]


def bucket_checks(
    wanted: _results_bucket_facts.Wanted, observed: _results_bucket_facts.Observed
) -> list[_report.Check]:
    """Of the bucket, from its name to its policy."""
    checks = [bucket.bucket_name(wanted), bucket.bucket_exists(wanted, observed.head)]
    if observed.head.answer != "absent":
        checks += [
            check(wanted, observed.head) for check in (bucket.bucket_owner, bucket.bucket_region, bucket.bucket_kind)
        ]
    if observed.settings:
        checks += _settings_checks(wanted, observed.settings, observed.workgroup)
    return checks


def _settings_checks(
    wanted: _results_bucket_facts.Wanted,
    settings: _results_bucket_facts.BucketSettings,
    workgroup: _results_bucket_facts.Workgroup | _report.Denied | None,
) -> list[_report.Check]:
    known_workgroup = workgroup if isinstance(workgroup, _results_bucket_facts.Workgroup) else None
    return [
        key.bucket_encryption(wanted, settings, workgroup),
        bucket.bucket_requester_pays(wanted, settings.payer),
        bucket.bucket_object_lock(wanted, settings.object_lock),
        policy.bucket_policy_grants(wanted, settings.policy),
        policy.bucket_policy_athena(wanted, settings.policy, known_workgroup),
        policy.bucket_policy_client(wanted, settings.policy),
    ]


def workgroup_checks(
    wanted: _results_bucket_facts.Wanted, observed: _results_bucket_facts.Observed
) -> list[_report.Check]:
    """Of the workgroup, where one is looked at: whether it runs queries, and what it makes of their results."""
    if not wanted.workgroup:
        return []
    workgroup = observed.workgroup
    checks = [of_workgroup.workgroup_state(wanted, workgroup)]
    if isinstance(workgroup, _results_bucket_facts.Workgroup):
        every = (
            of_workgroup.workgroup_engine,
            of_workgroup.workgroup_managed_results,
            of_workgroup.workgroup_location,
            of_workgroup.workgroup_bucket_owner,
            of_workgroup.workgroup_encryption,
            of_workgroup.workgroup_acl,
            of_workgroup.workgroup_identity_center,
        )
        checks += [check(wanted, workgroup) for check in every]
    return checks


def bucket_result(wanted: _results_bucket_facts.Wanted, observed: _results_bucket_facts.Observed) -> dict[str, t.Any]:
    """The C(bucket) return value; what is not known is None."""
    encryption = None
    if observed.settings and isinstance(found := observed.settings.encryption, _results_bucket_facts.Encryption):
        encryption = {
            "algorithm": found.algorithm,
            "kms_key_arn": observed.settings.kms_key_arn,
            "bucket_key_enabled": found.bucket_key_enabled,
        }
    return {
        "name": wanted.bucket,
        "prefix": wanted.location.prefix,
        "region": observed.head.region,
        "encryption": encryption,
    }
