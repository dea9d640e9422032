# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message that is known is found, in whatever wrapping, and nothing is found where there is nothing."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import _error_denials as denials_module
from ansible_collections.qualytics.athena.plugins.module_utils._error_denials import SIDES, denials
from ansible_collections.qualytics.athena.plugins.module_utils._error_dictionary import (
    LONGEST_HALF,
    LONGEST_SYMPTOM,
    explain,
)
from ansible_collections.qualytics.athena.plugins.module_utils._error_entries import ENTRIES, Rank
from ansible_collections.qualytics.athena.tests.unit.helpers.error_messages import (
    ACCOUNT,
    CATALOG,
    HIDDEN,
    KEY,
    ROWS,
    SESSION,
    TARGET,
    Row,
    botocore,
    denied,
    explicitly_denied,
    java,
    simba,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.number for row in ROWS])
# A symptom is in a user's own words, which nothing wraps.
MESSAGES = [row for row in ROWS if explain(row.text + "x" * LONGEST_SYMPTOM)]
EVERY_MESSAGE = pytest.mark.parametrize("row", MESSAGES, ids=[row.number for row in MESSAGES])

BUCKET = "arn:aws:s3:::acme-results"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
CONTROL = "arn:aws:organizations::444455556666:policy/o-abc123/service_control_policy/p-12345678"

# What AWS, drivers and this collection say when access is right, or when something else is wrong.
HEALTHY = (
    "",
    " \n\t ",
    "SUCCEEDED",
    "The query succeeded; its result is in s3://acme-results/q/0a1b.csv.",
    "SELECT 1 ended well in the workgroup primary, and its result is where the connection says.",
    "All 12 tables of the database sales may be read.",
    f"The bucket acme-results belongs to the account {ACCOUNT} and is in the Region us-east-1.",
    f"{TARGET} may be assumed by {SESSION} with the ExternalId.",
    "The policy allows s3:GetBucketLocation, s3:PutObject and kms:Decrypt.",
    "The permissions boundary allows what the policy allows, and no service control policy denies it.",
    "localhost : ok=12 changed=0 unreachable=0 failed=0 skipped=3 rescued=0 ignored=0",
    f'{{"UserId": "AROAIOSFODNN7EXAMPLE1:session", "Account": "{ACCOUNT}", "Arn": "{SESSION}"}}',
    "SYNTAX_ERROR: line 1:8: mismatched input 'FORM'. Expecting: 'FROM'",
    "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.sales.order' does not exist",
    "HIVE_BAD_DATA: Error parsing field value 'x' for field 1: For input string: \"x\"",
    "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split: Please reduce your request rate. (Service: S3; Status: 503)",
    botocore("ThrottlingException", "StartQueryExecution", "Rate exceeded"),
    botocore("MetadataException", "ListDatabases", "Rate exceeded (Service: AmazonDataCatalog; Status Code: 400)"),
    botocore("ExpiredTokenException", "GetCallerIdentity", "The security token included in the request is expired"),
    botocore("EntityNotFoundException", "GetDatabase", "Database sales not found."),
    'Could not connect to the endpoint URL: "https://athena.us-east-1.amazonaws.com/"',
)


def names(text: str) -> list[str]:
    return [explanation.name for explanation in explain(text)]


@EVERY_ROW
def test_the_right_entry_comes_first(row: Row) -> None:
    first = explain(row.text)[0]
    assert (first.name, first.permission, first.resource, first.side) == (
        row.name,
        row.permission,
        row.resource,
        row.side,
    )
    assert row.remedy in first.remedy
    assert first.reference.startswith("https://")


def test_every_row_has_a_test_and_every_entry_with_a_message_of_its_own_has_one() -> None:
    assert {int(row.number.partition("-")[0]) for row in ROWS} == set(range(1, 39))
    assert {row.name for row in ROWS} == {entry.name for entry in ENTRIES if entry.permissions or entry.patterns} | {
        entry.name for entry in ENTRIES if entry.symptoms
    }


def test_most_messages_are_no_symptoms() -> None:
    assert {row.number for row in ROWS} - {row.number for row in MESSAGES} == {
        *("8-symptom", "10-symptom", "20", "28", "29", "30", "31", "34-symptom")
    }


