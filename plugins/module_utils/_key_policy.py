# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key's side of a KMS key: what its policy and its grants say to an identity, use by use.

A key is used by whom the key policy or a grant names; the identity's IAM policies count only where the key policy
delegates to the account (https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html).

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _identity,
    _location,
    _policy_language,
    _report,
    _resource_policy,
)

# "lake_formation": files read with the credentials that Lake Formation vends, those of a registration role.
KeyUse = t.Literal["results", "sources", "catalog", "lake_formation"]
# "direct": the key policy names the identity, or everybody; "delegated": it leaves the decision to IAM policies. What
# asks least of those comes first.
WayKind = t.Literal["direct", "grant", "delegated"]
Side = t.Literal["direct", "delegated", "grant", "denied", "not_allowed", "unknown"]

ABSENT_KEY: t.Final = "absent"

# "dnsSuffix" of the SDK's partitions.json, by which services are named in kms:ViaService
# (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html).
_DNS_SUFFIXES: t.Final[Mapping[str, str]] = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}
_VIA_SERVICE: t.Final[Mapping[KeyUse, str]] = {
    "results": "s3",
    "sources": "s3",
    "catalog": "glue",
    "lake_formation": "s3",
}
_ATHENA: t.Final = "athena.amazonaws.com"
_S3_CONTEXT: t.Final = "aws:s3:arn"
_CONTEXT_KEY: t.Final = "kms:EncryptionContext:"

# What no use of a key for a query carries: the marks of an enclave, of a grant that is being made.
_NEVER_PRESENT: t.Final = (
    "kms:grantconstrainttype",
    "kms:granteeprincipal",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:recipientattestation:imagesha384",
    "kms:retiringprincipal",
)


@dataclasses.dataclass(frozen=True)
class KeyFacts:
    """A KMS key as AWS shows it.

    state: C(KeyState) of KMS, C(absent) where there is no such key, None where it was not to be seen. manager: C(AWS)
    or C(CUSTOMER). policy: None where it was not asked for, as that of a key in another account. grants: those to the
    identities concerned; none where the policy alone decides.
    """

    arn: str
    state: str | _report.Denied | None = None
    manager: str | None = None
    policy: Mapping[str, t.Any] | _report.Denied | None = None
    grants: Sequence[Mapping[str, t.Any]] | _report.Denied = ()

    @property
    def is_aws_managed(self) -> bool:
        return self.manager == "AWS"

    @property
    def parts(self) -> _location.KeyArn:
        return _location.parse_key_arn("kms_keys", self.arn)


@dataclasses.dataclass(frozen=True)
class Way:
    """What on the key's side opens it to the identity, or may.

    by: the statement or grant, in words. is_bounded: whether a permissions boundary limits it: that of a role limits
    what names the role, but not what names a session of it or everybody, and that of a user limits neither
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).
    """

    kind: WayKind
    by: str
    sure: bool = True
    depends_on: tuple[str, ...] = ()
    is_bounded: bool = False


@dataclasses.dataclass(frozen=True)
class Prohibition:
    """A statement of the key policy that denies the key to the identity, or may."""

    by: str
    sure: bool = True
    depends_on: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class KeySide:
    """What the key's side says to one action.

    unseen: the permissions that the checker lacks. policy: whether the key policy was read; C(hidden) is one that
    cannot be, whatever the checker may do. deleted: the ids of deleted principals to whom it allows the action.
    """

    ways: tuple[Way, ...] = ()
    prohibitions: tuple[Prohibition, ...] = ()
    unseen: tuple[str, ...] = ()
    policy: t.Literal["read", "denied", "hidden"] = "read"
    deleted: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something opens the key to the identity for sure, if nothing denies it."""
        return any(way.sure for way in self.ways)

    @property
    def is_prohibited(self) -> bool:
        return any(prohibition.sure for prohibition in self.prohibitions)

    @property
    def may_be_prohibited(self) -> bool:
        """A key policy that was not read may hold any Deny."""
        return bool(self.prohibitions) or self.policy != "read"

    @property
    def answer(self) -> Side:
        """The whole in a word; of several ways the one that asks least of IAM policies."""
        if self.is_prohibited:
            return "denied"
        if not (self.ways or self.unseen or self.policy == "hidden"):
            return "not_allowed"
        sure = {way.kind for way in self.ways if way.sure}
        if self.may_be_prohibited or not sure:
            return "unknown"
        return next(kind for kind in t.get_args(WayKind) if kind in sure)


def key_side(
    facts: KeyFacts, identity: _identity.IdentityArn, actions: Iterable[str], context: _resource_policy.Context
) -> dict[str, KeySide]:
    """What the key's side says to the identity, by action."""
    requests = [_resource_policy.Request(action, facts.arn, _with_action(context, action)) for action in actions]
    return {request.action: _side(facts, identity, request) for request in requests}


