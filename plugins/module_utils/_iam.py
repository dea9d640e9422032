# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM, one function for each call that amazon.aws does not have already.

An entity that does not exist is None (or False where something is deleted); everything else that fails raises
AnsibleIAMError.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code
from ansible_collections.amazon.aws.plugins.module_utils.iam import (
    AnsibleIAMError,
    IAMErrorHandler,
)
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _retry,
)

Client = t.Any

# What was made or detached a moment ago may look otherwise to the next call for some seconds
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html): that is why some calls below retry
# NoSuchEntity on what is known to exist, or DeleteConflict on what was just detached.

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_VERSIONS: t.Final = 5


@IAMErrorHandler.list_error_handler("get the policy")
@_retry.retry()
def get_policy(client: Client, arn: str) -> dict[str, t.Any] | None:
    return client.get_policy(PolicyArn=arn)["Policy"]


@IAMErrorHandler.common_error_handler("get the policy's default version")
@_retry.retry("NoSuchEntity")
def get_policy_document(client: Client, arn: str, version_id: str) -> t.Any:
    return client.get_policy_version(PolicyArn=arn, VersionId=version_id)["PolicyVersion"]["Document"]


@IAMErrorHandler.common_error_handler("list the account's policies")
@_retry.retry()
def list_local_policies(client: Client) -> list[dict[str, t.Any]]:
    """The account's own policies; AWS's managed ones are left out by AWS."""
    return client.get_paginator("list_policies").paginate(Scope="Local").build_full_result()["Policies"]


@IAMErrorHandler.common_error_handler("list what the policy is attached to")
@_retry.retry()
def list_entities_for_policy(client: Client, arn: str, usage: str) -> dict[str, t.Any]:
    """C(PolicyUsers), C(PolicyRoles) and C(PolicyGroups); usage is PermissionsPolicy or PermissionsBoundary.

    Without a usage, those that have the policy as their boundary would look as if it were attached to them.
    """
    paginator = client.get_paginator("list_entities_for_policy")
    return paginator.paginate(PolicyArn=arn, PolicyUsageFilter=usage).build_full_result()


@IAMErrorHandler.common_error_handler("create the policy")
@_retry.retry()
def create_policy(
    client: Client, name: str, path: str, document: str, description: str | None, tags: Mapping[str, str]
) -> dict[str, t.Any]:
    optional: dict[str, t.Any] = {"Description": description} if description else {}
    if tags:
        optional["Tags"] = ansible_dict_to_boto3_tag_list(tags)
    return client.create_policy(PolicyName=name, Path=path, PolicyDocument=document, **optional)["Policy"]


@IAMErrorHandler.common_error_handler("create a version of the policy")
@_retry.retry("NoSuchEntity")
def create_policy_version(client: Client, arn: str, document: str) -> dict[str, t.Any]:
    return client.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)["PolicyVersion"]


@IAMErrorHandler.common_error_handler("list the versions of the policy")
@_retry.retry()
def list_policy_versions(client: Client, arn: str) -> list[dict[str, t.Any]]:
    """Five at most: there are no pages."""
    return client.list_policy_versions(PolicyArn=arn)["Versions"]


@IAMErrorHandler.deletion_error_handler("delete a version of the policy")
@_retry.retry()
def delete_policy_version(client: Client, arn: str, version_id: str) -> bool:
    client.delete_policy_version(PolicyArn=arn, VersionId=version_id)
    return True


def replace_default_version(client: Client, arn: str, document: str) -> dict[str, t.Any]:
    """Create the version that takes over, and make room for it only where AWS says that there is none.

    AWS keeps five versions. The oldest that is not the default makes room; the default never does, so that the
    identity keeps its access whatever happens in between.
    """
    try:
        return create_policy_version(client, arn, document)
    except is_ansible_aws_error_code("LimitExceeded"):
        versions = list_policy_versions(client, arn)
        spare = [version for version in versions if not version["IsDefaultVersion"]]
        if len(versions) < MANAGED_POLICY_VERSIONS or not spare:
            raise
        oldest = min(spare, key=lambda version: version["CreateDate"])
        delete_policy_version(client, arn, oldest["VersionId"])
        try:
            return create_policy_version(client, arn, document)
        except AnsibleIAMError as error:
            error.message = f"{error.message}, after the version {oldest['VersionId']} was deleted to make room"
            error.kwargs = {"changed": True}
            raise


