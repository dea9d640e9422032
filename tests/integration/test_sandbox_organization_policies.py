# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service control policies in the sandbox: whom they bind, in which calls, and how a denial is worded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena_sandbox import Sandbox
from athena_sandbox.launcher import SandboxError
from athena_sandbox.user import User

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def only(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def denied(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A policy that allows everything but an action."""
    return only(EVERYTHING, {"Effect": "Deny", "Action": action, "Resource": resource} | more)


def message(call: Callable[[], Any]) -> str:
    """The message of a call that must be denied."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Message"])


@pytest.fixture
def lake(clean_sandbox: Sandbox) -> Sandbox:
    """A sandbox with a bucket."""
    clean_sandbox.client("s3").create_bucket(Bucket="lake")
    return clean_sandbox


def test_an_explicit_deny_and_a_missing_allow_are_worded_apart(lake: Sandbox, user: User) -> None:
    user.may("s3:*", "*")
    client = user.client("s3")
    client.list_objects_v2(Bucket="lake")
    start = f'User: {user.arn} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::lake"'
    lake.switch("organization_policy", document=denied("s3:ListBucket"))
    assert message(lambda: client.list_objects_v2(Bucket="lake")) == (
        f"{start} with an explicit deny in a service control policy"
    )
    lake.switch("organization_policy", document=only({**EVERYTHING, "Action": "s3:PutObject"}))
    assert message(lambda: client.list_objects_v2(Bucket="lake")) == (
        f"{start} because no service control policy allows the s3:ListBucket action"
    )
    client.put_object(Bucket="lake", Key="a", Body=b"")


def test_they_allow_nothing(lake: Sandbox, user: User) -> None:
    lake.switch("organization_policy", document=only(EVERYTHING))
    assert message(lambda: user.client("glue").get_databases()).endswith(
        "because no identity-based policy allows the glue:GetDatabases action"
    )


def test_every_level_must_allow(lake: Sandbox, user: User) -> None:
    user.may("s3:*", "*")
    levels = [only({**EVERYTHING, "Action": action}) for action in ("s3:List*", "*")]
    lake.switch("organization_policy", document=levels)
    user.client("s3").list_objects_v2(Bucket="lake")
    lake.switch("organization_policy", document=[*levels, only({**EVERYTHING, "Action": "s3:Put*"})])
    assert "no service control policy" in message(lambda: user.client("s3").list_objects_v2(Bucket="lake"))


def test_a_resource_policy_does_not_open_what_they_close(lake: Sandbox, user: User) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "s3:ListBucket", "Resource": "*"}
    statement = {**allow, "Resource": "arn:aws:s3:::lake"}
    lake.client("s3").put_bucket_policy(Bucket="lake", Policy=json.dumps(only(statement)))
    user.client("s3").list_objects_v2(Bucket="lake")
    lake.switch("organization_policy", document=denied("s3:*"))
    assert "service control policy" in message(lambda: user.client("s3").list_objects_v2(Bucket="lake"))


def test_their_conditions_count(lake: Sandbox, user: User) -> None:
    user.may("glue:GetDatabases", "*")
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    lake.switch("organization_policy", document=denied("*", Condition=elsewhere))
    user.client("glue", "eu-west-1").get_databases()
    assert "service control policy" in message(lambda: user.client("glue").get_databases())
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no policy denies it.
    user.client("sts").get_caller_identity()


def test_the_root_user_is_not_bound_here(lake: Sandbox) -> None:
    lake.switch("organization_policy", document=denied("*"))
    lake.client("glue").get_databases()


def test_roles_are_bound_and_so_is_who_assumes_them(lake: Sandbox, user: User) -> None:
    iam = lake.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(only(trust)))["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=json.dumps(only(EVERYTHING)))

    def session() -> Any:
        return user.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]

    key = session()
    glue = lake.client("glue", key["AccessKeyId"], key["SecretAccessKey"], session_token=key["SessionToken"])
    glue.get_databases()
    lake.switch("organization_policy", document=denied("glue:*", Condition={"ArnLike": {"aws:PrincipalArn": role}}))
    assert "service control policy" in message(glue.get_databases)
    session()
    lake.switch("organization_policy", document=denied("sts:AssumeRole"))
    assert message(session).endswith(f"{role} with an explicit deny in a service control policy")


def test_they_hold_for_what_a_query_does_for_its_caller(lake: Sandbox, user: User) -> None:
    user.may(["athena:*", "glue:*", "s3:*"], "*")
    lake.client("s3").create_bucket(Bucket="results")
    athena = user.client("athena")

    def run() -> dict[str, Any]:
        query = athena.start_query_execution(
            QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://results/"}
        )["QueryExecutionId"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return dict(status)
            time.sleep(0.02)
        raise AssertionError("the query does not end")

    assert run()["State"] == "SUCCEEDED"
    lake.switch("organization_policy", document=denied("s3:PutObject"))
    status = run()
    assert (status["State"], status["StateChangeReason"][:36]) == ("FAILED", "Access denied when writing output to")


def test_a_document_that_is_no_policy_is_refused(lake: Sandbox) -> None:
    with pytest.raises(SandboxError, match="organization_policy: Syntax errors in policy"):
        lake.switch("organization_policy", document={"Statement": [{"Effect": "Perhaps"}]})


def test_a_reset_ends_them(lake: Sandbox) -> None:
    lake.switch("organization_policy", document=denied("*"))
    lake.reset()
    user = User(lake, "somebody").may("glue:GetDatabases", "*")
    user.client("glue").get_databases()
