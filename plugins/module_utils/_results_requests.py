# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests to S3 by which a query's results are written and read, with what is known of each.

Athena makes requests as the identity, from addresses of AWS's own; the client's driver reads the results itself,
from the client's network. What lets one pass may stop the other.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _permissions,
    _resource_policy,
    _results_bucket_facts,
)

_ATHENA: t.Final = "athena.amazonaws.com"

# Objects that stand for all that Athena writes: rows, their metadata, and the answer of a statement without rows.
_RESULT_NAMES: t.Final = tuple(
    f"0f8fad5b-d9cb-469f-a165-70867728950e{suffix}" for suffix in (".csv", ".csv.metadata", ".txt")
)

# Which one, AWS does not say: "requests to Amazon S3 come from a private IPv4 address for Athena"
# (https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html); the key may also be absent.
_ATHENA_ADDRESSES: t.Final[tuple[_resource_policy.Values, ...]] = (
    (),
    ("10.0.0.1",),
    ("172.16.0.1",),
    ("192.168.0.1",),
    ("100.64.0.1",),
)
# Absent, or naming a network that is not the customer's.
_ATHENA_NETWORK: t.Final[tuple[_resource_policy.Values, ...]] = ((), ("a-network-of-athena",))
_NETWORK_KEYS: t.Final = (
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
)

# What no request of a query carries: access control lists but one, keys of the client's own, tags, locks and the like.
_NEVER_PRESENT: t.Final = (
    "s3:accessgrantsinstancearn",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-retain-until-date",
    "s3:requestobjecttagkeys",
    "s3:versionid",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-website-redirect-location",
)

_KEY_HEADER: t.Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"

# What only a listing, and only a write can carry; every other request is without it.
_LISTING_KEYS: t.Final = ("s3:delimiter", "s3:max-keys", "s3:prefix")
_WRITE_KEYS: t.Final = (
    "s3:x-amz-acl",
    "s3:x-amz-server-side-encryption",
    _KEY_HEADER,
)

_HEADER_OF_OPTION: t.Final = {"SSE_S3": "AES256", "SSE_KMS": "aws:kms"}


def athena_requests(
    wanted: _results_bucket_facts.Wanted, workgroup: _results_bucket_facts.Workgroup | None
) -> list[_resource_policy.Request]:
    """Athena's own; workgroup is None where nothing is known of its settings."""
    context = {
        **_common_context(wanted),
        **dict.fromkeys(_NETWORK_KEYS, _ATHENA_NETWORK),
        "aws:sourceip": _ATHENA_ADDRESSES,
        "aws:vpcsourceip": _ATHENA_ADDRESSES,
        "aws:viaawsservice": (("true",),),
        "aws:calledvia": ((_ATHENA,),),
        "aws:calledviafirst": ((_ATHENA,),),
        "aws:calledvialast": ((_ATHENA,),),
    }
    on_bucket = [(action, wanted.bucket_arn) for action in _permissions.actions_on(["results_bucket"])]
    actions = _permissions.actions_on(["results_objects"])
    on_objects = [(action, resource) for action in actions for resource in _result_arns(wanted)]
    return [
        _resource_policy.Request(action, resource, {**context, **_action_context(action, workgroup)})
        for action, resource in on_bucket + on_objects
    ]


def client_requests(wanted: _results_bucket_facts.Wanted) -> list[_resource_policy.Request]:
    """The driver's own, whose network is not known."""
    context = {
        **_common_context(wanted),
        **_action_context("s3:GetObject", None),
        "aws:viaawsservice": (("false",),),
        "aws:calledvia": _resource_policy.ABSENT,
        "aws:calledviafirst": _resource_policy.ABSENT,
        "aws:calledvialast": _resource_policy.ABSENT,
    }
    return [_resource_policy.Request("s3:GetObject", resource, context) for resource in _result_arns(wanted)]


def _result_arns(wanted: _results_bucket_facts.Wanted) -> list[str]:
    directory = f"{wanted.bucket_arn}/{wanted.location.prefix}/" if wanted.location.prefix else f"{wanted.bucket_arn}/"
    return [directory + name for name in _RESULT_NAMES]


def _common_context(wanted: _results_bucket_facts.Wanted) -> _resource_policy.Context:
    return {
        **dict.fromkeys(_NEVER_PRESENT, _resource_policy.ABSENT),
        **_resource_policy.identity_context(wanted.identity),
        "aws:resourceaccount": ((wanted.owner,),),
        "aws:requestedregion": ((wanted.region,),),
        "s3:resourceaccount": ((wanted.owner,),),
        "s3:authtype": (("REST-HEADER",),),
        "s3:signatureversion": (("AWS4-HMAC-SHA256",),),
        "s3:tlsversion": (("1.2",), ("1.3",)),
    }


def _action_context(action: str, workgroup: _results_bucket_facts.Workgroup | None) -> _resource_policy.Context:
    return {
        **({} if action == "s3:ListBucket" else dict.fromkeys(_LISTING_KEYS, _resource_policy.ABSENT)),
        **(
            _write_context(workgroup)
            if action == "s3:PutObject"
            else dict.fromkeys(_WRITE_KEYS, _resource_policy.ABSENT)
        ),
    }


def _write_context(workgroup: _results_bucket_facts.Workgroup | None) -> _resource_policy.Context:
    """What a write says of encryption and of access control lists, which only the workgroup can make it say."""
    if workgroup is None:
        return {}
    option = workgroup.encryption_option or ""
    header = (_HEADER_OF_OPTION[option],) if option in _HEADER_OF_OPTION else ()
    key = (workgroup.kms_key,) if option == "SSE_KMS" and workgroup.kms_key else ()
    acl = (workgroup.acl.lower().replace("_", "-"),) if workgroup.acl else ()
    is_sure = workgroup.enforced or workgroup.minimum_encryption
    # An id or an alias reaches S3 as it is written, and how S3 compares that with an ARN, AWS does not say.
    key_header = {} if key and not _results_bucket_facts.is_key_arn(key[0]) else {_KEY_HEADER: _perhaps(key, is_sure)}
    return {
        "s3:x-amz-acl": _perhaps(acl, workgroup.enforced),
        "s3:x-amz-server-side-encryption": _perhaps(header, is_sure),
        **key_header,
    }


def _perhaps(values: _resource_policy.Values, is_sure: bool) -> tuple[_resource_policy.Values, ...]:
    """A setting of a workgroup that does not enforce it may or may not reach a client that sends none of its own."""
    return (values,) if is_sure or not values else ((), values)
