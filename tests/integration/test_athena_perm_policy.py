# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_perm_policy from an empty account to an empty account: check, apply, apply again, remove."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account, arn_of
from .module_runs import Modules

MODULE = "athena_perm_policy"
NAME = "qualytics-athena"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"
VENDOR_EXAMPLE = Path(__file__).parents[1] / "unit" / "data" / "vendor_example_policy.json"
OPTIONS: dict[str, Any] = {
    "name": NAME,
    "iam_type": "user",
    "iam_name": "qualytics",
    "output_location": "s3://acme-athena-results/qualytics",
}
EVERYTHING: dict[str, Any] = {
    "workgroups": ["primary", "reports"],
    "data_catalogs": ["AwsDataCatalog"],
    "databases": ["sales", "hr"],
    "kms_keys": {"results": [KEY], "sources": [KEY], "catalog": [KEY]},
    "source_locations": ["s3://acme-data-lake/sales", "s3://acme-data-lake/hr"],
    "restrict_listing": True,
    "lake_formation": True,
    "result_streaming": True,
    "list_data_catalogs": True,
}
LABELS: dict[str, Any] = {
    "path": "/data-quality/",
    "description": "What Qualytics needs to query <with> Athena & Glue",
    "tags": {"team": "data-platform", "cost center": "42"},
}
ANYTHING = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
# DESIGN.md: the policy with nothing to do, and the caller's identity once per run.
MANAGED_READS = ("sts:GetCallerIdentity", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy")

CONNECTIONS = [
    pytest.param({**OPTIONS}, id="managed-user"),
    pytest.param({**OPTIONS, **EVERYTHING, **LABELS}, id="managed-user-everything"),
    pytest.param({**OPTIONS, "iam_type": "role", **LABELS}, id="managed-role"),
    pytest.param({**OPTIONS, "policy_type": "inline"}, id="inline-user"),
    pytest.param({**OPTIONS, "policy_type": "inline", "iam_type": "role", **EVERYTHING}, id="inline-role-everything"),
]


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    """An account with a user, a role of the same name, and nothing else."""
    account = Account(clean_sandbox)
    account.make_identity("user", "qualytics")
    account.make_identity("role", "qualytics")
    return account


@pytest.fixture
def modules(clean_sandbox: Sandbox) -> Modules:
    return Modules(clean_sandbox)


@pytest.mark.parametrize("options", CONNECTIONS)
def test_from_an_empty_account_and_back(account: Account, modules: Modules, options: dict[str, Any]) -> None:
    managed = options.get("policy_type") != "inline"
    reads = MANAGED_READS if managed else ("sts:GetCallerIdentity", f"iam:Get{options['iam_type'].title()}Policy")
    identity = {"type": options["iam_type"], "name": "qualytics"}
    empty = account.state()

    predicted = modules.run(MODULE, options, check=True).ok()
    assert predicted.result["changed"]
    assert predicted.writes == ()
    assert account.state() == empty
    assert {row["kind"] for row in predicted.result["drift"]} == {"missing"}

    applied = modules.run(MODULE, options).ok()
    assert applied.result["changed"]
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]
    assert applied.result["attached_to"] == predicted.result["attached_to"] == [identity]
    assert applied.result["observed_policy"] is predicted.result["observed_policy"] is None
    assert not applied.result["check_mode"]
    assert predicted.result["check_mode"]
    unknown_before = {"version_id": None} if managed else {}
    assert predicted.result["policy"] == applied.result["policy"] | unknown_before

    policy = applied.result["policy"]
    assert set(policy) >= {"arn", "name", "document", "version_id", "size"}
    state = account.state()
    if managed:
        arn = arn_of(NAME, options.get("path", "/"))
        assert policy["arn"] == arn
        assert policy["version_id"] == "v1"
        assert list(state["managed"]) == [arn]
        assert state["managed"][arn]["documents"] == {"v1": policy["document"]}
        assert state["managed"][arn][f"{options['iam_type']}s"] == ["qualytics"]
        assert state["managed"][arn]["tags"] == options.get("tags", {}) == policy["tags"]
        assert account.iam.get_policy(PolicyArn=arn)["Policy"].get("Description") == options.get("description")
    else:
        assert state["inline"] == {f"{options['iam_type']}/qualytics/{NAME}": policy["document"]}
        assert policy["arn"] is None

    for check in (False, True):
        again = modules.run(MODULE, options, check=check).ok()
        assert not again.result["changed"]
        assert again.result["drift"] == []
        assert again.result["diff"]["before"] == again.result["diff"]["after"] == applied.result["diff"]["after"]
        assert again.result["policy"] == policy
        assert again.calls == reads

    gone = {key: value for key, value in options.items() if key in ("name", "iam_type", "iam_name", "policy_type")}
    gone |= {"state": "absent", "path": options.get("path")}
    removal = modules.run(MODULE, gone, check=True).ok()
    assert removal.result["changed"]
    assert removal.writes == ()
    assert account.state() == state

    removed = modules.run(MODULE, gone).ok()
    assert removed.result["changed"]
    assert removed.result["drift"] == removal.result["drift"]
    assert {row["kind"] for row in removed.result["drift"]} == {"extra"}
    assert removed.result["diff"] == removal.result["diff"]
    assert removed.result["diff"]["before"] == applied.result["diff"]["after"]
    assert removed.result["diff"]["after"] == ""
    assert removed.result["policy"] is None
    assert removed.result["attached_to"] == []
    assert account.state() == empty

    for check in (False, True):
        again = modules.run(MODULE, gone, check=check).ok()
        assert not again.result["changed"]
        assert again.result["drift"] == []
        assert again.writes == ()


