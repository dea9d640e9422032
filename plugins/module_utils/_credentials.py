# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials beside the task's own.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import _validation


@dataclasses.dataclass(frozen=True)
class Credentials:
    """A profile, or an access key with its secret and, of a session, its token; nothing stands for the task's own."""

    profile: str | None = None
    access_key: str | None = dataclasses.field(default=None, repr=False)
    secret_key: str | None = dataclasses.field(default=None, repr=False)
    session_token: str | None = dataclasses.field(default=None, repr=False)

    @property
    def are_given(self) -> bool:
        return bool(self.profile or self.access_key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may contain. The key's id is not secret, but belongs into no report either."""
        return tuple(filter(None, (self.access_key, self.secret_key, self.session_token)))

    @property
    def for_the_sdk(self) -> dict[str, str | None]:
        """As boto3 and amazon.aws name them, whole, so that nothing of other credentials is left beside them."""
        return {
            "profile_name": self.profile,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.session_token,
        }


def read_live_credentials(params: Mapping[str, t.Any]) -> Credentials:
    """The credentials of the live step, or InvalidOption where they are not whole, or two."""
    # As with the options of amazon.aws, an empty text is no text.
    given = Credentials(
        profile=params.get("live_profile") or None,
        access_key=params.get("live_access_key") or None,
        secret_key=params.get("live_secret_key") or None,
        session_token=params.get("live_session_token") or None,
    )
    if given.profile and given.secrets:
        raise _validation.InvalidOption(
            "live_profile", "is given beside live_access_key or its parts; give one of them"
        )
    if given.access_key and not given.secret_key:
        raise _validation.InvalidOption("live_access_key", "is of no use without live_secret_key; give both")
    if given.secrets and not given.access_key:
        raise _validation.InvalidOption(
            "live_access_key", "is missing beside live_secret_key or live_session_token; give it too"
        )
    return given
