# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_access_check against the sandbox: a connection in order, a checker that may not look, and bad input."""

from __future__ import annotations

import collections
import importlib
import json
import re
from typing import Any

import botocore.exceptions
import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.modules import athena_access_check, s3_results_bucket_check
from athena_sandbox import Sandbox, sample
from athena_sandbox.launcher import ACCOUNT_ID
from athena_sandbox.user import User

from ..access_world import BASE_ROLE, GRANTS, LOCATION, POLICY_ARN, USER, AccessWorld, Mode
from ..module_runs import Modules, Run, in_a_hurry

MODES: tuple[Mode, ...] = ("access_key", "iam_role")

# What S3 calls its reads in IAM, where that is not the name of the call.
ACTIONS = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:HeadBucket": "s3:ListBucket",
}
# The existence of the bucket has to be established, and whoever is calling may always ask for his own name.
NOT_UNKNOWN = {"s3:HeadBucket", "sts:GetCallerIdentity"}


@pytest.fixture(scope="module", params=MODES)
def world(sandbox: Sandbox, request: pytest.FixtureRequest) -> AccessWorld:
    return AccessWorld(sandbox, request.param)


def statuses(run: Run) -> dict[str, str]:
    return {row["name"]: row["status"] for row in run.ok().result["checks"]}


def test_a_connection_in_order_passes_every_check(world: AccessWorld) -> None:
    run = world.check(fail_on=["warn", "fail", "unknown"])
    assert set(statuses(run).values()) == {"pass"}
    names = [row["name"] for row in run.result["checks"]]
    assert len(names) == len(set(names))
    # The order in which a query meets them.
    milestones = ["identity", "workgroup_state", "bucket_exists", "results_not_registered", "results_key"]
    milestones += ["athena:StartQueryExecution", "source_data", "lake_formation_grants", "at_most"]
    assert [name for name in names if name in milestones] == milestones
    assert run.result["changed"] is False
    assert run.writes == ()
    assert run.result["identity"] == world.arn
    assert run.result["effective_location"] == f"{LOCATION}/"
    assert run.result["discovered"]["proposals"] == {}
    assert run.result["beyond"] == []
    assert run.result["live"] is None
    assert {f"{it['database']}.{it['table']}": it["readable"] for it in run.result["tables"]} == {
        "hr.employees": "lake_formation",
        "sales.active_customers": "not_judged",
        "sales.customers": "s3",
        "sales.orders": "s3",
        "sales.shipments": "s3",
    }


def undocumented(result: Any, contains: dict[str, Any], where: str = "") -> list[str]:
    """The keys of a result that RETURN does not have, and those that it has and no result, at any depth."""
    wrong = [f"{where}{name}" for name in sorted(set(result) ^ set(contains))]
    for name in sorted(set(result) & set(contains)):
        rows = result[name] if isinstance(result[name], list) else [result[name]]
        for row in rows:
            if isinstance(row, dict) and "contains" in contains[name]:
                wrong += undocumented(row, contains[name]["contains"], f"{where}{name}.")
            elif isinstance(row, dict) and f"{where}{name}" != "discovered.proposals":
                wrong.append(f"{where}{name}.contains")
    return wrong


