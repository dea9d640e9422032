# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role hands every option of its modules on, under the option's own name and with the option's own type."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.modules import (
    athena_access_check,
    athena_discovery_info,
    athena_perm_policy,
    athena_role_trust,
    lf_grant,
    s3_results_bucket_check,
)

ROLE = Path(__file__).resolve().parents[2] / "roles" / "athena_access"
MODULES = {
    "qualytics.athena.athena_access_check": athena_access_check,
    "qualytics.athena.athena_discovery_info": athena_discovery_info,
    "qualytics.athena.athena_perm_policy": athena_perm_policy,
    "qualytics.athena.athena_role_trust": athena_role_trust,
    "qualytics.athena.lf_grant": lf_grant,
    "qualytics.athena.s3_results_bucket_check": s3_results_bucket_check,
}
# Options that the role decides itself, or calls otherwise.
OWN = {
    # The identity follows from the mode, and so does its path. Grants are those that the role makes.
    "qualytics.athena.athena_access_check": {"iam_type", "iam_name", "iam_path", "fail_on"},
    # What is not seen would be taken out of the policy.
    "qualytics.athena.athena_discovery_info": {"fail_on_unknown"},
    "qualytics.athena.athena_perm_policy": {"name", "iam_type", "iam_name", "state"},
    # What the earlier steps of a removal take from the role is the connection's own policy.
    "qualytics.athena.athena_role_trust": {"state", "detached_policies"},
    # Whose grants they are follows from the mode; the names of the others say whose grants and what purging is meant.
    "qualytics.athena.lf_grant": {
        *("principal", "iam_type", "iam_name", "iam_path", "state"),
        *("grants", "purge", "purge_scope", "purge_databases"),
    },
    # What the identity may use follows from the keys that the policy names.
    "qualytics.athena.s3_results_bucket_check": {"granted_keys"},
}
SPECS: dict[str, t.Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
ARGUMENTS: dict[str, dict[str, t.Any]] = SPECS["argument_specs"]["main"]["options"]


def options_of(module: str) -> dict[str, dict[str, t.Any]]:
    options: dict[str, dict[str, t.Any]] = yaml.safe_load(MODULES[module].DOCUMENTATION)["options"]
    return {name: option for name, option in options.items() if name not in OWN[module]}


def tasks() -> list[dict[str, t.Any]]:
    """The tasks of all steps that call a module of the collection."""
    found = [task for path in (ROLE / "tasks").glob("*.yml") for task in read(path)]
    return [task for task in found if any(module in task for module in MODULES)]


def read(path: Path) -> list[dict[str, t.Any]]:
    found: list[dict[str, t.Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def steps(mode: str, state: str) -> list[str]:
    """The files of tasks that a mode goes through, in their order.

    They are imported one by one: were they included in a loop, the order would be mixed up between hosts of several
    modes.
    """
    tasks = read(ROLE / "tasks" / f"{mode}_{state}.yml")
    return [task["ansible.builtin.import_tasks"].removesuffix(".yml") for task in tasks]


def shape(option: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a value may be: the type, the choices, and the same of what is inside."""
    inside = option.get("suboptions", option.get("options", {}))
    return {
        **{name: option.get(name) for name in ("type", "elements", "choices")},
        "inside": {name: shape(suboption) for name, suboption in inside.items()},
    }


@pytest.mark.parametrize("module", MODULES)
def test_every_option_is_an_argument_of_the_role(module: str) -> None:
    for name, option in options_of(module).items():
        assert shape(ARGUMENTS[f"athena_access_{name}"]) == shape(option), name


@pytest.mark.parametrize("module", MODULES)
def test_every_option_is_handed_on(module: str) -> None:
    calls = [task[module] for task in tasks() if module in task]
    [keeps] = [call for call in calls if call.get("state", "present") == "present"]
    for name in options_of(module):
        # What starts with an underscore is made of the variable in vars/main.yml.
        assert re.search(rf"\b_?athena_access_{name}\b", keeps[name]), name
    every_option = yaml.safe_load(MODULES[module].DOCUMENTATION)["options"]
    given = {name for call in calls for name in call}
    assert OWN[module] & set(every_option) - {"principal"} <= given


def test_every_step_of_a_mode_is_a_file_of_tasks() -> None:
    modes = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["_athena_access_modes"]
    states = ARGUMENTS["athena_access_state"]["choices"]
    assert set(modes) == set(ARGUMENTS["athena_access_auth_mode"]["choices"])
    used = {"main", "run", "verify", "verification", *(f"{mode}_{state}" for mode in modes for state in states)}
    for mode, needs in modes.items():
        assert set(needs["needed"]) == set(states)
        assert all(name in ARGUMENTS for names in needs["needed"].values() for name in names)
        # What comes first goes last.
        kept = [step.removeprefix("keep_") for step in steps(mode, "present") if step.startswith("keep_")]
        assert [f"remove_{it}" for it in reversed(kept)] == steps(mode, "absent")
        used.update(*(steps(mode, state) for state in states))
    assert used == {path.stem for path in (ROLE / "tasks").glob("*.yml")}


def test_every_task_takes_the_same_credentials() -> None:
    everywhere = [task[module] for task in tasks() for module in MODULES if module in task]
    assert len(everywhere) == 9
    names = {"region", "profile", "access_key", "secret_key", "session_token", "endpoint_url", "aws_ca_bundle"}
    names |= {"validate_certs", "aws_config", "debug_botocore_endpoint_logs"}
    for task in everywhere:
        assert {name: task.get(name) for name in names} == {
            name: f"{{{{ athena_access_{name} | default(omit) }}}}" for name in names
        }


def test_a_verification_takes_the_same_arguments() -> None:
    assert SPECS["argument_specs"]["verify"]["options"] == ARGUMENTS


def test_every_argument_is_used() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROLE.rglob("*.yml") if path.parent.name in ("tasks", "vars")]
    unused = [name for name in ARGUMENTS if not any(name in text for text in texts)]
    assert unused == []
