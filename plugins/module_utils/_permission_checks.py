# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM lets the identity do, action by action: who says no, and what does not work without.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _decisions,
    _grants_findings,
    _guides,
    _key_checks,
    _location,
    _permissions,
    _report,
    _simulation,
    _source_checks,
    _words,
)

_SIMULATION: t.Final = f"{_guides.IAM}access_policies_testing-policies.html"
_READ: t.Final = "s3:GetObject"
_ASSUME_ROLE: t.Final = "sts:AssumeRole"

# Keys and the reading of source data have checks of their own.
_JUDGED_ELSEWHERE: t.Final[frozenset[_permissions.Target]] = frozenset(
    {"results_key", "source_key", "catalog_key", "source_objects"}
)

# What queries run without, and what is lost then. That AWS or the vendor lists it is no proof that a query meets it.
_BEARABLE: t.Final[Mapping[str, str]] = {
    "athena:GetWorkGroup": "a client cannot see the settings of the workgroup, as where it puts results",
    "athena:StopQueryExecution": "a query that is cancelled runs on",
    "athena:GetQueryResultsStream": "the driver cannot stream results where it may not read them from S3",
    "athena:ListDataCatalogs": "data catalogs cannot be browsed",
    "athena:GetDataCatalog": "data catalogs cannot be browsed",
    "glue:GetCatalog": "the catalog itself cannot be read, as the vendor's page asks for",
    "glue:GetCatalogs": "catalogs cannot be listed, as the vendor's page asks for",
    "glue:GetPartition": "a query that asks for a single partition fails",
    "s3:ListBucketMultipartUploads": "large results, which are written in parts, may fail",
    "s3:ListMultipartUploadParts": "large results, which are written in parts, may fail",
    "s3:AbortMultipartUpload": "parts of a large result that failed stay in the bucket, and are paid for",
}
# AWS lists it for source data in examples alone.
_SOURCE_REGION: t.Final = "queries may fail where Athena has to ask for the Region of a bucket with source data"
_OTHER_DATABASES: t.Final = "schemas may not be listed at all, as Athena lists all databases or none"

# The option that narrows the permission, so that what it does not name is not allowed.
_NARROWED_BY: t.Final[Mapping[_permissions.Target, str]] = {
    "workgroup": "workgroups",
    "data_catalog": "data_catalogs",
    "glue_names": "databases",
    "glue_metadata": "databases",
    "results_bucket": "output_location",
    "results_objects": "output_location",
}

# In the order in which a connection meets them: its test query, the objects it reads, its metadata, its tables.
_ORDER: t.Final = (
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "s3:GetBucketLocation",
    "s3:ListBucket",
    "s3:PutObject",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "s3:GetObject",
    "athena:GetQueryResultsStream",
    "athena:ListDatabases",
    "athena:ListTableMetadata",
    "athena:GetTableMetadata",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
    "lakeformation:GetDataAccess",
)


class _Need(t.NamedTuple):
    """An action on one resource, as decisions name it."""

    permission: _permissions.Permission
    resource: str

    @property
    def lost(self) -> str:
        """What is lost without, where queries run all the same; empty where they do not."""
        if self.permission.target == "source_bucket":
            return _SOURCE_REGION
        if self.resource.endswith(f":database/{_simulation.OTHER_DATABASE}"):
            return _OTHER_DATABASES
        return _BEARABLE.get(self.permission.action, "")


def permission_checks(
    reach: _simulation.Reach, scope: _location.Scope, decisions: _decisions.Decisions | _report.Denied
) -> list[_report.Check]:
    """One check for each action, under its own name; one alone where IAM may not be asked."""
    if isinstance(decisions, _report.Denied):
        return [_not_asked("iam_simulation", decisions, "what IAM lets the identity do may not be asked")]
    needs: dict[str, list[_Need]] = {}
    for permission in _permissions.CATALOGUE:
        for resource in _resources(permission, reach, scope):
            needs.setdefault(permission.action, []).append(_Need(permission, resource))
    order = {action: number for number, action in enumerate(_ORDER)}
    ordered = sorted(needs.items(), key=lambda item: order.get(item[0], len(order)))
    checks = [_of_action(action, needed, decisions) for action, needed in ordered]
    return [_with_client(it, reach, scope, decisions) if it.name == _READ else it for it in checks]


