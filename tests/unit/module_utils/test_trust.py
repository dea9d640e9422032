# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._comparison import grants_of
from ansible_collections.qualytics.athena.plugins.module_utils._identity import role_of_aws
from ansible_collections.qualytics.athena.plugins.module_utils._trust import (
    SID,
    Trust,
    interferences,
    merged,
    trust_drift,
    unique_ids,
    unsavable,
    with_arns,
)
from ansible_collections.qualytics.athena.plugins.module_utils._trust_principals import (
    principal_warnings,
    read_external_id,
    read_principals,
)
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_documents import (
    mutations,
    plain,
    rewrite,
    rubbish,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

Document = dict[str, t.Any]

ACCOUNT, FOREIGN = "123456789012", "210987654321"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
BASE = f"arn:aws:iam::{ACCOUNT}:role/dataplane/base"
OTHER = f"arn:aws:iam::{FOREIGN}:role/other"
DEAD_ID, LIVE_ID = "AROADEADDEADDEADDEADD", "AROALIVELIVELIVELIVEL"


def trust(*arns: str, external_id: str | None = "acme-1", purge: bool = False) -> Trust:
    return Trust(read_principals("trusted_principals", arns or (BASE,), "aws"), external_id, purge)


def statement(**changes: t.Any) -> Document:
    """Our statement with some elements altered; None removes one."""
    altered = {**trust().statement, **changes}
    return {name: value for name, value in altered.items() if value is not None}


def document(*statements: t.Any) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
# What others may have put there; nothing of it is ours.
OTHERS: list[Document] = [
    EC2,
    {"Sid": "Auditors", "Effect": "Allow", "Principal": {"AWS": [OTHER, BASE]}, "Action": ["sts:AssumeRole"]},
    {
        "Sid": "",
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    },
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}},
    },
    {
        "Sid": "Tags",
        "Effect": "Allow",
        "Principal": {"AWS": BASE},
        "Action": ["sts:TagSession", "STS:SetSourceIdentity"],
    },
    {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"x:y": True}},
    },
]


# What is written -----------------------------------------------------------------------------------------------------


def test_the_statement_names_the_base_role_and_the_external_id() -> None:
    assert trust().document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": SID,
                "Effect": "Allow",
                "Principal": {"AWS": BASE},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}},
            }
        ],
    }


def test_several_principals_are_a_list_and_without_external_id_there_is_no_condition() -> None:
    written = trust(BASE, OTHER, BASE, external_id=None).statement
    assert written["Principal"] == {"AWS": [BASE, OTHER]}
    assert "Condition" not in written


# Principals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("kind", ["role/base", "role/a/b/base", "user/base", "root"])
def test_a_principal_of_every_partition(partition: str, kind: str) -> None:
    arn = f"arn:{partition}:iam::{ACCOUNT}:{kind}"
    (read,) = read_principals("trusted_principals", [arn], partition)
    assert (read.arn, read.partition, read.account_id) == (arn, partition, ACCOUNT)
    assert (read.identity is None) is (kind == "root")
    if read.identity:
        assert read.identity.name == "base"
        assert arn.endswith(f"{read.identity.type}{read.identity.path}base")


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_account_id_is_its_root_in_the_partition_of_the_role(partition: str) -> None:
    given_id = read_principals("trusted_principals", [ACCOUNT], partition)
    assert given_id == read_principals("trusted_principals", [f"arn:{partition}:iam::{ACCOUNT}:root"], partition)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("other", PARTITIONS)
