# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live step against the sandbox: the whole world passes, and each thing that is broken is named by its check."""

from __future__ import annotations

import copy
import dataclasses
import fnmatch
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

import botocore.loaders
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.qualytics.athena.plugins.module_utils import _live
from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session
from ansible_collections.qualytics.athena.plugins.module_utils._credentials import Credentials
from ansible_collections.qualytics.athena.plugins.module_utils._identity import parse_identity_arn
from ansible_collections.qualytics.athena.plugins.module_utils._live import LiveResult, LiveWanted
from ansible_collections.qualytics.athena.plugins.module_utils._live_run import run_live
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._policy import PolicyOptions, build_policy
from ansible_collections.qualytics.athena.plugins.module_utils._retry import TRIES_OF_THE_NETWORK
from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from athena_sandbox.sample import RESULTS_BUCKET, SOURCE_BUCKET, seed
from athena_sandbox.user import User

from ..trusts import new_role, statement, trust

Mode = Literal["user", "role"]
Statement = dict[str, Any]

LOCATION = S3Location(RESULTS_BUCKET, "team")
EXTERNAL_ID = "qualytics-1234"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/connections/target"
SCOPE = Scope("aws", ACCOUNT_ID, REGION)
OPTIONS = PolicyOptions(
    output_location=LOCATION,
    workgroups=("primary",),
    databases=("hr", "sales"),
    source_locations=(S3Location(SOURCE_BUCKET),),
    lake_formation=True,
)

# What is called in the whole world, each query being one StartQueryExecution; polls are counted apart.
QUERY_CALLS = {
    "athena:StartQueryExecution": 4,
    "athena:StopQueryExecution": 1,
    "athena:GetQueryResults": 1,
    "athena:ListDatabases": 1,
    "athena:ListTableMetadata": 2,
    "athena:GetTableMetadata": 2,
    "s3:GetObject": 1,
}
CHECKS = [
    "live_query",
    "live_result_location",
    "live_result_object",
    "live_databases",
    "live_tables",
    "live_read",
    "live_cancel",
]