@pytest.mark.parametrize(
    "wrap",
    [
        simba,
        lambda text: botocore("InvalidRequestException", "StartQueryExecution", text),
        lambda text: java(text, "AmazonAthena", "InvalidRequestException"),
        lambda text: f"java.sql.SQLException: {text}\n\tat com.amazon.athena.jdbc.AthenaStatement.execute(x.java:1)\n",
        lambda text: f"fatal: [localhost]: FAILED! => {{'msg': '{text}'}}",
        lambda text: text.replace(" ", "\n"),
        lambda text: text.replace(" ", "\r\n    "),
        lambda text: text.replace("\n", "\\n").replace('"', '\\"'),
        lambda text: f"  {text.upper()}  ",
        lambda text: text.lower(),
        lambda text: text + "\n" + text,
        lambda text: "stack\n" * LONGEST_HALF + text,
        lambda text: text + "\nstack" * LONGEST_HALF,
    ],
    ids=[
        "simba",
        "botocore",
        "java",
        "trace",
        "task",
        "lines",
        "indented",
        "json",
        "upper",
        "lower",
        "twice",
        "end",
        "begin",
    ],
)
@EVERY_MESSAGE
def test_wrapping_changes_nothing(row: Row, wrap: t.Callable[[str], str]) -> None:
    first = explain(wrap(row.text))[0]
    assert first.name == row.name
    assert first.permission.lower() == row.permission.lower()
    assert first.resource.lower() == row.resource.lower()
    assert first.side == row.side


@pytest.mark.parametrize("text", HEALTHY)
def test_nothing_known_is_nothing_found(text: str) -> None:
    assert explain(text) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row not in MESSAGES], ids=lambda row: row.number)
def test_the_words_of_a_symptom_in_a_long_text_are_no_symptom(row: Row) -> None:
    assert explain(row.text + " and it goes on" * LONGEST_SYMPTOM) == []


def test_a_symptom_beside_a_message_is_not_told() -> None:
    assert names("My database is missing: " + HIDDEN.format("athena:ListDatabases")) == ["databases_not_listed"]


def test_what_is_inside_comes_before_the_exception_around_it() -> None:
    inside = denied("glue:GetTables", CATALOG, "identity-based policy")
    assert names(botocore("MetadataException", "ListTableMetadata", inside)) == [
        "glue_not_allowed",
        "metadata_exception",
    ]


def test_a_harmless_probe_comes_last() -> None:
    probe = denied("glue:GetCatalogImportStatus", CATALOG, "identity-based policy")
    assert names(f"{probe}\n{HIDDEN.format('athena:StartQueryExecution')}") == [
        "workgroup_not_allowed",
        "glue_import_status",
    ]


def test_several_causes_are_told_in_the_order_of_the_text() -> None:
    text = "\n".join(
        [
            "Unable to verify/create output bucket acme-results",
            denied("kms:Decrypt", KEY, "identity-based policy"),
            denied("s3:PutObject", BUCKET, "identity-based policy"),
            "Insufficient Lake Formation permission(s): Required Describe on sales",
            "Insufficient Lake Formation permission(s): Required Select on orders",
            denied("kms:Decrypt", KEY, "resource-based policy"),
        ]
    )
    assert [(it.name, it.permission, it.resource) for it in explain(text)] == [
        ("output_bucket_not_verified", "s3:GetBucketLocation", "acme-results"),
        ("key_not_in_policy", "kms:Decrypt", KEY),
        ("lake_formation_permission_required", "DESCRIBE", "sales"),
        ("lake_formation_permission_required", "SELECT", "orders"),
        ("key_policy_does_not_allow", "kms:Decrypt", KEY),
        ("not_in_identity_policy", "s3:PutObject", BUCKET),
    ]


def test_two_denials_do_not_share_their_words() -> None:
    hidden = HIDDEN.format("athena:GetWorkGroup")
    text = f"{hidden} {denied('s3:GetObject', BUCKET, 'resource-based policy')}"
    assert [(it.permission, it.resource, it.side) for it in explain(text)] == [
        ("athena:GetWorkGroup", "", ""),
        ("s3:GetObject", BUCKET, "resource"),
    ]