def test_no_trust_reaches_across_partitions(partition: str, other: str) -> None:
    arn = f"arn:{other}:iam::{ACCOUNT}:role/base"
    if partition == other:
        assert read_principals("trusted_principals", [arn], partition)
        return
    with pytest.raises(InvalidOption, match="across partitions"):
        read_principals("trusted_principals", [arn], partition)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("*", ["wildcard"]),
        ("arn:aws:iam::*:root", ["wildcard"]),
        ("arn:aws:iam::*:role/base", ["wildcard"]),
        (f"arn:aws:iam::{ACCOUNT}:role/*", ["wildcard"]),
        (f"arn:aws:iam::{ACCOUNT}:role/bas?", ["wildcard"]),
        (f"arn:aws:iam::{ACCOUNT}:role/${{aws:username}}", ["policy variable"]),
        (f"arn:aws:iam::{ACCOUNT}:role/base\n", ["IAM policy"]),
        ("", ["ARN of an IAM role"]),
        (ACCOUNT[:-1], ["ARN of an IAM role"]),
        (f"{ACCOUNT}:root", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:root/base", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:role/", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:role//base", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:role/{'r' * 65}", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:policy/base", ["ARN of an IAM role"]),
        (f"arn:aws:iam:us-east-1:{ACCOUNT}:role/base", ["ARN of an IAM role"]),
        ("base", ["ARN of an IAM role"]),
        (f"arn:aws:iam::{ACCOUNT}:group/base", ["group"]),
        (DEAD_ID, ["unique id", "ARN"]),
        ("AIDADEADDEADDEADDEADD", ["unique id"]),
        ("ec2.amazonaws.com", ["service"]),
        ("ec2.amazonaws.com.cn", ["service"]),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/base/session",
            [f"arn:aws:iam::{ACCOUNT}:role/base", "path", "get-role --role-name base"],
        ),
        (f"arn:aws:iam::{ACCOUNT}:assumed-role/base/session", [f"arn:aws:iam::{ACCOUNT}:role/base", "session"]),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/me",
            ["role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"],
        ),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/base", ["ARN of an IAM role"]),
    ],
)
def test_what_cannot_be_trusted_is_refused(value: str, words: list[str]) -> None:
    with pytest.raises(InvalidOption, match=r"^trusted_principals: ") as caught:
        read_principals("trusted_principals", [BASE, value], "aws")
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("value", ["ab", "a" * 1224, "3f1c7a52-acme", "x=+,.@:/-_X9"])
def test_external_ids(value: str) -> None:
    assert read_external_id("external_id", value) == value
    assert read_external_id("external_id", None) is None


@pytest.mark.parametrize("value", ["", "a", "a" * 1225, "a b", "a*", "a\n", "é" * 5, "a${b}", 'a"b', "a;b", "a#b"])
def test_external_ids_that_sts_does_not_take(value: str) -> None:
    with pytest.raises(InvalidOption, match=r"^external_id: .*1,224"):
        read_external_id("external_id", value)


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("AWSServiceRoleForAmazonEKS", None, "service-linked"),
        ("x", "/aws-service-role/eks.amazonaws.com/", "service-linked"),
        ("AWSReservedSSO_Admin_0123456789abcdef", None, "IAM Identity Center"),
        ("x", "/aws-reserved/sso.amazonaws.com/", "IAM Identity Center"),
    ],
)
def test_roles_that_only_aws_alters(name: str, path: str | None, words: str) -> None:
    assert words in str(role_of_aws(name, path))


@pytest.mark.parametrize(("name", "path"), [("target", None), ("MyAWSServiceRoleFor", "/"), ("x", "/service-role/")])
def test_roles_of_the_account(name: str, path: str | None) -> None:
    assert role_of_aws(name, path) is None


@pytest.mark.parametrize(
    ("arn", "external_id", "words"),
    [
        (OTHER, None, [OTHER, "another account", "external_id"]),
        (f"arn:aws:iam::{FOREIGN}:root", None, [":root", "another account", "external_id"]),
        (OTHER, "acme-1", []),
        (BASE, None, []),
        (f"arn:aws:iam::{ACCOUNT}:root", None, []),
        (
            f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef",
            "acme-1",
            ["IAM Identity Center", "random suffix"],
        ),
        (
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
            "acme-1",
            ["service-linked", "suffix"],
        ),
    ],
)
def test_principals_that_are_warned_of(arn: str, external_id: str | None, words: list[str]) -> None:
    warnings = principal_warnings(trust(arn).principals, ACCOUNT, external_id)
    assert len(warnings) == bool(words)
    assert all(word in warnings[0] for word in words)


# Comparing -----------------------------------------------------------------------------------------------------------

