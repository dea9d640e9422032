# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of every module that are in order, and what becomes of them when somebody means no good."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.qualytics.athena.plugins.module_utils import _arguments
from ansible_collections.qualytics.athena.tests.unit.helpers.hostile_text import hostile_data, hostile_text

ACCOUNT: t.Final = "123456789012"
Options = dict[str, t.Any]


def _key(number: int) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{number}111aaaa-12ab-34cd-56ef-1234567890ab"


_RESULTS: Options = {"output_location": "s3://example-results/athena/dq"}
_PERMISSIONS: Options = {
    "workgroups": ["primary", "dq"],
    "data_catalogs": ["AwsDataCatalog"],
    "databases": ["sales", "hr"],
    "kms_keys": {"results": [_key(1)], "sources": [_key(2)], "catalog": [_key(3)]},
    "kms_key_accounts": ["210987654321"],
    "source_locations": ["s3://example-lake/raw/sales", "s3://example-archive"],
    "restrict_listing": True,
    "lake_formation": True,
    "result_streaming": True,
    "list_data_catalogs": True,
}
_TRUST: Options = {
    "trusted_principals": [f"arn:aws:iam::{ACCOUNT}:role/base"],
    "external_id": "acme-3f1c7a52",
    "base_role_name": "base",
}
_GRANTS: list[Options] = [
    {"database": "sales", "permissions": ["DESCRIBE"]},
    {"database": "sales", "tables": ["orders"], "columns": ["id", "amount"]},
    {"database": "hr", "tables": ["employees"], "excluded_columns": ["ssn"]},
    {"database": "sales", "tables": ["customers"], "permissions": ["SELECT", "DESCRIBE"], "grantable": ["SELECT"]},
    {"lf_tags": {"domain": ["sales"]}, "resource_type": "table", "permissions": ["SELECT"]},
    {"resource": {"Table": {"DatabaseName": "sales", "Name": "items"}}, "permissions": ["SELECT"]},
]
_ROLE: Options = {
    "path": "/qualytics/",
    "description": "what reads for us",
    "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/limits",
    "max_session_duration": 3600,
}
_TAGS: Options = {"tags": {"team": "data", "cost": "7"}, "purge_tags": True}
_LIVE: Options = {"live_access_key": "AKIAIOSFODNN7EXAMPLE", "live_secret_key": "wJalrXUtnFEMIEXAMPLEKEYOFNOBODY"}

# Each names every option that can be given beside the others.
IN_ORDER: t.Final[dict[str, Options]] = {
    "athena_access_check": {
        "iam_type": "role",
        "iam_name": "target",
        "iam_path": "/qualytics/",
        "workgroup": "primary",
        **_RESULTS,
        **_PERMISSIONS,
        **_TRUST,
        **_LIVE,
        "lake_formation_grants": _GRANTS,
        "fail_on": [],
        "expected_bucket_owner": ACCOUNT,
        "catalog_id": ACCOUNT,
        "simulate": True,
        "live": False,
    },
    "athena_connection": {
        "connection": "sales",
        "auth_mode": "iam_role",
        "state": "present",
        "role_name": "target",
        **_RESULTS,
        **_PERMISSIONS,
        **_TRUST,
        **_ROLE,
        **_TAGS,
        **_LIVE,
        "lake_formation_grants": _GRANTS,
        "role_tags": {"team": "data"},
        "policy_name": "qualytics",
        "policy_type": "managed",
        "workgroup": "dq",
        "user_name": "qualytics",
        "role_path": "/qualytics/",
        "role_description": "reads",
        "purge_trust": False,
        "lake_formation_purge": True,
        "lake_formation_purge_scope": "databases",
        "lake_formation_purge_databases": ["sales"],
        "use_discovered": True,
        "verify": False,
        "allowed_source_buckets": ["example-lake"],
        "variable_prefix": "athena_access_",
        "variables": [],
        "catalog_id": ACCOUNT,
        "expected_bucket_owner": ACCOUNT,
        "principal": f"arn:aws:iam::{ACCOUNT}:role/qualytics/target",
    },
    "athena_discovery_info": {
        **_RESULTS,
        "expected_bucket_owner": ACCOUNT,
        "workgroup": "primary",
        "catalog_id": ACCOUNT,
        **{name: _PERMISSIONS[name] for name in ("databases", "data_catalogs", "kms_keys", "kms_key_accounts")},
        "source_locations": ["s3://example-lake"],
        "allowed_source_buckets": ["example-lake"],
    },
    "athena_perm_policy": {
        "name": "qualytics",
        "iam_type": "user",
        "iam_name": "qualytics",
        "policy_type": "managed",
        **_RESULTS,
        **_PERMISSIONS,
        **_TAGS,
        "path": "/qualytics/",
        "description": "what the product needs",
    },
    "athena_role_trust": {"role_name": "target", "purge_trust": False, **_ROLE, **_TRUST, **_TAGS},
    "lf_grant": {
        "iam_type": "role",
        "iam_name": "target",
        "iam_path": "/qualytics/",
        "catalog_id": ACCOUNT,
        "grants": _GRANTS,
        "purge": True,
        "purge_scope": "databases",
        "purge_databases": ["sales"],
        **_RESULTS,
    },
    "s3_results_bucket_check": {
        **_RESULTS,
        "expected_bucket_owner": ACCOUNT,
        "workgroup": "primary",
        "granted_keys": [_key(1)],
        "principal": f"arn:aws:iam::{ACCOUNT}:role/qualytics/target",
    },
}
SPECIFICATIONS: t.Final[dict[str, _arguments.Specification]] = {
    "athena_access_check": _arguments.ACCESS_CHECK,
    "athena_connection": _arguments.CONNECTION,
    "athena_discovery_info": _arguments.DISCOVERY,
    "athena_perm_policy": _arguments.POLICY,
    "athena_role_trust": _arguments.ROLE,
    "lf_grant": _arguments.GRANTS,
    "s3_results_bucket_check": _arguments.BUCKET_CHECK,
}


