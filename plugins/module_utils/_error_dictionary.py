# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message that a user of Athena sees means: the cause, the missing permission and what to do.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _error_denials,
    _error_entries,
)

# Of a longer text the begin and the end are read, this much of each: a stack trace has its causes last.
LONGEST_HALF: t.Final = 20_000

# Nobody describes a symptom at more length; a log must not be taken for one because its words come together.
LONGEST_SYMPTOM: t.Final = 500

# A line break or a tab as JSON and Ansible print it.
_PRINTED_SPACE = re.compile(r"\\[nrt]")


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What one thing that a text says means.

    permission: the IAM actions, or the permissions in Lake Formation, that are missing, separated by commas; the one
    that the message names, where it does. resource: the ARN, or the name or location where it names only that.
    side: whose policy decided, where the message tells.
    """

    name: str
    cause: str
    permission: str
    remedy: str
    reference: str
    resource: str = ""
    side: _error_denials.Side = ""


class _Found(t.NamedTuple):
    """With its place among the others: the most specific first, then in the order of the text."""

    rank: int
    position: int
    explanation: Explanation


def explain(text: str) -> list[Explanation]:
    """What the text says that is known, the most specific first; nothing for a text that says nothing known.

    The text may be wrapped, be several messages, or be in the words of a user who has no message.
    """
    plain = _plain(text)
    found = _of_denials(_error_denials.denials(plain), plain)
    explained = {it.explanation.name for it in found}
    found += [
        it for entry in _error_entries.ENTRIES if entry.name not in explained for it in _of_patterns(entry, plain)
    ]
    if not found and len(plain) <= LONGEST_SYMPTOM:
        found = [
            _Found(entry.rank, 0, _explanation(entry))
            for entry in _error_entries.ENTRIES
            if any(symptom.search(plain) for symptom in entry.symptoms)
        ]
    ordered = [it.explanation for it in sorted(found, key=lambda it: (it.rank, it.position))]
    return _without_repetition(ordered)


def filled(template: str, permission: str, resource: str, policy: str = "") -> str:
    """A cause or remedy with what the message names."""
    return (
        template.replace("{permission}", permission)
        .replace("{policy}", f" ({policy})" if policy else "")
        .replace("{resource}", resource)
    )


def _plain(text: str) -> str:
    """The text as one line, not longer than what is read of it."""
    read = text if len(text) <= 2 * LONGEST_HALF else f"{text[:LONGEST_HALF]} {text[-LONGEST_HALF:]}"
    return " ".join(_PRINTED_SPACE.sub(" ", read.replace('\\"', '"')).split())


def _of_denials(denied: list[_error_denials.Denial], text: str) -> list[_Found]:
    # A text is searched once for all its denials, so that the time does not grow with the product of the two.
    patterns = [(it.denial, it) for it in _error_entries.ENTRIES if it.denial and it.denial.may_be_within(text)]
    # The last entry is about any denial.
    entries = [next(entry for pattern, entry in patterns if pattern.is_about(denial)) for denial in denied]
    return [
        _Found(
            entry.rank,
            denial.position,
            _explanation(entry, denial.action, denial.resource, denial.policy_arn, denial.side),
        )
        for denial, entry in zip(denied, entries, strict=True)
    ]


def _of_patterns(entry: _error_entries.ErrorEntry, text: str) -> list[_Found]:
    matches = [match for pattern in entry.patterns for match in pattern.finditer(text)]
    return [_Found(entry.rank, match.start(), _named_by(match, entry)) for match in matches]


def _named_by(match: re.Match[str], entry: _error_entries.ErrorEntry) -> Explanation:
    named = match.groupdict()
    permission = (named.get("permission") or "").upper().replace(" ", "_")
    return _explanation(entry, permission, (named.get("resource") or "").rstrip("."))


def _explanation(
    entry: _error_entries.ErrorEntry,
    permission: str = "",
    resource: str = "",
    policy: str = "",
    side: _error_denials.Side = "",
) -> Explanation:
    missing = permission or ", ".join(entry.permissions)

    def say(template: str) -> str:
        return filled(template, missing, resource or "the resource", policy)

    return Explanation(
        name=entry.name,
        cause=say(entry.cause),
        permission=missing,
        remedy=say(entry.remedy),
        reference=entry.reference,
        resource=resource,
        side=side or entry.side,
    )


def _without_repetition(explanations: list[Explanation]) -> list[Explanation]:
    """Each once; what names no resource is left out where the same is said of one."""
    with_resource = {(it.name, it.permission) for it in explanations if it.resource}
    return [it for it in dict.fromkeys(explanations) if it.resource or (it.name, it.permission) not in with_resource]
