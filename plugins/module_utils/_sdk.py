# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the AWS SDK, all of one session.

AnsibleAWSModule.client() makes a session for each, and each session reads the SDK's data files anew: that takes longer
than the calls of most runs. What the options mean is left to amazon.aws.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
import typing as t

from ansible.module_utils.ansible_release import __version__ as ansible_version
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ansible_collections.qualytics.athena.plugins.module_utils import _version

if t.TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

    from ansible_collections.qualytics.athena.plugins.module_utils import _credentials

try:
    import boto3
    from botocore.config import Config
except ImportError:
    # AnsibleAWSModule says so.
    boto3 = Config = None


class Sdk:
    """One session of the SDK with a task's options, or with them and somebody else's credentials."""

    def __init__(self, module: AnsibleAWSModule, credentials: _credentials.Credentials | None = None) -> None:
        self._module = module
        self._credentials = credentials

    def client(self, service: str) -> t.Any:
        """A new client; what boto3 raises where it cannot be made."""
        return self._session.client(service, config=self._config, **self._parameters)

    @functools.cached_property
    def _options(self) -> dict[str, t.Any]:
        region, endpoint, connection = get_aws_connection_info(self._module)
        others = self._credentials.for_the_sdk if self._credentials else {}
        return {"region_name": region, "endpoint_url": endpoint, **connection, **others}

    @functools.cached_property
    def _session(self) -> t.Any:
        return boto3.session.Session(profile_name=self._options.get("profile_name"))

    @property
    def _config(self) -> t.Any:
        """Without the SDK's retries, which would multiply with ours; aws_config of the task comes after it."""
        agent = f"APN/1.0 Ansible/{ansible_version} {_version.COLLECTION_NAME}/{_version.COLLECTION_VERSION}"
        config = Config(user_agent=agent, retries={"total_max_attempts": 1})
        return config.merge(self._options.get("aws_config") or Config())

    @property
    def _parameters(self) -> dict[str, t.Any]:
        return {name: value for name, value in self._options.items() if name not in ("profile_name", "aws_config")}
