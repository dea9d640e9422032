# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options are read strictly, in words and in the API's shape; listings are read leniently."""

from __future__ import annotations

import copy
import functools
import re
import typing as t

import botocore.session
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from botocore.validate import ParamValidator
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._arguments import GRANTS
from ansible_collections.qualytics.athena.plugins.module_utils._grants import grant_entries, row_atoms
from ansible_collections.qualytics.athena.plugins.module_utils._grants_options import WantedGrants, read_wanted
from ansible_collections.qualytics.athena.plugins.module_utils._grants_resources import listing_of, read_resource
from ansible_collections.qualytics.athena.plugins.module_utils._validation import InvalidOption
from ansible_collections.qualytics.athena.tests.unit.helpers.grants_account import (
    ACCOUNT,
    FEDERATED,
    OTHER_ACCOUNT,
    READER,
    GrantsAccount,
)
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

Entry = dict[str, t.Any]

SALES: t.Final[Entry] = {"DatabaseName": "sales"}
ORDERS: t.Final[Entry] = {**SALES, "Name": "orders"}
FILTER: t.Final[Entry] = {**SALES, "TableCatalogId": ACCOUNT, "TableName": "orders", "Name": "eu_only"}
DOMAIN: t.Final[Entry] = {"TagKey": "domain", "TagValues": ["sales", "hr"]}


def read(*entries: Entry, **options: t.Any) -> WantedGrants:
    """As the module reads them: through its argument spec, whose refusals count as refusals."""
    params = {"principal": READER, "grants": list(entries), **options}
    result = ArgumentSpecValidator(GRANTS).validate(copy.deepcopy(params))
    if result.error_messages:
        raise InvalidOption("argument spec", result.error_messages[0])
    return read_wanted(result.validated_parameters, ACCOUNT)


