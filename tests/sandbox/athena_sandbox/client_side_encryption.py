# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that Athena encrypts itself (CSE_KMS): what S3 keeps is of no use to whoever reads the object alone.

The format is that of the Amazon S3 encryption client, version 2:
https://docs.aws.amazon.com/amazon-s3-encryption-client/latest/developerguide/concepts.html
"""

from __future__ import annotations

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from ministack.services import kms as ministack_kms

_CONTEXT = {"aws:x-amz-cek-alg": "AES/GCM/NoPadding"}


def encrypted(body: bytes, key: str) -> tuple[bytes, dict[str, str]]:
    """The body under a data key of its own, and the headers that keep this data key under the KMS key."""
    _record, data_key, wrapped = ministack_kms._generate_data_key_common({"KeyId": key, "EncryptionContext": _CONTEXT})
    vector = os.urandom(12)
    envelope = {
        "x-amz-meta-x-amz-key-v2": base64.b64encode(wrapped).decode(),
        "x-amz-meta-x-amz-iv": base64.b64encode(vector).decode(),
        "x-amz-meta-x-amz-cek-alg": _CONTEXT["aws:x-amz-cek-alg"],
        "x-amz-meta-x-amz-wrap-alg": "kms+context",
        "x-amz-meta-x-amz-tag-len": "128",
        "x-amz-meta-x-amz-matdesc": json.dumps(_CONTEXT),
    }
    return AESGCM(data_key).encrypt(vector, body, None), envelope
