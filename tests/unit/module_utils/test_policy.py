# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import (
    INLINE_POLICY_QUOTAS,
    MANAGED_POLICY_QUOTA,
    PolicyOptions,
    build_policy,
    check_key_accounts,
    check_key_regions,
    check_size,
    read_options,
)
from ansible_collections.qualytics.athena.plugins.module_utils._policy_language import policy_size, policy_text
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS, listed, vendor_example
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_options import params_in, scopes
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

SCOPE = Scope("aws", "123456789012", "eu-central-1")
LOCATION = "s3://example-athena-results/athena"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def params(**given: t.Any) -> dict[str, t.Any]:
    return {"output_location": LOCATION, **given}


def built(scope: Scope = SCOPE, **given: t.Any) -> dict[str, t.Any]:
    return build_policy(read_options(params(**given)), scope)


def by_sid(document: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    return {statement["Sid"]: statement for statement in document["Statement"]}


# With only an output location ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("region", ["its own", None])
@pytest.mark.parametrize(
    ("uri", "bucket", "prefix"),
    [
        ("s3://example-athena-results/athena", "example-athena-results", "athena"),
        ("s3://example-athena-results/athena/", "example-athena-results", "athena"),
        ("s3://example-athena-results/athena/dq=1/", "example-athena-results", "athena/dq=1"),
        ("s3://example-athena-results", "example-athena-results", ""),
        ("s3://example-athena-results/", "example-athena-results", ""),
    ],
)
def test_the_document_is_the_vendors_example(
    partition: str, region: str | None, uri: str, bucket: str, prefix: str
) -> None:
    scope = Scope(partition, "123456789012", PARTITIONS[partition] if region else None)
    document = built(scope, output_location=uri)
    assert document == vendor_example(partition, bucket, prefix)


def test_an_empty_prefix_gives_all_objects_of_the_bucket() -> None:
    assert built(output_location="s3://example-athena-results")["Statement"][-1]["Resource"] == [
        "arn:aws:s3:::example-athena-results",
        "arn:aws:s3:::example-athena-results/*",
    ]


@pytest.mark.parametrize("restrict_listing", [True, False])
def test_an_empty_prefix_has_no_listing_to_restrict(restrict_listing: bool) -> None:
    document = built(output_location="s3://example-athena-results", restrict_listing=restrict_listing)
    assert document == vendor_example("aws", "example-athena-results", "")


# Each further option -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "sids"),
    [
        ({"result_streaming": True}, ["AthenaQueryAccess", "GlueCatalogReadOnly", "S3QueryResultsBucket"]),
        (
            {"list_data_catalogs": True},
            ["AthenaQueryAccess", "AthenaListDataCatalogs", "GlueCatalogReadOnly", "S3QueryResultsBucket"],
        ),
        (
            {"lake_formation": True},
            ["AthenaQueryAccess", "GlueCatalogReadOnly", "S3QueryResultsBucket", "LakeFormationDataAccess"],
        ),
        (
            {"kms_keys": {"sources": [KEY]}},
            ["AthenaQueryAccess", "GlueCatalogReadOnly", "S3QueryResultsBucket", "KmsSourceData"],
        ),
        (
            {"source_locations": ["s3://example-lake/raw"]},
            ["AthenaQueryAccess", "GlueCatalogReadOnly", "S3QueryResultsBucket", "S3SourceBuckets", "S3SourceObjects"],
        ),
        (
            {"workgroups": ["primary"]},
            ["AthenaQueryAccess", "AthenaCatalogMetadata", "GlueCatalogReadOnly", "S3QueryResultsBucket"],
        ),
        (
            {"databases": ["sales"]},
            ["AthenaQueryAccess", "GlueListNames", "GlueReadDatabases", "S3QueryResultsBucket"],
        ),
    ],
)
def test_an_option_adds_or_narrows_and_leaves_the_rest_alone(option: dict[str, t.Any], sids: list[str]) -> None:
    document = built(**option)
    assert list(by_sid(document)) == sids
    vendor = by_sid(vendor_example("aws", "example-athena-results", "athena"))
    untouched = {sid for sid in sids if by_sid(document)[sid] == vendor.get(sid)}
    assert "S3QueryResultsBucket" in untouched
    assert len(untouched) >= (
        3 if not option.keys() & {"workgroups", "databases", "result_streaming", "list_data_catalogs"} else 2
    )


