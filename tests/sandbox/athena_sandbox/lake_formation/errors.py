# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Lake Formation refuses, and the refusals that a test asks for."""

from __future__ import annotations

from dataclasses import dataclass

# The two texts that say "not valid for this resource" and "nothing of it is held".
INVALID_MODIFICATION = "Permissions modification is invalid"
NOTHING_REVOKED = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
NOT_AUTHORIZED = "Resource does not exist or requester is not authorized to access requested permissions."


class LakeFormationError(Exception):
    """An error as the service answers it: its code, the HTTP status and the message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> LakeFormationError:
    """An InvalidInputException."""
    return LakeFormationError("InvalidInputException", message)


def not_found(message: str) -> LakeFormationError:
    """An EntityNotFoundException."""
    return LakeFormationError("EntityNotFoundException", message)


def denied(message: str = NOT_AUTHORIZED) -> LakeFormationError:
    """An AccessDeniedException of Lake Formation itself; IAM's come before it is asked."""
    return LakeFormationError("AccessDeniedException", message)


@dataclass
class Fault:
    """A refusal asked for by a test.

    `operation` is an operation's name, and the whole call fails; or `grant`, `revoke` or `write` (either), and one
    write fails: a single call, or one entry of a batch, which is then listed in `Failures` while the others are done.
    The first `after` that fit go well, the next `times` fail. `contains` is text of the call or entry.
    """

    operation: str
    code: str
    message: str = ""
    times: int = 1
    after: int = 0
    contains: str = ""
    status: int = 400

    def strikes(self, text: str) -> bool:
        """Whether this call or entry is to fail; counts it."""
        if not self.times or self.contains not in text:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True

    def error(self) -> LakeFormationError:
        """The refusal."""
        return LakeFormationError(self.code, self.message, self.status)
