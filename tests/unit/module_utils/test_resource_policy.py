# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._identity import IdentityArn, parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._resource_policy import (
    Answer,
    Context,
    Request,
    Values,
    allowances,
    allows,
    denials,
)
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

USER = parse_identity_arn("principal", "arn:aws:iam::123456789012:user/vendors/qualytics")
ROLE = parse_identity_arn("principal", "arn:aws:iam::123456789012:role/qualytics")
KEY = "arn:aws:s3:::example-results/athena/0f8fad5b.csv"
BUCKET = "arn:aws:s3:::example-results"


def answer_of(
    statement: dict[str, Any],
    identity: IdentityArn | None = USER,
    action: str = "s3:PutObject",
    resource: str = KEY,
    context: Context | None = None,
) -> Answer:
    """Whether the statement denies the request, completed with what is not under test."""
    whole = {"Effect": "Deny", **statement}
    if "NotPrincipal" not in whole:
        whole.setdefault("Principal", "*")
    if "NotAction" not in whole:
        whole.setdefault("Action", "s3:*")
    if "NotResource" not in whole:
        whole.setdefault("Resource", "*")
    found = denials({"Statement": [whole]}, identity, [Request(action, resource, context or {})])
    # The same statement as an Allow covers the same requests.
    covered = allows({"Statement": [{**whole, "Effect": "Allow"}]}, identity, Request(action, resource, context or {}))
    answer: Answer = (True if found[0].sure else None) if found else False
    assert covered is answer
    return answer


@pytest.mark.parametrize(
    ("arn", "type_", "name"),
    [
        ("arn:aws:iam::123456789012:user/someone", "user", "someone"),
        ("arn:aws:iam::123456789012:user/a/b/someone", "user", "someone"),
        ("arn:aws-us-gov:iam::123456789012:role/some.one+=,@-_", "role", "some.one+=,@-_"),
        ("arn:aws-cn:iam::123456789012:role/aws-reserved/sso.amazonaws.com/x", "role", "x"),
    ],
)
def test_an_identity_is_read(arn: str, type_: str, name: str) -> None:
    identity = parse_identity_arn("principal", arn)
    assert (identity.arn, identity.account_id, identity.type, identity.name) == (arn, "123456789012", type_, name)
    assert identity.partition == arn.split(":")[1]


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "someone",
        "123456789012",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:group/people",
        "arn:aws:iam::123456789012:policy/p",
        "arn:aws:iam::12345678901:user/someone",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:role/a b",
        "arn:aws:sts::123456789012:assumed-role/role/session",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:role/x?",
        "arn:aws:iam::123456789012:role/${aws:username}",
        "arn:aws:iam::123456789012:role/x\n",
        "arn:aws:s3:::role/x",
    ],
)
def test_what_is_no_user_or_role_is_refused(arn: str) -> None:
    with pytest.raises(InvalidOption, match=r"^principal: "):
        parse_identity_arn("principal", arn)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:PutObject"}, True),
        ({"Action": "S3:putobject"}, True),
        ({"Action": "s3:Put*"}, True),
        ({"Action": "s3:?utObject"}, True),
        ({"Action": "*"}, True),
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, True),
        ({"Action": ["s3:GetObject", "s3:DeleteObject"]}, False),
        ({"Action": "s3:PutObjectAcl"}, False),
        ({"NotAction": "s3:GetObject"}, True),
        ({"NotAction": ["s3:GetObject", "s3:Put*"]}, False),
        ({"Resource": KEY}, True),
        ({"Resource": "arn:aws:s3:::example-results/*"}, True),
        ({"Resource": "arn:aws:s3:::example-results/athena/*.csv"}, True),
        ({"Resource": "arn:aws:s3:::example-results/Athena/*"}, False),
        ({"Resource": BUCKET}, False),
        ({"Resource": "arn:aws:s3:::example-results/other/*"}, False),
        ({"Resource": ["arn:aws:s3:::x", "arn:aws:s3:::example-*"]}, True),
        ({"Resource": "arn:aws:s3:::example-results/[a]thena/*"}, False),
        ({"Resource": "arn:aws:s3:::example-results/${aws:username}/*"}, None),
        ({"Resource": "arn:aws:s3:::other-results/${aws:username}/*"}, False),
        ({"NotResource": "arn:aws:s3:::example-results/athena/*"}, False),
        ({"NotResource": "arn:aws:s3:::example-results/other/*"}, True),
        ({"NotResource": "arn:aws:s3:::example-results/${aws:username}/*"}, None),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], expected: Answer) -> None:
    assert answer_of(statement) is expected


