# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps lead to a connection and back, and what each is told."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.qualytics.athena.plugins.module_utils import _arguments, _connection_steps as steps
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption

USER = {"auth_mode": "access_key", "user_name": "reader", "output_location": "s3://results/"}
ROLE = {
    "auth_mode": "iam_role",
    "role_name": "target",
    "trusted_principals": ["arn:aws:iam::123456789012:role/base"],
    "output_location": "s3://results/",
}
GRANTS = [{"database": "sales"}]
DEFAULT = {"database": "default", "if_exists": True, "purge": False}


def given(**options: t.Any) -> dict[str, t.Any]:
    """The options as the module has them."""
    result = ArgumentSpecValidator(dict(_arguments.CONNECTION)).validate({"connection": "sales", **options})
    assert not result.error_messages
    parameters: dict[str, t.Any] = result.validated_parameters
    return parameters


def names(**options: t.Any) -> list[str]:
    return [step.name for step in steps.steps_of(given(**options))]


def options_of(name: str, results: steps.Results | None = None, **options: t.Any) -> dict[str, t.Any]:
    """What a step is told."""
    known = given(**options)
    [step] = [step for step in steps.steps_of(known) if step.name == name]
    return step.options(known, results or {})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["bucket_check", "policy"]),
        ({"state": "compared"}, ["bucket_check", "policy"]),
        ({"lake_formation_grants": []}, ["bucket_check", "policy", "grants"]),
        (
            {"use_discovered": True, "verify": True, "lake_formation_grants": GRANTS},
            ["discovery", "bucket_check", "policy", "grants", "checked"],
        ),
        ({"state": "absent"}, ["policy"]),
        ({"state": "absent", "use_discovered": False, "lake_formation_grants": GRANTS}, ["grants", "policy"]),
        ({"state": "verified"}, ["checked"]),
        ({"state": "verified", "use_discovered": True}, ["discovery", "checked"]),
    ],
)
def test_the_steps(options: dict[str, t.Any], expected: list[str]) -> None:
    assert names(**USER, **options) == expected
    # With a role, its trust comes before what it carries, and goes after it.
    with_role = [*expected]
    if options.get("state") == "absent":
        with_role.append("role")
    elif "policy" in expected:
        with_role.insert(with_role.index("policy"), "role")
    assert names(**ROLE, **options) == with_role


@pytest.mark.parametrize(("mode", "lacking"), [(USER, "user_name"), (ROLE, "role_name"), (ROLE, "trusted_principals")])
@pytest.mark.parametrize("prefix", ["", "athena_access_"])
@pytest.mark.parametrize("state", ["present", "absent", "compared"])
def test_what_a_mode_needs(mode: dict[str, t.Any], lacking: str, prefix: str, state: str) -> None:
    options = given(**{**mode, lacking: None}, state=state, variable_prefix=prefix)
    if (lacking, state) == ("trusted_principals", "absent"):
        steps.check_needed_options(options)
        return
    with pytest.raises(InvalidOption) as refused:
        steps.check_needed_options(options)
    assert str(refused.value) == f"{prefix}{lacking}: must be set with {prefix}auth_mode={mode['auth_mode']!r}"


@pytest.mark.parametrize("variable", ["athena_access_databasses", "athena_access_variables", "databases"])
def test_a_variable_that_is_no_option_is_refused(variable: str) -> None:
    known = ["athena_access_databases", "athena_access_connection"]
    steps.check_variables(given(**ROLE, variable_prefix="athena_access_", variables=known))
    with pytest.raises(InvalidOption) as refused:
        steps.check_variables(given(**ROLE, variable_prefix="athena_access_", variables=[*known, variable]))
    assert str(refused.value) == f"{variable}: the role knows no such variable; correct or rename it (variables)"


def test_every_step_has_all_options_of_its_module_with_their_defaults() -> None:
    everything = {"use_discovered": True, "verify": True, "lake_formation_grants": GRANTS}
    for mode in (USER, ROLE):
        known = given(**mode, **everything)
        for step in steps.steps_of(known):
            options = step.options(known, {})
            assert set(options) == set(step.takes)
            for name, argument in step.takes.items():
                assert options[name] is not None or argument.get("default") is None, name
                assert options[name] is not None or not argument.get("required"), name


