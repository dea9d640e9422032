# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site, which `make docs` builds without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "qualytics.athena"
copyright = "2026, qualytics.athena contributors"
html_title = "qualytics.athena: access to Amazon Athena"
html_short_title = "qualytics.athena"

extensions = ["sphinx_antsibull_ext"]
nitpicky = True
highlight_language = "yaml+jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
# Nothing of the theme that asks others for something; there are none by default but these two.
html_theme_options = {
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
    "documentation_home_url": "index.html",
    "collapse_navigation": False,
    "navigation_depth": 3,
    "titles_only": True,
    "topbar_links": {},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False

# For `sphinx-build -b linkcheck`, where there is a network.
linkcheck_timeout = 20
linkcheck_workers = 4

# Collections that are documented elsewhere. Their inventories would be downloads; their addresses have one form.
_ELSEWHERE = re.compile(
    r"ansible_collections\.(?P<namespace>ansible|amazon)\.(?P<name>builtin|aws)\."
    r"(?P<page>[a-z0-9_]+?_(?:module|lookup|filter|strategy|connection|callback|inventory|test|role))"
    r"(?:__(?P<fragment>.+))?"
)
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
# Pages of Ansible's own that antsibull-docs refers to.
_ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
}

# Made anew by: sh tools/start.sh pictures
_PICTURES_HERE = "\n  Here the site shows pictures of the page.\n"
_PICTURES = """

.. figure:: images/report-wide-light.png
   :alt: The overview of a report with a line for each connection, the broken ones first

   The overview, in a light colour scheme

.. figure:: images/report-wide-dark.png
   :alt: The same overview in dark colours

   The same where the reader prefers dark

.. figure:: images/report-phone.png
   :alt: The same overview on a phone
   :width: 390px

   The same on a phone

"""


def _link_elsewhere(
    _app: Sphinx, _environment: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """A link for a reference to Ansible's documentation; any other stays a warning."""
    target = node.get("reftarget", "")
    found = _ELSEWHERE.fullmatch(target)
    if found:
        page = f"collections/{found['namespace']}/{found['name']}/{found['page']}.html"
        page += f"#{target.replace('_', '-').replace('.', '-')}" if found["fragment"] else ""
    elif target in _ANSIBLE_PAGES:
        page = _ANSIBLE_PAGES[target]
    else:
        return None
    return nodes.reference("", "", content, refuri=f"{_ANSIBLE}/{page}", internal=False)


def _show_pictures(_app: Sphinx, page: str, source: list[str]) -> None:
    """Pictures of the report, on this site only: others that show the guides take over nothing but text."""
    if page != "docsite/reports":
        return
    before, marker, after = source[0].partition(_PICTURES_HERE)
    if not marker:
        raise ExtensionError(f"{page} has no line {_PICTURES_HERE.strip()!r}")
    source[0] = before + _PICTURES + after


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _show_pictures)
    app.connect("missing-reference", _link_elsewhere)