@pytest.mark.parametrize(
    ("principal", "user", "role", "unknown"),
    [
        ("*", True, True, True),
        ({"AWS": "*"}, True, True, True),
        ({"AWS": "arn:aws:iam::123456789012:user/vendors/qualytics"}, True, False, None),
        ({"AWS": ["arn:aws:iam::123456789012:role/qualytics"]}, False, True, None),
        ({"AWS": "123456789012"}, True, True, None),
        ({"AWS": "arn:aws:iam::123456789012:root"}, True, True, None),
        ({"AWS": "arn:aws:iam::210987654321:root"}, False, False, None),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/qualytics/one-session"}, False, None, None),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/qualytics-2/one-session"}, False, False, None),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, None, None, None),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, None, None, None),
        ({"Service": "athena.amazonaws.com"}, False, False, False),
        ({"Federated": "cognito-identity.amazonaws.com"}, False, False, False),
        ({"Service": "x.amazonaws.com", "AWS": "123456789012"}, True, True, None),
    ],
)
def test_principals(principal: Any, user: Answer, role: Answer, unknown: Answer) -> None:
    statement = {"Principal": principal}
    assert (answer_of(statement, USER), answer_of(statement, ROLE), answer_of(statement, None)) == (user, role, unknown)


@pytest.mark.parametrize(
    ("principal", "user", "role", "unknown"),
    [
        ("*", False, False, False),
        ({"AWS": "arn:aws:iam::210987654321:root"}, True, True, None),
        ({"Service": "athena.amazonaws.com"}, True, True, None),
        # The account alone does not save its users and roles, and they alone may not be enough.
        ({"AWS": "arn:aws:iam::123456789012:root"}, True, True, None),
        ({"AWS": "arn:aws:iam::123456789012:user/vendors/qualytics"}, None, True, None),
        (
            {"AWS": ["arn:aws:iam::123456789012:user/vendors/qualytics", "arn:aws:iam::123456789012:root"]},
            False,
            True,
            None,
        ),
        ({"AWS": ["arn:aws:iam::123456789012:role/qualytics", "123456789012"]}, True, False, None),
        ({"AWS": ["arn:aws:sts::123456789012:assumed-role/qualytics/s", "123456789012"]}, True, None, None),
    ],
)
def test_everyone_but(principal: Any, user: Answer, role: Answer, unknown: Answer) -> None:
    statement = {"NotPrincipal": principal}
    assert (answer_of(statement, USER), answer_of(statement, ROLE), answer_of(statement, None)) == (user, role, unknown)


ABSENT: tuple[Values, ...] = ((),)


