# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import itertools
import json
import typing as t

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._change import (
    Change,
    Refused,
    drift_of,
    refuse_unrepairable,
)
from ansible_collections.qualytics.athena.plugins.module_utils._comparison import document_lines
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import (
    build_policy,
    read_options,
)
from ansible_collections.qualytics.athena.plugins.module_utils._policy_language import policy_size, policy_text
from ansible_collections.qualytics.athena.plugins.module_utils._policy_plan import (
    LivePolicy,
    WantedPolicy,
    after_inline,
    after_managed,
    attached_facts,
    inline_subject,
    plan_inline,
    plan_inline_absent,
    plan_managed,
    plan_managed_absent,
    policy_diff,
    policy_facts,
)
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift
from ansible_collections.qualytics.athena.plugins.module_utils._tags import WantedTags
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_documents import documents, plain, rewrite
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

ARN = "arn:aws:iam::123456789012:policy/athena"
USER = Identity("user", "dq")
OTHER_USER, ROLE, GROUP = Identity("user", "other"), Identity("role", "dq"), Identity("group", "readers")
DOCUMENT = build_policy(read_options({"output_location": "s3://bucket/athena"}), Scope("aws", "123456789012", None))
NARROWER = {**DOCUMENT, "Statement": DOCUMENT["Statement"][:2]}

WANTED = WantedPolicy("athena", USER, DOCUMENT)
LIVE = LivePolicy("athena", DOCUMENT, (USER,), arn=ARN, path="/", description="Reads with Athena", version_id="v3")


def calls(changes: list[Change]) -> list[str]:
    return [change.call for change in changes]


def wanted(**more: t.Any) -> WantedPolicy:
    return dataclasses.replace(WANTED, **more)


def live(**more: t.Any) -> LivePolicy:
    return dataclasses.replace(LIVE, **more)


def lines(policy: LivePolicy | None) -> list[str]:
    """The facts of a policy as the diff has them."""
    diff = policy_diff(WANTED, policy, policy)
    assert diff["before"] == diff["after"]
    return diff["after"].splitlines()


# Identities ----------------------------------------------------------------------------------------------------------


def test_identities_are_the_same_whatever_their_letter_case() -> None:
    assert USER.is_same(Identity("user", "DQ"))
    assert not USER.is_same(ROLE)
    assert not USER.is_same(OTHER_USER)
    assert str(ROLE) == "role/dq"
    assert live(attached_to=(OTHER_USER, Identity("user", "Dq"))).is_attached_to(USER)
    assert not live(attached_to=(OTHER_USER, ROLE)).is_attached_to(USER)


# A managed policy ----------------------------------------------------------------------------------------------------


def test_in_sync_is_no_change() -> None:
    assert plan_managed(WANTED, LIVE, ARN) == []


def test_a_missing_policy_is_created_and_then_attached() -> None:
    create, attach = plan_managed(wanted(path="/dq/", description="ours", tags=WantedTags({"a": "b"})), None, ARN)
    assert create == Change(
        "create_policy",
        (Drift(ARN, "policy", "missing", expected="athena"),),
        {
            "name": "athena",
            "path": "/dq/",
            "document": policy_text(DOCUMENT),
            "description": "ours",
            "tags": {"a": "b"},
        },
    )
    assert attach == Change(
        "attach_policy",
        (Drift(ARN, "attachment", "missing", expected="user/dq"),),
        {"identity": USER, "arn": ARN},
    )


def test_a_policy_is_created_with_the_defaults_of_iam() -> None:
    create = plan_managed(WANTED, None, ARN)[0]
    assert create.arguments["path"] == "/"
    assert create.arguments["description"] is None
    assert create.arguments["tags"] == {}


def test_an_altered_document_becomes_the_default_version() -> None:
    (change,) = plan_managed(WANTED, live(document=NARROWER), ARN)
    assert change.call == "replace_default_version"
    assert change.arguments == {"arn": ARN, "document": policy_text(DOCUMENT)}
    assert json.loads(change.arguments["document"]) == DOCUMENT
    (row,) = change.drift
    assert (row.subject, row.aspect, row.kind) == (ARN, "statement", "missing")
    assert "S3QueryResultsBucket" in str(row.expected)


