# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two things a module reports: drift (provisioning modules) and checks (checking modules).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import _diff_text

DriftKind = t.Literal["missing", "extra", "different"]
CheckStatus = t.Literal["pass", "warn", "fail", "unknown"]

DRIFT_KINDS: t.Final[tuple[DriftKind, ...]] = t.get_args(DriftKind)
CHECK_STATUSES: t.Final[tuple[CheckStatus, ...]] = t.get_args(CheckStatus)


@dataclasses.dataclass(frozen=True, order=True)
class Drift:
    """One difference between what is wanted and what AWS has, named as precisely as it can be.

    subject: the ARN (or name) of what differs. aspect: which part of it, for instance C(action) or C(tag).
    expected, actual: text fit for a person; actual is None for kind C(missing), expected for kind C(extra).
    """

    subject: str
    aspect: str
    kind: DriftKind
    expected: str | None = None
    actual: str | None = None


@dataclasses.dataclass(frozen=True)
class Check:
    """One answer of a checking module.

    C(unknown) means that the checker was not allowed to look; it never stands for absent. remedy says what to
    do and is empty for C(pass); reference is the page or thread the judgement rests on.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""
    reference: str = ""


@dataclasses.dataclass(frozen=True)
class Denied:
    """In the place of a fact that may not be looked at; permission is the IAM action that the checker lacks."""

    permission: str


def drift_result(drift: Iterable[Drift]) -> list[dict[str, t.Any]]:
    """The C(drift) return value: sorted, so that two runs over the same world print the same text."""
    ordered = sorted(drift, key=lambda row: (row.subject, row.aspect, row.kind, row.expected or "", row.actual or ""))
    return [dataclasses.asdict(row) for row in ordered]


def drift_line(row: Mapping[str, t.Any]) -> str:
    """A row of C(drift) in one line for people, for instance C(missing tag: team=data (arn:aws:iam::...))."""
    texts = {"missing": row["expected"], "extra": row["actual"]}
    text = texts.get(row["kind"], f"{row['actual']}, and should be {row['expected']}")
    return _diff_text.one_line(f"{row['kind']} {row['aspect']}: {text} ({row['subject']})")


def checks_result(checks: Iterable[Check]) -> list[dict[str, t.Any]]:
    """The C(checks) return value, in the order in which the checks were made."""
    return [dataclasses.asdict(check) for check in checks]


def failed_checks(checks: Iterable[Check], fail_on: Iterable[str]) -> list[Check]:
    """The checks whose status is listed in the option C(fail_on)."""
    statuses = set(fail_on)
    return [check for check in checks if check.status in statuses]


def failure_message(failed: Iterable[Check]) -> str:
    """One sentence per failed check, remedy included, for C(msg)."""
    return "; ".join(
        f"{check.name}: {check.detail}" + (f" ({check.remedy})" if check.remedy else "") for check in failed
    )
