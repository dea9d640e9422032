# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, how often and after what waits: the one place for it, as the SDK's own retries are turned off.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
import re
import time
import typing as t
from collections.abc import Container

from ansible_collections.amazon.aws.plugins.module_utils.cloud import BackoffIterator

from ansible_collections.qualytics.athena.plugins.module_utils import _raw_answers

if t.TYPE_CHECKING:
    from collections.abc import Callable

try:
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError as NotConnected, HTTPClientError
except ImportError:
    # The module says so, before any call is made.
    BotoCoreError = ClientError = HTTPClientError = NotConnected = Exception

CallT = t.TypeVar("CallT", bound="Callable[..., t.Any]")

# What a later try may not meet again: what the SDK would retry (its data file _retry.json), and the names that IAM,
# Glue and Lake Formation have for it
# (https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_GrantPermissions.html).
_TRANSIENT: t.Final = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "DependencyTimeoutException",
        "EntityTemporarilyUnmodifiable",
        "EntityTemporarilyUnmodifiableException",
        "InternalError",
        "InternalFailure",
        "InternalServerException",
        "InternalServiceException",
        "KMSInternalException",
        "OperationAborted",
        "OperationTimeoutException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "Unavailable",
    }
)

THROTTLING: t.Final = frozenset(code for code in _TRANSIENT if "Throttl" in code) | {
    "RequestLimitExceeded",
    "SlowDown",
    "TooManyRequestsException",
}

_TOO_MANY_REQUESTS: t.Final = 429
_NOT_IMPLEMENTED: t.Final = 501

# A connection that fails four times, over some three seconds, mostly does so for a reason that lasts.
TRIES_OF_THE_NETWORK: t.Final = 4

# What IAM answers where a trust policy names somebody that it does not know, perhaps not yet. A unique id there is that
# of a deleted principal, whom nobody will know again
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
_INVALID_PRINCIPAL = re.compile(r"Invalid principal in policy(?!: \"AWS\":\"A[A-Z0-9]{15,}\")")

# Stands for MalformedPolicyDocument with that message, and not for any other malformed document.
UNKNOWN_PRINCIPAL: t.Final = "UnknownPrincipal"


def retry(*extra_codes: str) -> Callable[[CallT], CallT]:
    """Retry, bounded and with jitter, what a later try may not meet again: throttling, and the codes named.

    The waits before the last try add up to some twenty seconds, 46 at most.
    """
    return _retried(8, 0.5, 15, extra_codes)


def retry_what_is_new(*codes: str) -> Callable[[CallT], CallT]:
    """Retry these codes too, which may only mean that what was made a moment ago is not known everywhere yet.

    Five tries, as most of these calls are refused for good: the waits between them add up to eleven seconds at most
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
    """
    return _retried(5, 1, 4, codes)


def _retried(tries: int, delay: float, max_delay: float, codes: Container[str]) -> Callable[[CallT], CallT]:
    def decorator(call: CallT) -> CallT:
        @functools.wraps(call)
        def tried(*arguments: t.Any, **named: t.Any) -> t.Any:
            waits = iter(BackoffIterator(delay=delay, backoff=2, max_delay=max_delay, jitter=True))
            made = 0
            while True:
                made += 1
                try:
                    return call(*arguments, **named)
                except (ClientError, BotoCoreError) as error:
                    if made >= _tries_for(error, tries, codes):
                        raise
                time.sleep(next(waits))

        return t.cast(CallT, tried)

    return decorator


def _tries_for(error: Exception, tries: int, codes: Container[str]) -> int:
    if isinstance(error, ClientError):
        return tries if _code(error) in codes or is_transient(error) else 1
    return min(tries, TRIES_OF_THE_NETWORK) if is_of_the_network(error) else 1


def _code(error: t.Any) -> str:
    code = error.response.get("Error", {}).get("Code", "")
    is_unknown = code == "MalformedPolicyDocument" and _INVALID_PRINCIPAL.search(str(error))
    return UNKNOWN_PRINCIPAL if is_unknown else code


def is_transient(error: t.Any) -> bool:
    """Whether AWS refused the call for now only, as far as its code and HTTP status tell."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_failure = status == _TOO_MANY_REQUESTS or (status >= 500 and status != _NOT_IMPLEMENTED)
    return is_failure or error.response.get("Error", {}).get("Code", "") in _TRANSIENT


def is_of_the_network(error: t.Any) -> bool:
    """Whether the call, or its answer, may have been lost on the way; a certificate that is wrong stays wrong."""
    if isinstance(error, _raw_answers.NotAnswered):
        return True
    return isinstance(error, (HTTPClientError, NotConnected)) and "CERTIFICATE_VERIFY_FAILED" not in str(error)
