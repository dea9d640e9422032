# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM lets an identity do, as the sandbox simulates it, and who refuses what it does not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, cast

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.qualytics.athena.plugins.module_utils._aws_module import Session
from ansible_collections.qualytics.athena.plugins.module_utils._decisions import Decisions
from ansible_collections.qualytics.athena.plugins.module_utils._identity import Identity
from ansible_collections.qualytics.athena.plugins.module_utils._location import S3Location, Scope
from ansible_collections.qualytics.athena.plugins.module_utils._permission_checks import permission_checks
from ansible_collections.qualytics.athena.plugins.module_utils._policy import PolicyOptions, build_policy
from ansible_collections.qualytics.athena.plugins.module_utils._report import Check, Denied
from ansible_collections.qualytics.athena.plugins.module_utils._simulation import Reach, Simulation, simulations
from ansible_collections.qualytics.athena.plugins.module_utils._simulation_run import simulate
from athena_sandbox import Sandbox
from athena_sandbox.launcher import ACCOUNT_ID, REGION, ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY
from athena_sandbox.user import User

from ..trusts import new_role, statement, trust

Document = dict[str, Any]
Mode = Literal["user", "role"]

SCOPE = Scope("aws", ACCOUNT_ID, REGION)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OPTIONS = PolicyOptions(
    output_location=S3Location("results", "team"),
    workgroups=("primary",),
    data_catalogs=("AwsDataCatalog",),
    databases=("sales",),
    kms_keys={"results": (KEY,), "sources": (KEY,), "catalog": (KEY,)},
    source_locations=(S3Location("lake", "sales"),),
    lake_formation=True,
    result_streaming=True,
    list_data_catalogs=True,
    restrict_listing=True,
)
REACH = Reach(
    workgroup="primary",
    results=S3Location("results", "team"),
    catalog_id=ACCOUNT_ID,
    databases=("sales",),
    tables=(("sales", "orders"),),
    sources=(S3Location("lake", "sales"),),
    results_keys=(KEY,),
    source_keys=(KEY,),
    catalog_keys=(KEY,),
    needs_data_access=True,
    result_streaming=True,
    list_data_catalogs=True,
)
ASKED = simulations(REACH, SCOPE, "amazonaws.com")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def session_of(sandbox: Sandbox, user: User | None = None) -> Session:
    """The session of a module that the account root runs, or a user with its access key."""
    key = user.key if user else {"AccessKeyId": ROOT_ACCESS_KEY_ID, "SecretAccessKey": ROOT_SECRET_ACCESS_KEY}
    credentials = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
    with patch_module_args({"endpoint_url": sandbox.url, "region": REGION, **credentials}):
        return Session(AnsibleAWSModule(argument_spec={}, supports_check_mode=True))


