# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken worlds: one thing of a connection in order is broken at a time, and the check has to name it first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from athena_sandbox import Sandbox, sample
from athena_sandbox.launcher import ACCOUNT_ID

from ..access_world import (
    BASE_ROLE,
    EXTERNAL_ID,
    LOCATION,
    REGISTRATION_ROLE,
    ROLE,
    USER,
    AccessWorld,
    Mode,
    action_statements,
)
from ..module_runs import Run

MODES: tuple[Mode, ...] = ("access_key", "iam_role")
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
BUCKET_ARN = f"arn:aws:s3:::{sample.RESULTS_BUCKET}"


def findings_of(run: Run) -> list[dict[str, str]]:
    """The checks that do not pass."""
    return [row for row in run.ok().result["checks"] if row["status"] != "pass"]


def first_finding(run: Run) -> dict[str, str]:
    return findings_of(run)[0]


def text_of(check: dict[str, str]) -> str:
    return f"{check['name']}: {check['detail']}"


@pytest.fixture(scope="module", params=MODES)
def intact(sandbox: Sandbox, request: pytest.FixtureRequest) -> AccessWorld:
    """One world for all that is put right again."""
    return AccessWorld(sandbox, request.param)


def test_each_permission_of_the_policy_is_named_when_it_is_gone(intact: AccessWorld) -> None:
    """All of them in one test, as they share a world: what is taken away is given back."""
    whole = intact.policy["Statement"]
    wrong = []
    for sid, action in action_statements(intact.policy):
        intact.without_action(sid, action)
        finding = first_finding(intact.check())
        if action not in text_of(finding):
            wrong.append(f"{sid} {action}: {finding['status']} {text_of(finding)}")
        if finding["status"] not in ("fail", "warn") or not finding["remedy"]:
            wrong.append(f"{sid} {action}: {finding}")
        intact.rewrite_policy(lambda _statements: whole)
    assert wrong == []
    assert [row for row in intact.check().result["checks"] if row["status"] != "pass"] == []


@dataclasses.dataclass(frozen=True)
class Breakage:
    """What is done to the world, and which words the first finding has.

    modes: in which there is such a thing. warned: the check that warns before, of the same.
    """

    act: Callable[[AccessWorld], Any]
    words: tuple[str, ...]
    status: str = "fail"
    modes: tuple[Mode, ...] = MODES
    warned: str | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


def deny(action: str | list[str], resource: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def deny_everybody(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Sid": "Perimeter", "Principal": "*", **deny(action, resource, **more)}


def trust_with(world: AccessWorld, **change: Any) -> None:
    iam = world.client("iam")
    (statement,) = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **change}]})
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)


def recreate_base_role(world: AccessWorld) -> None:
    iam = world.client("iam")
    trust = iam.get_role(RoleName=BASE_ROLE)["Role"]["AssumeRolePolicyDocument"]
    inline = iam.list_role_policies(RoleName=BASE_ROLE)["PolicyNames"]
    documents = {name: iam.get_role_policy(RoleName=BASE_ROLE, PolicyName=name)["PolicyDocument"] for name in inline}
    for name in inline:
        iam.delete_role_policy(RoleName=BASE_ROLE, PolicyName=name)
    iam.delete_role(RoleName=BASE_ROLE)
    iam.create_role(RoleName=BASE_ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    for name, document in documents.items():
        iam.put_role_policy(RoleName=BASE_ROLE, PolicyName=name, PolicyDocument=json.dumps(document))


def delete_base_rights(world: AccessWorld) -> None:
    iam = world.client("iam")
    for name in iam.list_role_policies(RoleName=BASE_ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=BASE_ROLE, PolicyName=name)


def set_key_state(world: AccessWorld, status: str) -> None:
    iam = world.client("iam")
    (key,) = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
    iam.update_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"], Status=status)


def key_without_delegation(use: str) -> Callable[[AccessWorld], Any]:
    """The key policy neither delegates the use of the key to the account nor names the identity."""
    administer = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*"]
    statement = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": administer, "Resource": "*"}
    return lambda world: world.set_key_policy(use, statement)


def disabled_key(use: str) -> Callable[[AccessWorld], Any]:
    return lambda world: world.client("kms").disable_key(KeyId=world.keys[use])


def key_that_denies(use: str) -> Callable[[AccessWorld], Any]:
    return lambda world: deny_in_key_policy(world, use)


def organization(world: AccessWorld, *statements: dict[str, Any]) -> None:
    whole = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, *statements]
    world.sandbox.switch("organization_policy", document={"Version": "2012-10-17", "Statement": whole})