def test_a_workgroup_scope_does_not_break_metadata_calls() -> None:
    statements = by_sid(built(workgroups=["primary", "dq"]))
    assert statements["AthenaQueryAccess"]["Resource"] == [
        "arn:aws:athena:eu-central-1:123456789012:workgroup/dq",
        "arn:aws:athena:eu-central-1:123456789012:workgroup/primary",
    ]
    assert statements["AthenaQueryAccess"]["Action"] == [
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
    ]
    assert statements["AthenaCatalogMetadata"] == {
        "Sid": "AthenaCatalogMetadata",
        "Effect": "Allow",
        "Action": ["athena:ListDatabases", "athena:ListTableMetadata", "athena:GetTableMetadata"],
        "Resource": "*",
    }


def test_a_data_catalog_scope_leaves_workgroups_open() -> None:
    statements = by_sid(built(data_catalogs=["AwsDataCatalog"], list_data_catalogs=True))
    assert statements["AthenaQueryAccess"]["Resource"] == "*"
    assert statements["AthenaCatalogMetadata"]["Resource"] == (
        "arn:aws:athena:eu-central-1:123456789012:datacatalog/AwsDataCatalog"
    )
    assert "athena:GetDataCatalog" in statements["AthenaCatalogMetadata"]["Action"]
    assert statements["AthenaListDataCatalogs"]["Resource"] == "*"
    assert statements["AthenaListDataCatalogs"]["Action"] == "athena:ListDataCatalogs"


def test_a_database_scope_names_catalog_databases_and_tables_together() -> None:
    statements = by_sid(built(databases=["sales"]))
    glue = "arn:aws:glue:eu-central-1:123456789012"
    assert statements["GlueListNames"] == {
        "Sid": "GlueListNames",
        "Effect": "Allow",
        "Action": ["glue:GetDatabases", "glue:GetCatalog", "glue:GetCatalogs"],
        "Resource": [f"{glue}:catalog", f"{glue}:database/*"],
    }
    assert statements["GlueReadDatabases"]["Resource"] == [
        f"{glue}:catalog",
        f"{glue}:database/default",
        f"{glue}:database/sales",
        f"{glue}:table/sales/*",
    ]


def test_the_default_database_is_named_once_and_opened_only_when_asked_for() -> None:
    glue = "arn:aws:glue:eu-central-1:123456789012"
    assert by_sid(built(databases=["sales", "default"]))["GlueReadDatabases"]["Resource"] == [
        f"{glue}:catalog",
        f"{glue}:database/default",
        f"{glue}:database/sales",
        f"{glue}:table/default/*",
        f"{glue}:table/sales/*",
    ]


def test_databases_are_in_lowercase_as_glue_stores_them() -> None:
    assert read_options(params(databases=["Sales", "sales", "HR"])).databases == ("hr", "sales")


def test_the_glue_resources_are_those_of_the_data_catalogs_owners() -> None:
    options = dataclasses.replace(
        read_options(params(databases=["sales"], data_catalogs=["partner"])),
        data_catalog_owners=("123456789012", "210987654321"),
    )
    statements = by_sid(build_policy(options, SCOPE))
    assert statements["GlueReadDatabases"]["Resource"] == [
        f"arn:aws:glue:eu-central-1:{owner}:{resource}"
        for owner in ("123456789012", "210987654321")
        for resource in ("catalog", "database/default", "database/sales", "table/sales/*")
    ]
    assert statements["GlueListNames"]["Resource"] == [
        f"arn:aws:glue:eu-central-1:{owner}:{resource}"
        for owner in ("123456789012", "210987654321")
        for resource in ("catalog", "database/*")
    ]
    # The data catalog itself is the caller's.
    assert statements["AthenaCatalogMetadata"]["Resource"] == (
        "arn:aws:athena:eu-central-1:123456789012:datacatalog/partner"
    )


