# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._beyond import (
    Beyond,
    NamedPolicy,
    at_most,
    beyond,
    includes,
    overlaps,
)
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import Connection, listed
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_documents import plain, rewrite
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_evaluator import decide
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_options import params_in, scopes
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

Document = dict[str, Any]

CONNECTION = Connection()
SCOPE = Scope(CONNECTION.partition, CONNECTION.account_id, CONNECTION.region)
WANTED = build_policy(read_options(CONNECTION.params), SCOPE)
RESULTS = f"arn:aws:s3:::{CONNECTION.bucket}/{CONNECTION.prefix}"
SOURCES = f"arn:aws:s3:::{CONNECTION.source_bucket}"


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> Document:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> Document:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def found(
    live: Document | list[Document], wanted: Document | None = None, boundary: Document | None = None
) -> list[tuple[str, str]]:
    """The actions and resources beyond the one wanted, WANTED if none is given, of policies named P0, P1 and so on."""
    documents = live if isinstance(live, list) else [live]
    policies = [NamedPolicy(f"P{number}", it) for number, it in enumerate(documents)]
    return [(it.action, it.resource) for it in beyond(wanted or WANTED, policies, boundary)]


# Patterns ------------------------------------------------------------------------------------------------------------

# One letter more than any pattern names, and words longer than any pattern.
WORDS = ["".join(letters) for length in range(7) for letters in itertools.product("abz", repeat=length)]


def patterns(length: int) -> list[str]:
    return ["".join(tokens) for size in range(length + 1) for tokens in itertools.product("ab*?", repeat=size)]


def language(pattern: str) -> frozenset[str]:
    expression = re.compile(pattern.replace("?", ".").replace("*", ".*"))
    return frozenset(filter(expression.fullmatch, WORDS))


def test_inclusion_and_overlap_of_all_short_patterns() -> None:
    """Against every word there is: pattern by pattern, not pattern against text."""
    languages = {pattern: language(pattern) for pattern in patterns(3)}
    wrong = [
        (outer, inner)
        for (outer, outers), (inner, inners) in itertools.product(languages.items(), repeat=2)
        if includes(outer, inner) != (inners <= outers) or overlaps(outer, inner) == inners.isdisjoint(outers)
    ]
    assert wrong == []
    assert len(languages) == 85


@examples(600)
@given(st.text("ab*?", max_size=5), st.text("ab*?", max_size=5))
def test_inclusion_and_overlap_of_longer_patterns(outer: str, inner: str) -> None:
    assert includes(outer, inner) == (language(inner) <= language(outer))
    assert overlaps(outer, inner) == (not language(inner).isdisjoint(language(outer)))


def test_patterns_that_are_too_hard_count_as_not_included() -> None:
    """The places at which such a pattern may stand double with each question mark."""
    hard = "*a" + "?" * 40
    assert not includes(hard, f"*b{hard}")
    assert includes("*a" + "?" * 5, "*ba" + "?" * 5)


# Documents -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("s3:GetObject", f"{RESULTS}/2026/*"), False),
        (allow("S3:getobject", f"{RESULTS}/2026/a.csv"), False),
        (allow("s3:GetObject", f"{RESULTS}/${{aws:username}}/*"), False),
        (allow("s3:GetObject", f"{RESULTS}-secret/*"), True),
        (allow("s3:GetObject", f"{RESULTS}*"), True),
        (allow("s3:GetObject", f"{RESULTS.upper()}/*"), True),
        (allow("s3:GetObject", f"arn:aws:s3:::${{aws:username}}/{CONNECTION.prefix}/*"), True),
        (allow("s3:GetObjec?", f"{RESULTS}/*"), True),
        (allow("s3:Get*", f"{RESULTS}/*"), True),
        (allow("sts:AssumeRole"), True),
        (allow("lakeformation:GetDataAccess"), False),
        (allow("lakeformation:GetDataAccess", Condition={"Bool": {"aws:SecureTransport": "true"}}), False),
        (allow("lakeformation:*"), True),
    ],
)
def test_one_statement_is_within_or_beyond(statement: Document, expected: bool) -> None:
    rows = found(document(statement))
    assert rows == ([(statement["Action"], statement["Resource"])] if expected else [])


