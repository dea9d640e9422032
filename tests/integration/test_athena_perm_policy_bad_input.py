# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_perm_policy refuses what it should: before any call what the options show, before any write the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .module_runs import Modules

MODULE = "athena_perm_policy"
OTHER_ACCOUNT = "210987654321"
OPTIONS = {
    "name": "qualytics-athena",
    "iam_type": "user",
    "iam_name": "qualytics",
    "output_location": "s3://acme-athena-results/qualytics",
}
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"
MANY = [f"database_with_a_rather_long_name_{number:03}" for number in range(100)]

# option, value, a word of the message that is not the value itself
SHOWN_BY_THE_OPTIONS: list[tuple[str, Any, str]] = [
    *(
        ("output_location", location, word)
        for location, word in [
            ("acme-athena-results/qualytics", "s3://"),
            ("https://acme-athena-results.s3.amazonaws.com/q", "s3://"),
            ("S3://acme-athena-results/q", "s3://"),
            ("s3a://acme-athena-results/q", "s3://"),
            (" s3://acme-athena-results/q", "s3://"),
            ("arn:aws:s3:::acme-athena-results", "s3://"),
            ("", "s3://"),
            ("s3://", "bucket"),
            ("s3:///prefix", "bucket"),
            ("s3://ab/prefix", "3 to 63"),
            (f"s3://{'a' * 64}/prefix", "3 to 63"),
            ("s3://Acme-results/prefix", "lowercase"),
            ("s3://acme_results/prefix", "lowercase"),
            ("s3://acme results/prefix", "lowercase"),
            ("s3://acme*/prefix", "lowercase"),
            ("s3://acme-${aws:username}/prefix", "lowercase"),
            ("s3://-acme/prefix", "begin and end"),
            ("s3://acme-/prefix", "begin and end"),
            ("s3://.acme/prefix", "begin and end"),
            ("s3://acme..results/prefix", "two dots"),
            ("s3://192.168.5.4/prefix", "IP address"),
            ("s3://xn--acme/prefix", "reserved"),
            ("s3://sthree-acme/prefix", "reserved"),
            ("s3://amzn-s3-demo-acme/prefix", "reserved"),
            ("s3://acme-s3alias/prefix", "access point"),
            ("s3://acme--ol-s3/prefix", "access point"),
            ("s3://acme.mrap/prefix", "Access Point"),
            ("s3://acme--use1-az4--x-s3/prefix", "directory bucket"),
            ("s3://acme--table-s3/prefix", "table bucket"),
            ("s3://acme-athena-results//prefix", "slash"),
            ("s3://acme-athena-results/a//b", "two slashes"),
            ("s3://acme-athena-results/a//", "two slashes"),
            ("s3://acme-athena-results/*", "wildcard"),
            ("s3://acme-athena-results/a?b", "wildcard"),
            ("s3://acme-athena-results/${aws:username}", "policy variable"),
            ("s3://acme-athena-results/a\nb", "IAM policy"),
            ("s3://acme-athena-results/a\n", "IAM policy"),
            ("s3://acme-athena-results/a\x01b", "IAM policy"),
            ("s3://acme-athena-results/a\x7fb", "IAM policy"),
            ("s3://acme-athena-results/a\u0085b", "IAM policy"),
            ("s3://acme-athena-results/\u65e5\u672c", "IAM policy"),
            ("s3://acme-athena-results/a/../b", "'..'"),
            ("s3://acme-athena-results/" + "p" * 1000, "characters"),
        ]
    ),
    *(
        ("source_locations", value, word)
        for value, word in [
            ([], "empty"),
            ([""], "empty"),
            (["s3://acme-data-lake/sales", " "], "empty"),
            (["s3://acme-data-lake/*"], "wildcard"),
            (["s3://acme-data-lake/sales", "acme-data-lake"], "s3://"),
            (["s3://Acme-data-lake"], "lowercase"),
        ]
    ),
    *(
        ("workgroups", value, word)
        for value, word in [
            ([], "empty"),
            ([""], "empty"),
            (["primary", "*"], "wildcard"),
            (["prim?ry"], "wildcard"),
            (["${aws:username}"], "policy variable"),
            (["primary\n"], "policy"),
            ([f"arn:aws:athena:us-east-1:{ACCOUNT_ID}:workgroup/primary"], "name"),
            (["a/b"], "name"),
            (["w" * 129], "128"),
        ]
    ),
    *(
        ("data_catalogs", value, word)
        for value, word in [
            ([], "empty"),
            (["*"], "wildcard"),
            (["awsdatacatalog"], "case"),
            ([f"arn:aws:athena:us-east-1:{ACCOUNT_ID}:datacatalog/AwsDataCatalog"], "name"),
            (["s3tablescatalog/acme"], "federated"),
            (["c" * 129], "128"),
        ]
    ),
    *(
        ("databases", value, word)
        for value, word in [
            ([], "empty"),
            (["  "], "empty"),
            (["*"], "wildcard"),
            (["sal?s"], "wildcard"),
            (["${aws:username}"], "policy variable"),
            (["sales/orders"], "name"),
            ([f"arn:aws:glue:us-east-1:{ACCOUNT_ID}:database/sales"], "name"),
            (["sales\t"], "policy"),
            (["d" * 256], "name"),
        ]
    ),
    *(
        ("kms_keys.results", value, word)
        for value, word in [
            ([], "empty"),
            ([KEY.replace(":kms:", ":s3:")], "KMS key"),
            ([KEY.replace("arn:aws:", "arn:aws-cn:")], "partition"),
            ([KEY.replace("us-east-1", "eu-west-1")], "eu-west-1"),
            ([KEY.replace(ACCOUNT_ID, "12345")], "KMS key"),
            ([KEY.replace(ACCOUNT_ID, "*")], "wildcard"),
            ([KEY.partition("key/")[0] + "key/*"], "wildcard"),
            ([KEY.partition("key/")[0] + "alias/results"], "alias"),
            (["alias/results"], "alias"),
            (["11111111-2222-3333-4444-555555555555"], "KMS key"),
            ([KEY, ""], "empty"),
        ]
    ),
    ("kms_keys.sources", ["alias/sources"], "alias"),
    ("kms_keys.catalog", [KEY.replace("us-east-1", "eu-west-1")], "eu-west-1"),
    *(
        ("name", value, word)
        for value, word in [
            ("", "name"),
            ("two words", "name"),
            ("a/b", "name"),
            ("*", "name"),
            ("qualytics\n", "name"),
            ("caf\u00e9", "name"),
            ("n" * 129, "128"),
            (f"arn:aws:iam::{ACCOUNT_ID}:policy/qualytics", "name"),
        ]
    ),
    *(
        ("iam_name", value, word)
        for value, word in [
            ("", "name"),
            ("two words", "name"),
            ("team/qualytics", "name"),
            ("*", "name"),
            ("caf\u00e9", "name"),
            ("n" * 65, "64"),
            (f"arn:aws:iam::{ACCOUNT_ID}:user/qualytics", "name"),
        ]
    ),
    *(
        ("path", value, word)
        for value, word in [
            ("", "/"),
            ("team", "/"),
            ("/team", "/"),
            ("team/", "/"),
            ("//", "/"),
            ("/team//", "/"),
            ("/te am/", "/"),
            ("/team/*/", "/"),
            ("/caf\u00e9/", "/"),
            (f"/{'p' * 512}/", "512"),
        ]
    ),
    *(
        ("tags", value, word)
        for value, word in [
            ({"aws:team": "data"}, "aws:"),
            ({"": "data"}, "key"),
            ({"k" * 129: "data"}, "128"),
            ({"team": "v" * 257}, "256"),
            ({f"key-{number}": "data" for number in range(51)}, "50"),
        ]
    ),
    ("description", "d" * 1001, "1,000"),
    ("policy_type", "customer", "managed"),
    ("iam_type", "group", "user"),
    ("state", "gone", "present"),
]


