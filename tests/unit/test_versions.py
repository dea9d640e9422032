# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One version of everything: code, metadata, requirements, locks and README state the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.qualytics.athena.plugins.module_utils import _version

ROOT = Path(__file__).resolve().parent.parent.parent
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
LOCKS = sorted(ROOT.glob("requirements/*.txt"))


def pins(name: str) -> dict[str, str]:
    """The packages a lock pins, with their versions."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))


def test_name_and_version_are_those_of_galaxy_yml() -> None:
    assert f"{GALAXY['namespace']}.{GALAXY['name']}" == _version.COLLECTION_NAME
    assert GALAXY["version"] == _version.COLLECTION_VERSION


def test_requirements_state_the_floor() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        f"boto3>={_version.MINIMUM_BOTO3_VERSION}",
        f"botocore>={_version.MINIMUM_BOTOCORE_VERSION}",
    ]


def test_the_floor_environment_holds_exactly_the_floor() -> None:
    floor = pins("floor.txt")
    assert floor["boto3"] == _version.MINIMUM_BOTO3_VERSION
    assert floor["botocore"] == _version.MINIMUM_BOTOCORE_VERSION
    assert f">={floor['ansible-core']}" == RUNTIME["requires_ansible"]


def test_the_readme_states_the_floor() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    core = RUNTIME["requires_ansible"].removeprefix(">=").removesuffix(".0")
    aws = GALAXY["dependencies"]["amazon.aws"].removeprefix(">=")
    assert f"boto3 and botocore {_version.MINIMUM_BOTO3_VERSION} or later" in readme
    assert f"'boto3>={_version.MINIMUM_BOTO3_VERSION}'" in readme
    assert f"`amazon.aws` {aws} or later" in readme
    assert f"ansible-core {core} or later" in readme
    assert (ROOT / "LICENSE").is_file()


def test_the_action_group_names_every_module_and_extends_the_aws_group() -> None:
    metadata, *members = RUNTIME["action_groups"]["athena"]
    assert metadata == {"metadata": {"extend_group": ["amazon.aws.aws"]}}
    assert members == sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


def test_locks_exist() -> None:
    assert {path.name for path in LOCKS} >= {"python-3.11.txt", "python-3.12.txt", "floor.txt"}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_exactly_with_hashes_and_names_no_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[\w])", re.sub(r"(?m)^ *#.*\n", "", text).strip())
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+( ; [^\\]+)? \\\n {4}--hash=sha256:[0-9a-f]{64}", entry), entry
    assert not re.search(r"://|^-|--(extra-)?index|--find-links", text, re.MULTILINE)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_what_its_input_names(path: Path) -> None:
    def named(source: Path) -> list[str]:
        lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        included = [name for line in lines if line.startswith("-r ") for name in named(source.parent / line[3:])]
        return included + [line for line in lines if not line.startswith("-r ")]

    locked = pins(path.name)
    for requirement in named(path.with_suffix(".in")):
        name, _equals, version = requirement.lower().partition("==")
        name = name.partition("[")[0]
        assert name in locked
        assert version in ("", locked[name])
