# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ansible side that all modules share: the module, its clients, and how a run ends.

This module is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.qualytics.athena.plugins.module_utils import (
    _answers,
    _change,
    _credentials,
    _errors,
    _location,
    _progress,
    _sdk,
    _sts,
    _validation,
    _version,
)

try:
    from botocore.exceptions import BotoCoreError, NoRegionError
except ImportError:
    # AnsibleAWSModule says so.
    BotoCoreError = NoRegionError = Exception

# What a concern does with AWS, when its options have been read.
Run = t.Callable[[], dict[str, t.Any]]
# Reads the options of a concern, or raises InvalidOption before the first call.
Prepare = t.Callable[[Mapping[str, t.Any], "Session"], Run]


class Session:
    """What one run knows of AWS: a client for each service, and the facts that are asked once."""

    def __init__(self, module: AnsibleAWSModule, credentials: _credentials.Credentials | None = None) -> None:
        self._module = module
        self._credentials = credentials
        self._sdk = _sdk.Sdk(module, credentials)
        self._clients: dict[str, t.Any] = {}
        # Threads may share clients, but not what makes them.
        self._lock = threading.Lock()
        # Whether nothing is written, and whether what is not there may be what an earlier task would make.
        self.check_mode: bool = module.check_mode
        self.predicts: bool = module.check_mode
        # AnsibleAWSModule.warn() of amazon.aws gives every warning a second way out, which ansible-core 2.21
        # reports to the user as deprecated; the AnsibleModule that it wraps gives it one.
        self.warn: t.Callable[[str], None] = module._module.warn

    def only_compare(self) -> None:
        """Write nothing, and take what is not there for missing: no earlier task would make it."""
        self.check_mode, self.predicts = True, False

    @contextlib.contextmanager
    def warnings_kept_in(self, kept: list[str]) -> Iterator[None]:
        """Also keep what is warned of."""
        warn = self.warn

        def keep(warning: str) -> None:
            kept.append(warning)
            warn(warning)

        self.warn = keep
        try:
            yield
        finally:
            self.warn = warn

    def client(self, service: str) -> t.Any:
        with self._lock:
            if service not in self._clients:
                make = _client_of_others if self._credentials else self._client_of_the_task
                client = make(self._sdk, service)
                _answers.watch_answers(client)
                self._keep_secret(client)
                self._clients[service] = client
            return self._clients[service]

    def _client_of_the_task(self, sdk: _sdk.Sdk, service: str) -> t.Any:
        """Where it cannot be made, no other can: the end, in the words of all AWS modules."""
        try:
            return sdk.client(service)
        except (ValueError, BotoCoreError) as error:
            if isinstance(error, NoRegionError):
                self._module.fail_json(
                    msg="The module needs a region, and none was found in the options, environment or configuration"
                )
            self._module.fail_json_aws(error, msg="Couldn't connect to AWS")

    def _keep_secret(self, client: t.Any) -> None:
        """Have Ansible take the secrets of the client out of all that the module returns.

        It knows those that are options, but not those of a profile, an instance or an assumed role; and a proxy's error
        may hold the request, of which the session token is a part.
        """
        credentials = client._request_signer._credentials
        with contextlib.suppress(BotoCoreError):
            known = credentials.get_frozen_credentials() if credentials else None
            secrets = (known.secret_key, known.token) if known else ()
            self._module._module.no_log_values.update(filter(None, secrets))

    def with_credentials(self, credentials: _credentials.Credentials) -> Session:
        """The same endpoint, Region, certificates and SDK settings for somebody else."""
        return Session(self._module, credentials) if credentials.are_given else self

    @functools.cached_property
    def progress(self) -> _progress.Progress:
        return _progress.progress_of(self._module._module)

    @functools.cached_property
    def region(self) -> str | None:
        return self._module.region

    @functools.cached_property
    def caller(self) -> dict[str, str]:
        """Account and Arn of the credentials in use: one call."""
        look = _sts.get_new_caller_identity if self._credentials else _sts.get_caller_identity
        return look(self.client("sts"))

    @property
    def partition(self) -> str:
        """Of the Region, as the SDK knows it; asks nothing."""
        return self.client("sts").meta.partition

    @property
    def scope(self) -> _location.Scope:
        return _location.Scope(self.partition, self.caller["Account"], self.region)


@_sts.StsErrorHandler.common_error_handler("use the credentials given")
def _client_of_others(sdk: _sdk.Sdk, service: str) -> t.Any:
    """What is wrong with the credentials is an error and not the end."""
    return sdk.client(service)


def run_module(prepare: Prepare, **specification: t.Any) -> None:
    """Make the module, prepare the concern with its options and run it; end with its result or an error that helps."""
    module = AnsibleAWSModule(supports_check_mode=True, **specification)
    module.require_boto3_at_least(_version.MINIMUM_BOTO3_VERSION)
    module.require_botocore_at_least(_version.MINIMUM_BOTOCORE_VERSION)
    try:
        result = prepare(module.params, Session(module))()
    except (_validation.InvalidOption, _change.Refused) as error:
        module.fail_json(msg=str(error))
    except AnsibleAWSError as error:
        _errors.fail_from(module, error)
    end = module.fail_json if result.pop("failed", False) else module.exit_json
    end(**result)
