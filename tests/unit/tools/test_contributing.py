# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CONTRIBUTING.md says of the targets and of the house is so, and says all of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.module_utils import _location, _permissions, _simulation
from tools.steps import EVERY_STEP

ROOT = Path(__file__).resolve().parents[3]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"(?m)^([a-z][\w-]*):", MAKEFILE))
# Of the code, not of what is written about it.
CODE = [path for path in (ROOT / "plugins").rglob("*.py") if path.parent.name != "modules"]


def section(title: str) -> str:
    found = re.search(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", CONTRIBUTING)
    assert found, f"CONTRIBUTING.md has no section {title}"
    return found[1]


def code_with(text: str) -> set[str]:
    """The names of the files of code in which a text is."""
    return {path.name for path in CODE if text in path.read_text(encoding="utf-8")}


def simulated(streaming: bool) -> list[_simulation.Simulation]:
    results = _location.S3Location("example-athena-results")
    reach = _simulation.Reach("primary", results, "123456789012", result_streaming=streaming)
    return _simulation.simulations(reach, _location.Scope("aws", "123456789012", "us-east-1"), None)


def test_make_help_says_every_target() -> None:
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in said.splitlines()} == TARGETS
    assert all(len(line.split()) > 2 for line in said.splitlines())


def test_every_target_is_called_one_and_every_step_has_one() -> None:
    (phony,) = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert set(phony.split()) == TARGETS
    assert set(EVERY_STEP) - TARGETS == {"mutation_sample", "faults_sample", "bench_sample"}


def test_contributing_says_every_target_and_no_other() -> None:
    rows = re.findall(r"(?m)^\| ((?:`[a-z][\w-]*`(?:, )?)+) \|", section("Targets"))
    assert set(re.findall(r"`([\w-]+)`", " ".join(rows))) == TARGETS


def test_the_map_names_every_room_and_no_other() -> None:
    """A directory of the checkout, and of plugins, that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which directories are part of it")
    paths = [line.split("/") for line in listed.stdout.splitlines()]
    rooms = {path[0] for path in paths if len(path) > 1} | {
        "/".join(path[:2]) for path in paths if path[0] == "plugins"
    }
    rooms |= {"/".join(path[:2]) for path in paths if path[0] == "tests" and len(path) > 2}
    rooms -= {"plugins", "tests"}
    rows = re.findall(r"(?m)^\| ((?:`[\w./-]+/`(?:, )?)+) \|", section("A map of the house"))
    named = set(re.findall(r"`([\w./-]+)/`", " ".join(rows)))
    assert named == rooms


def test_the_files_that_contributing_names_are_there() -> None:
    named = re.findall(r"`(_\w+\.py)`", section("A map of the house") + section("Adding something"))
    assert named
    assert [name for name in named if not (ROOT / "plugins" / "module_utils" / name).is_file()] == []


def test_an_action_is_one_line_in_one_file_and_is_then_in_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    new = _permissions.Permission(
        "athena:ListTagsForResource", "workgroup", "Read tags", "https://docs.aws.amazon.com/"
    )
    before = _permissions.actions_on(["workgroup"])
    monkeypatch.setattr(_permissions, "CATALOGUE", (*_permissions.CATALOGUE, new))
    assert _permissions.actions_on(["workgroup"]) == [*before, new.action]
    asked = {action for simulation in simulated(streaming=False) for action in simulation.actions}
    assert new.action in asked


def test_an_action_that_an_option_asks_for_is_simulated_where_the_option_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = _permissions.Permission(
        "athena:ListTagsForResource", "workgroup", "Read tags", "https://docs.aws.amazon.com/", "result_streaming"
    )
    monkeypatch.setattr(_permissions, "CATALOGUE", (*_permissions.CATALOGUE, new))
    for streaming in (False, True):
        asked = {action for simulation in simulated(streaming) for action in simulation.actions}
        assert (new.action in asked) is streaming


def test_an_action_is_named_in_its_catalogue_and_where_it_is_judged() -> None:
    assert code_with('"glue:BatchGetPartition"') == {"_permissions.py", "_permission_checks.py"}


def test_a_check_is_a_function_in_one_file_and_its_place_in_another() -> None:
    for check in ("workgroup_acl", "workgroup_engine", "bucket_object_lock"):
        files = code_with(check)
        assert len(files) == 2, files
        assert "_results_bucket.py" in files


def test_a_kind_of_lake_formation_resource_is_two_files() -> None:
    assert code_with("lf_tag_expression") == {"_grants_resources.py"}
    assert code_with('"LFTagExpression"') == {"_grants_resources.py", "_grants_shape.py"}


def test_the_hooks_are_tools_of_the_environment_at_the_versions_of_the_lock() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in configuration["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in configuration["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    lock = (ROOT / "requirements" / "python-3.12.txt").read_text(encoding="utf-8")
    for hook in hooks:
        directory, _slash, tool = hook["entry"].split()[0].rpartition("/")
        assert directory == ".venv/bin"
        assert tool == "python" or re.search(rf"(?m)^{tool}==", lock), tool
