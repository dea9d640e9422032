# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: what ansible-builder makes of the example, and what it finds that the collection needs."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from ansible_collections.qualytics.athena.tests.integration.guides import snippets

from .world import EXAMPLES, ROOT

EXAMPLE = EXAMPLES / "execution_environment"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context; no container is built of it."""
    directory = tmp_path_factory.mktemp("environment") / "context"
    builder = str(Path(sys.executable).with_name("ansible-builder"))
    definition = str(EXAMPLE / "execution-environment.yml")
    _run([builder, "create", "--file", definition, "--context", str(directory), "--output-filename", "Containerfile"])
    return directory


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_context_installs_the_collection_and_all_that_runs_it(context: Path) -> None:
    lines = (context / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.19 ansible-runner>=2.4"' in lines
    assert 'ARG PYCMD="/usr/bin/python3.12"' in lines
    assert any("ansible-galaxy collection install" in line and "-r requirements.yml" in line for line in lines)
    # The last stage is what is run, not as root.
    assert lines.index("USER 1000") > lines.index("FROM base AS final")


def test_the_context_asks_for_this_collection_in_a_version_that_it_has(context: Path) -> None:
    asked = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    (collection,) = asked["collections"]
    assert collection["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
    assert collection["version"].startswith(f">={galaxy['version'].split('.')[0]}.")


def test_what_the_context_runs_finds_what_the_collection_needs(context: Path, tmp_path: Path) -> None:
    """The script of the context, on collections as they are installed."""
    python, system = tmp_path / "requirements.txt", tmp_path / "bindep.txt"
    script = str(context / "_build" / "scripts" / "introspect.py")
    installed = str(ROOT / ".venv" / "collections")
    _run([sys.executable, script, "introspect", installed, "--write-pip", str(python), "--write-bindep", str(system)])
    ours = "  # from collection qualytics.athena"
    found = {line.removesuffix(ours) for line in python.read_text(encoding="utf-8").splitlines() if line.endswith(ours)}
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert found == {line for line in required if not line.startswith("#")}
    assert len(found) == 2
    assert ours not in system.read_text(encoding="utf-8")


def test_the_files_that_are_read_there_are_in_the_tarball() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    metadata = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    names = ["meta/execution-environment.yml", *metadata["dependencies"].values()]
    assert names[1:] == ["requirements.txt", "bindep.txt"]
    for name in names:
        assert (ROOT / name).is_file()
        assert not [pattern for pattern in galaxy["build_ignore"] if fnmatch.fnmatch(name, pattern)]


def test_the_guides_show_what_the_examples_have() -> None:
    """But for the headers of the files."""

    def body(path: Path) -> str:
        return path.read_text(encoding="utf-8").partition("\n---\n")[2]

    shown = "\n".join(snippets("controller", "yaml") + snippets("fleet", "yaml") + snippets("fleet", "ini"))
    assert body(EXAMPLE / "execution-environment.yml").partition("\n")[2] in shown
    assert body(EXAMPLES / "fleet" / "inventory" / "connections" / "forecast.yml").partition("\n")[2] in shown
    (profile,) = snippets("fleet", "ini")
    assert profile in (EXAMPLES / "fleet" / "aws" / "provision.config").read_text(encoding="utf-8")
