# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection is called and the oldest AWS SDK it works with.

The SDK floor is the first release whose Athena model has `ManagedQueryResultsConfiguration` in the configuration
of a workgroup; all else that is read (`IdentityCenterConfiguration`, `QueryResultsS3AccessGrantsConfiguration`, the
Region in S3's HeadBucket) is older.
"""

from __future__ import annotations

COLLECTION_NAME = "qualytics.athena"
COLLECTION_VERSION = "1.0.0"
MINIMUM_BOTO3_VERSION = "1.38.28"
MINIMUM_BOTOCORE_VERSION = "1.38.28"
