# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence check finds files and packages that say no licence, or one that is not allowed."""

from __future__ import annotations

import email.message
import importlib.metadata
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.licences import Package, not_allowed, package_of, without_licence
from tools.paths import REQUIREMENTS

HEADER = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
RULES = tomllib.loads((REQUIREMENTS / "licences.toml").read_text(encoding="utf-8"))


def annotations(*paths: Any) -> dict[str, Any]:
    return {"annotations": [{"path": path} for path in paths]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    texts = {
        "with.py": f"#!/usr/bin/env python\n{HEADER}",
        "late.py": "\n" * 20 + HEADER,
        "other.py": "# SPDX-License-Identifier: MIT\n",
        "data/a.json": "{}",
        "data/deep/b.json": "{}",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("annotated", "missing"),
    [
        ((), ["data/a.json", "data/deep/b.json", "late.py", "other.py"]),
        (("data/*",), ["data/deep/b.json", "late.py", "other.py"]),
        (("data/**", "late.py"), ["other.py"]),
        ((["data/**", "other.py"], "late.py"), []),
    ],
)
def test_files_without_a_header_or_an_annotation(root: Path, annotated: tuple[Any, ...], missing: list[str]) -> None:
    told = without_licence(root, files(root), annotations(*annotated))
    assert [line.partition(":")[0] for line in told] == missing


def test_an_annotation_of_no_file_is_told(root: Path) -> None:
    (line,) = without_licence(root, ["with.py"], annotations("gone/*.json"))
    assert line.startswith("gone/*.json: there is no such file any more")


class Described(importlib.metadata.Distribution):
    """A package of which only this is known."""

    def __init__(self, **fields: str | list[str]) -> None:
        self.message = email.message.Message()
        for name, value in {"Name": "example", **fields}.items():
            for one in [value] if isinstance(value, str) else value:
                self.message[name.replace("_", "-")] = one

    @property
    def metadata(self) -> Any:
        return self.message

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: Any) -> Any:
        return path


@pytest.mark.parametrize(
    ("fields", "licences"),
    [
        ({"License_Expression": "MIT"}, ("MIT",)),
        ({"License_Expression": "(MIT OR Apache-2.0) AND PSF-2.0"}, ("MIT", "Apache-2.0", "PSF-2.0")),
        ({"License_Expression": "MIT", "License": "something else"}, ("MIT",)),
        ({"Classifier": ["License :: OSI Approved", "License :: OSI Approved :: MIT License"]}, ("MIT License",)),
        ({"Classifier": ["Topic :: Internet"], "License": "BSD-3-Clause\nCopyright ..."}, ("BSD-3-Clause",)),
        ({}, ()),
    ],
)
def test_what_a_package_says_of_its_licence(fields: dict[str, Any], licences: tuple[str, ...]) -> None:
    assert package_of(Described(**fields)) == Package("example", licences)


def test_licences_that_are_not_allowed_are_told_with_their_package() -> None:
    packages = [
        Package("good", ("MIT License", "Apache-2.0")),
        Package("partly", ("MIT", "BUSL-1.1")),
        Package("silent", ()),
        Package("network", ("AGPL-3.0-only",)),
    ]
    assert not_allowed(packages, RULES) == ["network: AGPL-3.0-only", "partly: BUSL-1.1", "silent: no licence is named"]


def test_the_list_translates_only_into_what_it_allows() -> None:
    assert set(RULES["written_as"].values()) <= set(RULES["allowed"])