@pytest.mark.parametrize(
    ("use", "sid", "actions"),
    [
        ("results", "KmsQueryResults", ["kms:Decrypt", "kms:GenerateDataKey"]),
        ("sources", "KmsSourceData", "kms:Decrypt"),
        ("catalog", "KmsGlueCatalog", ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]),
    ],
)
def test_a_key_is_allowed_for_its_use_only(use: str, sid: str, actions: str | list[str]) -> None:
    statements = built(kms_keys={use: [KEY], **dict.fromkeys({"results", "sources", "catalog"} - {use})})["Statement"]
    assert [it for it in statements if "kms:" in json.dumps(it)] == [
        {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": KEY}
    ]


def test_source_locations_are_listed_located_and_read() -> None:
    statements = by_sid(built(source_locations=["s3://lake/raw/", "s3://archive"]))
    assert statements["S3SourceBuckets"] == {
        "Sid": "S3SourceBuckets",
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::archive", "arn:aws:s3:::lake"],
    }
    assert statements["S3SourceObjects"]["Action"] == "s3:GetObject"
    assert statements["S3SourceObjects"]["Resource"] == ["arn:aws:s3:::archive/*", "arn:aws:s3:::lake/raw/*"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["s3://lake/a", "s3://lake/a/"], ["a"]),
        (["s3://lake/a/b", "s3://lake/a"], ["a"]),
        (["s3://lake/ab", "s3://lake/a"], ["a", "ab"]),
        (["s3://lake/a/b/c", "s3://lake", "s3://lake/a"], [""]),
    ],
)
def test_a_source_location_within_another_adds_nothing(given: list[str], kept: list[str]) -> None:
    assert read_options(params(source_locations=given)).source_locations == tuple(S3Location("lake", it) for it in kept)


def test_restricted_listing_conditions_listing_only() -> None:
    statements = by_sid(built(restrict_listing=True, source_locations=["s3://lake/a", "s3://lake/b", "s3://archive"]))
    conditioned = {sid: it for sid, it in statements.items() if "Condition" in it}
    assert {sid: it["Resource"] for sid, it in conditioned.items()} == {
        "S3QueryResultsListing": "arn:aws:s3:::example-athena-results",
        "S3SourceListing2": "arn:aws:s3:::lake",
    }
    assert {it["Action"] for it in conditioned.values()} == {"s3:ListBucket"}
    assert statements["S3SourceListing1"]["Resource"] == "arn:aws:s3:::archive"
    assert conditioned["S3QueryResultsListing"]["Condition"] == {"StringLike": {"s3:prefix": ["athena", "athena/*"]}}
    assert conditioned["S3SourceListing2"]["Condition"] == {"StringLike": {"s3:prefix": ["a", "a/*", "b", "b/*"]}}


@examples(100)
@given(st.data())
def test_only_listing_ever_has_a_condition(data: st.DataObject) -> None:
    """GetBucketLocation and ListBucketMultipartUploads carry no prefix: a condition on it denies them always."""
    scope = data.draw(scopes())
    drawn = data.draw(params_in(scope))
    for statement in build_policy(read_options(drawn), scope)["Statement"]:
        if "Condition" in statement:
            assert drawn["restrict_listing"]
            assert listed(statement["Action"]) == ["s3:ListBucket"]
            assert statement["Condition"].keys() == {"StringLike"}
            assert statement["Condition"]["StringLike"].keys() == {"s3:prefix"}
            assert all(it and not it.startswith("*") for it in statement["Condition"]["StringLike"]["s3:prefix"])


@examples(100)
@given(st.data())
def test_the_document_does_not_depend_on_the_order_of_lists(data: st.DataObject) -> None:
    scope = data.draw(scopes())
    drawn = data.draw(params_in(scope))
    turned = {
        **{name: value[::-1] + value[:1] if isinstance(value, list) else value for name, value in drawn.items()},
        "kms_keys": {use: keys and keys[::-1] for use, keys in drawn["kms_keys"].items()},
    }
    assert build_policy(read_options(turned), scope) == build_policy(read_options(drawn), scope)


@examples(60)
@given(st.data())
def test_the_text_is_the_document_without_white_space(data: st.DataObject) -> None:
    scope = data.draw(scopes())
    document = build_policy(read_options(data.draw(params_in(scope))), scope)
    assert json.loads(policy_text(document)) == document
    assert policy_size(document) == len(policy_text(document)) - policy_text(document).count(" ")


def test_the_size_leaves_out_white_space_within_names() -> None:
    assert policy_size({"a": "b c"}) == len('{"a":"bc"}')


# Bad input -----------------------------------------------------------------------------------------------------------