def test_the_identity_follows_from_the_mode() -> None:
    both = {"user_name": "reader", "role_name": "target", "path": "/policies/", "role_path": "/roles/"}
    of_user = options_of("policy", **{**USER, **both})
    of_role = options_of("policy", **{**ROLE, **both})
    assert (of_user["iam_type"], of_user["iam_name"], of_user["name"]) == ("user", "reader", "qualytics-athena-reader")
    assert (of_role["iam_type"], of_role["iam_name"], of_role["name"]) == ("role", "target", "qualytics-athena-target")
    assert of_user["path"] == of_role["path"] == "/policies/"
    paths = [
        options_of("grants", **{**mode, **both, "lake_formation_grants": GRANTS})["iam_path"] for mode in (USER, ROLE)
    ]
    assert paths == [None, "/roles/"]


def test_the_role_has_what_is_said_of_it_or_of_the_policy() -> None:
    shared = {"path": "/p/", "description": "of the policy", "tags": {"of": "policy"}}
    assert {name: options_of("role", **ROLE, **shared)[name] for name in shared} == shared
    own = {"role_path": "/r/", "role_description": "of the role", "role_tags": {}}
    told = options_of("role", **ROLE, **shared, **own)
    assert [told[name] for name in shared] == ["/r/", "of the role", {}]


def test_what_was_found_takes_the_place_of_what_was_given() -> None:
    keys = {"results": ["arn:aws:kms:us-east-1:123456789012:key/1"], "sources": [], "catalog": []}
    found = {"discovery": {"policy_options": {"kms_keys": keys, "source_locations": []}}}
    more = {"use_discovered": True, "verify": True, "source_locations": ["s3://given/"]}
    for name in ("policy", "checked"):
        assert options_of(name, **USER, **more)["source_locations"] == ["s3://given/"]
        told = options_of(name, found, **USER, **more)
        assert (told["kms_keys"], told["source_locations"]) == (keys, None)
    assert options_of("bucket_check", found, **USER, **more)["granted_keys"] == keys["results"]


@pytest.mark.parametrize(("state", "strict"), [("present", True), ("compared", True), ("verified", False)])
def test_only_a_policy_must_not_be_made_of_half_a_look(state: str, strict: bool) -> None:
    told = options_of("discovery", **USER, state=state, use_discovered=True)
    assert told["fail_on_unknown"] is strict
    assert told["allowed_source_buckets"] == []


def test_grants_bring_the_database_default_and_the_right_to_ask_for_data() -> None:
    asked = {**USER, "lake_formation_grants": GRANTS, "verify": True}
    [named, default] = options_of("grants", **asked)["grants"]
    assert (named["database"], default) == ("sales", DEFAULT)
    assert options_of("policy", **asked)["lake_formation"] is True
    assert options_of("checked", **asked)["lake_formation_grants"][1] == DEFAULT
    none = {**USER, "lake_formation_grants": []}
    assert options_of("grants", **none)["grants"] == []
    assert options_of("policy", **none)["lake_formation"] is False


def test_a_removal_is_told_only_what_it_needs() -> None:
    what_it_was = {
        "tags": {"a": "b"},
        "description": "x",
        "max_session_duration": 7200,
        "external_id": "acme",
        "purge_trust": True,
        "lake_formation_grants": GRANTS,
        "lake_formation_purge": True,
        "lake_formation_purge_scope": "principal",
        "kms_keys": {"results": ["arn:aws:kms:us-east-1:123456789012:key/1"]},
        "databases": ["sales"],
    }
    known = given(**ROLE, **what_it_was, state="absent", path="/p/", base_role_name="base", policy_type="inline")
    told = {
        step.name: {
            name: value
            for name, value in step.options(known, {}).items()
            if value is not None and value != step.takes[name].get("default")
        }
        for step in steps.steps_of(known)
    }
    identity = {"iam_type": "role", "iam_name": "target"}
    assert told == {
        "grants": {
            **identity,
            "iam_path": "/p/",
            "state": "absent",
            "grants": known["lake_formation_grants"] + [DEFAULT],
        },
        "policy": {
            **identity,
            "name": "qualytics-athena-target",
            "state": "absent",
            "policy_type": "inline",
            "path": "/p/",
        },
        "role": {
            "role_name": "target",
            "state": "absent",
            "path": "/p/",
            "trusted_principals": ROLE["trusted_principals"],
            "base_role_name": "base",
        },
    }


