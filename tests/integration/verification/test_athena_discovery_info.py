# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""athena_discovery_info against the sandbox: what it finds, what that costs, and what it may not see."""

from __future__ import annotations

import math
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID
from athena_sandbox.sample import document, statement

from ..lake import Lake
from ..module_runs import Modules, Run, in_a_hurry, provisioner

MODULE = "athena_discovery_info"
RESULTS, DATA, OTHER = "acme-athena-results", "acme-data-lake", "acme-other-data"
OPTIONS: dict[str, Any] = {"output_location": f"s3://{RESULTS}/qualytics", "databases": ["sales"]}
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"


class World:
    """Buckets and a catalog with tables, set up as the account's root."""

    def __init__(self, sandbox: Sandbox) -> None:
        sandbox.reset()
        self.sandbox = sandbox
        self.s3, self.glue, self.kms = sandbox.client("s3"), sandbox.client("glue"), sandbox.client("kms")
        self.lake = sandbox.client("lakeformation")
        for bucket in (RESULTS, DATA, OTHER):
            self.s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": "sales"})

    def key(self) -> str:
        return str(self.kms.create_key()["KeyMetadata"]["Arn"])

    def encrypt(self, bucket: str, key: str | None) -> None:
        default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if key else {})}
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})

    def table(self, name: str, location: str, partitions: tuple[str, ...] = (), **more: Any) -> None:
        columns = [{"Name": "id", "Type": "int"}]
        storage = {"Columns": columns, "Location": location}
        keys = [{"Name": "day", "Type": "string"}] if partitions else []
        table = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": keys, **more}
        self.glue.create_table(DatabaseName="sales", TableInput=table)
        inputs = [
            {"Values": [str(number)], "StorageDescriptor": {"Columns": columns, "Location": place}}
            for number, place in enumerate(partitions)
        ]
        for start in range(0, len(inputs), 100):
            self.glue.batch_create_partition(
                DatabaseName="sales", TableName=name, PartitionInputList=inputs[start : start + 100]
            )

    def run(self, modules: Modules | None = None, check: bool = False, **options: Any) -> Run:
        return (modules or Modules(self.sandbox)).run(MODULE, {**OPTIONS, **options}, check=check)


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    return World(sandbox)


def test_everything_is_found_and_what_is_allowed_is_proposed(world: World) -> None:
    results, source, catalog = world.key(), world.key(), world.key()
    world.kms.create_alias(AliasName="alias/results", TargetKeyId=results)
    world.encrypt(RESULTS, "alias/results")
    world.encrypt(DATA, source)
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": catalog}
    world.glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})
    inside = f"s3://{DATA}/sales/orders/day=1"
    world.table("orders", f"s3a://{DATA}/sales/orders", (inside, f"s3://{DATA}/archive/orders"))
    world.table("foreign", f"s3://{OTHER}/x")
    world.table("governed", f"s3://{DATA}/governed/t")
    world.table("hybrid", f"s3://{DATA}/hybrid/t")
    world.table("a_view", "", TableType="VIRTUAL_VIEW")
    world.lake.register_resource(ResourceArn=f"arn:aws:s3:::{DATA}/governed", UseServiceLinkedRole=True)
    world.lake.register_resource(
        ResourceArn=f"arn:aws:s3:::{DATA}/hybrid", UseServiceLinkedRole=True, HybridAccessEnabled=True
    )

    run = world.run(allowed_source_buckets=[DATA], lake_formation=True).ok()

    assert not run.result["changed"]
    assert not run.writes
    assert not run.warnings
    proposed = [f"s3://{DATA}/archive/orders/", f"s3://{DATA}/hybrid/t/", f"s3://{DATA}/sales/orders/"]
    assert run.result["found"] == {
        "results_key": results,
        "workgroup_key": None,
        "catalog_key": catalog,
        "catalog_encryption_mode": "SSE-KMS",
        "source_locations": [*proposed, f"s3://{OTHER}/x/"],
        "source_keys": [source],
        "lake_formation_keys": [source],
        "absent": [],
    }
    assert run.result["policy_options"] == {
        "kms_keys": {"results": [results], "sources": [source], "catalog": [catalog]},
        "source_locations": proposed,
    }
    assert run.result["not_allowed"] == [
        {
            "location": f"s3://{OTHER}/x/",
            "tables": ["sales.foreign"],
            "reason": "is not within allowed_source_buckets",
        }
    ]
    assert run.result["unknown"] == []
    assert {row["table"]: row["through"] for row in run.result["tables"]} == {
        "a_view": "none",
        "foreign": "s3",
        "governed": "lake_formation",
        "hybrid": "both",
        "orders": "s3",
    }
    # The bucket that is not allowed is not asked.
    assert run.calls.count("s3:GetBucketEncryption") == 2


