# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bucket itself, fact by fact: name, existence, owner, Region, kind, who pays, object lock.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _guides,
    _location,
    _report,
    _results_bucket_facts,
    _results_checks,
    _words,
)


def bucket_name(wanted: _results_bucket_facts.Wanted) -> _report.Check:
    """The naming rules were checked when the option was read; what is left is a name that is legal but unwise."""
    name, reference = "bucket_name", f"{_guides.S3}bucketnamingrules.html"
    if "." not in wanted.bucket:
        return _report.Check(name, "pass", f"{wanted.bucket!r} follows the naming rules", reference=reference)
    return _report.Check(
        name,
        "warn",
        f"{wanted.bucket!r} has a dot, so that the TLS certificate of S3 does not cover the bucket's own host name",
        "Use a bucket without a dot in its name",
        reference,
    )


def bucket_exists(wanted: _results_bucket_facts.Wanted, head: _results_bucket_facts.Head) -> _report.Check:
    """Only 404 means that there is no bucket (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html)."""
    name, reference = "bucket_exists", f"{_guides.S3_API}API_HeadBucket.html"
    if head.answer in ("found", "moved"):
        return _report.Check(name, "pass", f"the bucket {wanted.bucket!r} exists", reference=reference)
    if head.answer == "absent":
        return _report.Check(
            name,
            # An earlier task may be about to create it, which check mode only predicts too.
            "warn" if wanted.predicts else "fail",
            f"there is no bucket {wanted.bucket!r}"
            + (" (in check mode it may be one that an earlier task would create)" if wanted.predicts else ""),
            f"Create it in the account {wanted.owner} and the Region {wanted.region}, or correct output_location",
            reference,
        )
    return _report.Check(
        name,
        "fail",
        f"S3 refused to show the bucket {wanted.bucket!r} (403): it belongs to another account than {wanted.owner}, "
        "or the identity that runs this task may not look at it",
        f"{_words.grant_to_caller('s3:ListBucket', wanted.bucket_arn)}; "
        "if the bucket belongs to another account, set expected_bucket_owner to that account",
        reference,
    )


def bucket_owner(wanted: _results_bucket_facts.Wanted, head: _results_bucket_facts.Head) -> _report.Check:
    name, reference = "bucket_owner", f"{_guides.S3}bucket-owner-condition.html"
    named = _location.account_regional_owner(wanted.bucket)
    if named and named[0] != wanted.owner:
        return _report.Check(
            name,
            "fail",
            f"the name {wanted.bucket!r} belongs to the account {named[0]}, not to {wanted.owner}",
            f"Use a bucket of {wanted.owner}, or set expected_bucket_owner to {named[0]}",
            reference,
        )
    if head.answer == "found":
        return _report.Check(name, "pass", f"the account {wanted.owner} owns the bucket", reference=reference)
    return _report.Check(
        name,
        "fail",
        f"whether the account {wanted.owner} owns the bucket could not be established",
        "Repair the checks bucket_exists and bucket_region first; "
        "if the bucket belongs to another account, set expected_bucket_owner to that account",
        reference,
    )


def bucket_region(wanted: _results_bucket_facts.Wanted, head: _results_bucket_facts.Head) -> _report.Check:
    name, reference = "bucket_region", f"{_guides.ATHENA}troubleshooting-athena.html"
    if head.region == wanted.region:
        return _report.Check(
            name, "pass", f"the bucket is in {wanted.region}, where the queries run", reference=reference
        )
    if head.region:
        return _report.Check(
            name,
            "fail",
            f"the bucket is in {head.region} and the queries run in {wanted.region}; Athena then calls it invalid",
            f"Use a bucket in {wanted.region}, or run the queries (and this task) in {head.region}",
            reference,
        )
    return _report.Check(
        name,
        "fail",
        "the Region of the bucket could not be established: S3 did not say it",
        "Repair the check bucket_exists first; if this goes through a proxy or an endpoint_url, "
        "see that it passes the header x-amz-bucket-region on",
        reference,
    )


def bucket_kind(wanted: _results_bucket_facts.Wanted, head: _results_bucket_facts.Head) -> _report.Check:
    name, reference = "bucket_kind", f"{_guides.S3}creating-buckets-s3.html"
    if not head.kind:
        return _report.Check(name, "pass", f"{wanted.bucket!r} names a general purpose bucket", reference=reference)
    return _report.Check(
        name,
        "fail",
        f"{wanted.bucket!r} names {head.kind}, which Athena does not document as an output location",
        "Use a general purpose bucket",
        reference,
    )


def bucket_requester_pays(wanted: _results_bucket_facts.Wanted, payer: str | _report.Denied) -> _report.Check:
    name, reference = "bucket_requester_pays", f"{_guides.S3}RequesterPaysBuckets.html"
    if isinstance(payer, _report.Denied):
        return _results_checks.unknown(name, payer, "who pays for requests", wanted, reference)
    if payer != "Requester":
        return _report.Check(name, "pass", "the owner of the bucket pays for requests", reference=reference)
    if wanted.is_cross_account:
        return _report.Check(
            name,
            "fail",
            f"requesters pay, so that S3 refuses the requests of {wanted.account_id} that do not accept the charge, "
            "as those of a driver that reads results",
            "Turn Requester Pays off, or use another bucket",
            reference,
        )
    return _report.Check(
        name,
        "warn",
        "requesters pay; requests of the owning account still pass, but AWS documents Requester Pays for data that "
        "Athena reads, not for its results",
        "Turn Requester Pays off, or use another bucket",
        reference,
    )


def bucket_object_lock(
    wanted: _results_bucket_facts.Wanted, lock: _results_bucket_facts.ObjectLock | _report.Denied | None
) -> _report.Check:
    name, reference = "bucket_object_lock", f"{_guides.S3}object-lock.html"
    if isinstance(lock, _report.Denied):
        return _results_checks.unknown(name, lock, "object lock", wanted, reference)
    if lock is None or lock.default_retention is None:
        return _report.Check(name, "pass", "new objects are not locked by default", reference=reference)
    return _report.Check(
        name,
        "warn",
        f"new objects are locked by default ({lock.default_retention}): every result of every query stays until then, "
        "and S3 asks for a checksum with each write",
        "Use a bucket without a default retention",
        reference,
    )