@pytest.mark.parametrize(
    ("condition", "possible", "expected"),
    [
        # One value
        ({"StringEquals": {"k": "a"}}, (("a",),), True),
        ({"StringEquals": {"k": ["b", "a"]}}, (("a",),), True),
        ({"StringEquals": {"k": "A"}}, (("a",),), False),
        ({"StringEquals": {"K": "a"}}, (("a",),), True),
        ({"stringequals": {"k": "a"}}, (("a",),), True),
        ({"StringEquals": {"k": "a*"}}, (("ab",),), False),
        ({"StringEqualsIgnoreCase": {"k": "A"}}, (("a",),), True),
        ({"StringNotEquals": {"k": ["b", "c"]}}, (("a",),), True),
        ({"StringNotEquals": {"k": ["b", "a"]}}, (("a",),), False),
        ({"StringNotEqualsIgnoreCase": {"k": "A"}}, (("a",),), False),
        ({"StringLike": {"k": "a*"}}, (("ab",),), True),
        ({"StringLike": {"k": "a?c"}}, (("ab",),), False),
        ({"StringLike": {"k": "[a]b"}}, (("ab",),), False),
        ({"StringNotLike": {"k": "a*"}}, (("ab",),), False),
        ({"Bool": {"k": "true"}}, (("true",),), True),
        ({"Bool": {"k": True}}, (("true",),), True),
        ({"Bool": {"k": False}}, (("true",),), False),
        ({"ArnEquals": {"k": "arn:aws:iam::1:role/a*"}}, (("arn:aws:iam::1:role/abc",),), True),
        # How a pattern with fewer parts than an ARN compares, AWS does not say.
        ({"ArnLike": {"k": "arn:aws:*"}}, (("arn:aws:iam::1:role/abc",),), None),
        ({"ArnLike": {"k": "*"}}, (("arn:aws:iam::1:role/abc",),), None),
        ({"ArnNotLike": {"k": "*"}}, (("arn:aws:iam::1:role/abc",),), None),
        ({"ArnNotEquals": {"k": "*"}}, (("arn:aws:iam::1:role/abc",),), None),
        ({"ArnNotLike": {"k": "*"}}, ABSENT, True),
        ({"ArnLike": {"k": ["*", "arn:aws:iam::1:role/a*"]}}, (("arn:aws:iam::1:role/abc",),), True),
        ({"ArnNotLike": {"k": ["*", "arn:aws:iam::1:role/a*"]}}, (("arn:aws:iam::1:role/abc",),), False),
        ({"ArnLike": {"k": "arn:aws:iam::1:role/a*"}}, (("abc",),), False),
        ({"ArnLike": {"k": "arn:aws:*:*:*:role/a*"}}, (("arn:aws:iam::1:role/a/b:c",),), True),
        ({"ArnNotLike": {"k": "arn:aws:iam::1:role/b*"}}, (("arn:aws:iam::1:role/abc",),), True),
        ({"ArnNotEquals": {"k": "arn:aws:iam::1:role/abc"}}, (("arn:aws:iam::1:role/abc",),), False),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, (("10.1.2.3",),), True),
        ({"IpAddress": {"k": "10.1.2.3/8"}}, (("10.9.9.9",),), True),
        ({"IpAddress": {"k": "10.1.2.4"}}, (("10.1.2.3",),), False),
        ({"IpAddress": {"k": "2001:db8::/32"}}, (("10.1.2.3",),), False),
        ({"IpAddress": {"k": "nonsense"}}, (("10.1.2.3",),), False),
        ({"NotIpAddress": {"k": ["203.0.113.0/24", "198.51.100.0/24"]}}, (("10.1.2.3",),), True),
        ({"NotIpAddress": {"k": "0.0.0.0/0"}}, (("10.1.2.3",),), False),
        ({"NumericLessThan": {"k": "1.2"}}, (("1.2",), ("1.3",)), False),
        ({"NumericLessThan": {"k": 1.3}}, (("1.2",), ("1.3",)), None),
        ({"NumericLessThanEquals": {"k": "1.2"}}, (("1.2",),), True),
        ({"NumericGreaterThan": {"k": "1.2"}}, (("1.2",),), False),
        ({"NumericGreaterThanEquals": {"k": "1.2"}}, (("1.2",),), True),
        ({"NumericEquals": {"k": "1.20"}}, (("1.2",),), True),
        ({"NumericNotEquals": {"k": "1.20"}}, (("1.2",),), False),
        ({"NumericEquals": {"k": "many"}}, (("1.2",),), False),
        # No value
        ({"StringEquals": {"k": "a"}}, ABSENT, False),
        ({"StringEqualsIfExists": {"k": "a"}}, ABSENT, True),
        ({"StringEqualsIfExists": {"k": "a"}}, (("b",),), False),
        ({"StringNotEquals": {"k": "a"}}, ABSENT, True),
        ({"StringNotEqualsIfExists": {"k": "a"}}, ABSENT, True),
        ({"StringNotEqualsIfExists": {"k": "a"}}, (("a",),), False),
        ({"NotIpAddress": {"k": "10.0.0.0/8"}}, ABSENT, True),
        ({"IpAddress": {"k": "0.0.0.0/0"}}, ABSENT, False),
        ({"BoolIfExists": {"k": "false"}}, ABSENT, True),
        ({"Bool": {"k": "false"}}, ABSENT, False),
        ({"Null": {"k": "true"}}, ABSENT, True),
        ({"Null": {"k": True}}, (("a",),), False),
        ({"Null": {"k": "false"}}, (("a",),), True),
        ({"Null": {"k": "false"}}, ABSENT, False),
        # Several values at once
        ({"ForAnyValue:StringEquals": {"k": "b"}}, (("a", "b"),), True),
        ({"ForAnyValue:StringEquals": {"k": "c"}}, (("a", "b"),), False),
        ({"ForAnyValue:StringNotEquals": {"k": "b"}}, (("a", "b"),), True),
        ({"ForAnyValue:StringNotEquals": {"k": ["a", "b"]}}, (("a", "b"),), False),
        ({"ForAnyValue:StringEquals": {"k": "b"}}, ABSENT, False),
        ({"ForAnyValue:StringNotEquals": {"k": "b"}}, ABSENT, False),
        ({"ForAllValues:StringEquals": {"k": ["a", "b", "c"]}}, (("a", "b"),), True),
        ({"ForAllValues:StringEquals": {"k": "a"}}, (("a", "b"),), False),
        ({"ForAllValues:StringNotEquals": {"k": "c"}}, (("a", "b"),), True),
        ({"ForAllValues:StringLike": {"k": "a*"}}, ABSENT, True),
        # One of several
        ({"StringEquals": {"k": "a"}}, (("a",), ("b",)), None),
        ({"StringNotEquals": {"k": "c"}}, (("a",), ("b",), ()), True),
        ({"Null": {"k": "true"}}, (("a",), ()), None),
        # Not known, or not known here
        ({"StringEquals": {"elsewhere": "a"}}, ABSENT, None),
        ({"Null": {"elsewhere": "true"}}, ABSENT, None),
        ({"StringEquals": {"k": "${aws:PrincipalTag/team}"}}, (("a",),), None),
        ({"StringEquals": {"k": ["${aws:PrincipalTag/team}", "a"]}}, (("a",),), True),
        ({"StringNotEquals": {"k": ["${aws:PrincipalTag/team}", "a"]}}, (("a",),), False),
        ({"DateLessThan": {"k": "2026-01-01T00:00:00Z"}}, (("2025-01-01T00:00:00Z",),), None),
        ({"DateLessThan": {"k": "2026-01-01T00:00:00Z"}}, ABSENT, False),
        # All conditions must hold
        ({"StringEquals": {"k": "a", "elsewhere": "b"}}, (("a",),), None),
        ({"StringEquals": {"k": "z", "elsewhere": "b"}}, (("a",),), False),
        ({"StringEquals": {"k": "a"}, "StringLike": {"k": "b*"}}, (("a",),), False),
        ({"StringEquals": {"k": "a"}, "StringLike": {"k": "a*"}}, (("a",),), True),
        ({}, ABSENT, True),
    ],
)
def test_conditions(condition: dict[str, Any], possible: tuple[Values, ...], expected: Answer) -> None:
    assert answer_of({"Condition": condition}, context={"k": possible}) is expected