def test_nothing_is_allowed_unless_it_was_said(world: World) -> None:
    world.table("orders", f"s3://{DATA}/sales/orders")
    for options in ({}, {"allowed_source_buckets": []}):
        result = world.run(**options).ok().result
        assert result["policy_options"] == {"kms_keys": {}, "source_locations": []}
        assert [row["location"] for row in result["not_allowed"]] == [f"s3://{DATA}/sales/orders/"]


@pytest.mark.parametrize(("allowed", "is_found"), [(None, False), ([], False), ([DATA], True)])
def test_what_was_given_stays(world: World, allowed: list[str] | None, is_found: bool) -> None:
    """Whoever names a place that is not allowed names its key too, so that nothing there has to be looked at."""
    given, found = world.key(), world.key()
    world.encrypt(DATA, found)
    options = {"kms_keys": {"sources": [given]}, "source_locations": [f"s3://{DATA}/old"]}
    run = world.run(allowed_source_buckets=allowed, **options).ok()
    assert run.result["policy_options"] == {
        "kms_keys": {"sources": sorted([given, found]) if is_found else [given]},
        "source_locations": [f"s3://{DATA}/old/"],
    }
    assert run.calls.count("s3:GetBucketEncryption") == 1 + is_found


@pytest.mark.parametrize("mode", ["DISABLED", "SSE-KMS-WITH-SERVICE-ROLE"])
def test_a_catalog_whose_key_the_caller_does_not_need(world: World, mode: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = world.sandbox.client("iam")
    role = iam.create_role(RoleName="catalog", AssumeRolePolicyDocument=document([trust]))["Role"]["Arn"]
    use = document([statement("kms:Decrypt", "*")])
    iam.put_role_policy(RoleName="catalog", PolicyName="key", PolicyDocument=use)
    at_rest = {"CatalogEncryptionMode": mode, "SseAwsKmsKeyId": world.key(), "CatalogEncryptionServiceRole": role}
    world.glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})
    found = world.run().ok().result["found"]
    assert (found["catalog_encryption_mode"], found["catalog_key"]) == (mode, None)


def test_the_key_of_aws_needs_nothing(world: World) -> None:
    world.encrypt(RESULTS, None)
    assert world.run().ok().result["found"]["results_key"] is None


@pytest.mark.parametrize("enforced", [True, False])
def test_the_key_of_the_workgroup(world: World, enforced: bool) -> None:
    of_bucket, of_workgroup = world.key(), world.key()
    world.encrypt(RESULTS, of_bucket)
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": of_workgroup}
    results = {"OutputLocation": OPTIONS["output_location"], "EncryptionConfiguration": encryption}
    configuration = {"EnforceWorkGroupConfiguration": enforced, "ResultConfiguration": results}
    world.sandbox.client("athena").create_work_group(Name="team", Configuration=configuration)
    run = world.run(workgroup="team").ok()
    found, proposed = run.result["found"], run.result["policy_options"]["kms_keys"]["results"]
    if enforced:
        assert (found["results_key"], found["workgroup_key"], proposed) == (of_workgroup, None, [of_workgroup])
        assert "s3:GetBucketEncryption" not in run.calls
    else:
        assert (found["results_key"], found["workgroup_key"]) == (of_bucket, of_workgroup)
        assert proposed == sorted([of_bucket, of_workgroup])


