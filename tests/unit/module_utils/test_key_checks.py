# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of a key together, in every combination, and what is said of it."""

from __future__ import annotations

import dataclasses
import typing as t
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decision, Decisions, Verdict
from ansible_collections.qualytics.athena.plugins.module_utils._identity import IdentityArn
from ansible_collections.qualytics.athena.plugins.module_utils._key_checks import (
    CHECK_NAMES,
    KeyNeed,
    is_settled,
    key_actions,
    key_checks,
    no_key,
)
from ansible_collections.qualytics.athena.plugins.module_utils._key_policy import KeyFacts, KeyUse
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.tests.unit.helpers.keys import (
    ACCOUNT,
    ACCOUNT_ROOT,
    DELEGATING,
    DELETED,
    EMPTY,
    KEY,
    OF_AWS,
    OTHER_ACCOUNT,
    OTHERS_KEY,
    REGISTRATION_ROLE,
    ROLE,
    SERVICE_LINKED_ROLE,
    SESSION,
    USER,
    grant,
    policy,
    statement,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

USES: tuple[KeyUse, ...] = t.get_args(KeyUse)
VERDICTS: tuple[Verdict, ...] = t.get_args(Verdict)
NOT_SIMULATED = Denied("iam:SimulatePrincipalPolicy")
WHY = "the default encryption of the bucket acme-results"
ORGANIZATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}


def need_of(holder: IdentityArn = ROLE, use: KeyUse = "results", arn: str = KEY, why: str = WHY) -> KeyNeed:
    return KeyNeed(arn, use, key_actions(use), why, holder)


def facts_of(document: Any, grants: Any = (), arn: str = KEY, **others: Any) -> KeyFacts:
    return dataclasses.replace(KeyFacts(arn, "Enabled", "CUSTOMER", document, grants), **others)


def decisions_of(verdict: Any, arn: str = KEY, *policies: str) -> Decisions | Denied:
    if isinstance(verdict, Denied):
        return verdict
    verdicts = verdict if isinstance(verdict, dict) else dict.fromkeys(key_actions("catalog"), verdict)
    return Decisions(Decision(action, arn, said, policies) for action, said in verdicts.items() if said)


def check_of(need: KeyNeed, facts: KeyFacts, verdict: Any, *policies: str, region: str = "us-east-1") -> Check:
    (check,) = key_checks([need], {facts.arn: facts}, decisions_of(verdict, facts.arn, *policies), region)
    assert check.name == CHECK_NAMES[need.use]
    return check


def in_order(check: Check, status: str, *words: str) -> None:
    """A check is as expected, and complete: what is not in order has a remedy, everything has a source at AWS."""
    assert check.status == status, check
    text = f"{check.detail} {check.remedy}"
    assert [word for word in words if word not in text] == [], text
    assert bool(check.remedy) is (status != "pass")
    assert check.reference.startswith("https://docs.aws.amazon.com/")
    assert check.reference.endswith(".html")
    assert "None" not in text
    assert "  " not in text


