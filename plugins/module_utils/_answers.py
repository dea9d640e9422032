# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS answers is looked at once, before anything is made of it, so that nothing behind this has to doubt it.

The SDK takes what comes: members may be missing or of another type, documents may be no JSON, and lists may never end.
Each is an error of the call, as a refusal is. What is there beyond what is needed is ignored.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import functools
import json
import re
import threading
import typing as t
import urllib.parse
from collections.abc import Iterator, Mapping

try:
    from botocore.exceptions import BotoCoreError
except ImportError:
    # AnsibleAWSModule says what is missing.
    BotoCoreError = Exception

from ansible_collections.qualytics.athena.plugins.module_utils import _raw_answers

# Far more than any account has, and not for ever: Glue lists 10,000,000 partitions of a table in as many.
MOST_PAGES: t.Final = 10_000

# What an answer must have to be of use, by operation; "[]" stands for each entry of a list,
# and "?" for what need not be there itself.
_NEEDED: t.Final[Mapping[str, tuple[str, ...]]] = {
    "AssumeRole": ("Credentials.AccessKeyId", "Credentials.SecretAccessKey", "Credentials.SessionToken"),
    "BatchGrantPermissions": ("Failures[].RequestEntry.Id", "Failures[].Error"),
    "BatchRevokePermissions": ("Failures[].RequestEntry.Id", "Failures[].Error"),
    "CreatePolicy": ("Policy.Arn",),
    "CreatePolicyVersion": ("PolicyVersion.VersionId",),
    "CreateRole": ("Role.Arn", "Role.RoleId"),
    "DescribeKey": ("KeyMetadata.Arn", "KeyMetadata.KeyManager", "KeyMetadata.KeyState"),
    "GetAccountSummary": ("SummaryMap",),
    "GetBucketEncryption": (
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault?.SSEAlgorithm",
    ),
    "GetBucketPolicy": ("Policy",),
    "GetBucketRequestPayment": ("Payer",),
    "GetCallerIdentity": ("Account", "Arn"),
    "GetDataCatalog": ("DataCatalog.Type",),
    "GetDataCatalogEncryptionSettings": ("DataCatalogEncryptionSettings",),
    "GetDataLakeSettings": (
        "DataLakeSettings",
        "DataLakeSettings.DataLakeAdmins[].DataLakePrincipalIdentifier",
        "DataLakeSettings.ReadOnlyAdmins[].DataLakePrincipalIdentifier",
    ),
    "GetDatabase": ("Database.Name",),
    "GetDatabases": ("DatabaseList[].Name",),
    "GetGroupPolicy": ("PolicyDocument",),
    "GetKeyPolicy": ("Policy",),
    "GetObjectLockConfiguration": ("ObjectLockConfiguration",),
    "GetPolicy": (
        *("Policy.Arn", "Policy.DefaultVersionId", "Policy.Path", "Policy.PolicyName"),
        *("Policy.Tags[].Key", "Policy.Tags[].Value"),
    ),
    "GetPolicyVersion": ("PolicyVersion.Document",),
    "GetQueryExecution": ("QueryExecution.Status.State",),
    "GetQueryResults": ("ResultSet.Rows",),
    "GetRole": (
        *("Role.Arn", "Role.Path", "Role.RoleId", "Role.RoleName", "Role.Tags[].Key", "Role.Tags[].Value"),
        "Role.PermissionsBoundary?.PermissionsBoundaryArn",
    ),
    "GetRolePolicy": ("PolicyDocument",),
    "GetTable": ("Table.Name", "Table.PartitionKeys[].Name", "Table.StorageDescriptor?.Columns[].Name"),
    "GetTableMetadata": ("TableMetadata.Name",),
    "GetTables": (
        *("TableList[].Name", "TableList[].PartitionKeys[].Name"),
        "TableList[].StorageDescriptor?.Columns[].Name",
    ),
    "GetUser": ("User.Arn", "User.Path", "User.UserId", "User.UserName"),
    "GetUserPolicy": ("PolicyDocument",),
    "GetWorkGroup": ("WorkGroup.Name",),
    "ListAccessKeys": ("AccessKeyMetadata", "AccessKeyMetadata[].AccessKeyId", "AccessKeyMetadata[].Status"),
    "ListAttachedGroupPolicies": ("AttachedPolicies", "AttachedPolicies[].PolicyArn"),
    "ListAttachedRolePolicies": ("AttachedPolicies", "AttachedPolicies[].PolicyArn"),
    "ListAttachedUserPolicies": ("AttachedPolicies", "AttachedPolicies[].PolicyArn"),
    "ListDataCellsFilter": (
        *(f"DataCellsFilters[].{name}" for name in ("DatabaseName", "Name", "TableCatalogId", "TableName")),
    ),
    "ListDatabases": ("DatabaseList", "DatabaseList[].Name"),
    "ListEntitiesForPolicy": ("PolicyGroups[].GroupName", "PolicyRoles[].RoleName", "PolicyUsers[].UserName"),
    "ListGrants": ("Grants", "Grants[].Operations"),
    "ListGroupPolicies": ("PolicyNames",),
    "ListGroupsForUser": ("Groups", "Groups[].GroupName"),
    "ListInstanceProfilesForRole": ("InstanceProfiles", "InstanceProfiles[].InstanceProfileName"),
    "ListLakeFormationOptIns": ("LakeFormationOptInsInfoList[].Resource",),
    "ListPermissions": (
        "PrincipalResourcePermissions[].Principal.DataLakePrincipalIdentifier",
        "PrincipalResourcePermissions[].Resource",
    ),
    "ListPolicies": ("Policies", "Policies[].Arn", "Policies[].PolicyName"),
    "ListPolicyVersions": (
        *("Versions", "Versions[].CreateDate", "Versions[].IsDefaultVersion", "Versions[].VersionId"),
    ),
    "ListResources": ("ResourceInfoList[].ResourceArn",),
    "ListRolePolicies": ("PolicyNames",),
    "ListTableMetadata": ("TableMetadataList", "TableMetadataList[].Name"),
    "ListUserPolicies": ("PolicyNames",),
    "SimulatePrincipalPolicy": (
        *("EvaluationResults", "EvaluationResults[].EvalActionName", "EvaluationResults[].EvalDecision"),
        "EvaluationResults[].ResourceSpecificResults[].EvalResourceName",
    ),
    "StartQueryExecution": ("QueryExecutionId",),
}

