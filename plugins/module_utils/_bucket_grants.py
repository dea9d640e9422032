# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bucket policies allow an identity that its own policies do not: within an account either is enough.

A simulation of the identity's policies knows nothing of them
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _identity,
    _location,
    _resource_policy,
    _results_bucket_facts,
    _results_requests,
)

Fact = t.TypeVar("Fact")


def with_bucket_policies(
    decisions: Fact,
    policies: Mapping[str, t.Any],
    identity: _identity.IdentityArn,
    results: _results_bucket_facts.Wanted,
) -> Fact:
    """The decisions, allowed too where the policy of the bucket surely lets the identity in by itself.

    What is not known stays so. policies: by bucket, of buckets of the identity's own account.
    """
    if not isinstance(decisions, _decisions.Decisions):
        return decisions
    known = {bucket: policy for bucket, policy in policies.items() if isinstance(policy, Mapping)}
    return t.cast(Fact, _decisions.Decisions(_with(it, known, identity, results) for it in decisions))


def _with(
    decision: _decisions.Decision,
    policies: Mapping[str, t.Any],
    identity: _identity.IdentityArn,
    results: _results_bucket_facts.Wanted,
) -> _decisions.Decision:
    if decision.verdict != "not_allowed" or not decision.action.startswith("s3:"):
        return decision
    resource, _below, prefix = decision.resource.partition(" below ")
    resource, by_client, _rest = resource.partition(" by the client")
    bucket, _slash, key = resource.partition(":::")[2].partition("/")
    if bucket not in policies:
        return decision
    there = dataclasses.replace(
        results, identity=identity, location=_location.S3Location(bucket, key.rpartition("/")[0])
    )
    requests = _results_requests.client_requests(there) if by_client else _results_requests.athena_requests(there, None)
    asked = next((it for it in requests if it.action == decision.action), None)
    if asked is None:
        return decision
    listing = {"s3:prefix": ((prefix,),)} if decision.action == "s3:ListBucket" else {}
    request = _resource_policy.Request(decision.action, resource, {**asked.context, **listing})
    # A statement that names the account leaves it to the policies of its identities.
    found = [
        it for it in _resource_policy.allowances(policies[bucket], identity, request) if it.sure and it.by != "account"
    ]
    if not found:
        return decision
    return dataclasses.replace(
        decision, verdict="allowed", policies=(f"{found[0].statement} of the policy of {bucket}",), depends_on=()
    )
