# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module in this process, thousands of times, against an AWS that is a function.

Only the way over the wire is left out: the SDK checks the requests, and what it does with answers is done.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import io
import json
import logging
import os
import traceback
import typing as t
from collections.abc import Callable
from unittest import mock

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.awsrequest import AWSResponse

from ansible_collections.qualytics.athena.plugins.module_utils import _aws_module
from ansible_collections.qualytics.athena.plugins.module_utils._answers import watch_answers
from ansible_collections.qualytics.athena.tests.unit.helpers.sdk import new_client

MODULES: t.Final = (
    "athena_access_check",
    "athena_connection",
    "athena_discovery_info",
    "athena_perm_policy",
    "athena_role_trust",
    "lf_grant",
    "s3_results_bucket_check",
)
REGION: t.Final = "us-east-1"
_PACKAGE = "ansible_collections.qualytics.athena.plugins.modules"


class Answer(t.NamedTuple):
    """What AWS answers, as the SDK has read it."""

    body: dict[str, t.Any]
    status: int = 200


# The service, the operation and its parameters.
Aws = Callable[[str, str, dict[str, t.Any]], Answer]


def refusal(code: str, message: str = "told so", status: int = 400) -> Answer:
    return Answer({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, status)


class End(t.NamedTuple):
    """How a module ended: what it returned, and which calls it made, as service:Operation.

    by_ansible: whether ansible-core ended it while it read the arguments, before anything of the collection ran.
    """

    result: dict[str, t.Any]
    calls: tuple[str, ...]
    printed: str
    by_ansible: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))


def run_module(name: str, options: dict[str, t.Any], aws: Aws, check: bool = True) -> End:
    """Run a module; an exception that leaves it is the traceback that a user would see, and fails the test.

    Nothing is written to the log of this machine.
    """
    main = importlib.import_module(f"{_PACKAGE}.{name}").main
    calls: list[str] = []

    def answer(service: str, operation: str, parameters: dict[str, t.Any]) -> Answer:
        calls.append(f"{service}:{operation}")
        return aws(service, operation, parameters)

    arguments = {"region": REGION, **options, "_ansible_check_mode": check, "_ansible_diff": True}
    printed = io.StringIO()
    warnings._global_warnings.clear()
    with (
        patch_module_args(arguments),
        mock.patch.object(_aws_module.Session, "client", _client_of),
        mock.patch.dict(_ANSWERS, now=answer),
        mock.patch.dict(os.environ, AWS_EC2_METADATA_DISABLED="true"),
        mock.patch("time.sleep"),
        mock.patch.object(AnsibleModule, "log"),
        contextlib.redirect_stdout(printed),
    ):
        try:
            main()
        except SystemExit as end:
            result = json.loads(printed.getvalue())
            return End(result, tuple(calls), printed.getvalue(), _is_of_ansible(end))
        except Exception as error:
            # ansible-core does not bear a number in the place of a dictionary, or half a surrogate pair in a text.
            if calls or not _is_of_ansible(error):
                raise
            return End({"failed": True, "msg": str(error)}, (), "", True)
    raise AssertionError(f"{name} ended without a result")


def _is_of_ansible(error: BaseException) -> bool:
    """Whether it was raised while AnsibleAWSModule was made."""
    frames = [frame.f_code for frame, _line in traceback.walk_tb(error.__traceback__)]
    return any(code is AnsibleAWSModule.__init__.__code__ for code in frames)


# Clients are made once; which function answers them changes with every run.
_ANSWERS: dict[str, Aws] = {}


def _client_of(session: _aws_module.Session, service: str) -> t.Any:
    return _client(service, session.region or REGION)


@functools.cache
def _client(service: str, region: str) -> t.Any:
    client = new_client(service, region)
    client.meta.events.register_first("before-parameter-build", _remember)
    client.meta.events.register_first("before-call", _answer)
    watch_answers(client)
    return client


def _remember(params: dict[str, t.Any], context: dict[str, t.Any], **_more: t.Any) -> None:
    context["parameters"] = dict(params)


def _answer(model: t.Any, context: dict[str, t.Any], **_more: t.Any) -> tuple[AWSResponse, dict[str, t.Any]]:
    body, status = _ANSWERS["now"](model.service_model.service_name, model.name, context["parameters"])
    return AWSResponse("", status, {}, None), copy.deepcopy(body)


# What the SDK would log of every call is most of the time that a call takes here.
logging.getLogger("botocore").setLevel(logging.WARNING)
