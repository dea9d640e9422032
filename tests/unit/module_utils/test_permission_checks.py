# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _permission_checks as checks
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._grants_findings import Registrations
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._permissions import CATALOGUE
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import (
    Reach,
    client_reads,
    listing_of,
    object_of,
    simulations,
)
from ansible_collections.qualytics.athena.plugins.module_utils._source_checks import Answer

ACCOUNT = "123456789012"
SCOPE = Scope("aws", ACCOUNT, "eu-central-1")
SALES, ARCHIVE = S3Location("example-lake", "sales"), S3Location("example-lake", "archive")
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/a"
REACH = Reach(
    workgroup="primary",
    results=S3Location("example-results", "athena"),
    catalog_id=ACCOUNT,
    databases=("sales",),
    tables=(("sales", "orders"),),
    sources=(SALES, ARCHIVE),
    results_keys=(KEY,),
    source_keys=(KEY,),
    catalog_keys=(KEY,),
    needs_data_access=True,
    result_streaming=True,
    list_data_catalogs=True,
)
NO_SIMULATION = Denied("iam:SimulatePrincipalPolicy")


def answers(reach: Reach = REACH) -> list[Decision]:
    """Everything that is asked is allowed."""
    return [
        Decision(action, it.name_of(resource), "allowed")
        for it in simulations(reach, SCOPE, "amazonaws.com")
        for action in it.actions
        for resource in it.resources
    ]


def but(action: str, verdict: Any = "not_allowed", resource: str = "", **more: Any) -> Decisions:
    """All is allowed but an action, on one resource or on all that it was asked on."""
    return Decisions(
        dataclasses.replace(it, verdict=verdict, **more)
        if it.action == action and resource in ("", it.resource)
        else it
        for it in answers()
    )


def of(action: str, decisions: Decisions, reach: Reach = REACH) -> Check:
    (check,) = [it for it in checks.permission_checks(reach, SCOPE, decisions) if it.name == action]
    return check


# One check for each action -------------------------------------------------------------------------------------------


def test_where_all_is_allowed_all_checks_pass() -> None:
    found = checks.permission_checks(REACH, SCOPE, Decisions(answers()))
    assert {it.status for it in found} == {"pass"}
    assert not any(it.remedy for it in found)
    # Keys have checks of their own.
    assert {it.name for it in found} == {it.action for it in CATALOGUE if not it.action.startswith("kms:")}


def test_they_come_in_the_order_in_which_a_connection_meets_them() -> None:
    names = [it.name for it in checks.permission_checks(REACH, SCOPE, Decisions(answers()))]
    assert len(names) == len(set(names))
    in_order = [
        "athena:GetWorkGroup",
        "athena:StartQueryExecution",
        "s3:PutObject",
        "athena:GetQueryResults",
        "s3:GetObject",
        "athena:ListDatabases",
        "glue:GetDatabases",
        "glue:GetTable",
        "lakeformation:GetDataAccess",
    ]
    assert sorted(in_order, key=names.index) == in_order
    # What the connection can do without comes last.
    assert names.index("athena:StopQueryExecution") > names.index("lakeformation:GetDataAccess")


BEARABLE = {
    "athena:GetWorkGroup",
    "glue:GetPartition",
    "athena:StopQueryExecution",
    "athena:GetQueryResultsStream",
    "athena:ListDataCatalogs",
    "athena:GetDataCatalog",
    "glue:GetCatalog",
    "glue:GetCatalogs",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
}


@pytest.mark.parametrize("action", sorted({it.action for it in CATALOGUE if not it.action.startswith("kms:")}))
def test_each_action_that_is_not_allowed_is_named_and_nothing_else(action: str) -> None:
    found = checks.permission_checks(REACH, SCOPE, but(action))
    (check,) = [it for it in found if it.status != "pass"]
    assert check.name == action
    assert check.status == ("warn" if action in BEARABLE else "fail")
    assert check.detail.startswith("no policy of the identity allows it: ")
    assert check.remedy.startswith("Provision the connection")
    assert check.reference.startswith("https://")
    # What one can do without says what is lost.
    assert (";" in check.detail) == (action in BEARABLE)