BAD: dict[str, tuple[dict[str, t.Any], str, str]] = {
    "no s3 URI": ({"output_location": "example-athena-results"}, "output_location", "is not an S3 location"),
    "bucket name": ({"output_location": "s3://Example_Bucket/a"}, "output_location", "lowercase letters"),
    "prefix": ({"output_location": "s3://bucket/a*"}, "output_location", "wildcard"),
    "source location": ({"source_locations": ["s3://lake", "lake"]}, "source_locations", "is not an S3 location"),
    "source prefix": ({"source_locations": ["s3://lake/${a}"]}, "source_locations", "policy variable"),
    "no source locations": ({"source_locations": []}, "source_locations", "the list is empty"),
    "blank source location": ({"source_locations": ["s3://lake", ""]}, "source_locations", "empty entry"),
    "no workgroups": ({"workgroups": []}, "workgroups", "the list is empty"),
    "blank workgroup": ({"workgroups": [" "]}, "workgroups", "empty entry"),
    "workgroup ARN": (
        {"workgroups": ["arn:aws:athena:eu-central-1:123456789012:workgroup/primary"]},
        "workgroups",
        "write the name, not the ARN",
    ),
    "workgroup wildcard": ({"workgroups": ["team-*"]}, "workgroups", "wildcard"),
    "workgroup with a slash": ({"workgroups": ["a/b"]}, "workgroups", "not the name of a workgroup"),
    "long workgroup": ({"workgroups": ["a" * 129]}, "workgroups", "at most 128"),
    "workgroup with a newline": ({"workgroups": ["primary\n"]}, "workgroups", "may not stand in an IAM policy"),
    "no data catalogs": ({"data_catalogs": []}, "data_catalogs", "the list is empty"),
    "blank data catalog": ({"data_catalogs": ["AwsDataCatalog", ""]}, "data_catalogs", "empty entry"),
    "data catalog in lowercase": ({"data_catalogs": ["awsdatacatalog"]}, "data_catalogs", "write 'AwsDataCatalog'"),
    "data catalog in uppercase": ({"data_catalogs": ["AWSDATACATALOG"]}, "data_catalogs", "write 'AwsDataCatalog'"),
    "multi-level catalog": (
        {"data_catalogs": ["s3tablescatalog/bucket"]},
        "data_catalogs",
        "needs more than this policy",
    ),
    "data catalog ARN": (
        {"data_catalogs": ["arn:aws:athena:eu-central-1:123456789012:datacatalog/a"]},
        "data_catalogs",
        "names a multi-level or federated catalog|not the name",
    ),
    "data catalog wildcard": ({"data_catalogs": ["*"]}, "data_catalogs", "wildcard"),
    "data catalog with a space": ({"data_catalogs": ["my catalog"]}, "data_catalogs", "not the name of an Athena data"),
    "long data catalog": ({"data_catalogs": ["a" * 129]}, "data_catalogs", "at most 128"),
    "no databases": ({"databases": []}, "databases", "the list is empty"),
    "blank database": ({"databases": [""]}, "databases", "empty entry"),
    "database wildcard": ({"databases": ["*"]}, "databases", "wildcard"),
    "database question mark": ({"databases": ["sale?"]}, "databases", "wildcard"),
    "database variable": ({"databases": ["${aws:username}"]}, "databases", "policy variable"),
    "database path": ({"databases": ["sales/orders"]}, "databases", "not the name of a Glue database"),
    "database ARN": (
        {"databases": ["arn:aws:glue:eu-central-1:123456789012:database/sales"]},
        "databases",
        "write the name, not an ARN or a path",
    ),
    "long database": ({"databases": ["a" * 256]}, "databases", "not the name of a Glue database"),
    "key alias": (
        {"kms_keys": {"results": ["arn:aws:kms:eu-central-1:123456789012:alias/athena"]}},
        "kms_keys.results",
        "is an alias",
    ),
    "key of another service": (
        {"kms_keys": {"catalog": ["arn:aws:iam::123456789012:role/a"]}},
        "kms_keys.catalog",
        "not the ARN of a KMS key",
    ),
    "no keys": ({"kms_keys": {"results": []}}, "kms_keys.results", "the list is empty"),
    "blank key": ({"kms_keys": {"sources": [KEY, ""]}}, "kms_keys.sources", "empty entry"),
}