def test_only_deny_statements_deny_and_only_allow_statements_allow() -> None:
    request = Request("s3:PutObject", KEY, {})
    statement = {"Principal": "*", "Action": "*", "Resource": "*"}
    assert denials({"Statement": {**statement, "Effect": "Allow"}}, USER, [request]) == []
    assert allows({"Statement": {**statement, "Effect": "Deny"}}, USER, request) is False
    assert denials({"Statement": []}, USER, [request]) == []
    assert denials({}, USER, [request]) == []
    assert allows({}, USER, request) is False


def test_a_denial_is_named() -> None:
    deny: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    policy = {
        "Statement": [
            {**deny, "Effect": "Allow", "Action": "s3:*"},
            {**deny, "Action": ["s3:PutObject", "s3:GetObject"]},
            {
                **deny,
                "Sid": "Perimeter",
                "Action": "s3:*",
                "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "Bool": {"aws:Known": "true"}},
            },
            {**deny, "Sid": "Elsewhere", "Action": "s3:DeleteObject"},
            {**deny, "Sid": "Some", "Principal": {"AWS": "123456789012"}, "Action": "s3:Get*"},
        ]
    }
    requests = [Request(action, KEY, {"aws:known": (("true",),)}) for action in ("s3:PutObject", "s3:GetObject")]
    everywhere, perimeter, some = denials(policy, None, requests)
    assert (everywhere.statement, everywhere.sure) == ("statement number 2", True)
    assert (everywhere.actions, everywhere.depends_on) == (("s3:GetObject", "s3:PutObject"), ())
    # Of what is not sure, only what cannot be told is named.
    assert (perimeter.statement, perimeter.sure) == ("statement 'Perimeter'", False)
    assert perimeter.depends_on == ("StringNotEquals aws:SourceVpc",)
    assert perimeter.keys == {"aws:sourcevpc"}
    assert (some.actions, some.depends_on, some.keys) == (("s3:GetObject",), ("its principals",), frozenset())

    outside = {"aws:known": (("true",),), "aws:sourcevpc": ((),)}
    (_everywhere, sure, _some) = denials(policy, None, [Request("s3:GetObject", KEY, outside)])
    assert sure.sure
    assert sure.depends_on == ("StringNotEquals aws:SourceVpc", "Bool aws:Known")