# One change each, and what the drift must name: aspect, kind, words of expected, words of actual.
WIDENED: list[tuple[str, Document, str, str, list[str], list[str]]] = [
    ("everybody", {"Principal": "*"}, "principal", "different", [BASE], ["AWS:*"]),
    ("everybody-aws", {"Principal": {"AWS": "*"}}, "principal", "different", [BASE], ["AWS:*"]),
    ("another-principal", {"Principal": {"AWS": [BASE, OTHER]}}, "principal", "extra", [], [OTHER]),
    ("the-account", {"Principal": {"AWS": [BASE, ACCOUNT]}}, "principal", "extra", [], [ACCOUNT]),
    ("a-service", {"Principal": {"AWS": BASE, "Service": "ec2.amazonaws.com"}}, "principal", "extra", [], ["ec2"]),
    ("exchanged", {"Principal": {"AWS": OTHER}}, "principal", "different", [BASE], [OTHER]),
    ("deleted", {"Principal": {"AWS": DEAD_ID}}, "principal", "different", [BASE], [DEAD_ID]),
    ("no-external-id", {"Condition": None}, "condition", "different", ["externalid acme-1"], ["AssumeRole"]),
    (
        "like",
        {"Condition": {"StringLike": {"sts:ExternalId": "acme-1"}}},
        "condition",
        "different",
        ["StringEquals"],
        ["StringLike"],
    ),
    (
        "like-anything",
        {"Condition": {"StringLike": {"sts:ExternalId": "*"}}},
        "condition",
        "different",
        ["acme-1"],
        ["StringLike sts:externalid *"],
    ),
    (
        "if-exists",
        {"Condition": {"StringEqualsIfExists": {"sts:ExternalId": "acme-1"}}},
        "condition",
        "different",
        ["StringEquals "],
        ["StringEqualsIfExists"],
    ),
    (
        "another-id",
        {"Condition": {"StringEquals": {"sts:ExternalId": "acme-2"}}},
        "condition",
        "different",
        ["acme-1"],
        ["acme-2"],
    ),
    ("extra-action", {"Action": ["sts:AssumeRole", "sts:TagSession"]}, "action", "extra", [], ["tagsession"]),
    ("every-action", {"Action": "sts:*"}, "action", "different", ["sts:AssumeRole"], ["sts:*"]),
    ("denied", {"Effect": "Deny"}, "effect", "different", ["Allow"], ["Deny"]),
    (
        "not-principal",
        {"Principal": None, "NotPrincipal": {"AWS": OTHER}, "Effect": "Allow"},
        "principal",
        "different",
        [BASE],
        ["NotPrincipal"],
    ),
]


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize(
    ("changes", "aspect", "kind", "expected", "actual"), [row[1:] for row in WIDENED], ids=[row[0] for row in WIDENED]
)
def test_one_change_of_our_statement_is_one_drift_that_names_it(
    changes: Document, aspect: str, kind: str, expected: list[str], actual: list[str], purge: bool
) -> None:
    live = document(EC2, statement(**changes)) if not purge else document(statement(**changes))
    (row,) = trust_drift(TARGET, trust(purge=purge), live)
    assert (row.subject, row.aspect, row.kind) == (TARGET, aspect, kind)
    assert (row.expected is None) is (kind == "extra")
    assert all(word in str(row.expected) for word in expected)
    assert all(word.lower() in str(row.actual).lower() for word in actual)
    repaired = merged(trust(purge=purge), live)
    assert trust_drift(TARGET, trust(purge=purge), repaired) == []
    assert repaired["Statement"] == ([trust().statement] if purge else [EC2, trust().statement])


BOTH = trust(BASE, OTHER)


@pytest.mark.parametrize("mutation", list(mutations(plain(BOTH.document))), ids=lambda it: it.what)
def test_every_single_change_is_drift(mutation: t.Any) -> None:
    purging = Trust(BOTH.principals, BOTH.external_id, purge=True)
    assert trust_drift(TARGET, purging, mutation.document)
    assert merged(purging, mutation.document) == BOTH.document
    # What is added beside our statement, and the language of others, are not ours.
    is_ours = mutation.what not in ("Version altered", "statement added")
    assert bool(trust_drift(TARGET, BOTH, mutation.document)) is is_ours
    if is_ours:
        assert grants_of(merged(BOTH, mutation.document)) == grants_of(BOTH.document)