def test_the_document_is_the_vendors_example(account: Account, modules: Modules) -> None:
    example = VENDOR_EXAMPLE.read_text(encoding="utf-8")
    for location, objects in [("", "<YOUR_PREFIX>/*"), ("/qualytics", "qualytics/*"), ("/a/b/", "a/b/*"), ("/", "*")]:
        options = OPTIONS | {"output_location": f"s3://acme-athena-results{location}"}
        expected = example.replace("<YOUR_BUCKET>", "acme-athena-results")
        expected = expected.replace("<YOUR_PREFIX>/*", "*" if location == "" else objects)
        modules.run(MODULE, options).ok()
        assert account.document(arn_of(NAME)) == json.loads(expected)


def test_an_update_is_one_call_and_keeps_the_old_version(account: Account, modules: Modules) -> None:
    first = modules.run(MODULE, OPTIONS).ok()
    options = OPTIONS | {"result_streaming": True}
    predicted = modules.run(MODULE, options, check=True).ok()
    applied = modules.run(MODULE, options).ok()
    assert applied.writes == ("iam:CreatePolicyVersion",)
    assert applied.calls == (*MANAGED_READS, "iam:CreatePolicyVersion")
    assert predicted.calls == MANAGED_READS
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]
    assert applied.drift == [("action", "missing", "Allow athena:GetQueryResultsStream on *", None)]
    assert applied.result["policy"]["version_id"] == "v2"
    assert predicted.result["policy"]["version_id"] is None
    assert account.versions(arn_of(NAME)) == {"v1": False, "v2": True}
    before, after = (set(applied.result["diff"][side].splitlines()) for side in ("before", "after"))
    assert after - before == {"Allow athena:GetQueryResultsStream on *"}
    assert before <= after
    assert first.result["diff"]["after"] == applied.result["diff"]["before"]


def test_tag_values_that_yaml_reads_as_numbers(account: Account, modules: Modules) -> None:
    options = OPTIONS | {"tags": {"cost": 42, "shared": True}}
    predicted = modules.run(MODULE, options, check=True).ok()
    applied = modules.run(MODULE, options).ok()
    again = modules.run(MODULE, options).ok()
    live = account.state()["managed"][arn_of(NAME)]["tags"]
    assert live["cost"] == "42"
    assert applied.result["policy"]["tags"] == predicted.result["policy"]["tags"] == live
    assert not again.result["changed"]
    assert again.result["diff"]["before"] == applied.result["diff"]["after"]
    assert again.result["policy"] == applied.result["policy"]


