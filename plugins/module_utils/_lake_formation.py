# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Lake Formation, one function for each call.

Everything that fails raises LakeFormationError, what does not exist too: where a listing of grants finds nothing,
that is not yet an absence of grants.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator, Mapping, Sequence

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _errors,
    _retry,
)

Client = t.Any
Request = Mapping[str, t.Any]
Answer = dict[str, t.Any]

_NOT_FOUND = "EntityNotFoundException"
# One text for both, so that nothing is told of what may not be seen.
_NOT_THERE_OR_NOT_ALLOWED = "does not exist or requester is not authorized"
_LINK_DATABASE = "cannot be a link"

# The member of the answers of ListPermissions that has the rows, and how many rows a page of any list may have.
PERMISSIONS: t.Final = "PrincipalResourcePermissions"
_MOST_ROWS: t.Final = 1000


class LakeFormationError(_errors.CallError):
    service = "lakeformation"


class LakeFormationErrorHandler(AWSErrorHandler):
    _CUSTOM_EXCEPTION = LakeFormationError


def is_unseen(error: _errors.CallError) -> bool:
    """Whether the resource is absent, or only not shown to the caller; the error does not tell which."""
    return _errors.code_of(error) == _NOT_FOUND or _NOT_THERE_OR_NOT_ALLOWED in str(error.exception)


def is_link_database(error: _errors.CallError) -> bool:
    """Whether the call is not possible on a database that is a resource link.

    https://github.com/hashicorp/terraform-provider-aws/issues/46951
    """
    return _LINK_DATABASE in str(error.exception)


def is_bad_request(error: _errors.CallError) -> bool:
    """Whether the request as a whole was not understood, and nothing of it done."""
    return _errors.code_of(error) in ("InvalidInputException", "ValidationException")


def permission_pages(client: Client, request: Request) -> Iterator[Answer]:
    """The answers, as their number may tell that another listing takes fewer."""
    return _answers(_list_permissions, client, request)


def list_permissions(client: Client, request: Request) -> list[Answer]:
    return _rows(permission_pages(client, request), PERMISSIONS)


def list_data_cells_filter(client: Client, request: Request) -> list[Answer]:
    return _rows(_answers(_list_data_cells_filter, client, request), "DataCellsFilters")


def list_resources(client: Client) -> list[Answer]:
    """The registered locations."""
    return _rows(_answers(_list_resources, client, {}), "ResourceInfoList")


def list_lake_formation_opt_ins(client: Client) -> list[Answer]:
    return _rows(_answers(_list_lake_formation_opt_ins, client, {}), "LakeFormationOptInsInfoList")


def _rows(answers: Iterator[Answer], member: str) -> list[Answer]:
    return [row for answer in answers for row in answer.get(member, [])]


def _answers(call: Callable[[Client, Request], Answer], client: Client, request: Request) -> Iterator[Answer]:
    """Page by page, until no token comes with one: a page may be short or empty, and boto3 has no paginators here.

    https://github.com/boto/boto3/issues/3932
    """
    token: dict[str, str] = {}
    while True:
        answer = call(client, {**request, "MaxResults": _MOST_ROWS, **token})
        yield answer
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


@LakeFormationErrorHandler.common_error_handler("list the permissions")
@_retry.retry()
def _list_permissions(client: Client, request: Request) -> Answer:
    return client.list_permissions(**request)


@LakeFormationErrorHandler.common_error_handler("list the data cells filters")
@_retry.retry()
def _list_data_cells_filter(client: Client, request: Request) -> Answer:
    return client.list_data_cells_filter(**request)


@LakeFormationErrorHandler.common_error_handler("list the registered locations")
@_retry.retry()
def _list_resources(client: Client, request: Request) -> Answer:
    return client.list_resources(**request)


@LakeFormationErrorHandler.common_error_handler("list the opt-ins")
@_retry.retry()
def _list_lake_formation_opt_ins(client: Client, request: Request) -> Answer:
    return client.list_lake_formation_opt_ins(**request)


@LakeFormationErrorHandler.common_error_handler("get the data lake settings")
@_retry.retry()
def get_data_lake_settings(client: Client, request: Request) -> Answer:
    return client.get_data_lake_settings(**request)["DataLakeSettings"]


@LakeFormationErrorHandler.common_error_handler("grant permissions")
@_retry.retry()
def batch_grant_permissions(client: Client, request: Request, entries: Sequence[Request]) -> list[Answer]:
    """The entries that were not granted; the others were."""
    return client.batch_grant_permissions(Entries=list(entries), **request).get("Failures", [])


@LakeFormationErrorHandler.common_error_handler("revoke permissions")
@_retry.retry()
def batch_revoke_permissions(client: Client, request: Request, entries: Sequence[Request]) -> list[Answer]:
    """The entries that were not revoked; the others were."""
    return client.batch_revoke_permissions(Entries=list(entries), **request).get("Failures", [])