class World:
    """An identity with the policy of the collection, which a test breaks or adds to."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        self.sandbox = sandbox
        self.iam = sandbox.client("iam")
        self.identity = Identity(mode, "reader")
        if mode == "user":
            self.arn = User(sandbox, "reader", "/clients/").arn
        else:
            base = User(sandbox, "base")
            self.arn = new_role(self.iam, "reader", trust(statement(base.arn)), Path="/clients/")
        # An inline policy of a user would be too small for it.
        self.policy = self.attach("rights", build_policy(OPTIONS, SCOPE))

    def provision(self, policy: Document) -> None:
        """This in the place of the policy of the collection."""
        self.iam.create_policy_version(PolicyArn=self.policy, PolicyDocument=json.dumps(policy), SetAsDefault=True)

    def put(self, name: str, policy: Document) -> None:
        """An inline policy of the identity."""
        self._call("put", "policy")(**self._name, PolicyName=name, PolicyDocument=json.dumps(policy))

    def bound(self, policy: Document) -> None:
        """A permissions boundary."""
        arn = self.managed("bounds", policy)
        self._call("put", "permissions_boundary")(**self._name, PermissionsBoundary=arn)

    def managed(self, name: str, policy: Document) -> str:
        created = self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))
        return cast(str, created["Policy"]["Arn"])

    def attach(self, name: str, policy: Document) -> str:
        arn = self.managed(name, policy)
        self._call("attach", "policy")(**self._name, PolicyArn=arn)
        return arn

    @property
    def _name(self) -> dict[str, str]:
        return {f"{self.identity.type.title()}Name": self.identity.name}

    def _call(self, verb: str, what: str) -> Any:
        return getattr(self.iam, f"{verb}_{self.identity.type}_{what}")

    def decisions(self, asked: Iterable[Simulation] = ASKED) -> Decisions:
        found = simulate(self.arn, list(asked), session_of(self.sandbox))
        assert not isinstance(found, Denied)
        return found

    def checks(self) -> dict[str, Check]:
        return {it.name: it for it in permission_checks(REACH, SCOPE, self.decisions())}


@pytest.fixture(params=["user", "role"])
def world(clean_sandbox: Sandbox, request: pytest.FixtureRequest) -> World:
    return World(clean_sandbox, request.param)


@pytest.fixture
def user_world(clean_sandbox: Sandbox) -> World:
    return World(clean_sandbox, "user")


def problems(checks: dict[str, Check]) -> dict[str, str]:
    return {name: it.status for name, it in checks.items() if it.status != "pass"}


def test_the_policy_of_the_collection_is_enough(world: World) -> None:
    assert problems(world.checks()) == {}
    assert {it.verdict for it in world.decisions()} == {"allowed"}
    calls = Counter(call["operation"] for call in world.sandbox.calls() if call["service"] == "iam")
    # Twice what was asked, and nothing a second time.
    assert calls["SimulatePrincipalPolicy"] == 2 * len(ASKED)


def test_who_denies_is_named(world: World) -> None:
    fence = {"Effect": "Deny", "Action": "athena:Start*", "Resource": "*"}
    world.attach("fence", document(fence))
    found = world.checks()
    assert problems(found) == {"athena:StartQueryExecution": "fail"}
    assert "a policy of the identity denies it (fence)" in found["athena:StartQueryExecution"].detail


@pytest.mark.parametrize("deny", [False, True])
def test_a_boundary_is_told_apart_from_a_missing_permission(world: World, deny: bool) -> None:
    bounds = build_policy(OPTIONS, SCOPE)
    bounds["Statement"] = [it for it in bounds["Statement"] if it["Sid"] != "LakeFormationDataAccess"]
    if deny:
        denied = {"Effect": "Deny", "Action": "lakeformation:*", "Resource": "*"}
        bounds = document(EVERYTHING, denied)
    world.bound(bounds)
    found = world.checks()
    assert problems(found) == {"lakeformation:GetDataAccess": "fail"}
    assert "the permissions boundary of the identity does not allow it" in found["lakeformation:GetDataAccess"].detail
    # Where both lack it, the policy is what has to be given it first.
    own = build_policy(OPTIONS, SCOPE)
    own["Statement"] = [it for it in own["Statement"] if it["Sid"] != "LakeFormationDataAccess"]
    world.provision(own)
    found = world.checks()
    assert problems(found) == {"lakeformation:GetDataAccess": "fail"}
    assert "no policy of the identity allows it" in found["lakeformation:GetDataAccess"].detail


def test_what_the_organization_denies_is_told_by_resource(world: World) -> None:
    """The policies of the organization deny one resource of a call, those of the identity lack another."""
    glue = SCOPE.glue("")
    own = build_policy(OPTIONS, SCOPE)
    for it in own["Statement"]:
        if it["Sid"] == "GlueReadDatabases":
            it["Resource"] = [arn for arn in it["Resource"] if not arn.endswith("database/default")]
    world.provision(own)
    scp = {"Effect": "Deny", "Action": "glue:GetDatabase", "Resource": f"{glue}database/sales"}
    world.sandbox.switch("organization_policy", document=document(EVERYTHING, scp))
    verdicts = {it.resource.removeprefix(glue): it.verdict for it in world.decisions().about("glue:GetDatabase")}
    assert verdicts == {"catalog": "allowed", "database/default": "not_allowed", "database/sales": "organization"}
    detail = world.checks()["glue:GetDatabase"].detail
    assert "no policy of the identity allows it: arn" in detail
    assert "a policy of the organization (SCP) does not allow it: arn" in detail


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, {}),
        ({"StringNotEquals": {"aws:RequestedRegion": REGION}}, {}),
        ({"StringNotEquals": {"aws:ResourceAccount": ACCOUNT_ID}}, {}),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-north-1"}}, {"s3:PutObject": "fail"}),
        ({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, {"s3:PutObject": "warn"}),
        # What Athena does for the identity is exempt.
        ({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "Bool": {"aws:ViaAWSService": "false"}}, {}),
    ],
)
def test_conditions_are_met_as_queries_meet_them(
    user_world: World, condition: Document, expected: dict[str, str]
) -> None:
    fence = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": condition}
    user_world.put("fence", document(fence))
    assert problems(user_world.checks()) == expected


def test_a_simulation_that_is_not_permitted_is_unknown(user_world: World) -> None:
    checker = User(user_world.sandbox, "checker").may("iam:Get*", "*")
    found = simulate(user_world.arn, ASKED, session_of(user_world.sandbox, checker))
    assert found == Denied("iam:SimulatePrincipalPolicy")


def test_a_name_that_iam_takes_for_no_resource_is_unknown_and_the_rest_is_told(user_world: World) -> None:
    """Whoever may create a table in Glue gives it its name."""
    operation = "SimulatePrincipalPolicy"
    user_world.sandbox.switch("fail", 99, service="iam", operation=operation, code="InvalidInput", contains=":glue:")
    found = user_world.checks()
    assert problems(found) == {name: "unknown" for name in found if name.startswith("glue:")}
    assert "IAM did not say" in found["glue:GetTable"].detail
