# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation: the EXAMPLES of the plugins, and the code blocks of the README and the guides."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<language>\S*)")
_DIRECTIVES = "code-block|code|sourcecode|parsed-literal|literalinclude"
_DIRECTIVE = re.compile(rf"^(?P<indent> *)\.\. (?P<name>{_DIRECTIVES})::(?P<rest>.*)$")
_OPTION = re.compile(r"^:(?P<name>[\w-]+):\s*(?P<value>.*)$")


@dataclass(frozen=True)
class Block:
    """One example: the document it is in, its line there, its language (empty where none is said), and its text."""

    document: str
    line: int
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.strip().partition("\n")[0]

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


def plugin_examples() -> dict[str, str]:
    """The EXAMPLES of each plugin that has documentation, by its path.

    They are read without an import: that of a filter would make this process a controller.
    """
    found = {}
    for path in sorted((ROOT / "plugins").glob("*/*.py")):
        if path.parent.name.endswith(("_utils", "_fragments")):
            continue
        assigned = {
            node.targets[0].id: node.value
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        if "DOCUMENTATION" in assigned:
            found[str(path.relative_to(ROOT))] = str(ast.literal_eval(assigned["EXAMPLES"]))
    return found


def documents() -> dict[str, list[Block]]:
    """The code blocks of each document that people read, by its path; those without any are there too."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs" / "docsite" / "rst").rglob("*.rst"))]
    paths += sorted(ROOT.glob("roles/*/README.md")) + sorted(ROOT.glob("playbooks/**/README.md"))
    return {str(path.relative_to(ROOT)): blocks_of(path) for path in paths}


def blocks_of(path: Path) -> list[Block]:
    """The code blocks of a page in Markdown or reStructuredText."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = _fenced(lines) if path.suffix == ".md" else _literal(lines, path.parent)
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    return [Block(name, line, language, text) for line, language, text in found]


def _fenced(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    numbers = iter(range(len(lines)))
    for start in numbers:
        opened = _FENCE.match(lines[start])
        if not opened:
            continue
        body = []
        for number in numbers:
            if lines[number].strip() == opened["fence"]:
                break
            body.append(lines[number])
        yield start + 1, opened["language"], textwrap.dedent("\n".join(body)).strip("\n") + "\n"


def _literal(lines: list[str], directory: Path) -> Iterator[tuple[int, str, str]]:
    """Directives for code, and paragraphs that end with two colons, with all that is indented below them."""
    number = 0
    while number < len(lines):
        line, start = lines[number], number + 1
        number += 1
        directive = _DIRECTIVE.match(line)
        if not directive and (not line.rstrip().endswith("::") or line.lstrip().startswith("..")):
            continue
        indent = len(line) - len(line.lstrip())
        body = []
        while number < len(lines) and (not lines[number].strip() or _indent(lines[number]) > indent):
            body.append(lines[number])
            number += 1
        options, text = _without_options(textwrap.dedent("\n".join(body)))
        if not directive:
            yield start, "", text
        elif directive["name"] == "literalinclude":
            included = (directory / directive["rest"].strip()).read_text(encoding="utf-8")
            yield start, options.get("language", ""), included
        else:
            yield start, directive["rest"].strip(), text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_options(text: str) -> tuple[dict[str, str], str]:
    """The options of a directive, and what follows them."""
    options, lines = {}, text.splitlines()
    while lines and (option := _OPTION.match(lines[0])):
        options[option["name"]] = option["value"]
        del lines[0]
    return options, "\n".join(lines).strip("\n") + "\n"