def _with_client(
    check: _report.Check, reach: _simulation.Reach, scope: _location.Scope, decisions: _decisions.Decisions
) -> _report.Check:
    """Where Athena may read results and the client may not, it streams them, if it may."""
    found = decisions.of(_READ, _simulation.client_reads(_simulation.object_of(reach.results, scope)))
    if check.status != "pass" or found is None or found.is_allowed:
        return check
    detail = f"{no_of(found)}: {found.resource}, which is how a driver reads results"
    is_bearable = reach.result_streaming or bool(found.depends_on)
    remedy = remedy_of(found)
    if not found.depends_on:
        remedy = f"{remedy}; let the identity read results itself, and not only through Athena (aws:CalledVia)"
    return _report.Check(_READ, "warn" if is_bearable else "fail", detail, remedy, check.reference)


def _resources(permission: _permissions.Permission, reach: _simulation.Reach, scope: _location.Scope) -> Sequence[str]:
    if permission.target in _JUDGED_ELSEWHERE:
        return ()
    if permission.action == "s3:ListBucket":
        return [_simulation.listing_of(reach.results, scope)] if permission.target == "results_bucket" else ()
    return _simulation.resources_of(permission, reach, scope)


def _not_asked(name: str, denied: _report.Denied, detail: str) -> _report.Check:
    return _report.Check(name, "unknown", detail, _words.grant_to_caller(denied.permission), _SIMULATION)


def _of_action(action: str, needs: Sequence[_Need], decisions: _decisions.Decisions) -> _report.Check:
    """What queries cannot do without decides, then what is sure: the remedy is for it."""
    found = {need: decisions.of(action, need.resource) for need in needs}
    refused = {need: it for need, it in found.items() if it and not it.is_allowed}
    unanswered = [need.resource for need, it in found.items() if it is None]
    if refused:
        essential = {need: it for need, it in refused.items() if not need.lost}
        told = sorted((essential or refused).items(), key=lambda item: bool(item[1].depends_on))
        need, decision = told[0]
        lost = dict.fromkeys(it.lost for it, _decision in told if it.lost)
        detail = "; ".join([*_who_says_no([it for _need, it in told]), *lost])
        is_sure = bool(essential) and not decision.depends_on
        remedy = remedy_of(decision, need.permission)
        return _report.Check(action, "fail" if is_sure else "warn", detail, remedy, need.permission.source)
    if unanswered:
        detail = f"IAM did not say whether it is allowed on {_words.some(unanswered, 3)}"
        return _report.Check(action, "unknown", detail, "See it with live", _SIMULATION)
    resources = list(dict.fromkeys(need.resource for need in needs))
    return _report.Check(
        action, "pass", f"allowed on {_words.some(resources, 3)}", reference=needs[0].permission.source
    )


def _who_says_no(refused: Sequence[_decisions.Decision]) -> list[str]:
    """One part for each who does, with the resources."""
    resources: dict[str, dict[str, None]] = {}
    for it in refused:
        resources.setdefault(no_of(it), {})[it.resource] = None
    return [f"{who}: {_words.some(names, 3)}" for who, names in resources.items()]


def no_of(decision: _decisions.Decision) -> str:
    """Who does not let the identity do it, in words that a resource can follow."""
    if decision.depends_on:
        return f"may not be allowed, depending on {', '.join(decision.depends_on)} of the request"
    if decision.verdict == "denied":
        policies = f" ({', '.join(decision.policies)})" if decision.policies else ""
        return f"a policy of the identity denies it{policies}"
    if decision.verdict == "boundary":
        return "the permissions boundary of the identity does not allow it"
    if decision.verdict == "organization":
        return "a policy of the organization (SCP) does not allow it"
    return "no policy of the identity allows it"


