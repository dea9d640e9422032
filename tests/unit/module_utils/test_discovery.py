# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever may create a table in Glue must not be able to pull a bucket or a key into the policy."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._discovery import (
    CatalogEncryption,
    Discovered,
    Limits,
    ResultsKeys,
    Unknown,
    discovery_result,
    read_allowed,
    verdict_on,
)
from ansible_collections.qualytics.athena.plugins.module_utils._grants_findings import Registrations
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope, parse_s3_location
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table, table_of, with_locations
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption

from ..helpers.policy_evaluator import may
from ..helpers.properties import examples

ACCOUNT, OTHER = "123456789012", "210987654321"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FOREIGN_KEY = KEY.replace(ACCOUNT, OTHER)
RESULTS = "s3://results/q/"


def limits(*allowed: str, accounts: tuple[str, ...] = ()) -> Limits:
    return Limits(read_allowed("allowed", allowed), ACCOUNT, "us-east-1", "aws", frozenset(accounts))


def table(name: str, *locations: str, **more: Any) -> Table:
    return with_locations(Table(ACCOUNT, "sales", name, **more), locations)


def propose(
    *tables: Table,
    allowed: tuple[str, ...] = ("lake",),
    accounts: tuple[str, ...] = (),
    results: ResultsKeys | None = None,
    given: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    options = read_options({"output_location": RESULTS, **(given or {})})
    return discovery_result(
        options, limits(*allowed, accounts=accounts), results or ResultsKeys(), Discovered(tables, **more)
    )


def registered(*rows: tuple[str, bool]) -> Registrations:
    return Registrations(
        {"ResourceArn": f"arn:aws:s3:::{path}", "HybridAccessEnabled": is_hybrid} for path, is_hybrid in rows
    )


ATTACKS = [
    "s3://allowed/../other/",
    "s3://allowed/pre/../../other/",
    "s3://allowed/pre/..",
    "s3://allowed*/pre/",
    "s3://allowed/pre*",
    "s3://allowed/pre/*/x",
    "s3://allowed/pre?/",
    "s3://allowed@evil/pre/",
    "s3://allowed:pre@evil/pre",
    "s3://ALLOWED/pre/",
    "s3://Allowed/pre/",
    "s3://allowed/PRE/",
    "s3://allowed/prefix-secret/",
    "s3://allowed/pre-secret/",
    "s3://allowed/pr",
    "s3://allowed/",
    "s3://allowed",
    "s3://allowed//pre/",
    "s3://allowed./pre/",
    "s3://allowed-too/pre/",
    "s3://notallowed/pre/",
    "s3://evil/s3://allowed/pre/",
    "s3://evil/allowed/pre/",
    "s3://${aws:username}/pre/",
    "s3://allowed/${pre}/",
    "s3://allowed\u200b/pre/",
    "s3://\uff41llowed/pre/",
    "s3://allowed\n/pre",
    "s3://allowed/pre\n",
    "s3://allowed/pr\u00e9/",
    "s3://allowed/pre\u2215x/",
    "s3://allowed/%70re/",
    "s3://allowed/\\pre/",
    "s3://allowed/pre/" + "x" * 5000,
    "arn:aws:s3:::allowed/pre",
]


@pytest.mark.parametrize("location", ATTACKS)
@pytest.mark.parametrize("as_partition", [False, True])
def test_a_table_cannot_pull_a_place_into_the_policy(location: str, as_partition: bool) -> None:
    locations = ["s3://allowed/pre/t", location] if as_partition else [location]
    result = propose(table("planted", *locations), allowed=("s3://allowed/pre",))
    assert result["policy_options"]["source_locations"] == (["s3://allowed/pre/t/"] if as_partition else [])
    told = [row["location"].rstrip("/") for row in result["not_allowed"] if row["tables"] == ["sales.planted"]]
    assert [location.rstrip("/")] == told
    assert all(row["reason"] for row in result["not_allowed"])


@pytest.mark.parametrize(
    ("allowed", "location", "is_allowed"),
    [
        ("lake", "s3://lake/", True),
        ("s3://lake", "s3://lake/a", True),
        ("s3://lake/a", "s3://lake/", False),
        ("s3://lake/a", "s3://lake/a", True),
        ("s3://lake/a/", "s3://lake/a/b/c", True),
        ("s3://lake/a", "s3://lake/ab", False),
        ("s3://lake/a/b", "s3://lake/a", False),
    ],
)
def test_what_is_within_an_allowed_place(allowed: str, location: str, is_allowed: bool) -> None:
    result = propose(table("t", location), allowed=(allowed,))
    assert bool(result["policy_options"]["source_locations"]) is is_allowed
    assert bool(result["not_allowed"]) is not is_allowed


def test_a_bucket_that_was_given_and_is_not_allowed_may_be_unknown() -> None:
    """Buckets of other accounts mostly do not show their encryption."""
    given = {"source_locations": ["s3://shared/x"]}
    keys: dict[str, Any] = {"shared": Denied("s3:GetEncryptionConfiguration")}
    assert propose(table("t", "s3://shared/x/t"), given=given, source_keys=keys)["unknown"] == []
    assert propose(table("t", "s3://shared/x/t"), given=given, source_keys=keys, allowed=("shared",))["unknown"]


def test_locations_are_as_few_as_will_do_and_never_wider() -> None:
    tables = [table(f"t{number}", f"s3://lake/a/t{number}") for number in range(3)]
    result = propose(*tables, table("inner", "s3://lake/a/t1/x"), table("twice", "s3a://lake/a/t2/"))
    assert result["policy_options"]["source_locations"] == ["s3://lake/a/t0/", "s3://lake/a/t1/", "s3://lake/a/t2/"]
    assert result["found"]["source_locations"] == result["policy_options"]["source_locations"]


def test_an_outer_location_that_is_not_allowed_leaves_the_inner_one() -> None:
    result = propose(table("all", "s3://lake/"), table("part", "s3://lake/a/t"), allowed=("s3://lake/a",))
    assert result["found"]["source_locations"] == ["s3://lake/"]
    assert result["policy_options"]["source_locations"] == ["s3://lake/a/t/"]
    assert [(row["location"], row["tables"]) for row in result["not_allowed"]] == [("s3://lake/", ["sales.all"])]


def test_what_was_given_is_not_asked_whether_it_is_allowed() -> None:
    given = {"source_locations": ["s3://elsewhere/x"], "kms_keys": {"sources": [FOREIGN_KEY]}}
    result = propose(table("t", "s3://elsewhere/x/t"), given=given, allowed=())
    assert result["policy_options"] == {
        "kms_keys": {"sources": [FOREIGN_KEY]},
        "source_locations": ["s3://elsewhere/x/"],
    }
    assert result["not_allowed"] == []


@pytest.mark.parametrize(
    ("key", "accounts", "words"),
    [
        (KEY, (), ""),
        (FOREIGN_KEY, (OTHER,), ""),
        (FOREIGN_KEY, (), "kms_key_accounts"),
        (KEY.replace("us-east-1", "eu-west-1"), (), "another Region"),
        (KEY.replace("arn:aws:", "arn:aws-cn:"), (), "another Region"),
        (KEY.rpartition("/")[0] + "/*", (), "is not the ARN"),
        (KEY.replace(ACCOUNT, "*"), (), "is not the ARN"),
        (KEY.rpartition("/")[0] + "/${aws:username}", (), "is not the ARN"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/x", (), "is not the ARN"),
        ("*", (), "is not the ARN"),
    ],
)
def test_a_bucket_cannot_pull_a_key_into_the_policy(key: str, accounts: tuple[str, ...], words: str) -> None:
    """S3 keeps whatever text it is given as the key of a bucket."""
    everywhere = {
        "results": ResultsKeys(key, key),
        "catalog": CatalogEncryption("SSE-KMS", key),
        "source_keys": {"lake": key},
    }
    result = propose(table("t", "s3://lake/t"), accounts=accounts, **everywhere)
    expected = {} if words else {use: [key] for use in ("results", "sources", "catalog")}
    assert result["policy_options"]["kms_keys"] == expected
    assert all(words in row["reason"] for row in result["not_allowed"])
    assert {row["location"] for row in result["not_allowed"]} == (
        {RESULTS, "the Data Catalog", "s3://lake/"} if words else set()
    )


def test_the_key_of_a_bucket_that_is_not_allowed_is_not_proposed() -> None:
    result = propose(table("t", "s3://other/t"), source_keys={"other": KEY})
    assert result["found"]["source_keys"] == [KEY]
    assert result["policy_options"]["kms_keys"] == {}


@pytest.mark.parametrize(
    ("rows", "through", "proposed", "words"),
    [
        ([], "s3", True, "not registered"),
        ([("lake", False)], "lake_formation", False, "registered with Lake Formation"),
        ([("lake/t", False)], "lake_formation", False, "registered with Lake Formation"),
        ([("lake/t", True)], "both", True, "hybrid access mode"),
        ([("lake/t-secret", False)], "s3", True, "not registered"),
        ([("lake/t/x", False)], "s3", True, "not registered"),
        ([("lake", False), ("lake/t", True)], "both", True, "hybrid access mode"),
        ([("lake", True), ("lake/t", False)], "lake_formation", False, "registered with Lake Formation"),
    ],
)
def test_who_hands_out_the_files(rows: list[tuple[str, bool]], through: str, proposed: bool, words: str) -> None:
    result = propose(table("t", "s3://lake/t"), registrations=registered(*rows))
    [row] = result["tables"]
    assert row["through"] == through
    assert words in row["reason"]
    assert bool(result["policy_options"]["source_locations"]) is proposed


def test_permissions_on_s3_that_go_around_lake_formation_are_warned_of() -> None:
    governed = table("governed", "s3://lake/a/governed")
    rows = registered(("lake/a/governed", False))
    assert propose(governed, table("t", "s3://lake/a/t"), registrations=rows)["warnings"] == []
    [warning] = propose(governed, table("root", "s3://lake/a"), registrations=rows)["warnings"]
    assert "sales.governed" in warning
    assert "narrower" in warning
    hybrid = registered(("lake/a/governed", True))
    assert propose(governed, table("root", "s3://lake/a"), registrations=hybrid)["warnings"] == []


def test_partitions_that_are_handed_out_otherwise() -> None:
    verdict = verdict_on(table("t", "s3://lake/t", "s3://old/t"), registered(("lake", False)))
    assert verdict.through == "both"
    assert verdict.s3 == (S3Location("old", "t"),)
    assert verdict.lake_formation == (S3Location("lake", "t"),)
    assert "s3://old/t/: not registered" in verdict.reason
    assert "s3://lake/t/: registered" in verdict.reason


@pytest.mark.parametrize("registrations", [Denied("lakeformation:ListResources"), registered()])
def test_what_only_glue_calls_registered_may_be_read_either_way(registrations: Any) -> None:
    verdict = verdict_on(table("t", "s3://lake/t", "s3://old/t", is_registered=True), registrations)
    assert verdict.through == "both"
    assert verdict.s3 == (S3Location("old", "t"), S3Location("lake", "t"))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (table("v", kind="view"), "a view has no files"),
        (table("l", kind="link", target=(OTHER, "a", "b")), f"{OTHER}.a.b"),
        (table("n"), "no location"),
        (table("x", "hdfs://x"), "is not an S3 location"),
        (table("x", "s3://lake/*"), "wildcard"),
    ],
)
def test_tables_that_nothing_found_here_makes_readable(found: Table, words: str) -> None:
    result = propose(found)
    [row] = result["tables"]
    assert row["through"] == "none"
    assert words in row["reason"]
    assert row["locations"] == list(found.others)
    assert result["policy_options"]["source_locations"] == []