@IAMErrorHandler.common_error_handler("tag the policy")
@_retry.retry("NoSuchEntity")
def tag_policy(client: Client, arn: str, tags: Mapping[str, str]) -> None:
    client.tag_policy(PolicyArn=arn, Tags=ansible_dict_to_boto3_tag_list(tags))


@IAMErrorHandler.common_error_handler("untag the policy")
@_retry.retry("NoSuchEntity")
def untag_policy(client: Client, arn: str, tags: Sequence[str]) -> None:
    client.untag_policy(PolicyArn=arn, TagKeys=list(tags))


@IAMErrorHandler.deletion_error_handler("delete the policy")
@_retry.retry("DeleteConflict")
def delete_policy(client: Client, arn: str) -> bool:
    client.delete_policy(PolicyArn=arn)
    return True


# From here on, the calls that IAM has once for users and once for roles.


def _call(client: Client, verb: str, identity: _identity.Identity, what: str) -> t.Callable[..., dict[str, t.Any]]:
    """For instance C(client.attach_user_policy), the user's name filled in."""
    operation = getattr(client, f"{verb}_{identity.type}{what}")
    return functools.partial(operation, **{f"{identity.type.title()}Name": identity.name})


@IAMErrorHandler.list_error_handler("get the identity")
@_retry.retry()
def get_identity(client: Client, identity: _identity.Identity) -> dict[str, t.Any] | None:
    """The user or role, with C(Arn), C(Path), and C(UserId) or C(RoleId)."""
    return _call(client, "get", identity, "")()[identity.type.title()]


@IAMErrorHandler.common_error_handler("attach the policy")
@_retry.retry("NoSuchEntity")
def attach_policy(client: Client, identity: _identity.Identity, arn: str) -> None:
    _call(client, "attach", identity, "_policy")(PolicyArn=arn)


@IAMErrorHandler.deletion_error_handler("detach the policy")
@_retry.retry()
def detach_policy(client: Client, identity: _identity.Identity, arn: str) -> bool:
    _call(client, "detach", identity, "_policy")(PolicyArn=arn)
    return True


@IAMErrorHandler.list_error_handler("list the identity's inline policies", [])
@_retry.retry()
def list_inline_policies(client: Client, identity: _identity.Identity) -> list[str]:
    """Their names; none where the identity does not exist."""
    paginator = client.get_paginator(f"list_{identity.type}_policies")
    names = paginator.paginate(**{f"{identity.type.title()}Name": identity.name})
    return names.build_full_result()["PolicyNames"]


@IAMErrorHandler.list_error_handler("get the inline policy")
@_retry.retry()
def get_inline_policy(client: Client, identity: _identity.Identity, name: str) -> t.Any:
    """The document, or None where the identity or the policy does not exist."""
    return _call(client, "get", identity, "_policy")(PolicyName=name)["PolicyDocument"]


@IAMErrorHandler.common_error_handler("put the inline policy")
@_retry.retry("NoSuchEntity")
def put_inline_policy(client: Client, identity: _identity.Identity, name: str, document: str) -> None:
    _call(client, "put", identity, "_policy")(PolicyName=name, PolicyDocument=document)


@IAMErrorHandler.deletion_error_handler("delete the inline policy")
@_retry.retry()
def delete_inline_policy(client: Client, identity: _identity.Identity, name: str) -> bool:
    _call(client, "delete", identity, "_policy")(PolicyName=name)
    return True


# And those of roles alone.


@IAMErrorHandler.common_error_handler("create the role")
@_retry.retry(_retry.UNKNOWN_PRINCIPAL, "NoSuchEntity")
def create_role(
    client: Client,
    name: str,
    path: str,
    trust_policy: str,
    description: str | None,
    permissions_boundary: str | None,
    max_session_duration: int | None,
    tags: Mapping[str, str],
) -> dict[str, t.Any]:
    optional = {
        "Description": description,
        "PermissionsBoundary": permissions_boundary,
        "MaxSessionDuration": max_session_duration,
        "Tags": ansible_dict_to_boto3_tag_list(tags),
    }
    given = {key: value for key, value in optional.items() if value}
    return client.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust_policy, **given)["Role"]


