# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _identity_checks as checks
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._trust import Trust
from ansible_collections.qualytics.athena.plugins.module_utils._trust_principals import read_principals

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/target"
BASE = "arn:aws:iam::210987654321:role/vendor/dataplane"
PRINCIPALS = read_principals("trusted_principals", [BASE], "aws")
OURS = Trust(PRINCIPALS, "acme-1234").document["Statement"][0]


def one(statement: dict[str, Any], external_id: str | None = "acme-1234") -> Check:
    (check,) = checks.trust(ROLE, {"Version": "2012-10-17", "Statement": [statement]}, PRINCIPALS, external_id)
    return check


def test_our_own_statement_lets_the_base_role_in() -> None:
    assert one(OURS).status == "pass"


def test_a_statement_for_its_account_lets_the_base_role_in() -> None:
    assert one({**OURS, "Principal": {"AWS": "210987654321"}}).status == "pass"


@pytest.mark.parametrize(
    ("change", "external_id", "words"),
    [
        ({"Principal": {"AWS": "arn:aws:iam::210987654321:role/dataplane"}}, "acme-1234", "no statement of the trust"),
        ({"Principal": {"Service": "glue.amazonaws.com"}}, "acme-1234", "no statement of the trust policy"),
        ({"Action": "sts:TagSession"}, "acme-1234", "sts:AssumeRole"),
        ({}, "acme-4321", "another external id"),
        ({}, None, "an external id, and none is given"),
        ({"Principal": {"AWS": "AROAIOSFODNN7EXAMPLE1"}}, "acme-1234", "AROAIOSFODNN7EXAMPLE1"),
        ({"Effect": "Deny", "Condition": {}}, "acme-1234", "denies sts:AssumeRole"),
    ],
    ids=["other_role", "service", "other_action", "other_id", "no_id", "deleted_principal", "deny"],
)
def test_what_keeps_the_base_role_out_is_named(change: dict[str, Any], external_id: str | None, words: str) -> None:
    check = one({**OURS, **change}, external_id)
    assert check.name == "trust"
    assert words in check.detail
    assert check.remedy
    assert check.status == "fail"


def test_a_condition_that_cannot_be_seen_is_a_warning() -> None:
    check = one({**OURS, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})
    assert check.status == "warn"


def test_an_account_can_be_trusted_as_a_whole() -> None:
    account = read_principals("trusted_principals", ["210987654321"], "aws")
    document = Trust(account, "acme-1234").document
    assert [it.status for it in checks.trust(ROLE, document, account, "acme-1234")] == ["pass"]
    assert [it.status for it in checks.trust(ROLE, {"Statement": [OURS]}, account, "acme-1234")] == ["fail"]


def test_a_statement_that_lets_everybody_in_is_a_warning_of_its_own() -> None:
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    found = checks.trust(ROLE, {"Statement": [OURS, everybody]}, PRINCIPALS, "acme-1234")
    assert [(it.name, it.status) for it in found] == [("trust", "pass"), ("trust_others", "warn")]
    assert "lets everybody assume the role" in found[1].detail
    assert found[1].remedy.startswith("Remove it")


def test_what_a_statement_is_called_does_not_hide_what_it_does() -> None:
    everybody = {"Sid": "Nobodydenies", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    found = checks.trust(ROLE, {"Statement": [OURS, everybody]}, PRINCIPALS, "acme-1234")
    assert [(it.name, it.status) for it in found] == [("trust", "pass"), ("trust_others", "warn")]


def test_without_principals_there_is_nothing_to_judge() -> None:
    assert checks.trust(ROLE, {"Statement": [OURS]}, (), None) == []


@pytest.mark.parametrize(
    ("found", "check_mode", "status"),
    [
        ({"Arn": ROLE}, False, "pass"),
        (None, False, "fail"),
        (None, True, "warn"),
        (Denied("iam:GetRole"), False, "unknown"),
    ],
)
def test_whether_the_identity_is_there(found: Any, check_mode: bool, status: str) -> None:
    check = checks.identity_exists(Identity("role", "target"), ACCOUNT, found, check_mode)
    assert (check.name, check.status) == ("identity", status)
    assert ("iam:GetRole" in check.remedy) == (status == "unknown")


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ([{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active"}], "pass"),
        ([{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}], "fail"),
        ([], "fail"),
        (Denied("iam:ListAccessKeys"), "unknown"),
    ],
)
def test_whether_the_user_has_an_access_key(keys: Any, status: str) -> None:
    check = checks.access_key("qualytics", keys)
    assert check.status == status
    assert ("iam:ListAccessKeys" in check.remedy) == (status == "unknown")


@pytest.mark.parametrize(
    ("change", "external_id", "named"),
    [
        ({}, "acme-1234", True),
        ({}, "acme-4321", False),
        ({"Principal": {"AWS": "210987654321"}}, "acme-1234", False),
        ({"Principal": "*"}, "acme-1234", False),
        ({"Effect": "Deny"}, "acme-1234", False),
    ],
)
def test_who_is_named_needs_no_policy_of_its_own(change: dict[str, Any], external_id: str, named: bool) -> None:
    document = {"Version": "2012-10-17", "Statement": [{**OURS, **change}]}
    assert checks.is_named(ROLE, document, PRINCIPALS[0], external_id) is named
