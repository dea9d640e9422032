# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox for all integration tests of a process, and users in it with the rights a test gives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena_sandbox import Sandbox
from athena_sandbox.user import User


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox, shared: a test that minds what others left there asks for `clean_sandbox`."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def clean_sandbox(sandbox: Sandbox) -> Sandbox:
    """The shared sandbox, with an empty account and no calls recorded."""
    sandbox.reset()
    return sandbox


@pytest.fixture
def user(clean_sandbox: Sandbox) -> User:
    """A user without rights in an otherwise empty account."""
    return User(clean_sandbox, "restricted", "/clients/")
