# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of eight connections as the role would report it: documents, drift and facts are made by the plugins."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable, Iterable

from ansible_collections.qualytics.athena.plugins.module_utils._comparison import document_drift
from ansible_collections.qualytics.athena.plugins.module_utils._connection_result import connection_result
from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom, grant_entries, revoke_entries
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_plan import compare
from ansible_collections.qualytics.athena.plugins.module_utils._grants_returned import returned_entries
from ansible_collections.qualytics.athena.plugins.module_utils._grants_words import grant_drift
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Drift, checks_result, drift_result
from ansible_collections.qualytics.athena.plugins.module_utils._role_plan import base_policy_document, base_policy_name
from ansible_collections.qualytics.athena.plugins.module_utils._trust import Trust, merged, trust_drift
from ansible_collections.qualytics.athena.plugins.module_utils._trust_principals import read_principals

ACCOUNT = "123456789012"
VENDOR = "210987654321"
SCOPE = Scope("aws", ACCOUNT, "us-east-1")
BASE_ROLE = f"arn:aws:iam::{VENDOR}:role/dataplane/qualytics-dataplane"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DOCS = "https://docs.aws.amazon.com/athena/latest/ug/"

Alter = Callable[[t.Any], None]
Step = dict[str, t.Any]


def nothing(_document: t.Any) -> None:
    """Leave it as it is."""


def policy_step(
    name: str, alter: Alter = nothing, more: Iterable[Drift] = (), check_mode: bool = True, **options: t.Any
) -> Step:
    """The result of athena_perm_policy where what AWS has was altered, or is none where alter makes it empty."""
    location = f"s3://example-athena-results/{name}"
    document = build_policy(read_options({"output_location": location, **options}), SCOPE)
    observed = copy.deepcopy(document)
    alter(observed)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/qualytics-athena-{name}"
    drift = [*document_drift(arn, document, observed), *more]
    return {
        "changed": bool(drift),
        "check_mode": check_mode,
        "drift": drift_result(drift),
        "policy": {"arn": arn, "name": f"qualytics-athena-{name}", "document": document, "version_id": "v3"},
        "observed_policy": observed,
    }


def trust_step(name: str, alter: Alter = nothing, more: Iterable[Drift] = (), check_mode: bool = True) -> Step:
    """The result of athena_role_trust."""
    trust = Trust(read_principals("trusted_principals", [BASE_ROLE], "aws"), f"{name}-3f1c7a52")
    observed = copy.deepcopy(trust.document)
    alter(observed)
    arn = role_arn(name)
    drift = [*trust_drift(arn, trust, observed), *more]
    return {
        "changed": bool(drift),
        "check_mode": check_mode,
        "drift": drift_result(drift),
        "role": {
            "arn": arn,
            "name": f"qualytics-{name}",
            "trust_policy": merged(trust, observed) if drift else observed,
        },
        "observed_trust": observed,
        "base_role_policy": base_policy_document(arn),
    }


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/qualytics-{name}"


def grants_step(
    principal: str, grants: list[dict[str, t.Any]], held: list[dict[str, t.Any]], check_mode: bool = True
) -> Step:
    """The result of lf_grant with purge: what is asked for, and what was held."""
    wanted = read_wanted({"principal": principal, "grants": grants, "purge": True}, ACCOUNT)
    before: frozenset[Atom] = read_wanted({"principal": principal, "grants": held}, ACCOUNT).atoms
    difference = compare(wanted.atoms, before, wanted.scope)
    return {
        "changed": bool(difference),
        "check_mode": check_mode,
        "drift": drift_result(grant_drift(principal, difference.to_grant, difference.to_revoke, ACCOUNT)),
        "principal": principal,
        "grants": returned_entries(wanted.atoms),
        "observed_grants": returned_entries(before),
        "granted": [entry.request(principal) for entry in grant_entries(difference.to_grant)],
        "revoked": [entry.request(principal) for entry in revoke_entries(difference.to_revoke)],
    }


def bucket_step(*more: Check) -> Step:
    """The result of s3_results_bucket_check."""
    passed = [
        Check("bucket_exists", "pass", "the bucket exists"),
        Check("bucket_owner", "pass", f"the bucket belongs to {ACCOUNT}"),
        Check("bucket_region", "pass", "the bucket is in us-east-1, as the queries"),
        Check("workgroup_state", "pass", "the workgroup primary is enabled"),
    ]
    return {
        "changed": False,
        "checks": checks_result([*passed, *more]),
        "bucket": {"name": "example-athena-results", "region": "us-east-1", "encryption": {"algorithm": "AES256"}},
    }


def verification_step(*checks: Check, **more: t.Any) -> Step:
    """The result of athena_access_check."""
    return {"changed": False, "check_mode": True, "checks": checks_result(checks), "beyond": [], **more}


