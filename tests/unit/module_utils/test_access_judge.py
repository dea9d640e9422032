# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks there are, in which order, and which are left out."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.qualytics.athena.plugins.module_utils._access_facts import Facts
from ansible_collections.qualytics.athena.plugins.module_utils._access_judge import judge, table_verdicts
from ansible_collections.qualytics.athena.plugins.module_utils._access_options import Connection
from ansible_collections.qualytics.athena.plugins.module_utils._beyond import Beyond
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import CatalogEncryption, ResultsKeys
from ansible_collections.qualytics.athena.plugins.module_utils._grants import Atom
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import database
from ansible_collections.qualytics.athena.plugins.module_utils._identity_policies import IdentityPolicies
from ansible_collections.qualytics.athena.plugins.module_utils._lake_formation_access import LakeFormationFacts
from ansible_collections.qualytics.athena.plugins.module_utils._live import LiveResult
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.tests.unit.helpers.access import (
    ACCOUNT,
    BASE_ROLE,
    BY_IAM,
    EMPLOYEES,
    GRANTED,
    ORDERS,
    RECENT,
    allowed,
    connect,
    found,
    key,
    key_policy,
    may_assume,
    options,
    registered,
    role_options,
    settings,
    trust,
    usable,
    with_discovered,
)

USER, ROLE = connect(options(databases=["hr", "sales"])), connect(role_options(databases=["hr", "sales"]))
TABLES = {ORDERS: BY_IAM, RECENT: BY_IAM, EMPLOYEES: GRANTED}
KEYS = {name: key(name) for name in ("results", "sources", "catalog")}
BOTH_MODES = pytest.mark.parametrize("connection", [USER, ROLE], ids=["user", "role"])


def in_order(connection: Connection, *but: str) -> Facts:
    """Everything is as it should be, but for some actions that no policy allows."""
    facts = dataclasses.replace(
        found(connection, TABLES),
        results_keys=ResultsKeys(KEYS["results"]),
        keys={arn: usable(arn) for arn in KEYS.values()},
    )
    facts = with_discovered(
        facts,
        registrations=registered("s3://lake/hr"),
        catalog=CatalogEncryption("SSE-KMS", KEYS["catalog"]),
        source_keys={"lake": KEYS["sources"]},
    )
    base = {it.arn: may_assume() for it in connection.own_base_roles}
    return dataclasses.replace(facts, decisions=allowed(connection, facts, *but), base_decisions=base)


def checks(connection: Connection, facts: Facts, live: LiveResult | None = None) -> dict[str, Check]:
    made = judge(connection, facts, live)
    for it in made:
        assert it.detail, it.name
        assert it.reference.startswith("https://"), it.name
        assert bool(it.remedy) == (it.status != "pass"), it
    by_name = {it.name: it for it in made}
    assert len(by_name) == len(made)
    return by_name


def not_passed(found_checks: dict[str, Check]) -> dict[str, str]:
    return {name: it.status for name, it in found_checks.items() if it.status != "pass"}


# Order and presence --------------------------------------------------------------------------------------------------


@BOTH_MODES
def test_they_come_in_the_order_in_which_a_query_meets_them(connection: Connection) -> None:
    live = LiveResult([Check("live_query", "pass", "it ran", reference="https://docs.aws.amazon.com/")], [], [])
    made = checks(connection, in_order(connection), live)
    # The registration role's side of the key is the key's policy alone, and the key is that of the sources.
    assert not_passed(made) == {}
    of_identity = ["access_key"] if connection.identity.type == "user" else ["trust", "base_role_permission"]
    milestones = [
        *("identity", *of_identity, "workgroup_state", "workgroup_location", "bucket_exists"),
        *("results_not_registered", "results_key", "catalog_key", "source_keys", "lake_formation_keys"),
        *("athena:StartQueryExecution", "lakeformation:GetDataAccess", "source_data"),
        *("lake_formation_default", "lake_formation_databases", "lake_formation_grants", "lake_formation_filters"),
        *("live_query", "at_most"),
    ]
    assert [name for name in made if name in milestones] == milestones


