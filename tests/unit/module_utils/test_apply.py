# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError

from ansible_collections.qualytics.athena.plugins.module_utils._apply import apply_changes
from ansible_collections.qualytics.athena.plugins.module_utils._change import Change, Refused
from ansible_collections.qualytics.athena.plugins.module_utils._report import Drift, drift_result

ARN = "arn:aws:iam::123456789012:policy/athena"
CREATE = Change("create_policy", (Drift(ARN, "policy", "missing", "athena"),), {"name": "athena"})
ATTACH = Change("attach_policy", (Drift(ARN, "attachment", "missing", "user/dq"),), {"arn": ARN})
TAG = Change("tag_policy", (Drift(ARN, "tag", "missing", "a=b"), Drift(ARN, "tag", "missing", "c=d")), {"arn": ARN})
BY_HAND = Change("", (Drift(ARN, "path", "different", "/dq/", "/"),), remedy="Delete it by hand.")
CLIENT = object()


class Calls(dict[str, t.Callable[..., t.Any]]):
    """The calls by name; each records itself, answers with its own name, or fails where it is the one to fail."""

    def __init__(self, failing: str = "", error: Exception | None = None) -> None:
        super().__init__()
        self.made: list[tuple[str, t.Any, dict[str, t.Any]]] = []
        for name in ("create_policy", "attach_policy", "tag_policy"):
            self[name] = self._call(name, error if name == failing else None)

    def _call(self, name: str, error: Exception | None) -> t.Callable[..., str]:
        def call(client: t.Any, **arguments: t.Any) -> str:
            self.made.append((name, client, arguments))
            if error:
                raise error
            return f"answer of {name}"

        return call


def test_every_change_is_one_call_in_the_order_of_the_plan() -> None:
    calls = Calls()
    answers = apply_changes([CREATE, ATTACH, TAG], calls, CLIENT)
    assert calls.made == [
        ("create_policy", CLIENT, {"name": "athena"}),
        ("attach_policy", CLIENT, {"arn": ARN}),
        ("tag_policy", CLIENT, {"arn": ARN}),
    ]
    assert answers == {name: f"answer of {name}" for name in ("create_policy", "attach_policy", "tag_policy")}


def test_an_empty_plan_calls_nothing() -> None:
    calls = Calls()
    assert apply_changes([], calls, CLIENT) == {}
    assert calls.made == []


@pytest.mark.parametrize("changes", [[BY_HAND], [CREATE, BY_HAND], [BY_HAND, ATTACH], [CREATE, ATTACH, TAG, BY_HAND]])
def test_where_one_change_cannot_be_made_nothing_is_called(changes: list[Change]) -> None:
    calls = Calls()
    with pytest.raises(Refused, match="Delete it by hand"):
        apply_changes(changes, calls, CLIENT)
    assert calls.made == []


@pytest.mark.parametrize(
    ("failing", "done"), [("create_policy", []), ("attach_policy", [CREATE]), ("tag_policy", [CREATE, ATTACH])]
)
def test_a_failure_in_the_middle_says_what_was_done(failing: str, done: list[Change]) -> None:
    error = AnsibleIAMError(message="Unable", exception=None)
    calls = Calls(failing, error)
    with pytest.raises(AnsibleIAMError) as raised:
        apply_changes([CREATE, ATTACH, TAG], calls, CLIENT)
    assert raised.value is error
    assert error.kwargs == {
        "changed": bool(done),
        "drift": drift_result(row for change in done for row in change.drift),
    }
    assert [name for name, _client, _arguments in calls.made] == [*(it.call for it in done), failing]


def test_what_is_no_error_of_aws_is_not_dressed_as_one() -> None:
    with pytest.raises(KeyError):
        apply_changes([Change("no_such_call", ())], Calls(), CLIENT)
    error = ValueError("a fault of ours")
    with pytest.raises(ValueError, match="a fault of ours"):
        apply_changes([CREATE], Calls("create_policy", error), CLIENT)
    assert not hasattr(error, "kwargs")
