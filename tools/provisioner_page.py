# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation page on the provisioner's own permissions, and its policies as documents to be filled in."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from .paths import ROOT
from .provisioner_policies import RESOURCES, USES, Statement, Use

PAGE = ROOT / "docs" / "docsite" / "rst" / "provisioner.rst"
DOCUMENTS = ROOT / "docs" / "provisioner"

# What is filled in -> what it stands for.
PLACEHOLDERS = {
    "ACCOUNT_ID": "the account of the connection",
    "BASE_ROLE_NAME": "``base_role_name``, with the role's path",
    "BOUNDARY_POLICY_NAME": "the managed policy that ``permissions_boundary`` names, with its path",
    "DATABASE_NAME": "one of ``databases``; a line for each, or ``*``",
    "DATA_CATALOG": "one of ``data_catalogs``; a line for each, or ``*``",
    "KEY_ID": "the key's id; a line for each key, or ``*``",
    "POLICY_NAME": "``policy_name`` with its ``path``; ``qualytics-athena-*`` for all that the role names",
    "REGION": "the Region of the connection",
    "REGISTRATION_ROLE_NAME": "the role that the source data is registered with in Lake Formation, with its path",
    "RESULTS_BUCKET": "the bucket of ``output_location``",
    "ROLE_NAME": "``role_name``, with the role's path",
    "SOURCE_BUCKET": "the buckets of the source data; a line for each, or ``*``",
    "USER_NAME": "``user_name``, with the user's path",
    "WORKGROUP": "``workgroup``, by default ``primary``",
}

_HEAD = """\
..
  Copyright: (c) 2026, qualytics.athena contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made from tools/provisioner_policies.py by: sh tools/start.sh provisioner-page

.. _ansible_collections.qualytics.athena.docsite.provisioner:

What the provisioner must be allowed
====================================

The *provisioner* is the identity that runs the tasks: the user or role whose credentials Ansible has. It needs none of
the permissions that it hands out, and the connection's identity needs none of its own.

Below is one policy for each use of :ansplugin:`qualytics.athena.athena_connection#module` and of the role; attach those
that apply. The same documents lie in ``docs/provisioner`` of the collection. They are tested: with exactly these each
use works from the first run to the removal. Without any single action of them a run fails, a check is ``unknown`` or a
warning is given, which names that action.

{figures}

**To compare only**, in check mode or with ``state: compared``, leave out the statements whose ``Sid`` ends in
``Write``.

.. contents::
   :local:

What to fill in
---------------

"""

_BEFORE_USES = """\

Outside of ``aws`` write the partition of yours (``aws-us-gov``, ``aws-cn``) in place of ``aws`` in every ARN. The calls
that are listed with ``"*"`` know no resource
(`Service Authorization Reference <https://docs.aws.amazon.com/service-authorization/latest/reference/>`__).

How far this goes
-----------------

Whoever may write policies and attach them can give away what they do not have. The documents narrow that as far as IAM
allows: policies by their name, attachments to those policies (``iam:PolicyARN``), roles to a permissions boundary. What
a policy *says* IAM cannot narrow. Give the connection's user or role a permissions boundary
(`Permissions boundaries <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>`__), and the
provisioner the policy for it below, where the provisioner is trusted less than an administrator.

A call to ``sts:GetCallerIdentity`` comes first in each run; no policy is asked for it.
"""


def page() -> str:
    """The page as it should be."""
    head = _HEAD.replace("{figures}", _figures())
    return "\n".join([head + _placeholders() + _BEFORE_USES, *map(_section, USES)])


def _figures() -> str:
    statements = [statement for use in USES for statement in use.statements if statement.effect == "Allow"]
    permissions = [action for statement in statements for action in statement.all_actions]
    return f"{len(USES)} policies hold {len(permissions)} permissions, of {len(set(permissions))} actions."


def documents() -> dict[Path, str]:
    """The policies as files."""
    return {DOCUMENTS / f"{use.name}.json": _json(use) for use in USES}


def _json(use: Use) -> str:
    return json.dumps(use.document(), indent=2) + "\n"


def _placeholders() -> str:
    rows = (f"   * - ``<{name}>``\n     - {meaning}" for name, meaning in PLACEHOLDERS.items())
    return "\n".join([".. list-table::", "   :header-rows: 1", "", "   * - Written as", "     - Stands for", *rows, ""])


def _section(use: Use) -> str:
    heading = use.title
    calls = "\n".join(f"- {_words(statement)}" for statement in use.statements)
    code = textwrap.indent(_json(use), "   ")
    notes = f"\n{textwrap.fill(use.notes, 118, break_long_words=False, break_on_hyphens=False)}\n" if use.notes else ""
    return (
        f"{heading}\n{'-' * len(heading)}\n{notes}\n``docs/provisioner/{use.name}.json``\n\n"
        f".. code-block:: json\n\n{code}\n{calls}\n"
    )


def _words(statement: Statement) -> str:
    """For which calls the statement is."""
    if statement.effect == "Deny":
        return f"``{statement.sid}`` holds whoever has it to the boundary."
    calls = _listed(statement.calls) if statement.calls else "no call of its own, but for what Glue reads"
    where = "all resources" if statement.resource == "anything" else f"the {statement.resource}"
    return f"``{statement.sid}``, on {where}: {calls}"


def _listed(calls: Iterable[str]) -> str:
    return ", ".join(f"``{re.sub('^[a-z0-9]+:', '', call)}``" for call in calls)


def placeholders_used() -> set[str]:
    """All that the documents leave to be filled in."""
    texts = [arn for arns in RESOURCES.values() for arn in arns] + list(documents().values())
    return {name for text in texts for name in re.findall(r"<([A-Z_]+)>", text)}


def main() -> None:
    """Write the page and the documents."""
    PAGE.write_text(page(), encoding="utf-8")
    DOCUMENTS.mkdir(exist_ok=True)
    wanted = documents()
    for path in set(DOCUMENTS.glob("*.json")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
