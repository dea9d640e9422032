# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents as matrices: every permission of either document, once, in its state."""

from __future__ import annotations

import typing as t

from hypothesis import given, strategies as st

from ansible_collections.qualytics.athena.plugins.module_utils._comparison import grants_of
from ansible_collections.qualytics.athena.plugins.module_utils._report_matrix import permission_matrices, trusted
from ansible_collections.qualytics.athena.plugins.module_utils._trust import SID
from ansible_collections.qualytics.athena.tests.unit.helpers.properties import examples

BASE = "arn:aws:iam::210987654321:role/qualytics-dataplane"


def document(*statements: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: list[str], resources: list[str], **more: t.Any) -> dict[str, t.Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def statements() -> st.SearchStrategy[dict[str, t.Any]]:
    def some(*values: str) -> st.SearchStrategy[list[str]]:
        return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)

    condition = {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}}
    return st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": some("s3:GetObject", "s3:putobject", "glue:GetTable", "*", "athena:*"),
            "Resource": some("*", "arn:aws:s3:::a/*", "arn:aws:s3:::b"),
        },
        optional={"Condition": st.just(condition)},
    )


documents = st.builds(lambda found: document(*found), st.lists(statements(), max_size=4))


@given(wanted=documents, observed=documents)
@examples(200)
def test_every_permission_is_one_cell_in_its_state(wanted: dict[str, t.Any], observed: dict[str, t.Any]) -> None:
    asked, there = grants_of(wanted), grants_of(observed)
    matrices = permission_matrices(wanted, observed)
    counted = {state: sum(matrix.count(state) for matrix in matrices) for state in ("in_place", "missing", "extra")}
    assert counted == {"in_place": len(asked & there), "missing": len(asked - there), "extra": len(there - asked)}
    for matrix in matrices:
        assert all(set(row.states) <= set(matrix.actions) and row.states for row in matrix.rows)
        differs = [row.differs for row in matrix.rows]
        assert differs == sorted(differs, reverse=True)


def test_a_row_is_a_resource_under_a_condition() -> None:
    condition = {"StringEquals": {"aws:username": "alice"}}
    wanted = document(allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/*"]))
    observed = document(
        allow(["s3:getobject"], ["arn:aws:s3:::a/*"]),
        allow(["s3:PutObject"], ["arn:aws:s3:::a/*"], Condition=condition),
    )
    [matrix] = permission_matrices(wanted, observed)
    assert (matrix.service, matrix.actions) == ("s3", ("s3:GetObject", "s3:PutObject"))
    assert [(row.condition, dict(row.states)) for row in matrix.rows] == [
        ("", {"s3:GetObject": "in_place", "s3:PutObject": "missing"}),
        ("StringEquals aws:username alice", {"s3:PutObject": "extra"}),
    ]


def test_what_names_no_service_is_apart() -> None:
    observed = document(allow(["*"], ["*"]), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    [matrix] = permission_matrices({}, observed)
    assert matrix.service == "other"
    assert matrix.actions == ("*", "NotAction iam:*")


def trust(*statements: tuple[str, str]) -> dict[str, t.Any]:
    return document(
        *(
            {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
            for sid, arn in statements
        )
    )


def test_who_is_trusted_and_by_which_statement() -> None:
    others = ("Others", "arn:aws:iam::123456789012:role/ops")
    wanted, observed = trust((SID, BASE), others), trust(others, ("Old", "arn:aws:iam::123456789012:role/old"))
    assert [(row.principal.rpartition("/")[2], row.state, row.statements) for row in trusted(wanted, observed)] == [
        ("qualytics-dataplane", "missing", (SID,)),
        ("old", "extra", ("Old",)),
        ("ops", "kept", ("Others",)),
    ]


def test_a_statement_that_was_written_by_hand_may_be_the_one_that_is_asked_for() -> None:
    found = trust(("ByHand", BASE))
    assert [row.state for row in trusted(found, found)] == ["in_place"]