def test_lists_of_files_are_told() -> None:
    assert "lists of files" in verdict_on(table("t", "s3://lake/t", has_manifests=True), registered()).reason


def test_what_may_not_be_looked_at() -> None:
    result = propose(
        table("t", "s3://lake/t"),
        table("o", "s3://other/t"),
        results=ResultsKeys(Denied("s3:GetEncryptionConfiguration"), Denied("athena:GetWorkGroup")),
        registrations=Denied("lakeformation:ListResources"),
        catalog=Denied("glue:GetDataCatalogEncryptionSettings"),
        source_keys={"lake": Denied("s3:GetEncryptionConfiguration"), "other": Denied("s3:GetEncryptionConfiguration")},
        unknown=(Unknown("the database x", "glue:GetDatabase"),),
    )
    assert [row["what"] for row in result["unknown"]] == [
        "the database x",
        "the key of the results",
        "the key of the workgroup",
        "whether the Data Catalog is encrypted",
        "which locations are registered with Lake Formation",
        # Whoever names a bucket of his own in a table cannot make the run fail.
        "the key of the source bucket lake",
    ]
    assert result["policy_options"]["kms_keys"] == {}
    assert result["found"]["catalog_encryption_mode"] is None


def test_nothing_is_said_of_what_nobody_asked() -> None:
    assert propose()["found"]["catalog_encryption_mode"] is None