@pytest.mark.parametrize(
    ("policy", "name", "side"),
    [
        ("identity-based policy", "not_in_identity_policy", "identity"),
        ("resource-based policy", "not_in_resource_policy", "resource"),
        ("role trust policy", "not_in_resource_policy", "resource"),
        ("permissions boundary", "denied_by_permissions_boundary", "boundary"),
        ("service control policy", "denied_by_organization", "organization"),
        ("resource control policy", "denied_by_organization", "organization"),
        ("session policy", "denied_by_session_policy", ""),
        ("VPC endpoint policy", "denied_by_endpoint_policy", ""),
        ("policy of a kind that is to come", "not_authorized", ""),
    ],
)
def test_a_denial_without_an_entry_is_explained_by_its_own_words(policy: str, name: str, side: str) -> None:
    (only,) = explain(denied("s3:GetEncryptionConfiguration", BUCKET, policy))
    assert (only.name, only.permission, only.resource, only.side) == (
        name,
        "s3:GetEncryptionConfiguration",
        BUCKET,
        side,
    )
    assert "s3:GetEncryptionConfiguration" in only.cause + only.remedy
    assert only.reference.endswith("/troubleshoot_access-denied.html")


@pytest.mark.parametrize(
    ("policy", "name", "side", "told"),
    [
        ("an identity-based policy", "denied_by_identity_policy", "identity", ""),
        (f"an identity-based policy: {BOUNDARY}", "denied_by_identity_policy", "identity", BOUNDARY),
        ("a resource-based policy", "denied_by_resource_policy", "resource", ""),
        ("the role trust policy", "denied_by_resource_policy", "resource", ""),
        (
            f"a permissions boundary, with policy ARN: {BOUNDARY}",
            "denied_by_permissions_boundary",
            "boundary",
            BOUNDARY,
        ),
        (f"a service control policy: {CONTROL}", "denied_by_organization", "organization", CONTROL),
        ("a resource control policy", "denied_by_organization", "organization", ""),
        ("a session policy", "denied_by_session_policy", "", ""),
        ("a VPC endpoint policy", "denied_by_endpoint_policy", "", ""),
    ],
)
@pytest.mark.parametrize("action", ["athena:StartQueryExecution", "kms:Decrypt", "sts:AssumeRole", "glue:GetTables"])
def test_where_a_policy_denies_the_entry_of_the_action_would_mislead(
    action: str, policy: str, name: str, side: str, told: str
) -> None:
    (only,) = explain(explicitly_denied(action, BUCKET, policy) + ".")
    assert (only.name, only.permission, only.resource, only.side) == (name, action, BUCKET, side)
    assert f"({told})" in only.cause if told else "(arn:" not in only.cause


def test_the_policy_that_decided_comes_before_the_message_around_it() -> None:
    inner = explicitly_denied("kms:Decrypt", KEY, "a service control policy")
    assert names(f"GlueEncryptionException: {inner}") == ["denied_by_organization", "catalog_key_not_allowed"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" on resource: arn:aws:s3:::a/b.", "arn:aws:s3:::a/b"),
        (' on resource: "arn:aws:s3:::a/b c"', "arn:aws:s3:::a/b c"),
        (" on resource: role reader", "reader"),
        (" on resource: policy path /athena/", "/athena/"),
        (" on the resource. After your AWS administrator", ""),
        (" on resource:arn:aws-us-gov:iam::111122223333:role/x with an explicit deny in a session policy", None),
        ("", ""),
    ],
)
def test_the_resource_of_a_denial(written: str, read: str | None) -> None:
    (denial,) = denials(f"User: {SESSION} is not authorized to perform: iam:GetRole{written}")
    assert denial.action == "iam:GetRole"
    assert denial.resource == ("arn:aws-us-gov:iam::111122223333:role/x" if read is None else read)


def test_entries_are_well_formed() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert re.fullmatch(r"[a-z][a-z_]+", entry.name)
        assert entry.reference.startswith("https://")
        assert entry.patterns or entry.denial or entry.symptoms
        for sentence in (entry.cause, entry.remedy):
            assert sentence.endswith(".")
            assert set(re.findall(r"{\w+}", sentence)) <= {"{permission}", "{resource}", "{policy}"}


def test_the_last_entry_is_about_any_denial() -> None:
    pattern = ENTRIES[-1].denial
    assert pattern is not None
    assert pattern.may_be_within("")
    for text in [denied("a1:x", "", policy) for policy in SIDES] + [
        explicitly_denied("a1:" + "x" * 101, "r", f"a {policy}") for policy in SIDES
    ]:
        (denial,) = denials(text)
        assert pattern.is_about(denial)


def test_only_what_cannot_be_helped_by_an_allow_comes_before_the_messages() -> None:
    decisive = {entry.name for entry in ENTRIES if entry.rank is Rank.POLICY}
    assert decisive == {entry.name for entry in ENTRIES if entry.name.startswith("denied_by_")}


