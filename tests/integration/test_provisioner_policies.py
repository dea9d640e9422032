# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies documented for the provisioner are enough for what they are for, and no action of them is too many."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID

from .account import Account, arn_of
from .lake import OTHER_ACCOUNT_ID, Lake
from .least_privilege import Goal, Permission, Provisioner, Step, noticed, of_uses, outcome
from .module_runs import Modules

NAMES = {
    "BASE_ROLE_NAME": "dataplane",
    "BOUNDARY_POLICY_NAME": "boundary",
    "DATABASE_NAME": "sales",
    "DATA_CATALOG": "partner",
    "KEY_ID": "*",
    "POLICY_NAME": "qualytics-athena-*",
    "RESULTS_BUCKET": "results",
    "ROLE_NAME": "target",
    "SOURCE_BUCKET": "lake",
    "USER_NAME": "qualytics",
    "WORKGROUP": "primary",
}
SHARED: dict[str, Any] = {"connection": "sales", "output_location": "s3://results/athena"}
USER: dict[str, Any] = {**SHARED, "auth_mode": "access_key", "user_name": "qualytics"}
ROLE: dict[str, Any] = {
    **SHARED,
    "auth_mode": "iam_role",
    "role_name": "target",
    "trusted_principals": [f"arn:aws:iam::{ACCOUNT_ID}:role/dataplane"],
    "external_id": "acme-3f1c7a52",
}
TAGGED = {"tags": {"team": "data", "cost": "low"}}
RETAGGED = {"tags": {"team": "ops"}, "list_data_catalogs": True}
INLINE = {"policy_type": "inline"}
BOUNDARY = arn_of("boundary")
GRANTS = [
    {"database": "sales"},
    {"database": "sales", "tables": ["orders"], "data_cells_filter": "eu_only"},
    {"database": "sales", "tables": ["salaries"], "excluded_columns": ["ssn"]},
    {"database": "sales", "tables": "*", "permissions": ["DESCRIBE"]},
]
DISCOVERED = {"use_discovered": True, "allowed_source_buckets": ["lake"]}
ACCESS_KEY = ("access_key", "access_key_managed_policy")
IAM_ROLE = ("iam_role", "iam_role_managed_policy")


class World(Account):
    """An account with whom and what the connections need."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.lake = Lake(sandbox)
        super().__init__(sandbox)
        self.sandbox = sandbox
        self.make_identity("user", "qualytics")
        self.make_identity("role", "dataplane")
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        for name in ("boundary", "other-boundary"):
            self.make_policy(name, {"Version": "2012-10-17", "Statement": [everything]})
        sandbox.client("s3").create_bucket(Bucket="results")

    def fill_versions(self, policy: str) -> None:
        """As many versions as IAM keeps."""
        arn = arn_of(policy)
        self.add_versions(arn, 4, self.document(arn))

    def other_inline_policy(self, kind: str, name: str) -> None:
        """One that is there beside the connection's."""
        statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
        put = getattr(self.iam, f"put_{kind}_policy")
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        put(**{f"{kind.title()}Name": name}, PolicyName="other", PolicyDocument=document)

    def encrypt(self) -> None:
        """The results, by an alias, and the Data Catalog under a key of the account's own."""
        kms = self.sandbox.client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName="alias/results", TargetKeyId=key)
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/results"}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        self.sandbox.client("s3").put_bucket_encryption(Bucket="results", ServerSideEncryptionConfiguration=rules)
        at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": key}
        self.lake.glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})

    def fill_lake(self) -> None:
        """Files of a table with partitions."""
        self.sandbox.client("s3").create_bucket(Bucket="lake")
        column = {"Name": "day", "Type": "string"}
        storage = {"Columns": [{"Name": "id", "Type": "int"}], "Location": "s3://lake/sales/events"}
        table = {"Name": "events", "PartitionKeys": [column], "StorageDescriptor": storage}
        self.lake.glue.create_table(DatabaseName="sales", TableInput=table)

    def register_hybrid(self) -> None:
        """A location where those that opted in are left to Lake Formation, and others to IAM."""
        self.lake.client.register_resource(
            ResourceArn="arn:aws:s3:::lake/both", UseServiceLinkedRole=True, HybridAccessEnabled=True
        )

    def register_catalog(self) -> None:
        """The Data Catalog of another account, under a name of its own."""
        self.athena.create_data_catalog(Name="partner", Type="GLUE", Parameters={"catalog-id": OTHER_ACCOUNT_ID})


