# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_connection: what its steps do as modules of their own, in one process and with each fact asked once."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account
from .lake import Lake
from .module_runs import Modules, killed_at, provisioner

MODULE = "athena_connection"
BASE = f"arn:aws:iam::{ACCOUNT_ID}:role/dataplane"
GRANTS = [{"database": "sales"}, {"database": "sales", "tables": ["orders"], "excluded_columns": ["ssn"]}]
SHARED: dict[str, Any] = {"connection": "sales", "output_location": "s3://results/athena", "tags": {"team": "data"}}
USER: dict[str, Any] = {**SHARED, "auth_mode": "access_key", "user_name": "qualytics"}
ROLE: dict[str, Any] = {
    **SHARED,
    "auth_mode": "iam_role",
    "role_name": "target",
    "trusted_principals": [BASE],
    "external_id": "acme-3f1c7a52",
    "base_role_name": "dataplane",
}
MODES = [pytest.param(USER, id="access_key"), pytest.param(ROLE, id="iam_role")]
COMPARED = {"state": "compared"}


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    """An account with a data lake, a results bucket, and whom the connections need."""
    Lake(sandbox)
    account = Account(sandbox)
    account.make_identity("user", "qualytics")
    account.make_identity("role", "dataplane")
    sandbox.client("s3").create_bucket(Bucket="results")
    return account


@pytest.fixture
def modules(sandbox: Sandbox, account: Account) -> Modules:
    return Modules(sandbox)


def everything(account: Account) -> dict[str, Any]:
    return {**account.state(), "roles": account.roles()}


@pytest.mark.parametrize("options", MODES)
def test_from_an_empty_account_and_back(account: Account, modules: Modules, options: dict[str, Any]) -> None:
    purged = {"lake_formation_purge": True, "lake_formation_purge_scope": "databases"}
    asked = {**options, "lake_formation_grants": GRANTS, **purged}
    empty = everything(account)

    predicted = modules.run(MODULE, asked, check=True).ok()
    compared = modules.run(MODULE, {**asked, **COMPARED}).ok()
    assert predicted.writes == compared.writes == ()
    assert everything(account) == empty

    applied = modules.run(MODULE, asked).ok()
    assert applied.result["drift"] == predicted.result["drift"] == compared.result["drift"] != []
    assert applied.result["diff"] == predicted.result["diff"] == compared.result["diff"]
    statuses = [run.result["result"]["status"] for run in (predicted, compared, applied)]
    assert statuses == ["drift", "drift", "changed"]
    assert applied.calls.count("sts:GetCallerIdentity") == 1

    for again in (modules.run(MODULE, asked), modules.run(MODULE, {**asked, **COMPARED})):
        assert not again.ok().result["changed"]
        assert again.result["drift"] == []
        assert again.result["result"]["status"] == "in_sync"
        assert again.writes == ()
        # A list for each resource is a fact of its own.
        facts = [call for call in again.calls if call != "lakeformation:ListPermissions"]
        assert len(set(facts)) == len(facts), "a fact was asked twice"

    removal = {**asked, "state": "absent"}
    gone = modules.run(MODULE, removal, check=True).ok()
    removed = modules.run(MODULE, removal).ok()
    assert removed.result["drift"] == gone.result["drift"] != []
    assert removed.writes[0] == "lakeformation:BatchRevokePermissions"
    assert everything(account) == empty
    assert not modules.run(MODULE, removal).ok().result["changed"]


def test_the_steps_are_what_their_modules_are(account: Account, modules: Modules) -> None:
    asked = {**ROLE, "lake_formation_grants": GRANTS}
    identity = {"iam_type": "role", "iam_name": "target"}
    location = {"output_location": SHARED["output_location"]}
    trust = {name: ROLE[name] for name in ("role_name", "trusted_principals", "external_id", "base_role_name", "tags")}
    policy = {"name": "qualytics-athena-target", "lake_formation": True, "result_streaming": True, **location}
    default = {"database": "default", "if_exists": True, "purge": False}
    alone = [
        modules.run("s3_results_bucket_check", {**location, "result_streaming": True, "granted_keys": []}).ok(),
        modules.run("athena_role_trust", trust).ok(),
        modules.run("athena_perm_policy", {**identity, **policy, "tags": SHARED["tags"]}).ok(),
        modules.run("lf_grant", {**identity, **location, "grants": [*GRANTS, default]}).ok(),
    ]
    found = modules.run(MODULE, {**asked, **COMPARED}).ok()
    assert not found.result["changed"], found.result["drift"]
    modules.run(MODULE, {**asked, "state": "absent"}).ok()

    together = modules.run(MODULE, asked).ok().result
    assert together["drift"] == [row for run in alone for row in run.result.get("drift", [])]
    assert together["checks"] == alone[0].result["checks"]
    assert together["result"]["role"] == alone[1].result["role"] | {"id": together["result"]["role"]["id"]}
    assert together["result"]["policy"] == alone[2].result["policy"]
    assert together["result"]["granted"] == alone[3].result["granted"]
    assert together["result"]["warnings"] == [text for run in alone for text in run.warnings]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (USER | {"output_location": "s3://results/*"}, "output_location: "),
        (USER | {"user_name": None}, "user_name: must be set with auth_mode='access_key'"),
        (ROLE | {"trusted_principals": ["*"]}, "trusted_principals: "),
        (ROLE | {"role_path": "nowhere"}, "role_path: "),
        (ROLE | {"policy_name": "a*"}, "policy_name: "),
        (USER | {"lake_formation_grants": [{"database": "a*"}]}, "lake_formation_grants[0]"),
        (USER | {"verify": True, "workgroup": ""}, "workgroup: "),
        (USER | {"use_discovered": True, "allowed_source_buckets": ["s3://*"]}, "allowed_source_buckets"),
    ],
)
def test_bad_input_of_any_step_is_refused_before_the_first_call(
    modules: Modules, options: dict[str, Any], words: str
) -> None:
    run = modules.run(MODULE, options | {"variable_prefix": "athena_access_"}).refused()
    assert run.calls == ()
    prefixed = words.replace("auth_mode", "athena_access_auth_mode")
    assert run.message.startswith(f"sales: athena_access_{prefixed}")
    assert run.result["result"]["status"] == "failed"
    assert run.message == f"sales: {run.result['result']['error']}"


