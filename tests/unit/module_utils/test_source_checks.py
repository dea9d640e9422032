# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files can be read, for every way to them and every answer on that way."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, Literal

import pytest
from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils import _source_checks as sources
from ansible_collections.qualytics.athena.plugins.module_utils._discovery import Absent, Discovered, Unknown
from ansible_collections.qualytics.athena.plugins.module_utils._report import Denied
from ansible_collections.qualytics.athena.plugins.module_utils._source_checks import Answer, TableVerdict
from ansible_collections.qualytics.athena.plugins.module_utils._tables import Table, TableAccess
from ansible_collections.qualytics.athena.tests.unit.helpers.access import (
    ACCOUNT,
    BY_IAM,
    EMPLOYEES,
    GRANTED,
    HIDDEN,
    ORDERS,
    SEEN,
    UNKNOWN,
    registered,
)

HERE, ELSEWHERE = "s3://lake/sales/orders/", "s3://archive/orders/"
TWO_PLACES = dataclasses.replace(ORDERS, locations=(HERE, ELSEWHERE))
PLAIN = Discovered()
VENDED = Discovered(registrations=registered("s3://lake/sales"))
HYBRID = Discovered(registrations=registered("s3://lake/sales", hybrid=True))
UNSEEN = Discovered(registrations=Denied("lakeformation:ListResources"))

YES, NO, PERHAPS = Answer(), Answer("no", "S3 says no", "Open it"), Answer("unknown", "S3 is not known")
LAKE_NO, LAKE_PERHAPS = Answer("no", "the lake says no", "Allow it"), Answer("unknown", "the lake is not known")
OF_S3 = {"yes": YES, "no": NO, "unknown": PERHAPS}
OF_LAKE = {"yes": YES, "no": LAKE_NO, "unknown": LAKE_PERHAPS}
Said = Literal["yes", "no", "unknown"]
SAID: tuple[Said, ...] = ("yes", "no", "unknown")


def verdict(
    table: Table = ORDERS,
    access: TableAccess = BY_IAM,
    discovered: Discovered = PLAIN,
    s3: Answer = YES,
    lake: Answer = YES,
    elsewhere: Answer | None = None,
) -> TableVerdict:
    answers = {HERE: s3, ELSEWHERE: elsewhere or s3}
    found = sources.verdict_on(table, access, discovered, lambda uri: answers[uri], lake)
    assert found.table == table
    # Who hinders is named where somebody does, with what to do, and the row says the same.
    assert (found.readable == "no") == bool(found.hindered_by) == bool(found.remedy)
    assert (found.row["readable"], found.row["why"]) == (found.readable, found.why)
    assert found.why
    return found


# One table -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "discovered", "way"),
    [
        (BY_IAM, PLAIN, "s3"),
        (GRANTED, PLAIN, "s3"),
        (BY_IAM, VENDED, "lake_formation"),
        (GRANTED, VENDED, "lake_formation"),
        # In hybrid access mode it is for whom Lake Formation governs.
        (BY_IAM, HYBRID, "s3"),
        (GRANTED, HYBRID, "lake_formation"),
        (GRANTED, UNSEEN, "s3"),
    ],
)
@pytest.mark.parametrize(("of_s3", "of_lake"), list(itertools.product(SAID, SAID)))
def test_what_counts_is_the_way_to_the_files(
    access: TableAccess, discovered: Discovered, way: Literal["s3", "lake_formation"], of_s3: Said, of_lake: Said
) -> None:
    found = verdict(ORDERS, access, discovered, OF_S3[of_s3], OF_LAKE[of_lake])
    said = OF_S3[of_s3] if way == "s3" else OF_LAKE[of_lake]
    expected = {"yes": way, "no": "no", "unknown": "unknown"}[said.answer]
    assert found.readable == expected
    assert found.hindered_by == ("files" if said.answer == "no" else "")
    if said.answer != "yes":
        assert (found.why, found.remedy) == (said.reason, said.remedy)


@pytest.mark.parametrize(("access", "is_hidden"), [(SEEN, False), (HIDDEN, True)])
@pytest.mark.parametrize("discovered", [PLAIN, VENDED, HYBRID, UNSEEN])
@pytest.mark.parametrize("said", SAID)
def test_what_lake_formation_withholds_is_not_read_whatever_else_is_allowed(
    access: TableAccess, is_hidden: bool, discovered: Discovered, said: Said
) -> None:
    found = verdict(ORDERS, access, discovered, OF_S3[said], OF_LAKE[said])
    assert (found.readable, found.hindered_by) == ("no", "lake_formation")
    assert ("hides it" in found.why) == is_hidden
    assert "lake_formation_grants" in found.remedy