@pytest.mark.parametrize("check", [True, False])
def test_an_empty_account_is_a_warning(world: World, check: bool) -> None:
    options = {"output_location": "s3://acme-not-there/", "workgroup": "none", "databases": ["nothing"]}
    run = world.run(check=check, fail_on_unknown=True, **options).ok()
    assert run.result["found"]["absent"] == [
        "the workgroup none",
        "the bucket acme-not-there",
        "the database nothing",
    ]
    assert len(run.warnings) == 3
    assert run.result["policy_options"] == {"kms_keys": {}, "source_locations": []}
    assert run.result["unknown"] == []


def test_pages_are_counted_not_tables(sandbox: Sandbox) -> None:
    lake, count = Lake(sandbox), 450
    lake.create_many(count)
    run = Modules(sandbox).run(MODULE, {**OPTIONS, "databases": ["many"], "workgroup": ""}).ok()
    assert len(run.result["tables"]) == count
    assert run.calls.count("glue:GetTables") == math.ceil(count / 100)
    assert run.calls.count("glue:GetPartitions") == 0
    assert run.calls.count("glue:GetDatabase") == 1
    # The caller, the results bucket, the settings and locations of Lake Formation, the encryption of the catalog, and
    # the source bucket, which is not there.
    assert len(run.calls) == math.ceil(count / 100) + 1 + 6


def test_all_pages_of_partitions_are_read(world: World) -> None:
    places = tuple(f"s3://{DATA}/sales/orders/{number}" for number in range(2300))
    world.table("orders", f"s3://{DATA}/sales/orders", (*places, f"s3://{OTHER}/last"))
    world.table("projected", f"s3://{DATA}/p", (f"s3://{OTHER}/no",), Parameters={"projection.enabled": "true"})
    run = world.run().ok()
    assert run.calls.count("glue:GetPartitions") == 3
    rows = {row["table"]: row["locations"] for row in run.result["tables"]}
    assert rows == {
        "orders": [f"s3://{DATA}/sales/orders/", f"s3://{OTHER}/last/"],
        "projected": [f"s3://{DATA}/p/"],
    }


DENIALS = {
    "glue:GetDatabase": "the database sales",
    "glue:GetTables": "the tables of the database sales",
    "glue:GetPartitions": "the partitions of the table sales.orders",
    "glue:GetDataCatalogEncryptionSettings": "whether the Data Catalog is encrypted",
    "lakeformation:ListResources": "which locations are registered with Lake Formation",
    "lakeformation:GetDataLakeSettings": "tables that Lake Formation may hide from the caller",
    "athena:GetWorkGroup": "the key of the workgroup",
    "s3:GetEncryptionConfiguration": "the key of the results",
}


@pytest.mark.parametrize("permission", DENIALS)
def test_what_may_not_be_looked_at_is_unknown_and_refused_where_a_policy_is_made_of_it(
    world: World, permission: str
) -> None:
    world.table("orders", f"s3://{DATA}/sales/orders", (f"s3://{DATA}/sales/orders/1",))
    user, modules = provisioner(world.sandbox)
    user.may("*", "*", {"Effect": "Deny", "Action": permission, "Resource": "*"})
    run = world.run(modules, allowed_source_buckets=[DATA]).ok()
    unknown = {row["what"]: row["permission"] for row in run.result["unknown"]}
    assert unknown[DENIALS[permission]] == permission
    refused = world.run(modules, allowed_source_buckets=[DATA], fail_on_unknown=True).refused()
    assert DENIALS[permission] in refused.message
    assert f"grant {permission}" in refused.message
    assert refused.result["unknown"] == run.result["unknown"]


def test_all_databases(world: World) -> None:
    world.glue.create_database(DatabaseInput={"Name": "hr"})
    world.table("orders", f"s3://{DATA}/sales/orders")
    run = world.run(databases=None).ok()
    assert [(row["database"], row["table"]) for row in run.result["tables"]] == [("sales", "orders")]
    assert run.calls.count("glue:GetDatabases") == 1
    assert run.calls.count("glue:GetTables") == 2