@pytest.mark.parametrize(("streams", "status"), [(True, "warn"), (False, "fail")])
def test_results_that_only_athena_may_read_are_told(streams: bool, status: str) -> None:
    """A policy for calls through Athena (aws:CalledVia) lets queries end well, whose results nobody gets."""
    reach = dataclasses.replace(REACH, result_streaming=streams)
    resource = client_reads(object_of(REACH.results, SCOPE))
    found = checks.permission_checks(reach, SCOPE, but("s3:GetObject", resource=resource))
    assert [(it.name, it.status) for it in found if it.status != "pass"] == [("s3:GetObject", status)]
    (check,) = (it for it in found if it.name == "s3:GetObject")
    assert "by the client itself" in check.detail
    assert "aws:CalledVia" in check.remedy
    hinging = but("s3:GetObject", "denied", resource, depends_on=("aws:SourceVpce",))
    found = checks.permission_checks(reach, SCOPE, hinging)
    assert [(it.name, it.status) for it in found if it.status != "pass"] == [("s3:GetObject", "warn")]


def test_keys_and_source_data_are_not_judged_here() -> None:
    for decisions in (
        but("kms:Decrypt"),
        but("s3:ListBucket", resource=listing_of(SALES, SCOPE)),
        but("s3:GetObject", resource=object_of(SALES, SCOPE)),
    ):
        assert {it.status for it in checks.permission_checks(REACH, SCOPE, decisions)} == {"pass"}


def test_the_region_of_source_buckets_is_no_failure() -> None:
    lake = SCOPE.bucket("example-lake")
    check = of("s3:GetBucketLocation", but("s3:GetBucketLocation", resource=lake))
    assert check.status == "warn"
    assert check.detail.startswith(f"no policy of the identity allows it: {lake}; queries may fail")
    assert "source_locations" in check.remedy
    # That of the results bucket is one, and then what is told.
    both = of("s3:GetBucketLocation", but("s3:GetBucketLocation"))
    assert both.status == "fail"
    assert lake not in both.detail
    assert "output_location" in both.remedy


def test_databases_are_listed_all_or_none() -> None:
    other = SCOPE.glue("database/some_other_database", ACCOUNT)
    check = of("glue:GetDatabases", but("glue:GetDatabases", resource=other))
    assert check.status == "warn"
    assert "all databases or none" in check.detail
    assert of("glue:GetDatabases", but("glue:GetDatabases")).status == "fail"


@pytest.mark.parametrize(
    ("action", "option"),
    [
        ("athena:StartQueryExecution", "workgroups"),
        ("athena:ListDatabases", "data_catalogs"),
        ("glue:GetTable", "databases"),
        ("s3:PutObject", "output_location"),
        ("lakeformation:GetDataAccess", "lake_formation"),
        ("athena:GetQueryResultsStream", "result_streaming"),
        ("athena:ListDataCatalogs", "list_data_catalogs"),
    ],
)
def test_the_option_to_set_is_named(action: str, option: str) -> None:
    assert option in of(action, but(action)).remedy


def test_each_who_refuses_is_told_with_the_resources() -> None:
    database, table = (SCOPE.glue(it, ACCOUNT) for it in ("database/sales", "table/sales/orders"))
    verdicts: dict[str, Any] = {database: "boundary", table: "organization"}
    mixed = [
        dataclasses.replace(it, verdict=verdicts.get(it.resource, "allowed")) if it.action == "glue:GetTable" else it
        for it in answers()
    ]
    assert of("glue:GetTable", Decisions(mixed)).detail == (
        f"the permissions boundary of the identity does not allow it: {database}; "
        f"a policy of the organization (SCP) does not allow it: {table}"
    )


def test_the_listing_that_counts_is_that_of_the_results() -> None:
    check = of("s3:ListBucket", but("s3:ListBucket", resource=listing_of(REACH.results, SCOPE)))
    assert check.status == "fail"
    assert check.detail.endswith("arn:aws:s3:::example-results below athena/")


@pytest.mark.parametrize(
    ("verdict", "words", "remedy"),
    [
        ("not_allowed", "no policy of the identity allows it", "see that the policy is attached"),
        ("denied", "a policy of the identity denies it (guard, other)", "Remove the statement that denies it"),
        ("boundary", "the permissions boundary of the identity does not allow it", "permissions boundary"),
        ("organization", "a policy of the organization (SCP) does not allow it", "administrators of the organization"),
    ],
)
def test_who_says_no_and_what_to_do(verdict: str, words: str, remedy: str) -> None:
    check = of("athena:GetQueryExecution", but("athena:GetQueryExecution", verdict, policies=("guard", "other")))
    assert check.status == "fail"
    assert check.detail == f"{words}: arn:aws:athena:eu-central-1:{ACCOUNT}:workgroup/primary"
    assert remedy in check.remedy


def test_a_denial_that_names_no_policy_reads_well() -> None:
    assert "denies it: arn:" in of("athena:GetQueryExecution", but("athena:GetQueryExecution", "denied")).detail