def test_grants_go_to_the_role_that_is_known() -> None:
    arn = "arn:aws:iam::123456789012:role/r/target"
    told = options_of("grants", {"role": {"role": {"arn": arn}}}, **ROLE, lake_formation_grants=GRANTS)
    assert (told["principal"], told["iam_name"], told["iam_path"]) == (arn, None, None)


@pytest.mark.parametrize(("mode", "keeps_it"), [(USER, True), (ROLE, False)])
def test_an_identity_that_stays_keeps_the_database_default(mode: dict[str, t.Any], keeps_it: bool) -> None:
    told = options_of("grants", **mode, state="absent", lake_formation_grants=GRANTS)
    assert (DEFAULT not in told["grants"]) is keeps_it


def test_a_role_is_removed_with_what_the_step_before_took_from_it() -> None:
    subjects = ["role/target/qualytics", "arn:aws:iam::123456789012:policy/q", "arn:aws:iam::123456789012:policy/q"]
    results = {"policy": {"drift": [{"subject": subject} for subject in subjects]}}
    told = options_of("role", results, **ROLE, state="absent")
    assert told["detached_policies"] == ["qualytics", "arn:aws:iam::123456789012:policy/q"]
    assert options_of("role", results, **ROLE)["detached_policies"] == []


@pytest.mark.parametrize(
    ("step", "option", "name"),
    [
        ("policy", "name", "policy_name"),
        ("policy", "iam_name", "role_name"),
        ("grants", "grants[0].tables", "lake_formation_grants[0].tables"),
        ("grants", "purge_scope", "lake_formation_purge_scope"),
        ("grants", "iam_path", "role_path"),
        ("role", "description", "role_description"),
        ("role", "tags", "tags"),
        ("bucket_check", "output_location", "output_location"),
        ("checked", "lake_formation_grants[1].database", "lake_formation_grants[1].database"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "athena_access_"])
def test_an_error_names_the_option_that_was_given(step: str, option: str, name: str, prefix: str) -> None:
    more = {"role_path": "/r/", "role_description": "x", "lake_formation_grants": GRANTS, "verify": True}
    known = given(**ROLE, **more, variable_prefix=prefix)
    [named] = [it for it in steps.steps_of(known) if it.name == step]
    error = steps.named_as_given(InvalidOption(option, "is wrong"), named, known)
    assert str(error) == f"{prefix}{name}: is wrong"


@pytest.mark.parametrize("state", ["present", "compared"])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_still_to_be_changed_is_not_verified(state: str, changed: bool, check_mode: bool) -> None:
    known = given(**USER, state=state, verify=True)
    results = {"policy": {"changed": changed, "check_mode": check_mode}}
    runs = {step.name: steps.is_to_run(step, known, results) for step in steps.steps_of(known)}
    assert runs == {"bucket_check": True, "policy": True, "checked": not (changed and check_mode)}


def test_the_first_failure_stands_for_the_rest() -> None:
    def check(name: str, status: str) -> dict[str, str]:
        return {"name": name, "status": status, "detail": f"{name} is off", "remedy": "Mend it"}

    checks = [check("a", "pass"), check("b", "warn"), check("c", "fail"), check("d", "unknown")]
    assert steps.first_failure(checks, ["fail"]) == "c: c is off. Mend it"
    assert steps.first_failure(checks, ["fail", "unknown", "warn"]) == "b: b is off. Mend it (and 2 more)"
    assert steps.first_failure(checks, []) == ""
