# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target role and its trust, from options to result: read, observe, plan, apply, report.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import random
import re
import time
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.iam import AnsibleIAMError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _apply,
    _change,
    _errors,
    _existence,
    _iam,
    _identity,
    _inline_policy,
    _policy_language,
    _report,
    _role_plan as _plan,
    _tags,
    _trust,
    _trust_principals,
    _trust_read,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

_CALLS: t.Final[Mapping[str, t.Callable[..., t.Any]]] = {
    "create_role": _iam.create_role,
    "put_boundary": _iam.put_boundary,
    "update_trust_policy": _iam.update_trust_policy,
    "update_role": _iam.update_role,
    "delete_boundary": _iam.delete_boundary,
    "tag_role": _iam.tag_role,
    "untag_role": _iam.untag_role,
    "delete_role": _iam.delete_role,
    "put_inline_policy": _iam.put_inline_policy,
    "delete_inline_policy": _iam.delete_inline_policy,
}

_BOUNDARY = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?:\d{12}|aws):policy/[!-~]+", re.ASCII)

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_SESSION_DURATIONS: t.Final = (3600, 43200)

# Every account has this much room for a trust policy, some have more
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
_SMALLEST_TRUST_POLICY_QUOTA: t.Final = 2048

# Where a base role has no room for one inline policy for each of its connections; there is for some sixty.
_WITHOUT_BASE_POLICY: t.Final = (
    "let one policy of yours allow the base role sts:AssumeRole on all its target roles and leave base_role_name out"
)

# Seconds at most, each time.
_LOOK_AGAIN_AFTER: t.Final = (0.5, 1, 2, 4, 8)