def remedy_of(decision: _decisions.Decision, permission: _permissions.Permission | None = None) -> str:
    """What to do where the identity may not do it. permission: what it is asked for, to name the option to set."""
    if decision.depends_on:
        return "See with live whether requests of the connection meet the condition"
    if decision.verdict == "denied":
        return "Remove the statement that denies it, or exempt the identity"
    if decision.verdict == "boundary":
        return "Allow it in the policy that is the permissions boundary too"
    if decision.verdict == "organization":
        return "Ask the administrators of the organization to allow it for this account or identity"
    if permission and permission.option:
        return f"Provision the connection with {permission.option}, which adds it to the policy"
    narrowed_by = _NARROWED_BY.get(permission.target) if permission else None
    narrowing = f", with what is used here in {narrowed_by} if that is set" if narrowed_by else ""
    return f"Provision the connection, which writes its policy{narrowing}; see that the policy is attached"


class SourcesInIam:
    """Whether IAM lets the identity read what is below a location, the listing included."""

    def __init__(self, scope: _location.Scope, decisions: _decisions.Decisions | _report.Denied | None) -> None:
        self._scope = scope
        self._decisions = decisions

    def reads(self, location: _location.S3Location) -> _source_checks.Answer:
        if not isinstance(self._decisions, _decisions.Decisions):
            return _unasked(self._decisions)
        bucket = self._scope.bucket(location.bucket)
        wanted = (
            ("s3:ListBucket", (_simulation.listing_of(location, self._scope), bucket)),
            ("s3:GetObject", (_simulation.object_of(location, self._scope),)),
        )
        answers = [_source_answer(self._decisions, action, resources) for action, resources in wanted]
        # What is sure is told before what is not known.
        return min(answers, key=lambda it: ("no", "unknown", "yes").index(it.answer))


def _unasked(decisions: _report.Denied | None) -> _source_checks.Answer:
    why = "may not be asked" if decisions else "was not asked (simulate)"
    return _source_checks.Answer("unknown", f"what IAM lets the identity do {why}")


class RegistrationRoles:
    """Whether the role of a registered location, with which Lake Formation hands out its files, may read them."""

    def __init__(
        self,
        scope: _location.Scope,
        registrations: _grants_findings.Registrations | _report.Denied,
        roles: _key_checks.Roles,
    ) -> None:
        self._scope = scope
        self._registrations = registrations
        self._roles = roles

    def reads(self, uri: str) -> _source_checks.Answer:
        registration = None if isinstance(self._registrations, _report.Denied) else self._registrations.around(uri)
        arn = str((registration or {}).get("RoleArn", ""))
        # What was not asked, as of a role of AWS's own, is taken to be in order.
        decisions = self._roles.get(arn, _decisions.Decisions())
        if registration is None:
            return _source_checks.Answer()
        where = registration["ResourceArn"]
        if isinstance(decisions, _report.Denied):
            return _source_checks.Answer(
                "unknown",
                f"{where} is registered with {arn}; only {decisions.permission} would tell whether that may read there",
                _words.grant_to_caller(decisions.permission, "it"),
            )
        if decisions is None:
            return _source_checks.Answer(
                "no",
                f"{where} is registered with {arn}, a role that does not exist",
                "Register the location with a role that exists",
            )
        location = _simulation.registered_location(registration)
        wanted = (
            ("s3:GetObject", _simulation.object_of(location, self._scope)),
            ("s3:ListBucket", _simulation.listing_of(location, self._scope)),
        )
        found = (decisions.of(action, resource) for action, resource in wanted)
        refused = next((it for it in found if it and not it.is_allowed and not it.depends_on), None)
        if refused is None:
            return _source_checks.Answer()
        reason = f"{refused.action} on {refused.resource}: {no_of(refused)}".replace("the identity", arn)
        return _source_checks.Answer(
            "no", reason, f"Allow it to {arn}, the role with which {where} is registered with Lake Formation"
        )