@pytest.mark.parametrize(("given", "option", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_by_the_name_of_its_option(given: dict[str, t.Any], option: str, message: str) -> None:
    with pytest.raises(InvalidOption, match=message) as refused:
        read_options(params(**given))
    assert refused.value.option == option
    assert str(refused.value).startswith(f"{option}: ")


def test_options_that_are_left_out_or_null_are_not_given() -> None:
    nothing = dict.fromkeys(["workgroups", "data_catalogs", "databases", "kms_keys", "source_locations"])
    assert (
        read_options(params(**nothing))
        == read_options(params())
        == PolicyOptions(S3Location("example-athena-results", "athena"))
    )
    assert read_options(params(kms_keys=dict.fromkeys(["results", "sources", "catalog"]))).requested == frozenset()


@pytest.mark.parametrize("option", ["workgroups", "data_catalogs", "databases"])
def test_narrowing_needs_a_region(option: str) -> None:
    names = {"data_catalogs": ["AwsDataCatalog"]}.get(option, ["primary"])
    with pytest.raises(InvalidOption, match=r"^region: ") as refused:
        built(Scope("aws", "123456789012", None), **{option: names})
    assert refused.value.option == "region"


def test_what_names_no_regional_resource_needs_no_region() -> None:
    everything_else: dict[str, t.Any] = {
        "kms_keys": {"results": [KEY]},
        "source_locations": ["s3://lake"],
        "lake_formation": True,
        "result_streaming": True,
        "list_data_catalogs": True,
        "restrict_listing": True,
    }
    assert built(Scope("aws", "123456789012", None), **everything_else) == built(**everything_else)


@pytest.mark.parametrize(
    ("arn", "scope", "message"),
    [
        (KEY.replace("arn:aws:", "arn:aws-cn:"), SCOPE, "lies in the partition aws-cn, not in aws"),
        (KEY, Scope("aws-us-gov", "123456789012", "us-gov-west-1"), "lies in the partition aws, not in aws-us-gov"),
        (KEY, Scope("aws-cn", "123456789012", None), "lies in the partition aws, not in aws-cn"),
        (KEY.replace("eu-central-1", "eu-west-1"), SCOPE, "lies in eu-west-1"),
    ],
)
@pytest.mark.parametrize("use", ["results", "sources", "catalog"])
def test_a_key_of_another_partition_or_region_is_refused(use: str, arn: str, scope: Scope, message: str) -> None:
    options = read_options(params(kms_keys={use: [arn]}))
    with pytest.raises(InvalidOption, match=message) as refused:
        check_key_regions(options, scope)
    assert refused.value.option == f"kms_keys.{use}"
    assert arn in str(refused.value)


def test_a_key_of_our_region_passes_and_without_region_any() -> None:
    options = read_options(params(kms_keys={"results": [KEY]}))
    check_key_regions(options, SCOPE)
    check_key_regions(options, Scope("aws", "123456789012", None))


def test_a_key_of_another_account_is_refused_unless_listed() -> None:
    arn = KEY.replace("123456789012", "210987654321")
    options = read_options(params(kms_keys={"sources": [KEY, arn]}))
    with pytest.raises(InvalidOption, match="list the account in kms_key_accounts") as refused:
        check_key_accounts(options, "123456789012", [])
    assert refused.value.option == "kms_keys.sources"
    assert arn in str(refused.value)
    with pytest.raises(InvalidOption):
        check_key_accounts(options, "123456789012", ["310987654321"])
    check_key_accounts(options, "123456789012", ["210987654321"])
    check_key_accounts(read_options(params(kms_keys={"sources": [KEY]})), "123456789012", [])


# Size ----------------------------------------------------------------------------------------------------------------

MANY: dict[str, dict[str, t.Any]] = {
    "databases": {"databases": [f"database_{number:03}" for number in range(60)]},
    "source_locations": {"source_locations": [f"s3://example-lake-{number:03}/raw" for number in range(90)]},
    "kms_keys": {"kms_keys": {"sources": [f"{KEY}{number:03}" for number in range(70)]}},
    "workgroups": {"workgroups": [f"workgroup-{number:03}" for number in range(100)]},
    "data_catalogs": {"data_catalogs": [f"catalog_{number:03}" for number in range(100)]},
}
FEW = {
    "databases": ["sales"],
    "source_locations": ["s3://lake"],
    "kms_keys": {"results": [KEY]},
    "workgroups": ["primary"],
}


def size_refusal(options: PolicyOptions, scope: Scope, quota: int, holder: str) -> InvalidOption | None:
    try:
        check_size(options, scope, quota, holder)
    except InvalidOption as refused:
        return refused
    return None


@pytest.mark.parametrize("option", MANY)
def test_a_policy_that_is_too_large_says_its_size_and_what_makes_it_smaller(option: str) -> None:
    options = read_options(params(**{**FEW, **MANY[option]}))
    size = policy_size(build_policy(options, SCOPE))
    with pytest.raises(InvalidOption) as refused:
        check_size(options, SCOPE, MANAGED_POLICY_QUOTA, "a managed policy")
    assert refused.value.option == option
    message = str(refused.value)
    assert message.startswith(f"{option}: ")
    assert f"the policy has {size:,} characters" in message
    assert "a managed policy holds 6,144" in message
    assert "name fewer, or split the connection" in message
    assert "policy_type" not in message


@pytest.mark.parametrize("option", MANY)
def test_the_option_that_is_named_does_make_it_smaller(option: str) -> None:
    options = read_options(params(**{**FEW, **MANY[option]}))
    size = policy_size(build_policy(options, SCOPE))
    with pytest.raises(InvalidOption) as refused:
        check_size(options, SCOPE, MANAGED_POLICY_QUOTA, "a managed policy")
    found = re.search(r"takes ([\d,]+) of them", str(refused.value))
    assert found
    without = read_options(params(**{**FEW, **MANY[option], option: None}))
    assert int(found[1].replace(",", "")) == size - policy_size(build_policy(without, SCOPE))
    check_size(without, SCOPE, MANAGED_POLICY_QUOTA, "a managed policy")


def test_a_quota_is_the_last_size_that_fits() -> None:
    options = read_options(params(databases=["sales"]))
    size = policy_size(build_policy(options, SCOPE))
    check_size(options, SCOPE, size, "a managed policy")
    with pytest.raises(InvalidOption):
        check_size(options, SCOPE, size - 1, "a managed policy")


def test_a_users_inline_policy_is_full_at_the_second_or_third_database() -> None:
    everything = {
        "workgroups": ["primary"],
        "data_catalogs": ["AwsDataCatalog"],
        "kms_keys": {"results": [KEY]},
        "source_locations": ["s3://example-lake/raw"],
        "lake_formation": True,
        "result_streaming": True,
        "list_data_catalogs": True,
    }
    for type_, quota in INLINE_POLICY_QUOTAS.items():
        fitting = 0
        while True:
            options = read_options(params(**everything, databases=[f"sales_{number}" for number in range(fitting + 1)]))
            refused = size_refusal(options, SCOPE, quota, f"an IAM {type_}")
            if refused:
                break
            fitting += 1
        # Without databases the policy still names the data catalog's Glue resources, so that little is saved by few.
        assert refused.option == ("source_locations" if type_ == "user" else "databases")
        assert f"an IAM {type_} holds {quota:,}" in str(refused)
        assert ("policy_type=managed" in str(refused)) == (quota < MANAGED_POLICY_QUOTA)
        assert fitting <= 3 if type_ == "user" else fitting > 30


def test_where_no_option_helps_the_kind_of_policy_is_named() -> None:
    location = f"s3://example-athena-results/{'a' * 900}"
    options = read_options({"output_location": location, "lake_formation": True, "restrict_listing": True})
    with pytest.raises(InvalidOption, match="or use policy_type=managed, which holds 6,144") as refused:
        check_size(options, SCOPE, INLINE_POLICY_QUOTAS["user"], "an IAM user")
    assert refused.value.option == "policy_type"
    check_size(options, SCOPE, MANAGED_POLICY_QUOTA, "a managed policy")


@examples(100)
@given(st.data())
def test_the_advice_on_size_leads_to_a_policy_that_fits(data: st.DataObject) -> None:
    """Either the option that is named takes enough of it, or another kind of policy is named too."""
    scope = data.draw(scopes())
    drawn = data.draw(params_in(scope))
    options = read_options(drawn)
    refused = size_refusal(options, scope, INLINE_POLICY_QUOTAS["user"], "an IAM user")
    if refused:
        assert "policy_type=managed" in str(refused)
        assert refused.option == "policy_type" or drawn[refused.option]
        assert size_refusal(options, scope, MANAGED_POLICY_QUOTA, "a managed policy") is None
    else:
        assert policy_size(build_policy(options, scope)) <= INLINE_POLICY_QUOTAS["user"]
