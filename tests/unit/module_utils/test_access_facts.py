# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import _access_facts as facts_of
from ansible_collections.qualytics.athena.plugins.module_utils._access_facts import BucketPolicies, Facts
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import Absent, CatalogEncryption, ResultsKeys
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import KeyNeed
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, outermost
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table, TableAccess
from ansible_collections.qualytics.athena.tests.unit.helpers.access import (
    ACCOUNT,
    BY_IAM,
    EMPLOYEES,
    GRANTED,
    HIDDEN,
    ORDERS,
    OTHER_ACCOUNT,
    RECENT,
    REGISTRATION_ROLE,
    SEEN,
    UNKNOWN,
    connect,
    found,
    key,
    observed,
    options,
    registered,
    role_options,
    settings,
    with_discovered,
)

CONNECTION = connect(options())
BOTH = {ORDERS: BY_IAM, EMPLOYEES: GRANTED}


def lake(access: dict[Table, TableAccess] | None = None, **discovered: Any) -> Facts:
    """Orders are left to IAM and S3, and the files of employees are handed out by Lake Formation."""
    given: dict[str, Any] = {"registrations": registered("s3://lake/hr"), **discovered}
    return with_discovered(found(CONNECTION, access or BOTH), **given)


# Where results go ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_workgroup", "expected"),
    [
        ({}, S3Location("results", "athena")),
        ({"output_location": "s3://others/x", "enforced": True}, S3Location("others", "x")),
        ({"output_location": "s3://others/x"}, S3Location("results", "athena")),
        ({"output_location": "s3://not a bucket", "enforced": True}, S3Location("results", "athena")),
    ],
)
def test_where_results_really_go(of_workgroup: dict[str, Any], expected: S3Location) -> None:
    assert facts_of.results_location(CONNECTION, observed(**of_workgroup)) == expected


# What the queries meet -----------------------------------------------------------------------------------------------


def test_the_databases_that_were_chosen_and_are_there() -> None:
    connection = connect(options(databases=["sales", "crm", "hr"]))
    facts = with_discovered(lake(), absent=(Absent("database", "crm"), Absent("bucket", "hr")))
    assert facts_of.databases_of(connection, facts.discovered) == ("hr", "sales")


@given(st.integers(0, 60))
def test_of_the_databases_that_are_found_some_are_looked_at(count: int) -> None:
    tables = {Table(ACCOUNT, f"db_{number:02}", name): BY_IAM for number in range(count) for name in ("a", "b")}
    databases = facts_of.databases_of(CONNECTION, found(CONNECTION, tables).discovered)
    assert len(databases) == len(set(databases)) == min(count, 25)
    assert len(facts_of.reach_of(CONNECTION, found(CONNECTION, tables)).tables) == min(count, 25)


def test_a_table_of_each_database_if_possible_one_with_files() -> None:
    link = Table(ACCOUNT, "linked", "", kind="link", target=(OTHER_ACCOUNT, "crm"))
    tables = [RECENT, ORDERS, EMPLOYEES, link, Table(ACCOUNT, "views", "v", kind="view")]
    chosen = facts_of.one_table_each(["sales", "linked", "views", "empty"], tables)
    assert {name: it.name for name, it in chosen.items()} == {"sales": "orders", "views": "v"}


def test_the_reach_is_what_the_connection_and_the_facts_say() -> None:
    connection = connect(
        options(
            workgroup="etl",
            expected_bucket_owner=OTHER_ACCOUNT,
            catalog_id=OTHER_ACCOUNT,
            databases=["hr", "sales"],
            result_streaming=True,
            list_data_catalogs=True,
        )
    )
    facts = dataclasses.replace(
        lake(source_keys={"lake": key("s")}, catalog=CatalogEncryption("SSE-KMS", key("c"))),
        results_keys=ResultsKeys(key("r"), key("r")),
    )
    reach = facts_of.reach_of(connection, facts)
    assert (reach.workgroup, reach.results) == ("etl", S3Location("results", "athena"))
    assert (reach.results_owner, reach.catalog_id) == (OTHER_ACCOUNT, OTHER_ACCOUNT)
    assert reach.data_catalogs == ("AwsDataCatalog",)
    assert reach.databases == ("hr", "sales")
    assert set(reach.tables) == {("hr", "employees"), ("sales", "orders")}
    assert reach.sources == (S3Location("lake", "sales/orders"),)
    assert (reach.results_keys, reach.source_keys, reach.catalog_keys) == ((key("r"),), (key("s"),), (key("c"),))
    assert reach.needs_data_access
    assert reach.result_streaming
    assert reach.list_data_catalogs


