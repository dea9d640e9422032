# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the identity that a task is about is there.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _change,
    _iam,
    _identity,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module


def require_identity(identity: _identity.Identity, option: str, session: _aws_module.Session) -> None:
    """Raise Refused where the identity, whose name the option gives, does not exist; in check mode only warn."""
    if _iam.get_identity(session.client("iam"), identity) is not None:
        return
    message = (
        f"the IAM {identity.type} {identity.name!r} does not exist in the account {session.caller['Account']}; "
        f"create it first, or correct {option}"
    )
    if not session.check_mode:
        raise _change.Refused(message)
    # An earlier task may be about to create it, which check mode only predicts too.
    perhaps = " (in check mode it may be one that an earlier task would create)" if session.predicts else ""
    session.warn(f"{message}{perhaps}")
