# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the fault matrix: runs of one module on one situation, in both authentication modes.

A module that does a whole connection fits in as one more unit: it has a situation, options and a state to compare.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from athena_sandbox import Sandbox, sample
from athena_sandbox.launcher import ACCOUNT_ID

from ..integration.access_world import EXTERNAL_ID, AccessWorld, Mode
from ..integration.account import Account, Document, arn_of
from ..integration.lake import Lake
from ..integration.trusts import statement
from .columns import COLUMNS

State = Callable[[], Any]
Options = dict[str, Any]

LOCATION = "s3://acme-athena-results/qualytics"
POLICY, NAME, BASE = "qualytics-athena", "qualytics", "dataplane"
BASE_PATH = "/vendor/"
BASE_POLICY = "qualytics-athena-assume-qualytics"
ABSENT = {"state": "absent"}
OLD: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-athena-results/*"}],
}


@dataclasses.dataclass(frozen=True)
class Unit:
    """One run: prepare makes the situation in an empty account, and returns the options and what reads its state.

    leave_out: the calls that are looked at in another unit already; columns: what the calls meet.
    """

    name: str
    module: str
    prepare: Callable[[Sandbox], tuple[Options, State]]
    writes: bool = True
    leave_out: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset(COLUMNS)


def _identity_arn(iam_type: str, name: str = NAME, path: str = "/") -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:{iam_type}{path}{name}"


# The policy ----------------------------------------------------------------------------------------------------------


def _account(sandbox: Sandbox) -> Account:
    sandbox.reset()
    account = Account(sandbox)
    account.make_identity("user", NAME)
    account.make_identity("role", NAME)
    account.make_identity("role", BASE, BASE_PATH)
    return account


def _attach(account: Account, iam_type: str) -> None:
    if iam_type == "user":
        account.iam.attach_user_policy(UserName=NAME, PolicyArn=arn_of(POLICY))
    else:
        account.iam.attach_role_policy(RoleName=NAME, PolicyArn=arn_of(POLICY))


def _policy(action: str, iam_type: str, sandbox: Sandbox) -> tuple[Options, State]:
    account = _account(sandbox)
    options: Options = {"name": POLICY, "iam_type": iam_type, "iam_name": NAME, "output_location": LOCATION}
    if action == "provision":
        return options | {"tags": {"team": "data"}}, account.in_force
    tags = [{"Key": "team", "Value": "x"}, {"Key": "by", "Value": "hand"}]
    account.make_policy(POLICY, OLD, Tags=tags)
    if action == "update":
        # Detached, and no room for another version.
        account.add_versions(arn_of(POLICY), 4, OLD)
        return options | {"tags": {"team": "data"}}, account.in_force
    account.add_versions(arn_of(POLICY), 1, OLD)
    _attach(account, iam_type)
    return options | ABSENT, account.in_force


def _inline(action: str, iam_type: str, sandbox: Sandbox) -> tuple[Options, State]:
    account = _account(sandbox)
    options: Options = {"name": POLICY, "iam_type": iam_type, "iam_name": NAME, "policy_type": "inline"}
    if action != "provision":
        put = account.iam.put_user_policy if iam_type == "user" else account.iam.put_role_policy
        put(**{f"{iam_type.title()}Name": NAME}, PolicyName=POLICY, PolicyDocument=sample.document(OLD["Statement"]))
    more = ABSENT if action == "remove" else {"output_location": LOCATION}
    return options | more, account.in_force


# The trust -----------------------------------------------------------------------------------------------------------


def _trust(action: str, sandbox: Sandbox) -> tuple[Options, State]:
    account = _account(sandbox)
    account.iam.delete_role(RoleName=NAME)
    base = _identity_arn("role", BASE, BASE_PATH)
    boundary = account.make_policy("boundary", OLD)
    options: Options = {
        "role_name": NAME,
        "trusted_principals": [base],
        "external_id": EXTERNAL_ID,
        "description": "Reads with Athena",
        "permissions_boundary": boundary,
        "max_session_duration": 7200,
        "tags": {"team": "data"},
        "base_role_name": BASE,
    }
    if action == "provision":
        return options, account.roles
    tags = [{"Key": "team", "Value": "x"}, {"Key": "by", "Value": "hand"}]
    trust = {"Version": "2012-10-17", "Statement": [statement(base, Sid="QualyticsAthenaAssumeRole")]}
    account.make_role(NAME, trust, Description="x", Tags=tags)
    if action == "update":
        return options, account.roles
    rights = sample.document([sample.statement("sts:AssumeRole", _identity_arn("role"))])
    account.iam.put_role_policy(RoleName=BASE, PolicyName=BASE_POLICY, PolicyDocument=rights)
    return options | ABSENT, account.roles


# The grants ----------------------------------------------------------------------------------------------------------

_ALL_OF_SALES = {"database": "sales", "tables": "*", "permissions": ["DESCRIBE", "SELECT"]}


def _grants(action: str, iam_type: str, sandbox: Sandbox) -> tuple[Options, State]:
    lake = Lake(sandbox)
    Account(sandbox).make_identity(iam_type, NAME)
    principal = _identity_arn(iam_type)
    options: Options = {"iam_type": iam_type, "iam_name": NAME}
    state = functools.partial(lake.held, principal)
    if action == "provision":
        return options | {"grants": [{"database": "hr"}, _ALL_OF_SALES]}, state
    lake.grant({"Table": {"DatabaseName": "sales", "TableWildcard": {}}}, ["DESCRIBE", "SELECT"], to=principal)
    lake.grant({"Database": {"Name": "sales"}}, ["DESCRIBE"], to=principal)
    if action == "update":
        orders = {"database": "sales", "tables": ["orders"], "permissions": ["DESCRIBE", "SELECT"]}
        purge = {"purge": True, "purge_scope": "principal"}
        return options | {"grants": [{"database": "hr"}, orders], **purge}, state
    return options | ABSENT | {"grants": [{"database": "sales"}, _ALL_OF_SALES]}, state


# What only looks -----------------------------------------------------------------------------------------------------


def _nothing() -> None:
    return


def _bucket(sandbox: Sandbox) -> tuple[Options, State]:
    sandbox.reset()
    sample.seed(sandbox)
    return {"output_location": f"s3://{sample.RESULTS_BUCKET}/athena", "fail_on": []}, _nothing


def _discovery(sandbox: Sandbox) -> tuple[Options, State]:
    AccessWorld(sandbox, "access_key")
    return {"output_location": f"s3://{sample.RESULTS_BUCKET}/athena", "databases": ["hr"]}, _nothing


_SMALLER = {"databases": ["hr"], "source_locations": [f"s3://{sample.SOURCE_BUCKET}/hr"], "fail_on": []}


def _check(mode: Mode, sandbox: Sandbox) -> tuple[Options, State]:
    return {**AccessWorld(sandbox, mode).check_options, **_SMALLER}, _nothing


def _live(mode: Mode, sandbox: Sandbox) -> tuple[Options, State]:
    """The live step, which queries and reads as the identity, with everything looked at first."""
    world = AccessWorld(sandbox, mode)
    return {**world.check_options, **_SMALLER, "simulate": False, "live": True, **world.credentials}, _nothing


# A whole connection --------------------------------------------------------------------------------------------------


def _connection(mode: Mode, sandbox: Sandbox) -> tuple[Options, State]:
    lake = Lake(sandbox)
    account = Account(sandbox)
    account.make_identity("user", NAME)
    account.make_identity("role", BASE, BASE_PATH)
    bucket, _slash, _prefix = LOCATION.removeprefix("s3://").partition("/")
    sandbox.client("s3").create_bucket(Bucket=bucket)
    principal = _identity_arn(_IAM_TYPES[mode])
    options: Options = {
        "connection": "sales",
        "auth_mode": mode,
        "output_location": LOCATION,
        "lake_formation_grants": [{"database": "hr"}, _ALL_OF_SALES],
    }
    if mode == "access_key":
        options["user_name"] = NAME
    else:
        base = _identity_arn("role", BASE, BASE_PATH)
        options |= {"role_name": NAME, "trusted_principals": [base], "base_role_name": BASE}
    return options, lambda: (account.in_force(), account.roles(), lake.held(principal))


ACTIONS = ("provision", "update", "remove")
_IAM_TYPES = {"access_key": "user", "iam_role": "role"}

# What is tried in another unit already, as the same function in the same file makes it: reads that the first run makes
# too, and what does not depend on the mode. An inline policy of a role is that of the base role, in the trust's units.
_WHO = {"sts:GetCallerIdentity"}
_OF_ACCESS_KEY = _WHO | {
    f"iam:{operation}"
    for operation in (
        *("GetPolicy", "GetPolicyVersion", "ListPolicies", "ListPolicyVersions", "ListEntitiesForPolicy"),
        *("CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "DeletePolicy", "TagPolicy", "UntagPolicy"),
    )
}
_OF_GRANTING = _WHO | {
    *(f"glue:{it}" for it in ("GetDatabase", "GetTables")),
    *(f"lakeformation:{it}" for it in ("ListResources", "ListLakeFormationOptIns", "GetDataLakeSettings")),
}
_OF_GRANTING_TO_USERS = _OF_GRANTING | {
    "glue:GetTable",
    *(f"lakeformation:{it}" for it in ("ListPermissions", "ListDataCellsFilter")),
    *(f"lakeformation:Batch{it}Permissions" for it in ("Grant", "Revoke")),
}

# What is shared with the check of the bucket and with discovery.
_OF_THE_BUCKET = (
    _WHO
    | {"athena:GetWorkGroup", "s3:HeadBucket"}
    | {f"s3:Get{it}" for it in ("BucketEncryption", "BucketPolicy", "BucketRequestPayment", "ObjectLockConfiguration")}
)

# What the verification looks at before the live step queries as the identity.
_OF_ACCESS = (
    _OF_THE_BUCKET
    | {f"glue:Get{it}" for it in ("DataCatalogEncryptionSettings", "Database", "Tables")}
    | {f"iam:{it}" for it in ("GetPolicy", "GetPolicyVersion", "GetRole")}
    | {f"iam:List{it}" for it in ("AttachedRolePolicies", "RolePolicies")}
    | {f"kms:{it}" for it in ("DescribeKey", "GetKeyPolicy", "ListGrants")}
    | {f"lakeformation:{it}" for it in ("GetDataLakeSettings", "ListPermissions", "ListResources")}
)

# A call that only looks is the same whether it was lost before it was applied, or after.
_LOOKING = frozenset(
    {
        *("throttled", "throttled_always", "unavailable", "reset_before", "reset_always"),
        *("truncated", "truncated_always", "html_always", "html_not_found"),
    }
)

# One of each outcome.
_OF_A_STEP = frozenset({"throttled", "throttled_always", "reset_after", "partial_always", "html_not_found"})


def _policy_unit(mode: str, action: str) -> Unit:
    leave_out = frozenset(_OF_ACCESS_KEY) if mode == "iam_role" else frozenset[str]()
    make = functools.partial(_policy, action, _IAM_TYPES[mode])
    return Unit(f"{mode}/{action}/policy", "athena_perm_policy", make, leave_out=leave_out)


def _grants_unit(mode: str, action: str) -> Unit:
    leave_out = _OF_GRANTING_TO_USERS if mode == "iam_role" else _OF_GRANTING if action != "provision" else set()
    make = functools.partial(_grants, action, _IAM_TYPES[mode])
    return Unit(f"{mode}/{action}/grants", "lf_grant", make, leave_out=frozenset(leave_out))


def _looking_unit(name: str, module: str, make: Callable[[Sandbox], tuple[Options, State]], *leave_out: str) -> Unit:
    return Unit(f"verify/{name}", module, make, writes=False, leave_out=frozenset(leave_out), columns=_LOOKING)


def _inline_unit(action: str) -> Unit:
    return Unit(f"access_key/{action}/inline-policy", "athena_perm_policy", functools.partial(_inline, action, "user"))


def _trust_unit(action: str) -> Unit:
    make = functools.partial(_trust, action)
    return Unit(f"iam_role/{action}/trust", "athena_role_trust", make, leave_out=frozenset(_WHO))


def _connection_unit(mode: Mode) -> Unit:
    """What the calls of the steps meet is tried with their modules; here, that a step's end is the connection's."""
    return Unit(
        f"{mode}/provision/connection", "athena_connection", functools.partial(_connection, mode), columns=_OF_A_STEP
    )


UNITS = {
    unit.name: unit
    for unit in (
        *(
            unit
            for action in ACTIONS
            for unit in (_policy_unit("access_key", action), _inline_unit(action), _grants_unit("access_key", action))
        ),
        *(
            unit
            for action in ACTIONS
            for unit in (_trust_unit(action), _policy_unit("iam_role", action), _grants_unit("iam_role", action))
        ),
        _looking_unit("results-bucket", "s3_results_bucket_check", _bucket),
        _looking_unit("discovery", "athena_discovery_info", _discovery, *_OF_THE_BUCKET),
        _looking_unit("access", "athena_access_check", functools.partial(_check, "iam_role"), *_OF_THE_BUCKET),
        _looking_unit("live", "athena_access_check", functools.partial(_live, "iam_role"), *_OF_ACCESS),
        _connection_unit("access_key"),
        _connection_unit("iam_role"),
    )
}