def test_the_result_is_what_is_documented(world: AccessWorld) -> None:
    foreign = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:123456789012:key/1"}
    wanted = {"Rules": [{"ApplyServerSideEncryptionByDefault": foreign}]}
    s3 = world.client("s3")
    own = s3.get_bucket_encryption(Bucket=sample.SOURCE_BUCKET)["ServerSideEncryptionConfiguration"]
    s3.put_bucket_encryption(Bucket=sample.SOURCE_BUCKET, ServerSideEncryptionConfiguration=wanted)
    world.add_rights({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    options = {"kms_keys": None, "live": True, **world.credentials}
    try:
        result = world.check(**options).ok().result
    finally:
        world.remove_rights()
        s3.put_bucket_encryption(Bucket=sample.SOURCE_BUCKET, ServerSideEncryptionConfiguration=own)
    assert result["beyond"]
    assert result["discovered"]["not_allowed"]
    documented = yaml.safe_load(athena_access_check.RETURN)
    returned = {name: value for name, value in result.items() if name not in ("changed", "invocation")}
    assert undocumented(returned, documented) == []
    names = " ".join(documented["checks"]["contains"]["name"]["description"])
    of_bucket = yaml.safe_load(s3_results_bucket_check.RETURN)["checks"]["contains"]["name"]["description"]
    told = f"{names} {' '.join(of_bucket)}"
    assert [name for name in statuses(world.check(**options)) if ":" not in name and f"V({name})" not in told] == []
    assert set(result["discovered"]["proposals"]) <= {"kms_keys", "source_locations", "lake_formation"}


def test_what_iam_was_not_asked_is_unknown_and_seen_with_live(world: AccessWorld) -> None:
    run = world.check(simulate=False, live=True, **world.credentials)
    found = statuses(run)
    assert "fail" not in found.values()
    assert {name for name, status in found.items() if status == "unknown"} >= {"source_data", "results_key"}
    assert not [name for name in found if name.startswith(("athena:", "glue:", "s3:", "iam_"))]
    assert "iam:SimulatePrincipalPolicy" not in run.calls
    # What is not known is tried: one table of each database is read.
    assert len([it for it in run.result["live"]["queries"] if " LIMIT 1" in it["sql"]]) == 2


def test_grants_that_are_wanted_if_there_is_something_are_not_missed_where_there_is_nothing(world: AccessWorld) -> None:
    absent = [{"database": "hr", "tables": [f"t{number}"], "if_exists": True} for number in range(8)]
    crm = {"database": "crm", "if_exists": True}
    grants = [*GRANTS, *absent, crm, {**crm, "tables": "*"}]
    assert statuses(world.check(lake_formation_grants=grants))["lake_formation_grants"] == "pass"
    there = [*GRANTS, {"database": "hr", "permissions": ["ALTER"], "if_exists": True}]
    assert statuses(world.check(lake_formation_grants=there))["lake_formation_grants"] == "fail"


@pytest.mark.parametrize(
    "operation", ["ListPermissions", "ListResources", "GetDataLakeSettings", "ListDataCellsFilter"]
)
def test_what_lake_formation_cannot_answer_is_one_clear_error(world: AccessWorld, operation: str) -> None:
    def fail(call: str) -> None:
        if call == f"lakeformation:{operation}":
            error = {"Code": "InvalidInputException", "Message": "This catalog is not one for that"}
            raise botocore.exceptions.ClientError({"Error": error}, operation)

    # Filters are looked for where a table is not granted as a whole.
    if operation == "ListDataCellsFilter":
        world.revoke({"Table": {"DatabaseName": "hr", "Name": "employees"}}, "SELECT")
    run = world.modules.run("athena_access_check", world.check_options, before=fail).refused()
    if operation == "ListDataCellsFilter":
        world.modules.run("lf_grant", {**world.identity, "grants": GRANTS}).ok()
    assert "This catalog is not one for that" in run.message


def test_a_base_role_that_is_gone_is_told(world: AccessWorld) -> None:
    if world.mode == "access_key":
        assert "base_role_permission" not in statuses(world.check())
        return
    for options in (
        {"trusted_principals": [f"arn:aws:iam::{ACCOUNT_ID}:role/gone"], "base_role_name": "gone"},
        {"trusted_principals": None, "base_role_name": "gone"},
    ):
        assert statuses(world.check(**options))["base_role_permission"] == "fail"
    # By its name alone a role is found under its path.
    by_name = {"trusted_principals": None, "base_role_name": BASE_ROLE}
    assert statuses(world.check(**by_name))["base_role_permission"] == "pass"


def test_an_identity_that_may_not_be_looked_at_and_is_not_there_is_unknown(
    world: AccessWorld, checker: tuple[User, Modules]
) -> None:
    user, modules = checker
    user.may("*", "*", {"Effect": "Deny", "Action": ["iam:GetUser", "iam:GetRole"], "Resource": "*"})
    found = statuses(world.check(modules=modules, iam_name="nobody", lake_formation_grants=None, databases=None))
    user.may("*", "*")
    assert (found["identity"], found["iam_simulation"]) == ("unknown", "unknown")


def test_what_costs_nothing_twice_is_asked_once(world: AccessWorld) -> None:
    calls = collections.Counter(world.check().calls)
    for call in ("sts:GetCallerIdentity", "athena:GetWorkGroup", "lakeformation:ListResources", "s3:HeadBucket"):
        assert calls[call] == 1, call
    assert calls["lakeformation:GetDataLakeSettings"] == 1


def test_the_live_step_queries_as_the_identity_and_says_what_it_left(world: AccessWorld) -> None:
    s3 = world.client("s3")

    def objects() -> set[str]:
        listed = s3.list_objects_v2(Bucket=sample.RESULTS_BUCKET).get("Contents", [])
        return {f"s3://{sample.RESULTS_BUCKET}/{it['Key']}" for it in listed}

    before = objects()
    run = world.check(live=True, **world.credentials)
    found = statuses(run)
    live = {name: status for name, status in found.items() if name.startswith("live_")}
    assert set(live.values()) == {"pass"}
    assert ("live_assume_role" in live) == (world.mode == "iam_role")
    made = run.result["live"]
    assert objects() - before <= set(made["objects"])
    assert objects() - before
    assert len(made["queries"]) == sum(call == "athena:StartQueryExecution" for call in run.calls) == 4
    assert {it["sql"] for it in made["queries"]} >= {"SELECT 1", 'SELECT * FROM "hr"."employees" LIMIT 1'}
    for secret in ("live_secret_key", "live_session_token"):
        assert world.credentials.get(secret, "no such secret") not in str(run.result["checks"]) + run.output


def test_in_check_mode_nothing_is_queried(world: AccessWorld) -> None:
    run = world.check(check_mode=True, live=True, **world.credentials)
    assert run.result["live"] is None
    assert not [name for name in statuses(run) if name.startswith("live_")]
    assert run.writes == ()


@pytest.fixture(scope="module")
def checker(world: AccessWorld) -> tuple[User, Modules]:
    """A data lake administrator who may read everything, but what the test denies."""
    user = User(world.sandbox, "checker").may("*", "*")
    modules = Modules(world.sandbox)
    modules.credentials = {"access_key": user.key["AccessKeyId"], "secret_key": user.key["SecretAccessKey"]}
    admins = [{"DataLakePrincipalIdentifier": arn} for arn in (f"arn:aws:iam::{ACCOUNT_ID}:root", user.arn)]
    world.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": admins})
    return user, modules


def test_what_may_not_be_looked_at_is_unknown_and_the_rest_is_answered(
    world: AccessWorld, checker: tuple[User, Modules]
) -> None:
    """Each read is denied in turn; what it is about is unknown and names the permission, and nothing else changes."""
    user, modules = checker
    user.may("*", "*")
    whole = world.check(modules=modules)
    assert set(statuses(whole).values()) == {"pass"}
    wrong = []
    for call in sorted(set(whole.calls) - NOT_UNKNOWN):
        action = ACTIONS.get(call, call)
        user.may("*", "*", {"Effect": "Deny", "Action": action, "Resource": "*"})
        run = world.check(modules=modules)
        if run.failed:
            wrong.append(f"{action}: {run.message}")
            continue
        unknown = [row for row in run.result["checks"] if row["status"] == "unknown"]
        others = {
            row["name"]: row["status"] for row in run.result["checks"] if row["status"] not in ("pass", "unknown")
        }
        if not any(action in f"{row['detail']} {row['remedy']}" for row in unknown):
            wrong.append(f"{action}: not named in {unknown}")
        if others:
            wrong.append(f"{action}: {others}")
        if not any(row["status"] == "pass" for row in run.result["checks"]):
            wrong.append(f"{action}: nothing else is answered")
    assert wrong == []


def test_a_checker_who_may_do_nothing_has_no_false_answer(world: AccessWorld, checker: tuple[User, Modules]) -> None:
    user, modules = checker
    user.may("sts:GetCallerIdentity", "*")
    found = statuses(world.check(modules=modules))
    # That there is a bucket of this owner is the one thing that must be known.
    assert {name for name, status in found.items() if status == "fail"} <= {"bucket_exists", "bucket_owner"}
    assert found["identity"] == "unknown"
    user.may("*", "*")


def documented_actions() -> set[str]:
    """What the notes of the module ask for whoever runs it."""
    module = importlib.import_module("ansible_collections.qualytics.athena.plugins.modules.athena_access_check")
    notes = yaml.safe_load(module.DOCUMENTATION)["notes"]
    return set(re.findall(r"C\((\w+:\w+)\)", " ".join(notes)))


def with_all_kinds_of_things(world: AccessWorld) -> None:
    """Policies of all kinds, none of which allows more, a grant on a key, and a filter of Lake Formation."""
    iam, kms, lake = world.client("iam"), world.client("kms"), world.client("lakeformation")
    statement = world.policy["Statement"][0]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.add_rights(statement)
    if world.mode == "access_key":
        iam.create_group(GroupName="clients")
        iam.add_user_to_group(GroupName="clients", UserName=USER)
        iam.put_group_policy(GroupName="clients", PolicyName="inline", PolicyDocument=document)
        iam.attach_group_policy(GroupName="clients", PolicyArn=POLICY_ARN)
    root = f"arn:aws:iam::{ACCOUNT_ID}:root"
    administer = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:CreateGrant"]
    world.set_key_policy(
        "results", {"Effect": "Allow", "Principal": {"AWS": root}, "Action": administer, "Resource": "*"}
    )
    operations = ["Decrypt", "GenerateDataKey"]
    kms.create_grant(KeyId=world.keys["results"], GranteePrincipal=world.arn, Operations=operations)
    employees = {"TableCatalogId": ACCOUNT_ID, "DatabaseName": "hr", "TableName": "employees", "Name": "few"}
    rows: dict[str, Any] = {"RowFilter": {"FilterExpression": "salary > 10"}, "ColumnWildcard": {}}
    lake.create_data_cells_filter(TableData={**employees, **rows})
    world.revoke({"TableWithColumns": {"DatabaseName": "hr", "Name": "employees", "ColumnWildcard": {}}}, "SELECT")
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": world.arn},
        Resource={"DataCellsFilter": employees},
        Permissions=["SELECT"],
    )


def test_the_documented_permissions_are_those_that_it_takes(sandbox: Sandbox) -> None:
    """With them alone all is answered, each is used, and there is none but for reading."""
    documented, used = documented_actions(), set[str]()
    for mode in MODES:
        world = AccessWorld(sandbox, mode)
        with_all_kinds_of_things(world)
        user = User(sandbox, "checker").may(sorted(documented), "*")
        admins = [{"DataLakePrincipalIdentifier": arn} for arn in (f"arn:aws:iam::{ACCOUNT_ID}:root", user.arn)]
        world.client("lakeformation").put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": admins})
        modules = Modules(sandbox)
        modules.credentials = {"access_key": user.key["AccessKeyId"], "secret_key": user.key["SecretAccessKey"]}
        for databases in (["sales", "hr"], None):
            run = world.check(modules=modules, databases=databases, lake_formation_grants=None)
            others = {name: status for name, status in statuses(run).items() if status not in ("pass", "warn")}
            assert others == {}
            assert statuses(run)["lake_formation_filters"] == "warn"
            assert run.writes == ()
            used |= {ACTIONS.get(call, call) for call in run.calls}
    # Whoever is calling may always ask for his own name. What is encrypted is decrypted without a call, and no data
    # catalog but the account's own is named here.
    assert used - {"sts:GetCallerIdentity"} == documented - {"kms:Decrypt", "athena:GetDataCatalog"}


def test_an_absent_identity_is_told_and_the_surroundings_are_judged(world: AccessWorld) -> None:
    found = statuses(world.check(iam_name="nobody"))
    assert found["identity"] == "fail"
    assert {found[name] for name in ("workgroup_state", "bucket_exists")} == {"pass"}
    assert not [name for name in found if name.startswith(("athena:", "lake_formation"))]
    assert statuses(world.check(check_mode=True, iam_name="nobody"))["identity"] == "warn"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iam_name": "arn:aws:iam::123456789012:user/x"}, "iam_name"),
        ({"output_location": "acme-results"}, "output_location"),
        ({"output_location": "s3://acme-results/*"}, "output_location"),
        ({"workgroup": ""}, "workgroup"),
        ({"databases": ["sales*"]}, "databases"),
        ({"databases": []}, "databases"),
        ({"kms_keys": {"results": ["alias/results"]}}, "kms_keys.results"),
        ({"kms_keys": {"results": ["arn:aws:kms:us-east-1:210987654321:key/1"]}}, "kms_key_accounts"),
        ({"catalog_id": "sales"}, "catalog_id"),
        ({"lake_formation_grants": [{"tables": "*"}]}, "lake_formation_grants[0]"),
        ({"lake_formation_grants": [{"database": "hr", "permission": ["SELECT"]}]}, "lake_formation_grants[0]"),
        ({"iam_type": "user", "external_id": "acme-1"}, "external_id"),
        ({"iam_type": "role", "external_id": "x"}, "external_id"),
        ({"iam_type": "role", "trusted_principals": ["*"]}, "trusted_principals"),
        ({"live_profile": "a", "live_access_key": "b"}, "live_profile"),
        ({"live_access_key": "AKIAIOSFODNN7EXAMPLE"}, "live_secret_key"),
        ({"region": None}, "region"),
    ],
)
def test_bad_input_is_refused_before_the_first_call(sandbox: Sandbox, options: dict[str, Any], words: str) -> None:
    modules = Modules(sandbox)
    whole = {"iam_type": "user", "iam_name": "qualytics", "output_location": LOCATION, **options}
    run = modules.run("athena_access_check", whole).refused()
    assert words in run.message
    # Whose account a key belongs to is known only then.
    assert set(run.calls) <= ({"sts:GetCallerIdentity"} if words == "kms_key_accounts" else set())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"access_key": "AKIAIOSFODNN7UNKNOWN", "secret_key": "x" * 40}, "InvalidClientTokenId"),
        ({"access_key": None, "secret_key": None}, "Unable to locate credentials"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"profile": "no-such-profile", "access_key": None, "secret_key": None}, "no-such-profile"),
    ],
)
def test_what_cannot_be_reached_is_one_clear_error(sandbox: Sandbox, options: dict[str, Any], words: str) -> None:
    run = Modules(sandbox).run(
        "athena_access_check",
        {"iam_type": "user", "iam_name": "qualytics", "output_location": LOCATION, **options},
        before=in_a_hurry,
    )
    assert words in run.refused().message


