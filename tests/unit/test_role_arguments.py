# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role is a thin face on the module athena_connection, and that one on the modules of its steps.

Every option has one type, one set of choices and one name all the way.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.module_utils import _arguments
from ansible_collections.qualytics.athena.plugins.modules import (
    athena_access_check,
    athena_connection,
    athena_discovery_info,
    athena_perm_policy,
    athena_role_trust,
    lf_grant,
    s3_results_bucket_check,
)

ROLE = Path(__file__).resolve().parents[2] / "roles" / "athena_access"
SPECS: dict[str, t.Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
ARGUMENTS: dict[str, dict[str, t.Any]] = SPECS["argument_specs"]["main"]["options"]
CREDENTIALS = {
    *("region", "profile", "access_key", "secret_key", "session_token", "endpoint_url", "aws_ca_bundle"),
    *("validate_certs", "aws_config", "debug_botocore_endpoint_logs"),
}
# Of the module's options, those that the role decides itself.
DECIDED = {"variable_prefix", "variables"}

STEPS = {
    "athena_access_check": (athena_access_check, _arguments.ACCESS_CHECK),
    "athena_discovery_info": (athena_discovery_info, _arguments.DISCOVERY),
    "athena_perm_policy": (athena_perm_policy, _arguments.POLICY),
    "athena_role_trust": (athena_role_trust, _arguments.ROLE),
    "lf_grant": (lf_grant, _arguments.GRANTS),
    "s3_results_bucket_check": (s3_results_bucket_check, _arguments.BUCKET_CHECK),
}
# Options of a step that the connection decides itself, or calls otherwise.
OWN = {
    # The identity follows from the mode, and so does its path.
    "athena_access_check": {"iam_type", "iam_name", "iam_path", "lake_formation_grants"},
    # What is not seen would be taken out of the policy.
    "athena_discovery_info": {"fail_on_unknown"},
    "athena_perm_policy": {"name", "iam_type", "iam_name", "state"},
    # What the earlier steps of a removal take from the role is the connection's own policy.
    "athena_role_trust": {"state", "detached_policies"},
    # Whose grants they are follows from the mode; the names of the others say whose grants and what purging is meant.
    "lf_grant": {
        *("principal", "iam_type", "iam_name", "iam_path", "state"),
        *("grants", "purge", "purge_scope", "purge_databases"),
    },
    # What the identity may use follows from the keys that the policy names.
    "s3_results_bucket_check": {"granted_keys"},
}


def documented(module: t.Any) -> dict[str, dict[str, t.Any]]:
    options: dict[str, dict[str, t.Any]] = yaml.safe_load(module.DOCUMENTATION)["options"]
    return options


def shape(option: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a value may be: the type, the choices, and the same of what is inside."""
    inside = option.get("suboptions", option.get("options", {}))
    return {
        **{name: option.get(name) for name in ("type", "elements", "choices")},
        "inside": {name: shape(suboption) for name, suboption in inside.items()},
    }


@pytest.mark.parametrize("step", STEPS)
def test_every_option_of_a_step_is_one_of_the_connection(step: str) -> None:
    of_connection = documented(athena_connection)
    for name, option in documented(STEPS[step][0]).items():
        if name not in OWN[step]:
            assert shape(of_connection[name]) == shape(option), name


@pytest.mark.parametrize("step", STEPS)
def test_what_is_documented_is_taken(step: str) -> None:
    module, specification = STEPS[step]
    assert set(documented(module)) == set(specification)


def test_grants_are_written_as_in_the_module_that_grants() -> None:
    of_connection = documented(athena_connection)
    grants = documented(lf_grant)
    assert shape(of_connection["lake_formation_grants"]) == shape(grants["grants"])
    for name in ("purge", "purge_scope", "purge_databases"):
        assert shape(of_connection[f"lake_formation_{name}"]) == shape(grants[name])


def test_every_option_of_the_connection_is_an_argument_of_the_role() -> None:
    for name, option in documented(athena_connection).items():
        if name in DECIDED:
            continue
        expected = shape(option)
        if name == "state":
            # The others are entry points of the role.
            expected["choices"] = ["present", "absent"]
        if name == "lake_formation_grants":
            # The module says better what is wrong with an entry.
            expected["inside"] = {}
        assert shape(ARGUMENTS[f"athena_access_{name}"]) == expected, name


def call_of_module() -> dict[str, t.Any]:
    tasks = yaml.safe_load((ROLE / "tasks" / "run.yml").read_text(encoding="utf-8"))
    [block] = [task["block"] for task in tasks if "block" in task]
    [call] = [
        task["qualytics.athena.athena_connection"] for task in block if "qualytics.athena.athena_connection" in task
    ]
    handed_on: dict[str, t.Any] = call
    return handed_on


def test_every_argument_is_handed_on_under_its_own_name() -> None:
    call = call_of_module()
    assert set(call) == {*documented(athena_connection), *CREDENTIALS}
    assert {f"athena_access_{name}" for name in call} - {f"athena_access_{it}" for it in DECIDED} == set(ARGUMENTS)
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    for name, value in call.items():
        variable = f"athena_access_{name}"
        if name == "variable_prefix":
            assert value == "athena_access_"
        elif name == "variables":
            assert value == "{{ _athena_access_variables }}"
        elif name == "state":
            assert value == "{{ _athena_access_goal }}"
        elif variable in defaults or ARGUMENTS[variable].get("required"):
            assert value == f"{{{{ {variable} }}}}"
        else:
            assert value == f"{{{{ {variable} | default(omit) }}}}"


def test_the_defaults_of_the_role_are_those_of_the_module() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    of_module = documented(athena_connection)
    for variable, value in defaults.items():
        if variable != "athena_access_connection":
            assert of_module[variable.removeprefix("athena_access_")]["default"] == value


def test_every_state_of_the_module_is_an_entry_point_or_a_state_of_the_role() -> None:
    goals = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))[0]["vars"]["_athena_access_goal"]
        for path in (ROLE / "tasks").glob("*.yml")
        if path.stem != "run"
    }
    assert goals == {"main": "{{ athena_access_state }}", "verify": "verified", "drift": "compared"}
    assert set(SPECS["argument_specs"]) == set(goals)
    states = {*ARGUMENTS["athena_access_state"]["choices"], goals["verify"], goals["drift"]}
    assert states == set(_arguments.CONNECTION["state"]["choices"])


@pytest.mark.parametrize("entry_point", ["verify", "drift"])
def test_every_entry_point_takes_the_same_arguments(entry_point: str) -> None:
    assert SPECS["argument_specs"][entry_point]["options"] == ARGUMENTS