@pytest.mark.parametrize("policy_type", ["managed", "inline"])
@pytest.mark.parametrize("iam_type", ["user", "role"])
def test_an_identity_that_does_not_exist(account: Account, modules: Modules, policy_type: str, iam_type: str) -> None:
    options = OPTIONS | {"policy_type": policy_type, "iam_type": iam_type, "iam_name": "nobody"}
    empty = account.state()

    refused = modules.run(MODULE, options).refused()
    assert refused.writes == ()
    assert f"the IAM {iam_type} 'nobody' does not exist" in refused.message
    assert ACCOUNT_ID in refused.message
    assert "create it first" in refused.message
    assert account.state() == empty

    predicted = modules.run(MODULE, options, check=True).ok()
    assert predicted.result["changed"]
    assert predicted.writes == ()
    assert [f"the IAM {iam_type} 'nobody' does not exist" in warning for warning in predicted.warnings] == [True]

    account.make_identity(iam_type, "nobody")
    applied = modules.run(MODULE, options).ok()
    assert applied.warnings == []
    assert applied.result["drift"] == predicted.result["drift"]
    assert applied.result["diff"] == predicted.result["diff"]


def test_a_policy_that_lost_its_identity(account: Account, modules: Modules) -> None:
    """The policy is there, its user is not: nothing is written, however much of the policy has drifted."""
    arn = account.make_policy(NAME, json.loads(VENDOR_EXAMPLE.read_text(encoding="utf-8").replace("<YOUR_", "x<")))
    refused = modules.run(MODULE, OPTIONS | {"iam_name": "nobody"}).refused()
    assert refused.writes == ()
    assert "'nobody' does not exist" in refused.message
    removed = modules.run(MODULE, OPTIONS | {"iam_name": "nobody", "state": "absent"}).ok()
    assert removed.result["changed"]
    assert arn not in account.state()["managed"]


@pytest.mark.parametrize("policy_type", ["managed", "inline"])
def test_absent_needs_no_identity_and_no_output_location(modules: Modules, policy_type: str) -> None:
    options = {"name": NAME, "iam_type": "user", "iam_name": "nobody", "state": "absent", "policy_type": policy_type}
    run = modules.run(MODULE, options).ok()
    assert not run.result["changed"]
    assert run.writes == ()


def test_removal_takes_all_versions(account: Account, modules: Modules) -> None:
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING})
    account.add_versions(arn, 4, {"Version": "2012-10-17", "Statement": ANYTHING})
    account.iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    account.attach(arn)
    options = {"name": NAME, "iam_type": "user", "iam_name": "qualytics", "state": "absent"}
    predicted = modules.run(MODULE, options, check=True).ok()
    removed = modules.run(MODULE, options).ok()
    assert removed.writes == ("iam:DetachUserPolicy", *["iam:DeletePolicyVersion"] * 4, "iam:DeletePolicy")
    assert removed.result["drift"] == predicted.result["drift"]
    versions = [actual for aspect, _kind, _expected, actual in removed.drift if aspect == "version"]
    assert versions == ["v1", "v2", "v4", "v5"]
    assert account.state()["managed"] == {}