def test_a_bucket_that_is_missing_fails_a_comparison_but_hides_nothing(
    account: Account, modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.client("s3").delete_bucket(Bucket="results")
    predicted = modules.run(MODULE, USER, check=True).ok()
    compared = modules.run(MODULE, USER | COMPARED).refused()
    assert compared.message.startswith("sales: Check the results bucket: ")
    assert compared.result["result"]["status"] == "failed"
    assert compared.result["drift"] == predicted.result["drift"] != []
    applied = modules.run(MODULE, USER).refused()
    assert applied.writes == ()
    assert applied.result["drift"] == []
    assert applied.result["checks"] == compared.result["checks"]


@pytest.mark.parametrize("write", [0, 1])
def test_a_step_that_fails_says_what_was_done_before_it(
    account: Account, sandbox: Sandbox, modules: Modules, write: int
) -> None:
    user, restricted = provisioner(sandbox)
    refused = ["iam:CreateRole", "iam:CreatePolicy"][write]
    user.may("*", "*", {"Effect": "Deny", "Action": refused, "Resource": "*"})
    run = restricted.run(MODULE, ROLE | {"base_role_name": None}).refused()
    title = ["Keep the role and its trust", "Keep the policy"][write]
    assert run.message.startswith(f"sales: {title}: ")
    assert f"Grant {refused}" in run.message
    assert run.result["changed"] is bool(write)
    assert bool(run.result["drift"]) is bool(write)
    assert (run.result["result"]["role"] is not None) is bool(write)
    user.may("*", "*")
    assert restricted.run(MODULE, ROLE | {"base_role_name": None}).ok().result["changed"]


def test_what_is_killed_is_completed(account: Account, modules: Modules) -> None:
    asked = {**ROLE, "lake_formation_grants": GRANTS}
    writes = len(modules.run(MODULE, asked).ok().writes)
    whole = everything(account)
    for number in range(writes):
        modules.run(MODULE, {**asked, "state": "absent"}).ok()
        modules.run(MODULE, asked, **killed_at(number, done=True))
        modules.run(MODULE, asked).ok()
        assert modules.run(MODULE, asked | COMPARED).ok().result["drift"] == []
        assert everything(account)["roles"].keys() == whole["roles"].keys()


def test_a_verification_fails_only_for_what_it_is_asked_to_fail_on(account: Account, modules: Modules) -> None:
    modules.run(MODULE, USER).ok()
    verified = modules.run(MODULE, USER | {"state": "verified", "fail_on": []}).ok()
    assert verified.writes == ()
    assert verified.result["result"]["verdict"]
    names = {check["name"] for check in verified.result["checks"]}
    assert {"identity", "bucket_exists"} <= names
    modules.run(MODULE, USER | {"state": "absent"}).ok()
    broken = modules.run(MODULE, USER | {"state": "verified"}).refused()
    assert broken.message.startswith("sales: See whether the connection will work: ")
    assert broken.result["result"]["status"] == "failed"


@pytest.mark.parametrize("state", ["present", "compared"])
def test_what_would_change_is_not_verified_yet(account: Account, modules: Modules, state: str) -> None:
    asked = USER | {"verify": True, "fail_on": [], "state": state}
    assert modules.run(MODULE, asked, check=True).ok().result["result"]["verdict"] == ""
    modules.run(MODULE, asked | {"state": "present"}).ok()
    assert modules.run(MODULE, asked, check=True).ok().result["result"]["verdict"]
