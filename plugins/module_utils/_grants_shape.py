# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be said of a resource in the options: names, LF-tags, and the shape of Lake Formation's API.

Options are read strictly: what is not understood to the letter is refused, as a misread member may grant more than was
asked. Listings of Lake Formation are read leniently, see C(_grants_resources.read_resource).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants_resources,
    _validation,
)

Check = Callable[[str, t.Any], object]

_CATALOG_ID = re.compile(r"[0-9]{12}(:[^\s:*?$]+)?")
# Control characters, and what cannot be written in UTF-8.
_NOT_IN_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LOCATION = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^/\s].*")


# Names -----------------------------------------------------------------------------------------------------------


def check_text(option: str, value: t.Any, most: int = 255) -> str:
    """A text of 1 to that many characters. A number or boolean is no text: YAML has changed what was written."""
    if isinstance(value, int | float):
        raise _validation.InvalidOption(option, f"is {_kind(value)}, not text; put it in quotes")
    if not isinstance(value, str):
        raise _validation.InvalidOption(option, f"is {_kind(value)}, not text")
    if not value.strip():
        raise _validation.InvalidOption(option, "is empty; write a name")
    if len(value) > most:
        raise _validation.InvalidOption(
            option, f"has {len(value):,} characters, at most {most} are allowed; write the exact name"
        )
    found = _NOT_IN_TEXT.search(value)
    if found:
        raise _validation.InvalidOption(
            option, f"{value!r} contains {found.group()!r}, which no name does; write the exact name"
        )
    return value


def check_texts(option: str, value: t.Any, check: Check = check_text) -> list[str]:
    """A list of texts that is not empty."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _validation.InvalidOption(option, f"is {_kind(value)}, not a list")
    if not value:
        raise _validation.InvalidOption(option, "the list is empty; name at least one")
    for number, text in enumerate(value):
        check(f"{option}[{number}]", text)
    return list(value)


def check_text_or_texts(option: str, value: t.Any, check: Check = check_text) -> list[str]:
    """One text, or a list of them."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return check_texts(option, value, check)
    check(option, value)
    return [value]


def check_name(option: str, value: t.Any) -> str:
    """The name of a database, table or data cells filter."""
    name = _validation.refuse_unsafe_text(option, check_text(option, value))
    if name.startswith("arn:"):
        raise _validation.InvalidOption(
            option, f"{name!r} is not a name of the Glue Data Catalog; write the name, not an ARN"
        )
    return name


def check_table_name(option: str, value: t.Any) -> str:
    if value == _grants_resources.ALL_TABLES_NAME:
        raise _validation.InvalidOption(
            option,
            f'{value} is how Lake Formation lists a grant on all tables; for that write tables: "*", or in the shape '
            "of the API a Table with TableWildcard: {} and no Name",
        )
    return check_name(option, value)


def check_column(option: str, value: t.Any) -> str:
    """Names of columns may hold almost anything, but C(*) for one would be meant for all."""
    if value == _grants_resources.EVERY_VALUE:
        raise _validation.InvalidOption(
            option, "'*' is not the name of a column; for all columns name the table without columns"
        )
    return check_text(option, value)


def check_catalog_id(option: str, value: t.Any) -> str:
    catalog_id = check_text(option, value)
    if not _CATALOG_ID.fullmatch(catalog_id):
        raise _validation.InvalidOption(
            option, f"{catalog_id!r} is not the id of a catalog; write ACCOUNT or ACCOUNT:CATALOG/PATH"
        )
    return catalog_id


def _check_location(option: str, value: t.Any) -> None:
    arn = _validation.refuse_unsafe_text(option, check_text(option, value, 2048))
    if not _LOCATION.fullmatch(arn):
        raise _validation.InvalidOption(
            option, f"{arn!r} is not the ARN of a location; write arn:aws:s3:::BUCKET[/PREFIX]"
        )


# LF-tags ---------------------------------------------------------------------------------------------------------


def _check_tag_key(option: str, value: t.Any) -> str:
    return check_text(option, value, 128)


def _check_tag_value(option: str, value: t.Any) -> str:
    return check_text(option, value, 256)


