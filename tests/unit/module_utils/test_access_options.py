# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import _access_options
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import GRANT_WORDS
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.access import (
    ACCOUNT,
    BASE_ROLE,
    OTHER_ACCOUNT,
    REGION,
    SCOPE,
    connect,
    options,
    role_options,
)

ROOT, OTHER_ROOT = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OTHER_ACCOUNT}:root"
OTHERS_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/dataplane"


def test_what_is_not_given_has_a_default() -> None:
    connection = connect(options())
    assert connection.expected_arn == f"arn:aws:iam::{ACCOUNT}:user/qualytics"
    assert connection.results.owner == connection.results.account_id == connection.catalog_id == ACCOUNT
    assert connection.results.region == REGION
    assert connection.results.workgroup == "primary"
    assert connection.grants is None
    assert connection.policy.databases is None


def test_what_is_given_is_taken() -> None:
    connection = connect(
        options(
            iam_path="/vendors/",
            expected_bucket_owner=OTHER_ACCOUNT,
            catalog_id=OTHER_ACCOUNT,
            workgroup="etl",
            result_streaming=True,
        ),
        check_mode=True,
    )
    assert connection.expected_arn == f"arn:aws:iam::{ACCOUNT}:user/vendors/qualytics"
    assert (connection.results.owner, connection.results.account_id) == (OTHER_ACCOUNT, ACCOUNT)
    assert connection.catalog_id == OTHER_ACCOUNT
    assert (connection.results.workgroup, connection.results.predicts) == ("etl", True)
    assert connection.results.result_streaming
    assert connection.policy.result_streaming
    # Whom statements of a bucket policy hit.
    assert connection.results.identity is not None
    assert connection.results.identity.arn == connection.expected_arn


def test_the_grants_are_those_of_lf_grant_for_this_identity() -> None:
    entries = [{"database": "sales"}, {"database": "default", "if_exists": True}]
    grants = connect(options(lake_formation_grants=entries)).grants
    assert grants is not None
    assert grants.principal == f"arn:aws:iam::{ACCOUNT}:user/qualytics"
    assert {atom.resource.written for atom in grants.atoms} == {("sales",), ("default",)}
    assert {it.written for it in grants.optional} == {("default",)}
    none = connect(options(lake_formation_grants=[])).grants
    assert none is not None
    assert none.atoms == frozenset()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"iam_name": ""}, "iam_name"),
    ({"iam_name": "a/b"}, "iam_name"),
    ({"iam_path": "vendors"}, "iam_path"),
    ({"output_location": "results"}, "output_location"),
    ({"expected_bucket_owner": "1"}, "expected_bucket_owner"),
    ({"workgroup": ""}, "workgroup"),
    ({"workgroup": "a b"}, "workgroup"),
    ({"workgroups": []}, "workgroups"),
    ({"databases": ["sales/*"]}, "databases"),
    ({"catalog_id": "sales"}, "catalog_id"),
    ({"kms_key_accounts": ["other"]}, "kms_key_accounts"),
    ({"kms_keys": {"results": ["alias/a"]}}, "kms_keys.results"),
    ({"source_locations": []}, "source_locations"),
    ({"trusted_principals": [BASE_ROLE]}, "trusted_principals"),
    ({"external_id": "acme-1"}, "external_id"),
    ({"base_role_name": "dataplane"}, "base_role_name"),
    ({"lake_formation_grants": [{"database": "sales"}, {"databse": "sales"}]}, "lake_formation_grants[1].databse"),
    ({"lake_formation_grants": [{"database": "a b\n"}]}, "lake_formation_grants[0].database"),
]
REFUSED_OF_ROLES: list[tuple[dict[str, Any], str]] = [
    ({"external_id": "x"}, "external_id"),
    ({"trusted_principals": ["*"]}, "trusted_principals"),
    ({"base_role_name": "a/b"}, "base_role_name"),
    # The trust would not let it in.
    ({"base_role_name": "another"}, "base_role_name"),
]


@pytest.mark.parametrize(
    ("params", "option"),
    [(options(**more), option) for more, option in REFUSED]
    + [(role_options(**more), option) for more, option in REFUSED_OF_ROLES],
)
def test_what_cannot_be_meant_is_refused_before_the_first_call(params: dict[str, Any], option: str) -> None:
    with pytest.raises(InvalidOption) as error:
        _access_options.check_options(params, "aws", REGION)
    assert error.value.option == option
    assert str(error.value).startswith(f"{option}: ")


def test_without_a_region_nothing_is_asked() -> None:
    with pytest.raises(InvalidOption) as error:
        _access_options.check_options(options(), "aws", None)
    assert error.value.option == "region"


def test_whose_account_a_key_belongs_to_is_known_with_the_account() -> None:
    params = options(kms_keys={"results": [f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/a"]})
    _access_options.check_options(params, "aws", REGION)
    with pytest.raises(InvalidOption):
        connect(params)
    assert connect({**params, "kms_key_accounts": [OTHER_ACCOUNT]}).policy.kms_keys


@given(st.text(max_size=8))
def test_a_word_that_no_grant_has_is_told_with_those_that_there_are(word: str) -> None:
    if word in GRANT_WORDS:
        return
    with pytest.raises(InvalidOption) as error:
        connect(options(lake_formation_grants=[{"database": "sales", word: True}]))
    assert error.value.option == f"lake_formation_grants[0].{word}"
    assert "data_cells_filter" in str(error.value)


# The base role -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("principals", "name", "expected"),
    [
        ([BASE_ROLE], None, [BASE_ROLE]),
        ([BASE_ROLE, f"arn:aws:iam::{ACCOUNT}:role/second"], None, [BASE_ROLE, f"arn:aws:iam::{ACCOUNT}:role/second"]),
        ([BASE_ROLE, f"arn:aws:iam::{ACCOUNT}:role/second"], "DataPlane", [BASE_ROLE]),
        # A user is not assumed, and what another account has cannot be seen.
        ([f"arn:aws:iam::{ACCOUNT}:user/qualytics", OTHERS_ROLE, ROOT], None, []),
        ([OTHERS_ROLE], "dataplane", []),
        ([OTHER_ROOT], "dataplane", []),
        # Known by its name only.
        ([ROOT], "dataplane", [BASE_ROLE]),
        ([], "dataplane", [BASE_ROLE]),
        ([], None, []),
    ],
)
def test_the_base_roles_that_can_be_looked_at(principals: list[str], name: str | None, expected: list[str]) -> None:
    connection = connect(role_options(trusted_principals=principals, base_role_name=name))
    assert [it.arn for it in connection.own_base_roles] == expected
    assert connection.is_base_role_unlisted == (bool(expected) and BASE_ROLE not in principals)


def test_a_base_role_that_was_looked_up_has_its_path() -> None:
    connection = connect(role_options(trusted_principals=[], base_role_name="dataplane"))
    arn = SCOPE.identity("role", "/apps/", "dataplane")
    for looked_up, expected in ((arn, arn), (Denied("iam:GetRole"), BASE_ROLE), (None, BASE_ROLE)):
        known = dataclasses.replace(connection, base_role_arn=looked_up)
        assert [it.arn for it in known.own_base_roles] == [expected]