@pytest.mark.parametrize(
    ("other", "check"),
    [(it, False) for it in ("user", "role", "group", "user-boundary", "role-boundary")] + [("user", True)],
)
def test_removal_leaves_a_policy_that_others_use(account: Account, modules: Modules, other: str, check: bool) -> None:
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING})
    account.attach(arn)
    iam = account.iam
    iam.create_user(UserName="another")
    if other == "user":
        account.attach(arn, "another")
    elif other == "role":
        iam.attach_role_policy(RoleName="qualytics", PolicyArn=arn)
    elif other == "group":
        iam.create_group(GroupName="analysts")
        iam.attach_group_policy(GroupName="analysts", PolicyArn=arn)
    elif other == "user-boundary":
        iam.put_user_permissions_boundary(UserName="another", PermissionsBoundary=arn)
    else:
        iam.put_role_permissions_boundary(RoleName="qualytics", PermissionsBoundary=arn)
    named = {"user": "user/another", "role": "role/qualytics", "group": "group/analysts"}
    named |= {"user-boundary": "user/another (as permissions boundary)"}
    named |= {"role-boundary": "role/qualytics (as permissions boundary)"}

    before = account.state()
    run = modules.run(MODULE, OPTIONS | {"state": "absent"}, check=check).refused()
    assert run.writes == ()
    assert arn in run.message
    assert named[other] in run.message
    assert "user/qualytics" not in run.message
    assert account.state() == before


def test_what_else_is_attached_is_left_alone(account: Account, modules: Modules) -> None:
    modules.run(MODULE, OPTIONS).ok()
    account.iam.attach_role_policy(RoleName="qualytics", PolicyArn=arn_of(NAME))
    run = modules.run(MODULE, OPTIONS).ok()
    assert not run.result["changed"]
    assert run.result["attached_to"] == [{"type": it, "name": "qualytics"} for it in ("role", "user")]


def test_absent_removes_only_a_policy_under_the_path_that_is_asked_for(account: Account, modules: Modules) -> None:
    """A policy of this name under another path is not the one that the task describes."""
    account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING}, "/another-team/")
    before = account.state()
    run = modules.run(MODULE, OPTIONS | {"state": "absent", "path": "/data-quality/"}).ok()
    assert not run.result["changed"]
    assert run.writes == ()
    assert account.state() == before
    assert "/another-team/" in run.warnings[0]


def test_absent_says_that_access_remains_through_another_policy_of_the_name(account: Account, modules: Modules) -> None:
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING}, "/another-team/")
    account.iam.attach_user_policy(UserName=OPTIONS["iam_name"], PolicyArn=arn)
    run = modules.run(MODULE, OPTIONS | {"state": "absent", "path": "/data-quality/"})
    assert run.failed
    assert f"it is attached to user/{OPTIONS['iam_name']}" in run.message
    assert run.writes == ()


def test_rewriting_a_policy_that_others_have_too_is_warned_of(account: Account, modules: Modules) -> None:
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING}, "/another-team/")
    account.iam.create_user(UserName="somebody-else")
    account.iam.attach_user_policy(UserName="somebody-else", PolicyArn=arn)
    run = modules.run(MODULE, OPTIONS).ok()
    assert run.warnings[0].startswith(f"{arn} is attached to user/somebody-else too")
    assert modules.run(MODULE, OPTIONS).ok().warnings == []


@pytest.mark.parametrize(
    ("asked", "live", "aspect"),
    [
        ({"path": "/data-quality/"}, {"path": "/"}, "path"),
        ({"path": "/"}, {"path": "/data-quality/"}, "path"),
        ({"description": "new"}, {"Description": "old"}, "description"),
        ({"description": "new"}, {}, "description"),
        ({"description": ""}, {"Description": "old"}, "description"),
        ({"name": NAME.title()}, {}, "name"),
    ],
    ids=str,
)
def test_what_aws_cannot_change_in_place(
    account: Account, modules: Modules, asked: dict[str, str], live: dict[str, str], aspect: str
) -> None:
    """Even where other drift could be repaired, nothing is written."""
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING}, **live)
    before = account.state()

    predicted = modules.run(MODULE, OPTIONS | asked, check=True).ok()
    assert predicted.result["changed"]
    by_hand = [row for row in predicted.result["drift"] if row["aspect"] == aspect]
    actual = live.get(aspect) or live.get(aspect.title()) or (NAME if aspect == "name" else "")
    expected = {"subject": arn, "aspect": aspect, "kind": "different", "expected": asked[aspect], "actual": actual}
    assert by_hand == [expected]
    assert {row["aspect"] for row in predicted.result["drift"]} > {aspect}

    refused = modules.run(MODULE, OPTIONS | asked).refused()
    assert refused.writes == ()
    assert account.state() == before
    assert f"the {aspect} of {arn} is {actual!r}, not {asked[aspect]!r}" in refused.message
    assert "by hand" in refused.message
    assert not refused.result.get("changed")