def _named(option: str, value: Any) -> dict[str, Any]:
    outer, _dot, inner = option.partition(".")
    return {outer: {inner: value} if inner else value}


def short(value: Any) -> str:
    """A test id that a terminal can show."""
    return ascii(value)[:40]


@pytest.fixture(scope="module")
def account(sandbox: Sandbox) -> Account:
    """An account with the user and two data catalogs; whatever is refused leaves it as it is."""
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("user", "qualytics")
    account.athena.create_data_catalog(Name="shared", Type="GLUE", Parameters={"catalog-id": OTHER_ACCOUNT})
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT_ID}:function:connector"
    account.athena.create_data_catalog(Name="orders-db", Type="LAMBDA", Parameters={"function": function})
    return account


@pytest.fixture
def modules(sandbox: Sandbox, account: Account) -> Modules:
    return Modules(sandbox)


@pytest.mark.parametrize(("option", "value", "word"), SHOWN_BY_THE_OPTIONS, ids=short)
def test_is_refused_before_any_call(modules: Modules, option: str, value: Any, word: str) -> None:
    run = modules.run(MODULE, OPTIONS | _named(option, value)).refused()
    assert run.calls == ()
    assert option.partition(".")[0] in run.message
    assert word in run.message
    assert not run.result.get("changed")


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_a_policy_that_is_too_large_is_refused_before_any_call(modules: Modules, check: bool) -> None:
    run = modules.run(MODULE, OPTIONS | {"databases": MANY}, check=check).refused()
    assert run.calls == ()
    assert run.message.startswith("databases: ")
    assert "6,144" in run.message
    size = int(re.search(r"the policy has ([\d,]+) characters", run.message)[1].replace(",", ""))
    assert size > 100 * 2 * len(MANY[0])