class World:
    """The sample data, and a connection to it that works, until a test breaks it."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        self.sandbox = sandbox
        self.mode = mode
        self.iam = sandbox.client("iam")
        self.athena = sandbox.client("athena")
        seed(sandbox)
        # The user itself, or the base role's stand-in.
        self.user = User(sandbox, "qualytics" if mode == "user" else "base", "/clients/")
        if mode == "role":
            condition = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
            new_role(self.iam, "target", trust(statement(self.user.arn, Condition=condition)), Path="/connections/")
        self.arn = ""
        self.policy: dict[str, Any] = build_policy(OPTIONS, SCOPE)
        self.put()
        self.credentials = Credentials(
            access_key=self.user.key["AccessKeyId"], secret_key=self.user.key["SecretAccessKey"]
        )
        self.wanted = LiveWanted(
            identity=parse_identity_arn("identity", self.user.arn if mode == "user" else ROLE),
            external_id=EXTERNAL_ID if mode == "role" else None,
            workgroup="primary",
            location=LOCATION,
            effective=LOCATION.uri,
            data_catalog="AwsDataCatalog",
            databases=("hr", "sales"),
            tables={"sales": "orders"},
            keys=(),
            region=REGION,
            partition="aws",
        )

    @property
    def identity_checks(self) -> list[str]:
        return ["live_identity"] if self.mode == "user" else ["live_identity", "live_assume_role"]

    def put(self) -> None:
        """Make this the whole of what the identity may do."""
        document = json.dumps(self.policy)
        if not self.arn:
            self.arn = self.iam.create_policy(PolicyName="connection", PolicyDocument=document)["Policy"]["Arn"]
            if self.mode == "user":
                self.iam.attach_user_policy(UserName="qualytics", PolicyArn=self.arn)
            else:
                self.iam.attach_role_policy(RoleName="target", PolicyArn=self.arn)
            return
        before = self.iam.get_policy(PolicyArn=self.arn)["Policy"]["DefaultVersionId"]
        self.iam.create_policy_version(PolicyArn=self.arn, PolicyDocument=document, SetAsDefault=True)
        self.iam.delete_policy_version(PolicyArn=self.arn, VersionId=before)

    def deny(self, action: str, resource: str = "*") -> None:
        """Take an action away, where a statement allows it on such a resource."""
        policy = copy.deepcopy(self.policy)
        taken = 0
        for allowed in policy["Statement"]:
            actions, resources = as_list(allowed["Action"]), as_list(allowed["Resource"])
            if action in actions and any(fnmatch.fnmatch(arn, resource) for arn in resources):
                allowed["Action"] = [it for it in actions if it != action]
                taken += 1
        assert taken, f"{action} is not allowed on {resource}"
        policy["Statement"] = [it for it in policy["Statement"] if it["Action"]]
        self.policy = policy
        self.put()

    def allow(self, action: str, resource: str) -> None:
        self.policy["Statement"].append({"Effect": "Allow", "Action": [action], "Resource": resource})
        self.put()

    def run(self, **changes: Any) -> LiveResult:
        """The live step; whatever happens, no secret is in what it says."""
        credentials = changes.pop("credentials", self.credentials)
        self.sandbox.clear_calls()
        result = run_live(dataclasses.replace(self.wanted, **changes), credentials, session_of(self.sandbox))
        said = json.dumps(dataclasses.asdict(result))
        for secret in (ROOT_SECRET_ACCESS_KEY, *credentials.secrets):
            assert secret not in said
        assert "ASIA" not in said
        return result

    def calls(self) -> Counter[str]:
        return Counter(f"{call['service']}:{call['operation']}" for call in self.sandbox.calls())


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def session_of(sandbox: Sandbox, **options: Any) -> Session:
    """The session of a module that the account root runs."""
    root = {"access_key": ROOT_ACCESS_KEY_ID, "secret_key": ROOT_SECRET_ACCESS_KEY}
    arguments = {"endpoint_url": sandbox.url, "region": REGION, **root, **options}
    with patch_module_args(arguments):
        return Session(AnsibleAWSModule(argument_spec={}, supports_check_mode=True))


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is waited for between tries is waited for in short; returns how long it would have been."""
    import time

    waits: list[float] = []
    really_sleep = time.sleep

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        really_sleep(min(seconds, 0.1))

    monkeypatch.setattr("time.sleep", sleep)
    return waits


@pytest.fixture(autouse=True)
def nothing_of_the_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting, profile or credential of the user; the service models are read once."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("botocore.session.create_loader", lambda _search_path=None: _LOADER)
    return


_LOADER = botocore.loaders.create_loader()


@pytest.fixture(params=["user", "role"])
def world(clean_sandbox: Sandbox, request: pytest.FixtureRequest) -> World:
    """A whole world in each mode."""
    return World(clean_sandbox, request.param)


@pytest.fixture
def user_world(clean_sandbox: Sandbox) -> World:
    return World(clean_sandbox, "user")


@pytest.fixture
def role_world(clean_sandbox: Sandbox) -> World:
    return World(clean_sandbox, "role")


def statuses(result: LiveResult) -> dict[str, str]:
    assert len({check.name for check in result.checks}) == len(result.checks)
    return {check.name: check.status for check in result.checks}


def text(result: LiveResult, name: str) -> str:
    found = next(check for check in result.checks if check.name == name)
    return f"{found.detail} | {found.remedy}"


def problems(result: LiveResult) -> dict[str, str]:
    return {name: status for name, status in statuses(result).items() if status != "pass"}


# ---- the whole world ----


