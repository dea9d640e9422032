# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's community and Automation Hub ask of a collection, and no other tool holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.module_utils import _version

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
FILTERS = sorted((ROOT / "plugins" / "filter").glob("*.py"))
SHIPPED = ("meta", "playbooks", "plugins", "roles")
# https://docs.ansible.com/ansible/latest/dev_guide/developing_collections_structure.html#plugins-directory
ALLOWED_PLUGINS = {"action", "doc_fragments", "filter", "module_utils", "modules", "plugin_utils"}
# The page on certification owns to these.
LOOKING = {"athena_connection": {"compared", "verified"}}
README_SECTIONS = [
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Contributing",
    "Support",
    "Release Notes and Roadmap",
    "Related Information",
    "License Information",
]


def constant(path: Path, name: str) -> Any:
    """The YAML in a constant of a plugin."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} has no {name}")


def values_of(key: str, data: Any) -> Iterator[Any]:
    """The values of a key, however deep."""
    if isinstance(data, dict):
        yield from ([data[key]] if key in data else [])
        data = list(data.values())
    if isinstance(data, list):
        for each in data:
            yield from values_of(key, each)


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def by_name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", MODULES + FILTERS, ids=by_name)
def test_a_plugin_says_in_which_release_it_came(path: Path) -> None:
    documentation = constant(path, "DOCUMENTATION")
    assert "version_added" in documentation
    for version in values_of("version_added", [documentation, constant(path, "RETURN")]):
        assert (1, 0, 0) <= number(version) <= number(_version.COLLECTION_VERSION)


def test_an_entry_point_of_a_role_says_in_which_release_it_came() -> None:
    (file,) = ROOT.glob("roles/*/meta/argument_specs.yml")
    for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
        assert "version_added" in entry
        for version in values_of("version_added", entry):
            assert (1, 0, 0) <= number(version) <= number(_version.COLLECTION_VERSION)


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_a_module_states_the_floor(path: Path) -> None:
    requirements = constant(path, "DOCUMENTATION")["requirements"]
    assert requirements == [
        "python >= 3.11",
        f"boto3 >= {_version.MINIMUM_BOTO3_VERSION}",
        f"botocore >= {_version.MINIMUM_BOTOCORE_VERSION}",
    ]


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_a_module_runs_in_check_mode(path: Path) -> None:
    fragments = constant(path, "DOCUMENTATION")["extends_documentation_fragment"]
    # The fragment declares it in full.
    assert "qualytics.athena._attributes" in fragments
    assert "supports_check_mode=False" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_a_module_is_not_asked_by_a_state_and_returns_no_facts(path: Path) -> None:
    options = constant(path, "DOCUMENTATION")["options"]
    assert set(options.get("state", {}).get("choices", [])) <= {"present", "absent"} | LOOKING.get(path.stem, set())
    assert "ansible_facts" not in constant(path, "RETURN")
    assert "ansible_facts" not in path.read_text(encoding="utf-8")


def test_there_are_only_plugins_of_the_kinds_that_a_collection_may_have() -> None:
    kinds = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert kinds == ALLOWED_PLUGINS


@pytest.mark.parametrize("directory", SHIPPED)
def test_what_runs_reads_nothing_of_the_directories_beside(directory: str) -> None:
    beside = re.compile(r"""["'/ ](?:\.\./)+(?:docs|tests|tools|extensions|changelogs|requirements)\b""")
    files = [path for path in (ROOT / directory).rglob("*") if path.suffix in {".py", ".yml", ".j2"}]
    assert files
    assert [str(path) for path in files if beside.search(path.read_text(encoding="utf-8"))] == []


def test_the_readme_has_the_sections_of_certified_content_in_their_order() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    titles = re.findall(r"^## (.+)$", prose, re.MULTILINE)
    assert [title for title in titles if title in README_SECTIONS] == README_SECTIONS


def test_what_changed_is_told() -> None:
    changelog = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    page, fragments = ROOT / "CHANGELOG.rst", list(ROOT.glob("changelogs/fragments/*.yml"))
    released = {number(version) for version in changelog["releases"]}
    version = number(_version.COLLECTION_VERSION)
    # Either this version is released, or its fragments wait.
    assert version in released or fragments
    assert max(released, default=version) <= version
    assert page.exists() == bool(released)
    for each in changelog["releases"]:
        assert f"\nv{each}\n=" in page.read_text(encoding="utf-8")