@pytest.mark.parametrize(
    ("access", "has_sources"),
    [(BY_IAM, True), (GRANTED, True), (UNKNOWN, True), (SEEN, False), (HIDDEN, False)],
)
def test_what_is_withheld_needs_no_permissions_on_files(access: TableAccess, has_sources: bool) -> None:
    facts = found(CONNECTION, {ORDERS: access})
    assert facts_of.sources_of(facts) == (["s3://lake/sales/orders/"] if has_sources else [])


@pytest.mark.parametrize(
    ("access", "is_hybrid", "option", "expected"),
    [
        (GRANTED, False, False, True),
        (BY_IAM, False, False, True),
        (GRANTED, True, False, True),
        (BY_IAM, True, False, False),
        (SEEN, False, False, False),
        # Then the policy is to allow it.
        (SEEN, False, True, True),
    ],
)
def test_whether_lake_formation_is_asked_for_files(
    access: TableAccess, is_hybrid: bool, option: bool, expected: bool
) -> None:
    facts = lake({EMPLOYEES: access}, registrations=registered("s3://lake/hr", hybrid=is_hybrid))
    assert facts_of.reach_of(connect(options(lake_formation=option)), facts).needs_data_access == expected


# Keys ----------------------------------------------------------------------------------------------------------------


def needs(facts: Facts, given: dict[str, Any] | None = None) -> list[KeyNeed]:
    return facts_of.key_needs(connect(given or options()), facts)


def test_each_key_is_needed_for_its_use_by_whoever_uses_it() -> None:
    facts = dataclasses.replace(
        lake(source_keys={"lake": key("s"), "unused": key("x")}, catalog=CatalogEncryption("SSE-KMS", key("c"))),
        results_keys=ResultsKeys(key("r"), key("w")),
    )
    assert [(it.use, it.arn, it.holder.arn) for it in needs(facts)] == [
        ("results", key("r"), CONNECTION.expected_arn),
        ("results", key("w"), CONNECTION.expected_arn),
        ("catalog", key("c"), CONNECTION.expected_arn),
        ("sources", key("s"), CONNECTION.expected_arn),
        ("lake_formation", key("s"), REGISTRATION_ROLE),
    ]
    for need in needs(facts):
        assert need.actions
        assert need.why
    assert needs(dataclasses.replace(facts, arn=None)) == []


@pytest.mark.parametrize(
    ("discovered", "uses"),
    [
        ({}, []),
        ({"source_keys": {"lake": Denied("s3:GetEncryptionConfiguration")}}, []),
        ({"catalog": Denied("glue:GetDataCatalogEncryptionSettings")}, []),
        ({"catalog": CatalogEncryption("SSE-KMS-WITH-SERVICE-ROLE")}, []),
        # Who reads them is not known: they are taken for the identity's own.
        ({"source_keys": {"lake": key("s")}, "registrations": Denied("lakeformation:ListResources")}, ["sources"]),
        ({"source_keys": {"lake": key("s")}, "registrations": registered("s3://lake/hr", role="")}, ["sources"]),
        ({"source_keys": {"lake": key("s")}, "registrations": registered("s3://lake/hr", role="a")}, ["sources"]),
        ({"source_keys": {"lake": key("s")}, "registrations": registered("s3://lake")}, ["lake_formation"]),
    ],
)
def test_only_what_is_known_is_needed(discovered: dict[str, Any], uses: list[str]) -> None:
    assert [it.use for it in needs(lake(**discovered))] == uses


def test_a_table_that_is_withheld_needs_no_key() -> None:
    facts = lake({ORDERS: SEEN, EMPLOYEES: HIDDEN}, source_keys={"lake": key("s")})
    assert needs(facts) == []


RESULTS = "arn:aws:s3:::results"


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (settings("aws:kms", key("r"), bucket_key_enabled=True), [RESULTS]),
        # Double encryption has no bucket keys.
        (settings("aws:kms:dsse", key("r"), bucket_key_enabled=True), ["objects"]),
        (settings("aws:kms", key("r")), ["objects"]),
        # What the bucket would do with the workgroup's key, it does not say.
        (settings("AES256"), []),
        (dataclasses.replace(settings(), encryption=Denied("s3:GetEncryptionConfiguration")), []),
    ],
)
def test_the_encryption_context_of_results(bucket: Any, expected: list[str]) -> None:
    facts = dataclasses.replace(lake(), results=observed(bucket), results_keys=ResultsKeys(key("r")))
    (need,) = needs(facts)
    assert not need.client_side
    if expected == ["objects"]:
        assert need.s3_arns
        assert all(it.startswith(f"{RESULTS}/athena/") for it in need.s3_arns)
    else:
        assert list(need.s3_arns) == expected