def test_a_lost_attachment_is_made_again() -> None:
    (change,) = plan_managed(WANTED, live(attached_to=(OTHER_USER, ROLE, GROUP)), ARN)
    assert change.call == "attach_policy"
    assert change.drift == (Drift(ARN, "attachment", "missing", expected="user/dq"),)


def test_other_attachments_are_left_alone() -> None:
    assert plan_managed(WANTED, live(attached_to=(OTHER_USER, USER, ROLE, GROUP)), ARN) == []


TAGS: dict[str, tuple[dict[str, str] | None, bool, list[str], list[tuple[str, str, str | None, str | None]]]] = {
    "not asked for": (None, True, [], []),
    "the same": ({"team": "dq", "stage": "live"}, True, [], []),
    "all others to go": (
        {},
        True,
        ["untag_policy"],
        [("tag", "extra", None, "stage=live"), ("tag", "extra", None, "team=dq")],
    ),
    "nothing asked and others kept": ({}, False, [], []),
    "one altered": (
        {"team": "data", "stage": "live"},
        True,
        ["tag_policy"],
        [("tag", "different", "team=data", "team=dq")],
    ),
    "one added, others kept": ({"cost": "7"}, False, ["tag_policy"], [("tag", "missing", "cost=7", None)]),
    "one added, others to go": (
        {"cost": "7", "team": "dq"},
        True,
        ["untag_policy", "tag_policy"],
        [("tag", "extra", None, "stage=live"), ("tag", "missing", "cost=7", None)],
    ),
    "letter case of a key": (
        {"Team": "dq", "stage": "live"},
        True,
        ["untag_policy", "tag_policy"],
        [("tag", "extra", None, "team=dq"), ("tag", "missing", "Team=dq", None)],
    ),
}


@pytest.mark.parametrize(("tags", "purge", "expected_calls", "rows"), TAGS.values(), ids=TAGS)
def test_tags(
    tags: dict[str, str] | None, purge: bool, expected_calls: list[str], rows: list[tuple[t.Any, ...]]
) -> None:
    there = live(tags={"team": "dq", "stage": "live", "aws:cloudformation:stack-name": "theirs"})
    changes = plan_managed(wanted(tags=WantedTags(tags, purge)), there, ARN)
    assert calls(changes) == expected_calls
    assert drift_of(changes) == [Drift(ARN, *row) for row in rows]


def test_the_arguments_of_tagging() -> None:
    untag, tag = plan_managed(wanted(tags=WantedTags({"cost": "7"})), live(tags={"team": "dq"}), ARN)
    assert tag.arguments == {"arn": ARN, "tags": {"cost": "7"}}
    assert untag.arguments == {"arn": ARN, "tags": ["team"]}


@pytest.mark.parametrize(
    ("asked", "aspect", "expected", "actual"),
    [
        ({"description": "ours"}, "description", "ours", "Reads with Athena"),
        ({"description": ""}, "description", "", "Reads with Athena"),
        ({"path": "/dq/"}, "path", "/dq/", "/"),
        ({"name": "Athena"}, "name", "Athena", "athena"),
    ],
)
def test_what_aws_cannot_change_is_drift_and_refused(
    asked: dict[str, str], aspect: str, expected: str, actual: str
) -> None:
    (change,) = plan_managed(wanted(**asked), LIVE, ARN)
    assert change.call == ""
    assert change.drift == (Drift(ARN, aspect, "different", expected, actual),)
    with pytest.raises(Refused, match="by hand") as refused:
        refuse_unrepairable([change])
    assert repr(expected) in str(refused.value)
    assert repr(actual) in str(refused.value)
    assert ARN in str(refused.value)


@pytest.mark.parametrize("asked", [{}, {"path": "/"}, {"description": "Reads with Athena"}, {"name": "athena"}])
def test_what_is_there_may_be_asked_for(asked: dict[str, str]) -> None:
    assert plan_managed(wanted(**asked), LIVE, ARN) == []


@pytest.mark.parametrize("there", [None, ""])
def test_no_description_is_an_empty_one(there: str | None) -> None:
    assert plan_managed(wanted(description=""), live(description=there), ARN) == []