NAMING_USER, NAMING_ROLE = policy(statement({"AWS": USER.arn})), policy(statement({"AWS": ROLE.arn}))
# What of the key's side opens it to user and role, and what becomes of it with each verdict of their IAM policies, in
# the order allowed, not_allowed, denied, boundary, organization, not known.
MATRIX: list[tuple[Any, Any, str, str]] = [
    (DELEGATING, (), "pass fail fail fail fail unknown", "pass fail fail fail fail unknown"),
    (NAMING_USER, (), "pass pass fail pass fail pass", "fail fail fail fail fail fail"),
    (NAMING_ROLE, (), "fail fail fail fail fail fail", "pass pass fail fail fail pass"),
    (policy(statement("*")), (), "pass pass fail pass fail pass", "pass pass fail pass fail pass"),
    (OF_AWS, (), "pass pass fail pass fail pass", "pass pass fail pass fail pass"),
    (EMPTY, [grant(USER.arn)], "pass pass fail pass fail pass", "fail fail fail fail fail fail"),
    (EMPTY, [grant(ROLE.arn)], "fail fail fail fail fail fail", "pass pass fail fail fail pass"),
    (DELEGATING, [grant(ROLE.arn)], "pass fail fail fail fail unknown", "pass pass fail fail fail pass"),
    (EMPTY, (), "fail fail fail fail fail fail", "fail fail fail fail fail fail"),
    (
        policy(statement({"AWS": SESSION})),
        (),
        "fail fail fail fail fail fail",
        "unknown unknown fail unknown fail unknown",
    ),
    (
        policy(statement(ACCOUNT_ROOT), statement("*", "Deny")),
        [grant(USER.arn), grant(ROLE.arn)],
        "fail fail fail fail fail fail",
        "fail fail fail fail fail fail",
    ),
    (
        policy(statement(ACCOUNT_ROOT), statement("*", "Deny", Condition=ORGANIZATION)),
        (),
        "unknown fail fail fail fail unknown",
        "unknown fail fail fail fail unknown",
    ),
    (
        Denied("kms:GetKeyPolicy"),
        (),
        "unknown unknown fail unknown fail unknown",
        "unknown unknown fail unknown fail unknown",
    ),
    (
        Denied("kms:GetKeyPolicy"),
        [grant(ROLE.arn)],
        "unknown unknown fail unknown fail unknown",
        "unknown unknown fail unknown fail unknown",
    ),
    (
        EMPTY,
        Denied("kms:ListGrants"),
        "unknown unknown fail unknown fail unknown",
        "unknown unknown fail unknown fail unknown",
    ),
    (
        DELEGATING,
        Denied("kms:ListGrants"),
        "pass unknown fail unknown fail unknown",
        "pass unknown fail unknown fail unknown",
    ),
]


@pytest.mark.parametrize(("document", "grants", "user", "role"), MATRIX)
def test_both_sides(document: Any, grants: Any, user: str, role: str) -> None:
    facts = facts_of(document, grants)
    for holder, expected in ((USER, user), (ROLE, role)):
        found = [check_of(need_of(holder), facts, verdict).status for verdict in (*VERDICTS, NOT_SIMULATED)]
        assert found == expected.split()
        # What was not asked is as little known as what could not be.
        assert check_of(need_of(holder), facts, None).status == found[-1]
        for verdict in VERDICTS:
            check = check_of(need_of(holder), facts, verdict)
            in_order(check, check.status, "kms:Decrypt", "kms:GenerateDataKey", KEY, WHY, holder.name)
            settled = is_settled(need_of(holder), facts, decisions_of(verdict))
            assert settled is (check.status == "pass")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_key_of_another_account_needs_both_sides(verdict: Verdict) -> None:
    need = need_of(arn=OTHERS_KEY)
    hidden = check_of(need, KeyFacts(OTHERS_KEY), verdict)
    if verdict == "allowed":
        in_order(hidden, "unknown", OTHER_ACCOUNT, "only the live step or a query tells", ROLE.arn)
    else:
        in_order(hidden, "fail", ROLE.name)
        if verdict == "not_allowed":
            in_order(hidden, "fail", "not opened by its key policy alone", f"Add {OTHERS_KEY} to kms_keys.results")
    # Seen from the account of the key, which is that of the checker.
    for principal in ({"AWS": ROLE.arn}, ACCOUNT_ROOT, "*"):
        seen = check_of(need, facts_of(policy(statement(principal)), arn=OTHERS_KEY), verdict)
        assert seen.status == ("pass" if verdict == "allowed" else "fail")
    assert check_of(need, facts_of(EMPTY, arn=OTHERS_KEY), verdict).status == "fail"


def test_a_key_of_another_account_where_nothing_is_known() -> None:
    check = check_of(need_of(arn=OTHERS_KEY), KeyFacts(OTHERS_KEY), NOT_SIMULATED)
    in_order(check, "unknown", "what the IAM policies of the role 'qualytics' allow is not known either")