def set_registration_rights(world: AccessWorld, *actions: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    world.client("iam").put_role_policy(
        RoleName=REGISTRATION_ROLE, PolicyName="data", PolicyDocument=json.dumps(document)
    )


def delete_registration_role(world: AccessWorld) -> None:
    iam = world.client("iam")
    iam.delete_role_policy(RoleName=REGISTRATION_ROLE, PolicyName="data")
    iam.delete_role(RoleName=REGISTRATION_ROLE)


def into_hybrid_access_mode(world: AccessWorld, opted_in: bool) -> None:
    """Lake Formation governs the database hr for those only who are opted in."""
    lake, root = world.client("lakeformation"), f"arn:aws:s3:::{sample.SOURCE_BUCKET}/hr"
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/{REGISTRATION_ROLE}"
    lake.deregister_resource(ResourceArn=root)
    lake.register_resource(ResourceArn=root, RoleArn=role, HybridAccessEnabled=True)
    for resource in ({"Database": {"Name": "hr"}}, {"Table": {"DatabaseName": "hr", "Name": "employees"}}):
        everybody, itself = ({"DataLakePrincipalIdentifier": it} for it in ("IAM_ALLOWED_PRINCIPALS", world.arn))
        lake.grant_permissions(Principal=everybody, Resource=resource, Permissions=["ALL"])
        if opted_in:
            lake.create_lake_formation_opt_in(Principal=itself, Resource=resource)


def without_resource(ending: str) -> Callable[[AccessWorld], Any]:
    """Take a resource, by the end of its ARN, out of all statements of the policy."""

    def change(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lists = [(it, [it["Resource"]] if isinstance(it["Resource"], str) else it["Resource"]) for it in statements]
        kept = [(it, [arn for arn in arns if not arn.endswith(ending)]) for it, arns in lists]
        assert sum(len(arns) for _it, arns in kept) < sum(len(arns) for _it, arns in lists)
        return [{**it, "Resource": arns} for it, arns in kept if arns]

    return lambda world: world.rewrite_policy(change)


def deny_in_key_policy(world: AccessWorld, use: str, **more: Any) -> None:
    statement = {"Sid": "NotThisOne", "Principal": {"AWS": world.arn}, **deny("kms:*", "*", **more)}
    delegation = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    world.set_key_policy(use, delegation, statement)


KEY_CHECKS = {"results": "results_key", "sources": "source_keys", "catalog": "catalog_key"}
SOURCE_OBJECTS = f"arn:aws:s3:::{sample.SOURCE_BUCKET}/*"
EMPLOYEES_COLUMNS = {"TableWithColumns": {"DatabaseName": "hr", "Name": "employees", "ColumnWildcard": {}}}

BREAKAGES: dict[str, Breakage] = {
    # The identity.
    "user_key_inactive": Breakage(
        lambda w: set_key_state(w, "Inactive"), ("access_key", "no active access key"), modes=("access_key",)
    ),
    "trust_other_principal": Breakage(
        lambda w: trust_with(w, Principal={"AWS": f"{ROOT[:-4]}user/{USER}"}),
        ("trust", "no statement of the trust policy", "sts:AssumeRole"),
        modes=("iam_role",),
    ),
    "trust_other_external_id": Breakage(
        lambda w: trust_with(w, Condition={"StringEquals": {"sts:ExternalId": "somebody-else"}}),
        ("trust", "another external id"),
        modes=("iam_role",),
    ),
    "trust_other_action": Breakage(
        lambda w: trust_with(w, Action="sts:TagSession"), ("trust", "sts:AssumeRole"), modes=("iam_role",)
    ),
    "trust_within_an_organization": Breakage(
        lambda w: trust_with(
            w, Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalOrgID": "o-example"}}
        ),
        ("trust", "depends on", "aws:PrincipalOrgID"),
        status="warn",
        modes=("iam_role",),
    ),
    "trust_of_deleted_principal": Breakage(recreate_base_role, ("trust", "deleted"), modes=("iam_role",)),
    "wrong_external_id": Breakage(
        lambda w: None, ("trust", "another external id"), modes=("iam_role",), options={"external_id": "acme-other"}
    ),
    # The trust names the account only, so that the base role needs a permission of its own.
    "base_role_without_permission": Breakage(
        lambda w: (delete_base_rights(w), trust_with(w, Principal={"AWS": ROOT})),
        ("base_role_permission", "sts:AssumeRole"),
        modes=("iam_role",),
    ),
    # The workgroup.
    "workgroup_disabled": Breakage(
        lambda w: w.client("athena").update_work_group(WorkGroup="primary", State="DISABLED"),
        ("workgroup_state", "disabled"),
    ),
    "workgroup_enforces_elsewhere": Breakage(
        lambda w: w.configure_workgroup(
            EnforceWorkGroupConfiguration=True,
            ResultConfigurationUpdates={"OutputLocation": f"s3://{sample.RESULTS_BUCKET}/other/"},
        ),
        ("workgroup_location", "/other/"),
    ),
    "workgroup_managed_results": Breakage(
        lambda w: w.configure_workgroup(ManagedQueryResultsConfigurationUpdates={"Enabled": True}),
        ("workgroup_managed_results",),
    ),
    "workgroup_expects_other_owner": Breakage(
        lambda w: w.configure_workgroup(
            EnforceWorkGroupConfiguration=True,
            ResultConfigurationUpdates={"OutputLocation": f"{LOCATION}/", "ExpectedBucketOwner": "210987654321"},
        ),
        ("workgroup_bucket_owner", "210987654321"),
    ),
    # The bucket.
    "bucket_denies_athena": Breakage(
        lambda w: w.set_bucket_policy(
            deny_everybody(
                "s3:PutObject", f"{BUCKET_ARN}/*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
            )
        ),
        ("bucket_policy_athena", "Perimeter", "s3:PutObject"),
    ),
    "bucket_wants_an_encryption_header": Breakage(
        lambda w: w.set_bucket_policy(
            deny_everybody(
                "s3:PutObject",
                f"{BUCKET_ARN}/*",
                Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            )
        ),
        ("bucket_policy_athena", "s3:x-amz-server-side-encryption"),
    ),
    "bucket_denies_the_identity": Breakage(
        lambda w: w.set_bucket_policy(
            {"Sid": "NotThisOne", "Principal": {"AWS": w.arn}, **deny("s3:GetObject", f"{BUCKET_ARN}/*")}
        ),
        ("bucket_policy_athena", "NotThisOne", "s3:GetObject"),
    ),
    "bucket_denies_the_client_only": Breakage(
        lambda w: w.set_bucket_policy(
            deny_everybody(
                "s3:GetObject",
                f"{BUCKET_ARN}/*",
                Condition={"Bool": {"aws:ViaAWSService": "false"}},
            )
        ),
        ("bucket_policy_client", "Perimeter"),
        status="warn",
    ),
    "results_registered_with_lake_formation": Breakage(
        lambda w: w.client("lakeformation").register_resource(ResourceArn=BUCKET_ARN, UseServiceLinkedRole=True),
        ("results_not_registered", BUCKET_ARN),
    ),
    # The keys.
    **{
        f"{use}_key_policy": Breakage(key_without_delegation(use), (KEY_CHECKS[use], "key policy"))
        for use in ("results", "sources", "catalog")
    },
    **{f"{use}_key_disabled": Breakage(disabled_key(use), ("Disabled",)) for use in ("results", "sources", "catalog")},
    **{
        f"{use}_key_denies_the_identity": Breakage(key_that_denies(use), (KEY_CHECKS[use], "NotThisOne", "key policy"))
        for use in ("results", "sources", "catalog")
    },
    "results_key_to_be_deleted": Breakage(
        lambda w: w.client("kms").schedule_key_deletion(KeyId=w.keys["results"], PendingWindowInDays=7),
        ("results_key", "PendingDeletion"),
    ),
    # One resource of the policy.
    "one_database_of_two": Breakage(without_resource(":database/sales"), ("glue:GetDatabase", "database/sales")),
    "one_source_location_of_two": Breakage(
        without_resource("/archive/*"), ("source_data", "sales.shipments", "s3:GetObject")
    ),
    "source_bucket_without_its_own_arn": Breakage(
        without_resource(f":{sample.SOURCE_BUCKET}"), ("source_data", "s3:ListBucket"), warned="s3:GetBucketLocation"
    ),
    "results_bucket_without_its_own_arn": Breakage(
        without_resource(f":{sample.RESULTS_BUCKET}"), ("s3:GetBucketLocation", BUCKET_ARN)
    ),
    "the_catalog_of_glue": Breakage(without_resource(":catalog"), ("glue:GetDatabase", ":catalog")),
    # IAM around the policy.
    "deny_but_in_other_resources": Breakage(
        lambda w: w.add_rights(
            {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET_ARN, f"{BUCKET_ARN}/*"]}, name="only-results"
        ),
        ("source_data", "only-results"),
        warned="s3:GetBucketLocation",
    ),
    "results_that_only_athena_may_read": Breakage(
        lambda w: w.add_rights(
            deny("s3:GetObject", "*", Condition={"Null": {"aws:CalledVia": "true"}}), name="through-athena"
        ),
        ("s3:GetObject", "through-athena", "by the client itself"),
        status="warn",
    ),
    "deny_all_but_some_actions": Breakage(
        lambda w: w.add_rights(
            {"Effect": "Deny", "NotAction": ["athena:*", "s3:*", "kms:*", "lakeformation:*"], "Resource": "*"},
            name="no-glue",
        ),
        ("glue:GetDatabase", "no-glue"),
    ),
    "deny_outside_of_a_network": Breakage(
        lambda w: w.add_rights(deny("*", "*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})),
        ("results_key", "depending on aws:SourceVpce"),
        status="warn",
    ),
    "boundary_without_keys": Breakage(
        lambda w: w.set_boundary({"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}),
        ("results_key", "boundary"),
    ),
    "organization_in_another_region": Breakage(
        lambda w: organization(
            w, deny("athena:*", "*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})
        ),
        ("athena:StartQueryExecution", "organization"),
        warned="athena:GetWorkGroup",
    ),
    "organization_denies_the_base_role": Breakage(
        lambda w: organization(w, deny("sts:AssumeRole", "*")),
        ("base_role_permission", "organization"),
        modes=("iam_role",),
    ),
    "policy_detached": Breakage(lambda w: w.detach_policy(), ("kms:Decrypt", "IAM policies")),
    "deny_in_another_policy": Breakage(
        lambda w: w.add_rights(deny("athena:StartQueryExecution", "*"), name="deny-queries"),
        ("athena:StartQueryExecution", "deny-queries"),
    ),
    "boundary": Breakage(
        lambda w: w.set_boundary(
            {"Effect": "Allow", "NotAction": "glue:GetTable", "Resource": "*"},
        ),
        ("glue:GetTable", "boundary"),
    ),
    "organization": Breakage(
        lambda w: organization(w, deny("athena:ListDatabases", "*")), ("athena:ListDatabases", "organization")
    ),
    "no_such_base_role": Breakage(
        lambda w: None,
        ("trust", "nobody-at-all"),
        modes=("iam_role",),
        options={"trusted_principals": [f"{ROOT[:-4]}role/nobody-at-all"], "base_role_name": None},
    ),
    # The role with which Lake Formation reads.
    "registration_role_without_keys": Breakage(
        lambda w: set_registration_rights(w, "s3:*"), ("lake_formation_keys", "kms:Decrypt", REGISTRATION_ROLE)
    ),
    "registration_role_without_files": Breakage(
        lambda w: set_registration_rights(w, "kms:Decrypt", "s3:PutObject"),
        ("source_data", "hr.employees", "s3:GetObject", REGISTRATION_ROLE),
    ),
    "registration_role_deleted": Breakage(
        delete_registration_role, ("source_data", "hr.employees", REGISTRATION_ROLE, "does not exist")
    ),
    # The tables.
    "source_bucket_denies": Breakage(
        lambda w: w.set_bucket_policy(
            {
                "Sid": "NotThisOne",
                "Principal": {"AWS": w.arn},
                **deny("s3:GetObject", f"arn:aws:s3:::{sample.SOURCE_BUCKET}/*"),
            },
            bucket=sample.SOURCE_BUCKET,
        ),
        ("source_data", "NotThisOne"),
    ),
    "database_deleted": Breakage(lambda w: w.delete_database("hr"), ("source_data", "hr")),
    # Lake Formation.
    "no_describe_on_default": Breakage(
        lambda w: w.revoke({"Database": {"Name": "default"}}, "DESCRIBE"), ("lake_formation_default", "DESCRIBE")
    ),
    "no_describe_on_database": Breakage(
        lambda w: w.revoke({"Database": {"Name": "hr"}}, "DESCRIBE"), ("lake_formation", "DESCRIBE", "hr")
    ),
    "no_select_on_table": Breakage(lambda w: w.revoke(EMPLOYEES_COLUMNS, "SELECT"), ("SELECT", "hr.employees")),
    "hybrid_access_mode_without_opt_in": Breakage(
        lambda w: into_hybrid_access_mode(w, opted_in=False), ("hr.employees", "s3:GetObject")
    ),
    "registration_gone": Breakage(
        lambda w: w.client("lakeformation").deregister_resource(ResourceArn=f"arn:aws:s3:::{sample.SOURCE_BUCKET}/hr"),
        ("hr.employees", "s3:"),
    ),
}


@pytest.mark.parametrize(
    ("mode", "name"),
    [(mode, name) for name, breakage in BREAKAGES.items() for mode in breakage.modes],
)
def test_what_is_broken_is_named_first(sandbox: Sandbox, mode: Mode, name: str) -> None:
    world, breakage = AccessWorld(sandbox, mode), BREAKAGES[name]
    breakage.act(world)
    run = world.check(**breakage.options)
    finding, *others = findings_of(run)
    if breakage.warned:
        assert (finding["name"], finding["status"]) == (breakage.warned, "warn"), finding
        finding = others[0]
    assert finding["status"] == breakage.status, finding
    for words in breakage.words:
        assert words in text_of(finding), finding
    assert finding["remedy"], finding
    assert finding["reference"].startswith("https://"), finding
    assert run.writes == ()


HARMLESS: dict[str, Callable[[AccessWorld], Any]] = {
    # In one account that is enough where the trust names the base role.
    "a_base_role_without_permission": lambda w: delete_base_rights(w) if w.mode == "iam_role" else None,
    "more_rights": lambda w: w.add_rights({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}),
    "a_bucket_policy_that_wants_tls": lambda w: w.set_bucket_policy(
        {
            "Sid": "Tls",
            "Principal": "*",
            **deny("s3:*", [BUCKET_ARN, f"{BUCKET_ARN}/*"], Condition={"Bool": {"aws:SecureTransport": "false"}}),
        }
    ),
    "hybrid_access_mode_with_opt_in": lambda w: into_hybrid_access_mode(w, opted_in=True),
    # Either side is enough in one account, if the policy names the identity.
    "a_bucket_policy_in_the_place_of_the_identitys_own": lambda w: (
        without_resource(f"{sample.SOURCE_BUCKET}/archive/*")(w),
        w.set_bucket_policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": w.arn},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{sample.SOURCE_BUCKET}", SOURCE_OBJECTS],
            },
            bucket=sample.SOURCE_BUCKET,
        ),
    ),
    "a_bucket_policy_for_this_identity_only": lambda w: w.set_bucket_policy(
        deny_everybody("s3:*", f"{BUCKET_ARN}/*", Condition={"ArnNotEquals": {"aws:PrincipalArn": [w.arn, ROOT]}})
    ),
    "a_policy_that_denies_what_is_not_of_the_connection": lambda w: w.add_rights(
        deny("s3:*", "arn:aws:s3:::secrets*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    ),
    "a_key_policy_that_names_the_identity": lambda w: w.set_key_policy(
        "results",
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": ["kms:Describe*", "kms:Get*"], "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": w.arn}, "Action": "kms:*", "Resource": "*"},
    ),
    "a_boundary_that_allows_all": lambda w: w.set_boundary({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    "an_organization_that_denies_elsewhere": lambda w: organization(
        w, deny("*", "*", Condition={"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}})
    ),
    "a_grant_on_more": lambda w: w.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": w.arn},
        Resource={"Table": {"DatabaseName": "hr", "TableWildcard": {}}},
        Permissions=["DESCRIBE"],
    ),
    "a_workgroup_that_enforces_the_same": lambda w: w.configure_workgroup(
        EnforceWorkGroupConfiguration=True, ResultConfigurationUpdates={"OutputLocation": f"{LOCATION}/"}
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_extras_raise_no_alarm(sandbox: Sandbox, mode: Mode, name: str) -> None:
    world = AccessWorld(sandbox, mode)
    HARMLESS[name](world)
    result = world.check().ok().result
    findings = [row for row in result["checks"] if row["status"] != "pass"]
    assert result["discovered"]["proposals"] == {}
    assert [(row["name"], row["status"]) for row in findings] in ([], [("at_most", "warn")])
    assert ("at_most" in {row["name"] for row in findings}) == (name == "more_rights")
