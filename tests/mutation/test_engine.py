# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine itself: that it derives what there is, and that its score falls where drift is missed or made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils import _comparison, _grants, _tags
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift

from .case import Case, mutation, rewrite
from .cases import Score, judge, sample
from .connection import ByModule, Outcome
from .documents import IDENTITY, mutations, rewrites
from .rows import Row
from .worlds import WORLDS, Hands, World

ROW = Row("role/a", "tag", "missing", "team=data", None)
FOUND = Outcome((ROW,), True, ())
REPAIRED = Outcome((ROW,), True, ("iam:TagRole",))
SILENT = Outcome((), False, ())
MUTATION, BY_HAND = (mutation("tag", "gone", lambda _hands: None, [ROW], words) for words in ("", "by hand"))
REWRITE = rewrite("tag", "turned", lambda _hands: None)


class Scripted:
    """A connection that says what it is told to, one outcome after the other."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = iter(outcomes)

    def compare(self) -> Outcome:
        return next(self._outcomes)

    def provision(self) -> Outcome:
        return next(self._outcomes)


@pytest.mark.parametrize(
    ("case", "outcomes"),
    [
        (MUTATION, (FOUND, REPAIRED, SILENT)),
        (REWRITE, (SILENT, SILENT)),
        (BY_HAND, (FOUND, Outcome((ROW,), False, (), "AWS wants it by hand"))),
    ],
)
def test_what_is_right_is_judged_right(case: Case, outcomes: Sequence[Outcome]) -> None:
    assert judge(case, Scripted(*outcomes)) == []


def altered(outcome: Outcome, **changes: Any) -> Outcome:
    return dataclasses.replace(outcome, **changes)


@pytest.mark.parametrize(
    ("case", "outcomes", "words"),
    [
        (MUTATION, (SILENT, SILENT, SILENT), "not found"),
        (MUTATION, (altered(FOUND, rows=(ROW, ROW)), REPAIRED, SILENT), "found without being there"),
        (MUTATION, (altered(FOUND, rows=(ROW._replace(expected="team=x"),)), REPAIRED, SILENT), "not found"),
        (MUTATION, (altered(FOUND, rows=(ROW._replace(subject="role/b"),)), REPAIRED, SILENT), "not found"),
        (MUTATION, (altered(FOUND, changed=False), REPAIRED, SILENT), "changed is False"),
        (MUTATION, (altered(FOUND, writes=("iam:TagRole",)), REPAIRED, SILENT), "check mode wrote"),
        (MUTATION, (altered(FOUND, failure="no"), REPAIRED, SILENT), "failed: no"),
        (MUTATION, (FOUND, altered(REPAIRED, rows=()), SILENT), "something else than found"),
        (MUTATION, (FOUND, altered(REPAIRED, writes=()), SILENT), "writes of the repair"),
        (MUTATION, (FOUND, altered(REPAIRED, failure="no"), SILENT), "not repaired: no"),
        (MUTATION, (FOUND, REPAIRED, FOUND), "not silent after the repair"),
        (MUTATION, (FOUND, REPAIRED, altered(SILENT, writes=("iam:TagRole",))), "not silent after the repair"),
        (REWRITE, (FOUND, SILENT), "found without being there"),
        (REWRITE, (altered(SILENT, changed=True), SILENT), "changed is True"),
        (REWRITE, (SILENT, altered(SILENT, writes=("iam:TagRole",))), "writes of the repair"),
        (BY_HAND, (FOUND, REPAIRED), "written although refused"),
        (BY_HAND, (FOUND, SILENT), "not refused"),
    ],
)
def test_what_is_wrong_is_judged_wrong(case: Case, outcomes: Sequence[Outcome], words: str) -> None:
    assert any(words in line for line in judge(case, Scripted(*outcomes)))


def test_the_score_counts_what_went_wrong() -> None:
    score = Score()
    for case, is_good in ((MUTATION, True), (MUTATION, False), (REWRITE, True), (BY_HAND, True)):
        score.count(case, is_good)
    assert list(score.lines()) == ["found 2 / mutated 3  tag", "silent 1 / rewritten 1  tag", score.total]
    assert score.total == "found 2 / mutated 3, silent 1 / rewritten 1"


def test_a_sample_has_some_of_each_kind_and_is_always_the_same() -> None:
    world = WORLDS[0]
    cases = [(world, rewrite(kind, str(number), lambda _hands: None)) for kind in "ab" for number in range(5)]
    assert [(case.kind, case.name) for _world, case in sample(cases, 3)] == [
        ("a", "0"),
        ("a", "3"),
        ("b", "0"),
        ("b", "3"),
    ]
    assert sample(cases[::-1], 3) == sample(cases, 3)
    assert len(sample(cases, 100)) == 2
    assert len(sample(cases, 1)) == 10


def test_every_part_of_a_document_is_mutated() -> None:
    statement = {
        "Sid": "S",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::b/*",
    }
    condition = {"StringLike": {"s3:prefix": ["a", "b"]}}
    document = {"Version": "2012-10-17", "Statement": [statement, {**statement, "Sid": "T", "Condition": condition}]}
    found = list(mutations(document, "policy/p", IDENTITY))
    assert {it.kind for it in found} == {"action", "resource", "effect", "condition", "statement", "version"}
    names = {it.name for it in found}
    for label in ("S", "T"):
        assert {f"{label}: without s3:GetObject", f"{label}: without s3:PutObject", f"{label}: gone"} <= names
    assert {"T: s3:prefix without a", "T: s3:prefix without b", "T: without StringLike s3:prefix"} <= names
    documents = [str(it.document) for it in found]
    assert len(set(documents)) == len(documents)
    assert str(document) not in documents
    assert all(it.rows for it in found)
    texts = [text for _name, text in rewrites(document, IDENTITY)]
    assert len(set(texts)) == len(texts)


# A collection that is blind -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blind_world(derive: Callable[[World], list[Case]]) -> tuple[World, list[Case]]:
    """A world with some of everything, and some cases of each kind."""
    world = next(it for it in WORLDS if it.name == "role, everything")
    cases = sample([(world, case) for case in derive(world)], 40)
    return world, [case for _world, case in cases]


def score_of(blind_world: tuple[World, list[Case]], hands: Hands, *kinds: str) -> Score:
    world, cases = blind_world
    score = Score()
    for case in cases:
        if case.kind in kinds:
            hands.sandbox.restore(world.name)
            case.alter(hands)
            score.count(case, not judge(case, ByModule(hands.sandbox, world.options)))
    return score


@pytest.mark.parametrize(
    ("place", "name", "blind", "kinds"),
    [
        (_comparison, "condition_of", lambda _value: (), ("policy: condition", "trust: condition")),
        (_comparison, "version_of", lambda _document: "2012-10-17", ("policy: version",)),
        (_tags.WantedTags, "compare", lambda _self, _live: ({}, []), ("tag",)),
        (_grants, "is_covered", lambda _atom, _held: True, ("grant", "grant option", "column")),
    ],
)
def test_a_blind_collection_has_no_score(
    blind_world: tuple[World, list[Case]],
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    blind: Any,
    kinds: tuple[str, ...],
) -> None:
    whole = score_of(blind_world, hands, *kinds)
    monkeypatch.setattr(place, name, blind)
    blinded = score_of(blind_world, hands, *kinds)
    for kind in kinds:
        assert whole.good[False, kind] == whole.all[False, kind] > 0
        assert blinded.good[False, kind] == 0
        assert blinded.all[False, kind] == whole.all[False, kind]


def test_a_collection_that_cries_wolf_has_no_score(
    blind_world: tuple[World, list[Case]], hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_the_letter(subject: str, wanted: Any, live: Any) -> list[Drift]:
        return [] if wanted == live else [Drift(subject, "document", "different", str(wanted), str(live))]

    monkeypatch.setattr(_comparison, "document_drift", by_the_letter)
    score = score_of(blind_world, hands, "policy in other words")
    assert score.good[True, "policy in other words"] == 0 < score.all[True, "policy in other words"]
