# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-playbook prints with --diff, to the letter."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from athena_sandbox import Sandbox

from .account import Account, arn_of
from .fleet import BASE, HR, HR_ROLE, make_world, write_inventory
from .playbook_runs import Play, run_playbook

POLICY = arn_of("qualytics-athena-target")

ROLE_DIFF = f"""\
--- before: role {HR_ROLE}
+++ after: role {HR_ROLE}
@@ -1,7 +1,8 @@
-description: By hand,\\nin two lines
+description: Reads with Athena
 maximum session duration: 3600
 name: target
 path: /
+role/dataplane/qualytics-athena-assume-target: Allow sts:AssumeRole on {HR_ROLE}
 tag: team=data
 trust policy version: 2012-10-17
-trust: Allow sts:AssumeRole by AWS:{BASE} if StringEquals sts:externalid acme-other
+trust: Allow sts:AssumeRole by AWS:{BASE} if StringEquals sts:externalid acme-3f1c7a52
"""
POLICY_DIFF = """\
--- before: policy arn:aws:iam::123456789012:policy/qualytics-athena-target
+++ after: policy arn:aws:iam::123456789012:policy/qualytics-athena-target
@@ -52,8 +52,6 @@
 Allow lakeformation:GetDataAccess on *
 Allow s3:AbortMultipartUpload on arn:aws:s3:::acme-athena-results
 Allow s3:AbortMultipartUpload on arn:aws:s3:::acme-athena-results/athena/*
-Allow s3:DeleteObject on arn:aws:s3:::acme-athena-results
-Allow s3:DeleteObject on arn:aws:s3:::acme-athena-results/athena/*
 Allow s3:GetBucketLocation on arn:aws:s3:::acme-athena-results
 Allow s3:GetBucketLocation on arn:aws:s3:::acme-athena-results/athena/*
 Allow s3:GetObject on arn:aws:s3:::acme-athena-results
@@ -64,9 +62,11 @@
 Allow s3:ListBucketMultipartUploads on arn:aws:s3:::acme-athena-results/athena/*
 Allow s3:ListMultipartUploadParts on arn:aws:s3:::acme-athena-results
 Allow s3:ListMultipartUploadParts on arn:aws:s3:::acme-athena-results/athena/*
+Allow s3:PutObject on arn:aws:s3:::acme-athena-results
+Allow s3:PutObject on arn:aws:s3:::acme-athena-results/athena/*
 attached to: role/target
 description: Reads with Athena
 document version: 2012-10-17
 name: qualytics-athena-target
 path: /
-tag: team=else
+tag: team=data
"""
GRANTS_DIFF = """\
--- before: Lake Formation grants of arn:aws:iam::123456789012:role/target
+++ after: Lake Formation grants of arn:aws:iam::123456789012:role/target
@@ -1,4 +1,4 @@
 DESCRIBE on database sales
+SELECT on all tables of database hr
 SELECT on table sales.orders (columns amount)
 SELECT on table sales.orders (columns id)
-SELECT on table sales.orders (columns ssn)
"""


def printed_diffs(output: str) -> list[str]:
    """Each diff that was printed: from its header to the empty line after it."""
    return re.findall(r"(?m)^--- before.*\n(?:.+\n)+", output)


def changed_lines(diff: str) -> list[str]:
    return [line for line in diff.splitlines()[2:] if line[0] in "+-"]


class Story(NamedTuple):
    """The runs in their order."""

    created: Play
    predicted: Play
    repaired: Play
    again: Play


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A connection is provisioned and then altered by hand in every part of it."""
    account, lake = make_world(sandbox)
    directory = tmp_path_factory.mktemp("diff")
    inventory = write_inventory(directory / "connections.yml", {"hr": HR})

    def provision(*arguments: str) -> Play:
        play = run_playbook(
            sandbox, directory, "qualytics.athena.provision", "-i", str(inventory), "--diff", *arguments
        )
        assert play.status == 0, play.output[-3000:]
        return play

    created = provision()
    alter_the_policy(account)
    alter_the_role(account)
    columns = {"TableWithColumns": {"DatabaseName": "sales", "Name": "orders", "ColumnNames": ["ssn"]}}
    lake.grant(columns, ["SELECT"], to=HR_ROLE)
    hr = {"Table": {"DatabaseName": "hr", "TableWildcard": {}}}
    lake.client.revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": HR_ROLE}, Resource=hr, Permissions=["SELECT"]
    )
    return Story(created, provision("--check"), provision(), provision("--check"))


def alter_the_policy(account: Account) -> None:
    document = account.document(POLICY)
    objects = next(it for it in document["Statement"] if "s3:GetObject" in it["Action"])
    objects["Action"] = [it for it in objects["Action"] if it != "s3:PutObject"] + ["s3:DeleteObject"]
    account.set_document(POLICY, document)
    account.iam.tag_policy(PolicyArn=POLICY, Tags=[{"Key": "team", "Value": "else"}])


def alter_the_role(account: Account) -> None:
    (statement,) = account.trust("target")["Statement"]
    account.set_trust("target", {**statement, "Condition": {"StringEquals": {"sts:ExternalId": "acme-other"}}})
    account.iam.update_role(RoleName="target", Description="By hand,\nin two lines", MaxSessionDuration=3600)
    account.iam.delete_role_policy(RoleName="dataplane", PolicyName="qualytics-athena-assume-target")


def test_each_change_is_one_line(story: Story) -> None:
    assert printed_diffs(story.predicted.output) == [ROLE_DIFF, POLICY_DIFF, GRANTS_DIFF]


def test_the_printed_lines_are_the_drift(story: Story) -> None:
    """A line for each row of what is missing or extra, two where it is different; an action is one line a resource."""
    rows = story.predicted.facts("athena_access_result")["hr"]["drift"]
    expected = sum({"missing": 1, "extra": 1, "different": 2}[row["kind"]] for row in rows)
    (objects,) = (row for row in rows if row["aspect"] == "action")
    assert "s3:PutObject" in objects["expected"]
    resources = 2 * (len(objects["expected"].split(", ")) - 1)
    assert len([line for diff in (ROLE_DIFF, POLICY_DIFF, GRANTS_DIFF) for line in changed_lines(diff)]) == (
        expected + resources
    )


def test_what_is_printed_in_check_mode_is_what_is_printed_when_it_is_done(story: Story) -> None:
    assert printed_diffs(story.repaired.output) == printed_diffs(story.predicted.output)


def test_what_is_new_has_all_its_lines_added(story: Story) -> None:
    role, policy, grants = printed_diffs(story.created.output)
    for diff in (role, policy, grants):
        assert {line[0] for line in diff.splitlines()[3:]} == {"+"}
    assert changed_lines(grants) == [
        "+DESCRIBE on database sales",
        "+SELECT on all tables of database hr",
        "+SELECT on table sales.orders (columns amount)",
        "+SELECT on table sales.orders (columns id)",
    ]


def test_nothing_is_printed_where_nothing_differs(story: Story) -> None:
    assert printed_diffs(story.again.output) == []
