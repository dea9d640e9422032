# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides say to the owners of keys and buckets does what it is for."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .clients import query, s3_of_target
from .collected import DOCUMENTS, ENCRYPTION, STATEMENTS
from .kinds import Statement
from .other_accounts import PARTNER, PARTNERS_LAKE, allow, client_of, document
from .reader import Reader
from .world import LAKE, World

_ROLE = "qualytics-athena-hr"
_FILE = "sales/orders/part-0.csv"
_OF_BUCKETS = {place: it for place, it in STATEMENTS.items() if "s3:GetObject" in it.statement["Action"]}
_OF_KEYS = {place: it for place, it in STATEMENTS.items() if place not in _OF_BUCKETS}


def test_with_the_keys_of_the_guide_a_connection_reads_what_is_encrypted(
    sandbox: Sandbox, world: World, reader: Reader, connections: str, encrypted: str
) -> None:
    sandbox.restore(encrypted)
    select = "SELECT * FROM sales.orders"
    assert query(sandbox, world.documents, select) == "FAILED"
    assert reader.failures(DOCUMENTS[ENCRYPTION], connections, encrypted) == []
    assert query(sandbox, world.documents, select) == "SUCCEEDED"


@pytest.fixture
def target(sandbox: Sandbox, world: World, encrypted: str) -> Any:
    """A client of the target role of the README, to which its own account allows everything."""
    sandbox.restore(encrypted)
    sandbox.client("iam").put_role_policy(RoleName=_ROLE, PolicyName="all", PolicyDocument=allow("s3:*", "kms:*"))
    return s3_of_target(sandbox, world.documents, f"arn:aws:iam::{ACCOUNT_ID}:role/{_ROLE}", "3f1c7a52-acme")


@pytest.mark.parametrize("place", _OF_BUCKETS)
def test_a_bucket_lets_the_connection_in_by_the_statement_of_the_guide(
    place: str, sandbox: Sandbox, target: Any
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        target.get_object(Bucket=PARTNERS_LAKE, Key=_FILE)
    example: Statement = _OF_BUCKETS[place]
    owner = client_of(sandbox, PARTNER, "s3")
    owner.put_bucket_policy(Bucket=PARTNERS_LAKE, Policy=document(example.statement))
    target.get_object(Bucket=PARTNERS_LAKE, Key=_FILE)
    assert target.list_objects_v2(Bucket=PARTNERS_LAKE, Prefix="sales/")["KeyCount"] == 1
    target.get_bucket_location(Bucket=PARTNERS_LAKE)
    with pytest.raises(ClientError, match="AccessDenied"):
        target.get_object(Bucket=PARTNERS_LAKE, Key="other/part-0.csv")


@pytest.mark.parametrize("place", _OF_KEYS)
def test_a_key_lets_the_connection_in_by_the_statement_of_the_guide(place: str, sandbox: Sandbox, target: Any) -> None:
    kms, s3 = sandbox.client("kms"), sandbox.client("s3")
    key = s3.head_object(Bucket=LAKE, Key=_FILE)["SSEKMSKeyId"]
    keeps = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "kms:PutKeyPolicy", "Resource": "*"}
    kms.put_key_policy(KeyId=key, Policy=document(keeps))
    with pytest.raises(ClientError, match="AccessDenied"):
        target.get_object(Bucket=LAKE, Key=_FILE)
    example: Statement = _OF_KEYS[place]
    kms.put_key_policy(KeyId=key, Policy=document(keeps, example.statement))
    target.get_object(Bucket=LAKE, Key=_FILE)


def test_there_are_statements_for_both() -> None:
    assert _OF_BUCKETS
    assert len(_OF_KEYS) > 1