def test_in_another_bucket_nothing_is_known_of_the_context() -> None:
    bucket = settings("aws:kms", key("r"), bucket_key_enabled=True)
    results = observed(bucket, output_location="s3://others/x", enforced=True)
    (need,) = needs(dataclasses.replace(lake(), results=results, results_keys=ResultsKeys(key("r"))))
    assert need.s3_arns == ()


def test_what_athena_encrypts_by_itself_does_not_come_through_s3() -> None:
    bucket = settings("aws:kms", key("r"))
    results = observed(bucket, encryption_option="CSE_KMS", kms_key=key("w"))
    facts = dataclasses.replace(lake(), results=results, results_keys=ResultsKeys(key("r"), key("w")))
    of_bucket, of_workgroup = needs(facts)
    assert (of_bucket.client_side, bool(of_bucket.s3_arns)) == (False, True)
    assert (of_workgroup.client_side, of_workgroup.s3_arns) == (True, ())


# Policies of source buckets ------------------------------------------------------------------------------------------


def statement(**members: Any) -> dict[str, Any]:
    everything = {"Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}
    return {"Sid": "Guard", "Effect": "Deny", **everything, **members}


def condition(operator: str, name: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {name: value}}}


@pytest.mark.parametrize(
    ("policy", "answer", "words"),
    [
        (None, "yes", ""),
        ([], "yes", ""),
        ([statement(Effect="Allow")], "yes", ""),
        ([statement()], "no", "Guard"),
        ([statement(Action="s3:GetObject", Resource="arn:aws:s3:::lake/sales/*")], "no", "s3:GetObject"),
        ([statement(Action="s3:ListBucket", Resource="arn:aws:s3:::lake")], "no", "s3:ListBucket"),
        ([statement(Principal={"AWS": CONNECTION.expected_arn})], "no", "Guard"),
        ([statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/another"})], "yes", ""),
        # Reading is all that is needed.
        ([statement(Action=["s3:PutObject", "s3:DeleteObject"])], "yes", ""),
        ([statement(Resource="arn:aws:s3:::lake/hr/*")], "yes", ""),
        ([statement(**condition("Bool", "aws:SecureTransport", "false"))], "yes", ""),
        ([statement(**condition("Bool", "aws:ViaAWSService", "true"))], "no", "Guard"),
        ([statement(**condition("StringNotEquals", "aws:PrincipalOrgID", "o-1"))], "unknown", "aws:PrincipalOrgID"),
        # Whose the bucket is, is not known.
        ([statement(**condition("StringEquals", "s3:ResourceAccount", ACCOUNT))], "unknown", "s3:ResourceAccount"),
        # What is sure is told first.
        ([statement(**condition("StringLike", "aws:PrincipalOrgID", "o-*")), statement(Sid="All")], "no", "All"),
        (Denied("s3:GetBucketPolicy"), "unknown", "grant s3:GetBucketPolicy"),
    ],
)
def test_what_the_policy_of_a_source_bucket_denies(policy: Any, answer: str, words: str) -> None:
    document = {"Version": "2012-10-17", "Statement": policy} if isinstance(policy, list) else policy
    found_answer = BucketPolicies(CONNECTION, {"lake": document}).reads(S3Location("lake", "sales/orders"))
    assert found_answer.answer == answer
    assert words in found_answer.reason
    assert bool(found_answer.remedy) == (answer == "no")
    # Of a bucket that was not asked nothing is said.
    assert BucketPolicies(CONNECTION, {"lake": document}).reads(S3Location("archive")).answer == "yes"


# What the options lack -----------------------------------------------------------------------------------------------

ENCRYPTED: dict[str, Any] = {
    "source_keys": {"lake": key("s")},
    "catalog": CatalogEncryption("SSE-KMS", key("c")),
}


def proposed(facts: Facts, accounts: tuple[str, ...] = (), **given: Any) -> dict[str, Any]:
    return facts_of.proposals_of(connect(options(**given)), facts, accounts)


def with_results_key(facts: Facts, *keys: str) -> Facts:
    return dataclasses.replace(facts, results_keys=ResultsKeys(*keys))


def test_all_that_is_missing_is_proposed() -> None:
    result = proposed(with_results_key(lake(**ENCRYPTED), key("r")))
    assert result["proposals"] == {
        "kms_keys": {"results": [key("r")], "sources": [key("s")], "catalog": [key("c")]},
        "source_locations": ["s3://lake/sales/orders/"],
        "lake_formation": True,
    }
    assert result["not_allowed"] == result["unknown"] == []
    assert result["found"]["lake_formation_keys"] == [key("s")]


@pytest.mark.parametrize("locations", [["s3://lake/sales/orders"], ["s3://lake/sales"], ["s3://lake", "s3://lake/hr"]])
def test_where_all_is_given_nothing_is_proposed(locations: list[str]) -> None:
    facts = with_results_key(lake(**ENCRYPTED), key("r"), key("b"))
    kms_keys = {"results": [key("r"), key("b")], "sources": [key("s")], "catalog": [key("c")]}
    assert proposed(facts, kms_keys=kms_keys, source_locations=locations, lake_formation=True)["proposals"] == {}


def test_what_is_proposed_keeps_what_was_given() -> None:
    kms_keys = {"results": [key("mine")]}
    result = proposed(
        with_results_key(lake(), key("r")), kms_keys=kms_keys, source_locations=["s3://lake/else"], lake_formation=True
    )
    assert result["proposals"] == {
        "kms_keys": {"results": sorted([key("mine"), key("r")])},
        "source_locations": ["s3://lake/else/", "s3://lake/sales/orders/"],
    }


@pytest.mark.parametrize(
    ("access", "discovered", "locations"),
    [
        # In hybrid access mode it depends on who decides.
        (GRANTED, {"registrations": registered("s3://lake/hr", hybrid=True)}, []),
        (BY_IAM, {"registrations": registered("s3://lake/hr", hybrid=True)}, ["s3://lake/hr/employees/"]),
        (GRANTED, {}, []),
        (SEEN, {"registrations": registered()}, []),
        (GRANTED, {"registrations": registered()}, ["s3://lake/hr/employees/"]),
    ],
)
def test_only_what_the_identity_reads_by_itself_is_proposed(
    access: TableAccess, discovered: dict[str, Any], locations: list[str]
) -> None:
    """Whatever else lies in the same bucket."""
    result = proposed(lake({ORDERS: BY_IAM, EMPLOYEES: access}, **discovered))
    assert result["proposals"]["source_locations"] == [*locations, "s3://lake/sales/orders/"]
    assert result["not_allowed"] == []


def test_keys_that_a_policy_should_not_have_are_told_instead() -> None:
    facts = with_results_key(lake(source_keys={"lake": key("s", region="eu-west-1")}), key("r", OTHER_ACCOUNT))
    result = proposed(facts)
    assert "kms_keys" not in result["proposals"]
    reasons = " ".join(row["reason"] for row in result["not_allowed"])
    assert OTHER_ACCOUNT in reasons
    assert "eu-west-1" in reasons
    allowed = proposed(facts, (OTHER_ACCOUNT,), kms_key_accounts=[OTHER_ACCOUNT])
    assert allowed["proposals"]["kms_keys"] == {"results": [key("r", OTHER_ACCOUNT)]}


def test_what_may_not_be_looked_at_is_told() -> None:
    facts = with_results_key(lake(source_keys={"lake": Denied("s3:GetEncryptionConfiguration")}))
    unknown = proposed(dataclasses.replace(facts, results_keys=ResultsKeys(Denied("kms:DescribeKey"))))["unknown"]
    assert all(set(row) == {"what", "permission"} for row in unknown)
    assert {row["permission"] for row in unknown} == {"s3:GetEncryptionConfiguration", "kms:DescribeKey"}


LOCATIONS = st.lists(st.sampled_from(["lake/a", "lake/a/b", "lake/c", "other/a"]), min_size=1, unique=True)


@given(LOCATIONS, st.lists(st.sampled_from([BY_IAM, GRANTED, SEEN, UNKNOWN]), min_size=4, max_size=4))
def test_with_what_is_proposed_nothing_is_left_to_propose(places: list[str], access: list[TableAccess]) -> None:
    tables = {
        Table(ACCOUNT, "sales", f"t{number}", (f"s3://{place}/",)): access[number]
        for number, place in enumerate(places)
    }
    facts = lake(tables, registrations=registered("s3://lake/c", hybrid=True), source_keys={"lake": key("s")})
    proposals = proposed(facts)["proposals"]
    assert proposed(facts, **proposals)["proposals"] == {}
    sources = {S3Location(*it.removeprefix("s3://").rstrip("/").split("/", 1)) for it in facts_of.sources_of(facts)}
    assert proposals.get("source_locations", []) == [it.uri for it in outermost(sources)]


def test_of_a_role_the_same_is_proposed() -> None:
    connection = connect(role_options())
    facts = with_discovered(found(connection, BOTH), registrations=registered("s3://lake/hr"))
    assert facts_of.proposals_of(connection, facts, ())["proposals"] == proposed(lake())["proposals"]