# Account ids and ARNs become part of what is written, where a wildcard would widen it.
_ACCOUNT_ID: t.Final = re.compile(r"[0-9]{12}")
_ARN: t.Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[^*?$\x00-\x1f\x7f]+")
_FORMS: t.Final[Mapping[str, Mapping[str, re.Pattern[str]]]] = {
    "CreatePolicy": {"Policy.Arn": _ARN},
    "CreateRole": {"Role.Arn": _ARN},
    "DescribeKey": {"KeyMetadata.Arn": _ARN},
    "GetCallerIdentity": {"Account": _ACCOUNT_ID, "Arn": _ARN},
    "GetPolicy": {"Policy.Arn": _ARN},
    "GetRole": {"Role.Arn": _ARN},
    "GetUser": {"User.Arn": _ARN},
}

_TYPES: t.Final[Mapping[str, type | tuple[type, ...]]] = {
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "integer": int,
    "list": list,
    "long": int,
    "map": dict,
    "string": str,
    "structure": dict,
}

# Where text is a policy: the shape that IAM has for it, and the operations that answer with one as plain text.
_QUOTED_DOCUMENT: t.Final = "policyDocumentType"
_WITH_DOCUMENT: t.Final = frozenset({"GetBucketPolicy", "GetKeyPolicy"})

# Which member of a request names the page, and which ones of an answer name the next.
_PAGE: t.Final = ("NextToken", "Marker")
_NEXT_PAGE: t.Final = ("NextToken", "NextMarker", "Marker")


class MalformedAnswer(BotoCoreError):
    """What AWS answered is not what it answers; an error of the SDK, so that it takes the way of all others."""

    fmt = "the answer of {operation} cannot be used: {problem}"


def watch_answers(client: t.Any) -> None:
    """Have every answer to the client looked at before the SDK returns it."""
    pages = _Pages()
    events = client.meta.events
    events.register("before-parse", _raw_answers.require_answer)
    events.register("before-parameter-build", pages.ask)
    # By the name of the service, as the SDK's own reading of documents in the answers of IAM has to come after it.
    events.register_first(f"after-call.{client.meta.service_model.service_id.hyphenize()}", _check_answer)
    events.register("after-call", pages.answer)