@pytest.mark.parametrize("access", [BY_IAM, GRANTED, HIDDEN, UNKNOWN])
@pytest.mark.parametrize("said", SAID)
def test_views_and_links_are_not_judged(access: TableAccess, said: Said) -> None:
    view = dataclasses.replace(ORDERS, kind="view", locations=())
    link = dataclasses.replace(view, kind="link", target=("210987654321", "crm", "orders"))
    for table, words in ((view, "the tables that it reads"), (link, "210987654321.crm.orders")):
        found = verdict(table, access, VENDED, OF_S3[said], OF_LAKE[said])
        assert found.readable == "not_judged"
        assert words in found.why


def test_a_table_without_a_location_is_not_judged() -> None:
    assert verdict(dataclasses.replace(ORDERS, locations=())).readable == "not_judged"


def test_where_not_all_files_are_in_s3_it_is_not_known() -> None:
    table = dataclasses.replace(ORDERS, others=("hdfs://name-node/orders",))
    found = verdict(table)
    assert found.readable == "unknown"
    assert "hdfs://name-node/orders" in found.why
    assert found.row["locations"] == [HERE, "hdfs://name-node/orders"]
    # What is sure comes first.
    assert verdict(table, s3=NO).readable == "no"


@pytest.mark.parametrize(
    ("discovered", "of_s3", "of_lake", "expected"),
    [
        (PLAIN, "yes", "no", "unknown"),
        (PLAIN, "no", "yes", "no"),
        (VENDED, "no", "yes", "unknown"),
        (VENDED, "yes", "no", "no"),
        # One of both ways is the identity's, and nobody knows which.
        (HYBRID, "yes", "no", "unknown"),
        (HYBRID, "no", "yes", "unknown"),
        (HYBRID, "no", "unknown", "unknown"),
        (HYBRID, "no", "no", "no"),
    ],
)
def test_where_grants_are_not_known_only_what_is_closed_in_any_case_is_no(
    discovered: Discovered, of_s3: Said, of_lake: Said, expected: str
) -> None:
    found = verdict(ORDERS, UNKNOWN, discovered, OF_S3[of_s3], OF_LAKE[of_lake])
    assert found.readable == expected
    if expected == "unknown":
        assert "lakeformation:ListPermissions" in found.why


def test_every_place_of_a_table_has_to_be_readable() -> None:
    assert verdict(TWO_PLACES).readable == "s3"
    assert verdict(TWO_PLACES, elsewhere=NO).readable == "no"
    assert verdict(TWO_PLACES, elsewhere=PERHAPS).readable == "unknown"
    assert verdict(TWO_PLACES, s3=PERHAPS, elsewhere=NO).readable == "no"
    # A part through Lake Formation, a part by itself.
    assert verdict(TWO_PLACES, GRANTED, VENDED, lake=YES).readable == "s3"
    assert verdict(TWO_PLACES, GRANTED, VENDED, lake=LAKE_NO).readable == "no"
    assert verdict(TWO_PLACES, GRANTED, VENDED, elsewhere=NO).readable == "no"


def test_what_may_be_registered_is_not_known_to_be_closed() -> None:
    """Glue says it of the table's own location only."""
    assert verdict(TWO_PLACES, GRANTED, UNSEEN, s3=NO).readable == "no"
    found = verdict(TWO_PLACES, GRANTED, UNSEEN, elsewhere=NO)
    assert found.readable == "unknown"
    assert f"whether {ELSEWHERE} is registered" in found.why
    marked = dataclasses.replace(ORDERS, is_registered=True)
    assert verdict(marked, GRANTED, UNSEEN, s3=NO).readable == "lake_formation"


@pytest.mark.parametrize("discovered", [PLAIN, VENDED, HYBRID])
def test_in_a_bucket_that_does_not_exist_there_is_nothing_to_read(discovered: Discovered) -> None:
    gone = dataclasses.replace(discovered, absent=(Absent("bucket", "lake"), Absent("database", "hr")))
    found = verdict(ORDERS, GRANTED, gone)
    assert (found.readable, found.hindered_by) == ("no", "files")
    assert found.why == "the bucket lake does not exist"


# Which locations need permissions on S3 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "discovered", "expected"),
    [
        (BY_IAM, PLAIN, [ELSEWHERE, HERE]),
        (BY_IAM, VENDED, [ELSEWHERE]),
        (GRANTED, VENDED, [ELSEWHERE]),
        (BY_IAM, HYBRID, [ELSEWHERE, HERE]),
        (GRANTED, HYBRID, [ELSEWHERE]),
    ],
)
def test_what_the_identity_has_to_read_by_itself(
    access: TableAccess, discovered: Discovered, expected: list[str]
) -> None:
    assert sources.read_by_itself([TWO_PLACES], {TWO_PLACES: access}, discovered) == expected
    # Nobody said anything of the other table.
    assert sources.read_by_itself([TWO_PLACES, EMPLOYEES], {TWO_PLACES: access}, discovered) == expected


# The check -----------------------------------------------------------------------------------------------------------

