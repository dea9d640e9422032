# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a connection ask for, read from their text alone and knowing nothing of the collection.

Whatever a policy, a trust or a grant allows beyond it has been widened by something.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.qualytics.athena.tests.unit.helpers.policy_data import SERVICE_AUTHORIZATION, listed
from ansible_collections.qualytics.athena.tests.unit.helpers.policy_evaluator import decide

ACCOUNT: t.Final = "123456789012"
Options = Mapping[str, t.Any]
Document = Mapping[str, t.Any]

# What a wildcard is tried to stand for: below it, beside it, and far from it.
_STANDS_FOR = ("", "a", "a/b", "-secret/a", "2/a", "/../a", "another", "*", "database/x", "x/y/z")
_WRITES = ("Abort", "Create", "Delete", "Put", "Start", "Stop", "Update", "Cancel", "Terminate")


@dataclasses.dataclass(frozen=True)
class Asked:
    """may_discover: the buckets in which data may be found, and is then asked for too."""

    options: Options
    region: str = "us-east-1"
    may_discover: tuple[str, ...] = ()

    def asks(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Whether a request is one that the options ask for."""
        service = action.partition(":")[0]
        judge = getattr(self, f"_{service}", None)
        return action in SERVICE_AUTHORIZATION and judge is not None and bool(judge(action, resource, context))

    def _list(self, name: str) -> list[str] | None:
        given = self.options.get(name)
        return None if given is None else [str(it) for it in listed(given)]

    # One method for each service, found by its name in the action ------------------------------------------------

    def _athena(self, _action: str, resource: str, _context: Mapping[str, str]) -> bool:
        workgroups, catalogs = self._list("workgroups"), self._list("data_catalogs")
        if resource == "*" or (workgroups is None and catalogs is None):
            return True
        kind, _slash, name = resource.rpartition(":")[2].partition("/")
        narrowed = {"workgroup": workgroups, "datacatalog": catalogs}.get(kind, [])
        return narrowed is None or (self._is_mine("athena", resource) and name in narrowed)

    def _glue(self, action: str, resource: str, _context: Mapping[str, str]) -> bool:
        if _writes(action):
            return False
        databases = self._list("databases")
        if databases is None:
            return self._list("data_catalogs") is None or self._is_mine("glue", resource)
        kind, _slash, name = resource.rpartition(":")[2].partition("/")
        names = {it.lower() for it in databases}
        return self._is_mine("glue", resource) and (
            kind == "catalog"
            or (kind == "database" and (name in names | {"default"} or action in _NAMES_ONLY))
            or (kind == "table" and name.partition("/")[0] in names)
        )

    def _s3(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        locations = [str(self.options["output_location"])]
        if not _writes(action):
            locations += self._list("source_locations") or []
            locations += [f"s3://{it}" for it in self.may_discover]
        return any(self._is_in(action, resource, context, it) for it in locations)

    def _is_in(self, action: str, resource: str, context: Mapping[str, str], location: str) -> bool:
        bucket, _slash, prefix = location.removeprefix("s3://").partition("/")
        prefix = prefix.strip("/")
        if resource == f"arn:aws:s3:::{bucket}":
            if action != "s3:ListBucket" or not self.options.get("restrict_listing") or not prefix:
                return True
            listed_prefix = context.get("s3:prefix", "")
            return listed_prefix == prefix or listed_prefix.startswith(f"{prefix}/")
        return resource.startswith(f"arn:aws:s3:::{bucket}/{prefix}/" if prefix else f"arn:aws:s3:::{bucket}/")

    def _kms(self, _action: str, resource: str, _context: Mapping[str, str]) -> bool:
        keys = self.options.get("kms_keys") or {}
        return any(resource in listed(arns) for arns in keys.values() if arns)

    def _lakeformation(self, action: str, _resource: str, _context: Mapping[str, str]) -> bool:
        return action == "lakeformation:GetDataAccess" and bool(
            self.options.get("lake_formation") or self.options.get("lake_formation_grants")
        )

    def _is_mine(self, service: str, resource: str) -> bool:
        return resource.startswith(f"arn:aws:{service}:{self.region}:{ACCOUNT}:")


_NAMES_ONLY = ("glue:GetDatabases", "glue:GetCatalogs", "glue:GetCatalog")


def _writes(action: str) -> bool:
    return action.partition(":")[2].startswith(_WRITES)


def beyond_what_is_asked(document: Document, asked: Asked) -> list[tuple[str, str]]:
    """The requests that a policy allows and nobody asked for, among thousands that are near to it."""
    found = []
    for statement in document["Statement"]:
        if not {"Sid", "Effect", "Action", "Resource", "Condition"} >= set(statement):
            found.append((str(sorted(statement)), "an element that no policy of ours has"))
            continue
        resources = list(dict.fromkeys(_probes(listed(statement["Resource"]))))
        for action, resource, context in itertools.product(
            listed(statement["Action"]), resources, _contexts(statement)
        ):
            if decide(document, action, resource, context) == "Allow" and not asked.asks(action, resource, context):
                found.append((action, resource))
    return found


def _probes(patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        if pattern == "*":
            yield "*"
            continue
        yield pattern
        yield from (pattern.replace("*", it) for it in _STANDS_FOR)
        # What one character more or less, or another case, would be.
        literal = pattern.replace("*", "a")
        yield from (f"{literal}2", literal[:-1], f"{literal}-secret/a", literal.upper(), f"{literal}/")


def _contexts(statement: Mapping[str, t.Any]) -> list[dict[str, str]]:
    values = [
        value for keys in statement.get("Condition", {}).values() for given in keys.values() for value in listed(given)
    ]
    return [{}, *({"s3:prefix": it} for value in values for it in _probes([value]))]


def unasked_trust(document: Document, options: Options, account_id: str = ACCOUNT) -> list[str]:
    """What of a trust policy lets in anybody but those who are named, or those without the external id."""
    named = {str(it) for it in listed(options.get("trusted_principals") or [])}
    named |= {f"arn:aws:iam::{it}:root" for it in named if len(it) == 12}
    external_id = options.get("external_id")
    found = []
    for statement in document["Statement"]:
        if set(statement) - {"Sid", "Effect", "Principal", "Action", "Condition"}:
            found.append(f"elements: {sorted(statement)}")
        principal = statement["Principal"]
        if not isinstance(principal, Mapping) or set(principal) != {"AWS"}:
            found.append(f"principal: {principal!r}")
            continue
        found += [f"principal: {it}" for it in listed(principal["AWS"]) if it not in named]
        found += [f"action: {it}" for it in listed(statement["Action"]) if it != "sts:AssumeRole"]
        wanted = {"StringEquals": {"sts:ExternalId": external_id}} if external_id is not None else None
        if statement.get("Condition") != wanted:
            found.append(f"condition: {statement.get('Condition')!r}")
    return found


def unasked_base_policy(document: Document | None, role_arn: str) -> list[str]:
    """What the policy of the base role lets it assume beside the role, which is one role of the account."""
    found = [] if re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:role/[\w+=,.@/-]+", role_arn) else [f"role: {role_arn}"]
    return found + [
        f"{action} on {resource}"
        for statement in (document or {"Statement": []})["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if (action, resource) != ("sts:AssumeRole", role_arn)
    ]


def unasked_grants(
    granted: Iterable[Mapping[str, t.Any]], entries: Iterable[Mapping[str, t.Any]], principal: str
) -> list[str]:
    """Grants to somebody else, on names that no entry has, or with permissions that no entry asks for."""
    texts = {text.lower() for entry in entries for text in _texts(entry)}
    # What every connection with grants asks for, and what stands for "the tables" and the caller's own catalog.
    texts |= {"default", "describe", "select", "data_location_access", "table", "database", ACCOUNT}
    asks_for_all_tables = any("*" in _texts(entry) or "tablewildcard" in str(entry).lower() for entry in entries)
    found = []
    for grant in granted:
        said = {"Resource": grant["Resource"], "Permissions": grant["Permissions"]}
        found += [text for text in _texts(said) if text.lower() not in texts]
        if "TableWildcard" in str(grant["Resource"]) and not asks_for_all_tables:
            found.append("all tables")
        grantable = {it for entry in entries for it in entry.get("grantable") or ()}
        found += [it for it in grant["Principal"].values() if not it.endswith(principal)]
        found += [f"grant option: {it}" for it in set(grant["PermissionsWithGrantOption"]) - grantable]
    return found


def widened(options: Options, result: Mapping[str, t.Any], others: t.Collection[str] = ()) -> list[t.Any]:
    """What a result allows, or would in a run that is not in check mode, beyond what the options ask for.

    others: the trust statements that were there before, and are not ours, as text.
    """
    result = result.get("result", result)
    found: list[t.Any] = []
    if result.get("policy"):
        discovered = options.get("allowed_source_buckets") or () if options.get("use_discovered") else ()
        asked = Asked(options, may_discover=tuple(discovered))
        found += beyond_what_is_asked(result["policy"]["document"], asked)
    role = result.get("role")
    if role:
        ours = [it for it in role["trust_policy"]["Statement"] if repr(it) not in others]
        found += unasked_trust({"Statement": ours}, options)
        found += unasked_base_policy(result["base_role_policy"], role["arn"])
    if result.get("granted"):
        name = options.get("principal") if "grants" in options else None
        name = name or options.get("role_name") or options.get("iam_name")
        entries = options.get("grants") or options.get("lake_formation_grants")
        found += unasked_grants(result["granted"], entries or [], str(name))
    return found


def _texts(value: t.Any) -> list[str]:
    """All text in data; of dictionaries the keys too where they are names that somebody chose."""
    if isinstance(value, Mapping):
        keys = [str(key) for key in value if not str(key)[:1].isupper()]
        return [*keys, *(text for it in value.values() for text in _texts(it))]
    if isinstance(value, list | tuple):
        return [text for it in value for text in _texts(it)]
    return [] if value is None or isinstance(value, bool) else [str(value)]
