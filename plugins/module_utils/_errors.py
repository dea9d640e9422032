# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a failed AWS call becomes an error that says what to do.

IAM calls raise AnsibleIAMError of amazon.aws. Every other service has a subclass of CallError and of
amazon.aws' AWSErrorHandler in its own file, so that the exception knows which permission the call needs.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

# "403" is what S3 answers where there is no body to put a code in (HEAD requests).
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})

# What a later try may not meet again, and AWSRetry does not retry by itself. The longer names are those of Glue and
# Lake Formation (https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_GrantPermissions.html).
_TRANSIENT = (
    "ConcurrentModification",
    "ConcurrentModificationException",
    "EntityTemporarilyUnmodifiable",
    "OperationTimeoutException",
    "SlowDown",
    "ThrottlingException",
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_NAMED_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)")

# What IAM answers where a trust policy names somebody that it does not know, perhaps not yet. A unique id there is that
# of a deleted principal, whom nobody will know again
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
_INVALID_PRINCIPAL = re.compile(r"Invalid principal in policy(?!: \"AWS\":\"A[A-Z0-9]{15,}\")")

# Stands for MalformedPolicyDocument with that message, and not for any other malformed document.
UNKNOWN_PRINCIPAL: t.Final = "UnknownPrincipal"

CallT = t.TypeVar("CallT", bound="Callable[..., t.Any]")
Fact = t.TypeVar("Fact")


class CallError(AnsibleAWSError):
    """A call that AWS refused, or that did not get through."""

    service: t.ClassVar[str] = ""
    # API operation -> IAM action, where their names differ
    # (https://docs.aws.amazon.com/service-authorization/latest/reference/).
    actions: t.ClassVar[dict[str, str]] = {}


class _Retry(AWSRetry):
    @staticmethod
    def status_code_from_exception(error: t.Any) -> str:
        code = AWSRetry.status_code_from_exception(error)
        return (
            UNKNOWN_PRINCIPAL if code == "MalformedPolicyDocument" and _INVALID_PRINCIPAL.search(str(error)) else code
        )


def retry(*extra_codes: str) -> Callable[[CallT], CallT]:
    """Retry, bounded and with jitter, what a later try may not meet again: throttling, and the codes named.

    The waits before the last try add up to some twenty seconds, 45 at most.
    """
    return _Retry.jittered_backoff(
        retries=8, delay=0.5, max_delay=15, catch_extra_error_codes=[*_TRANSIENT, *extra_codes]
    )


def retry_what_is_new(*codes: str) -> Callable[[CallT], CallT]:
    """Retry these codes too, which may only mean that what was made a moment ago is not known everywhere yet.

    Five tries, as most of these calls are refused for good: the waits between them add up to eleven seconds at most
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
    """
    return _Retry.jittered_backoff(retries=5, delay=1, max_delay=4, catch_extra_error_codes=[*_TRANSIENT, *codes])


def code_of(error: AnsibleAWSError) -> str:
    """The AWS error code, empty where no answer came."""
    return getattr(error.exception, "response", {}).get("Error", {}).get("Code", "")


def is_denied(error: AnsibleAWSError) -> bool:
    return code_of(error) in _DENIED


def names_unknown_principal(error: AnsibleAWSError) -> bool:
    return code_of(error) == "MalformedPolicyDocument" and "Invalid principal in policy" in str(error.exception)


def permission_for(error: AnsibleAWSError) -> str:
    """The IAM action that the failed call needs, for instance C(iam:GetPolicy).

    AWS names it where it can: a call may need more than its own action, as C(iam:CreatePolicy) with tags does.
    """
    named = _NAMED_PERMISSION.search(str(error.exception))
    if named:
        return named[1]
    operation = getattr(error.exception, "operation_name", "")
    if isinstance(error, AnsibleIAMError):
        return f"iam:{operation}"
    if isinstance(error, CallError):
        return f"{error.service}:{error.actions.get(operation, operation)}"
    return operation


def looked_at(look: Callable[[], Fact]) -> Fact | Denied:
    """The fact that the call finds, or Denied where the checker may not make the call; raises every other error."""
    try:
        return look()
    except AnsibleAWSError as error:
        # S3 shows a bucket policy to identities of the owning account only; all others get MethodNotAllowed
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html).
        if is_denied(error) or code_of(error) == "MethodNotAllowed":
            return Denied(permission_for(error))
        raise


def _remedy(error: AnsibleAWSError) -> str:
    remedy = f"Grant {permission_for(error)} to the identity that runs this task"
    return f"{remedy}, and lift the explicit deny" if "explicit deny" in str(error.exception) else remedy


def message_of(error: AnsibleAWSError) -> str:
    """What could not be done, and what to do about it: the permission to grant where AWS denied the call."""
    message = error.message
    if is_denied(error):
        message = f"{message}. {_remedy(error)}"
    elif code_of(error) == "LimitExceeded":
        message = f"{message}. An AWS quota is reached: remove what is no longer needed, or ask AWS to raise the quota"
    elif code_of(error) == "EntityAlreadyExists":
        message = f"{message}. It is new, or its name differs in letter case only: run again, or choose another name"
    return message


def text_of(error: AnsibleAWSError) -> str:
    """The message with what AWS said, as C(fail_json_aws) of amazon.aws puts them together."""
    return f"{message_of(error)}: {error.exception}" if error.exception else message_of(error)


def fail_from(module: AnsibleAWSModule, error: AnsibleAWSError) -> None:
    """End the module with the error of a call, and what was done before it."""
    module.fail_json_aws(error.exception, msg=message_of(error), **error.kwargs)