def works() -> list[Check]:
    """What a verification says of a connection that works."""
    return [
        Check("identity", "pass", "the identity exists"),
        Check("results_key", "pass", "the results are encrypted without a key of yours"),
        Check("athena:StartQueryExecution", "pass", "allowed on workgroup primary"),
        Check("glue:GetTable", "pass", "allowed on the tables of sales"),
        Check("s3:PutObject", "pass", "allowed below s3://example-athena-results/"),
        Check("source_data", "pass", "the files of 12 tables may be read"),
        Check("lake_formation_grants", "pass", "nothing is withheld"),
        Check("live_query", "pass", "SELECT 1 succeeded"),
        Check("live_read", "pass", "a row of sales.orders was read"),
    ]


def _result(name: str, auth_mode: str, steps: dict[str, Step], error: str = "") -> dict[str, t.Any]:
    failure = {"failed": True, "msg": error} if error else None
    return connection_result(steps, name, auth_mode, failure)


def in_sync() -> dict[str, t.Any]:
    steps = {
        "bucket": bucket_step(),
        "policy": policy_step("sales", databases=["sales"], workgroups=["primary"]),
        "checked": verification_step(*works()),
    }
    return _result("sales", "access_key", steps)


def in_sync_with_grants() -> dict[str, t.Any]:
    wanted = [
        {"database": "hr"},
        {"database": "hr", "tables": ["employees"], "excluded_columns": ["salary", "ssn"]},
        {"database": "hr", "tables": ["positions", "offices"]},
        {"database": "default"},
    ]
    warning = Check(
        "lake_formation_filters",
        "warn",
        "2 columns of hr.employees are withheld, so that profiles describe the rest",
        "Grant the columns, or leave out checks on them",
        "https://docs.aws.amazon.com/lake-formation/latest/dg/data-filtering.html",
    )
    steps = {
        "bucket": bucket_step(),
        "role": trust_step("hr"),
        "policy": policy_step("hr", databases=["hr", "default"], lake_formation=True),
        "grants": grants_step(role_arn("hr"), wanted, wanted),
        "checked": verification_step(*works(), warning),
    }
    return _result("hr", "iam_role", steps)


def drifted_everywhere() -> dict[str, t.Any]:
    """Each kind of drift in each part."""

    def alter_policy(live: t.Any) -> None:
        live["Statement"][0]["Action"].remove("athena:GetQueryResults")
        live["Statement"][0]["Action"].append("athena:DeleteWorkGroup")
        [files] = [
            it
            for it in live["Statement"]
            if "s3:GetObject" in it["Action"] and "example-data-lake" in str(it["Resource"])
        ]
        files["Resource"] = "arn:aws:s3:::example-data-lake/*"
        live["Statement"].append(
            {
                "Sid": "Debugging",
                "Effect": "Allow",
                "Action": ["s3:*"],
                "Resource": "arn:aws:s3:::example-payroll/*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["finance", "audit"]}},
            }
        )

    def alter_trust(live: t.Any) -> None:
        live["Statement"][0]["Principal"]["AWS"] = [BASE_ROLE, f"arn:aws:iam::{ACCOUNT}:role/an-old-dataplane"]
        live["Statement"].append(
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        )

    wanted = [
        {"database": "finance"},
        {"database": "finance", "tables": ["ledger"], "columns": ["amount", "booked_at", "currency", "id"]},
        {"database": "finance", "tables": ["invoices", "payments"], "grantable": ["SELECT"]},
        {"catalog_id": VENDOR, "database": "market_data", "tables": "*"},
    ]
    held = [
        {"database": "finance", "permissions": ["DESCRIBE", "CREATE_TABLE"]},
        {"database": "finance", "tables": ["ledger"], "columns": ["amount", "currency", "iban", "id"]},
        {"database": "finance", "tables": ["invoices"], "permissions": ["SELECT", "INSERT"]},
    ]
    policy_arn, role = f"arn:aws:iam::{ACCOUNT}:policy/qualytics-athena-finance", role_arn("finance")
    steps = {
        "bucket": bucket_step(),
        "role": trust_step(
            "finance",
            alter_trust,
            [
                Drift(role, "max_session_duration", "different", "3600", "43200"),
                Drift(
                    f"role/qualytics-dataplane/{base_policy_name('qualytics-finance')}",
                    "policy",
                    "missing",
                    base_policy_name("qualytics-finance"),
                ),
            ],
        ),
        "policy": policy_step(
            "finance",
            alter_policy,
            [
                Drift(policy_arn, "attachment", "missing", "role/qualytics-finance"),
                Drift(policy_arn, "tag", "different", "team=finance", "team=data"),
            ],
            databases=["finance"],
            workgroups=["primary"],
            kms_keys={"results": [KEY]},
            source_locations=["s3://example-data-lake/finance"],
            lake_formation=True,
        ),
        "grants": grants_step(role, wanted, held),
    }
    return _result("finance", "iam_role", steps)


def failed() -> dict[str, t.Any]:
    error = (
        "Unable to get the policy: An error occurred (AccessDenied) when calling the GetPolicy operation: User: "
        f"arn:aws:sts::{ACCOUNT}:assumed-role/provisioner/nightly is not authorized to perform: iam:GetPolicy on "
        f"resource: policy arn:aws:iam::{ACCOUNT}:policy/qualytics-athena-marketing because no identity-based policy "
        "allows the iam:GetPolicy action"
    )
    return _result("marketing", "access_key", {"bucket": bucket_step()}, error)


