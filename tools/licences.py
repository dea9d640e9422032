# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools.licences`: whether every file says its licence, and every installed package has one that may be."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from .paths import REQUIREMENTS, ROOT
from .tree import project_files

_HEADER = b"SPDX-License-Identifier: GPL-3.0-or-later"
# A header stands at the start, after a line that says how the file is run or read.
_HEADER_LINES = 8


def without_licence(root: Path, names: Iterable[str], annotations: Mapping[str, Any]) -> list[str]:
    """The files that have neither a header nor an annotation of REUSE.toml, and the annotations of no file."""
    patterns = {text: _pattern(text) for text in _annotated(annotations)}
    idle = dict.fromkeys(patterns)
    missing = []
    for name in names:
        fitting = [text for text, pattern in patterns.items() if pattern.fullmatch(name)]
        for text in fitting:
            idle.pop(text, None)
        if not fitting and not _has_header(root / name):
            missing.append(f"{name}: neither a header nor a line in REUSE.toml says its licence")
    return missing + [f"{text}: there is no such file any more, take it out of REUSE.toml" for text in idle]


def _annotated(annotations: Mapping[str, Any]) -> Iterator[str]:
    for annotation in annotations["annotations"]:
        path = annotation["path"]
        yield from [path] if isinstance(path, str) else path


def _pattern(text: str) -> re.Pattern[str]:
    """One star is for a name, two are for a path (https://reuse.software/spec-3.3/)."""
    parts = re.split(r"(\*\*|\*)", text)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))


def _has_header(path: Path) -> bool:
    with path.open("rb") as file:
        return any(_HEADER in file.readline() for _line in range(_HEADER_LINES))


@dataclass(frozen=True)
class Package:
    """What a package says of its licence."""

    name: str
    licences: tuple[str, ...]


def package_of(distribution: Distribution) -> Package:
    """The licences that a package names: as an SPDX expression, by classifiers, or in its own words."""
    metadata = distribution.metadata
    name = metadata["Name"]
    for expression in metadata.get_all("License-Expression") or []:
        return Package(name, tuple(re.findall(r"[^\s()]+", re.sub(r"\b(AND|OR|WITH)\b", " ", expression))))
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License :: ")]
    named = [text.rpartition(" :: ")[2] for text in classifiers if text != "License :: OSI Approved"]
    words = "".join(metadata.get_all("License") or []).strip().splitlines()
    return Package(name, tuple(named or words[:1]))


def not_allowed(packages: Iterable[Package], rules: Mapping[str, Any]) -> list[str]:
    """The packages with a licence that is not allowed, also where they leave a choice, or without any."""
    allowed, written_as = set(rules["allowed"]), rules["written_as"]
    told = []
    for package in packages:
        other = [it for it in package.licences if written_as.get(it, it) not in allowed]
        if other or not package.licences:
            told.append(f"{package.name}: {', '.join(other) or 'no licence is named'}")
    return sorted(told)


def main() -> int:
    """Print what is wrong; returns the exit code."""
    annotations = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))
    rules = tomllib.loads((REQUIREMENTS / "licences.toml").read_text(encoding="utf-8"))
    names, packages = project_files(), [package_of(it) for it in distributions()]
    wrong = without_licence(ROOT, names, annotations) + not_allowed(packages, rules)
    print(
        "\n".join([*wrong, f"{len(names)} files, {len(packages)} packages: {len(wrong)} without a licence that fits"])
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
