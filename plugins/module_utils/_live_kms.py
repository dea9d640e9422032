# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS KMS asked whether a key may be used, without using it: C(DryRun).

Where the use is allowed, KMS refuses with DryRunOperationException
(https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html). A request with C(DryRun) is checked
whole: a Decrypt of what the key did not encrypt could as well be refused for that. So Decrypt is only asked with
C(DryRunModifiers) IGNORE_CIPHERTEXT, which makes KMS look at nothing but the permission, and which SDKs know since
February 2026 (https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _kms,
    _retry,
)

Client = t.Any

_IGNORE_CIPHERTEXT: t.Final = "DryRunModifiers"


@_kms.KmsErrorHandler.common_error_handler("try to decrypt with the KMS key")
@_retry.retry()
def _may_decrypt(client: Client, key_arn: str) -> None:
    _dry(client.decrypt, KeyId=key_arn, DryRunModifiers=["IGNORE_CIPHERTEXT"])


@_kms.KmsErrorHandler.common_error_handler("try to encrypt with the KMS key")
@_retry.retry()
def _may_encrypt(client: Client, key_arn: str) -> None:
    _dry(client.encrypt, KeyId=key_arn, Plaintext=b"0")


@_kms.KmsErrorHandler.common_error_handler("try to generate a data key with the KMS key")
@_retry.retry()
def _may_generate_data_key(client: Client, key_arn: str) -> None:
    _dry(client.generate_data_key, KeyId=key_arn, KeySpec="AES_256")


def _dry(call: Callable[..., t.Any], **request: t.Any) -> None:
    try:
        call(DryRun=True, **request)
    except is_boto3_error_code("DryRunOperationException"):
        return


_TRIALS: t.Final[Mapping[str, Callable[[Client, str], None]]] = {
    "kms:Decrypt": _may_decrypt,
    "kms:Encrypt": _may_encrypt,
    "kms:GenerateDataKey": _may_generate_data_key,
}


def can_try(client: Client, action: str) -> bool:
    """Whether there is a way to ask for the action; for Decrypt that depends on the release of the SDK."""
    if action == "kms:Decrypt":
        return _IGNORE_CIPHERTEXT in client.meta.service_model.operation_model("Decrypt").input_shape.members
    return action in _TRIALS


def try_action(client: Client, action: str, key_arn: str) -> None:
    """Raise KmsError unless the caller may do the action with the key."""
    _TRIALS[action](client, key_arn)
