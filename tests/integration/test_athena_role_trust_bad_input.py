# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_role_trust refuses what it should: before any call what the options show, before any write the rest."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .module_runs import Modules, in_a_hurry
from .trusts import statement

MODULE = "athena_role_trust"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/vendor/dataplane"
OPTIONS: dict[str, Any] = {"role_name": "target", "trusted_principals": [BASE], "external_id": "acme-3f1c7a52"}
SSO = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"

# options, words of the message
SHOWN_BY_THE_OPTIONS: list[tuple[dict[str, Any], list[str]]] = [
    *(
        ({"trusted_principals": value}, ["trusted_principals", word])
        for value, word in [
            ([], "empty"),
            ([""], "empty"),
            ([BASE, " "], "empty"),
            (["*"], "wildcard"),
            (["arn:aws:iam::*:root"], "wildcard"),
            ([f"arn:aws:iam::{ACCOUNT_ID}:role/*"], "wildcard"),
            (["${aws:PrincipalArn}"], "policy variable"),
            ([f"{BASE}\n"], "IAM policy"),
            (["dataplane"], "ARN of an IAM role"),
            (["AROADEADDEADDEADDEADD"], "unique id"),
            (["ec2.amazonaws.com"], "service"),
            ([f"arn:aws:iam::{ACCOUNT_ID}:group/x"], "group"),
            ([f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/dataplane/session"], f"{ACCOUNT_ID}:role/dataplane"),
            ([f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/dataplane/session"], "path"),
            ([f"arn:aws-cn:iam::{ACCOUNT_ID}:role/dataplane"], "partition"),
            ([f"arn:aws-us-gov:iam::{ACCOUNT_ID}:root"], "partition"),
            ([f"arn:aws-eusc:iam::{ACCOUNT_ID}:role/dataplane"], "partition"),
        ]
    ),
    *(
        ({"external_id": value}, ["external_id", "1,224"])
        for value in ["", "a", "a" * 1225, "a b", "acme*", "acme\n", "acm\u00e9", "${aws:userid}", "a;b"]
    ),
    *(
        ({"role_name": value}, ["role_name", word])
        for value, word in [
            ("", "match pattern"),
            ("r" * 65, "64"),
            ("a b", "match pattern"),
            ("path/target", "match pattern"),
            (f"arn:aws:iam::{ACCOUNT_ID}:role/path/target", "write the name only, 'target'"),
            ("*", "match pattern"),
            ("r\u00f4le", "accents"),
            ("AWSServiceRoleForAmazonAthena", "service-linked"),
            ("AWSReservedSSO_Ops_0123456789abcdef", "IAM Identity Center"),
        ]
    ),
    *(
        ({"base_role_name": value}, ["base_role_name", word])
        for value, word in [
            ("r" * 65, "64"),
            ("vendor/dataplane", "match pattern"),
            ("AWSServiceRoleForX", "service-linked"),
            ("AWSReservedSSO_Ops_0123456789abcdef", "IAM Identity Center"),
            ("another", "none of the trusted_principals"),
        ]
    ),
    *(
        ({"path": value}, ["path", word])
        for value, word in [
            ("data", "begin and end"),
            ("/data", "begin and end"),
            ("//", "match pattern"),
            (f"/{'p' * 511}/", "512"),
            ("/aws-service-role/x/", "service-linked"),
            ("/aws-reserved/", "IAM Identity Center"),
        ]
    ),
    *(({"max_session_duration": value}, ["max_session_duration", "3600 to 43200"]) for value in [0, -1, 3599, 43201]),
    *(
        ({"permissions_boundary": value}, ["permissions_boundary", word])
        for value, word in [
            ("boundary", "ARN of a managed policy"),
            ("*", "ARN of a managed policy"),
            (f"arn:aws:iam::{ACCOUNT_ID}:role/x", "ARN of a managed policy"),
            (f"arn:aws:iam::{ACCOUNT_ID}:policy/x y", "ARN of a managed policy"),
            (f"arn:aws-cn:iam::{ACCOUNT_ID}:policy/x", "partition"),
        ]
    ),
    ({"description": "d" * 1001}, ["description", "1,000"]),
    ({"description": "\u65e5\u672c"}, ["description", "Latin"]),
    ({"description": "a\x01"}, ["description", "Latin"]),
    ({"tags": {"aws:x": "y"}}, ["tags", "reserves"]),
    ({"tags": {"Team": "a", "team": "b"}}, ["tags", "same key"]),
    ({"tags": {"k" * 129: "y"}}, ["tags", "128"]),
    ({"trusted_principals": None}, ["trusted_principals"]),
    ({"state": "gone"}, ["state", "present, absent"]),
]


@pytest.mark.parametrize(("options", "words"), SHOWN_BY_THE_OPTIONS)
@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_what_the_options_show_is_refused_before_any_call(
    sandbox: Sandbox, options: dict[str, Any], words: list[str], check: bool
) -> None:
    run = Modules(sandbox).run(MODULE, OPTIONS | options, check=check).refused()
    assert run.calls == ()
    for word in words:
        assert word in run.message


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_the_partition_is_that_of_the_region(sandbox: Sandbox, region: str, partition: str) -> None:
    """A principal of any other partition is refused before any call; in its own the role's ARN is of it too."""
    sandbox.reset()
    for other in ("aws", "aws-cn", "aws-us-gov", "aws-eusc"):
        principal = f"arn:{other}:iam::{ACCOUNT_ID}:role/dataplane"
        run = Modules(sandbox).run(MODULE, OPTIONS | {"region": region, "trusted_principals": [principal]}, check=True)
        if other != partition:
            assert run.refused().calls == ()
            assert "across partitions" in run.message
        else:
            assert run.ok().result["role"]["arn"] == f"arn:{partition}:iam::{ACCOUNT_ID}:role/target"


def test_a_role_of_identity_center_may_be_trusted_with_a_warning(clean_sandbox: Sandbox) -> None:
    clean_sandbox.switch("reserved_path")
    trust = {"Version": "2012-10-17", "Statement": [statement("*")]}
    Account(clean_sandbox).make_role("AWSReservedSSO_Ops_0123456789abcdef", trust, "/aws-reserved/sso.amazonaws.com/")
    run = Modules(clean_sandbox).run(MODULE, OPTIONS | {"trusted_principals": [SSO]}).ok()
    (warning,) = run.warnings
    assert "random suffix" in warning
    assert SSO in warning


def test_a_found_role_of_aws_is_not_touched(clean_sandbox: Sandbox) -> None:
    """Its name alone need not show it."""
    clean_sandbox.switch("reserved_path")
    account = Account(clean_sandbox)
    account.make_identity("role", "dataplane", "/vendor/")
    trust = {"Version": "2012-10-17", "Statement": [statement("*")]}
    account.make_role("target", trust, "/aws-reserved/sso.amazonaws.com/")
    before = account.roles()
    for state in ("present", "absent"):
        run = Modules(clean_sandbox).run(MODULE, OPTIONS | {"state": state}).refused()
        assert "IAM Identity Center" in run.message
        assert run.writes == ()
    assert account.roles() == before


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_trust_policy_over_the_quota_is_refused_before_any_write(clean_sandbox: Sandbox, check: bool) -> None:
    account = Account(clean_sandbox)
    for number in range(48):
        account.make_identity("user", f"user-{number:02}")
    users = [f"arn:aws:iam::{ACCOUNT_ID}:user/user-{number:02}" for number in range(48)]
    modules = Modules(clean_sandbox)
    fits = modules.run(MODULE, OPTIONS | {"trusted_principals": users[:40]}).ok()
    assert "iam:GetAccountSummary" not in fits.calls
    run = modules.run(MODULE, OPTIONS | {"trusted_principals": users}, check=check).refused()
    assert run.writes == ()
    for word in ("trusted_principals", "2,048", "quota"):
        assert word in run.message


def test_a_boundary_that_does_not_exist_is_named(clean_sandbox: Sandbox) -> None:
    Account(clean_sandbox).make_identity("role", "dataplane", "/vendor/")
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/absent"
    run = Modules(clean_sandbox).run(MODULE, OPTIONS | {"permissions_boundary": boundary}, before=in_a_hurry).refused()
    assert boundary in run.message
