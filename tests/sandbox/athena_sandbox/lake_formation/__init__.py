# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Lake Formation in memory: pure Python, without ministack, the SDK or a network.

    lake = LakeFormation(MemoryCatalog(...), MemoryPrincipals(...), behaviour=Behaviour(strict_revoke=False))
    lake.call("GrantPermissions", {"Principal": ..., "Resource": ..., "Permissions": ["SELECT"]}, caller_arn)

How it behaves follows AWS's documentation, botocore's model and what users of Terraform, the CDK and AWS's samples met
on real accounts; `Behaviour` has a switch wherever these disagree or are silent.
"""

from __future__ import annotations

from .behaviour import Behaviour
from .errors import Fault, LakeFormationError
from .interfaces import Catalog, Database, Principals, Table
from .memory import MemoryCatalog, MemoryPrincipals
from .service import LakeFormation

__all__ = [
    "Behaviour",
    "Catalog",
    "Database",
    "Fault",
    "LakeFormation",
    "LakeFormationError",
    "MemoryCatalog",
    "MemoryPrincipals",
    "Principals",
    "Table",
]
