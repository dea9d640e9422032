# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the SDK for tests below it, with a key that is worth nothing anywhere."""

from __future__ import annotations

import typing as t

import boto3
from botocore.config import Config

# Clients of one session share what they read from the SDK's models, which is most of the time of a test.
_SESSION = boto3.session.Session()


def new_client(service: str, region: str) -> t.Any:
    """A client that tries each call once, so that a test sees every try that the collection makes."""
    return _SESSION.client(
        service,
        region_name=region,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"total_max_attempts": 1}),
    )
