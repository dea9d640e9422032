# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of the results bucket share: what a key takes, and the answer "not allowed to look".

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report,
    _results_bucket_facts,
    _words,
)

KEY_NEEDS: t.Final = "the identity needs kms:GenerateDataKey and kms:Decrypt on it"


def grant_key(arn: str) -> str:
    """What to do where the identity may not use a key."""
    return f"Let the identity use {arn}: add it to kms_keys.results"


def unknown(
    name: str, denied: _report.Denied, what: str, wanted: _results_bucket_facts.Wanted, reference: str
) -> _report.Check:
    """The answer where a setting of the bucket may not be looked at, with the permission to grant."""
    return _report.Check(
        name,
        "unknown",
        f"{what} of the bucket may not be looked at",
        f"{_words.grant_to_caller(denied.permission, wanted.bucket_arn)}, one of the account {wanted.owner}",
        reference,
    )