def test_a_denial_that_hinges_on_the_request_is_a_warning() -> None:
    check = of("s3:PutObject", but("s3:PutObject", "denied", depends_on=("aws:SourceIp", "aws:SourceVpce")))
    assert check.status == "warn"
    assert "may not be allowed, depending on aws:SourceIp, aws:SourceVpce of the request" in check.detail
    assert "live" in check.remedy


def test_of_several_resources_what_is_sure_decides() -> None:
    database = SCOPE.glue("database/sales", ACCOUNT)
    mixed = [
        dataclasses.replace(it, verdict="denied", depends_on=("aws:SourceIp",) if it.resource != database else ())
        if it.action == "glue:GetTable"
        else it
        for it in answers()
    ]
    check = of("glue:GetTable", Decisions(mixed))
    assert check.status == "fail"
    assert check.detail.startswith(f"a policy of the identity denies it: {database}; may not be allowed")
    assert check.detail.index(database) < check.detail.index(":catalog")
    assert check.remedy.startswith("Remove the statement")


def test_only_some_of_many_resources_are_told() -> None:
    tables = tuple(("sales", f"table{number}") for number in range(10))
    reach = dataclasses.replace(REACH, tables=tables)
    denied = [dataclasses.replace(it, verdict="not_allowed") for it in answers(reach)]
    assert of("glue:GetTable", Decisions(denied), reach).detail.endswith(" and 9 more")


def test_what_iam_did_not_answer_is_unknown_and_named() -> None:
    database = SCOPE.glue("database/sales", ACCOUNT)
    rest = [it for it in answers() if (it.action, it.resource) != ("glue:GetTable", database)]
    check = of("glue:GetTable", Decisions(rest))
    assert (check.status, check.detail) == ("unknown", f"IAM did not say whether it is allowed on {database}")
    assert check.remedy
    # A denial tells more than what is not known.
    denied = [dataclasses.replace(it, verdict="denied") if it.action == "glue:GetTable" else it for it in rest]
    assert of("glue:GetTable", Decisions(denied)).status == "fail"


def test_without_a_simulation_one_check_is_unknown() -> None:
    (check,) = checks.permission_checks(REACH, SCOPE, NO_SIMULATION)
    assert (check.name, check.status) == ("iam_simulation", "unknown")
    assert check.remedy == "Grant iam:SimulatePrincipalPolicy to the identity that runs this task"


# Source data ---------------------------------------------------------------------------------------------------------


def reads(decisions: Decisions | Denied | None, location: S3Location = SALES) -> Answer:
    return checks.SourcesInIam(SCOPE, decisions).reads(location)


def test_source_data_that_may_be_read() -> None:
    assert reads(Decisions(answers())) == Answer()


def test_without_a_simulation_source_data_is_unknown() -> None:
    assert reads(NO_SIMULATION) == Answer("unknown", "what IAM lets the identity do may not be asked")
    assert reads(None) == Answer("unknown", "what IAM lets the identity do was not asked (simulate)")
    assert reads(Decisions()).answer == "unknown"
    assert "s3:ListBucket" in reads(Decisions()).reason


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ListBucket", listing_of(SALES, SCOPE)),
        ("s3:GetObject", object_of(SALES, SCOPE)),
    ],
)
def test_each_action_on_source_data_is_needed(action: str, resource: str) -> None:
    answer = reads(but(action, resource=resource))
    assert answer.answer == "no"
    assert answer.reason == f"{action} on {resource}: no policy of the identity allows it"
    assert "source_locations" in answer.remedy
    # The other location has a listing and objects of its own.
    assert reads(but(action, resource=resource), ARCHIVE).answer == "yes"
    denied = reads(but(action, "denied", resource))
    assert denied.answer == "no"
    assert denied.remedy.startswith("Remove the statement")
    perhaps = reads(but(action, "denied", resource, depends_on=("aws:SourceIp",)))
    assert perhaps.answer == "unknown"
    assert "aws:SourceIp" in perhaps.reason


def test_a_location_that_was_not_asked_comes_to_what_its_bucket_comes_to() -> None:
    """Only so many prefixes of a bucket are asked."""
    bucket, other = SCOPE.bucket("example-lake"), S3Location("example-lake", "other")
    for verdict, expected in (("allowed", "yes"), ("denied", "no")):
        listing = Decision("s3:ListBucket", bucket, verdict)  # type: ignore[arg-type]
        reading = Decision("s3:GetObject", object_of(other, SCOPE), "allowed")
        assert reads(Decisions([*answers(), listing, reading]), other).answer == expected