def test_expired_credentials_are_one_clear_error(sandbox: Sandbox) -> None:
    words = "The security token included in the request is expired"
    sandbox.switch("fail", service="sts", operation="GetCallerIdentity", code="ExpiredToken", message=words, status=403)
    options = {"iam_type": "user", "iam_name": "qualytics", "output_location": LOCATION}
    run = Modules(sandbox).run("athena_access_check", options).refused()
    assert words in run.message
    assert run.calls == ("sts:GetCallerIdentity",)


def test_a_wrong_region_is_the_first_thing_said(world: AccessWorld) -> None:
    findings = [
        row for row in world.check(region="eu-west-1", kms_keys=None).ok().result["checks"] if row["status"] != "pass"
    ]
    assert findings[0]["name"] == "bucket_region"
    assert "us-east-1" in findings[0]["detail"]
    assert "eu-west-1" in findings[0]["remedy"]


def test_what_queries_were_found_to_need_is_not_too_much(world: AccessWorld) -> None:
    run = world.check(kms_keys=None, lake_formation=False)
    assert statuses(run)["at_most"] == "pass"
    assert sorted(run.result["discovered"]["proposals"]) == ["kms_keys", "lake_formation"]
    # The policy has the folders whole, and what lies in them beside the tables is not needed.
    run = world.check(source_locations=None)
    assert {row["resource"] for row in run.result["beyond"]} == {
        f"arn:aws:s3:::{sample.SOURCE_BUCKET}/{folder}/*" for folder in ("sales", "archive")
    }


@pytest.mark.parametrize("bucket", [sample.SOURCE_BUCKET, sample.RESULTS_BUCKET])
@pytest.mark.parametrize("key", ["arn:aws:kms:eu-west-1:123456789012:key/*", "arn:aws:kms:eu-west-1:1:key/x"])
def test_what_cannot_name_a_key_is_no_reason_to_tell_nothing(sandbox: Sandbox, bucket: str, key: str) -> None:
    """S3 keeps whatever text it is given as the key of a bucket."""
    world = AccessWorld(sandbox, "access_key")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    world.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    found = statuses(world.check(fail_on=[]).ok())
    name, status = ("results_key", "fail") if bucket == sample.RESULTS_BUCKET else ("source_keys", "warn")
    assert found[name] == status
    assert "athena:StartQueryExecution" in found