@examples(300)
@given(seed=st.integers(0, 2**32), purge=st.booleans(), external_id=st.sampled_from(["acme-1", None]))
def test_a_rewrite_that_means_the_same_is_no_drift(seed: int, purge: bool, external_id: str | None) -> None:
    asked = trust(BASE, OTHER, f"arn:aws:iam::{ACCOUNT}:root", external_id=external_id, purge=purge)
    written = plain(asked.document)
    written["Statement"][0]["Principal"]["AWS"] = [BASE, OTHER, ACCOUNT]
    assert trust_drift(TARGET, asked, rewrite(written, seed)) == []


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_account_and_its_root_are_the_same_in_every_partition(partition: str) -> None:
    root = f"arn:{partition}:iam::{ACCOUNT}:root"
    asked = Trust(read_principals("trusted_principals", [root], partition), "acme-1")
    assert trust_drift(TARGET, asked, document(statement(Principal={"AWS": ACCOUNT}))) == []
    assert trust_drift(TARGET, asked, document(statement(Principal={"AWS": [root]}))) == []
    assert trust_drift(TARGET, asked, document(statement(Principal={"AWS": FOREIGN}))) != []


def test_a_trust_without_our_statement_misses_it_and_keeps_the_others() -> None:
    live = document(*OTHERS)
    (row,) = trust_drift(TARGET, trust(), live)
    assert (row.aspect, row.kind) == ("statement", "missing")
    assert merged(trust(), live) == document(*OTHERS, trust().statement)


def test_what_others_wrote_is_extra_where_it_is_purged() -> None:
    live = document(EC2, trust().statement, OTHERS[2])
    assert trust_drift(TARGET, trust(), live) == []
    rows = trust_drift(TARGET, trust(purge=True), live)
    assert {row.kind for row in rows} == {"extra"}
    assert any("ec2.amazonaws.com" in str(row.actual) for row in rows)
    assert any("saml" in str(row.actual) for row in rows)
    assert merged(trust(purge=True), live) == trust().document


@examples(300)
@given(
    others=st.lists(st.sampled_from(OTHERS), max_size=4, unique_by=json.dumps),
    ours=st.none() | st.sampled_from([row[1] for row in WIDENED]) | st.just({}),
    place=st.integers(0, 4),
    version=st.sampled_from(["2012-10-17", "2008-10-17", None]),
)
def test_others_survive_to_the_letter(
    others: list[Document], ours: Document | None, place: int, version: str | None
) -> None:
    statements = [*others[:place], *([] if ours is None else [statement(**ours)]), *others[place:]]
    live = {"Version": version, "Id": "of-others", "Statement": statements}
    if version is None:
        del live["Version"]
    before = copy.deepcopy(live)
    written = merged(trust(), live)
    assert live == before
    assert [it for it in written["Statement"] if it != trust().statement] == others
    assert written["Statement"].count(trust().statement) == 1
    assert {name: value for name, value in written.items() if name != "Statement"} == {
        name: value for name, value in live.items() if name != "Statement"
    }
    assert trust_drift(TARGET, trust(), written) == []
    assert merged(trust(), written) == written


@examples(200)
@given(live=rubbish())
def test_rubbish_is_drift_and_repaired(live: t.Any) -> None:
    found = live if isinstance(live, dict) else {"Statement": live}
    assert trust_drift(TARGET, trust(purge=True), found)
    assert trust_drift(TARGET, trust(), found)
    assert trust_drift(TARGET, trust(), merged(trust(), found)) == []
    interferences(trust(), found)
    unique_ids(found)
    with_arns(found, {DEAD_ID: BASE})


# Adoption: written by hand, without our Sid --------------------------------------------------------------------------


ANOTHER_ID = {"StringEquals": {"sts:ExternalId": "workspace-b"}}


