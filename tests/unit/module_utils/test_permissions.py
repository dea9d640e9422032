# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of actions, and everything that is built from it, against the Service Authorization Reference."""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._location import Scope
from ansible_collections.qualytics.athena.plugins.module_utils._permissions import (
    CATALOGUE,
    Permission,
    Target,
    actions_on,
)
from ansible_collections.qualytics.athena.plugins.module_utils._policy import build_policy, read_options
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import (
    SERVICE_AUTHORIZATION,
    VENDOR_EXAMPLE,
    arn_form,
    listed,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_options import OTHER_ACCOUNT, params_in, scopes
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

# The resource types that each target may stand for; none for actions that know no resource.
TYPES: dict[Target, set[str]] = {
    "workgroup": {"workgroup"},
    "data_catalog": {"datacatalog"},
    "glue_names": {"rootcatalog", "database"},
    "glue_metadata": {"rootcatalog", "database", "table"},
    "results_bucket": {"bucket"},
    "results_objects": {"object"},
    "source_bucket": {"bucket"},
    "source_objects": {"object"},
    "results_key": {"key"},
    "source_key": {"key"},
    "catalog_key": {"key"},
    "anything": set(),
}
OPTIONS = {"result_streaming", "list_data_catalogs", "source_locations", "kms_keys", "lake_formation"}


def required_types(action: str) -> set[str]:
    return {name for name, required in SERVICE_AUTHORIZATION[action]["resourceTypes"] if required}


def all_types(action: str) -> set[str]:
    return {name for name, _required in SERVICE_AUTHORIZATION[action]["resourceTypes"]}


def is_of_type(arn: str, action: str, resource_type: str) -> bool:
    """Whether an ARN of the policy, whose only wildcard ends it, has the form of the type."""
    form = arn_form(SERVICE_AUTHORIZATION[action]["arns"][resource_type])
    return arn == "*" or form.fullmatch(arn.replace("*", "x")) is not None


@pytest.mark.parametrize("permission", CATALOGUE, ids=lambda it: f"{it.action} on {it.target}")
def test_a_permission_is_one_that_aws_knows_on_that_target(permission: Permission) -> None:
    assert permission.action in SERVICE_AUTHORIZATION
    if permission.target not in ("glue_names", "glue_metadata"):
        # A Glue call is checked against its resource and all above it, so their statements name several types.
        assert TYPES[permission.target] <= all_types(permission.action)
    assert required_types(permission.action) <= TYPES[permission.target]
    assert (permission.target == "anything") == (not all_types(permission.action))


@pytest.mark.parametrize("permission", CATALOGUE, ids=lambda it: f"{it.action} on {it.target}")
def test_a_permission_has_its_purpose_and_source(permission: Permission) -> None:
    assert len(permission.purpose.split()) >= 2
    assert permission.source.startswith(("https://docs.aws.amazon.com/", "https://userguide.qualytics.io/"))
    assert permission.option in {"", *OPTIONS}


def test_no_permission_is_listed_twice() -> None:
    assert max(Counter((it.action, it.target) for it in CATALOGUE).values()) == 1


def test_every_target_and_option_has_permissions() -> None:
    assert {it.target for it in CATALOGUE} == set(t.get_args(Target)) == set(TYPES)
    assert {it.option for it in CATALOGUE} == {"", *OPTIONS}


def test_without_options_the_catalogue_is_the_vendors_page() -> None:
    vendor = [action for statement in VENDOR_EXAMPLE["Statement"] for action in listed(statement["Action"])]
    assert Counter(it.action for it in CATALOGUE if not it.option) == Counter(vendor)
    assert all("qualytics" in it.source for it in CATALOGUE if not it.option)


def test_glue_is_only_read() -> None:
    glue = [it.action for it in CATALOGUE if it.action.startswith("glue:")]
    assert glue
    assert {SERVICE_AUTHORIZATION[action]["access"] for action in glue} <= {"Read", "List"}


def test_what_is_written_is_queries_results_and_keys() -> None:
    """Using a key and getting Lake Formation's credentials count as writing in the reference."""
    writing = {it.action for it in CATALOGUE if SERVICE_AUTHORIZATION[it.action]["access"] not in ("Read", "List")}
    assert writing == {
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "kms:Encrypt",
        "lakeformation:GetDataAccess",
    }


def test_actions_are_those_of_the_targets_and_options_asked_for() -> None:
    assert actions_on(["workgroup"]) == [
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
    ]
    assert "athena:GetQueryResultsStream" in actions_on(["workgroup"], ["result_streaming"])
    assert actions_on(["anything"]) == []
    assert actions_on(["anything"], ["lake_formation"]) == ["lakeformation:GetDataAccess"]
    assert actions_on(["anything"], ["list_data_catalogs"]) == ["athena:ListDataCatalogs"]
    assert actions_on(["source_key", "results_key"], ["kms_keys"]) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert actions_on(["source_key"], ["kms_keys"]) == ["kms:Decrypt"]
    assert actions_on([], OPTIONS) == []


# All that the builder can emit ---------------------------------------------------------------------------------------


@examples(100)
@given(st.data())
def test_every_action_and_arn_that_is_built_has_the_form_that_aws_authorises(data: st.DataObject) -> None:
    scope = data.draw(scopes())
    options = read_options(data.draw(params_in(scope)))
    statements = build_policy(options, scope)["Statement"]
    for statement in statements:
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Allow"
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        assert actions
        assert resources
        assert not any(character in action for action in actions for character in "*?")
        assert set(actions) <= SERVICE_AUTHORIZATION.keys()
        for action in actions:
            if not all_types(action):
                assert resources == ["*"], f"{action} knows no resource"
            elif resources == ["*"]:
                continue
            else:
                assert any(is_of_type(arn, action, it) for arn in resources for it in all_types(action)), action
        for arn in resources:
            assert arn == "*" or any(is_of_type(arn, action, it) for action in actions for it in all_types(action)), arn
            assert_wildcard_only_where_meant(arn)
            assert_in_scope(arn, scope)
    assert len({it["Sid"] for it in statements}) == len(statements)
    assert all(it["Sid"].isalnum() for it in statements)


def assert_wildcard_only_where_meant(arn: str) -> None:
    """The whole resource, all objects below a location, all databases by name, or all tables of one database."""
    if "*" in arn and arn != "*":
        assert arn.count("*") == (2 if arn.endswith(":table/*/*") else 1)
        assert arn.endswith("/*")
        assert ":s3:::" in arn or arn.endswith(":database/*") or ":table/" in arn
        assert not arn.endswith(":table/*")
    assert "?" not in arn
    assert "${" not in arn


def assert_in_scope(arn: str, scope: Scope) -> None:
    if arn == "*":
        return
    _arn, partition, service, region, account_id, _resource = arn.split(":", 5)
    assert partition == scope.partition
    assert (region, account_id) == (("", "") if service == "s3" else (scope.region, scope.account_id))


@examples(100)
@given(st.data())
def test_every_required_resource_type_of_every_action_is_allowed(data: st.DataObject) -> None:
    scope = data.draw(scopes())
    params = data.draw(params_in(scope))
    statements = build_policy(read_options(params), scope)["Statement"]
    actions = {action for statement in statements for action in listed(statement["Action"])}
    for action in actions:
        arns = [arn for it in statements if action in listed(it["Action"]) for arn in listed(it["Resource"])]
        for resource_type in required_types(action):
            assert any(is_of_type(arn, action, resource_type) for arn in arns), (action, resource_type)
    assert {it.action for it in CATALOGUE if not it.option} <= actions
    for option in OPTIONS:
        asked = bool(params[option]) and params[option] != dict.fromkeys(("results", "sources", "catalog"))
        if option != "kms_keys":
            own = {it.action for it in CATALOGUE if it.option == option}
            only = own - {it.action for it in CATALOGUE if it.option != option}
            assert own <= actions if asked else not only & actions, option
        else:
            assert asked == any(action.startswith("kms:") for action in actions)


@examples(60)
@given(st.data())
def test_data_catalogs_of_another_account_name_its_glue_resources(data: st.DataObject) -> None:
    scope = data.draw(scopes())
    options = read_options({**data.draw(params_in(scope)), "databases": ["sales"]})
    owned = dataclasses.replace(options, data_catalog_owners=(OTHER_ACCOUNT,))
    arns = [arn for it in build_policy(owned, scope)["Statement"] for arn in listed(it["Resource"])]
    accounts = {arn.split(":")[4] for arn in arns if ":glue:" in arn}
    assert accounts == {OTHER_ACCOUNT}
    assert {arn.split(":")[4] for arn in arns if ":athena:" in arn} <= {scope.account_id}
