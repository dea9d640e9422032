# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of a connection, from options to result: read, observe, plan, apply, report.

A managed and an inline policy are two strategies behind one interface.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _apply,
    _change,
    _data_catalogs,
    _existence,
    _iam,
    _identity,
    _inline_policy,
    _location,
    _policy,
    _policy_plan as _plan,
    _report,
    _tags,
    _validation,
)

if t.TYPE_CHECKING:
    from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module

_CALLS: t.Final[Mapping[str, t.Callable[..., t.Any]]] = {
    "create_policy": _iam.create_policy,
    "replace_default_version": _iam.replace_default_version,
    "attach_policy": _iam.attach_policy,
    "tag_policy": _iam.tag_policy,
    "untag_policy": _iam.untag_policy,
    "detach_policy": _iam.detach_policy,
    "delete_policy_version": _iam.delete_policy_version,
    "delete_policy": _iam.delete_policy,
    "put_inline_policy": _iam.put_inline_policy,
    "delete_inline_policy": _iam.delete_inline_policy,
}


def prepare_policy(params: Mapping[str, t.Any], session: _aws_module.Session) -> _aws_module.Run:
    """Read the options, or raise InvalidOption: what they show by themselves is refused before the first call."""
    wanted = read_wanted(params)
    if params["state"] == "absent":
        return lambda: _run(params["policy_type"], wanted, True, session)
    options = read_options(params, session)
    return lambda: _run(params["policy_type"], _with_document(wanted, options, params, session), False, session)


def _run(policy_type: str, wanted: _plan.WantedPolicy, absent: bool, session: _aws_module.Session) -> dict[str, t.Any]:
    """Make the policy what is wanted; in check mode, only say what would be done.

    The result after a write is what was planned and what the calls answered, not a second look: IAM may show the old
    state for some seconds (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
    """
    strategy = _STRATEGIES[policy_type](wanted, session)
    if absent:
        before = strategy.observe_to_delete()
        changes = strategy.plan_absent(before)
    else:
        before = strategy.observe()
        _require_identity(wanted.identity, before, session)
        changes = strategy.plan(before)
        strategy.check(before, changes)
    answers = {} if session.check_mode else _apply.apply_changes(changes, _CALLS, session.client("iam"))
    after = None if absent else strategy.after(before, changes, answers)
    return {
        "changed": bool(changes),
        "check_mode": session.check_mode,
        "drift": _report.drift_result(_change.drift_of(changes)),
        "diff": _plan.policy_diff(wanted, before, after),
        "policy": _plan.policy_facts(after),
        "observed_policy": before.document if before else None,
        "attached_to": _plan.attached_facts(after),
    }


def read_wanted(params: Mapping[str, t.Any]) -> _plan.WantedPolicy:
    """What the options ask for but for the document, or InvalidOption."""
    _check_identifiers(params)
    return _plan.WantedPolicy(
        name=params["name"],
        identity=_identity.Identity(params["iam_type"], params["iam_name"]),
        path=params["path"],
        description=params["description"],
        tags=_tags.WantedTags(_validation.tags_as_text(params["tags"]), params["purge_tags"]),
    )


def read_options(params: Mapping[str, t.Any], session: _aws_module.Session) -> _policy.PolicyOptions:
    """What the policy is to allow, or InvalidOption; asks nothing."""
    options = _policy.read_options(params)
    before_any_call = _location.Scope(session.partition, _location.SOME_ACCOUNT, session.region)
    _policy.check_key_regions(options, before_any_call)
    _check_size(params, options, before_any_call)
    return options


def _with_document(
    wanted: _plan.WantedPolicy,
    options: _policy.PolicyOptions,
    params: Mapping[str, t.Any],
    session: _aws_module.Session,
) -> _plan.WantedPolicy:
    """With the document of the caller's account; InvalidOption where it cannot be."""
    if options.workgroups is not None and "primary" not in options.workgroups:
        session.warn(
            "workgroups does not list 'primary': the vendor's connection names no workgroup, "
            "so that Athena runs its queries in 'primary', which this policy does not allow"
        )
    scope = session.scope
    _policy.check_key_accounts(options, scope.account_id, params["kms_key_accounts"])
    owners = _data_catalogs.data_catalog_owners(options.data_catalogs or (), session)
    options = dataclasses.replace(options, data_catalog_owners=owners)
    _check_size(params, options, scope)
    return dataclasses.replace(wanted, document=_policy.build_policy(options, scope))


def _check_identifiers(params: Mapping[str, t.Any]) -> None:
    _validation.check_identifier("name", params["name"], "policy")
    _validation.check_identifier("iam_name", params["iam_name"], params["iam_type"])
    _validation.check_path("path", params["path"])
    if params["policy_type"] == "inline":
        for option in ("path", "description", "tags"):
            if params[option] is not None:
                raise _validation.InvalidOption(
                    option, "an inline policy has none; leave it out, or use policy_type=managed"
                )
    _validation.check_description("description", params["description"])
    _validation.check_tags("tags", params["tags"])


def _check_size(params: Mapping[str, t.Any], options: _policy.PolicyOptions, scope: _location.Scope) -> None:
    if params["policy_type"] == "managed":
        _policy.check_size(options, scope, _policy.MANAGED_POLICY_QUOTA, "a managed policy")
    else:
        iam_type = params["iam_type"]
        quota = _policy.INLINE_POLICY_QUOTAS[iam_type]
        _policy.check_size(options, scope, quota, f"an IAM {iam_type} with all its inline policies together")