@pytest.mark.parametrize(
    ("document", "grants", "verdict", "status", "words"),
    [
        (DELEGATING, (), "allowed", "pass", ("'Enable IAM User Permissions'", "leaves it to IAM policies")),
        (NAMING_ROLE, (), "not_allowed", "pass", ("'Use' of the key policy allows it to the role",)),
        (EMPTY, [grant(ROLE.arn)], "not_allowed", "pass", ("the grant 'athena' allows it",)),
        (
            DELEGATING,
            (),
            "not_allowed",
            "fail",
            ("do not allow it, although the key policy leaves it to them", f"Add {KEY} to kms_keys.results"),
        ),
        (
            EMPTY,
            (),
            "allowed",
            "fail",
            (
                "neither the key policy nor a grant allows it",
                "although its IAM policies do",
                f"Allow {ROLE.arn} kms:Decrypt, kms:GenerateDataKey in the key policy",
                f"arn:aws:iam::{ACCOUNT}:root",
            ),
        ),
        (EMPTY, (), "not_allowed", "fail", ("and its IAM policies do not either",)),
        (EMPTY, (), "boundary", "fail", ("and its permissions boundary does not either",)),
        (
            policy(statement({"AWS": DELETED})),
            (),
            "allowed",
            "fail",
            (f"names {DELETED}, the id of a user or role that was deleted", f"in the place of {DELETED}"),
        ),
        (DELEGATING, (), "boundary", "fail", ("permissions boundary of the role 'qualytics' does not allow it",)),
        (DELEGATING, (), "organization", "fail", ("the policies of the organization do not", "service control")),
        (
            policy(statement(ACCOUNT_ROOT), statement("*", "Deny", "Fence")),
            (),
            "allowed",
            "fail",
            ("statement 'Fence' of the key policy denies it to the role 'qualytics'", "Exempt"),
        ),
        (
            policy(statement(ACCOUNT_ROOT), statement("*", "Deny", "One"), statement("*", "Deny", "Two")),
            (),
            "allowed",
            "fail",
            ("statement 'One' of the key policy and statement 'Two' of the key policy deny it",),
        ),
        (
            policy(
                statement(ACCOUNT_ROOT),
                statement("*", "Deny", "Fence", Condition={"ArnNotEquals": {"aws:PrincipalArn": USER.arn}}),
            ),
            (),
            "allowed",
            "fail",
            ("'Fence' of the key policy, by ArnNotEquals aws:PrincipalArn, denies it",),
        ),
        (
            policy(statement(ACCOUNT_ROOT), statement("*", "Deny", "Fence", Condition=ORGANIZATION)),
            (),
            "allowed",
            "unknown",
            ("'Fence' of the key policy, depending on StringNotEquals aws:PrincipalOrgID, may deny it",),
        ),
        (
            policy(statement(ACCOUNT_ROOT), statement("*", "Deny", "Fence", Condition=ORGANIZATION)),
            (),
            NOT_SIMULATED,
            "unknown",
            ("what they allow is not known", "may deny it", "iam:SimulatePrincipalPolicy"),
        ),
        (
            policy(statement("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}})),
            (),
            "not_allowed",
            "unknown",
            (
                "only statement 'Use' of the key policy, depending on StringEquals aws:PrincipalOrgID, may allow it",
                "the IAM policies of the role 'qualytics' do not allow it",
            ),
        ),
        (
            EMPTY,
            [grant(ROLE.arn, Constraints={"EncryptionContextSubset": {"team": "data"}})],
            "allowed",
            "unknown",
            ("only the grant 'athena', depending on StringEquals kms:EncryptionContext:team, may allow it",),
        ),
        (DELEGATING, (), NOT_SIMULATED, "unknown", ("Grant iam:SimulatePrincipalPolicy to the identity that runs",)),
        (
            Denied("kms:GetKeyPolicy"),
            (),
            "allowed",
            "unknown",
            (
                "whether the key policy allows it to the role 'qualytics' may not be looked at",
                f"Grant kms:GetKeyPolicy on {KEY} to the identity that runs",
            ),
        ),
        (
            Denied("kms:GetKeyPolicy"),
            Denied("kms:ListGrants"),
            "not_allowed",
            "unknown",
            ("do not allow it", f"Grant kms:GetKeyPolicy and kms:ListGrants on {KEY}", "kms_keys.results"),
        ),
        (
            EMPTY,
            Denied("kms:ListGrants"),
            "boundary",
            "unknown",
            ("may not be looked at, and the permissions boundary of the role 'qualytics' does not allow it",),
        ),
        (
            EMPTY,
            Denied("kms:ListGrants"),
            "allowed",
            "unknown",
            (
                "whether a grant allows it to the role 'qualytics' may not be looked at",
                f"Grant kms:ListGrants on {KEY}",
            ),
        ),
    ],
)
def test_the_words(document: Any, grants: Any, verdict: Any, status: str, words: tuple[str, ...]) -> None:
    check = check_of(need_of(), facts_of(document, grants), verdict)
    in_order(check, status, *words)
    assert check.detail.startswith(f"kms:Decrypt, kms:GenerateDataKey on {KEY} ({WHY}): ")


def test_the_policy_that_denies_is_named() -> None:
    in_order(check_of(need_of(), facts_of(DELEGATING), "denied", "no-keys", "fence"), "fail", "(no-keys, fence)")
    in_order(check_of(need_of(), facts_of(DELEGATING), "denied"), "fail", "an IAM policy of the role 'qualytics'")


@pytest.mark.parametrize("verdict", [it for it in VERDICTS if it != "allowed"])
def test_what_hinges_on_the_request_is_not_said_for_sure(verdict: Verdict) -> None:
    """A denial for other addresses than the connection's is none, and only the request shows from where it comes."""
    hinging = Decisions(Decision(action, KEY, verdict, (), ("aws:SourceVpce",)) for action in need_of().actions)
    (check,) = key_checks([need_of()], {KEY: facts_of(DELEGATING)}, hinging, "us-east-1")
    in_order(check, "warn", "aws:SourceVpce", "live")
    # Where the key's own side is missing too, that is for sure.
    (check,) = key_checks([need_of()], {KEY: facts_of(EMPTY)}, hinging, "us-east-1")
    in_order(check, "fail", "neither the key policy nor a grant")
    # Where the key's own side cannot be told either, all that matters is told.
    maybe = policy(statement(ACCOUNT_ROOT), statement("*", "Deny", Condition=ORGANIZATION))
    (check,) = key_checks([need_of()], {KEY: facts_of(maybe)}, hinging, "us-east-1")
    in_order(check, "unknown", "aws:SourceVpce", "aws:PrincipalOrgID")


@pytest.mark.parametrize("action", key_actions("results"))
def test_a_single_missing_action_is_named_alone_and_first(action: str) -> None:
    verdicts = {each: "not_allowed" if each == action else "allowed" for each in key_actions("results")}
    check = check_of(need_of(), facts_of(DELEGATING), verdicts)
    in_order(check, "fail")
    assert check.detail.startswith(f"{action} on {KEY}")
    assert not [other for other in verdicts if other != action and other in check.detail + check.remedy]


@pytest.mark.parametrize(
    ("lacking", "status"),
    [
        ("kms:Decrypt", "fail"),
        ("kms:GenerateDataKey", "warn"),
        ("kms:Encrypt", "warn"),
    ],
)
def test_reading_a_catalog_hardly_needs_to_encrypt(lacking: str, status: str) -> None:
    verdicts = {each: "not_allowed" if each == lacking else "allowed" for each in key_actions("catalog")}
    in_order(check_of(need_of(use="catalog"), facts_of(DELEGATING), verdicts), status, lacking, "kms_keys.catalog")


def test_a_catalog_that_is_in_order_and_one_that_cannot_be_told() -> None:
    need = need_of(use="catalog")
    in_order(check_of(need, facts_of(DELEGATING), "allowed"), "pass", "kms:Decrypt, kms:GenerateDataKey, kms:Encrypt")
    check = check_of(need, facts_of(DELEGATING), {"kms:Decrypt": "allowed"})
    in_order(check, "unknown", "kms:GenerateDataKey, kms:Encrypt", "iam:SimulatePrincipalPolicy")


def test_the_worst_comes_first_and_all_is_told() -> None:
    verdicts = dict.fromkeys(key_actions("catalog"), "not_allowed")
    check = check_of(need_of(use="catalog"), facts_of(DELEGATING), verdicts)
    in_order(check, "fail", "kms:GenerateDataKey, kms:Encrypt on")
    assert check.detail.startswith("kms:Decrypt on")


def test_the_actions_of_a_use() -> None:
    assert key_actions("results") == ("kms:Decrypt", "kms:GenerateDataKey")
    assert key_actions("sources") == ("kms:Decrypt",)
    assert key_actions("catalog") == ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt")
    assert key_actions("lake_formation") == ("kms:Decrypt",)


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [
        ("Enabled", "pass", ""),
        ("Updating", "pass", ""),
        (None, "pass", ""),
        ("Disabled", "fail", "Enable the key"),
        ("Creating", "fail", "Wait"),
        ("PendingDeletion", "fail", "Cancel the deletion"),
        ("PendingReplicaDeletion", "fail", "Cancel the deletion"),
        ("PendingImport", "fail", "Import the key material"),
        ("Unavailable", "fail", "key store"),
        ("SomethingNew", "fail", "'Enabled'"),
        ("absent", "fail", "does not exist"),
        (Denied("kms:DescribeKey"), "unknown", f"Grant kms:DescribeKey on {KEY}"),
    ],
)
def test_the_state_of_a_key(state: Any, status: str, word: str) -> None:
    check = check_of(need_of(), facts_of(DELEGATING, state=state), "allowed")
    in_order(check, status, word, KEY, WHY)
    # Where the permission is missing too, both are told, unless there is no key to be permitted.
    both = check_of(need_of(), facts_of(DELEGATING, state=state), "not_allowed")
    in_order(both, "fail", *(("kms:Decrypt",) if state != "absent" else ()), word)


def test_a_key_of_another_region() -> None:
    check = check_of(need_of(), facts_of(DELEGATING), "allowed", region="eu-west-1")
    in_order(check, "fail", "us-east-1", "eu-west-1", KEY)
    # It is not looked at, so nothing else is said of it.
    (check,) = key_checks([need_of()], {}, decisions_of("allowed"), "eu-west-1")
    in_order(check, "fail", "us-east-1")


def test_the_key_that_aws_manages() -> None:
    managed = KeyFacts(KEY, "Enabled", "AWS")
    in_order(check_of(need_of(), managed, "not_allowed"), "pass", "the key policy that AWS manages")
    in_order(check_of(need_of(), managed, "denied"), "fail", "an IAM policy")
    elsewhere = KeyFacts(OTHERS_KEY, "Enabled", "AWS")
    check = check_of(need_of(arn=OTHERS_KEY), elsewhere, "allowed")
    in_order(check, "fail", OTHER_ACCOUNT, "customer managed key")


@pytest.mark.parametrize(
    ("document", "holder", "status", "words"),
    [
        (DELEGATING, REGISTRATION_ROLE, "pass", ("'lake-registration', which are not looked at here",)),
        (policy(statement({"AWS": REGISTRATION_ROLE.arn})), REGISTRATION_ROLE, "pass", ("allows it",)),
        (EMPTY, REGISTRATION_ROLE, "fail", (f"Allow {REGISTRATION_ROLE.arn} kms:Decrypt",)),
        (DELEGATING, SERVICE_LINKED_ROLE, "warn", ("a service-linked role", f"Allow {SERVICE_LINKED_ROLE.arn}")),
        (policy(statement({"AWS": SERVICE_LINKED_ROLE.arn})), SERVICE_LINKED_ROLE, "pass", ()),
        (EMPTY, SERVICE_LINKED_ROLE, "fail", ()),
        (Denied("kms:GetKeyPolicy"), REGISTRATION_ROLE, "unknown", ("kms:GetKeyPolicy",)),
    ],
)
@pytest.mark.parametrize("verdict", [*VERDICTS, NOT_SIMULATED])
def test_the_registration_role(
    document: Any, holder: IdentityArn, status: str, words: tuple[str, ...], verdict: Any
) -> None:
    """What the connection's identity may do says nothing of another role."""
    in_order(check_of(need_of(holder, "lake_formation"), facts_of(document), verdict), status, *words)


def test_a_registration_role_and_a_key_of_another_account() -> None:
    need = need_of(REGISTRATION_ROLE, "lake_formation", OTHERS_KEY)
    in_order(check_of(need, KeyFacts(OTHERS_KEY), "allowed"), "unknown", OTHER_ACCOUNT)


@pytest.mark.parametrize("use", USES)
def test_a_use_without_a_key(use: KeyUse) -> None:
    check = no_key(use, "S3 encrypts new objects with its own keys (SSE-S3)")
    in_order(check, "pass", "SSE-S3", "no permission on a KMS key is needed")
    assert check.name == CHECK_NAMES[use]


def test_one_check_for_each_use_in_order() -> None:
    needs = [need_of(use=use) for use in reversed(USES)]
    checks = key_checks(needs, {KEY: facts_of(policy(statement("*")))}, Decisions(), "us-east-1")
    assert [check.name for check in checks] == ["results_key", "source_keys", "catalog_key", "lake_formation_keys"]
    assert key_checks([], {}, Decisions(), "us-east-1") == []


def test_many_tables_under_one_key_are_one_need() -> None:
    needs = [need_of(use="sources", why=f"files of sales.table_{number}") for number in range(40)]
    check = key_checks(needs, {KEY: facts_of(EMPTY)}, decisions_of("allowed"), "us-east-1")[0]
    in_order(check, "fail", "(files of sales.table_0, files of sales.table_1, files of sales.table_2 and 37 more)")
    assert check.detail.count(KEY) == 1


def test_the_contexts_of_many_needs_are_those_of_all() -> None:
    condition = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::acme-sales/*"}}
    keys = {KEY: facts_of(policy(statement(ACCOUNT_ROOT, Condition=condition)))}
    inside = dataclasses.replace(need_of(use="sources"), s3_arns=("arn:aws:s3:::acme-sales/x",))
    outside = dataclasses.replace(need_of(use="sources"), s3_arns=("arn:aws:s3:::acme-other/x",))
    unknown = need_of(use="sources")
    for needs, status in (
        ([inside], "pass"),
        ([outside], "fail"),
        ([inside, outside], "unknown"),
        ([inside, unknown], "unknown"),
    ):
        assert key_checks(needs, keys, decisions_of("allowed"), "us-east-1")[0].status == status


def test_what_athena_encrypts_by_itself_is_a_need_of_its_own() -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    keys = {KEY: facts_of(policy(statement("*", Condition=condition)))}
    by_athena = dataclasses.replace(need_of(why="results"), client_side=True)
    (check,) = key_checks([need_of(), by_athena], keys, decisions_of("allowed"), "us-east-1")
    in_order(check, "unknown", "(results)", "depending on StringEquals kms:ViaService")
    assert WHY not in check.detail


def test_iam_policies_are_proposed_as_the_way_only_where_they_are_one() -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    for verdict in VERDICTS:
        assert (root in check_of(need_of(), facts_of(EMPTY), verdict).remedy) is (verdict == "allowed")


def test_of_several_keys_only_what_is_not_in_order_is_told() -> None:
    other = KEY.replace("1234abcd", "eeeeeeee")
    needs = [need_of(use="sources", why="orders"), need_of(use="sources", arn=other, why="items")]
    decisions = Decisions([Decision("kms:Decrypt", KEY, "allowed"), Decision("kms:Decrypt", other, "not_allowed")])
    keys = {KEY: facts_of(DELEGATING), other: facts_of(DELEGATING, arn=other)}
    (check,) = key_checks(needs, keys, decisions, "us-east-1")
    in_order(check, "fail", other)
    assert KEY not in check.detail + check.remedy
    (check,) = key_checks(needs, keys | {KEY: KeyFacts(KEY)}, decisions, "us-east-1")
    assert check.detail.index(other) < check.detail.index(KEY)
    decisions = Decisions(Decision("kms:Decrypt", arn, "allowed") for arn in keys)
    (check,) = key_checks(needs, keys, decisions, "us-east-1")
    in_order(check, "pass", f"kms:Decrypt on {KEY} (orders)", f"kms:Decrypt on {other} (items)")


STATEMENTS = st.builds(
    lambda principal, effect, action, condition: statement(principal, effect, Action=action, Condition=condition),
    st.sampled_from(["*", ACCOUNT_ROOT, {"AWS": ROLE.arn}, {"AWS": USER.arn}, {"AWS": SESSION}, {"AWS": DELETED}]),
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["kms:*", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]),
    st.sampled_from(
        [
            {},
            {},
            ORGANIZATION,
            {"StringEquals": {"kms:CallerAccount": ACCOUNT}},
            {"StringEquals": {"kms:ViaService": "glue.us-east-1.amazonaws.com"}},
        ]
    ),
)
POLICIES = st.lists(STATEMENTS, max_size=3).map(lambda statements: policy(*statements))
GRANTS = st.lists(
    st.sampled_from([grant(ROLE.arn), grant(USER.arn, "Decrypt"), grant(SESSION), grant(ROLE.arn, "GenerateDataKey")]),
    max_size=2,
)
SAID = st.fixed_dictionaries({action: st.sampled_from(VERDICTS) for action in key_actions("catalog")})
NEEDS = st.builds(need_of, st.sampled_from([USER, ROLE]), st.sampled_from(USES))


@examples(300)
@given(NEEDS, POLICIES, GRANTS, SAID, st.sampled_from(["policy", "grants", "both", "hidden"]))
def test_what_is_said_for_sure_does_not_change_when_more_is_seen(
    need: KeyNeed, document: Any, grants: Any, said: Any, blind_for: str
) -> None:
    seen = check_of(need, facts_of(document, grants), said)
    blind = facts_of(
        {"policy": Denied("kms:GetKeyPolicy"), "both": Denied("kms:GetKeyPolicy"), "hidden": None}.get(
            blind_for, document
        ),
        grants if blind_for == "policy" else Denied("kms:ListGrants"),
    )
    guessed = check_of(need, blind, said)
    if guessed.status in ("pass", "fail"):
        assert seen.status == guessed.status
    in_order(guessed, guessed.status)


@examples(300)
@given(NEEDS, POLICIES, GRANTS, SAID)
def test_what_fails_fails_without_knowing_iam_only_by_the_key(
    need: KeyNeed, document: Any, grants: Any, said: Any
) -> None:
    facts = facts_of(document, grants)
    if check_of(need, facts, NOT_SIMULATED).status == "fail":
        assert check_of(need, facts, said).status == "fail"
    # More that is allowed on the key's side never makes it worse, unless something is denied.
    wider = facts_of({**document, "Statement": [*document["Statement"], statement("*")]}, grants)
    rank = ["fail", "unknown", "warn", "pass"]
    assert rank.index(check_of(need, wider, said).status) >= rank.index(check_of(need, facts, said).status)


@examples(200)
@given(NEEDS, POLICIES, GRANTS, SAID)
def test_the_order_of_statements_and_grants_does_not_matter(
    need: KeyNeed, document: Any, grants: Any, said: Any
) -> None:
    backwards = {**document, "Statement": document["Statement"][::-1]}
    assert (
        check_of(need, facts_of(document, grants), said).status
        == check_of(need, facts_of(backwards, grants[::-1]), said).status
    )
