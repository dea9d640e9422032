# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trust policy with the ARNs of those principals that it shows by their ids although they live.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _iam,
    _trust,
    _trust_principals,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def with_live_arns(
    document: Mapping[str, t.Any],
    principals: Iterable[_trust_principals.TrustedPrincipal],
    session: _aws_module.Session,
) -> Mapping[str, t.Any]:
    """The document, with the trusted principals asked for only where it shows ids.

    Only those of the own account can be asked for: the id of another account's principal stays.
    """
    ids = _trust.unique_ids(document)
    arns = {}
    for principal in principals if ids else ():
        found = look_up(principal, session)
        if found and found["Arn"] == principal.arn:
            arns[found.get("RoleId") or found["UserId"]] = principal.arn
    return _trust.with_arns(document, {id_: arn for id_, arn in arns.items() if id_ in ids})


def look_up(principal: _trust_principals.TrustedPrincipal, session: _aws_module.Session) -> dict[str, t.Any] | None:
    """The role or user as IAM has it under that name; None for none, and where it cannot be asked for."""
    if principal.identity is None or principal.account_id != session.caller["Account"]:
        return None
    return _iam.get_identity(session.client("iam"), principal.identity.identity)