def test_the_arn_of_what_is_there_is_used() -> None:
    elsewhere = "arn:aws:iam::123456789012:policy/other/athena"
    changes = plan_managed(
        wanted(path="/dq/", tags=WantedTags({"a": "b"})),
        live(arn=elsewhere, path="/other/", attached_to=(), document=NARROWER),
        ARN,
    )
    assert {row.subject for row in drift_of(changes)} == {elsewhere}
    assert {change.arguments["arn"] for change in changes if change.call} == {elsewhere}


def test_every_combination_of_drift_in_the_order_that_never_narrows_first() -> None:
    """What cannot be repaired stands first, so that it is seen; what takes something away stands last."""
    parts: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], list[str]]] = {
        "path": ({"path": "/dq/"}, {}, [""]),
        "document": ({}, {"document": NARROWER}, ["replace_default_version"]),
        "attachment": ({}, {"attached_to": (ROLE,)}, ["attach_policy"]),
        "tags": ({"tags": WantedTags({"a": "b"})}, {"tags": {"c": "d"}}, ["untag_policy", "tag_policy"]),
    }
    for count in range(len(parts) + 1):
        for chosen in itertools.combinations(parts.values(), count):
            asked = {key: value for part in chosen for key, value in part[0].items()}
            there = {key: value for part in chosen for key, value in part[1].items()}
            changes = plan_managed(wanted(**asked), live(**there), ARN)
            assert calls(changes) == [call for part in chosen for call in part[2]]
            assert all(change.drift for change in changes)


@pytest.mark.parametrize("document", [None, "", "{}", [], {}, {"Statement": "rubbish"}])
def test_a_hostile_live_document_is_replaced(document: t.Any) -> None:
    assert calls(plan_managed(WANTED, live(document=document), ARN)) == ["replace_default_version"]
    diff = policy_diff(WANTED, live(document=document), LIVE)
    assert len(diff["before"].splitlines()) <= len(lines(LIVE)) - len(document_lines(DOCUMENT)) + 1
    assert diff["after"].splitlines() == lines(LIVE)


# Absent --------------------------------------------------------------------------------------------------------------


def test_nothing_is_removed_twice() -> None:
    assert plan_managed_absent(WANTED, None) == []
    assert plan_inline_absent(WANTED, None) == []


def test_a_policy_is_detached_cleared_of_versions_and_deleted_in_that_order() -> None:
    there = live(attached_to=(Identity("user", "DQ"),), spare_versions=("v1", "v2"))
    changes = plan_managed_absent(WANTED, there)
    assert calls(changes) == ["detach_policy", "delete_policy_version", "delete_policy_version", "delete_policy"]
    assert [change.arguments for change in changes] == [
        {"identity": Identity("user", "DQ"), "arn": ARN},
        {"arn": ARN, "version_id": "v1"},
        {"arn": ARN, "version_id": "v2"},
        {"arn": ARN},
    ]
    assert drift_of(changes) == [
        Drift(ARN, "attachment", "extra", actual="user/DQ"),
        Drift(ARN, "version", "extra", actual="v1"),
        Drift(ARN, "version", "extra", actual="v2"),
        Drift(ARN, "policy", "extra", actual="athena"),
    ]


def test_a_policy_without_attachment_is_deleted_too() -> None:
    assert calls(plan_managed_absent(WANTED, live(attached_to=()))) == ["delete_policy"]


@pytest.mark.parametrize(
    ("attached_to", "boundary_of", "listed", "unlisted"),
    [
        ((USER, OTHER_USER), (), "user/other", "user/dq"),
        ((ROLE, GROUP), (), "role/dq, group/readers", "user/"),
        ((USER,), (ROLE,), "role/dq (as permissions boundary)", "user/dq"),
        ((USER,), (USER,), "user/dq (as permissions boundary)", "user/dq,"),
        ((OTHER_USER,), (GROUP,), "user/other, group/readers (as permissions boundary)", "user/dq"),
    ],
)
def test_a_policy_of_others_is_not_removed_and_they_are_listed(
    attached_to: tuple[Identity, ...], boundary_of: tuple[Identity, ...], listed: str, unlisted: str
) -> None:
    with pytest.raises(Refused) as refused:
        plan_managed_absent(WANTED, live(attached_to=attached_to, boundary_of=boundary_of, spare_versions=("v1",)))
    assert str(refused.value).endswith(f": {listed}")
    assert ARN in str(refused.value)
    assert unlisted not in str(refused.value)


# An inline policy ----------------------------------------------------------------------------------------------------