@pytest.mark.parametrize("operation", ["GetTables", "GetPartitions"])
@pytest.mark.parametrize("times", [2, 1000])
def test_a_page_that_fails_ends_the_run(sandbox: Sandbox, operation: str, times: int) -> None:
    """Half a listing would look like tables and partitions that are gone; what passes is tried again."""
    world = World(sandbox)
    world.table("orders", f"s3://{DATA}/orders", tuple(f"s3://{DATA}/at/{number}" for number in range(1001)))
    for number in range(100):
        world.table(f"t{number}", f"s3://{DATA}/t{number}")
    failure = {"service": "glue", "operation": operation, "code": "ThrottlingException", "contains": "NextToken"}
    sandbox.switch("fail", times=times, **failure)
    run = Modules(sandbox).run(MODULE, OPTIONS, before=in_a_hurry)
    if times == 2:
        assert len(run.ok().result["tables"]) == 101
        assert len(run.result["found"]["source_locations"]) == 1 + 100 + 1001
    else:
        assert "ThrottlingException" in run.refused().message
        assert "policy_options" not in run.result


def test_a_caller_from_whom_lake_formation_may_hide_tables(world: World) -> None:
    user, modules = provisioner(world.sandbox)
    assert world.run(modules, fail_on_unknown=True).ok().result["unknown"] == []
    for admins, sees in (([ROOT], False), ([ROOT, user.arn], True)):
        settings: dict[str, Any] = world.lake.get_data_lake_settings()["DataLakeSettings"]
        settings["DataLakeAdmins"] = [{"DataLakePrincipalIdentifier": it} for it in admins]
        world.lake.put_data_lake_settings(DataLakeSettings=settings)
        unknown = world.run(modules).ok().result["unknown"]
        assert [row["what"] for row in unknown] == (
            [] if sees else ["tables that Lake Formation may hide from the caller"]
        )


def test_resource_links_are_told_and_not_followed(sandbox: Sandbox) -> None:
    Lake(sandbox)
    target = {"CatalogId": ACCOUNT_ID, "DatabaseName": "hr", "Name": "orders"}
    sandbox.client("glue").create_table(DatabaseName="ns", TableInput={"Name": "linked", "TargetTable": target})
    run = Modules(sandbox).run(MODULE, {**OPTIONS, "databases": ["ns", "sales_link"], "workgroup": ""}).ok()
    rows = {(row["database"], row["table"]): row for row in run.result["tables"]}
    assert rows["ns", "linked"]["kind"] == rows["sales_link", ""]["kind"] == "link"
    assert f"{ACCOUNT_ID}.hr.orders" in rows["ns", "linked"]["reason"]
    assert "210987654321.sales" in rows["sales_link", ""]["reason"]
    assert rows["ns", "linked"]["locations"] == []


def test_other_data_catalogs_are_unknown(world: World) -> None:
    run = world.run(data_catalogs=["shared"]).ok()
    assert run.result["unknown"][0]["what"] == "the data catalog shared"
    assert not any(call.startswith("glue:") for call in run.calls)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"output_location": "s3://b*/"}, "output_location"),
        ({"databases": ["sal*"]}, "databases"),
        ({"databases": []}, "databases"),
        ({"catalog_id": "1234"}, "catalog_id"),
        ({"kms_key_accounts": ["me"]}, "kms_key_accounts"),
        ({"kms_keys": {"sources": ["alias/x"]}}, "kms_keys.sources"),
        ({"source_locations": ["s3://acme-data/${aws:username}"]}, "source_locations"),
        ({"allowed_source_buckets": ["*"]}, "allowed_source_buckets"),
        ({"allowed_source_buckets": [""]}, "allowed_source_buckets"),
        ({"allowed_source_buckets": ["s3://"]}, "allowed_source_buckets"),
        ({"allowed_source_buckets": ["acme-data/prefix"]}, "s3://bucket/prefix"),
        ({"allowed_source_buckets": ["arn:aws:s3:::acme-data"]}, "is not the name of a bucket"),
        ({"workgroup": "a b"}, "workgroup"),
        ({"expected_bucket_owner": "x"}, "expected_bucket_owner"),
        ({"data_catalogs": ["s3tablescatalog/x"]}, "data_catalogs"),
    ],
)
def test_bad_input_is_refused_before_any_call(world: World, options: dict[str, Any], words: str) -> None:
    run = world.run(**options).refused()
    assert words in run.message
    assert run.calls == ()