def dns_suffix(partition: str) -> str | None:
    """By which the services of a partition are named, C(amazonaws.com) in most; None where that is not known."""
    return _DNS_SUFFIXES.get(partition)


def key_context(
    use: KeyUse,
    key: _location.KeyArn,
    identity: _identity.IdentityArn,
    s3_arns: Sequence[str] = (),
    client_side: bool = False,
) -> _resource_policy.Context:
    """What is known of the requests by which a key is used.

    AWS services use it with the identity's rights, through a forward access session
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html). s3_arns: what S3 may give as
    encryption context: the ARN of the bucket with an S3 Bucket Key, those of objects without
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html). client_side: whether Athena encrypts by
    itself (CSE_KMS), and not S3.
    """
    suffix = dns_suffix(key.partition)
    context: dict[str, Sequence[_resource_policy.Values]] = {
        **dict.fromkeys(_NEVER_PRESENT, _resource_policy.ABSENT),
        **_resource_policy.identity_context(identity),
        "aws:requestedregion": ((key.region,),),
        "aws:resourceaccount": ((key.account_id,),),
        "aws:viaawsservice": (("true",),),
        "kms:calleraccount": ((identity.account_id,),),
        "kms:keyspec": (("SYMMETRIC_DEFAULT",),),
        "kms:keyusage": (("ENCRYPT_DECRYPT",),),
    }
    if suffix and not client_side:
        context["kms:viaservice"] = ((f"{_VIA_SERVICE[use]}.{key.region}.{suffix}",),)
    if use in ("sources", "catalog"):
        # Whether the service in between is named too, AWS does not say.
        context["aws:calledvia"] = ((_ATHENA,), (_ATHENA, f"{_VIA_SERVICE[use]}.amazonaws.com"))
        context["aws:calledviafirst"] = ((_ATHENA,),)
    if _VIA_SERVICE[use] == "s3" and not client_side:
        if s3_arns:
            context[(_CONTEXT_KEY + _S3_CONTEXT).lower()] = tuple((arn,) for arn in s3_arns)
        # Who wrote the files may have added to the context; Athena adds nothing to that of results.
        if use == "results":
            context["kms:encryptioncontextkeys"] = ((_S3_CONTEXT,),)
    return context


def _with_action(context: _resource_policy.Context, action: str) -> _resource_policy.Context:
    """With the algorithm where the documentation of the action names it as a parameter."""
    has_algorithm = action in ("kms:Decrypt", "kms:Encrypt")
    return {**context, "kms:encryptionalgorithm": (("SYMMETRIC_DEFAULT",),)} if has_algorithm else context


def _side(facts: KeyFacts, identity: _identity.IdentityArn, request: _resource_policy.Request) -> KeySide:
    if facts.is_aws_managed:
        # Its policy opens it to all of the account, through its service
        # (https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html).
        is_ours = facts.parts.account_id == identity.account_id
        return KeySide((Way("direct", "the key policy that AWS manages"),) if is_ours else ())
    # In another account the resource's side alone is never enough
    # (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html).
    is_foreign = facts.parts.account_id != identity.account_id
    ways: list[Way] = []
    prohibitions: list[Prohibition] = []
    deleted: tuple[str, ...] = ()
    if isinstance(facts.policy, Mapping):
        living, deleted = _living(facts.policy, identity, request)
        ways += [
            _way_of_statement(it, identity, is_foreign) for it in _resource_policy.allowances(living, identity, request)
        ]
        prohibitions += [
            Prohibition(_of_policy(it.statement), it.sure, it.depends_on)
            for it in _resource_policy.denials(living, identity, [request])
        ]
    if not isinstance(facts.grants, _report.Denied):
        ways += [way for grant in facts.grants for way in _ways_of_grant(grant, identity, request, is_foreign)]
    return KeySide(
        ways=tuple(ways),
        prohibitions=tuple(prohibitions),
        unseen=tuple(fact.permission for fact in (facts.policy, facts.grants) if isinstance(fact, _report.Denied)),
        policy="read" if isinstance(facts.policy, Mapping) else "denied" if facts.policy else "hidden",
        deleted=deleted,
    )