def test_an_inline_policy_is_put_where_it_is_missing_or_altered() -> None:
    subject = inline_subject(WANTED)
    assert subject == "user/dq/athena"
    (missing,) = plan_inline(WANTED, None)
    assert missing == Change(
        "put_inline_policy",
        (Drift(subject, "policy", "missing", expected="athena"),),
        {"identity": USER, "name": "athena", "document": policy_text(DOCUMENT)},
    )
    (altered,) = plan_inline(WANTED, LivePolicy("athena", NARROWER, (USER,)))
    assert (altered.call, altered.arguments) == (missing.call, missing.arguments)
    assert [(it.subject, it.aspect, it.kind) for it in altered.drift] == [(subject, "statement", "missing")]
    assert plan_inline(WANTED, LivePolicy("athena", DOCUMENT, (USER,))) == []


def test_an_inline_policy_is_deleted() -> None:
    (change,) = plan_inline_absent(WANTED, LivePolicy("athena", DOCUMENT, (USER,)))
    assert change == Change(
        "delete_inline_policy",
        (Drift("user/dq/athena", "policy", "extra", actual="athena"),),
        {"identity": USER, "name": "athena"},
    )


# After the plan ------------------------------------------------------------------------------------------------------

_KEYS = st.sampled_from(["team", "Team", "stage", "cost"])
_TAGS = st.dictionaries(_KEYS, st.sampled_from(["", "1", "2"]), max_size=3)
_IDENTITIES = st.lists(
    st.sampled_from([USER, Identity("user", "DQ"), OTHER_USER, ROLE, GROUP]), max_size=3, unique=True
)
_WANTED = st.builds(
    WantedPolicy,
    name=st.just("athena"),
    identity=st.sampled_from([USER, ROLE]),
    document=documents(),
    path=st.none() | st.just("/dq/"),
    description=st.none() | st.sampled_from(["", "ours"]),
    tags=st.builds(WantedTags, st.none() | _TAGS, st.booleans()),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[WantedPolicy, LivePolicy | None]:
    """What is wanted, and something there that can be made it (or nothing)."""
    asked = draw(_WANTED)
    there = st.builds(
        LivePolicy,
        name=st.just("athena"),
        document=documents() | st.builds(rewrite, st.just(asked.document), st.integers(0, 99)) | st.none(),
        attached_to=_IDENTITIES.map(tuple),
        arn=st.just(ARN),
        path=st.just(asked.path or "/"),
        description=st.just(asked.description or None) if asked.description is not None else st.none() | st.just("x"),
        version_id=st.just("v1"),
        tags=st.dictionaries(_KEYS | st.just("aws:stack"), st.sampled_from(["", "1", "2"]), max_size=3),
    )
    return asked, draw(st.none() | there)


@examples(150)
@given(worlds())
def test_after_the_plan_nothing_is_left_to_do(world: tuple[WantedPolicy, LivePolicy | None]) -> None:
    asked, there = world
    changes = plan_managed(asked, there, ARN)
    refuse_unrepairable(changes)
    after = after_managed(asked, there, ARN, "v2")
    assert plan_managed(asked, after, ARN) == []
    assert after.is_attached_to(asked.identity)
    assert after.arn == ARN
    assert after.version_id == "v2"
    if there is not None:
        assert set(there.attached_to) <= set(after.attached_to)
        assert (after.path, after.description or None) == (there.path, there.description)
        if asked.tags.tags is None:
            assert after.tags == there.tags


@examples(150)
@given(worlds())
def test_where_nothing_is_to_do_the_diff_is_empty(world: tuple[WantedPolicy, LivePolicy | None]) -> None:
    asked, there = world
    in_sync = after_managed(asked, there, ARN, "v2")
    assert plan_managed(asked, in_sync, ARN) == []
    diff = policy_diff(asked, in_sync, after_managed(asked, in_sync, ARN, "v2"))
    assert diff["before"] == diff["after"]


@examples(150)
@given(worlds())
def test_where_something_is_to_do_the_diff_shows_it(world: tuple[WantedPolicy, LivePolicy | None]) -> None:
    asked, there = world
    diff = policy_diff(asked, there, after_managed(asked, there, ARN, "v2"))
    assert (diff["before"] != diff["after"]) is bool(plan_managed(asked, there, ARN))


@examples(150)
@given(st.sampled_from([DOCUMENT, NARROWER]), st.integers(0, 2**32))
def test_a_document_in_other_words_makes_no_diff(document: dict[str, t.Any], seed: int) -> None:
    asked, there = wanted(document=document), live(document=rewrite(plain(document), seed))
    assert plan_managed(asked, there, ARN) == []
    diff = policy_diff(asked, there, after_managed(asked, there, ARN, "v3"))
    assert diff["before"] == diff["after"]


def test_after_an_inline_policy_was_put() -> None:
    after = after_inline(WANTED)
    assert plan_inline(WANTED, after) == []
    assert (after.arn, after.path, after.version_id, after.attached_to) == (None, None, None, (USER,))


# Results -------------------------------------------------------------------------------------------------------------


def test_the_diff_of_a_managed_policy() -> None:
    found = lines(live(attached_to=(ROLE, OTHER_USER), tags={"b": "2", "a": "1"}))
    said = 8 + 9 + 7 * 2
    assert "Allow athena:GetWorkGroup on *" in found[:said]
    assert all(line.startswith("Allow ") for line in found[:said])
    assert found[said:] == [
        "attached to: role/dq",
        "attached to: user/other",
        "description: Reads with Athena",
        "document version: 2012-10-17",
        "name: athena",
        "path: /",
        "tag: a=1",
        "tag: b=2",
    ]
    assert lines(None) == []


@examples(60)
@given(worlds(), st.integers(0, 2**32))
def test_the_diff_does_not_depend_on_the_order_of_what_aws_lists(
    world: tuple[WantedPolicy, LivePolicy | None], seed: int
) -> None:
    _asked, there = world
    if there is None or there.document is None:
        return
    turned = dataclasses.replace(
        there, attached_to=there.attached_to[::-1], tags=dict(reversed(list(there.tags.items())))
    )
    assert lines(turned) == lines(there)


def test_the_diff_of_what_is_made_and_of_what_is_removed() -> None:
    made, removed = policy_diff(WANTED, None, LIVE), policy_diff(WANTED, LIVE, None)
    assert {made["before_header"], made["after_header"], removed["before_header"]} == {f"policy {ARN}"}
    assert (made["before"], made["after"].splitlines()) == ("", lines(LIVE))
    assert (removed["before"].splitlines(), removed["after"]) == (lines(LIVE), "")


def test_the_diff_of_one_change_is_that_change() -> None:
    diff = policy_diff(WANTED, live(document=NARROWER), LIVE)
    before, after = (set(diff[side].splitlines()) for side in ("before", "after"))
    assert before < after
    assert len(after - before) == 14


@pytest.mark.parametrize("asked", [{"path": "/b/"}, {"description": "Other"}, {"name": "Athena"}])
def test_what_aws_cannot_change_is_in_the_diff(asked: dict[str, str]) -> None:
    ((aspect, value),) = asked.items()
    diff = policy_diff(wanted(**asked), LIVE, after_managed(wanted(**asked), LIVE, ARN, None))
    before, after = (set(diff[side].splitlines()) for side in ("before", "after"))
    assert after - before == {f"{aspect}: {value}"}
    assert before - after == {f"{aspect}: {getattr(LIVE, aspect)}"}


def test_the_diff_of_an_inline_policy() -> None:
    diff = policy_diff(WANTED, None, after_inline(WANTED))
    assert diff["before_header"] == "inline policy user/dq/athena"
    others = [line for line in diff["after"].splitlines() if not line.startswith("Allow ")]
    assert others == ["attached to: user/dq", "document version: 2012-10-17", "name: athena"]


def test_the_policy_that_is_returned() -> None:
    facts = policy_facts(live(tags={"a": "b"}))
    assert facts == {
        "arn": ARN,
        "name": "athena",
        "path": "/",
        "document": DOCUMENT,
        "version_id": "v3",
        "size": policy_size(DOCUMENT),
        "tags": {"a": "b"},
    }
    assert policy_facts(None) is None


def test_what_it_is_attached_to_is_returned_sorted() -> None:
    assert attached_facts(live(attached_to=(USER, ROLE, OTHER_USER))) == [
        {"type": "role", "name": "dq"},
        {"type": "user", "name": "dq"},
        {"type": "user", "name": "other"},
    ]
    assert attached_facts(None) == []
