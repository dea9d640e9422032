# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of HTML that is as strict as a page of ours should be: every element is closed, in its order."""

from __future__ import annotations

import dataclasses
import html.parser
import re
from collections.abc import Iterator

_VOID = {"meta", "link", "br", "hr", "img", "input", "col", "base", "wbr", "area", "embed", "source", "track"}


@dataclasses.dataclass
class Tag:
    """An element with its attributes, its children and the text between them, in their order."""

    name: str
    attributes: dict[str, str] = dataclasses.field(default_factory=dict)
    content: list[Tag | str] = dataclasses.field(default_factory=list)

    def all(self, *names: str) -> Iterator[Tag]:
        """The elements below that have one of the names; all where none is given."""
        for child in self.content:
            if isinstance(child, Tag):
                if not names or child.name in names:
                    yield child
                yield from child.all(*names)

    def first(self, name: str) -> Tag:
        return next(self.all(name))

    def with_class(self, name: str) -> list[Tag]:
        return [it for it in self.all() if name in it.attributes.get("class", "").split()]

    @property
    def text(self) -> str:
        parts = (it if isinstance(it, str) else it.text for it in self.content)
        return re.sub(r"\s+", " ", "".join(parts)).strip()


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Tag("document")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Tag(tag, {name: value or "" for name, value in attrs})
        assert len(made.attributes) == len(attrs), f"an attribute twice: {attrs}"
        self._open[-1].content.append(made)
        if tag not in _VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].content.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == [self.root], f"not closed: {[it.name for it in self._open]}"


def read_page(text: str) -> Tag:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.root
