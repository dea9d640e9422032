# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no option may contain, whatever it means: the values end up inside IAM policies.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
from collections.abc import Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.iam import validate_iam_identifiers


class InvalidOption(ValueError):
    """A value that is refused before any call. The text names the option, what was expected, and what to do."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option}: {message}")
        self.option, self.text = option, message


_ACCOUNT_ID = re.compile(r"[0-9]{12}")

# IAM accepts U+0009, U+000A, U+000D and U+0020 to U+00FF in a policy
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html); of these, no control
# character belongs in a name, a prefix or an ARN.
_NOT_IN_A_POLICY = re.compile(r"[^\x20-\x7e\xa0-\xff]")


def refuse_unsafe_text(option: str, value: str) -> str:
    """Return value, or raise InvalidOption where it could make a policy match more than it names.

    Refused are the wildcards C(*) and C(?), policy variables C(${...}), control characters, and
    characters that IAM does not accept in a policy.
    """
    for wildcard in ("*", "?"):
        if wildcard in value:
            raise InvalidOption(option, f"{value!r} contains the wildcard {wildcard!r}; write the exact name")
    if "${" in value:
        raise InvalidOption(option, f"{value!r} contains a policy variable (${{...}}); write the exact name")
    found = _NOT_IN_A_POLICY.search(value)
    if found:
        raise InvalidOption(option, f"{value!r} contains {found.group()!r}, which may not stand in an IAM policy")
    return value


def is_account_id(text: str) -> bool:
    return bool(_ACCOUNT_ID.fullmatch(text))


def check_account_id(option: str, value: str) -> str:
    """Return value, or raise InvalidOption where it is not the id of an AWS account."""
    if not is_account_id(value):
        raise InvalidOption(option, f"{value!r} is not the id of an AWS account; write its 12 digits, quoted")
    return value


def require_entries(option: str, values: Sequence[str] | None) -> None:
    """Raise InvalidOption for an empty list or a blank entry; None (option not given) is fine."""
    if values is None:
        return
    if not values:
        raise InvalidOption(option, "the list is empty; name at least one entry, or leave the option out")
    if any(not value.strip() for value in values):
        raise InvalidOption(option, "the list has an empty entry; remove it")


# https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
_WORKGROUP_NAME = re.compile(r"[a-zA-Z0-9._-]{1,128}")


def check_workgroup_name(option: str, name: str) -> str:
    """Return the name, or raise InvalidOption where it cannot be one of a workgroup."""
    if not _WORKGROUP_NAME.fullmatch(name):
        raise InvalidOption(
            option,
            f"{name!r} is not the name of a workgroup; write the name, not the ARN: "
            "letters, digits, '.', '_' and '-', at most 128",
        )
    return name


def check_identifier(option: str, name: str | None, kind: str) -> None:
    """Raise InvalidOption where the name cannot be one of a policy, user or role."""
    if name and name.startswith("arn:"):
        raise InvalidOption(option, f"{name!r} is an ARN; write the name only, {name.rpartition('/')[2]!r}")
    _refuse(option, name, validate_iam_identifiers(kind, name=name))


def check_path(option: str, path: str | None) -> None:
    """Raise InvalidOption where it cannot be the path of a policy or role."""
    _refuse(option, path, validate_iam_identifiers("policy", path=path))


def _refuse(option: str, value: str | None, problem: str | None) -> None:
    if not problem and not (value or "").isascii():
        problem = "IAM takes letters and digits without accents only"
    if problem:
        raise InvalidOption(option, f"{value!r}: {problem}")


def check_description(option: str, description: str | None) -> None:
    """Raise InvalidOption where IAM would not take the description: 1,000 characters at most."""
    if description and len(description) > 1000:
        raise InvalidOption(option, f"has {len(description):,} characters, IAM allows 1,000; shorten it")


# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_NOT_IN_A_ROLE_DESCRIPTION = re.compile(r"[^\t\n\r\x20-\x7e\xa1-\xff]")


def check_role_description(option: str, description: str | None) -> None:
    """Raise InvalidOption where IAM would not take the description of a role; it takes fewer characters than others."""
    check_description(option, description)
    found = _NOT_IN_A_ROLE_DESCRIPTION.search(description or "")
    if found:
        raise InvalidOption(option, f"contains {found.group()!r}; IAM takes Latin letters (ISO 8859-1) only here")


# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
_TAG_MARKS: t.Final = "_.:/=+-@"


def _is_tag_character(character: str) -> bool:
    return character in _TAG_MARKS or unicodedata.category(character)[0] in "LNZ"


def check_tags(option: str, tags: Mapping[str, t.Any] | None) -> None:
    """Raise InvalidOption for tags that IAM would refuse.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """
    if tags and len(tags) > 50:
        raise InvalidOption(option, f"names {len(tags)} tags, IAM allows 50; name fewer")
    for key, value in (tags or {}).items():
        if not 1 <= len(str(key)) <= 128:
            raise InvalidOption(option, f"the key {key!r} has {len(str(key))} characters, IAM allows 1 to 128")
        for text in (str(key), str(value)):
            if not all(_is_tag_character(character) for character in text):
                raise InvalidOption(
                    option,
                    f"{text!r} has characters that IAM refuses; it allows letters, digits, spaces and {_TAG_MARKS}",
                )
        if str(key).lower().startswith("aws:"):
            raise InvalidOption(option, f"{key!r}: AWS reserves the keys that begin with 'aws:'; choose another")
        if len(str(value)) > 256:
            raise InvalidOption(option, f"the value of {key!r} has {len(str(value))} characters, IAM allows 256")


def check_role_tags(option: str, tags: Mapping[str, t.Any] | None) -> None:
    """Raise InvalidOption for tags that IAM would refuse on a role, where keys are the same in any letter case."""
    check_tags(option, tags)
    seen: dict[str, str] = {}
    for key in map(str, tags or {}):
        if key.casefold() in seen:
            raise InvalidOption(option, f"{key!r} and {seen[key.casefold()]!r} are the same key to a role; keep one")
        seen[key.casefold()] = key


def tags_as_text(given: Mapping[str, t.Any] | None) -> dict[str, str] | None:
    """AWS keeps text; YAML may have given numbers and booleans."""
    return None if given is None else {str(key): str(value) for key, value in given.items()}