# One of every shape that is understood.
SHAPES: t.Final[dict[str, Entry]] = {
    "catalog": {"Catalog": {}},
    "federated catalog": {"Catalog": {"Id": FEDERATED}},
    "database": {"Database": {"CatalogId": ACCOUNT, "Name": "sales"}},
    "table": {"Table": {"CatalogId": FEDERATED, **ORDERS}},
    "all tables": {"Table": {**SALES, "TableWildcard": {}}},
    "all tables as listed": {"Table": {**SALES, "Name": "ALL_TABLES", "TableWildcard": {}}},
    "all tables as listed with columns": {"TableWithColumns": {**SALES, "Name": "ALL_TABLES", "ColumnWildcard": {}}},
    "table as listed": {"TableWithColumns": {**ORDERS, "ColumnWildcard": {}}},
    "columns": {"TableWithColumns": {**ORDERS, "ColumnNames": ["id", "amount"]}},
    "excluded columns": {"TableWithColumns": {**ORDERS, "ColumnWildcard": {"ExcludedColumnNames": ["ssn"]}}},
    "filter": {"DataCellsFilter": FILTER},
    "location": {"DataLocation": {"CatalogId": ACCOUNT, "ResourceArn": "arn:aws:s3:::lake/sales"}},
    "tag": {"LFTag": {"CatalogId": ACCOUNT, **DOMAIN}},
    "every value of a tag": {"LFTag": {"TagKey": "domain", "TagValues": ["*"]}},
    "policy": {"LFTagPolicy": {"CatalogId": ACCOUNT, "ResourceType": "TABLE", "Expression": [DOMAIN]}},
    "saved policy": {"LFTagPolicy": {"ResourceType": "DATABASE", "ExpressionName": "gold_sales"}},
    "expression": {"LFTagExpression": {"CatalogId": ACCOUNT, "Name": "gold_sales"}},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_is_understood(shape: Entry) -> None:
    entry = {"resource": shape, "permissions": ["DESCRIBE"]} if "Catalog" in shape else {"resource": shape}
    wanted = read(entry)
    assert wanted.atoms
    assert all(read({**entry, "resource": it.resource}).atoms == it.atoms for it in grant_entries(wanted.atoms))


def table(**more: t.Any) -> Entry:
    return {"Table": {**ORDERS, **more}}


def columns(**more: t.Any) -> Entry:
    return {"TableWithColumns": {**ORDERS, **more}}


def tag(values: t.Any) -> Entry:
    return {"LFTag": {"TagKey": "domain", "TagValues": values}}


def policy(*parts: t.Any, **more: t.Any) -> Entry:
    return {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": list(parts), **more}}


def location(arn: str) -> Entry:
    return {"DataLocation": {"ResourceArn": arn}}


# Each with the member that is named, and what is said of it.
REFUSED_SHAPES: t.Final[dict[str, tuple[Entry, str, str]]] = {
    "null": ({"Database": None}, ".Database", "is null, not a dictionary"),
    "null beside": ({"Database": {"Name": "sales"}, "Table": None}, "", "name one resource"),
    "unknown member": ({"Database": {"Name": "sales", "Nme": "hr"}}, ".Database", "no member 'Nme'"),
    "missing name": ({"Database": {}}, ".Database", "lacks Name"),
    "number for a name": ({"Database": {"Name": 5}}, ".Database.Name", "in quotes"),
    "boolean for a name": ({"Database": {"Name": False}}, ".Database.Name", "is a boolean, not text; put it in quotes"),
    "null for a name": ({"Database": {"Name": None}}, ".Database.Name", "is null, not text"),
    "huge name": ({"Database": {"Name": "s" * 256}}, ".Database.Name", "has 256 characters"),
    "wildcard": ({"Database": {"Name": "sales*"}}, ".Database.Name", "wildcard"),
    "control character": ({"Database": {"Name": "sa\x85les"}}, ".Database.Name", "which no name does"),
    "half a character": ({"LFTagExpression": {"Name": "\ud800"}}, ".LFTagExpression.Name", "which no name does"),
    "number for a catalog": ({"Catalog": {"Id": 123456789012}}, ".Catalog.Id", "put it in quotes"),
    "digits of another script": (table(CatalogId="\u0661" * 12), ".Table.CatalogId", "not the id of a catalog"),
    "wildcard in a catalog": (table(CatalogId=f"{ACCOUNT}:*"), ".Table.CatalogId", "not the id of a catalog"),
    "table and all tables": (table(TableWildcard={}), ".Table", "takes one of Name and TableWildcard"),
    "wildcard with members": (
        {"Table": {**SALES, "TableWildcard": {"But": "hr"}}},
        ".Table.TableWildcard",
        "no member 'But'; it takes none",
    ),
    "wildcard that is false": ({"Table": {**SALES, "TableWildcard": False}}, ".Table.TableWildcard", "is a boolean"),
    "all tables for a table": (table(Name="ALL_TABLES"), ".Table.Name", "TableWildcard: {}"),
    "columns of all tables": (columns(Name="ALL_TABLES", ColumnNames=["id"]), ".TableWithColumns.Name", "all tables"),
    "excluded columns of all tables": (
        columns(Name="ALL_TABLES", ColumnWildcard={"ExcludedColumnNames": ["id"]}),
        ".TableWithColumns.ColumnWildcard",
        "no member 'ExcludedColumnNames'",
    ),
    "text for columns": (columns(ColumnNames="ssn"), ".TableWithColumns.ColumnNames", "is text, not a list"),
    "number for a column": (columns(ColumnNames=["id", 1]), ".TableWithColumns.ColumnNames[1]", "in quotes"),
    "no columns": (columns(ColumnNames=[]), ".TableWithColumns.ColumnNames", "the list is empty"),
    "all columns for one": (columns(ColumnNames=["*"]), ".TableWithColumns.ColumnNames[0]", "without columns"),
    "text for a wildcard": (columns(ColumnWildcard="x"), ".TableWithColumns.ColumnWildcard", "not a dictionary"),
    "both lists of columns": (
        columns(ColumnNames=["id", "ssn"], ColumnWildcard={"ExcludedColumnNames": ["ssn"]}),
        ".TableWithColumns",
        "takes one of",
    ),
    "nothing excluded": (
        columns(ColumnWildcard={"ExcludedColumnNames": []}),
        ".TableWithColumns.ColumnWildcard.ExcludedColumnNames",
        "the list is empty",
    ),
    "null excluded": (
        columns(ColumnWildcard={"ExcludedColumnNames": None}),
        ".TableWithColumns.ColumnWildcard.ExcludedColumnNames",
        "is null, not a list",
    ),
    "filter of no table": ({"DataCellsFilter": {**SALES, "Name": "eu_only"}}, ".DataCellsFilter", "lacks TableName"),
    "location by its URI": (location("s3://lake/sales"), ".DataLocation.ResourceArn", "write arn:aws:s3:::BUCKET"),
    "location with a wildcard": (location("arn:aws:s3:::lake/*"), ".DataLocation.ResourceArn", "wildcard"),
    "location of nothing": (location("arn:aws:s3:::"), ".DataLocation.ResourceArn", "write arn:aws:s3:::BUCKET"),
    "no values of a tag": (tag([]), ".LFTag.TagValues", "the list is empty"),
    "number for a value": (tag([1]), ".LFTag.TagValues[0]", "in quotes"),
    "null for values": (tag(None), ".LFTag.TagValues", "is null, not a list"),
    "text for values": (tag("hr"), ".LFTag.TagValues", "is text, not a list"),
    "every value and one": (tag(["*", "hr"]), ".LFTag.TagValues", "name nothing beside it"),
    "dictionary for an expression": (policy(Expression=DOMAIN), ".LFTagPolicy.Expression", "is a dictionary; write"),
    "no expression": (policy(), ".LFTagPolicy.Expression", "is a list that is empty"),
    "no values in an expression": (
        policy({"TagKey": "domain", "TagValues": []}),
        ".LFTagPolicy.Expression[0].TagValues",
        "the list is empty",
    ),
    "unknown member of an expression": (policy({**DOMAIN, "Not": True}), ".LFTagPolicy.Expression[0]", "member 'Not'"),
    "a key twice": (
        policy(DOMAIN, {"TagKey": "Domain", "TagValues": ["it"]}),
        ".LFTagPolicy.Expression[1]",
        "is named before",
    ),
    "many values": (
        policy({"TagKey": "domain", "TagValues": [f"v{number}" for number in range(51)]}),
        ".LFTagPolicy.Expression[0].TagValues",
        "names 51 values",
    ),
    "expression and its name": (policy(DOMAIN, ExpressionName="gold_sales"), ".LFTagPolicy", "takes one of"),
    "policy on a column": (policy(DOMAIN, ResourceType="COLUMN"), ".LFTagPolicy.ResourceType", "not DATABASE or TABLE"),
    "policy on a list": (policy(DOMAIN, ResourceType=["TABLE"]), ".LFTagPolicy.ResourceType", "not DATABASE or TABLE"),
}


@pytest.mark.parametrize(("shape", "member", "says"), REFUSED_SHAPES.values(), ids=REFUSED_SHAPES)
def test_what_is_not_understood_to_the_letter_is_refused(shape: Entry, member: str, says: str) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=re.escape(says)) as raised:
        account.run({"resource": shape})
    assert raised.value.option == f"grants[0].resource{member}"
    assert not account.calls


IN_SALES: t.Final[Entry] = {"database": "sales"}
REFUSED_WORDS: t.Final[dict[str, tuple[Entry, str, str]]] = {
    "null among tables": ({**IN_SALES, "tables": ["orders", None]}, "tables[1]", "is null, not text"),
    "dictionary of tables": ({**IN_SALES, "tables": {"orders": 1}}, "tables", "is a dictionary, not text"),
    "false for tables": ({**IN_SALES, "tables": False}, "tables", "is a boolean, not text; put it in quotes"),
    "number for a table": ({**IN_SALES, "tables": 2024}, "tables", "put it in quotes"),
    "what lists all tables": ({**IN_SALES, "tables": "ALL_TABLES"}, "tables", 'write tables: "*"'),
    "all columns for one": ({**IN_SALES, "tables": "orders", "columns": ["*"]}, "columns[0]", "without columns"),
    "catalog in another script": ({**IN_SALES, "catalog_id": "\u0661" * 12}, "catalog_id", "not the id of a catalog"),
    "empty catalog": ({**IN_SALES, "catalog_id": ""}, "catalog_id", "is empty"),
    "text for values": ({"lf_tags": [{"TagKey": "domain", "TagValues": "hr"}]}, "lf_tags[0].TagValues", "not a list"),
    "null for a value": ({"lf_tags": {"domain": None}}, "lf_tags.domain", "is null, not text"),
    "null among values": ({"lf_tags": {"domain": [None]}}, "lf_tags.domain[0]", "is null, not text"),
    "dictionary for a value": ({"lf_tags": {"domain": {"a": "b"}}}, "lf_tags.domain", "is a dictionary, not text"),
    "boolean for a value": ({"lf_tags": {"pii": True}}, "lf_tags.pii", "is a boolean, not text; put it in quotes"),
    "number for a key": ({"lf_tags": {2024: "a"}}, "lf_tags.2024", "put it in quotes"),
    "a key twice": ({"lf_tags": {"domain": "a", "DOMAIN": "b"}}, "lf_tags.DOMAIN", "is named before"),
    "text for tags": ({"lf_tags": "domain=sales"}, "lf_tags", "write each tag's key"),
    "number for a condition": ({**IN_SALES, "condition": 5}, "condition", "is not text"),
    "list for a condition": ({**IN_SALES, "condition": ["a"]}, "condition", "is not text"),
    "lowercase member": ({**IN_SALES, "condition": {"expression": "a"}}, "condition", "{Expression: ...}"),
    "another member": ({**IN_SALES, "condition": {"Expression": "a", "X": 1}}, "condition", "{Expression: ...}"),
    "null for a condition": ({**IN_SALES, "condition": {"Expression": None}}, "condition", "is not text"),
    "resource type of a resource": (
        {"resource": policy(DOMAIN), "resource_type": "database"},
        "resource",
        "leave resource_type out",
    ),
    "excluded columns, granted on": (
        {**IN_SALES, "tables": "orders", "excluded_columns": ["ssn"], "grantable": ["SELECT"]},
        "grantable",
        "list the columns to include",
    ),
}


@pytest.mark.parametrize(("entry", "member", "says"), REFUSED_WORDS.values(), ids=REFUSED_WORDS)
def test_words_are_read_as_strictly(entry: Entry, member: str, says: str) -> None:
    account = GrantsAccount()
    with pytest.raises(InvalidOption, match=re.escape(says)) as raised:
        account.run(entry)
    assert raised.value.option == f"grants[0].{member}"
    assert not account.calls


def test_a_condition_may_be_in_the_shape_of_the_api() -> None:
    assert read({**IN_SALES, "condition": {"Expression": "a"}}).atoms == read({**IN_SALES, "condition": "a"}).atoms


ORGANISATION = "arn:aws:organizations::123456789012:organization/o-abc123"
NOT_SHARED: t.Final[list[tuple[Entry, str]]] = [
    (IN_SALES, "ALL"),
    (IN_SALES, "DROP"),
    ({**IN_SALES, "tables": "orders"}, "ALL"),
    ({"lf_tags": {"domain": "sales"}, "resource_type": "database"}, "DROP"),
    ({"resource": tag(["sales"])}, "ALTER"),
]


@pytest.mark.parametrize("principal", [OTHER_ACCOUNT, ORGANISATION])
@pytest.mark.parametrize(("resource", "permission"), NOT_SHARED)
def test_what_is_never_shared_with_another_account(principal: str, resource: Entry, permission: str) -> None:
    entry = {**resource, "permissions": [permission]}
    with pytest.raises(InvalidOption, match=f"{permission} .* cannot be granted to another account"):
        read(entry, principal=principal)
    for allowed in (
        read(entry, principal=principal, state="absent"),
        read(entry, principal=ACCOUNT),
        read(entry),
        read({**resource, "permissions": ["DESCRIBE"]}, principal=principal),
    ):
        assert allowed.atoms


def test_a_grant_option_on_excluded_columns_can_be_revoked() -> None:
    entry = {**IN_SALES, "tables": "orders", "excluded_columns": ["ssn"], "grantable": ["SELECT"]}
    assert read(entry, state="absent").atoms


# Whatever is written -------------------------------------------------------------------------------------------------

_WORDS = ("", " ", "*", "ALL_TABLES", "sales", "orders", ACCOUNT, FEDERATED, "arn:aws:s3:::lake", "TABLE", "SELECT")
_MEMBERS = (
    *("Catalog", "Database", "Table", "TableWithColumns", "DataCellsFilter", "DataLocation", "LFTag", "LFTagPolicy"),
    *("LFTagExpression", "CatalogId", "TableCatalogId", "Id", "DatabaseName", "TableName", "Name", "TableWildcard"),
    *("ColumnNames", "ColumnWildcard", "ExcludedColumnNames", "ResourceArn", "TagKey", "TagValues", "ResourceType"),
    *("Expression", "ExpressionName"),
)
_plain: st.SearchStrategy[t.Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | st.text()
)
rubbish: st.SearchStrategy[t.Any] = st.recursive(
    _plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_MEMBERS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(value: t.Any, place: tuple[t.Any, ...] = ()) -> list[tuple[t.Any, ...]]:
    """Where something may be put instead of what is there."""
    found = [place] if place else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += _places(inner, (*place, key))
    return found


@st.composite
def spoilt(draw: st.DrawFn) -> Entry:
    """An entry of which one part is something else, or has a member more or less."""
    words = {**IN_SALES, "tables": ["orders"], "columns": ["id"], "permissions": ["SELECT"], "condition": "a"}
    whole = st.sampled_from([{"resource": it} for it in SHAPES.values()])
    entry = copy.deepcopy(draw(st.just(words) | st.just({"lf_tags": {"domain": ["a"]}, "grantable": []}) | whole))
    *above, last = draw(st.sampled_from(_places(entry)))
    inner = functools.reduce(lambda part, key: part[key], above, entry)
    how = draw(st.sampled_from(("replace", "remove", "add")))
    if how == "replace":
        inner[last] = draw(rubbish)
    elif how == "remove":
        del inner[last]
    elif isinstance(inner, dict):
        names = st.sampled_from(list(GRANTS["grants"]["options"])) if inner is entry else st.sampled_from(_MEMBERS)
        inner[draw(names | st.text(max_size=5))] = draw(rubbish)
    else:
        inner.append(draw(rubbish))
    return entry


_GRANT_SHAPE = botocore.session.get_session().get_service_model("lakeformation").operation_model("GrantPermissions")


def _check(entry: Entry) -> None:
    """It is refused, or it is read as something that can be sent, and that says the same again."""
    try:
        wanted = read(entry)
    except InvalidOption:
        return
    for request in grant_entries(wanted.atoms):
        report = ParamValidator().validate(request.request(wanted.principal), _GRANT_SHAPE.input_shape)
        assert not report.has_errors(), report.generate_report()
        again = {
            "resource": request.resource,
            "permissions": list(request.permissions),
            "grantable": list(request.options),
            "condition": request.condition or None,
        }
        assert read(again).atoms == request.atoms


@examples(1500)
@given(spoilt())
def test_whatever_is_written_is_refused_or_understood(entry: Entry) -> None:
    _check(entry)


@examples(300)
@given(st.sampled_from(["tables", "columns", "lf_tags", "resource", "condition", "permissions", "catalog_id"]), rubbish)
def test_rubbish_is_refused_or_understood(name: str, value: t.Any) -> None:
    _check({name: value} if name in ("resource", "lf_tags") else {**IN_SALES, name: value})


# Listings ------------------------------------------------------------------------------------------------------------


def listed(resource: Entry | None) -> Entry:
    row: Entry = {"Principal": {"DataLakePrincipalIdentifier": READER}, "Permissions": ["SELECT"]}
    return row if resource is None else {**row, "Resource": resource}


def test_a_saved_expression_that_is_listed_with_what_it_stands_for_is_the_saved_one() -> None:
    saved = policy(DOMAIN, ExpressionName="gold_sales")
    wanted = read({"resource": {"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": "gold_sales"}}})
    assert row_atoms(listed(saved), ACCOUNT) == wanted.atoms


def test_members_to_come_are_ignored_in_listings() -> None:
    assert row_atoms(listed(table(Shard="a")), ACCOUNT) == read({**IN_SALES, "tables": "orders"}).atoms


@pytest.mark.parametrize(
    "resource",
    [
        None,
        {},
        {"View": {"Name": "a"}},
        {"Database": {}},
        columns(),
        columns(Name="ALL_TABLES", ColumnNames=["id"]),
        {"LFTagPolicy": {"ResourceType": "TABLE"}},
    ],
)
def test_rows_that_say_nothing_are_ignored(resource: Entry | None) -> None:
    assert not row_atoms(listed(resource), ACCOUNT)


def test_a_policy_for_a_type_that_is_new_is_read_and_listed_by_itself() -> None:
    [found] = read_resource(
        {"LFTagPolicy": {"CatalogId": ACCOUNT, "ResourceType": "VIEW", "Expression": [DOMAIN]}}, ACCOUNT
    )
    assert listing_of(found) is None