def _check_together(option: str, values: list[str], most: int | None = None) -> list[str]:
    if _grants_resources.EVERY_VALUE in values and len(values) > 1:
        raise _validation.InvalidOption(option, "'*' stands for all values; name nothing beside it")
    count = len(set(values))
    if most and count > most:
        raise _validation.InvalidOption(option, f"names {count} values, Lake Formation allows {most}; name fewer")
    return values


def _check_values_of_tag(option: str, value: t.Any) -> None:
    """As many as there are: requests are split."""
    _check_together(option, check_texts(option, value, _check_tag_value))


def _check_values_of_expression(option: str, value: t.Any) -> None:
    _check_together(option, check_texts(option, value, _check_tag_value), _grants_resources.MOST_TAG_VALUES)


def read_tags(option: str, value: t.Any) -> dict[str, list[str]]:
    """LF-tags as a dictionary of keys with their value or values, or as the list of the API."""
    if isinstance(value, Mapping) and value:
        pairs = []
        for key, values in value.items():
            place = f"{option}.{key}"
            listed = check_text_or_texts(place, values, _check_tag_value)
            pairs.append((place, key, _check_together(place, listed, _grants_resources.MOST_TAG_VALUES)))
        return _read_pairs(pairs)
    if isinstance(value, Mapping | str) or not isinstance(value, Sequence):
        raise _validation.InvalidOption(
            option, "write each tag's key with its values, as in {domain: [sales], tier: gold}"
        )
    return read_expression(option, value)