def test_the_option_that_makes_the_policy_smaller_is_named(modules: Modules) -> None:
    locations = [f"s3://acme-data-lake/a/rather/long/way/to/the/files/of/table_{number:03}" for number in range(100)]
    options = OPTIONS | {"source_locations": locations, "databases": ["sales"], "workgroups": ["primary"]}
    run = modules.run(MODULE, options).refused()
    assert run.calls == ()
    assert run.message.startswith("source_locations: ")


@pytest.mark.parametrize(("iam_type", "quota", "databases"), [("user", "2,048", MANY[:10]), ("role", "10,240", MANY)])
def test_an_inline_policy_that_is_too_large_is_refused_before_any_call(
    modules: Modules, iam_type: str, quota: str, databases: list[str]
) -> None:
    inline = {"policy_type": "inline", "iam_type": iam_type, "databases": databases}
    run = modules.run(MODULE, OPTIONS | inline).refused()
    assert run.calls == ()
    assert run.message.startswith("databases: ")
    assert quota in run.message
    assert ("policy_type=managed" in run.message) is (iam_type == "user")


@pytest.mark.parametrize("check", [False, True], ids=["apply", "check"])
def test_the_identitys_other_inline_policies_count_too(modules: Modules, account: Account, check: bool) -> None:
    large = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::acme/{'k' * 1400}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": large})
    account.iam.put_user_policy(UserName="qualytics", PolicyName="theirs", PolicyDocument=document)
    before = account.state()
    run = modules.run(MODULE, OPTIONS | {"policy_type": "inline"}, check=check).refused()
    assert run.writes == ()
    assert account.state() == before
    assert "2,048" in run.message
    assert "theirs" in run.message
    assert "policy_type=managed" in run.message
    account.iam.delete_user_policy(UserName="qualytics", PolicyName="theirs")


@pytest.mark.parametrize("use", ["results", "sources", "catalog"])
def test_a_key_of_another_account_needs_a_word(modules: Modules, use: str) -> None:
    options = OPTIONS | {"kms_keys": {use: [KEY.replace(ACCOUNT_ID, OTHER_ACCOUNT)]}}
    run = modules.run(MODULE, options).refused()
    assert run.calls == ("sts:GetCallerIdentity",)
    assert run.message.startswith(f"kms_keys.{use}: ")
    assert OTHER_ACCOUNT in run.message
    assert "kms_key_accounts" in run.message
    meant = modules.run(MODULE, options | {"kms_key_accounts": [OTHER_ACCOUNT]}, check=True).ok()
    assert OTHER_ACCOUNT in str(meant.result["policy"]["document"])


@pytest.mark.parametrize(("name", "word"), [("nowhere", "no data catalog"), ("orders-db", "LAMBDA")])
def test_a_data_catalog_that_the_policy_cannot_serve(modules: Modules, name: str, word: str) -> None:
    for check in (False, True):
        run = modules.run(MODULE, OPTIONS | {"data_catalogs": ["AwsDataCatalog", name]}, check=check).refused()
        assert run.writes == ()
        assert not any(call.startswith("iam:") for call in run.calls)
        assert run.message.startswith("data_catalogs: ")
        assert name in run.message
        assert word in run.message


def test_a_data_catalog_of_another_account_names_its_glue_resources(modules: Modules) -> None:
    options = OPTIONS | {"data_catalogs": ["shared"], "databases": ["sales"]}
    document = modules.run(MODULE, options, check=True).ok().result["policy"]["document"]
    glue = [
        arn for it in document["Statement"] if it["Sid"].startswith("Glue") for arn in it["Resource"] if ":glue:" in arn
    ]
    assert glue
    assert {arn.split(":")[4] for arn in glue} == {OTHER_ACCOUNT}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"output_location": None}, "output_location"),
        ({"name": None}, "name"),
        ({"iam_type": None}, "iam_type"),
        ({"iam_name": None}, "iam_name"),
        ({"policy_type": "inline", "path": "/team/"}, "path"),
        ({"policy_type": "inline", "description": "text"}, "description"),
        ({"policy_type": "inline", "tags": {"team": "data"}}, "tags"),
        ({"kms_keys": {"result": [KEY]}}, "kms_keys"),
        ({"database": ["sales"]}, "database"),
        ({"tags": "team"}, "tags"),
        ({"region": "us east 1"}, "region"),
    ],
    ids=short,
)
def test_options_that_do_not_go_together(modules: Modules, change: dict[str, Any], word: str) -> None:
    run = modules.run(MODULE, OPTIONS | change).refused()
    assert run.calls == ()
    assert word in run.message


def test_a_workgroup_scope_without_primary_warns(modules: Modules) -> None:
    warned = modules.run(MODULE, OPTIONS | {"workgroups": ["reports"]}, check=True).ok()
    assert len(warned.warnings) == 1
    assert "primary" in warned.warnings[0]
    assert modules.run(MODULE, OPTIONS | {"workgroups": ["primary", "reports"]}, check=True).ok().warnings == []


def test_nothing_was_changed_by_all_of_this(account: Account) -> None:
    """Last in this file: the account is what the first test found."""
    assert account.state() == {"managed": {}, "inline": {}}
