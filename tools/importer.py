# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What galaxy-importer needs here: an environment of its own, amazon.aws where it looks, its settings."""

from __future__ import annotations

import os
from pathlib import Path

from .environment import AMAZON_AWS, Environment
from .paths import REQUIREMENTS, ROOT
from .pythons import Python, choose

_PYTHONS = ((3, 13), (3, 12))

# As Automation Hub has them, as far as that is told: ansible-test runs in containers there, and is our step `sanity`.
_SETTINGS = """\
[galaxy-importer]
CHECK_CHANGELOG = true
CHECK_REQUIRED_TAGS = true
REQUIRE_V1_OR_GREATER = true
RUN_ANSIBLE_DOC = true
RUN_ANSIBLE_LINT = true
OFFLINE_ANSIBLE_LINT = true
RUN_ANSIBLE_TEST = false
RUN_FLAKE8 = false
"""

_NO_REPOSITORY = 'repository: ""'
# RFC 2606 keeps this name for examples.
_PLACEHOLDER = "repository: https://example.com/qualytics.athena"


def importer_environment(development: Python) -> Environment:
    """`.venv-importer`. Raises NoPython where no Python of this machine is one that galaxy-importer runs on."""
    python = development if development.line in _PYTHONS else choose({**os.environ, "PYTHON": ""}, _PYTHONS)
    return Environment(ROOT / ".venv-importer", python, REQUIREMENTS / "importer.txt", REQUIREMENTS / "ansible-14.txt")


def show_amazon_aws(environment: Environment) -> None:
    """Link amazon.aws to where Ansible always looks: the importer lets ansible-doc see no other collections."""
    (packages,) = environment.directory.glob("lib/python*/site-packages")
    link = packages / AMAZON_AWS
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(environment.amazon_aws, target_is_directory=True)


def write_settings(directory: Path) -> Path:
    """Write the importer's settings; returns the file."""
    file = directory / "galaxy-importer.cfg"
    file.write_text(_SETTINGS, encoding="utf-8")
    return file


def with_repository(copy: Path) -> bool:
    """Give a copy of the checkout a repository for an example, where it names none; returns whether it did.

    Galaxy refuses a collection without, before it looks at anything else.
    """
    file = copy / "galaxy.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(_NO_REPOSITORY, _PLACEHOLDER), encoding="utf-8")
    return _NO_REPOSITORY in text