def test_a_statement_that_denies_some_for_sure_says_so() -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    condition = {"Condition": {"StringEquals": {"s3:prefix": "x"}}}
    requests = [Request("s3:ListBucket", BUCKET, {}), Request("s3:PutObject", KEY, {"s3:prefix": (("x",),)})]
    (denial,) = denials({"Statement": [{**statement, **condition}]}, USER, requests)
    assert denial.sure
    assert denial.actions == ("s3:PutObject",)


@pytest.mark.parametrize(
    ("version", "expected", "possible", "answer"),
    [
        ("2012-10-17", "team-${owner}", (("a",),), True),
        ("2012-10-17", "team-${Owner}", (("a",),), True),
        ("2012-10-17", "team-${owner}", (("b",),), False),
        ("2012-10-17", "team-${owner}", (("a",), ("b",)), None),
        ("2012-10-17", "team-${owner}", (("a", "b"),), None),
        ("2012-10-17", "team-${owner}", ABSENT, None),
        ("2012-10-17", "team-${elsewhere}", (("a",),), None),
        ("2012-10-17", "team-${owner}${elsewhere}", (("a",),), None),
        # Older documents have none.
        ("2008-10-17", "team-${owner}", (("a",),), None),
        (None, "team-${owner}", (("a",),), None),
    ],
)
def test_policy_variables(version: str | None, expected: str, possible: tuple[Values, ...], answer: Answer) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    request = Request("s3:PutObject", "team-a", {"k": (("team-a",),), "owner": possible})
    for part in ({"Resource": expected}, {"Condition": {"StringEquals": {"k": expected}}}):
        policy = {"Version": version, "Statement": {**statement, **part}}
        assert allows(policy, USER, request) is answer


@pytest.mark.parametrize(
    ("principal", "user", "role"),
    [
        ("*", ["everybody"], ["everybody"]),
        ({"AWS": "*"}, ["everybody"], ["everybody"]),
        ({"AWS": USER.arn}, ["identity"], []),
        ({"AWS": ROLE.arn}, [], ["identity"]),
        ({"AWS": "123456789012"}, ["account"], ["account"]),
        ({"AWS": ["arn:aws:iam::123456789012:root", ROLE.arn]}, ["account"], ["account", "identity"]),
        ({"AWS": "arn:aws:iam::210987654321:root"}, [], []),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/qualytics/s"}, [], ["session?"]),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, ["identity?"], ["identity?"]),
        ({"Service": "athena.amazonaws.com"}, [], []),
        ({"Service": "athena.amazonaws.com", "AWS": "*"}, ["everybody"], ["everybody"]),
    ],
)
def test_how_an_identity_is_named(principal: Any, user: list[str], role: list[str]) -> None:
    policy = {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}}
    request = Request("s3:PutObject", KEY, {})
    for identity, expected in ((USER, user), (ROLE, role)):
        found = allowances(policy, identity, request)
        assert [allowance.by + ("" if allowance.sure else "?") for allowance in found] == expected
        assert allows(policy, identity, request) is (True if any(it.sure for it in found) else None if found else False)


