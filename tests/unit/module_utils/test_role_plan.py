# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._change import Change, Refused, drift_of
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._policy_plan import LivePolicy
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift
from ansible_collections.qualytics.athena.plugins.module_utils._role_plan import (
    Contents,
    LiveRole,
    WantedRole,
    World,
    after,
    base_policy_document,
    base_policy_name,
    plan,
    plan_absent,
    role_diff,
    role_facts,
)
from ansible_collections.qualytics.athena.plugins.module_utils._tags import WantedTags
from ansible_collections.qualytics.athena.plugins.module_utils._trust import Trust
from ansible_collections.qualytics.athena.plugins.module_utils._trust_principals import read_principals
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:role/dq/target"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
OTHER_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/other"
TRUST = Trust(read_principals("trusted_principals", [f"arn:aws:iam::{ACCOUNT}:role/base"], "aws"), "acme-1")
BASE = Identity("role", "base")
BASE_POLICY = LivePolicy("qualytics-athena-assume-target", base_policy_document(ARN), (BASE,))

WANTED = WantedRole(
    "target",
    TRUST,
    path="/dq/",
    description="Reads",
    permissions_boundary=BOUNDARY,
    max_session_duration=7200,
    tags=WantedTags({"team": "data"}),
    base_role=BASE,
)
LIVE = LiveRole(
    "target",
    ARN,
    TRUST.document,
    id="AROA1",
    path="/dq/",
    description="Reads",
    permissions_boundary=BOUNDARY,
    max_session_duration=7200,
    tags={"team": "data"},
)
WORLD = World(LIVE, BASE_POLICY)
NOTHING_ASKED = WantedRole("target", TRUST)


def role(**more: t.Any) -> World:
    return World(dataclasses.replace(LIVE, **more), BASE_POLICY)


def calls(changes: list[Change]) -> list[str]:
    return [change.call for change in changes]


# Present -------------------------------------------------------------------------------------------------------------


def test_in_sync_is_no_change() -> None:
    assert plan(WANTED, WORLD, ARN) == []


def test_a_missing_role_is_created_whole_and_then_the_base_role_may_assume_it() -> None:
    create, put = plan(WANTED, World(), ARN)
    assert create.call == "create_role"
    assert create.drift == (Drift(ARN, "role", "missing", expected="target"),)
    arguments = dict(create.arguments)
    assert json.loads(arguments.pop("trust_policy")) == TRUST.document
    assert arguments == {
        "name": "target",
        "path": "/dq/",
        "description": "Reads",
        "permissions_boundary": BOUNDARY,
        "max_session_duration": 7200,
        "tags": {"team": "data"},
    }
    assert put.call == "put_inline_policy"
    assert put.arguments["identity"] == BASE
    assert put.arguments["name"] == base_policy_name("target")
    assert json.loads(put.arguments["document"])["Statement"] == [
        {"Sid": "AssumeAthenaTargetRole", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ARN}
    ]


def test_what_is_not_asked_for_is_left_alone() -> None:
    assert plan(NOTHING_ASKED, World(LIVE), ARN) == []
    create = plan(NOTHING_ASKED, World(), ARN)[0]
    assert create.arguments["path"] == "/"
    assert [create.arguments[name] for name in ("description", "permissions_boundary", "max_session_duration")] == (
        [None] * 3
    )


CHANGES: list[tuple[str, World, list[str], list[tuple[str, str, str | None, str | None]]]] = [
    ("description", role(description=""), ["update_role"], [("description", "different", "Reads", "")]),
    (
        "duration",
        role(max_session_duration=3600),
        ["update_role"],
        [("max_session_duration", "different", "7200", "3600")],
    ),
    (
        "both",
        role(max_session_duration=3600, description="x"),
        ["update_role"],
        [("description", "different", "Reads", "x"), ("max_session_duration", "different", "7200", "3600")],
    ),
    (
        "no-boundary",
        role(permissions_boundary=""),
        ["put_boundary"],
        [("permissions_boundary", "missing", BOUNDARY, None)],
    ),
    (
        "another-boundary",
        role(permissions_boundary=OTHER_BOUNDARY),
        ["put_boundary"],
        [("permissions_boundary", "different", BOUNDARY, OTHER_BOUNDARY)],
    ),
    (
        "tags",
        role(tags={"team": "x", "by": "hand"}),
        ["untag_role", "tag_role"],
        [("tag", "extra", None, "by=hand"), ("tag", "different", "team=data", "team=x")],
    ),
]