def _of_policy(statement: str) -> str:
    return f"{statement} of the key policy"


def _way_of_statement(allowance: _resource_policy.Allowance, identity: _identity.IdentityArn, is_foreign: bool) -> Way:
    return Way(
        kind="delegated" if is_foreign or allowance.by == "account" else "direct",
        by=_of_policy(allowance.statement),
        sure=allowance.sure,
        depends_on=allowance.depends_on,
        is_bounded=identity.type == "role" and allowance.by == "identity",
    )


def _ways_of_grant(
    grant: Mapping[str, t.Any], identity: _identity.IdentityArn, request: _resource_policy.Request, is_foreign: bool
) -> Iterable[Way]:
    """A grant reads as a statement whose constraints are conditions on the encryption context.

    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """
    constraints = grant.get("Constraints") or {}
    pairs = {**(constraints.get("EncryptionContextSubset") or {}), **(constraints.get("EncryptionContextEquals") or {})}
    conditions = {"StringEquals": {_CONTEXT_KEY + name: value for name, value in pairs.items()}}
    if constraints.get("SourceArn"):
        conditions["ArnLike"] = {"aws:SourceArn": constraints["SourceArn"]}
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": grant.get("GranteePrincipal") or []},
        "Action": [f"kms:{operation}" for operation in _policy_language.as_list(grant.get("Operations"))],
        "Resource": "*",
        "Condition": conditions,
    }
    for allowance in _resource_policy.allowances({"Statement": [statement]}, identity, request):
        yield Way(
            kind="delegated" if is_foreign else "grant",
            by=f"the grant {grant.get('Name') or grant.get('GrantId')!r}",
            # What a grant to a whole account opens to its identities, AWS does not say.
            sure=allowance.sure and allowance.by != "account",
            depends_on=allowance.depends_on or (("its grantee",) if allowance.by == "account" else ()),
            is_bounded=identity.type == "role" and allowance.by == "identity",
        )


def _living(
    policy: Mapping[str, t.Any], identity: _identity.IdentityArn, request: _resource_policy.Request
) -> tuple[Mapping[str, t.Any], tuple[str, ...]]:
    """The key policy without the ids of deleted principals, and those of them that it would allow the action.

    KMS shows an id in the place of a user or role that was deleted; one of the same name that is made anew is another
    (https://repost.aws/knowledge-center/kms-policy-error-invalid-principals).
    """
    statements = [_without_deleted(statement) for statement in _policy_language.as_list(policy.get("Statement"))]
    deleted = dict.fromkeys(
        gone
        for statement, ids in statements
        if _resource_policy.allowances({"Statement": [{**statement, "Principal": "*"}]}, identity, request)
        for gone in ids
    )
    return {**policy, "Statement": [statement for statement, _ids in statements]}, tuple(deleted)


def _without_deleted(statement: Mapping[str, t.Any]) -> tuple[Mapping[str, t.Any], list[str]]:
    principal = statement.get("Principal")
    values = _policy_language.as_texts(principal.get("AWS")) if isinstance(principal, Mapping) else []
    deleted = [value for value in values if _identity.UNIQUE_ID.fullmatch(value)]
    if not deleted:
        return statement, []
    living = [value for value in values if value not in deleted]
    return {**statement, "Principal": {**t.cast(Mapping[str, t.Any], principal), "AWS": living}}, deleted