@pytest.mark.parametrize(
    "by_hand",
    [
        {"Sid": None, "Condition": None},
        {"Sid": "Statement1", "Condition": None},
        {"Sid": None, "Condition": ANOTHER_ID},
        {"Sid": "Gone", "Principal": {"AWS": DEAD_ID}},
        {"Sid": None, "Principal": {"AWS": [DEAD_ID, OTHER]}},
        # Only ours asks for our external id: its Sid was removed, and it was widened.
        {"Sid": None, "Principal": {"AWS": [BASE, OTHER]}},
        {"Sid": None, "Principal": {"AWS": [BASE, "*"]}},
        {"Sid": None, "Principal": "*"},
        {"Sid": None, "Action": ["sts:AssumeRole", "sts:TagSession"]},
    ],
)
def test_a_statement_that_is_ours_without_our_sid_is_altered_instead_of_doubled(by_hand: Document) -> None:
    live = document(EC2, statement(**by_hand), OTHERS[2])
    assert trust_drift(TARGET, trust(), live)
    assert merged(trust(), live) == document(EC2, trust().statement, OTHERS[2])


LEFT_ALONE: list[Document] = [
    {"Sid": "Shared", "Principal": {"AWS": [BASE, OTHER]}, "Condition": None},
    {"Sid": "WorkspaceB", "Condition": ANOTHER_ID},
    {
        "Sid": "TeamX",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    },
    {"Sid": None, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    {"Sid": None, "Principal": {"AWS": DEAD_ID}, "Condition": None},
    {"Sid": None, "Principal": {"AWS": "*"}, "Condition": None},
    {"Sid": None, "Action": "sts:TagSession"},
    {"Sid": None, "Effect": "Deny"},
]


@pytest.mark.parametrize("by_hand", LEFT_ALONE)
def test_a_statement_that_is_not_ours_alone_is_left_alone(by_hand: Document) -> None:
    live = document(statement(**by_hand))
    assert merged(trust(), live) == document(statement(**by_hand), trust().statement)


@pytest.mark.parametrize("by_hand", [*LEFT_ALONE, {"Sid": "Statement1", "Condition": None}])
def test_a_repair_of_ours_touches_no_other_statement(by_hand: Document) -> None:
    """Where our Sid is there, nothing else is taken for ours."""
    other = statement(**by_hand)
    live = document(other, statement(Condition={"StringEquals": {"sts:ExternalId": "acme-0"}}))
    assert len(trust_drift(TARGET, trust(), live)) == 1
    assert merged(trust(), live) == document(other, trust().statement)


def test_without_an_external_id_the_id_of_somebody_is_not_taken_for_ours() -> None:
    """It may be that of a living principal, shown by its id for a while."""
    asked = trust(external_id=None)
    other = statement(Sid="TeamY", Principal={"AWS": LIVE_ID}, Condition=None)
    assert merged(asked, document(other))["Statement"] == [other, asked.statement]


def test_two_changes_of_our_statement_are_named_each() -> None:
    live = document(statement(Principal={"AWS": [BASE, OTHER]}, Condition=None))
    found = {(row.aspect, row.kind) for row in trust_drift(TARGET, trust(), live)}
    assert found == {("principal", "extra"), ("condition", "different")}


def test_what_another_statement_says_is_not_missing() -> None:
    shared = statement(Sid="Shared", Principal={"AWS": [BASE, OTHER]})
    assert trust_drift(TARGET, trust(), document(shared)) == []
    more = statement(Sid="More", Action=["sts:AssumeRole", "sts:TagSession"])
    assert trust_drift(TARGET, trust(), document(more)) == []
    halves = [statement(Principal={"AWS": arn}, Sid=sid) for arn, sid in ((BASE, None), (OTHER, SID))]
    assert trust_drift(TARGET, BOTH, document(*halves)) == []


# Unique ids ----------------------------------------------------------------------------------------------------------


def test_ids_are_found_among_principals_only() -> None:
    live = document(
        statement(Principal={"AWS": [DEAD_ID, BASE]}),
        {**EC2, "Sid": "AROANOTAPRINCIPALATAL"},
        statement(Sid="Other", Principal={"AWS": "AIDAUSERUSERUSERUSERU"}),
    )
    assert unique_ids(live) == {DEAD_ID, "AIDAUSERUSERUSERUSERU"}
    assert unique_ids(document(EC2, statement(Principal="*"))) == set()


def test_the_id_of_a_live_principal_is_its_arn() -> None:
    live = document(EC2, statement(Principal={"AWS": [LIVE_ID]}))
    shown = with_arns(live, {LIVE_ID: BASE})
    assert trust_drift(TARGET, trust(), shown) == []
    assert live["Statement"][1]["Principal"] == {"AWS": [LIVE_ID]}
    (row,) = trust_drift(TARGET, trust(), with_arns(live, {"AROAANOTHERANOTHERANO": BASE}))
    assert (row.aspect, row.kind) == ("principal", "different")
    assert LIVE_ID in str(row.actual)


def test_without_ids_to_translate_the_document_stays_the_same_object() -> None:
    live = document(EC2)
    assert with_arns(live, {}) is live


# What others' statements do to the connection ------------------------------------------------------------------------


def test_ids_in_kept_statements_cannot_be_saved() -> None:
    tags = {**OTHERS[4], "Principal": {"AWS": [DEAD_ID]}}
    live = document(tags, statement(Principal={"AWS": DEAD_ID}))
    (reason,) = unsavable(trust(), live)
    assert "'Tags'" in reason
    assert DEAD_ID in reason
    assert unsavable(trust(purge=True), live) == []
    assert unsavable(trust(), document(EC2, statement(Principal={"AWS": DEAD_ID}))) == []


EVERYBODY: Document = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
OF_BASE: Document = {"Effect": "Allow", "Principal": {"AWS": BASE}, "Action": "sts:AssumeRole"}
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/base/me"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({**EVERYBODY, "Sid": "Open"}, ["'Open'", "everybody"]),
        ({**EVERYBODY, "Principal": {"AWS": "*"}, "Action": "sts:*"}, ["without Sid", "everybody"]),
        ({**EVERYBODY, "Condition": {"Null": {"sts:ExternalId": "true"}}}, ["everybody"]),
        ({**EVERYBODY, "Condition": {"StringLike": {"sts:ExternalId": "*"}}}, ["everybody"]),
        ({**EVERYBODY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, ["everybody"]),
        ({"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"}, ["everybody"]),
        (OTHERS[1], ["'Auditors'", "without the external_id"]),
        ({**OF_BASE, "Principal": {"AWS": ACCOUNT}}, ["without the external_id"]),
        ({**OF_BASE, "Principal": {"AWS": SESSION}}, ["without the external_id"]),
        ({**OF_BASE, "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "x"}}}, ["without the external_id"]),
        ({**OF_BASE, "Condition": {"StringNotEquals": {"sts:ExternalId": "x"}}}, ["without the external_id"]),
        ({"Sid": "No", "Effect": "Deny", "Principal": {"AWS": BASE}, "Action": "*"}, ["'No'", "denies"]),
        ({"Effect": "Deny", "Principal": "*", "NotAction": "sts:TagSession"}, ["denies"]),
        (OTHERS[0], []),
        (OTHERS[2], []),
        (OTHERS[3], []),
        (OTHERS[4], []),
        (statement(Sid="Same", Principal={"AWS": [BASE, OTHER]}), []),
        ({**OF_BASE, "Sid": "B", "Condition": ANOTHER_ID}, []),
        ({**OF_BASE, "Principal": {"AWS": OTHER}}, []),
        ({"Effect": "Allow", "Principal": "*", "NotAction": "sts:*"}, []),
    ],
)
def test_other_statements_that_are_warned_of(other: Document, words: list[str]) -> None:
    warnings = [*map(str, interferences(trust(), document(other, trust().statement)))]
    assert len(warnings) == bool(words)
    assert all(word in warnings[0] for word in words)
    assert interferences(trust(purge=True), document(other, trust().statement)) == []
    # Whoever is trusted without an ExternalId is not warned of statements without one.
    open_to_all = any("everybody" in warning or "denies" in warning for warning in warnings)
    assert bool(interferences(trust(external_id=None), document(other))) is open_to_all


def test_everybody_of_an_organisation_is_not_everybody() -> None:
    other = {**EVERYBODY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}}
    (interference,) = interferences(trust(), document(other))
    assert "without the external_id" in interference.what
    assert interferences(trust(external_id=None), document(other)) == []