def spoilt(source: random.Random, module: str, name: str) -> Options:
    """The options of a module, of which one is no longer as it was meant."""
    options = dict(IN_ORDER[module])
    options[name] = _spoilt_value(source, SPECIFICATIONS[module][name], options.get(name))
    return options


def narrow(source: random.Random, options: Options, keep: t.Collection[str]) -> Options:
    """The options without some of those that can be left out; what goes with others stays."""
    stays = {name for name in options if name in keep or "purge" in name or name.startswith("live")}
    return {name: value for name, value in options.items() if name in stays or source.random() < 0.6}


def _spoilt_value(source: random.Random, argument: t.Mapping[str, t.Any], value: t.Any) -> t.Any:
    kind = argument.get("type", "str")
    if source.random() < 0.15:
        return hostile_data(source)
    if kind == "str":
        return hostile_text(source, value or "name")
    if kind == "list":
        return _spoilt_list(source, argument, list(value or []))
    if kind in ("dict", "raw"):
        return _spoilt_data(source, argument.get("options"), value)
    return source.choice((hostile_text(source), -1, 2**63, [], {}, "yes", 1.5))


def _spoilt_list(source: random.Random, argument: t.Mapping[str, t.Any], entries: list[t.Any]) -> list[t.Any]:
    element = {"type": argument.get("elements", "str"), "options": argument.get("options")}
    where = source.randrange(len(entries) + 1)
    old = entries[where] if where < len(entries) else source.choice(entries) if entries else None
    entries[where : where + 1] = [_spoilt_value(source, element, old)]
    return entries * (400 if source.random() < 0.02 else 1)


def _spoilt_data(source: random.Random, options: t.Mapping[str, t.Any] | None, value: t.Any) -> t.Any:
    """A dictionary with one value spoilt, one key, or one more; where options are known, it is one of them."""
    if options and source.random() < 0.9:
        old = dict(value or {})
        name = source.choice(sorted(options))
        return {**old, name: _spoilt_value(source, options[name], old.get(name))}
    return spoilt_data(source, value)


def spoilt_data(source: random.Random, value: t.Any) -> t.Any:
    """Data of which one part, anywhere in it, is another one, is gone, or has got company."""
    if isinstance(value, dict) and value and source.random() < 0.85:
        name = source.choice(sorted(value))
        way = source.randrange(5)
        rest = {key: it for key, it in value.items() if key != name}
        if way == 0:
            return rest
        if way == 1:
            return {**rest, hostile_text(source, name): value[name]}
        if way == 2:
            return {**value, hostile_text(source, name): hostile_data(source)}
        return {**value, name: spoilt_data(source, value[name])}
    if isinstance(value, list) and value and source.random() < 0.85:
        where = source.randrange(len(value))
        return [*value[:where], spoilt_data(source, value[where]), *value[where + 1 :]]
    if isinstance(value, str) and source.random() < 0.7:
        return hostile_text(source, value)
    return hostile_data(source)