def test_of_an_absent_identity_only_its_surroundings_are_judged() -> None:
    facts = Facts(None, None, in_order(USER).results, ResultsKeys(KEYS["results"]), in_order(USER).discovered)
    made = checks(USER, facts)
    assert not_passed(made) == {"identity": "fail"}
    assert [name for name in made if not name.startswith(("workgroup_", "bucket_"))] == ["identity"]
    assert table_verdicts(USER, facts) == []
    predicted = connect(options(databases=["hr", "sales"]), check_mode=True)
    assert not_passed(checks(predicted, facts)) == {"identity": "warn"}


@BOTH_MODES
def test_an_identity_that_may_not_be_looked_at_is_judged_by_its_name(connection: Connection) -> None:
    facts = dataclasses.replace(in_order(connection), found=Denied("iam:GetIdentity"), trust_policy=None)
    made = checks(connection, facts)
    assert made["identity"].status == "unknown"
    assert "iam:GetIdentity" in made["identity"].remedy
    assert not [name for name, status in not_passed(made).items() if status == "fail"]
    assert made["athena:StartQueryExecution"].status == "pass"
    assert "trust" not in made


def test_what_is_beyond_is_only_judged_of_policies_that_were_looked_for() -> None:
    facts = in_order(USER)
    beyond = [Beyond("arn:aws:iam::aws:policy/AdministratorAccess", "*", "*")]
    assert {it.name: it.status for it in judge(USER, facts, None, beyond)}["at_most"] == "warn"
    denied = dataclasses.replace(facts, policies=IdentityPolicies((), None, (Denied("iam:GetUserPolicy"),)))
    assert not_passed(checks(USER, denied)) == {"at_most": "unknown"}
    assert "at_most" not in checks(USER, dataclasses.replace(facts, policies=None))


# IAM -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("athena:StartQueryExecution", {"athena:StartQueryExecution": "fail"}),
        ("s3:GetObject", {"s3:GetObject": "fail", "source_data": "fail"}),
        (
            "lakeformation:GetDataAccess",
            {"lakeformation:GetDataAccess": "fail", "source_data": "fail"},
        ),
        ("kms:Decrypt", {"results_key": "fail", "catalog_key": "fail", "source_keys": "fail"}),
    ],
)
def test_an_action_that_is_not_allowed_shows_where_it_is_needed(action: str, expected: dict[str, str]) -> None:
    assert not_passed(checks(USER, in_order(USER, action))) == expected


@BOTH_MODES
def test_what_iam_was_not_asked_is_not_told_as_known(connection: Connection) -> None:
    """With simulate: false no check of an action is made, and what depends on its answer is unknown, never a fail."""
    facts = dataclasses.replace(in_order(connection), decisions=None, base_decisions={})
    made = checks(connection, facts)
    assert not [name for name in made if ":" in name or name in ("iam_simulation", "base_role_permission")]
    unknown = {"results_key", "catalog_key", "source_keys", "source_data"}
    assert not_passed(made) == dict.fromkeys(unknown, "unknown")
    assert "simulate" in made["source_data"].detail
    verdicts = {it.table.words: it.readable for it in table_verdicts(connection, facts)}
    assert verdicts == {"hr.employees": "unknown", "sales.a_view": "not_judged", "sales.orders": "unknown"}


@BOTH_MODES
def test_where_iam_may_not_be_asked_that_is_told_once_and_the_rest_is_unknown(connection: Connection) -> None:
    facts = dataclasses.replace(in_order(connection), decisions=Denied("iam:SimulatePrincipalPolicy"))
    made = checks(connection, facts)
    unknown = {"iam_simulation", "results_key", "catalog_key", "source_keys", "source_data"}
    assert not_passed(made) == dict.fromkeys(unknown, "unknown")


def test_what_is_denied_for_sure_fails_without_a_simulation_too() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"}
    policies = {"lake": {"Version": "2012-10-17", "Statement": [deny]}}
    facts = dataclasses.replace(in_order(USER), source_policies=policies)
    assert not_passed(checks(USER, facts)) == {"source_data": "fail"}
    made = checks(USER, dataclasses.replace(facts, decisions=None))
    assert made["source_data"].status == "fail"