def test_only_the_part_that_is_beyond_is_named() -> None:
    live = document(allow(["s3:GetObject", "s3:DeleteObject"], [f"{RESULTS}/*", f"{SOURCES}/raw/hr/*"]))
    assert found(live) == [
        ("s3:DeleteObject", f"{RESULTS}/*"),
        ("s3:DeleteObject", f"{SOURCES}/raw/hr/*"),
        ("s3:GetObject", f"{SOURCES}/raw/hr/*"),
    ]


def test_what_several_statements_want_together_is_within() -> None:
    """Results and source data are two statements of ours, and may be one of theirs."""
    assert found(document(allow("s3:GetObject", [f"{RESULTS}/*", f"{SOURCES}/{CONNECTION.source_prefix}/*"]))) == []


def test_each_policy_is_named() -> None:
    policies = [NamedPolicy(name, document(allow("iam:*"))) for name in ("inline policy b of user/x", "arn:a")]
    assert beyond(WANTED, [*policies, policies[0]]) == [
        Beyond("arn:a", "iam:*", "*"),
        Beyond("inline policy b of user/x", "iam:*", "*"),
    ]
    assert beyond(WANTED, policies)[0].row == {"policy": "arn:a", "action": "iam:*", "resource": "*"}


@pytest.mark.parametrize("element", ["NotAction", "NotResource"])
def test_what_is_not_excepted_is_beyond_unless_everything_is_wanted(element: str) -> None:
    name = element.removeprefix("Not")
    statement = allow("s3:GetObject")
    del statement[name]
    statement[element] = ["iam:*", "sts:*"]
    (row,) = found(document(statement))
    assert row[0 if name == "Action" else 1] == f"{element} iam:*, sts:*"
    assert found(document(statement), wanted=document(allow("*"))) == []


PREFIXES = {"StringLike": {"s3:prefix": ["a", "a/*"]}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (PREFIXES, False),
        ({"StringLike": {"S3:PREFIX": "a/*"}}, False),
        ({"StringLike": {"s3:prefix": "a/b/*"}}, False),
        ({"StringLike": {"s3:prefix": "a/b/*"}, "Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringLike": {"s3:prefix": "a/${aws:username}/*"}}, False),
        ({"StringLike": {"s3:prefix": ["a/*", "b/*"]}}, True),
        ({"StringLike": {"s3:prefix": "a*"}}, True),
        ({"StringNotLike": {"s3:prefix": "a"}}, True),
        ({"StringLikeIfExists": {"s3:prefix": "a"}}, True),
        ({"StringLike": {"s3:delimiter": "a"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({}, True),
    ],
)
def test_a_condition_that_is_wanted_has_to_be_there(condition: Document, expected: bool) -> None:
    wanted = document(allow("s3:ListBucket", "arn:aws:s3:::one", Condition=PREFIXES))
    live = document(allow("s3:ListBucket", "arn:aws:s3:::one", Condition=condition))
    assert bool(found(live, wanted)) == expected


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        # All values of a negated operator count together, so that fewer of them let more pass.
        (["a", "b"], ["a", "b"], False),
        (["a", "b"], ["a"], True),
        (["a"], ["a", "b"], True),
    ],
)
def test_negated_conditions_have_to_be_the_same(wanted: list[str], live: list[str], expected: bool) -> None:
    documents = [
        document(allow("s3:ListBucket", Condition={"StringNotEquals": {"s3:prefix": it}})) for it in (wanted, live)
    ]
    assert bool(found(documents[1], documents[0])) == expected


