# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the same connections: this collection, and what people use today."""

from __future__ import annotations

from .amazon_aws import AmazonAws
from .boto3_script import Boto3Script
from .collection import BareModule, OurRole
from .command_loop import CommandLoop
from .peer import Peer, Task
from .terraform import Terraform

PEERS: dict[str, Peer] = {
    peer.name: peer for peer in (OurRole(), BareModule(), AmazonAws(), Terraform(), CommandLoop(), Boto3Script())
}

__all__ = ["PEERS", "Peer", "Task"]