def test_without_a_path_the_policy_is_taken_from_where_it_is(account: Account, modules: Modules) -> None:
    arn = account.make_policy(NAME, {"Version": "2012-10-17", "Statement": ANYTHING}, "/another/path/")
    applied = modules.run(MODULE, OPTIONS).ok()
    assert applied.result["policy"]["arn"] == arn
    assert applied.result["policy"]["path"] == "/another/path/"
    assert account.document(arn) == applied.result["policy"]["document"]
    assert list(account.state()["managed"]) == [arn]
    again = modules.run(MODULE, OPTIONS).ok()
    assert not again.result["changed"]
    removed = modules.run(MODULE, OPTIONS | {"state": "absent"}).ok()
    assert removed.result["changed"]
    assert account.state()["managed"] == {}


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_arns_follow_the_partition_of_the_region(
    account: Account, modules: Modules, region: str, partition: str
) -> None:
    """In check mode, as the sandbox is in one partition only."""
    key = KEY.replace("arn:aws:", f"arn:{partition}:").replace("us-east-1", region)
    options = OPTIONS | EVERYTHING | {"region": region, "kms_keys": {"results": [key]}}
    run = modules.run(MODULE, options, check=True).ok()
    policy = run.result["policy"]
    assert policy["arn"] == f"arn:{partition}:iam::{ACCOUNT_ID}:policy/{NAME}"
    arns = [
        arn
        for statement in policy["document"]["Statement"]
        for arn in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
        if arn != "*"
    ]
    assert len(arns) > 10
    assert {arn.split(":")[1] for arn in arns} == {partition}
    assert {arn.split(":")[3] for arn in arns} == {region, ""}


def test_two_runs_at_once_create_one_policy(account: Account, modules: Modules) -> None:
    """Both have seen an empty account when the first of them writes."""
    barrier = multiprocessing.get_context("fork").Barrier(2)

    def meet(call: str) -> None:
        if call == "iam:CreatePolicy":
            barrier.wait(30)

    both = [modules.start(MODULE, OPTIONS, before=meet) for _number in range(2)]
    runs = [process.wait() for process in both]
    assert [run.failed for run in runs].count(False) >= 1
    for run in runs:
        if run.failed:
            run.refused()
            assert "EntityAlreadyExists" in run.message
            assert not run.result.get("changed")
    after = modules.run(MODULE, OPTIONS).ok()
    assert not after.result["changed"]
    assert account.state()["managed"][arn_of(NAME)]["users"] == ["qualytics"]


def test_two_runs_at_once_update_a_policy_with_five_versions(account: Account, modules: Modules) -> None:
    modules.run(MODULE, OPTIONS).ok()
    arn = arn_of(NAME)
    old = account.document(arn)
    account.add_versions(arn, 4, old)
    barrier = multiprocessing.get_context("fork").Barrier(2)
    reached = 0

    def meet(call: str) -> None:
        nonlocal reached
        if call == "iam:CreatePolicyVersion":
            reached += 1
            if reached == 1:
                barrier.wait(30)

    options = OPTIONS | {"result_streaming": True}
    both = [modules.start(MODULE, options, before=meet) for _number in range(2)]
    runs = [process.wait() for process in both]
    assert [run.failed for run in runs].count(False) >= 1
    assert account.document(arn) == next(run for run in runs if not run.failed).result["policy"]["document"]
    for run in runs:
        if run.failed:
            run.refused()
    assert account.state()["managed"][arn]["users"] == ["qualytics"]
    assert list(account.versions(arn).values()).count(True) == 1
    assert not modules.run(MODULE, options).ok().result["changed"]