@pytest.mark.parametrize(
    ("statement", "cancels"),
    [
        (deny("iam:*"), True),
        (deny("IAM:pass*", "arn:*"), True),
        ({"Effect": "Deny", "NotAction": ["s3:*", "athena:*"], "Resource": "*"}, True),
        ({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::*"}, True),
        (deny("iam:PassRole", "arn:aws:iam::123456789012:role/one"), False),
        (deny("iam:PassRole", "arn:aws:iam::123456789012:role/${aws:username}"), False),
        (deny("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), False),
        ({"Effect": "Deny", "NotAction": ["iam:Pass*"], "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:${aws:username}*"}, False),
        ({"Effect": "Deny", "Action": "*", "NotResource": "arn:*:role/a*"}, False),
    ],
)
def test_what_is_certainly_denied_is_not_beyond(statement: Document, cancels: bool) -> None:
    live = document(allow("iam:PassRole", "arn:aws:iam::123456789012:role/*"))
    assert bool(found(live)) is True
    assert bool(found([live, document(statement)])) != cancels
    # A deny in the boundary denies as well.
    assert bool(found(live, boundary=document(allow("*"), statement))) != cancels


@pytest.mark.parametrize(
    ("statements", "drops"),
    [
        ([allow("s3:*")], True),
        ([allow("iam:*", "arn:aws:iam::123456789012:user/*")], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*"}], True),
        ([], True),
        ([allow("s3:*"), allow("*:Pass*")], False),
        ([allow("iam:*", "arn:aws:iam::123456789012:role/one")], False),
        ([allow("iam:*", "arn:aws:iam::123456789012:role/${aws:username}")], False),
        ([{"Effect": "Allow", "NotAction": "iam:PassRol", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::123456789012:role/${aws:username}"}], False),
        # A condition may hold.
        ([allow("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], False),
    ],
)
def test_what_the_boundary_certainly_leaves_out_is_not_beyond(statements: list[Document], drops: bool) -> None:
    live = document(allow("iam:PassRole", "arn:aws:iam::123456789012:role/*"))
    assert bool(found(live, boundary=document(*statements))) != drops


def test_a_boundary_that_is_the_wanted_policy_makes_all_else_harmless() -> None:
    administrator = document(allow("*"))
    assert found(administrator, boundary=WANTED) == []
    assert found(administrator, boundary=document(*WANTED["Statement"], allow("iam:PassRole"))) == [("*", "*")]


@pytest.mark.parametrize(
    ("bounds", "drops"),
    [
        # Of the whole bucket, the boundary leaves what is wanted.
        (allow("s3:GetObject", f"{RESULTS}/a/*"), True),
        (allow(["s3:GetObject", "athena:*"], [f"{RESULTS}/*", "arn:aws:s3:::another"]), True),
        (allow("s3:GetObject", f"{RESULTS}*"), False),
        (allow("s3:GetObject*", f"{RESULTS}/*"), False),
        ({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::another/*"}, False),
    ],
)
def test_what_is_wanted_of_what_the_boundary_leaves(bounds: Document, drops: bool) -> None:
    live = document(allow("s3:Get*", f"arn:aws:s3:::{CONNECTION.bucket}/*"))
    assert found(live)
    assert (found(live, boundary=document(bounds)) == []) is drops


@pytest.mark.parametrize(
    ("condition", "cancels"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}, False),
    ],
)
def test_what_is_allowed_on_the_condition_on_which_it_is_denied(condition: Document, cancels: bool) -> None:
    insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    live = document(allow("iam:PassRole", **insecure), deny("iam:*", Condition=condition))
    assert (found(live) == []) is cancels


# Properties ----------------------------------------------------------------------------------------------------------


def drawn_document(data: st.DataObject) -> tuple[Scope, Document, Document]:
    """A scope, options and the document of them."""
    scope = data.draw(scopes())
    params = data.draw(params_in(scope))
    return scope, params, build_policy(read_options(params), scope)


@examples(150)
@given(st.data(), st.integers(0, 10_000))
def test_a_policy_of_ours_is_never_beyond_itself_however_it_is_written(data: st.DataObject, seed: int) -> None:
    _scope, _params, wanted = drawn_document(data)
    assert found(wanted, wanted) == []
    assert found(rewrite(plain(wanted), seed), wanted) == []


@examples(150)
@given(st.data())
def test_a_policy_of_narrower_options_is_never_beyond(data: st.DataObject) -> None:
    scope, params, wanted = drawn_document(data)
    fewer = dict(params)
    for name in ("workgroups", "data_catalogs", "databases"):
        if fewer[name] is None:
            fewer[name] = data.draw(st.none() | st.just(["primary"]))
        else:
            fewer[name] = data.draw(st.lists(st.sampled_from(fewer[name]), min_size=1))
    if fewer["source_locations"]:
        kept = data.draw(st.lists(st.sampled_from(fewer["source_locations"])))
        fewer["source_locations"] = kept or None
    fewer["kms_keys"] = {use: data.draw(st.sampled_from([arns, None])) for use, arns in fewer["kms_keys"].items()}
    for name in ("lake_formation", "result_streaming", "list_data_catalogs"):
        fewer[name] = fewer[name] and data.draw(st.booleans())
    fewer["restrict_listing"] = fewer["restrict_listing"] or data.draw(st.booleans())
    assert found(build_policy(read_options(fewer), scope), wanted) == []


@examples(150)
@given(st.data())
def test_anything_added_to_a_policy_of_ours_is_named(data: st.DataObject) -> None:
    _scope, _params, wanted = drawn_document(data)
    live = plain(wanted)
    statement = data.draw(st.sampled_from(live["Statement"]))
    name = data.draw(st.sampled_from(["Action", "Resource"]))
    additions = {
        "Action": ["iam:PassRole", "s3:GetObject*", "glue:*", "athena:?etWorkGroups", "kms:CreateGrant"],
        "Resource": ["arn:aws:s3:::added/*", "arn:*:glue:*:*:catalog", "arn:aws:s3:::*", "arn:aws:kms:*:*:key/?"],
    }
    added = data.draw(st.sampled_from(additions[name]))
    before = set(statement[name])
    statement[name] = [*statement[name], added]
    rows = found(live, wanted)
    if "*" in before:
        assert rows == []
        return
    other = "Resource" if name == "Action" else "Action"
    assert {row[0 if name == "Action" else 1] for row in rows} == {added}
    assert {row[1 if name == "Action" else 0] for row in rows} == set(statement[other])


@examples(150)
@given(st.data())
def test_a_wildcard_that_widens_a_policy_of_ours_is_named(data: st.DataObject) -> None:
    _scope, _params, wanted = drawn_document(data)
    live = plain(wanted)
    narrowed = [it for it in live["Statement"] if it["Resource"] != ["*"]]
    statement = data.draw(st.sampled_from(narrowed))
    position = data.draw(st.integers(0, len(statement["Resource"]) - 1))
    resource = statement["Resource"][position]
    cut = data.draw(st.integers(0, len(resource.rstrip("*")) - 1))
    wildcard = data.draw(st.sampled_from(["*", "?"]))
    widened = f"{resource[:cut]}*" if wildcard == "*" else f"{resource[:cut]}?{resource[cut + 1 :]}"
    statement["Resource"][position] = widened
    actions = {action for action, it in found(live, wanted) if it == widened}
    assert actions <= set(statement["Action"])
    # What another statement wants on everything (GlueCatalogReadOnly, for instance) stays within.
    everywhere = {action for it in plain(wanted)["Statement"] if it["Resource"] == ["*"] for action in it["Action"]}
    wider = {action for it in plain(wanted)["Statement"] for action in it["Action"] if _wants(it, action, widened)}
    assert actions == set(statement["Action"]) - everywhere - wider


def _wants(statement: Document, action: str, resource: str) -> bool:
    return action in statement["Action"] and any(includes(it, resource) for it in statement["Resource"])


_ACTIONS = sorted({action for it in WANTED["Statement"] for action in listed(it["Action"])})
_RESOURCES = sorted({resource for it in WANTED["Statement"] for resource in listed(it["Resource"])})
_OTHER_ACTIONS = ["s3:Get*", "s3:*Object", "glue:*", "?3:PutObject", "*", "iam:PassRole"]
_OTHER_RESOURCES = [f"{RESULTS}/a/*", f"{RESULTS}*", f"{RESULTS}/??", CONNECTION.arn("glue", "table/*"), "*"]
_OTHER_RESOURCES += [CONNECTION.arn("glue", "database/sales?"), CONNECTION.key("results")[:-1] + "?"]
# What wildcards stand for in the requests.
_NAMES = ("a", "ab", "a/b c", "")


def _some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def _live_statements() -> st.SearchStrategy[Document]:
    """Pieces of what is wanted, and others; what is denied as well."""
    pieces = [
        allow(action, resource)
        for it in WANTED["Statement"]
        for action, resource in itertools.product(listed(it["Action"]), listed(it["Resource"]))
    ]
    actions, resources = _some([*_ACTIONS, *_OTHER_ACTIONS]), _some([*_RESOURCES, *_OTHER_RESOURCES])
    others = st.builds(
        lambda effect, action, resource: {"Effect": effect, **action, **resource},
        st.sampled_from(["Allow", "Deny", "Deny"]),
        st.fixed_dictionaries({"Action": actions}) | st.fixed_dictionaries({"NotAction": actions}),
        st.fixed_dictionaries({"Resource": resources}) | st.fixed_dictionaries({"NotResource": resources}),
    )
    return st.sampled_from(pieces) | others


_REQUESTS = [
    (action, pattern.replace("*", name).replace("?", "x"))
    for action in dict.fromkeys([*_ACTIONS, *(it.replace("*", "Acl").replace("?", "s") for it in _OTHER_ACTIONS)])
    for pattern in [*_RESOURCES, *_OTHER_RESOURCES]
    for name in (_NAMES if "*" in pattern[1:] else _NAMES[:1])
]
_UNWANTED = [request for request in _REQUESTS if decide(WANTED, *request) != "Allow"]


@examples(250)
@given(st.lists(_live_statements(), min_size=1, max_size=5))
def test_where_nothing_is_beyond_no_request_is_allowed_that_is_not_wanted(statements: list[Document]) -> None:
    live = document(*statements)
    if found(live) == []:
        assert [request for request in _UNWANTED if decide(live, *request) == "Allow"] == []


@examples(250)
@given(st.lists(_live_statements(), min_size=1, max_size=3), st.lists(_live_statements(), min_size=1, max_size=3))
def test_where_the_boundary_leaves_nothing_beyond_no_unwanted_request_is_allowed_by_both(
    statements: list[Document], bounds: list[Document]
) -> None:
    live, boundary = document(*statements), document(*bounds)
    if found(live, boundary=boundary) == []:
        allowed = [request for request in _UNWANTED if decide(live, *request) == "Allow"]
        assert [request for request in allowed if decide(boundary, *request) == "Allow"] == []


def test_the_requests_tell_policies_apart() -> None:
    assert len(_REQUESTS) - len(_UNWANTED) > 100
    assert len(_UNWANTED) > 1_000


# The check -----------------------------------------------------------------------------------------------------------

ROWS = [Beyond("arn:p", f"s3:Action{number:02}", "*") for number in range(12)]


def test_a_warning_names_the_first_ten() -> None:
    check = at_most(ROWS, [])
    assert (check.name, check.status) == ("at_most", "warn")
    assert "s3:Action00 on * (arn:p); s3:Action01 on * (arn:p)" in check.detail
    assert "s3:Action09 on *" in check.detail
    assert "s3:Action10" not in check.detail
    assert check.detail.endswith("; and 2 more")
    assert "another connection" in check.remedy


def test_ten_are_all_of_them() -> None:
    assert "more" not in at_most(ROWS[:10], []).detail


def test_what_may_not_be_read_is_named() -> None:
    denied = [Denied("iam:GetPolicy"), Denied("iam:ListGroupsForUser"), Denied("iam:GetPolicy")]
    check = at_most([], denied)
    assert check.status == "unknown"
    assert check.remedy == "Grant iam:GetPolicy, iam:ListGroupsForUser to the identity that runs this task"
    warning = at_most(ROWS[:1], denied)
    assert warning.status == "warn"
    assert "(iam:GetPolicy, iam:ListGroupsForUser)" in warning.detail


def test_no_more_than_wanted_passes() -> None:
    check = at_most([], [])
    assert (check.status, check.remedy) == ("pass", "")
