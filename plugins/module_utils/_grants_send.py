# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending batches of grants and revokes, each entry again where a later try may succeed.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import itertools
import time
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.cloud import BackoffIterator

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _grants,
    _grants_failures,
    _grants_plan,
    _lake_formation,
    _progress,
)

# The first try and those after it; the waits add up to some fifteen seconds, 31 at most.
_TRIES: t.Final = 7

_CALLS: t.Final = {
    "grant": _lake_formation.batch_grant_permissions,
    "revoke": _lake_formation.batch_revoke_permissions,
}


def backoff(tries: int) -> t.Iterator[float]:
    """The seconds to wait after each try but the last."""
    return itertools.islice(iter(BackoffIterator(delay=0.5, backoff=2, max_delay=15, jitter=True)), tries - 1)


class BatchSender:
    """Sends the batches of one principal, one after the other: AWS refuses writes on a resource at the same time."""

    def __init__(self, client: t.Any, principal: str, request: Mapping[str, str], counter: _progress.Counter) -> None:
        self._client = client
        self._principal = principal
        self._request = request
        self._counter = counter

    def __call__(self, batch: _grants_plan.Batch) -> list[_grants_failures.Failure]:
        """What was not done of the batch, in the end."""
        given_up: list[_grants_failures.Failure] = []
        pending: Sequence[_grants.Entry] = batch.entries
        waits = backoff(_TRIES)
        while True:
            failures = self._send(batch, pending)
            transient = [failure for failure in failures if failure.is_transient]
            given_up += [failure for failure in failures if not failure.is_transient]
            wait = next(waits, None)
            self._counter.add(len(pending) - len(transient))
            if not transient or wait is None:
                return [*given_up, *transient]
            time.sleep(wait)
            pending = [failure.entry for failure in transient]

    def _send(self, batch: _grants_plan.Batch, entries: Sequence[_grants.Entry]) -> list[_grants_failures.Failure]:
        by_id = {str(number): entry for number, entry in enumerate(entries, start=1)}
        requests = [{"Id": key, **entry.request(self._principal)} for key, entry in by_id.items()]
        try:
            failed = _CALLS[batch.verb](self._client, self._request, requests)
        except _lake_formation.LakeFormationError as error:
            # A request that names no permission is a try (_grants_plan): a refusal as a whole is an answer to each.
            if not _lake_formation.is_bad_request(error) or any(entry.permissions for entry in entries):
                raise
            return [
                _grants_failures.Failure(batch.verb, entry, _errors.code_of(error), str(error.exception))
                for entry in entries
            ]
        return [
            _grants_failures.Failure(
                batch.verb,
                by_id[failure["RequestEntry"]["Id"]],
                failure["Error"].get("ErrorCode", ""),
                failure["Error"].get("ErrorMessage", ""),
            )
            for failure in failed
        ]
