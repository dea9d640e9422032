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

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _report,
    _retry,
    _words,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

# "403" is what S3 answers where there is no body to put a code in (HEAD requests).
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_NAMED_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)")

# A run that ends in the middle leaves nothing that the next one does not take up.
_AGAIN: t.Final = "Run it again later: it does what is left"

# Where it does not show everywhere yet what was made or taken away a moment ago
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
_REMEDIES_OF_IAM: t.Final = {
    "DeleteConflict": "It is still used, or IAM does not know everywhere yet that it is not: run again",
    "NoSuchEntity": (
        "It does not exist, or was made or deleted a moment ago, which IAM does not know everywhere yet: "
        "correct the name, or run again"
    ),
}

Fact = t.TypeVar("Fact")


class CallError(AnsibleAWSError):
    """A call that AWS refused, or that did not get through."""

    service: t.ClassVar[str] = ""
    # API operation -> IAM action, where their names differ
    # (https://docs.aws.amazon.com/service-authorization/latest/reference/).
    actions: t.ClassVar[dict[str, str]] = {}


def code_of(error: AnsibleAWSError) -> str:
    """The AWS error code, empty where no answer came."""
    return _code(error.exception)


def _code(exception: t.Any) -> str:
    # A connection that was closed has a response too: none.
    return (getattr(exception, "response", None) or {}).get("Error", {}).get("Code", "")


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


def looked_at(look: Callable[[], Fact]) -> Fact | _report.Denied:
    """The fact that the call finds, or Denied where the checker may not make the call; raises every other error."""
    try:
        return look()
    except AnsibleAWSError as error:
        # S3 shows a bucket policy to identities of the owning account only; all others get MethodNotAllowed
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html).
        if is_denied(error) or code_of(error) == "MethodNotAllowed":
            return _report.Denied(permission_for(error))
        raise


def _remedy(error: AnsibleAWSError) -> str:
    remedy = _words.grant_to_caller(permission_for(error))
    return f"{remedy}, and lift the explicit deny" if "explicit deny" in str(error.exception) else remedy


def remedy_of_failure(exception: t.Any) -> str:
    """What to do where AWS, or the way to it, failed in every try; empty for every other error."""
    if _retry.is_of_the_network(exception):
        where = "the network between this host and AWS, its proxies, and endpoint_url"
        return f"The call or its answer was lost on the way: look at {where}. {_AGAIN}"
    if not getattr(exception, "response", None) or not _retry.is_transient(exception):
        return ""
    if _code(exception) in _retry.THROTTLING:
        return f"AWS throttles the calls of the account: run fewer tasks at once. {_AGAIN}"
    return f"AWS could not do it now, in several tries. {_AGAIN}"


def message_of(error: AnsibleAWSError) -> str:
    """What could not be done, and what to do about it: the permission to grant where AWS denied the call, for one."""
    message = error.message
    if is_denied(error):
        message = f"{message}. {_remedy(error)}"
    elif code_of(error) == "LimitExceeded":
        message = f"{message}. An AWS quota is reached: remove what is no longer needed, or ask AWS to raise the quota"
    elif code_of(error) == "EntityAlreadyExists":
        message = f"{message}. It is new, or its name differs in letter case only: run again, or choose another name"
    elif code_of(error) in _REMEDIES_OF_IAM:
        message = f"{message}. {_REMEDIES_OF_IAM[code_of(error)]}"
    elif remedy := remedy_of_failure(error.exception):
        message = f"{message}. {remedy}"
    return message


def text_of(error: AnsibleAWSError) -> str:
    """The message with what AWS said, as C(fail_json_aws) of amazon.aws puts them together."""
    return f"{message_of(error)}: {error.exception}" if error.exception else message_of(error)


def fail_from(module: AnsibleAWSModule, error: AnsibleAWSError) -> None:
    """End the module with the error of a call, and what was done before it."""
    module.fail_json_aws(error.exception, msg=message_of(error), **error.kwargs)