# The base role -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisions", "principals", "status"),
    [
        (may_assume(), [BASE_ROLE], "pass"),
        (may_assume("not_allowed"), [f"arn:aws:iam::{ACCOUNT}:root"], "fail"),
        # Named in the trust policy of its own account it needs no policy.
        (may_assume("not_allowed"), [BASE_ROLE], "pass"),
        (may_assume("denied"), [BASE_ROLE], "fail"),
        (Denied("iam:SimulatePrincipalPolicy"), [BASE_ROLE], "unknown"),
        (None, [BASE_ROLE], "fail"),
    ],
)
def test_whether_the_base_role_may_assume_the_role(decisions: Any, principals: list[str], status: str) -> None:
    facts = dataclasses.replace(in_order(ROLE), trust_policy=trust(*principals), base_decisions={BASE_ROLE: decisions})
    made = checks(ROLE, facts)
    assert made["base_role_permission"].status == status
    assert BASE_ROLE in made["base_role_permission"].detail


def test_a_base_role_that_is_known_by_its_name_only_is_judged_too() -> None:
    connection = connect(role_options(trusted_principals=[], base_role_name="dataplane", databases=["hr", "sales"]))
    facts = dataclasses.replace(in_order(connection), base_decisions={BASE_ROLE: may_assume("boundary")})
    assert not_passed(checks(connection, facts)) == {"base_role_permission": "fail"}


# Keys ----------------------------------------------------------------------------------------------------------------


def unencrypted(connection: Connection, mode: str = "DISABLED") -> Facts:
    facts = dataclasses.replace(found(connection, TABLES), keys={})
    return with_discovered(facts, catalog=CatalogEncryption(mode))


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("DISABLED", "is not encrypted with a KMS key"),
        ("SSE-KMS", "a key of AWS's own"),
        ("SSE-KMS-WITH-SERVICE-ROLE", "as its service role"),
        ("", "is not among the data_catalogs"),
    ],
)
def test_where_there_is_no_key_it_says_why(mode: str, words: str) -> None:
    made = checks(USER, unencrypted(USER, mode))
    for name in ("results_key", "catalog_key", "source_keys"):
        assert made[name].status == "pass"
        assert made[name].detail.endswith("no permission on a KMS key is needed")
    assert words in made["catalog_key"].detail
    assert "lake_formation_keys" not in made


SEEING = Denied("kms:SeeKey")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("results_key", {"results_keys": ResultsKeys(SEEING)}),
        ("results_key", {"results_keys": ResultsKeys(None, SEEING)}),
        ("catalog_key", {"catalog": SEEING}),
        ("catalog_key", {"catalog": CatalogEncryption("SSE-KMS", SEEING)}),
        ("source_keys", {"source_keys": {"lake": SEEING}}),
    ],
)
def test_a_key_that_may_not_be_looked_for_is_unknown(name: str, change: dict[str, Any]) -> None:
    facts = unencrypted(USER)
    results = change.pop("results_keys", None)
    facts = dataclasses.replace(facts, results_keys=results) if results else with_discovered(facts, **change)
    found_checks = checks(USER, facts)
    assert found_checks[name].status == "unknown"
    assert "kms:SeeKey" in found_checks[name].remedy
    others = {"results_key", "catalog_key", "source_keys"} - {name}
    assert {found_checks[it].status for it in others} == {"pass"}


def test_a_key_of_a_bucket_that_nobody_reads_is_of_no_interest() -> None:
    facts = with_discovered(unencrypted(USER), source_keys={"elsewhere": SEEING})
    assert checks(USER, facts)["source_keys"].status == "pass"