def _require_identity(
    identity: _identity.Identity, live: _plan.LivePolicy | None, session: _aws_module.Session
) -> None:
    """Raise Refused where the identity does not exist; what is attached to it proves that it does."""
    if live is None or not live.is_attached_to(identity):
        _existence.require_identity(identity, "iam_name", session)


class _Strategy(t.Protocol):
    """What the two types of policies do each in their own way."""

    def __init__(self, wanted: _plan.WantedPolicy, session: _aws_module.Session) -> None: ...

    def observe(self) -> _plan.LivePolicy | None: ...

    def observe_to_delete(self) -> _plan.LivePolicy | None: ...

    def plan(self, live: _plan.LivePolicy | None) -> list[_change.Change]: ...

    def plan_absent(self, live: _plan.LivePolicy | None) -> list[_change.Change]: ...

    def check(self, live: _plan.LivePolicy | None, changes: list[_change.Change]) -> None:
        """Warn of what the changes mean for others; Refused where AWS would not take them."""

    def after(
        self, live: _plan.LivePolicy | None, changes: list[_change.Change], answers: Mapping[str, t.Any]
    ) -> _plan.LivePolicy: ...


class _Managed:
    """A managed policy, attached to the identity."""

    def __init__(self, wanted: _plan.WantedPolicy, session: _aws_module.Session) -> None:
        self._wanted = wanted
        self._client = session.client("iam")
        self._warn = session.warn
        self._arn = session.scope.managed_policy(wanted.path or "/", wanted.name)

    def observe(self) -> _plan.LivePolicy | None:
        found = _iam.get_policy(self._client, self._arn) or self._elsewhere()
        return self._read(found) if found else None

    def observe_to_delete(self) -> _plan.LivePolicy | None:
        """Also what AWS wants gone first: the other versions, and those that have the policy as their boundary."""
        found = _iam.get_policy(self._client, self._arn) or self._elsewhere()
        if not found:
            return None
        arn = found["Arn"]
        if found["PolicyName"] != self._wanted.name or self._wanted.path not in (None, found["Path"]):
            self._leave_alone(arn)
            return None
        versions = _iam.list_policy_versions(self._client, arn)
        return dataclasses.replace(
            self._read(found),
            spare_versions=tuple(it["VersionId"] for it in versions if not it["IsDefaultVersion"]),
            boundary_of=self._entities(arn, "PermissionsBoundary"),
        )

    def _leave_alone(self, arn: str) -> None:
        """Say that the policy of that name is another one; Refused where it still gives the identity access."""
        message = f"{arn} is left alone: its name or path is not the one that is asked for"
        attached_to = self._entities(arn, "PermissionsPolicy")
        if any(self._wanted.identity.is_same(other) for other in attached_to):
            raise _change.Refused(
                f"{message}, but it is attached to {self._wanted.identity}; correct name and path, or detach it"
            )
        self._warn(message)

    def plan(self, live: _plan.LivePolicy | None) -> list[_change.Change]:
        return _plan.plan_managed(self._wanted, live, self._arn)

    def plan_absent(self, live: _plan.LivePolicy | None) -> list[_change.Change]:
        return _plan.plan_managed_absent(self._wanted, live)

    def check(self, live: _plan.LivePolicy | None, changes: list[_change.Change]) -> None:
        rewritten = any(change.call == "replace_default_version" for change in changes)
        others = [str(it) for it in live.attached_to if not it.is_same(self._wanted.identity)] if live else []
        if live and rewritten and others:
            self._warn(f"{live.arn} is attached to {', '.join(others)} too, whose rights change with it")

    def after(
        self, live: _plan.LivePolicy | None, changes: list[_change.Change], answers: Mapping[str, t.Any]
    ) -> _plan.LivePolicy:
        version_id = live.version_id if live else None
        for change in changes:
            if change.call in ("create_policy", "replace_default_version"):
                answer = answers.get(change.call, {})
                version_id = answer.get("DefaultVersionId") or answer.get("VersionId")
        return _plan.after_managed(self._wanted, live, self._arn, version_id)

    def _elsewhere(self) -> dict[str, t.Any] | None:
        """The policy under another path or letter case: IAM lets the account have only one of that name."""
        name = self._wanted.name.casefold()
        policies = _iam.list_local_policies(self._client)
        arn = next((policy["Arn"] for policy in policies if policy["PolicyName"].casefold() == name), None)
        return _iam.get_policy(self._client, arn) if arn else None

    def _read(self, policy: Mapping[str, t.Any]) -> _plan.LivePolicy:
        arn, version_id = policy["Arn"], policy["DefaultVersionId"]
        return _plan.LivePolicy(
            name=policy["PolicyName"],
            arn=arn,
            path=policy["Path"],
            description=policy.get("Description"),
            version_id=version_id,
            document=_iam.get_policy_document(self._client, arn, version_id),
            tags=boto3_tag_list_to_ansible_dict(policy.get("Tags", [])),
            attached_to=self._entities(arn, "PermissionsPolicy"),
        )

    def _entities(self, arn: str, usage: str) -> tuple[_identity.Identity, ...]:
        entities = _iam.list_entities_for_policy(self._client, arn, usage)
        return (
            *(_identity.Identity("user", it["UserName"]) for it in entities.get("PolicyUsers", [])),
            *(_identity.Identity("role", it["RoleName"]) for it in entities.get("PolicyRoles", [])),
            *(_identity.Identity("group", it["GroupName"]) for it in entities.get("PolicyGroups", [])),
        )


_STRATEGIES: t.Final[Mapping[str, type[_Strategy]]] = {"managed": _Managed, "inline": _inline_policy.InlinePolicy}