def test_every_permission_that_was_lacking() -> None:
    assert Discovered().denied == ()
    found = Discovered(
        registrations=Denied("lakeformation:ListResources"),
        catalog=CatalogEncryption("SSE-KMS", Denied("kms:DescribeKey")),
        source_keys={"a": Denied("s3:GetEncryptionConfiguration"), "b": KEY, "c": None},
        unknown=(Unknown("x", "glue:GetTables"),),
    )
    assert [it.permission for it in found.denied] == [
        "glue:GetTables",
        "kms:DescribeKey",
        "lakeformation:ListResources",
        "s3:GetEncryptionConfiguration",
    ]
    assert Denied("x") in dataclasses.replace(found, catalog=Denied("x")).denied


@pytest.mark.parametrize(
    "entry", ["", "*", "s3://", "s3://a*", "lake/prefix", "arn:aws:s3:::lake", "LAKE", "s3://lake/.."]
)
def test_what_cannot_be_allowed(entry: str) -> None:
    with pytest.raises(InvalidOption, match="allowed"):
        read_allowed("allowed", [entry])


# Pieces of which an attacker would put a location together, and any text.
_PIECES = st.sampled_from(
    [
        *(
            "s3://",
            "s3a://",
            "S3://",
            "allowed",
            "allowed-too",
            "evil",
            "pre",
            "prefix-secret",
            "pre/",
            "/",
            "//",
            "..",
        ),
        *("/../", "*", "?", "${", "}", "@", "\n", "\u200b", "%2e%2e", "\\", ":", "t1", "t2", "/pre/t1", "allowed/pre"),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=8).map("".join)
_WELL_FORMED = st.builds(
    lambda scheme, bucket, parts: f"{scheme}{bucket}/" + "/".join(parts),
    st.sampled_from(["s3://", "s3a://", "s3n://"]),
    st.sampled_from(["allowed", "allowed-too", "evil"]),
    st.lists(st.sampled_from(["pre", "prefix-secret", "pre-secret", "t1", "a"]), max_size=4),
)
_LOCATIONS = st.one_of(_TEXTS, _WELL_FORMED, st.text(max_size=30), st.text(max_size=20).map("s3://allowed/pre".__add__))
_ROWS = st.builds(
    lambda name, location, template, path, is_iceberg, is_registered: {
        "Name": name,
        "StorageDescriptor": {"Location": location},
        "IsRegisteredWithLakeFormation": is_registered,
        "Parameters": {
            "projection.enabled": "true",
            "storage.location.template": template,
            **({"table_type": "ICEBERG", "metadata_location": path, "write.data.path": path} if is_iceberg else {}),
        },
    },
    st.sampled_from(["a", "b", "c"]),
    _LOCATIONS,
    _LOCATIONS,
    _LOCATIONS,
    st.booleans(),
    st.booleans(),
)
_ALLOWED = st.lists(
    st.sampled_from(["allowed", "s3://allowed/pre", "s3://allowed/pre/t1/", "s3://allowed-too/a"]), max_size=3
)
_REGISTERED = st.lists(
    st.tuples(st.sampled_from(["allowed", "allowed/pre", "allowed/pre/t1", "evil"]), st.booleans()), max_size=3
)
# Objects that must be out of reach whatever the catalog holds, unless their place was allowed.
_OBJECTS = [
    f"{bucket}/{key}"
    for bucket in ("allowed", "allowed-too", "evil", "allowedx")
    for key in ("x", "pre", "pre/x", "pre/t1/x", "pre/t2/x", "prefix-secret/x", "pre-secret/x", "a/x", "../evil/x")
]


@given(st.lists(_ROWS, max_size=4), st.lists(_LOCATIONS, max_size=4), _ALLOWED, _REGISTERED)
@examples(300)
def test_whatever_the_catalog_holds_no_source_is_proposed_outside_what_is_allowed(
    rows: list[dict[str, Any]], partitions: list[str], allowed: list[str], roots: list[tuple[str, bool]]
) -> None:
    tables = [with_locations(table_of(ACCOUNT, "sales", row), filter(None, partitions)) for row in rows]
    result = propose(*tables, allowed=tuple(allowed), registrations=registered(*roots), source_keys={"evil": KEY})
    proposed = result["policy_options"]["source_locations"]
    bounds = [bound.uri for bound in read_allowed("allowed", allowed)]
    for uri in proposed:
        assert any(uri.startswith(bound) for bound in bounds)
        assert uri in {location for it in tables for location in it.locations}
    assert result["policy_options"]["kms_keys"] == {}

    # And in the policy that is made of it, as IAM reads it.
    options = read_options({"output_location": RESULTS, **({"source_locations": proposed} if proposed else {})})
    document = build_policy(options, Scope("aws", ACCOUNT, "us-east-1"))
    for path in _OBJECTS:
        may_be_read = may(document, "s3:GetObject", [f"arn:aws:s3:::{path}"])
        assert not may_be_read or any(f"s3://{path}".startswith(bound) for bound in bounds)


@given(st.lists(_WELL_FORMED, max_size=6), st.lists(_WELL_FORMED, max_size=3))
@examples(200)
def test_every_allowed_location_is_covered(locations: list[str], allowed: list[str]) -> None:
    """What is found and allowed is readable with the proposal, and all else is told."""
    bounds = tuple(parse_s3_location("x", it.replace("s3a:", "s3:").replace("s3n:", "s3:")).uri for it in allowed)
    found = table("t", *locations)
    result = propose(found, allowed=bounds)
    proposed = result["policy_options"]["source_locations"]
    told = {row["location"] for row in result["not_allowed"]}
    for uri in found.locations:
        assert any(uri.startswith(outer) for outer in proposed) is not (uri in told)