# Fragments of known messages meet in ways that nobody thought of.
FRAGMENTS = st.sampled_from(
    [word for row in ROWS for word in re.findall(r"\S+\s*", row.text)]
    + [
        "not authorized to perform: ",
        "s3:GetObject",
        " on resource: ",
        '"',
        "\\n",
        "\n",
        "\x00",
        "\ud800",
        "{permission}",
        "(((",
    ]
)


@examples(300)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=60).map("".join))
def test_it_never_raises_and_always_says_the_same(text: str) -> None:
    explanations = explain(text)
    assert explain(text) == explanations
    assert explain(f"  {text}\n") == explanations
    assert len(set(explanations)) == len(explanations)
    for explanation in explanations:
        assert all(isinstance(value, str) for value in dataclasses.asdict(explanation).values())
        assert explanation.cause
        assert explanation.remedy
        assert explanation.side in {*SIDES.values(), "lake_formation"}


@examples(100)
@given(st.sampled_from(MESSAGES), st.sampled_from(MESSAGES))
def test_two_messages_are_both_told(one: Row, other: Row) -> None:
    assert {one.name, other.name} <= set(names(f"{one.text}\n\n{other.text}"))


def test_a_text_of_any_length_costs_no_more_than_a_long_one() -> None:
    begin, end = "a " * (LONGEST_HALF // 2), "b " * (LONGEST_HALF // 2)
    hidden = HIDDEN.format("athena:StartQueryExecution")
    assert explain(begin + hidden + end) == []
    assert names(begin + hidden + end * 1000) == []
    assert names(hidden + begin + end * 1000) == ["workgroup_not_allowed"]
    assert names(begin * 1000 + end + hidden) == ["workgroup_not_allowed"]


class Reach(t.NamedTuple):
    """How far a pattern can look on from one character, and over how many gaps in which anything may stand."""

    length: int
    gaps: int


def reach(parsed: t.Any) -> Reach:
    """Of a pattern as Python parses it; refuses what can backtrack without bound."""
    length, gaps = 0, 0
    for operation, argument in parsed:
        inside = Reach(1, 0)
        if operation in (re._constants.MAX_REPEAT, re._constants.MIN_REPEAT):
            _least, most, repeated = argument
            assert most is not re._constants.MAXREPEAT, "a repetition without an end"
            assert most == 1 or not REPEATS & {it for it, _argument in repeated}, "a repetition of a repetition"
            once = reach(repeated)
            inside = Reach(most * once.length, once.gaps + (repeated[0][0] is re._constants.ANY))
        elif operation is re._constants.SUBPATTERN:
            inside = reach(argument[3])
        elif operation is re._constants.BRANCH:
            inside = Reach(*(max(it) for it in zip(*map(reach, argument[1]), strict=True)))
        elif operation in (re._constants.ASSERT, re._constants.ASSERT_NOT):
            # Not entered again once it held.
            assert reach(argument[1]).gaps <= 1
            inside = Reach(0, 0)
        length, gaps = length + inside.length, gaps + inside.gaps
    return Reach(length, gaps)


REPEATS = {re._constants.MAX_REPEAT, re._constants.MIN_REPEAT, re._constants.SUBPATTERN, re._constants.BRANCH}

ALL_PATTERNS = [
    *(pattern for entry in ENTRIES for pattern in (*entry.patterns, *entry.symptoms)),
    *(entry.denial.actions for entry in ENTRIES if entry.denial),
    *(entry.denial.within for entry in ENTRIES if entry.denial and entry.denial.within),
    *(it for it in vars(denials_module).values() if isinstance(it, re.Pattern)),
]


@pytest.mark.parametrize("pattern", ALL_PATTERNS, ids=lambda pattern: pattern.pattern[:60])
def test_no_pattern_backtracks_without_bound(pattern: re.Pattern[str]) -> None:
    """From each character a pattern looks on a bounded way, so that time grows with the length and no faster."""
    found = reach(re._parser.parse(pattern.pattern, pattern.flags))
    assert found.length <= 5_000
    assert found.gaps <= 1


@pytest.mark.parametrize("evil", ["(?:a{1,9}){1,9}b", "(?:aa|a){1,9}", "a+b", ".*x"])
def test_the_review_of_patterns_refuses_what_would_backtrack(evil: str) -> None:
    with pytest.raises(AssertionError, match="repetition"):
        reach(re._parser.parse(evil))
    assert reach(re._parser.parse(".{0,9}a.{0,9}?b")) == (20, 2)