def prepare_role(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    principals, external_id = _read_trust(params, session.partition)
    return lambda: _run(params, _wanted(params, principals, external_id, session), session)


def _run(params: Mapping[str, t.Any], wanted: _plan.WantedRole, session: _aws_module.Session) -> dict[str, t.Any]:
    """Make the role and its trust what the options ask for; in check mode, only say what would be done.

    The result after a write is what was planned and what the calls answered, not a second look: IAM may show the old
    state for some seconds (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
    """
    arn = session.scope.identity("role", wanted.path or "/", wanted.name)
    before = observe(wanted, session)
    if params["state"] == "absent":
        changes = plan_absent(wanted, before, session)
        _write(changes, wanted, session)
        # Without changes there was nothing, or what is there is another one.
        role, after = None, _plan.World() if changes else before
    else:
        changes = plan(wanted, before, arn, session)
        answers = _write(changes, wanted, session)
        role_id = answers.get("create_role", {}).get("RoleId") or (before.role.id if before.role else None)
        after = _plan.after(wanted, before, arn, role_id)
        role = after.role
    return {
        "changed": bool(changes),
        "check_mode": session.check_mode,
        "drift": _report.drift_result(_change.drift_of(changes)),
        "diff": _plan.role_diff(before.role.arn if before.role else arn, before, after),
        "role": _plan.role_facts(role),
        "observed_trust": dict(before.role.trust_policy) if before.role else None,
        "base_role_policy": _plan.base_policy_document(role.arn) if role else None,
    }


def _read_trust(
    params: Mapping[str, t.Any], partition: str
) -> tuple[tuple[_trust_principals.TrustedPrincipal, ...], str | None]:
    """Who may become the role, and with which external id; InvalidOption for any option that cannot be meant."""
    _check_names(params)
    _check_settings(params, partition)
    principals = _principals(params, partition)
    external_id = _trust_principals.read_external_id("external_id", params["external_id"])
    _check_base_role(params["base_role_name"], principals)
    return principals, external_id


def _wanted(
    params: Mapping[str, t.Any],
    principals: tuple[_trust_principals.TrustedPrincipal, ...],
    external_id: str | None,
    session: _aws_module.Session,
) -> _plan.WantedRole:
    """What the options ask for, in the caller's account."""
    account_id = session.scope.account_id
    if params["state"] == "present":
        for warning in _trust_principals.principal_warnings(principals, account_id, external_id):
            session.warn(warning)
    base_role = _own_base_role(params["base_role_name"], principals, account_id)
    if params["base_role_name"] and base_role is None:
        session.warn(
            f"base_role_name: {params['base_role_name']!r} belongs to another account, where nothing is done; "
            "its owner has to give it base_role_policy. Leave the option out"
        )
    return _plan.WantedRole(
        name=params["role_name"],
        # Whom a role trusts is no matter when it is deleted, nor need it be looked up.
        trust=_trust.Trust(principals if params["state"] == "present" else (), external_id, params["purge_trust"]),
        path=params["path"],
        description=params["description"],
        permissions_boundary=params["permissions_boundary"],
        max_session_duration=params["max_session_duration"],
        tags=_tags.WantedTags(_validation.tags_as_text(params["tags"]), params["purge_tags"]),
        base_role=base_role,
        gone=frozenset(params["detached_policies"]),
    )


def _check_names(params: Mapping[str, t.Any]) -> None:
    for option in ("role_name", "base_role_name"):
        _validation.check_identifier(option, params[option], "role")
        _refuse_role_of_aws(option, params[option], _identity.role_of_aws(params[option] or "", None))
    _validation.check_path("path", params["path"])
    _refuse_role_of_aws("path", params["path"], _identity.role_of_aws("", params["path"]))


def _refuse_role_of_aws(option: str, value: str | None, kind: str | None) -> None:
    if kind:
        raise _validation.InvalidOption(
            option, f"{value!r} is that of {kind}, which only AWS alters; use a role of your own"
        )


def _check_settings(params: Mapping[str, t.Any], partition: str) -> None:
    _validation.check_role_description("description", params["description"])
    _validation.check_role_tags("tags", params["tags"])
    shortest, longest = _SESSION_DURATIONS
    duration = params["max_session_duration"]
    if duration is not None and not shortest <= duration <= longest:
        raise _validation.InvalidOption("max_session_duration", f"is {duration}; write {shortest} to {longest} seconds")
    boundary = params["permissions_boundary"]
    found = _BOUNDARY.fullmatch(boundary or "")
    if boundary and not found:
        raise _validation.InvalidOption(
            "permissions_boundary",
            f"{boundary!r} is not the ARN of a managed policy; write arn:aws:iam::ACCOUNT:policy/NAME, "
            "or an empty text for no boundary",
        )
    if found and found["partition"] != partition:
        raise _validation.InvalidOption(
            "permissions_boundary", f"{boundary} is of the partition {found['partition']!r}, the role of {partition!r}"
        )


def _principals(params: Mapping[str, t.Any], partition: str) -> tuple[_trust_principals.TrustedPrincipal, ...]:
    given = params["trusted_principals"]
    if given is not None and not all(value.strip() for value in given or [""]):
        raise _validation.InvalidOption(
            "trusted_principals", "the list or an entry of it is empty; name the base role, by its ARN"
        )
    return _trust_principals.read_principals("trusted_principals", given or (), partition)


def _check_base_role(name: str | None, principals: Sequence[_trust_principals.TrustedPrincipal]) -> None:
    """Raise InvalidOption where the base role would be allowed to assume the role, which would not let it in."""
    if name is None or not principals or _trust_principals.named(name, principals):
        return
    if all(principal.identity for principal in principals):
        raise _validation.InvalidOption(
            "base_role_name",
            f"{name!r} is none of the trusted_principals, so that the role would not let it in; "
            "add its ARN there, or correct the name",
        )


def _own_base_role(
    name: str | None, principals: Sequence[_trust_principals.TrustedPrincipal], account_id: str
) -> _identity.Identity | None:
    """The base role, unless the trust shows that it belongs to another account, whose owner then has the last word.

    Where it is not named among the principals, it is one of an account that is.
    """
    if name is None:
        return None
    whose = _trust_principals.named(name, principals) or principals
    if whose and all(principal.account_id != account_id for principal in whose):
        return None
    return _identity.Identity("role", name)


def observe(wanted: _plan.WantedRole, session: _aws_module.Session) -> _plan.World:
    """The role and the base role's policy as AWS has them: a call for each, and more only where ids are shown."""
    found = _iam.get_identity(session.client("iam"), _identity.Identity("role", wanted.name))
    base_policy = _base_policy(wanted, "", session)
    return _plan.World(
        role=_live_role(found, wanted, session) if found else None,
        base_policy=base_policy.observe() if base_policy else None,
    )


def _base_policy(
    wanted: _plan.WantedRole, arn: str, session: _aws_module.Session
) -> _inline_policy.InlinePolicy | None:
    policy = _plan.wanted_base_policy(wanted, arn)
    return _inline_policy.InlinePolicy(policy, session, _WITHOUT_BASE_POLICY) if policy else None


def _live_role(found: Mapping[str, t.Any], wanted: _plan.WantedRole, session: _aws_module.Session) -> _plan.LiveRole:
    trust_policy = found.get("AssumeRolePolicyDocument")
    if not isinstance(trust_policy, Mapping):
        trust_policy = {}
    return _plan.LiveRole(
        name=found["RoleName"],
        arn=found["Arn"],
        trust_policy=_trust_read.with_live_arns(trust_policy, wanted.trust.principals, session),
        id=found["RoleId"],
        path=found["Path"],
        description=found.get("Description") or "",
        permissions_boundary=(found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""),
        max_session_duration=found.get("MaxSessionDuration") or _plan.DEFAULT_MAX_SESSION_DURATION,
        tags=boto3_tag_list_to_ansible_dict(found.get("Tags") or []),
    )


def plan(wanted: _plan.WantedRole, before: _plan.World, arn: str, session: _aws_module.Session) -> list[_change.Change]:
    """The changes, after what would make them fail or useless was refused or warned of."""
    role = before.role
    if role:
        _leave_to_aws(role)
        for interference in _trust.interferences(wanted.trust, role.trust_policy):
            session.warn(f"{role.arn}: {interference}")
    changes = _plan.plan(wanted, before, arn)
    base_policy = _base_policy(wanted, role.arn if role else arn, session)
    if wanted.base_role and base_policy and any(change.call == "put_inline_policy" for change in changes):
        if not before.base_policy:
            _existence.require_identity(wanted.base_role, "base_role_name", session)
        base_policy.check(before.base_policy, changes)
    if any(change.call in ("create_role", "update_trust_policy") for change in changes):
        _check_trust_size(_trust.merged(wanted.trust, role.trust_policy if role else None), session)
    return changes


def _leave_to_aws(role: _plan.LiveRole) -> None:
    kind = _identity.role_of_aws(role.name, role.path)
    if kind:
        raise _change.Refused(f"{role.arn} is {kind}, which only AWS alters; use a role of your own as role_name")


def _check_trust_size(document: Mapping[str, t.Any], session: _aws_module.Session) -> None:
    """Raise InvalidOption where the account has no room for the trust policy, which is asked only for a large one."""
    size = _policy_language.policy_size(document)
    if size <= _SMALLEST_TRUST_POLICY_QUOTA:
        return
    quota = _iam.get_quotas(session.client("iam")).get("AssumeRolePolicySizeQuota", _SMALLEST_TRUST_POLICY_QUOTA)
    if size > quota:
        raise _validation.InvalidOption(
            "trusted_principals",
            f"the trust policy would have {size:,} characters, with the statements of others that are kept, and the "
            f"account's quota is {quota:,}; name fewer principals, or ask AWS to raise 'Role trust policy length'",
        )


def plan_absent(wanted: _plan.WantedRole, before: _plan.World, session: _aws_module.Session) -> list[_change.Change]:
    """The changes that remove the role; one under another path than the one that is asked for is left alone."""
    role = before.role
    if role is None:
        return _plan.plan_absent(wanted, before, _plan.Contents())
    if wanted.path not in (None, role.path):
        session.warn(f"{role.arn} is left alone: its path is not the one that is asked for")
        return []
    _leave_to_aws(role)
    if session.check_mode:
        return _plan.plan_absent(wanted, before, _contents(role, session))
    # What was really taken from the role is gone, and IAM will soon show it; what it goes on showing is in the way.
    contents = _settled_contents(role, wanted.gone, session)
    return _plan.plan_absent(dataclasses.replace(wanted, gone=frozenset()), before, contents)


def _contents(role: _plan.LiveRole, session: _aws_module.Session) -> _plan.Contents:
    client = session.client("iam")
    identity = _identity.Identity("role", role.name)
    return _plan.Contents(
        attached_policies=tuple(it["PolicyArn"] for it in _iam.list_attached_policies(client, identity)),
        inline_policies=tuple(_iam.list_inline_policies(client, identity)),
        instance_profiles=tuple(_iam.list_instance_profiles(client, role.name)),
    )


def _settled_contents(role: _plan.LiveRole, gone: frozenset[str], session: _aws_module.Session) -> _plan.Contents:
    """What is in the role, looked at again for some seconds as long as nothing but what is gone is in the way.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
    """
    for seconds in _LOOK_AGAIN_AFTER:
        contents = _contents(role, session)
        if not _plan.in_the_way_of(contents, frozenset()) or _plan.in_the_way_of(contents, gone):
            return contents
        time.sleep(random.uniform(seconds / 2, seconds))
    return _contents(role, session)


def _write(
    changes: Sequence[_change.Change], wanted: _plan.WantedRole, session: _aws_module.Session
) -> dict[str, t.Any]:
    if session.check_mode:
        return {}
    try:
        return _apply.apply_changes(changes, _CALLS, session.client("iam"))
    except AnsibleIAMError as error:
        if _errors.names_unknown_principal(error):
            error.message = f"{error.message}. {_why_unknown(wanted.trust, session)}"
        raise


def _why_unknown(trust: _trust.Trust, session: _aws_module.Session) -> str:
    """Why IAM does not know a principal of the trust policy: what can be looked up, else what is likely."""
    reasons = list(filter(None, (_what_is_there(principal, session) for principal in trust.principals)))
    likely = (
        "Likely causes: the principal is misspelt, was deleted, is written without its path, or was made so recently "
        "that IAM does not know it yet (then run again). A unique id (AROA..., AIDA...) is that of a deleted one: "
        "where another statement of the trust policy shows it, remove it there or set purge_trust"
    )
    return "; ".join(reasons) + ". " * bool(reasons) + likely


def _what_is_there(principal: _trust_principals.TrustedPrincipal, session: _aws_module.Session) -> str | None:
    if principal.identity is None or principal.account_id != session.caller["Account"]:
        return None
    try:
        found = _trust_read.look_up(principal, session)
    except AnsibleIAMError:
        # The caller may not look; the error that is being explained says enough.
        return None
    if found is None:
        return f"{principal.arn} does not exist"
    return None if found["Arn"] == principal.arn else f"{principal.arn} does not exist, but {found['Arn']} does"