def test_what_is_sure_is_told_before_what_is_not() -> None:
    perhaps = Decision("s3:ListBucket", listing_of(SALES, SCOPE), "denied", depends_on=("aws:SourceIp",))
    never = Decision("s3:GetObject", object_of(SALES, SCOPE), "not_allowed")
    answer = reads(Decisions([*answers(), perhaps, never]))
    assert (answer.answer, answer.reason.partition(" ")[0]) == ("no", "s3:GetObject")


# Lake Formation ------------------------------------------------------------------------------------------------------

DATA_ACCESS = "lakeformation:GetDataAccess"


@pytest.mark.parametrize(
    ("decisions", "answer", "words"),
    [
        (None, "unknown", "was not asked"),
        (but("s3:PutObject"), "yes", ""),
        (but(DATA_ACCESS), "no", "no policy of the identity allows it"),
        (but(DATA_ACCESS, "organization"), "no", "organization"),
        (but(DATA_ACCESS, "denied", depends_on=("aws:SourceIp",)), "unknown", "aws:SourceIp"),
        (Decisions(), "unknown", "IAM did not say"),
        (NO_SIMULATION, "unknown", "may not be asked"),
    ],
)
def test_whether_lake_formation_may_be_asked_for_files(
    decisions: Decisions | Denied | None, answer: str, words: str
) -> None:
    found = checks.data_access(decisions)
    assert found.answer == answer
    assert words in found.reason


REGISTRATION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/lake"
REGISTERED = Registrations([{"ResourceArn": f"arn:aws:s3:::{SALES.bucket}/sales", "RoleArn": REGISTRATION_ROLE}])


@pytest.mark.parametrize(
    ("decisions", "answer", "words"),
    [
        (Decisions(answers()), "yes", ""),
        (None, "no", "a role that does not exist"),
        (NO_SIMULATION, "unknown", "only iam:SimulatePrincipalPolicy would tell"),
    ],
)
def test_whether_lake_formation_itself_may_read_the_files(
    decisions: Decisions | Denied | None, answer: str, words: str
) -> None:
    roles = checks.RegistrationRoles(SCOPE, REGISTERED, {REGISTRATION_ROLE: decisions})
    found = roles.reads(f"{SALES.uri}orders/")
    assert found.answer == answer
    assert words in found.reason
    assert checks.RegistrationRoles(SCOPE, REGISTERED, {}).reads(f"{SALES.uri}orders/") == Answer()


# The base role -------------------------------------------------------------------------------------------------------

ROLE = f"arn:aws:iam::{ACCOUNT}:role/target"


def test_a_base_role_that_does_not_exist() -> None:
    check = checks.no_base_role("arn:aws:iam::123456789012:role/gone")
    assert (check.name, check.status) == ("base_role_permission", "fail")
    assert "role/gone" in check.detail
    assert "base_role_name" in check.remedy


def base(verdict: Any, named_in_trust: bool = False, **more: Any) -> Check:
    decisions = Decisions([Decision("sts:AssumeRole", ROLE, verdict, **more)])
    return checks.base_role_permission(ROLE, "dataplane", decisions, named_in_trust)


def test_a_base_role_that_may_assume_the_role() -> None:
    assert base("allowed").status == "pass"
    assert base("allowed").remedy == ""


@pytest.mark.parametrize(
    ("verdict", "remedy"),
    [
        ("not_allowed", "base_role_name"),
        ("denied", "Remove the statement"),
        ("boundary", "permissions boundary"),
        ("organization", "administrators of the organization"),
    ],
)
def test_a_base_role_that_may_not(verdict: str, remedy: str) -> None:
    check = base(verdict)
    assert (check.name, check.status) == ("base_role_permission", "fail")
    assert "dataplane may not assume the role (sts:AssumeRole)" in check.detail
    assert remedy in check.remedy
    # Only what no policy allows can the trust policy allow by itself.
    assert base(verdict, named_in_trust=True).status == ("pass" if verdict == "not_allowed" else "fail")


def test_a_base_role_that_may_not_under_some_condition() -> None:
    check = base("denied", depends_on=("aws:SourceIp",))
    assert check.status == "warn"
    assert "live" in check.remedy


def test_a_base_role_that_cannot_be_judged() -> None:
    for decisions, words in ((Decisions(), "live"), (NO_SIMULATION, "Grant iam:SimulatePrincipalPolicy")):
        check = checks.base_role_permission(ROLE, "dataplane", decisions)
        assert check.status == "unknown"
        assert words in check.remedy