READ = TableVerdict(ORDERS, "s3", "it may")
LENT = TableVerdict(EMPLOYEES, "lake_formation", "it may")
VIEW = TableVerdict(dataclasses.replace(ORDERS, name="v", kind="view"), "not_judged", "a view")
CLOSED = TableVerdict(ORDERS, "no", "S3 says no", "files", "Open it")
WITHHELD = TableVerdict(EMPLOYEES, "no", "SELECT is not granted", "lake_formation", "Grant it")
DOUBTFUL = TableVerdict(EMPLOYEES, "unknown", "nobody may look")


def check(*verdicts: TableVerdict, are_chosen: bool = True, **discovered: Any) -> Any:
    found = sources.source_data(verdicts, Discovered(**discovered), are_chosen)
    assert found.name == "source_data"
    assert found.reference.startswith("https://docs.aws.amazon.com/")
    assert bool(found.remedy) == (found.status != "pass")
    return found


@pytest.mark.parametrize(
    ("verdicts", "chosen", "otherwise"),
    [
        ((), "pass", "pass"),
        ((READ, LENT, VIEW), "pass", "pass"),
        ((CLOSED, READ), "fail", "warn"),
        # Its grants have a check of their own.
        ((WITHHELD, READ), "pass", "pass"),
        ((DOUBTFUL, READ), "unknown", "unknown"),
        ((DOUBTFUL, CLOSED), "fail", "warn"),
    ],
)
def test_a_table_that_cannot_be_read_fails_where_it_was_meant(
    verdicts: tuple[TableVerdict, ...], chosen: str, otherwise: str
) -> None:
    assert check(*verdicts).status == chosen
    assert check(*verdicts, are_chosen=False).status == otherwise


def test_what_can_be_read_is_counted() -> None:
    assert "2 through Lake Formation and 1 through S3" in check(READ, LENT, LENT, VIEW).detail
    assert "there is no table" in check(VIEW).detail


def test_a_database_that_does_not_exist() -> None:
    assert check(absent=(Absent("database", "crm"),)).detail == "the database crm does not exist"
    both = check(CLOSED, absent=(Absent("database", "crm"), Absent("database", "hr"), Absent("bucket", "lake")))
    assert (both.status, both.detail) == ("fail", "the database crm, the database hr do not exist")
    # Without tables there, nothing of a bucket is missed; and nobody chose a database that is not there.
    assert check(READ, absent=(Absent("bucket", "lake"),)).status == "pass"
    assert check(READ, absent=(Absent("database", "crm"),), are_chosen=False).status == "pass"


@pytest.mark.parametrize(
    ("permission", "remedy"),
    [
        ("glue:GetTables", "Grant glue:GetTables to the identity that runs this task"),
        ("none: name its source_locations and keys", "Nothing looks there; name its source_locations and keys"),
        (
            "data lake administrator (read-only will do)",
            "Make the identity that runs this task a data lake administrator (read-only will do)",
        ),
    ],
)
def test_what_may_not_be_looked_at_is_unknown(permission: str, remedy: str) -> None:
    found = check(READ, unknown=(Unknown("the tables of sales", permission),))
    assert (found.status, found.remedy) == ("unknown", remedy)
    assert "the tables of sales" in found.detail
    # What is known to fail is told first.
    assert check(CLOSED, unknown=(Unknown("the tables of hr", permission),)).status == "fail"


def test_each_lacking_permission_is_named_once() -> None:
    lacking = [Unknown(f"the tables of {name}", "glue:GetTables") for name in ("a", "b")]
    found = check(unknown=(*lacking, Unknown("the catalog", "glue:GetDatabases")))
    assert found.remedy.count("glue:GetTables") == 1
    assert "glue:GetDatabases" in found.remedy


def table_named(name: str) -> Table:
    return Table(ACCOUNT, "sales", name, (HERE,))


def test_tables_are_named_once_for_each_reason() -> None:
    closed = [dataclasses.replace(CLOSED, table=table_named(name)) for name in ("a", "b")]
    other = dataclasses.replace(CLOSED, table=table_named("c"), why="the policy says no", remedy="Ask its owner")
    found = check(*closed, other)
    assert found.detail == (
        "the files of sales.a, sales.b cannot be read: S3 says no; "
        "the files of sales.c cannot be read: the policy says no"
    )
    assert found.remedy == "Open it; Ask its owner"


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["no", "unknown"]))
def test_the_text_of_many_tables_is_short_and_says_how_many_there_are(count: int, reasons: int, readable: Any) -> None:
    rows = [
        TableVerdict(
            table_named(f"table_{number:03}"),
            readable,
            f"reason {number % reasons}",
            "files" if readable == "no" else "",
            f"remedy {number % reasons}" if readable == "no" else "",
        )
        for number in range(count)
    ]
    found = check(*rows)
    assert len(found.detail) + len(found.remedy) < 1000
    distinct = min(count, reasons)
    assert found.detail.count("reason ") == min(distinct, 3)
    assert (f"and {distinct - 3} more reason" in found.detail) == (distinct > 3)
