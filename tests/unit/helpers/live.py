# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection for tests of the live step."""

from __future__ import annotations

from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._live import LiveWanted
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location

USER = parse_identity_arn("identity", "arn:aws:iam::123456789012:user/clients/qualytics")
ROLE = parse_identity_arn("identity", "arn:aws:iam::123456789012:role/connections/Target")
WANTED = LiveWanted(
    identity=USER,
    external_id=None,
    workgroup="primary",
    location=S3Location("results", "team"),
    effective=None,
    data_catalog="AwsDataCatalog",
    databases=("sales", "hr"),
    tables={},
    keys=(),
    region="us-east-1",
    partition="aws",
)