def test_a_key_that_fails_is_told_before_one_that_may_not_be_looked_for() -> None:
    closed = {**in_order(USER).keys, KEYS["results"]: usable(KEYS["results"], key_policy())}
    facts = dataclasses.replace(in_order(USER), results_keys=ResultsKeys(KEYS["results"], SEEING), keys=closed)
    assert checks(USER, facts)["results_key"].status == "fail"
    open_ = dataclasses.replace(in_order(USER), results_keys=ResultsKeys(KEYS["results"], SEEING))
    assert checks(USER, open_)["results_key"].status == "unknown"


def test_the_key_of_files_that_lake_formation_hands_out_is_its_roles() -> None:
    """Not the identity's, which needs nothing there."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/qualytics"}, "Action": "kms:*"}
    closed = {**in_order(USER).keys, KEYS["sources"]: usable(KEYS["sources"], {**root, "Resource": "*"})}
    made = checks(USER, dataclasses.replace(in_order(USER), keys=closed))
    assert not_passed(made) == {"lake_formation_keys": "fail"}
    assert "lake-registration" in made["lake_formation_keys"].detail


def test_the_conditions_on_a_bucket_key_are_met_by_the_bucket_only() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html"""
    facts = in_order(USER)
    for is_bucket_key, resource, status in (
        (True, "arn:aws:s3:::results", "pass"),
        (True, "arn:aws:s3:::results/*", "fail"),
        (False, "arn:aws:s3:::results", "fail"),
        (False, "arn:aws:s3:::results/athena/*", "pass"),
    ):
        narrow = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": resource}},
        }
        bucket = settings("aws:kms", KEYS["results"], bucket_key_enabled=is_bucket_key)
        changed = dataclasses.replace(
            facts,
            results=dataclasses.replace(facts.results, settings=bucket),
            keys={**facts.keys, KEYS["results"]: usable(KEYS["results"], narrow)},
        )
        assert checks(USER, changed)["results_key"].status == status, (is_bucket_key, resource)


# Lake Formation ------------------------------------------------------------------------------------------------------


def test_results_below_a_registered_location_fail_before_anything_is_asked_of_keys() -> None:
    facts = in_order(USER)
    lake = dataclasses.replace(
        facts.lake_formation or LakeFormationFacts("", "", ""), registrations=registered("s3://results")
    )
    assert next(iter(not_passed(checks(USER, dataclasses.replace(facts, lake_formation=lake))))) == (
        "results_not_registered"
    )


def test_the_grants_that_count_are_those_that_are_wanted_of_what_exists() -> None:
    """What is wanted only if it exists was taken out where it does not."""
    atom = Atom(database(ACCOUNT, "default"), "DESCRIBE")
    governed = LakeFormationFacts(USER.expected_arn, ACCOUNT, "x", settings={"DataLakeAdmins": []})
    admin = {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": "checker"}]}
    governed = dataclasses.replace(governed, caller="checker", settings=admin)
    facts = dataclasses.replace(in_order(USER), lake_formation=governed)
    missing = checks(USER, dataclasses.replace(facts, wanted_grants=frozenset({atom})))
    assert missing["lake_formation_grants"].status == "fail"
    none = checks(USER, dataclasses.replace(facts, wanted_grants=frozenset()))
    assert none["lake_formation_grants"].status == "pass"


# Tables --------------------------------------------------------------------------------------------------------------


def test_both_iam_and_the_bucket_have_to_let_the_identity_read() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}
    for condition, expected in (({}, "no"), ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "unknown")):
        document = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": condition}]}
        facts = dataclasses.replace(in_order(USER), source_policies={"lake": document})
        verdicts = {it.table.name: it.readable for it in table_verdicts(USER, facts)}
        # What Lake Formation hands out does not come from the identity.
        assert verdicts == {"orders": expected, "a_view": "not_judged", "employees": "lake_formation"}
    # What IAM does not allow is told, whatever the bucket's policy may say.
    facts = dataclasses.replace(in_order(USER, "s3:GetObject"), source_policies={"lake": Denied("s3:GetBucketPolicy")})
    (orders,) = [it for it in table_verdicts(USER, facts) if it.table == ORDERS]
    assert (orders.readable, orders.why.partition(" ")[0]) == ("no", "s3:GetObject")