def _source_answer(decisions: _decisions.Decisions, action: str, resources: Sequence[str]) -> _source_checks.Answer:
    """About the first of the resources that IAM was asked about."""
    found = next(filter(None, (decisions.of(action, it) for it in resources)), None)
    if found is None:
        return _source_checks.Answer("unknown", f"IAM did not say whether {action} is allowed on {resources[0]}")
    if found.is_allowed:
        return _source_checks.Answer()
    return _source_checks.Answer(
        _answer_of(found), f"{action} on {found.resource}: {no_of(found)}", _source_remedy(found)
    )


def _answer_of(refused: _decisions.Decision) -> t.Literal["no", "unknown"]:
    return "unknown" if refused.depends_on else "no"


def _source_remedy(decision: _decisions.Decision) -> str:
    if decision.verdict == "not_allowed" and not decision.depends_on:
        return "Add the location to source_locations and provision the connection, or register it with Lake Formation"
    return remedy_of(decision)


def data_access(decisions: _decisions.Decisions | _report.Denied | None) -> _source_checks.Answer:
    """Whether the identity may ask Lake Formation for the files that it hands out."""
    action = "lakeformation:GetDataAccess"
    if not isinstance(decisions, _decisions.Decisions):
        return _unasked(decisions)
    found = decisions.of(action, "*")
    if found is None:
        return _source_checks.Answer("unknown", f"IAM did not say whether {action} is allowed")
    if found.is_allowed:
        return _source_checks.Answer()
    permission = next(it for it in _permissions.CATALOGUE if it.action == action)
    return _source_checks.Answer(_answer_of(found), f"{action}: {no_of(found)}", remedy_of(found, permission))


def no_base_role(base_role: str) -> _report.Check:
    detail = f"IAM knows no role {base_role}"
    remedy = "Create it, or correct base_role_name or trusted_principals"
    return _report.Check("base_role_permission", "fail", detail, remedy, _SIMULATION)


def base_role_permission(
    role: str, base_role: str, decisions: _decisions.Decisions | _report.Denied, named_in_trust: bool = False
) -> _report.Check:
    """Whether the base role may assume the role.

    named_in_trust: whether both are of one account, and the trust policy names the base role itself, not its account;
    then it needs no policy that allows it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
    """
    name = "base_role_permission"
    if isinstance(decisions, _report.Denied):
        return _not_asked(name, decisions, f"whether {base_role} may use {_ASSUME_ROLE} may not be asked")
    found = decisions.of(_ASSUME_ROLE, role)
    if found is None:
        detail = f"IAM did not say whether {base_role} may assume the role ({_ASSUME_ROLE})"
        return _report.Check(name, "unknown", detail, "See it with live", _SIMULATION)
    if found.is_allowed:
        return _report.Check(name, "pass", f"{base_role} may assume the role ({_ASSUME_ROLE})", reference=_SIMULATION)
    detail = f"{base_role} may not assume the role ({_ASSUME_ROLE}): {no_of(found)}"
    remedy = remedy_of(found)
    is_bearable = bool(found.depends_on)
    if found.verdict == "not_allowed" and not found.depends_on:
        remedy = "Provision the connection with base_role_name, or give the base role base_role_policy"
        if named_in_trust:
            detail = f"{base_role} needs no policy for it ({_ASSUME_ROLE}), as the trust policy names it"
            return _report.Check(name, "pass", detail, reference=_SIMULATION)
    return _report.Check(name, "warn" if is_bearable else "fail", detail, remedy, _SIMULATION)
