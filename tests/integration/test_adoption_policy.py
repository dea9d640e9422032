# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy made by hand: what says the same is not written, and under another name ours is made beside it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox

from .account import Account, Document, arn_of
from .module_runs import Modules
from .test_adoption_guide import page

MODULE = "athena_perm_policy"
OPTIONS = {"name": "ByHand", "iam_name": "qualytics", "output_location": "s3://example-athena-results/qualytics"}


def as_pasted(document: Document) -> Document:
    return document


def turned(document: Document) -> Document:
    """Statements and lists in another order, with other Sids or none."""
    statements = [
        {name: value[::-1] if isinstance(value, list) else value for name, value in it.items() if name != "Sid"}
        for it in document["Statement"][::-1]
    ]
    return {"Statement": [{**statements[0], "Sid": "VisualEditor0"}, *statements[1:]], "Version": "2012-10-17"}


def split(document: Document) -> Document:
    """The first statement as two that overlap, in capitals; no more, as inline policies of a user are small."""
    first, *others = document["Statement"]
    actions = [action.upper() for action in first["Action"]]
    halves = [{**first, "Sid": "", "Action": part} for part in (actions[:5], actions[4:])]
    return {"Version": "2012-10-17", "Statement": [*halves, *others]}


class Place(NamedTuple):
    """Where a policy was put by hand."""

    policy_type: str
    iam_type: str
    path: str = "/"


PLACES = [
    Place("managed", "user"),
    Place("managed", "user", "/by-hand/"),
    Place("managed", "role"),
    Place("inline", "user"),
    Place("inline", "role"),
]


def make(account: Account, place: Place, document: Document) -> None:
    """The policy, and others around it."""
    iam, name = account.iam, "qualytics"
    account.make_identity(place.iam_type, name)
    put = {"user": iam.put_user_policy, "role": iam.put_role_policy}[place.iam_type]
    attach = {"user": iam.attach_user_policy, "role": iam.attach_role_policy}[place.iam_type]
    owner = {f"{place.iam_type.title()}Name": name}
    other = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    attach(**owner, PolicyArn=account.make_policy("Other", other, Tags=[{"Key": "a", "Value": "b"}]))
    put(**owner, PolicyName="Other", PolicyDocument=json.dumps(other))
    if place.policy_type == "inline":
        put(**owner, PolicyName="ByHand", PolicyDocument=json.dumps(document, indent=4))
    else:
        arn = account.make_policy(
            "ByHand", document, place.path, Description="Pasted", Tags=[{"Key": "made", "Value": "by hand"}]
        )
        attach(**owner, PolicyArn=arn)


def options(place: Place, **more: Any) -> dict[str, Any]:
    return {**OPTIONS, "policy_type": place.policy_type, "iam_type": place.iam_type, **more}


@pytest.fixture
def account(clean_sandbox: Sandbox) -> Account:
    return Account(clean_sandbox)


@pytest.fixture
def modules(clean_sandbox: Sandbox) -> Modules:
    return Modules(clean_sandbox)


@pytest.mark.parametrize("written", [as_pasted, turned, split])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_says_the_same_is_taken_over_without_a_write(
    account: Account, modules: Modules, place: Place, written: Any
) -> None:
    make(account, place, written(page()))
    before = json.dumps(account.state())
    for check in (True, False):
        run = modules.run(MODULE, options(place), check=check).ok()
        assert (run.result["changed"], run.result["drift"], run.writes) == (False, [], ())
    assert json.dumps(account.state()) == before


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_is_wider_is_narrowed_in_place(account: Account, modules: Modules, place: Place) -> None:
    document = page()
    document["Statement"][-1]["Action"].append("s3:DeleteObject")
    make(account, place, document)
    before = account.state()
    predicted = modules.run(MODULE, options(place), check=True).ok()
    assert [(aspect, kind) for aspect, kind, _expected, _actual in predicted.drift] == [("action", "extra")]
    applied = modules.run(MODULE, options(place)).ok()
    assert applied.result["drift"] == predicted.result["drift"]
    assert len(applied.writes) == 1
    after = account.state()
    if place.policy_type == "managed":
        arn = arn_of("ByHand", place.path)
        assert after["managed"][arn]["documents"].pop("v2") == page()
        assert (before["managed"][arn].pop("default"), after["managed"][arn].pop("default")) == ("v1", "v2")
    else:
        key = f"{place.iam_type}/qualytics/ByHand"
        assert (before["inline"].pop(key), after["inline"].pop(key)) == (document, page())
    assert json.dumps(after) == json.dumps(before)
    assert not modules.run(MODULE, options(place)).ok().result["changed"]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_under_another_name_ours_is_made_beside_it(account: Account, modules: Modules, place: Place) -> None:
    make(account, place, page())
    before = account.state()
    asked = options(place, name="qualytics-athena", policy_type="managed")
    run = modules.run(MODULE, asked).ok()
    assert {row[1] for row in run.drift} == {"missing"}
    after = account.state()
    assert after["managed"].pop(arn_of("qualytics-athena"))[f"{place.iam_type}s"] == ["qualytics"]
    assert json.dumps(after) == json.dumps(before)