def test_the_whole_world_passes_with_the_documented_queries(world: World) -> None:
    result = world.run()
    assert problems(result) == {}, result.checks
    assert list(statuses(result)) == [*world.identity_checks, *CHECKS]
    calls = world.calls()
    assert calls.pop("athena:GetQueryExecution") >= len(result.queries)
    logon = {"sts:GetCallerIdentity": 1} if world.mode == "user" else {"sts:GetCallerIdentity": 1, "sts:AssumeRole": 1}
    assert calls == {**logon, **QUERY_CALLS}


def test_every_query_and_object_is_listed(world: World) -> None:
    result = world.run()
    executions = {it["QueryExecutionId"]: it for it in map(world_execution(world), [q["id"] for q in result.queries])}
    assert sorted(execution["Query"] for execution in executions.values()) == sorted(
        ["SELECT 1", "SELECT 1", 'SELECT * FROM "hr"."employees" LIMIT 1', 'SELECT * FROM "sales"."orders" LIMIT 1']
    )
    listed = world.sandbox.client("s3").list_objects_v2(Bucket=RESULTS_BUCKET).get("Contents", [])
    there = {f"s3://{RESULTS_BUCKET}/{it['Key']}" for it in listed}
    assert there <= set(result.objects)
    # The one that was stopped may have written nothing.
    assert len(result.objects) == 8
    succeeded = [query for query in result.queries if query["state"] == "SUCCEEDED"]
    assert {query["location"] for query in succeeded} <= there


def world_execution(world: World) -> Callable[[str], dict[str, Any]]:
    return lambda query_id: world.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]


def test_without_chosen_databases_those_found_are_read(world: World) -> None:
    world.policy = build_policy(dataclasses.replace(OPTIONS, databases=None), SCOPE)
    world.put()
    result = world.run(databases=(), tables={})
    assert problems(result) == {}, result.checks
    # default has nothing to read.
    assert "default has no table" in text(result, "live_tables")
    assert {query["sql"] for query in result.queries} == {
        "SELECT 1",
        'SELECT * FROM "hr"."employees" LIMIT 1',
        'SELECT * FROM "sales"."customers" LIMIT 1',
    }


def test_names_in_any_letter_case_and_views_do_no_harm(user_world: World) -> None:
    result = user_world.run(databases=("SALES",), tables={"SALES": "active_customers"})
    assert problems(result) == {}, result.checks


def test_an_empty_database_that_was_chosen_is_a_warning(user_world: World) -> None:
    user_world.policy = build_policy(dataclasses.replace(OPTIONS, databases=("default", "hr")), SCOPE)
    user_world.put()
    result = user_world.run(databases=("default", "hr"))
    assert problems(result) == {"live_tables": "warn"}
    assert "'default' shows no table" in text(result, "live_tables")


def test_a_database_of_views_is_described_and_not_read(user_world: World) -> None:
    glue = user_world.sandbox.client("glue")
    for table in ("customers", "orders", "shipments"):
        glue.delete_table(DatabaseName="sales", Name=table)
    result = user_world.run(databases=("sales",), tables={})
    assert problems(result) == {}, result.checks
    assert "sales has only views" in text(result, "live_tables")
    assert "live_read" not in statuses(result)


def test_a_name_that_is_no_identifier_is_quoted(user_world: World) -> None:
    result = user_world.run(tables={"sales": 'a"b; DROP TABLE orders'})
    assert problems(result) == {"live_tables": "fail", "live_read": "fail"}
    asked = [query["sql"] for query in result.queries if "a" in query["sql"]]
    assert 'SELECT * FROM "sales"."a""b; DROP TABLE orders" LIMIT 1' in asked


# ---- whose credentials ----