def test_everyone_but_some_is_everybody() -> None:
    policy = {"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE.arn}, "Action": "*", "Resource": "*"}}
    assert [it.by for it in allowances(policy, USER, Request("s3:PutObject", KEY, {}))] == ["everybody"]


def test_an_allowance_says_what_it_depends_on() -> None:
    statement = {"Sid": "Team", "Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1", "k": "a"}}
    request = Request("s3:PutObject", KEY, {"k": (("a",),)})
    (found,) = allowances({"Statement": [{**statement, "Condition": condition}]}, USER, request)
    assert (found.statement, found.sure) == ("statement 'Team'", False)
    assert found.depends_on == ("StringEquals aws:PrincipalOrgID",)
    (sure,) = allowances({"Statement": [statement]}, USER, request)
    assert sure.depends_on == ()
    assert allowances({"Statement": [{**statement, "Effect": "Deny"}]}, USER, request) == []


KEYS = st.sampled_from(["k1", "k2", "k3"])
VALUES = st.sampled_from(["a", "b", "ab", "10.0.0.1", "192.0.2.1", "1", "2", "true", "arn:aws:iam::1:role/a"])
PATTERNS = st.one_of(VALUES, st.sampled_from(["*", "a*", "10.0.0.0/8", "${aws:username}", "arn:aws:*:*:*:role/*"]))
OPERATORS = st.builds(
    lambda quantifier, operator, suffix: f"{quantifier}{operator}{suffix}",
    st.sampled_from(["", "ForAnyValue:", "ForAllValues:"]),
    st.sampled_from(
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "IpAddress",
            "NotIpAddress",
            "NumericLessThan",
            "Bool",
            "ArnLike",
            "ArnNotLike",
        ]
    ),
    st.sampled_from(["", "IfExists"]),
) | st.just("Null")
CONDITIONS = st.dictionaries(OPERATORS, st.dictionaries(KEYS, st.lists(PATTERNS, min_size=1, max_size=2), min_size=1))
SOME_VALUES = st.lists(VALUES, max_size=2, unique=True).map(tuple)
CONTEXTS = st.dictionaries(KEYS, st.lists(SOME_VALUES, min_size=1, max_size=3).map(tuple))


def has_short_arn(condition: dict[str, dict[str, list[str]]]) -> bool:
    """Whether something is compared with an ARN pattern of fewer than six parts, of which nothing is known for sure."""
    return any(
        pattern.count(":") < 5
        for operator, keys in condition.items()
        if "Arn" in operator
        for patterns in keys.values()
        for pattern in patterns
    )


@examples(300)
@given(CONDITIONS, CONTEXTS, st.data())
def test_what_is_said_for_sure_is_true_in_every_world(condition: Any, context: Any, data: st.DataObject) -> None:
    """A definite answer from partial knowledge is the answer of every world that agrees with the knowledge."""
    answer = answer_of({"Condition": condition}, context=context)
    world = {key: (data.draw(st.sampled_from(context.get(key) or ((), ("z",)))),) for key in ("k1", "k2", "k3")}
    answer_there = answer_of({"Condition": condition}, context=world)
    if answer is not None:
        assert answer_there is answer
    elif "${" not in str(condition) and not has_short_arn(condition):
        # In one world everything is known, but for the value of a policy variable.
        assert answer_there is not None


@examples(300)
@given(CONDITIONS, CONTEXTS)
def test_a_statement_twice_denies_as_once(condition: Any, context: Any) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    request = Request("s3:PutObject", KEY, context)
    once = denials({"Statement": [statement]}, USER, [request])
    twice = denials({"Statement": [statement, statement]}, USER, [request, request])
    assert [denial.sure for denial in once] * 2 == [denial.sure for denial in twice]
