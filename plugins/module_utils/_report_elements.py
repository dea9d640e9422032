# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of XML and HTML, of which no text can become markup.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ansible_collections.qualytics.athena.plugins.module_utils import _report_text

Content: t.TypeAlias = str | Element | Iterable["Content"] | None


def element(tag: str, /, *content: Content, **attributes: str | None) -> Element:
    """An element; an attribute that is None is left out. C(class_) and C(aria_label) are C(class) and C(aria-label)."""
    made = Element(tag)
    for attribute, value in attributes.items():
        if value is not None:
            made.set(attribute.rstrip("_").replace("_", "-"), _report_text.shown(value))
    _add(made, content)
    return made


def _add(parent: Element, content: Content) -> None:
    if content is None:
        return
    if isinstance(content, Element):
        parent.append(content)
    elif isinstance(content, str):
        _add_text(parent, _report_text.shown(content))
    else:
        for part in content:
            _add(parent, part)


def _add_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
