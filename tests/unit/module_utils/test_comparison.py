# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import assume, given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._comparison import (
    document_drift,
    document_lines,
)
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.plugins.module_utils._report import DRIFT_KINDS, Drift, drift_result
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import PARTITIONS, Connection
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_documents import (
    documents,
    is_named,
    meaning,
    mutations,
    plain,
    rewrite,
    rubbish,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_options import params_in, scopes
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

SUBJECT = "arn:aws:iam::123456789012:policy/athena"
SEEDS = st.integers(min_value=0, max_value=2**32)


def statement(**elements: t.Any) -> dict[str, t.Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **elements}


def document(*statements: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def row(aspect: str, kind: t.Any, expected: str | None = None, actual: str | None = None) -> Drift:
    return Drift(SUBJECT, aspect, kind, expected, actual)


def builder_document(params: dict[str, t.Any], scope: Scope) -> dict[str, t.Any]:
    return build_policy(read_options(params), scope)


def assert_every_difference_is_named(wanted: dict[str, t.Any], live: dict[str, t.Any], drift: list[Drift]) -> None:
    """Each permission that only one of them has stands on its side of a row, and no row is about anything else."""
    missing, extra = meaning(wanted) - meaning(live), meaning(live) - meaning(wanted)
    for permission in missing:
        assert any(is_named(permission, it.expected) for it in drift), (permission, drift)
    for permission in extra:
        assert any(is_named(permission, it.actual) for it in drift), (permission, drift)
    for it in drift:
        assert (
            it.aspect == "version"
            or any(is_named(permission, it.expected) for permission in missing)
            or any(is_named(permission, it.actual) for permission in extra)
        ), it


# Rewrites that mean the same ---------------------------------------------------------------------------------------


@examples(200)
@given(documents(), SEEDS)
def test_a_rewrite_of_the_same_meaning_is_no_drift(wanted: dict[str, t.Any], seed: int) -> None:
    rewritten = rewrite(wanted, seed)
    assert document_drift(SUBJECT, wanted, rewritten) == []
    assert document_drift(SUBJECT, rewritten, wanted) == []
    assert document_drift(SUBJECT, wanted, rewritten) == []


@examples(100)
@given(st.data(), SEEDS)
def test_a_rewrite_of_the_builders_document_is_no_drift(data: st.DataObject, seed: int) -> None:
    scope = data.draw(scopes())
    wanted = builder_document(data.draw(params_in(scope)), scope)
    rewritten = rewrite(plain(wanted), seed)
    assert document_drift(SUBJECT, wanted, rewritten) == []
    assert document_lines(wanted) == document_lines(plain(wanted))


SAME = {
    "scalar action": (statement(Action=["s3:GetObject"]), statement(Action="s3:GetObject")),
    "scalar resource": (statement(Resource=["*"]), statement(Resource="*")),
    "letter case of an action": (statement(), statement(Action="S3:getobject")),
    "repeated action": (statement(), statement(Action=["s3:GetObject", "S3:GetObject"])),
    "repeated wildcard in an action": (statement(Action="s3:Get*"), statement(Action="s3:Get**")),
    "repeated wildcard in a resource": (statement(), statement(Resource="arn:aws:s3:::b/**")),
    "empty Sid": (statement(), statement(Sid="")),
    "another Sid": (statement(Sid="One"), statement(Sid="Two")),
    "null Sid": (statement(), statement(Sid=None)),
    "empty Condition": (statement(), statement(Condition={})),
    "null Condition": (statement(), statement(Condition=None)),
    "Condition with an empty operator": (statement(), statement(Condition={"StringEquals": {}})),
    "letter case of a condition key": (
        statement(Condition={"StringLike": {"s3:prefix": "a"}}),
        statement(Condition={"StringLike": {"S3:Prefix": ["a"]}}),
    ),
    "bool as text": (
        statement(Condition={"Bool": {"aws:SecureTransport": "true"}}),
        statement(Condition={"Bool": {"aws:SecureTransport": True}}),
    ),
    "number as text": (
        statement(Condition={"NumericLessThan": {"s3:max-keys": "10"}}),
        statement(Condition={"NumericLessThan": {"s3:max-keys": 10}}),
    ),
    "order of condition values": (
        statement(Condition={"StringLike": {"s3:prefix": ["a", "b"]}}),
        statement(Condition={"StringLike": {"s3:prefix": ["b", "a", "b"]}}),
    ),
    "everybody": (statement(Principal="*"), statement(Principal={"AWS": ["*"]})),
    "order of NotAction": (
        {"Effect": "Deny", "NotAction": ["s3:GetObject", "iam:*"], "Resource": "*"},
        {"Effect": "Deny", "NotAction": ["IAM:*", "s3:getobject"], "Resource": ["*"]},
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_in_other_words(one: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    assert document_drift(SUBJECT, document(one), document(other)) == []
    assert document_drift(SUBJECT, document(other), document(one)) == []


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_account_is_its_root_user_in_every_partition(partition: str) -> None:
    root = f"arn:{partition}:iam::123456789012:root"
    one, other = (document(statement(Principal={"AWS": it})) for it in ("123456789012", [root]))
    assert document_drift(SUBJECT, one, other) == []
    another = document(statement(Principal={"AWS": f"arn:{partition}:iam::210987654321:root"}))
    assert document_drift(SUBJECT, one, another) == [
        row(
            "principal",
            "different",
            "Allow s3:GetObject on arn:aws:s3:::b/* by AWS:123456789012",
            "Allow s3:GetObject on arn:aws:s3:::b/* by AWS:210987654321",
        )
    ]


def test_as_a_resource_the_root_user_is_not_the_account() -> None:
    one = document(statement(Resource="arn:aws:iam::123456789012:root"))
    assert document_drift(SUBJECT, one, document(statement(Resource="123456789012")))


def test_a_statement_may_stand_without_its_list() -> None:
    assert document_drift(SUBJECT, document(statement()), {"Version": "2012-10-17", "Statement": statement()}) == []


def test_split_and_merged_statements() -> None:
    whole = document(
        statement(Action=["s3:GetObject", "s3:PutObject"], Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"])
    )
    split = document(
        statement(Action="s3:PutObject", Resource=["arn:aws:s3:::c/*", "arn:aws:s3:::b/*"]),
        statement(Resource="arn:aws:s3:::b/*"),
        statement(Resource="arn:aws:s3:::c/*"),
    )
    assert document_drift(SUBJECT, whole, split) == document_drift(SUBJECT, split, whole) == []


# Mutations ---------------------------------------------------------------------------------------------------------


@examples(200)
@given(st.data(), documents(), SEEDS)
def test_every_mutation_is_drift_that_names_it(data: st.DataObject, wanted: dict[str, t.Any], seed: int) -> None:
    mutation = data.draw(st.sampled_from(list(mutations(wanted))))
    same_version = mutation.document["Version"] == wanted["Version"]
    assume(not same_version or meaning(mutation.document) != meaning(wanted))
    drift = document_drift(SUBJECT, wanted, rewrite(mutation.document, seed))
    assert drift
    assert all(it.subject == SUBJECT and it.kind in DRIFT_KINDS for it in drift)
    assert_every_difference_is_named(wanted, mutation.document, drift)


@examples(150)
@given(documents(), documents(), SEEDS)
def test_drift_is_symmetric_and_names_every_difference(
    one: dict[str, t.Any], other: dict[str, t.Any], seed: int
) -> None:
    there, back = document_drift(SUBJECT, one, rewrite(other, seed)), document_drift(SUBJECT, rewrite(other, seed), one)
    assert bool(there) == bool(back) == (meaning(one) != meaning(other))
    assert_every_difference_is_named(one, other, there)
    assert_every_difference_is_named(other, one, back)


@examples(100)
@given(documents(), documents())
def test_a_row_has_the_sides_of_its_kind(one: dict[str, t.Any], other: dict[str, t.Any]) -> None:
    for it in document_drift(SUBJECT, one, other):
        assert (it.expected is None) == (it.kind == "extra")
        assert (it.actual is None) == (it.kind == "missing")
        assert it.expected != it.actual


CONNECTION = Connection()
SCOPE = Scope(CONNECTION.partition, CONNECTION.account_id, CONNECTION.region)
VENDOR = {"output_location": "s3://example-athena-results/athena"}
DOCUMENTS = {
    "vendor example": VENDOR,
    "empty prefix": {"output_location": "s3://example-athena-results"},
    "workgroup": {**VENDOR, "workgroups": ["primary"]},
    "two databases": {**VENDOR, "databases": ["sales", "hr"]},
    "restricted listing": {**VENDOR, "restrict_listing": True},
    "everything": CONNECTION.params,
    "everything, listing restricted": {**CONNECTION.params, "restrict_listing": True},
    "two source buckets": {
        **VENDOR,
        "source_locations": ["s3://lake/a", "s3://lake/b", "s3://archive"],
        "restrict_listing": True,
    },
    "one key for all": {
        **VENDOR,
        "kms_keys": {use: [CONNECTION.key("results")] for use in ("results", "sources", "catalog")},
    },
    "source data in the results bucket": {
        **VENDOR,
        "source_locations": ["s3://example-athena-results/data", "s3://lake/a"],
    },
}


@pytest.mark.parametrize("params", DOCUMENTS.values(), ids=DOCUMENTS)
def test_one_mutation_of_the_builders_document_is_one_row(params: dict[str, t.Any]) -> None:
    assert_one_row_for_each_mutation(builder_document(params, SCOPE), seed=0)


@examples(10)
@given(st.data(), SEEDS)
def test_one_mutation_of_any_document_of_the_builder_is_one_row(data: st.DataObject, seed: int) -> None:
    scope = data.draw(scopes())
    params = data.draw(params_in(scope, shared_names=data.draw(st.booleans())))
    assert_one_row_for_each_mutation(builder_document(params, scope), seed)


def assert_one_row_for_each_mutation(wanted: dict[str, t.Any], seed: int) -> None:
    tried, wrong = 0, []
    for mutation in mutations(plain(wanted)):
        lost = meaning(plain(wanted)) - meaning(mutation.document)
        gained = meaning(mutation.document) - meaning(plain(wanted))
        if mutation.document["Version"] == wanted["Version"] and not lost | gained:
            continue
        tried += 1
        drift = document_drift(SUBJECT, wanted, rewrite(mutation.document, seed, regroup=False))
        assert_every_difference_is_named(plain(wanted), mutation.document, drift)
        if len(drift) != 1 and not (mutation.what.endswith("removed") and len(drift) == fewest_rows(lost)):
            wrong.append(f"{mutation.what}: {len(drift)} rows")
    assert tried > 20
    assert not wrong, "\n".join(wrong)


def fewest_rows(lost: set[t.Any]) -> int:
    """Of a statement that is gone, another one may still say a part: a row for each action, or for each resource."""
    actions, resources = ({permission[position] for permission in lost} for position in (2, 3))
    return min(len(actions), len(resources))


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        pytest.param(
            document(statement(Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b"])),
            row("action", "missing", "Allow s3:PutObject on arn:aws:s3:::b, arn:aws:s3:::b/*"),
            id="action removed",
        ),
        pytest.param(
            document(
                statement(
                    Action=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                    Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b"],
                )
            ),
            row("action", "extra", None, "Allow s3:DeleteObject on arn:aws:s3:::b, arn:aws:s3:::b/*"),
            id="action added",
        ),
        pytest.param(
            document(
                statement(Action=["s3:GetObject", "s3:DeleteObject"], Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b"])
            ),
            row(
                "action",
                "different",
                "Allow s3:PutObject on arn:aws:s3:::b, arn:aws:s3:::b/*",
                "Allow s3:DeleteObject on arn:aws:s3:::b, arn:aws:s3:::b/*",
            ),
            id="action altered",
        ),
        pytest.param(
            document(statement(Action=["s3:GetObject", "s3:PutObject"])),
            row("resource", "missing", "Allow s3:GetObject, s3:PutObject on arn:aws:s3:::b"),
            id="resource removed",
        ),
        pytest.param(
            document(
                statement(
                    Action=["s3:GetObject", "s3:PutObject"],
                    Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::c"],
                )
            ),
            row("resource", "extra", None, "Allow s3:GetObject, s3:PutObject on arn:aws:s3:::c"),
            id="resource added",
        ),
        pytest.param(
            document(
                statement(Action=["s3:GetObject", "s3:PutObject"], Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::c"])
            ),
            row(
                "resource",
                "different",
                "Allow s3:GetObject, s3:PutObject on arn:aws:s3:::b",
                "Allow s3:GetObject, s3:PutObject on arn:aws:s3:::c",
            ),
            id="resource altered",
        ),
        pytest.param(
            document(),
            row(
                "statement", "missing", "Objects: Allow s3:GetObject, s3:PutObject on arn:aws:s3:::b, arn:aws:s3:::b/*"
            ),
            id="statement removed",
        ),
    ],
)
def test_a_row_reads_like_this(live: dict[str, t.Any], expected: Drift) -> None:
    wanted = document(
        statement(
            Sid="Objects", Action=["s3:GetObject", "s3:PutObject"], Resource=["arn:aws:s3:::b/*", "arn:aws:s3:::b"]
        )
    )
    assert document_drift(SUBJECT, wanted, live) == [expected]


def test_an_altered_effect_and_an_altered_condition() -> None:
    wanted = document(statement())
    denied = document_drift(SUBJECT, wanted, document(statement(Effect="Deny")))
    assert denied == [
        row("effect", "different", "Allow s3:GetObject on arn:aws:s3:::b/*", "Deny s3:GetObject on arn:aws:s3:::b/*")
    ]
    condition = {"StringEquals": {"aws:PrincipalAccount": ["123456789012"]}}
    (conditioned,) = document_drift(SUBJECT, wanted, document(statement(Condition=condition)))
    assert (conditioned.aspect, conditioned.kind) == ("condition", "different")
    assert conditioned.actual == (
        "Allow s3:GetObject on arn:aws:s3:::b/* if StringEquals aws:principalaccount 123456789012"
    )


def test_where_it_is_not_certain_what_became_of_a_statement_nothing_is_called_altered() -> None:
    wanted = document(statement(), statement(Action="s3:PutObject"))
    drift = document_drift(SUBJECT, wanted, document(statement(Action="s3:DeleteObject")))
    assert sorted((it.aspect, it.kind, it.expected or it.actual) for it in drift) == [
        ("statement", "extra", "Allow s3:DeleteObject on arn:aws:s3:::b/*"),
        ("statement", "missing", "Allow s3:GetObject on arn:aws:s3:::b/*"),
        ("statement", "missing", "Allow s3:PutObject on arn:aws:s3:::b/*"),
    ]


def test_a_document_without_version_is_of_the_older_one() -> None:
    wanted, live = document(statement()), document(statement())
    del live["Version"]
    assert document_drift(SUBJECT, wanted, live) == [row("version", "different", "2012-10-17", "2008-10-17")]


def test_drift_reads_the_same_whatever_the_order_of_the_documents() -> None:
    wanted, live = plain(builder_document(CONNECTION.params, SCOPE)), plain(builder_document(VENDOR, SCOPE))
    drift = drift_result(document_drift(SUBJECT, wanted, live))
    assert len(drift) > 5
    assert drift_result(document_drift(SUBJECT, backwards(wanted), backwards(live))) == drift
    assert drift_result(document_drift(SUBJECT, wanted, backwards(live))) == drift


def backwards(value: t.Any) -> t.Any:
    """The same with every list and mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(it) for key, it in reversed(value.items())}
    return [backwards(it) for it in reversed(value)] if isinstance(value, list) else value


def test_comparing_alters_neither_document() -> None:
    wanted, live = builder_document(CONNECTION.params, SCOPE), builder_document(VENDOR, SCOPE)
    before = json.dumps([wanted, live])
    document_drift(SUBJECT, wanted, live)
    assert json.dumps([wanted, live]) == before


# Hostile live documents ---------------------------------------------------------------------------------------------

HOSTILE: dict[str, t.Any] = {
    "text": json.dumps(document(statement())),
    "empty text": "",
    "nothing": None,
    "list": [document(statement())],
    "number": 7,
    "empty": {},
    "no statements": {"Version": "2012-10-17", "Statement": []},
    "null statements": {"Version": "2012-10-17", "Statement": None},
    "text for a statement": {"Version": "2012-10-17", "Statement": ["Allow"]},
    "list for a statement": {"Version": "2012-10-17", "Statement": [[statement()]]},
    "null for a statement": {"Version": "2012-10-17", "Statement": [statement(), None]},
    "null elements": {"Version": "2012-10-17", "Statement": [dict.fromkeys(statement())]},
    "nested elements": {
        "Version": "2012-10-17",
        "Statement": [statement(Action={"s3:GetObject": ["*"]}, Resource=[["*"]])],
    },
    "no Action": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "arn:aws:s3:::b/*"}]},
    "both Action and NotAction": {"Version": "2012-10-17", "Statement": [statement(NotAction="s3:PutObject")]},
    "text for a condition": {"Version": "2012-10-17", "Statement": [statement(Condition="StringEquals")]},
    "list for a condition": {"Version": "2012-10-17", "Statement": [statement(Condition=[{"a": 1}, "b"])]},
    "text for condition keys": {"Version": "2012-10-17", "Statement": [statement(Condition={"StringEquals": "a"})]},
    "nested principal": {"Version": "2012-10-17", "Statement": [statement(Principal={"AWS": {"x": ["y"]}})]},
    "an empty statement beside ours": {"Version": "2012-10-17", "Statement": [statement(), {}]},
    "a statement of no action beside ours": {"Version": "2012-10-17", "Statement": [statement(), statement(Action=[])]},
    "a statement of nobody beside ours": {"Version": "2012-10-17", "Statement": [statement(), statement(Principal={})]},
    "empty principal": {"Version": "2012-10-17", "Statement": [statement(Principal={})]},
    "many statements": document(*(statement(Resource=f"arn:aws:s3:::b{number}/*") for number in range(10_000))),
    "ours and many more": document(statement(), *(statement(Action=f"s3:Get{number}") for number in range(10_000))),
}


def test_actions_are_named_as_they_were_written() -> None:
    wanted = statement(Action=["s3:GetObject", "s3:PutObject"])
    [row] = document_drift(SUBJECT, document(wanted), document({**wanted, "Action": ["S3:getobject"]}))
    assert row.expected == "Allow s3:PutObject on arn:aws:s3:::b/*"
    inverse = {"Effect": "Allow", "NotAction": ["s3:PutObject", "IAM:Get**"], "Resource": "*"}
    [row] = document_drift(SUBJECT, document(wanted), document(wanted, inverse))
    assert row.actual == "Allow NotAction IAM:Get*, s3:PutObject on *"


@pytest.mark.parametrize("live", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_drift(live: t.Any) -> None:
    drift = document_drift(SUBJECT, document(statement()), live)
    assert drift
    assert all(it.kind in DRIFT_KINDS and it.subject == SUBJECT for it in drift)


def test_of_many_statements_each_is_named_once() -> None:
    drift = document_drift(SUBJECT, document(statement()), HOSTILE["ours and many more"])
    assert len(drift) == 10_000
    assert {it.kind for it in drift} == {"extra"}


@examples(200)
@given(rubbish(), st.booleans())
def test_rubbish_never_raises_and_never_equals(live: t.Any, as_statement: bool) -> None:
    wanted = builder_document(VENDOR, SCOPE)
    hostile = {"Version": "2012-10-17", "Statement": live} if as_statement else live
    assert document_drift(SUBJECT, wanted, hostile)
    if isinstance(hostile, dict):
        document_lines(hostile)


@examples(200)
@given(rubbish(), st.booleans())
def test_rubbish_beside_our_statements_is_drift(live: t.Any, within: bool) -> None:
    wanted = document(statement())
    beside = statement(NotAction=live) if within else live
    assert document_drift(SUBJECT, wanted, document(statement(), beside))


# Lines --------------------------------------------------------------------------------------------------------------


def test_lines_are_one_for_each_permission_and_sorted() -> None:
    lines = document_lines(
        document(
            statement(Sid="Two", Action=["s3:PutObject", "s3:GetObject"], Resource=["arn:aws:s3:::b/*", "*"]),
            statement(Effect="Deny", Action="s3:*", Condition={"Bool": {"aws:SecureTransport": False}}),
        )
    )
    assert lines == [
        "Allow s3:GetObject on *",
        "Allow s3:GetObject on arn:aws:s3:::b/*",
        "Allow s3:PutObject on *",
        "Allow s3:PutObject on arn:aws:s3:::b/*",
        "Deny s3:* on arn:aws:s3:::b/* if Bool aws:securetransport false",
    ]


@examples(200)
@given(documents(), documents(), SEEDS)
def test_lines_differ_where_the_meaning_does(one: dict[str, t.Any], other: dict[str, t.Any], seed: int) -> None:
    lines = document_lines(one)
    assert lines == sorted(set(lines))
    assert document_lines(rewrite(one, seed), like=one) == lines
    assert (document_lines(rewrite(other, seed), like=one) == lines) == (meaning(one) == meaning(other))