def nothing(_account: World) -> None:
    pass


def life(
    options: dict[str, Any],
    changed: dict[str, Any],
    before: Callable[[Any], Any] = nothing,
    first: Callable[[Any], Any] = nothing,
) -> tuple[Step, ...]:
    """A connection that is made, compared, changed and removed. before: what precedes the change."""
    return (
        Step("present", options, first),
        Step("compared", {**options, "state": "compared"}),
        Step("changed", {**options, **changed}, before),
        Step("absent", {**options, "state": "absent"}),
    )


def refill(account: World) -> None:
    account.fill_versions("qualytics-athena-qualytics")


def drift_of_the_role(account: World) -> None:
    account.fill_versions("qualytics-athena-target")
    account.iam.delete_role_permissions_boundary(RoleName="target")
    account.iam.delete_role_policy(RoleName="dataplane", PolicyName="qualytics-athena-assume-target")


GOALS = [
    Goal(
        "results bucket",
        about=("results_bucket",),
        also=ACCESS_KEY,
        steps=(Step("present", USER), Step("compared", {**USER, "state": "compared"})),
    ),
    Goal(
        "managed policy of a user",
        about=(*ACCESS_KEY, "policy_tags"),
        also=("results_bucket",),
        steps=life({**USER, **TAGGED}, RETAGGED, refill),
    ),
    Goal(
        "inline policy of a user",
        about=("access_key", "access_key_inline_policy"),
        also=("results_bucket",),
        steps=life(
            {**USER, **INLINE},
            {"list_data_catalogs": True},
            lambda account: account.other_inline_policy("user", "qualytics"),
        ),
    ),
    Goal(
        "managed policy of a role",
        about=(*IAM_ROLE, "base_role", "permissions_boundary", "role_tags", "policy_tags"),
        also=("results_bucket",),
        steps=(
            *life(
                {**ROLE, **TAGGED, "base_role_name": "dataplane", "permissions_boundary": BOUNDARY},
                {**RETAGGED, "role_description": "reads sales", "external_id": "acme-77aa"},
                drift_of_the_role,
            )[:-1],
            Step("unbounded", {**ROLE, **RETAGGED, "base_role_name": "dataplane", "permissions_boundary": ""}),
            Step("absent", {**ROLE, "base_role_name": "dataplane", "state": "absent"}),
        ),
    ),
    Goal(
        "inline policy of a role",
        about=("iam_role_inline_policy",),
        also=("results_bucket", "iam_role"),
        steps=life({**ROLE, **INLINE}, {"list_data_catalogs": True}),
    ),
    Goal(
        "large trust policy",
        about=("large_trust_policy",),
        also=("results_bucket", "iam_role"),
        steps=(
            Step(
                "present",
                {**ROLE, "trusted_principals": [str(210_000_000_000 + number) for number in range(60)]},
                refusal="the account's quota is 2,048",
            ),
        ),
    ),
    Goal(
        "data catalogs",
        about=("data_catalogs",),
        also=("results_bucket", *ACCESS_KEY),
        steps=(Step("present", {**USER, "data_catalogs": ["AwsDataCatalog", "partner"]}, World.register_catalog),),
    ),
    Goal(
        "grants",
        about=("lake_formation",),
        also=("results_bucket", *ACCESS_KEY),
        steps=life(
            {**USER, "lake_formation_grants": GRANTS},
            {
                "lake_formation_grants": GRANTS[:2],
                "lake_formation_purge": True,
                "lake_formation_purge_scope": "principal",
            },
            first=World.register_hybrid,
        ),
    ),
    Goal(
        "encryption",
        about=("encryption",),
        also=("results_bucket", *ACCESS_KEY, "discovery"),
        steps=(Step("present", {**USER, **DISCOVERED, "databases": ["sales"]}, World.encrypt),),
    ),
    Goal(
        "discovery",
        about=("discovery", "all_databases"),
        also=("results_bucket", *ACCESS_KEY),
        steps=(
            Step("present", {**USER, **DISCOVERED}, World.fill_lake),
            Step("compared", {**USER, **DISCOVERED, "databases": ["hr"], "state": "compared"}),
        ),
        names={"DATABASE_NAME": "*"},
    ),
]


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_a_goal_takes_each_of_its_permissions_and_no_other(sandbox: Sandbox, goal: Goal) -> None:
    taken = []
    account, provisioner = begin(sandbox, goal)
    for step in goal.steps:
        step.before(account)
        outcome(provisioner.run(step.options), step)
        taken.append(of_uses(provisioner.used(), goal.about))
    assert {permission for permissions in taken for permission in permissions} == goal.permissions

    account, provisioner = arrive(sandbox, goal, 0)
    tried: set[tuple[str, Permission]] = set()
    for number, (step, permissions) in enumerate(zip(goal.steps, taken, strict=True)):
        # In the order of their use, so that what is written before a denial is what precedes the next one.
        for lacking in permissions:
            if (step.state, lacking) in tried:
                continue
            tried.add((step.state, lacking))
            run = provisioner.run_without(lacking, step.options)
            noticed(run, lacking.action)
            if run.writes and not run.failed:
                # What was only told did not hinder the step, which is then over.
                account, provisioner = arrive(sandbox, goal, number)
        outcome(provisioner.run(step.options), step)
        for following in goal.steps[number + 1 : number + 2]:
            following.before(account)


