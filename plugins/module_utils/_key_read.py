# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS keys as AWS shows them to the checker: what they are, their policies, and grants where these could matter.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _errors,
    _key_checks,
    _key_policy,
    _kms,
    _report,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def read_keys(
    needs: Sequence[_key_checks.KeyNeed],
    session: _aws_module.Session,
    decisions: _decisions.Decisions | _report.Denied,
    roles: _key_checks.Roles = _key_checks.NO_ROLES,
) -> dict[str, _key_policy.KeyFacts]:
    """The keys of the Region, by ARN: two calls for each, and one more where policy and decisions do not suffice."""
    of_key: dict[str, list[_key_checks.KeyNeed]] = {}
    for need in needs:
        if need.region == session.region:
            of_key.setdefault(need.arn, []).append(need)
    return {arn: _read(arn, its_needs, session, decisions, roles) for arn, its_needs in of_key.items()}


def _read(
    arn: str,
    needs: Sequence[_key_checks.KeyNeed],
    session: _aws_module.Session,
    decisions: _decisions.Decisions | _report.Denied,
    roles: _key_checks.Roles,
) -> _key_policy.KeyFacts:
    client = session.client("kms")
    is_ours = needs[0].account_id == session.caller["Account"]
    metadata = _errors.looked_at(lambda: _kms.describe_key(client, arn))
    if metadata is None:
        return _key_policy.KeyFacts(arn, state=_key_policy.ABSENT_KEY)
    facts = _key_policy.KeyFacts(arn)
    if isinstance(metadata, Mapping):
        facts = _key_policy.KeyFacts(arn, state=metadata["KeyState"], manager=metadata["KeyManager"])
    elif is_ours:
        facts = _key_policy.KeyFacts(arn, state=metadata)
    if not is_ours or facts.is_aws_managed:
        return facts
    policy = _errors.looked_at(lambda: _kms.get_key_policy(client, arn))
    if policy is None:
        return _key_policy.KeyFacts(arn, state=_key_policy.ABSENT_KEY)
    return _with_grants(dataclasses.replace(facts, policy=policy), needs, client, decisions, roles)


def _with_grants(
    facts: _key_policy.KeyFacts,
    needs: Sequence[_key_checks.KeyNeed],
    client: t.Any,
    decisions: _decisions.Decisions | _report.Denied,
    roles: _key_checks.Roles,
) -> _key_policy.KeyFacts:
    """With the grants of those who may not use the key without, or of whom that is not sure."""
    holders = dict.fromkeys(
        need.holder.arn for need in needs if not _key_checks.is_settled(need, facts, decisions, roles)
    )
    grants: list[dict[str, t.Any]] = []
    for holder in holders:
        found = _errors.looked_at(functools.partial(_kms.list_grants, client, facts.arn, holder))
        if isinstance(found, _report.Denied):
            return dataclasses.replace(facts, grants=found)
        grants += found
    return dataclasses.replace(facts, grants=tuple(grants))
