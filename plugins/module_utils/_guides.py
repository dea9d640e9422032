# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the guides of AWS are, which checks and explanations name as what they rest on.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t

ATHENA: t.Final = "https://docs.aws.amazon.com/athena/latest/ug/"
ATHENA_API: t.Final = "https://docs.aws.amazon.com/athena/latest/APIReference/"
IAM: t.Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
KMS: t.Final = "https://docs.aws.amazon.com/kms/latest/developerguide/"
LAKE_FORMATION: t.Final = "https://docs.aws.amazon.com/lake-formation/latest/dg/"
S3: t.Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
S3_API: t.Final = "https://docs.aws.amazon.com/AmazonS3/latest/API/"