def begin(sandbox: Sandbox, goal: Goal) -> tuple[World, Provisioner]:
    """An account as it is before the first step, and who takes the steps in it."""
    account = World(sandbox)
    provisioner = Provisioner(sandbox, [*goal.about, *goal.also], {**NAMES, **goal.names})
    account.lake.administered_by(provisioner.arn)
    return account, provisioner


def arrive(sandbox: Sandbox, goal: Goal, number: int) -> tuple[World, Provisioner]:
    """An account as the step of this number finds it."""
    account, provisioner = begin(sandbox, goal)
    for step in goal.steps[:number]:
        step.before(account)
        outcome(provisioner.run(step.options), step)
    goal.steps[number].before(account)
    return account, provisioner


def test_roles_stay_within_the_boundary(sandbox: Sandbox) -> None:
    World(sandbox)
    provisioner = Provisioner(sandbox, ["results_bucket", *IAM_ROLE, "permissions_boundary"], NAMES)
    for boundary in (None, arn_of("other-boundary")):
        run = provisioner.run({**ROLE, "permissions_boundary": boundary}).refused()
        assert "Grant iam:CreateRole to the identity that runs this task, and lift the explicit deny" in run.message
    made = provisioner.run({**ROLE, "permissions_boundary": BOUNDARY}).ok()
    assert made.result["changed"]
    other = provisioner.run({**ROLE, "permissions_boundary": arn_of("other-boundary")}).refused()
    assert "Grant iam:PutRolePermissionsBoundary to the identity that runs this task, and lift" in other.message


@pytest.mark.parametrize(
    ("uses", "options"),
    [
        ((*ACCESS_KEY, "policy_tags"), {**USER, **TAGGED}),
        ((*IAM_ROLE, "base_role", "role_tags", "policy_tags"), {**ROLE, **TAGGED, "base_role_name": "dataplane"}),
    ],
    ids=["access_key", "iam_role"],
)
def test_a_comparison_takes_the_reading_statements_only(
    sandbox: Sandbox, uses: tuple[str, ...], options: dict[str, Any]
) -> None:
    account = World(sandbox)
    asked = {**options, "lake_formation_grants": GRANTS}
    Modules(sandbox).run("athena_connection", asked).ok()
    reader = Provisioner(sandbox, ["results_bucket", "lake_formation", *uses], NAMES, only_reads=True)
    settings = account.lake.client.get_data_lake_settings()["DataLakeSettings"]
    readers = [{"DataLakePrincipalIdentifier": reader.arn}]
    account.lake.client.put_data_lake_settings(DataLakeSettings={**settings, "ReadOnlyAdmins": readers})
    run = reader.run({**asked, "state": "compared"}).ok()
    assert run.result["drift"] == []
    assert not [check for check in run.result["checks"] if check["status"] == "unknown"]
    assert reader.run({**asked, **RETAGGED, "state": "compared"}).ok().result["drift"]
    refused = reader.run({**asked, **RETAGGED}).refused()
    assert "Grant iam:" in refused.message
    assert not refused.result["changed"]