def broken() -> dict[str, t.Any]:
    """A verification that finds why a connection does not work."""
    checks = [
        Check("identity", "pass", "the user logistics exists"),
        Check(
            "bucket_region",
            "fail",
            "the bucket is in eu-west-1 and the queries run in us-east-1; Athena then calls it invalid",
            "Use a bucket in us-east-1, or run the queries (and this task) in eu-west-1",
            f"{DOCS}troubleshooting-athena.html",
        ),
        Check(
            "source_keys",
            "fail",
            f"no policy of the identity allows kms:Decrypt on {KEY}",
            f"Add {KEY} to athena_access_kms_keys.sources",
            f"{DOCS}encryption.html",
        ),
        Check("athena:StartQueryExecution", "pass", "allowed on workgroup primary"),
        Check(
            "glue:GetPartitions",
            "fail",
            f"no policy of the identity allows it on arn:aws:glue:us-east-1:{ACCOUNT}:table/logistics/*",
            "Provision the connection, which writes its policy",
            f"{DOCS}security-iam-athena.html",
        ),
        Check(
            "lake_formation_grants",
            "unknown",
            "the grants could not be looked at",
            "Allow lakeformation:ListPermissions to whoever runs this task",
        ),
        Check("at_most", "warn", "the identity may do more than asked", "Detach AmazonAthenaFullAccess"),
        Check("live_query", "unknown", "no credentials of the identity were given", "Set athena_access_live_profile"),
    ]
    tables = [
        ("shipments", "s3", "the identity may read its files in S3"),
        ("carriers", "no", "no policy allows s3:GetObject on its files"),
        ("routes", "unknown", "the bucket policy may not be looked at"),
    ]
    checked = verification_step(
        *checks,
        tables=[
            {
                "database": "logistics",
                "table": name,
                "readable": readable,
                "why": why,
                "locations": [f"s3://example-data-lake/logistics/{name}/"],
            }
            for name, readable, why in tables
        ],
        beyond=[{"policy": "arn:aws:iam::aws:policy/AmazonAthenaFullAccess", "action": "s3:*", "resource": "*"}],
        discovered={
            "found": {"source_keys": [KEY], "source_locations": ["s3://example-data-lake/logistics/"]},
            "proposals": {
                "kms_keys": {"sources": [KEY]},
                "source_locations": ["s3://example-data-lake/logistics/carriers/"],
            },
            "not_allowed": [
                {
                    "location": "s3://example-other-bucket/routes/",
                    "tables": ["logistics.routes"],
                    "reason": "is not within allowed_source_buckets",
                }
            ],
            "unknown": [
                {"what": "the default key of example-other-bucket", "permission": "s3:GetEncryptionConfiguration"}
            ],
        },
    )
    return _result(
        "logistics", "access_key", {"checked": {**checked, "failed": True}}, "bucket_region: does not fit"
    ) | {
        key: value
        for key, value in connection_result({"checked": checked}, "", "").items()
        if key in ("checks", "counts", "tables", "discovered", "beyond", "verdict", "findings")
    }


def with_long_names() -> dict[str, t.Any]:
    name = "acquisitions-emea-consolidated-reporting-2026-preproduction-blue"
    prefix = "s3://example-consolidated-data-lake-eu/landing/third-party/acquisitions/emea/consolidated"
    databases = [f"consolidated_reporting_{region}_acquisitions" for region in ("dach", "iberia", "nordics")]

    def alter(live: t.Any) -> None:
        for statement in live["Statement"]:
            if "s3:GetObject" in statement["Action"] and isinstance(statement["Resource"], list):
                statement["Resource"].pop()

    steps = {
        "bucket": bucket_step(),
        "role": trust_step(name),
        "policy": policy_step(
            name,
            alter,
            databases=databases,
            workgroups=["primary", "consolidated-reporting-preproduction"],
            data_catalogs=["AwsDataCatalog"],
            source_locations=[f"{prefix}/{database}" for database in databases],
        ),
    }
    return _result(name, "iam_role", steps)


def repaired() -> dict[str, t.Any]:
    def alter(live: t.Any) -> None:
        live["Statement"][0]["Action"].pop()

    wanted = [{"database": "partner"}, {"database": "partner", "tables": "*"}]
    steps = {
        "bucket": bucket_step(),
        "role": trust_step("partner", check_mode=False),
        "policy": policy_step("partner", alter, check_mode=False, lake_formation=True),
        "grants": grants_step(role_arn("partner"), wanted, wanted[:1], check_mode=False),
    }
    return _result("partner", "iam_role", steps)


def unreachable() -> dict[str, t.Any]:
    """What the tasks make of a host without a fact."""
    return {"connection": "telemetry", "status": "failed", "error": "no result: the host failed before the role ran"}


def fleet() -> list[dict[str, t.Any]]:
    """Eight connections, in the order of an inventory."""
    return [
        in_sync(),
        in_sync_with_grants(),
        drifted_everywhere(),
        failed(),
        broken(),
        with_long_names(),
        repaired(),
        unreachable(),
    ]