def read_expression(option: str, value: t.Any) -> dict[str, list[str]]:
    """An C(Expression) of the API, by its keys."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not value:
        raise _validation.InvalidOption(
            option, f"is {_kind(value)}; write a list of dictionaries with TagKey and TagValues"
        )
    pairs = []
    for number, part in enumerate(value):
        place = f"{option}[{number}]"
        _check_members(place, part, _TAG)
        pairs.append((place, part["TagKey"], part["TagValues"]))
    return _read_pairs(pairs)


def _read_pairs(pairs: Sequence[tuple[str, t.Any, list[str]]]) -> dict[str, list[str]]:
    """Keys are joined by AND, so that the values of one that is named twice are not those of one list."""
    tags: dict[str, list[str]] = {}
    seen: set[str] = set()
    for place, key, values in pairs:
        if _check_tag_key(place, key).lower() in seen:
            raise _validation.InvalidOption(place, f"the key {key!r} is named before; name all its values in one place")
        seen.add(key.lower())
        tags[key] = values
    return tags


# The API's shape -------------------------------------------------------------------------------------------------
#
# https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_Resource.html


class _Member(t.NamedTuple):
    check: Check
    required: bool = False


_Members = Mapping[str, _Member]


def check_shape(option: str, shape: t.Any) -> None:
    """Raise InvalidOption where it is not one resource of the API, with all its members understood."""
    given = _mapping(option, shape)
    if len(given) != 1:
        named = ", ".join(sorted(map(str, given))) or "nothing"
        raise _validation.InvalidOption(
            option, f"{named} is named; name one resource, in the shape of Lake Formation's API"
        )
    [(kind, value)] = given.items()
    if kind not in _SHAPES:
        raise _validation.InvalidOption(option, f"{kind!r} is not one of {', '.join(_SHAPES)}")
    _SHAPES[kind](f"{option}.{kind}", value)


def _mapping(option: str, value: t.Any) -> Mapping[t.Any, t.Any]:
    if not isinstance(value, Mapping):
        raise _validation.InvalidOption(option, f"is {_kind(value)}, not a dictionary")
    return value


def _check_members(option: str, value: t.Any, members: _Members) -> None:
    given = _mapping(option, value)
    for name in given:
        if name not in members:
            raise _validation.InvalidOption(option, f"has no member {name!r}; it takes {', '.join(members) or 'none'}")
    for name, member in members.items():
        if name in given:
            member.check(f"{option}.{name}", given[name])
        elif member.required:
            raise _validation.InvalidOption(option, f"lacks {name}")


def _of(**members: _Member) -> Check:
    return lambda option, value: _check_members(option, value, members)


def _check_one_of(option: str, value: Mapping[str, t.Any], first: str, second: str) -> None:
    if (first in value) == (second in value):
        raise _validation.InvalidOption(option, f"takes one of {first} and {second}")


def _check_table(option: str, value: t.Any) -> None:
    if _lists_all_tables(value, "TableWildcard"):
        _check_members(option, value, {**_LISTED_ALL_TABLES, "TableWildcard": _NOTHING})
        return
    _check_members(option, value, _TABLE)
    _check_one_of(option, value, "Name", "TableWildcard")


def _check_columns(option: str, value: t.Any) -> None:
    if _lists_all_tables(value, "ColumnWildcard"):
        _check_members(option, value, {**_LISTED_ALL_TABLES, "ColumnWildcard": _NOTHING})
        return
    _check_members(option, value, _TABLE_WITH_COLUMNS)
    _check_one_of(option, value, "ColumnNames", "ColumnWildcard")


def _lists_all_tables(value: t.Any, wildcard: str) -> bool:
    """Whether it is what Lake Formation lists for all tables, which may be copied from there."""
    return isinstance(value, Mapping) and value.get("Name") == _grants_resources.ALL_TABLES_NAME and wildcard in value


def _check_policy(option: str, value: t.Any) -> None:
    _check_members(option, value, _POLICY)
    _check_one_of(option, value, "Expression", "ExpressionName")


def _check_resource_type(option: str, value: t.Any) -> None:
    if value not in ("DATABASE", "TABLE"):
        raise _validation.InvalidOption(option, f"is {value!r}, not DATABASE or TABLE")


_NOTHING = _Member(_of())
_CATALOG = _Member(check_catalog_id)
_NAME, _DATABASE_NAME, _TABLE_NAME = (_Member(it, True) for it in (check_name, check_name, check_table_name))
_COLUMNS = _Member(lambda option, value: check_texts(option, value, check_column))
_TAG: t.Final[_Members] = {
    "TagKey": _Member(_check_tag_key, True),
    "TagValues": _Member(_check_values_of_expression, True),
}
_TABLE: t.Final[_Members] = {
    "CatalogId": _CATALOG,
    "DatabaseName": _DATABASE_NAME,
    "Name": _Member(check_table_name),
    "TableWildcard": _NOTHING,
}
_LISTED_ALL_TABLES: t.Final[_Members] = {
    "CatalogId": _CATALOG,
    "DatabaseName": _DATABASE_NAME,
    "Name": _Member(check_text),
}
_TABLE_WITH_COLUMNS: t.Final[_Members] = {
    "CatalogId": _CATALOG,
    "DatabaseName": _DATABASE_NAME,
    "Name": _TABLE_NAME,
    "ColumnNames": _COLUMNS,
    "ColumnWildcard": _Member(_of(ExcludedColumnNames=_COLUMNS)),
}
_POLICY: t.Final[_Members] = {
    "CatalogId": _CATALOG,
    "ResourceType": _Member(_check_resource_type, True),
    "Expression": _Member(read_expression),
    "ExpressionName": _Member(check_text),
}
_SHAPES: t.Final[Mapping[str, Check]] = {
    "Catalog": _of(Id=_CATALOG),
    "Database": _of(CatalogId=_CATALOG, Name=_NAME),
    "Table": _check_table,
    "TableWithColumns": _check_columns,
    "DataCellsFilter": _of(TableCatalogId=_CATALOG, DatabaseName=_DATABASE_NAME, TableName=_TABLE_NAME, Name=_NAME),
    "DataLocation": _of(CatalogId=_CATALOG, ResourceArn=_Member(_check_location, True)),
    "LFTag": _of(
        CatalogId=_CATALOG, TagKey=_Member(_check_tag_key, True), TagValues=_Member(_check_values_of_tag, True)
    ),
    "LFTagPolicy": _check_policy,
    "LFTagExpression": _of(CatalogId=_CATALOG, Name=_Member(check_text, True)),
}


def _kind(value: t.Any) -> str:
    """What YAML would call it."""
    if value is None:
        return "null"
    for types, words in _KINDS:
        if isinstance(value, types):
            return words if value or value in (0, False) else f"{words} that is empty"
    return f"a {type(value).__name__}"


_KINDS: t.Final[Sequence[tuple[type | tuple[type, ...], str]]] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (Mapping, "a dictionary"),
    (Sequence, "a list"),
)
