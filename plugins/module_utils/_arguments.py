# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of all modules: what several take is written once.

The documentation of a module says the same in its own words; `ansible-test sanity` holds the two together.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.qualytics.athena.plugins.module_utils import _policy

Specification = Mapping[str, Mapping[str, t.Any]]

_TEXT: t.Final = {"type": "str"}
_TEXTS: t.Final = {"type": "list", "elements": "str"}
_NO: t.Final = {"type": "bool", "default": False}
_YES: t.Final = {"type": "bool", "default": True}
_STATE: t.Final = {"type": "str", "choices": ["present", "absent"], "default": "present"}
_IAM_TYPE: t.Final = {"type": "str", "choices": ["user", "role"]}
# The names of keys are no secrets, whatever the name of the option may suggest.
_KEY_ARNS: t.Final = {**_TEXTS, "no_log": False}
_ACCOUNTS_OF_KEYS: t.Final = {**_KEY_ARNS, "default": []}
_FAIL_ON: t.Final = {**_TEXTS, "choices": ["warn", "fail", "unknown"], "default": ["fail"]}

_RESULTS: t.Final[Specification] = {
    "output_location": {**_TEXT, "required": True},
    "expected_bucket_owner": _TEXT,
    "workgroup": {**_TEXT, "default": "primary"},
}

# What the permissions of a connection are made of.
_PERMISSIONS: t.Final[Specification] = {
    "workgroups": _TEXTS,
    "data_catalogs": _TEXTS,
    "databases": _TEXTS,
    "kms_keys": {"type": "dict", "no_log": False, "options": dict.fromkeys(_policy.KEY_USES, _KEY_ARNS)},
    "kms_key_accounts": _ACCOUNTS_OF_KEYS,
    "source_locations": _TEXTS,
    "restrict_listing": _NO,
    "lake_formation": _NO,
    "result_streaming": _NO,
    "list_data_catalogs": _NO,
}

_TAGS: t.Final[Specification] = {
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": _YES,
}

POLICY: t.Final[Specification] = {
    "name": {**_TEXT, "required": True},
    "state": _STATE,
    "policy_type": {**_TEXT, "choices": ["managed", "inline"], "default": "managed"},
    "iam_type": {**_IAM_TYPE, "required": True},
    "iam_name": {**_TEXT, "required": True},
    "path": _TEXT,
    "description": _TEXT,
    **_TAGS,
    "output_location": _TEXT,
    **_PERMISSIONS,
}

ROLE: t.Final[Specification] = {
    "role_name": {**_TEXT, "required": True},
    "state": _STATE,
    "path": _TEXT,
    "description": _TEXT,
    "permissions_boundary": _TEXT,
    "max_session_duration": {"type": "int"},
    **_TAGS,
    "trusted_principals": _TEXTS,
    "external_id": _TEXT,
    "purge_trust": _NO,
    "base_role_name": _TEXT,
    "detached_policies": {**_TEXTS, "default": []},
}

_GRANT: t.Final[Specification] = {
    "database": _TEXT,
    "tables": {"type": "raw"},
    "columns": _TEXTS,
    "excluded_columns": _TEXTS,
    "data_cells_filter": _TEXT,
    "lf_tags": {"type": "raw"},
    "resource_type": {**_TEXT, "choices": ["table", "database"]},
    "catalog_id": _TEXT,
    "resource": {"type": "dict"},
    "permissions": _TEXTS,
    "grantable": _TEXTS,
    "condition": {"type": "raw"},
    "if_exists": _NO,
    "purge": _YES,
}

GRANTS: t.Final[Specification] = {
    "principal": _TEXT,
    "iam_type": _IAM_TYPE,
    "iam_name": _TEXT,
    "iam_path": _TEXT,
    "catalog_id": _TEXT,
    "state": _STATE,
    "purge": _NO,
    "purge_scope": {**_TEXT, "choices": ["resources", "databases", "principal"], "default": "resources"},
    "purge_databases": _TEXTS,
    "output_location": _TEXT,
    "grants": {"type": "list", "elements": "dict", "required": True, "options": _GRANT},
}

BUCKET_CHECK: t.Final[Specification] = {
    **_RESULTS,
    "principal": _TEXT,
    "result_streaming": _NO,
    "granted_keys": _KEY_ARNS,
    "fail_on": _FAIL_ON,
}

DISCOVERY: t.Final[Specification] = {
    **_RESULTS,
    **{name: _PERMISSIONS[name] for name in ("databases", "data_catalogs", "kms_keys", "kms_key_accounts")},
    "catalog_id": _TEXT,
    "source_locations": _TEXTS,
    "allowed_source_buckets": _TEXTS,
    "lake_formation": _NO,
    "fail_on_unknown": _NO,
}

_LIVE: t.Final[Specification] = {
    "simulate": _YES,
    "live": _NO,
    "live_profile": _TEXT,
    "live_access_key": {**_TEXT, "no_log": False},
    "live_secret_key": {**_TEXT, "no_log": True},
    "live_session_token": {**_TEXT, "no_log": True},
}

LIVE_RULES: t.Final[Mapping[str, t.Any]] = {
    "mutually_exclusive": [("live_profile", "live_access_key")],
    "required_together": [("live_access_key", "live_secret_key")],
    "required_by": {"live_session_token": ["live_access_key"]},
}

ACCESS_CHECK: t.Final[Specification] = {
    "iam_type": {**_IAM_TYPE, "required": True},
    "iam_name": {**_TEXT, "required": True},
    "iam_path": _TEXT,
    **_RESULTS,
    **_PERMISSIONS,
    "catalog_id": _TEXT,
    "lake_formation_grants": {"type": "list", "elements": "dict"},
    **{name: ROLE[name] for name in ("trusted_principals", "external_id", "base_role_name")},
    **_LIVE,
    "fail_on": _FAIL_ON,
}


def _without_default(specification: Specification) -> dict[str, dict[str, t.Any]]:
    """The same arguments, where what is not given has the default of the step that takes it."""
    return {
        name: {key: value for key, value in argument.items() if key not in ("default", "required")}
        for name, argument in specification.items()
    }


# What no step has under this name; all else a step takes is the connection's too.
CONNECTION: t.Final[Specification] = {
    "connection": {**_TEXT, "required": True},
    "auth_mode": {**_TEXT, "choices": ["access_key", "iam_role"], "required": True},
    "state": {**_TEXT, "choices": ["present", "absent", "compared", "verified"], "default": "present"},
    "user_name": _TEXT,
    "role_name": _TEXT,
    **_without_default(
        {name: ROLE[name] for name in ROLE if name not in ("role_name", "state", "detached_policies", *_TAGS)}
    ),
    "role_path": _TEXT,
    "role_description": _TEXT,
    "role_tags": {"type": "dict"},
    "policy_name": _TEXT,
    **_without_default({name: POLICY[name] for name in ("policy_type", *_TAGS)}),
    **_without_default({**_RESULTS, **_PERMISSIONS, **_LIVE}),
    "result_streaming": _YES,
    "principal": _TEXT,
    "catalog_id": _TEXT,
    "lake_formation_grants": {"type": "list", "elements": "dict", "options": _GRANT},
    **{
        f"lake_formation_{name}": argument
        for name, argument in _without_default(
            {name: GRANTS[name] for name in ("purge", "purge_scope", "purge_databases")}
        ).items()
    },
    "use_discovered": _NO,
    "allowed_source_buckets": _TEXTS,
    "verify": _NO,
    "fail_on": _FAIL_ON,
    "variable_prefix": {**_TEXT, "default": ""},
    "variables": {**_TEXTS, "default": []},
}