@pytest.mark.parametrize(("world", "expected", "drift"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_each_setting_is_one_call_and_its_drift(
    world: World, expected: list[str], drift: list[tuple[str, str, str | None, str | None]]
) -> None:
    changes = plan(WANTED, world, ARN)
    assert calls(changes) == expected
    assert [(row.aspect, row.kind, row.expected, row.actual) for row in drift_of(changes)] == drift
    assert {row.subject for row in drift_of(changes)} == {ARN}
    assert all(change.arguments["name"] == "target" for change in changes)


@pytest.mark.parametrize("asked", [{"description": "Reads"}, {"max_session_duration": 7200}])
def test_an_update_of_one_setting_keeps_the_other(asked: dict[str, t.Any]) -> None:
    wanted = dataclasses.replace(NOTHING_ASKED, **asked)
    (change,) = plan(wanted, role(description="By hand", max_session_duration=10800), ARN)
    kept = {"description": "By hand", "max_session_duration": 10800}
    assert change.arguments == {"name": "target", **kept, **asked}


def test_an_empty_boundary_is_removed() -> None:
    wanted = dataclasses.replace(NOTHING_ASKED, permissions_boundary="")
    (change,) = plan(wanted, WORLD, ARN)
    assert change == Change(
        "delete_boundary",
        (Drift(ARN, "permissions_boundary", "extra", actual=BOUNDARY),),
        {"name": "target"},
    )
    assert plan(wanted, role(permissions_boundary=""), ARN) == []


def test_a_path_cannot_be_changed() -> None:
    (change,) = plan(dataclasses.replace(NOTHING_ASKED, path="/other/"), WORLD, ARN)
    assert change.call == ""
    assert change.drift == (Drift(ARN, "path", "different", "/other/", "/dq/"),)
    assert "by hand" in change.remedy


def test_nothing_is_wider_than_asked_in_between() -> None:
    """The boundary comes before the trust where it is set, and after it where it is taken away."""
    world = role(permissions_boundary="", trust_policy={"Statement": []}, description="x", tags={})
    assert calls(plan(WANTED, world, ARN)) == ["put_boundary", "update_trust_policy", "update_role", "tag_role"]
    wanted = dataclasses.replace(WANTED, permissions_boundary="")
    world = role(trust_policy={"Statement": []})
    assert calls(plan(wanted, world, ARN)) == ["update_trust_policy", "delete_boundary"]


def test_the_trust_keeps_the_statements_of_others() -> None:
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    widened = {**TRUST.statement, "Principal": "*"}
    (change,) = plan(WANTED, role(trust_policy={"Version": "2012-10-17", "Statement": [widened, other]}), ARN)
    assert change.call == "update_trust_policy"
    assert json.loads(change.arguments["trust_policy"])["Statement"] == [TRUST.statement, other]
    assert [row.aspect for row in change.drift] == ["principal"]


def test_a_trust_that_aws_would_not_save_is_drift_without_a_call() -> None:
    """The id of a deleted principal in a statement of others; check mode must not predict a repair."""
    tags = {"Sid": "Tags", "Effect": "Allow", "Principal": {"AWS": "AROADEADDEADDEADDEAD"}, "Action": "sts:TagSession"}
    (change,) = plan(WANTED, role(trust_policy={"Version": "2012-10-17", "Statement": [tags]}), ARN)
    assert change.call == ""
    assert [row.kind for row in change.drift] == ["missing"]
    for words in ("'Tags'", "AROADEADDEADDEADDEAD", "purge_trust"):
        assert words in change.remedy


def test_the_base_policy_names_the_role_where_it_really_is() -> None:
    elsewhere = role(arn=f"arn:aws:iam::{ACCOUNT}:role/elsewhere/target", path="/elsewhere/")
    (change,) = plan(dataclasses.replace(NOTHING_ASKED, base_role=BASE), elsewhere, ARN)
    assert [row.aspect for row in change.drift] == ["resource"]
    assert change.drift[0].subject == "role/base/qualytics-athena-assume-target"
    assert "role/elsewhere/target" in change.arguments["document"]


def test_names_of_base_policies_have_room_for_every_role() -> None:
    assert len(base_policy_name("r" * 64)) <= 128


# Absent --------------------------------------------------------------------------------------------------------------


def test_nothing_is_removed_where_there_is_nothing() -> None:
    assert plan_absent(WANTED, World(), Contents()) == []


def test_the_right_of_the_base_role_goes_before_the_role() -> None:
    changes = plan_absent(WANTED, WORLD, Contents())
    assert calls(changes) == ["delete_inline_policy", "delete_role"]
    assert {row.kind for row in drift_of(changes)} == {"extra"}
    assert calls(plan_absent(WANTED, World(None, BASE_POLICY), Contents())) == ["delete_inline_policy"]
    assert calls(plan_absent(NOTHING_ASKED, WORLD, Contents())) == ["delete_role"]


IN_THE_WAY = Contents((BOUNDARY, OTHER_BOUNDARY), ("inline",), ("profile",))


def test_everything_that_is_in_the_way_is_named() -> None:
    with pytest.raises(Refused) as caught:
        plan_absent(WANTED, WORLD, IN_THE_WAY)
    for words in (BOUNDARY, OTHER_BOUNDARY, "inline policy inline", "instance profile profile", ARN):
        assert words in str(caught.value)


def test_what_this_run_detached_is_not_in_the_way() -> None:
    wanted = dataclasses.replace(WANTED, gone=frozenset({BOUNDARY, OTHER_BOUNDARY, "inline"}))
    assert calls(plan_absent(wanted, WORLD, dataclasses.replace(IN_THE_WAY, instance_profiles=()))) == [
        "delete_inline_policy",
        "delete_role",
    ]
    with pytest.raises(Refused, match="instance profile profile") as caught:
        plan_absent(wanted, WORLD, IN_THE_WAY)
    assert BOUNDARY not in str(caught.value)


# Results -------------------------------------------------------------------------------------------------------------


@examples(200)
@given(
    live=st.none()
    | st.builds(
        dataclasses.replace,
        st.just(LIVE),
        description=st.sampled_from(["", "Reads", "x"]),
        permissions_boundary=st.sampled_from(["", BOUNDARY, OTHER_BOUNDARY]),
        max_session_duration=st.sampled_from([3600, 7200]),
        tags=st.sampled_from([{}, {"team": "data"}, {"team": "x", "by": "hand"}]),
        trust_policy=st.sampled_from([TRUST.document, {"Version": "2012-10-17", "Statement": []}]),
    ),
    wanted=st.builds(
        dataclasses.replace,
        st.just(WANTED),
        description=st.sampled_from([None, "", "Reads"]),
        permissions_boundary=st.sampled_from([None, "", BOUNDARY]),
        max_session_duration=st.sampled_from([None, 7200]),
        tags=st.builds(WantedTags, st.sampled_from([None, {}, {"team": "data"}]), st.booleans()),
        base_role=st.sampled_from([None, BASE]),
    ),
)
def test_after_the_plan_nothing_is_left_to_do(live: LiveRole | None, wanted: WantedRole) -> None:
    world = World(live)
    then = after(wanted, world, ARN, "AROA1")
    assert plan(wanted, then, ARN) == []
    diff = role_diff(ARN, world, then)
    assert (diff["before"] == diff["after"]) is (plan(wanted, world, ARN) == [])


def test_the_diff_has_a_line_for_each_fact() -> None:
    diff = role_diff(ARN, World(), WORLD)
    assert diff["before_header"] == diff["after_header"] == f"role {ARN}"
    assert diff["before"] == ""
    trusted = f"AWS:arn:aws:iam::{ACCOUNT}:role/base"
    assert diff["after"].splitlines() == [
        "description: Reads",
        "maximum session duration: 7200",
        "name: target",
        "path: /dq/",
        f"permissions boundary: {BOUNDARY}",
        f"role/base/qualytics-athena-assume-target: Allow sts:AssumeRole on {ARN}",
        "tag: team=data",
        "trust policy version: 2012-10-17",
        f"trust: Allow sts:AssumeRole by {trusted} if StringEquals sts:externalid acme-1",
    ]


def test_another_version_of_the_base_roles_policy_is_in_the_diff() -> None:
    policy = t.cast(LivePolicy, WORLD.base_policy)
    older = dataclasses.replace(policy, document={**policy.document, "Version": "2008-10-17"})
    diff = role_diff(ARN, dataclasses.replace(WORLD, base_policy=older), WORLD)
    before, after = (set(diff[side].splitlines()) for side in ("before", "after"))
    assert before - after == {"role/base/qualytics-athena-assume-target: document version: 2008-10-17"}
    assert after <= before


def test_letter_case_of_an_action_alone_makes_no_diff() -> None:
    (statement,) = TRUST.document["Statement"]
    document = {**TRUST.document, "Statement": [{**statement, "Action": "STS:assumerole"}]}
    diff = role_diff(ARN, World(dataclasses.replace(LIVE, trust_policy=document)), World(LIVE))
    assert diff["before"] == diff["after"]


def test_facts() -> None:
    assert role_facts(None) is None
    assert role_facts(dataclasses.replace(LIVE, permissions_boundary="", id=None)) == {
        "arn": ARN,
        "name": "target",
        "id": None,
        "path": "/dq/",
        "description": "Reads",
        "permissions_boundary": None,
        "max_session_duration": 7200,
        "tags": {"team": "data"},
        "trust_policy": TRUST.document,
    }