def read_document(text: str) -> dict[str, t.Any]:
    """A policy, or ValueError where it is none: it has statements, each with conditions and a principal or without."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"a policy is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError("a policy is no object")
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict):
            raise ValueError("a statement of a policy is no object")
        _check_statement(statement)
    return document


def _check_statement(statement: Mapping[str, t.Any]) -> None:
    """Each element that is known has its form; what is not known is for others to judge.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    for element, value in statement.items():
        if element in ("Principal", "NotPrincipal"):
            values = list(value.values()) if isinstance(value, dict) else [value]
        elif element == "Condition":
            if not isinstance(value, dict) or not all(isinstance(keys, dict) for keys in value.values()):
                raise ValueError("the condition of a statement is no object of operators and keys")
            values = [it for keys in value.values() for it in keys.values()]
        else:
            values = [value] if element in _ELEMENTS else []
        if not all(_is_text_or_texts(it) for it in values):
            raise ValueError(f"the element {element} of a statement is neither text nor a list of it")


_ELEMENTS: t.Final = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"})


def _is_text_or_texts(value: t.Any) -> bool:
    """Numbers and booleans stand for their text."""
    return all(isinstance(it, (str, int, float)) for it in (value if isinstance(value, list) else [value]))


def _check_answer(http_response: t.Any, parsed: t.Any, model: t.Any, **_more: t.Any) -> None:
    """Raise MalformedAnswer where the answer lacks something, or something in it is not what the model says."""
    if http_response.status_code >= 300 or model.output_shape is None:
        return
    try:
        _check_value(parsed, model.output_shape, "")
        if model.name in _WITH_DOCUMENT and "Policy" in parsed:
            read_document(parsed["Policy"])
        for path in _NEEDED.get(model.name, ()):
            _check_path(parsed, path.split("."), path)
        for path, form in _FORMS.get(model.name, {}).items():
            value = functools.reduce(lambda found, name: found[name], path.split("."), parsed)
            if not form.fullmatch(value):
                raise ValueError(f"{path} is {value!r}")
    except ValueError as error:
        raise MalformedAnswer(operation=model.name, problem=str(error)) from error


def _check_value(value: t.Any, shape: t.Any, place: str) -> None:
    kind = shape.type_name
    if kind not in _TYPES:
        return
    if not _is_of(kind, value):
        raise ValueError(f"{place or 'it'} is {type(value).__name__}, not {kind}")
    if kind == "structure":
        for name, member in shape.members.items():
            if name in value:
                _check_value(value[name], member, f"{place}.{name}".lstrip("."))
    elif kind == "list":
        for item in value:
            _check_value(item, shape.member, f"{place}[]")
    elif kind == "map":
        for item in value.values():
            _check_value(item, shape.value, f"{place}[]")
    elif shape.name == _QUOTED_DOCUMENT:
        read_document(urllib.parse.unquote(value))


def _is_of(kind: str, value: t.Any) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind in ("integer", "long") and isinstance(value, bool))


def _check_path(value: t.Any, names: list[str], path: str) -> None:
    """A list that is not there has no entries that could lack something."""
    if not names:
        return
    found = value.get(names[0].rstrip("[]?"))
    if names[0].endswith("[]"):
        for item in found or ():
            _check_path(item, names[1:], path)
    elif found is None:
        if not names[0].endswith("?"):
            raise ValueError(f"it lacks {path.replace('?', '')}")
    else:
        _check_path(found, names[1:], path)


class _Pages:
    """Which lists a client is reading, and how many pages of each it has seen."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        # One client serves several threads.
        self._lock = threading.Lock()

    def ask(self, params: Mapping[str, t.Any], model: t.Any, context: dict[str, t.Any], **_more: t.Any) -> None:
        rest = {name: value for name, value in params.items() if name not in _PAGE}
        context["athena_list"] = f"{model.name} {sorted(rest.items())}"
        context["athena_page"] = next(_texts(params, _PAGE), None)

    def answer(self, parsed: t.Any, model: t.Any, context: Mapping[str, t.Any], **_more: t.Any) -> None:
        """Raise MalformedAnswer where a page leads to itself, or where there is no end to them."""
        listed, page = context.get("athena_list", ""), context.get("athena_page")
        following = next(_texts(parsed, _NEXT_PAGE), None)
        with self._lock:
            seen = self._seen.pop(listed, 0) + 1 if page else 1
            if following:
                self._seen[listed] = seen
        if following and following == page:
            raise MalformedAnswer(operation=model.name, problem="a page names itself as the next one")
        if following and seen >= MOST_PAGES:
            raise MalformedAnswer(operation=model.name, problem=f"its list does not end after {seen:,} pages")


def _texts(values: Mapping[str, t.Any], names: tuple[str, ...]) -> Iterator[str]:
    return (values[name] for name in names if values.get(name))