@IAMErrorHandler.common_error_handler("update the role's trust policy")
@_retry.retry(_retry.UNKNOWN_PRINCIPAL, "NoSuchEntity")
def update_trust_policy(client: Client, name: str, trust_policy: str) -> None:
    client.update_assume_role_policy(RoleName=name, PolicyDocument=trust_policy)


@IAMErrorHandler.common_error_handler("update the role")
@_retry.retry("NoSuchEntity")
def update_role(client: Client, name: str, description: str, max_session_duration: int) -> None:
    client.update_role(RoleName=name, Description=description, MaxSessionDuration=max_session_duration)


@IAMErrorHandler.common_error_handler("set the role's permissions boundary")
@_retry.retry("NoSuchEntity")
def put_boundary(client: Client, name: str, arn: str) -> None:
    client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)


@IAMErrorHandler.deletion_error_handler("remove the role's permissions boundary")
@_retry.retry()
def delete_boundary(client: Client, name: str) -> bool:
    client.delete_role_permissions_boundary(RoleName=name)
    return True


@IAMErrorHandler.common_error_handler("tag the role")
@_retry.retry("NoSuchEntity")
def tag_role(client: Client, name: str, tags: Mapping[str, str]) -> None:
    client.tag_role(RoleName=name, Tags=ansible_dict_to_boto3_tag_list(tags))


@IAMErrorHandler.common_error_handler("untag the role")
@_retry.retry("NoSuchEntity")
def untag_role(client: Client, name: str, tags: Sequence[str]) -> None:
    client.untag_role(RoleName=name, TagKeys=list(tags))


@IAMErrorHandler.list_error_handler("list the instance profiles of the role", [])
@_retry.retry()
def list_instance_profiles(client: Client, role: str) -> list[str]:
    """Their names; none where the role does not exist."""
    profiles = client.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role).build_full_result()
    return [profile["InstanceProfileName"] for profile in profiles["InstanceProfiles"]]


@IAMErrorHandler.deletion_error_handler("delete the role")
@_retry.retry("DeleteConflict")
def delete_role(client: Client, name: str) -> bool:
    client.delete_role(RoleName=name)
    return True


@IAMErrorHandler.common_error_handler("get the account's quotas")
@_retry.retry()
def get_quotas(client: Client) -> dict[str, int]:
    """C(AssumeRolePolicySizeQuota) and its like, which AWS raises for some accounts."""
    return client.get_account_summary()["SummaryMap"]


# And those that say what an identity may do.


@IAMErrorHandler.list_error_handler("list the user's access keys", [])
@_retry.retry()
def list_access_keys(client: Client, user: str) -> list[dict[str, t.Any]]:
    """Their ids and whether they are active; none where the user does not exist."""
    return client.get_paginator("list_access_keys").paginate(UserName=user).build_full_result()["AccessKeyMetadata"]


@IAMErrorHandler.common_error_handler("simulate the identity's policies")
@_retry.retry()
def simulate_principal_policy(
    client: Client,
    arn: str,
    actions: Sequence[str],
    resources: Sequence[str],
    context: Sequence[Mapping[str, t.Any]],
    boundaries: Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    """The results, as the API has them. boundaries: a document in the place of the identity's permissions boundary."""
    paginator = client.get_paginator("simulate_principal_policy")
    optional = {"PermissionsBoundaryPolicyInputList": list(boundaries)} if boundaries else {}
    answer = paginator.paginate(
        PolicySourceArn=arn,
        ActionNames=list(actions),
        ResourceArns=list(resources),
        ContextEntries=list(context),
        **optional,
    )
    return answer.build_full_result()["EvaluationResults"]


@IAMErrorHandler.list_error_handler("list the policies attached to the identity", [])
@_retry.retry()
def list_attached_policies(client: Client, identity: _identity.Identity) -> list[dict[str, str]]:
    """C(PolicyName) and C(PolicyArn) of each; none where the identity does not exist."""
    paginator = client.get_paginator(f"list_attached_{identity.type}_policies")
    attached = paginator.paginate(**{f"{identity.type.title()}Name": identity.name})
    return attached.build_full_result()["AttachedPolicies"]


@IAMErrorHandler.list_error_handler("list the user's groups", [])
@_retry.retry()
def list_groups(client: Client, user: str) -> list[str]:
    """Their names; none where the user does not exist."""
    groups = client.get_paginator("list_groups_for_user").paginate(UserName=user).build_full_result()["Groups"]
    return [group["GroupName"] for group in groups]
