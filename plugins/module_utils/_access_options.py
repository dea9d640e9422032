# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection whose access is checked, read from the options of the module.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _grants_options,
    _identity,
    _location,
    _policy,
    _report,
    _results_bucket_facts as _results,
    _trust_principals,
    _validation,
)


@dataclasses.dataclass(frozen=True)
class Connection:
    """What the options say of the connection.

    results: what its queries write, and where. policy: what its policy is to allow. grants: those that it must hold in
    Lake Formation, None where that is not said. catalog_id: the account whose catalog has its tables. base_role_arn:
    that of the base role, where it had to be looked up.
    """

    identity: _identity.Identity
    path: str
    scope: _location.Scope
    results: _results.Wanted
    policy: _policy.PolicyOptions
    catalog_id: str
    trusted_principals: tuple[_trust_principals.TrustedPrincipal, ...] = ()
    external_id: str | None = None
    base_role_name: str | None = None
    base_role_arn: str | _report.Denied | None = None
    grants: _grants_options.WantedGrants | None = None

    @property
    def expected_arn(self) -> str:
        """The ARN that the identity has by its name; its path may be another one."""
        return self.scope.identity(self.identity.type, self.path, self.identity.name)

    @property
    def own_base_roles(self) -> list[_trust_principals.TrustedPrincipal]:
        """The roles of the account that are to assume this one: the base role, or all that are trusted."""
        account_id, principals = self.scope.account_id, self.trusted_principals
        if self.base_role_name is None:
            roles = [it for it in principals if it.identity and it.identity.type == "role"]
            return [it for it in roles if it.account_id == account_id]
        found = _trust_principals.named(self.base_role_name, principals)
        if self.is_base_role_unlisted:
            by_name = self.scope.identity("role", "/", str(self.base_role_name))
            arn = self.base_role_arn if isinstance(self.base_role_arn, str) else by_name
            found = list(_trust_principals.read_principals("base_role_name", [arn], self.scope.partition))
        return [it for it in found if it.account_id == account_id]

    @property
    def is_base_role_unlisted(self) -> bool:
        """Whether the base role is known by its name only, and may be one of the account."""
        name, principals = self.base_role_name, self.trusted_principals
        if name is None or _trust_principals.named(name, principals):
            return False
        return not principals or any(it.account_id == self.scope.account_id for it in principals)

    def with_identity(self, arn: _identity.IdentityArn) -> Connection:
        """Knowing whom statements of a bucket policy hit."""
        return dataclasses.replace(self, results=dataclasses.replace(self.results, identity=arn))


def check_options(params: Mapping[str, t.Any], partition: str, region: str | None) -> None:
    """Raise InvalidOption for what the options show by themselves to be wrong, before the first call."""
    _read(params, _location.Scope(partition, _location.SOME_ACCOUNT, region), predicts=False)


def read_connection(params: Mapping[str, t.Any], scope: _location.Scope, predicts: bool) -> Connection:
    """The connection, in the account of the credentials in use; InvalidOption where it cannot be."""
    connection = _read(params, scope, predicts)
    _policy.check_key_accounts(connection.policy, scope.account_id, params["kms_key_accounts"])
    return connection


def _read(params: Mapping[str, t.Any], scope: _location.Scope, predicts: bool) -> Connection:
    identity = _identity.Identity(params["iam_type"], params["iam_name"])
    _validation.check_identifier("iam_name", identity.name, identity.type)
    _validation.check_path("iam_path", params["iam_path"])
    for account_id in params["kms_key_accounts"]:
        _validation.check_account_id("kms_key_accounts", account_id)
    location = _results.read_location(params, scope.region)
    workgroup = _results.read_workgroup(params)
    if not workgroup:
        raise _validation.InvalidOption(
            "workgroup", "is empty; name the workgroup of the queries, 'primary' if the client names none"
        )
    policy = _policy.read_options(params)
    _policy.check_key_regions(policy, scope)
    principals = _trust_principals.read_principals(
        "trusted_principals", params["trusted_principals"] or (), scope.partition
    )
    _check_role_options(params, principals)
    return Connection(
        identity=identity,
        path=params["iam_path"] or "/",
        scope=scope,
        results=_results.Wanted(
            location=location,
            owner=params["expected_bucket_owner"] or scope.account_id,
            account_id=scope.account_id,
            partition=scope.partition,
            region=t.cast(str, scope.region),
            workgroup=workgroup,
            result_streaming=params["result_streaming"],
            predicts=predicts,
        ),
        policy=policy,
        catalog_id=_catalog_id(params, scope),
        trusted_principals=principals,
        external_id=_trust_principals.read_external_id("external_id", params["external_id"]),
        base_role_name=params["base_role_name"],
        grants=_grants(params, scope),
    )


def _catalog_id(params: Mapping[str, t.Any], scope: _location.Scope) -> str:
    return (
        _validation.check_account_id("catalog_id", params["catalog_id"]) if params["catalog_id"] else scope.account_id
    )


def _check_role_options(params: Mapping[str, t.Any], principals: Sequence[_trust_principals.TrustedPrincipal]) -> None:
    name = params["base_role_name"]
    _validation.check_identifier("base_role_name", name, "role")
    if params["iam_type"] == "role":
        are_identities = principals and all(it.identity for it in principals)
        if name and are_identities and not _trust_principals.named(name, principals):
            raise _validation.InvalidOption(
                "base_role_name", f"{name!r} is none of the trusted_principals; add its ARN there"
            )
        return
    for option in ("trusted_principals", "external_id", "base_role_name"):
        if params[option]:
            raise _validation.InvalidOption(option, "only a role is assumed; leave it out, or use iam_type=role")


def _grants(params: Mapping[str, t.Any], scope: _location.Scope) -> _grants_options.WantedGrants | None:
    entries = params["lake_formation_grants"]
    if entries is None:
        return None
    for number, entry in enumerate(entries):
        unknown = sorted(set(entry) - _grants_options.GRANT_WORDS)
        if unknown:
            known = ", ".join(sorted(_grants_options.GRANT_WORDS))
            raise _validation.InvalidOption(f"lake_formation_grants[{number}].{unknown[0]}", f"is not one of {known}")
    principal = scope.identity(params["iam_type"], params["iam_path"] or "/", params["iam_name"])
    try:
        return _grants_options.read_wanted(
            {
                "principal": principal,
                "iam_name": params["iam_name"],
                "catalog_id": params["catalog_id"],
                "grants": params["lake_formation_grants"],
            },
            scope.account_id,
        )
    except _validation.InvalidOption as error:
        if not error.option.startswith("grants"):
            raise
        raise _validation.InvalidOption(f"lake_formation_{error.option}", error.text) from error
