# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that was made by hand or with Terraform is taken over without a gap, and nothing else is touched."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.sample import RESULTS_BUCKET

from .access_world import BASE_ROLE, Mode
from .adoption_world import MANAGED, OURS_OF_BASE, POLICY_NAME, QUERIES, ROLE, TARGET, AdoptionWorld, Product
from .fleet import write_inventory
from .playbook_runs import Play, run_playbook

MODES: list[Mode] = ["access_key", "iam_role"]


class Story(NamedTuple):
    """The runs in their order, and what there was before and after."""

    world: AdoptionWorld
    drift: Play
    provisioned: Play
    again: Play
    of_others_before: str
    of_others_after: str
    product: Product
    answers_without_access: list[str]

    @property
    def found(self) -> dict[str, Any]:
        result: dict[str, Any] = self.drift.facts("athena_access_result")["connection"]
        return result


@pytest.fixture(scope="module", params=MODES)
def story(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    world = AdoptionWorld(sandbox, request.param)
    directory = tmp_path_factory.mktemp("adoption")
    inventory = write_inventory(directory / "connections.yml", {"connection": world.variables})

    def run(playbook: str) -> Play:
        return run_playbook(sandbox, directory, f"qualytics.athena.{playbook}", "-i", str(inventory))

    before = world.of_others()
    drift = run("drift")
    with Product(world) as product:
        provisioned = run("provision")
    again = run("drift")
    after = world.of_others()
    nobody = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{RESULTS_BUCKET}/*",
    }
    world.set_bucket_policy(nobody)
    return Story(world, drift, provisioned, again, before, after, product, list(Product(world).answers()))


def test_drift_shows_what_is_too_much_and_what_is_missing(story: Story) -> None:
    assert story.drift.status == 2
    assert story.found["status"] == "drift", story.found["error"]
    assert story.drift.writes == ()
    subject = MANAGED if story.world.mode == "access_key" else f"role/{ROLE}/{POLICY_NAME['iam_role']}"
    lines = [line for line in story.found["drift_lines"] if line.endswith(f"({subject})")]
    assert [line for line in lines if line.startswith("extra statement: Allow s3:* on ")]
    assert [line for line in lines if line.startswith("extra statement: Allow athena:* on *")]
    assert [line for line in lines if "kms:Decrypt" in line and line.startswith("missing ")]
    grants = [line for line in story.found["drift_lines"] if " grant: " in line]
    assert grants == [f"extra grant: ALTER on table hr.employees ({story.world.arn})"]


def test_what_is_the_same_is_no_drift(story: Story) -> None:
    """The trust, tags, description and the length of a session stay; of a role only the base role's right is new."""
    rows = [row for row in story.found["drift"] if row["aspect"] not in ("statement", "action", "resource", "grant")]
    if story.world.mode == "access_key":
        assert rows == []
    else:
        assert [(row["subject"], row["aspect"], row["kind"]) for row in rows] == [
            (f"role/{BASE_ROLE}/{OURS_OF_BASE}", "policy", "missing")
        ]


def test_provision_does_what_drift_has_shown(story: Story) -> None:
    assert story.provisioned.status == 0, story.provisioned.output[-3000:]
    result = story.provisioned.facts("athena_access_result")["connection"]
    assert result["status"] == "changed"
    assert result["drift"] == story.found["drift"]
    assert story.world.document() == result["policy"]["document"]
    assert not [row for row in story.world.grants() if "ALTER" in row["Permissions"]]


def test_then_it_is_in_sync(story: Story) -> None:
    assert story.again.status == 0, story.again.output[-3000:]


def test_nothing_else_is_touched(story: Story) -> None:
    assert story.of_others_after == story.of_others_before


def test_access_is_never_lost(story: Story) -> None:
    assert story.product.refusals == []
    assert story.product.served > 2 * len(QUERIES)
    assert all(story.answers_without_access), "the client would not see that it is refused"
    assert len(story.answers_without_access) == len(QUERIES)


def test_nothing_is_made_anew(story: Story) -> None:
    """What others refer to by its ARN or id stays the same thing."""
    made = [call for call in story.provisioned.writes if call.startswith("iam:")]
    expected = {
        "access_key": ["iam:CreatePolicyVersion"],
        "iam_role": ["iam:PutRolePolicy", "iam:PutRolePolicy"],
    }
    assert made == expected[story.world.mode]
    role = story.provisioned.facts("athena_access_result")["connection"]["role"]
    assert (role or {}).get("arn") == (None if story.world.mode == "access_key" else TARGET)