def test_a_session_of_the_role_is_used_as_it_is(role_world: World) -> None:
    sts = role_world.user.client("sts")
    granted = sts.assume_role(RoleArn=ROLE, RoleSessionName="mine", ExternalId=EXTERNAL_ID)["Credentials"]
    credentials = Credentials(None, granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"])
    result = role_world.run(credentials=credentials)
    assert problems(result) == {}
    assert "live_assume_role" not in statuses(result)
    assert role_world.calls()["sts:AssumeRole"] == 0


def test_a_profile_has_credentials_too(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("aws") / "credentials"
    key = world.user.key
    file.write_text(
        f"[connection]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    assert problems(world.run(credentials=Credentials(profile="connection"))) == {}


def test_an_unknown_profile_is_named(world: World) -> None:
    result = world.run(credentials=Credentials(profile="nobody"))
    assert statuses(result) == {"live_identity": "fail"}
    assert "The config profile (nobody) could not be found" in text(result, "live_identity")
    assert world.calls() == {}


def test_the_credentials_of_somebody_else_are_refused(user_world: World) -> None:
    other = User(user_world.sandbox, "qualytics2", "/clients/")
    credentials = Credentials(None, other.key["AccessKeyId"], other.key["SecretAccessKey"])
    result = user_world.run(credentials=credentials)
    assert statuses(result) == {"live_identity": "fail"}
    detail = f"these are the credentials of {other.arn}, not of {user_world.user.arn}"
    assert text(result, "live_identity").startswith(detail)
    assert result.queries == []


def test_without_credentials_the_task_asks_by_its_own(user_world: World) -> None:
    result = user_world.run(credentials=Credentials())
    assert text(result, "live_identity").startswith(f"these are the credentials of arn:aws:iam::{ACCOUNT_ID}:root, not")


@pytest.mark.parametrize("secret", ["wrong", "absent"])
def test_credentials_that_aws_does_not_know(world: World, secret: str) -> None:
    key = world.user.key["AccessKeyId"] if secret == "wrong" else "AKIANOBODYKNOWSTHIS1"
    result = world.run(credentials=Credentials(None, key, "not-the-secret-of-it"))
    assert statuses(result) == {"live_identity": "fail"}
    assert "(with the credentials of the live step)" in text(result, "live_identity")
    expected = 1 if secret == "wrong" else 5
    assert world.calls() == {"sts:GetCallerIdentity": expected}


def test_an_endpoint_that_does_not_answer(world: World) -> None:
    session = session_of(world.sandbox, endpoint_url="http://127.0.0.1:1", aws_config={"retries": {"max_attempts": 0}})
    result = run_live(world.wanted, world.credentials, session)
    assert statuses(result) == {"live_identity": "fail"}
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"' in text(result, "live_identity")


@pytest.mark.usefixtures("in_a_hurry")
def test_a_service_that_cannot_be_reached_is_asked_once(user_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", user_world.sandbox.url)
    session = session_of(user_world.sandbox, endpoint_url=None, aws_config={"retries": {"max_attempts": 0}})
    tries = []
    session_of_others = session.with_credentials(user_world.credentials)
    session_of_others.client("athena").meta.events.register("before-send", lambda **_: tries.append(1))
    monkeypatch.setattr(session, "with_credentials", lambda _credentials: session_of_others)
    result = run_live(user_world.wanted, user_world.credentials, session)
    assert statuses(result) == {"live_identity": "pass"} | dict.fromkeys(
        ("live_query", "live_databases", "live_tables"), "unknown"
    )
    assert "Could not connect to the endpoint URL" in text(result, "live_query")
    # One call, tried as often as any that is lost on the way.
    assert len(tries) == TRIES_OF_THE_NETWORK


def test_an_access_key_made_a_moment_ago(world: World, in_a_hurry: list[float]) -> None:
    world.sandbox.switch("fail", 4, service="sts", operation="GetCallerIdentity", code="InvalidClientTokenId")
    world.sandbox.switch(
        "fail", 3, service="athena", operation="StartQueryExecution", code="UnrecognizedClientException"
    )
    assert problems(world.run()) == {}


# ---- becoming the role ----


def test_what_was_made_a_moment_ago_is_tried_again(role_world: World, in_a_hurry: list[float]) -> None:
    role_world.sandbox.switch("fail", 4, service="sts", operation="AssumeRole", code="AccessDenied", status=403)
    assert problems(role_world.run()) == {}
    assert role_world.calls()["sts:AssumeRole"] == 5


def test_the_tries_have_an_end(role_world: World, in_a_hurry: list[float]) -> None:
    role_world.sandbox.switch("fail", 99, service="sts", operation="AssumeRole", code="AccessDenied", status=403)
    assert problems(role_world.run()) == {"live_assume_role": "fail"}
    assert role_world.calls()["sts:AssumeRole"] == 5
    assert sum(in_a_hurry) <= 11


def test_other_errors_are_not_tried_again(role_world: World) -> None:
    role_world.sandbox.switch("fail", 99, service="sts", operation="AssumeRole", code="RegionDisabledException")
    assert problems(role_world.run()) == {"live_assume_role": "fail"}
    assert role_world.calls()["sts:AssumeRole"] == 1


@pytest.mark.parametrize(
    ("external_id", "named"),
    [("another-1234", "met by external_id"), (None, "is not there, or external_id is set")],
)
def test_the_wrong_external_id(role_world: World, external_id: str | None, named: str) -> None:
    result = role_world.run(external_id=external_id)
    assert statuses(result) == {"live_identity": "pass", "live_assume_role": "fail"}
    said = text(result, "live_assume_role")
    assert said.startswith(f"User: {role_world.user.arn} is not authorized to perform: sts:AssumeRole on resource")
    assert named in said
    assert "trust policy" in said


def test_no_trust(role_world: World) -> None:
    role_world.iam.update_assume_role_policy(
        RoleName="target", PolicyDocument=trust(statement(f"arn:aws:iam::{ACCOUNT_ID}:root"))
    )
    result = role_world.run()
    assert statuses(result) == {"live_identity": "pass", "live_assume_role": "fail"}
    assert f"allow sts:AssumeRole on {ROLE}" in text(result, "live_assume_role")
    assert result.queries == []


def test_an_absent_role(role_world: World) -> None:
    absent = parse_identity_arn("identity", f"arn:aws:iam::{ACCOUNT_ID}:role/target")
    result = role_world.run(identity=absent)
    assert problems(result) == {"live_assume_role": "fail"}
    assert "path included" in text(result, "live_assume_role")


# ---- what the identity may not do ----

# Action and resource that are taken away -> the checks that tell, each of them naming the action.
BROKEN: dict[tuple[str, str], dict[str, str]] = {
    ("athena:StartQueryExecution", "*"): {"live_query": "fail"},
    ("athena:GetQueryExecution", "*"): {"live_query": "fail"},
    ("athena:GetQueryResults", "*"): {"live_query": "fail"},
    ("athena:StopQueryExecution", "*"): {"live_cancel": "fail"},
    ("athena:ListDatabases", "*"): {"live_databases": "fail"},
    ("athena:ListTableMetadata", "*"): {"live_tables": "fail"},
    ("athena:GetTableMetadata", "*"): {"live_tables": "fail"},
    ("glue:GetDatabases", "*"): {"live_databases": "fail"},
    ("glue:GetDatabase", "*"): {"live_read": "fail"},
    ("glue:GetTables", "*"): {"live_tables": "fail"},
    ("glue:GetTable", "*"): {"live_tables": "fail", "live_read": "fail"},
    ("glue:GetPartitions", "*"): {"live_read": "fail"},
    ("s3:GetBucketLocation", f"arn:aws:s3:::{RESULTS_BUCKET}"): {"live_query": "fail"},
    ("s3:PutObject", "*"): {"live_query": "fail"},
    ("s3:GetObject", f"arn:aws:s3:::{RESULTS_BUCKET}/*"): {"live_query": "fail", "live_result_object": "fail"},
    ("s3:GetObject", f"arn:aws:s3:::{SOURCE_BUCKET}/*"): {"live_read": "fail"},
    ("s3:ListBucket", f"arn:aws:s3:::{SOURCE_BUCKET}"): {"live_read": "fail"},
}


@pytest.mark.parametrize(("action", "resource"), BROKEN, ids=[" ".join(key) for key in BROKEN])
def test_each_permission_that_is_missing_is_named(world: World, action: str, resource: str) -> None:
    world.deny(action, resource)
    result = world.run()
    assert problems(result) == BROKEN[action, resource], result.checks
    for name in problems(result):
        assert action in text(result, name)
    # What does not need it was still done.
    done = set(statuses(result))
    if action != "athena:StartQueryExecution":
        assert ("live_cancel" in done) == (action != "s3:GetBucketLocation")
    assert {"live_databases", "live_tables"} <= done


def test_what_was_allowed_a_moment_ago_is_tried_again(user_world: World, in_a_hurry: list[float]) -> None:
    user_world.deny("athena:StartQueryExecution")
    user_world.run()
    assert user_world.calls()["athena:StartQueryExecution"] == 5
    assert sum(in_a_hurry) <= 11


def test_a_query_that_may_not_be_looked_at_is_listed_all_the_same(user_world: World) -> None:
    user_world.deny("athena:GetQueryExecution")
    result = user_world.run()
    assert [query["state"] for query in result.queries] == ["UNKNOWN", "UNKNOWN"]
    assert f"{LOCATION.uri}{result.queries[0]['id']}.csv" in result.objects


def test_with_result_streaming_the_result_need_not_be_read_from_s3(user_world: World) -> None:
    s3 = user_world.sandbox.client("s3")
    direct = {"Null": {"aws:CalledVia": "true"}}
    refusing = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{RESULTS_BUCKET}/*",
        "Condition": direct,
    }
    policy = {"Version": "2012-10-17", "Statement": [refusing]}
    s3.put_bucket_policy(Bucket=RESULTS_BUCKET, Policy=json.dumps(policy))
    assert problems(user_world.run(result_streaming=False)) == {"live_result_object": "fail"}
    result = user_world.run(result_streaming=True)
    assert problems(result) == {"live_result_object": "warn"}
    assert "s3:GetObject" in text(result, "live_result_object")
    assert "bucket policy" in text(result, "live_result_object")


def test_one_database_that_cannot_be_read_is_named(world: World) -> None:
    s3 = world.sandbox.client("s3")
    refusing = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{SOURCE_BUCKET}/hr/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [refusing]}
    s3.put_bucket_policy(Bucket=SOURCE_BUCKET, Policy=json.dumps(policy))
    result = world.run()
    assert problems(result) == {"live_read": "fail"}
    said = text(result, "live_read")
    assert "reading hr.employees" in said
    assert "sales.orders" not in said


# ---- the workgroup ----


def workgroup(world: World, **configuration: Any) -> None:
    world.athena.create_work_group(Name="team", Configuration=configuration)
    for action in ("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults"):
        world.allow(f"athena:{action}", SCOPE.workgroup("team"))


def test_a_disabled_workgroup(world: World) -> None:
    workgroup(world, EnforceWorkGroupConfiguration=False)
    world.athena.update_work_group(WorkGroup="team", State="DISABLED")
    result = world.run(workgroup="team")
    assert problems(result) == {"live_query": "fail"}
    assert "WorkGroup team is disabled" in text(result, "live_query")
    assert "Enable the workgroup 'team'" in text(result, "live_query")


def test_an_absent_workgroup(world: World) -> None:
    world.allow("athena:StartQueryExecution", SCOPE.workgroup("nobody"))
    result = world.run(workgroup="nobody")
    assert problems(result) == {"live_query": "fail"}
    assert "WorkGroup nobody is not found" in text(result, "live_query")
    assert "Create the workgroup 'nobody', or correct workgroup" in text(result, "live_query")


def test_managed_query_results(world: World) -> None:
    workgroup(world, ManagedQueryResultsConfiguration={"Enabled": True})
    result = world.run(workgroup="team")
    assert problems(result) == {"live_query": "fail"}
    assert "Turn managed query results off" in text(result, "live_query")


@pytest.mark.parametrize(("prefix", "status"), [("elsewhere", "fail"), ("team/deeper", "warn"), ("team", None)])
def test_a_location_that_the_workgroup_enforces(world: World, prefix: str, status: str | None) -> None:
    enforced = f"s3://{RESULTS_BUCKET}/{prefix}/"
    workgroup(world, EnforceWorkGroupConfiguration=True, ResultConfiguration={"OutputLocation": enforced})
    for action in ("s3:PutObject", "s3:GetObject"):
        world.allow(action, f"arn:aws:s3:::{RESULTS_BUCKET}/{prefix}/*")
    result = world.run(workgroup="team", effective=enforced)
    assert problems(result) == ({"live_result_location": status} if status else {}), result.checks
    if status:
        assert f"the result lies in {enforced}" in text(result, "live_result_location")
    assert all(uri.startswith(enforced) for uri in result.objects)


def test_an_enforced_location_without_rights(world: World) -> None:
    enforced = f"s3://{RESULTS_BUCKET}/elsewhere/"
    workgroup(world, EnforceWorkGroupConfiguration=True, ResultConfiguration={"OutputLocation": enforced})
    result = world.run(workgroup="team", effective=enforced)
    assert problems(result) == {"live_query": "fail"}
    assert enforced in text(result, "live_query")
    assert "s3:PutObject" in text(result, "live_query")


# ---- Lake Formation ----


class Lake:
    """Lake Formation takes the place of IAM on all but what is granted."""

    def __init__(self, world: World, but: tuple[str, ...]) -> None:
        self.client = world.sandbox.client("lakeformation")
        self.reader = world.wanted.identity.arn
        root = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        settings = self.client.get_data_lake_settings()["DataLakeSettings"]
        self.client.put_data_lake_settings(DataLakeSettings=settings | {"DataLakeAdmins": [root]})
        for row in self.client.list_permissions()["PrincipalResourcePermissions"]:
            fields = next(iter(row["Resource"].values()))
            if (fields.get("DatabaseName") or fields.get("Name")) not in but:
                named = {key: row[key] for key in ("Principal", "Resource", "Permissions")}
                self.client.revoke_permissions(**named)

    def grant(self, resource: dict[str, Any], *permissions: str) -> None:
        principal = {"DataLakePrincipalIdentifier": self.reader}
        self.client.grant_permissions(Principal=principal, Resource=resource, Permissions=list(permissions))


def test_a_database_that_lake_formation_hides(world: World) -> None:
    Lake(world, but=("default", "hr"))
    result = world.run()
    assert problems(result) == {"live_databases": "fail"}
    said = text(result, "live_databases")
    assert "no database 'sales'" in said
    assert f"grant DESCRIBE on it in Lake Formation to {world.wanted.identity.arn}" in said
    assert "hr.employees" in text(result, "live_read")


def test_a_table_that_is_not_granted(world: World) -> None:
    lake = Lake(world, but=("default", "hr"))
    lake.grant({"Database": {"Name": "sales"}}, "DESCRIBE")
    result = world.run()
    assert problems(result) == {"live_tables": "fail", "live_read": "fail"}
    assert "GetTableMetadata of sales.orders" in text(result, "live_tables")
    assert "Lake Formation" in text(result, "live_tables")
    said = text(result, "live_read")
    assert "does not exist (reading sales.orders): it is gone, or Lake Formation hides it" in said
    assert "Grant SELECT" in said

    # Without a table that is known from elsewhere, all that can be seen is nothing.
    result = world.run(tables={})
    assert problems(result) == {"live_tables": "warn"}
    assert "'sales' shows no table: it is empty, or Lake Formation hides" in text(result, "live_tables")


def test_a_table_that_may_be_described_and_not_read(world: World) -> None:
    lake = Lake(world, but=("default", "hr"))
    lake.grant({"Database": {"Name": "sales"}}, "DESCRIBE")
    lake.grant({"Table": {"DatabaseName": "sales", "Name": "orders"}}, "DESCRIBE")
    result = world.run()
    assert problems(result) == {"live_read": "fail"}
    said = text(result, "live_read")
    assert "Principal does not have any privilege on specified resource" in said
    assert "Grant SELECT" in said
    lake.grant({"Table": {"DatabaseName": "sales", "Name": "orders"}}, "SELECT")
    assert problems(world.run()) == {}


# ---- keys ----

KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


@pytest.fixture
def key(world: World) -> str:
    """The ARN of the key of the results bucket, which the identity may use."""
    arn = str(world.sandbox.client("kms").create_key()["KeyMetadata"]["Arn"])
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    world.sandbox.client("s3").put_bucket_encryption(
        Bucket=RESULTS_BUCKET,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    for action in KEY_ACTIONS:
        world.allow(action, arn)
    world.wanted = dataclasses.replace(world.wanted, keys=(("results", arn, KEY_ACTIONS),))
    return arn


def test_a_key_is_tried_and_not_used(world: World, key: str) -> None:
    result = world.run()
    assert problems(result) == {}, result.checks
    assert list(statuses(result))[-1] == "live_keys"
    for action in KEY_ACTIONS:
        assert f"{action} with {key} is allowed" in text(result, "live_keys")


@pytest.mark.parametrize(
    ("action", "others"),
    [
        ("kms:GenerateDataKey", {"live_query": "fail"}),
        ("kms:Decrypt", {"live_query": "fail", "live_result_object": "fail"}),
    ],
)
def test_a_permission_on_a_key_that_is_missing_is_named(
    world: World, key: str, action: str, others: dict[str, str]
) -> None:
    world.deny(action, key)
    result = world.run()
    assert problems(result) == {**others, "live_keys": "unknown"}, result.checks
    for name in problems(result):
        assert action in text(result, name)


def test_a_key_that_may_be_used_through_s3_alone_is_no_failure(world: World, key: str) -> None:
    for action in KEY_ACTIONS:
        world.deny(action, key)
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    world.policy["Statement"].append(
        {"Effect": "Allow", "Action": list(KEY_ACTIONS), "Resource": key, "Condition": through_s3}
    )
    world.put()
    result = world.run()
    assert problems(result) == {"live_keys": "unknown"}
    assert "kms:ViaService" in text(result, "live_keys")


def test_a_key_that_is_disabled(world: World, key: str) -> None:
    world.sandbox.client("kms").disable_key(KeyId=key)
    result = world.run()
    assert problems(result)["live_keys"] == "fail"
    assert key in text(result, "live_keys")


# ---- time ----


# 6 ** 16 rows to add up: it ends only by being stopped.
ENDLESS = "SELECT sum(t0.order_id + t15.order_id) FROM " + ", ".join(f"sales.orders t{number}" for number in range(16))


def test_a_query_that_does_not_end_is_stopped(
    user_world: World, monkeypatch: pytest.MonkeyPatch, in_a_hurry: list[float]
) -> None:
    monkeypatch.setattr(_live, "read_one_row", lambda _database, _table: ENDLESS)
    result = user_world.run(databases=("sales",))
    assert problems(result) == {"live_read": "warn"}
    assert "is RUNNING after 60 seconds, and was stopped" in text(result, "live_read")
    assert 60 <= sum(in_a_hurry) < 70
    endless = next(query for query in result.queries if query["sql"] == ENDLESS)
    assert (endless["state"], endless["why"]) == ("RUNNING", "stopped after 60 seconds")
    assert world_execution(user_world)(endless["id"])["Status"]["State"] == "CANCELLED"
