# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioner's policies: what AWS knows of their actions, and the page and documents made of them."""

from __future__ import annotations

import json
import pathlib
import re
from collections import Counter
from typing import Any

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.module_utils._athena import AthenaError
from ansible_collections.qualytics.athena.plugins.module_utils._glue import GlueError
from ansible_collections.qualytics.athena.plugins.module_utils._kms import KmsError
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation import LakeFormationError
from ansible_collections.qualytics.athena.plugins.module_utils._policy_language import policy_size
from ansible_collections.qualytics.athena.plugins.module_utils._s3 import S3Error
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import arn_form
from tools.paths import ROOT
from tools.provisioner_page import DOCUMENTS, PAGE, PLACEHOLDERS, documents, page, placeholders_used
from tools.provisioner_policies import ACTIONS, RESOURCES, USES, Statement

# From AWS's Service Authorization Reference, 2026-10-27: as service_authorization.json, with the condition keys.
AUTHORIZATION: dict[str, Any] = json.loads(
    (pathlib.Path(__file__).parent.parent / "data" / "provisioner_authorization.json").read_text(encoding="utf-8")
)
STATEMENTS = [pytest.param(it, id=f"{use.name}-{it.sid}") for use in USES for it in use.statements]


def types_of(arn: str, action: str) -> set[str]:
    """The resource types of an action that an ARN has the form of."""
    plain = re.sub(r"<ACCOUNT_ID>", "123456789012", arn)
    plain = re.sub(r"<REGION>", "us-east-1", plain)
    plain = re.sub(r"<[A-Z_]+>|\*", "x", plain).replace("iam::aws:", "iam::123456789012:")
    return {name for name, form in AUTHORIZATION[action]["arns"].items() if arn_form(form).fullmatch(plain)}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_action_is_one_of_aws_on_resources_that_it_knows(statement: Statement) -> None:
    arns = RESOURCES[statement.resource]
    for action in statement.all_actions:
        known = AUTHORIZATION[action]
        required = {name for name, is_required in known["resourceTypes"] if is_required}
        if arns == ("*",):
            assert known["resourceTypes"] == [], f"{action} could be narrowed"
        else:
            assert all(types_of(arn, action) for arn in arns), action
            assert required <= {name for arn in arns for name in types_of(arn, action)}, action
        for keys in statement.condition.values():
            assert set(keys) <= set(known["conditionKeys"]), action


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_name_of_a_statement_says_whether_it_is_for_writing(statement: Statement) -> None:
    reads = {"Read", "List"}
    # Using a key counts as writing there, and writes nothing.
    writes = {it for it in statement.all_actions if AUTHORIZATION[it]["access"] not in reads} - {"kms:Decrypt"}
    assert writes == (set(statement.all_actions) if statement.is_write else set())
    assert statement.sid.endswith("Write" if statement.is_write else "Read")
    assert statement.sid.isalnum()


def test_nothing_is_listed_twice() -> None:
    for use in USES:
        assert max(Counter(it.sid for it in use.statements).values()) == 1
        allowed = [(it.resource, action) for it in use.statements if it.effect == "Allow" for action in it.all_actions]
        assert max(Counter(allowed).values()) == 1
    assert max(Counter(use.name for use in USES).values()) == 1


def test_actions_have_the_names_that_errors_tell() -> None:
    calls = {call for use in USES for statement in use.statements for call in statement.calls}
    errors = {it.service: it for it in (AthenaError, GlueError, KmsError, LakeFormationError, S3Error)}
    for call in calls:
        service, operation = call.split(":")
        if service != "iam":
            assert ACTIONS.get(call, call) == f"{service}:{errors[service].actions.get(operation, operation)}"
    assert ACTIONS.keys() <= calls


def test_a_policy_fits_into_a_managed_one() -> None:
    assert max(policy_size(use.document()) for use in USES) < 6144 / 2


def test_page_and_documents_are_made_from_the_table() -> None:
    anew = "make it anew: sh tools/start.sh provisioner-page"
    assert PAGE.read_text(encoding="utf-8") == page(), anew
    assert {path: path.read_text(encoding="utf-8") for path in DOCUMENTS.iterdir()} == documents(), anew


def test_the_page_says_what_to_fill_in_and_is_listed_among_the_guides() -> None:
    assert placeholders_used() == set(PLACEHOLDERS)
    listed = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    assert any(PAGE.stem in section["toctree"] for section in listed["sections"])
    titles = [line for line in page().splitlines() if line in {use.title for use in USES}]
    assert titles == [use.title for use in USES]
